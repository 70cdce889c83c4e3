//! Fields of forms and queries, read strictly: the known ones, each once, text. A name that is sent twice, or as a list, is a request
//! somebody tampered with, and nothing is looked up for it.

use crate::fault::Fault;
use postern_identity::Secret;

/// The most fields of one form.
const MOST: usize = 64;

/// What was sent, by the names that were asked for. A field may hold a password: there is no `Debug`, and it is wiped when dropped.
pub struct Fields(Vec<(&'static str, Secret)>);

impl Fields {
    /// A form's (`application/x-www-form-urlencoded`). Exactly the known fields, each at most once.
    pub fn of_form(octets: &[u8], known: &[&'static str]) -> Result<Self, Fault> {
        Self::parse(octets, known, true)
    }

    /// A query's. Others than the known are passed over (mail programs and scanners add some); the known stand at most once each.
    pub fn of_query(query: &str, known: &[&'static str]) -> Result<Self, Fault> {
        Self::parse(query.as_bytes(), known, false)
    }

    fn parse(octets: &[u8], known: &[&'static str], strict: bool) -> Result<Self, Fault> {
        let unreadable = Fault::Malformed(if strict { "the form" } else { "the query" });
        let mut fields: Vec<(&'static str, Secret)> = Vec::new();
        if octets.is_empty() {
            return Ok(Self(fields));
        }
        for (number, pair) in octets.split(|octet| *octet == b'&').enumerate() {
            if number >= MOST {
                return Err(unreadable);
            }
            let cut = pair.iter().position(|octet| *octet == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(cut).ok_or(unreadable)?;
            let name = decoded(name).ok_or(unreadable)?;
            let Some(name) = known.iter().find(|known| known.as_bytes() == name.expose()) else {
                if strict {
                    return Err(unreadable);
                }
                continue;
            };
            let value = decoded(value.get(1..).unwrap_or_default()).ok_or(unreadable)?;
            if fields.iter().any(|(seen, _)| seen == name) {
                return Err(Fault::Malformed("a field that stands there twice"));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// As it was sent; `None` where it was not. An empty field is `Some("")`.
    pub fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == name)?;
        std::str::from_utf8(value.expose()).ok()
    }

    /// The same for a password or code: taken out, so that there is one copy of it.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// `+` and `%XX` undone (URL standard, urlencoded parsing), with every `%` that is none refused, and everything that is not text.
fn decoded(octets: &[u8]) -> Option<Secret> {
    // As long as it can get: growing would leave copies behind.
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets.iter();
    while let Some(octet) = rest.next() {
        plain.push(match octet {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    let plain = Secret::new(plain);
    std::str::from_utf8(plain.expose()).ok()?;
    Some(plain)
}

pub(crate) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: &[&str] = &["name", "form", "password"];

    fn form(octets: &[u8]) -> Result<Fields, Fault> {
        Fields::of_form(octets, KNOWN)
    }

    #[test]
    fn the_known_fields_are_read_each_once() {
        let mut fields = form(b"name=J%C3%B6rg+M.&form=&password=%26%3D+%2B").unwrap();
        assert_eq!(fields.text("name"), Some("Jörg M."));
        assert_eq!(fields.text("form"), Some(""));
        assert_eq!(fields.secret("password").unwrap().expose(), b"&= +");
        assert!(fields.text("password").is_none());
        assert!(form(b"").unwrap().text("name").is_none());
        assert_eq!(form(b"name").unwrap().text("name"), Some(""));
    }

    #[test]
    fn lists_repetitions_and_unknown_fields_are_refused() {
        for octets in [
            b"name=a&name=b".as_slice(),
            b"name=a&name=a",
            b"name=a&n%61me=b",
            b"name[]=a&name[]=b",
            b"name%5B%5D=a",
            b"name[0]=a",
            b"Name=a",
            b"name=a&admin=true",
            b"name=a&",
            b"=a",
        ] {
            assert!(form(octets).is_err(), "{}", String::from_utf8_lossy(octets));
        }
        assert!(form(&b"x&".repeat(MOST + 1)).is_err());
    }

    #[test]
    fn what_is_not_text_is_refused() {
        for octets in [
            b"name=\xff".as_slice(),
            b"name=%ff",
            b"name=%C3",
            b"name=%",
            b"name=%4",
            b"name=%zz",
            b"name=%+1",
            b"\xff=a",
        ] {
            assert!(form(octets).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn a_query_may_hold_more_but_no_known_field_twice() {
        let query = |text| Fields::of_query(text, KNOWN);
        assert_eq!(
            query("utm_source=x&name=bob&fbclid=%C3%A4").unwrap().text("name"),
            Some("bob")
        );
        assert!(query("name=bob&name=alice").is_err());
        assert!(query("name=%FF").is_err());
        assert!(query("utm_source=%FF&name=bob").is_ok());
    }

    /// LDAP metacharacters are a name's like others: nothing is taken away and nothing added.
    #[test]
    fn metacharacters_arrive_as_they_were_typed() {
        let fields = form(b"name=*%29%28uid%3D*%29%29%28%7C%28uid%3D*%5C00%00").unwrap();
        assert_eq!(fields.text("name"), Some("*)(uid=*))(|(uid=*\\00\0"));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = form(&octets);
            let _ = Fields::of_query(&String::from_utf8_lossy(&octets), KNOWN);
        }

        #[test]
        fn what_is_written_reads_back(name in "\\PC{0,40}", password in any::<String>()) {
            let written = |text: &str| text.bytes().map(|octet| format!("%{octet:02x}")).collect::<Vec<_>>().concat();
            let body = format!("password={}&name={}", written(&password), written(&name));
            let mut fields = form(body.as_bytes()).unwrap();
            prop_assert_eq!(fields.text("name"), Some(name.as_str()));
            prop_assert!(fields.secret("password").unwrap().expose() == password.as_bytes());
        }

        #[test]
        fn a_second_field_of_a_name_is_never_taken(one in "[a-z]{0,8}", other in "[a-z]{0,8}", between in "(&form=[a-z]{0,3})?") {
            let body = ["name=", &one, &between, "&name=", &other].concat();
            prop_assert!(form(body.as_bytes()).is_err());
        }
    }
}
