use super::*;

#[test]
fn a_policy_is_read_with_the_overlays_defaults_and_its_faults_are_named() {
    assert_eq!(
        policy(&[]),
        Policy {
            allow_user_change: true,
            ..Policy::default()
        }
    );
    let read = policy(&[
        ("pwdMaxFailure", "7"),
        ("pwdMaxRecordedFailure", "3"),
        ("pwdMustChange", "true"),
    ]);
    assert_eq!(
        (read.max_recorded_failure, read.must_change, read.resets_are_marked),
        (7, true, true)
    );
    let read = policy(&[
        ("pwdMinDelay", "3"),
        ("pwdInHistory", "4000000000"),
        ("pwdAllowUserChange", "FALSE"),
    ]);
    assert_eq!(
        (read.max_recorded_failure, read.max_delay, read.in_history),
        (5, 3, 100)
    );
    assert!(!read.allow_user_change);
    for (name, value) in [
        ("pwdMaxAge", "-1"),
        ("pwdMaxAge", "ninety"),
        ("pwdLockout", "maybe"),
        ("pwdMinLength", "4294967296"),
    ] {
        let mut entry = Entry::new();
        entry.set(name, vec![value.as_bytes().to_vec()]);
        assert_eq!(Policy::read(&entry), Err(PolicyFault(name)));
    }
}

#[test]
fn no_hash_is_in_what_is_printed_of_a_change() {
    let shown = format!(
        "{:?}",
        [Replace::by("userPassword", "{SSHA}geheim"), Replace::none("pwdReset")]
    );
    assert_eq!(shown, "[userPassword (1 values), pwdReset (0 values)]");
}

#[test]
fn the_schema_knows_every_attribute_that_is_written_by_the_name_it_is_written_with() {
    let schema = crate::local::schema::Schema::standard();
    for name in [
        attribute::PASSWORD,
        attribute::RESET,
        attribute::LOCKED,
        attribute::DELAYED_UNTIL,
        attribute::CHANGED,
        attribute::FAILURES,
        attribute::GRACE_USED,
        attribute::HISTORY,
        attribute::LAST_SUCCESS,
        attribute::FIRST_DAY,
        attribute::LAST_DAY,
    ] {
        let known = schema
            .attribute(name.as_bytes())
            .map(|known| (&*known.name, &*known.key));
        assert_eq!(known, Some((name, key(name).as_str())));
    }
}
