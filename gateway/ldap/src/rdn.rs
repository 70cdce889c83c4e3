//! The attribute types a DN's first RDN names (RFC 4514 §3). This is no DN parser: it reads as little as it can, where readings
//! differ between servers it reads all of them, and where that is not enough it says so.

use crate::WireError;
use crate::attribute::{Spelling, base_type, spelling};

/// Calls `visit` with the attribute types of the first RDN, as written. The answer is whether more RDNs follow.
/// [`WireError::Unexpected`] means that some server may see a type here that was not visited.
pub(crate) fn first<'a>(dn: &'a [u8], mut visit: impl FnMut(&'a [u8])) -> Result<bool, WireError> {
    // Active Directory's other names of an entry, `<GUID=…>`, `<SID=…>`, `<WKGUID=…>`, have no RDN; others refuse them.
    if let [b'<', inside @ .., b'>'] = dn
        && !inside.iter().any(|octet| matches!(octet, b'<' | b'>' | b';'))
    {
        return Ok(false);
    }
    if dn.is_empty() {
        return Ok(false);
    }
    let mut rest = dn;
    loop {
        let value = kind(rest, &mut visit)?;
        match separator(value) {
            None => return Ok(false),
            Some((b',', _)) => return Ok(true),
            Some((b'+', more)) => rest = more,
            // A quote groups in RFC 1779 and is a plain character in RFC 4514 if it comes late; a semicolon separates RDNs in
            // RFC 2253 and nothing in RFC 4514. So the first RDN may end anywhere, and any type behind a plus may be its.
            Some((_, more)) => {
                for part in more.split(|&octet| octet == b'+').skip(1) {
                    if part.contains(&b'=') {
                        kind(part, &mut visit)?;
                    }
                }
                return Ok(true);
            }
        }
    }
}

/// Visits the type before the first `=` and returns what follows that.
fn kind<'a>(octets: &'a [u8], visit: &mut impl FnMut(&'a [u8])) -> Result<&'a [u8], WireError> {
    let equals = memchr::memchr(b'=', octets).ok_or(WireError::Unexpected)?;
    let kind = octets.get(..equals).unwrap_or_default();
    // Options have no place in a DN; `base_type` would cut at a semicolon that might be a separator.
    if kind.contains(&b';') || spelling(base_type(kind)) == Spelling::Odd {
        return Err(WireError::Unexpected);
    }
    visit(kind);
    Ok(octets.get(equals + 1..).unwrap_or_default())
}

/// The first octet of a value that may end it and is not escaped, and what follows it.
fn separator(value: &[u8]) -> Option<(u8, &[u8])> {
    let mut escaped = false;
    let end = value.iter().position(|&octet| {
        let found = !escaped && matches!(octet, b',' | b';' | b'+' | b'"');
        escaped = !escaped && octet == b'\\';
        found
    })?;
    match value.get(end..) {
        Some([octet, more @ ..]) => Some((*octet, more)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(dn: &[u8]) -> Result<(Vec<String>, bool), WireError> {
        let mut seen = Vec::new();
        let more = first(dn, |kind| seen.push(String::from_utf8_lossy(kind).into_owned()))?;
        Ok((seen, more))
    }

    #[test]
    fn the_types_of_the_first_rdn_are_seen_and_no_more() {
        for (dn, wanted, more) in [
            (&b"cn=a"[..], &["cn"][..], false),
            (b"cn=a,ou=b", &["cn"], true),
            (b"cn=a + uid = b , ou=c", &["cn", " uid "], true),
            (b"cn=a\\+uid=b,ou=c", &["cn"], true),
            (b"cn=a\\,uid=b", &["cn"], false),
            (b"cn=a\\\\,ou=b", &["cn"], true),
            (b"cn=a\\2Cuid=b", &["cn"], false),
            (b"cn=a=b+uid=c", &["cn", "uid"], false),
            (b"cn=#04016b+uid=c", &["cn", "uid"], false),
            (b"<GUID=0011>", &[], false),
            (b"", &[], false),
        ] {
            let (seen, follows) = kinds(dn).unwrap();
            assert_eq!(
                (seen, follows),
                (wanted.iter().map(ToString::to_string).collect(), more),
                "{dn:?}"
            );
        }
    }

    #[test]
    fn both_readings_of_quotes_and_semicolons_are_seen() {
        for dn in [
            &b"cn=\"a+userPassword=b\",ou=c"[..],
            b"cn=\"a\"+userPassword=b",
            b"cn=a\"+userPassword=b",
            b"cn=a;b+userPassword=c",
            b"cn=\"a,b\"+userPassword=b",
        ] {
            assert!(kinds(dn).unwrap().0.iter().any(|kind| kind == "userPassword"), "{dn:?}");
        }
    }

    #[test]
    fn types_that_servers_may_read_otherwise_are_refused() {
        for dn in [
            &b"no dn"[..],
            b"\\75serPassword=x",
            b"\"userPassword\"=x",
            b"cn=a+userPassword\0=x",
            b"cn=a+b",
            b"cn=a+",
            b"=x",
            b"2.5.4.035=x",
            b"cn;x=a",
            b"<GUID=00>;cn=a",
            b"cn=\"a+\\75serPassword=b\"",
            b"cn=\"a+userPassword;x=b\"",
        ] {
            assert_eq!(kinds(dn), Err(WireError::Unexpected), "{dn:?}");
        }
    }
}
