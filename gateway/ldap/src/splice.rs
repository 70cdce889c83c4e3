//! New octets around an untouched rest: controls put in and taken out, results and bind names replaced.

use crate::WireError;
use crate::ber::Writer;
use crate::control::Control;
use crate::message::Message;
use crate::tag;

/// The message with one more control, already encoded.
pub fn with_control(message: &Message<'_>, control: &[u8]) -> Vec<u8> {
    rebuilt(message, message.operation.whole, &[message.controls.content(), control])
}

/// The message with the controls that `keep` wants, followed by `more`, already encoded.
pub fn with_controls(
    message: &Message<'_>,
    mut keep: impl FnMut(&Control<'_>) -> bool,
    more: &[&[u8]],
) -> Result<Vec<u8>, WireError> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for control in message.controls {
        let control = control?;
        if keep(&control) {
            parts.push(control.whole);
        }
    }
    parts.extend_from_slice(more);
    Ok(rebuilt(message, message.operation.whole, &parts))
}

/// The message with other operation content under the same tag, its controls untouched.
pub fn with_content(message: &Message<'_>, content: &[u8]) -> Vec<u8> {
    with_both(message, Some(content), message.controls.content())
}

/// A bind request under another name: its version, its authentication and its controls as they were sent. The result holds what it
/// proves itself with: wipe it after use.
pub fn with_bind_name(message: &Message<'_>, name: &[u8]) -> Result<Vec<u8>, WireError> {
    if message.operation.tag != tag::BIND_REQUEST {
        return Err(WireError::Unexpected);
    }
    let mut body = message.body();
    let version = body.element()?;
    body.octets()?;
    let rest = body.rest();
    // Room for everything at once, so that no copy of a password is left behind by a growing buffer.
    let mut content = Writer::with_capacity(version.whole.len() + name.len() + rest.len() + 8);
    content.raw(version.whole).octets(name).raw(rest);
    let mut content = content.finish();
    let out = with_content(message, &content);
    content.fill(0);
    Ok(out)
}

/// The message with other operation content, if any is given, and other controls, already encoded.
pub(crate) fn with_both(message: &Message<'_>, content: Option<&[u8]>, controls: &[u8]) -> Vec<u8> {
    let Some(content) = content else {
        return rebuilt(message, message.operation.whole, &[controls]);
    };
    let mut operation = Writer::with_capacity(content.len() + 8);
    operation.element(message.operation.tag, content);
    let mut operation = operation.finish();
    let out = rebuilt(message, &operation, &[controls]);
    operation.fill(0); // it may hold a password
    out
}

/// Puts a message together again. Its whole size is known first, so that no growing buffer leaves a copy of it behind.
fn rebuilt(message: &Message<'_>, operation: &[u8], controls: &[&[u8]]) -> Vec<u8> {
    let listed: usize = controls.iter().map(|control| control.len()).sum();
    let (list_length, list_octets) = crate::ber::length_octets(listed);
    let list_size = if listed == 0 { 0 } else { 1 + list_octets + listed };
    let [between, behind] = message.strays;
    let size = message.id_element.len() + operation.len() + between.len() + list_size + behind.len();
    let (length, octets) = crate::ber::length_octets(size);
    let mut out = Vec::with_capacity(1 + octets + size);
    out.push(tag::SEQUENCE);
    out.extend_from_slice(length.get(..octets).unwrap_or_default());
    out.extend_from_slice(message.id_element);
    out.extend_from_slice(operation);
    out.extend_from_slice(between);
    if listed > 0 {
        out.push(tag::CONTROLS);
        out.extend_from_slice(list_length.get(..list_octets).unwrap_or_default());
        for control in controls {
            out.extend_from_slice(control);
        }
    }
    out.extend_from_slice(behind);
    out
}
