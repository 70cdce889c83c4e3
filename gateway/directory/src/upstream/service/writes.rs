//! What our own account writes: passwords, and what else an administrator does to an account.
//!
//! Writes go where writes are taken, and so do the account's next sign-ins. The entry is read first, on the same lane: that tells whose it
//! is, and a lane that died while it was kept comes to light before anything is sent on it. What was sent and not answered is never sent
//! again.

use super::lane::{Lane, Unanswered};
use super::owners_change::Proof;
use super::{Filter, Scope, Search, ServiceLanes, stable_id_of, whole_seconds};
use crate::upstream::choice::{AccountHash, Want};
use crate::upstream::entry::Entry;
use crate::upstream::error::{ConnectError, LookUpError, WriteError};
use crate::upstream::exchange::parse;
use crate::upstream::settings::ServerUrl;
use crate::upstream::write::{WriteAnswer, WriteRequest};
use crate::upstream::{ServerIndex, Upstream};
use postern_identity::name::LONGEST_NAME;
use postern_identity::{AccountKey, DistinguishedName, PasswordRefusal, PasswordRule, Secret, StandingChange};
use postern_ldap::ber::Cursor;
use postern_ldap::control::{self, ppolicy};
use postern_ldap::result::LdapResult;
use postern_ldap::{ResultCode, oid, tag};
use std::time::Duration;

/// SEQUENCE { 1 }: a reset keeps to the rules a change keeps to (MS-ADTS §3.1.1.3.4.1.27).
const POLICY_HINTS: &[u8] = &[0x30, 3, 2, 1, 1];
/// The most addresses of one referral that are looked at.
const MOST_REFERRALS: usize = 16;

/// What is to be written of an account.
#[derive(Clone, Copy)]
pub(in crate::upstream) enum Change<'a> {
    Password {
        old: Option<&'a Secret>,
        new: &'a Secret,
    },
    /// Of the owner's choice, who has proven themselves to us: the directory's rules are to hold.
    Chosen {
        new: &'a Secret,
    },
    Standing(StandingChange),
}

/// How an answered write ended.
enum Answered {
    Done,
    Refused(PasswordRefusal),
    /// It is to be sent to another server of this directory instead.
    Referred(ServerIndex),
}

/// Why a write was not answered.
enum Fault {
    /// The lane broke before the write was sent whole: it can be sent on another.
    Lane(ConnectError),
    Final(WriteError),
}

impl ServiceLanes {
    /// Writes a new password of the account with this DN. With `old` it is its owner's change and every rule of the directory holds;
    /// without, a reset by us.
    pub async fn write_password(&self, dn: &str, old: Option<&Secret>, new: &Secret) -> Result<(), WriteError> {
        self.write(dn, None, Change::Password { old, new }).await
    }

    /// Changes how the account with this DN stands. What is so already is no error.
    pub async fn change_standing(&self, dn: &str, change: StandingChange) -> Result<(), WriteError> {
        self.write(dn, None, Change::Standing(change)).await
    }

    /// Writes, if the DN is still that of the account `key`, where one is given.
    pub(in crate::upstream) async fn write(
        &self,
        dn: &str,
        key: Option<&AccountKey>,
        change: Change<'_>,
    ) -> Result<(), WriteError> {
        let name = DistinguishedName::parse(dn.as_bytes()).ok();
        let name = name.filter(|name| !name.is_root() && dn.len() <= LONGEST_NAME && !dn.contains('\0'));
        let name = name.ok_or(LookUpError::NotFound)?;
        if self.is_ourselves(&name) {
            return Err(WriteError::Refused(OURSELVES));
        }
        let patience = self.upstream.settings().answer_timeout;
        let _permit = self.permit(patience).await?;
        let want = Want {
            account: Some(AccountHash::of(dn.as_bytes())),
            writes: true,
        };
        let first = self.upstream.candidates(&want).first().copied();
        if let Some(mut lane) = self.take_kept(first).await {
            match self.attempt(&mut lane, dn, key, change, patience).await {
                Err(Fault::Lane(_)) => {}
                ended => return self.end(lane, ended, dn, key, change, patience).await,
            }
        }
        let mut lane = self.fresh(None, &want, patience).await?;
        let ended = self.attempt(&mut lane, dn, key, change, patience).await;
        self.end(lane, ended, dn, key, change, patience).await
    }

    /// Follows a referral, once, and only to a server of this directory: nobody else is given a password.
    async fn end(
        &self,
        lane: Lane,
        ended: Result<Answered, Fault>,
        dn: &str,
        key: Option<&AccountKey>,
        change: Change<'_>,
        patience: Duration,
    ) -> Result<(), WriteError> {
        match self.settle(lane, ended)? {
            Answered::Done => Ok(()),
            Answered::Refused(refusal) => Err(WriteError::Refused(refusal)),
            Answered::Referred(writer) => {
                let mut lane = self.fresh(Some(writer), &Want::default(), patience).await?;
                let ended = self.attempt(&mut lane, dn, key, change, patience).await;
                match self.settle(lane, ended)? {
                    Answered::Done => Ok(()),
                    Answered::Refused(refusal) => Err(WriteError::Refused(refusal)),
                    Answered::Referred(_) => Err(WriteError::Refused(REFERRED)),
                }
            }
        }
    }

    /// Keeps the lane or gives it up.
    fn settle(&self, lane: Lane, ended: Result<Answered, Fault>) -> Result<Answered, WriteError> {
        match ended {
            Ok(answered) => {
                self.keep(lane);
                Ok(answered)
            }
            Err(Fault::Lane(fault)) => {
                self.upstream.lost(lane.server());
                Err(fault.into())
            }
            Err(Fault::Final(WriteError::OutcomeUnknown)) => {
                self.upstream.lost(lane.server());
                Err(WriteError::OutcomeUnknown)
            }
            Err(Fault::Final(fault)) => {
                self.keep(lane);
                Err(fault)
            }
        }
    }

    async fn attempt(
        &self,
        lane: &mut Lane,
        dn: &str,
        key: Option<&AccountKey>,
        change: Change<'_>,
        patience: Duration,
    ) -> Result<Answered, Fault> {
        let once = self.attempt_once(lane, dn, key, change, patience).await?;
        match (once, change) {
            // Somebody changed the entry between our reading it and the write, which was refused for that (RFC 4511 §4.6): it is read anew.
            (Answered::Refused(refusal), Change::Standing(_)) if refusal.result_code == NO_SUCH_ATTRIBUTE => {
                self.attempt_once(lane, dn, key, change, patience).await
            }
            (answered, _) => Ok(answered),
        }
    }

    async fn attempt_once(
        &self,
        lane: &mut Lane,
        dn: &str,
        key: Option<&AccountKey>,
        change: Change<'_>,
        patience: Duration,
    ) -> Result<Answered, Fault> {
        let entry = self.entry_to_write(lane, dn, key, patience).await?;
        let to_write = match change {
            Change::Password { old, new } => Some((old, new)),
            Change::Chosen { new } => Some((None, new)),
            Change::Standing(_) => None,
        };
        if let Some((old, new)) = to_write
            && let Some(rule) = self.upstream.dialect().password_problem(old, new, lane.is_protected())
        {
            return Ok(Answered::Refused(PasswordRefusal {
                rule: Some(rule),
                result_code: ResultCode::CONSTRAINT_VIOLATION.0,
                told_by: "not sent",
            }));
        }
        let (mut own, mut change) = (None, change);
        if let Change::Password { old: Some(old), new } = change
            && self.upstream.dialect().changes_as_owner()
        {
            let proof = self.as_owner(lane.server(), entry.dn(), old).await;
            match proof.map_err(Fault::Lane)? {
                Proof::SignedIn(owners) => own = Some(owners),
                Proof::RightButExpired => change = Change::Password { old: None, new },
                Proof::Refused(refusal) => return Ok(Answered::Refused(refusal)),
                Proof::Unanswered => return Err(Fault::Final(WriteError::ProofUnknown)),
            }
        }
        let lane = own.as_mut().unwrap_or(lane);
        let Some(request) = self.request(&entry, change) else {
            return Err(Fault::Final(WriteError::NotPossible));
        };
        let Some(request) = request else {
            return Ok(Answered::Done); // nothing has to be changed
        };
        let answer = match lane.write(&request, patience).await {
            Ok(answer) => answer,
            Err(Unanswered::NotSent(fault)) => return Err(Fault::Lane(fault)),
            Err(Unanswered::Unknown) => {
                self.upstream.wrote(AccountHash::of(dn.as_bytes()), lane.server());
                return Err(Fault::Final(WriteError::OutcomeUnknown));
            }
        };
        let read = self.read_answer(&answer, request.is_extended());
        if !matches!(read, Ok(Answered::Refused(_) | Answered::Referred(_))) {
            self.upstream.wrote(AccountHash::of(dn.as_bytes()), lane.server());
        }
        read.map_err(Fault::Final)
    }

    async fn entry_to_write(
        &self,
        lane: &mut Lane,
        dn: &str,
        key: Option<&AccountKey>,
        patience: Duration,
    ) -> Result<Entry, Fault> {
        let dialect = self.upstream.dialect();
        let mut attributes = vec![dialect.stable_id()];
        attributes.extend_from_slice(dialect.standing_attributes());
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes: &attributes,
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await.map_err(Fault::Lane)?;
        let nobody = Fault::Final(WriteError::LookUp(LookUpError::NotFound));
        let entry = match (found.code, found.entries.into_iter().next()) {
            (ResultCode::SUCCESS, Some(entry)) => entry,
            (ResultCode::SUCCESS, None) | (ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX, _) => {
                return Err(nobody);
            }
            (other, _) => return Err(Fault::Final(WriteError::LookUp(LookUpError::SearchRefused(other)))),
        };
        // Somebody else may have that name by now.
        if let Some(key) = key
            && (key.directory != *self.upstream.name() || stable_id_of(dialect, &entry).as_deref() != Some(&*key.id))
        {
            return Err(nobody);
        }
        Ok(entry)
    }

    /// What is to be sent; `None`: the product has no such change, `Some(None)`: nothing would change.
    #[allow(
        clippy::option_option,
        reason = "no such change, and a change of nothing, are two things"
    )]
    fn request(&self, entry: &Entry, change: Change<'_>) -> Option<Option<WriteRequest>> {
        let dialect = self.upstream.dialect();
        let request = match change {
            Change::Password { old: None, new } => self.password_write(entry, None, new),
            Change::Password { old, new } => self.held_to_policy(self.password_write(entry, old, new)),
            Change::Chosen { new } => self.held_to_policy(self.password_write(entry, None, new)),
            Change::Standing(change) => {
                let changes = dialect.change_standing(change, entry, self.upstream.now())?;
                if changes.is_empty() {
                    return Some(None);
                }
                WriteRequest::modify(entry.dn(), &changes)
            }
        };
        Some(Some(if dialect.knows_ppolicy_control() {
            request.with_control(ppolicy::request())
        } else {
            request
        }))
    }

    /// In our own directory our own account stands above its rules; for what an owner chose it says that they are to hold.
    fn held_to_policy(&self, request: WriteRequest) -> WriteRequest {
        if self.upstream.settings().is_in_process() {
            request.with_control(control::encode(oid::AD_POLICY_HINTS, true, Some(POLICY_HINTS)))
        } else {
            request
        }
    }

    fn password_write(&self, entry: &Entry, old: Option<&Secret>, new: &Secret) -> WriteRequest {
        let dialect = self.upstream.dialect();
        let request = dialect.password_write(entry.dn(), old, new);
        if request.is_extended() && !offers_password_modify(&self.upstream) {
            dialect.password_write_by_modify(entry.dn(), old, new)
        } else {
            request
        }
    }

    fn read_answer(&self, answer: &[u8], extended: bool) -> Result<Answered, WriteError> {
        // It was sent: an answer that cannot be read leaves open what became of it.
        let message = parse(answer).map_err(|_| WriteError::OutcomeUnknown)?;
        let wanted = if extended {
            tag::EXTENDED_RESPONSE
        } else {
            tag::MODIFY_RESPONSE
        };
        if message.operation.tag != wanted {
            return Err(WriteError::OutcomeUnknown);
        }
        let result = LdapResult::parse(&message).map_err(|_| WriteError::OutcomeUnknown)?;
        match result.code {
            ResultCode::SUCCESS => return Ok(Answered::Done),
            ResultCode::REFERRAL => {
                return Ok(match writer_in(&self.upstream, result.referral.unwrap_or_default()) {
                    Some(writer) => Answered::Referred(writer),
                    None => Answered::Refused(REFERRED),
                });
            }
            _ => {}
        }
        let answer = WriteAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            extended,
        };
        Ok(Answered::Refused(
            self.upstream.dialect().read_password_refusal(&answer),
        ))
    }

    /// Whoever resets the service account through itself locks it out.
    fn is_ourselves(&self, name: &DistinguishedName) -> bool {
        let account = self.upstream.settings().service_account.as_ref();
        account.is_some_and(|account| DistinguishedName::parse(account.dn.as_bytes()).is_ok_and(|own| own == *name))
    }
}

/// What was to be deleted is not there.
const NO_SUCH_ATTRIBUTE: u32 = 16;

const OURSELVES: PasswordRefusal = PasswordRefusal {
    rule: Some(PasswordRule::Forbidden),
    result_code: ResultCode::UNWILLING_TO_PERFORM.0,
    told_by: "our own service account",
};

const REFERRED: PasswordRefusal = PasswordRefusal {
    rule: None,
    result_code: ResultCode::REFERRAL.0,
    told_by: "referral to another server",
};

/// Whether password modify (RFC 3062) may be asked. Where nothing is known of the server, it may.
pub(in crate::upstream) fn offers_password_modify(upstream: &Upstream) -> bool {
    let capabilities = upstream.capabilities();
    let mut offered = capabilities.extensions.iter();
    !capabilities.known || offered.any(|extension| extension.as_bytes() == oid::PASSWORD_MODIFY)
}

/// The first server of this directory in a referral (RFC 4511 §4.1.10). It is reached as configured, not as the referral says.
pub(in crate::upstream) fn writer_in(upstream: &Upstream, referral: &[u8]) -> Option<ServerIndex> {
    let mut uris = Cursor::new(referral);
    for _ in 0..MOST_REFERRALS {
        let uri = std::str::from_utf8(uris.octets().ok()?).ok();
        let server = uri.and_then(server_of).and_then(|server| upstream.own(&server));
        if server.is_some() {
            return server;
        }
    }
    None
}

/// The server an LDAP URL (RFC 4516) leads to, without what it names there.
fn server_of(uri: &str) -> Option<ServerUrl> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    ServerUrl::parse(&format!("{scheme}://{authority}")).ok()
}

#[cfg(test)]
mod tests;
