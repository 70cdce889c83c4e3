//! Netscape's password controls (draft-vchu-ldap-pwd-policy §5): nobody asks for them, 389 Directory Server always sends them, slapd
//! does so where it is told to and the client did not ask for the password policy control.

use crate::WireError;
use crate::control::Control;
use crate::oid;

/// What one of the two controls says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetscapePassword {
    /// The password has expired, or must be changed: slapd sends it for a locked account, too.
    Expired,
    /// Seconds until the password expires, at most 2³¹ − 1.
    Expiring(u32),
}

impl NetscapePassword {
    /// Reads a control; `None` if it is another control.
    pub fn parse(control: &Control<'_>) -> Result<Option<Self>, WireError> {
        Ok(match control.oid {
            // The value is the character "0"; that the control is there says it all.
            oid::NETSCAPE_EXPIRED => Some(Self::Expired),
            oid::NETSCAPE_EXPIRING => Some(Self::Expiring(seconds(control.value.ok_or(WireError::Truncated)?)?)),
            _ => None,
        })
    }

    /// The whole control.
    pub fn control(self) -> Vec<u8> {
        match self {
            Self::Expired => super::encode(oid::NETSCAPE_EXPIRED, false, Some(b"0")),
            Self::Expiring(seconds) => {
                super::encode(oid::NETSCAPE_EXPIRING, false, Some(seconds.to_string().as_bytes()))
            }
        }
    }
}

/// One to ten decimal digits.
fn seconds(digits: &[u8]) -> Result<u32, WireError> {
    if digits.is_empty() || digits.len() > 10 {
        return Err(WireError::Number);
    }
    let mut value = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(WireError::Number);
        }
        value = value * 10 + u64::from(digit - b'0');
    }
    u32::try_from(value)
        .ok()
        .filter(|&value| value <= 0x7fff_ffff)
        .ok_or(WireError::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Controls, encode};

    fn parse(octets: &[u8]) -> Result<Option<NetscapePassword>, WireError> {
        NetscapePassword::parse(&Controls::new(octets).iter().next().unwrap().unwrap())
    }

    #[test]
    fn the_controls_389_directory_server_sends_read_and_write_back() {
        let expired = b"\x30\x1c\x04\x172.16.840.1.113730.3.4.4\x04\x010";
        let expiring = b"\x30\x22\x04\x172.16.840.1.113730.3.4.5\x04\x071209600";
        for (octets, wanted) in [
            (&expired[..], NetscapePassword::Expired),
            (&expiring[..], NetscapePassword::Expiring(1_209_600)),
        ] {
            assert_eq!(parse(octets), Ok(Some(wanted)));
            assert_eq!(wanted.control(), octets);
        }
    }

    #[test]
    fn seconds_are_digits_within_bounds() {
        for (value, wanted) in [
            (&b"0"[..], Ok(0)),
            (b"0000000007", Ok(7)),
            (b"2147483647", Ok(0x7fff_ffff)),
            (b"2147483648", Err(WireError::Number)),
            (b"9999999999", Err(WireError::Number)),
            (b"00000000007", Err(WireError::Number)),
            (b"-1", Err(WireError::Number)),
            (b"+1", Err(WireError::Number)),
            (b"1 ", Err(WireError::Number)),
            (b"1\0", Err(WireError::Number)),
            (b"", Err(WireError::Number)),
        ] {
            let octets = encode(oid::NETSCAPE_EXPIRING, false, Some(value));
            assert_eq!(
                parse(&octets),
                wanted.map(|value| Some(NetscapePassword::Expiring(value))),
                "{value:?}"
            );
        }
        assert_eq!(
            parse(&encode(oid::NETSCAPE_EXPIRING, false, None)),
            Err(WireError::Truncated)
        );
    }

    #[test]
    fn another_control_is_neither() {
        assert_eq!(parse(&encode(oid::PASSWORD_POLICY, false, None)), Ok(None));
    }
}
