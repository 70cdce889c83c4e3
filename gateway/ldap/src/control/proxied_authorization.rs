//! Proxied authorization (RFC 4370) and the older draft of it: a request in another's name. Who is named decides what is allowed, so
//! ask [`Controls::sole`](crate::Controls::sole) for these controls, not `find`.

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::control::Controls;
use crate::{oid, tag};
use std::fmt;

/// In whose name a request is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ActingAs<'a> {
    /// An authorization identity (RFC 4513 §5.2.1.8): `dn:…`, `u:…`, or empty for nobody.
    AuthorizationId(&'a [u8]),
    /// A bare DN, from the older control (draft-weltman-ldapv3-proxy-04 §4).
    Dn(&'a [u8]),
}

/// Sizes alone: names are somebody's data.
impl fmt::Debug for ActingAs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthorizationId(id) => write!(f, "AuthorizationId({} octets)", id.len()),
            Self::Dn(dn) => write!(f, "Dn({} octets)", dn.len()),
        }
    }
}

impl<'a> ActingAs<'a> {
    /// In whose name a request with these controls is made; `None` if in its own. Two such controls are a fault, and so is one
    /// that is not critical (RFC 4370 §3): a server that does not know it would do the request as somebody else.
    pub fn parse(controls: Controls<'a>) -> Result<Option<Self>, WireError> {
        let current = controls.sole(oid::PROXIED_AUTHORIZATION)?;
        let older = controls.sole(oid::PROXIED_AUTHORIZATION_V1)?;
        let (control, is_older) = match (current, older) {
            (None, None) => return Ok(None),
            (Some(control), None) => (control, false),
            (None, Some(control)) => (control, true),
            (Some(_), Some(_)) => return Err(WireError::TooMany),
        };
        if !control.critical {
            return Err(WireError::Unexpected);
        }
        let value = control.value.ok_or(WireError::Truncated)?;
        Ok(Some(if is_older {
            let mut inside = Cursor::new(Cursor::new(value).only_of(tag::SEQUENCE)?);
            let dn = inside.octets()?;
            inside.finish()?;
            Self::Dn(dn)
        } else {
            Self::AuthorizationId(value)
        }))
    }

    /// The whole control, always critical.
    pub fn control(&self) -> Vec<u8> {
        match self {
            // The value is the identity itself, with no BER inside.
            Self::AuthorizationId(id) => super::encode(oid::PROXIED_AUTHORIZATION, true, Some(id)),
            Self::Dn(dn) => {
                let mut value = Writer::new();
                value.nested(tag::SEQUENCE, |inside| {
                    inside.octets(dn);
                });
                super::encode(oid::PROXIED_AUTHORIZATION_V1, true, Some(&value.finish()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::encode;

    #[test]
    fn both_forms_read_and_write_back() {
        let current = b"\x30\x27\x04\x182.16.840.1.113730.3.4.18\x01\x01\xff\x04\x08dn:cn=x,";
        let older = b"\x30\x27\x04\x182.16.840.1.113730.3.4.12\x01\x01\xff\x04\x08\x30\x06\x04\x04cn=x";
        for (octets, wanted) in [
            (&current[..], ActingAs::AuthorizationId(b"dn:cn=x,")),
            (&older[..], ActingAs::Dn(b"cn=x")),
        ] {
            assert_eq!(wanted.control(), octets);
            assert_eq!(ActingAs::parse(Controls::new(octets)), Ok(Some(wanted)));
        }
        assert_eq!(
            ActingAs::parse(Controls::new(&ActingAs::AuthorizationId(b"").control())),
            Ok(Some(ActingAs::AuthorizationId(b"")))
        );
        assert_eq!(ActingAs::parse(Controls::none()), Ok(None));
    }

    #[test]
    fn two_of_them_one_that_is_not_critical_and_one_without_a_value_are_faults() {
        let first = ActingAs::AuthorizationId(b"u:a").control();
        for (octets, wanted) in [
            ([first.clone(), first.clone()].concat(), WireError::TooMany),
            ([first, ActingAs::Dn(b"cn=b").control()].concat(), WireError::TooMany),
            (
                encode(oid::PROXIED_AUTHORIZATION, false, Some(b"u:a")),
                WireError::Unexpected,
            ),
            (encode(oid::PROXIED_AUTHORIZATION, true, None), WireError::Truncated),
            (
                encode(oid::PROXIED_AUTHORIZATION_V1, true, Some(b"\x31\x00")),
                WireError::Unexpected,
            ),
        ] {
            assert_eq!(ActingAs::parse(Controls::new(&octets)), Err(wanted));
        }
    }
}
