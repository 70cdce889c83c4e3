//! Applications that look at the result code alone: GitLab (net-ldap under omniauth-ldap), Dovecot and FreeRADIUS.

use super::Concludes::*;
use super::{Concludes, Signed, promises};
use postern_tests::{Gateway, Slapd, people};

/// Who may not sign in is refused, and nothing is taken for a fault of the server.
const REFUSED: [Concludes; 10] = [
    LetIn,
    WrongPassword,
    WrongPassword,
    WrongPassword,
    LetIn,
    LetIn,
    WrongPassword,
    WrongPassword,
    WrongPassword,
    WrongPassword,
];

#[test]
fn gitlab_says_invalid_credentials_to_whoever_may_not_sign_in() {
    promises("gitlab", false, gitlab, REFUSED);
}

#[test]
fn dovecot_takes_every_refusal_for_a_wrong_password_and_none_for_its_own_failure() {
    promises("dovecot", false, dovecot, REFUSED);
}

#[test]
fn freeradius_rejects_whoever_may_not_sign_in_and_never_tries_again() {
    promises("freeradius", false, freeradius, REFUSED);
}

#[test]
fn their_logs_name_the_portal_where_a_new_password_helps() {
    for preset in ["gitlab", "dovecot", "freeradius"] {
        let slapd = Slapd::start();
        let gateway = Gateway::start(preset, &slapd);
        for (uid, names) in [("must-change", true), ("expired", true), ("locked-by-failures", false)] {
            let answer = gateway.client().bind(1, &people::dn(uid), people::PASSWORD);
            assert_eq!(
                answer.text.contains(postern_tests::gateway::PORTAL),
                names,
                "{preset}, {uid}"
            );
        }
    }
}

/// `success?` is result 0; anything else fails with `:invalid_credentials`, but for errors of the connection.
fn gitlab(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => LetIn,
        Some(_) => WrongPassword,
        None => Broken,
    }
}

/// `auth_bind`: 0 is a match, 49 a mismatch, 32 an unknown user; everything else is an internal failure.
fn dovecot(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => LetIn,
        Some(49 | 32) => WrongPassword,
        _ => Broken,
    }
}

/// `rlm_ldap`: 49 and 19 reject, 50 and 53 are "not permitted"; on 51, 52 and 81 it connects again and repeats the bind.
fn freeradius(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => LetIn,
        Some(49 | 19 | 50 | 53) => WrongPassword,
        _ => Broken,
    }
}
