use super::*;
use postern_directory::{Lockout, LockoutPolicy};
use std::num::NonZeroU32;

mod model;

const RULES: GuardRules = GuardRules {
    attempts: 5,
    window_seconds: 100,
    ipv4_prefix: 24,
    ipv6_prefix: 56,
    known_seconds: 1000,
};

fn terms(now: u32, can_read: bool) -> Terms<'static> {
    Terms {
        now,
        network: 9,
        rules: &RULES,
        nodes: NonZeroU32::MIN,
        can_read,
        looked_at: &|| false,
    }
}

fn wrong(tag: u64) -> Outcome {
    Outcome::Wrong {
        times: 1,
        tag: Some(tag),
    }
}

/// Spreads small numbers as the keyed hash would.
fn subject(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ number
}

/// Signs in with a right or wrong password, reading what the directory says if that is asked for. Whether it went up.
fn attempt(table: &Table, subject: u64, terms: &Terms<'_>, outcome: Outcome, facts: &Facts) -> bool {
    let tag = match outcome {
        Outcome::Wrong { tag: Some(tag), .. } => tag,
        _ => 0,
    };
    loop {
        match table.ask(subject, terms, || tag) {
            Answer::Read(mark) => table.learn(subject, mark, facts.clone(), terms.now, terms.rules),
            Answer::Go(ticket) => {
                table.settle(subject, ticket, outcome, (terms.network, terms.now, terms.rules));
                return true;
            }
            _ => return false,
        }
    }
}

#[test]
fn after_everybody_was_looked_at_only_those_with_failures_are_read_before_their_first_attempt() {
    let table = Table::new(1000, 1000);
    let seen = Terms {
        looked_at: &|| true,
        ..terms(1, true)
    };
    let first = |number, terms: &Terms<'_>| table.ask(subject(number), terms, || 0);
    assert!(matches!(first(1, &seen), Answer::Read(_)), "nobody was looked at yet");
    table.looked_at([subject(2)]);
    assert!(matches!(first(2, &seen), Answer::Read(_)), "something was counted");
    assert!(matches!(first(3, &seen), Answer::Go(_)), "nothing was");
    assert!(
        matches!(first(4, &terms(1, true)), Answer::Read(_)),
        "it was not looked there"
    );
}

fn found(failures: u32) -> Facts {
    Facts::Found {
        lockout: Lockout {
            policy: LockoutPolicy::Locks {
                threshold: 5,
                interval_seconds: 600,
            },
            failure_ages: vec![0; usize::try_from(failures).unwrap()],
            locked: false,
        },
        exact: true,
    }
}

#[test]
fn made_up_names_push_out_names_and_never_accounts() {
    let table = Table::new(SHARDS * 8, SHARDS * 8);
    let late = 100_000;
    for number in 0..SHARDS as u64 {
        attempt(
            &table,
            subject(number),
            &terms(late, false),
            Outcome::Right,
            &Facts::Nobody,
        );
    }
    let (accounts, _) = table.counts();
    for number in 1000..9000 {
        attempt(&table, subject(number), &terms(late, true), wrong(1), &Facts::Nobody);
    }
    let (still, names) = table.counts();
    assert_eq!((accounts, still), (SHARDS, SHARDS));
    assert!(names <= SHARDS * 8, "{names}");
}

#[test]
fn what_was_pushed_out_while_it_counted_is_asked_of_the_directory_before_anything_goes_up() {
    let table = Table::new(SHARDS * 8, SHARDS * 8);
    let (late, alice) = (100_000, subject(1));
    table.saw_window(window(RULES.window_seconds));
    // Nothing is known against anybody: no look-up. Then one wrong password, of which only this table knows.
    let Answer::Go(ticket) = table.ask(alice, &terms(late, true), || 1) else {
        panic!("it goes up unread")
    };
    table.settle(alice, ticket, wrong(1), (9, late, &RULES));
    for number in 1000..3000 {
        let other = subject(number);
        if let Answer::Go(ticket) = table.ask(other, &terms(late, true), || 1) {
            table.settle(other, ticket, wrong(1), (9, late, &RULES));
        }
    }
    assert!(table.shard(alice).find(alice).is_none(), "it is gone");
    let Answer::Read(mark) = table.ask(alice, &terms(late, true), || 2) else {
        panic!("it goes up unread")
    };
    table.learn(alice, mark, found(4), late, &RULES);
    assert_eq!(table.ask(alice, &terms(late, true), || 2), Answer::Spent);
    // A window later nothing of it counts any more.
    let later = late + window(RULES.window_seconds).max(window(600)) + 1;
    assert!(matches!(
        table.ask(subject(77), &terms(later, true), || 3),
        Answer::Go(_)
    ));
}

#[test]
fn accounts_with_nothing_against_them_make_room_for_others_first() {
    let table = Table::new(SHARDS * 8, SHARDS * 8);
    let (late, alice) = (100_000, subject(1));
    let read = |failures| move || found(failures);
    attempt(&table, alice, &terms(late, true), Outcome::Right, &read(0)());
    for tag in 1..=4 {
        attempt(
            &table,
            alice,
            &terms(late, true),
            wrong(tag),
            &read(u32::try_from(tag).unwrap() - 1)(),
        );
    }
    for number in 1000..9000 {
        attempt(
            &table,
            subject(number),
            &terms(late + 1, true),
            Outcome::Right,
            &found(0),
        );
    }
    assert!(table.counts().0 <= SHARDS * 8);
    assert!(!attempt(&table, alice, &terms(late + 2, true), wrong(9), &found(4)));
    assert_eq!(table.forgotten_until.load(Ordering::Relaxed), 0);
}

#[test]
fn what_happened_before_the_start_is_asked_of_the_directory_for_as_long_as_it_counts() {
    let table = Table::new(SHARDS * 8, SHARDS * 8);
    let window_of_rules = window(RULES.window_seconds);
    assert!(matches!(table.ask(subject(1), &terms(3, true), || 0), Answer::Read(_)));
    assert!(matches!(
        table.ask(subject(2), &terms(window_of_rules, true), || 0),
        Answer::Go(_)
    ));
    // A policy with a longer memory was seen.
    let Answer::Read(mark) = table.ask(subject(3), &terms(4, true), || 0) else {
        panic!()
    };
    table.learn(subject(3), mark, found(0), 4, &RULES);
    assert!(matches!(
        table.ask(subject(4), &terms(window_of_rules, true), || 0),
        Answer::Read(_)
    ));
    assert!(matches!(
        table.ask(subject(5), &terms(window(600), true), || 0),
        Answer::Go(_)
    ));
}

#[test]
fn a_hundred_thousand_accounts_with_something_against_them_take_at_most_200_octets_each() {
    let table = Table::new(MOST_ACCOUNTS, MOST_NAMES);
    let count = 100_000;
    for number in 0..count {
        attempt(
            &table,
            subject(number),
            &terms(100_000, true),
            Outcome::Right,
            &found(0),
        );
        attempt(
            &table,
            subject(number),
            &terms(100_000, true),
            wrong(number + 1),
            &found(0),
        );
    }
    assert_eq!(table.counts().0, 100_000);
    let octets: usize = table
        .shards
        .iter()
        .map(|shard| {
            // A map has a place and an octet more for each bucket, and buckets are a power of two of which at most 7 in 8 are used.
            let capacity = shard.lock().unwrap().accounts.capacity();
            let buckets = (capacity * 8 / 7).next_power_of_two();
            buckets * (size_of::<(u64, Account)>() + 1)
        })
        .sum();
    let each = octets / usize::try_from(count).unwrap();
    println!("{each} octets for each of {count} accounts");
    assert!(each <= 200, "{each}");
}
