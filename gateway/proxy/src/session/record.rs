//! What goes on record: refusals, sign-ins, and the ends of operations.

use super::{Identity, Session};
use crate::in_flight::{Care, Pending, final_response};
use crate::refusal::Refusal;
use crate::surface;
use postern_identity::audit::{Event, Outcome, Owned};
use postern_identity::decide::{Operation, RuleName};
use postern_identity::{Proven, Standing};
use postern_ldap::control::paged::PagedResults;
use postern_ldap::{Message, MessageId, ResultCode, answer, oid};
use std::borrow::Cow;

/// Octets of a name that go on record.
const LONGEST: usize = 512;

impl Session {
    /// The answer to a refused request, on record with the rule that refused it. Exactly one line each.
    pub(super) fn refuse(
        &self,
        id: MessageId,
        operation: Operation,
        refusal: Refusal,
        rule: Option<&RuleName>,
    ) -> Vec<u8> {
        self.refuse_name(id, operation, refusal, rule, None)
    }

    /// As [`Session::refuse`], for a request in which the client says who it is.
    pub(super) fn refuse_name(
        &self,
        id: MessageId,
        operation: Operation,
        refusal: Refusal,
        rule: Option<&RuleName>,
        account: Option<&[u8]>,
    ) -> Vec<u8> {
        let (name, code, text) = refusal.entry();
        let (code, text, control) = match (refusal, &self.rules) {
            (Refusal::Restricted, Some(rules)) => {
                surface::restricted(rules.surface.value, self.dialect().restricted_refusal())
            }
            _ => (code, text, None),
        };
        let outcome = if matches!(code, ResultCode::UNAVAILABLE | ResultCode::OTHER | ResultCode::BUSY) {
            Outcome::Unavailable
        } else {
            Outcome::Refused
        };
        let rule = rule.map_or(name, RuleName::as_str);
        self.record(operation, outcome, code, rule, account, None);
        let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
        answer::result(id, final_response(operation), code, text, &controls)
    }

    /// One line on record, one count in the metrics.
    pub(super) fn record(
        &self,
        operation: Operation,
        outcome: Outcome,
        code: ResultCode,
        rule: &str,
        name: Option<&[u8]>,
        standing: Option<(&Standing, Proven)>,
    ) {
        self.record_with((operation, outcome, code), rule, name, standing, None);
    }

    /// The same, of a password that is somebody's.
    pub(super) fn record_with(
        &self,
        (operation, outcome, code): (Operation, Outcome, ResultCode),
        rule: &str,
        name: Option<&[u8]>,
        standing: Option<(&Standing, Proven)>,
        owned: Option<Owned<'_>>,
    ) {
        if operation == Operation::Bind {
            self.route.counters.bind(outcome);
        }
        self.route.counters.operation(operation, code);
        let account = name.map_or_else(|| self.account(), readable);
        let (account, resolved) = self.as_given(account);
        self.shared.audit.record(&Event {
            route: &self.route.name,
            client: Some(self.facts.peer),
            session: self.registered.number,
            account: &account,
            resolved: resolved.as_deref(),
            operation: operation.as_str(),
            outcome,
            result_code: code.0,
            rule,
            standing,
            server: self
                .lane
                .as_ref()
                .map(|lane| self.route.upstream.server_name(lane.server)),
            owned,
            generation: self.generation,
        });
    }

    /// The refusal of a request that would write a password which is not the directory's own, or not known to be.
    pub(super) fn refuse_as_owned(
        &self,
        id: MessageId,
        operation: Operation,
        code: ResultCode,
        text: &str,
        (rule, owned): (&RuleName, Owned<'_>),
    ) -> Vec<u8> {
        let how = (operation, Outcome::Refused, code);
        self.record_with(how, rule.as_str(), None, None, Some(owned));
        answer::result(id, final_response(operation), code, text, &[])
    }

    /// An account as its session named it; and itself, where it was found by another name.
    pub(super) fn as_given<'a>(&'a self, account: Cow<'a, str>) -> (Cow<'a, str>, Option<Cow<'a, str>>) {
        match self.given.as_ref().filter(|_| !account.is_empty()) {
            Some(given) => (readable(&given.name), Some(account)),
            None => (account, None),
        }
    }

    /// The directory answered an operation for good. Reads are counted; what was meant to change something goes on record too.
    pub(super) fn ended(&mut self, pending: &Pending, code: ResultCode, answer: &[u8]) {
        if !self.guarded.is_empty() {
            let tested = self.tested_code(code, answer);
            self.guarded_ended(pending.id, tested);
        }
        if pending
            .care
            .has(Care::FIRST_PAGE.with(Care::NEXT_PAGE).with(Care::TAINTS))
        {
            self.cursor_after(pending.care, code, answer);
        }
        if pending.care.has(Care::RECORD) {
            self.has_changed_names();
            let outcome = if code == ResultCode::SUCCESS {
                Outcome::Allowed
            } else {
                Outcome::Failed
            };
            self.record_change((pending.operation, outcome, code), pending.id);
        } else {
            self.route.counters.operation(pending.operation, code);
        }
        tracing::debug!(
            target: "postern::operation",
            session = self.registered.number, operation = pending.operation.as_str(), code = code.0, "answered"
        );
    }

    /// The end of a request that was meant to change something; by whose leave, where a pin gave it.
    pub(super) fn record_change(&mut self, how: (Operation, Outcome, ResultCode), id: MessageId) {
        self.record_change_by("built-in:directory-answered", how, id);
    }

    /// The same where it came about in another way.
    pub(super) fn record_change_by(&mut self, way: &str, how: (Operation, Outcome, ResultCode), id: MessageId) {
        let found = self.owned_ended(id);
        let (rule, owned) = match &found {
            Some((decision, entry)) => {
                let owned = Owned {
                    authority: &decision.authority,
                    entry: readable_text(entry),
                };
                let rule = decision.pinned.then_some(decision.rule.as_str());
                (rule.unwrap_or(way), Some(owned))
            }
            None => (way, None),
        };
        self.record_with(how, rule, None, None, owned);
    }

    /// Lane rule 5: whether a cursor lives on after a page.
    fn cursor_after(&mut self, care: Care, code: ResultCode, answer: &[u8]) {
        let Some(lane) = &mut self.lane else { return };
        if care.has(Care::TAINTS) {
            lane.tainted = true;
        }
        if !care.has(Care::FIRST_PAGE.with(Care::NEXT_PAGE)) {
            return;
        }
        let control = Message::parse(answer).and_then(|message| message.controls.find(oid::PAGED_RESULTS));
        let lives = match control {
            Ok(Some(control)) => {
                PagedResults::parse(control.value.unwrap_or_default()).map(|page| !page.cookie.is_empty())
            }
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        match (lives, care.has(Care::FIRST_PAGE)) {
            (Ok(true), true) => lane.cursors += 1,
            (Ok(false), false) if code == ResultCode::SUCCESS => lane.cursors = lane.cursors.saturating_sub(1),
            (Ok(true), false) | (Ok(false), true) => {}
            (Ok(false), false) | (Err(_), _) => lane.tainted = true,
        }
    }

    /// Operations the client no longer waits for. What was meant to change something goes on record: whether it did is not known.
    pub(super) fn given_up(&self, pending: &Pending) {
        if pending.care.has(Care::RECORD) {
            self.has_changed_names();
            self.record(
                pending.operation,
                Outcome::Unavailable,
                ResultCode::OTHER,
                "built-in:given-up",
                None,
                None,
            );
        }
    }

    pub(super) fn account(&self) -> Cow<'_, str> {
        match &self.identity {
            Identity::Anonymous => Cow::Borrowed(""),
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => readable(&signed_in.name),
        }
    }
}

/// A name for the record: bounded, and lossy where it is not UTF-8.
pub(super) fn readable(name: &[u8]) -> Cow<'_, str> {
    lossy(name.get(..LONGEST).unwrap_or(name))
}

/// The whole of a name as a text, lossy where it is not UTF-8.
pub(super) fn lossy(name: &[u8]) -> Cow<'_, str> {
    // Nearly every name is UTF-8, and that is told faster than what to replace.
    std::str::from_utf8(name).map_or_else(|_| String::from_utf8_lossy(name), Cow::Borrowed)
}

/// As much of a text as goes on record.
fn readable_text(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
