//! How far a context can come. Each stage is a type; what leads from one to the next consumes it.

use super::context::Context;
use super::gates::Fact;
use super::keys::Digest;
use super::rules::ResetRules;
use super::told::{Ending, TargetOutcome, TargetResult};
use super::trouble::Trouble;
use crate::account::{AccountKey, DirectoryName};
use crate::clock::Timestamp;
use crate::records::ResetChange;
use std::sync::Arc;

/// What can be kept.
pub(super) trait Stage {
    fn kept(&self) -> Kept;
}

/// Any stage, as it is kept.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    Requested(Requested),
    Challenged(Box<Challenged>),
    Proving(Box<Proving>),
    Ready(Box<Ready>),
    Executing(Box<Executing>),
    Executed(Box<Executed>),
    Over(Box<Over>),
}

/// Asked for. Nobody has looked whether there is such an account.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Requested {}

/// Looked for. For whoever asked it is the same whether somebody was found or not.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Challenged {
    /// `None`: nothing can come of it, and nobody is told.
    pub account: Option<Subject>,
    pub challenge: Option<Challenge>,
    /// Nothing can come of it any more. Whoever asked is not told; whoever has the link is.
    pub void: Option<Ending>,
}

/// One proof is in, another is needed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Proving {
    pub account: Subject,
    pub facts: Vec<Fact>,
    pub challenge: Option<Challenge>,
    pub accounts: Accounts,
}

/// Proven.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Ready {
    /// `None`: a program vouches for them, and they are looked for at the last step.
    pub account: Option<Subject>,
    pub facts: Vec<Fact>,
    pub challenge: Option<Challenge>,
    pub accounts: Accounts,
    /// The last step is to be taken by then.
    pub until: Timestamp,
    /// What became of accounts already: some are done, others are not yet.
    pub results: Vec<TargetResult>,
    /// F9: the last step is to be taken no sooner.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
}

/// Somebody is writing, and nobody else does until the lease runs out.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Executing {
    pub ready: Ready,
    /// By number in [`Accounts::list`], the first one first.
    pub chosen: Vec<usize>,
    pub lease: Timestamp,
    pub started: Timestamp,
    /// Of all who try to write this one: random, and nobody else's.
    pub claim: Digest,
}

/// Done.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Executed {
    pub account: Option<Subject>,
    pub accounts: Accounts,
    pub results: Vec<TargetResult>,
    pub at: Timestamp,
}

/// Over without.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Over {
    pub ending: Ending,
    pub account: Option<Subject>,
    pub at: Timestamp,
}

/// Whose a context is.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Subject {
    pub hash: Digest,
    pub directory: Arc<str>,
    pub id: Arc<str>,
    /// What they sign in with.
    pub login: Arc<str>,
    /// How the account was when the message was made: whatever of this changes ends it.
    pub baseline: Baseline,
    /// The rules for this account at that time.
    pub rules: ResetRules,
}

/// What must stay as it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Baseline {
    /// When the password was last written. `None`: the directory does not say.
    pub mark: Option<Arc<str>>,
    /// Mail addresses and telephone numbers.
    pub contacts: Digest,
    /// The groups, where the rules look at them.
    pub groups: Option<Digest>,
}

/// One message, and what proves that it was received.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Challenge {
    /// Of all challenges this one.
    pub attempt: Digest,
    /// Its number in the context.
    pub number: u32,
    pub factor: Arc<str>,
    /// Which mailbox, hashed.
    pub instance: Digest,
    pub link: Option<Digest>,
    pub code: Option<Digest>,
    pub link_until: Timestamp,
    pub code_until: Timestamp,
    /// It goes where people can send it themselves, by writing into their own entries.
    #[serde(default)]
    pub self_asserted: bool,
    /// How often it was sent.
    pub sends: u32,
    /// The letter, sealed, so that it can be sent again as it is.
    pub letter: Vec<u8>,
}

/// The person's accounts, as they were when they had proven themselves.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Accounts {
    pub list: Vec<Target>,
    /// The rules the first one's directory tells of: (rule, number).
    pub directory_rules: Vec<(Arc<str>, u32)>,
}

/// One of them.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Target {
    pub directory: Arc<str>,
    pub id: Arc<str>,
    pub login: Arc<str>,
    pub standing: Arc<str>,
    pub eligible: bool,
    pub provider: Option<Arc<str>>,
    pub mark: Option<Arc<str>>,
}

impl Target {
    pub(super) fn key(&self) -> AccountKey {
        key(&self.directory, &self.id)
    }

    pub(super) fn came_to(&self, outcome: TargetOutcome) -> TargetResult {
        TargetResult {
            directory: Arc::clone(&self.directory),
            login: self.login.to_string(),
            outcome,
        }
    }
}

impl Subject {
    pub(super) fn key(&self) -> AccountKey {
        key(&self.directory, &self.id)
    }
}

fn key(directory: &Arc<str>, id: &Arc<str>) -> AccountKey {
    AccountKey {
        directory: DirectoryName(Arc::clone(directory)),
        id: Arc::clone(id),
    }
}

/// A step: where it leads, and what is to be committed for it.
pub(super) type Step<S> = Result<(Context<S>, ResetChange), Trouble>;

impl Context<Requested> {
    /// Looked for. Without an account and a challenge nothing can come of it.
    pub(super) fn challenged(self, found: Option<(Subject, Challenge)>) -> Step<Challenged> {
        let (account, challenge) = found.unzip();
        self.base.to(Challenged {
            account,
            challenge,
            void: None,
        })
    }
}

impl Context<Challenged> {
    /// A newer message takes the place of the one before: of that nothing proves anything any more.
    pub(super) fn challenged_anew(mut self, challenge: Challenge) -> Step<Challenged> {
        self.stage.challenge = Some(challenge);
        self.stay()
    }

    /// Nothing can come of it any more, and whoever asked is not told.
    pub(super) fn void(mut self, ending: Ending) -> Result<ResetChange, Trouble> {
        self.stage.void.get_or_insert(ending);
        self.stay().map(|(_, change)| change)
    }
}

/// A proof has been made. Where it leads is for [`evaluate`](super::gates::evaluate) to say.
pub(super) struct Proven {
    pub account: Subject,
    pub facts: Vec<Fact>,
    /// By which it was made.
    pub challenge: Challenge,
    pub accounts: Accounts,
    pub results: Vec<TargetResult>,
    pub not_before: Option<Timestamp>,
}

impl Context<Proven> {
    /// It suffices.
    pub(super) fn ready(self, until: Timestamp) -> Step<Ready> {
        let proven = self.stage;
        self.base.to(Ready {
            account: Some(proven.account),
            facts: proven.facts,
            challenge: Some(proven.challenge),
            accounts: proven.accounts,
            until,
            results: proven.results,
            not_before: proven.not_before,
        })
    }

    /// It does not yet. What was sent before proves nothing more; the next factor's message does, where there is one.
    pub(super) fn proving(self, challenge: Option<Challenge>) -> Step<Proving> {
        let proven = self.stage;
        self.base.to(Proving {
            account: proven.account,
            facts: proven.facts,
            challenge,
            accounts: proven.accounts,
        })
    }
}

impl Context<Proving> {
    /// The next factor's message.
    pub(super) fn challenged(mut self, challenge: Challenge) -> Step<Proving> {
        self.stage.challenge = Some(challenge);
        self.stay()
    }
}

impl Context<Ready> {
    /// From now on nobody else writes, until the lease runs out.
    pub(super) fn executing(
        self,
        chosen: Vec<usize>,
        claim: Digest,
        started: Timestamp,
        lease: Timestamp,
    ) -> Step<Executing> {
        let ready = self.stage;
        self.base.to(Executing {
            ready,
            chosen,
            lease,
            started,
            claim,
        })
    }
}

impl Context<Executing> {
    /// Nothing was written: the proof is kept for another try.
    pub(super) fn back(self, until: Timestamp) -> Step<Ready> {
        let ready = self.stage.ready;
        self.base.to(Ready { until, ..ready })
    }

    /// Some are done, others may be tried again.
    pub(super) fn partly(self, results: Vec<TargetResult>, until: Timestamp) -> Step<Ready> {
        let ready = self.stage.ready;
        self.base.to(Ready {
            until,
            results,
            ..ready
        })
    }

    /// Done.
    pub(super) fn executed(self, results: Vec<TargetResult>, at: Timestamp) -> Step<Executed> {
        let ready = self.stage.ready;
        self.base.to(Executed {
            account: ready.account,
            accounts: ready.accounts,
            results,
            at,
        })
    }
}

impl Stage for Requested {
    fn kept(&self) -> Kept {
        Kept::Requested(self.clone())
    }
}

macro_rules! kept {
    ($($stage:ident),*) => {$(
        impl Stage for $stage {
            fn kept(&self) -> Kept {
                Kept::$stage(Box::new(self.clone()))
            }
        }
    )*};
}

kept!(Challenged, Proving, Ready, Executing, Executed, Over);

impl Stage for Kept {
    fn kept(&self) -> Kept {
        self.clone()
    }
}

impl Kept {
    /// Whether anything can still come of it.
    pub(super) fn live(&self) -> bool {
        match self {
            Self::Challenged(stage) => stage.void.is_none() && stage.account.is_some(),
            Self::Requested(_) | Self::Proving(_) | Self::Ready(_) | Self::Executing(_) => true,
            Self::Executed(_) | Self::Over(_) => false,
        }
    }

    /// Whose it is, once somebody is known.
    pub(super) fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Requested(_) => None,
            Self::Challenged(stage) => stage.account.as_ref(),
            Self::Proving(stage) => Some(&stage.account),
            Self::Ready(stage) => stage.account.as_ref(),
            Self::Executing(stage) => stage.ready.account.as_ref(),
            Self::Executed(stage) => stage.account.as_ref(),
            Self::Over(stage) => stage.account.as_ref(),
        }
    }

    /// Until when somebody has it to write.
    pub(super) fn lease(&self) -> Option<Timestamp> {
        match self {
            Self::Executing(stage) => Some(stage.lease),
            _ => None,
        }
    }
}
