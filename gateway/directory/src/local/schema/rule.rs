//! Matching rules (RFC 4517 §4.2): what makes values equal, and how they are ordered.

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

/// A named rule: OID, name, kind, purpose, the OID of the syntax of what is compared with.
pub(super) type Named = (&'static str, &'static str, Rule, Purpose, &'static str);

macro_rules! syntax {
    ($last:literal) => {
        concat!("1.3.6.1.4.1.1466.115.121.1.", $last)
    };
}

/// Every rule there is.
pub(super) const RULES: &[Named] = &[
    (
        "2.5.13.0",
        "objectIdentifierMatch",
        Rule::Identifier,
        Purpose::Equality,
        syntax!("38"),
    ),
    (
        "2.5.13.1",
        "distinguishedNameMatch",
        Rule::Name,
        Purpose::Equality,
        syntax!("12"),
    ),
    (
        "2.5.13.2",
        "caseIgnoreMatch",
        Rule::CaseIgnore,
        Purpose::Equality,
        syntax!("15"),
    ),
    (
        "2.5.13.3",
        "caseIgnoreOrderingMatch",
        Rule::CaseIgnore,
        Purpose::Ordering,
        syntax!("15"),
    ),
    (
        "2.5.13.4",
        "caseIgnoreSubstringsMatch",
        Rule::CaseIgnore,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "2.5.13.5",
        "caseExactMatch",
        Rule::CaseExact,
        Purpose::Equality,
        syntax!("15"),
    ),
    (
        "2.5.13.6",
        "caseExactOrderingMatch",
        Rule::CaseExact,
        Purpose::Ordering,
        syntax!("15"),
    ),
    (
        "2.5.13.7",
        "caseExactSubstringsMatch",
        Rule::CaseExact,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "2.5.13.8",
        "numericStringMatch",
        Rule::Numeric,
        Purpose::Equality,
        syntax!("36"),
    ),
    (
        "2.5.13.9",
        "numericStringOrderingMatch",
        Rule::Numeric,
        Purpose::Ordering,
        syntax!("36"),
    ),
    (
        "2.5.13.10",
        "numericStringSubstringsMatch",
        Rule::Numeric,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "2.5.13.11",
        "caseIgnoreListMatch",
        Rule::CaseIgnore,
        Purpose::Equality,
        syntax!("41"),
    ),
    (
        "2.5.13.12",
        "caseIgnoreListSubstringsMatch",
        Rule::CaseIgnore,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "2.5.13.13",
        "booleanMatch",
        Rule::Boolean,
        Purpose::Equality,
        syntax!("7"),
    ),
    (
        "2.5.13.14",
        "integerMatch",
        Rule::Integer,
        Purpose::Equality,
        syntax!("27"),
    ),
    (
        "2.5.13.15",
        "integerOrderingMatch",
        Rule::Integer,
        Purpose::Ordering,
        syntax!("27"),
    ),
    (
        "2.5.13.16",
        "bitStringMatch",
        Rule::Bits,
        Purpose::Equality,
        syntax!("6"),
    ),
    (
        "2.5.13.17",
        "octetStringMatch",
        Rule::Octets,
        Purpose::Equality,
        syntax!("40"),
    ),
    (
        "2.5.13.18",
        "octetStringOrderingMatch",
        Rule::Octets,
        Purpose::Ordering,
        syntax!("40"),
    ),
    (
        "2.5.13.19",
        "octetStringSubstringsMatch",
        Rule::Octets,
        Purpose::Substring,
        syntax!("40"),
    ),
    (
        "2.5.13.20",
        "telephoneNumberMatch",
        Rule::Telephone,
        Purpose::Equality,
        syntax!("50"),
    ),
    (
        "2.5.13.21",
        "telephoneNumberSubstringsMatch",
        Rule::Telephone,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "2.5.13.23",
        "uniqueMemberMatch",
        Rule::NameAndUid,
        Purpose::Equality,
        syntax!("34"),
    ),
    (
        "2.5.13.27",
        "generalizedTimeMatch",
        Rule::Time,
        Purpose::Equality,
        syntax!("24"),
    ),
    (
        "2.5.13.28",
        "generalizedTimeOrderingMatch",
        Rule::Time,
        Purpose::Ordering,
        syntax!("24"),
    ),
    (
        "2.5.13.29",
        "integerFirstComponentMatch",
        Rule::FirstInteger,
        Purpose::Equality,
        syntax!("27"),
    ),
    (
        "2.5.13.30",
        "objectIdentifierFirstComponentMatch",
        Rule::FirstIdentifier,
        Purpose::Equality,
        syntax!("38"),
    ),
    (
        "1.3.6.1.4.1.1466.109.114.1",
        "caseExactIA5Match",
        Rule::CaseExactIa5,
        Purpose::Equality,
        syntax!("26"),
    ),
    (
        "1.3.6.1.4.1.1466.109.114.2",
        "caseIgnoreIA5Match",
        Rule::CaseIgnoreIa5,
        Purpose::Equality,
        syntax!("26"),
    ),
    (
        "1.3.6.1.4.1.1466.109.114.3",
        "caseIgnoreIA5SubstringsMatch",
        Rule::CaseIgnoreIa5,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "1.3.6.1.4.1.4203.1.2.1",
        "caseExactIA5SubstringsMatch",
        Rule::CaseExactIa5,
        Purpose::Substring,
        syntax!("58"),
    ),
    (
        "1.3.6.1.1.16.2",
        "UUIDMatch",
        Rule::Uuid,
        Purpose::Equality,
        "1.3.6.1.1.16.1",
    ),
    (
        "1.3.6.1.1.16.3",
        "UUIDOrderingMatch",
        Rule::Uuid,
        Purpose::Ordering,
        "1.3.6.1.1.16.1",
    ),
    (
        "1.2.840.113556.1.4.803",
        "integerBitAndMatch",
        Rule::BitAnd,
        Purpose::Extensible,
        syntax!("27"),
    ),
    (
        "1.2.840.113556.1.4.804",
        "integerBitOrMatch",
        Rule::BitOr,
        Purpose::Extensible,
        syntax!("27"),
    ),
];

/// A rule by its name or OID.
pub(in crate::local) fn named(name: &[u8]) -> Option<(Rule, Purpose)> {
    RULES
        .iter()
        .find(|(oid, known, ..)| known.as_bytes().eq_ignore_ascii_case(name) || oid.as_bytes() == name)
        .map(|(_, _, rule, purpose, _)| (*rule, *purpose))
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
