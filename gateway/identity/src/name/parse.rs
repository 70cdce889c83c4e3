//! RFC 4514 strings to normal form. One pass, bounded, no recursion.

use super::{LONGEST_NAME, MOST_RDNS, NameError};
use std::fmt::Write as _;

/// Splits a DN into normalised RDNs, most specific first.
pub(super) fn distinguished_name(octets: &[u8]) -> Result<Vec<Box<str>>, NameError> {
    if octets.len() > LONGEST_NAME {
        return Err(NameError::TooLong);
    }
    let mut rest = Reader { octets };
    rest.skip_spaces();
    let mut rdns = Vec::new();
    if rest.octets.is_empty() {
        return Ok(rdns);
    }
    loop {
        if rdns.len() == MOST_RDNS {
            return Err(NameError::TooLong);
        }
        let first = attribute_and_value(&mut rest)?;
        if rest.take(b'+') {
            let mut parts = vec![first];
            loop {
                parts.push(attribute_and_value(&mut rest)?);
                if !rest.take(b'+') {
                    break;
                }
            }
            parts.sort_unstable();
            rdns.push(parts.join("+").into_boxed_str());
        } else {
            rdns.push(first.into_boxed_str());
        }
        // ';' was a separator in RFC 2253 and slapd still takes it as one.
        if rest.take(b',') || rest.take(b';') {
            continue;
        }
        return if rest.octets.is_empty() {
            Ok(rdns)
        } else {
            Err(NameError::NotADistinguishedName)
        };
    }
}

/// `type=value`, normalised and escaped.
fn attribute_and_value(rest: &mut Reader<'_>) -> Result<String, NameError> {
    rest.skip_spaces();
    let kind = rest
        .until(|octet| octet == b'=')
        .ok_or(NameError::NotADistinguishedName)?;
    rest.take(b'=');
    let kind = std::str::from_utf8(kind.trim_ascii_end()).map_err(|_| NameError::NotADistinguishedName)?;
    let kind = kind
        .strip_prefix("OID.")
        .or_else(|| kind.strip_prefix("oid."))
        .unwrap_or(kind);
    if !is_attribute_type(kind) {
        return Err(NameError::NotADistinguishedName);
    }
    rest.skip_spaces();
    if let Some(plain) = plain_and_common(kind, rest) {
        return Ok(plain);
    }
    let kind = canonical_type(kind);
    let value = match rest.peek() {
        Some(b'#') => hex_string(rest)?,
        Some(b'"') => prepared(&kind, &quoted_value(rest)?),
        _ => prepared(&kind, &plain_value(rest)?),
    };
    rest.skip_spaces();
    Ok(format!("{kind}={value}"))
}

fn needs_no_escape(octet: u8) -> bool {
    /// Letters, digits and a few signs, by octet.
    const NEEDS_NONE: [bool; 256] = {
        let mut table = [false; 256];
        let mut octet: u8 = 0;
        let mut rest = table.as_mut_slice();
        while let Some((first, after)) = rest.split_first_mut() {
            *first = octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'@');
            octet = octet.wrapping_add(1);
            rest = after;
        }
        table
    };
    NEEDS_NONE.get(usize::from(octet)).copied().unwrap_or(false)
}

/// Whether small letters are all that the normal form of a name takes: common types, values that need no escape, single commas between.
/// Looked at at every sign-in, so in one pass.
pub(super) fn is_common(octets: &[u8]) -> bool {
    let mut rest = octets;
    for _ in 0..MOST_RDNS {
        let value = match rest {
            [u, i, d, b'=', value @ ..] if [u | 0x20, i | 0x20, d | 0x20] == *b"uid" => value,
            [a, b, b'=', value @ ..] if matches!(&[a | 0x20, b | 0x20], b"cn" | b"ou" | b"dc") => value,
            [b'o' | b'O', b'=', value @ ..] => value,
            _ => return false,
        };
        let length = value.iter().position(|octet| !needs_no_escape(*octet));
        match length.map_or((value, &[][..]), |length| value.split_at(length)) {
            ([], _) => return false,
            (_, []) => return octets.len() <= LONGEST_NAME,
            (_, [b',', after @ ..]) => rest = after,
            _ => return false,
        }
    }
    false
}

/// The same, in one go, for the names of most entries: a common type, and a value of letters, digits and a few signs that need no escape.
/// Names are made comparable at every sign-in, so this is worth its lines.
fn plain_and_common(kind: &str, rest: &mut Reader<'_>) -> Option<String> {
    let kind = ["uid", "cn", "ou", "dc", "o"]
        .into_iter()
        .find(|common| kind.eq_ignore_ascii_case(common))?;
    let ends = |octet: &u8| matches!(octet, b',' | b';' | b'+');
    let length = rest.octets.iter().position(ends).unwrap_or(rest.octets.len());
    let (value, after) = rest.octets.split_at_checked(length)?;
    if !value.iter().all(|octet| needs_no_escape(*octet)) {
        return None;
    }
    let value = std::str::from_utf8(value).ok()?;
    let mut plain = String::with_capacity(kind.len() + 1 + value.len());
    plain.push_str(kind);
    plain.push('=');
    plain.extend(value.chars().map(|letter| letter.to_ascii_lowercase()));
    rest.octets = after;
    Some(plain)
}

/// A `#` value holds BER of the value; it is kept as it is, so it equals only itself.
fn hex_string(rest: &mut Reader<'_>) -> Result<String, NameError> {
    let text = rest
        .until(|octet| matches!(octet, b',' | b';' | b'+' | b' '))
        .unwrap_or_else(|| rest.all());
    let digits = text.get(1..).unwrap_or_default();
    if digits.is_empty() || digits.len() % 2 != 0 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(NameError::NotADistinguishedName);
    }
    Ok(String::from_utf8_lossy(text).to_ascii_lowercase())
}

/// RFC 2253's quoted form, which old clients still send.
fn quoted_value(rest: &mut Reader<'_>) -> Result<Vec<u8>, NameError> {
    rest.take(b'"');
    let mut value = Vec::new();
    loop {
        match rest.next().ok_or(NameError::NotADistinguishedName)? {
            b'"' => return Ok(value),
            b'\\' => value.push(escaped(rest)?),
            0 => return Err(NameError::NotADistinguishedName),
            octet => value.push(octet),
        }
    }
}

/// RFC 4514 §2.4: unescaped up to the next separator; trailing unescaped spaces do not count.
fn plain_value(rest: &mut Reader<'_>) -> Result<Vec<u8>, NameError> {
    let mut value = Vec::new();
    let mut kept = 0;
    while let Some(octet) = rest.peek() {
        match octet {
            b',' | b';' | b'+' => break,
            b'"' | b'<' | b'>' | 0 => return Err(NameError::NotADistinguishedName),
            b'\\' => {
                rest.next();
                value.push(escaped(rest)?);
                kept = value.len();
            }
            _ => {
                rest.next();
                value.push(octet);
                if octet != b' ' {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    Ok(value)
}

/// What follows a backslash: two hexadecimal digits, or the octet itself if it is one that may be escaped.
fn escaped(rest: &mut Reader<'_>) -> Result<u8, NameError> {
    let first = rest.next().ok_or(NameError::NotADistinguishedName)?;
    if let Some(high) = hex_digit(first) {
        let low = rest
            .next()
            .and_then(hex_digit)
            .ok_or(NameError::NotADistinguishedName)?;
        let octet = high << 4 | low;
        // A NUL inside a name cuts it short in directories written in C.
        return if octet == 0 {
            Err(NameError::NotADistinguishedName)
        } else {
            Ok(octet)
        };
    }
    if matches!(
        first,
        b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\'
    ) {
        Ok(first)
    } else {
        Err(NameError::NotADistinguishedName)
    }
}

fn hex_digit(octet: u8) -> Option<u8> {
    char::from(octet)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// The value as its matching rule compares it, escaped again. Types not known to ignore case keep theirs.
fn prepared(kind: &str, value: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(value) else {
        return value.iter().fold(String::new(), |mut out, octet| {
            let _ = write!(out, "\\{octet:02x}");
            out
        });
    };
    let folded = if ignores_case(kind) {
        text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
    } else {
        text.to_owned()
    };
    let last = folded.chars().count().saturating_sub(1);
    folded
        .chars()
        .enumerate()
        .fold(String::new(), |mut out, (position, character)| {
            let at_an_end = position == 0 || position == last;
            match character {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                    let _ = write!(out, "\\{character}");
                }
                '#' | ' ' if at_an_end => {
                    let _ = write!(out, "\\{character}");
                }
                _ if character.is_control() => {
                    for octet in character.to_string().bytes() {
                        let _ = write!(out, "\\{octet:02x}");
                    }
                }
                _ => out.push(character),
            }
            out
        })
}

/// The types of RFC 4514 §3 and of common naming attributes, all of which match without regard to case.
fn ignores_case(kind: &str) -> bool {
    matches!(
        kind,
        "cn" | "l"
            | "st"
            | "o"
            | "ou"
            | "c"
            | "street"
            | "dc"
            | "uid"
            | "sn"
            | "givenname"
            | "mail"
            | "title"
            | "serialnumber"
    )
}

/// Whether a normalised RDN is one part of a type that ignores case, its value of printable ASCII and not in hexadecimal.
pub(super) fn is_plain(rdn: &str) -> bool {
    let Some((kind, value)) = rdn.split_once('=') else {
        return false;
    };
    if !ignores_case(kind) || value.is_empty() || value.starts_with('#') {
        return false;
    }
    let mut escaped = false;
    value.bytes().all(|octet| {
        let plain = match octet {
            // In normal form only what is no printable ASCII is written as two digits.
            _ if escaped => !octet.is_ascii_hexdigit(),
            b'+' => false,
            _ => true,
        };
        escaped = !escaped && octet == b'\\';
        plain && matches!(octet, b' '..=b'~')
    })
}

/// RFC 4512 §1.4: a descriptor or a dotted OID.
pub(super) fn is_attribute_type(text: &str) -> bool {
    let octets = text.as_bytes();
    match octets.first() {
        Some(first) if first.is_ascii_alphabetic() => octets
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')),
        Some(first) if first.is_ascii_digit() => text.split('.').all(|arc| {
            !arc.is_empty() && arc.bytes().all(|octet| octet.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        }),
        _ => false,
    }
}

/// Lower-case, with OIDs and second names of the types that rules speak of resolved.
pub(super) fn canonical_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "2.5.4.3" | "commonname" => "cn",
        "2.5.4.4" | "surname" => "sn",
        "2.5.4.5" => "serialnumber",
        "2.5.4.6" | "countryname" => "c",
        "2.5.4.7" | "localityname" => "l",
        "2.5.4.8" | "stateorprovincename" => "st",
        "2.5.4.9" | "streetaddress" => "street",
        "2.5.4.10" | "organizationname" => "o",
        "2.5.4.11" | "organizationalunitname" => "ou",
        "2.5.4.12" => "title",
        "2.5.4.35" => "userpassword",
        "2.5.4.42" | "gn" => "givenname",
        "0.9.2342.19200300.100.1.1" | "userid" => "uid",
        "0.9.2342.19200300.100.1.3" | "rfc822mailbox" => "mail",
        "0.9.2342.19200300.100.1.25" | "domaincomponent" => "dc",
        "1.2.840.113556.1.4.90" => "unicodepwd",
        "1.3.6.1.4.1.4203.1.3.4" => "authpassword",
        _ => return lower,
    };
    name.to_owned()
}

struct Reader<'a> {
    octets: &'a [u8],
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.octets.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.octets.split_first()?;
        self.octets = rest;
        Some(*first)
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.take(b' ') {}
    }

    /// Everything before the first octet that ends it; `None` if there is no such octet.
    fn until(&mut self, ends: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let length = self.octets.iter().position(|&octet| ends(octet))?;
        let (before, rest) = self.octets.split_at(length);
        self.octets = rest;
        Some(before)
    }

    fn all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.octets)
    }
}
