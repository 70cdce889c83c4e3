//! A sign-in over LDAP met a state that a new password or an unlock would end: one mail to the account's owner, with the way to it. Most applications
//! can say nothing of the kind.

use super::asked::{Action, ContextId};
use super::context::{Asker, Context, Opening, later};
use super::desk::Desk;
use super::judge::offers;
use super::keys::{Digest, Purpose};
use super::limits::DAY;
use super::ports::LetterKind;
use super::resolve::done;
use super::stages::{Kept, Requested};
use super::trouble::Trouble;
use crate::directory::DirectoryError;
use crate::records::{Job, NewJob, RecordsError, ResetChange, Spent};
use crate::standing::StateName;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The job of writing to somebody whose sign-in met such a state.
pub(super) const SIGN_IN: &str = "sign_in";
/// The most such mails to an account in a day.
const MAILS_A_DAY: u32 = 1;
/// A bind name that is longer is nobody's.
const LONGEST_NAME: usize = 512;
/// What cannot be written in this time is not: the sign-in is long over.
const SOON: Duration = Duration::from_hours(1);

#[derive(serde::Serialize, serde::Deserialize)]
struct Met {
    route: Arc<str>,
    account: String,
    state: Arc<str>,
}

impl Desk {
    /// A sign-in on this route, by this name as the client sent it, met this state. At most one mail comes of it, and none where policy does not want
    /// it. Nothing is looked for here: that is a job's.
    pub async fn sign_in_met(&self, route: &str, account: &str, state: StateName) -> Result<(), RecordsError> {
        let Some(action) = ended_by(state).filter(|_| !account.is_empty() && account.len() <= LONGEST_NAME) else {
            return Ok(());
        };
        let Some((of, _)) = self.route(route) else {
            return Ok(());
        };
        match self.rules(route, &of.directory).await {
            Some((rules, features)) if rules.mail_at_sign_in && offers(features, action) => {}
            _ => return Ok(()),
        }
        let at = self.now();
        let folded = super::asked::fold(account);
        let limit = self.rate(&[b"sign-in", route.as_bytes(), folded.as_bytes()], MAILS_A_DAY, DAY);
        if let Spent::UsedUp { .. } = self.parts.records.spend(&[limit], at).await? {
            return Ok(());
        }
        let met = Met {
            route: route.into(),
            account: account.to_owned(),
            state: state.as_str().into(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&met).map_err(|_| RecordsError::TooLarge)?);
        let payload = self.parts.keys.seal(SIGN_IN, &plain, &*self.parts.chance);
        let micros = at.as_microsecond().to_be_bytes();
        let job = NewJob {
            kind: SIGN_IN.into(),
            key: self.parts.keys.hash(
                Purpose::Job,
                &[SIGN_IN.as_bytes(), route.as_bytes(), folded.as_bytes(), &micros],
            ),
            payload: payload.ok_or(RecordsError::CannotWrite)?.into(),
            at,
            purge_at: later(at, SOON),
        };
        self.parts.records.commit_reset(vec![ResetChange::Enqueue(job)]).await
    }

    /// Does the job of [`SIGN_IN`].
    pub(super) async fn mail_to_sign_in(&self, job: &Job) -> Result<(), Trouble> {
        let plain = self.parts.keys.open(SIGN_IN, &job.payload).ok_or(Trouble::Unreadable)?;
        let met: Met = serde_json::from_slice(plain.expose()).map_err(|_| Trouble::Unreadable)?;
        let at = self.now();
        let action = StateName::from_name(&met.state).and_then(ended_by);
        let (Some(action), Some((of, _))) = (action, self.route(&met.route)) else {
            return self.done(job).await;
        };
        let Some((rules, features)) = self.rules(&met.route, &of.directory).await else {
            return self.done(job).await;
        };
        if !rules.mail_at_sign_in || !offers(features, action) {
            return self.done(job).await;
        }
        let directory = self.directory(&of.directory.0)?;
        let looked = match directory.find(&met.account).await {
            Ok(person) => directory.again(&person.key).await,
            Err(error) => Err(error),
        };
        let applicant = match looked {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound | DirectoryError::Ambiguous | DirectoryError::TooMany) => {
                return self.done(job).await;
            }
            Err(error) => return Err(error.into()),
        };
        // It may be over by now, or another state: what is offered must be what helps.
        if ended_by(applicant.standing.state.name()) != Some(action) {
            return self.done(job).await;
        }
        // Names are many, accounts are one.
        let account = self.account(&applicant.person);
        let limit = self.rate(&[b"sign-in of", &account.0], MAILS_A_DAY, DAY);
        if let Spent::UsedUp { .. } = self.spend(&[limit], at).await? {
            return self.done(job).await;
        }
        let mut id = [0; 16];
        if !self.parts.chance.fill(&mut id) {
            return Err(Trouble::NoChance);
        }
        let name = super::asked::fold(&met.account);
        let base = Self::base(ContextId(id), at, &rules, |rules| Opening {
            route: Arc::clone(&met.route),
            action,
            directory: Arc::clone(&of.directory.0),
            asker: Asker::SignIn,
            name: Digest(self.parts.keys.hash(Purpose::Name, &[name.as_bytes()])),
            factor: None,
            language: "en".into(),
            from: None,
            at,
            rules,
        });
        let opening = Context {
            base: base.clone(),
            stage: Requested {},
        };
        let loaded = Context {
            base,
            stage: Kept::Requested(Requested {}),
        };
        let found = self.found(&loaded, &applicant, LetterKind::SignIn, at).await?;
        let mut unit = Vec::new();
        if found.account.is_some() {
            unit.push(ResetChange::Open(opening.row()?));
            let (context, change) = opening.challenged(found.account)?;
            unit.push(change);
            drop(context);
            unit.extend(found.changes);
        }
        unit.push(done(job));
        Ok(self.parts.records.commit_reset(unit).await?)
    }
}

/// What would end such a state. `None`: nothing its owner can do here.
fn ended_by(state: StateName) -> Option<Action> {
    match state {
        StateName::MustChange | StateName::Expired | StateName::ExpiredGrace => Some(Action::Reset),
        StateName::Locked => Some(Action::Unlock),
        _ => None,
    }
}
