//! Every way to write a password, in every spelling, with every control: for accounts of somebody else none of it changes an octet, for
//! the directory's own all of it works.

use super::*;
use postern_ldap::{control, filter};
use postern_tests::request::Change;

pub(super) const NEW: &str = "another-secret-5678";

/// Names of the attribute that slapd takes for one another.
const SPELLINGS: [&str; 5] = [
    "userPassword",
    "USERPASSWORD",
    "userpassword",
    "2.5.4.35",
    "userPassword;lang-en",
];
/// Other credentials, and names only some server would take.
const OTHERS: [&str; 8] = [
    "unicodePwd",
    "userPassword;binary;x-y",
    "OID.2.5.4.35",
    " userPassword",
    "sambaNTPassword",
    "krbPrincipalKey",
    "authPassword",
    "userPKCS12",
];

/// A request, and what it is called.
pub(super) struct Way {
    pub(super) word: String,
    pub(super) request: Vec<u8>,
    /// Whether slapd does it where nobody forbids.
    pub(super) works: bool,
}

/// What a modify asks for.
type Changes<'a> = Vec<(Change, &'a str, &'a [&'a str])>;

/// Controls that go with changes.
fn controls(target: &str) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let assertion = control::assertion::control(&filter::present(b"objectClass"));
    let post_read = control::encode(b"1.3.6.1.1.13.2", false, Some(b"\x30\x04\x04\x02cn"));
    let acting = control::encode(
        b"2.16.840.1.113730.3.4.18",
        true,
        Some(format!("dn:{target}").as_bytes()),
    );
    vec![
        ("no control", vec![]),
        ("password policy", vec![request::password_policy()]),
        ("an assertion that holds", vec![assertion.clone()]),
        ("post-read and an assertion", vec![post_read, assertion]),
        (
            "permissive modify",
            vec![control::encode(b"1.2.840.113556.1.4.1413", true, None)],
        ),
        ("in the account's own name", vec![acting]),
    ]
}

/// Modifies that write a credential.
pub(super) fn modifies(id: u32, target: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    for (with, controls) in controls(target) {
        let controls: Vec<&[u8]> = controls.iter().map(Vec::as_slice).collect();
        // slapd knows permissive modify, and acting for others only as it is set up.
        let plain = with != "in the account's own name";
        for spelling in SPELLINGS.iter().chain(&OTHERS) {
            let known = SPELLINGS.contains(spelling) && *spelling != "userPassword;lang-en";
            let kinds: [(&str, Changes<'_>); 5] = [
                ("replace", vec![(Change::Replace, spelling, &[NEW])]),
                ("add", vec![(Change::Add, spelling, &[NEW])]),
                (
                    "delete and add",
                    vec![(Change::Delete, spelling, &[]), (Change::Add, spelling, &[NEW])],
                ),
                (
                    "replace beside something else",
                    vec![
                        (Change::Replace, "description", &["x"]),
                        (Change::Replace, spelling, &[NEW]),
                    ],
                ),
                (
                    "replace beside what rules read",
                    vec![
                        (Change::Replace, "employeeType", &["staff"]),
                        (Change::Replace, "mail", &["x@example.org"]),
                        (Change::Replace, spelling, &[NEW]),
                    ],
                ),
            ];
            for (kind, changes) in kinds {
                ways.push(Way {
                    word: format!("modify: {kind} {spelling}, {with}"),
                    request: request::modify(id, target, &changes, &controls),
                    works: known && plain && kind.starts_with("replace"),
                });
            }
        }
    }
    ways
}

/// RFC 3062, by whatever name.
pub(super) fn extended(id: u32, uid: &str, target: &str) -> Vec<Way> {
    let (rdn, parent) = target.split_once(',').unwrap();
    let by_oid = format!("0.9.2342.19200300.100.1.1={uid},{parent}");
    let escaped = format!(
        "uid=\\{:02x}{}, {}",
        uid.as_bytes()[0],
        &uid[1..],
        parent.to_uppercase()
    );
    let names = [
        (target.to_owned(), true),
        (target.to_uppercase(), true),
        (by_oid, true),
        (escaped, true),
        (format!("dn:{target}"), false),
        (format!("u:{uid}"), false),
        (uid.to_owned(), false),
        (rdn.to_owned(), false),
        (String::new(), false),
    ];
    let mut ways = Vec::new();
    for (who, works) in names {
        for (word, new) in [("a password", Some(NEW)), ("one the server makes up", None)] {
            for control in [None, Some(request::password_policy())] {
                let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
                ways.push(Way {
                    word: format!("RFC 3062 for {who:?}: {word}, {} controls", controls.len()),
                    request: request::password_modify(id, Some(&who), None, new, &controls),
                    works,
                });
            }
        }
    }
    let acting = control::encode(
        b"2.16.840.1.113730.3.4.18",
        true,
        Some(format!("dn:{target}").as_bytes()),
    );
    ways.push(Way {
        word: "RFC 3062 in the account's own name".to_owned(),
        request: request::password_modify(id, None, None, Some(NEW), &[&acting]),
        works: false,
    });
    let by_login = control::encode(b"2.16.840.1.113730.3.4.18", true, Some(format!("u:{uid}").as_bytes()));
    ways.push(Way {
        word: "RFC 3062 in the name of a login".to_owned(),
        request: request::password_modify(id, None, None, Some(NEW), &[&by_login]),
        works: false,
    });
    ways
}

/// New names with a password in them.
pub(super) fn renames(id: u32, uid: &str, target: &str) -> Vec<Way> {
    let (_, parent) = target.split_once(',').unwrap();
    let rdns = [
        format!("userPassword={NEW}"),
        format!("uid={uid}+userPassword={NEW}"),
        format!("uid={uid}+2.5.4.35={NEW}"),
        format!("USERPASSWORD={NEW}+uid={uid}"),
    ];
    let mut ways = Vec::new();
    for rdn in rdns {
        ways.push((format!("modify DN: {rdn}"), request::rename(id, target, &rdn)));
        ways.push((
            format!("modify DN: {rdn}, to its own parent"),
            request::move_to(id, target, &rdn, parent, &[]),
        ));
    }
    ways.into_iter()
        .map(|(word, request)| Way {
            word,
            request,
            works: false,
        })
        .collect()
}

/// What would make somebody else's account the directory's own.
fn conversions(id: u32) -> Vec<Way> {
    let (erin, partner, mailed) = (name("erin"), name("partner"), name("mailed"));
    let people = format!("ou=people,{BASE}");
    let partners = format!("ou=partners,{BASE}");
    let group = format!("cn=sso,ou=groups,{BASE}");
    let (gina, nested) = (name("gina"), format!("cn=inner,ou=groups,{BASE}"));
    let keepers = format!("cn=keepers,ou=groups,{BASE}");
    let modify = |entry: &str, changes: &[(Change, &str, &[&str])]| request::modify(id, entry, changes, &[]);
    vec![
        ("the mark goes", modify(&erin, &[(Change::Delete, "employeeType", &[])])),
        (
            "the mark's value goes",
            modify(&erin, &[(Change::Delete, "EMPLOYEETYPE", &["sso"])]),
        ),
        (
            "… in another spelling",
            modify(&erin, &[(Change::Delete, "employeeType", &["SSO"])]),
        ),
        (
            "the mark changes",
            modify(&erin, &[(Change::Replace, "employeetype", &["staff"])]),
        ),
        (
            "… by its OID",
            modify(&erin, &[(Change::Replace, "2.16.840.1.113730.3.1.4", &["staff"])]),
        ),
        (
            "… with an option",
            modify(&erin, &[(Change::Replace, "employeeType;lang-en", &["staff"])]),
        ),
        (
            "the mail address changes",
            modify(&mailed, &[(Change::Replace, "rfc822Mailbox", &["m@example.org"])]),
        ),
        (
            "the exception is claimed",
            modify(&mailed, &[(Change::Add, "title", &["Local hero"])]),
        ),
        (
            "it moves out",
            request::move_to(id, &partner, "uid=partner", &people, &[]),
        ),
        (
            "it moves out by another spelling",
            request::move_to(
                id,
                &partner.to_uppercase(),
                "uid=p2",
                "OU=\\70eople,dc=example,dc=org",
                &[],
            ),
        ),
        ("its parent is renamed", request::rename(id, &partners, "ou=friends")),
        (
            "its parent moves",
            request::move_to(id, &partners, "ou=friends", &people, &[]),
        ),
        (
            "it leaves its group",
            modify(&group, &[(Change::Delete, "member", &[&gina])]),
        ),
        (
            "its group loses another",
            modify(&group, &[(Change::Delete, "2.5.4.31", &[&nested])]),
        ),
        (
            "its group's members change",
            modify(&group, &[(Change::Replace, "member", &[DESK])]),
        ),
        (
            "the group inside its group loses somebody",
            modify(&nested, &[(Change::Replace, "member", &[DESK])]),
        ),
        ("the group inside its group goes", request::delete(id, &nested)),
        ("its group is renamed", request::rename(id, &group, "cn=other")),
        ("its group goes", request::delete(id, &group)),
        (
            "whom the group names is renamed",
            request::rename(id, &gina, "uid=gina2"),
        ),
        (
            "somebody joins the keepers",
            modify(&keepers, &[(Change::Add, "member", &[&erin])]),
        ),
    ]
    .into_iter()
    .map(|(word, request)| Way {
        word: format!("before a password: {word}"),
        request,
        works: false,
    })
    .collect()
}

/// New entries that would be somebody else's.
fn adds(id: u32) -> Vec<Way> {
    let base = [("objectClass", "inetOrgPerson"), ("cn", "n"), ("sn", "n")];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    let marked = with(&[("uid", "n"), ("employeeType", "SSO"), ("userPassword", NEW)]);
    let plain = with(&[("uid", "n"), ("userPassword", NEW)]);
    let by_oid = with(&[("uid", "n"), ("2.5.4.35", NEW), ("2.16.840.1.113730.3.1.4", "sso")]);
    let mailed = with(&[("uid", "n"), ("userPassword", NEW), ("mail", "n@SSO.example.com")]);
    let named = with(&[("uid", "n")]);
    vec![
        ("marked", request::add(id, &format!("uid=n,ou=people,{BASE}"), &marked)),
        (
            "marked by OIDs",
            request::add(id, &format!("uid=n,ou=people,{BASE}"), &by_oid),
        ),
        (
            "of a domain",
            request::add(id, &format!("uid=n,ou=people,{BASE}"), &mailed),
        ),
        (
            "a partner",
            request::add(id, &format!("uid=n,ou=partners,{BASE}"), &plain),
        ),
        (
            "a partner in another spelling",
            request::add(id, "uid=n,2.5.4.11=\\50artners , DC=example,dc=org", &plain),
        ),
        (
            "a partner by its name",
            request::add(id, &format!("userPassword={NEW},ou=partners,{BASE}"), &named),
        ),
        (
            "marked by its name",
            request::add(id, &format!("uid=n+employeeType=sso,ou=people,{BASE}"), &plain),
        ),
    ]
    .into_iter()
    .map(|(word, request)| Way {
        word: format!("add: {word}"),
        request,
        works: false,
    })
    .collect()
}

#[test]
fn federated_never_gets_a_local_password() {
    let slapd = slapd();
    for surface in ["text", "transparent"] {
        let gateway = gateway(&slapd, surface, RULES);
        everything_is_refused(&gateway, surface, &FEDERATED.map(|(uid, _)| uid), || dump(&slapd));
    }
}

/// Sends every way to give these accounts a password, and to make them the directory's own; none of it reaches the directory or changes what
/// is dumped of it.
pub(super) fn everything_is_refused<T: PartialEq>(
    gateway: &Gateway,
    surface: &str,
    uids: &[&str],
    dump: impl Fn() -> T,
) {
    let mut wires = [DESK, TOOL, ADMINISTRATOR].map(|who| {
        let mut wire = gateway.client();
        let password = if who == ADMINISTRATOR {
            ADMINISTRATOR_PASSWORD
        } else {
            PASSWORD
        };
        assert_eq!(wire.bind(1, who, password).code, Some(0), "{who}");
        wire
    });
    let before = dump();
    let mut sent = 0_u32;
    let mut try_all = |make: &dyn Fn(u32) -> Vec<Way>| {
        for (number, way) in make(1000).into_iter().enumerate() {
            sent += 1;
            let wire = &mut wires[number % 3];
            let answer = wire.ask(&way.request).remove(0);
            assert_ne!(answer.code, Some(0), "{surface}: {}", way.word);
        }
    };
    for uid in uids {
        try_all(&|id| modifies(id, &name(uid)));
        try_all(&|id| extended(id, uid, &name(uid)));
        try_all(&|id| renames(id, uid, &name(uid)));
    }
    try_all(&conversions);
    try_all(&adds);
    assert!(before == dump(), "{surface}: the directory has changed");
    assert!(sent > 2_000, "{sent}");
    // Nothing of it was the directory's to refuse.
    let reached: Vec<_> = gateway
        .audit()
        .into_iter()
        .filter(|line| line["rule"] == "built-in:directory-answered")
        .collect();
    assert!(reached.is_empty(), "{surface}: {reached:#?}");
}

#[test]
fn whoever_is_federated_does_not_get_one_by_their_own_hand_either() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    for (uid, rule) in FEDERATED.into_iter().filter(|(uid, _)| *uid != "passed") {
        let mut wire = signed_in(&gateway, &name(uid));
        let before = dump(&slapd);
        let own = request::password_modify(7, None, Some(PASSWORD), Some(NEW), &[]);
        let ways = [
            modifies(1000, &name(uid)),
            extended(1000, uid, &name(uid)),
            vec![Way {
                word: "RFC 3062 for oneself".to_owned(),
                request: own,
                works: false,
            }],
        ];
        for way in ways.into_iter().flatten() {
            let answer = wire.ask(&way.request).remove(0);
            assert_ne!(answer.code, Some(0), "{uid}: {}", way.word);
        }
        assert!(before == dump(&slapd), "{uid}");
        audited(&gateway, rule, |line| {
            line["rule"] == rule && line["entry"] == name(uid)
        });
    }
}

#[test]
fn for_the_directorys_own_accounts_everything_works_as_before() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    let mut desk = signed_in(&gateway, DESK);
    let mut works = 0;
    for uid in ["own", "localmail"] {
        let target = dn(uid);
        let ways = [modifies(1000, &target), extended(1000, uid, &target)];
        for way in ways.into_iter().flatten().filter(|way| way.works) {
            let answer = desk.ask(&way.request).remove(0);
            assert_eq!(answer.code, Some(0), "{uid}: {}: {answer:?}", way.word);
            works += 1;
        }
    }
    assert!(works > 80, "{works}");
    // Their own hands too, and the pinned ones though they are marked.
    for uid in ["user0002", "glass", "keeper"] {
        let mut wire = signed_in(&gateway, &dn(uid));
        let own = request::password_modify(7, None, Some(PASSWORD), Some(NEW), &[]);
        assert_eq!(wire.ask(&own).remove(0).code, Some(0), "{uid}");
        assert_eq!(gateway.client().bind(1, &dn(uid), NEW).code, Some(0), "{uid}");
    }
    // What a pin allowed is on record by its name.
    for uid in ["glass", "keeper"] {
        let line = audited(&gateway, uid, |line| {
            line["rule"] == "policy.toml:authority.glass" && line["entry"] == dn(uid)
        });
        assert_eq!(
            (&line["outcome"], &line["owner"]),
            (&"allowed".into(), &"directory people".into())
        );
    }
    // New accounts, other changes, new names.
    let new = format!("uid=fresh,ou=people,{BASE}");
    let attributes = [
        ("objectClass", "inetOrgPerson"),
        ("uid", "fresh"),
        ("cn", "fresh"),
        ("sn", "fresh"),
        ("userPassword", PASSWORD),
    ];
    assert_eq!(desk.ask(&request::add(8, &new, &attributes)).remove(0).code, Some(0));
    let moves = [
        request::rename(9, &dn("user0003"), "uid=user0003b"),
        request::modify(
            10,
            &dn("user0004"),
            &[(Change::Replace, "employeeType", &["staff"])],
            &[],
        ),
        request::modify(11, &dn("user0004"), &[(Change::Replace, "employeeType", &["sso"])], &[]),
        request::modify(12, &name("erin"), &[(Change::Replace, "description", &["x"])], &[]),
        request::modify(
            13,
            &format!("cn=sso,ou=groups,{BASE}"),
            &[(Change::Add, "member", &[&dn("user0005")])],
            &[],
        ),
        request::delete(14, &dn("user0006")),
    ];
    for (number, request) in moves.iter().enumerate() {
        let answer = desk.ask(request).remove(0);
        assert_eq!(answer.code, Some(0), "{number}: {answer:?}");
    }
    // And whom these made somebody else's is so at once.
    for uid in ["user0004", "user0005"] {
        let change = request::password_modify(20, Some(&dn(uid)), None, Some(NEW), &[]);
        assert_ne!(desk.ask(&change).remove(0).code, Some(0), "{uid}");
    }
}

#[test]
fn without_rules_a_password_that_somebody_else_checks_is_not_written_over_and_all_others_are() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", "");
    let mut desk = signed_in(&gateway, DESK);
    let before = dump(&slapd);
    for way in [
        modifies(1000, &name("passed")),
        extended(1000, "passed", &name("passed")),
    ]
    .into_iter()
    .flatten()
    .filter(|way| way.works)
    {
        let answer = desk.ask(&way.request).remove(0);
        assert_eq!(answer.code, Some(50), "{}: {answer:?}", way.word);
    }
    assert!(before == dump(&slapd));
    for uid in ["erin", "gina", "hidden", "user0001"] {
        let change = request::password_modify(20, Some(&dn(uid)), None, Some(NEW), &[]);
        assert_eq!(desk.ask(&change).remove(0).code, Some(0), "{uid}");
    }
}
