//! The credentials of SASL mechanisms that are read here: PLAIN (RFC 4616). EXTERNAL's are an authorization id and nothing around it
//! (RFC 4422 appendix A).

use crate::WireError;

/// The mechanism's name (RFC 4616).
pub const PLAIN: &[u8] = b"PLAIN";
/// The mechanism's name (RFC 4422 appendix A).
pub const EXTERNAL: &[u8] = b"EXTERNAL";

/// What a client says in the mechanism PLAIN. Holds a password by reference: no `Debug`.
#[derive(Clone, Copy)]
pub struct PlainCredentials<'a> {
    /// Whom to act as; empty for oneself.
    pub authorization: &'a str,
    /// Who signs in.
    pub authentication: &'a str,
    /// The password. UTF-8, and otherwise as the client sent it.
    pub password: &'a [u8],
}

impl<'a> PlainCredentials<'a> {
    /// Reads `[authzid] NUL authcid NUL passwd` (RFC 4616 §2): UTF-8, with two NULs and no more.
    pub fn parse(credentials: &'a [u8]) -> Result<Self, WireError> {
        let text = std::str::from_utf8(credentials).map_err(|_| WireError::Unexpected)?;
        let mut parts = text.split('\0');
        let (Some(authorization), Some(authentication), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(WireError::Unexpected);
        };
        Ok(Self {
            authorization,
            authentication,
            password: password.as_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_has_two_nuls_and_is_utf_8() {
        let plain = PlainCredentials::parse("u:alice\0alice\0pässword ".as_bytes()).unwrap();
        assert_eq!((plain.authorization, plain.authentication), ("u:alice", "alice"));
        assert_eq!(plain.password, "pässword ".as_bytes());
        let least = PlainCredentials::parse(b"\0\0").unwrap();
        assert_eq!(
            (least.authorization, least.authentication, least.password),
            ("", "", &b""[..])
        );
        for broken in [
            &b""[..],
            b"alice",
            b"\0alice",
            b"\0alice\0secret\0",
            b"\0alice\0se\0cret",
            b"\0al\xffice\0secret",
            b"\0alice\0\xc3",
        ] {
            assert!(PlainCredentials::parse(broken).is_err(), "{broken:?}");
        }
    }
}
