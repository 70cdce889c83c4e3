//! Setting a password: the policy in slapd's order, old passwords compared, the new one hashed.

use super::history;
use super::policy::attribute::{CHANGED, DELAYED_UNTIL, FAILURES, GRACE_USED, LAST_SUCCESS, LOCKED, PASSWORD, RESET};
use super::policy::{Policy, PolicyRefusal, Replace, is_locked_by_administrator, removed, time};
use super::pool::{HasherBusy, HasherShare};
use super::quality::{self, NewPassword, Offered};
use crate::local::entry::Entry;
use postern_identity::{Secret, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::error;

/// Who sets a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its owner.
    Owner,
    /// Somebody who may write it and is held to the policy, such as a service that resets passwords. slapd: write access.
    Writer,
    /// Somebody the policy does not hold, whose passwords their owners must change where it says so. slapd: manage access.
    Administrator,
}

/// The old password, as it came along.
pub enum OldPassword {
    /// In a password modify operation (RFC 3062 §2).
    Operation(Secret),
    /// As the value that a modify deletes.
    Deleted(Secret),
}

/// A password to be set.
pub struct Setting {
    /// The new one.
    pub new: NewPassword,
    /// The old one, if it was given. Given, it is always compared.
    pub old: Option<OldPassword>,
    /// Who sets it.
    pub by: By,
    /// The same request says whether it must be changed (`pwdReset`), so the policy does not.
    pub reset_is_said: bool,
}

/// A password was not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSet {
    /// The policy has something against it: the asker's to mend.
    #[error(transparent)]
    Refused(#[from] PolicyRefusal),
    /// It could not be looked at now: ours. It is answered with 51.
    #[error(transparent)]
    Busy(#[from] HasherBusy),
}

const ONE_VALUE: PolicyRefusal = PolicyRefusal {
    code: ResultCode::CONSTRAINT_VIOLATION,
    error: None,
    text: "Password policy only allows one password value",
};

impl PolicyRefusal {
    /// More than one password in one request: whoever reads requests says so.
    pub fn one_value() -> Self {
        ONE_VALUE
    }
}

/// A new password for an account: what changes in its entry, the value of `userPassword` among it.
pub async fn set_password(
    hasher: impl Into<HasherShare<'_>>,
    account: &Entry,
    policy: &Policy,
    setting: Setting,
    now: Timestamp,
) -> Result<Vec<Replace>, NotSet> {
    let hasher = hasher.into();
    let Setting {
        new,
        old,
        by,
        reset_is_said,
    } = setting;
    let trusted = by == By::Administrator;
    let has_old = old.is_some();
    // Before the policy is asked anything, as slapd's own operation does.
    let old = match old {
        Some(OldPassword::Operation(old)) => {
            require_old(hasher, account, old, UNVERIFIED_OLD).await?;
            None
        }
        Some(OldPassword::Deleted(old)) => Some(old),
        None => None,
    };
    if !trusted {
        may_change(account, policy, by, has_old, now)?;
    }
    if let Some(old) = old {
        require_old(hasher, account, old, WRONG_OLD).await?;
    }
    let value = match new.offered(policy, trusted)? {
        Offered::AsItIs(value) => value,
        Offered::Plain(password) => {
            if !trusted {
                quality::check(&password, policy)?;
                compare_with_old(hasher, account, policy, &password).await?;
            }
            hasher.hash(password).await?
        }
    };
    let mut changes = vec![Replace::by(PASSWORD, value), Replace::by(CHANGED, time::write(now))];
    changes.extend(history::with_present(account, policy, now));
    changes.extend(removed(account, &[GRACE_USED, FAILURES, DELAYED_UNTIL]));
    if trusted || !is_locked_by_administrator(account) {
        changes.extend(removed(account, &[LOCKED]));
    }
    if policy.max_idle > 0 {
        changes.push(Replace::by(LAST_SUCCESS, time::write(now)));
    } else {
        changes.extend(removed(account, &[LAST_SUCCESS]));
    }
    if !reset_is_said {
        if trusted && policy.resets_are_marked {
            changes.push(Replace::by(RESET, "TRUE"));
        } else {
            changes.extend(removed(account, &[RESET]));
        }
    }
    Ok(changes)
}

/// The password a new entry comes with: its hash, and the day it was set unless the entry says one.
pub async fn first_password(
    hasher: impl Into<HasherShare<'_>>,
    entry: &Entry,
    policy: &Policy,
    new: NewPassword,
    by: By,
    now: Timestamp,
) -> Result<Vec<Replace>, NotSet> {
    let hasher = hasher.into();
    let trusted = by == By::Administrator;
    let value = match new.offered(policy, trusted)? {
        Offered::AsItIs(value) => value,
        Offered::Plain(password) => {
            if !trusted {
                quality::check(&password, policy)?;
            }
            hasher.hash(password).await?
        }
    };
    let mut changes = vec![Replace::by(PASSWORD, value)];
    if entry.values(&CHANGED.to_ascii_lowercase()).is_empty() {
        changes.push(Replace::by(CHANGED, time::write(now)));
    }
    Ok(changes)
}

/// An account's password is taken away: what else changes. The policy looks at it as at a change, or one taken away and one added would go round
/// it. `has_old`: the old one came along, and was compared.
pub fn password_removed(
    account: &Entry,
    policy: &Policy,
    by: By,
    has_old: bool,
    now: Timestamp,
) -> Result<Vec<Replace>, PolicyRefusal> {
    if by != By::Administrator {
        may_change(account, policy, by, has_old, now)?;
    }
    let mut changes = vec![Replace::none(PASSWORD)];
    changes.extend(history::with_present(account, policy, now));
    changes.extend(removed(account, &[CHANGED, GRACE_USED, FAILURES, DELAYED_UNTIL]));
    Ok(changes)
}

const NOT_ALLOWED: PolicyRefusal = PolicyRefusal {
    code: ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
    error: Some(error::PASSWORD_MOD_NOT_ALLOWED),
    text: "User alteration of password is not allowed",
};
const OLD_NEEDED: PolicyRefusal = PolicyRefusal {
    code: ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
    error: Some(error::MUST_SUPPLY_OLD_PASSWORD),
    text: "Must supply old password to be changed as well as new one",
};
const TOO_YOUNG: PolicyRefusal = PolicyRefusal {
    code: ResultCode::CONSTRAINT_VIOLATION,
    error: Some(error::PASSWORD_TOO_YOUNG),
    text: "Password is too young to change",
};
const WRONG_OLD: PolicyRefusal = PolicyRefusal {
    code: ResultCode::UNWILLING_TO_PERFORM,
    error: Some(error::MUST_SUPPLY_OLD_PASSWORD),
    text: "Must supply correct old password to change to new one",
};
const UNVERIFIED_OLD: PolicyRefusal = PolicyRefusal {
    code: ResultCode::UNWILLING_TO_PERFORM,
    error: None,
    text: "unwilling to verify old password",
};
const NOT_CHANGED: PolicyRefusal = PolicyRefusal {
    code: ResultCode::CONSTRAINT_VIOLATION,
    error: Some(error::PASSWORD_IN_HISTORY),
    text: "Password is not being changed from existing value",
};
const IN_HISTORY: PolicyRefusal = PolicyRefusal {
    code: ResultCode::CONSTRAINT_VIOLATION,
    error: Some(error::PASSWORD_IN_HISTORY),
    text: "Password is in history of old passwords",
};

/// What can be said without comparing anything.
fn may_change(account: &Entry, policy: &Policy, by: By, has_old: bool, now: Timestamp) -> Result<(), PolicyRefusal> {
    if by == By::Owner && !policy.allow_user_change {
        return Err(NOT_ALLOWED);
    }
    if policy.safe_modify && !has_old {
        return Err(OLD_NEEDED);
    }
    let changed = account.text(&CHANGED.to_ascii_lowercase()).and_then(time::parse);
    let must_change = account
        .values(&RESET.to_ascii_lowercase())
        .iter()
        .any(|value| value.eq_ignore_ascii_case(b"TRUE"));
    if policy.min_age > 0
        && !must_change
        && changed
            .is_some_and(|changed| now.as_second().saturating_sub(changed.as_second()) < i64::from(policy.min_age))
    {
        return Err(TOO_YOUNG);
    }
    Ok(())
}

async fn require_old(
    hasher: HasherShare<'_>,
    account: &Entry,
    old: Secret,
    refusal: PolicyRefusal,
) -> Result<(), NotSet> {
    match hasher.verify(present(account).to_vec(), old).await? {
        super::Verified::Right { .. } => Ok(()),
        super::Verified::Wrong => Err(refusal.into()),
    }
}

async fn compare_with_old(
    hasher: HasherShare<'_>,
    account: &Entry,
    policy: &Policy,
    new: &Secret,
) -> Result<(), NotSet> {
    if policy.in_history == 0 {
        return Ok(());
    }
    for value in present(account) {
        if hasher.matches(value.clone(), new.duplicate()).await? {
            return Err(NOT_CHANGED.into());
        }
    }
    // The newest first: it is the likeliest.
    for value in history::in_force(account, policy).into_iter().rev() {
        if hasher.matches(value, new.duplicate()).await? {
            return Err(IN_HISTORY.into());
        }
    }
    Ok(())
}

fn present(account: &Entry) -> &[Vec<u8>] {
    account.values(&PASSWORD.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
