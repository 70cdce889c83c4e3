//! The audit line: one for every sign-in and every refusal, written straight into a line on the thread that asks.

mod provisioning;
mod reset;

use super::lines::Lines;
use super::octets::{push_json, push_message, push_number, push_quoted, push_time, shortened};
use crate::config::LogFormat;
use postern_identity::audit::{Audit, Event, Notice, ProvisioningEvent, ResetEvent};
use postern_identity::{Clock, Proven, State};
use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;

/// The most octets of the name a client gave.
const LONGEST_ACCOUNT: usize = 512;

/// Writes audit lines.
pub struct AuditLog {
    lines: Lines,
    format: LogFormat,
    clock: Arc<dyn Clock>,
}

impl AuditLog {
    /// Lines in this format, timed by this clock.
    pub fn new(lines: Lines, format: LogFormat, clock: Arc<dyn Clock>) -> Self {
        Self { lines, format, clock }
    }
}

impl Audit for AuditLog {
    fn record(&self, event: &Event<'_>) {
        self.put(|line| match self.format {
            LogFormat::Json => json(line, event, self.clock.now()),
            LogFormat::Human => human(line, event, self.clock.now()),
        });
    }

    /// One line of the target `postern::notice`, whatever the filter lets through.
    fn notice(&self, notice: &Notice<'_>) {
        self.put(|line| match self.format {
            LogFormat::Json => json_notice(line, notice, self.clock.now()),
            LogFormat::Human => human_notice(line, notice, self.clock.now()),
        });
    }

    fn reset(&self, event: &ResetEvent<'_>) {
        self.put(|line| match self.format {
            LogFormat::Json => reset::json(line, event, self.clock.now()),
            LogFormat::Human => reset::human(line, event, self.clock.now()),
        });
    }

    fn provisioning(&self, event: &ProvisioningEvent<'_>) {
        self.put(|line| match self.format {
            LogFormat::Json => provisioning::json(line, event, self.clock.now()),
            LogFormat::Human => provisioning::human(line, event, self.clock.now()),
        });
    }
}

impl AuditLog {
    fn put(&self, write: impl FnOnce(&mut Vec<u8>)) {
        thread_local! {
            static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        LINE.with_borrow_mut(|line| {
            line.clear();
            write(line);
            self.lines.put(line);
        });
    }
}

/// What a notice counts: grace sign-ins, or seconds until the password expires.
fn counted(state: State) -> Option<(&'static str, u64)> {
    match state {
        State::ExpiredGrace { left } => Some(("grace_left", left.into())),
        State::Expiring { seconds } => Some(("seconds_left", seconds)),
        _ => None,
    }
}

fn json_notice(line: &mut Vec<u8>, notice: &Notice<'_>, now: postern_identity::Timestamp) {
    line.extend_from_slice(b"{\"time\":\"");
    push_time(line, now);
    line.extend_from_slice(
        b"\",\"level\":\"INFO\",\"target\":\"postern::notice\",\"message\":\"a notice is due\",\"route\":",
    );
    push_json(line, notice.route);
    line.extend_from_slice(b",\"rule\":");
    push_json(line, notice.rule);
    line.extend_from_slice(b",\"generation\":");
    push_number(line, notice.generation);
    line.extend_from_slice(b",\"session\":");
    push_number(line, notice.session);
    line.extend_from_slice(b",\"account\":");
    push_json(line, shortened(notice.account, LONGEST_ACCOUNT));
    line.extend_from_slice(b",\"state\":");
    push_json(line, notice.state.name().as_str());
    if let Some((name, number)) = counted(notice.state) {
        line.extend_from_slice(b",");
        push_json(line, name);
        line.push(b':');
        push_number(line, number);
    }
    line.extend_from_slice(b"}\n");
}

fn human_notice(line: &mut Vec<u8>, notice: &Notice<'_>, now: postern_identity::Timestamp) {
    push_time(line, now);
    line.extend_from_slice(b"  INFO postern::notice: a notice is due route=");
    push_quoted(line, notice.route);
    line.extend_from_slice(b" account=");
    push_quoted(line, shortened(notice.account, LONGEST_ACCOUNT));
    line.extend_from_slice(b" state=");
    push_quoted(line, notice.state.name().as_str());
    if let Some((name, number)) = counted(notice.state) {
        line.push(b' ');
        line.extend_from_slice(name.as_bytes());
        line.push(b'=');
        push_number(line, number);
    }
    line.extend_from_slice(b" rule=");
    push_quoted(line, notice.rule);
    line.extend_from_slice(b" generation=");
    push_number(line, notice.generation);
    line.extend_from_slice(b" session=");
    push_number(line, notice.session);
    line.push(b'\n');
}

fn json(line: &mut Vec<u8>, event: &Event<'_>, now: postern_identity::Timestamp) {
    line.extend_from_slice(b"{\"time\":\"");
    push_time(line, now);
    line.extend_from_slice(b"\",\"level\":\"INFO\",\"target\":\"postern::audit\",\"operation\":\"");
    line.extend_from_slice(event.operation.as_bytes());
    line.extend_from_slice(b"\",\"outcome\":\"");
    line.extend_from_slice(event.outcome.as_str().as_bytes());
    line.extend_from_slice(b"\",\"result_code\":");
    push_number(line, event.result_code.into());
    line.extend_from_slice(b",\"route\":");
    push_json(line, event.route);
    line.extend_from_slice(b",\"rule\":");
    push_json(line, event.rule);
    line.extend_from_slice(b",\"generation\":");
    push_number(line, event.generation);
    line.extend_from_slice(b",\"session\":");
    push_number(line, event.session);
    if let Some(client) = event.client {
        line.extend_from_slice(b",\"client\":\"");
        push_client(line, client);
        line.push(b'"');
    }
    line.extend_from_slice(b",\"account\":");
    push_json(line, shortened(event.account, LONGEST_ACCOUNT));
    if let Some(resolved) = event.resolved {
        line.extend_from_slice(b",\"resolved\":");
        push_json(line, shortened(resolved, LONGEST_ACCOUNT));
    }
    if let Some((standing, proven)) = event.standing {
        line.extend_from_slice(b",\"state\":\"");
        line.extend_from_slice(standing.state.name().as_str().as_bytes());
        line.extend_from_slice(b"\",\"proven\":\"");
        line.extend_from_slice(proven_word(proven).as_bytes());
        line.extend_from_slice(b"\",\"told_by\":");
        push_json(line, standing.evidence.told_by);
        if let Some(code) = standing.evidence.result_code {
            line.extend_from_slice(b",\"directory_code\":");
            push_number(line, code.into());
        }
    }
    if let Some(server) = event.server {
        line.extend_from_slice(b",\"server\":");
        push_json(line, server);
    }
    if let Some(owned) = event.owned {
        line.extend_from_slice(b",\"owner\":");
        push_json(line, &owned.authority.to_string());
        line.extend_from_slice(b",\"entry\":");
        push_json(line, shortened(owned.entry, LONGEST_ACCOUNT));
    }
    line.extend_from_slice(b"}\n");
}

fn human(line: &mut Vec<u8>, event: &Event<'_>, now: postern_identity::Timestamp) {
    push_time(line, now);
    line.extend_from_slice(b"  INFO postern::audit: ");
    push_message(line, event.operation);
    line.push(b' ');
    line.extend_from_slice(event.outcome.as_str().as_bytes());
    line.extend_from_slice(b" result_code=");
    push_number(line, event.result_code.into());
    line.extend_from_slice(b" route=");
    push_quoted(line, event.route);
    line.extend_from_slice(b" account=");
    push_quoted(line, shortened(event.account, LONGEST_ACCOUNT));
    if let Some(resolved) = event.resolved {
        line.extend_from_slice(b" resolved=");
        push_quoted(line, shortened(resolved, LONGEST_ACCOUNT));
    }
    if let Some((standing, proven)) = event.standing {
        line.extend_from_slice(b" state=");
        line.extend_from_slice(standing.state.name().as_str().as_bytes());
        line.extend_from_slice(b" proven=");
        line.extend_from_slice(proven_word(proven).as_bytes());
        line.extend_from_slice(b" told_by=");
        push_quoted(line, standing.evidence.told_by);
        if let Some(code) = standing.evidence.result_code {
            line.extend_from_slice(b" directory_code=");
            push_number(line, code.into());
        }
    }
    line.extend_from_slice(b" rule=");
    push_quoted(line, event.rule);
    line.extend_from_slice(b" generation=");
    push_number(line, event.generation);
    line.extend_from_slice(b" session=");
    push_number(line, event.session);
    if let Some(client) = event.client {
        line.extend_from_slice(b" client=");
        push_client(line, client);
    }
    if let Some(server) = event.server {
        line.extend_from_slice(b" server=");
        push_quoted(line, server);
    }
    if let Some(owned) = event.owned {
        line.extend_from_slice(b" owner=");
        push_quoted(line, &owned.authority.to_string());
        line.extend_from_slice(b" entry=");
        push_quoted(line, shortened(owned.entry, LONGEST_ACCOUNT));
    }
    line.push(b'\n');
}

fn push_client(line: &mut Vec<u8>, client: std::net::SocketAddr) {
    match client.ip().to_canonical() {
        std::net::IpAddr::V4(address) => {
            for (position, octet) in address.octets().into_iter().enumerate() {
                if position > 0 {
                    line.push(b'.');
                }
                push_number(line, octet.into());
            }
        }
        // Writing into a vector cannot fail.
        std::net::IpAddr::V6(address) => drop(write!(line, "[{address}]")),
    }
    line.push(b':');
    push_number(line, client.port().into());
}

/// As written in logs.
pub(crate) fn proven_word(proven: Proven) -> &'static str {
    match proven {
        Proven::Yes => "yes",
        Proven::No => "no",
        Proven::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests;
