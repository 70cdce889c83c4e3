//! Ids of entries: sixteen octets here, spelled as each product spells them.

use crate::upstream::dialect::{Dialect, DialectName};
use crate::upstream::entry::Entry;
use postern_identity::provisioning::ResourceId;
use std::fmt::Write as _;

/// How the ids of one product are spelled: groups of so many digits.
pub(super) fn groups(dialect: DialectName) -> &'static [usize] {
    match dialect {
        // nsUniqueId.
        DialectName::Ds389 => &[8, 8, 8, 8],
        // RFC 4122 §3, as entryUUID (RFC 4530), ipaUniqueID and objectGUID are written.
        DialectName::OpenLdap | DialectName::Embedded | DialectName::FreeIpa | DialectName::ActiveDirectory => {
            &[8, 4, 4, 4, 12]
        }
    }
}

/// The id that is spelled so. An id has one spelling (RFC 7643 §3.1): in small letters.
pub(super) fn parse(dialect: DialectName, text: &str) -> Option<ResourceId> {
    read(groups(dialect), text.as_bytes(), false)
}

/// How it is spelled.
pub(super) fn text(dialect: DialectName, id: ResourceId) -> String {
    let mut text = String::with_capacity(36);
    let (mut left, mut groups) = (0, groups(dialect).iter());
    for octet in id.0 {
        if left == 0 {
            if !text.is_empty() {
                text.push('-');
            }
            left = groups.next().copied().unwrap_or(usize::MAX);
        }
        left = left.saturating_sub(2);
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

/// The id that an attribute's value is, as the server sends it.
pub(super) fn of_value(name: DialectName, value: &[u8]) -> Option<ResourceId> {
    if name == DialectName::ActiveDirectory {
        let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = <&[u8; 16]>::try_from(value).ok()?;
        let mut octets = [0; 16];
        let first = [*a3, *a2, *a1, *a0, *b1, *b0, *c1, *c0];
        for (to, from) in octets.iter_mut().zip(first.iter().chain(rest)) {
            *to = *from;
        }
        return Some(ResourceId(octets));
    }
    read(groups(name), value, true)
}

/// The id of an entry.
pub(super) fn of_entry(name: DialectName, dialect: &dyn Dialect, entry: &Entry) -> Option<ResourceId> {
    entry
        .values(dialect.stable_id())
        .next()
        .and_then(|value| of_value(name, value))
}

/// The attribute's value that is this id.
pub(super) fn value(name: DialectName, dialect: &dyn Dialect, id: ResourceId) -> Vec<u8> {
    let spelled = text(name, id);
    dialect
        .stable_id_value(&spelled)
        .unwrap_or_else(|| spelled.into_bytes())
}

fn read(groups: &[usize], text: &[u8], any_case: bool) -> Option<ResourceId> {
    let mut octets = [0; 16];
    let mut places = octets.iter_mut();
    let mut rest = text;
    for (position, &length) in groups.iter().enumerate() {
        if position > 0 {
            rest = rest.strip_prefix(b"-")?;
        }
        let (group, after) = rest.split_at_checked(length)?;
        for pair in group.chunks_exact(2) {
            let [high, low] = <&[u8; 2]>::try_from(pair).ok()?.map(|digit| nibble(digit, any_case));
            *places.next()? = (high? << 4) | low?;
        }
        rest = after;
    }
    rest.is_empty().then_some(ResourceId(octets))
}

fn nibble(digit: u8, any_case: bool) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' if any_case => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_product_spells_its_ids_its_own_way() {
        let id = ResourceId(std::array::from_fn(|place| u8::try_from(place).unwrap() + 0xa0));
        assert_eq!(text(DialectName::OpenLdap, id), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
        assert_eq!(text(DialectName::Ds389, id), "a0a1a2a3-a4a5a6a7-a8a9aaab-acadaeaf");
        let dialect = DialectName::ActiveDirectory.dialect();
        let guid = value(DialectName::ActiveDirectory, dialect.as_ref(), id);
        assert_eq!(guid[..8], [0xa3, 0xa2, 0xa1, 0xa0, 0xa5, 0xa4, 0xa7, 0xa6]);
        assert_eq!(of_value(DialectName::ActiveDirectory, &guid), Some(id));
        // The same text as the dialect's own, which keys of accounts are made of.
        assert_eq!(
            dialect.stable_id_text(&guid).unwrap(),
            text(DialectName::ActiveDirectory, id)
        );
    }

    #[test]
    fn what_is_spelled_otherwise_is_no_id() {
        for wrong in [
            "",
            "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaea",
            "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaff",
            "A0A1A2A3-A4A5-A6A7-A8A9-AAABACADAEAF",
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
            "g0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf",
            "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf)(uid=*",
            "a0a1a2a3-a4a5a6a7-a8a9aaab-acadaeaf",
        ] {
            assert_eq!(parse(DialectName::OpenLdap, wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_id_reads_back(octets: [u8; 16]) {
            for name in DialectName::ALL {
                let dialect = name.dialect();
                let id = ResourceId(octets);
                prop_assert_eq!(parse(name, &text(name, id)), Some(id));
                prop_assert_eq!(of_value(name, &value(name, dialect.as_ref(), id)), Some(id));
            }
        }
    }
}
