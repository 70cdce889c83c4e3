//! "It was not me": from a link in a mailbox, so that nobody can say it for somebody else.

use super::asked::{Caller, ContextId};
use super::context::{Loaded, later};
use super::desk::Desk;
use super::events::Step;
use super::judge::of_key;
use super::keys::Purpose;
use super::request::RACES;
use super::stages::Kept;
use super::told::{Ending, Refused};
use super::trouble::Trouble;
use crate::account::AccountKey;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::records::{RecordsError, ResetChange};
use crate::secret::Secret;

impl Desk {
    /// Ends whatever is under way for the account, and lets nobody begin anew for a while.
    pub(super) async fn hold(&self, caller: &Caller<'_>, token: &Secret) -> Result<(), Refused> {
        for _ in 0..RACES {
            // The page of a link offers it too. Whoever has a link's token could do more with it than this.
            let context = match self.by_token(Purpose::NotMe, token).await? {
                None => self.by_token(Purpose::Token, token).await?,
                found => found,
            };
            let context = context.filter(|context| *context.base.opening.route == *caller.route);
            let context = context.ok_or(Refused::Over(Ending::Unknown))?;
            let Some(subject) = context.stage.subject().cloned() else {
                return Err(Refused::Over(Ending::Unknown));
            };
            let at = self.now();
            let until = later(at, subject.rules.lifetimes.hold);
            let mut unit = self.kill_others(&subject.key(), None, Ending::NotMe, at).await?;
            unit.push(ResetChange::Hold {
                key: self.parts.keys.hash(Purpose::Account, &of_key(&subject.key())),
                until,
            });
            unit.push(
                self.progress_change(&subject, |progress| progress.blocked(until))
                    .await?,
            );
            match self.parts.records.commit_reset(unit).await {
                Ok(()) => {
                    self.record_of(
                        &context.base,
                        &subject,
                        &Step {
                            caller: Some(caller),
                            reason: Some(Ending::NotMe.as_str()),
                            ..Step::of("reset.aborted", Outcome::Refused)
                        },
                    );
                    return Ok(());
                }
                Err(RecordsError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable)
    }

    /// Lifts what "it was not me" has held: for whoever looks after the account.
    pub async fn release(&self, account: &AccountKey) -> Result<(), RecordsError> {
        let keys = self.parts.keys.hashes(Purpose::Account, &of_key(account)).into_iter();
        self.parts
            .records
            .commit_reset(keys.map(|key| ResetChange::Release { key }).collect())
            .await
    }

    /// Ends every live context of an account but one: those who asked without a proof are not told, those who had proven something are. What is
    /// being written just now ends by itself.
    pub(super) async fn kill_others(
        &self,
        key: &AccountKey,
        but: Option<&ContextId>,
        ending: Ending,
        at: Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let live = self.live_of(key).await?;
        let others = live.into_iter().filter(|other| but != Some(&other.base.id));
        others.filter_map(|other| kill(other, ending, at).transpose()).collect()
    }
}

fn kill(context: Loaded, ending: Ending, at: Timestamp) -> Result<Option<ResetChange>, Trouble> {
    match context.stage.clone() {
        Kept::Challenged(stage) => context.at(*stage).void(ending).map(Some),
        Kept::Proving(_) | Kept::Ready(_) => context.end(ending, at).map(Some),
        Kept::Requested(_) | Kept::Executing(_) | Kept::Executed(_) | Kept::Over(_) => Ok(None),
    }
}
