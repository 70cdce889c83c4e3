//! The first RDN of a name as somebody wrote it: RFC 4514 §3, and of the older spellings (RFC 4514 §A, RFC 1779) the semicolon between
//! RDNs, values in quotes, and spaces around separators.

use super::NameFault;
use postern_ldap::attribute::{Spelling, spelling};
use postern_ldap::ber::Cursor;

/// A name, cut behind its first RDN.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenName<'a> {
    /// The first RDN as it was written, without spaces around it.
    pub rdn: &'a [u8],
    /// Its pairs of attribute type, as written, and value without escapes.
    pub pairs: Vec<(&'a [u8], Vec<u8>)>,
    /// The name of the entry above; empty if there is none.
    pub rest: &'a [u8],
}

impl<'a> WrittenName<'a> {
    /// Reads the first RDN. `None`: the name is empty.
    pub fn first(dn: &'a [u8]) -> Result<Option<Self>, NameFault> {
        let text = trim_start(dn);
        if text.is_empty() {
            return Ok(None);
        }
        let mut pairs = Vec::new();
        let mut rest = text;
        loop {
            let equals = rest.iter().position(|&octet| octet == b'=').ok_or(NameFault::Syntax)?;
            let (attribute, value) = rest.split_at_checked(equals).ok_or(NameFault::Syntax)?;
            let attribute = trim_end(trim_start(attribute));
            if spelling(attribute) == Spelling::Odd {
                return Err(NameFault::Syntax);
            }
            let value = trim_start(value.get(1..).unwrap_or_default());
            let (value, behind) = match value.first() {
                Some(b'#') => hexadecimal(value)?,
                Some(b'"') => quoted(value)?,
                _ => plain(value)?,
            };
            pairs.push((attribute, value));
            let separator = trim_start(behind);
            match separator.first() {
                Some(b'+') => rest = separator.get(1..).unwrap_or_default(),
                None => {
                    return Ok(Some(Self {
                        rdn: trim_end(text),
                        pairs,
                        rest: &[],
                    }));
                }
                Some(b',' | b';') => {
                    let above = trim_start(separator.get(1..).unwrap_or_default());
                    if above.is_empty() {
                        return Err(NameFault::Syntax); // a separator and nothing behind it
                    }
                    let written = text.get(..text.len() - behind.len()).unwrap_or_default();
                    return Ok(Some(Self {
                        rdn: written,
                        pairs,
                        rest: above,
                    }));
                }
                Some(_) => return Err(NameFault::Syntax),
            }
        }
    }
}

fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = octets {
        octets = rest;
    }
    octets
}

fn trim_end(mut octets: &[u8]) -> &[u8] {
    while let [rest @ .., b' '] = octets {
        octets = rest;
    }
    octets
}

/// A value and what follows it.
type Value<'a> = (Vec<u8>, &'a [u8]);

/// `#` and the BER of the value in hexadecimal digits: its content is the value.
fn hexadecimal(value: &[u8]) -> Result<Value<'_>, NameFault> {
    let digits = value.get(1..).unwrap_or_default();
    let end = digits
        .iter()
        .position(|octet| !octet.is_ascii_hexdigit())
        .unwrap_or(digits.len());
    let (digits, behind) = digits.split_at_checked(end).ok_or(NameFault::Syntax)?;
    let (pairs, odd) = digits.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(NameFault::Syntax);
    }
    let mut octets = Vec::with_capacity(pairs.len());
    for &[high, low] in pairs {
        octets.push(octet(high, low).ok_or(NameFault::Syntax)?);
    }
    let element = Cursor::new(&octets).only().map_err(|_| NameFault::Syntax)?;
    Ok((element.content.to_vec(), behind))
}

/// RFC 1779: everything up to the closing quote.
fn quoted(value: &[u8]) -> Result<Value<'_>, NameFault> {
    let mut out = Vec::new();
    let mut rest = value.get(1..).unwrap_or_default();
    loop {
        match rest {
            [b'"', behind @ ..] => return Ok((out, behind)),
            [b'\\', after @ ..] => rest = unescape(after, &mut out)?,
            [0, ..] | [] => return Err(NameFault::Syntax),
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
            }
        }
    }
}

/// Up to a separator; spaces at its end belong to it only where they are escaped.
fn plain(value: &[u8]) -> Result<Value<'_>, NameFault> {
    let mut out = Vec::new();
    let mut kept = 0; // so much of `out` is no space at the end
    let mut rest = value;
    let mut behind = value;
    loop {
        match rest {
            [] | [b',' | b';' | b'+', ..] => {
                out.truncate(kept);
                return Ok((out, behind));
            }
            [b'\\', after @ ..] => {
                rest = unescape(after, &mut out)?;
                kept = out.len();
                behind = rest;
            }
            // RFC 4514 §2.4: these have to be escaped anywhere.
            [0 | b'"' | b'<' | b'>', ..] => return Err(NameFault::Syntax),
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
                if *octet != b' ' {
                    kept = out.len();
                    behind = rest;
                }
            }
        }
    }
}

/// What a backslash stands before: a special character itself, or two digits (RFC 4514 §3 `pair`).
fn unescape<'a>(after: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], NameFault> {
    match after {
        [
            special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\'),
            rest @ ..,
        ] => {
            out.push(*special);
            Ok(rest)
        }
        [high, low, rest @ ..] => {
            out.push(octet(*high, *low).ok_or(NameFault::Syntax)?);
            Ok(rest)
        }
        _ => Err(NameFault::Syntax),
    }
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(digit(high)? << 4 | digit(low)?)
}
