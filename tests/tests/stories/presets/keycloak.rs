//! Keycloak with "Enable the LDAPv3 password policy": its own reader of the password policy control, with its faults.

use super::Concludes::*;
use super::{Concludes, Signed, promises};
use postern_ldap::oid;

#[test]
fn keycloak_asks_for_a_new_password_and_takes_an_expired_one_for_wrong_or_expired_by_its_age() {
    let promised = |expired| {
        [
            LetIn,
            NewPassword,
            NewPassword, // the error stands alone: behind a warning it would not be found
            expired,
            LetIn,
            LetIn,
            WrongPassword,
            WrongPassword,
            WrongPassword,
            WrongPassword,
        ]
    };
    promises(
        "keycloak-ldap",
        true,
        |signed| reads(signed, false),
        promised(WrongPassword),
    );
    promises(
        "keycloak-ldap",
        true,
        |signed| reads(signed, true),
        promised(SaysExpired),
    );
}

/// On a success the error decides; on a failure only newer versions look at the control at all.
fn reads(signed: &Signed<'_>, newer: bool) -> Concludes {
    let error = signed.answer.control(oid::PASSWORD_POLICY).and_then(error);
    match (signed.answer.code, error) {
        (Some(0), Some(2)) => NewPassword,
        (Some(0), _) => LetIn,
        (Some(49), Some(0)) if newer => SaysExpired,
        (Some(49), _) => WrongPassword,
        _ => Broken,
    }
}

/// It looks for the warning under the tag 80 where the wire has A0, and so takes a warning for the end.
fn error(value: &[u8]) -> Option<u8> {
    let [0x30, _, inside @ ..] = value else { return None };
    let rest = match inside {
        [0x80, length, rest @ ..] => rest.get(usize::from(*length)..)?,
        rest => rest,
    };
    match rest {
        [0x81, 1, error, ..] => Some(*error),
        _ => None,
    }
}
