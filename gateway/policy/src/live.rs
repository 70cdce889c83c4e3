//! The rulebook in force, and its exchange for a newer one while everybody is asking.

use crate::rulebook::Rulebook;
use arc_swap::ArcSwap;
use postern_identity::decide::{BindQuestion, BindVerdict, Decide, Generation, RouteRules};
use std::sync::{Arc, Mutex, PoisonError};

/// The policies in force. Asking takes no lock; a question is answered from one book from beginning to end.
pub struct LivePolicy {
    book: ArcSwap<Rulebook>,
    generation: Arc<Generation>,
    /// Held while books are exchanged, so that generations only ever rise.
    exchange: Mutex<()>,
}

impl LivePolicy {
    /// Puts the first book in force.
    pub fn new(first: Rulebook) -> Self {
        let generation = Arc::new(Generation::default());
        generation.set(first.generation());
        Self {
            book: ArcSwap::from_pointee(first),
            generation,
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

    /// The book in force.
    pub fn current(&self) -> Arc<Rulebook> {
        self.book.load_full()
    }
}

impl Decide for LivePolicy {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    fn route(&self, route: &str) -> Option<Arc<RouteRules>> {
        self.book.load().route(route)
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        self.book.load().bind(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{RouteFacts, compile};
    use crate::set::PolicySet;
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicBool, Ordering};

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
        let live = LivePolicy::new(book(1));
        let generation = live.generation();
        assert_eq!(generation.get(), 1);
        assert!(live.swap(book(2)));
        assert_eq!(generation.get(), 2);
        assert_eq!(live.route("r").unwrap().generation, 2);
        assert_eq!(live.current().generation(), 2);
        assert!(live.route("other").is_none());
    }

    #[test]
    fn a_book_that_is_not_newer_never_comes_into_force() {
        let live = LivePolicy::new(book(5));
        for stale in [5, 4] {
            assert!(!live.swap(book(stale)));
        }
        assert_eq!((live.generation().get(), live.current().generation()), (5, 5));
    }

    #[test]
    fn whoever_sees_a_number_finds_rules_at_least_that_new() {
        const LAST: u64 = 50_000;
        let empty = |generation| Rulebook::new(generation, HashMap::new());
        let live = LivePolicy::new(empty(1));
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
