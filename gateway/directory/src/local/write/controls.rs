//! Controls of writes: assertion (RFC 4528), pre-read and post-read (RFC 4527), permissive modify.

use crate::local::LocalDirectory;
use crate::local::access::{Access, Rights};
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::filter::Filter;
use crate::local::operation::{check_controls, policy_asked};
use crate::local::requested::Requested;
use crate::local::schema::Schema;
use postern_identity::records::EntryRow;
use postern_ldap::ber::Writer;
use postern_ldap::control::{self, read_entry};
use postern_ldap::{Message, WireError, oid, tag};

/// What may stand beside a write. Whose name it is done in was looked at before; ManageDsaIT asks for what is done anyway.
const KNOWN: &[&[u8]] = &[
    oid::ASSERTION,
    oid::PASSWORD_POLICY,
    oid::MANAGE_DSA_IT,
    oid::PROXIED_AUTHORIZATION,
    oid::PROXIED_AUTHORIZATION_V1,
];

/// What a request's controls ask for.
#[derive(Default)]
pub(super) struct Controls {
    /// What is asserted of the entry.
    pub(super) assertion: Option<Filter>,
    pre: Option<Requested>,
    post: Option<Requested>,
    /// Adding what is there and deleting what is not are no errors.
    pub(super) permissive: bool,
    /// Whether the password policy's answer is wanted.
    pub(super) policy: bool,
}

/// An entry before or after a write, and what the one who asked may do with it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) name: &'a str,
    pub(super) entry: &'a Entry,
    pub(super) rights: Rights<'a>,
}

impl Controls {
    /// Reads those of a write. One that makes no sense for this operation is as unknown as any other.
    pub(super) fn read(directory: &LocalDirectory, message: &Message<'_>) -> Result<Self, Answer> {
        let operation = message.operation.tag;
        let mut known = KNOWN.to_vec();
        if operation == tag::MODIFY_REQUEST {
            known.push(oid::PERMISSIVE_MODIFY);
        }
        if operation != tag::ADD_REQUEST {
            known.push(oid::PRE_READ);
        }
        if operation != tag::DELETE_REQUEST {
            known.push(oid::POST_READ);
        }
        check_controls(message.controls, &known)?;
        let mut asked = Self {
            assertion: directory.assertion(message)?,
            policy: policy_asked(message.controls),
            ..Self::default()
        };
        for control in message.controls.into_iter().flatten() {
            if !known.contains(&control.oid) {
                continue;
            }
            match control.oid {
                oid::PRE_READ => asked.pre = Some(requested(control.value, &directory.schema)?),
                oid::POST_READ => asked.post = Some(requested(control.value, &directory.schema)?),
                oid::PERMISSIVE_MODIFY if control.value.is_some() => return Err(unreadable()),
                oid::PERMISSIVE_MODIFY => asked.permissive = true,
                _ => {}
            }
        }
        Ok(asked)
    }

    /// Whether the entry is to be shown with this attribute, as it was or as it is.
    pub(super) fn shows(&self, schema: &Schema, key: &str) -> bool {
        let kind = schema.attribute(key.as_bytes());
        let mut asked = self.pre.iter().chain(&self.post);
        kind.is_some_and(|kind| asked.any(|asked| asked.wants_type(kind)))
    }

    /// It was done: with the entry as it was and as it is, where that was asked for.
    pub(super) fn success(&self, schema: &Schema, before: Option<Shown<'_>>, after: Option<Shown<'_>>) -> Answer {
        let mut answer = Answer::success();
        let asked = [(oid::PRE_READ, &self.pre, before), (oid::POST_READ, &self.post, after)];
        for (oid, attributes, shown) in asked {
            if let (Some(attributes), Some(shown)) = (attributes, shown)
                && shown.rights.may_see()
                && let Ok(content) = shown.content(schema, attributes)
            {
                let mut value = Writer::new();
                value.element(tag::SEARCH_ENTRY, &content);
                answer = answer.with_control(control::encode(oid, false, Some(&value.finish())));
            }
        }
        answer
    }
}

impl LocalDirectory {
    /// That what is asserted of an entry is so (RFC 4528 §3).
    pub(super) async fn asserted(
        &self,
        controls: &Controls,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
    ) -> Result<(), Answer> {
        match &controls.assertion {
            Some(asserted) => self.check_assertion(asserted, row, entry, access).await,
            None => Ok(()),
        }
    }
}

impl Shown<'_> {
    /// The content of a SearchResultEntry with the attributes that were asked for, as in a search (RFC 4527 §3.1); those that are worked out
    /// for a search are not among them.
    fn content(&self, schema: &Schema, asked: &Requested) -> Result<Vec<u8>, WireError> {
        let body = self.entry.encode();
        let mut types = Vec::new();
        let mut list = Writer::with_capacity(body.len());
        for piece in asked.pick(&body, &[], &mut types, self.rights, schema)? {
            list.raw(piece);
        }
        let mut content = Writer::new();
        content
            .octets(self.name.as_bytes())
            .element(tag::SEQUENCE, &list.finish());
        Ok(content.finish())
    }
}

fn requested(value: Option<&[u8]>, schema: &Schema) -> Result<Requested, Answer> {
    let asked = value.ok_or(WireError::Truncated).and_then(read_entry::requested);
    asked
        .and_then(|asked| Requested::read(asked, false, schema))
        .map_err(|_| unreadable())
}

fn unreadable() -> Answer {
    Answer::malformed("a control's value cannot be read")
}
