//! Names as directories write them, made comparable.
//!
//! A [`DistinguishedName`] is compared RDN by RDN after RFC 4514 unescaping, never as a string suffix: `cn=x,xdc=example` is not
//! below `dc=example`. Where two spellings may or may not mean the same entry, they are taken as different: every rule
//! built on this fails closed.

use std::fmt;
use std::sync::Arc;
use thiserror::Error;

mod parse;
mod rebase;
mod template;
#[cfg(test)]
mod tests;

pub use template::{NameTemplate, escape};

/// The longest DN that is looked at, in octets. Longer ones are refused before anything is allocated for them.
pub const LONGEST_NAME: usize = 8 * 1024;
/// The most RDNs a DN may have.
pub const MOST_RDNS: usize = 128;

/// Why a name cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Longer than [`LONGEST_NAME`] or more RDNs than [`MOST_RDNS`].
    #[error("the name is too long")]
    TooLong,
    /// Not a distinguished name (RFC 4514 §3).
    #[error("the name is not a distinguished name")]
    NotADistinguishedName,
    /// Not an attribute description (RFC 4512 §2.5).
    #[error("the name is not an attribute description")]
    NotAnAttribute,
}

/// A distinguished name in normal form: types lower-case with well-known OIDs as names, values unescaped, trimmed and, for
/// types whose matching rule ignores case, folded; the parts of a multi-valued RDN in order. Most specific RDN first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DistinguishedName {
    rdns: Vec<Box<str>>,
}

impl DistinguishedName {
    /// Reads a DN as it stands in a message or file.
    pub fn parse(octets: &[u8]) -> Result<Self, NameError> {
        parse::distinguished_name(octets).map(|rdns| Self { rdns })
    }

    /// The empty DN: the rootDSE, or an anonymous bind name.
    pub fn is_root(&self) -> bool {
        self.rdns.is_empty()
    }

    /// Whether this is `base` or lies below it. Everything lies below the root.
    pub fn is_within(&self, base: &Self) -> bool {
        self.rdns.ends_with(&base.rdns)
    }

    /// Whether this is or lies above a name that [is common](is_common), as [`is_within`](Self::is_within) would say once that was read;
    /// without reading it.
    pub fn holds_common(&self, name: &str) -> bool {
        self.below_in_common(name).is_some()
    }

    /// Whether this is a name that [is common](is_common), without reading it.
    pub fn is_common_name(&self, name: &str) -> bool {
        self.below_in_common(name).is_some_and(<[u8]>::is_empty)
    }

    /// What a common name has before the RDNs that are this name's, if it ends in those. No comma in it stands inside an RDN.
    fn below_in_common<'a>(&self, name: &'a str) -> Option<&'a [u8]> {
        let mut rest = name.as_bytes();
        for (position, rdn) in self.rdns.iter().rev().enumerate() {
            if position > 0 {
                rest = rest.strip_suffix(b",")?;
            }
            let (before, part) = rest.split_at_checked(rest.len().checked_sub(rdn.len())?)?;
            // Most are written in small letters, which is told at once.
            if part != rdn.as_bytes() && !part.eq_ignore_ascii_case(rdn.as_bytes()) {
                return None;
            }
            rest = before;
        }
        (self.is_root() || rest.is_empty() || rest.ends_with(b",")).then_some(rest)
    }

    /// Whether `self` lies strictly above `other`.
    pub fn is_above(&self, other: &Self) -> bool {
        self.rdns.len() < other.rdns.len() && other.is_within(self)
    }

    /// Whether every spelling that a directory takes for this entry has this normal form. False where a directory may know more
    /// spellings than we do: letters outside ASCII, types whose matching rule is not known here, more than one part in an RDN.
    pub fn is_plain(&self) -> bool {
        self.rdns.iter().all(|rdn| parse::is_plain(rdn))
    }

    /// Whether this is surely neither `base` nor below it, in whatever spellings a directory may know. Of two names that are not
    /// [within](Self::is_within) one another and not surely outside either, nobody can tell.
    pub fn is_surely_outside(&self, base: &Self) -> bool {
        let Some(above) = self.rdns.len().checked_sub(base.rdns.len()) else {
            return true;
        };
        let pairs = self.rdns.iter().skip(above).zip(&base.rdns);
        pairs.into_iter().any(|(own, other)| surely_differ(own, other))
    }

    /// Whether this and `other` surely name two entries.
    pub fn is_surely_not(&self, other: &Self) -> bool {
        self.rdns.len() != other.rdns.len() || self.is_surely_outside(other)
    }

    /// Whether some part of the first RDN has this type.
    pub fn is_named_by(&self, kind: &AttributeName) -> bool {
        let first = self.rdns.first().map_or("", |first| first);
        first
            .split('+')
            .any(|part| part.split_once('=').is_some_and(|(own, _)| own == kind.as_str()))
    }

    /// How many RDNs it has.
    pub fn depth(&self) -> usize {
        self.rdns.len()
    }
}

/// Whether two RDNs in normal form cannot be one and the same.
fn surely_differ(own: &str, other: &str) -> bool {
    own != other && parse::is_plain(own) && parse::is_plain(other)
}

/// The normal form, escaped so that it reads back as the same name.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, rdn) in self.rdns.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            f.write_str(rdn)?;
        }
        Ok(())
    }
}

/// Whether a name is of common types and values of letters, digits and a few signs, as most are: then it is a plain DN, and its normal form is
/// the name itself in small letters.
pub fn is_common(octets: &[u8]) -> bool {
    parse::is_common(octets)
}

/// An attribute's base type: options stripped, case folded, well-known OIDs as names (RFC 4512 §2.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeName(Arc<str>);

impl AttributeName {
    /// Reads an attribute description such as `userPassword`, `2.5.4.35` or `cn;lang-de`.
    pub fn parse(octets: &[u8]) -> Result<Self, NameError> {
        let base = octets.split(|&octet| octet == b';').next().unwrap_or_default();
        let text = std::str::from_utf8(base).map_err(|_| NameError::NotAnAttribute)?;
        let text = text
            .strip_prefix("OID.")
            .or_else(|| text.strip_prefix("oid."))
            .unwrap_or(text);
        if !parse::is_attribute_type(text) {
            return Err(NameError::NotAnAttribute);
        }
        Ok(Self(parse::canonical_type(text).into()))
    }

    /// The folded base type.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an attribute description from a message means this attribute, in whatever spelling.
    pub fn matches(&self, description: &[u8]) -> bool {
        Self::parse(description).is_ok_and(|other| other == *self)
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
