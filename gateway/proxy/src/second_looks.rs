//! How accounts stand by their entries, where the directory let somebody in and did not say: FreeIPA says nothing of an expired password, Active
//! Directory nothing of one that expires soon.
//!
//! One base search on a lane of the service account, to the server that answered the sign-in. Sign-ins of one account at once share it, and
//! so do those of the next five seconds, unless the account fails to sign in or is written meanwhile. Nobody is asked that did not prove a
//! password. An entry that cannot be read stops nobody: the directory has let them in, and the record says that it was not read.

use postern_directory::{ConnectError, LookUpError, ServerIndex, ServiceLanes, Upstream};
use postern_identity::{DistinguishedName, Standing};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// For how long one look serves.
const SERVES: Duration = Duration::from_secs(5);
/// How long a sign-in waits for a lane of ours, and again for the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a server on which it was not answered is not asked again.
const AWAY: Duration = Duration::from_secs(2);
/// The most accounts remembered; when there are more, all are forgotten.
const MOST: usize = 10_000;

/// The looks at one directory.
pub(crate) struct SecondLooks {
    upstream: Arc<Upstream>,
    lanes: Option<ServiceLanes>,
    /// Whether there was ever one: where there was none, nothing needs to be forgotten.
    used: AtomicBool,
    known: Mutex<Known>,
    found: AtomicU64,
    shared: AtomicU64,
    failed: AtomicU64,
}

/// The entry could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotRead;

#[derive(Default)]
struct Known {
    /// By name in normal form.
    accounts: HashMap<Box<str>, Account>,
    away: HashMap<ServerIndex, Instant>,
}

#[derive(Default)]
struct Account {
    /// One a server.
    looks: Vec<(ServerIndex, Arc<Look>)>,
    /// It is being written: until then each sign-in looks for itself.
    alone_until: Option<Instant>,
}

struct Look {
    begun: Instant,
    standing: OnceCell<Result<Standing, NotRead>>,
}

impl SecondLooks {
    pub(crate) fn new(upstream: Arc<Upstream>) -> Self {
        let may_read = upstream.settings().service_account.is_some();
        Self {
            lanes: may_read.then(|| ServiceLanes::new(Arc::clone(&upstream))),
            upstream,
            used: AtomicBool::new(false),
            known: Mutex::default(),
            found: AtomicU64::new(0),
            shared: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    pub(crate) fn is_of(&self, upstream: &Arc<Upstream>) -> bool {
        Arc::ptr_eq(&self.upstream, upstream)
    }

    /// The directory's name.
    pub(crate) fn directory(&self) -> &str {
        &self.upstream.name().0
    }

    /// How the account with this name stands on this server. `None` where there is no service account to look.
    pub(crate) async fn look(&self, server: ServerIndex, name: &[u8]) -> Option<Result<Standing, NotRead>> {
        let lanes = self.lanes.as_ref()?;
        self.used.store(true, Ordering::Release);
        let look = normal(name).and_then(|normal| self.look_to_share(server, normal));
        let Some(look) = look else {
            // Not a DN, which one search cannot find by; or the server does not answer.
            self.failed.fetch_add(1, Ordering::Relaxed);
            return Some(Err(NotRead));
        };
        let mut asked = false;
        let standing = look
            .standing
            .get_or_init(|| {
                asked = true;
                self.ask(lanes, server, name)
            })
            .await
            .clone();
        let count = match (&standing, asked) {
            (Err(NotRead), _) => &self.failed,
            (Ok(_), true) => &self.found,
            (Ok(_), false) => &self.shared,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Some(standing)
    }

    /// This account failed to sign in: what was read of it may not be so any more.
    pub(crate) fn forget(&self, name: &[u8]) {
        if let Some(normal) = self.to_forget(name) {
            let now = Instant::now();
            let mut known = self.known();
            // While it is being written its sign-ins go on looking for themselves.
            if let Some(account) = known.accounts.get_mut(&normal) {
                account.looks.clear();
                if account.alone_until.is_none_or(|until| until <= now) {
                    known.accounts.remove(&normal);
                }
            }
        }
    }

    /// This account is about to be written: what was read, and what is read before the directory has done it, counts for nobody else.
    pub(crate) fn about_to_be_written(&self, name: &[u8]) {
        if let Some(normal) = self.to_forget(name) {
            let now = Instant::now();
            self.known().make_room(now).accounts.insert(
                normal,
                Account {
                    looks: Vec::new(),
                    alone_until: Some(now + SERVES),
                },
            );
        }
    }

    /// Calls `each` with the results of looks and how many there were.
    pub(crate) fn counts(&self, mut each: impl FnMut(&'static str, u64)) {
        for (result, count) in [
            ("found", &self.found),
            ("shared", &self.shared),
            ("failed", &self.failed),
        ] {
            each(result, count.load(Ordering::Relaxed));
        }
    }

    /// The look that serves now, or a new one. `None` where the server is not to be asked.
    fn look_to_share(&self, server: ServerIndex, normal: Box<str>) -> Option<Arc<Look>> {
        let now = Instant::now();
        let mut known = self.known();
        if known.away.get(&server).is_some_and(|until| now < *until) {
            return None;
        }
        let new = || {
            Arc::new(Look {
                begun: now,
                standing: OnceCell::new(),
            })
        };
        let account = known.make_room(now).accounts.entry(normal).or_default();
        if account.alone_until.is_some_and(|until| now < until) {
            return Some(new());
        }
        account.looks.retain(|(_, look)| now < look.begun + SERVES);
        if let Some((_, look)) = account.looks.iter().find(|(at, _)| *at == server) {
            return Some(Arc::clone(look));
        }
        let look = new();
        account.looks.push((server, Arc::clone(&look)));
        Some(look)
    }

    async fn ask(&self, lanes: &ServiceLanes, server: ServerIndex, name: &[u8]) -> Result<Standing, NotRead> {
        let dn = std::str::from_utf8(name).map_err(|_| NotRead)?;
        match lanes.second_look(server, dn, PATIENCE).await {
            Ok(standing) => Ok(standing),
            Err(fault) => {
                tracing::warn!(
                    target: "postern::directory",
                    directory = self.directory(), server = self.upstream.server_name(server), %fault,
                    "an account's entry could not be read after its sign-in"
                );
                if let LookUpError::Connect(fault) = fault {
                    if fault != ConnectError::Busy {
                        self.known().away.insert(server, Instant::now() + AWAY);
                    }
                    self.forget(name); // the next one may fare better
                }
                Err(NotRead)
            }
        }
    }

    fn to_forget(&self, name: &[u8]) -> Option<Box<str>> {
        if !self.used.load(Ordering::Acquire) {
            return None;
        }
        normal(name)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets what is over once there is too much; and everything, if that was not enough.
    fn make_room(&mut self, now: Instant) -> &mut Self {
        if self.accounts.len() >= MOST {
            self.accounts.retain(|_, account| {
                account.alone_until.is_some_and(|until| now < until)
                    || account.looks.iter().any(|(_, look)| now < look.begun + SERVES)
            });
            if self.accounts.len() >= MOST {
                self.accounts.clear();
            }
        }
        self
    }
}

/// The name in normal form, if it is a DN.
fn normal(name: &[u8]) -> Option<Box<str>> {
    let name = DistinguishedName::parse(name).ok().filter(|name| !name.is_root())?;
    Some(name.to_string().into())
}

#[cfg(test)]
mod tests;
