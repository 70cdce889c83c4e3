//! The rulebook in force, and its exchange for a newer one while everybody is asking.

use crate::bypass;
use crate::rulebook::Rulebook;
use crate::rulebook::Untold;
use arc_swap::ArcSwap;
use postern_identity::Clock;
use postern_identity::decide::{BindQuestion, BindVerdict, Decide, Generation, RouteAnswer, RouteQuestion, RouteRules};
use postern_identity::reset::{DecideReset, ResetQuestion, ResetRules};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The policies in force. Asking takes no lock; a question is answered from one book from beginning to end.
pub struct LivePolicy {
    book: ArcSwap<Rulebook>,
    /// Whether every route is transparent for now ([`bypass`]).
    bypassed: AtomicBool,
    generation: Arc<Generation>,
    clock: Arc<dyn Clock>,
    /// Questions in which a condition could not be evaluated.
    unclear: AtomicU64,
    /// Held while books are exchanged, so that generations only ever rise.
    exchange: Mutex<()>,
}

impl LivePolicy {
    /// Puts the first book in force. Conditions read the time from `clock`.
    pub fn new(first: Rulebook, clock: Arc<dyn Clock>) -> Self {
        let generation = Arc::new(Generation::default());
        generation.set(first.generation());
        Self {
            book: ArcSwap::from_pointee(first),
            bypassed: AtomicBool::new(false),
            generation,
            clock,
            unclear: AtomicU64::new(0),
            exchange: Mutex::new(()),
        }
    }

    /// Puts a book in force and then announces its generation, so that whoever sees the new number finds the new rules.
    /// A book that is not newer than the one in force is left aside and `false` returned.
    #[must_use]
    pub fn swap(&self, next: Rulebook) -> bool {
        let _exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        let number = next.generation();
        if number <= self.generation.get() {
            return false;
        }
        self.book.store(Arc::new(next));
        self.generation.set(number);
        true
    }

    /// How many questions were answered with the strictest in reach, because a condition could not be evaluated.
    pub fn unclear(&self) -> u64 {
        self.unclear.load(Ordering::Relaxed)
    }

    fn count(&self, is_unclear: bool) {
        if is_unclear {
            self.unclear.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Begins or ends a bypass: a new generation of the same book, so that every session takes it up. `false` if that is how it is
    /// already.
    #[must_use]
    pub fn bypass(&self, on: bool) -> bool {
        let _exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        if self.bypassed.swap(on, Ordering::SeqCst) == on {
            return false;
        }
        self.generation.set(self.generation.get() + 1);
        true
    }

    /// Whether a bypass is in force.
    pub fn is_bypassed(&self) -> bool {
        self.bypassed.load(Ordering::SeqCst)
    }

    /// The number in force: that of the book, or a higher one since a bypass began or ended.
    pub fn number(&self) -> u64 {
        self.generation.get()
    }

    /// The book in force.
    pub fn current(&self) -> Arc<Rulebook> {
        self.book.load_full()
    }
}

impl Decide for LivePolicy {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    fn route(&self, question: &RouteQuestion<'_>) -> Option<RouteAnswer> {
        let (mut answer, is_unclear) = self.book.load().pass(question, self.clock.now(), |_, _| {})?;
        self.count(is_unclear);
        if self.is_bypassed() {
            answer.rules = Arc::new(bypass::route(&answer.rules));
        }
        Some(answer)
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        self.sign_in(question).0
    }

    /// Verdict and rules are of one book.
    fn sign_in(&self, question: &BindQuestion<'_>) -> (BindVerdict, Option<Arc<RouteRules>>) {
        if self.is_bypassed() {
            return (bypass::bind(question), None);
        }
        let judged = self.book.load().judge(question, || self.clock.now(), &mut Untold);
        self.count(judged.is_unclear);
        (judged.verdict, judged.pass)
    }
}

impl DecideReset for LivePolicy {
    /// A bypass changes nothing of it: it is about what applications are answered.
    fn reset(&self, question: &ResetQuestion<'_>) -> Option<Arc<ResetRules>> {
        self.book.load().self_service(question).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{RouteFacts, compile};
    use crate::set::PolicySet;
    use postern_identity::clock::FixedClock;
    use postern_identity::decide::{Admission, Surface};
    use postern_identity::{ConnectionFacts, Evidence, Proven, Source, Standing, State};
    use std::collections::HashMap;

    fn rules(live: &LivePolicy) -> Arc<postern_identity::decide::RouteRules> {
        let question = RouteQuestion {
            route: "r",
            connection: &ConnectionFacts::example(),
            account: None,
        };
        live.route(&question).unwrap().rules
    }

    fn clock() -> Arc<dyn Clock> {
        Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH))
    }

    fn book(generation: u64) -> Rulebook {
        let text = format!("priority = 1\n[[policy]]\nroute = \"r\"\npass.size_limit = {generation}\n");
        let facts = RouteFacts {
            name: "r".into(),
            portal_url: None,
            mapped: false,
        };
        compile(&PolicySet::of_texts("p", [("p.toml", &*text)]), &[facts], generation).unwrap()
    }

    #[test]
    fn a_swap_brings_the_new_rules_and_their_number() {
        let live = LivePolicy::new(book(1), clock());
        let generation = live.generation();
        assert_eq!(generation.get(), 1);
        assert!(live.swap(book(2)));
        assert_eq!(generation.get(), 2);
        assert_eq!(live.current().rules("r").unwrap().pass.generation, 2);
        assert_eq!(live.current().generation(), 2);
        assert!(live.current().rules("other").is_none());
    }

    #[test]
    fn a_book_that_is_not_newer_never_comes_into_force() {
        let live = LivePolicy::new(book(5), clock());
        for stale in [5, 4] {
            assert!(!live.swap(book(stale)));
        }
        assert_eq!((live.generation().get(), live.current().generation()), (5, 5));
    }

    #[test]
    fn a_bypass_is_a_generation_of_its_own_and_outlives_a_new_book() {
        let live = LivePolicy::new(book(1), clock());
        assert!(live.bypass(true) && !live.bypass(true));
        assert_eq!(live.number(), 2);
        assert!(
            !live.swap(book(2)),
            "sessions would not notice a book with the bypass's number"
        );
        assert!(live.swap(book(3)));
        let during = rules(&live);
        assert_eq!(
            (during.surface.value, during.surface.rule.as_str()),
            (Surface::Transparent.into(), "built-in:bypass")
        );
        assert_eq!(
            during.size_limit.as_ref().unwrap().value,
            3,
            "what may pass stays as the files say"
        );
        assert!(live.bypass(false) && !live.bypass(false));
        assert_eq!(live.number(), 4);
        assert_eq!(rules(&live).surface.value, Surface::Text.into());
    }

    #[test]
    fn during_a_bypass_the_directory_alone_decides() {
        let live = LivePolicy::new(book(1), clock());
        assert!(live.bypass(true));
        for (code, proven, admission) in [
            (Some(0), Proven::Yes, Admission::Allow),
            (Some(49), Proven::Yes, Admission::Refuse),
            (Some(0), Proven::Unknown, Admission::Refuse),
            (Some(49), Proven::No, Admission::Refuse),
        ] {
            let standing = Standing {
                state: State::MustChange,
                cause: None,
                warning: None,
                evidence: Evidence {
                    source: Source::Bind,
                    result_code: code,
                    told_by: "test",
                },
            };
            let question = BindQuestion {
                route: "r",
                account: "uid=bob",
                connection: &ConnectionFacts::example(),
                standing: &standing,
                proven,
            };
            assert_eq!(live.bind(&question).admission, admission, "{code:?} {proven:?}");
        }
    }

    #[test]
    fn a_sign_in_is_judged_once_with_what_may_pass_after_it_but_not_during_a_bypass() {
        let text =
            "priority = 1\n[[policy]]\nroute = \"r\"\n[[policy]]\nroute = \"r\"\nwhen = \"account.within('dc=org')\"\n";
        let facts = RouteFacts {
            name: "r".into(),
            portal_url: None,
            mapped: false,
        };
        let book = compile(&PolicySet::of_texts("p", [("p.toml", text)]), &[facts], 1).unwrap();
        let live = LivePolicy::new(book, clock());
        let standing = Standing {
            state: State::Active,
            cause: None,
            warning: None,
            evidence: Evidence {
                source: Source::Bind,
                result_code: Some(0),
                told_by: "test",
            },
        };
        let question = BindQuestion {
            route: "r",
            account: "no distinguished name",
            connection: &ConnectionFacts::example(),
            standing: &standing,
            proven: Proven::Yes,
        };
        let (verdict, rules) = live.sign_in(&question);
        assert_eq!((rules.is_some(), live.unclear()), (true, 1), "it cannot be evaluated");
        assert_eq!(live.bind(&question), verdict);
        assert!(live.bypass(true));
        let (verdict, rules) = live.sign_in(&question);
        assert_eq!((verdict.rule.as_str(), rules.is_none()), ("built-in:bypass", true));
        assert_eq!(live.unclear(), 2);
    }

    #[test]
    fn whoever_sees_a_number_finds_rules_at_least_that_new() {
        const LAST: u64 = 50_000;
        let empty = |generation| Rulebook::new(generation, HashMap::new());
        let live = LivePolicy::new(empty(1), clock());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let generation = live.generation();
                loop {
                    let last = done.load(Ordering::Acquire);
                    let seen = generation.get();
                    assert!(live.current().generation() >= seen);
                    if last {
                        return seen;
                    }
                }
            });
            let swapped = (2..=LAST).all(|number| live.swap(empty(number)));
            done.store(true, Ordering::Release);
            assert_eq!(reader.join().unwrap(), LAST);
            assert!(swapped);
        });
    }
}
