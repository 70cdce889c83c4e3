//! What the server is sent to change an account's standing.
//!
//! Our service account needs the right to write these attributes of the accounts (an ACI with `allow (write)`): `userPassword` for resets,
//! `passwordExpirationTime` and `passwordExpWarned` to force a change, `passwordRetryCount`, `retryCountResetTime` and `accountUnlockTime` to
//! lock and unlock, `nsAccountLock` to switch an account off and on. It should not be a member of `passwordAdminDN`: members bypass the
//! password policy. Without that a reset obeys the policy and does not by itself make the owner change the password.

use super::entry::{self, LOCKED_FOR_GOOD, MUST_CHANGE, RETRY_COUNT};
use super::values::{number, switch};
use crate::upstream::entry::Entry;
use crate::upstream::write::Modification;
use postern_identity::StandingChange;

/// More failures than any policy allows (`passwordMaxFailure` is at most 32767).
const MORE_THAN_ANY: &str = "65535";

/// Must-change holds where the policy has `passwordMustChange`, a lock where it has `passwordLockout`; elsewhere the server passes over them.
pub(super) fn change_standing(change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
    let expires = account.text("passwordExpirationTime");
    Some(match change {
        StandingChange::ForceChange => vec![Modification::replace("passwordExpirationTime", MUST_CHANGE)],
        // It is limited in other ways too, by a mark that nobody can take off (pwdTPRReset).
        StandingChange::WithdrawForceChange if is_one_time(account) => return None,
        // The next sign-in starts a new period.
        StandingChange::WithdrawForceChange if expires == Some(MUST_CHANGE) => vec![
            Modification::remove("passwordExpirationTime"),
            Modification::remove("passwordExpWarned"),
        ],
        StandingChange::Lock => vec![
            Modification::replace(RETRY_COUNT, MORE_THAN_ANY),
            Modification::replace("accountUnlockTime", LOCKED_FOR_GOOD),
        ],
        StandingChange::Unlock if is_counted(account) => vec![
            Modification::replace(RETRY_COUNT, "0"),
            Modification::remove("retryCountResetTime"),
            Modification::remove("accountUnlockTime"),
        ],
        StandingChange::WithdrawForceChange | StandingChange::Unlock => Vec::new(),
        StandingChange::Disable => vec![Modification::replace("nsAccountLock", "true")],
        // One that comes from a role stays: that is the role's to take away.
        StandingChange::Enable => vec![Modification::remove("nsAccountLock")],
    })
}

/// What can have nothing to write, by that one of its attributes which says least: if it is there and not shown to us, losing it does no harm.
pub(super) fn affirm_standing(change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
    let attribute = match change {
        StandingChange::WithdrawForceChange => "passwordExpWarned",
        StandingChange::Unlock => "retryCountResetTime",
        _ => return None,
    };
    Some(vec![Modification::unchanged(attribute, account)])
}

/// Whether the password may be used for a few sign-ins or a while only.
fn is_one_time(account: &Entry) -> bool {
    let limits = ["pwdTPRUseCount", "pwdTPRExpireAt", "pwdTPRValidFrom"];
    let limited = |attribute| number(account, attribute).is_ok_and(|limit| limit.is_none_or(|limit| limit < 0));
    switch(account, "pwdTPRReset").is_ok_and(|reset| reset.unwrap_or(false)) && !limits.into_iter().all(limited)
}

/// Whether there is anything to forget; what cannot be read is.
fn is_counted(account: &Entry) -> bool {
    account.has("accountUnlockTime") || entry::failures(account).map_or(true, |failures| failures > 0)
}

#[cfg(test)]
mod tests;
