//! One entry, as the service account sees it.

use super::request::{Filter, Scope, Search};
use super::{LookUpError, ServiceLanes, whole_seconds};
use crate::upstream::choice::Want;
use crate::upstream::entry::Entry;
use postern_ldap::ResultCode;

impl ServiceLanes {
    /// These attributes of one entry. `None`: it is not there, or not shown.
    pub async fn one_entry(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>, LookUpError> {
        let patience = self.upstream.settings().answer_timeout;
        let want = Want {
            account: None,
            writes: true,
        };
        let mut lane = self.fresh(None, &want, patience).await?;
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes,
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await?;
        self.keep(lane);
        match found.code {
            ResultCode::SUCCESS => Ok(found.entries.into_iter().next()),
            ResultCode::NO_SUCH_OBJECT => Ok(None),
            other => Err(LookUpError::SearchRefused(other)),
        }
    }
}
