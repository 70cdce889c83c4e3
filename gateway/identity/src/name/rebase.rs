//! A name under another suffix: the RDNs before the suffix stay as they are written, octet for octet.

use super::{DistinguishedName, MOST_RDNS};

impl DistinguishedName {
    /// The name in `octets` with `to` in the place of `from`, which it must be or lie below; `None` if it does not, or is no DN. `to` is a DN as it
    /// is to be written.
    pub fn rebased(octets: &[u8], from: &Self, to: &str) -> Option<Vec<u8>> {
        let name = Self::parse(octets).ok()?;
        if from.is_root() || !name.is_within(from) {
            return None;
        }
        let before = name.depth() - from.depth();
        if before == 0 {
            return Some(to.as_bytes().to_vec());
        }
        let ends = ends_of_rdns(octets)?;
        // Cut where the parser cuts, or not at all.
        if ends.len() + 1 != name.depth() {
            return None;
        }
        let kept = octets.get(..=*ends.get(before - 1)?)?;
        let mut rebased = Vec::with_capacity(kept.len() + to.len());
        rebased.extend_from_slice(kept);
        rebased.extend_from_slice(to.as_bytes());
        Some(rebased)
    }
}

/// Where the separators between RDNs stand, as the parser sees them: a comma or semicolon that is neither escaped nor inside a quoted value,
/// which begins where a value does.
fn ends_of_rdns(octets: &[u8]) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    let mut value_begins = false;
    let mut quoted = false;
    let mut escaped = false;
    for (place, octet) in octets.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => {
                escaped = true;
                value_begins = false;
            }
            b'"' if quoted => quoted = false,
            b'"' if value_begins => {
                quoted = true;
                value_begins = false;
            }
            _ if quoted => {}
            b',' | b';' => {
                if ends.len() == MOST_RDNS {
                    return None;
                }
                ends.push(place);
                value_begins = false;
            }
            b'=' => value_begins = true,
            b' ' => {}
            _ => value_begins = false,
        }
    }
    Some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: &str = "dc=ad,dc=example,dc=org";

    fn rebased(name: &str) -> Option<String> {
        let from = DistinguishedName::parse(b"DC=Corp, dc=example").unwrap();
        DistinguishedName::rebased(name.as_bytes(), &from, THERE).map(|octets| String::from_utf8(octets).unwrap())
    }

    #[test]
    fn only_the_suffix_changes_and_all_before_it_stays_as_written() {
        for (name, before) in [
            ("dc=corp,dc=example", ""),
            ("DC=CORP , DC=Example", ""),
            ("uid=a,dc=corp,dc=example", "uid=a,"),
            (
                "CN=Doe\\, John ,OU=a+l=b,dc=corp,dc=example",
                "CN=Doe\\, John ,OU=a+l=b,",
            ),
            ("cn=\"a,b\\\"c\";ou=x,dc=corp,dc=example", "cn=\"a,b\\\"c\";ou=x,"),
            ("cn=a=\\2c\\\\,dc=corp;dc=example", "cn=a=\\2c\\\\,"),
            ("cn=#04016b,dc=corp,dc=example", "cn=#04016b,"),
            ("cn=dc\\=corp,dc=corp,dc=example", "cn=dc\\=corp,"),
            ("dc=corp,dc=corp,dc=example", "dc=corp,"),
        ] {
            assert_eq!(rebased(name), Some(format!("{before}{THERE}")), "{name}");
        }
    }

    #[test]
    fn names_elsewhere_and_what_is_no_name_have_no_other() {
        for name in [
            "",
            "dc=example",
            "xdc=corp,dc=example",
            "cn=x\\,dc=corp,dc=example",
            "uid=a,dc=corp,dc=example,dc=org",
            "uid=a\\,dc=corp\\,dc=example",
            "alice",
            "cn=\"a,dc=corp,dc=example",
        ] {
            assert_eq!(rebased(name), None, "{name}");
        }
        let root = DistinguishedName::parse(b"").unwrap();
        assert_eq!(DistinguishedName::rebased(b"dc=a", &root, THERE), None);
    }
}
