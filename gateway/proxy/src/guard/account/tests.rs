use super::*;

const RULES: GuardRules = GuardRules {
    attempts: 5,
    window_seconds: 100,
    ipv4_prefix: 24,
    ipv6_prefix: 56,
    known_seconds: 1000,
};
const HOME: u64 = 1;
const ELSEWHERE: u64 = 2;

fn terms(now: u32, network: u64, can_read: bool) -> Terms<'static> {
    Terms {
        now,
        network,
        rules: &RULES,
        nodes: NonZeroU32::MIN,
        can_read,
        looked_at: &|| false,
    }
}

fn found(threshold: u32, interval_seconds: u32, failures: u32) -> Facts {
    Facts::Found {
        lockout: Lockout {
            policy: LockoutPolicy::Locks {
                threshold,
                interval_seconds,
            },
            failure_ages: vec![0; usize::try_from(failures).unwrap()],
            locked: false,
        },
        exact: true,
    }
}

fn wrong(tag: u64) -> Outcome {
    Outcome::Wrong {
        times: 1,
        tag: Some(tag),
    }
}

fn go(answer: Answer) -> Ticket {
    match answer {
        Answer::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn mark(answer: Answer) -> Mark {
    match answer {
        Answer::Read(mark) => mark,
        other => panic!("{other:?}"),
    }
}

/// Asks with a password of its own each time, reading as often as that is wanted.
fn ask(account: &mut Account, terms: &Terms<'_>, tag: u64, facts: &Facts) -> Answer {
    loop {
        match account.ask(terms, || tag) {
            Answer::Read(mark) => account.learn(mark, facts.clone(), terms.now, &RULES),
            answer => return answer,
        }
    }
}

#[test]
fn strangers_get_two_and_a_known_network_four_of_a_threshold_of_five() {
    for (network, most) in [(ELSEWHERE, 2), (HOME, 4)] {
        let mut account = Account::new(1, true);
        let facts = found(5, 600, 0);
        let ticket = go(ask(&mut account, &terms(1, HOME, true), 0, &facts));
        account.settle(ticket, Outcome::Right, HOME, 1);
        let mut sent = 0;
        for tag in 1..20 {
            // What the directory counts are ours.
            let facts = found(5, 600, sent);
            match ask(&mut account, &terms(2, network, true), tag, &facts) {
                Answer::Go(ticket) => {
                    sent += 1;
                    account.settle(ticket, wrong(tag), network, 2);
                }
                answer => assert_eq!(answer, Answer::Spent),
            }
        }
        assert_eq!(sent, most);
        // Its owner, at home, is let up as long as anything is left, and then everything is as new.
        let answer = ask(&mut account, &terms(700, HOME, true), 99, &found(5, 600, sent));
        if most == 2 {
            account.settle(go(answer), Outcome::Right, HOME, 700);
            assert!(matches!(
                ask(&mut account, &terms(701, ELSEWHERE, true), 98, &found(5, 600, 0)),
                Answer::Go(_)
            ));
        } else {
            assert_eq!(answer, Answer::Spent);
        }
    }
}

const LOST: Outcome = Outcome::Lost {
    times: 1,
    hung_up: false,
};

#[test]
fn fifty_at_once_are_no_more_than_one_after_the_other() {
    let mut account = Account::new(1, false);
    let first = go(account.ask(&terms(1, HOME, true), || 0));
    // Nothing is known of it, so a second one needs the directory's word.
    let read = mark(account.ask(&terms(1, HOME, true), || 1));
    assert_eq!(account.ask(&terms(1, HOME, true), || 2), Answer::Wait);
    account.learn(read, found(5, 600, 0), 1, &RULES);
    let second = go(account.ask(&terms(1, HOME, true), || 1));
    assert!((2..50).all(|tag| account.ask(&terms(1, HOME, true), || tag) == Answer::Wait));
    account.settle(first, wrong(0), HOME, 1);
    account.settle(second, LOST, HOME, 1);
    assert_eq!(
        ask(&mut account, &terms(1, HOME, true), 3, &found(5, 600, 2)),
        Answer::Unsettled
    );
}

#[test]
fn the_same_wrong_password_is_known_for_a_minute_and_until_one_is_written() {
    let mut account = Account::new(1, false);
    let terms_at = |now| terms(now, HOME, false);
    let ticket = go(account.ask(&terms_at(1), || 7));
    account.settle(ticket, wrong(7), HOME, 5);
    assert_eq!(account.ask(&terms_at(5 + REPEATED), || 7), Answer::Repeated);
    account.settle(go(account.clone().ask(&terms_at(6), || 8)), Outcome::Released, HOME, 6);
    let mut later = account.clone();
    assert!(matches!(later.ask(&terms_at(6 + REPEATED), || 7), Answer::Go(_)));
    account.forget_tags();
    assert!(matches!(account.ask(&terms_at(6), || 7), Answer::Go(_)));
}

#[test]
fn what_did_not_test_the_password_costs_nothing_and_an_expired_one_neither() {
    let mut account = Account::new(1, false);
    for outcome in [Outcome::Released, Outcome::Proven, Outcome::Right, Outcome::Changed] {
        for _ in 0..20 {
            let ticket = go(account.ask(&terms(1, HOME, false), || 0));
            account.settle(ticket, outcome, HOME, 1);
        }
    }
    assert!(!account.is_busy() && !account.is_counted(1, &RULES));
}

#[test]
fn a_success_clears_what_was_answered_before_it_left_and_no_more() {
    let mut account = Account::new(1, false);
    let terms = terms(1, HOME, false);
    let first = go(account.ask(&terms, || 1));
    account.settle(first, wrong(1), HOME, 1);
    let owner = go(account.clone().ask(&terms, || 2));
    let mut attack = account.clone();
    let _ = go(attack.ask(&terms, || 2));
    // An attacker's answer overtakes the owner's: the directory may have counted it after the success.
    attack.spend(1, 1);
    attack.settle(owner, Outcome::Right, HOME, 1);
    assert_eq!(attack.spent_count, 1);
    account.in_flight = 1;
    account.settle(owner, Outcome::Right, HOME, 1);
    assert_eq!(account.spent_count, 0);
}

#[test]
fn what_the_directory_counts_from_elsewhere_is_taken_off_the_budget() {
    let mut account = Account::new(1, true);
    let read = mark(account.ask(&terms(1, HOME, true), || 0));
    account.learn(read, found(5, 600, 2), 1, &RULES);
    // Four in all, two are used, two are kept for known networks.
    assert_eq!(account.ask(&terms(1, HOME, true), || 0), Answer::Spent);
    // The directory forgets them: it is asked again after a while.
    let read = mark(account.ask(&terms(2 + BELIEVED, HOME, true), || 0));
    account.learn(read, found(5, 600, 0), 2 + BELIEVED, &RULES);
    assert!(matches!(
        account.ask(&terms(2 + BELIEVED, HOME, true), || 0),
        Answer::Go(_)
    ));
}

#[test]
fn a_count_that_was_cleared_past_us_is_believed_only_where_counts_were_ever_shown() {
    for (shown, freed) in [(2, true), (0, false)] {
        let mut account = Account::new(1, false);
        for tag in 1..=2 {
            let ticket = go(ask(&mut account, &terms(1, HOME, true), tag, &found(5, 600, 0)));
            account.settle(ticket, wrong(tag), HOME, 1);
        }
        assert_eq!(
            ask(&mut account, &terms(1, HOME, true), 3, &found(5, 600, shown)),
            Answer::Spent
        );
        let later = terms(2 + BELIEVED, HOME, true);
        let answer = ask(&mut account, &later, 3, &found(5, 600, 0));
        assert_eq!(matches!(answer, Answer::Go(_)), freed, "{shown}");
    }
}

#[test]
fn wrong_ones_count_as_long_as_the_directory_counts_them_and_a_little_longer() {
    for (interval, window) in [(600, 600 * 10), (0, u32::MAX - 100)] {
        let mut account = Account::new(1, false);
        for tag in 1..=2 {
            let ticket = go(ask(&mut account, &terms(10, HOME, true), tag, &found(5, interval, 0)));
            account.settle(ticket, wrong(tag), HOME, 10);
        }
        let blind = |now| terms(now, HOME, false);
        let read = mark(account.ask(&terms(10, HOME, true), || 3));
        account.learn(read, found(5, interval, 2), 10, &RULES);
        assert_eq!(account.ask(&blind(10 + window), || 3), Answer::Spent);
        if interval > 0 {
            assert!(matches!(account.ask(&blind(11 + window + MARGIN), || 3), Answer::Go(_)));
        }
    }
}

#[test]
fn an_account_that_is_locked_already_is_left_to_the_directory() {
    let mut account = Account::new(1, true);
    let locked = Facts::Found {
        lockout: Lockout {
            policy: LockoutPolicy::Locks {
                threshold: 5,
                interval_seconds: 600,
            },
            failure_ages: vec![0; usize::try_from(5).unwrap()],
            locked: true,
        },
        exact: true,
    };
    let read = mark(account.ask(&terms(1, HOME, true), || 0));
    account.learn(read, locked, 1, &RULES);
    let ticket = go(account.ask(&terms(1, HOME, true), || 0));
    account.settle(ticket, Outcome::Released, HOME, 1);
    // Its lock may be over soon, and then what was counted is in force again.
    let read = mark(account.ask(&terms(2 + BELIEVED, HOME, true), || 0));
    account.learn(read, found(5, 600, 5), 2 + BELIEVED, &RULES);
    assert_eq!(account.ask(&terms(2 + BELIEVED, HOME, true), || 0), Answer::Spent);
}

#[test]
fn where_the_directory_cannot_be_asked_the_rules_hold() {
    let mut account = Account::new(1, true);
    let mut sent = 0;
    for tag in 1..20 {
        if let Answer::Go(ticket) = ask(&mut account, &terms(1, HOME, true), tag, &Facts::Unread) {
            sent += 1;
            account.settle(ticket, wrong(tag), HOME, 1);
        }
    }
    assert_eq!(sent, 2);
    // Not for ever: a window later they are forgotten.
    let over = 2 + window(RULES.window_seconds);
    assert!(matches!(
        ask(&mut account, &terms(over, HOME, true), 30, &Facts::Unread),
        Answer::Go(_)
    ));
}

#[test]
fn a_reading_that_is_cut_off_leaves_nobody_waiting() {
    let mut account = Account::new(1, true);
    let _ = mark(account.ask(&terms(1, HOME, true), || 0));
    assert_eq!(account.ask(&terms(1, HOME, true), || 0), Answer::Wait);
    account.stop_reading();
    let _ = mark(account.ask(&terms(1, HOME, true), || 0));
}

#[test]
fn lost_answers_count_until_the_directory_shows_that_it_did_not_count_them() {
    for hung_up in [false, true] {
        let ghost = if hung_up { GHOST_HUNG_UP } else { GHOST };
        for (later, freed) in [(ghost, false), (ghost + 1, true)] {
            let mut account = Account::new(1, false);
            for _ in 0..2 {
                let ticket = go(ask(&mut account, &terms(10, HOME, true), 1, &found(5, 600, 0)));
                account.settle(ticket, Outcome::Lost { times: 1, hung_up }, HOME, 10);
            }
            // It is the directory that is to blame, and nobody is told that the password was wrong.
            assert_eq!(
                ask(&mut account, &terms(10, HOME, true), 2, &found(5, 600, 0)),
                Answer::Unsettled
            );
            let answer = ask(&mut account, &terms(10 + later, HOME, true), 2, &found(5, 600, 0));
            assert_eq!(matches!(answer, Answer::Go(_)), freed, "{later}");
        }
    }
}

#[test]
fn what_was_answered_as_wrong_is_told_as_wrong_when_nothing_is_left() {
    let mut account = Account::new(1, false);
    for tag in 1..=2 {
        let ticket = go(ask(&mut account, &terms(10, HOME, true), tag, &found(5, 600, 0)));
        account.settle(ticket, wrong(tag), HOME, 10);
    }
    assert_eq!(
        ask(&mut account, &terms(10, HOME, true), 3, &found(5, 600, 2)),
        Answer::Spent
    );
}

#[test]
fn an_account_takes_little_room() {
    assert!(size_of::<Account>() <= 136, "{}", size_of::<Account>());
}
