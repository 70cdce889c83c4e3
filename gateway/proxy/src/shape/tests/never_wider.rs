//! Whatever a client asks for, it gets no entry that the entry as it is shown does not fulfil.

use super::*;
use postern_ldap::ber::Cursor;
use postern_ldap::filter::rewrite::{Item, Kind as Asks, Rewritten, rewrite};
use postern_ldap::filter::{all, any, equality, not, present};
use proptest::prelude::*;

type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

/// Whether an entry fulfils an item: `None` where that is undefined.
fn item_holds(item: &Item<'_>, entry: &Attributes) -> Option<bool> {
    let values = entry.get(&String::from_utf8_lossy(item.attribute?).to_lowercase());
    let number = |octets: &[u8]| std::str::from_utf8(octets).ok()?.parse::<i64>().ok();
    match item.kind {
        Asks::Present => Some(values.is_some()),
        Asks::Equality => {
            Some(values.is_some_and(|values| values.iter().any(|value| value.eq_ignore_ascii_case(item.value))))
        }
        Asks::GreaterOrEqual => {
            let least = number(item.value)?;
            Some(values.is_some_and(|values| {
                values
                    .iter()
                    .any(|value| number(value).is_some_and(|value| value >= least))
            }))
        }
        Asks::Extensible => {
            let bits = number(item.value)?;
            let fits = |value: i64| match item.rule {
                Some(b"1.2.840.113556.1.4.803") => value & bits == bits,
                _ => value & bits != 0,
            };
            Some(values.is_some_and(|values| values.iter().any(|value| number(value).is_some_and(fits))))
        }
        _ => None,
    }
}

/// Whether an entry fulfils a filter, in three values (RFC 4511 §4.5.1.7).
fn holds(filter: &[u8], entry: &Attributes) -> Option<bool> {
    let element = Cursor::new(filter).only().unwrap();
    let mut parts = Vec::new();
    let mut rest = Cursor::new(element.content);
    if matches!(element.tag, 0xa0..=0xa2) {
        while !rest.is_empty() {
            parts.push(holds(rest.element().unwrap().whole, entry));
        }
    }
    match element.tag {
        0xa0 if parts.contains(&Some(false)) => Some(false),
        0xa0 => parts.iter().all(|part| *part == Some(true)).then_some(true),
        0xa1 if parts.contains(&Some(true)) => Some(true),
        0xa1 => parts.iter().all(|part| *part == Some(false)).then_some(false),
        0xa2 => parts[0].map(|holds| !holds),
        _ => {
            let mut found = None;
            let seen = rewrite(element, |item| {
                found = item_holds(item, entry);
                Ok::<_, WireError>(Rewritten::Same)
            });
            seen.unwrap();
            found
        }
    }
}

fn items(product: ShapeProduct) -> Vec<Vec<u8>> {
    let bits = |rule: &str, value: &str| text::parse(&format!("(userAccountControl:{rule}:={value})")).unwrap();
    let equal = |attribute: &str, value: &str| equality(attribute.as_bytes(), value.as_bytes());
    let mut all = vec![equal("cn", "x"), present(b"cn"), equal("objectClass", "person")];
    match product {
        ShapeProduct::ActiveDirectory => {
            for value in ["2", "512", "514", "16", "66048", "0"] {
                all.push(bits("1.2.840.113556.1.4.803", value));
                all.push(bits("1.2.840.113556.1.4.804", value));
                all.push(equal("userAccountControl", value));
            }
            for (attribute, value) in [
                ("objectClass", "user"),
                ("objectClass", "group"),
                ("sAMAccountName", "alice"),
                ("sAMAccountName", "bob"),
                ("pwdLastSet", "0"),
                ("pwdLastSet", "1"),
                ("lockoutTime", "0"),
                ("accountExpires", "0"),
            ] {
                all.push(equal(attribute, value));
                all.push(present(attribute.as_bytes()));
            }
            all.push(text::parse("(pwdLastSet>=1)").unwrap());
            all.push(text::parse("(lockoutTime>=1)").unwrap());
        }
        ShapeProduct::Ppolicy => {
            for (attribute, value) in [
                ("uid", "alice"),
                ("objectClass", "inetOrgPerson"),
                ("objectClass", "posixAccount"),
                ("objectClass", "groupOfNames"),
                ("pwdReset", "TRUE"),
                ("pwdReset", "FALSE"),
                ("pwdAccountLockedTime", "000001010000Z"),
                ("pwdPolicySubentry", "cn=ppolicy,ou=policies,dc=example"),
                ("pwdPolicySubentry", "cn=other"),
                ("shadowMax", "365"),
                ("entryUUID", UUID),
            ] {
                all.push(equal(attribute, value));
                all.push(present(attribute.as_bytes()));
            }
        }
    }
    all
}

fn a_filter(product: ShapeProduct) -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop::sample::select(items(product));
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| all(&parts)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| any(&parts)),
            inner.prop_map(|part| not(&part)),
        ]
    })
}

fn chosen(candidates: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Attributes> {
    prop::sample::subsequence(candidates, 0..=candidates.len()).prop_map(|chosen| {
        let mut all = Attributes::new();
        all.insert("objectclass".to_owned(), vec![b"top".to_vec()]);
        for (name, value) in chosen {
            all.entry(name.to_lowercase())
                .or_default()
                .push(value.as_bytes().to_vec());
        }
        all
    })
}

const IN_OPENLDAP: &[(&str, &str)] = &[
    ("objectClass", "person"),
    ("objectClass", "inetOrgPerson"),
    ("objectClass", "groupOfNames"),
    ("cn", "x"),
    ("uid", "alice"),
    ("pwdReset", "TRUE"),
    ("pwdAccountLockedTime", "000001010000Z"),
    ("pwdChangedTime", "20260101000000Z"),
    ("createTimestamp", "20250101000000Z"),
    ("pwdPolicySubentry", "cn=p"),
];
const IN_ACTIVE_DIRECTORY: &[(&str, &str)] = &[
    ("objectClass", "person"),
    ("objectClass", "user"),
    ("objectClass", "computer"),
    ("objectClass", "group"),
    ("cn", "x"),
    ("sAMAccountName", "alice"),
    ("uidNumber", "1000"),
    ("pwdLastSet", "0"),
    ("userAccountControl", "514"),
    ("lockoutTime", "134220672000000000"),
];

/// The entry as the client sees it if it asks for everything there is.
fn seen(shape: &Shape, entry: &Attributes) -> Attributes {
    let mut asked: Vec<&str> = vec!["*", "+"];
    asked.extend(shape.virtuals().map(|one| one.name));
    let values: Vec<(&str, Vec<&[u8]>)> = entry
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(Vec::as_slice).collect()))
        .collect();
    let attributes: Vec<(&str, &[&[u8]])> = values.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let shown = shown(shape, &asked, &entry_of("cn=x,dc=example", &attributes));
    shown
        .into_iter()
        .map(|(name, values)| (name.to_lowercase(), values))
        .collect()
}

fn never_wider(shape: &Shape, filter: &[u8], entry: &Attributes) -> Result<(), TestCaseError> {
    let (up, _, _) = goes_up(shape, &search_with(filter, &["cn"]));
    if holds(&up, entry) == Some(true) {
        let seen = seen(shape, entry);
        prop_assert_eq!(holds(filter, &seen), Some(true), "{:?}", seen);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn of_openldap_shown_as_active_directory(filter in a_filter(ShapeProduct::ActiveDirectory), entry in chosen(IN_OPENLDAP)) {
        let shape = as_active_directory();
        let figures: [(&str, &[&str]); 2] = [("pwdMustChange", &["TRUE"]), ("pwdLockout", &["TRUE"])];
        shape.policies.put("cn=p", Entry::new("cn=p", &figures));
        never_wider(&shape, &filter, &entry)?;
    }

    #[test]
    fn of_active_directory_shown_as_ppolicy(filter in a_filter(ShapeProduct::Ppolicy), entry in chosen(IN_ACTIVE_DIRECTORY)) {
        let shape = as_ppolicy();
        shape.policies.put("dc=example", Entry::new("dc=example", &[("maxPwdAge", &["-315360000000000"])]));
        never_wider(&shape, &filter, &entry)?;
    }
}
