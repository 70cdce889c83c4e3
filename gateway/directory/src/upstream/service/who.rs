//! Who is meant by a name: exactly one account, or nobody.

use super::{Filter, Found, Lane, Scope, Search, ServiceLanes, stable_id_of, whole_seconds};
use crate::names::{Claim, Finding, Meant, NameForm, NameRules, NameSearch};
use crate::upstream::choice::Want;
use crate::upstream::entry::Entry;
use crate::upstream::error::LookUpError;
use postern_identity::AccountKey;
use postern_ldap::{ResultCode, filter};
use std::time::Duration;

/// The RDN of an entry that no directory has: a sign-in by it is refused as one with a wrong password is. Should somebody make such an entry,
/// whoever asks this must refuse by itself.
pub(super) const NOBODY: &str = "cn=nobody-3b0c6b52-9f1e-4a57-8c8d-2f6a1d0e7b94";
/// The same for the gap of a template.
const NOBODY_LOGIN: &str = "nobody-3b0c6b52-9f1e-4a57-8c8d-2f6a1d0e7b94";

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// It is a DN and goes to the directory as it was sent.
    AsSent,
    /// This account's.
    Account(Named),
}

/// An account that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its DN, as the directory or the template writes it.
    pub dn: Box<str>,
    /// Who it is, whatever its DN becomes. `None` where nobody was asked, or the service account may not see it.
    pub key: Option<AccountKey>,
    /// The form by which it was found.
    pub form: NameForm,
}

impl ServiceLanes {
    /// The one account a bind name means under these rules. [`LookUpError::NotFound`]: nobody's; [`LookUpError::Ambiguous`]: more than one
    /// account's, over all forms together. Asks the directory at most once.
    pub async fn who(&self, rules: &NameRules, name: &[u8]) -> Result<Who, LookUpError> {
        let usual = self.upstream.dialect().login_attributes();
        let (search, claims) = match rules.read(name, &usual) {
            Meant::Itself => return Ok(Who::AsSent),
            Meant::Nobody => return Err(LookUpError::NotFound),
            Meant::Entry(dn, form) => return Ok(Who::Account(Named { dn, key: None, form })),
            Meant::OneOf(search, claims) => (search, claims),
        };
        let patience = self.upstream.settings().answer_timeout;
        let _permit = self.permit(patience).await?;
        // Where writes go: a server that lags may still hold a name that is somebody else's now.
        let want = Want {
            account: None,
            writes: true,
        };
        let first = self.upstream.candidates(&want).first().copied();
        if let Some(mut lane) = self.take_kept(first).await {
            match self.claimant(&mut lane, search, &claims, patience).await {
                // It broke under us: nothing was changed, so it can be asked again.
                Err(LookUpError::Connect(_)) => {}
                found => {
                    self.keep(lane);
                    return found.map(Who::Account);
                }
            }
        }
        let mut lane = self.fresh(None, &want, patience).await?;
        let found = self.claimant(&mut lane, search, &claims, patience).await;
        match &found {
            Err(LookUpError::Connect(_)) => self.upstream.lost(lane.server()),
            _ => self.keep(lane),
        }
        found.map(Who::Account)
    }

    /// The DN of an entry that is not there, where accounts under these rules are.
    pub fn nobody(&self, rules: &NameRules) -> Result<Box<str>, LookUpError> {
        match &rules.finding {
            Finding::Template(template) => template.fill(NOBODY_LOGIN).ok_or(LookUpError::NoBase),
            Finding::Search(search) => Ok(format!("{NOBODY},{}", self.base_of(search)?).into()),
        }
    }

    async fn claimant(
        &self,
        lane: &mut Lane,
        search: &NameSearch,
        claims: &[Claim<'_>],
        patience: Duration,
    ) -> Result<Named, LookUpError> {
        let dialect = self.upstream.dialect();
        let equal: Vec<Vec<u8>> = claims
            .iter()
            .map(|claim| filter::equality(claim.attribute.as_bytes(), claim.value.as_bytes()))
            .collect();
        let mut wanted = filter::any(&equal);
        if let Some(condition) = &search.filter {
            wanted = filter::all(&[wanted, condition.clone()]);
        }
        let mut attributes = vec![dialect.stable_id()];
        attributes.extend(claims.iter().map(|claim| claim.attribute));
        let request = Search {
            base: &self.base_of(search)?,
            scope: Scope::Subtree,
            filter: Filter::Made(&wanted),
            attributes: &attributes,
            // One more than there may be: two are as bad as a thousand.
            size_limit: 2,
            time_limit: whole_seconds(patience),
        };
        let Found { mut entries, code } = lane.search(&request, patience).await?;
        let entry = match (code, entries.len()) {
            (ResultCode::SUCCESS, 0) | (ResultCode::NO_SUCH_OBJECT, _) => return Err(LookUpError::NotFound),
            (ResultCode::SUCCESS, 1) => entries.pop().ok_or(LookUpError::NotFound)?,
            (ResultCode::SUCCESS, _) | (ResultCode::SIZE_LIMIT_EXCEEDED, 2..) => return Err(LookUpError::Ambiguous),
            (other, _) => return Err(LookUpError::SearchRefused(other)),
        };
        Ok(Named {
            dn: entry.dn().into(),
            key: stable_id_of(dialect, &entry).map(|id| AccountKey {
                directory: self.upstream.name().clone(),
                id: id.into(),
            }),
            form: form_of(&entry, claims),
        })
    }

    fn base_of(&self, search: &NameSearch) -> Result<String, LookUpError> {
        search.base_dn.clone().map_or_else(|| self.base(), Ok)
    }
}

/// The claim the entry bears out. Where the directory compares more loosely than we do, the first one.
fn form_of(entry: &Entry, claims: &[Claim<'_>]) -> NameForm {
    let bears_out = |claim: &&Claim<'_>| {
        entry
            .values(claim.attribute)
            .any(|value| value.eq_ignore_ascii_case(claim.value.as_bytes()))
    };
    let claim = claims.iter().find(bears_out).or(claims.first());
    claim.map_or(NameForm::Uid, |claim| claim.form)
}
