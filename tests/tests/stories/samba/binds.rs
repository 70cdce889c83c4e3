//! Every state × the password policy control asked for or not × right or wrong password.

use super::{WRONG, refused};
use postern_tests::golden::Table;
use postern_tests::samba::people::{self, BASE, LOCKOUT_THRESHOLD, STATES};
use postern_tests::{Answer, PASSWORD, Samba, SambaSettings, Wire, request};
use std::collections::BTreeMap;

/// The answer to each case.
pub(super) type Answers = BTreeMap<String, Answer>;

/// What follows `data` in the text where the password is right; nothing for a success.
pub(super) const RIGHT: &[(&str, Option<&str>)] = &[
    ("active", None),
    ("must-change", Some("773")),
    ("expired", Some("532")),
    ("expiring", None),
    ("never-expires", None),
    ("locked-by-failures", Some("775")),
    ("locked-for-good", Some("775")),
    ("locked-must-change", Some("775")),
    ("lock-has-ended", None),
    ("disabled", Some("533")),
    ("disabled-must-change", Some("533")),
    ("ended", Some("701")),
    ("outside-hours", Some("530")),
    ("wrong-workstation", Some("531")),
    ("smartcard-required", Some("52e")),
    ("young", None),
];

#[test]
fn each_state_has_its_code_and_only_a_lock_is_told_to_whoever_has_not_the_password() {
    let samba = Samba::start();
    let (table, answers) = ask_all("Samba itself", || samba.tls_client());
    table.compare_in("samba", "bind-direct");

    assert_eq!(RIGHT.iter().map(|(state, _)| *state).collect::<Vec<_>>(), STATES);
    for (state, data) in RIGHT {
        for word in ["asked", "not asked"] {
            let right = &answers[&format!("{state}, right, {word}")];
            assert!(right.controls.is_empty(), "{state}: Samba sends no control of any kind");
            match data {
                None => assert_eq!((right.code, right.text.as_str()), (Some(0), ""), "{state}"),
                Some(data) => assert_eq!((right.code, &right.text), (Some(49), &refused(data)), "{state}"),
            }
            let locked = *data == Some("775");
            let wrong = &answers[&format!("{state}, wrong, {word}")];
            let told = refused(if locked { "775" } else { "52e" });
            assert_eq!((wrong.code, &wrong.text), (Some(49), &told), "{state}");
        }
    }
    let unproven = &answers["active, wrong, asked"].octets;
    for case in ["unknown DN", "unknown UPN", "unknown suffix", "no DN", "empty password"] {
        assert_eq!(&answers[&format!("{case}, asked")].octets, unproven, "{case}");
    }
    for case in [
        "active by UPN, right",
        "active by DOMAIN\\user, right",
        "active by bare name, right",
    ] {
        let answer = &answers[&format!("{case}, asked")];
        let in_by_it = !case.contains("bare");
        assert_eq!(answer.code == Some(0), in_by_it, "{case}: {answer:?}");
    }
}

/// Every case, each on a connection of its own.
pub(super) fn ask_all(whom: &str, connect: impl Fn() -> Wire) -> (Table, Answers) {
    let mut table = Table::new(&format!("Binds answered by {whom}, over LDAPS."));
    let mut answers = Answers::new();
    let control = request::password_policy();
    for (word, controls) in [("asked", &[&control[..]][..]), ("not asked", &[])] {
        for (case, name, password) in cases() {
            let case = format!("{case}, {word}");
            let answer = connect().ask(&request::bind(1, &name, password, controls));
            table.case(&case, &answer);
            answers.insert(case, answer.into_iter().next().unwrap());
        }
    }
    (table, answers)
}

fn cases() -> Vec<(String, String, &'static str)> {
    let mut cases = Vec::new();
    for state in STATES {
        // The right one first: it takes back what a wrong one counted.
        cases.push((format!("{state}, right"), people::dn(state), PASSWORD));
        cases.push((format!("{state}, wrong"), people::dn(state), WRONG));
    }
    let names = [
        ("active by UPN", people::upn("active")),
        ("active by DOMAIN\\user", people::domain_name("active")),
        ("active by bare name", "active".to_owned()),
        // A right password that is not let in does not take back what a wrong one counted: an account for each.
        ("must-change by UPN", people::upn("must-change-01")),
        ("must-change by DOMAIN\\user", people::domain_name("must-change-02")),
    ];
    for (case, name) in names {
        cases.push((format!("{case}, right"), name.clone(), PASSWORD));
        cases.push((format!("{case}, wrong"), name, WRONG));
    }
    let odd = [
        ("unknown DN", people::dn("nobody"), PASSWORD),
        ("unknown UPN", people::upn("nobody"), PASSWORD),
        ("unknown DOMAIN\\user", people::domain_name("nobody"), PASSWORD),
        ("unknown suffix", "cn=nobody,dc=elsewhere".to_owned(), PASSWORD),
        ("no DN", "this is no DN".to_owned(), PASSWORD),
        ("suffix itself", BASE.to_owned(), PASSWORD),
        ("anonymous", String::new(), ""),
        ("password without a name", String::new(), PASSWORD),
        ("empty password", people::dn("active"), ""),
        ("empty password of nobody", people::dn("nobody"), ""),
    ];
    cases.extend(odd.map(|(case, name, password)| (case.to_owned(), name, password)));
    cases
}

#[test]
fn the_fifth_wrong_password_locks_for_every_name_of_the_account() {
    let samba = Samba::start();
    let mut table = Table::new("Wrong passwords in a row, answered by Samba itself, over LDAPS.");
    let names = [
        people::dn("spare-01"),
        people::upn("spare-01"),
        people::domain_name("spare-01"),
    ];
    let mut ask = |case: &str, name: &str, password: &str| -> Answer {
        let answers = samba.tls_client().ask(&request::bind(1, name, password, &[]));
        table.case(case, &answers);
        answers.into_iter().next().unwrap()
    };
    for number in 1..=LOCKOUT_THRESHOLD {
        let answer = ask(&format!("wrong {number}"), &names[number % names.len()], WRONG);
        assert_eq!(answer.text, refused("52e"), "wrong {number}");
    }
    for name in &names {
        assert_eq!(ask("wrong after", name, WRONG).text, refused("775"), "{name}");
        assert_eq!(ask("right after", name, PASSWORD).text, refused("775"), "{name}");
    }
    table.compare_in("samba", "bind-failures");
}

#[test]
fn whoever_wants_tls_takes_no_password_without() {
    let samba = Samba::start_with(&SambaSettings {
        wants_tls: true,
        ..SambaSettings::default()
    });
    let mut table =
        Table::new("Binds answered by Samba itself with its default, `ldap server require strong auth = yes`.");
    let plain = Wire::connect(samba.address()).ask(&request::bind(1, &people::dn("active"), PASSWORD, &[]));
    table.case("active, right, plain", &plain);
    assert_eq!(
        (plain[0].code, plain[0].text.as_str()),
        (Some(8), "BindSimple: Transport encryption required.")
    );
    let mut wire = Wire::connect(samba.address());
    wire.start_tls(1, &samba.ca_file());
    let protected = wire.ask(&request::bind(2, &people::dn("active"), PASSWORD, &[]));
    table.case("active, right, StartTLS", &protected);
    assert_eq!(protected[0].code, Some(0));
    table.compare_in("samba", "bind-strong");
}
