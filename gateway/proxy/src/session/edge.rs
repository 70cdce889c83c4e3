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
use std::borrow::Cow;
use zeroize::Zeroizing;

impl Session {
    /// Admits a request by the directory's names. Beside what becomes of it stands the request as it is to be done in sequence, if it is not the
    /// client's own octets.
    #[inline]
    pub(super) fn admit_at_edge(&mut self, header: &Header, request: &[u8]) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        match (&self.route.suffix, &self.route.shape) {
            (None, None) => (self.admit(header, request), None),
            (None, Some(_)) => self.admit_shaped(header, request, None),
            (Some(_), _) => self.admit_renamed(header, request),
        }
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
            Ok(Inward::Same) => return self.admit_shaped(header, request, None),
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
        match frame::walk(&renamed, usize::MAX) {
            Ok(Some(header)) if self.route.shape.is_some() => {
                let request = renamed.clone();
                self.admit_shaped(&header, &request, Some(renamed))
            }
            Ok(Some(header)) => self.admit_instead(&header, renamed),
            _ => (Admit::Swallow, None),
        }
    }

    /// Admits this in the place of what the client sent.
    pub(super) fn admit_instead(
        &mut self,
        header: &Header,
        request: Zeroizing<Vec<u8>>,
    ) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        match self.admit(header, &request) {
            Admit::Pass => (Admit::Changed(request), None),
            other => (other, Some(request)),
        }
    }

    /// What becomes of an answer, in the attributes and by the names the client knows.
    #[inline]
    pub(super) fn fate_at_edge(&self, fate: Fate, header: &Header, answer: &[u8]) -> Result<Fate, Event> {
        if self.route.suffix.is_none() && self.route.shape.is_none() {
            return Ok(fate);
        }
        let broken = || Event::LaneLost(LaneLoss::Protocol);
        let shaped = match &fate {
            Fate::Pass => self.shaped_answer(header, answer),
            Fate::Change(changed) => self.shaped_answer(header, changed),
            Fate::Stream | Fate::Drop => return Ok(fate),
        };
        let fate = match shaped {
            None => fate,
            Some(made) => Fate::Change(made.map_err(|_| broken())?),
        };
        if self.route.suffix.is_none() {
            return Ok(fate);
        }
        let outward = match &fate {
            Fate::Change(changed) => self.outward(changed),
            _ => self.outward(answer),
        };
        match outward.ok_or_else(broken)? {
            Answer::Same => Ok(fate),
            Answer::Renamed(renamed) => Ok(Fate::Change(renamed)),
            Answer::Nothing => Ok(Fate::Drop),
        }
    }

    /// Answers that are handed over whole, by the client's names. What cannot be read holds nothing that is known to be a name.
    pub(super) fn to_client<'a>(&self, answers: &'a [u8]) -> Cow<'a, [u8]> {
        if self.route.suffix.is_none() {
            return Cow::Borrowed(answers);
        }
        let mut out = Vec::with_capacity(answers.len());
        let mut rest = answers;
        while let Ok(Some(header)) = frame::walk(rest, usize::MAX)
            && let Some((answer, more)) = rest.split_at_checked(header.length)
        {
            match self.outward(answer) {
                Some(Answer::Renamed(renamed)) => out.extend(renamed),
                Some(Answer::Nothing) => {}
                Some(Answer::Same) | None => out.extend_from_slice(answer),
            }
            rest = more;
        }
        out.extend_from_slice(rest);
        Cow::Owned(out)
    }

    fn outward(&self, answer: &[u8]) -> Option<Answer> {
        let suffix = self.route.suffix.as_ref()?;
        suffix.outward(&Message::parse(answer).ok()?).ok()
    }
}
