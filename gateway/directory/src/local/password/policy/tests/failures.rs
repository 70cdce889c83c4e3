//! Wrong passwords, counted.

use super::*;

#[test]
fn five_wrong_passwords_lock_and_the_sixth_answer_says_so() {
    let mut account = entry(&[]);
    for number in 1..=5 {
        let outcome = sign_in(&mut account, &recorded(), false, now());
        assert_eq!((outcome.code.0, control(&outcome).as_str()), (49, "3000"), "{number}");
        assert_eq!(texts(&account, "pwdFailureTime").len(), number);
        assert_eq!(texts(&account, "pwdAccountLockedTime").len(), usize::from(number == 5));
    }
    for right in [true, false] {
        let before = account.clone();
        let outcome = sign_in(&mut account, &recorded(), right, now());
        assert_eq!((outcome.code.0, control(&outcome).as_str()), (49, "3003810101"));
        assert!(account == before);
    }
    assert_eq!(texts(&account, "pwdAccountLockedTime"), ["20261122120000Z"]);
    // In the same moment, and told apart all the same.
    assert_eq!(
        texts(&account, "pwdFailureTime")[..2],
        ["20261122120000.500000Z", "20261122120000.500001Z"]
    );
}

#[test]
fn a_right_password_forgets_failures() {
    let mut account = entry(&[]);
    sign_in(&mut account, &recorded(), false, now());
    assert!(sign_in(&mut account, &recorded(), true, now()).is_in());
    assert!(texts(&account, "pwdFailureTime").is_empty());
    for _ in 0..4 {
        assert!(!sign_in(&mut account, &recorded(), false, now()).is_in());
    }
    assert!(sign_in(&mut account, &recorded(), true, now()).is_in());
}

#[test]
fn failures_older_than_the_interval_do_not_count_and_no_more_than_wanted_are_kept() {
    let policy = Policy {
        max_failure: 2,
        max_recorded_failure: 3,
        failure_interval: 60,
        ..recorded()
    };
    let mut account = entry(&[]);
    for minutes in 0..10 {
        let at = later(minutes * 120);
        let outcome = sign_in(&mut account, &policy, false, at);
        assert_eq!(control(&outcome), "3000");
    }
    assert_eq!(texts(&account, "pwdFailureTime").len(), 3);
    assert_eq!(texts(&account, "pwdFailureTime")[2], time::write_exactly(later(1080)));
    // Within the interval, its last second too.
    sign_in(&mut account, &policy, false, later(1140));
    assert_eq!(texts(&account, "pwdAccountLockedTime").len(), 1);
}

#[test]
fn a_lock_ends_by_itself_and_its_mark_goes_with_the_next_sign_in() {
    let policy = Policy {
        max_failure: 1,
        max_recorded_failure: 1,
        lockout_duration: 60,
        ..recorded()
    };
    let mut account = entry(&[]);
    sign_in(&mut account, &policy, false, now());
    assert_eq!(control(&sign_in(&mut account, &policy, true, later(59))), "3003810101");
    let mut other = account.clone();
    assert!(sign_in(&mut account, &policy, true, later(60)).is_in());
    assert!(texts(&account, "pwdAccountLockedTime").is_empty());
    // A wrong password then locks again.
    sign_in(&mut other, &policy, false, later(60));
    assert_eq!(texts(&other, "pwdAccountLockedTime"), [time::write(later(60))]);
}

#[test]
fn a_delay_doubles_up_to_its_bound() {
    let policy = policy(&[("pwdLockout", "TRUE"), ("pwdMinDelay", "2"), ("pwdMaxDelay", "10")]);
    let mut account = entry(&[]);
    let mut at = now();
    for delay in [2, 4, 8, 10, 10] {
        assert_eq!(control(&sign_in(&mut account, &policy, false, at)), "3000");
        let end = at + SignedDuration::from_secs(delay);
        assert_eq!(texts(&account, "pwdAccountTmpLockoutEnd"), [time::write(end)]);
        let early = end - SignedDuration::from_secs(1);
        assert_eq!(control(&sign_in(&mut account, &policy, true, early)), "3003810101");
        at = end;
    }
    assert!(sign_in(&mut account, &policy, true, at).is_in());
    // Many failures do not run over.
    let many: Vec<String> = (0..200).map(|number| format!("20261122000000.{number:06}Z")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let policy = Policy {
        max_recorded_failure: 1000,
        ..policy
    };
    let mut account = entry(&[("pwdFailureTime", &many)]);
    sign_in(&mut account, &policy, false, now());
    assert_eq!(texts(&account, "pwdAccountTmpLockoutEnd"), [time::write(later(10))]);
}
