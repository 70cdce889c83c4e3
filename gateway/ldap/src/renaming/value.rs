//! Names inside values, by the syntax of their attribute.

use super::{Place, Renamed, Renaming};

/// How a value holds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameSyntax {
    /// It is one (RFC 4517 §3.3.9; Active Directory's DS-DN is the same on the wire).
    Name,
    /// With a bit string behind it, maybe: `name#'0101'B` (RFC 4517 §3.3.21).
    NameAndUid,
    /// With octets or text before it, counted: `B:4:00ff:name`, `S:2:ab:name` ([MS-ADTS] §3.1.1.2.2.2).
    CountedAndName,
}

impl NameSyntax {
    /// Of a syntax by its OID (RFC 4512 §4.1.5). `None`: its values hold no name.
    pub fn of(oid: &[u8]) -> Option<Self> {
        match oid {
            b"1.3.6.1.4.1.1466.115.121.1.12" => Some(Self::Name),
            b"1.3.6.1.4.1.1466.115.121.1.34" => Some(Self::NameAndUid),
            b"1.2.840.113556.1.4.903" | b"1.2.840.113556.1.4.904" => Some(Self::CountedAndName),
            _ => None,
        }
    }

    /// What becomes of a value of this syntax that stands here.
    pub fn rename(self, value: &[u8], place: Place, names: &(impl Renaming + ?Sized)) -> Renamed {
        let (before, name, after) = self.cut(value);
        match names.rename(place, name) {
            Renamed::To(name) => Renamed::To([before, &name, after].concat()),
            other => other,
        }
    }

    /// The value as what stands before the name, the name, and what stands behind it.
    fn cut(self, value: &[u8]) -> (&[u8], &[u8], &[u8]) {
        let all = (&b""[..], value, &b""[..]);
        match self {
            Self::Name => all,
            Self::NameAndUid => bit_string(value)
                .and_then(|start| value.split_at_checked(start))
                .map_or(all, |(name, bits)| (b"", name, bits)),
            Self::CountedAndName => counted(value)
                .and_then(|start| value.split_at_checked(start))
                .map_or(all, |(before, name)| (before, name, b"")),
        }
    }
}

/// Where `#'0101'B` begins, if the value ends in one.
fn bit_string(value: &[u8]) -> Option<usize> {
    let bits = value.strip_suffix(b"'B")?;
    let digits = bits
        .iter()
        .rev()
        .take_while(|&&octet| matches!(octet, b'0' | b'1'))
        .count();
    let start = bits.len().checked_sub(digits)?.checked_sub(2)?;
    (value.get(start..start + 2)? == b"#'").then_some(start)
}

/// Where the name begins behind `B:count:octets:`.
fn counted(value: &[u8]) -> Option<usize> {
    let rest = value.strip_prefix(b"B:").or_else(|| value.strip_prefix(b"S:"))?;
    let digits = rest.iter().position(|&octet| octet == b':')?;
    let count: usize = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let end = digits.checked_add(1)?.checked_add(count)?;
    (rest.get(end)? == &b':').then_some(2 + end + 1)
}
