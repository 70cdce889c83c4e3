//! The password policies of a directory, as the service account last read them. Looked up without waiting, for an entry on its way to a client
//! cannot wait; what is missing is read soon.

use arc_swap::ArcSwap;
use postern_directory::{Entry, ServiceLanes, Upstream};
use postern_identity::DistinguishedName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How old what is known of a policy may be.
const AGE: Duration = Duration::from_mins(1);
/// The most policies that are kept.
const MOST: usize = 256;

/// What is known of the policies.
pub(super) struct Policies {
    /// By name. `None`: it could not be read.
    known: ArcSwap<HashMap<DistinguishedName, Option<Arc<Entry>>>>,
    /// Names somebody has met and nobody knows.
    missed: Mutex<Vec<String>>,
    missing: Notify,
    looked: watch::Sender<bool>,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            known: ArcSwap::default(),
            missed: Mutex::default(),
            missing: Notify::new(),
            looked: watch::Sender::new(false),
        }
    }
}

impl Policies {
    /// The policy that holds for an account, if it is known.
    pub(super) fn of(&self, upstream: &Upstream, account: &Entry) -> Option<Arc<Entry>> {
        let named = upstream
            .dialect()
            .policy_reference()
            .and_then(|attribute| account.text(attribute));
        match named {
            Some(named) => self.get(named),
            None => self.get(&usual(upstream, account.dn())?),
        }
    }

    /// The policy of whoever names none, for those below this.
    pub(super) fn usual(&self, upstream: &Upstream, below: &str) -> Option<Arc<Entry>> {
        self.get(&usual(upstream, below)?)
    }

    fn get(&self, dn: &str) -> Option<Arc<Entry>> {
        let name = DistinguishedName::parse(dn.as_bytes()).ok()?;
        let known = self.known.load();
        if let Some(policy) = known.get(&name) {
            return policy.clone();
        }
        if known.len() >= MOST {
            return None; // there is no room for it, however often it is met
        }
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() < MOST && !missed.iter().any(|other| other == dn) {
            missed.push(dn.to_owned());
            self.missing.notify_one();
        }
        None
    }

    pub(super) fn are_looked_for(&self) -> bool {
        *self.looked.borrow()
    }

    pub(super) async fn looked_for(&self) {
        let _ = self.looked.subscribe().wait_for(|looked| *looked).await;
    }

    /// Reads every policy that is known, at once and then again and again, and those that are missed as soon as they are.
    pub(super) async fn run(&self, upstream: &Upstream, service: &ServiceLanes) {
        let base = upstream.settings().base_dn.clone().unwrap_or_default();
        let mut names: Vec<String> = usual(upstream, &base).into_iter().collect();
        let mut due = Instant::now();
        loop {
            let missed = std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner));
            let fresh = missed.into_iter().filter(|name| !names.contains(name));
            let fresh: Vec<String> = fresh.take(MOST.saturating_sub(names.len())).collect();
            names.extend(fresh.iter().cloned());
            let all = Instant::now() >= due;
            let mut known = HashMap::clone(&self.known.load());
            for dn in if all { &names } else { &fresh } {
                let Ok(name) = DistinguishedName::parse(dn.as_bytes()) else {
                    continue;
                };
                match service.one_entry(dn, upstream.dialect().policy_attributes()).await {
                    Ok(policy) => {
                        known.insert(name, policy.map(Arc::new));
                    }
                    Err(error) => {
                        tracing::warn!(target: "postern::directory", directory = %upstream.name(), policy = %dn, %error,
                            "a password policy cannot be read: what accounts are shown as does without it");
                        known.entry(name).or_insert(None); // what was known before is better than nothing
                    }
                }
            }
            self.known.store(Arc::new(known));
            self.looked.send_replace(true);
            if all {
                due = Instant::now() + AGE;
            }
            let _ = tokio::time::timeout_at(due, self.missing.notified()).await;
        }
    }
}

/// The policy that holds where an account names none.
fn usual(upstream: &Upstream, account: &str) -> Option<String> {
    let configured = upstream.settings().default_policy_dn.clone();
    configured.or_else(|| upstream.dialect().default_policy(account))
}

#[cfg(test)]
impl Policies {
    /// As if it had been read.
    pub(super) fn put(&self, dn: &str, policy: Entry) {
        let mut known = HashMap::clone(&self.known.load());
        if let Ok(name) = DistinguishedName::parse(dn.as_bytes()) {
            known.insert(name, Some(Arc::new(policy)));
        }
        self.known.store(Arc::new(known));
    }

    /// Whether it is to be read.
    pub(super) fn misses(&self, dn: &str) -> bool {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.iter().any(|name| name == dn)
    }
}
