//! Operations a session waits for, and those it no longer does.

use crate::root_dse::Asked;
use postern_identity::decide::Operation;
use postern_ldap::{MessageId, tag};

/// An operation sent to the directory and not yet answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    /// Its message id, the same on both sides.
    pub id: MessageId,
    /// What was asked.
    pub operation: Operation,
    /// What its answers need.
    pub care: Care,
    /// When it was sent, in ticks of [`crate::ticker`].
    pub since: u32,
}

impl Pending {
    /// What the directory was asked.
    pub(crate) fn sent(&self) -> Operation {
        match self.operation {
            Operation::Extended if self.care.has(Care::CROSSED) => Operation::Modify,
            Operation::Modify if self.care.has(Care::CROSSED) => Operation::Extended,
            operation => operation,
        }
    }
}

/// What the answers to an operation need besides being passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Care(u32);

impl Care {
    /// Nothing.
    pub(crate) const NONE: Self = Self(0);
    /// Entries are the rootDSE, to be rewritten.
    pub(crate) const ROOT_DSE: Self = Self(1);
    /// Entries must lose denied attributes.
    pub(crate) const STRIP: Self = Self(2);
    /// The first page of a search: its end says whether a page cursor lives on.
    pub(crate) const FIRST_PAGE: Self = Self(4);
    /// A further page: its end says whether the cursor is used up.
    pub(crate) const NEXT_PAGE: Self = Self(32);
    /// It stays open by its nature and is not timed.
    pub(crate) const LASTING: Self = Self(8);
    /// Its end goes on record: it was meant to change something.
    pub(crate) const RECORD: Self = Self(16);

    /// It may leave something on the lane that another session must not meet.
    pub(crate) const TAINTS: Self = Self(64);
    /// Its answer is put into the words of whoever asked (see `session::translated`).
    pub(crate) const TRANSLATED: Self = Self(128);
    /// It went up as a modify where an extended request was asked, or the other way round.
    pub(crate) const CROSSED: Self = Self(256);
    /// A translated request carried the password policy control.
    pub(crate) const POLICY_ASKED: Self = Self(1024);

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Entries are the rootDSE, of which this was asked.
    pub(crate) fn root_dse(asked: Asked) -> Self {
        Self(Self::ROOT_DSE.0 | u32::from(asked.0) << 16)
    }

    /// What was asked of the rootDSE.
    pub(crate) fn asked(self) -> Asked {
        Asked((self.0 >> 16) as u16)
    }

    /// Whether entries must be opened.
    pub(crate) fn edits_entries(self) -> bool {
        self.has(Self(Self::ROOT_DSE.0 | Self::STRIP.0))
    }
}

/// The table. Small and searched from the last hit on: answers come in runs of one id.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    pending: Vec<Pending>,
    last: usize,
    /// Given up by the client; whatever still comes is swallowed. The oldest goes when there are too many, and an answer to a forgotten
    /// one then closes the lane: safe, if rude.
    abandoned: Vec<MessageId>,
    /// An abandoned operation was forgotten: its answer may still come, and nobody knows.
    forgot: bool,
}

const MOST_ABANDONED: usize = 256;

impl InFlight {
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether any answer may still come.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.pending.is_empty() && self.abandoned.is_empty() && !self.forgot
    }

    /// Whether the id may not be used for a new operation.
    pub(crate) fn knows(&self, id: MessageId) -> bool {
        self.pending.iter().any(|pending| pending.id == id) || self.abandoned.contains(&id)
    }

    pub(crate) fn add(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// The operation an answer belongs to.
    pub(crate) fn find(&mut self, id: MessageId) -> Option<Pending> {
        if let Some(pending) = self.pending.get(self.last).filter(|pending| pending.id == id) {
            return Some(*pending);
        }
        self.last = self.pending.iter().position(|pending| pending.id == id)?;
        self.pending.get(self.last).copied()
    }

    /// Forgets the operation [`InFlight::find`] found last.
    pub(crate) fn end_found(&mut self) {
        if self.last < self.pending.len() {
            self.pending.swap_remove(self.last);
        }
    }

    /// The client no longer wants it. `None` if it is not in flight.
    pub(crate) fn abandon(&mut self, id: MessageId) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.id == id)?;
        let pending = self.pending.swap_remove(place);
        if self.abandoned.len() == MOST_ABANDONED {
            self.abandoned.remove(0);
            self.forgot = true;
        }
        self.abandoned.push(id);
        Some(pending)
    }

    /// Whether an answer belongs to an abandoned operation; the last one of it ends that.
    pub(crate) fn swallows(&mut self, id: MessageId, response: u8) -> bool {
        let Some(place) = self.abandoned.iter().position(|abandoned| *abandoned == id) else {
            return false;
        };
        if tag::ends_operation(response) {
            self.abandoned.swap_remove(place);
        }
        true
    }

    /// The operation [`InFlight::find`] found last goes on: its time begins anew.
    pub(crate) fn refresh_found(&mut self, now: u32) {
        if let Some(pending) = self.pending.get_mut(self.last) {
            pending.since = now;
        }
    }

    /// Whether only operations are left that stay open by their nature, if any.
    pub(crate) fn only_lasting(&self) -> bool {
        self.pending.iter().all(|pending| pending.care.has(Care::LASTING))
    }

    /// Whether an operation that stays open by its nature is in flight.
    pub(crate) fn any_lasting(&self) -> bool {
        self.pending.iter().any(|pending| pending.care.has(Care::LASTING))
    }

    /// Whether an operation of this kind is in flight.
    pub(crate) fn any(&self, operation: Operation) -> bool {
        self.pending.iter().any(|pending| pending.operation == operation)
    }

    /// The oldest operation that is timed.
    pub(crate) fn oldest(&self) -> Option<u32> {
        self.pending
            .iter()
            .filter(|pending| !pending.care.has(Care::LASTING))
            .map(|pending| pending.since)
            .min()
    }

    /// Everything still waited for, which then is not.
    pub(crate) fn take_all(&mut self) -> Vec<Pending> {
        self.abandoned.clear();
        self.forgot = false;
        self.last = 0;
        std::mem::take(&mut self.pending)
    }
}

/// Whether a response of this tag can answer that operation.
pub(crate) fn answers(operation: Operation, response: u8) -> bool {
    match response {
        tag::SEARCH_ENTRY | tag::SEARCH_REFERENCE | tag::SEARCH_DONE => operation == Operation::Search,
        tag::INTERMEDIATE_RESPONSE => matches!(operation, Operation::Search | Operation::Extended),
        tag::EXTENDED_RESPONSE => operation == Operation::Extended,
        tag::MODIFY_RESPONSE => operation == Operation::Modify,
        tag::ADD_RESPONSE => operation == Operation::Add,
        tag::DELETE_RESPONSE => operation == Operation::Delete,
        tag::MODIFY_DN_RESPONSE => operation == Operation::ModifyDn,
        tag::COMPARE_RESPONSE => operation == Operation::Compare,
        _ => false,
    }
}

/// The operation a request's tag stands for; none for unbind, abandon and what is no request.
pub(crate) fn operation_of(request: u8) -> Option<Operation> {
    Some(match request {
        tag::BIND_REQUEST => Operation::Bind,
        tag::SEARCH_REQUEST => Operation::Search,
        tag::COMPARE_REQUEST => Operation::Compare,
        tag::ADD_REQUEST => Operation::Add,
        tag::DELETE_REQUEST => Operation::Delete,
        tag::MODIFY_REQUEST => Operation::Modify,
        tag::MODIFY_DN_REQUEST => Operation::ModifyDn,
        tag::EXTENDED_REQUEST => Operation::Extended,
        _ => return None,
    })
}

/// The tag of the response that ends an operation.
pub(crate) fn final_response(operation: Operation) -> u8 {
    match operation {
        Operation::Bind => tag::BIND_RESPONSE,
        Operation::Search => tag::SEARCH_DONE,
        Operation::Compare => tag::COMPARE_RESPONSE,
        Operation::Add => tag::ADD_RESPONSE,
        Operation::Delete => tag::DELETE_RESPONSE,
        Operation::Modify => tag::MODIFY_RESPONSE,
        Operation::ModifyDn => tag::MODIFY_DN_RESPONSE,
        Operation::Extended => tag::EXTENDED_RESPONSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_an_abandoned_operation_is_forgotten_something_is_owed_until_the_lane_goes() {
        let mut table = InFlight::default();
        let last = u32::try_from(MOST_ABANDONED).unwrap() + 1;
        for id in 1..=last {
            table.add(Pending {
                id: MessageId(id),
                operation: Operation::Modify,
                care: Care::NONE,
                since: 0,
            });
            assert!(table.abandon(MessageId(id)).is_some());
        }
        assert!(!table.knows(MessageId(1)) && table.knows(MessageId(2)));
        for id in 2..=last {
            assert!(table.swallows(MessageId(id), tag::MODIFY_RESPONSE));
        }
        assert!(table.is_empty() && !table.owes_nothing());
        table.take_all();
        assert!(table.owes_nothing());
    }

    #[test]
    fn an_operation_that_keeps_being_answered_is_not_old() {
        let mut table = InFlight::default();
        table.add(Pending {
            id: MessageId(1),
            operation: Operation::Search,
            care: Care::NONE,
            since: 3,
        });
        assert_eq!(table.oldest(), Some(3));
        table.find(MessageId(1));
        table.refresh_found(9);
        assert_eq!(table.oldest(), Some(9));
    }
}
