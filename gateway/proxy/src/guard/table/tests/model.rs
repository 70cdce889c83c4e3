//! The table against a directory that counts as slapd does, under attempts that overtake each other in every order: it never locks, and
//! its owner gets in whenever a budget is left.

use super::*;
use proptest::prelude::*;

const LOST: Outcome = Outcome::Lost {
    times: 1,
    hung_up: false,
};

/// A directory of one account, as slapo-ppolicy counts: times of failures, cleared by a success.
struct Directory {
    threshold: u32,
    interval: u32,
    failures: Vec<u32>,
    locked: bool,
}

impl Directory {
    /// In ticks; whole seconds are compared, as slapd does.
    fn counted(&self, now: u32) -> u32 {
        let counts = |at: &&u32| self.interval == 0 || now / 10 - **at / 10 <= self.interval;
        u32::try_from(self.failures.iter().filter(counts).count()).unwrap()
    }

    fn bind(&mut self, right: bool, now: u32) -> bool {
        if self.locked {
            return false;
        }
        if right {
            self.failures.clear();
            return true;
        }
        self.failures.push(now);
        self.locked = self.counted(now) >= self.threshold;
        false
    }

    fn facts(&self, now: u32) -> Facts {
        Facts::Found {
            lockout: Lockout {
                policy: LockoutPolicy::Locks {
                    threshold: self.threshold,
                    interval_seconds: self.interval,
                },
                failure_ages: vec![0; usize::try_from(self.counted(now)).unwrap()],
                locked: self.locked,
            },
            exact: true,
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody tries a password: 0 is the right one.
    Try { network: u64, password: u64 },
    /// An attempt that left reaches the directory.
    Arrive(usize),
    /// Its answer comes back, or is lost.
    Return { which: usize, lost: bool },
    /// A reading that was begun reaches the directory, or is cut off.
    Look { cut: bool },
    /// What it saw comes back.
    Tell,
    /// Time passes.
    Pass(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3u64, 0..12u64).prop_map(|(network, password)| Step::Try { network, password }),
        6 => any::<usize>().prop_map(Step::Arrive),
        6 => (any::<usize>(), prop::bool::weighted(0.1)).prop_map(|(which, lost)| Step::Return { which, lost }),
        4 => prop::bool::weighted(0.1).prop_map(|cut| Step::Look { cut }),
        4 => Just(Step::Tell),
        2 => (1..400u32).prop_map(Step::Pass),
    ]
}

/// An attempt on its way: what the directory said to it, if it was there.
struct Flying {
    ticket: Ticket,
    network: u64,
    password: u64,
    said: Option<bool>,
}

fn play(threshold: u32, interval: u32, before: u32, steps: &[Step]) -> Result<(), TestCaseError> {
    let table = Table::new(1024, 1024);
    let mut now = 20_000;
    let mut directory = Directory {
        threshold,
        interval,
        failures: vec![now; usize::try_from(before.min(threshold - 1)).unwrap()],
        locked: false,
    };
    table.saw_window(u32::MAX); // as after a start: what happened before is not known
    let mut flying: Vec<Flying> = Vec::new();
    // Lost to us, and on its way all the same: a directory that hung goes on some time.
    let mut ghosts: Vec<(u32, u64)> = Vec::new();
    let mut reading: Option<(Mark, Option<Facts>)> = None;
    let at = |now, network| Terms {
        network,
        ..terms(now, true)
    };
    for step in steps {
        match *step {
            Step::Try { network, password } => match table.ask(7, &at(now, network), || password + 1) {
                Answer::Go(ticket) => flying.push(Flying {
                    ticket,
                    network,
                    password,
                    said: None,
                }),
                Answer::Read(mark) => {
                    prop_assert!(reading.is_none(), "two read at once");
                    reading = Some((mark, None));
                }
                Answer::Wait => prop_assert!(reading.is_some() || !flying.is_empty(), "it waits for nothing"),
                Answer::Repeated => prop_assert!(password != 0, "the right password is called wrong"),
                Answer::Spent | Answer::Unsettled => {}
            },
            Step::Arrive(which) => {
                let mut left: Vec<_> = flying.iter_mut().filter(|one| one.said.is_none()).collect();
                if left.is_empty() {
                    if let Some((_, password)) = ghosts.pop() {
                        directory.bind(password == 0, now);
                    }
                } else {
                    let which = which % left.len();
                    left[which].said = Some(directory.bind(left[which].password == 0, now));
                }
            }
            Step::Return { which, lost } if !flying.is_empty() => {
                let one = flying.swap_remove(which % flying.len());
                let outcome = match one.said {
                    Some(true) if !lost => Outcome::Right,
                    Some(false) if !lost => wrong(one.password + 1),
                    Some(_) => LOST,
                    None => {
                        ghosts.push((now, one.password));
                        LOST
                    }
                };
                table.settle(7, one.ticket, outcome, (one.network, now, &RULES));
            }
            Step::Look { cut: true } => {
                if reading.take().is_some() {
                    table.stop_reading(7);
                }
            }
            Step::Look { cut: false } => {
                if let Some((_, seen @ None)) = &mut reading {
                    *seen = Some(directory.facts(now));
                }
            }
            Step::Tell => {
                reading = match reading.take() {
                    Some((mark, Some(facts))) => {
                        table.learn(7, mark, facts, now, &RULES);
                        None
                    }
                    other => other,
                };
            }
            Step::Pass(ticks) => {
                now += ticks;
                ghosts.retain(|(since, _)| now - since < 300);
            }
            Step::Return { .. } => {}
        }
        prop_assert!(!directory.locked, "the directory has locked the account");
    }
    Ok(())
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("POSTERN_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_directory_never_locks_whatever_overtakes_what(
        threshold in 2..8u32,
        interval in prop_oneof![Just(0u32), Just(30), Just(600)],
        before in 0..8u32,
        steps in prop::collection::vec(step(), 1..300),
    ) {
        play(threshold, interval, before, &steps)?;
    }

    #[test]
    fn an_owner_at_home_gets_in_while_strangers_guess(
        threshold in 3..9u32,
        guesses in prop::collection::vec(1..1000u64, 1..60),
    ) {
        let table = Table::new(1024, 1024);
        let mut directory = Directory { threshold, interval: 600, failures: Vec::new(), locked: false };
        let (home, now) = (100, 20_000);
        let mut go = |network: u64, password: u64| loop {
            let terms = Terms { network, ..terms(now, true) };
            match table.ask(7, &terms, || password + 1) {
                Answer::Go(ticket) => {
                    let right = directory.bind(password == 0, now);
                    let outcome = if right { Outcome::Right } else { wrong(password + 1) };
                    table.settle(7, ticket, outcome, (network, now, &RULES));
                    return (right, directory.locked);
                }
                Answer::Read(mark) => table.learn(7, mark, directory.facts(now), now, &RULES),
                _ => return (false, directory.locked),
            }
        };
        prop_assert_eq!(go(home, 0), (true, false));
        for guess in guesses {
            prop_assert_eq!(go(guess, guess), (false, false));
            prop_assert_eq!(go(home, 0), (true, false), "the owner is kept out");
        }
    }
}
