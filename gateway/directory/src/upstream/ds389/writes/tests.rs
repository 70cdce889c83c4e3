use super::*;
use crate::upstream::dialect::Dialect as _;
use crate::upstream::ds389::Ds389;
use crate::upstream::write::ModificationKind;
use postern_identity::Secret;

fn entry(attributes: &[(&str, &str)]) -> Entry {
    let values: Vec<[&str; 1]> = attributes.iter().map(|(_, value)| [*value]).collect();
    let borrowed: Vec<(&str, &[&str])> = attributes
        .iter()
        .zip(&values)
        .map(|((name, _), value)| (*name, &value[..]))
        .collect();
    Entry::new("uid=someone,dc=example,dc=org", &borrowed)
}

fn changes(change: StandingChange, account: &[(&str, &str)]) -> Option<Vec<(&'static str, Vec<String>)>> {
    let changes = change_standing(change, &entry(account))?;
    let read = changes.iter().map(|change| {
        assert_eq!(change.kind, ModificationKind::Replace);
        let values = change
            .values
            .iter()
            .map(|value| String::from_utf8(value.expose().to_vec()).unwrap());
        (change.attribute, values.collect())
    });
    Some(read.collect())
}

#[test]
fn every_change_is_written_into_the_attributes_the_server_goes_by() {
    let set = |attribute, value: &str| (attribute, vec![value.to_owned()]);
    let gone = |attribute| (attribute, Vec::new());
    let locked = [("passwordRetryCount", "5"), ("accountUnlockTime", "20261122130000Z")];
    for (change, account, written) in [
        (
            StandingChange::ForceChange,
            &[][..],
            vec![set("passwordExpirationTime", "19700101000000Z")],
        ),
        (
            StandingChange::WithdrawForceChange,
            &[("passwordExpirationTime", "19700101000000Z")],
            vec![gone("passwordExpirationTime"), gone("passwordExpWarned")],
        ),
        (
            StandingChange::Lock,
            &[],
            vec![
                set("passwordRetryCount", "65535"),
                set("accountUnlockTime", "99991231235959Z"),
            ],
        ),
        (
            StandingChange::Unlock,
            &locked,
            vec![
                set("passwordRetryCount", "0"),
                gone("retryCountResetTime"),
                gone("accountUnlockTime"),
            ],
        ),
        (StandingChange::Disable, &[], vec![set("nsAccountLock", "true")]),
        (
            StandingChange::Enable,
            &[("nsAccountLock", "true")],
            vec![gone("nsAccountLock")],
        ),
    ] {
        assert_eq!(changes(change, account), Some(written), "{change:?}");
    }
}

#[test]
fn what_is_so_already_is_not_written() {
    let expires = [("passwordExpirationTime", "20270101000000Z")];
    assert_eq!(changes(StandingChange::WithdrawForceChange, &expires), Some(Vec::new()));
    let none = [("passwordRetryCount", "0")];
    assert_eq!(changes(StandingChange::Unlock, &none), Some(Vec::new()));
    assert_eq!(changes(StandingChange::Unlock, &[]), Some(Vec::new()));
    let unclear = [("passwordRetryCount", "many")];
    assert_eq!(changes(StandingChange::Unlock, &unclear).unwrap().len(), 3);
}

#[test]
fn must_change_cannot_be_withdrawn_from_a_password_that_is_limited_otherwise() {
    let limited = [
        ("passwordExpirationTime", "19700101000000Z"),
        ("pwdTPRReset", "TRUE"),
        ("pwdTPRUseCount", "0"),
    ];
    assert_eq!(changes(StandingChange::WithdrawForceChange, &limited), None);
    let unlimited = [
        limited[0],
        limited[1],
        ("pwdTPRUseCount", "-1"),
        ("pwdTPRExpireAt", "-1"),
    ];
    assert_eq!(
        changes(StandingChange::WithdrawForceChange, &unlimited).unwrap().len(),
        2
    );
    let ends = [limited[0], limited[1], ("pwdTPRExpireAt", "20270101000000Z")];
    assert_eq!(changes(StandingChange::WithdrawForceChange, &ends), None);
}

#[test]
fn owners_change_by_password_modify_and_others_reset_by_modify() {
    let (old, new) = (Secret::new("old"), Secret::new("new"));
    let dialect = Ds389::new();
    assert!(dialect.password_write("uid=a", Some(&old), &new).is_extended());
    assert!(!dialect.password_write("uid=a", None, &new).is_extended());
}
