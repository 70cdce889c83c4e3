//! Every parser of the crate over the same octets, with what must hold whatever the octets are. The property tests and the fuzz targets
//! run these; a parser that is not here is not tested against hostile input.

#![allow(dead_code, reason = "each test and fuzz target uses some of it")]
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is what is looked for"
)]

mod rewriting;

use postern_ldap::ber::Cursor;
use postern_ldap::bind::{self, BindRequest};
use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest};
use postern_ldap::compare::CompareRequest;
use postern_ldap::control::netscape::NetscapePassword;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::control::{assertion, permissive_modify, sort};
use postern_ldap::credential::{CredentialAttributes, Touch, touch};
use postern_ldap::entry::{Edit, SearchEntry};
use postern_ldap::extended::{self, ExtendedRequest, ExtendedResponse, PasswordModify};
use postern_ldap::result::{self, LdapResult};
use postern_ldap::sasl::PlainCredentials;
use postern_ldap::search::{self, SearchRequest};
use postern_ldap::{Control, Controls, Message, MessageId, denied, filter, frame, oid, splice, tag};

/// More than any input is long.
pub const LIMIT: usize = 1 << 24;

/// The header walk, and the same message under other ids.
pub fn walk(octets: &[u8]) {
    // An answer never changes as more octets arrive, but from "wait" to something.
    if let Ok(Some(header)) = frame::walk(octets, LIMIT) {
        assert!(header.length <= LIMIT && header.operation_offset < header.length);
        assert!(header.id.0 <= 0x7fff_ffff);
        let Some(whole) = octets.get(..header.length) else {
            return;
        };
        assert_eq!(frame::walk(whole, LIMIT), Ok(Some(header)));
        frame::has_controls(whole, &header);
        for id in [0, 1, 0x80, 0x8000, 0x0080_0000, 0x7fff_ffff] {
            let mut out = Vec::new();
            frame::rewrite_id(whole, &header, MessageId(id), &mut out);
            let again = frame::walk(&out, LIMIT).unwrap().unwrap();
            assert_eq!(
                (again.id, again.operation, again.length),
                (MessageId(id), header.operation, out.len())
            );
            assert_eq!(&out[again.operation_offset..], &whole[header.operation_offset..]);
        }
    }
}

/// Every view of a whole message.
pub fn read(octets: &[u8]) {
    let Ok(message) = Message::parse(octets) else { return };
    agrees_with_the_walk(octets, &message);
    requests(&message);
    responses(&message);
    for control in message.controls.into_iter().flatten() {
        one_control(&control);
    }
    ActingAs::parse(message.controls).ok();
    rewriting::names(&message);
    rewriting::lists(&message);
    judge(&message);
}

/// What the short looks see is what the whole reading sees.
fn agrees_with_the_walk(octets: &[u8], message: &Message<'_>) {
    let header = frame::walk(octets, LIMIT).unwrap().unwrap();
    assert_eq!(
        (header.id, header.operation, header.length),
        (message.id, message.operation.tag, octets.len())
    );
    // Without anything behind the operation there are no controls.
    assert!(frame::has_controls(octets, &header) || message.controls.is_empty());
    if let Ok(result) = LdapResult::parse(message) {
        assert_eq!(result::peek_code(octets, &header), Some(result.code));
    }
    if let Ok(request) = SearchRequest::parse(message) {
        assert_eq!(search::is_root_dse(octets, &header), request.is_root_dse());
    }
}

fn requests(message: &Message<'_>) {
    BindRequest::parse(message).ok();
    if let Ok(plain) = PlainCredentials::parse(message.operation.content) {
        let parts = [
            plain.authorization.as_bytes(),
            plain.authentication.as_bytes(),
            plain.password,
        ];
        assert_eq!(parts.join(&0), message.operation.content);
    }
    CompareRequest::parse(message).ok();
    ModifyDnRequest::parse(message).ok();
    extended::abandoned_id(message).ok();
    if let Ok(modify) = ModifyRequest::parse(message) {
        assert!(modify.changes().count() <= postern_ldap::change::MOST_CHANGES);
        modify.changes().for_each(|change| {
            change.attribute.values().count();
        });
    }
    if let Ok(add) = AddRequest::parse(message) {
        assert!(add.attributes().count() <= postern_ldap::change::MOST_CHANGES);
    }
    if let Ok(request) = SearchRequest::parse(message) {
        filter::walk(request.filter, |_| ()).ok();
        assert!(request.attributes().count() <= search::MOST_ATTRIBUTES + 1);
    }
    if let Ok(request) = ExtendedRequest::parse(message) {
        extended::cancelled_id(request.value).ok();
        if let Ok(modify) = PasswordModify::parse(request.value) {
            let again = modify.value();
            let again = PasswordModify::parse(Some(&again)).ok().unwrap();
            assert!((again.identity, again.old, again.new) == (modify.identity, modify.old, modify.new));
        }
    }
}

fn responses(message: &Message<'_>) {
    if let Ok(result) = LdapResult::parse(message) {
        ExtendedResponse::parse(result.rest).ok();
        bind::server_credentials(message);
    }
    if let Ok(entry) = SearchEntry::parse(message) {
        same_entry(&entry);
    }
}

/// An entry of which everything is kept holds what it held.
fn same_entry(entry: &SearchEntry<'_>) {
    let Ok(kept) = entry.edited(|_, _| Edit::Keep) else {
        return;
    };
    let octets = postern_ldap::answer::message(MessageId(1), tag::SEARCH_ENTRY, &kept, &[]);
    let message = Message::parse(&octets).unwrap();
    let again = SearchEntry::parse(&message).ok().unwrap();
    assert_eq!(entry.dn, again.dn);
    let list = |entry: &SearchEntry<'_>| -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
        entry
            .attributes()
            .map(|attribute| attribute.ok().unwrap())
            .map(|attribute| {
                (
                    attribute.description.to_vec(),
                    attribute.values().map(<[u8]>::to_vec).collect(),
                )
            })
            .collect()
    };
    assert_eq!(list(entry), list(&again));
    entry.edited(|_, _| Edit::Choose).unwrap();
    assert!(entry.edited(|_, _| Edit::Drop).unwrap().len() <= entry.dn.len() + 16);
}

/// Every reader of a control's value.
pub fn one_control(control: &Control<'_>) {
    NetscapePassword::parse(control).ok();
    permissive_modify::parse(control).ok();
    assertion::filter(control.value)
        .and_then(|found| filter::walk(found, |_| ()))
        .ok();
    let Some(value) = control.value else { return };
    ppolicy(value);
    sort::walk(value, |_| ()).ok();
    if let Ok(attributes) = read_entry::requested(value) {
        attributes.for_each(|attribute| {
            attribute.ok();
        });
    }
    if let Ok(read) = ReadEntry::parse(value) {
        same_entry(&read.entry);
    }
    if let Ok(paged) = PagedResults::parse(value) {
        let again = paged.control(true);
        let again = Controls::new(&again).iter().next().unwrap().unwrap();
        assert_eq!(PagedResults::parse(again.value.unwrap()), Ok(paged));
    }
}

/// The password policy response: what is read is written so that it is read again.
pub fn ppolicy(value: &[u8]) {
    if let Ok(response) = PasswordPolicyResponse::parse(value) {
        assert_eq!(PasswordPolicyResponse::parse(&response.value()), Ok(response));
    }
}

/// A filter by itself.
pub fn filters(octets: &[u8]) {
    rewriting::filter_items(octets);
    let Ok(element) = Cursor::new(octets).only() else {
        return;
    };
    let mut parts = 0;
    let walked = filter::walk(element, |_| parts += 1);
    assert!(parts <= 2 * filter::MOST_PARTS);
    if walked.is_ok() {
        // Denied twice it says the same, if it is not too deep for that.
        let twice = filter::not(&filter::not(octets));
        let mut again = 0;
        if filter::walk(Cursor::new(&twice).only().unwrap(), |_| again += 1).is_ok() {
            assert_eq!(parts, again);
        }
    }
}

/// A filter as text: what is read can be walked, and names nothing that does not stand in the text.
pub fn filter_text(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let Ok(read) = filter::text::parse(text) else { return };
    let element = Cursor::new(&read).only().unwrap();
    filter::walk(element, |named| {
        if let filter::Named::Attribute(name) | filter::Named::MatchingRule(name) = named {
            assert!(text.contains(std::str::from_utf8(name).unwrap()));
        }
    })
    .unwrap();
}

/// Who may write credentials, and who mentions what is denied.
fn judge(message: &Message<'_>) {
    let found = touch(message, &CredentialAttributes::with(&["ourSecret"]));
    if message.operation.tag == tag::BIND_REQUEST {
        assert_ne!(found, Touch::Nothing);
    }
    if !tag::is_request(message.operation.tag) {
        assert_eq!(found, Touch::Unwalkable);
    }
    denied::mentions(message, |name| name.eq_ignore_ascii_case(b"cn")).ok();
    // What was stripped holds nothing more to strip.
    if let Ok(Some(once)) = denied::stripped(message, |name| name.eq_ignore_ascii_case(b"cn")) {
        let again = Message::parse(&once).unwrap();
        assert_eq!(
            denied::stripped(&again, |name| name.eq_ignore_ascii_case(b"cn")),
            Ok(None)
        );
    }
    if let Ok(Some(lowered)) = search::limited(message, 5, 6) {
        let again = Message::parse(&lowered).unwrap();
        let request = SearchRequest::parse(&again).unwrap();
        assert!((1..=5).contains(&request.size_limit) && (1..=6).contains(&request.time_limit));
        assert_eq!(search::limited(&again, 5, 6), Ok(None));
        let before = SearchRequest::parse(message).unwrap();
        assert_eq!(
            (
                before.base,
                before.scope,
                before.deref_aliases,
                before.types_only,
                before.filter
            ),
            (
                request.base,
                request.scope,
                request.deref_aliases,
                request.types_only,
                request.filter
            )
        );
        assert_eq!(message.controls.content(), again.controls.content());
    }
}

/// Splicing leaves every octet that it is not asked to change.
pub fn spliced(octets: &[u8]) {
    let Ok(message) = Message::parse(octets) else { return };
    let control = postern_ldap::control::encode(oid::PASSWORD_POLICY, false, None);
    let out = splice::with_control(&message, &control);
    let more = Message::parse(&out).unwrap();
    assert_eq!(more.id_element, message.id_element);
    assert_eq!(more.operation, message.operation);
    assert_eq!(more.controls.content(), [message.controls.content(), &control].concat());
    if message.controls.iter().all(|control| control.is_ok()) {
        let same = splice::with_controls(&message, |_| true, &[]).unwrap();
        let same = Message::parse(&same).unwrap();
        assert_eq!(same.operation, message.operation);
        assert_eq!(same.controls.content(), message.controls.content());
        let none = splice::with_controls(&message, |_| false, &[]).unwrap();
        assert!(Message::parse(&none).unwrap().controls.is_empty());
        // Put in and taken out again it is the message without it.
        if message.controls.find(oid::PASSWORD_POLICY) == Ok(None)
            && let Ok(back) = splice::with_controls(&more, |one| one.oid != oid::PASSWORD_POLICY, &[])
        {
            let back = Message::parse(&back).unwrap();
            assert_eq!(back.controls.content(), message.controls.content());
        }
    }
    let out = splice::with_content(&message, b"other");
    let other = Message::parse(&out).unwrap();
    assert_eq!(other.id_element, message.id_element);
    assert_eq!(
        (other.operation.tag, other.operation.content),
        (message.operation.tag, &b"other"[..])
    );
    assert_eq!(other.controls.content(), message.controls.content());
    renamed(&message);
}

/// A bind under another name is the same in everything else, and under its own name the same altogether.
fn renamed(message: &Message<'_>) {
    let read = BindRequest::parse(message);
    let Ok(out) = splice::with_bind_name(message, b"cn=other") else {
        assert!(read.is_err());
        return;
    };
    let other = Message::parse(&out).unwrap();
    assert_eq!(other.id_element, message.id_element);
    assert_eq!(other.controls.content(), message.controls.content());
    let behind = |message: &Message<'_>| {
        let mut body = message.body();
        let version = body.element().unwrap().whole.to_vec();
        let name = body.octets().unwrap().to_vec();
        (version, name, body.rest().to_vec())
    };
    let ((version, name, rest), (other_version, other_name, other_rest)) = (behind(message), behind(&other));
    assert_eq!((&version, &rest), (&other_version, &other_rest));
    assert_eq!(other_name, b"cn=other");
    assert_eq!(read.is_ok(), BindRequest::parse(&other).is_ok());
    let back = splice::with_bind_name(&other, &name).unwrap();
    assert_eq!(behind(&Message::parse(&back).unwrap()), (version, name, rest));
}

/// All of it.
pub fn everything(octets: &[u8]) {
    walk(octets);
    read(octets);
    filters(octets);
    filter_text(octets);
    ppolicy(octets);
    spliced(octets);
    for control in Controls::new(octets).into_iter().flatten() {
        one_control(&control);
    }
    one_control(&Control {
        oid: oid::NETSCAPE_EXPIRING,
        critical: true,
        value: Some(octets),
        whole: octets,
    });
}
