//! What is looked up by a name that is written in any case: attribute types and object classes, several times for each value of an entry.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// By names in small letters.
pub(super) type ByName<V> = HashMap<Box<str>, V, BuildHasherDefault<NameHasher>>;

/// No name is longer; what is asked for comes from outside.
const LONGEST: usize = 128;

/// What has this name, in whatever case it is asked for.
pub(super) fn by_name<'a, V>(map: &'a ByName<V>, name: &[u8]) -> Option<&'a V> {
    let mut lower = [0_u8; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    map.get(std::str::from_utf8(lower).ok()?)
}

/// FNV-1a, eight octets at a time. What is in a map comes from definitions, never from a client, so nobody fills it with names that
/// collide; the hash that guards against that takes several times as long.
#[derive(Default)]
pub(super) struct NameHasher(u64);

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

impl NameHasher {
    fn take(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(29) ^ word ^ OFFSET).wrapping_mul(PRIME);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, octets: &[u8]) {
        let (words, rest) = octets.as_chunks::<8>();
        for word in words {
            self.take(u64::from_le_bytes(*word));
        }
        let rest = rest.iter().fold(0, |word, octet| word << 8 | u64::from(*octet));
        self.take(rest);
    }

    fn write_u8(&mut self, octet: u8) {
        self.take(u64::from(octet));
    }

    // A map takes its place from the high bits and the low ones: both are to depend on everything.
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 29
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::schema::Schema;
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    #[test]
    fn names_are_found_in_any_case_and_whole_and_nothing_else_is() {
        let mut map: ByName<u32> = ByName::default();
        for (name, number) in [("cn", 1), ("commonname", 2), ("2.5.4.3", 3), ("c", 4)] {
            map.insert(name.into(), number);
        }
        for (name, number) in [("CN", 1), ("commonName", 2), ("2.5.4.3", 3), ("C", 4)] {
            assert_eq!(by_name(&map, name.as_bytes()), Some(&number), "{name}");
        }
        for name in ["", "c\0", "commonNam", "2.5.4", "common", "\u{e4}"] {
            assert_eq!(by_name(&map, name.as_bytes()), None, "{name:?}");
        }
        assert_eq!(by_name(&map, &[0xff]), None);
        assert_eq!(by_name(&map, &[b'c'; LONGEST + 1]), None);
    }

    #[test]
    fn the_standard_names_are_spread_over_a_map() {
        let hash = BuildHasherDefault::<NameHasher>::default();
        let schema = Schema::standard();
        let names: HashSet<&str> = schema
            .attributes()
            .iter()
            .flat_map(|kind| &kind.names)
            .map(|name| &**name)
            .collect();
        assert!(names.len() > 100);
        let hashes = || names.iter().map(|name| hash.hash_one(name));
        assert_eq!(hashes().collect::<HashSet<_>>().len(), names.len());
        // A table of 512 places is asked by the low bits, and within them told apart by the highest seven.
        assert!(hashes().map(|hash| hash % 512).collect::<HashSet<_>>().len() > names.len() / 2);
        assert!(hashes().map(|hash| hash >> 57).collect::<HashSet<_>>().len() > 64);
    }
}
