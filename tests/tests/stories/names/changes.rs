//! Names that come to mean somebody else, and directories that cannot say.

use super::{EVERY_FORM, gateway, line_of, settings, sign_in, who};
use postern_tests::gateway::Output;
use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, PASSWORD};
use postern_tests::request::{self, Change};
use postern_tests::{Gateway, Slapd, SlapdSettings, Wire};
use std::net::SocketAddr;

/// The administrator does this, here or there.
fn change(address: SocketAddr, request: &[u8]) {
    let mut wire = Wire::connect(address);
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let answer = wire.ask(request).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

fn slapd() -> Slapd {
    Slapd::start_with(&SlapdSettings {
        users: 5,
        ..SlapdSettings::default()
    })
}

/// Who signs in by a mail address with everybody's password.
fn by_mail(gateway: &Gateway, uid: &str) -> Option<String> {
    let (mut wire, answer) = sign_in(gateway, &format!("{uid}@example.org"), PASSWORD);
    (answer.code == Some(0)).then(|| who(&mut wire, 2))
}

#[test]
fn an_account_renamed_behind_our_back_is_followed_at_its_next_sign_in() {
    let slapd = slapd();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    assert_eq!(by_mail(&gateway, "user0001"), Some(people::dn("user0001")));
    change(
        slapd.address(),
        &request::rename(2, &people::dn("user0001"), "uid=renamed"),
    );
    // What is remembered leads to an entry that is not there any more.
    assert_eq!(by_mail(&gateway, "user0001"), Some(people::dn("renamed")));
    assert_eq!(by_mail(&gateway, "user0001"), Some(people::dn("renamed")));
    let metrics = gateway.metrics();
    let failed = metrics.sum("postern_ldap_binds_total", &[("outcome", "failed")]);
    assert!(failed < 0.5, "nobody was told of a wrong password: {failed}");
    // Deleted, it is nobody's.
    change(slapd.address(), &request::delete(2, &people::dn("renamed")));
    assert_eq!(by_mail(&gateway, "user0001"), None);
}

#[test]
fn a_name_given_to_somebody_else_through_the_gateway_is_theirs_at_once() {
    let slapd = slapd();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    let swap = |uid: &str, mail: &str| {
        let changes: [(Change, &str, &[&str]); 1] = [(Change::Replace, "mail", &[mail])];
        change(gateway.address(), &request::modify(2, &people::dn(uid), &changes, &[]));
    };
    assert_eq!(by_mail(&gateway, "user0002"), Some(people::dn("user0002")));
    // Both passwords are right: only who was asked for tells them apart.
    swap("user0002", "elsewhere@example.org");
    assert_eq!(by_mail(&gateway, "user0002"), None);
    swap("user0003", "user0002@example.org");
    assert_eq!(by_mail(&gateway, "user0002"), Some(people::dn("user0003")));
    // An address that becomes a second account's is nobody's.
    swap("user0004", "user0002@example.org");
    assert_eq!(by_mail(&gateway, "user0002"), None);
    assert_eq!(by_mail(&gateway, "user0005"), Some(people::dn("user0005")));
    change(
        gateway.address(),
        &request::rename(2, &people::dn("user0005"), "uid=user0006"),
    );
    assert_eq!(by_mail(&gateway, "user0005"), Some(people::dn("user0006")));
}

#[test]
fn a_directory_that_is_lost_is_52_for_every_name_and_never_49() {
    let mut slapd = slapd();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    assert_eq!(sign_in(&gateway, "active", PASSWORD).1.code, Some(0));
    slapd.kill();
    // Remembered; not remembered; nobody's; somebody's with a wrong password.
    for (name, password) in [
        ("active", PASSWORD),
        ("expiring", PASSWORD),
        ("nobody", PASSWORD),
        ("active", "wrong"),
    ] {
        assert_eq!(sign_in(&gateway, name, password).1.code, Some(52), "{name}");
    }
    assert_eq!(line_of(&gateway, "expiring")["rule"], "built-in:names-unavailable");
    assert_eq!(line_of(&gateway, "nobody")["outcome"], "unavailable");
    slapd.start_again();
    assert_eq!(sign_in(&gateway, "expiring", PASSWORD).1.code, Some(0));
}

#[test]
fn a_service_account_that_may_not_sign_in_is_52_for_every_name_that_must_be_looked_for() {
    let slapd = slapd();
    let changes: [(Change, &str, &[&str]); 1] = [(Change::Replace, "userPassword", &["another-secret"])];
    change(slapd.address(), &request::modify(2, people::SERVICE, &changes, &[]));
    let gateway = Gateway::start_unready(&settings("generic", &slapd, EVERY_FORM), Output::Kept);
    for name in ["active", "nobody"] {
        assert_eq!(sign_in(&gateway, name, PASSWORD).1.code, Some(52), "{name}");
    }
    assert_eq!(sign_in(&gateway, &people::dn("active"), PASSWORD).1.code, Some(0));
}
