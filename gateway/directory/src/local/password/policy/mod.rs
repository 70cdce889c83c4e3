//! The password policy (draft-behera-ldap-password-policy), as slapd's overlay does it: the same attributes, order and answers.
//!
//! Nothing here waits, reads or writes: entry, policy and time go in, the answer and what changes in the entry come out.
//!
//! Where this differs from the overlay: first and last days of accounts hold without a policy too; a time that cannot be read keeps its
//! account out, where slapd passes over most of them; an administrator's lock is not lifted by a new password unless an administrator set
//! it; `pwdLastSuccess` is kept where the policy has `pwdMaxIdle`, and only there; a changed password ends a delay.

mod bind;
mod replace;
mod state;
pub(crate) mod time;

pub use bind::{Gate, Outcome, after_bind, before_bind, no_account};
pub(super) use replace::removed;
pub use replace::{Replace, apply};
pub(super) use state::is_locked_by_administrator;
pub use state::lock_lifted;

use crate::local::entry::Entry;
use postern_ldap::ResultCode;

/// Names of the attributes, as they are written.
pub(crate) mod attribute {
    pub(crate) const PASSWORD: &str = "userPassword";
    pub(crate) const RESET: &str = "pwdReset";
    pub(crate) const LOCKED: &str = "pwdAccountLockedTime";
    pub(crate) const DELAYED_UNTIL: &str = "pwdAccountTmpLockoutEnd";
    pub(crate) const CHANGED: &str = "pwdChangedTime";
    pub(crate) const FAILURES: &str = "pwdFailureTime";
    pub(crate) const GRACE_USED: &str = "pwdGraceUseTime";
    pub(crate) const HISTORY: &str = "pwdHistory";
    pub(crate) const LAST_SUCCESS: &str = "pwdLastSuccess";
    pub(crate) const FIRST_DAY: &str = "pwdStartTime";
    pub(crate) const LAST_DAY: &str = "pwdEndTime";
}

/// The lock an administrator sets (draft-behera-ldap-password-policy §5.3.3).
pub(crate) const LOCKED_FOR_GOOD: &str = "000001010000Z";

/// Old passwords that are remembered and compared at most, whatever a policy says: each is a hash to compute.
const MOST_HISTORY: u32 = 100;

/// Failures that are remembered where the policy delays and does not say how many: the overlay's number.
const USUAL_RECORDED_FAILURES: u32 = 5;

/// Failures that are remembered at most, whatever a policy says: they are in the entry.
const MOST_RECORDED_FAILURES: u32 = 1_000;

/// What a `pwdPolicy` entry says. Times are in seconds; 0 switches off what it is the length of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    missing_docs,
    reason = "each is the attribute of its name, pwd… (draft-behera-ldap-password-policy §5.2)"
)]
#[allow(clippy::struct_excessive_bools, reason = "so many are in the policy")]
pub struct Policy {
    pub min_age: u32,
    pub max_age: u32,
    pub in_history: u32,
    pub check_quality: u32,
    pub min_length: u32,
    pub max_length: u32,
    pub expire_warning: u32,
    pub grace_limit: u32,
    pub grace_expiry: u32,
    pub lockout: bool,
    pub lockout_duration: u32,
    pub max_failure: u32,
    pub failure_interval: u32,
    pub max_recorded_failure: u32,
    pub min_delay: u32,
    pub max_delay: u32,
    pub max_idle: u32,
    pub must_change: bool,
    /// Whether an administrator's new password has to be changed by its owner: as `must_change`, but not in the built-in policy.
    pub resets_are_marked: bool,
    pub allow_user_change: bool,
    pub safe_modify: bool,
}

/// A policy entry with a figure that is none: the attribute's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} of the password policy cannot be read")]
pub struct PolicyFault(pub &'static str);

impl Policy {
    /// What holds where there is no policy entry: nothing ages, nothing is locked by failures and everybody may change their password;
    /// what administrators set (a lock, a mark that the password must be changed) holds.
    pub fn built_in() -> Self {
        Self {
            lockout: true,
            must_change: true,
            allow_user_change: true,
            ..Self::default()
        }
    }

    /// Reads a policy entry. The overlay drops a policy it cannot read and lets everybody in; here the caller turns people away, and should
    /// not have let the entry be written.
    pub fn read(entry: &Entry) -> Result<Self, PolicyFault> {
        let number = |attribute: &'static str| match entry.values(key(attribute).as_str()) {
            [] => Ok(0),
            _ => entry
                .text(key(attribute).as_str())
                .and_then(|text| text.parse::<u32>().ok())
                .ok_or(PolicyFault(attribute)),
        };
        // BOOLEAN (RFC 4517 §3.3.3), which is matched without case.
        let truth = |attribute: &'static str, absent: bool| match entry.values(key(attribute).as_str()) {
            [] => Ok(absent),
            [value] if value.eq_ignore_ascii_case(b"TRUE") => Ok(true),
            [value] if value.eq_ignore_ascii_case(b"FALSE") => Ok(false),
            _ => Err(PolicyFault(attribute)),
        };
        let must_change = truth("pwdMustChange", false)?;
        let mut policy = Self {
            min_age: number("pwdMinAge")?,
            max_age: number("pwdMaxAge")?,
            in_history: number("pwdInHistory")?.min(MOST_HISTORY),
            check_quality: number("pwdCheckQuality")?,
            min_length: number("pwdMinLength")?,
            max_length: number("pwdMaxLength")?,
            expire_warning: number("pwdExpireWarning")?,
            grace_limit: number("pwdGraceAuthNLimit")?,
            grace_expiry: number("pwdGraceExpiry")?,
            lockout: truth("pwdLockout", false)?,
            lockout_duration: number("pwdLockoutDuration")?,
            max_failure: number("pwdMaxFailure")?,
            failure_interval: number("pwdFailureCountInterval")?,
            max_recorded_failure: number("pwdMaxRecordedFailure")?,
            min_delay: number("pwdMinDelay")?,
            max_delay: number("pwdMaxDelay")?,
            max_idle: number("pwdMaxIdle")?,
            must_change,
            resets_are_marked: must_change,
            allow_user_change: truth("pwdAllowUserChange", true)?,
            safe_modify: truth("pwdSafeModify", false)?,
        };
        policy.max_recorded_failure = policy.max_recorded_failure.max(policy.max_failure);
        if policy.max_recorded_failure == 0 && policy.min_delay > 0 {
            policy.max_recorded_failure = USUAL_RECORDED_FAILURES;
        }
        policy.max_recorded_failure = policy
            .max_recorded_failure
            .min(MOST_RECORDED_FAILURES.max(policy.max_failure));
        if policy.max_delay == 0 {
            policy.max_delay = policy.min_delay;
        }
        Ok(policy)
    }
}

/// Why a password is not taken: the answer in slapd's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct PolicyRefusal {
    /// The result code.
    pub code: ResultCode,
    /// The error of the password policy control (draft-behera-ldap-password-policy §6.2), for whoever asked for it. None: no control.
    pub error: Option<u32>,
    /// The diagnostic text.
    pub text: &'static str,
}

/// An attribute's key: its name in lower case.
fn key(attribute: &str) -> String {
    attribute.to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
