//! The writes that are sent: add, modify, modifyDN and delete (RFC 4511 §4.6 to §4.9), with attributes the mapping names.

use crate::upstream::write::{ModificationKind, WriteRequest};
use postern_ldap::ber::Writer;
use postern_ldap::tag;

/// One change of a modify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// What is done with the values.
    pub(super) kind: ModificationKind,
    /// The attribute description.
    pub(super) attribute: String,
    /// The values.
    pub(super) values: Vec<Vec<u8>>,
}

impl Change {
    pub(super) fn new(kind: ModificationKind, attribute: &str, values: Vec<Vec<u8>>) -> Self {
        Self {
            kind,
            attribute: attribute.to_owned(),
            values,
        }
    }
}

/// An entry that is to be there.
pub(super) fn add(dn: &str, attributes: &[(String, Vec<Vec<u8>>)]) -> WriteRequest {
    let mut body = Writer::with_capacity(1024);
    body.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for (attribute, values) in attributes {
            list.nested(tag::SEQUENCE, |one| {
                one.octets(attribute.as_bytes()).nested(tag::SET, |set| {
                    for value in values {
                        set.octets(value);
                    }
                });
            });
        }
    });
    WriteRequest::made(tag::ADD_REQUEST, body.finish())
}

/// Changes of an entry, all or none.
pub(super) fn modify(dn: &str, changes: &[Change]) -> WriteRequest {
    let mut body = Writer::with_capacity(512);
    body.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for change in changes {
            list.nested(tag::SEQUENCE, |one| {
                one.enumerated(change.kind as u32).nested(tag::SEQUENCE, |described| {
                    described.octets(change.attribute.as_bytes()).nested(tag::SET, |set| {
                        for value in &change.values {
                            set.octets(value);
                        }
                    });
                });
            });
        }
    });
    WriteRequest::made(tag::MODIFY_REQUEST, body.finish())
}

/// Another RDN; the values of the old one go.
pub(super) fn rename(dn: &str, new_rdn: &str) -> WriteRequest {
    let mut body = Writer::with_capacity(dn.len() + new_rdn.len() + 16);
    body.octets(dn.as_bytes()).octets(new_rdn.as_bytes()).boolean(true);
    WriteRequest::made(tag::MODIFY_DN_REQUEST, body.finish())
}

/// An entry that is to be there no more.
pub(super) fn delete(dn: &str) -> WriteRequest {
    WriteRequest::made(tag::DELETE_REQUEST, dn.as_bytes().to_vec())
}

/// The tag of the message that answers a request.
pub(super) fn answered_by(request: &WriteRequest) -> u8 {
    match request.tag() {
        tag::ADD_REQUEST => tag::ADD_RESPONSE,
        tag::MODIFY_REQUEST => tag::MODIFY_RESPONSE,
        tag::MODIFY_DN_REQUEST => tag::MODIFY_DN_RESPONSE,
        tag::DELETE_REQUEST => tag::DELETE_RESPONSE,
        _ => tag::EXTENDED_RESPONSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
    use postern_ldap::{Message, MessageId};

    #[test]
    fn every_request_reads_back_as_it_was_meant() {
        let attributes = [
            ("cn".to_owned(), vec![b"a".to_vec(), b"b".to_vec()]),
            ("mail".to_owned(), vec![b"c".to_vec()]),
        ];
        let octets = add("cn=a", &attributes).encode(MessageId(1));
        let message = Message::parse(&octets).unwrap();
        let read = AddRequest::parse(&message).unwrap();
        let listed: Vec<_> = read
            .attributes()
            .map(|one| (one.description, one.values().count()))
            .collect();
        assert_eq!(
            (read.entry, listed),
            (&b"cn=a"[..], vec![(&b"cn"[..], 2), (b"mail", 1)])
        );

        let changes = [
            Change::new(ModificationKind::Delete, "mail", vec![b"old".to_vec()]),
            Change::new(ModificationKind::Add, "mail", vec![b"new".to_vec()]),
        ];
        let octets = modify("cn=a", &changes).encode(MessageId(2));
        let message = Message::parse(&octets).unwrap();
        let read: Vec<_> = ModifyRequest::parse(&message)
            .unwrap()
            .changes()
            .map(|change| (change.operation, change.attribute.values().next()))
            .collect();
        assert_eq!(read, [(1, Some(&b"old"[..])), (0, Some(b"new"))]);

        let octets = rename("cn=a,dc=x", "cn=b").encode(MessageId(3));
        let message = Message::parse(&octets).unwrap();
        let read = ModifyDnRequest::parse(&message).unwrap();
        assert_eq!((read.new_rdn, read.delete_old_rdn), (&b"cn=b"[..], true));
        assert_eq!(read.new_superior, None);

        let octets = delete("cn=a").encode(MessageId(4));
        assert_eq!(deleted_entry(&Message::parse(&octets).unwrap()), Ok(&b"cn=a"[..]));
    }
}
