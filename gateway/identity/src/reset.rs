//! One person, one proof, one password: reset, unlock, and the reminder of a forgotten sign-in name.
//!
//! A door holds [`SelfService`] and asks. What it is told before the first proof is the same for everybody: whoever has an account here, whoever
//! has none, and whoever's password is a provider's. Policy answers through [`DecideReset`], what is kept stands behind
//! [`records::ResetRecords`](crate::records::ResetRecords), and everything that reaches a person goes through the [`ports`].

pub mod asked;
pub mod link;
pub mod ports;
pub mod rules;
pub mod service;
pub mod told;

pub use asked::{Action, By, Caller, Change, ContextId, Execution, Holder, Identifier, Proof, Request, SessionKey};
pub use link::{Link, PublicUrl};
pub use ports::{
    AccountChange, Advice, Aftermath, Attempt, ChallengeForm, Chance, Channel, ChannelError, Compose, Factor,
    FactorClass, FactorName, Finding, Guarding, Letter, LetterKind, Message, Page, Provider, Screen, Screened, Source,
    SourceName, Switches,
};
pub use rules::{DecideReset, Features, Lifetimes, Limits, PasswordRules, ResetQuestion, ResetRules};
pub use service::{Answer, SelfService};
pub use told::{
    AccountView, Changed, Ending, Landing, Offer, Opened, ProviderOffer, Refused, Stage, TargetOutcome, TargetResult,
    View,
};
