//! One person, one proof, one password: reset, unlock, change, and the reminder of a forgotten sign-in name.
//!
//! A door holds [`SelfService`] and asks. What it is told before the first proof is the same for everybody: whoever has an account here, whoever
//! has none, and whoever's password is a provider's. Policy answers through [`DecideReset`], what is kept stands behind
//! [`records::ResetRecords`](crate::records::ResetRecords), and everything that reaches a person goes through the [`ports`]. [`Desk`] is who answers;
//! it keeps nothing in memory, so that another one over the same records goes on where one was killed.
//!
//! **The walk.** `request` opens a context and a job, and asks no directory → [`Desk::work_once`] takes the job: `resolve` finds out whom the name
//! means, `judge` whether they may, `challenge` makes link and code, `letters` sends them → `prove` takes the link or the code, counted before it is
//! compared, and [`gates::evaluate`] says whether that suffices, by the rules of the start and of now → `execute` asks everything once more, one of
//! all who try gets the context ([`ContextRow::version`](crate::records::ContextRow::version)), `write` writes each account, `finish` commits what
//! came of it in one unit with the letters that tell of it. Whoever is killed in between leaves a lease; `recover` asks the directory what became of
//! it, and writes nothing.
//!
//! **Whoever asked is not told** when somebody else proves something in their context, or a newer one takes its place, or its account is gone: for
//! them it stays what everybody's is (`footing`). What is told depends on what was asked and when.
//!
//! **To add a factor** implement [`Factor`] and hand it to the desk: policies may name it then. **A source**: [`Source`]. **A stage**: a type in
//! `stages` and the step that leads to it; the compiler leads through every place that tells of stages.

mod accounts;
pub mod asked;
mod challenge;
mod change;
mod context;
pub mod desk;
mod events;
mod execute;
pub mod factors;
mod finish;
mod footing;
pub mod gates;
mod judge;
pub mod keys;
mod letters;
mod limits;
pub mod link;
mod longer;
mod not_me;
pub mod ports;
pub mod progress;
mod prove;
mod recover;
mod reminder;
mod renewal;
mod request;
mod resolve;
pub mod rules;
pub mod service;
mod sign_in;
pub mod sources;
mod stages;
#[cfg(test)]
mod tests;
pub mod told;
mod trouble;
mod view;
mod wait;
pub mod work;
mod write;

pub use asked::{Action, By, Caller, Change, ContextId, Execution, Holder, Identifier, Proof, Request, SessionKey};
pub use desk::{AuthorityOfRoutes, Crash, Desk, DeskParts, NoCrash, RouteAuthority, RouteOfDesk};
pub use judge::{Bar, Wish, bar};
pub use keys::Keys;
pub use link::{Link, PublicUrl};
pub use ports::{
    AccountChange, Advice, Aftermath, Attempt, ChallengeForm, Chance, Channel, ChannelError, Compose, Factor,
    FactorClass, FactorName, Finding, Guarding, Letter, LetterKind, Message, Page, Provider, Screen, Screened, Source,
    SourceName, Switches,
};
pub use progress::{Progress, ProgressState};
pub use rules::{DecideReset, Features, Lifetimes, Limits, PasswordRules, ResetQuestion, ResetRules};
pub use service::{Answer, SelfService};
pub use told::{
    AccountView, Changed, Ending, Landing, Offer, Opened, ProviderOffer, Refused, Stage, TargetOutcome, TargetResult,
    View,
};
pub use work::Worked;
