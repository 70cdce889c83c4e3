//! What our own account reads: which entry is meant, and how it stands. What it writes: [`writes`].
//!
//! A few lanes are kept, bound as the service account and verified like every other connection. A lane that breaks is dropped;
//! a reading that meets a broken kept lane is tried once more on a fresh one.

pub(super) mod applicants;
pub mod facts;
pub mod groups;
pub(super) mod lane;
mod one_entry;
mod owners_change;
pub mod people;
pub(super) mod request;
mod rights;
mod second_look;
pub mod subschema;
pub mod who;
pub mod writes;

use super::bind_name::BindName;
use super::choice::{AccountHash, Want};
use super::dialect::Dialect;
use super::entry::Entry;
use super::error::{ConnectError, LookUpError};
use super::lockout::Lockout;
use super::{ServerIndex, Upstream};
use lane::{Found, Lane};
use postern_identity::name::LONGEST_NAME;
use postern_identity::{AccountKey, DistinguishedName, Proven, Standing};
use postern_ldap::ResultCode;
use request::{Filter, Scope, Search};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How many lanes there are at most, in use or kept: a server has clients of its own to serve.
const MOST_LANES: usize = 2;
/// The same to a directory in this process, where a lane is no connection. A write holds one while its password is hashed and the store commits.
const MOST_INSIDE: usize = 16;
/// The longest name that is looked for, in octets.
const LONGEST_LOGIN: usize = 1024;

/// The service account's lanes to one directory.
pub struct ServiceLanes {
    upstream: Arc<Upstream>,
    permits: Semaphore,
    kept: Mutex<Vec<Lane>>,
    most: usize,
}

/// An account that was found.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its DN, as the directory writes it.
    pub dn: String,
    /// Who it is, whatever its DN becomes.
    pub key: AccountKey,
    /// How it stands, by its entry and policy.
    pub standing: Standing,
    /// What its own right password is answered, and whether that proves it. `None`: only the directory knows.
    pub foreseen: Option<(ResultCode, Proven)>,
    /// After how many wrong passwords the directory locks it.
    pub lockout: Lockout,
    /// The policy that was read, if one was.
    pub policy_dn: Option<String>,
    /// The server that answered.
    pub server: ServerIndex,
}

/// Accounts with wrong passwords against them.
#[derive(Debug, Clone)]
pub struct WithFailures {
    /// Everybody below this was looked at.
    pub below: DistinguishedName,
    /// Their DNs, as the directory writes them.
    pub names: Vec<String>,
}

impl ServiceLanes {
    /// For this directory. Connects when first asked something.
    pub fn new(upstream: Arc<Upstream>) -> Self {
        let most = if upstream.is_in_process() {
            MOST_INSIDE
        } else {
            MOST_LANES
        };
        Self {
            upstream,
            permits: Semaphore::new(most),
            kept: Mutex::new(Vec::with_capacity(most)),
            most,
        }
    }

    /// Whether the directory may let somebody in by this name, and nobody but it can tell whom.
    pub fn is_untold(&self, name: &str) -> bool {
        let base = self.base().unwrap_or_default();
        DistinguishedName::parse(name.as_bytes()).is_err()
            && self.upstream.dialect().bind_name(name, &base) == BindName::Untold
    }

    /// The directory they lead to.
    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The one account meant by a DN, a uid or a mail address below the base, and how it stands: where writes go, for that server hears of
    /// changes first, and for a DN by the account's own server there. What counts by itself on each server is told by
    /// [`ServiceLanes::look_up_on`].
    pub async fn look_up(&self, user: &str) -> Result<Account, LookUpError> {
        self.look_up_at(None, user, true).await
    }

    /// As [`ServiceLanes::look_up`], but a DN may lie anywhere: whoever signs in by one does not ask where people are looked up. Waits at most
    /// this long for one of our lanes, and as long again for the directory.
    pub async fn look_up_bind_name(&self, name: &str, patience: Duration) -> Result<Account, LookUpError> {
        let _permit = self.permit(patience).await?;
        let read = self.look_up_now(None, name, false);
        timeout(patience, read)
            .await
            .unwrap_or(Err(ConnectError::TimedOut.into()))
    }

    /// As [`ServiceLanes::look_up`], as one server knows it: the others may count and hear of things by themselves.
    pub async fn look_up_on(&self, server: ServerIndex, user: &str) -> Result<Account, LookUpError> {
        self.look_up_at(Some(server), user, true).await
    }

    /// Against whom the directory counts wrong passwords now, everybody below the base looked at once. `None` where the product cannot be
    /// asked so, or where more than `most` are counted.
    pub async fn with_failures(&self, most: u32) -> Result<Option<WithFailures>, LookUpError> {
        let Some(attribute) = self.upstream.dialect().failure_attribute() else {
            return Ok(None);
        };
        let base = self.base()?;
        let below = DistinguishedName::parse(base.as_bytes()).map_err(|_| LookUpError::NoBase)?;
        let patience = self.upstream.settings().answer_timeout;
        let _permit = self.permit(patience).await?;
        let want = Want {
            account: None,
            writes: true,
        };
        let mut lane = self.fresh(None, &want, patience).await?;
        let search = Search {
            base: &base,
            scope: Scope::Subtree,
            filter: Filter::Present(attribute),
            attributes: &["1.1"], // names alone (RFC 4511 §4.5.1.8)
            size_limit: most,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await?;
        self.keep(lane);
        Ok((found.code == ResultCode::SUCCESS).then(|| WithFailures {
            below,
            names: found.entries.iter().map(|entry| entry.dn().to_owned()).collect(),
        }))
    }

    async fn look_up_at(&self, at: Option<ServerIndex>, user: &str, base_only: bool) -> Result<Account, LookUpError> {
        let _permit = self.permit(self.upstream.settings().answer_timeout).await?;
        self.look_up_now(at, user, base_only).await
    }

    /// How long the directory may take for one answer.
    pub(super) fn patience(&self) -> Duration {
        self.upstream.settings().answer_timeout
    }

    /// Leave to use one of our lanes.
    pub(super) async fn permit(&self, patience: Duration) -> Result<SemaphorePermit<'_>, ConnectError> {
        let waited = timeout(patience, self.permits.acquire()).await;
        waited.ok().and_then(Result::ok).ok_or(ConnectError::Busy)
    }

    async fn look_up_now(&self, at: Option<ServerIndex>, user: &str, base_only: bool) -> Result<Account, LookUpError> {
        let longest = if base_only { LONGEST_LOGIN } else { LONGEST_NAME };
        if user.is_empty() || user.len() > longest || user.contains('\0') {
            return Err(LookUpError::NotFound);
        }
        let patience = self.upstream.settings().answer_timeout;
        let want = Want {
            account: Some(AccountHash::of(user.as_bytes())),
            writes: true,
        };
        let first = at.or_else(|| self.upstream.candidates(&want).first().copied());
        if let Some(mut lane) = self.take_kept(first).await {
            match self.read_account(&mut lane, user, base_only, patience).await {
                // It broke under us: nothing was changed, so it can be asked again.
                Err(LookUpError::Connect(_)) => {}
                read => {
                    self.keep(lane);
                    return read;
                }
            }
        }
        let mut lane = self.fresh(at, &want, patience).await?;
        let read = self.read_account(&mut lane, user, base_only, patience).await;
        match &read {
            Err(LookUpError::Connect(_)) => self.upstream.lost(lane.server()),
            _ => self.keep(lane),
        }
        read
    }

    async fn read_account(
        &self,
        lane: &mut Lane,
        user: &str,
        base_only: bool,
        patience: Duration,
    ) -> Result<Account, LookUpError> {
        let dialect = self.upstream.dialect();
        let entry = match self.find(lane, user, base_only, patience).await {
            // A name that is nobody's costs the directory what somebody's does, or the time it takes would tell.
            Err(LookUpError::NotFound) if !base_only => {
                self.policy(lane, None, user, patience).await?;
                return Err(LookUpError::NotFound);
            }
            found => found?,
        };
        let id = stable_id_of(dialect, &entry).ok_or(LookUpError::NoStableId)?;
        let key = AccountKey {
            directory: self.upstream.name().clone(),
            id: id.into(),
        };
        let named = dialect.policy_reference().and_then(|attribute| entry.text(attribute));
        let policy = self.policy(lane, named, entry.dn(), patience).await?;
        let standing = dialect.read_entry(&entry, policy.as_ref(), self.upstream.now());
        Ok(Account {
            dn: entry.dn().to_owned(),
            key,
            foreseen: dialect.foresee_bind(&standing.state, policy.as_ref()),
            standing,
            lockout: dialect.read_lockout(&entry, policy.as_ref(), self.upstream.now()),
            policy_dn: policy.map(|policy| policy.dn().to_owned()),
            server: lane.server(),
        })
    }

    /// Exactly one entry, or a refusal that says which way it failed.
    async fn find(
        &self,
        lane: &mut Lane,
        user: &str,
        base_only: bool,
        patience: Duration,
    ) -> Result<Entry, LookUpError> {
        let dialect = self.upstream.dialect();
        let mut attributes = vec![dialect.stable_id()];
        attributes.extend_from_slice(dialect.standing_attributes());
        let name = DistinguishedName::parse(user.as_bytes())
            .ok()
            .filter(|name| !name.is_root());
        let (base, is_dn) = if !base_only && name.is_some() {
            (String::new(), true)
        } else {
            let base = self.base()?;
            // What is no DN below the base may still be a mail address with "=" in it; as a uid it is nobody's.
            let below = DistinguishedName::parse(base.as_bytes()).map_err(|_| LookUpError::NoBase)?;
            (base, name.is_some_and(|name| name.is_within(&below)))
        };
        let named = dialect.bind_name(user, &base);
        let mut assertions = Vec::new();
        let at = match &named {
            _ if is_dn => Some(user),
            BindName::Base(at) if !base_only => Some(&**at),
            BindName::AnyOf(any) => {
                assertions.extend(any.iter().map(|(attribute, value)| (*attribute, value.as_bytes())));
                None
            }
            BindName::Base(_) | BindName::Untold => None,
        };
        if base_only || assertions.is_empty() {
            let usual = dialect.login_attributes();
            assertions.extend([(usual.uid, user.as_bytes()), (usual.mail, user.as_bytes())]);
        }
        let search = Search {
            base: at.unwrap_or(&base),
            scope: if at.is_some() { Scope::Base } else { Scope::Subtree },
            filter: if at.is_some() {
                Filter::Any
            } else {
                Filter::AnyOf(&assertions)
            },
            attributes: &attributes,
            size_limit: 2,
            time_limit: whole_seconds(patience),
        };
        let Found { mut entries, code } = lane.search(&search, patience).await?;
        match (code, entries.len()) {
            (ResultCode::SUCCESS, 0) | (ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX, _) => {
                Err(LookUpError::NotFound)
            }
            (ResultCode::SUCCESS, 1) => entries.pop().ok_or(LookUpError::NotFound),
            (ResultCode::SUCCESS, _) | (ResultCode::SIZE_LIMIT_EXCEEDED, 2..) => Err(LookUpError::Ambiguous),
            (other, _) => Err(LookUpError::SearchRefused(other)),
        }
    }

    /// The policy the account names, or else the default one. `None` where neither can be seen.
    async fn policy(
        &self,
        lane: &mut Lane,
        named: Option<&str>,
        account: &str,
        patience: Duration,
    ) -> Result<Option<Entry>, LookUpError> {
        let dialect: &dyn Dialect = self.upstream.dialect();
        let configured = || self.upstream.settings().default_policy_dn.clone();
        let named = named.map(str::to_owned).or_else(configured);
        let Some(dn) = named.or_else(|| dialect.default_policy(account)) else {
            return Ok(None);
        };
        let search = Search {
            base: &dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes: dialect.policy_attributes(),
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await?;
        Ok(match found.code {
            ResultCode::SUCCESS => found.entries.into_iter().next(),
            _ => None,
        })
    }

    fn base(&self) -> Result<String, LookUpError> {
        if let Some(base) = &self.upstream.settings().base_dn {
            return Ok(base.clone());
        }
        let capabilities = self.upstream.capabilities();
        match capabilities.naming_contexts.as_slice() {
            [only] => Ok(only.clone()),
            _ => capabilities.default_naming_context.clone().ok_or(LookUpError::NoBase),
        }
    }

    async fn fresh(&self, at: Option<ServerIndex>, want: &Want, patience: Duration) -> Result<Lane, LookUpError> {
        let settings = self.upstream.settings();
        let account = settings.service_account.as_ref().ok_or(LookUpError::NoServiceAccount)?;
        let connection = match at {
            Some(server) => self.upstream.connect_to(server).await?,
            None => self.upstream.connect_for(want).await?,
        };
        let mut lane = Lane::anonymous(connection);
        lane.bind(account, settings.allow_plaintext, patience).await?;
        Ok(lane)
    }

    async fn take_kept(&self, server: Option<ServerIndex>) -> Option<Lane> {
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

    fn keep(&self, lane: Lane) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // The one used last is kept: of several servers each is looked at in its turn.
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push(lane);
    }
}

/// The entry's stable id, as the dialect spells it.
fn stable_id_of(dialect: &dyn Dialect, entry: &Entry) -> Option<String> {
    let value = entry.values(dialect.stable_id()).next()?;
    dialect.stable_id_text(value)
}

/// RFC 4511 §4.5.1.5 counts seconds, and 0 is no limit.
fn whole_seconds(patience: Duration) -> u32 {
    u32::try_from(patience.as_secs()).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests;
