//! What a new password is like: its length, and whether it can be looked at.

use super::hash::{self, Form};
use super::policy::{Policy, PolicyRefusal};
use postern_identity::Secret;
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::error;

/// draft-behera-ldap-password-policy-11 §6.2: newer than the numbers most clients know.
const PASSWORD_TOO_LONG: u32 = 9;

const FAILS: &str = "Password fails quality checking policy";

/// A password somebody wants to have.
pub enum NewPassword {
    /// As it is: from a password modify operation (RFC 3062), or by hand.
    Plain(Secret),
    /// The value of `userPassword` in an add or modify: a password, or a hash of one made elsewhere.
    Written(Secret),
}

/// A new password, told apart.
pub(super) enum Offered {
    Plain(Secret),
    /// A value to be kept as it is.
    AsItIs(Vec<u8>),
}

impl NewPassword {
    /// `trusted`: from somebody who is not held to the policy.
    pub(super) fn offered(self, policy: &Policy, trusted: bool) -> Result<Offered, PolicyRefusal> {
        let value = match self {
            Self::Plain(password) => return plain(password),
            Self::Written(value) => value,
        };
        match hash::form(value.expose()) {
            Form::Plain => plain(Secret::new(hash::plain(value.expose()))),
            // slapd takes them, unless the policy wants every password looked at. Who reuses one by its hash is not seen either.
            Form::Hashed if trusted || (policy.check_quality < 2 && policy.in_history == 0) => {
                Ok(Offered::AsItIs(value.expose().to_vec()))
            }
            // Somebody else's password; whoever says so of their own would never sign in again.
            Form::Elsewhere if trusted => Ok(Offered::AsItIs(value.expose().to_vec())),
            Form::Unreadable(_) if trusted => Err(PolicyRefusal {
                code: ResultCode::CONSTRAINT_VIOLATION,
                error: Some(error::INSUFFICIENT_PASSWORD_QUALITY),
                text: "Password hash of a kind or at a cost that cannot be checked here",
            }),
            Form::Hashed | Form::Elsewhere | Form::Unreadable(_) => Err(refusal(error::INSUFFICIENT_PASSWORD_QUALITY)),
        }
    }
}

/// Nobody can sign in with an empty one (RFC 4513 §5.1.2).
fn plain(password: Secret) -> Result<Offered, PolicyRefusal> {
    if password.is_empty() {
        return Err(refusal(error::PASSWORD_TOO_SHORT));
    }
    Ok(Offered::Plain(password))
}

/// Lengths are in octets, and looked at only where the policy has `pwdCheckQuality`: both as slapd does.
pub(super) fn check(password: &Secret, policy: &Policy) -> Result<(), PolicyRefusal> {
    if policy.check_quality == 0 {
        return Ok(());
    }
    let length = u32::try_from(password.expose().len()).unwrap_or(u32::MAX);
    if length < policy.min_length {
        return Err(refusal(error::PASSWORD_TOO_SHORT));
    }
    if policy.max_length > 0 && length > policy.max_length {
        return Err(refusal(PASSWORD_TOO_LONG));
    }
    Ok(())
}

fn refusal(error: u32) -> PolicyRefusal {
    PolicyRefusal {
        code: ResultCode::CONSTRAINT_VIOLATION,
        error: Some(error),
        text: FAILS,
    }
}
