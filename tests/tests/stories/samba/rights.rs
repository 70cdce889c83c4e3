//! What the service account may do, and what it may not.

use super::refused;
use postern_tests::request::{self, Change, Scope};
use postern_tests::samba::people::{self, PASSWORD_SETTINGS, SERVICE};
use postern_tests::{PASSWORD, Samba, Wire};

#[test]
fn the_service_account_forces_a_change_unlocks_and_disables_people_and_is_no_administrator() {
    let samba = Samba::start();
    let mut service = samba.tls_client();
    assert_eq!(service.bind(1, SERVICE, PASSWORD).code, Some(0));
    let mut set = |name: &str, attribute: &str, value: &str| {
        let answer = service.ask(&request::modify(
            2,
            &people::dn(name),
            &[(Change::Replace, attribute, &[value])],
            &[],
        ));
        answer[0].code
    };
    let sign_in = |name: &str| {
        let answer = samba.tls_client().bind(1, &people::dn(name), PASSWORD);
        (answer.code, answer.text)
    };
    let (fine, told) = ((Some(0), String::new()), |data| (Some(49), refused(data)));
    for (name, attribute, there, back, data) in [
        ("spare-01", "pwdLastSet", "0", "-1", "773"),
        ("spare-02", "userAccountControl", "514", "512", "533"),
    ] {
        assert_eq!(set(name, attribute, there), Some(0), "{name}");
        assert_eq!(sign_in(name), told(data), "{name}");
        assert_eq!(set(name, attribute, back), Some(0), "{name}");
        assert_eq!(sign_in(name), fine, "{name}");
    }
    assert_eq!(sign_in("locked-by-failures"), told("775"));
    assert_eq!(set("locked-by-failures", "lockoutTime", "0"), Some(0));
    assert_eq!(sign_in("locked-by-failures"), fine);
    for (attribute, value) in [
        ("mail", "else@example.org"),
        ("accountExpires", "0"),
        ("sAMAccountName", "x"),
    ] {
        assert_eq!(set("spare-03", attribute, value), Some(50), "{attribute}");
    }
    let add = request::add(
        3,
        &people::dn("intruder"),
        &[("objectClass", "user"), ("sAMAccountName", "intruder")],
    );
    assert_eq!(service.ask(&add)[0].code, Some(50));
    assert_eq!(
        service.ask(&request::delete(4, &people::dn("spare-04")))[0].code,
        Some(50)
    );
    let administrator = &[(Change::Replace, "pwdLastSet", &["0"][..])];
    let denied = service.ask(&request::modify(5, people::ADMINISTRATOR, administrator, &[]));
    assert_eq!(denied[0].code, Some(50), "only people of its part of the tree");
}

#[test]
fn the_service_account_reads_how_accounts_stand_and_by_which_policy() {
    let samba = Samba::start();
    let mut service = samba.tls_client();
    assert_eq!(service.bind(1, SERVICE, PASSWORD).code, Some(0));
    let attributes = [
        "pwdLastSet",
        "lockoutTime",
        "badPwdCount",
        "userAccountControl",
        "msDS-User-Account-Control-Computed",
        "msDS-UserPasswordExpiryTimeComputed",
        "accountExpires",
        "objectGUID",
    ];
    let seen = values(&mut service, &people::dn("locked-by-failures"), &attributes);
    for attribute in attributes.iter().chain(&["5"]) {
        assert!(seen.contains(attribute), "{attribute} is not in {seen}");
    }
    let policy = values(
        &mut service,
        people::BASE,
        &["lockoutThreshold", "lockOutObservationWindow", "maxPwdAge"],
    );
    assert!(
        policy.contains("lockoutThreshold") && policy.contains("-18000000000"),
        "{policy}"
    );
    let resultant = values(&mut service, &people::dn("locked-for-good"), &["msDS-ResultantPSO"]);
    assert!(resultant.contains("CN=for good"), "{resultant}");
    let exception = values(
        &mut service,
        &format!("CN=for good,{PASSWORD_SETTINGS}"),
        &["msDS-LockoutDuration", "msDS-LockoutThreshold"],
    );
    assert!(exception.contains("-9223372036854775808"), "{exception}");
    let hidden = values(
        &mut service,
        &people::dn("active"),
        &["unicodePwd", "ntPwdHistory", "supplementalCredentials"],
    );
    assert!(!hidden.contains("Pwd") && !hidden.contains("Credentials"), "{hidden}");
}

/// What an entry shows of these attributes, names and values, as text.
fn values(wire: &mut Wire, dn: &str, attributes: &[&str]) -> String {
    let answers = wire.ask(&request::search(9, dn, Scope::Base, "objectClass", attributes, &[]));
    assert_eq!(answers.len(), 2, "{dn} is there and can be read: {answers:?}");
    String::from_utf8_lossy(&answers[0].octets).into_owned()
}
