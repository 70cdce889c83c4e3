use super::super::encode::tests::{element, mapping, tree};
use super::*;
use crate::upstream::dialect::DialectName;
use crate::upstream::provisioning::mapping::TypeMapping;
use crate::upstream::write::ModificationKind::{Add, Delete, Replace};
use postern_identity::provisioning::{Attributes, Value};

fn changes(mapping: &TypeMapping, before: &Attributes, after: &Attributes) -> Vec<(ModificationKind, String, String)> {
    let names = Names::new();
    let (old, new) = Encoded::both(mapping, before, after).unwrap();
    let told = |change: &Change| {
        let values: Vec<_> = change
            .values
            .iter()
            .map(|value| String::from_utf8_lossy(value))
            .collect();
        (change.kind, change.attribute.clone(), values.join("|"))
    };
    between(&old, &new, &names).iter().map(told).collect()
}

fn row(kind: ModificationKind, attribute: &str, values: &str) -> (ModificationKind, String, String) {
    (kind, attribute.to_owned(), values.to_owned())
}

#[test]
fn values_are_deleted_and_added_and_nothing_else_is_touched() {
    let mapping = mapping(DialectName::OpenLdap).users;
    let emails = |values: &[&str]| Value::Many(values.iter().map(|value| element("work", value)).collect());
    let before = tree(&[
        ("userName", Value::text("bob")),
        ("title", Value::text("Clerk")),
        ("displayName", Value::text("Bob")),
        ("emails", emails(&["a@x", "b@x"])),
    ]);
    let after = tree(&[
        ("userName", Value::text("bob")),
        ("title", Value::text("Head")),
        ("displayName", Value::text("Bob")),
        ("emails", emails(&["b@x", "c@x"])),
    ]);
    assert_eq!(
        changes(&mapping, &before, &after),
        [
            row(Delete, "title", "Clerk"),
            row(Add, "title", "Head"),
            row(Delete, "mail", "a@x"),
            row(Add, "mail", "c@x"),
        ]
    );
    assert_eq!(changes(&mapping, &before, &before), []);
}

#[test]
fn what_the_directory_cannot_compare_is_replaced() {
    let mapping = mapping(DialectName::OpenLdap).users;
    let with = |number: &str| {
        tree(&[
            ("userName", Value::text("bob")),
            ("phoneNumbers", Value::Many(vec![element("fax", number)])),
        ])
    };
    assert_eq!(
        changes(&mapping, &with("1"), &with("2")),
        [row(Replace, "facsimileTelephoneNumber", "2")]
    );
}

#[test]
fn what_must_stay_is_made_of_what_is_left() {
    let mapping = mapping(DialectName::OpenLdap).users;
    let name = Value::complex([("familyName", Value::text("Brown"))]);
    let before = tree(&[("userName", Value::text("bob")), ("name", name)]);
    let after = tree(&[("userName", Value::text("bob"))]);
    assert_eq!(
        changes(&mapping, &before, &after),
        [row(Delete, "sn", "Brown"), row(Add, "sn", "bob")]
    );
}
