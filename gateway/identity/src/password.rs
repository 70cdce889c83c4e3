//! Setting passwords: what a directory may have against one, and what else can be changed of an account's standing.

use std::fmt;

/// The rule a new password broke, whichever words the product uses. What is shown to people is chosen from this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PasswordRule {
    /// It is too short.
    TooShort,
    /// It is too long.
    TooLong,
    /// The present one has not been in use long enough (minimum age).
    TooYoung,
    /// It, or one like it, was used before; the present one counts.
    History,
    /// Too few kinds of characters, too simple, or too like the account's own name.
    Quality,
    /// It is in a list of words or of leaked passwords.
    Dictionary,
    /// Length, history or quality: the product does not say which (Windows).
    Policy,
    /// Whoever asked may not change this password.
    Forbidden,
    /// The old password given is wrong.
    WrongOld,
    /// The old password has to be given too.
    OldNeeded,
    /// The directory takes passwords over protected connections alone.
    Transport,
}

impl PasswordRule {
    /// Every rule.
    pub const ALL: [Self; 11] = [
        Self::TooShort,
        Self::TooLong,
        Self::TooYoung,
        Self::History,
        Self::Quality,
        Self::Dictionary,
        Self::Policy,
        Self::Forbidden,
        Self::WrongOld,
        Self::OldNeeded,
        Self::Transport,
    ];

    /// As logs, metrics and answers to programs name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::TooYoung => "too_young",
            Self::History => "history",
            Self::Quality => "quality",
            Self::Dictionary => "dictionary",
            Self::Policy => "policy",
            Self::Forbidden => "forbidden",
            Self::WrongOld => "wrong_old",
            Self::OldNeeded => "old_needed",
            Self::Transport => "transport",
        }
    }
}

impl fmt::Display for PasswordRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A new password the directory did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRefusal {
    /// What it has against it. `None`: it refused, and did not say why in any words we know.
    pub rule: Option<PasswordRule>,
    /// The result code (RFC 4511 §4.1.9).
    pub result_code: u32,
    /// Which control or text said it: a fixed word of the dialect, never a value.
    pub told_by: &'static str,
}

/// Something an administrator or the help desk does to an account's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StandingChange {
    /// The password must be changed at the next sign-in.
    ForceChange,
    /// It need not, after all.
    WithdrawForceChange,
    /// No sign-in until somebody lifts it.
    Lock,
    /// Whatever locks it, failures or an administrator, is lifted and failures are forgotten.
    Unlock,
    /// The account is switched off.
    Disable,
    /// It is switched on again.
    Enable,
}

impl StandingChange {
    /// Every change.
    pub const ALL: [Self; 6] = [
        Self::ForceChange,
        Self::WithdrawForceChange,
        Self::Lock,
        Self::Unlock,
        Self::Disable,
        Self::Enable,
    ];

    /// As audit lines and programs name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForceChange => "force_change",
            Self::WithdrawForceChange => "withdraw_force_change",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_word_stands_for_one_thing() {
        let rules: HashSet<_> = PasswordRule::ALL.into_iter().map(PasswordRule::as_str).collect();
        assert_eq!(rules.len(), PasswordRule::ALL.len());
        let changes: HashSet<_> = StandingChange::ALL.into_iter().map(StandingChange::as_str).collect();
        assert_eq!(changes.len(), StandingChange::ALL.len());
    }
}
