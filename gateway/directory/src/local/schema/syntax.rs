//! Syntaxes (RFC 4517 §3.3): what a value may be.

use super::name::Names;
use super::{ValueFault, time};
use crate::local::path::NamePath;
use postern_ldap::attribute::{Spelling, spelling};

macro_rules! syntaxes {
    ($($name:ident $oid:literal $shown:literal)*) => {
        /// What a value may be. Those that only say what octets are for take any.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names of RFC 4517 §3.3, RFC 2307 and RFC 4530")]
        pub enum Syntax {
            $($name,)*
        }

        /// Every syntax there is: OID and description.
        pub(super) const SYNTAXES: &[(Syntax, &str, &str)] = &[$((Syntax::$name, $oid, $shown),)*];
    };
}

syntaxes! {
    AttributeTypeDescription "1.3.6.1.4.1.1466.115.121.1.3" "Attribute Type Description"
    Audio "1.3.6.1.4.1.1466.115.121.1.4" "Audio"
    Binary "1.3.6.1.4.1.1466.115.121.1.5" "Binary"
    BitString "1.3.6.1.4.1.1466.115.121.1.6" "Bit String"
    Boolean "1.3.6.1.4.1.1466.115.121.1.7" "Boolean"
    Certificate "1.3.6.1.4.1.1466.115.121.1.8" "Certificate"
    CertificateList "1.3.6.1.4.1.1466.115.121.1.9" "Certificate List"
    CertificatePair "1.3.6.1.4.1.1466.115.121.1.10" "Certificate Pair"
    Country "1.3.6.1.4.1.1466.115.121.1.11" "Country String"
    Name "1.3.6.1.4.1.1466.115.121.1.12" "Distinguished Name"
    DeliveryMethod "1.3.6.1.4.1.1466.115.121.1.14" "Delivery Method"
    DirectoryString "1.3.6.1.4.1.1466.115.121.1.15" "Directory String"
    ContentRule "1.3.6.1.4.1.1466.115.121.1.16" "DIT Content Rule Description"
    StructureRule "1.3.6.1.4.1.1466.115.121.1.17" "DIT Structure Rule Description"
    EnhancedGuide "1.3.6.1.4.1.1466.115.121.1.21" "Enhanced Guide"
    FacsimileNumber "1.3.6.1.4.1.1466.115.121.1.22" "Facsimile Telephone Number"
    Fax "1.3.6.1.4.1.1466.115.121.1.23" "Fax"
    GeneralizedTime "1.3.6.1.4.1.1466.115.121.1.24" "Generalized Time"
    Guide "1.3.6.1.4.1.1466.115.121.1.25" "Guide"
    Ia5 "1.3.6.1.4.1.1466.115.121.1.26" "IA5 String"
    Integer "1.3.6.1.4.1.1466.115.121.1.27" "INTEGER"
    Jpeg "1.3.6.1.4.1.1466.115.121.1.28" "JPEG"
    MatchingRuleDescription "1.3.6.1.4.1.1466.115.121.1.30" "Matching Rule Description"
    MatchingRuleUse "1.3.6.1.4.1.1466.115.121.1.31" "Matching Rule Use Description"
    NameAndUid "1.3.6.1.4.1.1466.115.121.1.34" "Name And Optional UID"
    NameForm "1.3.6.1.4.1.1466.115.121.1.35" "Name Form Description"
    Numeric "1.3.6.1.4.1.1466.115.121.1.36" "Numeric String"
    ObjectClassDescription "1.3.6.1.4.1.1466.115.121.1.37" "Object Class Description"
    Oid "1.3.6.1.4.1.1466.115.121.1.38" "OID"
    OtherMailbox "1.3.6.1.4.1.1466.115.121.1.39" "Other Mailbox"
    Octets "1.3.6.1.4.1.1466.115.121.1.40" "Octet String"
    PostalAddress "1.3.6.1.4.1.1466.115.121.1.41" "Postal Address"
    Printable "1.3.6.1.4.1.1466.115.121.1.44" "Printable String"
    Telephone "1.3.6.1.4.1.1466.115.121.1.50" "Telephone Number"
    TeletexTerminal "1.3.6.1.4.1.1466.115.121.1.51" "Teletex Terminal Identifier"
    Telex "1.3.6.1.4.1.1466.115.121.1.52" "Telex Number"
    SyntaxDescription "1.3.6.1.4.1.1466.115.121.1.54" "LDAP Syntax Description"
    SubstringAssertion "1.3.6.1.4.1.1466.115.121.1.58" "Substring Assertion"
    Uuid "1.3.6.1.1.16.1" "UUID"
    NisTriple "1.3.6.1.1.1.0.0" "RFC2307 NIS Netgroup Triple"
    BootParameter "1.3.6.1.1.1.0.1" "RFC2307 Boot Parameter"
}

impl Syntax {
    /// The syntax with this OID.
    pub(super) fn by_oid(oid: &str) -> Option<Self> {
        SYNTAXES
            .iter()
            .find(|(_, known, _)| *known == oid)
            .map(|(syntax, ..)| *syntax)
    }

    /// Its OID.
    pub fn oid(self) -> &'static str {
        SYNTAXES
            .iter()
            .find(|(known, ..)| *known == self)
            .map_or("", |(_, oid, _)| oid)
    }

    /// Whether its values are the names of entries.
    pub fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::NameAndUid)
    }

    /// Whether a value is one of this syntax; `depth` counts names within values of names.
    pub(super) fn check(self, value: &[u8], names: &Names, depth: u8) -> Result<(), ValueFault> {
        let fits = match self {
            Self::DirectoryString | Self::PostalAddress => !value.is_empty() && std::str::from_utf8(value).is_ok(),
            Self::Country => matches!(value, [a, b] if printable(*a) && printable(*b)),
            Self::Boolean => matches!(value, b"TRUE" | b"FALSE"),
            Self::BitString => bits(value),
            Self::GeneralizedTime => time::normal_into(value, &mut Vec::new()).is_ok(),
            Self::Ia5 | Self::NisTriple | Self::BootParameter => value.is_ascii(),
            Self::Integer => integer(value),
            Self::Numeric => !value.is_empty() && value.iter().all(|octet| octet.is_ascii_digit() || *octet == b' '),
            Self::Oid => !value.is_empty() && matches!(spelling(value), Spelling::Name | Spelling::Oid),
            Self::Printable | Self::Telephone => !value.is_empty() && value.iter().all(|octet| printable(*octet)),
            Self::Name => NamePath::read_into(value, names, depth, &mut Vec::new()).is_ok(),
            Self::NameAndUid => {
                let (name, _) = name_and_uid(value);
                NamePath::read_into(name, names, depth, &mut Vec::new()).is_ok()
            }
            Self::Uuid => value.len() == 36 && uuid::Uuid::try_parse_ascii(value).is_ok(),
            _ => true,
        };
        if fits { Ok(()) } else { Err(ValueFault) }
    }
}

/// A name, and the bits behind it if there are any (RFC 4517 §3.3.21).
pub(super) fn name_and_uid(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    if let Some(place) = value.iter().rposition(|&octet| octet == b'#')
        && let (name, [b'#', uid @ ..]) = value.split_at(place)
        && bits(uid)
    {
        return (name, Some(uid));
    }
    (value, None)
}

/// `'0101'B`.
fn bits(value: &[u8]) -> bool {
    matches!(value, [b'\'', digits @ .., b'\'', b'B'] if digits.iter().all(|digit| matches!(digit, b'0' | b'1')))
}

/// RFC 4517 §3.3.16: no zeros in front, no minus zero.
fn integer(value: &[u8]) -> bool {
    match value {
        b"0" => true,
        [b'-', digits @ ..] | digits => {
            digits.first().is_some_and(|first| *first != b'0') && digits.iter().all(u8::is_ascii_digit)
        }
    }
}

/// RFC 4517 §3.2 `PrintableCharacter`.
fn printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"'()+,-.=/:? ".contains(&octet)
}
