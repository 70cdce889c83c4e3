use super::*;
use crate::upstream::dialect::DialectName;
use crate::upstream::provisioning::mapping::Mapping;
use crate::upstream::provisioning::settings::ProvisioningSettings;

pub(in super::super) fn mapping(dialect: DialectName) -> Mapping {
    ProvisioningSettings::default()
        .mapping(dialect, "dc=example,dc=org")
        .unwrap()
}

pub(in super::super) fn tree(attributes: &[(&str, Value)]) -> Attributes {
    let mut tree = Attributes::default();
    for (name, value) in attributes {
        tree.set(Key::core(*name), value.clone());
    }
    tree
}

pub(in super::super) fn element(kind: &str, value: &str) -> Value {
    Value::complex([("type", Value::text(kind)), ("value", Value::text(value))])
}

fn texts(encoded: &Encoded<'_>, attribute: &str) -> Vec<String> {
    let row = encoded.rows.iter().find(|(row, _)| row.attribute == attribute).unwrap();
    row.1
        .iter()
        .map(|worth| match worth {
            Worth::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            Worth::User(id) => format!("user {id}"),
        })
        .collect()
}

#[test]
fn a_tree_becomes_values_and_what_must_be_there_is_made_of_what_is() {
    let mapping = mapping(DialectName::OpenLdap).users;
    let manager = Value::complex([("value", Value::text("id-7"))]);
    let mut whole = tree(&[
        ("userName", Value::text("bob")),
        ("displayName", Value::text("Bob B")),
        (
            "emails",
            Value::Many(vec![element("WORK", "b@x"), element("", "c@x"), element("work", "B@X")]),
        ),
        (
            "addresses",
            Value::Many(vec![Value::complex([
                ("type", Value::text("work")),
                ("locality", Value::text("Bern")),
                ("formatted", Value::text("1 A$ Street\n3000 Bern")),
            ])]),
        ),
        ("active", Value::Boolean(true)),
        ("title", Value::text(" ")),
    ]);
    whole.set(Key::of(super::super::super::mapping::ENTERPRISE, "manager"), manager);
    let encoded = Encoded::of(&mapping, &whole).unwrap();
    assert_eq!(texts(&encoded, "uid"), ["bob"]);
    assert_eq!(texts(&encoded, "cn"), ["Bob B"]);
    assert_eq!(texts(&encoded, "sn"), ["Bob B"]);
    assert_eq!(texts(&encoded, "mail"), ["b@x", "c@x"], "each once");
    assert_eq!(texts(&encoded, "l"), ["Bern"]);
    assert_eq!(texts(&encoded, "postalAddress"), ["1 A\\24 Street$3000 Bern"]);
    assert_eq!(texts(&encoded, "title"), [""; 0], "what is empty is none");
    assert_eq!(texts(&encoded, "manager"), ["user id-7"]);
    assert_eq!(encoded.users().collect::<Vec<_>>(), ["id-7"]);
}

#[test]
fn the_primary_element_comes_first() {
    let mapping = mapping(DialectName::OpenLdap).users;
    let primary = Value::complex([
        ("type", Value::text("work")),
        ("value", Value::text("first@x")),
        ("primary", Value::Boolean(true)),
    ]);
    let whole = tree(&[
        ("userName", Value::text("bob")),
        ("emails", Value::Many(vec![element("work", "second@x"), primary])),
    ]);
    let encoded = Encoded::of(&mapping, &whole).unwrap();
    assert_eq!(texts(&encoded, "mail"), ["first@x", "second@x"]);
}

#[test]
fn what_does_not_fit_is_told_by_its_name() {
    let openldap = mapping(DialectName::OpenLdap).users;
    let samba = mapping(DialectName::ActiveDirectory).users;
    let told = |mapping: &TypeMapping, name: &str, value: Value| {
        let whole = tree(&[("userName", Value::text("bob")), (name, value)]);
        let fault = Encoded::of(mapping, &whole).unwrap_err();
        assert_eq!(fault.kind, EditFaultKind::InvalidValue);
        fault.detail.into_owned()
    };
    let address = |country: &str| {
        Value::Many(vec![Value::complex([
            ("type", Value::text("work")),
            ("country", Value::text(country)),
        ])])
    };
    assert!(told(&samba, "addresses", address("Switzerland")).starts_with("addresses.country must be"));
    assert!(told(&openldap, "title", Value::text("a\0b")).starts_with("title must hold no NUL"));
    assert!(told(&openldap, "title", Value::text("a".repeat(9000))).starts_with("title is too long"));
    assert_eq!(
        told(&openldap, "title", Value::Octets(vec![1])),
        "title has a value of another type"
    );
}

#[test]
fn elements_without_a_place_are_refused_and_those_that_were_there_are_not() {
    let mapping = mapping(DialectName::ActiveDirectory).users;
    let bob = Value::text("bob@ad.example.org");
    let unknown = tree(&[
        ("userName", bob.clone()),
        ("emails", Value::Many(vec![element("moon", "b@x")])),
    ]);
    let fault = Encoded::of(&mapping, &unknown).unwrap_err();
    assert_eq!(fault.detail, "emails has a place for these types alone: work, other");
    let two = tree(&[
        ("userName", bob),
        (
            "emails",
            Value::Many(vec![element("work", "b@x"), element("work", "c@x")]),
        ),
    ]);
    let fault = Encoded::of(&mapping, &two).unwrap_err();
    assert_eq!(fault.detail, "emails takes 1 of the type work");
    assert!(Encoded::both(&mapping, &two, &two).is_ok());
}

#[test]
fn whoever_has_no_name_is_not_written() {
    let mapping = mapping(DialectName::OpenLdap);
    let nobody = tree(&[("displayName", Value::text("Bob"))]);
    let fault = Encoded::of(&mapping.users, &nobody).unwrap_err();
    assert_eq!(fault.detail, "userName must have a value");
    let fault = Encoded::of(&mapping.groups, &Attributes::default()).unwrap_err();
    assert_eq!(fault.detail, "displayName must have a value");
}
