//! Search requests of our own.
//!
//! A filter is built as BER and never as text, so a name somebody typed is an assertion value and nothing else: there is no
//! character in it that would have to be escaped.

use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, answer, tag};

/// What is wanted.
#[derive(Clone, Copy)]
pub(in crate::upstream) struct Search<'a> {
    /// Where.
    pub(in crate::upstream) base: &'a str,
    /// How deep.
    pub(in crate::upstream) scope: Scope,
    /// Which entries.
    pub(in crate::upstream) filter: Filter<'a>,
    /// By name.
    pub(in crate::upstream) attributes: &'a [&'a str],
    /// The most entries the server is asked for.
    pub(in crate::upstream) size_limit: u32,
    /// The most seconds it is asked to take.
    pub(in crate::upstream) time_limit: u32,
}

#[derive(Clone, Copy)]
pub(in crate::upstream) enum Scope {
    Base = 0,
    Subtree = 2,
}

#[derive(Clone, Copy)]
pub(in crate::upstream) enum Filter<'a> {
    /// `(objectClass=*)`
    Any,
    /// `(attribute=*)`
    Present(&'a str),
    /// `(|(attribute=value)(attribute=value)…)`
    AnyOf(&'a [(&'a str, &'a [u8])]),
    /// One that is BER already.
    Made(&'a [u8]),
}

/// The request (RFC 4511 §4.5.1). Aliases are never followed: they lead out of the base.
pub(in crate::upstream) fn encode(id: MessageId, search: &Search<'_>) -> Vec<u8> {
    encode_with(id, search, &[])
}

/// The same with controls.
pub(in crate::upstream) fn encode_with(id: MessageId, search: &Search<'_>, controls: &[&[u8]]) -> Vec<u8> {
    let mut content = Writer::with_capacity(256);
    content
        .octets(search.base.as_bytes())
        .enumerated(search.scope as u32)
        .enumerated(0)
        .integer(search.size_limit)
        .integer(search.time_limit)
        .boolean(false);
    match &search.filter {
        Filter::Any => {
            content.element(0x87, b"objectClass");
        }
        Filter::Present(attribute) => {
            content.element(0x87, attribute.as_bytes());
        }
        Filter::AnyOf(pairs) => {
            content.nested(0xa1, |or| {
                for (attribute, value) in *pairs {
                    or.nested(0xa3, |equality| {
                        equality.octets(attribute.as_bytes()).octets(value);
                    });
                }
            });
        }
        Filter::Made(filter) => {
            content.raw(filter);
        }
    }
    content.nested(tag::SEQUENCE, |list| {
        for attribute in search.attributes {
            list.octets(attribute.as_bytes());
        }
    });
    answer::message(id, tag::SEARCH_REQUEST, &content.finish(), controls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::Message;
    use postern_ldap::filter::{Named, walk};
    use postern_ldap::search::SearchRequest;

    #[test]
    fn whatever_somebody_types_stays_one_assertion_value() {
        for typed in ["alice", "*", ")(uid=*", "a)(|(objectClass=*", "\\2a", "\0", "ü"] {
            let search = Search {
                base: "dc=example,dc=org",
                scope: Scope::Subtree,
                filter: Filter::AnyOf(&[("uid", typed.as_bytes()), ("mail", typed.as_bytes())]),
                attributes: &["entryUUID"],
                size_limit: 2,
                time_limit: 10,
            };
            let octets = encode(MessageId(7), &search);
            let message = Message::parse(&octets).unwrap();
            let request = SearchRequest::parse(&message).unwrap();
            let mut named = Vec::new();
            walk(request.filter, |part| named.push(part)).unwrap();
            assert_eq!(named, [Named::Attribute(b"uid"), Named::Attribute(b"mail")]);
            assert_eq!(
                request
                    .filter
                    .whole
                    .windows(typed.len())
                    .filter(|part| *part == typed.as_bytes())
                    .count(),
                2
            );
            assert_eq!(
                (request.size_limit, request.time_limit, request.deref_aliases),
                (2, 10, 0)
            );
        }
    }
}
