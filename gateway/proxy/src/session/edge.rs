//! The edge of a session on a route that shows its directory otherwise than it is: requests become the directory's before anything
//! else looks at them, answers the client's after everything else has.

use super::admit::Admit;
use super::answers::Fate;
use super::{Event, Session};
use crate::in_flight::operation_of;
use crate::lane::LaneLoss;
use crate::refusal::Refusal;
use crate::suffix::Inward;
use postern_identity::decide::Operation;
use postern_ldap::renaming::Answer;
use postern_ldap::{Header, Message, frame};
use zeroize::Zeroizing;

impl Session {
    /// Admits a request by the directory's names. Beside what becomes of it stands the request as it is to be done in sequence, if it is not the
    /// client's own octets.
    #[inline]
    pub(super) fn admit_at_edge(&mut self, header: &Header, request: &[u8]) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        if self.route.suffix.is_none() {
            return (self.admit(header, request), None);
        }
        self.admit_renamed(header, request)
    }

    fn admit_renamed(&mut self, header: &Header, request: &[u8]) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        let message = Message::parse(request).ok();
        let operation = operation_of(header.operation);
        self.refused_at_edge = None;
        let inward = match (&self.route.suffix, message, operation) {
            (Some(suffix), Some(message), Some(_)) => suffix.inward(&message),
            // What cannot be read is refused, and abandon and unbind name nobody.
            _ => Ok(Inward::Same),
        };
        let refusal = match inward {
            Ok(Inward::As(renamed)) => return self.admit_as(renamed),
            Ok(Inward::Same) => return (self.admit(header, request), None),
            // Under its own name it would be somebody's of the directory's.
            Ok(Inward::Elsewhere) if operation == Some(Operation::Bind) => Refusal::NameElsewhere,
            Ok(Inward::Elsewhere) => Refusal::OtherSuffix,
            Ok(Inward::Control) => Refusal::ControlNotMapped,
            Err(_) => Refusal::Malformed,
        };
        match operation {
            // A bind ends whatever the session was, whatever is wrong with it.
            Some(Operation::Bind) => {
                self.refused_at_edge = Some(refusal);
                (self.admit(header, request), None)
            }
            Some(operation) if self.is_new(header.id) => {
                (Admit::Answer(self.refuse(header.id, operation, refusal, None)), None)
            }
            // The session ends for it.
            _ => (self.admit(header, request), None),
        }
    }

    fn admit_as(&mut self, renamed: Zeroizing<Vec<u8>>) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        let Ok(Some(header)) = frame::walk(&renamed, usize::MAX) else {
            return (Admit::Swallow, None);
        };
        match self.admit(&header, &renamed) {
            Admit::Pass => (Admit::Changed(renamed), None),
            other => (other, Some(renamed)),
        }
    }

    /// What becomes of an answer, by the client's names.
    #[inline]
    pub(super) fn fate_at_edge(&self, fate: Fate, answer: &[u8]) -> Result<Fate, Event> {
        if self.route.suffix.is_none() {
            return Ok(fate);
        }
        let outward = match &fate {
            Fate::Pass => self.outward(answer),
            Fate::Change(changed) => self.outward(changed),
            Fate::Stream | Fate::Drop => return Ok(fate),
        };
        match outward.ok_or(Event::LaneLost(LaneLoss::Protocol))? {
            Answer::Same => Ok(fate),
            Answer::Renamed(renamed) => Ok(Fate::Change(renamed)),
            Answer::Nothing => Ok(Fate::Drop),
        }
    }

    /// An answer that is handed over whole, by the client's names. One that cannot be read holds nothing that is known to be a name.
    pub(super) fn to_client(&self, answer: Vec<u8>) -> Vec<u8> {
        match self.route.suffix.as_ref().and_then(|_| self.outward(&answer)) {
            Some(Answer::Renamed(renamed)) => renamed,
            _ => answer,
        }
    }

    fn outward(&self, answer: &[u8]) -> Option<Answer> {
        let suffix = self.route.suffix.as_ref()?;
        suffix.outward(&Message::parse(answer).ok()?).ok()
    }
}
