//! A filter over attribute facts: the part of RFC 4515 that can be told without a directory's schema.
//!
//! Texts are compared without regard to case and to how many blanks stand in them, names as names, everything else octet by octet.

use super::facts::{Fact, Facts, Truth};
use crate::name::{AttributeName, DistinguishedName};

/// A filter. How deep it nests is for whoever makes it to bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of these; of none it is true (RFC 4526).
    All(Vec<Filter>),
    /// One of these; of none it is false (RFC 4526).
    Any(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// There is a value.
    Present(AttributeName),
    /// A value is this.
    Equal(AttributeName, Box<[u8]>),
    /// A value has these pieces in order.
    Substrings {
        /// Whose values.
        attribute: AttributeName,
        /// How it begins.
        first: Option<Box<[u8]>>,
        /// What comes in between.
        between: Vec<Box<[u8]>>,
        /// How it ends.
        last: Option<Box<[u8]>>,
    },
    /// A number has every one of these bits, or any (Active Directory's rules 1.2.840.113556.1.4.803 and .804).
    Bits {
        /// Whose values.
        attribute: AttributeName,
        /// Which bits.
        mask: u64,
        /// Whether all of them are wanted.
        every: bool,
    },
}

impl Filter {
    /// Whether an entry with these facts fits.
    pub fn holds(&self, facts: &Facts) -> Truth {
        match self {
            Self::All(parts) => Truth::all(parts.iter().map(|part| part.holds(facts))),
            Self::Any(parts) => Truth::any(parts.iter().map(|part| part.holds(facts))),
            Self::Not(part) => !part.holds(facts),
            Self::Present(attribute) => of_values(facts.of(attribute), |_| Truth::Yes),
            Self::Equal(attribute, wanted) => of_values(facts.of(attribute), |value| equal(value, wanted)),
            Self::Substrings {
                attribute,
                first,
                between,
                last,
            } => of_values(facts.of(attribute), |value| {
                has_pieces(value, first.as_deref(), between, last.as_deref()).into()
            }),
            Self::Bits { attribute, mask, every } => of_values(facts.of(attribute), |value| bits(value, *mask, *every)),
        }
    }

    /// Calls `visit` with each attribute the filter names.
    pub fn visit(&self, visit: &mut impl FnMut(&AttributeName)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(visit)),
            Self::Not(part) => part.visit(visit),
            Self::Present(attribute)
            | Self::Equal(attribute, _)
            | Self::Substrings { attribute, .. }
            | Self::Bits { attribute, .. } => visit(attribute),
        }
    }

    /// A filter that is always this.
    pub(super) fn constant(holds: bool) -> Self {
        if holds {
            Self::All(Vec::new())
        } else {
            Self::Any(Vec::new())
        }
    }

    /// The same without the parts that cannot change it.
    pub(super) fn simplified(self) -> Self {
        let (always, never) = (Self::constant(true), Self::constant(false));
        match self {
            Self::All(parts) => {
                let parts: Vec<_> = parts
                    .into_iter()
                    .map(Self::simplified)
                    .filter(|part| *part != always)
                    .collect();
                if parts.contains(&never) {
                    never
                } else {
                    Self::All(parts).alone()
                }
            }
            Self::Any(parts) => {
                let parts: Vec<_> = parts
                    .into_iter()
                    .map(Self::simplified)
                    .filter(|part| *part != never)
                    .collect();
                if parts.contains(&always) {
                    always
                } else {
                    Self::Any(parts).alone()
                }
            }
            Self::Not(part) => match part.simplified() {
                part if part == always => never,
                part if part == never => always,
                part => Self::Not(Box::new(part)),
            },
            plain => plain,
        }
    }

    /// Its only part, if it has just one.
    fn alone(self) -> Self {
        match self {
            Self::All(mut parts) | Self::Any(mut parts) if parts.len() == 1 => {
                parts.pop().unwrap_or_else(|| Self::constant(true))
            }
            other => other,
        }
    }
}

/// Whether one of the values fits. Of values that were not seen nobody can tell.
fn of_values(fact: &Fact, fits: impl Fn(&[u8]) -> Truth) -> Truth {
    match fact {
        Fact::Values(values) => Truth::any(values.iter().map(|value| fits(value))),
        Fact::Absent => Truth::No,
        Fact::Unknown => Truth::CannotTell,
    }
}

/// Whether two values are the same. Names have many spellings: of two that are not plainly two, nobody can tell.
fn equal(value: &[u8], wanted: &[u8]) -> Truth {
    if value == wanted {
        return Truth::Yes;
    }
    let name = |octets: &[u8]| DistinguishedName::parse(octets).ok().filter(|name| !name.is_root());
    if let (Some(value), Some(wanted)) = (name(value), name(wanted)) {
        return match value == wanted {
            true => Truth::Yes,
            false if value.is_surely_not(&wanted) => Truth::No,
            false => Truth::CannotTell,
        };
    }
    match (folded(value), folded(wanted)) {
        (Some(value), Some(wanted)) => (value == wanted).into(),
        _ => Truth::No,
    }
}

/// A text as it is compared: lower case, single blanks, none at its ends.
fn folded(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}

fn has_pieces(value: &[u8], first: Option<&[u8]>, between: &[Box<[u8]>], last: Option<&[u8]>) -> bool {
    let Some(value) = folded(value) else { return false };
    let lower = |piece: &[u8]| std::str::from_utf8(piece).ok().map(str::to_lowercase);
    let mut rest = value.as_str();
    if let Some(first) = first {
        match lower(first).and_then(|first| rest.strip_prefix(first.as_str()).map(str::len)) {
            Some(left) => rest = rest.get(rest.len() - left..).unwrap_or_default(),
            None => return false,
        }
    }
    if let Some(last) = last {
        match lower(last).and_then(|last| rest.strip_suffix(last.as_str()).map(str::len)) {
            Some(left) => rest = rest.get(..left).unwrap_or_default(),
            None => return false,
        }
    }
    for piece in between {
        let Some(piece) = lower(piece) else { return false };
        match rest.split_once(piece.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// Active Directory's numbers have 32 bits or 64, with a sign.
fn bits(value: &[u8], mask: u64, every: bool) -> Truth {
    let number = std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.trim().parse::<i64>().ok());
    number.map_or(Truth::CannotTell, |number| {
        let held = number.cast_unsigned() & mask;
        if every { held == mask } else { held != 0 }.into()
    })
}
