//! What FreeIPA is sent to change an account's standing: what its own commands send (`ipa user-unlock`, `user-disable`, `user-enable`).
//!
//! Our service account needs the permissions to write `krbPasswordExpiration`, `krbLoginFailedCount`, `krbLastAdminUnlock` and `nsAccountLock`,
//! and for resets "System: Change User password".

use crate::upstream::ds389::values::time;
use crate::upstream::entry::Entry;
use crate::upstream::write::Modification;
use jiff::SignedDuration;
use postern_identity::{StandingChange, Timestamp};

pub(super) fn change_standing(change: StandingChange, account: &Entry, now: Timestamp) -> Option<Vec<Modification>> {
    let at = |time: Timestamp| time.strftime("%Y%m%d%H%M%SZ").to_string();
    Some(match change {
        // What a reset by somebody else leaves: a password that ended when it was set. Never the year 1970, which the key distribution
        // centre takes for "never".
        StandingChange::ForceChange => {
            let changed = time(account, "krbLastPwdChange").ok().flatten();
            let a_moment_ago = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
            let end = changed.filter(|changed| *changed < now && changed.as_second() > 0);
            vec![Modification::replace(
                "krbPasswordExpiration",
                &at(end.unwrap_or(a_moment_ago)),
            )]
        }
        StandingChange::Unlock => vec![
            Modification::replace("krbLoginFailedCount", "0"),
            Modification::replace("krbLastAdminUnlock", &at(now)),
        ],
        StandingChange::Disable => vec![Modification::replace("nsAccountLock", "TRUE")],
        StandingChange::Enable => vec![Modification::replace("nsAccountLock", "FALSE")],
        // When it would end otherwise is not written anywhere; nor is there a lock beside being disabled.
        StandingChange::WithdrawForceChange | StandingChange::Lock => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::freeipa::entry;
    use postern_identity::State;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn changes(change: StandingChange, account: &[(&str, &[&str])]) -> Option<Vec<(&'static str, String)>> {
        let changes = change_standing(change, &Entry::new("uid=a", account), NOW.parse().unwrap())?;
        let text = |change: &Modification| String::from_utf8(change.values[0].expose().to_vec()).unwrap();
        Some(changes.iter().map(|change| (change.attribute, text(change))).collect())
    }

    #[test]
    fn a_forced_change_reads_like_a_reset_by_somebody_else() {
        for changed in [&["20260101000000Z"][..], &["20261122115959Z"]] {
            let account = [("krbLastPwdChange", changed)];
            let written = changes(StandingChange::ForceChange, &account).unwrap();
            assert_eq!(written, [("krbPasswordExpiration", changed[0].to_owned())]);
            let after = Entry::new("uid=a", &[account[0], ("krbPasswordExpiration", changed)]);
            let standing = entry::read(&after, None, NOW.parse().unwrap());
            assert_eq!(standing.state, State::MustChange);
        }
        // Nothing known, or nothing to go by: the password has ended a moment ago, and never in 1970.
        for account in [
            &[][..],
            &[("krbLastPwdChange", &["19700101000000Z"][..])],
            &[("krbLastPwdChange", &["soon"])],
        ] {
            assert_eq!(
                changes(StandingChange::ForceChange, account).unwrap(),
                [("krbPasswordExpiration", "20261122115959Z".to_owned())]
            );
        }
    }

    #[test]
    fn the_other_changes_are_those_of_its_own_commands() {
        let set = |attribute, value: &str| (attribute, value.to_owned());
        for (change, written) in [
            (
                StandingChange::Unlock,
                Some(vec![
                    set("krbLoginFailedCount", "0"),
                    set("krbLastAdminUnlock", "20261122120000Z"),
                ]),
            ),
            (StandingChange::Disable, Some(vec![set("nsAccountLock", "TRUE")])),
            (StandingChange::Enable, Some(vec![set("nsAccountLock", "FALSE")])),
            (StandingChange::Lock, None),
            (StandingChange::WithdrawForceChange, None),
        ] {
            assert_eq!(changes(change, &[]), written, "{change:?}");
        }
    }
}
