//! What a directory told us of an account, and how much of it may be told on.

use crate::clock::Timestamp;
use std::fmt;

/// Everything one answer of a directory said about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The one state that decides.
    pub state: State,
    /// Why, where the directory said.
    pub cause: Option<Cause>,
    /// What it warned of beside the state: slapd sends "expires in 0 seconds" together with "must change".
    pub warning: Option<Warning>,
    /// How we know.
    pub evidence: Evidence,
}

/// The states an account can be in, as every dialect reads them and every surface shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing stands in the way of a sign-in.
    Active,
    /// The password was set by somebody else and must be changed first.
    MustChange,
    /// The password has expired and no grace sign-in is left.
    Expired,
    /// The password has expired; this sign-in used up one of a few.
    ExpiredGrace {
        /// Grace sign-ins left after this one; 0 is a real answer.
        left: u32,
    },
    /// The password expires soon.
    Expiring {
        /// Seconds until then.
        seconds: u64,
    },
    /// Sign-in is stopped for a while or until somebody lifts it.
    Locked {
        /// By what.
        by: LockedBy,
        /// When it ends by itself, where that is known.
        until: Option<Timestamp>,
    },
    /// An administrator switched the account off.
    Disabled,
    /// The account's own last day has passed.
    AccountExpired,
    /// The account's first day has not come.
    NotYetValid,
    /// Outside the hours it may sign in.
    OutsideHours,
    /// From a workstation it may not use.
    WrongWorkstation,
    /// The directory wants a better protected connection.
    TransportRefused,
    /// Nothing is known: wrong password, no such account, or a lock the directory does not admit to.
    Unknown,
}

/// A [`State`] without its numbers, as policy files, metrics and logs name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the same words as the variants of `State`")]
pub enum StateName {
    Active,
    MustChange,
    Expired,
    ExpiredGrace,
    Expiring,
    Locked,
    Disabled,
    AccountExpired,
    NotYetValid,
    OutsideHours,
    WrongWorkstation,
    TransportRefused,
    Unknown,
}

/// Who or what locked an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockedBy {
    /// Too many wrong passwords.
    Failures,
    /// An administrator.
    Administrator,
    /// Not used for too long.
    Idleness,
    /// The directory said only that it is locked.
    Unsaid,
}

/// Why a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody with the right to do so set the password.
    AdministratorReset,
    /// The password has never been changed by its owner.
    FirstSignIn,
    /// The password is too old.
    Age,
}

/// A warning sent beside a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Seconds until the password expires.
    ExpiresIn(u64),
    /// Grace sign-ins left.
    GraceLeft(u32),
}

/// Whether the directory has confirmed the password in this exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// It has.
    Yes,
    /// It has said that it is wrong.
    No,
    /// It answered without looking at the password, or did not say.
    Unknown,
}

/// How a standing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it was read.
    pub source: Source,
    /// The result code that carried it, if an answer did (RFC 4511 §4.1.9).
    pub result_code: Option<u32>,
    /// Which control, text or attribute said it: a fixed word of the dialect ("ppolicy error 2", "pwdReset"), never a value.
    pub told_by: &'static str,
}

/// Where a standing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The answer to the account's own bind.
    Bind,
    /// The answer to the account's own bind, which turned it away though the password was right; and the password can be changed here all
    /// the same, by our own account, with the old one.
    BindForChange,
    /// The entry, read by a service account.
    Entry,
}

impl State {
    /// The state without its numbers.
    pub fn name(&self) -> StateName {
        match self {
            Self::Active => StateName::Active,
            Self::MustChange => StateName::MustChange,
            Self::Expired => StateName::Expired,
            Self::ExpiredGrace { .. } => StateName::ExpiredGrace,
            Self::Expiring { .. } => StateName::Expiring,
            Self::Locked { .. } => StateName::Locked,
            Self::Disabled => StateName::Disabled,
            Self::AccountExpired => StateName::AccountExpired,
            Self::NotYetValid => StateName::NotYetValid,
            Self::OutsideHours => StateName::OutsideHours,
            Self::WrongWorkstation => StateName::WrongWorkstation,
            Self::TransportRefused => StateName::TransportRefused,
            Self::Unknown => StateName::Unknown,
        }
    }
}

impl StateName {
    /// Every name, in the order of `repr`.
    pub const ALL: [Self; 13] = [
        Self::Active,
        Self::MustChange,
        Self::Expired,
        Self::ExpiredGrace,
        Self::Expiring,
        Self::Locked,
        Self::Disabled,
        Self::AccountExpired,
        Self::NotYetValid,
        Self::OutsideHours,
        Self::WrongWorkstation,
        Self::TransportRefused,
        Self::Unknown,
    ];

    /// As written in policy files, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::MustChange => "must_change",
            Self::Expired => "expired",
            Self::ExpiredGrace => "expired_grace",
            Self::Expiring => "expiring",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
            Self::AccountExpired => "account_expired",
            Self::NotYetValid => "not_yet_valid",
            Self::OutsideHours => "outside_hours",
            Self::WrongWorkstation => "wrong_workstation",
            Self::TransportRefused => "transport_refused",
            Self::Unknown => "unknown",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Standing {
    /// A standing of which nothing is known.
    pub fn unknown(evidence: Evidence) -> Self {
        Self {
            state: State::Unknown,
            cause: None,
            warning: None,
            evidence,
        }
    }
}

/// What may be told to the caller. Made by [`disclose`] alone, so no surface can be handed anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disclosed {
    state: State,
    warning: Option<Warning>,
}

impl Disclosed {
    /// The state to show.
    pub fn state(&self) -> State {
        self.state
    }

    /// The warning to show beside it.
    pub fn warning(&self) -> Option<Warning> {
        self.warning
    }

    /// The same told as another state: the bare state, without the numbers and warnings of its own. What may not be told
    /// stays unknown, and numbers the directory did not tell cannot be made up: told as one of the states that have
    /// some, it stays as it is.
    #[must_use]
    pub fn told_as(self, other: StateName) -> Self {
        let state = match other {
            _ if self.state == State::Unknown => State::Unknown,
            StateName::ExpiredGrace | StateName::Expiring => return self,
            StateName::Active => State::Active,
            StateName::MustChange => State::MustChange,
            StateName::Expired => State::Expired,
            StateName::Locked => State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            },
            StateName::Disabled => State::Disabled,
            StateName::AccountExpired => State::AccountExpired,
            StateName::NotYetValid => State::NotYetValid,
            StateName::OutsideHours => State::OutsideHours,
            StateName::WrongWorkstation => State::WrongWorkstation,
            StateName::TransportRefused => State::TransportRefused,
            StateName::Unknown => State::Unknown,
        };
        Self { state, warning: None }
    }
}

/// What is not proven by the password is not told: anything unproven becomes [`State::Unknown`], which every surface shows
/// exactly as a wrong password.
pub fn disclose(standing: &Standing, proven: Proven) -> Disclosed {
    match proven {
        Proven::Yes => Disclosed {
            state: standing.state,
            warning: standing.warning,
        },
        Proven::No | Proven::Unknown => Disclosed {
            state: State::Unknown,
            warning: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> Standing {
        Standing {
            state: State::Locked {
                by: LockedBy::Failures,
                until: None,
            },
            cause: None,
            warning: Some(Warning::GraceLeft(1)),
            evidence: Evidence {
                source: Source::Bind,
                result_code: Some(49),
                told_by: "ppolicy error 1",
            },
        }
    }

    #[test]
    fn an_unproven_standing_is_told_as_unknown() {
        for proven in [Proven::No, Proven::Unknown] {
            let told = disclose(&locked(), proven);
            assert_eq!((told.state(), told.warning()), (State::Unknown, None));
        }
        assert_eq!(disclose(&locked(), Proven::Yes).state().name(), StateName::Locked);
    }

    #[test]
    fn what_may_not_be_told_cannot_be_told_as_something_else() {
        for name in StateName::ALL {
            let told = disclose(&locked(), Proven::Unknown).told_as(name);
            assert_eq!((told.state(), told.warning()), (State::Unknown, None));
            let told = disclose(&locked(), Proven::Yes).told_as(name);
            match name {
                StateName::ExpiredGrace | StateName::Expiring => assert_eq!(told, disclose(&locked(), Proven::Yes)),
                name => assert_eq!((told.state().name(), told.warning()), (name, None)),
            }
        }
    }

    #[test]
    fn every_state_name_reads_back() {
        for name in StateName::ALL {
            assert_eq!(StateName::from_name(name.as_str()), Some(name));
        }
        assert_eq!(StateName::from_name("no such state"), None);
    }
}
