//! The use-cases, as doors see them.

use super::asked::{Caller, Change, Execution, Holder, Proof, Request, SessionKey};
use super::told::{Changed, Landing, Offer, Opened, Refused, TargetResult, View};
use crate::secret::Secret;
use std::future::Future;
use std::pin::Pin;

/// What self-service answers in its own time. Every answer has a deadline.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send + 'a>>;

/// Everything a door may ask of self-service.
///
/// A browser's [`SessionKey`] is new after each step that proves something, and after the last; the old one is dead then.
pub trait SelfService: Send + Sync {
    /// What a route offers now. Asked at every page: switches change between two.
    fn offer<'a>(&'a self, route: &'a str) -> Answer<'a, Offer>;

    /// Opens a context. No directory is asked, and the answer is the same for every name.
    fn request<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Answer<'a, Opened>;

    /// The message again, at most once in a while. The answer says nothing.
    fn again<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()>;

    /// What stands behind a link. Changes nothing, however often it is asked.
    fn landing<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, Landing>;

    /// Goes on from a link: the proof it is.
    fn follow<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, SessionKey>;

    /// "It was not me", from the link that says so or from the page of the link to go on with: every context of the account is over, and nobody
    /// opens one for a while.
    fn not_me<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, ()>;

    /// Proves something. For a browser the key changes; a program's context stays as it is named.
    fn prove<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>, proof: Proof<'a>) -> Answer<'a, SessionKey>;

    /// How the context stands.
    fn view<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, View>;

    /// The last step. Whose each password is is asked again here.
    fn execute<'a>(
        &'a self,
        caller: &'a Caller<'a>,
        holder: Holder<'a>,
        execution: Execution<'a>,
    ) -> Answer<'a, Vec<TargetResult>>;

    /// The key that has taken this one's place since the last step, or is about to: whoever took that step with it holds the new one from then on.
    /// `None`: this one still holds, or never did.
    fn renewed<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, Option<SessionKey>>;

    /// More time for the last step, at most until the context ends.
    fn more_time<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()>;

    /// Gives a context up.
    fn cancel<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()>;

    /// Changes a password by the present one. Counts as one try of it, at the same guard as a sign-in over LDAP.
    fn change<'a>(&'a self, caller: &'a Caller<'a>, change: Change<'a>) -> Answer<'a, Changed>;
}
