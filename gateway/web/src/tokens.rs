//! Bearer tokens of programs (RFC 6750): kept as digests, compared in constant time, each with what it may do.

use crate::fault::Fault;
use crate::limits::Rate;
use crate::meter::Meter;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::{AUTHORIZATION, HeaderMap};
use postern_identity::Secret;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// The longest that is looked at.
const LONGEST: usize = 512;

/// How often a program may ask where nobody has said: so many each second, and twice as many at once.
pub const USUAL_RATE: u32 = 200;

/// What of directories a program reaches. Its doors hold it to that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenLimits {
    /// The name of an entry: it and what is below it. `None`: everything.
    pub base_dn: Option<Arc<str>>,
    /// The only types of resource, such as `User`. Empty: every type.
    pub resource_types: Vec<Arc<str>>,
}

impl TokenLimits {
    /// Whether resources of this type are within them.
    pub fn allow_type(&self, resource_type: &str) -> bool {
        self.resource_types.is_empty() || self.resource_types.iter().any(|allowed| **allowed == *resource_type)
    }
}

/// A program, known by a secret of its own or by the word of an issuer: its name and what it may do.
///
/// Of its own secret two values may hold at once, so that one can be exchanged for the other without a gap.
pub struct Token {
    name: Arc<str>,
    digests: Vec<[u8; 32]>,
    scopes: Vec<Arc<str>>,
    limits: TokenLimits,
    rate: Rate,
}

impl Token {
    /// Whether a value can be shown as a token at all (RFC 6750 §2.1): letters, digits and `-._~+/`, with `=` at the end alone. One that cannot
    /// is nobody's, and whoever reads configuration says so.
    pub fn can_be_shown(value: &Secret) -> bool {
        value.expose().len() <= LONGEST && is_token(value.expose())
    }

    /// `values`: one, or the one and the next. They are not kept.
    pub fn new(name: impl Into<Arc<str>>, values: &[&Secret], scopes: Vec<Arc<str>>) -> Self {
        let usable = values.iter().filter(|value| Self::can_be_shown(value));
        Self {
            name: name.into(),
            digests: usable.map(|value| digest_of(value.expose())).collect(),
            scopes,
            limits: TokenLimits::default(),
            rate: Rate::of_program(USUAL_RATE),
        }
    }

    /// No further than this.
    #[must_use]
    pub fn within(mut self, limits: TokenLimits) -> Self {
        self.limits = limits;
        self
    }

    /// As often as this.
    #[must_use]
    pub fn at_rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// What it is called in configuration and in audit lines.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// How far it reaches.
    pub fn limits(&self) -> &TokenLimits {
        &self.limits
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

/// Every token there is, each with how often it was shown.
#[derive(Default)]
pub struct Tokens(Vec<(Arc<Token>, Meter)>);

impl Tokens {
    /// These.
    pub fn new(tokens: Vec<Token>) -> Self {
        let metered = tokens.into_iter().map(|token| {
            let meter = Meter::new(token.rate, 1);
            (Arc::new(token), meter)
        });
        Self(metered.collect())
    }

    /// Whose request it is.
    pub fn of(&self, headers: &HeaderMap) -> Result<Arc<Token>, Fault> {
        self.of_value(shown(headers, LONGEST)?)
    }

    /// Whose value it is. All tokens are compared, whichever matches: how long it takes tells nothing.
    pub(crate) fn of_value(&self, shown: &[u8]) -> Result<Arc<Token>, Fault> {
        let unknown = Fault::NoToken { shown: true };
        if shown.len() > LONGEST {
            return Err(unknown);
        }
        let shown = digest_of(shown);
        let mut found = None;
        for (token, meter) in &self.0 {
            for digest in &token.digests {
                if bool::from(digest.ct_eq(&shown)) {
                    found = Some((token, meter));
                }
            }
        }
        let (token, meter) = found.ok_or(unknown)?;
        meter.spend(0).map_err(|after| Fault::TooMany { after })?;
        Ok(Arc::clone(token))
    }
}

/// The one credential in the one header that holds any, of at most so many octets.
pub(crate) fn shown(headers: &HeaderMap, longest: usize) -> Result<&[u8], Fault> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(line) = lines.next() else {
        return Err(Fault::NoToken { shown: false });
    };
    let unreadable = Fault::NoToken { shown: true };
    if lines.next().is_some() {
        return Err(unreadable);
    }
    let (scheme, token) = line.as_bytes().split_at_checked(7).ok_or(unreadable)?;
    let usable = scheme.eq_ignore_ascii_case(b"bearer ") && token.len() <= longest && is_token(token);
    usable.then_some(token).ok_or(unreadable)
}

/// RFC 6750 §2.1, `b64token`.
fn is_token(octets: &[u8]) -> bool {
    let end = octets
        .iter()
        .rposition(|octet| *octet != b'=')
        .map_or(0, |last| last + 1);
    let body = octets.get(..end).unwrap_or_default();
    !body.is_empty()
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
        assert_eq!(tokens.0[0].0.needs("reset:request"), Ok(()));
        assert_eq!(tokens.0[0].0.needs("reset:vouched"), Err(Fault::NoScope));
        assert_eq!(tokens.0[0].0.needs("reset"), Err(Fault::NoScope));
        assert_eq!(tokens.0[1].0.needs("reset:vouched"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_shown_too_often_waits_and_no_other_does() {
        let rate = Rate::of_program(2);
        let token = |name: &str| Token::new(name, &[&Secret::new(name)], Vec::new()).at_rate(rate);
        let tokens = Tokens::new(vec![token("one"), token("other")]);
        for _ in 0..4 {
            assert!(tokens.of_value(b"one").is_ok());
        }
        let after = std::time::Duration::from_millis(500);
        assert_eq!(tokens.of_value(b"one").err(), Some(Fault::TooMany { after }));
        assert!(tokens.of_value(b"other").is_ok());
        tokio::time::advance(after).await;
        assert!(tokens.of_value(b"one").is_ok());
        assert!(tokens.of_value(b"one").is_err());
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
