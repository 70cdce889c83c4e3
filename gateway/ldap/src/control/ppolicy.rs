//! The password policy control (draft-behera-ldap-password-policy §6): the request has no value, the response a warning and an error.

use crate::WireError;
use crate::ber::{Cursor, Writer, non_negative};
use crate::{oid, tag};
use std::sync::LazyLock;

/// What a server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PasswordPolicyResponse {
    /// A warning, if any.
    pub warning: Option<PolicyWarning>,
    /// An error, if any; the number as sent, since drafts add to the list.
    pub error: Option<u32>,
}

/// The warning CHOICE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyWarning {
    /// `[0]`: seconds until the password expires.
    TimeBeforeExpiration(u32),
    /// `[1]`: grace sign-ins left.
    GraceRemaining(u32),
}

/// Errors of the draft.
pub mod error {
    /// passwordExpired
    pub const PASSWORD_EXPIRED: u32 = 0;
    /// accountLocked
    pub const ACCOUNT_LOCKED: u32 = 1;
    /// changeAfterReset
    pub const CHANGE_AFTER_RESET: u32 = 2;
    /// passwordModNotAllowed
    pub const PASSWORD_MOD_NOT_ALLOWED: u32 = 3;
    /// mustSupplyOldPassword
    pub const MUST_SUPPLY_OLD_PASSWORD: u32 = 4;
    /// insufficientPasswordQuality
    pub const INSUFFICIENT_PASSWORD_QUALITY: u32 = 5;
    /// passwordTooShort
    pub const PASSWORD_TOO_SHORT: u32 = 6;
    /// passwordTooYoung
    pub const PASSWORD_TOO_YOUNG: u32 = 7;
    /// passwordInHistory
    pub const PASSWORD_IN_HISTORY: u32 = 8;
}

/// The request control: never critical, and without a value, for slapd refuses even an empty one.
pub fn request() -> Vec<u8> {
    super::encode(oid::PASSWORD_POLICY, false, None)
}

/// Its octets, made once: every sign-in takes them.
pub fn request_octets() -> &'static [u8] {
    static OCTETS: LazyLock<Vec<u8>> = LazyLock::new(request);
    &OCTETS
}

impl PasswordPolicyResponse {
    /// Reads a response control's value.
    pub fn parse(value: &[u8]) -> Result<Self, WireError> {
        let mut outer = Cursor::new(value);
        let mut inside = outer.enter(tag::SEQUENCE)?;
        outer.finish()?;
        // A CHOICE under an implicit tag keeps its own tag inside: A0 wraps 80 or 81.
        let warning = match inside.optional(0xa0)? {
            None => None,
            Some(wrapped) => {
                let choice = Cursor::new(wrapped).only()?;
                Some(match choice.tag {
                    0x80 => PolicyWarning::TimeBeforeExpiration(non_negative(choice.content)?),
                    0x81 => PolicyWarning::GraceRemaining(non_negative(choice.content)?),
                    _ => return Err(WireError::Unexpected),
                })
            }
        };
        let error = inside.optional(0x81)?.map(non_negative).transpose()?;
        inside.finish()?;
        Ok(Self { warning, error })
    }

    /// The value of a response control.
    pub fn value(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(16);
        writer.nested(tag::SEQUENCE, |inside| {
            match self.warning {
                Some(PolicyWarning::TimeBeforeExpiration(seconds)) => {
                    inside.nested(0xa0, |choice| {
                        choice.number(0x80, seconds);
                    });
                }
                Some(PolicyWarning::GraceRemaining(left)) => {
                    inside.nested(0xa0, |choice| {
                        choice.number(0x81, left);
                    });
                }
                None => {}
            }
            if let Some(error) = self.error {
                inside.number(0x81, error);
            }
        });
        writer.finish()
    }

    /// The whole response control.
    pub fn control(&self) -> Vec<u8> {
        super::encode(oid::PASSWORD_POLICY, false, Some(&self.value()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_real_servers_send_read_and_write_back() {
        let cases: [(&[u8], Option<PolicyWarning>, Option<u32>); 6] = [
            (&[0x30, 0], None, None),
            (&[0x30, 3, 0x81, 1, 2], None, Some(2)),
            (
                &[0x30, 5, 0xa0, 3, 0x81, 1, 3],
                Some(PolicyWarning::GraceRemaining(3)),
                None,
            ),
            (
                &[0x30, 7, 0xa0, 5, 0x80, 3, 6, 0x97, 0x80],
                Some(PolicyWarning::TimeBeforeExpiration(432_000)),
                None,
            ),
            (
                &[0x30, 8, 0xa0, 3, 0x80, 1, 0, 0x81, 1, 2],
                Some(PolicyWarning::TimeBeforeExpiration(0)),
                Some(2),
            ),
            (
                &[0x30, 8, 0xa0, 3, 0x81, 1, 0, 0x81, 1, 0],
                Some(PolicyWarning::GraceRemaining(0)),
                Some(0),
            ),
        ];
        for (value, warning, error) in cases {
            let response = PasswordPolicyResponse { warning, error };
            assert_eq!(PasswordPolicyResponse::parse(value), Ok(response));
            assert_eq!(response.value(), value);
        }
    }

    #[test]
    fn four_octet_lengths_inside_the_control_are_read() {
        // As 389 Directory Server writes it: error 2 beside 1,209,600 seconds.
        let value = [
            0x30, 0x84, 0, 0, 0, 0x0e, 0xa0, 0x84, 0, 0, 0, 5, 0x80, 3, 0x12, 0x75, 0, 0x81, 1, 2,
        ];
        let response = PasswordPolicyResponse::parse(&value).unwrap();
        assert_eq!(response.warning, Some(PolicyWarning::TimeBeforeExpiration(1_209_600)));
        assert_eq!(response.error, Some(2));
    }

    #[test]
    fn octets_that_are_not_the_response_are_faults() {
        for value in [
            &[][..],
            &[0x31, 0],
            &[0x30, 0, 0],
            &[0x30, 2, 0xa0, 0],                         // a warning of neither kind
            &[0x30, 5, 0xa0, 3, 0x82, 1, 3],             // of an unknown kind
            &[0x30, 8, 0xa0, 6, 0x80, 1, 3, 0x81, 1, 3], // of both
            &[0x30, 5, 0xa0, 3, 0x80, 1, 0xff],          // negative
            &[0x30, 6, 0x81, 1, 2, 0x81, 1, 3],          // two errors
            &[0x30, 8, 0x81, 1, 2, 0xa0, 3, 0x80, 1, 0], // out of order
        ] {
            assert!(PasswordPolicyResponse::parse(value).is_err(), "{value:x?}");
        }
    }
}
