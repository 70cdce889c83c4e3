//! Controls that name attributes which are only shown.

use super::*;
use postern_ldap::change::{NewChange, modify};
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::control::sort::{self, SortKey};
use postern_ldap::{ResultCode, control, oid};

/// What goes up of a request with these controls, one behind the other. `None`: the request as it is.
fn put(shape: &Shape, controls: &[&[u8]], denied: &str) -> Result<Option<Vec<u8>>, Refused> {
    let change = NewChange {
        operation: 2,
        attribute: b"mail",
        values: &[b"a@b"],
    };
    let octets = modify(MessageId(3), b"uid=a,dc=example", &[change], controls);
    let request = Message::parse(&octets).unwrap();
    let other = shape.controls(&request, &|name| name.eq_ignore_ascii_case(denied.as_bytes()))?;
    Ok(other.map(|other| {
        let message = Message::parse(&other).unwrap();
        assert_eq!(
            (message.id, message.operation.whole),
            (request.id, request.operation.whole)
        );
        message.controls.content().to_vec()
    }))
}

fn sorted_by(names: &[&str], critical: bool) -> Vec<u8> {
    let keys: Vec<SortKey<'_>> = names
        .iter()
        .enumerate()
        .map(|(number, name)| SortKey {
            attribute: name.as_bytes(),
            ordering_rule: (number == 0).then_some(b"2.5.13.3"),
            reverse: number == 0,
        })
        .collect();
    sort::control(&keys, critical)
}

fn returning(oid: &[u8], names: &[&str], critical: bool) -> Vec<u8> {
    let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    read_entry::request(oid, &names, critical)
}

#[test]
fn sort_keys_are_the_directorys_own_where_those_stand_in_the_same_order() {
    let openldap = as_active_directory();
    let active_directory = as_ppolicy();
    for critical in [false, true] {
        for (shape, asked, wanted) in [
            (&openldap, &["sAMAccountName", "sn"][..], &["uid", "sn"][..]),
            (
                &openldap,
                &["1.2.840.113556.1.4.656", "whenCreated", "WHENCHANGED"],
                &["mail", "createTimestamp", "modifyTimestamp"],
            ),
            (&active_directory, &["cn", "uid"], &["cn", "sAMAccountName"]),
        ] {
            let made = put(shape, &[&sorted_by(asked, critical)], "");
            assert_eq!(made, Ok(Some(sorted_by(wanted, critical))), "{asked:?}");
        }
        for (shape, own) in [(&openldap, "uid"), (&active_directory, "sAMAccountName")] {
            assert_eq!(put(shape, &[&sorted_by(&[own, "cn"], critical)], ""), Ok(None));
        }
    }
}

#[test]
fn what_cannot_be_said_is_left_out_or_refused_if_it_is_critical() {
    let openldap = as_active_directory();
    let active_directory = as_ppolicy();
    let same = shape(ShapeProduct::ActiveDirectory, DialectName::ActiveDirectory);
    let other = control::encode(b"1.2.3", false, Some(b"userAccountControl"));
    let make = |critical| {
        [
            (&openldap, sorted_by(&["sn", "userAccountControl"], critical)),
            (&openldap, sorted_by(&["objectGUID"], critical)),
            (&same, sorted_by(&["whenCreated"], critical)),
            (&active_directory, sorted_by(&["pwdChangedTime"], critical)),
            (&openldap, returning(oid::PRE_READ, &["cn", "sAMAccountName"], critical)),
            (
                &openldap,
                returning(oid::POST_READ, &["*", "1.2.840.113556.1.4.8"], critical),
            ),
        ]
    };
    for (shape, control) in make(false) {
        assert_eq!(put(shape, &[&other, &control], ""), Ok(Some(other.clone())));
    }
    for (shape, control) in make(true) {
        assert_eq!(put(shape, &[&other, &control], ""), Err(Refused::Control));
    }
    // Beside it, what names nothing that is only shown stays.
    let own = returning(oid::POST_READ, &["cn", "*", "+"], true);
    let kept = put(
        &openldap,
        &[&returning(oid::PRE_READ, &["pwdLastSet"], false), &own],
        "",
    );
    assert_eq!(kept, Ok(Some(own.clone())));
    assert_eq!(put(&openldap, &[&own], ""), Ok(None));
}

#[test]
fn what_is_denied_or_cannot_be_read_is_so_in_controls_too() {
    let openldap = as_active_directory();
    for control in [
        sorted_by(&["1.2.840.113556.1.4.221"], false),
        sorted_by(&["samaccountname;x"], true),
        returning(oid::PRE_READ, &["sAMAccountName"], false),
    ] {
        assert_eq!(put(&openldap, &[&control], "sAMAccountName"), Err(Refused::Denied));
    }
    for oid in [oid::SORT_REQUEST, oid::PRE_READ, oid::POST_READ] {
        for value in [None, Some(&b"\x30\x01"[..])] {
            let control = control::encode(oid, false, value);
            assert_eq!(put(&openldap, &[&control], ""), Err(Refused::Malformed));
        }
    }
}

#[test]
fn what_a_write_returns_of_an_entry_has_none_of_the_directorys_own_attributes_of_such_names() {
    let openldap = as_active_directory();
    let returned = |attributes: &[(&str, &[&[u8]])]| {
        let octets = entry_of("uid=a,dc=example", attributes);
        let entry = Message::parse(&octets).unwrap();
        let read = ReadEntry {
            entry: SearchEntry::parse(&entry).unwrap(),
            tag: tag::SEARCH_ENTRY,
        };
        let control = read.control(oid::POST_READ, false, entry.operation.content);
        answer::result(MessageId(3), tag::MODIFY_RESPONSE, ResultCode::SUCCESS, "", &[&control])
    };
    let own: [(&str, &[&[u8]]); 2] = [("cn", &[b"alice"]), ("uid", &[b"alice"])];
    let other: [(&str, &[&[u8]]); 2] = [("userAccountControl", &[b"66048"]), ("sAMAccountName;x", &[b"other"])];
    let written = |octets: &[u8]| openldap.written(&Message::parse(octets).unwrap());
    assert_eq!(written(&returned(&[own, other].concat())), Ok(Some(returned(&own))));
    assert_eq!(written(&returned(&own)), Ok(None));
    let broken = control::encode(oid::PRE_READ, false, Some(b"x"));
    let broken = answer::result(MessageId(3), tag::DELETE_RESPONSE, ResultCode::SUCCESS, "", &[&broken]);
    assert!(written(&broken).is_err());
}
