//! Whose the password is that a request would write: asked before anything of it reaches the directory, and of the entry as it is and as it
//! will be. Where it is not the directory's own, or nobody knows, the request is refused; so is what would change the answer.
//!
//! Whoever may not write a local account's password either is not told that this one is somebody else's: besides the account itself and
//! those whom a rule names, everybody is answered as if they had no right to write it, and nobody at all before signing in.

mod after;
mod judge;
mod premise;
mod request;

use super::Session;
use crate::in_flight::operation_of;
use crate::refusal::Refusal;
use judge::Actor;
use postern_identity::Authority;
use postern_identity::audit::Owned;
use postern_identity::authority::{AuthorityRules, Decision};
use postern_identity::decide::{Operation, RouteRules};
use postern_ldap::extended::ExtendedRequest;
use postern_ldap::{Header, Message, MessageId, ResultCode, oid};
use request::Concern;
use std::ops::ControlFlow;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How often a request is judged anew because the rules have changed meanwhile.
const MOST_RELOADS: usize = 3;
/// How often a request is judged again because its premise did not hold.
const MOST_TIMES: u8 = 5;
/// RFC 4528 §4.
pub(super) const ASSERTION_FAILED: ResultCode = ResultCode(122);

/// What a session remembers of whose passwords its requests write.
#[derive(Default)]
pub(super) struct Owners {
    /// The leave for the request that is about to be admitted.
    leave: Option<Leave>,
    /// Requests in flight that have one.
    sent: Vec<Sent>,
    /// Those whose premise did not hold, or could not be seen to by whoever asks, and how often each of them has come to this: they are to
    /// be judged again.
    again: Vec<(Zeroizing<Vec<u8>>, u8)>,
    /// The one that is judged again, and how often it has been.
    judged_again: Option<(MessageId, u8)>,
}

/// Leave to send a request: the password it writes is the directory's own.
pub(super) struct Leave {
    id: MessageId,
    /// The rules that said so.
    rules: Option<Arc<AuthorityRules>>,
    decision: Decision,
    /// The entry.
    entry: Box<str>,
    /// What the server is to make sure of when it writes, as a filter's octets.
    premise: Option<Vec<u8>>,
}

/// A request in flight for which somebody asked whose the password is.
struct Sent {
    id: MessageId,
    decision: Decision,
    entry: Box<str>,
    /// As it came, if it went with a premise of ours alone.
    request: Option<Zeroizing<Vec<u8>>>,
    /// How often it has been judged again.
    times: u8,
}

/// Why a request is refused, and whose the password is, if that is the reason.
struct Denied {
    refusal: Refusal,
    found: Option<(Decision, Box<str>)>,
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, found: None }
    }
}

/// What is to be said of a request before it may be admitted.
pub(super) enum Ownership {
    /// Nothing, or it has been said.
    Settled,
    /// The directory has to be asked.
    Ask,
}

impl Session {
    /// Whether a request may be admitted as far as it matters whose passwords it writes.
    pub(super) fn ownership(
        &mut self,
        message: &Message<'_>,
        extension: Option<&ExtendedRequest<'_>>,
        rules: &RouteRules,
    ) -> Result<Ownership, Refusal> {
        let of_this = |leave: &Leave| {
            let same = match (&leave.rules, &rules.authority) {
                (Some(then), Some(now)) => Arc::ptr_eq(then, now),
                (None, None) => true,
                _ => false,
            };
            leave.id == message.id && same
        };
        if self.owners.leave.as_ref().is_some_and(of_this) {
            return Ok(Ownership::Settled);
        }
        self.owners.leave = None;
        match self.concern(message, extension, rules) {
            Concern::Nothing => Ok(Ownership::Settled),
            Concern::Refused(refusal) => Err(refusal),
            // Whoever is nobody learns nothing of anybody: local accounts are answered just so.
            Concern::Writes | Concern::Changes if self.actor(message)?.is_none() => Err(Refusal::OwnerSignIn),
            Concern::Writes | Concern::Changes => Ok(Ownership::Ask),
        }
    }

    /// Asks whose the password is that a request would write. The answer is the refusal, on record.
    pub(super) async fn ask_owner(&mut self, header: &Header, frame: &[u8]) -> Result<(), Vec<u8>> {
        self.owners.leave = None;
        let (Ok(message), Some(operation)) = (Message::parse(frame), operation_of(header.operation)) else {
            return Ok(());
        };
        let Some(rules) = self.rules.clone() else { return Ok(()) };
        let extension = ExtendedRequest::parse(&message).ok();
        let concern = self.concern(&message, extension.as_ref(), &rules);
        if !matches!(concern, Concern::Writes | Concern::Changes) {
            return Ok(()); // whatever is to be refused of it is refused when it is admitted
        }
        let again = self.owners.judged_again.filter(|(id, _)| *id == header.id);
        match self.judge_owner(&message, extension.as_ref(), &rules, concern).await {
            Ok(Some(mut leave)) => {
                let premise = leave.premise.take();
                leave.premise = match (premise, again) {
                    // Whoever asks may not see what the premise is about, and the directory holds it to their rights.
                    (Some(premise), Some(_)) if self.cannot_see(header.id, &leave.entry, &premise).await => None,
                    (Some(_), Some((_, times))) if times >= MOST_TIMES => {
                        self.owners.judged_again = None;
                        return Err(self.refuse(header.id, operation, Refusal::OwnerUnavailable, None));
                    }
                    (premise, _) => premise,
                };
                self.owners.leave = Some(leave);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(denied) => Err(self.refuse_owned(&message, operation, &denied)),
        }
    }

    fn refuse_owned(&self, message: &Message<'_>, operation: Operation, denied: &Denied) -> Vec<u8> {
        let (_, code, _) = denied.refusal.entry();
        let Some((decision, entry)) = &denied.found else {
            return self.refuse(message.id, operation, denied.refusal, None);
        };
        let owned = Owned {
            authority: &decision.authority,
            entry,
        };
        let text = told(denied.refusal, decision);
        self.refuse_as_owned(message.id, operation, code, &text, (&decision.rule, owned))
    }

    /// The leave for a request that is admitted now: `message`, which stands for the `request` that came, with a premise, if it goes with one.
    pub(super) fn take_leave(&mut self, message: &Message<'_>, request: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(leave) = self.owners.leave.take().filter(|leave| leave.id == message.id) else {
            return Ok(None);
        };
        let premise = leave.premise.filter(|_| request::takes_assertion(message));
        let changed = premise.map(|premise| premise::asserted(message, &premise));
        let changed = changed.transpose().map_err(|_| Refusal::Malformed)?;
        // That the client's own assertion failed is the client's to know, and the two cannot be told apart by the answer.
        let ours_alone = !message
            .controls
            .iter()
            .flatten()
            .any(|control| control.oid == oid::ASSERTION);
        let again = self.owners.judged_again.filter(|(id, _)| *id == message.id);
        self.owners.sent.retain(|sent| sent.id != message.id);
        self.owners.sent.push(Sent {
            id: message.id,
            decision: leave.decision,
            entry: leave.entry,
            request: (changed.is_some() && ours_alone).then(|| Zeroizing::new(request.to_vec())),
            times: again.map_or(0, |(_, times)| times),
        });
        Ok(changed)
    }

    /// The same for a request that is sent and answered in sequence: with nothing else under way between the look and the write, it
    /// goes without a premise.
    pub(super) fn take_leave_in_sequence(&mut self, request: &[u8]) {
        if let Some(leave) = &mut self.owners.leave {
            leave.premise = None;
        }
        if let Ok(message) = Message::parse(request) {
            let _ = self.take_leave(&message, request); // without a premise nothing of it changes
        }
    }

    /// Asks under the rules in force when leave is given.
    pub(super) async fn ask_owner_in_force(
        &mut self,
        header: &Header,
        frame: &[u8],
    ) -> ControlFlow<super::Leave, Result<(), Vec<u8>>> {
        for _ in 0..MOST_RELOADS {
            let asked = self.ask_owner(header, frame).await;
            if self.owners.leave.is_none() || self.generation == self.shared.generation.get() {
                return ControlFlow::Continue(asked);
            }
            self.new_rules()?;
        }
        let operation = operation_of(header.operation).unwrap_or(Operation::Extended);
        let answer = self.refuse(header.id, operation, Refusal::OwnerUnavailable, None);
        ControlFlow::Continue(Err(answer))
    }

    /// A leave that was not used was not sent either.
    pub(super) fn give_up_leave(&mut self) {
        self.owners.leave = None;
    }

    /// Whether an answer says that the premise we put on a request did not hold: then it is judged again instead of being answered.
    pub(super) fn premise_failed(&mut self, id: MessageId, code: ResultCode) -> bool {
        if code != ASSERTION_FAILED {
            return false;
        }
        let mut sent = self.owners.sent.iter();
        let Some(place) = sent.position(|sent| sent.id == id && sent.request.is_some()) else {
            return false;
        };
        let sent = self.owners.sent.swap_remove(place);
        let Some(request) = sent.request else { return false };
        self.owners.again.push((request, sent.times.saturating_add(1)));
        true
    }

    /// A request to be judged again.
    pub(super) fn judge_owner_again(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let (request, times) = self.owners.again.pop()?;
        let header = postern_ldap::frame::walk(&request, usize::MAX).ok().flatten();
        self.owners.judged_again = header.map(|header| (header.id, times));
        Some(request)
    }

    /// What was found out of the request of this id, which has ended.
    pub(super) fn owned_ended(&mut self, id: MessageId) -> Option<(Decision, Box<str>)> {
        self.owners.judged_again = self.owners.judged_again.filter(|(again, _)| *again != id);
        let place = self.owners.sent.iter().position(|sent| sent.id == id)?;
        let sent = self.owners.sent.swap_remove(place);
        Some((sent.decision, sent.entry))
    }

    /// Nobody will hear what came of these requests.
    pub(super) fn forget_owned(&mut self, id: Option<MessageId>) {
        self.owners.sent.retain(|sent| id.is_some_and(|id| sent.id != id));
    }
}

/// What whoever may know is told.
fn told(refusal: Refusal, decision: &Decision) -> String {
    let (_, _, text) = refusal.entry();
    let provider = match &decision.authority {
        Authority::Provider(provider) | Authority::Both { provider, .. } if refusal == Refusal::OwnedElsewhere => {
            provider
        }
        _ => return text.to_owned(),
    };
    match &decision.page {
        Some(page) => format!("this password is kept by {provider}: change it at {page}"),
        None => format!("this password is kept by {provider}: change it there"),
    }
}
