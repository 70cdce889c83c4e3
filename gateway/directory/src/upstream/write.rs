//! Writes of our own: what a dialect wants sent, and the answer to it.
//!
//! Values may be passwords: nothing here has `Debug`, and what is encoded is wiped when dropped.

use super::entry::Entry;
use postern_identity::Secret;
use postern_ldap::ber::Writer;
use postern_ldap::{Controls, MessageId, ResultCode, answer, oid, tag};
use zeroize::Zeroizing;

/// One change of a modify request (RFC 4511 §4.6).
pub struct Modification {
    /// What is done with the values.
    pub kind: ModificationKind,
    /// The attribute.
    pub attribute: &'static str,
    /// Its values; none with [`ModificationKind::Replace`] removes the attribute, present or not.
    pub values: Vec<Secret>,
}

/// What a modification does (RFC 4511 §4.6, the numbers of the wire).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModificationKind {
    /// Adds values.
    Add = 0,
    /// Deletes these values, or all if there are none.
    Delete = 1,
    /// Puts these in place of whatever was there.
    Replace = 2,
}

impl Modification {
    /// A change with values that are text.
    pub fn new(kind: ModificationKind, attribute: &'static str, values: &[&str]) -> Self {
        Self {
            kind,
            attribute,
            values: values.iter().map(|value| Secret::new(value.as_bytes())).collect(),
        }
    }

    /// Puts this value in place of whatever was there.
    pub fn replace(attribute: &'static str, value: &str) -> Self {
        Self::new(ModificationKind::Replace, attribute, &[value])
    }

    /// Puts what is there in place of itself; nothing, where nothing is shown.
    pub fn unchanged(attribute: &'static str, account: &Entry) -> Self {
        Self {
            kind: ModificationKind::Replace,
            attribute,
            values: account.values(attribute).map(Secret::new).collect(),
        }
    }

    /// The new password in an attribute: in place of the old one, which must be given right, or of whatever is there.
    pub fn password(attribute: &'static str, old: Option<&Secret>, new: &Secret) -> Vec<Self> {
        let one = |kind, value: &Secret| Self {
            kind,
            attribute,
            values: vec![value.duplicate()],
        };
        match old {
            Some(old) => vec![one(ModificationKind::Delete, old), one(ModificationKind::Add, new)],
            None => vec![one(ModificationKind::Replace, new)],
        }
    }

    /// Removes the attribute, whether it was there or not.
    pub fn remove(attribute: &'static str) -> Self {
        Self::new(ModificationKind::Replace, attribute, &[])
    }
}

/// A write, before it has a message id.
pub struct WriteRequest {
    tag: u8,
    body: Zeroizing<Vec<u8>>,
    controls: Vec<Vec<u8>>,
}

impl WriteRequest {
    /// A modify of one entry.
    pub fn modify(dn: &str, changes: &[Modification]) -> Self {
        // Room for everything at once, so that no copy of a password is left behind by a growing buffer.
        let size = |change: &Modification| -> usize {
            64 + change.attribute.len()
                + change
                    .values
                    .iter()
                    .map(|value| value.expose().len() + 8)
                    .sum::<usize>()
        };
        let mut content = Zeroizing::new(Vec::with_capacity(changes.iter().map(size).sum()));
        for change in changes {
            let room = size(change);
            let mut values = Writer::with_capacity(room);
            for value in &change.values {
                values.octets(value.expose());
            }
            let values = Zeroizing::new(values.finish());
            let mut description = Writer::with_capacity(room);
            description
                .octets(change.attribute.as_bytes())
                .element(tag::SET, &values);
            let description = Zeroizing::new(description.finish());
            let mut whole = Writer::with_capacity(room);
            whole
                .enumerated(change.kind as u32)
                .element(tag::SEQUENCE, &description);
            let whole = Zeroizing::new(whole.finish());
            let mut element = Writer::with_capacity(room);
            element.element(tag::SEQUENCE, &whole);
            content.extend_from_slice(&Zeroizing::new(element.finish()));
        }
        let mut body = Writer::with_capacity(dn.len() + content.len() + 32);
        body.octets(dn.as_bytes()).element(tag::SEQUENCE, &content);
        Self {
            tag: tag::MODIFY_REQUEST,
            body: Zeroizing::new(body.finish()),
            controls: Vec::new(),
        }
    }

    /// A password modify (RFC 3062 §2).
    pub fn password_modify(dn: &str, old: Option<&Secret>, new: &Secret) -> Self {
        let room = 64 + dn.len() + old.map_or(0, |old| old.expose().len()) + new.expose().len();
        let mut fields = Writer::with_capacity(room);
        fields.element(0x80, dn.as_bytes());
        if let Some(old) = old {
            fields.element(0x81, old.expose());
        }
        fields.element(0x82, new.expose());
        let fields = Zeroizing::new(fields.finish());
        let mut value = Writer::with_capacity(room);
        value.element(tag::SEQUENCE, &fields);
        let value = Zeroizing::new(value.finish());
        let mut body = Writer::with_capacity(room);
        body.element(0x80, oid::PASSWORD_MODIFY).element(0x81, &value);
        Self {
            tag: tag::EXTENDED_REQUEST,
            body: Zeroizing::new(body.finish()),
            controls: Vec::new(),
        }
    }

    /// A request whose content is BER already.
    pub(in crate::upstream) fn made(tag: u8, body: Vec<u8>) -> Self {
        Self {
            tag,
            body: Zeroizing::new(body),
            controls: Vec::new(),
        }
    }

    /// The operation's tag.
    pub(in crate::upstream) fn tag(&self) -> u8 {
        self.tag
    }

    /// The same with one more control, encoded whole.
    #[must_use]
    pub fn with_control(mut self, control: Vec<u8>) -> Self {
        self.controls.push(control);
        self
    }

    /// Whether it is an extended request.
    pub fn is_extended(&self) -> bool {
        self.tag == tag::EXTENDED_REQUEST
    }

    /// The whole message.
    pub fn encode(&self, id: MessageId) -> Zeroizing<Vec<u8>> {
        let controls: Vec<&[u8]> = self.controls.iter().map(Vec::as_slice).collect();
        Zeroizing::new(answer::message(id, self.tag, &self.body, &controls))
    }
}

/// The answer to a write, as it came. No `Debug`: it is part of a message.
#[derive(Clone, Copy)]
pub struct WriteAnswer<'a> {
    /// The result code.
    pub code: ResultCode,
    /// The text, in whatever octets the server sent.
    pub diagnostic: &'a [u8],
    /// The response controls.
    pub controls: Controls<'a>,
    /// Whether it answers an extended request.
    pub extended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::Message;
    use postern_ldap::change::ModifyRequest;
    use postern_ldap::extended::{ExtendedRequest, PasswordModify};

    #[test]
    fn a_modify_reads_back_as_it_was_meant() {
        let changes = [
            Modification::new(ModificationKind::Delete, "unicodePwd", &["old"]),
            Modification::new(ModificationKind::Add, "unicodePwd", &["new"]),
            Modification::remove("pwdFailureTime"),
        ];
        let octets = WriteRequest::modify("cn=a", &changes).encode(MessageId(7));
        let message = Message::parse(&octets).unwrap();
        let modify = ModifyRequest::parse(&message).unwrap();
        let read: Vec<_> = modify
            .changes()
            .map(|change| {
                let values: Vec<_> = change.attribute.values().collect();
                (change.operation, change.attribute.description, values)
            })
            .collect();
        assert_eq!(message.id, MessageId(7));
        assert_eq!(modify.entry, b"cn=a");
        assert_eq!(
            read,
            [
                (1, &b"unicodePwd"[..], vec![&b"old"[..]]),
                (0, b"unicodePwd", vec![b"new"]),
                (2, b"pwdFailureTime", vec![]),
            ]
        );
    }

    #[test]
    fn a_password_modify_reads_back_with_its_control() {
        let (old, new) = (Secret::new("old"), Secret::new("new"));
        let control = postern_ldap::control::ppolicy::request();
        let request = WriteRequest::password_modify("cn=a", Some(&old), &new).with_control(control.clone());
        assert!(request.is_extended());
        let octets = request.encode(MessageId(2));
        let message = Message::parse(&octets).unwrap();
        let change = PasswordModify::parse(ExtendedRequest::parse(&message).unwrap().value).unwrap();
        assert_eq!(
            (change.identity, change.old, change.new),
            (Some(&b"cn=a"[..]), Some(&b"old"[..]), Some(&b"new"[..]))
        );
        assert_eq!(message.controls.iter().next().unwrap().unwrap().whole, control);
    }
}
