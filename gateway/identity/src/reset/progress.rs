//! How self-service last went for an account: kept here and nowhere in the directory, and not before somebody has proven something.

use super::asked::Action;
use super::desk::Desk;
use super::judge::of_key;
use super::keys::Purpose;
use super::stages::Subject;
use super::trouble::Trouble;
use crate::account::AccountKey;
use crate::clock::Timestamp;
use crate::records::{RecordsError, ResetChange};

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// How far the last one has come.
    pub state: ProgressState,
    /// What it was for.
    pub action: Option<Action>,
    /// When its owner proved something.
    pub proven_at: Option<Timestamp>,
    /// When a password was last reset here.
    pub last_reset_at: Option<Timestamp>,
    /// When a password was last changed here by the present one.
    pub last_change_at: Option<Timestamp>,
    /// When a lock was last lifted here.
    pub last_unlock_at: Option<Timestamp>,
    /// Nothing can be asked for until then.
    pub blocked_until: Option<Timestamp>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressState {
    /// Nothing was ever proven.
    #[default]
    None,
    /// Its owner has proven something.
    InProgress,
    /// Done.
    Done,
    /// "It was not me."
    Blocked,
}

impl Progress {
    pub(super) fn began(mut self, action: Action, at: Timestamp) -> Self {
        self.state = ProgressState::InProgress;
        self.action = Some(action);
        self.proven_at = Some(at);
        self
    }

    pub(super) fn finished(mut self, action: Action, at: Timestamp) -> Self {
        self.state = ProgressState::Done;
        self.action = Some(action);
        match action {
            Action::Reset => self.last_reset_at = Some(at),
            Action::Unlock => self.last_unlock_at = Some(at),
            Action::Reminder => {}
        }
        self
    }

    pub(super) fn changed(mut self, at: Timestamp) -> Self {
        self.state = ProgressState::Done;
        self.action = None;
        self.last_change_at = Some(at);
        self
    }

    pub(super) fn blocked(mut self, until: Timestamp) -> Self {
        self.state = ProgressState::Blocked;
        self.blocked_until = Some(until);
        self
    }
}

impl Desk {
    /// How self-service last went for an account: for those who look after it.
    pub async fn progress(&self, account: &AccountKey) -> Result<Progress, RecordsError> {
        for subject in self.parts.keys.hashes(Purpose::Account, &of_key(account)) {
            if let Some(body) = self.parts.records.progress(&subject).await? {
                return serde_json::from_slice(&body).map_err(|_| RecordsError::Unavailable);
            }
        }
        Ok(Progress::default())
    }

    pub(super) async fn progress_change(
        &self,
        subject: &Subject,
        step: impl FnOnce(Progress) -> Progress,
    ) -> Result<ResetChange, Trouble> {
        self.progress_of(&subject.key(), step).await
    }

    pub(super) async fn progress_of(
        &self,
        key: &AccountKey,
        step: impl FnOnce(Progress) -> Progress,
    ) -> Result<ResetChange, Trouble> {
        let before = self.progress(key).await?;
        let body = serde_json::to_vec(&step(before)).map_err(|_| Trouble::Unreadable)?;
        Ok(ResetChange::Progress {
            subject: self.parts.keys.hash(Purpose::Account, &of_key(key)),
            body: body.into(),
        })
    }
}
