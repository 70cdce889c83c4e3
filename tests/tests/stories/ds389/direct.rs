//! What the server itself answers: what its dialect rests on, in captures and in words.

use crate::golden::binds::{WRONG, ask_states};
use postern_tests::ds389::people::STATES;
use postern_tests::golden::Table;
use postern_tests::people::dn;
use postern_tests::{Ds389, PASSWORD, Wire, request};

const EXPIRED: &[u8] = b"2.16.840.1.113730.3.4.4";
const EXPIRING: &[u8] = b"2.16.840.1.113730.3.4.5";

#[test]
fn each_state_is_answered_as_captured() {
    let server = Ds389::start();
    let (table, answers) = ask_states(STATES, "389 Directory Server itself", server.address());
    table.compare_in("389ds", "bind-direct");
    // What everything else rests on, in words: the captures cannot be blessed away from it.
    for (case, answer) in &answers {
        let (state, rest) = case.split_once(", ").expect("a state");
        if rest.starts_with("not asked") {
            assert!(answer.password_policy().is_none(), "{case}");
        }
        let wrong = rest.ends_with("wrong");
        let (code, text) = (answer.code.unwrap(), answer.text.as_str());
        let older = (answer.control(EXPIRED).is_some(), answer.control(EXPIRING).is_some());
        match state {
            // A lock by failures is told before the password is looked at, and so is an inactivated account.
            "locked-by-failures" | "locked-must-change" => {
                assert_eq!(
                    (code, text),
                    (
                        19,
                        "Exceed password retry limit. Contact system administrator to reset."
                    )
                );
            }
            "locked-for-an-hour" => {
                assert_eq!((code, text), (19, "Exceed password retry limit. Please try later."));
            }
            "inactivated" | "inactivated-must-change" => {
                assert_eq!((code, text), (53, "Account inactivated. Contact system administrator."));
            }
            // No control at all, neither of a right password nor of a wrong one: known and unknown are the same octets.
            _ if wrong => assert_eq!(answer.hex(), "300c02010261070a013104000400", "{case}"),
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
    // Lengths inside the control are of four octets.
    let control = |case: &str| answers[case].password_policy().expect("the control");
    assert_eq!(control("expired, asked, right"), [0x30, 0x84, 0, 0, 0, 3, 0x81, 1, 0]);
}

#[test]
fn five_wrong_passwords_lock_and_the_sixth_sign_in_is_told() {
    let server = Ds389::start();
    let mut table = Table::new(
        "Wrong passwords in a row, asked for the password policy control (passwordMaxFailure 5), and the right one then.",
    );
    let control = request::password_policy();
    for attempt in 1..=7 {
        let password = if attempt < 7 { WRONG } else { PASSWORD };
        let mut wire = Wire::connect(server.address());
        let answers = wire.ask(&request::bind(2, &dn("history-1"), password, &[&control]));
        let locked = answers[0].code == Some(19);
        assert_eq!(locked, attempt > 5, "attempt {attempt}");
        table.case(&format!("attempt {attempt}"), &answers);
    }
    table.compare_in("389ds", "bind-failures");
}

#[test]
fn grace_sign_ins_count_down_and_then_are_refused() {
    let server = Ds389::start();
    let mut table =
        Table::new("Grace sign-ins (passwordGraceLimit 3), asked for the password policy control, to the end.");
    let control = request::password_policy();
    for attempt in 1..=4 {
        let mut wire = Wire::connect(server.address());
        let answers = wire.ask(&request::bind(2, &dn("grace"), PASSWORD, &[&control]));
        assert_eq!(answers[0].code == Some(0), attempt < 4, "sign-in {attempt}");
        table.case(&format!("sign-in {attempt}"), &answers);
    }
    table.compare_in("389ds", "bind-grace");
}
