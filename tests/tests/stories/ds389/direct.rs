//! What the server itself answers: what its dialect rests on, in captures and in words.

use super::people;
use crate::golden::binds::{WRONG, ask_people};
use crate::golden::changes::changes_on;
use crate::golden::sessions::all_cases_of;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_tests::ds389::people::account;
use postern_tests::golden::Table;
use postern_tests::people::dn;
use postern_tests::request::{self, Change};
use postern_tests::{Answer, Ds389, Ds389Settings, PASSWORD, Wire};

const EXPIRED: &[u8] = b"2.16.840.1.113730.3.4.4";
const EXPIRING: &[u8] = b"2.16.840.1.113730.3.4.5";
/// What this directory refuses besides.
pub(super) const NOT_ALLOWED: (&str, &str) = ("not allowed to change", "no-change");

#[test]
fn each_state_is_answered_as_captured() {
    let server = Ds389::start_with(&Ds389Settings {
        ldif: account("another-grace", "grace", &[]),
        ..Ds389Settings::default()
    });
    let (table, answers) = ask_people(&people(""), "389 Directory Server itself", server.address());
    table.compare_in("389ds", "bind-direct");
    // What everything else rests on, in words: the captures cannot be blessed away from it.
    for (case, answer) in &answers {
        expect_known(case, answer);
    }
    // Lengths inside the control are of four octets.
    let control = answers["expired, asked, right"].password_policy();
    assert_eq!(control, Some(&[0x30, 0x84, 0, 0, 0, 3, 0x81, 1, 0][..]));

    // The seconds beside "must be changed" are those of a warning at first, and none from then on: nobody should go by them.
    let again = sign_in(&server, "must-change", PASSWORD).remove(0);
    let control = PasswordPolicyResponse::parse(again.password_policy().expect("the control")).unwrap();
    assert_eq!(
        (control.warning, control.error),
        (
            Some(PolicyWarning::TimeBeforeExpiration(0)),
            Some(error::CHANGE_AFTER_RESET)
        )
    );

    five_wrong_passwords_lock_and_the_sixth_sign_in_is_told(&server);
    grace_sign_ins_count_down_and_then_are_refused(&server);
}

fn expect_known(case: &str, answer: &Answer) {
    let (state, rest) = case.split_once(", ").expect("a state");
    if rest.starts_with("not asked") {
        assert!(answer.password_policy().is_none(), "{case}");
    }
    let (code, text) = (answer.code.unwrap(), answer.text.as_str());
    let older = (answer.control(EXPIRED).is_some(), answer.control(EXPIRING).is_some());
    match state {
        // A lock by failures is told before the password is looked at, and so is an inactivated account.
        "locked-by-failures" | "locked-must-change" => {
            let words = "Exceed password retry limit. Contact system administrator to reset.";
            assert_eq!((code, text), (19, words), "{case}");
        }
        "locked-for-an-hour" => {
            let words = "Exceed password retry limit. Please try later.";
            assert_eq!((code, text), (19, words), "{case}");
        }
        "inactivated" | "inactivated-must-change" => {
            let words = "Account inactivated. Contact system administrator.";
            assert_eq!((code, text), (53, words), "{case}");
        }
        // No control at all, neither with a right password nor with a wrong one: known and unknown are the same octets.
        _ if rest.ends_with("wrong") => assert_eq!(answer.hex(), "300c02010261070a013104000400", "{case}"),
        "active" | "young" | "no-change" => assert_eq!(answer.hex(), "300c02010261070a010004000400", "{case}"),
        // The older controls come whether anybody asked for anything or not.
        "must-change" | "grace" => assert_eq!((code, older), (0, (true, false)), "{case}"),
        "expired" | "grace-used-up" => {
            assert_eq!((code, text, older), (49, "password expired!", (true, false)), "{case}");
        }
        "expiring" | "first-warning" => assert_eq!((code, older), (0, (false, true)), "{case}"),
        "unknown user" | "unknown suffix" | "suffix itself" => assert_eq!(code, 49, "{case}"),
        "empty password" | "empty password of nobody" => assert_eq!(code, 53, "{case}"),
        "invalid DN" => assert_eq!(code, 34, "{case}"),
        // A password without a name is nobody's, and nobody is let in.
        "anonymous" | "password without a name" => assert_eq!(code, 0, "{case}"),
        other => panic!("what of {other}?"),
    }
}

fn five_wrong_passwords_lock_and_the_sixth_sign_in_is_told(server: &Ds389) {
    let mut table = Table::new(
        "Wrong passwords in a row, asked for the password policy control (passwordMaxFailure 5), and the right one then.",
    );
    for attempt in 1..=7 {
        let password = if attempt < 7 { WRONG } else { PASSWORD };
        let answers = sign_in(server, "history-1", password);
        assert_eq!(answers[0].code == Some(19), attempt > 5, "attempt {attempt}");
        table.case(&format!("attempt {attempt}"), &answers);
    }
    table.compare_in("389ds", "bind-failures");
}

fn grace_sign_ins_count_down_and_then_are_refused(server: &Ds389) {
    let mut table =
        Table::new("Grace sign-ins (passwordGraceLimit 3), asked for the password policy control, to the end.");
    for attempt in 1..=4 {
        let answers = sign_in(server, "another-grace", PASSWORD);
        assert_eq!(answers[0].code == Some(0), attempt < 4, "sign-in {attempt}");
        table.case(&format!("sign-in {attempt}"), &answers);
    }
    table.compare_in("389ds", "bind-grace");
}

fn sign_in(server: &Ds389, uid: &str, password: &str) -> Vec<Answer> {
    let control = request::password_policy();
    Wire::connect(server.address()).ask(&request::bind(2, &dn(uid), password, &[&control]))
}

#[test]
fn a_must_change_session_may_only_change_the_password_and_refused_changes_are_told_as_captured() {
    let server = Ds389::start();
    let (address, ca_file) = (server.address(), server.ca_file());
    let about =
        "389 Directory Server itself; under TLS, for without it passwords cannot be changed by the extended operation";
    let (table, answers) = all_cases_of(about, address, Some(server.tls_address()), &ca_file, 1);
    table.compare_in("389ds", "session-direct");
    // Who-am-i, the root DSE and StartTLS are refused as well, and never in words.
    let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.code == Some(53)).collect();
    assert!(refused.len() > 15, "{refused:?}");
    let silent = |answer: &&&Answer| answer.text.is_empty() && answer.control(EXPIRED).is_some();
    assert_eq!(refused.iter().filter(silent).count(), refused.len(), "{refused:?}");

    let connect = || Wire::connect_tls(server.tls_address(), &ca_file);
    let (table, _) = changes_on("389 Directory Server itself, under TLS", &connect, NOT_ALLOWED);
    table.compare_in("389ds", "change-direct");
    of_poor_quality("389 Directory Server itself", &connect).compare_in("389ds", "change-quality");
    // Without TLS there is no change by the extended operation at all.
    let mut wire = Wire::connect(address);
    assert_eq!(wire.bind(1, &dn("history-3"), PASSWORD).code, Some(0));
    let answer = wire
        .ask(&request::password_modify(
            2,
            None,
            None,
            Some("another-secret-5678"),
            &[],
        ))
        .remove(0);
    assert_eq!(
        (answer.code, answer.text.as_str()),
        (Some(13), "Operation requires a secure connection.\n")
    );
}

/// Passwords that only this directory refuses.
pub(super) fn of_poor_quality(about: &str, connect: &dyn Fn() -> Wire) -> Table {
    let mut table = Table::new(&format!("Passwords of poor quality: {about}."));
    let control = request::password_policy();
    let who = dn("history-2");
    for (case, password) in [
        ("too few kinds of characters", "onlyletters"),
        ("holds the name", "history-2-Secret"),
        ("a hash", "{SSHA}B0YRAR6Bc/krWMWXZZFwCUdYAPvJjtnLa9QzqA=="),
    ] {
        for (asked, controls) in [("asked", &[&control[..]][..]), ("not asked", &[])] {
            let mut wire = connect();
            assert_eq!(wire.bind(1, &who, PASSWORD).code, Some(0));
            let change: (Change, &str, &[&str]) = (Change::Replace, "userPassword", &[password]);
            let answers = wire.ask(&request::modify(2, &who, &[change], controls));
            table.case(&format!("{case}, {asked}"), &answers);
        }
    }
    table
}
