//! What is written to change how an account stands.
//!
//! The product has one switch for "no sign-in", the administrator's lock (draft-behera-ldap-password-policy §5.3.3), so disabling an account
//! and locking it are the same here. Only enabling and unlocking differ: enabling lifts that lock alone, unlocking also one by failures.
//! A lock holds only where the account's policy has `pwdLockout`, and "must change" only where it has `pwdMustChange`.

use super::entry::LOCKED_FOR_GOOD;
use crate::upstream::entry::Entry;
use crate::upstream::write::{Modification, ModificationKind};
use postern_identity::StandingChange;

pub(super) const LOCK: &str = "pwdAccountLockedTime";
pub(super) const RESET: &str = "pwdReset";

pub(super) fn modification(change: StandingChange, account: &Entry) -> Vec<Modification> {
    match change {
        StandingChange::ForceChange => vec![Modification::replace(RESET, "TRUE")],
        StandingChange::WithdrawForceChange => vec![Modification::remove(RESET)],
        StandingChange::Lock | StandingChange::Disable => vec![Modification::replace(LOCK, LOCKED_FOR_GOOD)],
        // pwdFailureTime is not for users to modify. The overlay forgets it when the lock is deleted, not when it is replaced by nothing;
        // and what is to be deleted has to be there, so it is put there first.
        StandingChange::Unlock => vec![
            Modification::replace(LOCK, LOCKED_FOR_GOOD),
            Modification::new(ModificationKind::Delete, LOCK, &[]),
        ],
        StandingChange::Enable if account.text(LOCK) == Some(LOCKED_FOR_GOOD) => {
            vec![Modification::new(ModificationKind::Delete, LOCK, &[LOCKED_FOR_GOOD])]
        }
        StandingChange::Enable => Vec::new(),
    }
}

/// Only enabling ever has nothing to write. Nothing in the place of no lock is no change; and a lock by failures stays.
pub(super) fn affirmation(change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
    (change == StandingChange::Enable).then(|| vec![Modification::unchanged(LOCK, account)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enabling_who_is_enabled_is_written_as_the_lock_there_is() {
        let written = |account: &[(&str, &[&str])]| {
            let account = Entry::new("uid=a", account);
            assert!(modification(StandingChange::Enable, &account).is_empty());
            let changes = affirmation(StandingChange::Enable, &account).unwrap();
            assert_eq!(changes.len(), 1);
            assert_eq!(
                (changes[0].kind, changes[0].attribute),
                (ModificationKind::Replace, LOCK)
            );
            let text = |value: &postern_identity::Secret| String::from_utf8(value.expose().to_vec()).unwrap();
            changes[0].values.iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(written(&[]), [""; 0]);
        assert_eq!(written(&[(LOCK, &["20261122120000Z"])]), ["20261122120000Z"]);
        assert!(affirmation(StandingChange::Disable, &Entry::new("uid=a", &[])).is_none());
    }
}
