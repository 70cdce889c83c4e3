//! An account's entry and its Kerberos password policy, read as the plug-ins read them when somebody signs in.
//!
//! The age is judged without a policy as well, for that is what is read after a sign-in that said nothing: then nobody was in grace, or the
//! answer would have told it.

use crate::upstream::ds389::values::{is_inactivated, number, time};
use crate::upstream::entry::Entry;
use crate::upstream::reading::{Judged, Unreadable};
use jiff::SignedDuration;
use postern_identity::{Cause, LockedBy, Standing, State, Timestamp};

/// Names the policy of an account that does not go by the realm's.
pub(super) const POLICY_REFERENCE: &str = "krbPwdPolicyReference";
/// How many wrong passwords are counted.
pub(super) const FAILED_COUNT: &str = "krbLoginFailedCount";
/// How many sign-ins a policy allows after a password's end; -1: as many as there are.
pub(super) const GRACE_LIMIT: &str = "passwordGraceLimit";

pub(super) const ACCOUNT_ATTRIBUTES: &[&str] = &[
    POLICY_REFERENCE,
    "krbPasswordExpiration",
    "krbLastPwdChange",
    FAILED_COUNT,
    "krbLastFailedAuth",
    "krbLastAdminUnlock",
    "krbPrincipalExpiration",
    "passwordGraceUserTime",
    "nsAccountLock",
    "ipaUserAuthType",
];

pub(super) const POLICY_ATTRIBUTES: &[&str] = &[
    "krbPwdMaxFailure",
    "krbPwdFailureCountInterval",
    "krbPwdLockoutDuration",
    GRACE_LIMIT,
];

/// How long before its end a password is called expiring: `ipaPwdExpAdvNotify` as FreeIPA ships it. LDAP itself never warns here.
const WARNING: SignedDuration = SignedDuration::from_hours(4 * 24);
/// A password that ends this soon after it was set was set by somebody else.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
    judge(account, policy, now).unwrap_or_else(Judged::from).into()
}

fn judge(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Result<Judged, Unreadable> {
    if let Some(policy) = policy
        && let Some(until) = lock(account, policy, now)?
    {
        let by = LockedBy::Failures;
        return Ok(Judged::new(State::Locked { by, until }, FAILED_COUNT));
    }
    if time(account, "krbPrincipalExpiration")?.is_some_and(|end| end <= now) {
        return Ok(Judged::new(State::AccountExpired, "krbPrincipalExpiration"));
    }
    if is_inactivated(account) {
        return Ok(Judged::new(State::Disabled, "nsAccountLock"));
    }
    let standing = age(account, policy, now)?;
    if policy.is_none() && standing.state == State::Active && counts(account)? {
        return Ok(Judged::new(State::Unknown, "krbLoginFailedCount: no policy known"));
    }
    Ok(standing)
}

/// Locked until when; for good where the policy has no duration.
#[allow(
    clippy::option_option,
    reason = "not locked, and locked without an end, are two things"
)]
fn lock(account: &Entry, policy: &Entry, now: Timestamp) -> Result<Option<Option<Timestamp>>, Unreadable> {
    let most = number(policy, "krbPwdMaxFailure")?.unwrap_or(0);
    if most <= 0 || !counts(account)? || number(account, FAILED_COUNT)?.unwrap_or(0) < most {
        return Ok(None);
    }
    let duration = number(policy, "krbPwdLockoutDuration")?.unwrap_or(0);
    if duration <= 0 {
        return Ok(Some(None));
    }
    let last = time(account, "krbLastFailedAuth")?.unwrap_or(Timestamp::UNIX_EPOCH);
    let until = last
        .checked_add(SignedDuration::from_secs(duration))
        .unwrap_or(Timestamp::MAX);
    Ok((now < until).then_some(Some(until)))
}

/// Whether failures count: not those from before an administrator unlocked it.
pub(super) fn counts(account: &Entry) -> Result<bool, Unreadable> {
    let failed = number(account, FAILED_COUNT)?.unwrap_or(0) > 0;
    let unlocked = match (
        time(account, "krbLastFailedAuth")?,
        time(account, "krbLastAdminUnlock")?,
    ) {
        (Some(last), Some(unlock)) => last <= unlock,
        _ => false,
    };
    Ok(failed && !unlocked)
}

fn age(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Result<Judged, Unreadable> {
    let told_by = "krbPasswordExpiration";
    if is_tested_elsewhere(account) {
        return Ok(Judged::new(State::Active, "ipaUserAuthType: no password of its own"));
    }
    let Some(expires) = time(account, told_by)? else {
        return Ok(Judged::new(State::Active, "no krbPasswordExpiration"));
    };
    let remaining = expires.duration_since(now);
    if expires > now {
        let seconds = u64::try_from(remaining.as_secs()).unwrap_or(0);
        return Ok(if remaining < WARNING {
            Judged::new(State::Expiring { seconds }, told_by).because(Cause::Age)
        } else {
            Judged::new(State::Active, told_by)
        });
    }
    let reset = time(account, "krbLastPwdChange")?.is_some_and(|changed| expires.duration_since(changed) <= AT_ONCE);
    let limit = policy.map(|policy| number(policy, GRACE_LIMIT)).transpose()?;
    // Where the policy does not say, the plug-in takes it for 0; -1 is no limit and nothing told.
    let left = match limit {
        Some(limit) => {
            let used = number(account, "passwordGraceUserTime")?.unwrap_or(0);
            limit.unwrap_or(0).saturating_sub(used)
        }
        None => 0,
    };
    let cause = if reset { Cause::AdministratorReset } else { Cause::Age };
    let judged = match u32::try_from(left) {
        Ok(left) if left > 0 => Judged::new(State::ExpiredGrace { left }, "passwordGraceUserTime"),
        _ if reset => Judged::new(State::MustChange, "krbLastPwdChange"),
        _ => Judged::new(State::Expired, told_by),
    };
    Ok(judged.because(cause))
}

/// Whether every way the account may sign in by is one of another server's, so that how old a password is here says nothing.
fn is_tested_elsewhere(account: &Entry) -> bool {
    let mut any = false;
    let elsewhere = account.values("ipaUserAuthType").all(|kind| {
        any = true;
        kind.eq_ignore_ascii_case(b"radius") || kind.eq_ignore_ascii_case(b"idp")
    });
    any && elsewhere
}

#[cfg(test)]
mod tests;
