//! How an account stands by its entry, read right after a sign-in whose answer did not say: one base search on the server that answered.

use super::{Filter, Lane, Scope, Search, ServiceLanes, whole_seconds};
use crate::upstream::ServerIndex;
use crate::upstream::choice::Want;
use crate::upstream::error::{ConnectError, LookUpError};
use postern_identity::Standing;
use postern_ldap::ResultCode;
use std::time::Duration;
use tokio::time::timeout;

impl ServiceLanes {
    /// How the account with this DN stands by its own entry alone, as this server knows it; no policy is read. It waits at most `patience` for a
    /// lane of ours, and as long again for everything else.
    pub async fn second_look(
        &self,
        server: ServerIndex,
        dn: &str,
        patience: Duration,
    ) -> Result<Standing, LookUpError> {
        let _permit = self.permit(patience).await?;
        let looked = timeout(patience, self.look_again(server, dn, patience)).await;
        looked.unwrap_or(Err(ConnectError::TimedOut.into()))
    }

    async fn look_again(&self, server: ServerIndex, dn: &str, patience: Duration) -> Result<Standing, LookUpError> {
        if let Some(mut lane) = self.take_kept(Some(server)).await {
            match self.standing_by_entry(&mut lane, dn, patience).await {
                // It broke under us: nothing was changed, so it can be asked again.
                Err(LookUpError::Connect(_)) => {}
                read => {
                    self.keep(lane);
                    return read;
                }
            }
        }
        let mut lane = self.fresh(Some(server), &Want::default(), patience).await?;
        let read = self.standing_by_entry(&mut lane, dn, patience).await;
        if !matches!(read, Err(LookUpError::Connect(_))) {
            self.keep(lane);
        }
        read
    }

    async fn standing_by_entry(&self, lane: &mut Lane, dn: &str, patience: Duration) -> Result<Standing, LookUpError> {
        let dialect = self.upstream.dialect();
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes: dialect.standing_attributes(),
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await?;
        match (found.code, found.entries.first()) {
            (ResultCode::SUCCESS, Some(entry)) => Ok(dialect.read_entry(entry, None, self.upstream.now())),
            (ResultCode::SUCCESS, None) | (ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX, _) => {
                Err(LookUpError::NotFound)
            }
            (other, _) => Err(LookUpError::SearchRefused(other)),
        }
    }
}
