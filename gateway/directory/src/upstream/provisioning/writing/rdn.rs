//! The first RDN of a DN: which attributes name an entry, and the same name with another value (RFC 4514).

use postern_identity::name::escape;

/// A DN cut behind its first RDN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// The types of the RDN, as they are written, and their values, unescaped.
    pub(super) parts: Vec<(&'a str, Vec<u8>)>,
    /// Everything behind the first RDN; empty for a DN of one.
    pub(super) parent: &'a str,
}

impl<'a> Named<'a> {
    /// `None` if it is no DN, or one whose RDN is written in a way nobody uses any more (RFC 2253 §4).
    pub(super) fn parse(dn: &'a str) -> Option<Self> {
        let (rdn, parent) = cut(dn, ',').unwrap_or((dn, ""));
        let mut parts = Vec::new();
        let mut rest = rdn;
        loop {
            let (part, more) = cut(rest, '+').map_or((rest, None), |(part, more)| (part, Some(more)));
            let (kind, value) = part.split_once('=')?;
            parts.push((kind.trim_matches(' '), unescape(value.trim_start_matches(' '))?));
            match more {
                Some(more) => rest = more,
                None => break,
            }
        }
        Some(Self {
            parts,
            parent: parent.trim_start_matches(' '),
        })
    }

    /// The RDN with another value of one attribute. `None` if a value is no text.
    pub(super) fn with(&self, attribute: &str, value: &[u8]) -> Option<String> {
        let mut rdn = String::new();
        for (kind, own) in &self.parts {
            let own = if kind.eq_ignore_ascii_case(attribute) {
                value
            } else {
                own
            };
            if !rdn.is_empty() {
                rdn.push('+');
            }
            rdn.push_str(kind);
            rdn.push('=');
            escape(std::str::from_utf8(own).ok()?, &mut rdn);
        }
        Some(rdn)
    }
}

/// A DN of one more RDN.
pub(super) fn below(attribute: &str, value: &str, parent: &str) -> String {
    let mut dn = format!("{attribute}=");
    escape(value, &mut dn);
    joined(&dn, parent)
}

/// An RDN and what is behind it.
pub(super) fn joined(rdn: &str, parent: &str) -> String {
    if parent.is_empty() {
        rdn.to_owned()
    } else {
        format!("{rdn},{parent}")
    }
}

/// What stands before and behind the first separator that is neither escaped nor quoted.
fn cut(text: &str, separator: char) -> Option<(&str, &str)> {
    let (mut escaped, mut quoted) = (false, false);
    for (place, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                return Some((text.get(..place)?, text.get(place + character.len_utf8()..)?));
            }
            _ => {}
        }
    }
    None
}

/// A value as it is meant (RFC 4514 §3). `None` for what is written as BER (`#…`) or in quotes.
fn unescape(value: &str) -> Option<Vec<u8>> {
    if value.starts_with(['#', '"']) {
        return None;
    }
    let mut octets = value.bytes();
    let mut out = Vec::with_capacity(value.len());
    let mut kept = 0; // up to here a space is meant
    while let Some(octet) = octets.next() {
        if octet != b'\\' {
            out.push(octet);
            if octet != b' ' {
                kept = out.len();
            }
            continue;
        }
        let first = octets.next()?;
        match char::from(first).to_digit(16) {
            Some(high) => {
                let low = char::from(octets.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            None => out.push(first),
        }
        kept = out.len();
    }
    out.truncate(kept);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::DistinguishedName;
    use proptest::prelude::*;

    #[test]
    fn an_rdn_is_read_and_written_with_another_value() {
        let named = Named::parse("cn=Smith\\, Bob\\2b+uid=bob,ou=people,dc=x").unwrap();
        assert_eq!(named.parent, "ou=people,dc=x");
        assert_eq!(named.parts[0], ("cn", b"Smith, Bob+".to_vec()));
        assert_eq!(
            named.with("uid", b"a+b").as_deref(),
            Some("cn=Smith\\, Bob\\++uid=a\\+b")
        );
    }

    #[test]
    fn what_is_no_rdn_or_written_as_ber_or_quoted_is_not_read() {
        for dn in ["", "cn", "cn=#0401", "cn=\"a,b\",dc=x", "cn=a\\", "cn=a\\2"] {
            assert_eq!(Named::parse(dn), None, "{dn}");
        }
    }

    proptest! {
        #[test]
        fn a_value_survives_the_way_into_a_dn_and_out(value in "[^\\x00-\\x1f\\x7f]{1,40}") {
            let dn = below("cn", &value, "ou=people,dc=x");
            let named = Named::parse(&dn).unwrap();
            prop_assert_eq!(named.parts[0].1.as_slice(), value.as_bytes());
            prop_assert_eq!(named.parent, "ou=people,dc=x");
            let name = DistinguishedName::parse(dn.as_bytes()).unwrap();
            prop_assert_eq!(name.depth(), 3);
        }
    }
}
