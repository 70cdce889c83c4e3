//! What a door asks, parsed: whoever constructs one of these has looked at what came in.

use crate::secret::Secret;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

/// Whoever is asking, as the door knows them.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The route the door belongs to.
    pub route: &'a str,
    /// The client's own address, past trusted proxies.
    pub client: IpAddr,
    /// The language the answer is read in, as a tag (BCP 47).
    pub language: &'a str,
    /// A person's browser, or a program.
    pub by: By<'a>,
}

/// Through which door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// A person, on the pages.
    Browser,
    /// A program, with a token of this name.
    Program {
        /// The token's name.
        token: &'a str,
        /// Whether the token may vouch for people (`reset:vouched`).
        may_vouch: bool,
    },
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new password without the old one.
    Reset,
    /// The lock that failures left is lifted; the password stays.
    Unlock,
    /// The sign-in names are told to their owner's mailbox, and nothing else.
    Reminder,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Reset, Self::Unlock, Self::Reminder];

    /// As in audit lines, metrics and answers to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Unlock => "unlock",
            Self::Reminder => "reminder",
        }
    }
}

/// The longest name that is looked for, in octets.
pub const LONGEST_IDENTIFIER: usize = 512;

/// The one name somebody typed. People type passwords into the wrong field: it has no `Debug` that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// `None`: nothing but white space, longer than [`LONGEST_IDENTIFIER`], or with control characters. White space around it is taken off.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= LONGEST_IDENTIFIER && !text.chars().any(char::is_control);
        fits.then(|| Self(text.into()))
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared and counted: compatibility-composed and lower-cased, both to the end (UTS 39, RFC 8265 §3.3).
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// [`Identifier::folded`] for a value of the directory's, so that both sides are compared alike.
pub fn fold(text: &str) -> String {
    let once: String = text.nfkc().flat_map(char::to_lowercase).collect();
    once.nfkc().collect()
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(..)")
    }
}

/// A context's public name: 128 random bits. Whoever knows it alone can do nothing with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContextId(pub [u8; 16]);

impl From<ContextId> for String {
    fn from(id: ContextId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ContextId {
    type Error = NoContextId;

    fn try_from(text: String) -> Result<Self, NoContextId> {
        text.parse()
    }
}

/// Crockford's base 32, in lower case: nothing in it is mistaken for something else.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl fmt::Display for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        for place in (0..26).rev() {
            let digit = usize::try_from((number >> (place * 5)) & 31).unwrap_or(0);
            let letter = BASE32.get(digit).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

/// It is not written as a context's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no context is called so")]
pub struct NoContextId;

impl FromStr for ContextId {
    type Err = NoContextId;

    fn from_str(text: &str) -> Result<Self, NoContextId> {
        if text.len() != 26 {
            return Err(NoContextId);
        }
        let mut number: u128 = 0;
        for (place, letter) in text.bytes().enumerate() {
            let digit = BASE32.iter().position(|known| *known == letter).ok_or(NoContextId)?;
            // The first of 26 letters holds 3 of 128 bits.
            if place == 0 && digit > 7 {
                return Err(NoContextId);
            }
            number = (number << 5) | u128::try_from(digit).map_err(|_| NoContextId)?;
        }
        Ok(Self(number.to_be_bytes()))
    }
}

/// What a browser holds of a context: its name, and a secret that changes with every step. `__Host-` cookie, nothing else.
pub struct SessionKey {
    /// Which context.
    pub context: ContextId,
    /// That it is theirs.
    pub secret: Secret,
}

/// How a caller shows that a context is theirs.
#[derive(Clone, Copy)]
pub enum Holder<'a> {
    /// A browser, by its cookie.
    Browser(&'a SessionKey),
    /// A program, by the name of the token it opened the context with ([`By::Program`]).
    Program(&'a ContextId),
}

impl Holder<'_> {
    /// Which context.
    pub fn context(&self) -> ContextId {
        match self {
            Self::Browser(key) => key.context,
            Self::Program(id) => **id,
        }
    }
}

/// What a context is opened with.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is wanted.
    pub action: Action,
    /// Of whom.
    pub identifier: Identifier,
    /// `None`: what policy offers. `vouched`: the program has made sure of the person.
    pub method: Option<Method>,
    /// Which credential: a directory's name. `None`: the route's.
    pub credential: Option<Arc<str>>,
}

/// How the person is to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// By this factor.
    Factor(Arc<str>),
    /// The program says so, and why.
    Vouched {
        /// On record for good.
        reason: Arc<str>,
    },
}

/// Something somebody shows to prove who they are.
pub enum Proof<'a> {
    /// The code of a message, as typed: spaces and dashes do not count.
    Code {
        /// Which factor it is for.
        factor: &'a str,
        /// As typed.
        code: &'a Secret,
    },
}

/// The last step.
pub struct Execution<'a> {
    /// The new password; `None` for an unlock.
    pub new: Option<&'a Secret>,
    /// Which of the accounts of [`View::accounts`](super::View::accounts), by their number there. Empty: the first.
    pub accounts: &'a [usize],
    /// The same key with the same value gets the same answer; with another it is refused. A page puts one into each form.
    pub idempotency: Option<&'a str>,
}

/// A change by somebody who knows the present password.
pub struct Change<'a> {
    /// Whose.
    pub identifier: &'a Identifier,
    /// The present one.
    pub old: &'a Secret,
    /// The new one.
    pub new: &'a Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_s_name_is_read_as_it_is_written() {
        for octets in [[0; 16], [255; 16], [0x5a; 16], *b"0123456789abcdef"] {
            let id = ContextId(octets);
            assert_eq!(id.to_string().len(), 26);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for no_name in [
            "",
            "0",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "u0000000000000000000000000",
        ] {
            assert_eq!(no_name.parse::<ContextId>(), Err(NoContextId), "{no_name}");
        }
    }

    #[test]
    fn a_name_is_one_line_of_something() {
        assert!(Identifier::parse("  ").is_none());
        assert!(Identifier::parse("a\0b").is_none());
        assert!(Identifier::parse("a\nb").is_none());
        assert!(Identifier::parse(&"a".repeat(513)).is_none());
        assert_eq!(Identifier::parse(" Bob ").unwrap().as_str(), "Bob");
        assert_eq!(Identifier::parse("ＢＯＢ").unwrap().folded(), "bob");
        // Not the same person: what looks alike stays apart.
        assert_ne!(fold("mıke"), fold("mike"));
    }
}
