//! Who somebody is: simple binds by DN.
//!
//! Whoever has no account here, is locked out or has the wrong password is answered alike and after the same work: an entry and a policy are
//! looked for, a password is hashed, and where the policy counts failures the store is asked to keep something.
//!
//! There a right password is let in only if its entry is still what it was judged by: else many guesses at once would all be judged before
//! the first of them is counted.
//!
//! A failure that cannot be kept would be a guess that does not count. So its account is shut for a while, right password or wrong: see
//! [`Unrecorded`].

use super::LocalDirectory;
use super::answer::Answer;
use super::entry::Entry;
use super::operation::{check_controls, policy_asked};
use super::password::policy::{self, Gate, Outcome};
use super::password::{Policy, PolicyFault, Replace, Verified};
use super::path::NamePath;
use super::session::{Actor, Session};
use jiff::SignedDuration;
use postern_identity::records::{EntryChange, EntryRow, Indexed, RecordsError};
use postern_identity::{Secret, Timestamp};
use postern_ldap::bind::{Authentication, BindRequest};
use postern_ldap::{Message, ResultCode, oid};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a change is tried that others are making, too.
pub(crate) const TRIES: u32 = 8;

/// What may stand beside a bind request.
const WITH_BIND: &[&[u8]] = &[oid::PASSWORD_POLICY];

/// The attributes whose change must be kept before a success is one: what is used up.
const USED_UP: &[&str] = &["pwdGraceUseTime"];

impl LocalDirectory {
    /// The answer, and who the connection is from now on.
    pub(super) async fn bind(&self, session: &Session, message: &Message<'_>) -> (Answer, Actor) {
        match self.signed_in(session, message).await {
            Ok(signed_in) => signed_in,
            Err(answer) => (answer, Actor::Anonymous),
        }
    }

    async fn signed_in(&self, session: &Session, message: &Message<'_>) -> Result<(Answer, Actor), Answer> {
        let request = BindRequest::parse(message).map_err(|_| Answer::malformed("the bind request cannot be read"))?;
        check_controls(message.controls, WITH_BIND)?;
        if request.version != 3 {
            return Err(Answer::malformed("only version 3 is spoken"));
        }
        let Authentication::Simple(password) = request.authentication else {
            return Err(Answer::new(
                ResultCode::AUTH_METHOD_NOT_SUPPORTED,
                "only simple binds are taken",
            ));
        };
        match (request.name, password) {
            (b"", b"") => return Ok((Answer::success(), Actor::Anonymous)),
            // RFC 4513 §5.1.2: whoever forgot the password must not believe to have signed in.
            (_, b"") => {
                return Err(Answer::new(
                    ResultCode::UNWILLING_TO_PERFORM,
                    "unauthenticated bind (DN with no password) disallowed",
                ));
            }
            (b"", _) => return Err(invalid()),
            _ => {}
        }
        let path = self.schema.path(request.name);
        let path = path.map_err(|_| Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN"))?;
        let given = Secret::new(password);
        if path == self.service_path {
            let known = self
                .service_password
                .as_ref()
                .is_some_and(|password| password.same_as(&given));
            return if known {
                Ok((Answer::success(), Actor::Service))
            } else {
                Err(invalid())
            };
        }
        let asked = policy_asked(message.controls);
        let (outcome, account) = self.outcome(session, &path, &given).await?;
        let answer = Answer::new(outcome.code, "").with_policy(asked.then_some(outcome.response));
        let actor = match account {
            Some(row) if outcome.is_in() => Actor::Account {
                id: row.id,
                name: row.name,
                path,
                must_change: outcome.must_change,
            },
            _ => Actor::Anonymous,
        };
        Ok((answer, actor))
    }

    /// What the policy makes of it, everything kept that is to be kept.
    async fn outcome(
        &self,
        session: &Session,
        path: &NamePath,
        given: &Secret,
    ) -> Result<(Outcome, Option<EntryRow>), Answer> {
        let hasher = self.hasher.within(session.share);
        let mut verified: Option<(Vec<Vec<u8>>, Verified)> = None;
        let mut turn = None;
        for attempt in 0..TRIES {
            let row = self.entries.nearest(&self.tree, &[path.octets()]).await?;
            let account = row.as_ref().and_then(|row| Entry::decode(&row.body));
            let policy = self.policy_of(account.as_ref()).await?;
            let now = self.clock.now();
            let (Some(row), Some(entry)) = (row, account) else {
                drop(turn.take());
                hasher.verify(Vec::new(), given.duplicate()).await.map_err(|_| busy())?;
                self.keep_nothing(path, policy.as_ref().ok()).await?;
                return Ok((policy::no_account(), None));
            };
            let Ok(policy) = policy else {
                // A policy that cannot be read lets nobody in.
                drop(turn.take());
                hasher.verify(Vec::new(), given.duplicate()).await.map_err(|_| busy())?;
                return Ok((policy::no_account(), None));
            };
            if self.unrecorded.holds(row.id, now) {
                return Err(unrecorded());
            }
            let stored = match policy::before_bind(&entry, &policy, now) {
                Gate::Open => entry.values("userpassword").to_vec(),
                Gate::Shut(outcome) => {
                    drop(turn.take());
                    hasher.verify(Vec::new(), given.duplicate()).await.map_err(|_| busy())?;
                    self.keep_nothing(path, Some(&policy)).await?;
                    return Ok((outcome, None));
                }
            };
            // Changed by others since the last attempt, but not in its password: no need to hash again.
            let result = match verified.take() {
                Some((known, result)) if known == stored => result,
                _ => {
                    drop(turn.take()); // nobody is to wait for a hash of somebody else's
                    let result = hasher.verify(stored.clone(), given.duplicate()).await;
                    result.map_err(|_| busy())?
                }
            };
            let outcome = policy::after_bind(&entry, &policy, result != Verified::Wrong, now);
            let mut changes = outcome.changes.clone();
            if let Verified::Right { rehash: Some(hash) } = &result
                && outcome.is_in()
            {
                changes.push(Replace {
                    attribute: "userPassword",
                    values: vec![hash.clone()],
                });
            }
            let is_counted = counts_failures(&policy);
            // Whoever has something to write does so in turn: of many who sign in at once, each would else find the entry changed again and again.
            if turn.is_none() && (is_counted || !changes.is_empty()) {
                turn = Some(self.turns.wait(path).await?);
            }
            let mut kept = match changes.is_empty() {
                true if outcome.is_in() && is_counted => self.still(&row).await,
                true => Ok(()),
                false => self.keep(&row, &entry, &changes).await,
            };
            let may_be_lost = !changes.is_empty()
                && outcome.is_in()
                && !outcome.changes.iter().any(|change| USED_UP.contains(&change.attribute));
            if may_be_lost && !matches!(kept, Ok(()) | Err(RecordsError::Changed)) {
                // What only makes the next sign-in easier may be lost; what others counted meanwhile may not.
                kept = if is_counted { self.still(&row).await } else { Ok(()) };
            }
            match kept {
                Ok(()) => return Ok((outcome, Some(row))),
                Err(RecordsError::Changed) => {
                    verified = Some((stored, result));
                    pause(attempt).await;
                }
                Err(error) => {
                    if !outcome.is_in() {
                        self.unrecorded.shut(row.id, now);
                    }
                    return Err(match error {
                        RecordsError::Busy => error.into(),
                        _ => unrecorded(),
                    });
                }
            }
        }
        Err(RecordsError::Changed.into())
    }

    async fn keep(&self, row: &EntryRow, entry: &Entry, changes: &[Replace]) -> Result<(), RecordsError> {
        let mut after = entry.clone();
        policy::apply(changes, &mut after);
        let (without, with) = difference(&self.schema.indexed(entry), &self.schema.indexed(&after));
        let change = EntryChange::Replace {
            id: row.id,
            version: row.version,
            body: after.encode().into(),
            without,
            with,
        };
        self.entries.commit(&self.tree, vec![change]).await
    }

    /// Whether an entry is still as it was read: [`RecordsError::Changed`] if not.
    async fn still(&self, row: &EntryRow) -> Result<(), RecordsError> {
        let expected = EntryChange::Expect {
            id: row.id,
            version: row.version,
        };
        self.entries.commit(&self.tree, vec![expected]).await
    }

    /// Asks the store what it is asked for a wrong password, in turn as well, without changing anything.
    async fn keep_nothing(&self, path: &NamePath, policy: Option<&Policy>) -> Result<(), Answer> {
        if policy.is_some_and(counts_failures) {
            let _turn = self.turns.wait(path).await?;
            // That it was changed is what is meant to come of it: there is no such entry.
            let _ = self
                .entries
                .commit(&self.tree, vec![EntryChange::Expect { id: 0, version: 0 }])
                .await;
        }
        Ok(())
    }

    /// The policy of an account: its own, else the directory's default, else the built-in one. Of nobody: the default.
    pub(crate) async fn policy_of(&self, account: Option<&Entry>) -> Result<Result<Policy, PolicyFault>, RecordsError> {
        let own = account
            .and_then(|account| account.text("pwdpolicysubentry"))
            .and_then(|name| self.schema.path(name.as_bytes()).ok());
        let row = match &own {
            Some(own) => {
                self.entries
                    .nearest(&self.tree, &[own.octets(), self.default_policy.octets()])
                    .await?
            }
            None => {
                self.entries
                    .nearest(&self.tree, &[self.default_policy.octets()])
                    .await?
            }
        };
        Ok(match row {
            None => Ok(Policy::built_in()),
            Some(row) => Entry::decode(&row.body)
                .ok_or(PolicyFault("pwdAttribute"))
                .and_then(|entry| Policy::read(&entry)),
        })
    }
}

fn counts_failures(policy: &Policy) -> bool {
    policy.max_recorded_failure > 0
}

/// What an entry is no longer found by, and what besides. Both lists are in order.
pub(crate) fn difference(before: &[Indexed], after: &[Indexed]) -> (Vec<Indexed>, Vec<Indexed>) {
    let only_in = |these: &[Indexed], others: &[Indexed]| {
        let mut these = these.to_vec();
        these.retain(|indexed| others.binary_search(indexed).is_err());
        these
    };
    (only_in(before, after), only_in(after, before))
}

/// A moment, longer each time, for others to be done with an entry.
pub(crate) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 2 + 1)).await;
}

/// Accounts whose last wrong password could not be written down. They are shut for a while: nobody gets more guesses from a disk that is full
/// than one an account and minute.
#[derive(Default)]
pub(super) struct Unrecorded {
    any: AtomicBool,
    until: Mutex<HashMap<i64, Timestamp>>,
}

/// How long one is shut.
const SHUT: SignedDuration = SignedDuration::from_secs(60);
/// So many are told apart. Beyond, every account is shut.
const MOST_SHUT: usize = 10_000;
/// Stands for all accounts.
const EVERYBODY: i64 = i64::MIN;

impl Unrecorded {
    fn holds(&self, id: i64, now: Timestamp) -> bool {
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        [id, EVERYBODY]
            .iter()
            .any(|id| until.get(id).is_some_and(|until| now < *until))
    }

    fn shut(&self, id: i64, now: Timestamp) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, until| now < *until);
        let id = if until.len() < MOST_SHUT { id } else { EVERYBODY };
        until.insert(id, now.checked_add(SHUT).unwrap_or(Timestamp::MAX));
        self.any.store(true, Ordering::Relaxed);
    }
}

fn invalid() -> Answer {
    Answer::new(ResultCode::INVALID_CREDENTIALS, "")
}

fn busy() -> Answer {
    Answer::new(ResultCode::BUSY, "too many sign-ins at once, try again")
}

fn unrecorded() -> Answer {
    Answer::new(
        ResultCode::UNAVAILABLE,
        "sign-ins cannot be recorded: the directory's disk is full, read-only or away",
    )
}
