//! The audit line of a change by a program: what it was and what it is.

use super::super::octets::{push_json, push_message, push_quoted, push_time, shortened};
use super::LONGEST_ACCOUNT;
use postern_identity::Timestamp;
use postern_identity::audit::{ChangedAttribute, ProvisioningEvent};

pub(super) fn json(line: &mut Vec<u8>, event: &ProvisioningEvent<'_>, now: Timestamp) {
    line.extend_from_slice(b"{\"time\":\"");
    push_time(line, now);
    line.extend_from_slice(b"\",\"level\":\"INFO\",\"target\":\"postern::audit\",\"operation\":");
    push_json(line, event.name);
    each(event, |name, text| {
        line.push(b',');
        push_json(line, name);
        line.push(b':');
        push_json(line, text);
    });
    line.extend_from_slice(b",\"changes\":[");
    for (place, change) in event.changes.iter().enumerate() {
        if place > 0 {
            line.push(b',');
        }
        line.extend_from_slice(b"{\"name\":");
        push_json(line, &change.name);
        for (name, value) in values(change) {
            line.push(b',');
            push_json(line, name);
            line.push(b':');
            push_json(line, value);
        }
        line.push(b'}');
    }
    line.extend_from_slice(b"]}\n");
}

pub(super) fn human(line: &mut Vec<u8>, event: &ProvisioningEvent<'_>, now: Timestamp) {
    push_time(line, now);
    line.extend_from_slice(b"  INFO postern::audit: ");
    push_message(line, event.name);
    each(event, |name, text| {
        line.push(b' ');
        if name == "outcome" {
            push_message(line, text);
            return;
        }
        line.extend_from_slice(name.as_bytes());
        line.push(b'=');
        push_quoted(line, text);
    });
    for change in event.changes {
        line.push(b' ');
        push_message(line, &change.name);
        for (name, value) in values(change) {
            line.push(b' ');
            line.extend_from_slice(name.as_bytes());
            line.push(b'=');
            push_quoted(line, value);
        }
    }
    line.push(b'\n');
}

fn values(change: &ChangedAttribute) -> impl Iterator<Item = (&'static str, &str)> {
    let both = [("before", change.before.as_deref()), ("after", change.after.as_deref())];
    both.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Every field that is known, in the order of the documentation.
fn each(event: &ProvisioningEvent<'_>, mut tell: impl FnMut(&'static str, &str)) {
    let client = event.client.to_canonical().to_string();
    let owner = event.authority.map(ToString::to_string);
    let known = [
        ("outcome", Some(event.outcome.as_str())),
        ("route", Some(event.route)),
        ("client", Some(client.as_str())),
        ("token", Some(event.token)),
        ("directory", Some(event.directory)),
        ("account", event.id),
        ("entry", event.entry.map(|entry| shortened(entry, LONGEST_ACCOUNT))),
        ("reason", event.reason),
        ("rule", event.rule),
        ("owner", owner.as_deref()),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            tell(name, value);
        }
    }
}
