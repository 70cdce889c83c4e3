//! Every way to write a password, in every spelling, with every control: for accounts of somebody else none of it changes an octet, for
//! the directory's own all of it works.

mod ways;

use super::*;
use postern_tests::request::Change;
pub(super) use ways::*;

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
