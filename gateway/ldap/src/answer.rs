//! The messages we originate.

use crate::ber::Writer;
use crate::message::MessageId;
use crate::result::ResultCode;
use crate::{oid, tag};

/// A message from an operation's tag and content and already encoded controls (see [`crate::control::encode`]).
pub fn message(id: MessageId, operation: u8, content: &[u8], controls: &[&[u8]]) -> Vec<u8> {
    let listed: usize = controls.iter().map(|control| control.len()).sum();
    let mut inner = Writer::with_capacity(content.len() + listed + 32);
    inner.integer(id.0).element(operation, content);
    if !controls.is_empty() {
        inner.nested(tag::CONTROLS, |list| {
            for control in controls {
                list.raw(control);
            }
        });
    }
    let mut inner = inner.finish();
    let mut outer = Writer::with_capacity(inner.len() + 8);
    outer.element(tag::SEQUENCE, &inner);
    inner.fill(0); // it may hold a password
    outer.finish()
}

/// The content of an LDAPResult.
pub fn result_content(code: ResultCode, matched_dn: &[u8], diagnostic: &[u8]) -> Vec<u8> {
    let mut content = Writer::with_capacity(16 + matched_dn.len() + diagnostic.len());
    content.enumerated(code.0).octets(matched_dn).octets(diagnostic);
    content.finish()
}

/// A response that is an LDAPResult and nothing more. `response` is a response's tag (see [`tag::response_to`]).
pub fn result(id: MessageId, response: u8, code: ResultCode, diagnostic: &str, controls: &[&[u8]]) -> Vec<u8> {
    message(
        id,
        response,
        &result_content(code, b"", diagnostic.as_bytes()),
        controls,
    )
}

/// An extended response with a name and value (RFC 4511 §4.12).
pub fn extended(
    id: MessageId,
    code: ResultCode,
    diagnostic: &str,
    name: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Vec<u8> {
    let mut content = Writer::new();
    content.raw(&result_content(code, b"", diagnostic.as_bytes()));
    if let Some(name) = name {
        content.element(0x8a, name);
    }
    if let Some(value) = value {
        content.element(0x8b, value);
    }
    message(id, tag::EXTENDED_RESPONSE, &content.finish(), &[])
}

/// Notice of disconnection: the last message before we close (RFC 4511 §4.4.1).
pub fn notice_of_disconnection(code: ResultCode, diagnostic: &str) -> Vec<u8> {
    extended(MessageId(0), code, diagnostic, Some(oid::NOTICE_OF_DISCONNECTION), None)
}

/// An unbind request (RFC 4511 §4.3).
pub fn unbind(id: MessageId) -> Vec<u8> {
    message(id, tag::UNBIND_REQUEST, &[], &[])
}

/// An abandon request (RFC 4511 §4.11).
pub fn abandon(id: MessageId, abandoned: MessageId) -> Vec<u8> {
    let mut number = Writer::new();
    number.integer(abandoned.0);
    let number = number.finish();
    message(id, tag::ABANDON_REQUEST, number.get(2..).unwrap_or_default(), &[])
}
