//! Which server is tried first: the first in order, unless it was just lost and another one is there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is known of each server, in the order of the settings.
pub(super) struct Order {
    servers: Vec<Mutex<Server>>,
    retry_after: Duration,
    probe: Duration,
}

#[derive(Default)]
struct Server {
    passed_over_until: Option<Instant>,
    /// Whether the last attempt succeeded, once there was one.
    reached: Option<bool>,
}

impl Order {
    /// `retry_after`: how long a lost server is passed over. `probe`: how long one caller who tries it again may take; until
    /// then nobody else waits for a server that hangs.
    pub(super) fn new(servers: usize, retry_after: Duration, probe: Duration) -> Self {
        Self {
            servers: (0..servers).map(|_| Mutex::new(Server::default())).collect(),
            retry_after,
            probe,
        }
    }

    /// Every server, those to be passed over at the end: when nobody else is there they are tried all the same.
    pub(super) fn candidates(&self, now: Instant) -> Vec<usize> {
        let (mut there, mut passed_over) = (Vec::new(), Vec::new());
        for index in 0..self.servers.len() {
            let Some(mut server) = self.server(index) else { continue };
            match server.passed_over_until {
                Some(until) if until > now => passed_over.push((until, index)),
                Some(_) => {
                    // Its time is up: this caller tries, the others keep passing it over until that is decided.
                    server.passed_over_until = Some(now + self.probe);
                    there.push(index);
                }
                None => there.push(index),
            }
        }
        passed_over.sort_unstable();
        there.extend(passed_over.into_iter().map(|(_, index)| index));
        there
    }

    /// It took a connection and secured it. True if that is news after a miss.
    pub(super) fn reached(&self, index: usize) -> bool {
        let Some(mut server) = self.server(index) else {
            return false;
        };
        server.passed_over_until = None;
        server.reached.replace(true) == Some(false)
    }

    /// It could not be reached. True if that is news.
    pub(super) fn missed(&self, index: usize, now: Instant) -> bool {
        let Some(mut server) = self.server(index) else {
            return false;
        };
        server.passed_over_until = Some(now + self.retry_after);
        server.reached.replace(false) != Some(false)
    }

    /// An established connection broke. That alone does not say that nobody is there: servers close idle connections.
    pub(super) fn lost(&self, index: usize, now: Instant) {
        if let Some(mut server) = self.server(index) {
            server.passed_over_until = Some(now + self.retry_after);
        }
    }

    /// Whether no server before this one is to be tried: all of them are passed over.
    pub(super) fn is_first(&self, index: usize, now: Instant) -> bool {
        (0..index).all(|earlier| {
            self.server(earlier)
                .is_none_or(|server| server.passed_over_until.is_some_and(|until| until > now))
        })
    }

    /// Whether the last attempt on some server succeeded.
    pub(super) fn any_reached(&self) -> bool {
        (0..self.servers.len()).any(|index| self.server(index).is_some_and(|server| server.reached == Some(true)))
    }

    fn server(&self, index: usize) -> Option<MutexGuard<'_, Server>> {
        // Held for a few instructions that cannot panic; a poisoned lock still holds what it held.
        Some(self.servers.get(index)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Duration = Duration::from_millis(500);
    const PROBE: Duration = Duration::from_secs(4);

    #[test]
    fn the_first_server_in_order_comes_first_until_it_is_missed() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert_eq!(order.candidates(now), [0, 1]);
        assert!(order.missed(0, now), "the first miss is news");
        assert!(!order.missed(0, now), "the second is not");
        assert_eq!(order.candidates(now), [1, 0]);
        assert!(order.reached(0), "and its return is");
        assert!(!order.reached(0));
        order.lost(0, now);
        assert!(order.missed(0, now), "also where a broken connection told of it before");
    }

    #[test]
    fn after_its_time_one_caller_tries_a_missed_server_and_the_others_do_not_wait_for_it() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        order.missed(0, now);
        let later = now + RETRY;
        assert_eq!(order.candidates(later), [0, 1]);
        assert_eq!(order.candidates(later), [1, 0]);
        order.reached(0);
        assert_eq!(order.candidates(later), [0, 1]);
    }

    #[test]
    fn the_second_server_is_first_only_while_the_first_is_passed_over() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert!(order.is_first(0, now) && !order.is_first(1, now));
        order.missed(0, now);
        assert!(order.is_first(1, now));
        assert!(!order.is_first(1, now + RETRY));
    }

    #[test]
    fn a_single_server_is_tried_however_often_it_was_lost() {
        let (order, now) = (Order::new(1, RETRY, PROBE), Instant::now());
        order.missed(0, now);
        order.lost(0, now);
        assert_eq!(order.candidates(now), [0]);
    }

    #[test]
    fn health_follows_the_last_attempt_and_not_a_closed_connection() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert!(!order.any_reached());
        order.reached(1);
        order.lost(1, now);
        assert!(order.any_reached());
        order.missed(1, now);
        assert!(!order.any_reached());
    }
}
