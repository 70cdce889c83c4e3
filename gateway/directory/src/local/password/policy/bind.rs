//! What the policy has to say of a sign-in: before the password is looked at, and after.

use super::attribute::{CHANGED, DELAYED_UNTIL, FAILURES, GRACE_USED, LAST_SUCCESS, LOCKED};
use super::replace::{Replace, removed};
use super::state::Account;
use super::{Policy, time};
use crate::local::entry::Entry;
use jiff::SignedDuration;
use postern_identity::Timestamp;
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};

/// Whether a password may be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// It may not, and this is the answer: right or wrong, nothing changes. Spend as much time as on a wrong one all the same.
    Shut(Outcome),
}

/// The answer to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// 0 or 49.
    pub code: ResultCode,
    /// The control, for whoever asked for it.
    pub response: PasswordPolicyResponse,
    /// Let in to change the password, and for nothing else.
    pub must_change: bool,
    /// What is to be kept before the answer is given. A success whose changes cannot be kept must not be one: a grace sign-in would be free.
    pub changes: Vec<Replace>,
}

impl Outcome {
    fn refused(error: Option<u32>) -> Self {
        Self {
            code: ResultCode::INVALID_CREDENTIALS,
            response: PasswordPolicyResponse { warning: None, error },
            must_change: false,
            changes: Vec::new(),
        }
    }

    /// Whether the password was right and the account may sign in, be it to change the password alone.
    pub fn is_in(&self) -> bool {
        self.code == ResultCode::SUCCESS
    }

    /// A lock told as a wrong password is: slapd without `ppolicy_use_lockout`.
    #[must_use]
    pub fn hiding_locks(mut self) -> Self {
        if self.response.error == Some(error::ACCOUNT_LOCKED) {
            self.response.error = None;
        }
        self
    }
}

/// Whether the password may be looked at: not where the account is locked, not yet or no longer valid, or idle for too long.
pub fn before_bind(account: &Entry, policy: &Policy, now: Timestamp) -> Gate {
    if Account(account).is_locked(policy, now) {
        Gate::Shut(Outcome::refused(Some(error::ACCOUNT_LOCKED)))
    } else {
        Gate::Open
    }
}

/// The answer where there is no such account. slapd sends no control then, by which it can be told from a wrong password; here both are
/// the same.
pub fn no_account() -> Outcome {
    Outcome::refused(None)
}

/// The answer once the password was looked at. It asks for the gate itself once more: no way leads around it.
pub fn after_bind(account: &Entry, policy: &Policy, right: bool, now: Timestamp) -> Outcome {
    if let Gate::Shut(outcome) = before_bind(account, policy, now) {
        return outcome;
    }
    let account = Account(account);
    let mut outcome = match (account.has_password(), right) {
        // Nothing to count against; and nothing can have been right.
        (false, _) => return Outcome::refused(None),
        (true, true) => right_password(&account, policy, now),
        (true, false) => wrong_password(&account, policy, now),
    };
    let locks_again = outcome.changes.iter().any(|change| change.attribute == LOCKED);
    if !locks_again && account.has_spent_lock(policy, now) {
        outcome.changes.push(Replace::none(LOCKED));
    }
    outcome
}

fn wrong_password(account: &Account<'_>, policy: &Policy, now: Timestamp) -> Outcome {
    let mut outcome = Outcome::refused(None);
    if policy.max_recorded_failure == 0 {
        return outcome;
    }
    let recorded = account.values(FAILURES);
    let counted = match policy.failure_interval {
        0 => recorded.len(),
        interval => {
            let oldest = now.as_second().saturating_sub(interval.into());
            account
                .failures(now.as_second())
                .filter(|failure| *failure >= oldest)
                .count()
        }
    };
    let mut kept = recorded.to_vec();
    kept.push(distinct(recorded, now));
    let most = usize::try_from(policy.max_recorded_failure).unwrap_or(usize::MAX);
    let excess = kept.len().saturating_sub(most);
    kept.drain(..excess);
    outcome.changes.push(Replace {
        attribute: FAILURES,
        values: kept,
    });
    let counted = u32::try_from(counted).unwrap_or(u32::MAX);
    if policy.max_failure > 0 && counted >= policy.max_failure - 1 {
        outcome.changes.push(Replace::by(LOCKED, time::write(now)));
    } else if policy.min_delay > 0 {
        let delay = u64::from(policy.min_delay)
            .checked_shl(counted)
            .filter(|_| counted < 32)
            .unwrap_or(u64::MAX)
            .min(policy.max_delay.into());
        // Never more than `max_delay`, which is 32 bits.
        let end = now.saturating_add(SignedDuration::from_secs(i64::try_from(delay).unwrap_or(i64::MAX)));
        if let Ok(end) = end {
            outcome.changes.push(Replace::by(DELAYED_UNTIL, time::write(end)));
        }
    }
    outcome
}

/// A time that is not yet among the values: sign-ins in the same microsecond count twice.
fn distinct(values: &[Vec<u8>], now: Timestamp) -> Vec<u8> {
    let mut time = now;
    loop {
        let value = time::write_exactly(time).into_bytes();
        if !values.contains(&value) {
            return value;
        }
        match time.checked_add(SignedDuration::from_micros(1)) {
            Ok(later) => time = later,
            Err(_) => return value,
        }
    }
}

fn right_password(account: &Account<'_>, policy: &Policy, now: Timestamp) -> Outcome {
    let mut outcome = Outcome {
        code: ResultCode::SUCCESS,
        response: PasswordPolicyResponse::default(),
        must_change: false,
        changes: removed(account.0, &[FAILURES]).collect(),
    };
    let Ok(changed) = account.time(CHANGED) else {
        return Outcome::refused(Some(error::ACCOUNT_LOCKED));
    };
    // Without a day the password never expires.
    let age = changed.map(|changed| now.as_second().saturating_sub(changed));
    let aged = age.filter(|_| policy.max_age > 0);
    let max_age = i64::from(policy.max_age);
    if policy.must_change && account.is_reset() {
        outcome.must_change = true;
        outcome.response.error = Some(error::CHANGE_AFTER_RESET);
    } else if let Some(age) = aged.filter(|age| *age > max_age) {
        let until = max_age.saturating_add(policy.grace_expiry.into());
        let left = if policy.grace_expiry > 0 && age > until {
            0
        } else {
            policy.grace_limit.saturating_sub(account.grace_used())
        };
        let Some(left) = left.checked_sub(1) else {
            // The password was right, so what was counted is forgotten all the same.
            return Outcome {
                changes: outcome.changes,
                ..Outcome::refused(Some(error::PASSWORD_EXPIRED))
            };
        };
        let mut used = account.values(GRACE_USED).to_vec();
        used.push(distinct(&used, now));
        outcome.changes.push(Replace {
            attribute: GRACE_USED,
            values: used,
        });
        outcome.response.warning = Some(PolicyWarning::GraceRemaining(left));
        note_success(policy, now, &mut outcome);
        return outcome;
    }
    // Beside "must change" too, where 0 seconds are left of a password that has expired.
    if let Some(age) = aged {
        let remaining = max_age.saturating_sub(age);
        if policy.expire_warning > 0 && remaining < i64::from(policy.expire_warning) {
            let seconds = u32::try_from(remaining.max(0)).unwrap_or(u32::MAX);
            outcome.response.warning = Some(PolicyWarning::TimeBeforeExpiration(seconds));
        }
    }
    note_success(policy, now, &mut outcome);
    outcome
}

fn note_success(policy: &Policy, now: Timestamp, outcome: &mut Outcome) {
    if policy.max_idle > 0 {
        outcome.changes.push(Replace::by(LAST_SUCCESS, time::write(now)));
    }
}
