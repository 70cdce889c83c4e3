//! Which servers are there: what connecting, waiting and asking showed of each.

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
    /// A connection failed or fell silent: until then others are taken.
    passed_over_until: Option<Instant>,
    /// Somebody is finding out whether it is there again: until then nobody else waits for it.
    tried_until: Option<Instant>,
    /// It did not answer when it was last asked.
    down: bool,
    /// Whether the last attempt succeeded, once there was one.
    reached: Option<bool>,
}

/// Whether a server is to be passed over. Those that are there come first; of the others the one that may be back soonest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Away {
    /// It is there, as far as is known.
    Not,
    /// Until then.
    PassedOver(Instant),
    /// Until it answers when it is asked.
    Down,
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

    /// Whether it is to be passed over.
    pub(super) fn away(&self, index: usize, now: Instant) -> Away {
        let Some(server) = self.server(index) else {
            return Away::Down;
        };
        let until = server.passed_over_until.max(server.tried_until);
        match until.filter(|until| *until > now) {
            _ if server.down => Away::Down,
            Some(until) => Away::PassedOver(until),
            None => Away::Not,
        }
    }

    /// Somebody is about to use it. If its time of being passed over is up, the others keep passing it over until that is decided.
    pub(super) fn about_to_try(&self, index: usize, now: Instant) {
        if let Some(mut server) = self.server(index)
            && server.passed_over_until.is_some_and(|until| until <= now)
            && server.tried_until.is_none_or(|until| until <= now)
        {
            server.tried_until = Some(now + self.probe);
        }
    }

    /// It took a connection and secured it. True if that is news after a miss.
    pub(super) fn reached(&self, index: usize) -> bool {
        let Some(mut server) = self.server(index) else {
            return false;
        };
        server.passed_over_until = None;
        server.tried_until = None;
        // A connection says nothing of one that takes them and does not answer.
        server.reached.replace(true) == Some(false) && !server.down
    }

    /// It could not be reached. True if that is news.
    pub(super) fn missed(&self, index: usize, now: Instant) -> bool {
        let Some(mut server) = self.server(index) else {
            return false;
        };
        server.passed_over_until = Some(now + self.retry_after);
        server.tried_until = None;
        server.reached.replace(false) != Some(false) && !server.down
    }

    /// An established connection broke. That alone does not say that nobody is there: servers close idle connections.
    pub(super) fn lost(&self, index: usize, now: Instant) {
        if let Some(mut server) = self.server(index) {
            server.passed_over_until = Some(now + self.retry_after);
            server.tried_until = None;
        }
    }

    /// It was asked whether it is well. True if the answer is news.
    pub(super) fn asked(&self, index: usize, well: bool, now: Instant) -> bool {
        let Some(mut server) = self.server(index) else {
            return false;
        };
        let away = server.down || server.reached == Some(false);
        if well {
            server.tried_until = None;
            // One that answers us and lets a client wait keeps its time: the next client would wait too.
            if away || server.passed_over_until.is_some_and(|until| until <= now) {
                server.passed_over_until = None;
            }
            server.reached = Some(true);
        }
        let was_down = std::mem::replace(&mut server.down, !well);
        if well { away } else { !was_down }
    }

    /// Whether the last attempt on some server succeeded.
    pub(super) fn any_reached(&self) -> bool {
        (0..self.servers.len()).any(|index| {
            self.server(index)
                .is_some_and(|server| server.reached == Some(true) && !server.down)
        })
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
    fn a_missed_server_is_passed_over_until_it_is_reached() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert_eq!(order.away(0, now), Away::Not);
        assert!(order.missed(0, now), "the first miss is news");
        assert!(!order.missed(0, now), "the second is not");
        assert_eq!(order.away(0, now), Away::PassedOver(now + RETRY));
        assert_eq!(order.away(1, now), Away::Not);
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
        assert_eq!(order.away(0, later), Away::Not);
        order.about_to_try(0, later);
        assert_eq!(order.away(0, later), Away::PassedOver(later + PROBE));
        order.reached(0);
        assert_eq!(order.away(0, later), Away::Not);
    }

    #[test]
    fn a_server_that_does_not_answer_when_asked_is_down_until_it_does() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert!(!order.asked(0, true, now), "that it is well is no news");
        assert!(order.asked(0, false, now));
        assert!(!order.asked(0, false, now), "once");
        assert_eq!(order.away(0, now + PROBE * 100), Away::Down);
        order.reached(0);
        assert_eq!(
            order.away(0, now),
            Away::Down,
            "that it takes connections is not enough"
        );
        order.missed(0, now);
        assert!(order.asked(0, true, now));
        assert_eq!(order.away(0, now), Away::Not);
    }

    #[test]
    fn a_server_that_answers_when_asked_but_let_a_client_wait_is_passed_over_all_the_same() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        order.lost(0, now);
        order.asked(0, true, now);
        assert_eq!(order.away(0, now), Away::PassedOver(now + RETRY));
        order.asked(0, true, now + RETRY);
        order.about_to_try(0, now + RETRY);
        assert_eq!(order.away(0, now + RETRY), Away::Not);
    }

    #[test]
    fn health_follows_the_last_attempt_and_not_a_closed_connection() {
        let (order, now) = (Order::new(2, RETRY, PROBE), Instant::now());
        assert!(!order.any_reached());
        order.reached(1);
        order.lost(1, now);
        assert!(order.any_reached());
        order.asked(1, false, now);
        assert!(!order.any_reached());
        order.asked(1, true, now);
        order.missed(1, now);
        assert!(!order.any_reached());
    }
}
