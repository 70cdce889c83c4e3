//! What the help desk does to an account (MS-ADTS §3.1.1.5.3.2, §3.1.1.8.5).

use super::entry::control;
use crate::upstream::entry::Entry;
use crate::upstream::write::{Modification, ModificationKind};
use postern_identity::StandingChange;

const CONTROL: &str = "userAccountControl";

/// There is no lock that somebody sets: an account is locked by failures, or switched off.
pub(super) fn modify(change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
    match change {
        // Of an account whose password never ends, or that signs in by smart card, it would be written and change nothing.
        StandingChange::ForceChange if !ages(account)? => None,
        StandingChange::ForceChange => Some(vec![Modification::replace("pwdLastSet", "0")]),
        // The password counts as set now.
        StandingChange::WithdrawForceChange => Some(vec![Modification::replace("pwdLastSet", "-1")]),
        StandingChange::Lock => None,
        StandingChange::Unlock => Some(vec![Modification::replace("lockoutTime", "0")]),
        StandingChange::Disable => control_change(account, |control| control | control::DISABLED),
        StandingChange::Enable => control_change(account, |control| control & !control::DISABLED),
    }
}

fn ages(account: &Entry) -> Option<bool> {
    Some(read_control(account)? & (control::NEVER_EXPIRES | control::SMARTCARD) == 0)
}

/// Where nothing changes nothing is to be written.
fn control_change(account: &Entry, change: impl Fn(u32) -> u32) -> Option<Vec<Modification>> {
    let old = read_control(account)?;
    let new = change(old);
    if old == new {
        return Some(Vec::new());
    }
    control_becomes(account, &new.cast_signed().to_string())
}

/// The old value goes with the new one, so that what somebody else changed meanwhile is not lost: then the directory refuses (16).
fn control_becomes(account: &Entry, new: &str) -> Option<Vec<Modification>> {
    Some(vec![
        Modification::new(ModificationKind::Delete, CONTROL, &[account.text(CONTROL)?]),
        Modification::new(ModificationKind::Add, CONTROL, &[new]),
    ])
}

/// Who is switched off or on already is so by the same number.
pub(super) fn affirm(change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
    match change {
        StandingChange::Disable | StandingChange::Enable => control_becomes(account, account.text(CONTROL)?),
        _ => None,
    }
}

fn read_control(account: &Entry) -> Option<u32> {
    let control = account.text(CONTROL)?.parse::<i32>().ok()?;
    Some(control.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Written = (ModificationKind, &'static str, Vec<String>);

    fn written(change: StandingChange, account: &[(&str, &[&str])]) -> Option<Vec<Written>> {
        let modifications = modify(change, &Entry::new("CN=a", account))?;
        let text = |value: &postern_identity::Secret| String::from_utf8(value.expose().to_vec()).unwrap();
        Some(
            modifications
                .iter()
                .map(|one| (one.kind, one.attribute, one.values.iter().map(text).collect()))
                .collect(),
        )
    }

    const NORMAL: &[(&str, &[&str])] = &[("userAccountControl", &["512"])];

    #[test]
    fn forcing_a_change_its_reverse_and_unlocking_replace_one_number() {
        let replace =
            |attribute, value: &str| Some(vec![(ModificationKind::Replace, attribute, vec![value.to_owned()])]);
        for (change, wanted) in [
            (StandingChange::ForceChange, replace("pwdLastSet", "0")),
            (StandingChange::WithdrawForceChange, replace("pwdLastSet", "-1")),
            (StandingChange::Unlock, replace("lockoutTime", "0")),
            (StandingChange::Lock, None),
        ] {
            assert_eq!(written(change, NORMAL), wanted, "{}", change.as_str());
        }
    }

    #[test]
    fn switching_off_and_on_changes_one_bit_and_loses_nothing_somebody_else_set() {
        fn account<'a>(control: &'a [&'a str]) -> [(&'a str, &'a [&'a str]); 1] {
            [("userAccountControl", control)]
        }
        let both = |old: &str, new: &str| {
            Some(vec![
                (ModificationKind::Delete, "userAccountControl", vec![old.to_owned()]),
                (ModificationKind::Add, "userAccountControl", vec![new.to_owned()]),
            ])
        };
        assert_eq!(
            written(StandingChange::Disable, &account(&["66048"])),
            both("66048", "66050")
        );
        assert_eq!(
            written(StandingChange::Enable, &account(&["66050"])),
            both("66050", "66048")
        );
        // The highest bit makes it negative.
        let negative = account(&["-2147483136"]);
        assert_eq!(
            written(StandingChange::Disable, &negative),
            both("-2147483136", "-2147483134")
        );
    }

    #[test]
    fn what_is_so_already_is_not_written_and_what_cannot_be_read_is_not_guessed() {
        assert_eq!(written(StandingChange::Enable, NORMAL), Some(vec![]));
        let same = affirm(StandingChange::Enable, &Entry::new("CN=a", NORMAL)).unwrap();
        let same = same.iter().map(|one| (one.kind, one.attribute, one.values[0].expose()));
        assert_eq!(
            same.collect::<Vec<_>>(),
            [
                (ModificationKind::Delete, CONTROL, &b"512"[..]),
                (ModificationKind::Add, CONTROL, b"512")
            ]
        );
        assert!(affirm(StandingChange::Disable, &Entry::new("CN=a", &[])).is_none());
        assert_eq!(written(StandingChange::Disable, &[]), None);
        assert_eq!(
            written(StandingChange::Disable, &[("userAccountControl", &["much"])]),
            None
        );
        assert_eq!(written(StandingChange::ForceChange, &[]), None);
    }

    #[test]
    fn nobody_is_made_to_change_a_password_that_never_ends() {
        for control in ["66048", "262656"] {
            assert_eq!(
                written(StandingChange::ForceChange, &[("userAccountControl", &[control])]),
                None
            );
        }
    }
}
