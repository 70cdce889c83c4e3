//! What a door is told. Nothing in here is a person's until they have proven who they are.

use super::asked::{Action, ContextId, SessionKey};
use super::rules::Features;
use crate::clock::Timestamp;
use crate::password::PasswordRule;
use crate::reset::ports::Finding;
use crate::reset::rules::PasswordRules;
use std::sync::Arc;
use std::time::Duration;

/// What a route offers now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What can be done here: policy's switches and the directory's, together.
    pub features: Features,
    /// Providers that anybody may be sent to: those whose rules look at nothing but a mail domain, and those policy names on the page.
    pub providers: Vec<ProviderOffer>,
    /// What is said to whoever this cannot help.
    pub help_desk: Option<Arc<str>>,
    /// Whether new passwords are typed twice.
    pub confirm: bool,
    /// What a new password must be, to be shown before anybody is known.
    pub password: PasswordRules,
}

/// A provider's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOffer {
    /// The provider's configured name.
    pub name: Arc<str>,
    /// What people call it.
    pub title: Arc<str>,
    /// The host people are sent to, to be shown.
    pub host: Arc<str>,
    /// The whole address, from configuration.
    pub url: Arc<str>,
}

/// A context has been opened. This is what everybody gets.
pub struct Opened {
    /// Its public name.
    pub context: ContextId,
    /// What a browser keeps of it.
    pub session: SessionKey,
    /// A provider to be sent to at once: decided by the typed domain alone.
    pub provider: Option<ProviderOffer>,
}

/// What stands behind a link, before anything is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// It is good. The account's name, masked (`j•••e`), and when it was asked for.
    Good {
        /// What was asked for.
        action: Action,
        /// `j•••e`.
        masked: String,
        /// When.
        asked_at: Timestamp,
        /// From roughly where: a network, never a whole address.
        asked_from: String,
    },
    /// It is not, and why.
    Over(Ending),
}

/// How a context stands, for whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Which.
    pub context: ContextId,
    /// What was asked for.
    pub action: Action,
    /// How far it has come.
    pub stage: Stage,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The factors that may be tried next, by name. Before the first proof these are the route's, whoever was named.
    pub next: Vec<Arc<str>>,
    /// When a message may be sent again.
    pub resend_at: Option<Timestamp>,
    /// The last step may be taken no sooner.
    pub not_before: Option<Timestamp>,
    /// The person's accounts. Empty until they are proven.
    pub accounts: Vec<AccountView>,
    /// What a new password must be.
    pub password: PasswordRules,
    /// The directory's own rules as far as it tells them, in the order they are shown: (rule, number).
    pub directory_rules: Vec<(PasswordRule, u32)>,
    /// What became of each account, once it is done.
    pub results: Vec<TargetResult>,
}

/// How far a context has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Asked for: a message may be on its way. Also what nobody's context looks like.
    Asked,
    /// One proof is in, another is needed.
    Proving,
    /// Proven, and the last step may not be taken yet: see [`View::not_before`].
    Waiting,
    /// Proven: the last step may be taken.
    Ready,
    /// The last step is under way.
    Executing,
    /// Some accounts are done, others are not yet.
    Partial,
    /// Done.
    Done,
    /// Over without.
    Over(Ending),
}

impl Stage {
    /// As programs are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "requested",
            Self::Proving => "proving",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Executing => "executing",
            Self::Partial => "partial",
            Self::Done => "done",
            Self::Over(ending) => ending.as_str(),
        }
    }
}

/// Why a context, a link or a code is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Too late.
    Expired,
    /// It has been used.
    Used,
    /// A newer one was asked for.
    Superseded,
    /// Its owner gave it up.
    Cancelled,
    /// "It was not me."
    NotMe,
    /// Too many wrong proofs.
    Locked,
    /// The password, the account or the rules changed meanwhile.
    Changed,
    /// There is no such one.
    Unknown,
}

impl Ending {
    /// As programs are told, and audit lines name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::NotMe => "not_me",
            Self::Locked => "locked",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// One of a proven person's accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// In which directory.
    pub directory: Arc<str>,
    /// What they sign in with.
    pub login: String,
    /// How it stands, by the name of the state.
    pub standing: crate::standing::StateName,
    /// Whether this can be done for it here.
    pub eligible: bool,
    /// Whose its password is, where it is a provider's.
    pub provider: Option<ProviderOffer>,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TargetResult {
    /// In which directory.
    pub directory: Arc<str>,
    /// What they sign in with.
    pub login: String,
    /// What became of it.
    pub outcome: TargetOutcome,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetOutcome {
    /// Done.
    Done,
    /// The directory has something against it. The rule, where it said one ([`PasswordRule::as_str`]).
    Refused,
    /// Its password is a provider's, or nobody knows whose: nothing was written.
    NotHere,
    /// It has changed since it was asked for: nothing was written.
    Changed,
    /// The directory cannot be reached: nothing was written, and it may be tried again.
    Later,
    /// It was sent and not answered. It is being found out.
    BeingFoundOut,
    /// Our own account may not.
    NotAllowed,
}

/// A change with the present password is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What was signed in with.
    pub login: String,
    /// Seconds for which the directory still takes the previous one.
    pub previous_seconds: u32,
}

/// Why a door gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not offered here, or not now.
    #[error("it is not offered")]
    NotOffered,
    /// This network, or everybody together, asked too often. Never said of a name.
    #[error("too many requests")]
    TooMany {
        /// When to come back.
        after: Duration,
    },
    /// The context is not theirs, or there is none.
    #[error("there is no such context")]
    NoContext,
    /// The context is over.
    #[error("it is over")]
    Over(Ending),
    /// The proof is wrong.
    #[error("the proof is wrong")]
    WrongProof {
        /// Tries left, told when there are two or fewer.
        left: Option<u32>,
    },
    /// More proof is needed first.
    #[error("it is not proven yet")]
    NotReady,
    /// What we have against the new password: all of it.
    #[error("the new password is refused")]
    Screened(Vec<Finding>),
    /// What the directory has against the new password. `None`: it did not say.
    #[error("the directory refused the new password")]
    Password(Option<PasswordRule>),
    /// The present password is wrong, or the account cannot change it here, or there is none: one answer.
    #[error("the present password was not taken")]
    NotSignedIn,
    /// The same idempotency key with another request.
    #[error("the key was used for another request")]
    OtherRequest,
    /// The program's token may not.
    #[error("the token may not do this")]
    NotAllowed,
    /// A value that cannot be meant: which field.
    #[error("{0} is not usable")]
    Unusable(&'static str),
    /// Something we need cannot be reached. Nothing was done.
    #[error("it cannot be done now")]
    Unavailable,
}
