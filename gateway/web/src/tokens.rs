//! Bearer tokens of programs (RFC 6750): kept as digests, compared in constant time, each with what it may do.

use crate::fault::Fault;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::{AUTHORIZATION, HeaderMap};
use postern_identity::Secret;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// The longest that is looked at.
const LONGEST: usize = 512;

/// A program's token. Two values may hold at once, so that one can be exchanged for the other without a gap.
pub struct Token {
    name: Arc<str>,
    digests: Vec<[u8; 32]>,
    scopes: Vec<Arc<str>>,
}

impl Token {
    /// Whether a value can be shown as a token at all (RFC 6750 §2.1): letters, digits and `-._~+/`, with `=` at the end alone. One that cannot
    /// is nobody's, and whoever reads configuration says so.
    pub fn can_be_shown(value: &Secret) -> bool {
        is_token(value.expose())
    }

    /// `values`: one, or the one and the next. They are not kept.
    pub fn new(name: impl Into<Arc<str>>, values: &[&Secret], scopes: Vec<Arc<str>>) -> Self {
        let usable = values.iter().filter(|value| Self::can_be_shown(value));
        Self {
            name: name.into(),
            digests: usable.map(|value| digest_of(value.expose())).collect(),
            scopes,
        }
    }

    /// What it is called in configuration and in audit lines.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether it may do this.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| &**held == scope)
    }

    /// Refuses what it may not do.
    pub fn needs(&self, scope: &str) -> Result<(), Fault> {
        if self.may(scope) { Ok(()) } else { Err(Fault::NoScope) }
    }
}

/// Every token there is.
#[derive(Default)]
pub struct Tokens(Vec<Arc<Token>>);

impl Tokens {
    /// These.
    pub fn new(tokens: Vec<Token>) -> Self {
        Self(tokens.into_iter().map(Arc::new).collect())
    }

    /// Whose request it is. All tokens are compared, whichever matches: how long it takes tells nothing.
    pub fn of(&self, headers: &HeaderMap) -> Result<Arc<Token>, Fault> {
        let shown = shown(headers)?;
        let shown = digest_of(shown);
        let mut found = None;
        for token in &self.0 {
            for digest in &token.digests {
                if bool::from(digest.ct_eq(&shown)) {
                    found = Some(token);
                }
            }
        }
        found.map(Arc::clone).ok_or(Fault::NoToken { shown: true })
    }
}

/// The one credential in the one header that holds any.
fn shown(headers: &HeaderMap) -> Result<&[u8], Fault> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(line) = lines.next() else {
        return Err(Fault::NoToken { shown: false });
    };
    let unreadable = Fault::NoToken { shown: true };
    if lines.next().is_some() {
        return Err(unreadable);
    }
    let (scheme, token) = line.as_bytes().split_at_checked(7).ok_or(unreadable)?;
    let usable = scheme.eq_ignore_ascii_case(b"bearer ") && is_token(token);
    usable.then_some(token).ok_or(unreadable)
}

/// RFC 6750 §2.1, `b64token`.
fn is_token(octets: &[u8]) -> bool {
    let end = octets
        .iter()
        .rposition(|octet| *octet != b'=')
        .map_or(0, |last| last + 1);
    let body = octets.get(..end).unwrap_or_default();
    octets.len() <= LONGEST
        && !body.is_empty()
        && body
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-._~+/".contains(octet))
}

fn digest_of(octets: &[u8]) -> [u8; 32] {
    let digest = digest(&SHA256, octets);
    // Always so many; otherwise nothing would match.
    digest.as_ref().try_into().unwrap_or([0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn tokens() -> Tokens {
        let (old, new, other) = (
            Secret::new("old-value"),
            Secret::new("new-value="),
            Secret::new("another"),
        );
        Tokens::new(vec![
            Token::new("desk", &[&old, &new], vec!["reset:request".into()]),
            Token::new("hr", &[&other], vec!["reset:request".into(), "reset:vouched".into()]),
            Token::new("nobody", &[&Secret::new("")], vec!["reset:vouched".into()]),
        ])
    }

    fn by(value: &[u8]) -> Result<String, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        tokens().of(&headers).map(|token| token.name().to_string())
    }

    #[test]
    fn both_values_of_a_token_hold_and_no_other() {
        assert_eq!(by(b"Bearer old-value").unwrap(), "desk");
        assert_eq!(by(b"bearer new-value=").unwrap(), "desk");
        assert_eq!(by(b"BEARER another").unwrap(), "hr");
        for value in [
            b"Bearer ".as_slice(),
            b"Bearer old-valu",
            b"Bearer old-value=",
            b"Bearer  old-value",
            b"Bearer old-value ",
            b"Bearer old-value, another",
            b"Basic b2xkLXZhbHVl",
            b"old-value",
            b"Bearer \xff",
            b"",
        ] {
            assert_eq!(by(value), Err(Fault::NoToken { shown: true }), "{value:?}");
        }
    }

    #[test]
    fn no_token_and_two_are_not_the_same_as_one() {
        let mut headers = HeaderMap::new();
        assert_eq!(tokens().of(&headers).err(), Some(Fault::NoToken { shown: false }));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer another"));
        assert!(tokens().of(&headers).is_ok());
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer another"));
        assert_eq!(tokens().of(&headers).err(), Some(Fault::NoToken { shown: true }));
    }

    #[test]
    fn a_value_that_cannot_be_shown_is_known_for_one() {
        for value in ["a", "aB9-._~+/==", &"a".repeat(LONGEST)] {
            assert!(Token::can_be_shown(&Secret::new(value)), "{value}");
        }
        for value in ["", "=", "a b", "a=b", "ä", "a\n", "a:b", &"a".repeat(LONGEST + 1)] {
            assert!(!Token::can_be_shown(&Secret::new(value)), "{value}");
        }
    }

    #[test]
    fn a_token_may_what_its_scopes_say() {
        let tokens = tokens();
        assert_eq!(tokens.0[0].needs("reset:request"), Ok(()));
        assert_eq!(tokens.0[0].needs("reset:vouched"), Err(Fault::NoScope));
        assert_eq!(tokens.0[0].needs("reset"), Err(Fault::NoScope));
        assert_eq!(tokens.0[1].needs("reset:vouched"), Ok(()));
    }

    proptest! {
        #[test]
        fn nothing_else_is_anybody_s_token(value in "[!-~]{0,40}") {
            prop_assume!(!["old-value", "new-value=", "another"].contains(&value.as_str()));
            let shown = format!("Bearer {value}");
            prop_assert!(by(shown.as_bytes()).is_err());
        }

        #[test]
        fn any_header_is_read_to_its_end(octets in prop::collection::vec(any::<u8>(), 0..100)) {
            if HeaderValue::from_bytes(&octets).is_ok() {
                let _ = by(&octets);
            }
        }
    }
}
