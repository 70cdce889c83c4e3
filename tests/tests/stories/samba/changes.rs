//! Passwords changed and reset, by whoever it is: Samba's words, byte for byte.

use super::{NEW, OTHER, WRONG, refused};
use postern_tests::golden::Table;
use postern_tests::request::{self, Change};
use postern_tests::samba::people::{self, SERVICE, unicode};
use postern_tests::{Answer, PASSWORD, Samba, Wire};

/// The control that makes a reset obey the history on Windows (`LDAP_SERVER_POLICY_HINTS`), and its older number.
const HINTS: [(&[u8], &str); 2] = [
    (b"1.2.840.113556.1.4.2239", "policy hints"),
    (b"1.2.840.113556.1.4.2066", "policy hints by the older number"),
];

#[test]
fn people_change_their_own_password_with_the_old_one() {
    let samba = Samba::start();
    let mut table = Table::new("Password changes by somebody signed in to Samba itself, over LDAPS.");
    let mut told = |case: &str, mut wire: Wire, request: Vec<u8>| -> Answer {
        let answers = wire.ask(&request);
        table.case(case, &answers);
        answers.into_iter().next().unwrap()
    };
    let change = |name: &str, old: &str, new: &str| change(&people::dn(name), old, new);

    for (case, name, old, new, code, why) in [
        ("too short", "active", PASSWORD, "Ab-1", 19, "0000052D"),
        ("not complex", "active", PASSWORD, "only-small-letters", 19, "0000052D"),
        ("wrong old password", "active", WRONG, NEW, 19, "00000056"),
        ("the same as now", "active", PASSWORD, PASSWORD, 19, "0000052D"),
        ("too young", "young", PASSWORD, NEW, 19, "0000052D"),
        ("good", "history-1", PASSWORD, NEW, 0, "00000000"),
    ] {
        let answer = told(case, signed_in(&samba, name, PASSWORD), change(name, old, new));
        assert_eq!(answer.code, Some(code), "{case}: {answer:?}");
        assert!(answer.text.starts_with(why), "{case}: {answer:?}");
    }
    let again = told(
        "in history",
        signed_in(&samba, "history-1", NEW),
        change("history-1", NEW, PASSWORD),
    );
    assert!(again.text.contains("in history"), "{again:?}");
    let previous = samba.tls_client().bind(1, &people::dn("history-1"), PASSWORD);
    assert_eq!(previous.code, Some(0), "Samba takes the previous password for an hour");

    let reset = request::modify(
        2,
        &people::dn("active"),
        &[(Change::Replace, "unicodePwd", &[&unicode(NEW)])],
        &[],
    );
    assert_eq!(
        told("a reset by oneself", signed_in(&samba, "active", PASSWORD), reset).code,
        Some(50)
    );
    let other = told(
        "another's, with the old one",
        signed_in(&samba, "active", PASSWORD),
        change("spare-01", PASSWORD, NEW),
    );
    assert_eq!(
        other.code,
        Some(0),
        "whoever knows the old password may change it: {other:?}"
    );
    let values: [(&str, Change, &[&str]); 2] = [
        ("not in quotes", Change::Add, &["a\0b\0c\0d\0e\0f\0A\x001\0"]),
        ("in UTF-8", Change::Add, &["\"another-Secret-5678\""]),
    ];
    for (case, how, value) in values {
        let old = unicode(PASSWORD);
        let changes: [(Change, &str, &[&str]); 2] =
            [(Change::Delete, "unicodePwd", &[&old]), (how, "unicodePwd", value)];
        let request = request::modify(2, &people::dn("active"), &changes, &[]);
        told(case, signed_in(&samba, "active", PASSWORD), request);
    }
    let user_password: [(Change, &str, &[&str]); 2] = [
        (Change::Delete, "userPassword", &[PASSWORD]),
        (Change::Add, "userPassword", &[NEW]),
    ];
    let request = request::modify(2, &people::dn("active"), &user_password, &[]);
    told("userPassword", signed_in(&samba, "active", PASSWORD), request);
    let extended = request::password_modify(2, None, Some(PASSWORD), Some(NEW), &[]);
    assert_eq!(
        told("password modify", signed_in(&samba, "active", PASSWORD), extended).code,
        Some(2)
    );
    assert_eq!(
        told("who am I", signed_in(&samba, "active", PASSWORD), request::who_am_i(2)).code,
        Some(2)
    );
    table.compare_in("samba", "change-direct");
}

#[test]
fn whoever_cannot_sign_in_has_the_password_changed_by_the_service_account_which_must_know_the_old_one() {
    let samba = Samba::start();
    let mut table =
        Table::new("Password changes by the service account for somebody else, answered by Samba itself, over LDAPS.");
    let mut told = |case: &str, wire: &mut Wire, request: Vec<u8>| -> Answer {
        let answers = wire.ask(&request);
        table.case(case, &answers);
        answers.into_iter().next().unwrap()
    };
    let mut failed = samba.tls_client();
    assert_eq!(
        failed.bind(1, &people::dn("must-change"), PASSWORD).text,
        refused("773")
    );
    let anonymous = told(
        "by nobody",
        &mut failed,
        change(&people::dn("must-change"), PASSWORD, NEW),
    );
    assert_eq!(anonymous.code, Some(1), "{anonymous:?}");

    let mut service = signed_in_as(&samba, SERVICE, PASSWORD);
    for (case, name, old, new, code) in [
        ("must change, wrong old password", "must-change", WRONG, NEW, 19),
        ("must change, too short", "must-change", PASSWORD, "Ab-1", 19),
        ("must change, the same as now", "must-change", PASSWORD, PASSWORD, 19),
        ("must change", "must-change", PASSWORD, NEW, 0),
        ("expired", "expired", PASSWORD, NEW, 0),
        ("too young", "young", PASSWORD, NEW, 19),
        ("disabled", "disabled", PASSWORD, NEW, 0),
    ] {
        let answer = told(case, &mut service, change(&people::dn(name), old, new));
        assert_eq!(answer.code, Some(code), "{case}: {answer:?}");
    }
    let locked = told(
        "locked",
        &mut service,
        change(&people::dn("locked-by-failures"), PASSWORD, NEW),
    );
    assert_ne!(locked.code, Some(0), "{locked:?}");
    for name in ["must-change", "expired"] {
        assert_eq!(
            samba.tls_client().bind(1, &people::dn(name), NEW).code,
            Some(0),
            "{name}"
        );
    }
    table.compare_in("samba", "change-by-service");
}

#[test]
fn a_reset_by_the_service_account_keeps_length_and_complexity_but_neither_history_nor_age() {
    let samba = Samba::start();
    let mut table = Table::new("Password resets by the service account, answered by Samba itself, over LDAPS.");
    let mut service = signed_in_as(&samba, SERVICE, PASSWORD);
    let mut reset = |case: &str, name: &str, new: &str, controls: &[&[u8]]| -> Answer {
        let changes: [(Change, &str, &[&str]); 1] = [(Change::Replace, "unicodePwd", &[&unicode(new)])];
        let answers = service.ask(&request::modify(2, &people::dn(name), &changes, controls));
        table.case(case, &answers);
        answers.into_iter().next().unwrap()
    };
    assert_eq!(reset("too short", "spare-01", "Ab-1", &[]).code, Some(19));
    assert_eq!(
        reset("not complex", "spare-01", "only-small-letters", &[]).code,
        Some(19)
    );
    assert_eq!(reset("the same as now", "spare-01", PASSWORD, &[]).code, Some(0));
    assert_eq!(reset("too young", "young", OTHER, &[]).code, Some(0));
    for (oid, word) in HINTS {
        for critical in [true, false] {
            let hints = request::control(oid, critical, Some(&[0x30, 3, 2, 1, 1]));
            let word = format!(
                "the same as now, {word}, {}",
                if critical { "critical" } else { "not critical" }
            );
            let answer = reset(&word, "spare-02", PASSWORD, &[&hints]);
            // Where it may, Samba overlooks what it does not know, and the history with it.
            assert_eq!(answer.code, Some(if critical { 12 } else { 0 }), "{word}: {answer:?}");
        }
    }
    for name in ["must-change", "expired", "locked-by-failures"] {
        assert_eq!(reset(name, name, NEW, &[]).code, Some(0), "{name}");
    }
    let text_of = |name: &str| samba.tls_client().bind(1, &people::dn(name), NEW).text;
    assert_eq!(text_of("must-change"), "");
    assert_eq!(text_of("expired"), "");
    assert_eq!(text_of("locked-by-failures"), refused("775"), "a reset does not unlock");
    table.compare_in("samba", "reset-by-service");
}

/// A change of `unicodePwd`: the old one taken away, the new one put there.
fn change(dn: &str, old: &str, new: &str) -> Vec<u8> {
    let (old, new) = (unicode(old), unicode(new));
    let changes: [(Change, &str, &[&str]); 2] = [
        (Change::Delete, "unicodePwd", &[&old]),
        (Change::Add, "unicodePwd", &[&new]),
    ];
    request::modify(2, dn, &changes, &[])
}

fn signed_in(samba: &Samba, name: &str, password: &str) -> Wire {
    signed_in_as(samba, &people::dn(name), password)
}

fn signed_in_as(samba: &Samba, dn: &str, password: &str) -> Wire {
    let mut wire = samba.tls_client();
    let answer = wire.bind(1, dn, password);
    assert_eq!(answer.code, Some(0), "{dn}: {answer:?}");
    wire
}
