//! A write on its way: sent once, on a lane to where writes go, and what came back.

use super::super::lanes::{Lanes, Shown};
use super::message;
use crate::upstream::ServerIndex;
use crate::upstream::choice::AccountHash;
use crate::upstream::entry::Entry;
use crate::upstream::exchange::parse;
use crate::upstream::service::lane::Unanswered;
use crate::upstream::service::writes::writer_in;
use crate::upstream::write::{WriteAnswer, WriteRequest};
use postern_identity::PasswordRefusal;
use postern_identity::provisioning::ProvisioningError;
use postern_ldap::control::read_entry::ReadEntry;
use postern_ldap::result::LdapResult;
use postern_ldap::{ResultCode, oid, tag};

/// What a server answered.
pub(super) struct Answer {
    /// How it ended.
    pub(super) code: ResultCode,
    /// The entry after it, where that was asked for and told.
    pub(super) after: Option<Shown>,
    /// What the directory has against a password, if one was written.
    pub(super) password: Option<PasswordRefusal>,
}

/// Sends a write of the entry `dn`. What has left and was not answered is [`ProvisioningError::OutcomeUnknown`], and is never sent again; what never
/// left is sent once more on a fresh lane.
pub(super) async fn send(lanes: &Lanes, dn: &str, request: &WriteRequest) -> Result<Answer, ProvisioningError> {
    let mut at: Option<ServerIndex> = None;
    for attempt in 0..3 {
        let mut held = match at {
            Some(server) => lanes.hold_at(server).await?,
            None => lanes.hold(attempt > 0).await?,
        };
        let server = held.lane.server();
        let octets = match held.lane.write(request, lanes.patience()).await {
            Ok(octets) => octets,
            Err(Unanswered::NotSent(fault)) => {
                held.broke(fault, attempt)?;
                continue;
            }
            Err(Unanswered::Unknown) => {
                lanes.upstream().wrote(AccountHash::of(dn.as_bytes()), server);
                lanes.upstream().lost(server);
                return Err(ProvisioningError::OutcomeUnknown);
            }
        };
        let read = read(lanes, request, &octets);
        if !matches!(&read, Ok(Read::Answer(answer)) if answer.code != ResultCode::SUCCESS) {
            lanes.upstream().wrote(AccountHash::of(dn.as_bytes()), server);
        }
        match read? {
            Read::Answer(answer) => {
                held.keep();
                return Ok(answer);
            }
            // Once, and only to a server of this directory.
            Read::Referred(Some(writer)) if at.is_none() => {
                held.keep();
                at = Some(writer);
            }
            Read::Referred(_) => {
                held.keep();
                return Err(ProvisioningError::Unavailable);
            }
        }
    }
    Err(ProvisioningError::Unavailable)
}

enum Read {
    Answer(Answer),
    /// RFC 4511 §4.1.10, to a server of this directory if any.
    Referred(Option<ServerIndex>),
}

/// It was sent: an answer that cannot be read leaves open what became of it.
fn read(lanes: &Lanes, request: &WriteRequest, octets: &[u8]) -> Result<Read, ProvisioningError> {
    let unknown = ProvisioningError::OutcomeUnknown;
    let message = parse(octets).map_err(|_| unknown.clone())?;
    if message.operation.tag != message::answered_by(request) {
        return Err(unknown);
    }
    let result = LdapResult::parse(&message).map_err(|_| unknown)?;
    if result.code == ResultCode::REFERRAL {
        return Ok(Read::Referred(writer_in(
            lanes.upstream(),
            result.referral.unwrap_or_default(),
        )));
    }
    // A reading that does not come is read anew.
    let after = message
        .controls
        .find(oid::POST_READ)
        .ok()
        .flatten()
        .and_then(|control| {
            let read = ReadEntry::parse(control.value?).ok()?;
            let (entry, more) = Entry::plain(&read.entry).ok()?;
            Some(Shown { entry, more })
        });
    let password = (result.code != ResultCode::SUCCESS && request.tag() != tag::ADD_REQUEST).then(|| {
        lanes.upstream().dialect().read_password_refusal(&WriteAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            extended: request.is_extended(),
        })
    });
    Ok(Read::Answer(Answer {
        code: result.code,
        after,
        password,
    }))
}
