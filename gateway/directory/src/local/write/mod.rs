//! What changes entries: add (RFC 4511 §4.7), modify (§4.6, RFC 4525), modifyDN (§4.9), delete (§4.8), password modify (RFC 3062), and loading
//! many at once.
//!
//! **The walk.** Every operation reads its request to the end, says what is wrong with it by itself (names, types, values), then plans: it reads
//! the rows it is about, asks the access rules, does the change to the entry in memory, asks the schema, and has a unit of work. One write is
//! one unit, done as a whole or not at all. Where somebody else was faster ([`RecordsError::Changed`]) it plans again, a few times;
//! within this process writes of one entry wait for each other ([`Turns`]), so that many at once lose nothing and starve nobody.
//!
//! **Choices.** What clients may not change (NO-USER-MODIFICATION) only the shell and the control socket may. A hashed password is taken from
//! them alone: of any other nobody could say whether it keeps to the policy. Values of `unique` attributes are one entry's alone in the whole
//! tree. References follow ([`integrity`]). Members of large groups come and go one by one ([`members`]). Taking away a value of an entry's own name is 67, as RFC 4511 has it; slapd says 64.

mod add;
mod change;
mod compare;
mod controls;
mod delete;
mod integrity;
mod load;
mod members;
mod modify;
mod password_change;
mod password_modify;
mod rdn;
mod rename;
mod row;
mod sequence;
#[cfg(test)]
mod tests;
mod turns;

pub use load::{LoadFault, Loaded, Loader};
pub(crate) use sequence::Sequence;
pub(crate) use turns::Turns;

use super::LocalDirectory;
use super::access::Access;
use super::answer::Answer;
use super::bind::{TRIES, pause};
use super::entry::Entry;
use super::session::{Actor, Session};
use postern_identity::Timestamp;
use postern_identity::records::{EntryChange, RecordsError};
use postern_ldap::{Message, ResultCode};

/// What an operation is about to do, and what it answers if that is done.
struct Plan {
    unit: Vec<EntryChange>,
    answer: Answer,
}

impl LocalDirectory {
    /// An add request, to its whole answer.
    pub(crate) async fn add(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        finished(self.added(session, message).await, message)
    }

    /// A modify request, to its whole answer.
    pub(crate) async fn modify(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        finished(self.modified(session, message).await, message)
    }

    /// A modifyDN request, to its whole answer.
    pub(crate) async fn modify_dn(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        finished(self.renamed(session, message).await, message)
    }

    /// A delete request, to its whole answer.
    pub(crate) async fn delete(&self, session: &Session, message: &Message<'_>) -> Vec<u8> {
        finished(self.deleted(session, message).await, message)
    }

    /// What a session may do, as it is now; nobody writes, nor does whoever's account is gone.
    async fn access_to_write(&self, session: &Session) -> Result<Access, Answer> {
        let access = self.access(session).await?;
        if access.is_of_nobody() {
            return Err(unauthenticated());
        }
        Ok(access)
    }

    /// Writes a unit. `false`: others were faster, and it is to be planned anew.
    async fn settle(&self, unit: Vec<EntryChange>, tries: &mut Tries) -> Result<bool, Answer> {
        if unit.is_empty() {
            return Ok(true);
        }
        match self.entries.commit(&self.tree, unit).await {
            Ok(()) => Ok(true),
            Err(error) => tries.again(error).await.map(|()| false),
        }
    }

    /// Writes who changed an entry, when, and the number of the change.
    fn stamp_changed(&self, entry: &mut Entry, session: &Session) {
        entry.set("modifiersName", vec![session.actor.name().as_bytes().to_vec()]);
        entry.set("modifyTimestamp", vec![generalized_time(self.clock.now())]);
        let before = entry.values("entryCSN").first().map(Vec::as_slice);
        let number = self.sequence.next(self.clock.now(), before);
        entry.set("entryCSN", vec![number]);
    }
}

fn finished(outcome: Result<Answer, Answer>, message: &Message<'_>) -> Vec<u8> {
    let (Ok(answer) | Err(answer)) = outcome;
    answer.message(message.id, message.operation.tag)
}

/// How often it was tried.
#[derive(Default)]
struct Tries {
    so_far: u32,
}

impl Tries {
    /// Waits a little before the next try; an error where there is none. What was true when it was planned no longer is: what is taken, or no
    /// longer above or below, is seen when it is planned anew, and answered in its own words.
    async fn again(&mut self, error: RecordsError) -> Result<(), Answer> {
        let may_pass = matches!(
            error,
            RecordsError::Changed | RecordsError::Taken | RecordsError::NothingAbove | RecordsError::NotALeaf
        );
        self.so_far += 1;
        if !may_pass || self.so_far >= TRIES {
            return Err(error.into());
        }
        pause(self.so_far).await;
        Ok(())
    }
}

/// Nobody changes anything (slapd: `modifications require authentication`).
fn signed_in(session: &Session) -> Result<(), Answer> {
    if session.actor == Actor::Anonymous {
        return Err(unauthenticated());
    }
    Ok(())
}

fn unauthenticated() -> Answer {
    Answer::new(
        ResultCode::STRONGER_AUTH_REQUIRED,
        "modifications require authentication",
    )
}

/// Whether this is the entry of whoever acts.
fn is_own(session: &Session, row: i64) -> bool {
    matches!(session.actor, Actor::Account { id, .. } if id == row)
}

/// A time as entries hold it (RFC 4517 §3.3.13), in whole seconds.
pub(super) fn generalized_time(at: Timestamp) -> Vec<u8> {
    at.strftime("%Y%m%d%H%M%SZ").to_string().into_bytes()
}
