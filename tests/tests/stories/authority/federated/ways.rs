//! The ways there are to write a password, or to make an account one's own, each as one request.

use super::super::*;
use postern_ldap::{control, filter};
use postern_tests::request::Change;

pub(in crate::authority) const NEW: &str = "another-secret-5678";

/// Names of the attribute that slapd takes for one another.
pub(in crate::authority) const SPELLINGS: [&str; 5] = [
    "userPassword",
    "USERPASSWORD",
    "userpassword",
    "2.5.4.35",
    "userPassword;lang-en",
];
/// Other credentials, and names only some server would take.
pub(in crate::authority) const OTHERS: [&str; 8] = [
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
pub(in crate::authority) struct Way {
    pub(in crate::authority) word: String,
    pub(in crate::authority) request: Vec<u8>,
    /// Whether slapd does it where nobody forbids.
    pub(in crate::authority) works: bool,
}

/// What a modify asks for.
type Changes<'a> = Vec<(Change, &'a str, &'a [&'a str])>;

/// Controls that go with changes.
pub(in crate::authority) fn controls(target: &str) -> Vec<(&'static str, Vec<Vec<u8>>)> {
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
pub(in crate::authority) fn modifies(id: u32, target: &str) -> Vec<Way> {
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
pub(in crate::authority) fn extended(id: u32, uid: &str, target: &str) -> Vec<Way> {
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
pub(in crate::authority) fn renames(id: u32, uid: &str, target: &str) -> Vec<Way> {
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
pub(in crate::authority) fn conversions(id: u32) -> Vec<Way> {
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
pub(in crate::authority) fn adds(id: u32) -> Vec<Way> {
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
