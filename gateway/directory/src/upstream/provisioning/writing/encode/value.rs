//! One value as the octets of its attribute.

use super::Worth;
use crate::upstream::provisioning::mapping::{Codec, Equality, Place, Row};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use postern_identity::Timestamp;
use postern_identity::provisioning::{EditFault, EditFaultKind, Value};
use postern_ldap::ber::Cursor;

/// The longest text, in octets.
const LONGEST_TEXT: usize = 8 * 1024;
/// The most octets of a picture or certificate.
const MOST_OCTETS: usize = 512 * 1024;

/// The octets of a value; `None`: it is no value, such as empty text.
pub(super) fn encode(row: &Row, value: &Value) -> Result<Option<Worth>, EditFault> {
    let name = || spelled(&row.place);
    let octets = match (row.codec, value) {
        (Codec::User, Value::Text(id)) => {
            return Ok(Some(id.trim())
                .filter(|id| !id.is_empty())
                .map(|id| Worth::User(id.to_owned())));
        }
        (Codec::Text, Value::Text(given)) => {
            let octets = text(given, name)?;
            if row.attribute.eq_ignore_ascii_case("sAMAccountName") && octets.is_some() {
                check_account_name(given, name)?;
            }
            octets
        }
        (Codec::Country, Value::Text(given)) => {
            let octets = text(given, name)?;
            if octets.is_some() && !(given.len() == 2 && given.bytes().all(|octet| octet.is_ascii_alphabetic())) {
                return Err(fault(&name(), "must be a country code of two letters (ISO 3166-1)"));
            }
            octets
        }
        (Codec::PostalAddress, Value::Text(given)) => text(given, name)?.map(|octets| postal_address(&octets)),
        (Codec::LabeledUri, Value::Text(given)) => {
            let octets = text(given, name)?;
            // What follows a space would be what to call it (RFC 2079).
            if octets.as_ref().is_some_and(|octets| octets.contains(&b' ')) {
                return Err(fault(&name(), "must be a URI: it has no spaces"));
            }
            octets
        }
        (Codec::Photo, Value::Text(given)) if given.is_empty() => None,
        (Codec::Photo, Value::Text(given)) => {
            let octets = data_uri(given);
            Some(octets.ok_or_else(|| fault(&name(), "must be a data: URI in base64 here"))?)
        }
        (Codec::Text | Codec::Integer, Value::Integer(number)) => Some(number.to_string().into_bytes()),
        (Codec::Text | Codec::Boolean, Value::Boolean(truth)) => {
            Some(if *truth { "TRUE" } else { "FALSE" }.as_bytes().to_vec())
        }
        (Codec::Moment, Value::Moment(moment)) => Some(generalized_time(*moment)),
        (Codec::Octets, Value::Octets(octets)) => Some(octets.clone()),
        (Codec::Certificate, Value::Octets(octets)) => {
            if !is_der(octets) {
                return Err(fault(&name(), "must be a certificate in DER"));
            }
            Some(octets.clone())
        }
        _ => return Err(fault(&name(), "has a value of another type")),
    };
    let octets = octets.filter(|octets| !octets.is_empty());
    if octets.as_ref().is_some_and(|octets| octets.len() > MOST_OCTETS) {
        return Err(fault(&name(), "is too long"));
    }
    Ok(octets.map(Worth::Octets))
}

/// Text as it is; none, if it is empty.
pub(super) fn text(given: &str, name: impl FnOnce() -> String) -> Result<Option<Vec<u8>>, EditFault> {
    if given.contains('\0') {
        return Err(fault(&name(), "must hold no NUL"));
    }
    if given.len() > LONGEST_TEXT {
        return Err(fault(&name(), "is too long"));
    }
    // A directoryString is never empty (RFC 4517 §3.3.6), and one of spaces is as good as empty (RFC 4518 §2.6.1).
    Ok((!given.trim().is_empty()).then(|| given.as_bytes().to_vec()))
}

/// Whether the directory takes two values for the same.
pub(super) fn is_same(row: &Row, one: &Worth, other: &Worth) -> bool {
    match (one, other) {
        (Worth::Octets(one), Worth::Octets(other))
            if matches!(row.matching.equality, Equality::IgnoreCase | Equality::Loose) =>
        {
            one == other || String::from_utf8_lossy(one).to_lowercase() == String::from_utf8_lossy(other).to_lowercase()
        }
        _ => one == other,
    }
}

/// How a program names it.
pub(in crate::upstream::provisioning) fn spelled(place: &Place) -> String {
    match place {
        Place::Simple(key) => key.name.to_string(),
        Place::Sub(key, sub) | Place::Element { key, sub, .. } => format!("{}.{sub}", key.name),
    }
}

fn fault(name: &str, what: &str) -> EditFault {
    EditFault::new(EditFaultKind::InvalidValue, format!("{name} {what}"))
}

/// Lines apart by `$`, with what would be one escaped (RFC 4517 §3.3.28).
fn postal_address(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for octet in text {
        match octet {
            b'\n' => out.push(b'$'),
            b'\r' => {}
            b'$' => out.extend_from_slice(b"\\24"),
            b'\\' => out.extend_from_slice(b"\\5C"),
            other => out.push(*other),
        }
    }
    out
}

/// What is not below a second is left out where it is nothing.
fn generalized_time(moment: Timestamp) -> Vec<u8> {
    let whole = moment.subsec_nanosecond() == 0;
    let form = if whole { "%Y%m%d%H%M%SZ" } else { "%Y%m%d%H%M%S%.fZ" };
    moment.strftime(form).to_string().into_bytes()
}

/// One SEQUENCE and nothing behind it.
fn is_der(octets: &[u8]) -> bool {
    Cursor::new(octets).only().is_ok_and(|element| element.tag == 0x30)
}

/// The octets in a `data:` URI (RFC 2397) in base64.
fn data_uri(uri: &str) -> Option<Vec<u8>> {
    let (head, data) = uri.split_at_checked(5)?;
    let (kind, data) = head.eq_ignore_ascii_case("data:").then_some(data)?.split_once(',')?;
    kind.to_ascii_lowercase().ends_with(";base64").then_some(())?;
    STANDARD.decode(data).or_else(|_| URL_SAFE_NO_PAD.decode(data)).ok()
}

/// [MS-ADTS] §3.1.1.6, [MS-SAMR] §3.1.1.6: at most 20, and none of these.
fn check_account_name(given: &str, name: impl FnOnce() -> String) -> Result<(), EditFault> {
    let forbidden = |character: char| "\"/\\[]:;|=,+*?<>@".contains(character) || character.is_control();
    if given.chars().count() > 20 || given.contains(forbidden) || given.ends_with('.') {
        return Err(fault(
            &name(),
            "is an account name here: at most 20 characters, none of \" / \\ [ ] : ; | = , + * ? < > @",
        ));
    }
    Ok(())
}
