//! Which account a bind name means, on routes that take more than DNs.
//!
//! What was found is remembered for a short while, but only once somebody has signed in by that name. Whoever fails has cost the directory
//! one search and one bind, remembered or not, there or not: the work tells nobody who exists.

use crate::gateway::Route;
use postern_directory::{LookUpError, NameRules, Named, ServiceLanes, Upstream, Who};
use postern_identity::AttributeName;
use postern_ldap::change::ModifyRequest;
use postern_ldap::{Message, tag};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a name is remembered.
const REMEMBERED: Duration = Duration::from_mins(1);
/// The most names of one route that are remembered.
const MOST: usize = 10_000;

/// The names of one route.
pub(crate) struct Accounts {
    rules: NameRules,
    lanes: ServiceLanes,
    changes: Arc<NameChanges>,
    memory: Mutex<Memory>,
}

/// What a name means.
#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    /// It is a DN and goes to the directory as it was sent.
    AsSent,
    /// An account's.
    Account {
        named: Arc<Named>,
        /// Whether that was remembered and not asked just now.
        remembered: bool,
        /// The [number of changes](NameChanges) before it was asked.
        as_of: u64,
    },
    /// Nobody's.
    Nobody,
    /// More than one account's.
    Several,
}

/// How often, through this process, something was changed in one directory that may change whose a name is.
pub(crate) struct NameChanges {
    number: AtomicU64,
    attributes: Vec<AttributeName>,
}

/// Names in two halves: when the younger is full, the older is forgotten.
#[derive(Default)]
struct Memory {
    as_of: u64,
    young: HashMap<Box<[u8]>, Kept>,
    old: HashMap<Box<[u8]>, Kept>,
}

#[derive(Clone)]
struct Kept {
    named: Arc<Named>,
    until: Instant,
}

impl Accounts {
    /// For a route with these rules. Connects when first asked something.
    pub(crate) fn new(rules: NameRules, upstream: Arc<Upstream>, changes: Arc<NameChanges>) -> Self {
        Self {
            rules,
            lanes: ServiceLanes::new(upstream),
            changes,
            memory: Mutex::default(),
        }
    }

    /// What a bind name means: remembered, or asked of the directory. The error is that it could not be asked.
    pub(crate) async fn meaning(&self, name: &[u8]) -> Result<Meaning, LookUpError> {
        let as_of = self.changes.number();
        if let Some(named) = self.memory().recall(name, as_of) {
            return Ok(Meaning::Account {
                named,
                remembered: true,
                as_of,
            });
        }
        self.ask(name).await
    }

    /// What it means now, whatever is remembered.
    pub(crate) async fn ask(&self, name: &[u8]) -> Result<Meaning, LookUpError> {
        let as_of = self.changes.number();
        match self.lanes.who(&self.rules, name).await {
            Ok(Who::AsSent) => Ok(Meaning::AsSent),
            Ok(Who::Account(named)) => Ok(Meaning::Account {
                named: Arc::new(named),
                remembered: false,
                as_of,
            }),
            Err(LookUpError::NotFound) => Ok(Meaning::Nobody),
            Err(LookUpError::Ambiguous) => Ok(Meaning::Several),
            Err(other) => Err(other),
        }
    }

    /// Somebody has signed in by this name.
    pub(crate) fn remember(&self, name: &[u8], named: &Arc<Named>, as_of: u64) {
        if as_of == self.changes.number() {
            self.memory().keep(name, named, as_of);
        }
    }

    /// This name is not what it was.
    pub(crate) fn forget(&self, name: &[u8]) {
        self.memory().forget(name);
    }

    /// The DN of an entry that is not there, for sign-ins that mean nobody.
    pub(crate) fn nobody(&self) -> Result<Box<str>, LookUpError> {
        self.lanes.nobody(&self.rules)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NameChanges {
    /// Of a directory whose routes have these rules.
    pub(crate) fn new<'r>(upstream: &Upstream, rules: impl Iterator<Item = &'r NameRules>) -> Self {
        let usual = upstream.dialect().login_attributes();
        let mut attributes: Vec<_> = rules
            .flat_map(|rules| rules.attributes(&usual))
            .filter_map(|name| AttributeName::parse(name.as_bytes()).ok())
            .collect();
        attributes.sort_unstable();
        attributes.dedup();
        Self {
            number: AtomicU64::new(0),
            attributes,
        }
    }

    /// Whether a request may change whose a name is: an entry comes, goes or moves, or one of the attributes changes. What cannot be read
    /// may.
    pub(crate) fn may_come_of(&self, message: &Message<'_>) -> bool {
        match message.operation.tag {
            tag::ADD_REQUEST | tag::DELETE_REQUEST | tag::MODIFY_DN_REQUEST => true,
            tag::MODIFY_REQUEST => ModifyRequest::parse(message).map_or(true, |modify| {
                modify.changes().any(|change| {
                    let described = change.attribute.description;
                    self.attributes.iter().any(|attribute| attribute.matches(described))
                })
            }),
            _ => false,
        }
    }

    /// One more.
    pub(crate) fn count(&self) {
        self.number.fetch_add(1, Ordering::AcqRel);
    }

    fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }
}

impl Memory {
    fn recall(&mut self, name: &[u8], as_of: u64) -> Option<Arc<Named>> {
        self.catch_up(as_of);
        let kept = self.young.get(name).or_else(|| self.old.get(name))?;
        (Instant::now() < kept.until).then(|| Arc::clone(&kept.named))
    }

    /// A name that is remembered is not remembered any longer for that: its time began when the directory said so.
    fn keep(&mut self, name: &[u8], named: &Arc<Named>, as_of: u64) {
        self.catch_up(as_of);
        if self.young.len() >= MOST / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let kept = Kept {
            named: Arc::clone(named),
            until: Instant::now() + REMEMBERED,
        };
        self.young.insert(name.into(), kept);
    }

    fn forget(&mut self, name: &[u8]) {
        self.young.remove(name);
        self.old.remove(name);
    }

    /// After a change nothing older counts.
    fn catch_up(&mut self, as_of: u64) {
        if self.as_of < as_of {
            self.as_of = as_of;
            self.young = HashMap::new();
            self.old = HashMap::new();
        }
    }
}

impl Route {
    /// Something was sent to the directory, or has been done there, that may change whose a name is.
    pub(crate) fn names_changed(&self) {
        if let Some(changes) = &self.name_changes {
            changes.count();
        }
    }
}

#[cfg(test)]
mod tests;
