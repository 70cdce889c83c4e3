//! A session on a route that shows its directory as another product.

use super::admit::{Admit, Refused, is_denied};
use super::{Identity, Session};
use crate::gateway::Route;
use crate::in_flight::operation_of;
use crate::refusal::Refusal;
use crate::shape::{Refused as Unshaped, Shaped};
use postern_identity::decide::Operation;
use postern_ldap::search::SearchRequest;
use postern_ldap::{Header, Message, ResultCode, WireError, answer, frame, tag};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

impl Session {
    /// Admits a request in the directory's attributes. `renamed` is the request, if it is not the client's own octets.
    pub(super) fn admit_shaped(
        &mut self,
        header: &Header,
        request: &[u8],
        renamed: Option<Zeroizing<Vec<u8>>>,
    ) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        match self.shaped_controls(header, request) {
            Ok(None) => self.admit_in_shape(header, request, renamed),
            Ok(Some(other)) => match frame::walk(&other, usize::MAX) {
                Ok(Some(header)) => self.admit_in_shape(&header, &other.clone(), Some(other)),
                _ => (Admit::Swallow, None),
            },
            Err(answer) => (Admit::Answer(answer), None),
        }
    }

    /// The request with its controls in the directory's attributes, if they must be others; or the refusal.
    fn shaped_controls(&self, header: &Header, request: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Vec<u8>> {
        let writes_or_finds = |operation: &Operation| {
            use Operation::{Add, Delete, Modify, ModifyDn, Search};
            matches!(operation, Add | Delete | Modify | ModifyDn | Search)
        };
        let operation = operation_of(header.operation).filter(writes_or_finds);
        let (Some(shape), Some(operation), Some(rules)) = (&self.route.shape, operation, &self.rules) else {
            return Ok(None);
        };
        if !frame::has_controls(request, header) || !self.is_new(header.id) {
            return Ok(None);
        }
        let Ok(message) = Message::parse(request) else {
            return Ok(None); // refused as what cannot be read
        };
        let asked = shape.controls(&message, &|description| is_denied(rules, description));
        asked.map_err(|unshaped| self.refuse_unshaped(header, operation, unshaped))
    }

    fn refuse_unshaped(&self, header: &Header, operation: Operation, unshaped: Unshaped) -> Vec<u8> {
        let refusal = match unshaped {
            Unshaped::Denied => Refusal::AttributeNotAllowed,
            Unshaped::Unchangeable => Refusal::ShownOnly,
            Unshaped::Control => Refusal::ControlNotShown,
            Unshaped::Malformed => Refusal::Malformed,
        };
        let rules = self.rules.as_ref();
        let denied = rules.and_then(|rules| rules.denied_attributes.as_ref());
        let rule = denied.filter(|_| unshaped == Unshaped::Denied).map(|list| &list.rule);
        self.refuse(header.id, operation, refusal, rule)
    }

    fn admit_in_shape(
        &mut self,
        header: &Header,
        request: &[u8],
        renamed: Option<Zeroizing<Vec<u8>>>,
    ) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        if self.is_new(header.id) {
            // What an earlier request of this number wanted is not what this one wants.
            self.shaped.retain(|(id, _)| *id != header.id);
        }
        let operation = operation_of(header.operation);
        let asks = matches!(
            operation,
            Some(Operation::Search | Operation::Compare | Operation::Add | Operation::Modify)
        );
        let route = Arc::clone(&self.route);
        let (Some(shape), Some(operation), Ok(message), Some(rules), true) = (
            &route.shape,
            operation,
            Message::parse(request),
            self.rules.clone(),
            asks,
        ) else {
            return self.admit_as_is(header, request, renamed);
        };
        let unshaped = match shape.request(&message, &|description| is_denied(&rules, description)) {
            Ok(Shaped::As(other)) => return self.admit_other(other),
            Ok(Shaped::Search(other, wanted)) => {
                let Some(wanted) = wanted else {
                    return self.admit_other(other);
                };
                let in_flight = &self.in_flight;
                self.shaped.retain(|(id, _)| *id != header.id && in_flight.knows(*id));
                self.shaped.push((header.id, wanted));
                // What an entry is shown as rests on its policy. A restricted session finds nothing anyway.
                if !shape.is_ready() && !matches!(self.identity, Identity::Restricted(_)) {
                    return (Admit::InSequence, Some(other));
                }
                return self.admit_other(other);
            }
            // The entry has to be read first. Nobody but who is signed in may change how anybody stands.
            Ok(Shaped::Standing) if matches!(self.identity, Identity::Bound(_)) && self.is_new(header.id) => {
                // And nobody is read for a change the rules refuse anyway.
                if let Err(Refused(refusal, rule)) = self.may_modify(&message, &rules) {
                    let answer = self.refuse(header.id, operation, refusal, rule.as_ref());
                    return (Admit::Answer(answer), None);
                }
                return (Admit::InSequence, renamed);
            }
            Ok(Shaped::Same | Shaped::Standing) => return self.admit_as_is(header, request, renamed),
            Err(unshaped) => unshaped,
        };
        if !self.is_new(header.id) {
            return self.admit_as_is(header, request, renamed); // the session ends for it
        }
        (Admit::Answer(self.refuse_unshaped(header, operation, unshaped)), None)
    }

    fn admit_as_is(
        &mut self,
        header: &Header,
        request: &[u8],
        renamed: Option<Zeroizing<Vec<u8>>>,
    ) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        match renamed {
            Some(renamed) => self.admit_instead(header, renamed),
            None => (self.admit(header, request), None),
        }
    }

    fn admit_other(&mut self, other: Zeroizing<Vec<u8>>) -> (Admit, Option<Zeroizing<Vec<u8>>>) {
        match frame::walk(&other, usize::MAX) {
            Ok(Some(header)) => self.admit_instead(&header, other),
            _ => (Admit::Swallow, None),
        }
    }

    /// An answer as the client is to see it, if it is another: an entry of which something virtual was wanted, or what a write returns of one.
    pub(super) fn shaped_answer(&self, header: &Header, octets: &[u8]) -> Option<Result<Vec<u8>, WireError>> {
        let shape = self.route.shape.as_ref()?;
        match header.operation {
            tag::SEARCH_ENTRY => {}
            tag::ADD_RESPONSE | tag::DELETE_RESPONSE | tag::MODIFY_RESPONSE | tag::MODIFY_DN_RESPONSE => {
                let written = Message::parse(octets).and_then(|message| shape.written(&message));
                return written.transpose();
            }
            _ => return None,
        }
        let (_, wanted) = self.shaped.iter().find(|(id, _)| *id == header.id)?;
        Some(Message::parse(octets).and_then(|message| shape.entry(&message, wanted)))
    }

    /// The answer to a search of the policy's entry, which is ours.
    pub(super) fn policy_entry(&self, message: &Message<'_>) -> Option<Vec<u8>> {
        let shape = self.route.shape.as_ref()?;
        let search = SearchRequest::parse(message).ok()?;
        if !shape.is_policy(search.base) {
            return None;
        }
        // Nobody has to know what passwords must be like.
        let anybody = !matches!(self.identity, Identity::Anonymous);
        let done = answer::result(message.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]);
        self.route.counters.operation(Operation::Search, ResultCode::SUCCESS);
        match shape.policy_entry(message.id, &search).filter(|_| anybody) {
            Some(entry) => {
                let mut answers = if self
                    .rules
                    .as_ref()
                    .is_some_and(|rules| rules.denied_attributes.is_some())
                {
                    self.stripped(&entry)?
                } else {
                    entry
                };
                answers.extend(done);
                Some(answers)
            }
            None => Some(done),
        }
    }
}

/// A request in sequence with what it changes of an account's standing in the directory's own attributes. `None`: the directory has no such
/// thing, and the request is refused.
pub(super) async fn standing_changed(
    route: Arc<Route>,
    patience: Duration,
    request: Zeroizing<Vec<u8>>,
) -> Option<Zeroizing<Vec<u8>>> {
    let Some(shape) = &route.shape else {
        return Some(request);
    };
    if !shape.is_ready() {
        let _ = tokio::time::timeout(patience, shape.ready()).await;
    }
    let is_modify = |message: &Message<'_>| message.operation.tag == tag::MODIFY_REQUEST;
    let Some(message) = Message::parse(&request).ok().filter(is_modify) else {
        return Some(request);
    };
    // Denied ones were refused before it came here.
    if !matches!(shape.request(&message, &|_| false), Ok(Shaped::Standing)) {
        return Some(request);
    }
    shape.with_standing_changed(&message, &route.service).await
}
