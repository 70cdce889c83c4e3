//! More time for the last step, for whoever reads or types slowly (WCAG 2.2, 2.2.1): as often as they like, as long as the context lives.

use super::asked::{Caller, Holder};
use super::context::later;
use super::desk::Desk;
use super::footing::Footing;
use super::request::RACES;
use super::stages::Kept;
use super::told::{Ending, Refused};
use crate::records::RecordsError;

impl Desk {
    /// From now on it is as long as it was from the proof.
    pub(super) async fn give_more_time(&self, caller: &Caller<'_>, holder: Holder<'_>) -> Result<(), Refused> {
        for _ in 0..RACES {
            let (context, held) = self.held_context(caller, holder).await?;
            let at = self.now();
            let mut ready = match (&context.stage, context.footing(held, at)) {
                (_, Footing::Over(ending)) => return Err(Refused::Over(ending)),
                (Kept::Ready(stage), Footing::Proven) => stage.as_ref().clone(),
                _ => return Err(Refused::NotReady),
            };
            let end = context.base.expires_at;
            if at >= ready.until.min(end) {
                return Err(Refused::Over(Ending::Expired));
            }
            let rules = ready.account.as_ref().map(|account| &account.rules);
            let each = rules.unwrap_or(&context.base.opening.rules).lifetimes.ready;
            ready.until = ready.until.max(later(at, each).min(end));
            let (_, change) = context.at(ready).stay()?;
            match self.parts.records.commit_reset(vec![change]).await {
                Ok(()) => return Ok(()),
                Err(RecordsError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable)
    }
}
