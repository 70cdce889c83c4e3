//! The port to a directory, for those who look after people: which account is meant, how it stands, and what can be changed of it.
//!
//! Whoever holds a [`Directory`] has asked [`Authority`](crate::Authority) who owns the password: the port writes what it is told.

use crate::account::{AccountKey, DirectoryName};
use crate::authority::{AuthorityRules, Decision};
use crate::password::{PasswordRefusal, PasswordRule, StandingChange};
use crate::person::{Nesting, Person};
use crate::secret::Secret;
use crate::standing::Standing;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use thiserror::Error;

/// What a directory answers in its own time. Every one has a deadline.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, DirectoryError>> + Send + 'a>>;

/// One directory, and our own account's rights in it.
pub trait Directory: Send + Sync {
    /// As configured.
    fn name(&self) -> &DirectoryName;

    /// The one account a name means: a DN, a login name, a mail address, `user@domain` or `DOMAIN\user`. Exactly one, or an error.
    fn find<'a>(&'a self, name: &'a str) -> Reply<'a, Person>;

    /// The account with this key, wherever it is now.
    fn by_key<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Person>;

    /// Every account here with this [`Person::link`]; none where no attribute for that is configured.
    fn of_one_person<'a>(&'a self, link: &'a str) -> Reply<'a, Vec<Person>>;

    /// The DNs of the groups an account is in, each once, as the directory writes them.
    fn groups<'a>(&'a self, person: &'a Person, nesting: Nesting) -> Reply<'a, Vec<String>>;

    /// Whose account the manager's is. `None`: nobody is named, or the entry that is named is gone or cannot be seen.
    fn manager<'a>(&'a self, person: &'a Person) -> Reply<'a, Option<AccountKey>>;

    /// How the account stands, by its entry and policy.
    fn standing<'a>(&'a self, person: &'a Person) -> Reply<'a, Standing>;

    /// Gives the account a new password. With `old` it is its owner's change; without, a reset. What was sent and not answered is
    /// [`DirectoryError::OutcomeUnknown`].
    fn write_password<'a>(&'a self, person: &'a Person, old: Option<&'a Secret>, new: &'a Secret) -> Reply<'a, ()>;

    /// Changes how the account stands. What is so already is no error.
    fn change_standing<'a>(&'a self, person: &'a Person, change: StandingChange) -> Reply<'a, ()>;

    /// For how long after a change the directory still takes the previous password, in seconds: what is said to whoever changes one.
    fn previous_password_seconds(&self) -> u32;
}

/// What self-service asks of a directory besides.
pub trait Applicants: Directory {
    /// The one account a name means to those who may help themselves: looked for in the configured search bases, by the attributes configured for
    /// each, and nowhere else. A value counts only where it is the same as the name in the form of [`fold`](crate::reset::asked::fold). Exactly one, or
    /// an error; the number of searches does not depend on the answer.
    fn applicant<'a>(&'a self, name: &'a str) -> Reply<'a, Applicant>;

    /// The accounts that have this mail address, for the reminder of forgotten names: at most [`MOST_REMINDED`], in the same search bases.
    fn with_mail<'a>(&'a self, mail: &'a str) -> Reply<'a, Vec<Applicant>>;

    /// The same questions for an account that is known already: read anew.
    fn again<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Applicant>;

    /// Whose this account's password is, by these rules, and by which of them. Read anew each time.
    fn owner<'a>(&'a self, person: &'a Person, rules: Option<&'a AuthorityRules>) -> Reply<'a, Decision>;

    /// Writes the password its owner chose, who has proven themselves otherwise: the directory's rules hold where the product can hold them, and
    /// no further change is demanded afterwards. Errors as of [`Directory::write_password`].
    fn reset_password<'a>(&'a self, person: &'a Person, new: &'a Secret) -> Reply<'a, ()>;

    /// What the directory tells of its own rules for this account's passwords: to be shown, never to be relied on.
    fn password_rules<'a>(&'a self, person: &'a Person) -> Reply<'a, Vec<(PasswordRule, u32)>>;
}

/// The most accounts one mail address is reminded of.
pub const MOST_REMINDED: usize = 16;

/// An account as self-service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Which.
    pub person: Person,
    /// Whether it may come in, by the configured attributes.
    pub entry: Admittance,
    /// When its password was last written, as the directory itself says: of this value alone can be told that it changed meanwhile. `None`: it
    /// does not say.
    pub password_mark: Option<Arc<str>>,
    /// How it stands.
    pub standing: Standing,
    /// Whether the directory itself counts it among its protected accounts (`adminCount`, for example).
    pub protected: bool,
}

/// Whether an account may come in, by attributes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admittance {
    /// It may.
    Open,
    /// It may, to unlock it or to reset it where policy says so: one of `locked_by` holds.
    Locked {
        /// Which attribute says so.
        attribute: Arc<str>,
    },
    /// It may not: one of `disabled_by` holds, one of `enabled_by` does not or is absent, or one is no Boolean.
    Shut {
        /// Which attribute says so.
        attribute: Arc<str>,
    },
    /// It may not: nothing links it to a person.
    NoLink,
}

/// Why a directory has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DirectoryError {
    /// There is no such account, or it is another's by now.
    #[error("no such account")]
    NotFound,
    /// More than one account answers to that name.
    #[error("more than one account has that name")]
    Ambiguous,
    /// More than is looked at, or than the directory shows at once.
    #[error("there are too many to look at")]
    TooMany,
    /// The directory did not do it.
    #[error("the directory refused it with result {}", .0.result_code)]
    Refused(PasswordRefusal),
    /// The product has no such change.
    #[error("this directory has no such change")]
    NotPossible,
    /// It was sent and not answered: it may have been done or not. It is never sent again.
    #[error("the directory did not answer: the change may have been made or not")]
    OutcomeUnknown,
    /// Our own account may not do it, is missing, or cannot see enough. `postern check --connect` says what.
    #[error("the service account cannot do this")]
    NotAllowed,
    /// It could be read on the way, and that was not allowed. Nothing was sent.
    #[error("the connection is not protected, and plain text is not allowed")]
    Unprotected,
    /// The directory cannot be reached. Nothing was changed.
    #[error("the directory cannot be reached")]
    Unavailable,
}
