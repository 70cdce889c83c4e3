//! An account's entry and its policy, read as the overlay reads them when somebody signs in.
//!
//! The order is the overlay's: first days and locks, which stop everything, then "must change", then the age.

use super::time;
use crate::upstream::entry::Entry;
use crate::upstream::reading::{Judged, Unreadable};
use jiff::SignedDuration;
use postern_identity::{Cause, LockedBy, Standing, State, Timestamp};

/// Names the policy of an account that does not go by the default one.
pub(super) const POLICY_REFERENCE: &str = "pwdPolicySubentry";

/// Operational attributes, which a server shows only by name.
pub(super) const ACCOUNT_ATTRIBUTES: &[&str] = &[
    POLICY_REFERENCE,
    "pwdReset",
    "pwdAccountLockedTime",
    "pwdAccountTmpLockoutEnd",
    "pwdChangedTime",
    "pwdGraceUseTime",
    "pwdStartTime",
    "pwdEndTime",
    "pwdLastSuccess",
    "pwdFailureTime",
];

pub(super) const POLICY_ATTRIBUTES: &[&str] = &[
    "pwdMaxAge",
    "pwdExpireWarning",
    "pwdGraceAuthNLimit",
    "pwdGraceExpiry",
    "pwdLockout",
    "pwdLockoutDuration",
    "pwdMaxIdle",
    "pwdMustChange",
    "pwdMaxFailure",
    "pwdFailureCountInterval",
    "pwdSafeModify",
];

/// The lock an administrator sets (draft-behera-ldap-password-policy §5.3.3).
pub(super) const LOCKED_FOR_GOOD: &str = "000001010000Z";

pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
    judge(&Account(account), policy.map(Policy), now)
        .unwrap_or_else(Judged::from)
        .into()
}

fn judge(account: &Account<'_>, policy: Option<Policy<'_>>, now: Timestamp) -> Result<Judged, Unreadable> {
    if account.time("pwdStartTime")?.is_some_and(|start| now < start) {
        return Ok(Judged::new(State::NotYetValid, "pwdStartTime"));
    }
    if account.time("pwdEndTime")?.is_some_and(|end| end <= now) {
        return Ok(Judged::new(State::AccountExpired, "pwdEndTime"));
    }
    let Some(policy) = policy else {
        return Ok(without_policy(account));
    };
    if policy.truth("pwdLockout")?
        && let Some(locked) = lock(account, &policy, now)?
    {
        return Ok(locked);
    }
    if account.truth("pwdReset")? && policy.truth("pwdMustChange")? {
        return Ok(Judged::new(State::MustChange, "pwdReset").because(Cause::AdministratorReset));
    }
    age(account, &policy, now)
}

/// What can be said while nobody knows which policy holds: an attribute that would decide makes the standing unknown.
fn without_policy(account: &Account<'_>) -> Judged {
    let would_decide = [
        (POLICY_REFERENCE, "pwdPolicySubentry: the policy cannot be read"),
        ("pwdAccountLockedTime", "pwdAccountLockedTime: no policy known"),
        ("pwdAccountTmpLockoutEnd", "pwdAccountTmpLockoutEnd: no policy known"),
        ("pwdReset", "pwdReset: no policy known"),
        ("pwdChangedTime", "pwdChangedTime: no policy known"),
    ];
    match would_decide.into_iter().find(|(attribute, _)| account.0.has(attribute)) {
        Some((_, told_by)) => Judged::new(State::Unknown, told_by),
        None => Judged::new(State::Active, "no password policy attribute"),
    }
}

fn lock(account: &Account<'_>, policy: &Policy<'_>, now: Timestamp) -> Result<Option<Judged>, Unreadable> {
    let locked = |by, until, told_by| Ok(Some(Judged::new(State::Locked { by, until }, told_by)));
    if let Some(end) = account.time("pwdAccountTmpLockoutEnd")?.filter(|end| now < *end) {
        return locked(LockedBy::Failures, Some(end), "pwdAccountTmpLockoutEnd");
    }
    if let Some(longest) = policy.seconds("pwdMaxIdle")? {
        // Kept only where the database notes the last sign-in. Without one the overlay goes by the password's own day, but
        // only on such a database, which cannot be told from here.
        if account
            .time("pwdLastSuccess")?
            .is_some_and(|last| elapsed(last, now) > longest)
        {
            return locked(LockedBy::Idleness, None, "pwdLastSuccess");
        }
    }
    if account.0.text("pwdAccountLockedTime") == Some(LOCKED_FOR_GOOD) {
        return locked(LockedBy::Administrator, None, "pwdAccountLockedTime");
    }
    let Some(since) = account.time("pwdAccountLockedTime")? else {
        return Ok(None);
    };
    if now < since {
        return Ok(None); // in the future: not in effect yet
    }
    match policy.seconds("pwdLockoutDuration")? {
        // Until somebody lifts it.
        None => locked(LockedBy::Failures, None, "pwdAccountLockedTime"),
        Some(duration) if elapsed(since, now) < duration => {
            let until = since.checked_add(duration).ok();
            locked(LockedBy::Failures, until, "pwdAccountLockedTime")
        }
        Some(_) => Ok(None),
    }
}

fn age(account: &Account<'_>, policy: &Policy<'_>, now: Timestamp) -> Result<Judged, Unreadable> {
    let Some(longest) = policy.seconds("pwdMaxAge")? else {
        return Ok(Judged::new(State::Active, "pwdMaxAge: passwords do not age"));
    };
    let Some(changed) = account.time("pwdChangedTime")? else {
        return Ok(Judged::new(State::Active, "no pwdChangedTime: never expires"));
    };
    let age = elapsed(changed, now);
    if age > longest {
        let until = policy
            .seconds("pwdGraceExpiry")?
            .map(|grace| longest.saturating_add(grace));
        let left = if until.is_some_and(|until| age > until) {
            0
        } else {
            let used = u32::try_from(account.0.values("pwdGraceUseTime").count()).unwrap_or(u32::MAX);
            policy.number("pwdGraceAuthNLimit")?.saturating_sub(used)
        };
        return Ok(match left {
            0 => Judged::new(State::Expired, "pwdChangedTime"),
            left => Judged::new(State::ExpiredGrace { left }, "pwdGraceUseTime"),
        }
        .because(Cause::Age));
    }
    let remaining = longest.saturating_sub(age);
    match policy.seconds("pwdExpireWarning")? {
        Some(warning) if remaining < warning => {
            let seconds = u64::try_from(remaining.as_secs()).unwrap_or(0);
            Ok(Judged::new(State::Expiring { seconds }, "pwdChangedTime").because(Cause::Age))
        }
        _ => Ok(Judged::new(State::Active, "pwdChangedTime")),
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(since)
}

struct Account<'a>(&'a Entry);

impl Account<'_> {
    fn time(&self, attribute: &'static str) -> Result<Option<Timestamp>, Unreadable> {
        if !self.0.has(attribute) {
            return Ok(None);
        }
        let read = self.0.text(attribute).and_then(time::parse);
        read.map(Some).ok_or(Unreadable(attribute))
    }

    fn truth(&self, attribute: &'static str) -> Result<bool, Unreadable> {
        truth(self.0, attribute)
    }
}

struct Policy<'a>(&'a Entry);

impl Policy<'_> {
    fn truth(&self, attribute: &'static str) -> Result<bool, Unreadable> {
        truth(self.0, attribute)
    }

    /// Absent is 0.
    fn number(&self, attribute: &'static str) -> Result<u32, Unreadable> {
        if !self.0.has(attribute) {
            return Ok(0);
        }
        let read = self.0.text(attribute).and_then(|text| text.parse().ok());
        read.ok_or(Unreadable(attribute))
    }

    /// Absent is 0, and 0 switches off whatever it is the length of.
    fn seconds(&self, attribute: &'static str) -> Result<Option<SignedDuration>, Unreadable> {
        Ok(match self.number(attribute)? {
            0 => None,
            seconds => Some(SignedDuration::from_secs(seconds.into())),
        })
    }
}

/// BOOLEAN (RFC 4517 §3.3.3); absent is false.
fn truth(entry: &Entry, attribute: &'static str) -> Result<bool, Unreadable> {
    if !entry.has(attribute) {
        return Ok(false);
    }
    match entry.text(attribute) {
        Some("TRUE") => Ok(true),
        Some("FALSE") => Ok(false),
        _ => Err(Unreadable(attribute)),
    }
}

#[cfg(test)]
mod tests;
