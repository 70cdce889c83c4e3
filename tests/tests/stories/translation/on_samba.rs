//! RFC 3062 before Samba, which does not know it.

use super::{NEW, OTHER, WRONG, error, modify};
use postern_tests::request::{self, Change};
use postern_tests::samba::people::{self, LOCKOUT_THRESHOLD, SERVICE, unicode};
use postern_tests::{Gateway, PASSWORD, Samba, Wire};

#[test]
fn people_change_their_own_password_by_rfc_3062_and_every_refusal_is_told_by_the_control() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    for (case, name, old, new, code, why) in [
        ("too short", "active", PASSWORD, "Ab-1", 19, Some(6)),
        ("not complex", "active", PASSWORD, "only-small-letters", 19, Some(5)),
        ("wrong old password", "active", WRONG, NEW, 53, None),
        ("the same as now", "active", PASSWORD, PASSWORD, 19, Some(8)),
        ("too young", "young", PASSWORD, NEW, 19, Some(7)),
        ("good", "history-1", PASSWORD, NEW, 0, None),
    ] {
        for whose in [
            None,
            Some(people::dn(name)),
            Some(format!("dn:{}", people::dn(name).to_lowercase())),
        ] {
            if case == "good" && whose.is_some() {
                continue;
            }
            let mut wire = signed_in(&gateway, &people::dn(name), PASSWORD);
            let answer = modify(&mut wire, whose.as_deref(), Some(old), Some(new));
            assert_eq!((answer.code, error(&answer)), (Some(code), why), "{case}: {answer:?}");
            assert_eq!(answer.operation, 0x78, "{case}: an extended response");
            assert!(
                !answer.text.contains("0000"),
                "{case}: not in Samba's words: {answer:?}"
            );
        }
    }
    signed_in(&gateway, &people::dn("history-1"), NEW);
}

#[test]
fn by_whatever_name_somebody_signed_in_their_own_password_is_meant() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    for (number, name) in [
        ("spare-01", people::upn("spare-01")),
        ("spare-02", people::domain_name("spare-02")),
    ] {
        let mut wire = signed_in(&gateway, &name, PASSWORD);
        let answer = modify(&mut wire, None, None, Some(NEW));
        assert_eq!((answer.code, error(&answer)), (Some(50), Some(4)), "{name}: {answer:?}");
        let answer = modify(&mut wire, Some(&name), Some(PASSWORD), Some(NEW));
        assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
        signed_in(&gateway, &people::dn(number), NEW);
    }
}

#[test]
fn what_a_request_lacks_is_told_and_nothing_is_sent() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let own = people::dn("spare-03");
    let mut wire = signed_in(&gateway, &own, PASSWORD);
    let answer = modify(&mut wire, None, None, Some(NEW));
    assert_eq!((answer.code, error(&answer)), (Some(50), Some(4)), "{answer:?}");
    let answer = modify(&mut wire, Some(&own.to_uppercase()), None, Some(NEW));
    assert_eq!((answer.code, error(&answer)), (Some(50), Some(4)), "{answer:?}");
    assert_eq!(modify(&mut wire, None, Some(PASSWORD), None).code, Some(53));
    assert_eq!(
        modify(&mut wire, Some("u:spare-04"), Some(PASSWORD), Some(NEW)).code,
        Some(53)
    );
    signed_in(&gateway, &own, PASSWORD);
}

#[test]
fn whoever_may_reset_a_password_does_so_and_nobody_else() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let other = people::dn("spare-05");
    let mut somebody = signed_in(&gateway, &people::dn("spare-06"), PASSWORD);
    let answer = modify(&mut somebody, Some(&other), None, Some(NEW));
    assert_eq!((answer.code, error(&answer)), (Some(50), Some(3)), "{answer:?}");
    let mut help_desk = signed_in(&gateway, SERVICE, PASSWORD);
    let answer = modify(&mut help_desk, Some(&other), None, Some("Ab-1"));
    assert_eq!((answer.code, error(&answer)), (Some(19), Some(6)), "{answer:?}");
    let answer = modify(&mut help_desk, Some(&other), None, Some(NEW));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    signed_in(&gateway, &other, NEW);
}

#[test]
fn a_translated_change_among_other_requests_is_answered_in_its_own_place() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let mut wire = signed_in(&gateway, &people::dn("spare-07"), PASSWORD);
    let mut requests = Vec::new();
    for id in 11..14 {
        requests.extend(request::root_dse(id, &["defaultNamingContext"]));
    }
    requests.extend(request::password_modify(14, None, Some(PASSWORD), Some(NEW), &[]));
    requests.extend(request::root_dse(15, &["defaultNamingContext"]));
    wire.send(&requests);
    let mut ended = Vec::new();
    while ended.len() < 5 {
        let answer = wire.answer();
        if let Some(code) = answer.code {
            assert_eq!(code, 0, "{answer:?}");
            assert_eq!(answer.operation == 0x78, answer.id == 14, "{answer:?}");
            assert!(answer.controls.is_empty(), "nobody asked for one: {answer:?}");
            ended.push(answer.id);
        }
    }
    ended.sort_unstable();
    assert_eq!(ended, [11, 12, 13, 14, 15]);
}

#[test]
fn wrong_old_passwords_count_whichever_way_they_are_sent_and_look_alike() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let dn = people::dn("spare-08");
    let mut wire = signed_in(&gateway, &dn, PASSWORD);
    let mut seen = Vec::new();
    for number in 0..2 * LOCKOUT_THRESHOLD {
        let guess = format!("{WRONG}-{number}");
        seen.push(modify(&mut wire, None, Some(&guess), Some(NEW)).octets);
        let (old, new) = (unicode(&guess), unicode(NEW));
        let changes: [(Change, &str, &[&str]); 2] = [
            (Change::Delete, "unicodePwd", &[&old]),
            (Change::Add, "unicodePwd", &[&new]),
        ];
        let answer = wire.ask(&request::modify(9, &dn, &changes, &[])).remove(0);
        assert_eq!(answer.code, Some(19), "{answer:?}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "whether Samba was asked cannot be told");
    let answer = samba.tls_client().bind(1, &dn, PASSWORD);
    assert_eq!(answer.code, Some(0), "the account is not locked: {answer:?}");
}

#[test]
fn a_transparent_route_translates_nothing() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("transparent"));
    let mut wire = signed_in(&gateway, &people::dn("spare-09"), PASSWORD);
    let answer = modify(&mut wire, None, Some(PASSWORD), Some(OTHER));
    assert_eq!(answer.code, Some(2), "{answer:?}");
    signed_in(&gateway, &people::dn("spare-09"), PASSWORD);
}

fn signed_in(gateway: &Gateway, name: &str, password: &str) -> Wire {
    let mut wire = gateway.tls_client();
    let answer = wire.bind(1, name, password);
    assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
    wire
}
