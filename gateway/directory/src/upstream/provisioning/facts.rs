//! How an account stands, and what its directory keeps of it besides.

use crate::upstream::account_facts::AccountTimes;
use crate::upstream::active_directory::filetime::{self, Moment};
use crate::upstream::dialect::{Dialect, DialectName};
use crate::upstream::ds389::values::is_inactivated;
use crate::upstream::entry::Entry;
use crate::upstream::openldap::time;
use jiff::SignedDuration;
use postern_identity::provisioning::AccountFacts;
use postern_identity::provisioning::ports::Told;
use postern_identity::{StandingChange, State, Timestamp};

/// The lock of an administrator, by which slapd's overlay switches accounts off (draft-behera-ldap-password-policy §5.3.3).
const LOCKED_FOR_GOOD: &str = "000001010000Z";
/// Bits of userAccountControl (MS-ADTS §2.2.16).
const SWITCHED_OFF: u32 = 0x2;
const NEVER_EXPIRES: u32 = 0x1_0000;
/// `passwordExpirationTime` of an account of 389 Directory Server that must change its password.
const MUST_CHANGE: &str = "19700101000000Z";

/// What to ask for beside the dialect's own.
pub(super) fn attributes(name: DialectName) -> &'static [&'static str] {
    match name {
        DialectName::OpenLdap | DialectName::Embedded => &["authTimestamp"],
        DialectName::Ds389 => &["pwdUpdateTime", "lastLoginTime"],
        DialectName::FreeIpa => &["krbLastSuccessfulAuth"],
        DialectName::ActiveDirectory => &["lastLogonTimestamp"],
    }
}

/// What to ask for of a policy beside the dialect's own.
pub(super) const POLICY_ATTRIBUTES: &[&str] = &["pwdAllowUserChange", "passwordChange"];

/// Which facts a product tells.
pub(super) fn told(name: DialectName) -> Told {
    let all = Told {
        must_change: true,
        cannot_change: true,
        never_expires: true,
        password_set: true,
        expires: true,
        grace_left: true,
        last_success: true,
        last_failure: true,
        failures: true,
        locked: true,
    };
    match name {
        DialectName::OpenLdap | DialectName::Embedded => all,
        DialectName::Ds389 => Told {
            last_failure: false,
            ..all
        },
        DialectName::FreeIpa => Told {
            cannot_change: false,
            never_expires: false,
            grace_left: false,
            ..all
        },
        DialectName::ActiveDirectory => Told {
            cannot_change: false,
            grace_left: false,
            ..all
        },
    }
}

/// Whether the product has such a change: what its dialect writes.
pub(super) fn can(name: DialectName, change: StandingChange) -> bool {
    match name {
        DialectName::OpenLdap | DialectName::Embedded | DialectName::Ds389 => true,
        DialectName::FreeIpa => !matches!(change, StandingChange::WithdrawForceChange | StandingChange::Lock),
        DialectName::ActiveDirectory => change != StandingChange::Lock,
    }
}

/// What an entry and its policy say.
pub(super) fn read(
    name: DialectName,
    dialect: &dyn Dialect,
    account: &Entry,
    policy: Option<&Entry>,
    now: Timestamp,
) -> AccountFacts {
    let standing = dialect.read_entry(account, policy, now);
    let times = AccountTimes::read(account);
    let state = standing.state;
    let locked_until = match state {
        State::Locked { until, .. } => until,
        _ => None,
    };
    let mut facts = AccountFacts {
        active: state != State::Disabled,
        must_change: Some(state == State::MustChange),
        cannot_change: None,
        never_expires: None,
        password_set: times.password_set,
        expires: times.password_ends,
        grace_left: match state {
            State::ExpiredGrace { left } => Some(left),
            _ => None,
        },
        last_success: None,
        last_failure: None,
        failures: None,
        locked_at: times.locked.filter(|_| matches!(state, State::Locked { .. })),
        locked_until,
        account_ends: times.ends,
        standing,
    };
    match name {
        DialectName::OpenLdap | DialectName::Embedded => of_openldap(&mut facts, account, policy),
        DialectName::Ds389 => of_389(&mut facts, account, policy),
        DialectName::FreeIpa => of_freeipa(&mut facts, account),
        DialectName::ActiveDirectory => of_active_directory(&mut facts, account),
    }
    facts
}

fn of_openldap(facts: &mut AccountFacts, account: &Entry, policy: Option<&Entry>) {
    facts.active = account.text("pwdAccountLockedTime") != Some(LOCKED_FOR_GOOD);
    facts.must_change = Some(account.text("pwdReset") == Some("TRUE"));
    facts.last_success = latest(account, &["pwdLastSuccess", "authTimestamp"]);
    facts.last_failure = latest(account, &["pwdFailureTime"]);
    facts.failures = Some(count(account, "pwdFailureTime"));
    let Some(policy) = policy else {
        return;
    };
    facts.cannot_change = Some(policy.text("pwdAllowUserChange") == Some("FALSE"));
    let age = number(policy, "pwdMaxAge").filter(|&age| age > 0);
    facts.never_expires = Some(age.is_none());
    let age = age
        .and_then(|age| i64::try_from(age).ok())
        .map(SignedDuration::from_secs);
    facts.expires = facts
        .password_set
        .zip(age)
        .and_then(|(set, age)| set.checked_add(age).ok());
    let grace = number(policy, "pwdGraceAuthNLimit").unwrap_or(0);
    let grace = u32::try_from(grace).unwrap_or(u32::MAX);
    facts.grace_left = Some(grace.saturating_sub(count(account, "pwdGraceUseTime")));
}

fn of_389(facts: &mut AccountFacts, account: &Entry, policy: Option<&Entry>) {
    let is_on = |entry: &Entry, attribute: &str| {
        entry
            .text(attribute)
            .is_some_and(|value| value.eq_ignore_ascii_case("on"))
    };
    facts.active = !is_inactivated(account);
    facts.must_change =
        Some(account.text("passwordExpirationTime") == Some(MUST_CHANGE) || facts.must_change == Some(true));
    facts.last_success = latest(account, &["lastLoginTime"]);
    facts.failures = number(account, "passwordRetryCount")
        .and_then(|count| u32::try_from(count).ok())
        .or(Some(0));
    let Some(policy) = policy else {
        return;
    };
    facts.cannot_change = policy.has("passwordChange").then(|| !is_on(policy, "passwordChange"));
    let expires = is_on(policy, "passwordExp");
    facts.never_expires = Some(!expires);
    if !expires {
        facts.expires = None;
    }
    let grace = number(policy, "passwordGraceLimit")
        .and_then(|limit| u32::try_from(limit).ok())
        .unwrap_or(0);
    let used = number(account, "passwordGraceUserTime")
        .and_then(|used| u32::try_from(used).ok())
        .unwrap_or(0);
    facts.grace_left = Some(grace.saturating_sub(used));
}

fn of_freeipa(facts: &mut AccountFacts, account: &Entry) {
    facts.active = !is_inactivated(account);
    facts.last_success = latest(account, &["krbLastSuccessfulAuth"]);
    facts.last_failure = latest(account, &["krbLastFailedAuth"]);
    facts.failures = number(account, "krbLoginFailedCount")
        .and_then(|count| u32::try_from(count).ok())
        .or(Some(0));
}

fn of_active_directory(facts: &mut AccountFacts, account: &Entry) {
    let control = account
        .text("userAccountControl")
        .and_then(|text| text.parse::<i32>().ok())
        .map(i32::cast_unsigned);
    let moment = |attribute: &str| match account.text(attribute).and_then(filetime::moment) {
        Some(Moment::At(at)) => Some(at),
        _ => None,
    };
    let never = control.map(|control| control & NEVER_EXPIRES != 0);
    facts.active = control.is_none_or(|control| control & SWITCHED_OFF == 0);
    facts.never_expires = never;
    facts.must_change = Some(account.text("pwdLastSet") == Some("0") && never != Some(true));
    facts.last_success = moment("lastLogonTimestamp");
    facts.last_failure = moment("badPasswordTime");
    facts.failures = number(account, "badPwdCount").and_then(|count| u32::try_from(count).ok());
}

fn latest(entry: &Entry, attributes: &[&str]) -> Option<Timestamp> {
    let values = attributes.iter().flat_map(|attribute| entry.values(attribute));
    values
        .filter_map(|value| time::parse(std::str::from_utf8(value).ok()?))
        .max()
}

fn count(entry: &Entry, attribute: &str) -> u32 {
    u32::try_from(entry.values(attribute).count()).unwrap_or(u32::MAX)
}

fn number(entry: &Entry, attribute: &str) -> Option<u64> {
    entry.text(attribute)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn facts(name: DialectName, account: &[(&str, &[&str])], policy: Option<&[(&str, &[&str])]>) -> AccountFacts {
        let policy = policy.map(|policy| Entry::new("cn=policy", policy));
        let account = Entry::new("uid=a,dc=x", account);
        read(
            name,
            name.dialect().as_ref(),
            &account,
            policy.as_ref(),
            NOW.parse().unwrap(),
        )
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_account_of_slapd_tells_its_facts() {
        let account: &[(&str, &[&str])] = &[
            ("pwdReset", &["TRUE"]),
            ("pwdChangedTime", &["20261101000000Z"]),
            ("pwdFailureTime", &["20261122100000.1Z", "20261122110000.2Z"]),
            ("pwdLastSuccess", &["20261121000000Z"]),
            ("pwdGraceUseTime", &["20261121000000Z"]),
        ];
        let policy: &[(&str, &[&str])] = &[
            ("pwdMaxAge", &["864000"]),
            ("pwdGraceAuthNLimit", &["3"]),
            ("pwdAllowUserChange", &["FALSE"]),
        ];
        let facts = facts(DialectName::OpenLdap, account, Some(policy));
        assert!(facts.active);
        assert_eq!(
            (facts.must_change, facts.cannot_change, facts.never_expires),
            (Some(true), Some(true), Some(false))
        );
        assert_eq!((facts.failures, facts.grace_left), (Some(2), Some(2)));
        assert_eq!(facts.last_failure, Some(at("2026-11-22T11:00:00Z")));
        assert_eq!(facts.expires, Some(at("2026-11-11T00:00:00Z")));
        assert_eq!(facts.last_success, Some(at("2026-11-21T00:00:00Z")));
    }

    #[test]
    fn who_is_switched_off_is_not_active_in_any_product() {
        let off: [(DialectName, &str, &str); 5] = [
            (DialectName::OpenLdap, "pwdAccountLockedTime", LOCKED_FOR_GOOD),
            (DialectName::Embedded, "pwdAccountLockedTime", LOCKED_FOR_GOOD),
            (DialectName::Ds389, "nsAccountLock", "true"),
            (DialectName::FreeIpa, "nsAccountLock", "TRUE"),
            (DialectName::ActiveDirectory, "userAccountControl", "514"),
        ];
        for (name, attribute, value) in off {
            assert!(!facts(name, &[(attribute, &[value])], None).active, "{name:?}");
            assert!(facts(name, &[], None).active, "{name:?}");
        }
        // Failures lock without switching off.
        assert!(
            facts(
                DialectName::OpenLdap,
                &[("pwdAccountLockedTime", &["20261122115900Z"])],
                None
            )
            .active
        );
    }

    #[test]
    fn what_an_account_can_be_made_is_what_its_dialect_writes() {
        let account = Entry::new("uid=a", &[("userAccountControl", &["512"])]);
        for name in DialectName::ALL {
            for change in StandingChange::ALL {
                let written = name.dialect().change_standing(change, &account, NOW.parse().unwrap());
                assert_eq!(can(name, change), written.is_some(), "{name:?} {change:?}");
            }
        }
    }

    #[test]
    fn active_directory_counts_in_its_own_times() {
        let account: &[(&str, &[&str])] = &[
            ("userAccountControl", &["66048"]),
            ("pwdLastSet", &["0"]),
            ("badPwdCount", &["2"]),
            ("badPasswordTime", &["134117856000000000"]),
        ];
        let facts = facts(DialectName::ActiveDirectory, account, None);
        assert_eq!(
            (facts.never_expires, facts.must_change, facts.failures),
            (Some(true), Some(false), Some(2))
        );
        assert_eq!(facts.last_failure, Some(at("2026-01-02T00:00:00Z")));
    }
}
