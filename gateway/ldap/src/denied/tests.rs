use super::*;
use crate::ber::Writer;
use crate::control::sort::SortKey;
use crate::message::MessageId;
use crate::search::{NewSearch, Scope};
use crate::{answer, change, control};

/// The attributes the tests deny, each by one of its names.
fn mail(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"mail") || name.eq_ignore_ascii_case(b"ownSecret")
}

fn search(filter: &[u8], attributes: &[&[u8]], controls: &[&[u8]]) -> Vec<u8> {
    NewSearch {
        base: b"dc=x",
        scope: Scope::Subtree,
        size_limit: 0,
        time_limit: 0,
        filter,
        attributes,
    }
    .message(MessageId(1), controls)
}

fn found(octets: &[u8]) -> Result<Mentions, WireError> {
    mentions(&Message::parse(octets).unwrap(), mail)
}

/// The only part that names it.
fn only(octets: &[u8]) -> Option<Part> {
    let found = found(octets).unwrap();
    let named: Vec<Part> = PARTS.into_iter().filter(|part| found.contains(*part)).collect();
    match named[..] {
        [] => None,
        [part] => Some(part),
        _ => panic!("{named:?}"),
    }
}

const PARTS: [Part; 12] = [
    Part::AttributeList,
    Part::Filter,
    Part::SortKey,
    Part::Assertion,
    Part::ReadEntry,
    Part::MatchedValues,
    Part::Dereference,
    Part::UnknownControl,
    Part::Compare,
    Part::Modify,
    Part::Add,
    Part::Rdn,
];

/// Spellings that mean what is denied, or may.
const DENIED: &[&[u8]] = &[
    b"mail",
    b"MAIL",
    b"mail;lang-de",
    b" mail",
    b"rfc822Mailbox",
    b"0.9.2342.19200300.100.1.3",
    b"OID.0.9.2342.19200300.100.1.3;x",
    b"ownSecret",
    b"1.2.3.4", // an OID of nobody knows what
    b"mail\0",
    b"m\xc3\xa4il",
];
const PLAIN: &[&[u8]] = &[b"cn", b"CN;binary", b"2.5.4.3", b"mailHost", b"member;range=0-1499"];

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tag::SEQUENCE, &parts.concat());
    writer.finish()
}

fn string(octets: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.octets(octets);
    writer.finish()
}

/// A request with the attribute in one part, for every part but the list of a search.
fn requests(attribute: &[u8]) -> Vec<(Part, Vec<u8>)> {
    let harmless = filter::present(b"objectClass");
    let own = filter::equality(attribute, b"v");
    let searched = |control: Vec<u8>| search(&harmless, &[b"cn"], &[&control]);
    let values = sequence(&[&string(attribute), b"\x31\x03\x04\x01v"]);
    let written = |operation: u8, body: Vec<u8>| answer::message(MessageId(1), operation, &body, &[]);
    let deref = sequence(&[&sequence(&[&string(attribute), &sequence(&[&string(b"cn")])])]);
    let deref_list = sequence(&[&sequence(&[&string(b"member"), &sequence(&[&string(attribute)])])]);
    vec![
        (Part::Filter, search(&own, &[b"cn"], &[])),
        (Part::Filter, search(&filter::present(attribute), &[b"cn"], &[])),
        (
            Part::Filter,
            search(
                &filter::all(&[harmless.clone(), filter::any(&[filter::not(&own)])]),
                &[b"cn"],
                &[],
            ),
        ),
        (
            Part::Filter,
            search(
                &[
                    &[0xa9, u8::try_from(attribute.len() + 5).unwrap(), 0x82],
                    &string(attribute)[1..],
                    &b"\x83\x01v"[..],
                ]
                .concat(),
                &[b"cn"],
                &[],
            ),
        ),
        (
            Part::SortKey,
            searched(sort::control(
                &[
                    SortKey {
                        attribute: b"cn",
                        ordering_rule: None,
                        reverse: false,
                    },
                    SortKey {
                        attribute,
                        ordering_rule: None,
                        reverse: true,
                    },
                ],
                true,
            )),
        ),
        (Part::Assertion, searched(assertion::control(&own))),
        (
            Part::MatchedValues,
            searched(control::encode(
                oid::MATCHED_VALUES,
                true,
                Some(&sequence(&[&harmless, &own])),
            )),
        ),
        (
            Part::Dereference,
            searched(control::encode(oid::DEREFERENCE, true, Some(&deref))),
        ),
        (
            Part::Dereference,
            searched(control::encode(oid::DEREFERENCE, true, Some(&deref_list))),
        ),
        (
            Part::Compare,
            written(
                tag::COMPARE_REQUEST,
                [string(b"cn=a"), sequence(&[&string(attribute), b"\x04\x01v"])].concat(),
            ),
        ),
        (
            Part::Modify,
            change::modify(
                MessageId(1),
                b"cn=a",
                &[
                    change::NewChange {
                        operation: 0,
                        attribute: b"cn",
                        values: &[b"v"],
                    },
                    change::NewChange {
                        operation: 1,
                        attribute,
                        values: &[],
                    },
                ],
                &[],
            ),
        ),
        (
            Part::Add,
            written(tag::ADD_REQUEST, [string(b"cn=a"), sequence(&[&values])].concat()),
        ),
    ]
}

#[test]
fn every_part_of_a_request_is_looked_at_in_every_spelling() {
    for spelling in DENIED {
        for (part, octets) in requests(spelling) {
            assert_eq!(only(&octets), Some(part), "{}", String::from_utf8_lossy(spelling));
        }
    }
    for spelling in PLAIN {
        for (part, octets) in requests(spelling) {
            assert_eq!(only(&octets), None, "{part:?} {}", String::from_utf8_lossy(spelling));
        }
    }
}

#[test]
fn a_list_names_or_implies_what_is_denied() {
    let filter = filter::present(b"objectClass");
    // The attributes asked for; whether they name what is denied; whether they ask for it otherwise.
    for (list, named, implied) in [
        (&[&b"cn"[..], b"sn"][..], false, false),
        (&[b"1.1"], false, false),
        (&[], false, true),
        (&[b"*"], false, true),
        (&[b"cn", b"+"], false, true),
        (&[b"@person"], false, true),
        (&[b"!person"], false, true),
        (&[b""], false, true),
        (&[b"mail"], true, true),
        (&[b"cn", b"rfc822Mailbox;x"], true, true),
        (&[b"1.2.3.4"], false, true), // what it is is seen in the answer
        (&[b"mail\0"], false, true),
    ] {
        let octets = search(&filter, list, &[]);
        let seen = found(&octets).unwrap();
        assert_eq!(seen.contains(Part::AttributeList), named, "{list:?}");
        assert_eq!(seen.implied(), implied, "{list:?}");
        assert_eq!(seen.in_answer(), named || implied, "{list:?}");
        // The same by pre-read and post-read.
        for oid in [oid::PRE_READ, oid::POST_READ] {
            let octets = answer::message(
                MessageId(1),
                tag::DELETE_REQUEST,
                b"cn=a",
                &[&read_entry::request(oid, list, true)],
            );
            let seen = found(&octets).unwrap();
            assert_eq!(seen.contains(Part::ReadEntry), named, "{list:?}");
            assert_eq!(seen.implied(), implied, "{list:?}");
        }
    }
    assert!(found(&search(&filter, &[b"cn"], &[])).unwrap().is_empty());
}

#[test]
fn a_rule_may_hold_any_name_of_an_attribute_and_a_request_any_other() {
    let names = [&b"sn"[..], b"surname", b"2.5.4.4"];
    for held in names {
        for written in names {
            let octets = search(&filter::equality(written, b"x"), &[written], &[]);
            let seen = mentions(&Message::parse(&octets).unwrap(), |name| {
                name.eq_ignore_ascii_case(held)
            })
            .unwrap();
            assert!(seen.contains(Part::Filter) && seen.contains(Part::AttributeList));
        }
        let octets = search(&filter::equality(b"anr", b"x"), &[b"cn"], &[]);
        let seen = mentions(&Message::parse(&octets).unwrap(), |name| {
            name.eq_ignore_ascii_case(held)
        })
        .unwrap();
        assert!(seen.contains(Part::Filter));
    }
}

#[test]
fn supertypes_and_ambiguous_names_stand_for_what_is_denied() {
    let denies_sn = |octets: &[u8]| mentions(&Message::parse(octets).unwrap(), |name| name == b"sn").unwrap();
    for attribute in [&b"name"[..], b"2.5.4.41", b"ANR", b"1.2.840.113556.1.4.1208"] {
        let octets = search(&filter::equality(attribute, b"x"), &[attribute], &[]);
        assert!(denies_sn(&octets).contains(Part::Filter), "{attribute:?}");
        assert!(denies_sn(&octets).implied());
        assert!(!denies_sn(&octets).contains(Part::AttributeList));
    }
    let octets = search(&filter::equality(b"distinguishedName", b"x"), &[b"cn"], &[]);
    assert!(denies_sn(&octets).is_empty());
}

#[test]
fn an_extensible_match_over_every_attribute_and_an_unknown_control_count() {
    assert_eq!(
        only(&search(b"\xa9\x06\x81\x01r\x83\x01v", &[b"cn"], &[])),
        Some(Part::Filter)
    );
    let harmless = filter::present(b"objectClass");
    for known in oid::WITHOUT_ATTRIBUTES {
        let control = control::encode(known, true, None);
        assert_eq!(only(&search(&harmless, &[b"cn"], &[&control])), None);
    }
    let control = control::encode(b"1.2.840.113556.1.4.1504", false, None);
    assert_eq!(
        only(&search(&harmless, &[b"cn"], &[&control])),
        Some(Part::UnknownControl)
    );
}

#[test]
fn an_rdn_counts_where_it_is_written_or_goes() {
    let rename = |entry: &[u8], new: &[u8], delete: bool| {
        let mut body = Writer::new();
        body.octets(entry).octets(new).boolean(delete);
        answer::message(MessageId(1), tag::MODIFY_DN_REQUEST, &body.finish(), &[])
    };
    assert_eq!(only(&rename(b"cn=a,dc=x", b"cn=b+mail=c", false)), Some(Part::Rdn));
    assert_eq!(only(&rename(b"rfc822mailbox=a,dc=x", b"cn=b", true)), Some(Part::Rdn));
    assert_eq!(only(&rename(b"mail=a,dc=x", b"cn=b", false)), None);
    assert_eq!(only(&rename(b"cn=a,mail=x", b"cn=b", true)), None);
    let add = answer::message(
        MessageId(1),
        tag::ADD_REQUEST,
        &[string(b"mail=a,dc=x"), sequence(&[])].concat(),
        &[],
    );
    assert_eq!(only(&add), Some(Part::Rdn));
}

#[test]
fn what_cannot_be_walked_is_an_error() {
    let harmless = filter::present(b"objectClass");
    for control in [
        control::encode(oid::SORT_REQUEST, true, None),
        control::encode(oid::SORT_REQUEST, true, Some(b"\x04\x00")),
        control::encode(oid::ASSERTION, true, Some(&[&harmless[..], &harmless].concat())),
        control::encode(oid::PRE_READ, true, Some(b"\x30\x03\x0a\x01\x01")),
        control::encode(oid::MATCHED_VALUES, true, Some(b"\x30\x02\xa7\x00")),
        control::encode(oid::DEREFERENCE, true, Some(b"\x30\x04\x30\x02\x04\x00")),
    ] {
        assert!(found(&search(&harmless, &[b"cn"], &[&control])).is_err());
    }
    assert!(found(&search(b"\xa7\x00", &[b"cn"], &[])).is_err());
    let many = sequence(&[&harmless.repeat(MOST_PARTS + 1)]);
    let control = control::encode(oid::MATCHED_VALUES, true, Some(&many));
    assert_eq!(
        found(&search(&harmless, &[b"cn"], &[&control])),
        Err(WireError::TooMany)
    );
}

#[test]
fn answers_lose_what_is_denied_and_nothing_else() {
    let attribute = |name: &[u8]| sequence(&[&string(name), b"\x31\x06\x04\x01v\x04\x01w"]);
    let entry = |names: &[&[u8]]| {
        let attributes: Vec<Vec<u8>> = names.iter().map(|name| attribute(name)).collect();
        [string(b"cn=a"), sequence(&[&attributes.concat()])].concat()
    };
    let control = control::encode(b"1.2.3", false, Some(b"x"));
    for denied in DENIED {
        let octets = answer::message(
            MessageId(1),
            tag::SEARCH_ENTRY,
            &entry(&[b"cn", denied, b"mail;range=0-1", b"sn"]),
            &[&control],
        );
        let out = stripped(&Message::parse(&octets).unwrap(), mail).unwrap().unwrap();
        let wanted = answer::message(MessageId(1), tag::SEARCH_ENTRY, &entry(&[b"cn", b"sn"]), &[&control]);
        assert_eq!(out, wanted);

        let read = |names: &[&[u8]]| {
            let mut value = Writer::new();
            value.element(tag::SEARCH_ENTRY, &entry(names));
            control::encode(oid::POST_READ, false, Some(&value.finish()))
        };
        let result = answer::result_content(crate::ResultCode::SUCCESS, b"", b"");
        let octets = answer::message(
            MessageId(1),
            tag::MODIFY_RESPONSE,
            &result,
            &[&control, &read(&[b"cn", denied]), &control],
        );
        let out = stripped(&Message::parse(&octets).unwrap(), mail).unwrap().unwrap();
        let wanted = answer::message(
            MessageId(1),
            tag::MODIFY_RESPONSE,
            &result,
            &[&control, &read(&[b"cn"]), &control],
        );
        assert_eq!(out, wanted);
    }
    let octets = answer::message(
        MessageId(1),
        tag::SEARCH_ENTRY,
        &entry(&[b"cn", b"2.5.4.4"]),
        &[&control],
    );
    assert_eq!(stripped(&Message::parse(&octets).unwrap(), mail), Ok(None));
    let octets = answer::message(MessageId(1), tag::SEARCH_ENTRY, b"\x04\x00", &[]);
    assert!(stripped(&Message::parse(&octets).unwrap(), mail).is_err());
}
