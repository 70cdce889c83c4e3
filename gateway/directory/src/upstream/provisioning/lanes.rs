//! Connections of our own for provisioning: as many as configured, each bound once and kept, each request with a deadline. What is only read is asked
//! once more where a kept connection turns out to be broken.

use super::settings::ProvisioningSettings;
use crate::upstream::choice::Want;
use crate::upstream::entry::Entry;
use crate::upstream::error::ConnectError;
use crate::upstream::service::lane::Lane;
use crate::upstream::service::request::Search;
use crate::upstream::{ServerIndex, Upstream};
use postern_identity::provisioning::ProvisioningError;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::{Message, ResultCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// The most octets one answer, or the answers to one search that is no long one, may have: a group of 200,000 members.
const MOST_OCTETS: usize = 64 * 1024 * 1024;
/// Those of one page of a long search.
const MOST_OCTETS_OF_PAGE: usize = 64 * 1024 * 1024;

/// The connections.
pub(super) struct Lanes {
    upstream: Arc<Upstream>,
    permits: Semaphore,
    /// Those who hold one while they ask for another: fewer than there are, so that somebody can go on.
    scans: Semaphore,
    kept: Mutex<Vec<Lane>>,
    most: usize,
    patience: Duration,
}

/// One of them, for the time it is used. It is closed unless [`Held::keep`] is called.
pub(super) struct Held<'l> {
    /// To ask.
    pub(super) lane: Lane,
    /// Whether it was used before, so that its end may have been long ago.
    pub(super) was_kept: bool,
    /// Until when it has to have answered.
    pub(super) deadline: Instant,
    lanes: &'l Lanes,
    _permit: SemaphorePermit<'l>,
}

/// An entry, and which attribute has more values and where they begin.
pub(super) struct Shown {
    pub(super) entry: Entry,
    pub(super) more: Option<(String, u32)>,
}

/// What a search brought.
pub(super) struct Found {
    pub(super) entries: Vec<Shown>,
    pub(super) code: ResultCode,
}

impl Lanes {
    pub(super) fn new(upstream: Arc<Upstream>, settings: &ProvisioningSettings) -> Self {
        let most = settings.lanes.max(2);
        Self {
            upstream,
            permits: Semaphore::new(most),
            scans: Semaphore::new(most.div_ceil(2)),
            kept: Mutex::new(Vec::with_capacity(most)),
            most,
            patience: settings.patience,
        }
    }

    /// The directory they lead to.
    pub(super) fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// How long one request may take.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// A lane to where writes go: that server has everything that was written. `fresh`: none that was used before.
    pub(super) async fn hold(&self, fresh: bool) -> Result<Held<'_>, ProvisioningError> {
        let deadline = Instant::now() + self.patience;
        let permit = timeout_at(deadline, self.permits.acquire()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(ProvisioningError::TooSlow)?;
        let want = Want {
            account: None,
            writes: true,
        };
        let held = |lane, was_kept| Held {
            lane,
            was_kept,
            deadline,
            lanes: self,
            _permit: permit,
        };
        if !fresh && let Some(lane) = self.take_kept(&want).await {
            return Ok(held(lane, true));
        }
        let lane = timeout_at(deadline, self.connect(&want)).await;
        let lane = lane.map_err(|_| ProvisioningError::TooSlow)??;
        Ok(held(lane, false))
    }

    /// A fresh lane to this server and no other.
    pub(super) async fn hold_at(&self, server: ServerIndex) -> Result<Held<'_>, ProvisioningError> {
        let deadline = Instant::now() + self.patience;
        let permit = timeout_at(deadline, self.permits.acquire()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(ProvisioningError::TooSlow)?;
        let account = self.upstream.settings().service_account.as_ref();
        let account = account.ok_or(ProvisioningError::NotAllowed)?;
        let lane = timeout_at(deadline, async {
            let mut lane = Lane::anonymous(self.upstream.connect_to(server).await.map_err(told)?);
            let plaintext = self.upstream.settings().allow_plaintext;
            lane.bind(account, plaintext, self.patience).await.map_err(told)?;
            Ok::<Lane, ProvisioningError>(lane)
        });
        let lane = lane.await.map_err(|_| ProvisioningError::TooSlow)??;
        Ok(Held {
            lane,
            was_kept: false,
            deadline,
            lanes: self,
            _permit: permit,
        })
    }

    async fn connect(&self, want: &Want) -> Result<Lane, ProvisioningError> {
        let settings = self.upstream.settings();
        let account = settings.service_account.as_ref().ok_or(ProvisioningError::NotAllowed)?;
        let connection = self.upstream.connect_for(want).await.map_err(told)?;
        let mut lane = Lane::anonymous(connection);
        let bound = lane.bind(account, settings.allow_plaintext, self.patience).await;
        bound.map_err(told)?;
        Ok(lane)
    }

    async fn take_kept(&self, want: &Want) -> Option<Lane> {
        let server = self.upstream.candidates(want).first().copied();
        loop {
            let mut lane = {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                let place = kept.iter().rposition(|lane| Some(lane.server()) == server)?;
                kept.remove(place)
            };
            if lane.is_usable().await {
                return Some(lane);
            }
        }
    }

    /// One search that is answered at once.
    pub(super) async fn search(&self, search: &Search<'_>) -> Result<Found, ProvisioningError> {
        for attempt in 0..2 {
            let mut held = self.hold(attempt > 0).await?;
            let mut entries = Vec::new();
            let answered = held
                .pass(search, None, MOST_OCTETS, &mut |message| {
                    let (entry, more) = Entry::read_plain(message)?;
                    entries.push(Shown { entry, more });
                    Ok(())
                })
                .await;
            match answered {
                Ok((code, _)) => {
                    held.keep();
                    return Ok(Found { entries, code });
                }
                Err(fault) => held.broke(fault, attempt)?,
            }
        }
        Err(ProvisioningError::Unavailable)
    }

    /// One search in pages, of at most so many entries, for whoever asks more between them.
    pub(super) async fn pages<'s>(
        &self,
        search: &'s Search<'s>,
        size: u32,
        most: usize,
    ) -> Result<Pages<'_, 's>, ProvisioningError> {
        let turn = timeout_at(Instant::now() + self.patience, self.scans.acquire()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(ProvisioningError::TooSlow)?;
        Ok(Pages {
            lanes: self,
            search,
            size,
            left: most,
            held: None,
            cookie: Vec::new(),
            began: false,
            _turn: turn,
        })
    }

    /// One search in pages, of at most so many entries. What has been taken is taken: then it is not asked again.
    pub(super) async fn scan(
        &self,
        search: &Search<'_>,
        (page, most): (u32, usize),
        take: &mut (dyn FnMut(&Message<'_>) -> Result<(), ConnectError> + Send),
    ) -> Result<ResultCode, ProvisioningError> {
        for attempt in 0..2 {
            let mut held = self.hold(attempt > 0).await?;
            let (mut cookie, mut count) = (Vec::new(), 0_usize);
            loop {
                held.deadline = Instant::now() + self.patience;
                let part = PagedResults {
                    size: page,
                    cookie: &cookie,
                };
                let passed = held
                    .pass(search, Some(part), MOST_OCTETS_OF_PAGE, &mut |message| {
                        count += 1;
                        if count > most {
                            return Err(ConnectError::Busy);
                        }
                        take(message)
                    })
                    .await;
                match passed {
                    Ok((ResultCode::SUCCESS, next)) if !next.is_empty() => cookie = next,
                    Ok((code, _)) => {
                        held.keep();
                        return Ok(code);
                    }
                    // The lane is closed with what is still to come on it.
                    Err(_) if count > most => return Err(ProvisioningError::TooMany),
                    Err(fault) if count > 0 => {
                        held.broke(fault, 1)?;
                        break;
                    }
                    Err(fault) => {
                        held.broke(fault, attempt)?;
                        break;
                    }
                }
            }
        }
        Err(ProvisioningError::Unavailable)
    }
}

/// A long search, a page at a time. Its lane is held until it ends; what is asked meanwhile goes over others.
pub(super) struct Pages<'l, 's> {
    lanes: &'l Lanes,
    search: &'s Search<'s>,
    size: u32,
    left: usize,
    held: Option<Held<'l>>,
    cookie: Vec<u8>,
    began: bool,
    _turn: SemaphorePermit<'l>,
}

impl Pages<'_, '_> {
    /// The next page; `None`: there is none.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Shown>>, ProvisioningError> {
        for attempt in 0..2 {
            let mut held = match self.held.take() {
                Some(held) => held,
                None if self.began && self.cookie.is_empty() => return Ok(None),
                None => self.lanes.hold(attempt > 0).await?,
            };
            held.deadline = Instant::now() + self.lanes.patience;
            let page = PagedResults {
                size: self.size,
                cookie: &self.cookie,
            };
            let mut entries = Vec::new();
            let left = self.left;
            let passed = held
                .pass(self.search, Some(page), MOST_OCTETS_OF_PAGE, &mut |message| {
                    if entries.len() >= left {
                        return Err(ConnectError::Busy);
                    }
                    let (entry, more) = Entry::read_plain(message)?;
                    entries.push(Shown { entry, more });
                    Ok(())
                })
                .await;
            match passed {
                Ok((ResultCode::SUCCESS, next)) => {
                    self.began = true;
                    self.left -= entries.len();
                    if next.is_empty() {
                        self.cookie = Vec::new();
                        held.keep();
                    } else {
                        self.cookie = next;
                        self.held = Some(held);
                    }
                    return Ok(Some(entries));
                }
                Ok((ResultCode::NO_SUCH_OBJECT, _)) => {
                    self.began = true;
                    held.keep();
                    return Ok(None);
                }
                Ok((code, _)) => return Err(refused(code)),
                // The lane is closed with what is still to come on it.
                Err(ConnectError::Busy) => return Err(ProvisioningError::TooMany),
                Err(fault) => held.broke(fault, if self.began { 1 } else { attempt })?,
            }
        }
        Err(ProvisioningError::Unavailable)
    }
}

impl Held<'_> {
    async fn pass(
        &mut self,
        search: &Search<'_>,
        page: Option<PagedResults<'_>>,
        most_octets: usize,
        take: &mut (dyn FnMut(&Message<'_>) -> Result<(), ConnectError> + Send),
    ) -> Result<(ResultCode, Vec<u8>), ConnectError> {
        self.lane.pass(search, page, most_octets, self.deadline, take).await
    }

    /// Gives the lane back, with nothing outstanding on it.
    pub(super) fn keep(self) {
        let mut kept = self.lanes.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.lanes.most {
            kept.remove(0);
        }
        kept.push(self.lane);
    }

    /// What a fault means: nothing if the lane was an old one and this was the first attempt, for then a fresh one is asked.
    pub(super) fn broke(self, fault: ConnectError, attempt: u32) -> Result<(), ProvisioningError> {
        if self.was_kept && attempt == 0 && fault != ConnectError::TimedOut {
            return Ok(());
        }
        self.lanes.upstream.lost(self.lane.server());
        Err(told(fault))
    }
}

/// Who is to blame that there is no answer.
pub(super) fn told(fault: ConnectError) -> ProvisioningError {
    match fault {
        ConnectError::TimedOut | ConnectError::Busy => ProvisioningError::TooSlow,
        ConnectError::ServiceAccountRefused(_) | ConnectError::PlaintextRefused => ProvisioningError::NotAllowed,
        _ => ProvisioningError::Unavailable,
    }
}

/// What a search that did not succeed means.
pub(super) fn refused(code: ResultCode) -> ProvisioningError {
    match code {
        ResultCode::SIZE_LIMIT_EXCEEDED | ResultCode::ADMIN_LIMIT_EXCEEDED => ProvisioningError::TooMany,
        ResultCode::TIME_LIMIT_EXCEEDED => ProvisioningError::TooSlow,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS => ProvisioningError::NotAllowed,
        ResultCode::BUSY | ResultCode::UNAVAILABLE => ProvisioningError::Unavailable,
        other => ProvisioningError::Refused { code: other.0 },
    }
}
