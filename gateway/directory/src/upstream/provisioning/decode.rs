//! What an entry holds, as a tree of attributes. What cannot be read is left out: the directory's own tools show it.

use super::mapping::{Codec, Place, Row, TypeMapping};
use crate::upstream::entry::Entry;
use crate::upstream::openldap::time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_identity::DistinguishedName;
use postern_identity::name::escape;
use postern_identity::provisioning::{Attributes, Key, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose id a DN is; `None`: nobody's who is here.
pub(super) type IdOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The attributes of an entry that are wanted. Members and groups are not among them.
pub(super) fn attributes(
    mapping: &TypeMapping,
    entry: &Entry,
    wanted: &dyn Fn(&Key) -> bool,
    id_of: IdOf<'_>,
) -> Attributes {
    let mut found = Attributes::default();
    let mut elements: Vec<(&Key, Vec<Value>)> = Vec::new();
    for row in mapping.rows.iter().filter(|row| wanted(row.place.key())) {
        match &row.place {
            Place::Simple(key) => {
                if let Some(value) = first(entry, row, id_of) {
                    found.set(key.clone(), value);
                }
            }
            Place::Sub(key, sub) => {
                if let Some(value) = first(entry, row, id_of) {
                    put_sub(&mut found, key, sub, value);
                }
            }
            Place::Element { key, kind, sub } => {
                if !elements.iter().any(|(known, _)| *known == key) {
                    elements.push((key, Vec::new()));
                }
                if let Some((_, elements)) = elements.iter_mut().find(|(known, _)| *known == key) {
                    put_element(elements, entry, row, (kind.as_ref(), sub), id_of);
                }
            }
        }
    }
    for (key, mut values) in elements {
        if &*key.name == "emails"
            && let Some(Value::Complex(first)) = values.first_mut()
        {
            first.insert("primary".into(), Value::Boolean(true));
        }
        found.set(key.clone(), Value::Many(values));
    }
    name_otherwise(mapping, entry, wanted, &mut found);
    found
}

/// What a user is called where the attribute for that is empty.
fn name_otherwise(mapping: &TypeMapping, entry: &Entry, wanted: &dyn Fn(&Key) -> bool, found: &mut Attributes) {
    let key = Key::core("userName");
    if let Some(attribute) = &mapping.name_otherwise
        && wanted(&key)
        && found.get(&key).is_none()
        && let Some(name) = entry.text(attribute)
    {
        found.set(key, Value::text(name));
    }
}

fn put_sub(found: &mut Attributes, key: &Key, sub: &Arc<str>, value: Value) {
    let mut subs = match found.0.remove(key) {
        Some(Value::Complex(subs)) => subs,
        _ => BTreeMap::new(),
    };
    subs.insert(Arc::clone(sub), value);
    found.set(key.clone(), Value::Complex(subs));
}

fn put_element(
    elements: &mut Vec<Value>,
    entry: &Entry,
    row: &Row,
    (kind, sub): (Option<&Arc<str>>, &Arc<str>),
    id_of: IdOf<'_>,
) {
    let one = |value: Value| {
        let mut subs = BTreeMap::from([(Arc::clone(sub), value)]);
        if let Some(kind) = kind {
            subs.insert("type".into(), Value::text(&**kind));
        }
        Value::Complex(subs)
    };
    if &**sub == "value" {
        elements.extend(values(entry, row, id_of).into_iter().map(one));
        return;
    }
    let Some(value) = first(entry, row, id_of) else {
        return;
    };
    // The parts of one address are in as many attributes.
    let of_kind = |element: &&mut Value| match (element.sub("type"), kind) {
        (Some(Value::Text(own)), Some(kind)) => **own == **kind,
        (own, kind) => own.is_none() && kind.is_none(),
    };
    match elements.iter_mut().find(of_kind) {
        Some(Value::Complex(subs)) => {
            subs.insert(Arc::clone(sub), value);
        }
        _ => elements.push(one(value)),
    }
}

/// The values of a row that can be read.
pub(super) fn values(entry: &Entry, row: &Row, id_of: IdOf<'_>) -> Vec<Value> {
    let own = entry.values(row.base_type());
    own.filter_map(|value| decode(row.codec, value, id_of)).collect()
}

/// The one value that counts: the one in the entry's name, or else the first.
fn first(entry: &Entry, row: &Row, id_of: IdOf<'_>) -> Option<Value> {
    let all: Vec<&[u8]> = entry.values(row.base_type()).collect();
    let chosen = match all.as_slice() {
        [] => return None,
        [only] => *only,
        several => several
            .iter()
            .copied()
            .find(|value| names(entry.dn(), row.base_type(), value))
            .or_else(|| several.first().copied())?,
    };
    decode(row.codec, chosen, id_of)
}

/// Whether an entry is named by this value.
pub(super) fn names(dn: &str, attribute: &str, value: &[u8]) -> bool {
    let (Ok(text), Some(rest)) = (std::str::from_utf8(value), parent(dn)) else {
        return false;
    };
    let mut written = format!("{attribute}=");
    escape(text, &mut written);
    written.push(',');
    written.push_str(rest);
    match (
        DistinguishedName::parse(written.as_bytes()),
        DistinguishedName::parse(dn.as_bytes()),
    ) {
        (Ok(written), Ok(name)) => written == name,
        _ => false,
    }
}

/// The DN of the entry above.
pub(super) fn parent(dn: &str) -> Option<&str> {
    let mut escaped = false;
    for (place, octet) in dn.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b',' | b';' => return dn.get(place + 1..).map(str::trim_start),
            _ => {}
        }
    }
    None
}

/// One LDAP value.
pub(super) fn decode(codec: Codec, value: &[u8], id_of: IdOf<'_>) -> Option<Value> {
    let text = || std::str::from_utf8(value).ok().filter(|text| !text.is_empty());
    match codec {
        Codec::Text | Codec::Country => text().map(Value::text),
        Codec::Boolean => match text()? {
            "TRUE" => Some(Value::Boolean(true)),
            "FALSE" => Some(Value::Boolean(false)),
            _ => None,
        },
        Codec::Integer => text()?.parse().ok().map(Value::Integer),
        Codec::Moment => time::parse(text()?).map(Value::Moment),
        Codec::Octets | Codec::Certificate => (!value.is_empty()).then(|| Value::Octets(value.to_vec())),
        Codec::Photo => {
            let kind = if value.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
            Some(Value::Text(format!(
                "data:image/{kind};base64,{}",
                STANDARD.encode(value)
            )))
        }
        Codec::User => id_of(text()?).map(Value::Text),
        Codec::PostalAddress => text().map(postal_address).map(Value::Text),
        Codec::LabeledUri => text()?.split(' ').next().filter(|uri| !uri.is_empty()).map(Value::text),
    }
}

/// RFC 4517 §3.3.28: lines apart by `$`; in them `\24` is a dollar and `\5C` a backslash.
fn postal_address(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        let escaped = after.get(..2).filter(|_| character == '\\');
        let (meant, length) = match (character, escaped.map(str::to_ascii_lowercase).as_deref()) {
            ('$', _) => ('\n', 0),
            (_, Some("24")) => ('$', 2),
            (_, Some("5c")) => ('\\', 2),
            (other, _) => (other, 0),
        };
        lines.push(meant);
        rest = after.get(length..).unwrap_or_default();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::settings::ProvisioningSettings;
    use super::*;
    use crate::upstream::dialect::DialectName;

    fn nobody(_: &str) -> Option<String> {
        None
    }

    fn mapping() -> TypeMapping {
        let mut settings = ProvisioningSettings::default();
        settings
            .users
            .attributes
            .insert("x509Certificates".to_owned(), "userCertificate;binary".to_owned());
        settings
            .mapping(DialectName::OpenLdap, "dc=example,dc=org")
            .unwrap()
            .users
    }

    fn read(attributes: &[(&str, &[&str])]) -> Attributes {
        let entry = Entry::new("uid=Ada,ou=people,dc=example,dc=org", attributes);
        super::attributes(&mapping(), &entry, &|_| true, &|dn| {
            (dn == "uid=boss").then(|| "7".to_owned())
        })
    }

    #[test]
    fn an_entry_becomes_a_tree() {
        let read = read(&[
            ("uid", &["other", "ada"]),
            ("cn", &["Ada Lovelace"]),
            ("sn", &["Lovelace"]),
            ("mail", &["ada@example.org", "a@example.org"]),
            ("mobile", &["+44 1"]),
            ("l", &["London"]),
            ("postalAddress", &["1 Way$5 \\24 \\5cA"]),
            ("manager", &["uid=boss"]),
            ("labeledURI", &["https://example.org/ada Ada's page"]),
            ("departmentNumber", &["7"]),
        ]);
        assert_eq!(read.text("userName"), Some("ada"), "the one in its name");
        assert_eq!(read.text("profileUrl"), Some("https://example.org/ada"));
        let name = read.get(&Key::core("name")).unwrap();
        assert_eq!(name.sub("familyName"), Some(&Value::text("Lovelace")));
        let emails = read.get(&Key::core("emails")).unwrap().each();
        assert_eq!(
            (emails.len(), emails[0].sub("primary")),
            (2, Some(&Value::Boolean(true)))
        );
        assert_eq!(
            (emails[1].sub("value"), emails[1].sub("primary")),
            (Some(&Value::text("a@example.org")), None)
        );
        let addresses = read.get(&Key::core("addresses")).unwrap().each();
        assert_eq!(addresses.len(), 1);
        assert_eq!(addresses[0].sub("formatted"), Some(&Value::text("1 Way\n5 $ \\A")));
        assert_eq!(
            (addresses[0].sub("locality"), addresses[0].sub("type")),
            (Some(&Value::text("London")), Some(&Value::text("work")))
        );
        let manager = read
            .get(&Key::of(super::super::mapping::ENTERPRISE, "manager"))
            .unwrap();
        assert_eq!(manager.sub("value"), Some(&Value::text("7")));
    }

    #[test]
    fn what_is_not_there_or_dangles_is_not_in_the_tree() {
        let read = read(&[("uid", &["ada"]), ("manager", &["uid=gone"]), ("displayName", &[""])]);
        assert_eq!(read.0.len(), 1, "{read:?}");
    }

    #[test]
    fn values_are_read_by_their_syntax() {
        let read = |codec, value: &str| decode(codec, value.as_bytes(), &nobody);
        assert_eq!(read(Codec::Boolean, "TRUE"), Some(Value::Boolean(true)));
        assert_eq!(read(Codec::Boolean, "yes"), None);
        assert_eq!(read(Codec::Integer, "-7"), Some(Value::Integer(-7)));
        let moment = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(read(Codec::Moment, "20261122120000Z"), Some(Value::Moment(moment)));
        assert_eq!(read(Codec::Octets, "a"), Some(Value::Octets(vec![b'a'])));
        assert_eq!(
            read(Codec::Photo, "\u{89}"),
            Some(Value::text("data:image/jpeg;base64,wok="))
        );
        assert_eq!(decode(Codec::Text, &[0xff], &nobody), None);
    }

    #[test]
    fn a_name_is_known_in_its_entry_whatever_is_escaped() {
        assert!(names("cn=a\\, b+x=1,dc=x", "x", b"1") || !names("cn=a\\, b+x=1,dc=x", "cn", b"a"));
        assert!(names("cn=Lovelace\\, Ada,dc=x", "cn", b"lovelace, ada"));
        assert!(!names("cn=Lovelace\\, Ada,dc=x", "cn", b"Lovelace"));
        assert_eq!(parent("cn=a\\,b, dc=x"), Some("dc=x"));
        assert_eq!(parent("dc=x"), None);
    }
}
