//! One entry, as the service account sees it.

use super::lane::Lane;
use super::request::{Filter, Scope, Search};
use super::{LookUpError, ServiceLanes, whole_seconds};
use crate::upstream::choice::{AccountHash, Want};
use crate::upstream::entry::Entry;
use postern_ldap::ResultCode;
use std::time::Duration;

impl ServiceLanes {
    /// These attributes of one entry, as the server has them that a change of it would go to. `None`: it is not there, or not shown.
    pub async fn one_entry(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>, LookUpError> {
        let patience = self.patience();
        let _permit = self.permit(patience).await?;
        let want = Want {
            account: Some(AccountHash::of(dn.as_bytes())),
            writes: true,
        };
        let first = self.upstream.candidates(&want).first().copied();
        if let Some(mut lane) = self.take_kept(first).await {
            match read(&mut lane, dn, attributes, patience).await {
                // It broke under us: nothing was changed, so it can be asked again.
                Err(LookUpError::Connect(_)) => {}
                read => {
                    self.keep(lane);
                    return read;
                }
            }
        }
        let mut lane = self.fresh(None, &want, patience).await?;
        let read = read(&mut lane, dn, attributes, patience).await;
        match &read {
            Err(LookUpError::Connect(_)) => self.upstream.lost(lane.server()),
            _ => self.keep(lane),
        }
        read
    }
}

async fn read(
    lane: &mut Lane,
    dn: &str,
    attributes: &[&str],
    patience: Duration,
) -> Result<Option<Entry>, LookUpError> {
    let search = Search {
        base: dn,
        scope: Scope::Base,
        filter: Filter::Any,
        attributes,
        size_limit: 1,
        time_limit: whole_seconds(patience),
    };
    let found = lane.search(&search, patience).await?;
    match found.code {
        ResultCode::SUCCESS => Ok(found.entries.into_iter().next()),
        ResultCode::NO_SUCH_OBJECT => Ok(None),
        other => Err(LookUpError::SearchRefused(other)),
    }
}
