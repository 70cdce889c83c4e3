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

#[cfg(test)]
mod tests {
    use super::guid_text;

    #[test]
    fn a_guid_is_spelled_as_windows_prints_it() {
        let octets: Vec<u8> = (0..16).collect();
        assert_eq!(
            guid_text(&octets).as_deref(),
            Some("03020100-0504-0706-0809-0a0b0c0d0e0f")
        );
    }

    #[test]
    fn anything_but_sixteen_octets_is_no_guid() {
        for length in [0, 1, 15, 17, 36] {
            assert_eq!(guid_text(&vec![b'a'; length]), None, "{length}");
        }
    }
}
