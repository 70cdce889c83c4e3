//! Matching rules (RFC 4517 §4.2): what makes values equal, and how they are ordered.

mod table;

pub(super) use table::RULES;
pub(in crate::local) use table::named;

use super::name::Names;
use super::prepare::{Part, text_into};
use super::{ValueFault, time};
use crate::local::path::NamePath;

/// How values of a kind are made comparable. Equality, ordering and substring rules of one kind share their form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Text, capitals do not count.
    CaseIgnore,
    /// Text, capitals count.
    CaseExact,
    /// Text in ASCII, capitals do not count.
    CaseIgnoreIa5,
    /// Text in ASCII, capitals count.
    CaseExactIa5,
    /// Digits, spaces do not count.
    Numeric,
    /// Telephone numbers: neither spaces, hyphens nor capitals count.
    Telephone,
    /// Whole numbers of any size.
    Integer,
    /// TRUE or FALSE.
    Boolean,
    /// Points in time.
    Time,
    /// Octets as they are.
    Octets,
    /// Bits as they are written.
    Bits,
    /// Names of entries.
    Name,
    /// Names of entries with or without a unique identifier.
    NameAndUid,
    /// UUIDs (RFC 4530).
    Uuid,
    /// Attribute types and object classes by any of their names.
    Identifier,
    /// Definitions, by the identifier they begin with.
    FirstIdentifier,
    /// Definitions, by the number they begin with.
    FirstInteger,
    /// Whether all bits of a number are set (1.2.840.113556.1.4.803).
    BitAnd,
    /// Whether any bit of a number is set (1.2.840.113556.1.4.804).
    BitOr,
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whether two values are equal.
    Equality,
    /// Which of two comes first.
    Ordering,
    /// Whether one has these pieces.
    Substring,
    /// In extensible matches alone.
    Extensible,
}

impl Rule {
    /// Appends a value in the form in which this rule compares.
    pub(in crate::local) fn normal_into(
        self,
        value: &[u8],
        names: &Names,
        depth: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueFault> {
        match self {
            Self::Integer | Self::BitAnd | Self::BitOr => integer_into(value, out),
            Self::Boolean if matches!(value, b"TRUE" | b"FALSE") => {
                out.extend_from_slice(value);
                Ok(())
            }
            Self::Boolean => Err(ValueFault),
            Self::Time => time::normal_into(value, out),
            Self::Octets | Self::Bits => {
                out.extend_from_slice(value);
                Ok(())
            }
            Self::Name => NamePath::read_into(value, names, depth, out).map_err(|_| ValueFault),
            Self::NameAndUid => {
                let (name, uid) = super::syntax::name_and_uid(value);
                NamePath::read_into(name, names, depth, out).map_err(|_| ValueFault)?;
                if let Some(uid) = uid {
                    out.push(b'#');
                    out.extend_from_slice(uid);
                }
                Ok(())
            }
            Self::Uuid => uuid_into(value, out),
            Self::Identifier => {
                names.identifier_into(value, out);
                Ok(())
            }
            Self::FirstIdentifier => {
                names.identifier_into(first_component(value), out);
                Ok(())
            }
            Self::FirstInteger => integer_into(first_component(value), out),
            _ => self.part_into(value, Part::Whole, out),
        }
    }

    /// Appends a part of a value in the form in which it is found in the whole one's. Only text, digits and octets have parts.
    pub(in crate::local) fn part_into(self, value: &[u8], part: Part, out: &mut Vec<u8>) -> Result<(), ValueFault> {
        let text = || std::str::from_utf8(value).map_err(|_| ValueFault);
        match self {
            Self::CaseIgnore => text_into(text()?, true, part, out),
            Self::CaseExact => text_into(text()?, false, part, out),
            Self::CaseIgnoreIa5 if value.is_ascii() => text_into(text()?, true, part, out),
            Self::CaseExactIa5 if value.is_ascii() => text_into(text()?, false, part, out),
            Self::Numeric => {
                if !value.iter().all(|octet| octet.is_ascii_digit() || *octet == b' ') {
                    return Err(ValueFault);
                }
                out.extend(value.iter().filter(|octet| **octet != b' '));
            }
            Self::Telephone => {
                // RFC 4518 §2.6.3: the hyphens of Unicode and every space.
                let mut whole = Vec::with_capacity(value.len());
                text_into(text()?, true, Part::Any, &mut whole);
                let whole = String::from_utf8(whole).map_err(|_| ValueFault)?;
                for letter in whole.chars() {
                    if !matches!(
                        letter,
                        ' ' | '-' | '\u{58a}' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
                    ) {
                        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                }
            }
            Self::Octets => out.extend_from_slice(value),
            _ => return Err(ValueFault),
        }
        Ok(())
    }
}

/// RFC 4517 §3.3.16: no needless zeros, no plus. First the sign and how many digits there are, so that octets are ordered as numbers.
fn integer_into(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueFault> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ValueFault);
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let count = u32::try_from(digits.len()).map_err(|_| ValueFault)?;
    if negative && count > 0 {
        out.push(0x7f);
        out.extend_from_slice(&(!count).to_be_bytes());
        out.extend(digits.iter().map(|digit| b'0' + (b'9' - digit)));
    } else {
        out.push(0x80);
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(digits);
    }
    Ok(())
}

/// RFC 4122 §3's text, as its 16 octets.
fn uuid_into(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueFault> {
    let uuid = std::str::from_utf8(value)
        .ok()
        .filter(|text| text.len() == 36)
        .and_then(|text| uuid::Uuid::try_parse(text).ok())
        .ok_or(ValueFault)?;
    out.extend_from_slice(uuid.as_bytes());
    Ok(())
}

/// What stands behind the parenthesis of a definition, or the whole value: what it is compared with.
fn first_component(value: &[u8]) -> &[u8] {
    match value.trim_ascii() {
        [b'(', rest @ ..] => rest
            .trim_ascii_start()
            .split(|octet| matches!(octet, b' ' | b')' | b'\t' | b'\n'))
            .next()
            .unwrap_or_default(),
        whole => whole,
    }
}
