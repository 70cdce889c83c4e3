//! A context: what everybody's has, and how it is kept.
//!
//! What has come of it stands in the types of [`stages`](super::stages): a [`Context`] of one stage is consumed by the step that leads to the next,
//! and each step gives the change to be committed with it. Whoever commits second loses ([`ContextRow::version`]) and reads anew.

use super::asked::{Action, By, Caller, ContextId, Holder};
use super::keys::{Digest, Keys, Purpose};
use super::rules::ResetRules;
use super::stages::{Kept, Stage};
use super::told::Ending;
use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::records::{ContextRow, ResetChange};
use std::sync::Arc;
use std::time::Duration;

/// How long a context, and what leads to it, is kept after its end.
pub(super) const KEPT: Duration = Duration::from_hours(24);

/// A context at one stage.
#[derive(Clone)]
pub(super) struct Context<S> {
    /// What every context has.
    pub base: Base,
    /// How far it has come.
    pub stage: S,
}

/// A context as it was read.
pub(super) type Loaded = Context<Kept>;

/// What every context has.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Base {
    #[serde(skip, default = "no_id")]
    pub id: ContextId,
    #[serde(skip)]
    pub version: i64,
    pub opening: Opening,
    /// The browser that proved something holds it from then on, by a key of its own. `None`: whoever asked does.
    pub holder: Option<Digest>,
    /// T16: the key that takes the holder's place with the last step. While it is under way either will do: of two presses of one button the browser
    /// may keep the answer to either.
    #[serde(default)]
    pub successor: Option<Digest>,
    /// Whose place was taken by it. For them it is over.
    #[serde(default)]
    pub former: Option<Digest>,
    /// For whoever asked it is over: they guessed too often, say. The link in the owner's mailbox cannot be guessed and still holds.
    pub asked_over: Option<Ending>,
    /// When a message may be sent again. This and the next three are the same for everybody: they move with what is asked, not with what is found.
    pub resend_at: Timestamp,
    /// Which code it is, were there one: tries are counted against it.
    pub attempt: u32,
    /// Since when.
    pub attempt_at: Timestamp,
    /// Its tries are used up: what is sent next has another code.
    pub spent: bool,
    pub expires_at: Timestamp,
}

/// What a context was opened with. It never changes.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Opening {
    pub route: Arc<str>,
    pub action: Action,
    pub directory: Arc<str>,
    pub asker: Asker,
    /// The keyed hash of the name that was typed, in the form in which names are compared.
    pub name: Digest,
    /// The factor that was asked for.
    pub factor: Option<Arc<str>>,
    pub language: Arc<str>,
    /// From roughly where.
    pub from: Option<Arc<str>>,
    pub at: Timestamp,
    /// The rules of the route, before anybody was known.
    pub rules: ResetRules,
}

/// Who opened it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asker {
    /// A browser, by the hash of what it holds.
    Browser { session: Digest },
    /// A program, by the name of its token.
    Program { token: Arc<str>, vouched: Option<Vouched> },
    /// Nobody: a sign-in met a state that this would end.
    SignIn,
}

/// A program has made sure of the person.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Vouched {
    pub reason: Arc<str>,
    /// The name that was given, sealed: it is looked for at the last step.
    pub named: Vec<u8>,
}

/// Whether a context is a caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It is.
    Now,
    /// They asked for it, and somebody else proved something in it: for them it stays what it was.
    Once,
    /// They took the last step, and hold another key since.
    Former,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    form: u8,
    base: Base,
    stage: Kept,
}

const FORM: u8 = 1;

fn no_id() -> ContextId {
    ContextId([0; 16])
}

impl Base {
    /// Whether this caller holds it. Another route's is nobody's.
    pub(super) fn held_by(&self, keys: &Keys, caller: &Caller<'_>, holder: Holder<'_>) -> Option<Held> {
        if *caller.route != *self.opening.route || holder.context() != self.id {
            return None;
        }
        let asked = if self.holder.is_none() { Held::Now } else { Held::Once };
        match (holder, caller.by) {
            (Holder::Browser(key), By::Browser) => {
                let parts: [&[u8]; 2] = [&self.id.0, key.secret.expose()];
                let is = |digest: &Digest| keys.matches(Purpose::Session, &parts, &digest.0);
                if self.holder.as_ref().is_some_and(is) || self.successor.as_ref().is_some_and(is) {
                    return Some(Held::Now);
                }
                if self.former.as_ref().is_some_and(is) {
                    return Some(Held::Former);
                }
                match &self.opening.asker {
                    Asker::Browser { session } if is(session) => Some(asked),
                    _ => None,
                }
            }
            (Holder::Program(_), By::Program { token, .. }) => match &self.opening.asker {
                Asker::Program { token: own, .. } if **own == *token => Some(asked),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn route(&self) -> &str {
        &self.opening.route
    }

    pub(super) fn action(&self) -> Action {
        self.opening.action
    }

    /// The program that opened it.
    pub(super) fn token(&self) -> Option<&str> {
        match &self.opening.asker {
            Asker::Program { token, .. } => Some(token),
            Asker::Browser { .. } | Asker::SignIn => None,
        }
    }

    /// Whether a program vouches for the person.
    pub(super) fn vouched(&self) -> Option<&Vouched> {
        match &self.opening.asker {
            Asker::Program { vouched, .. } => vouched.as_ref(),
            Asker::Browser { .. } | Asker::SignIn => None,
        }
    }
}

impl<S: Stage> Context<S> {
    /// The same stage, with what has changed about it.
    pub(super) fn stay(self) -> Result<(Self, ResetChange), Trouble> {
        self.base.to(self.stage)
    }

    /// It is over.
    pub(super) fn end(self, ending: Ending, at: Timestamp) -> Result<ResetChange, Trouble> {
        let account = self.stage.kept().subject().cloned();
        let over = super::stages::Over { ending, account, at };
        self.base.to(over).map(|(_, change)| change)
    }
}

impl Base {
    /// The next stage, and what is to be committed for it.
    pub(super) fn to<T: Stage>(self, stage: T) -> Result<(Context<T>, ResetChange), Trouble> {
        let mut next = Context { base: self, stage };
        let row = next.row()?;
        next.base.version += 1;
        Ok((next, ResetChange::Replace(row)))
    }
}

impl<S: Stage> Context<S> {
    /// As it is kept: with the version it takes the place of.
    pub(super) fn row(&self) -> Result<ContextRow, Trouble> {
        let stage = self.stage.kept();
        let (live, lease) = (stage.live(), stage.lease());
        let subject = stage.subject().map(|subject| subject.hash.0);
        let body = Body {
            form: FORM,
            base: self.base.clone(),
            stage,
        };
        Ok(ContextRow {
            id: self.base.id,
            version: self.base.version,
            live,
            subject,
            lease,
            purge_at: later(self.base.expires_at, KEPT),
            body: serde_json::to_vec(&body).map_err(|_| Trouble::Unreadable)?.into(),
        })
    }
}

/// A context as the store has it.
pub(super) fn load(row: &ContextRow) -> Result<Loaded, Trouble> {
    let body: Body = serde_json::from_slice(&row.body).map_err(|_| Trouble::Unreadable)?;
    if body.form != FORM {
        return Err(Trouble::Unreadable);
    }
    let mut base = body.base;
    base.id = row.id;
    base.version = row.version;
    Ok(Context {
        base,
        stage: body.stage,
    })
}

/// A while after that; the end of time at the latest.
pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
