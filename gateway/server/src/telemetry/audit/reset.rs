//! The audit line of a step of self-service.

use super::super::octets::{push_json, push_message, push_number, push_quoted, push_time, shortened};
use super::LONGEST_ACCOUNT;
use postern_identity::Timestamp;
use postern_identity::audit::ResetEvent;

/// The most octets of a reason: programs give them.
const LONGEST_REASON: usize = 512;

pub(super) fn json(line: &mut Vec<u8>, event: &ResetEvent<'_>, now: Timestamp) {
    line.extend_from_slice(b"{\"time\":\"");
    push_time(line, now);
    line.extend_from_slice(b"\",\"level\":\"INFO\",\"target\":\"postern::audit\",\"operation\":");
    push_json(line, event.name);
    each(event, |name, value| {
        line.push(b',');
        push_json(line, name);
        line.push(b':');
        match value {
            Value::Text(text) => push_json(line, text),
            Value::Number(number) => push_number(line, number),
        }
    });
    line.extend_from_slice(b"}\n");
}

pub(super) fn human(line: &mut Vec<u8>, event: &ResetEvent<'_>, now: Timestamp) {
    push_time(line, now);
    line.extend_from_slice(b"  INFO postern::audit: ");
    push_message(line, event.name);
    each(event, |name, value| {
        line.push(b' ');
        if name == "outcome" {
            if let Value::Text(text) = value {
                push_message(line, text);
            }
            return;
        }
        line.extend_from_slice(name.as_bytes());
        line.push(b'=');
        match value {
            Value::Text(text) => push_quoted(line, text),
            Value::Number(number) => push_number(line, number),
        }
    });
    line.push(b'\n');
}

enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

/// Every field that is known, in the order of the documentation.
fn each(event: &ResetEvent<'_>, mut tell: impl FnMut(&'static str, Value<'_>)) {
    tell("outcome", Value::Text(event.outcome.as_str()));
    tell("route", Value::Text(event.route));
    tell("action", Value::Text(event.action));
    tell("generation", Value::Number(event.generation));
    let context = event.context.map(|id| id.to_string());
    let client = event.client.map(|client| client.to_canonical().to_string());
    let owner = event.authority.map(ToString::to_string);
    let known = [
        ("context", context.as_deref()),
        ("client", client.as_deref()),
        ("token", event.token),
        ("identifier", event.identifier),
        ("directory", event.account.map(|account| &*account.directory.0)),
        ("account", event.account.map(|account| &*account.id)),
        ("entry", event.entry.map(|entry| shortened(entry, LONGEST_ACCOUNT))),
        ("factor", event.factor),
        ("reason", event.reason.map(|reason| shortened(reason, LONGEST_REASON))),
        ("rule", event.rule),
        ("owner", owner.as_deref()),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            tell(name, Value::Text(value));
        }
    }
}
