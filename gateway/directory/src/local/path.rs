//! Names (RFC 4514): where an entry stands, in octets that can be compared, and a name as somebody wrote it.

mod written;

pub use written::WrittenName;

use super::schema::{Names, ValueFault};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// The longest name read, in octets.
pub const LONGEST: usize = 8 * 1024;
/// The most RDNs a name may have.
pub const MOST_RDNS: usize = 128;

/// Ends every RDN.
const END: u8 = 0x00;
/// Stands before what would be one of the marks: `01 01` is a 00, `01 02` is a 01. `01 03` stands between the pairs of an RDN.
const MARK: u8 = 0x01;

/// Where a name stands: its RDNs from the root down, each in normal form and ended by a zero octet, so that what is within another
/// begins with it, and two spellings of one name are the same octets. The root's is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePath {
    octets: Arc<[u8]>,
}

/// Why a name is none (RFC 4511 §A.2: invalidDNSyntax).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameFault {
    /// It is not spelled as RFC 4514 has it.
    #[error("the name is not written as names are")]
    Syntax,
    /// It has more octets or RDNs than are read.
    #[error("the name is too long")]
    TooLong,
    /// It names an attribute type that is not defined, or that cannot be compared.
    #[error("the name has an attribute that is not known")]
    UnknownAttribute,
    /// One of its values does not fit its attribute.
    #[error("the name has a value that does not fit its attribute")]
    Value,
}

impl NamePath {
    /// The root: above every other.
    pub fn root() -> Self {
        Self { octets: Arc::new([]) }
    }

    /// Takes octets that came from [`NamePath::octets`].
    pub fn from_octets(octets: Arc<[u8]>) -> Self {
        Self { octets }
    }

    /// Reads a name as text.
    pub(super) fn read(dn: &[u8], names: &Names) -> Result<Self, NameFault> {
        let mut out = Vec::new();
        Self::read_into(dn, names, 0, &mut out)?;
        Ok(Self { octets: out.into() })
    }

    /// As [`NamePath::read`], behind what is in `out`; `depth` counts names within values of names.
    pub(super) fn read_into(dn: &[u8], names: &Names, depth: u8, out: &mut Vec<u8>) -> Result<(), NameFault> {
        if dn.len() > LONGEST {
            return Err(NameFault::TooLong);
        }
        let mut rdns: Vec<Vec<u8>> = Vec::new();
        let mut rest = dn;
        while let Some(written) = WrittenName::first(rest)? {
            if rdns.len() == MOST_RDNS {
                return Err(NameFault::TooLong);
            }
            rdns.push(rdn(&written, names, depth)?);
            rest = written.rest;
        }
        out.reserve(rdns.iter().map(Vec::len).sum());
        for rdn in rdns.iter().rev() {
            out.extend_from_slice(rdn);
        }
        Ok(())
    }

    /// The octets, as they are kept and compared.
    pub fn octets(&self) -> &Arc<[u8]> {
        &self.octets
    }

    /// The one above; the root has none.
    pub fn above(&self) -> Option<Self> {
        let (_, inside) = self.octets.split_last()?;
        let end = inside
            .iter()
            .rposition(|&octet| octet == END)
            .map_or(0, |place| place + 1);
        Some(Self {
            octets: inside.get(..end)?.into(),
        })
    }

    /// Whether it is `other` or stands anywhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.octets.starts_with(&other.octets)
    }

    /// How many RDNs it has.
    pub fn depth(&self) -> usize {
        memchr::memchr_iter(END, &self.octets).count()
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.octets.is_empty()
    }
}

/// How deep it is: a name belongs to a person.
impl fmt::Debug for NamePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamePath({} deep)", self.depth())
    }
}

/// One RDN in normal form: its pairs in the order of their octets.
fn rdn(written: &WrittenName<'_>, names: &Names, depth: u8) -> Result<Vec<u8>, NameFault> {
    let mut pairs: Vec<(&str, Vec<u8>)> = Vec::with_capacity(written.pairs.len());
    for (attribute, value) in &written.pairs {
        let (key, normal) = names.normal_pair(attribute, value, depth)?;
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(NameFault::Syntax); // RFC 4512 §2.3.1: each type once
        }
        pairs.push((key, normal));
    }
    pairs.sort_unstable();
    let mut out = Vec::new();
    for (place, (key, normal)) in pairs.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(&[MARK, 0x03]);
        }
        out.extend_from_slice(key.as_bytes());
        out.push(b'=');
        for &octet in normal {
            match octet {
                END => out.extend_from_slice(&[MARK, 0x01]),
                MARK => out.extend_from_slice(&[MARK, 0x02]),
                other => out.push(other),
            }
        }
    }
    out.push(END);
    Ok(out)
}

impl From<ValueFault> for NameFault {
    fn from(_: ValueFault) -> Self {
        Self::Value
    }
}

#[cfg(test)]
mod tests;
