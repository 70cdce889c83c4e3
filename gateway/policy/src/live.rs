//! The rulebook in force, and its exchange for a newer one while everybody is asking.

use crate::rulebook::Rulebook;
use crate::rulebook::Untold;
use arc_swap::ArcSwap;
use postern_identity::Clock;
use postern_identity::decide::{BindQuestion, BindVerdict, Decide, Generation, RouteAnswer, RouteQuestion};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The policies in force. Asking takes no lock; a question is answered from one book from beginning to end.
pub struct LivePolicy {
    book: ArcSwap<Rulebook>,
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
        if number <= self.book.load().generation() {
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
        let (answer, is_unclear) = self.book.load().pass(question, self.clock.now(), |_, _| {})?;
        self.count(is_unclear);
        Some(answer)
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        let (verdict, is_unclear) = self.book.load().judge(question, self.clock.now(), &mut Untold);
        self.count(is_unclear);
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{RouteFacts, compile};
    use crate::set::PolicySet;
    use postern_identity::clock::FixedClock;
    use std::collections::HashMap;
    use std::sync::atomic::AtomicBool;

    fn clock() -> Arc<dyn Clock> {
        Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH))
    }

    fn book(generation: u64) -> Rulebook {
        let text = format!("priority = 1\n[[policy]]\nroute = \"r\"\npass.size_limit = {generation}\n");
        let facts = RouteFacts {
            name: "r".into(),
            portal_url: None,
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
