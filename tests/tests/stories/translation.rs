//! Password changes asked for in the words of another kind of directory, and people whom Active Directory turns away to change theirs.

mod on_samba;
mod on_slapd;
mod turned_away;

use postern_tests::{Answer, Wire, request};

/// Nobody's password.
const WRONG: &str = "wrong-password";
/// Passwords every directory of the stories takes.
const NEW: &str = "another-Secret-5678";
const OTHER: &str = "a-third-Secret-9999";

/// A password modify (RFC 3062) that asks for the password policy control.
fn modify(wire: &mut Wire, whose: Option<&str>, old: Option<&str>, new: Option<&str>) -> Answer {
    let request = request::password_modify(9, whose, old, new, &[&request::password_policy()]);
    wire.ask(&request).remove(0)
}

/// The error of the password policy control; `None` where there is none in it.
fn error(answer: &Answer) -> Option<u8> {
    match answer.password_policy() {
        Some([0x30, 3, 0x81, 1, error]) => Some(*error),
        Some([0x30, 0]) | None => None,
        Some(other) => panic!("an odd control: {other:x?}"),
    }
}
