//! What the reset machine needs of the world.

use super::asked::Action;
use super::link::Link;
use super::rules::PasswordRules;
use crate::account::DirectoryName;
use crate::clock::Timestamp;
use crate::person::Person;
use crate::secret::Secret;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Random octets.
pub trait Chance: Send + Sync {
    /// Fills it. False: there are none, and whatever wanted them is not done.
    #[must_use]
    fn fill(&self, octets: &mut [u8]) -> bool;
}

/// The switches that administrators set while the program runs.
pub trait Switches: Send + Sync {
    /// Whether people of this directory may help themselves. Asked at each request.
    fn self_service<'a>(&'a self, directory: &'a DirectoryName) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
}

/// A factor's name: "mail".
pub type FactorName = Arc<str>;
/// A source's name: "typed".
pub type SourceName = Arc<str>;

/// Kinds of proof. Two of one kind count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorClass {
    /// A message to a mailbox.
    Mail,
    /// A message to a telephone.
    Phone,
    /// A device or program of the person's that makes codes or signs.
    Device,
    /// Something they know.
    Knowledge,
    /// Codes they saved.
    SavedCode,
    /// Somebody else vouches.
    Person,
    /// A message to an address or number that people can write into their own entries.
    SelfAsserted,
}

/// One way to prove oneself. Those that send something first say where to; what is sent and compared is the machine's to make.
pub trait Factor: Send + Sync {
    /// Its name in policies and answers.
    fn name(&self) -> &'static str;

    /// Which kind.
    fn class(&self) -> FactorClass;

    /// Where a message of this factor reaches the person, by their entry alone. Empty: not at all.
    fn addresses(&self, person: &Person) -> Vec<Arc<str>>;

    /// What is sent, and how much there is to guess.
    fn challenge(&self) -> ChallengeForm;
}

/// What a message of a factor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeForm {
    /// A link of 256 bits.
    pub link: bool,
    /// A code of this many characters of Crockford's 32.
    pub code: Option<u8>,
}

/// Where a new password comes from.
pub trait Source: Send + Sync {
    /// Its name in policies and answers.
    fn name(&self) -> &'static str;

    /// The new password: what was typed, or something made. `None`: this source needs what was not given.
    fn password(&self, typed: Option<&Secret>, chance: &dyn Chance) -> Option<Secret>;
}

/// What goes to people.
pub trait Channel: Send + Sync {
    /// "mail".
    fn name(&self) -> &'static str;

    /// Hands it over, with a deadline of its own.
    fn send<'a>(&'a self, message: &'a Message) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + 'a>>;
}

/// One message, written out.
pub struct Message {
    /// From the person's entry, never from a request.
    pub to: Arc<str>,
    /// The same message a second time has the same one, so that whoever carries it may know it.
    pub id: Arc<str>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML: no image, nothing from elsewhere.
    pub html: String,
    /// The language it is in (BCP 47).
    pub language: String,
    /// Which letter, for the record.
    pub kind: LetterKind,
    /// The name and address it comes from, where the route has its own.
    pub from: Option<Arc<str>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Why a message was not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// It may be handed over later.
    #[error("it cannot be handed over now")]
    Later,
    /// It never will.
    #[error("it is refused for good")]
    Never,
}

/// Which letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// The link and the code.
    Challenge,
    /// The password was changed.
    Changed,
    /// The account was unlocked.
    Unlocked,
    /// The password is a provider's.
    NotHere,
    /// These are your sign-in names.
    Reminder,
    /// A sign-in met a password that must be changed or has expired, or a lock: this is where to mend it.
    SignIn,
    /// To administrators: a privileged account was reset.
    Privileged,
    /// Somebody has proven who they are, and has to wait before the last step: to every address, and to administrators.
    Waiting,
}

/// What a letter says, before it is written in a language.
pub struct Letter {
    /// Which.
    pub kind: LetterKind,
    /// The route, whose name and looks it bears.
    pub route: Arc<str>,
    /// To whom.
    pub to: Arc<str>,
    /// See [`Message::id`].
    pub id: Arc<str>,
    /// The language the person prefers, else the one asked in (BCP 47).
    pub language: Arc<str>,
    /// What to call them.
    pub display_name: Option<Arc<str>>,
    /// What they sign in with: one, or for a reminder all.
    pub logins: Vec<Arc<str>>,
    /// What it is about.
    pub action: Action,
    /// A page to go on with.
    pub link: Option<Link>,
    /// A code to type.
    pub code: Option<Secret>,
    /// A page to say "it was not me" on.
    pub not_me: Option<Link>,
    /// Until when the link holds, and the code.
    pub link_until: Option<Timestamp>,
    /// See above.
    pub code_until: Option<Timestamp>,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// From roughly where.
    pub from: Option<Arc<str>>,
    /// The provider, where the password is one's.
    pub provider: Option<Page>,
    /// What is said to whoever this cannot help.
    pub help_desk: Option<Arc<str>>,
}

/// Writes letters in people's languages.
pub trait Compose: Send + Sync {
    /// The message.
    fn compose(&self, letter: &Letter) -> Message;
}

/// Looks at new passwords before a directory does.
pub trait Screen: Send + Sync {
    /// Everything there is against it, and what would make it better.
    fn screen(&self, password: &Secret, rules: &PasswordRules, words: &[&str]) -> Screened;
}

/// What a screen says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screened {
    /// Why it is refused. Empty: it is not.
    pub findings: Vec<Finding>,
    /// How strong it is, 0 to 4.
    pub strength: u8,
    /// What would make it stronger.
    pub advice: Vec<Advice>,
}

/// Something against a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// Fewer characters than this.
    TooShort {
        /// The fewest.
        shortest: u32,
    },
    /// More characters than this.
    TooLong {
        /// The most.
        longest: u32,
    },
    /// It has turned up in known leaks.
    Leaked,
    /// It is the person's name, address, or the organisation's, with little besides.
    Context,
    /// Too easily guessed.
    Weak,
    /// It is not text (UTF-8).
    NotText,
    /// It is the old one.
    Same,
}

impl Finding {
    /// As programs are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::Leaked => "leaked",
            Self::Context => "context",
            Self::Weak => "weak",
            Self::NotText => "not_text",
            Self::Same => "same",
        }
    }
}

/// What would make a password stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// More, and unusual, words.
    MoreWords,
    /// No single common word or name.
    CommonWord,
    /// No repetition.
    Repeats,
    /// No row of keys or letters.
    Sequence,
    /// No date or year.
    Date,
    /// Letters put for others do not help.
    Substitution,
    /// Some sign-in programs cannot type these characters.
    NotAscii,
}

/// A provider's page for one thing and one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The provider's configured name.
    pub provider: Arc<str>,
    /// What people call it.
    pub title: Arc<str>,
    /// The host, to be shown.
    pub host: Arc<str>,
    /// The whole address. It may hold the person's sign-in name: no `Debug` of a message shows it.
    pub url: Arc<str>,
}

/// The providers there are, and their pages.
pub trait Provider: Send + Sync {
    /// The page of this provider for that. `login`: the person's sign-in name, put in where the provider is known to take it. `None`: no
    /// such provider, or no such page.
    fn page(&self, provider: &str, action: Action, login: Option<&str>) -> Option<Page>;

    /// The provider whose domain this is, by configuration alone: `person@domain` as typed. Everybody may know it.
    fn of_domain(&self, typed: &str) -> Option<Arc<str>>;

    /// Providers that stand on the page for everybody.
    fn offered(&self) -> Vec<Page>;
}

/// The guard that every door asks before a password is tested, so that no door is a way around another's.
pub trait Guarding: Send + Sync {
    /// Whether the present password of this account may be put to the directory. `None`: not now; that is told like a wrong password.
    fn attempt<'a>(
        &'a self,
        route: &'a str,
        client: IpAddr,
        person: &'a Person,
        password: &'a Secret,
    ) -> Attempting<'a>;

    /// Waits until "it was not taken" may be said to something that began then: how long it took must not tell whether there is such an account.
    fn pace(&self, _begun: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// While a guard is asked.
pub type Attempting<'a> = Pin<Box<dyn Future<Output = Option<Box<dyn Attempt>>> + Send + 'a>>;

/// One test of a password that is under way. Dropped: nobody knows how it went, and it counts as wrong.
pub trait Attempt: Send {
    /// It was the right one.
    fn right(self: Box<Self>);
    /// It was wrong.
    fn wrong(self: Box<Self>);
    /// It was never put to the directory.
    fn untested(self: Box<Self>);
}

/// What else there is to do once a password was written or an account changed here: other doors hold sessions and remember answers.
pub trait Aftermath: Send + Sync {
    /// This account's password was written, or its lock lifted, just now.
    fn account_changed(&self, person: &Person, what: AccountChange);
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountChange {
    /// It has a new password: whoever signed in with the old one is out.
    Password,
    /// It is unlocked.
    Unlocked,
    /// It is locked, switched off, gone, or must change its password first: whoever is signed in is out.
    Stopped,
}

/// How long a channel, a screen or a provider may take where nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(10);
