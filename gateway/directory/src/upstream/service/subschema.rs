//! The attribute types a directory knows (RFC 4512 §4.2), for those who must know which of them hold names.

use super::lane::Lane;
use super::request::{Filter, Scope, Search};
use super::{LookUpError, ServiceLanes, whole_seconds};
use crate::upstream::choice::Want;
use crate::upstream::error::ConnectError;
use postern_ldap::ResultCode;

/// What a directory says of its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subschema {
    /// The entry that says it.
    pub dn: String,
    /// AttributeTypeDescriptions (RFC 4512 §4.1.2), as the directory writes them.
    pub attribute_types: Vec<String>,
}

impl ServiceLanes {
    /// The subschema the rootDSE names, read by the service account; without one, by nobody.
    pub async fn subschema(&self) -> Result<Subschema, LookUpError> {
        let patience = self.upstream.settings().answer_timeout;
        let want = Want {
            account: None,
            writes: false,
        };
        let mut lane = match self.fresh(None, &want, patience).await {
            Err(LookUpError::NoServiceAccount) => Lane::anonymous(self.upstream.connect_for(&want).await?),
            lane => lane?,
        };
        let root = lane.root_dse(&["subschemaSubentry"], patience).await?;
        let dn = root.text("subschemaSubentry").ok_or(LookUpError::NotFound)?.to_owned();
        let search = Search {
            base: &dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes: &["attributeTypes"],
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search(&search, patience).await?;
        if found.code != ResultCode::SUCCESS {
            return Err(LookUpError::SearchRefused(found.code));
        }
        let entry = found.entries.into_iter().next().ok_or(LookUpError::NotFound)?;
        let attribute_types = entry.texts("attributeTypes");
        if attribute_types.is_empty() {
            return Err(ConnectError::Protocol.into());
        }
        Ok(Subschema { dn, attribute_types })
    }
}
