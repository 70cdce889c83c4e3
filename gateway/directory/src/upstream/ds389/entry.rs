//! An account's entry and its policy, read as the server reads them when somebody signs in.
//!
//! The order is the server's: one-time passwords, inactivation, failures, then "must change", then the age. What a policy does not say has
//! the server's own default.

use super::values::{is_inactivated, number, switch, time};
use crate::upstream::entry::Entry;
use crate::upstream::reading::{Judged, Unreadable};
use postern_identity::{Cause, LockedBy, Standing, State, Timestamp};

/// Names the policy of an account that does not go by the global one.
pub(super) const POLICY_REFERENCE: &str = "pwdpolicysubentry";
/// How many wrong passwords in a row are counted.
pub(super) const RETRY_COUNT: &str = "passwordRetryCount";

/// Operational attributes, which the server shows only by name.
pub(super) const ACCOUNT_ATTRIBUTES: &[&str] = &[
    POLICY_REFERENCE,
    "nsAccountLock",
    "passwordExpirationTime",
    "passwordExpWarned",
    "passwordGraceUserTime",
    RETRY_COUNT,
    "retryCountResetTime",
    "accountUnlockTime",
    "pwdTPRReset",
    "pwdTPRUseCount",
    "pwdTPRExpireAt",
    "pwdTPRValidFrom",
];

pub(super) const POLICY_ATTRIBUTES: &[&str] = &[
    "passwordMustChange",
    "passwordExp",
    "passwordWarning",
    "passwordGraceLimit",
    "passwordSendExpiringTime",
    "passwordLockout",
    "passwordUnlock",
    "passwordMaxFailure",
    "passwordResetFailureCount",
    "passwordTPRMaxUse",
    "passwordTPRDelayExpireAt",
    "passwordTPRDelayValidFrom",
];

/// `passwordExpirationTime` of an account that must change its password.
pub(super) const MUST_CHANGE: &str = "19700101000000Z";
/// A lock that we set for an administrator lasts until then.
pub(super) const LOCKED_FOR_GOOD: &str = "99991231235959Z";

pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
    judge(account, policy, now).unwrap_or_else(Judged::from).into()
}

fn judge(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Result<Judged, Unreadable> {
    let Some(policy) = policy else {
        return without_policy(account, now);
    };
    if let Some(held) = one_time(account, policy, now)? {
        return Ok(held);
    }
    if is_inactivated(account) {
        return Ok(Judged::new(State::Disabled, "nsAccountLock"));
    }
    if let Some(locked) = lock(account, policy, now)? {
        return Ok(locked);
    }
    let Some(expires) = time(account, "passwordExpirationTime")? else {
        // The server begins to count with the next sign-in.
        return Ok(Judged::new(State::Active, "no passwordExpirationTime"));
    };
    if expires == Timestamp::UNIX_EPOCH && switch(policy, "passwordMustChange")?.unwrap_or(false) {
        return Ok(Judged::new(State::MustChange, "passwordExpirationTime").because(Cause::AdministratorReset));
    }
    age(account, policy, expires, now)
}

/// What can be said while nobody knows which policy holds: an attribute that would decide makes the standing unknown.
fn without_policy(account: &Entry, now: Timestamp) -> Result<Judged, Unreadable> {
    let unknown = |told_by| Ok(Judged::new(State::Unknown, told_by));
    if switch(account, "pwdTPRReset")?.unwrap_or(false) {
        return unknown("pwdTPRReset: no policy known");
    }
    if is_inactivated(account) {
        return Ok(Judged::new(State::Disabled, "nsAccountLock"));
    }
    let unlocks = time(account, "accountUnlockTime")?;
    if failures(account)? > 0 && unlocks.is_some_and(|end| now < end || end == Timestamp::UNIX_EPOCH) {
        return unknown("accountUnlockTime: no policy known");
    }
    match time(account, "passwordExpirationTime")? {
        Some(expires) if expires <= now => unknown("passwordExpirationTime: no policy known"),
        Some(_) => Ok(Judged::new(State::Active, "passwordExpirationTime")),
        None if account.has(POLICY_REFERENCE) => unknown("pwdpolicysubentry: the policy cannot be read"),
        None => Ok(Judged::new(State::Active, "no password policy attribute")),
    }
}

/// A password an administrator set for a few sign-ins or a while. Each limit counts while its policy has it; the next sign-in is one more
/// use.
fn one_time(account: &Entry, policy: &Entry, now: Timestamp) -> Result<Option<Judged>, Unreadable> {
    if !switch(account, "pwdTPRReset")?.unwrap_or(false) {
        return Ok(None);
    }
    let limit = |attribute| Ok(number(policy, attribute)?.filter(|limit| *limit >= 0));
    let held = |until, told_by| {
        let by = LockedBy::Unsaid;
        Ok(Some(Judged::new(State::Locked { by, until }, told_by)))
    };
    if let Some(most) = limit("passwordTPRMaxUse")?
        && number(account, "pwdTPRUseCount")?.is_some_and(|used| used >= most)
    {
        return held(None, "pwdTPRUseCount");
    }
    // "-1" stands in place of a time where the policy had none when the password was set.
    let stamped = |attribute| match account.text(attribute) {
        Some("-1") => Ok(None),
        _ => time(account, attribute),
    };
    if limit("passwordTPRDelayExpireAt")?.is_some() && stamped("pwdTPRExpireAt")?.is_some_and(|end| end <= now) {
        return held(None, "pwdTPRExpireAt");
    }
    if limit("passwordTPRDelayValidFrom")?.is_some()
        && let Some(from) = stamped("pwdTPRValidFrom")?.filter(|from| now < *from)
    {
        return held(Some(from), "pwdTPRValidFrom");
    }
    Ok(None)
}

/// Failures alone lock nothing: the server goes by the time it wrote when there were enough of them.
fn lock(account: &Entry, policy: &Entry, now: Timestamp) -> Result<Option<Judged>, Unreadable> {
    if !switch(policy, "passwordLockout")?.unwrap_or(false) || failures(account)? < most_failures(policy)? {
        return Ok(None);
    }
    let Some(end) = time(account, "accountUnlockTime")? else {
        return Ok(None);
    };
    let locked = |by, until| Ok(Some(Judged::new(State::Locked { by, until }, "accountUnlockTime")));
    if account.text("accountUnlockTime") == Some(LOCKED_FOR_GOOD) {
        return locked(LockedBy::Administrator, None);
    }
    if end == Timestamp::UNIX_EPOCH && !switch(policy, "passwordUnlock")?.unwrap_or(true) {
        return locked(LockedBy::Failures, None);
    }
    if now < end {
        return locked(LockedBy::Failures, Some(end));
    }
    Ok(None)
}

fn age(account: &Entry, policy: &Entry, expires: Timestamp, now: Timestamp) -> Result<Judged, Unreadable> {
    if !switch(policy, "passwordExp")?.unwrap_or(false) {
        return Ok(Judged::new(State::Active, "passwordExp: passwords do not expire"));
    }
    let told_by = "passwordExpirationTime";
    let expiring = |seconds: i64| {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        Ok(Judged::new(State::Expiring { seconds }, told_by).because(Cause::Age))
    };
    let warning = number(policy, "passwordWarning")?.unwrap_or(86_400);
    // The marks of a password that was set by somebody else and need not be changed: the first sign-in starts the warning.
    if expires.as_second() <= 1 {
        return expiring(warning);
    }
    let remaining = expires.duration_since(now).as_secs();
    if expires <= now {
        let used = number(account, "passwordGraceUserTime")?.unwrap_or(0);
        let left = number(policy, "passwordGraceLimit")?.unwrap_or(0).saturating_sub(used);
        return Ok(match u32::try_from(left) {
            Err(_) | Ok(0) => Judged::new(State::Expired, told_by),
            Ok(left) => Judged::new(State::ExpiredGrace { left }, "passwordGraceUserTime"),
        }
        .because(Cause::Age));
    }
    if remaining <= warning {
        // The first warning moves the expiry, so that the whole time of warning is left.
        let warned = number(account, "passwordExpWarned")?.unwrap_or(0) != 0;
        return expiring(if warned { remaining } else { warning });
    }
    if switch(policy, "passwordSendExpiringTime")?.unwrap_or(false) {
        return expiring(remaining);
    }
    Ok(Judged::new(State::Active, told_by))
}

/// Wrong passwords counted, whether they count still or not.
pub(super) fn failures(account: &Entry) -> Result<i64, Unreadable> {
    Ok(number(account, RETRY_COUNT)?.unwrap_or(0))
}

/// How many of them lock.
pub(super) fn most_failures(policy: &Entry) -> Result<i64, Unreadable> {
    Ok(number(policy, "passwordMaxFailure")?.unwrap_or(3))
}

#[cfg(test)]
mod tests;
