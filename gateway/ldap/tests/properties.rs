//! What holds for every message, shown on generated ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod everything;
mod plain_walk;

use plain_walk::plainly;
use postern_ldap::ber::{Cursor, Writer, non_negative};
use postern_ldap::control::netscape::NetscapePassword;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning};
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::control::read_entry;
use postern_ldap::control::sort::{self, SortKey};
use postern_ldap::extended::{ExtendedRequest, PasswordModify};
use postern_ldap::filter::{self, Named};
use postern_ldap::search::{NewSearch, Scope, SearchRequest};
use postern_ldap::{Controls, Message, MessageId, WireError, answer, bind, control, frame, oid, splice, tag};
use proptest::collection::vec;
use proptest::prelude::*;

/// Octets that begin like a message more often than chance would have it.
fn header_like() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        vec(any::<u8>(), 0..10),
        (0_u32..0x200).prop_map(|id| id.to_be_bytes().to_vec()),
        any::<u8>().prop_map(|id| vec![id]),
    ];
    let size = prop_oneof![
        (0_u8..0x80).prop_map(|size| vec![size]),
        (0x80_u8..0x87, vec(any::<u8>(), 0..6)).prop_map(|(first, digits)| [vec![first], digits].concat()),
        (0_u16..300).prop_map(|size| [vec![0x84, 0, 0], size.to_be_bytes().to_vec()].concat()),
        (0_u16..300).prop_map(|size| [vec![0x82], size.to_be_bytes().to_vec()].concat()),
    ];
    let id_tag = prop_oneof![9 => Just(2_u8), 1 => any::<u8>()];
    let id_size = prop_oneof![6 => Just(None), 1 => size.clone().prop_map(Some)];
    (size, id_tag, id_size, number, vec(any::<u8>(), 0..8)).prop_map(|(size, id_tag, id_size, number, rest)| {
        let id_size = id_size.unwrap_or_else(|| vec![u8::try_from(number.len()).unwrap()]);
        [vec![0x30], size, vec![id_tag], id_size, number, rest].concat()
    })
}

fn operation_tag() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(tag::BIND_REQUEST),
        Just(tag::SEARCH_REQUEST),
        Just(tag::SEARCH_ENTRY),
        Just(tag::SEARCH_DONE),
        Just(tag::MODIFY_REQUEST),
        Just(tag::DELETE_REQUEST),
        Just(tag::EXTENDED_REQUEST),
        Just(tag::EXTENDED_RESPONSE),
        Just(tag::INTERMEDIATE_RESPONSE),
    ]
}

fn controls() -> impl Strategy<Value = Vec<(Vec<u8>, bool, Option<Vec<u8>>)>> {
    vec(
        (
            prop_oneof![
                Just(oid::PASSWORD_POLICY.to_vec()),
                Just(oid::PAGED_RESULTS.to_vec()),
                vec(any::<u8>(), 0..30)
            ],
            any::<bool>(),
            proptest::option::of(vec(any::<u8>(), 0..200)),
        ),
        0..5,
    )
}

/// A length in more octets than it needs, as Windows writes it.
fn wide(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag, 0x84];
    octets.extend_from_slice(&u32::try_from(content.len()).unwrap().to_be_bytes());
    octets.extend_from_slice(content);
    octets
}

/// Well-formed octets with a few of them changed, cut off or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let filter = || filter::all(&[filter::equality(b"cn", b"x"), filter::not(&filter::present(b"sn"))]);
    let whole = prop_oneof![
        Just(bind::simple(
            MessageId(1),
            b"cn=a",
            b"p",
            &[&control::ppolicy::request()]
        )),
        Just(
            NewSearch {
                base: b"dc=x",
                scope: Scope::Subtree,
                size_limit: 0,
                time_limit: 0,
                filter: &filter(),
                attributes: &[b"cn", b"*"],
            }
            .message(MessageId(2), &[&control::assertion::control(&filter())])
        ),
        Just(answer::message(
            MessageId(3),
            tag::SEARCH_ENTRY,
            b"\x04\x04dc=x\x30\x11\x30\x0f\x04\x02cn\x31\x09\x04\x01a\x04\x01b\x04\x01c",
            &[]
        )),
        Just(filter()),
        Just(
            PasswordPolicyResponse {
                warning: Some(PolicyWarning::GraceRemaining(3)),
                error: Some(2),
            }
            .value()
        ),
    ];
    (
        whole,
        vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        proptest::option::of(any::<prop::sample::Index>()),
    )
        .prop_map(|(mut octets, changes, end)| {
            for (at, octet) in changes {
                let at = at.index(octets.len());
                octets[at] = octet;
            }
            if let Some(end) = end {
                let end = end.index(octets.len());
                octets.truncate(end + 1);
            }
            octets
        })
}

/// A thousand of each; `POSTERN_ROUNDS` times as many in a longer run.
fn cases() -> u32 {
    let rounds = std::env::var("POSTERN_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    1000 * rounds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_agrees_with_a_plain_one(
        octets in prop_oneof![4 => header_like(), 1 => vec(any::<u8>(), 0..20)],
        limit in prop_oneof![Just(1 << 20), 0_usize..400, Just(usize::MAX)],
    ) {
        let found = frame::walk(&octets, limit)
            .map(|header| header.map(|header| (header.length as u128, header.id.0, header.operation)));
        prop_assert_eq!(found, plainly(&octets, limit));
    }

    #[test]
    fn the_walk_never_goes_back_on_what_it_said(octets in header_like()) {
        let mut said = None;
        for end in 0..=octets.len() {
            let found = frame::walk(&octets[..end], 1 << 20);
            if let Some(said) = said {
                prop_assert_eq!(found, said);
            } else if found != Ok(None) {
                said = Some(found);
            }
        }
    }

    #[test]
    fn a_rewritten_id_reads_back_and_rewritten_again_is_the_first(
        id in 0_u32..=0x7fff_ffff,
        other in prop_oneof![0_u32..300, 0_u32..=0x7fff_ffff],
        content in vec(any::<u8>(), 0..400),
        tag in operation_tag(),
    ) {
        let first = answer::message(MessageId(id), tag, &content, &[]);
        let header = frame::walk(&first, 1 << 20).unwrap().unwrap();
        let mut second = b"before".to_vec();
        frame::rewrite_id(&first, &header, MessageId(other), &mut second);
        prop_assert_eq!(&second[..6], b"before");
        let second = &second[6..];
        prop_assert_eq!(second, &answer::message(MessageId(other), tag, &content, &[])[..]);
        let header = frame::walk(second, 1 << 20).unwrap().unwrap();
        let mut third = Vec::new();
        frame::rewrite_id(second, &header, MessageId(id), &mut third);
        prop_assert_eq!(third, first);
    }

    #[test]
    fn rewriting_keeps_lengths_as_wide_as_they_were_behind_the_id(content in vec(any::<u8>(), 0..300)) {
        let operation = wide(tag::SEARCH_ENTRY, &content);
        let octets = wide(tag::SEQUENCE, &[&[2, 1, 5][..], &operation].concat());
        let header = frame::walk(&octets, 1 << 20).unwrap().unwrap();
        prop_assert!(!frame::has_controls(&octets, &header));
        let mut out = Vec::new();
        frame::rewrite_id(&octets, &header, MessageId(70_000), &mut out);
        prop_assert_eq!(Message::parse(&out).unwrap().operation.whole, &operation[..]);
    }

    #[test]
    fn a_message_is_cut_where_it_was_joined(
        id in 0_u32..=0x7fff_ffff,
        tag in operation_tag(),
        content in vec(any::<u8>(), 0..300),
        list in controls(),
    ) {
        let encoded: Vec<Vec<u8>> =
            list.iter().map(|(oid, critical, value)| control::encode(oid, *critical, value.as_deref())).collect();
        let parts: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
        let octets = answer::message(MessageId(id), tag, &content, &parts);
        let header = frame::walk(&octets, 1 << 20).unwrap().unwrap();
        prop_assert_eq!(frame::has_controls(&octets, &header), !list.is_empty());
        let message = Message::parse(&octets).unwrap();
        prop_assert_eq!((message.id, message.operation.tag, message.operation.content), (MessageId(id), tag, &content[..]));
        let found: Vec<_> = message.controls.iter().map(Result::unwrap).collect();
        prop_assert_eq!(found.len(), list.len());
        for (found, (oid, critical, value)) in found.iter().zip(&list) {
            prop_assert_eq!((found.oid, found.critical, found.value), (&oid[..], *critical, value.as_deref()));
        }
        everything::everything(&octets);
        // One control more, and some taken out: the others stay, in their order.
        let more = control::encode(b"9.9", true, None);
        let with = splice::with_control(&message, &more);
        let expected: Vec<&[u8]> = parts.iter().copied().chain([&more[..]]).collect();
        prop_assert_eq!(&with, &answer::message(MessageId(id), tag, &content, &expected));
        let without = splice::with_controls(&message, |control| control.oid != oid::PASSWORD_POLICY, &[&more]).unwrap();
        let expected: Vec<&[u8]> = list
            .iter()
            .zip(&parts)
            .filter(|((oid, ..), _)| oid != oid::PASSWORD_POLICY)
            .map(|(_, part)| *part)
            .chain([&more[..]])
            .collect();
        prop_assert_eq!(without, answer::message(MessageId(id), tag, &content, &expected));
        prop_assert_eq!(
            splice::with_content(&message, b"other"),
            answer::message(MessageId(id), tag, b"other", &parts)
        );
    }

    #[test]
    fn a_bind_under_another_name_is_the_same_in_everything_else(
        id in 0_u32..=0x7fff_ffff,
        names in (vec(any::<u8>(), 0..300), vec(any::<u8>(), 0..300)),
        password in vec(any::<u8>(), 0..300),
        list in controls(),
    ) {
        let encoded: Vec<Vec<u8>> =
            list.iter().map(|(oid, critical, value)| control::encode(oid, *critical, value.as_deref())).collect();
        let parts: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
        let sent = bind::simple(MessageId(id), &names.0, &password, &parts);
        let renamed = splice::with_bind_name(&Message::parse(&sent).unwrap(), &names.1).unwrap();
        prop_assert_eq!(&renamed, &bind::simple(MessageId(id), &names.1, &password, &parts));
        // Lengths as Windows writes them stay where they are not the name's.
        let body = [wide(0x02, &[3]), wide(0x04, &names.0), wide(0x80, &password)].concat();
        let sent = answer::message(MessageId(id), tag::BIND_REQUEST, &body, &parts);
        let renamed = splice::with_bind_name(&Message::parse(&sent).unwrap(), &names.1).unwrap();
        let mut name = Writer::new();
        name.octets(&names.1);
        let body = [wide(0x02, &[3]), name.finish(), wide(0x80, &password)].concat();
        prop_assert_eq!(renamed, answer::message(MessageId(id), tag::BIND_REQUEST, &body, &parts));
    }

    #[test]
    fn no_octets_bring_a_parser_down(octets in prop_oneof![2 => damaged(), 1 => vec(any::<u8>(), 0..200)]) {
        everything::everything(&octets);
    }

    #[test]
    fn numbers_and_octets_read_as_they_were_written(number in 0_u32..=0x7fff_ffff, content in prop_oneof![30 => vec(any::<u8>(), 0..300), 1 => vec(any::<u8>(), 65_500..65_600)]) {
        let mut writer = Writer::new();
        writer.integer(number).enumerated(number).octets(&content).boolean(number % 2 == 0);
        let octets = writer.finish();
        let mut cursor = Cursor::new(&octets);
        prop_assert_eq!(cursor.integer(), Ok(number));
        prop_assert_eq!(cursor.enumerated(), Ok(number));
        prop_assert_eq!(cursor.octets(), Ok(&content[..]));
        prop_assert_eq!(cursor.boolean(), Ok(number % 2 == 0));
        prop_assert_eq!(cursor.finish(), Ok(()));
    }

    #[test]
    fn a_number_is_what_its_octets_say_or_refused(content in vec(any::<u8>(), 0..12)) {
        let wanted = content.iter().fold(0_u128, |value, octet| value * 256 + u128::from(*octet));
        let fits = !content.is_empty() && content.len() <= 8 && content[0] < 128 && wanted <= 0x7fff_ffff;
        match non_negative(&content) {
            Ok(value) => prop_assert!(fits && u128::from(value) == wanted),
            Err(error) => prop_assert!(!fits && error == WireError::Number),
        }
    }

    #[test]
    fn controls_we_write_are_read_back(
        number in 0_u32..=0x7fff_ffff,
        text in vec(any::<u8>(), 0..100),
        error in proptest::option::of(0_u32..300),
        critical in any::<bool>(),
    ) {
        let read = |octets: &[u8]| {
            let control = Controls::new(octets).iter().next().unwrap().unwrap();
            (control.oid.to_vec(), control.critical, control.value.map(<[u8]>::to_vec))
        };
        for warning in [None, Some(PolicyWarning::TimeBeforeExpiration(number)), Some(PolicyWarning::GraceRemaining(number))] {
            let response = PasswordPolicyResponse { warning, error };
            let (found, _, value) = read(&response.control());
            prop_assert_eq!(found, oid::PASSWORD_POLICY);
            prop_assert_eq!(PasswordPolicyResponse::parse(&value.unwrap()), Ok(response));
        }
        for netscape in [NetscapePassword::Expired, NetscapePassword::Expiring(number)] {
            let octets = netscape.control();
            let control = Controls::new(&octets).iter().next().unwrap().unwrap();
            prop_assert_eq!(NetscapePassword::parse(&control), Ok(Some(netscape)));
        }
        for acting in [ActingAs::AuthorizationId(&text), ActingAs::Dn(&text)] {
            let octets = acting.control();
            prop_assert_eq!(ActingAs::parse(Controls::new(&octets)), Ok(Some(acting)));
        }
        let paged = PagedResults { size: number, cookie: &text };
        let (_, was_critical, value) = read(&paged.control(critical));
        let value = value.unwrap();
        prop_assert_eq!(PagedResults::parse(&value), Ok(paged));
        prop_assert_eq!(was_critical, critical);
        let keys = [
            SortKey { attribute: &text, ordering_rule: None, reverse: critical },
            SortKey { attribute: b"cn", ordering_rule: Some(&text), reverse: !critical },
        ];
        let (_, _, value) = read(&sort::control(&keys, critical));
        let value = value.unwrap();
        let mut found = Vec::new();
        sort::walk(&value, |key| found.push(key)).unwrap();
        prop_assert_eq!(found, keys);
        let (_, _, value) = read(&read_entry::request(oid::PRE_READ, &[&text, b"cn"], critical));
        let value = value.unwrap();
        let found: Vec<_> = read_entry::requested(&value).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(found, [&text[..], b"cn"]);
    }

    #[test]
    fn searches_and_password_changes_we_write_are_read_back(
        base in vec(any::<u8>(), 0..50),
        limits in (0_u32..=0x7fff_ffff, 0_u32..=0x7fff_ffff),
        names in vec(vec(any::<u8>(), 0..20), 0..6),
        fields in (
            proptest::option::of(vec(any::<u8>(), 0..50)),
            proptest::option::of(vec(any::<u8>(), 0..50)),
            proptest::option::of(vec(any::<u8>(), 0..50)),
        ),
        scope in prop_oneof![Just(Scope::Base), Just(Scope::One), Just(Scope::Subtree), Just(Scope::Other(3))],
    ) {
        let parts: Vec<Vec<u8>> = names.iter().map(|name| filter::equality(name, name)).collect();
        let made = filter::any(&[filter::all(&parts), filter::not(&filter::present(b"x"))]);
        let attributes: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let octets = NewSearch {
            base: &base,
            scope,
            size_limit: limits.0,
            time_limit: limits.1,
            filter: &made,
            attributes: &attributes,
        }
        .message(MessageId(1), &[]);
        let message = Message::parse(&octets).unwrap();
        let search = SearchRequest::parse(&message).unwrap();
        prop_assert_eq!((search.base, search.scope), (&base[..], scope));
        prop_assert_eq!((search.size_limit, search.time_limit), limits);
        let mut seen = Vec::new();
        filter::walk(search.filter, |named| seen.push(named)).unwrap();
        let wanted: Vec<Named<'_>> =
            attributes.iter().copied().chain([&b"x"[..]]).map(Named::Attribute).collect();
        prop_assert_eq!(seen, wanted);
        let found: Vec<_> = search.attributes().map(Result::unwrap).collect();
        prop_assert_eq!(found, attributes);
        everything::everything(&octets);

        let modify = PasswordModify { identity: fields.0.as_deref(), old: fields.1.as_deref(), new: fields.2.as_deref() };
        let octets = postern_ldap::extended::request(MessageId(2), oid::PASSWORD_MODIFY, Some(&modify.value()), &[]);
        let message = Message::parse(&octets).unwrap();
        let Ok(request) = ExtendedRequest::parse(&message) else { panic!("our own request") };
        let Ok(again) = PasswordModify::parse(request.value) else { panic!("our own value") };
        prop_assert!((again.identity, again.old, again.new) == (modify.identity, modify.old, modify.new));
        everything::everything(&octets);
    }
}
