//! How objectGUID is spelled: as Windows prints it, the first three fields little-endian (MS-DTYP §2.3.4).

use std::fmt::Write as _;

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in lower case. `None` for anything but sixteen octets.
pub(super) fn guid_text(value: &[u8]) -> Option<String> {
    let octets: &[u8; 16] = value.try_into().ok()?;
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, node @ ..] = octets;
    let mut text = String::with_capacity(36);
    let first = u32::from_le_bytes([*a0, *a1, *a2, *a3]);
    let (second, third) = (u16::from_le_bytes([*b0, *b1]), u16::from_le_bytes([*c0, *c1]));
    write!(text, "{first:08x}-{second:04x}-{third:04x}-{d0:02x}{d1:02x}-").ok()?;
    for octet in node {
        write!(text, "{octet:02x}").ok()?;
    }
    Some(text)
}

/// The sixteen octets that are spelled so.
pub(super) fn guid_value(text: &str) -> Option<Vec<u8>> {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    let plain = |part: &&str| part.bytes().all(|octet| octet.is_ascii_hexdigit());
    if parts.len() != lengths.len() || !parts.iter().all(plain) {
        return None;
    }
    let mut octets = Vec::with_capacity(16);
    for (place, (part, length)) in parts.iter().zip(lengths).enumerate() {
        if part.len() != length {
            return None;
        }
        let most_first = u64::from_str_radix(part, 16).ok()?.to_be_bytes();
        let own = most_first.get(most_first.len() - length / 2..)?;
        match place {
            0..=2 => octets.extend(own.iter().rev()),
            _ => octets.extend(own),
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::{guid_text, guid_value};

    #[test]
    fn a_guid_is_spelled_as_windows_prints_it() {
        let octets: Vec<u8> = (0..16).collect();
        assert_eq!(
            guid_text(&octets).as_deref(),
            Some("03020100-0504-0706-0809-0a0b0c0d0e0f")
        );
    }

    #[test]
    fn what_is_spelled_reads_back_and_nothing_else_does() {
        let octets: Vec<u8> = (0..16).collect();
        for text in [
            "03020100-0504-0706-0809-0a0b0c0d0e0f",
            "03020100-0504-0706-0809-0A0B0C0D0E0F",
        ] {
            assert_eq!(guid_value(text).as_deref(), Some(&octets[..]));
        }
        for text in [
            "",
            "0302010005040706-0809-0a0b0c0d0e0f",
            "0302010-50504-0706-0809-0a0b0c0d0e0f",
            "+3020100-0504-0706-0809-0a0b0c0d0e0f",
            "03020100-0504-0706-0809-0a0b0c0d0e0g",
            "03020100-0504-0706-0809-0a0b0c0d0e0f-",
        ] {
            assert_eq!(guid_value(text), None, "{text}");
        }
    }

    #[test]
    fn anything_but_sixteen_octets_is_no_guid() {
        for length in [0, 1, 15, 17, 36] {
            assert_eq!(guid_text(&vec![b'a'; length]), None, "{length}");
        }
    }
}
