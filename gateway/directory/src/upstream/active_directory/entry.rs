//! An account's entry and the policy that holds for it, read as a domain controller reads them at a sign-in.
//!
//! The order is Samba's: locks first, which it tells before it looks at the password, then the account, then the password's age, then
//! where and when. Two attributes are worked out by the server, for whoever asks by name: where it shows them they decide, for they know
//! of every policy; else they are worked out here in the same way.

use super::filetime::{self, Length, Moment};
use crate::upstream::entry::Entry;
use crate::upstream::reading::{Judged, Unreadable};
use jiff::SignedDuration;
use postern_identity::{Cause, DistinguishedName, LockedBy, Standing, State, Timestamp};

/// Names the fine-grained password policy of an account that has one.
pub(super) const POLICY_REFERENCE: &str = "msDS-ResultantPSO";

pub(super) const ACCOUNT_ATTRIBUTES: &[&str] = &[
    POLICY_REFERENCE,
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "msDS-UserPasswordExpiryTimeComputed",
    "pwdLastSet",
    "lockoutTime",
    "badPwdCount",
    "badPasswordTime",
    "accountExpires",
    "logonHours",
    "userWorkstations",
];

/// Of the domain's own entry, and of a fine-grained policy.
pub(super) const POLICY_ATTRIBUTES: &[&str] = &[
    "maxPwdAge",
    "minPwdAge",
    "minPwdLength",
    "pwdHistoryLength",
    "pwdProperties",
    "lockoutThreshold",
    "lockOutObservationWindow",
    "lockoutDuration",
    "msDS-MaximumPasswordAge",
    "msDS-MinimumPasswordAge",
    "msDS-MinimumPasswordLength",
    "msDS-PasswordHistoryLength",
    "msDS-PasswordComplexityEnabled",
    "msDS-LockoutThreshold",
    "msDS-LockoutObservationWindow",
    "msDS-LockoutDuration",
];

/// Bits of userAccountControl (MS-ADTS §2.2.16) and, of the last two, of its computed twin.
pub(super) mod control {
    pub(in crate::upstream::active_directory) const DISABLED: u32 = 0x2;
    /// Trusts between domains, workstations and domain controllers: their passwords do not age.
    pub(in crate::upstream::active_directory) const TRUSTS: u32 = 0x800 | 0x1000 | 0x2000;
    pub(in crate::upstream::active_directory) const NEVER_EXPIRES: u32 = 0x1_0000;
    pub(in crate::upstream::active_directory) const SMARTCARD: u32 = 0x4_0000;
    pub(in crate::upstream::active_directory) const LOCKED_OUT: u32 = 0x10;
    pub(in crate::upstream::active_directory) const PASSWORD_EXPIRED: u32 = 0x80_0000;
}

/// How long before the end a password is said to expire soon: what Windows itself has as default. No entry holds the figure.
const WARNING: SignedDuration = SignedDuration::from_hours(14 * 24);

pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
    judge(&Account(account), policy.map(Policy).as_ref(), now)
        .unwrap_or_else(Judged::from)
        .into()
}

fn judge(account: &Account<'_>, policy: Option<&Policy<'_>>, now: Timestamp) -> Result<Judged, Unreadable> {
    let control = account.control()?;
    if let Lock::Locked { until } = account.locked(policy, now)? {
        let by = LockedBy::Failures;
        return Ok(Judged::new(State::Locked { by, until }, "lockoutTime"));
    }
    if control & control::DISABLED != 0 {
        return Ok(Judged::new(State::Disabled, "userAccountControl"));
    }
    if let Some(Moment::At(end)) = account.moment("accountExpires")?
        && end <= now
    {
        return Ok(Judged::new(State::AccountExpired, "accountExpires"));
    }
    let age = age(account, control, policy, now)?;
    if matches!(age.state, State::MustChange | State::Expired) {
        return Ok(age);
    }
    if account
        .0
        .text("userWorkstations")
        .is_some_and(|list| !list.trim().is_empty())
    {
        // A sign-in over LDAP comes "from" the domain controller itself. Whether the list names it cannot be told from here.
        return Ok(Judged::new(
            State::Unknown,
            "userWorkstations: which of them counts is not known",
        ));
    }
    if let Some(hours) = account.0.values("logonHours").next()
        && !may_sign_in_at(hours, now)?
    {
        return Ok(Judged::new(State::OutsideHours, "logonHours"));
    }
    Ok(age)
}

/// Must change, expired, expiring, or none of them.
fn age(account: &Account<'_>, control: u32, policy: Option<&Policy<'_>>, now: Timestamp) -> Result<Judged, Unreadable> {
    const COMPUTED: &str = "msDS-UserPasswordExpiryTimeComputed";
    let (ends, told_by) = match account.moment(COMPUTED)? {
        Some(moment) => (moment, COMPUTED),
        None => account.expiry(control, policy)?,
    };
    Ok(match ends {
        Moment::Zero => Judged::new(State::MustChange, "pwdLastSet").because(Cause::AdministratorReset),
        Moment::Never if control & control::SMARTCARD != 0 => {
            Judged::new(State::Active, "userAccountControl: signs in by smart card")
        }
        Moment::Never => Judged::new(State::Active, "passwords do not expire"),
        Moment::At(end) if end <= now => Judged::new(State::Expired, told_by).because(Cause::Age),
        Moment::At(end) => {
            let remaining = end.duration_since(now);
            if remaining < WARNING {
                let seconds = u64::try_from(remaining.as_secs()).unwrap_or(0);
                Judged::new(State::Expiring { seconds }, told_by).because(Cause::Age)
            } else {
                Judged::new(State::Active, told_by)
            }
        }
    })
}

/// The domain an account is in: its own entry, the end of every DN in it, holds the policy (MS-ADTS §3.1.1.1.5).
pub(super) fn domain_of(dn: &str) -> Option<String> {
    let name = DistinguishedName::parse(dn.as_bytes()).ok()?;
    let written = name.to_string();
    let parts = written.rsplit(',').take_while(|part| part.starts_with("dc="));
    let length = parts.map(|part| part.len() + 1).sum::<usize>().checked_sub(1)?;
    let domain = written.get(written.len().checked_sub(length)?..)?;
    // A comma may have belonged to a value.
    let parsed = DistinguishedName::parse(domain.as_bytes()).ok()?;
    name.is_within(&parsed).then(|| domain.to_owned())
}

/// 21 octets, a bit an hour of the week from Sunday, 00:00 UTC, the lowest bit first (MS-SAMR §2.2.6.5).
fn may_sign_in_at(hours: &[u8], now: Timestamp) -> Result<bool, Unreadable> {
    if hours.len() != 21 {
        return Err(Unreadable("logonHours"));
    }
    // 1970-01-01 was a Thursday.
    let hour = (now.as_second().div_euclid(3600) + 4 * 24).rem_euclid(7 * 24);
    let octet = usize::try_from(hour / 8).ok().and_then(|at| hours.get(at));
    octet
        .map(|octet| octet >> (hour % 8) & 1 == 1)
        .ok_or(Unreadable("logonHours"))
}

/// Whether failures have locked an account out.
pub(super) enum Lock {
    /// They have not, or that is over.
    Open,
    /// Until then, or until somebody lifts it.
    Locked { until: Option<Timestamp> },
}

/// An account's entry.
pub(super) struct Account<'a>(pub(super) &'a Entry);

impl Account<'_> {
    fn control(&self) -> Result<u32, Unreadable> {
        self.flags("userAccountControl")?
            .ok_or(Unreadable("userAccountControl: not shown"))
    }

    /// Flags, written as a signed number of 32 bits.
    fn flags(&self, attribute: &'static str) -> Result<Option<u32>, Unreadable> {
        if !self.0.has(attribute) {
            return Ok(None);
        }
        let read = self.0.text(attribute).and_then(|text| text.parse::<i32>().ok());
        read.map(|flags| Some(flags.cast_unsigned()))
            .ok_or(Unreadable(attribute))
    }

    pub(super) fn moment(&self, attribute: &'static str) -> Result<Option<Moment>, Unreadable> {
        if !self.0.has(attribute) {
            return Ok(None);
        }
        let read = self.0.text(attribute).and_then(filetime::moment);
        read.map(Some).ok_or(Unreadable(attribute))
    }

    /// Whether it is locked out now.
    pub(super) fn locked(&self, policy: Option<&Policy<'_>>, now: Timestamp) -> Result<Lock, Unreadable> {
        let Some(Moment::At(since)) = self.moment("lockoutTime")? else {
            return Ok(Lock::Open);
        };
        // The attribute stays when the time is over.
        let lasts = policy.map_or(Ok(None), |policy| policy.length(LOCKOUT_DURATION))?;
        let until = match lasts {
            Some(Length::Seconds(seconds)) => i64::try_from(seconds)
                .ok()
                .and_then(|seconds| since.checked_add(SignedDuration::from_secs(seconds)).ok()),
            // Until somebody lifts it.
            Some(Length::Zero | Length::Forever) | None => None,
        };
        if let Some(flags) = self.flags("msDS-User-Account-Control-Computed")? {
            let locked = flags & control::LOCKED_OUT != 0;
            return Ok(if locked { Lock::Locked { until } } else { Lock::Open });
        }
        match (lasts, until) {
            (None, _) => Err(Unreadable("lockoutTime: how long it lasts is not known")),
            (Some(_), Some(until)) if until <= now => Ok(Lock::Open),
            (Some(_), until) => Ok(Lock::Locked { until }),
        }
    }

    /// When the password ends, worked out as the server does (MS-ADTS §3.1.1.4.5.39).
    fn expiry(&self, control: u32, policy: Option<&Policy<'_>>) -> Result<(Moment, &'static str), Unreadable> {
        if control & (control::NEVER_EXPIRES | control::SMARTCARD | control::TRUSTS) != 0 {
            return Ok((Moment::Never, "userAccountControl"));
        }
        let set = match self.moment("pwdLastSet")? {
            None => return Err(Unreadable("pwdLastSet: not shown")),
            Some(Moment::At(set)) => set,
            Some(zero_or_never) => return Ok((zero_or_never, "pwdLastSet")),
        };
        if let Some(flags) = self.flags("msDS-User-Account-Control-Computed")?
            && flags & control::PASSWORD_EXPIRED != 0
        {
            return Ok((Moment::At(set), "msDS-User-Account-Control-Computed"));
        }
        let Some(policy) = policy else {
            return Err(Unreadable("pwdLastSet: no policy known"));
        };
        match policy.length(MAXIMUM_AGE)? {
            None => Err(Unreadable("pwdLastSet: no maximum age shown")),
            Some(Length::Zero | Length::Forever) => Ok((Moment::Never, "maxPwdAge")),
            Some(Length::Seconds(seconds)) => {
                let lasts = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                Ok((set.checked_add(lasts).map_or(Moment::Never, Moment::At), "pwdLastSet"))
            }
        }
    }
}

/// A figure by its name in a fine-grained policy and in the domain's own entry.
type Figure = (&'static str, &'static str);

const MAXIMUM_AGE: Figure = ("msDS-MaximumPasswordAge", "maxPwdAge");
pub(super) const LOCKOUT_DURATION: Figure = ("msDS-LockoutDuration", "lockoutDuration");
pub(super) const LOCKOUT_THRESHOLD: Figure = ("msDS-LockoutThreshold", "lockoutThreshold");
pub(super) const OBSERVATION_WINDOW: Figure = ("msDS-LockoutObservationWindow", "lockOutObservationWindow");

/// The policy that holds for an account.
pub(super) struct Policy<'a>(pub(super) &'a Entry);

impl Policy<'_> {
    /// `None` where it is not shown.
    pub(super) fn length(&self, figure: Figure) -> Result<Option<Length>, Unreadable> {
        self.read(figure, filetime::length)
    }

    /// `None` where it is not shown.
    pub(super) fn number(&self, figure: Figure) -> Result<Option<u32>, Unreadable> {
        self.read(figure, |text| text.parse().ok())
    }

    fn read<T>(&self, (fine, domain): Figure, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Unreadable> {
        for attribute in [fine, domain] {
            if self.0.has(attribute) {
                let value = self.0.text(attribute).and_then(&read);
                return value.map(Some).ok_or(Unreadable(attribute));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
