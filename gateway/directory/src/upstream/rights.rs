//! What our own account needs the right to, and how it is learnt whether it has it without anything being changed.
//!
//! Each product has something that can be asked in earnest and never be done: a value is deleted that is not there, or one is written that
//! the product cannot take. Access is looked at before that, so the answer tells.

use super::write::{Modification, ModificationKind};
use postern_identity::Timestamp;
use postern_ldap::ResultCode;

/// Something our own account may need to write of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// A new password, without the old one.
    Password,
    /// That the password must be changed.
    MustChange,
    /// A lock: to set it, or to lift it where the product sets it itself.
    Lock,
    /// Whether the account is switched off.
    Disable,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 4] = [Self::Password, Self::MustChange, Self::Lock, Self::Disable];

    /// What it is for, after "may" and "may not".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "reset passwords",
            Self::MustChange => "force a password change",
            Self::Lock => "lock and unlock",
            Self::Disable => "disable and enable",
        }
    }
}

/// How it is asked whether our account has a right on an entry.
pub enum RightsProbe {
    /// A modify that is never done.
    Doomed {
        /// What is asked for.
        changes: Vec<Modification>,
        /// A control it needs, encoded whole.
        control: Option<Vec<u8>>,
        /// The answers of a server that has let us.
        let_in: &'static [ResultCode],
    },
    /// The entry says it itself: an attribute whose values are the names of those we may write, and the names that are needed.
    Listed {
        /// The attribute that lists them.
        by: &'static str,
        /// Those that must be among them.
        needed: &'static [&'static str],
    },
}

/// RFC 4511 §4.6: what a modify is answered that deletes what is not there.
const NO_SUCH_ATTRIBUTE: ResultCode = ResultCode(16);

impl RightsProbe {
    /// The deletion of a value that is not there.
    pub(super) fn absent(attribute: &'static str, value: &str) -> Self {
        Self::Doomed {
            changes: vec![Modification::new(ModificationKind::Delete, attribute, &[value])],
            control: None,
            let_in: &[NO_SUCH_ATTRIBUTE],
        }
    }

    /// The same with a control, encoded whole.
    pub(super) fn with(mut self, encoded: Vec<u8>) -> Self {
        if let Self::Doomed { control, .. } = &mut self {
            *control = Some(encoded);
        }
        self
    }
}

/// A password nobody has: it cannot be known before it is asked about.
pub(super) fn nobodys_password(now: Timestamp) -> String {
    format!("postern asks, and deletes nothing: {}", now.as_nanosecond())
}

/// What says that our account stands above the rules: then no password policy holds for what it writes, and whoever gets hold of it has
/// everything.
pub enum Elevated {
    /// It may do this to an entry.
    May(RightsProbe, &'static str),
    /// This entry names it in that attribute, itself or a group it is in.
    Named {
        /// The entry.
        entry: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// What that makes of it.
        means: &'static str,
    },
    /// One of the security ids that the root DSE lists of us in `tokenGroups` ends in one of these relative ids, below a domain or below
    /// `BUILTIN` (S-1-5-32).
    Token {
        /// The relative ids, and what each makes of it.
        ids: &'static [(u32, &'static str)],
    },
}

/// What can be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// A right.
    Of(Right),
    /// What tells how an account stands is not to be seen of anybody.
    Standing,
    /// The policy is not to be seen.
    Policy,
    /// It stands above the rules.
    Elevated,
}

/// Whether our account has a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has.
    May,
    /// It has not.
    MayNot,
    /// The answer does not tell.
    CannotTell(ResultCode),
    /// The product has no such thing.
    NoSuchThing,
}

/// What our own account may do and see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightsReport {
    /// Who the server says we are (RFC 4532), where it says.
    pub identity: Option<String>,
    /// Whose entry was looked at. `None`: nobody was found, and nothing below was asked.
    pub example: Option<String>,
    /// The attributes that tell how an account stands: those that somebody was seen to have.
    pub seen: Vec<&'static str>,
    /// And those nobody was.
    pub unseen: Vec<&'static str>,
    /// The policy of the one that was looked at, and what was seen of it.
    pub policy: PolicySeen,
    /// Each right.
    pub rights: Vec<(Right, Verdict)>,
    /// Why it stands above the rules, if it does.
    pub elevated: Option<&'static str>,
}

/// What was seen of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySeen {
    /// None is named, by the account, the product or the configuration.
    NoneNamed,
    /// It cannot be read.
    Hidden(String),
    /// It can.
    Seen {
        /// Its DN.
        dn: String,
        /// What it says something about.
        attributes: Vec<&'static str>,
        /// What it forbids or makes useless.
        obstacles: Vec<&'static str>,
    },
}
