//! Results in an order, and entries as a change left them, from a slapd that has an attribute of Active Directory's by itself.

use super::{Attributes, entries, texts};
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::control::sort::{self, SortKey};
use postern_ldap::{Message, oid};
use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE};
use postern_tests::request::{self, Change, Scope};
use postern_tests::wire::Answer;
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire};

fn start() -> (Slapd, Gateway, Wire) {
    let slapd = Slapd::start_with(&SlapdSettings {
        global: "moduleload sssvlv.la
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch ORDERING integerOrderingMatch \
         SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.1 NAME 'imported' AUXILIARY MAY userAccountControl )"
            .to_owned(),
        ldif: people::account(
            "imported",
            "active",
            &["objectClass: imported", "userAccountControl: 66050"],
        ),
        overlays: "overlay sssvlv".to_owned(),
        ..SlapdSettings::default()
    });
    let settings = GatewaySettings {
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{BASE}\""),
        more: "[route.shape]\nlike = \"active-directory\"".to_owned(),
        ..GatewaySettings::new("keycloak-ad", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    (slapd, gateway, wire)
}

#[test]
fn people_come_in_the_order_of_their_login_names_and_no_order_is_made_up() {
    let (_slapd, _gateway, mut wire) = start();
    let mut sorted = |id, by: &str, critical| {
        let key = SortKey {
            attribute: by.as_bytes(),
            ordering_rule: (by == "sAMAccountName").then_some(b"2.5.13.3"),
            reverse: true,
        };
        let control = sort::control(&[key], critical);
        let base = format!("ou=people,{BASE}");
        let search = request::search(id, &base, Scope::One, "uid", &["sAMAccountName"], &[&control]);
        let mut answers = wire.ask(&search);
        let end = answers.pop().unwrap();
        let names: Vec<String> = entries(&answers)
            .iter()
            .flat_map(|(_, entry)| texts(entry, "sAMAccountName"))
            .collect();
        (end.code, names)
    };
    let (code, names) = sorted(2, "sAMAccountName", true);
    assert_eq!(code, Some(0));
    assert!(
        names.len() > 3 && names.is_sorted_by(|one, other| one > other),
        "{names:?}"
    );
    // Unsorted where the client can bear it: the directory's own attribute of that name is another.
    let (code, unsorted) = sorted(3, "userAccountControl", false);
    assert_eq!((code, unsorted.len()), (Some(0), names.len()));
    assert_ne!(unsorted[0], "imported");
    assert_eq!(sorted(4, "userAccountControl", true), (Some(12), vec![]));
}

#[test]
fn what_a_change_returns_of_an_entry_is_the_directorys_and_nothing_that_is_only_shown() {
    let (_slapd, _gateway, mut wire) = start();
    let mut changed = |id, asked: &[&str], critical| {
        let names: Vec<&[u8]> = asked.iter().map(|name| name.as_bytes()).collect();
        let control = read_entry::request(oid::POST_READ, &names, critical);
        let mail = format!("{id}@example.org");
        let change = [(Change::Replace, "mail", &[&*mail][..])];
        let dn = people::dn("imported");
        let answer = wire.ask(&request::modify(id, &dn, &change, &[&control])).remove(0);
        (answer.code, returned(&answer))
    };
    let (code, entry) = changed(2, &["mail", "userAccountControl"], false);
    assert_eq!((code, entry), (Some(0), None));
    assert_eq!(changed(3, &["mail", "userAccountControl"], true), (Some(12), None));
    for critical in [false, true] {
        let id = 4 + u32::from(critical);
        let (code, entry) = changed(id, &["*"], critical);
        let entry = entry.unwrap();
        assert_eq!(
            (code, texts(&entry, "mail")),
            (Some(0), vec![format!("{id}@example.org")])
        );
        assert!(!entry.contains_key("useraccountcontrol"), "{entry:?}");
    }
}

/// The entry in an answer to a change.
fn returned(answer: &Answer) -> Option<Attributes> {
    let message = Message::parse(&answer.octets).unwrap();
    let control = message.controls.find(oid::POST_READ).unwrap()?;
    let read = ReadEntry::parse(control.value.unwrap()).unwrap();
    let attributes = read.entry.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let name = String::from_utf8(attribute.description.to_ascii_lowercase()).unwrap();
        (name, attribute.values().map(<[u8]>::to_vec).collect())
    });
    Some(attributes.collect())
}
