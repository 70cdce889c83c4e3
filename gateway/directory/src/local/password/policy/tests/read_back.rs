//! Every state this stores is read by our own dialect of slapd as the state that is meant, and told at the next sign-in.

use super::*;
use crate::upstream::entry::Entry as Seen;
use proptest::prelude::*;

/// What a client or an administrator does, and what time does.
#[derive(Debug, Clone)]
enum Step {
    Right,
    Wrong,
    Wait(i64),
    Lock,
    Reset,
    Lift,
    Ends(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![0..5_i64, 0..200_i64, 0..20_000_i64];
    let step = prop_oneof![
        3 => Just(Step::Right),
        3 => Just(Step::Wrong),
        4 => wait.prop_map(Step::Wait),
        1 => Just(Step::Lock),
        1 => Just(Step::Reset),
        1 => Just(Step::Lift),
        1 => (-100..10_000_i64).prop_map(Step::Ends),
    ];
    prop::collection::vec(step, 1..40)
}

fn figure(most: u32) -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), 1..=most]
}

/// The attributes of a policy entry.
fn policies() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let numbers = (
        figure(10_000),
        figure(5_000),
        figure(3),
        figure(2_000),
        figure(300),
        figure(4),
        figure(200),
        figure(4),
        figure(30),
        figure(10_000),
    );
    (numbers, any::<bool>(), any::<bool>()).prop_map(|(numbers, lockout, must_change)| {
        let text = |truth: bool| if truth { "TRUE" } else { "FALSE" }.to_owned();
        vec![
            ("pwdMaxAge", numbers.0.to_string()),
            ("pwdExpireWarning", numbers.1.to_string()),
            ("pwdGraceAuthNLimit", numbers.2.to_string()),
            ("pwdGraceExpiry", numbers.3.to_string()),
            ("pwdLockoutDuration", numbers.4.to_string()),
            ("pwdMaxFailure", numbers.5.to_string()),
            ("pwdFailureCountInterval", numbers.6.to_string()),
            ("pwdMinDelay", numbers.7.to_string()),
            ("pwdMaxDelay", numbers.8.to_string()),
            ("pwdMaxIdle", numbers.9.to_string()),
            ("pwdLockout", text(lockout)),
            ("pwdMustChange", text(must_change)),
        ]
    })
}

/// As a search would show the entry to the dialect.
fn seen(entry: &Entry) -> Seen {
    let attributes: Vec<(String, Vec<String>)> = entry
        .attributes()
        .iter()
        .map(|attribute| {
            let values = attribute.values.iter();
            (
                attribute.description.to_string(),
                values.map(|value| String::from_utf8(value.clone()).unwrap()).collect(),
            )
        })
        .collect();
    let borrowed: Vec<(&str, Vec<&str>)> = attributes
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    let slices: Vec<(&str, &[&str])> = borrowed
        .iter()
        .map(|(name, values)| (*name, values.as_slice()))
        .collect();
    Seen::new("uid=alice,dc=example,dc=org", &slices)
}

/// The state an answer tells, where the entry was in this state and the password was right.
fn meant(state: State) -> (State, Proven) {
    match state {
        State::Locked { .. } | State::NotYetValid | State::AccountExpired => (LOCKED_UNSAID, Proven::Unknown),
        // The one that is used now is no longer left.
        State::ExpiredGrace { left } => (State::ExpiredGrace { left: left - 1 }, Proven::Yes),
        state => (state, Proven::Yes),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_stored_is_read_back_as_what_is_told(written in policies(), steps in steps()) {
        let mut policy_entry = Entry::new();
        for (name, value) in &written {
            policy_entry.set(name, vec![value.clone().into_bytes()]);
        }
        let policy = Policy::read(&policy_entry).unwrap();
        let mut at = now();
        let mut account = entry(&[
            ("pwdChangedTime", &[&time::write(at)]),
            // The dialect cannot know that slapd goes by the other day where this one is missing.
            ("pwdLastSuccess", &[&time::write(at)]),
        ]);
        for step in steps {
            let right = match step {
                Step::Right => true,
                Step::Wrong => false,
                Step::Wait(seconds) => {
                    at += SignedDuration::from_secs(seconds);
                    continue;
                }
                Step::Lock => {
                    account.set("pwdAccountLockedTime", vec![LOCKED_FOR_GOOD.into()]);
                    continue;
                }
                Step::Reset => {
                    account.set("pwdReset", vec![b"TRUE".to_vec()]);
                    continue;
                }
                Step::Lift => {
                    account.remove("pwdAccountLockedTime");
                    account.remove("pwdReset");
                    account.remove("pwdEndTime");
                    let lifted = lock_lifted(&account);
                    apply(&lifted, &mut account);
                    continue;
                }
                Step::Ends(seconds) => {
                    let end = at + SignedDuration::from_secs(seconds);
                    account.set("pwdEndTime", vec![time::write(end).into_bytes()]);
                    continue;
                }
            };
            // Whole seconds, as both go by.
            let whole = Timestamp::from_second(at.as_second()).unwrap();
            let stored = OpenLdap::new().read_entry(&seen(&account), Some(&seen(&policy_entry)), whole).state;
            let before = account.clone();
            let outcome = sign_in(&mut account, &policy, right, at);
            let stopped = meant(stored) == (LOCKED_UNSAID, Proven::Unknown);
            if right || stopped {
                prop_assert_eq!(told(&outcome), meant(stored));
            } else {
                prop_assert_eq!(told(&outcome), (State::Unknown, Proven::No));
            }
            prop_assert!(!outcome.is_in() || (right && !stopped && stored != State::Expired));
            prop_assert!(!stopped || account == before, "a stopped sign-in changes nothing");
            prop_assert!(account.values("userpassword") == before.values("userpassword"));
        }
    }
}
