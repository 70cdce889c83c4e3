//! Each preset is read by the application it is for: the rules by which that application reads an answer, said again in Rust, draw
//! the conclusion the preset promises, for every state and from the octets of the real program before a real slapd.

mod active_directory;
mod codes;
mod keycloak;
mod nextcloud;
mod sssd;

use postern_tests::people::{self, PASSWORD};
use postern_tests::{Answer, Gateway, Slapd, Wire, request};
use std::net::SocketAddr;

/// What an application makes of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Concludes {
    /// Signed in, with nothing more.
    LetIn,
    /// Signed in, or asked at once, to set a new password.
    NewPassword,
    /// Signed in and warned that grace sign-ins run out, of which so many are left.
    WarnedOfGrace(u32),
    /// Signed in and warned that the password expires within so many days.
    WarnedOfExpiry(u32),
    /// Refused, and told that the password has expired.
    SaysExpired,
    /// Refused, and told that the account is locked.
    SaysLocked,
    /// Refused, and told that the account is switched off.
    SaysDisabled,
    /// Refused, and told that the account has ended.
    SaysEnded,
    /// Refused like anybody.
    WrongPassword,
    /// Not refused: something is broken, and it will be tried again.
    Broken,
}

/// Who signs in, in the order of the columns below. Everybody gives the right password but the last two.
const PEOPLE: [(&str, &str); 10] = [
    ("active", PASSWORD),
    ("must-change", PASSWORD),
    ("expired-must-change", PASSWORD),
    ("expired", PASSWORD),
    ("grace", PASSWORD),
    ("expiring", PASSWORD),
    ("locked-by-failures", PASSWORD),
    ("locked-by-administrator", PASSWORD),
    ("must-change-01", "wrong-password"),
    ("nobody", PASSWORD),
];

/// Asks as the application does, and compares its conclusions with what the preset promises.
fn promises(preset: &str, asks: bool, read: impl Fn(&Signed<'_>) -> Concludes, promised: [Concludes; 10]) {
    let slapd = Slapd::start();
    let gateway = Gateway::start(preset, &slapd);
    for ((uid, password), promised) in PEOPLE.into_iter().zip(promised) {
        let answer = sign_in(gateway.address(), uid, password, asks);
        let signed = Signed {
            uid,
            answer: &answer,
            address: gateway.address(),
        };
        assert_eq!(read(&signed), promised, "{preset}, {uid}: {answer:?}");
    }
}

/// A sign-in as the application sees it.
struct Signed<'a> {
    uid: &'a str,
    answer: &'a Answer,
    address: SocketAddr,
}

fn sign_in(address: SocketAddr, uid: &str, password: &str, asks: bool) -> Answer {
    let control = request::password_policy();
    let controls: &[&[u8]] = if asks { &[&control] } else { &[] };
    let mut wire = Wire::connect(address);
    wire.ask(&request::bind(1, &people::dn(uid), password, controls))
        .remove(0)
}

/// What Java's naming makes of a refusal: the text of the exception its applications match.
fn java_message(answer: &Answer) -> String {
    format!("[LDAP: error code {} - {}]", answer.code.unwrap(), answer.text)
}

/// Whether a dot of Java's regular expressions takes every character.
fn is_one_line(text: &str) -> bool {
    !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}
