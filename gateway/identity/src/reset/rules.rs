//! What policy says of self-service: asked for a route before anybody is known, and for an account once one is.

use std::sync::Arc;
use std::time::Duration;

/// Whoever holds the rules.
pub trait DecideReset: Send + Sync {
    /// What holds. `None`: no policy speaks of the route, and nothing is offered on it.
    fn reset(&self, question: &ResetQuestion<'_>) -> Option<Arc<ResetRules>>;
}

/// Who wants to know.
#[derive(Debug, Clone, Copy)]
pub struct ResetQuestion<'a> {
    /// The route.
    pub route: &'a str,
    /// The directory the account is in. `None`: nobody is known yet.
    pub directory: Option<&'a str>,
    /// The account's DN, where one is known.
    pub account: Option<&'a str>,
    /// The DNs of the account's groups, nested ones too where [`ResetRules::reads_groups`] says so. Empty before anybody is known.
    pub groups: &'a [String],
}

/// What holds for self-service. Plain data: a context keeps a copy of it, and at the end both that copy and the rules of the day must hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ResetRules {
    /// The route's name.
    pub route: Arc<str>,
    /// The policy generation.
    pub generation: u64,
    /// The names of the rules that say so, for audit and `explain`: `key` → `file:key`.
    pub rules: Vec<(Arc<str>, Arc<str>)>,
    /// What is offered at all.
    pub features: Features,
    /// The factors that may be used, by name. Empty: nobody can prove anything.
    pub factors: Vec<Arc<str>>,
    /// How many factors of different classes are needed; at least 1.
    pub gates: u8,
    /// Whether addresses and numbers that people can write into their own entries prove anything. All of them together are one proof, and of privileged
    /// accounts they never are one.
    #[serde(default)]
    pub self_asserted: bool,
    /// Whether the account counts as a privileged one here: the strict set of rules that came with it is already merged in.
    pub privileged: bool,
    /// Whether only onboarded accounts may come in.
    pub onboarded_only: bool,
    /// Whether telling whose account it is needs its groups, and nested ones.
    pub reads_groups: bool,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How often things may be done.
    pub limits: Limits,
    /// What a new password must be before the directory sees it.
    pub password: PasswordRules,
    /// Whether a sign-in over LDAP that meets a state a new password or an unlock ends may be answered with one mail.
    pub mail_at_sign_in: bool,
    /// What people are told to do where this cannot help: one line of plain text.
    pub help_desk: Option<Arc<str>>,
}

impl ResetRules {
    /// Whether what people can write into their own entries proves anything.
    pub fn takes_self_asserted(&self) -> bool {
        self.self_asserted && !self.privileged
    }
}

/// Each can be switched on and off for itself. The directory's own switch is asked besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Features {
    /// The link for those who have forgotten their password is shown.
    pub forgot_link: bool,
    /// A password can be reset.
    pub reset: bool,
    /// Whoever knows the password can change it.
    pub change: bool,
    /// The same where it has expired or must be changed.
    pub expired_change: bool,
    /// A lock that failures left can be lifted.
    pub unlock: bool,
    /// Forgotten sign-in names are told to their owner's mailbox.
    pub reminder: bool,
}

impl Features {
    /// What both offer.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            forgot_link: self.forgot_link && other.forgot_link,
            reset: self.reset && other.reset,
            change: self.change && other.change,
            expired_change: self.expired_change && other.expired_change,
            unlock: self.unlock && other.unlock,
            reminder: self.reminder && other.reminder,
        }
    }
}

/// How long things live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lifetimes {
    /// A link in a message.
    pub link: Duration,
    /// A code in a message.
    pub code: Duration,
    /// A context as a whole.
    pub context: Duration,
    /// From the last proof to the end.
    pub ready: Duration,
    /// A message may be sent again after this long.
    pub resend: Duration,
    /// Nothing can be asked for after "it was not me".
    pub hold: Duration,
    /// From the proof to the last step, so that whoever should know hears of it in between. Zero: at once.
    #[serde(default)]
    pub cool_down: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            link: minutes(30),
            code: minutes(10),
            context: minutes(120),
            ready: minutes(10),
            resend: minutes(1),
            hold: minutes(24 * 60),
            cool_down: Duration::ZERO,
        }
    }
}

/// How often things may be done, by whomever. Counted alike for names that exist and names that do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Requests for one name at once; one more each hour.
    pub per_name: u32,
    /// Requests from one network in an hour.
    pub per_network: u32,
    /// Messages to one mailbox in a day.
    pub per_mailbox: u32,
    /// Messages of a route in an hour.
    pub per_route: u32,
    /// Wrong proofs for one challenge.
    pub tries_of_challenge: u32,
    /// Wrong proofs in one context.
    pub tries_of_context: u32,
    /// Wrong proofs for one account in a day, all contexts together.
    pub tries_of_account: u32,
    /// New passwords the directory may refuse in one context.
    pub refused_passwords: u32,
    /// Resets of one account in a day.
    pub resets: u32,
    /// Unlocks of one account in a day.
    pub unlocks: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_name: 3,
            per_network: 20,
            per_mailbox: 10,
            per_route: 1_000,
            tries_of_challenge: 5,
            tries_of_context: 10,
            tries_of_account: 20,
            refused_passwords: 10,
            resets: 5,
            unlocks: 3,
        }
    }
}

/// What a new password must be before a directory sees it (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PasswordRules {
    /// Fewest characters (code points after NFC).
    pub shortest: u32,
    /// Most characters.
    pub longest: u32,
    /// Whether leaked passwords are refused.
    pub leaked: bool,
    /// Whether words of the context (names, mail, the organisation's) are refused.
    pub context: bool,
    /// Besides those of the person: the organisation's, the product's.
    pub words: Vec<Arc<str>>,
    /// The least score of strength, 0 to 4; 0: it is told and not asked for.
    pub strength: u8,
    /// Whether it has to be typed twice.
    pub confirm: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            shortest: 15,
            longest: 128,
            leaked: true,
            context: true,
            words: Vec::new(),
            strength: 2,
            confirm: true,
        }
    }
}
