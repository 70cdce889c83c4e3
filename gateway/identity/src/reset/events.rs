//! What is put on record of each step.

use super::asked::{By, Caller};
use super::context::Base;
use super::desk::Desk;
use super::stages::Subject;
use crate::account::AccountKey;
use crate::audit::{Outcome, ResetEvent};
use std::fmt::Write as _;

/// What somebody else may make of a step: the same event with more in it.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub name: &'static str,
    pub outcome: Outcome,
    pub caller: Option<&'a Caller<'a>>,
    pub account: Option<&'a AccountKey>,
    pub entry: Option<&'a str>,
    pub factor: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub rule: Option<&'a str>,
    pub authority: Option<&'a crate::authority::Authority>,
}

impl Step<'_> {
    pub(super) fn of(name: &'static str, outcome: Outcome) -> Self {
        Step {
            name,
            outcome,
            caller: None,
            account: None,
            entry: None,
            factor: None,
            reason: None,
            rule: None,
            authority: None,
        }
    }
}

impl Desk {
    /// Puts a step in a context on record.
    pub(super) fn record(&self, base: &Base, step: &Step<'_>) {
        let identifier = hexadecimal(&base.opening.name.0);
        let program = match step.caller.map(|caller| caller.by) {
            Some(By::Program { token, .. }) => Some(token),
            _ => base.token(),
        };
        self.parts.audit.reset(&ResetEvent {
            name: step.name,
            outcome: step.outcome,
            context: Some(base.id),
            route: base.route(),
            action: base.action().as_str(),
            client: step.caller.map(|caller| caller.client),
            token: program,
            account: step.account,
            entry: step.entry.map(shortened),
            identifier: Some(&identifier),
            factor: step.factor,
            reason: step.reason,
            rule: step.rule,
            authority: step.authority,
            generation: base.opening.rules.generation,
        });
    }

    /// The same where the account is known.
    pub(super) fn record_of(&self, base: &Base, subject: &Subject, step: &Step<'_>) {
        let key = subject.key();
        self.record(
            base,
            &Step {
                account: Some(&key),
                ..*step
            },
        );
    }
}

pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// At most 512 octets of it.
pub(super) fn shortened(text: &str) -> &str {
    let mut end = text.len().min(512);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
