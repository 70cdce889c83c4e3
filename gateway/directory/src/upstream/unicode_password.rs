//! How Active Directory wants a password written: between double quotes, in UTF-16, little-endian (MS-ADTS §3.1.1.3.1.5).

use postern_identity::Secret;

const QUOTE: u16 = 0x22;

/// The value of `unicodePwd` for a password. `None` if it is not UTF-8: then it has no such spelling, and none is made up.
pub fn encode(password: &Secret) -> Option<Secret> {
    let text = std::str::from_utf8(password.expose()).ok()?;
    // Room for everything at once, so that no copy is left behind by a growing buffer. UTF-16 has no more units than UTF-8 has octets.
    let mut value = Vec::with_capacity(2 * text.len() + 4);
    let quoted = std::iter::once(QUOTE)
        .chain(text.encode_utf16())
        .chain(std::iter::once(QUOTE));
    for unit in quoted {
        value.extend_from_slice(&unit.to_le_bytes());
    }
    Some(Secret::new(value))
}

/// The password of a value of `unicodePwd`, in UTF-8. `None` if it is not in quotes, or holds an unpaired surrogate.
pub fn decode(value: &[u8]) -> Option<Secret> {
    let (units, []) = value.as_chunks::<2>() else {
        return None;
    };
    let [first, inside @ .., last] = units else {
        return None;
    };
    if [*first, *last].map(u16::from_le_bytes) != [QUOTE, QUOTE] {
        return None;
    }
    let mut password = Vec::with_capacity(3 * inside.len());
    let mut octets = [0; 4];
    let mut whole = true;
    for character in char::decode_utf16(inside.iter().copied().map(u16::from_le_bytes)) {
        match character {
            Ok(character) => password.extend_from_slice(character.encode_utf8(&mut octets).as_bytes()),
            Err(_) => whole = false,
        }
    }
    let password = Secret::new(password); // wiped in either case
    whole.then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_password_is_quoted_and_doubled() {
        let value = encode(&Secret::new("aü€𝄞\"")).unwrap();
        let units: Vec<u16> = value
            .expose()
            .chunks(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        assert_eq!(units, [0x22, 0x61, 0xfc, 0x20ac, 0xd834, 0xdd1e, 0x22, 0x22]);
    }

    #[test]
    fn what_is_not_utf_8_has_no_spelling() {
        for octets in [&b"\xff"[..], b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80"] {
            assert!(encode(&Secret::new(octets)).is_none(), "{octets:x?}");
        }
    }

    #[test]
    fn what_is_not_quoted_utf_16_is_no_password() {
        for value in [
            &b""[..],
            b"\"",
            b"\"\0",
            b"\"a\"",                    // UTF-8
            b"a\0b\0",                   // no quotes
            b"\"\0a\0",                  // one quote
            b"\"\0a\0\"",                // odd
            b"\"\0\x34\xd8\"\0",         // half a pair
            b"\"\0\x1e\xdd\x34\xd8\"\0", // a pair the wrong way round
        ] {
            assert!(decode(value).is_none(), "{value:x?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_survives_the_way_there_and_back(text in ".*") {
            let password = Secret::new(text.as_bytes());
            let value = encode(&password).unwrap();
            prop_assert!(decode(value.expose()).unwrap().same_as(&password));
        }

        #[test]
        fn what_can_be_read_is_written_the_same(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut quoted = vec![0x22, 0];
            quoted.extend_from_slice(&value);
            quoted.extend_from_slice(&[0x22, 0]);
            for value in [value, quoted] {
                if let Some(password) = decode(&value) {
                    let again = encode(&password).unwrap();
                    prop_assert_eq!(again.expose(), value.as_slice());
                }
            }
        }
    }
}
