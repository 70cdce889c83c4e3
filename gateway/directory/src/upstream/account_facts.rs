//! What the products keep of an account and a policy beside a standing, in common terms: for showing one product as another.
//!
//! The attributes of the products have different names, so an entry is read for all of them; what it does not show is not known.

use super::active_directory::filetime::{self, Length, Moment};
use super::entry::Entry;
use super::openldap::time;
use postern_identity::Timestamp;

/// Moments in the life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountTimes {
    /// The entry was made.
    pub created: Option<Timestamp>,
    /// It was last changed.
    pub modified: Option<Timestamp>,
    /// The password was set.
    pub password_set: Option<Timestamp>,
    /// The password ends; `None` also where the policy alone knows.
    pub password_ends: Option<Timestamp>,
    /// The account itself ends.
    pub ends: Option<Timestamp>,
    /// Failures have locked it then. It need not be locked any more.
    pub locked: Option<Timestamp>,
}

impl AccountTimes {
    /// What to ask for by name beside [`Dialect::standing_attributes`](super::dialect::Dialect::standing_attributes).
    pub const ATTRIBUTES: &'static [&'static str] = &["createTimestamp", "modifyTimestamp"];

    /// Reads an entry of whichever product.
    pub fn read(account: &Entry) -> Self {
        let times = |names: &[&str]| names.iter().find_map(|name| account.text(name).and_then(time::parse));
        let moments = |name: &str| match account.text(name).and_then(filetime::moment) {
            Some(Moment::At(at)) => Some(at),
            _ => None,
        };
        // Locked for good is no moment.
        let locked = times(&["pwdAccountLockedTime"]).filter(|at| at.as_second() > Timestamp::UNIX_EPOCH.as_second());
        let password_ends =
            times(&["passwordExpirationTime", "krbPasswordExpiration"]).filter(|at| *at > Timestamp::UNIX_EPOCH);
        Self {
            created: times(&["createTimestamp", "whenCreated"]),
            modified: times(&["modifyTimestamp", "whenChanged"]),
            password_set: times(&["pwdChangedTime", "krbLastPwdChange", "pwdUpdateTime"])
                .or_else(|| moments("pwdLastSet")),
            password_ends: password_ends.or_else(|| moments("msDS-UserPasswordExpiryTimeComputed")),
            ends: times(&["pwdEndTime", "krbPrincipalExpiration"]).or_else(|| moments("accountExpires")),
            locked: locked.or_else(|| moments("lockoutTime")),
        }
    }
}

/// What a policy demands, in seconds and counts. `None`: it demands nothing of the kind, or does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyFigures {
    /// A password may be this old.
    pub max_age: Option<u64>,
    /// It must be this old before it is changed.
    pub min_age: Option<u64>,
    /// It must be this long.
    pub min_length: Option<u64>,
    /// So many former ones may not come back.
    pub history: Option<u64>,
    /// So many wrong ones lock the account.
    pub max_failures: Option<u64>,
    /// For this long; `Some(0)` is until somebody lifts it.
    pub lockout: Option<u64>,
    /// For this long a wrong one counts.
    pub failure_window: Option<u64>,
    /// Before the end there is a warning for this long.
    pub warning: Option<u64>,
    /// So many sign-ins are let in after the end.
    pub grace: Option<u64>,
}

impl PolicyFigures {
    /// What is asked for by name where passwords' own rules are wanted: of whichever product.
    pub const PASSWORD_ATTRIBUTES: &'static [&'static str] = &[
        "pwdMinLength",
        "passwordMinLength",
        "minPwdLength",
        "msDS-MinimumPasswordLength",
        "krbPwdMinLength",
        "pwdInHistory",
        "passwordInHistory",
        "pwdHistoryLength",
        "msDS-PasswordHistoryLength",
        "krbPwdHistoryLength",
        "pwdMinAge",
        "passwordMinAge",
        "minPwdAge",
        "msDS-MinimumPasswordAge",
    ];

    /// Reads a policy's entry of whichever product.
    pub fn read(policy: &Entry) -> Self {
        let number = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| policy.text(name)?.parse::<u64>().ok());
            found.find(|number| *number > 0)
        };
        let length = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| match filetime::length(policy.text(name)?)? {
                    Length::Seconds(seconds) => Some(seconds),
                    Length::Zero | Length::Forever => None,
                })
        };
        let max_failures = number(&[
            "pwdMaxFailure",
            "passwordMaxFailure",
            "krbPwdMaxFailure",
            "lockoutThreshold",
            "msDS-LockoutThreshold",
        ]);
        let lockout = number(&["pwdLockoutDuration", "passwordLockoutDuration", "krbPwdLockoutDuration"])
            .or_else(|| length(&["lockoutDuration", "msDS-LockoutDuration"]));
        Self {
            max_age: number(&["pwdMaxAge", "passwordMaxAge"])
                .or_else(|| length(&["maxPwdAge", "msDS-MaximumPasswordAge"])),
            min_age: number(&["pwdMinAge", "passwordMinAge"])
                .or_else(|| length(&["minPwdAge", "msDS-MinimumPasswordAge"])),
            min_length: number(&[
                "pwdMinLength",
                "passwordMinLength",
                "minPwdLength",
                "msDS-MinimumPasswordLength",
                "krbPwdMinLength",
            ]),
            history: number(&[
                "pwdInHistory",
                "passwordInHistory",
                "pwdHistoryLength",
                "msDS-PasswordHistoryLength",
                "krbPwdHistoryLength",
            ]),
            max_failures,
            lockout: lockout.or(max_failures.map(|_| 0)),
            failure_window: number(&[
                "pwdFailureCountInterval",
                "passwordResetFailureCount",
                "krbPwdFailureCountInterval",
            ])
            .or_else(|| length(&["lockOutObservationWindow", "msDS-LockoutObservationWindow"])),
            warning: number(&["pwdExpireWarning", "passwordWarning"]),
            grace: number(&["pwdGraceAuthNLimit", "passwordGraceLimit"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_same_moments_are_read_from_whichever_product() {
        let openldap = Entry::new(
            "uid=a",
            &[
                ("createTimestamp", &["20250101000000Z"]),
                ("pwdChangedTime", &["20260101000000Z"]),
                ("pwdEndTime", &["20270101000000Z"]),
                ("pwdAccountLockedTime", &["20260601000000Z"]),
            ],
        );
        let active_directory = Entry::new(
            "cn=a",
            &[
                ("whenCreated", &["20250101000000.0Z"]),
                ("pwdLastSet", &["134116992000000000"]),
                ("accountExpires", &["134432352000000000"]),
                ("lockoutTime", &["134247456000000000"]),
            ],
        );
        let wanted = AccountTimes {
            created: Some(at("2025-01-01T00:00:00Z")),
            password_set: Some(at("2026-01-01T00:00:00Z")),
            ends: Some(at("2027-01-01T00:00:00Z")),
            locked: Some(at("2026-06-01T00:00:00Z")),
            ..AccountTimes::default()
        };
        assert_eq!(AccountTimes::read(&openldap), wanted);
        assert_eq!(AccountTimes::read(&active_directory), wanted);
        let never = [
            ("pwdLastSet", &["0"][..]),
            ("accountExpires", &["9223372036854775807"]),
            ("pwdAccountLockedTime", &["000001010000Z"]),
        ];
        assert_eq!(AccountTimes::read(&Entry::new("cn=a", &never)), AccountTimes::default());
    }

    #[test]
    fn the_same_figures_are_read_from_whichever_product() {
        let wanted = PolicyFigures {
            max_age: Some(3_628_800),
            min_length: Some(7),
            history: Some(24),
            max_failures: Some(5),
            lockout: Some(1800),
            failure_window: Some(1800),
            ..PolicyFigures::default()
        };
        let domain: [(&str, &[&str]); 7] = [
            ("maxPwdAge", &["-36288000000000"]),
            ("minPwdAge", &["0"]),
            ("minPwdLength", &["7"]),
            ("pwdHistoryLength", &["24"]),
            ("lockoutThreshold", &["5"]),
            ("lockoutDuration", &["-18000000000"]),
            ("lockOutObservationWindow", &["-18000000000"]),
        ];
        assert_eq!(PolicyFigures::read(&Entry::new("dc=a", &domain)), wanted);
        let openldap: [(&str, &[&str]); 6] = [
            ("pwdMaxAge", &["3628800"]),
            ("pwdMinLength", &["7"]),
            ("pwdInHistory", &["24"]),
            ("pwdMaxFailure", &["5"]),
            ("pwdLockoutDuration", &["1800"]),
            ("pwdFailureCountInterval", &["1800"]),
        ];
        assert_eq!(PolicyFigures::read(&Entry::new("cn=p", &openldap)), wanted);
        let for_ever: [(&str, &[&str]); 2] = [
            ("lockoutThreshold", &["3"]),
            ("lockoutDuration", &["-9223372036854775808"]),
        ];
        let read = PolicyFigures::read(&Entry::new("dc=a", &for_ever));
        assert_eq!((read.max_failures, read.lockout), (Some(3), Some(0)));
    }
}
