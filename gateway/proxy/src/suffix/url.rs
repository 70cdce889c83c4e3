//! Names in URLs (RFC 4516 §2.1, RFC 3986 §2.1).

use std::fmt::Write as _;

/// The octets a text with percent signs stands for.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let digit = |octet: Option<u8>| {
        let digit = char::from(octet?).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            plain => plain,
        });
    }
    Some(octets)
}

/// Octets as they may stand in the path of a URL.
pub(super) fn encoded(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for octet in octets {
        let plain = octet.is_ascii_alphanumeric() || b"-._~=,+;:@!$&'()*".contains(octet);
        if plain {
            text.push(char::from(*octet));
        } else {
            let _ = write!(text, "%{octet:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_reads_back() {
        let name = "cn=Müller\\, A?b/c%,dc=x y".as_bytes();
        let text = encoded(name);
        assert_eq!(text, "cn=M%C3%BCller%5C,%20A%3Fb%2Fc%25,dc=x%20y");
        assert_eq!(decoded(&text).unwrap(), name);
        assert_eq!((decoded("%"), decoded("%0"), decoded("%zz")), (None, None, None));
    }
}
