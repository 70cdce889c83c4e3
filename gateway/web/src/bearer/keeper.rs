//! Keeps an issuer's keys: read at the start, now and then, and when a token names one that is new. While the issuer is away the old ones serve on.

use super::Refused;
use super::address::KeyAddress;
use super::fetch::{self, FetchError};
use super::jwt::Jwt;
use super::keys::{Keys, KeysError};
use rustls::ClientConfig;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Where an issuer's keys are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file, which is read again as keys are.
    File(PathBuf),
    /// An address that answers with them.
    Address(KeyAddress),
    /// The issuer's description of itself, which has the address ([`KeyAddress::of_discovery`]).
    Discovery(KeyAddress),
}

/// How often, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Keys are read again as often.
    pub(super) refresh: Duration,
    /// And where that failed.
    pub(super) retry: Duration,
    /// A token with an unknown key has them read at most as often: anybody can write one.
    pub(super) unknown: Duration,
    /// It waits no longer for that.
    pub(super) patience: Duration,
    /// Reading them takes no longer.
    pub(super) deadline: Duration,
    /// Keys that were read so long ago hold no more: the issuer may have taken one back.
    pub(super) stale: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            refresh: Duration::from_mins(10),
            retry: Duration::from_secs(15),
            unknown: Duration::from_mins(1),
            patience: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            stale: Duration::from_hours(24),
        }
    }
}

/// The keys of one issuer.
pub(super) struct Keeper {
    name: Arc<str>,
    issuer: String,
    source: KeySource,
    tls: Arc<ClientConfig>,
    pace: Pace,
    held: watch::Sender<Held>,
    /// Which reading somebody waits for.
    wanted: AtomicU64,
    bell: Notify,
}

/// What is known of the keys.
#[derive(Clone, Default)]
struct Held {
    keys: Option<(Arc<Keys>, Instant)>,
    /// How many readings there were, and the end of the last.
    readings: u64,
    tried: Option<Instant>,
}

/// Why keys could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum ReadError {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Keys(#[from] KeysError),
    #[error("it took too long")]
    TooLong,
    #[error("the file cannot be read")]
    File,
    #[error("the issuer does not describe itself")]
    Description,
    #[error("the issuer calls itself otherwise: \"issuer\" has to be its name, letter by letter")]
    OtherIssuer,
    #[error("the issuer names an address of its keys that is not https")]
    Address,
}

impl Keeper {
    pub(super) fn new(name: Arc<str>, issuer: String, source: KeySource, tls: Arc<ClientConfig>, pace: Pace) -> Self {
        Self {
            name,
            issuer,
            source,
            tls,
            pace,
            held: watch::Sender::default(),
            wanted: AtomicU64::new(0),
            bell: Notify::new(),
        }
    }

    /// Whether a key of the issuer has signed this.
    pub(super) async fn verify(&self, jwt: &Jwt<'_>) -> Result<(), Refused> {
        let mut news = self.held.subscribe();
        let mut may_wait = true;
        loop {
            let held = news.borrow_and_update().clone();
            let unknown = match held.keys.filter(|(_, read)| read.elapsed() < self.pace.stale) {
                None => Refused::KeysAway,
                Some((keys, _)) => match keys.verify(jwt) {
                    Some(verified) => return verified,
                    None => Refused::Key,
                },
            };
            let lately = held.tried.is_some_and(|tried| tried.elapsed() < self.pace.unknown);
            if lately || !std::mem::take(&mut may_wait) {
                return Err(unknown);
            }
            self.wanted.fetch_max(held.readings + 1, Ordering::Relaxed);
            self.bell.notify_one();
            if timeout(self.pace.patience, news.changed()).await.is_err() {
                return Err(unknown);
            }
        }
    }

    /// Reads keys until `stop`.
    pub(super) async fn keep_fresh(self: Arc<Self>, stop: CancellationToken) {
        let mut told = None;
        while let Some(read) = stop.run_until_cancelled(timeout(self.pace.deadline, self.read())).await {
            let read = read.unwrap_or(Err(ReadError::TooLong));
            let issuer = &*self.name;
            match &read {
                Err(why) if told != Some(*why) => {
                    tracing::warn!(target: "postern", issuer, %why, "the keys of an OAuth issuer cannot be read; those read before serve for a day");
                }
                Ok(_) if told.is_some() => {
                    tracing::info!(target: "postern", issuer, "the keys of an OAuth issuer can be read again");
                }
                _ => {}
            }
            told = read.as_ref().err().copied();
            let next = if told.is_some() {
                self.pace.retry
            } else {
                self.pace.refresh
            };
            self.held.send_modify(|held| {
                let now = Instant::now();
                held.readings += 1;
                held.tried = Some(now);
                if let Ok(keys) = read {
                    held.keys = Some((Arc::new(keys), now));
                }
            });
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(next) => {}
                () = self.asked_for() => {}
            }
        }
    }

    /// Until somebody waits for another reading than the last. Nobody does soon after it: see [`Keeper::verify`].
    async fn asked_for(&self) {
        loop {
            self.bell.notified().await;
            let readings = self.held.borrow().readings;
            if self.wanted.load(Ordering::Relaxed) > readings {
                return;
            }
        }
    }

    async fn read(&self) -> Result<Keys, ReadError> {
        let octets = match &self.source {
            KeySource::File(path) => file(path).await.map_err(|_| ReadError::File)?,
            KeySource::Address(address) => fetch::get(address, &self.tls).await?,
            KeySource::Discovery(address) => {
                let description = fetch::get(address, &self.tls).await?;
                let keys = self.described(&description, address)?;
                fetch::get(&keys, &self.tls).await?
            }
        };
        Ok(Keys::parse(&octets)?)
    }

    /// Where the keys are, by the issuer's own description (OpenID Connect Discovery 1.0 §4.3: it has to be its own).
    fn described(&self, description: &[u8], from: &KeyAddress) -> Result<KeyAddress, ReadError> {
        #[derive(Deserialize)]
        struct Description {
            issuer: String,
            jwks_uri: String,
        }
        let said: Description = serde_json::from_slice(description).map_err(|_| ReadError::Description)?;
        if said.issuer != self.issuer {
            return Err(ReadError::OtherIssuer);
        }
        from.leads_to(&said.jwks_uri).ok_or(ReadError::Address)
    }
}

async fn file(path: &Path) -> std::io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write to it.
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let most = u64::try_from(fetch::LARGEST).unwrap_or(u64::MAX);
    let mut octets = Vec::new();
    let mut file = tokio::fs::File::open(path).await?.take(most + 1);
    file.read_to_end(&mut octets).await?;
    if octets.len() > fetch::LARGEST {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    Ok(octets)
}
