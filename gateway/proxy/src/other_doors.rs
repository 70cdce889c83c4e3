//! What other doors ask of this one: the same guard before they test a password, and an end of the sessions of whoever has a new one.

use crate::gateway::{Gateway, Shared};
use crate::guard::{Asked, Attempt, Outcome, Reservation, TestedBy};
use postern_identity::decide::RouteQuestion;
use postern_identity::reset::ports::Attempting;
use postern_identity::reset::{AccountChange, Aftermath, Guarding, ports};
use postern_identity::{Clock, ConnectionFacts, Person, Secret, Timestamp};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long an attempt waits for others of the same account.
const PATIENCE: Duration = Duration::from_secs(5);

/// The guard and the sessions, as other doors see them.
pub struct OtherDoors {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    /// For doors that test passwords and change accounts beside this one.
    pub fn other_doors(&self, clock: Arc<dyn Clock>) -> OtherDoors {
        OtherDoors {
            shared: Arc::clone(self.shared()),
            clock,
        }
    }
}

impl Guarding for OtherDoors {
    fn attempt<'a>(
        &'a self,
        route: &'a str,
        client: IpAddr,
        person: &'a Person,
        password: &'a Secret,
    ) -> Attempting<'a> {
        Box::pin(async move {
            let kept = self.shared.routes.get(route)?;
            let connection = ConnectionFacts {
                client,
                ..ConnectionFacts::example()
            };
            let answer = self.shared.decide.route(&RouteQuestion {
                route,
                connection: &connection,
                account: None,
            })?;
            let Some(rules) = answer.rules.guard.as_ref() else {
                return Some(Box::new(Unguarded) as Box<dyn ports::Attempt>);
            };
            let asked = Attempt {
                name: person.dn.as_bytes(),
                password: password.expose(),
                by: TestedBy::Otherwise,
                client,
                rules: &rules.value,
            };
            match kept.guard.ask(&asked, PATIENCE).await {
                Asked::Go(reservation) => {
                    let tag = kept.guard.tag(&reservation, password.expose());
                    Some(Box::new(Reserved { reservation, tag }))
                }
                Asked::Held(_) | Asked::Late => None,
            }
        })
    }

    fn pace(&self, begun: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let taken = self.clock.now().duration_since(begun);
        // A clock that was put back says nothing of how long it took.
        let taken = Duration::try_from(taken).unwrap_or_default();
        Box::pin(tokio::time::sleep(left(taken)))
    }
}

/// When "it was not taken" is said: this long after the beginning, or the next whole number of times.
const PACE: Duration = Duration::from_millis(1_500);

/// How long is left of the step that `taken` ends in.
fn left(taken: Duration) -> Duration {
    let step = PACE.as_millis();
    let over = taken.as_millis() % step;
    Duration::from_millis(u64::try_from(step - over).unwrap_or(0))
}

impl Aftermath for OtherDoors {
    fn account_changed(&self, person: &Person, what: AccountChange) {
        let mut told: Vec<*const ()> = Vec::new();
        for route in self.shared.routes.values() {
            let guard = Arc::as_ptr(&route.guard).cast();
            if *route.upstream.name() != person.key.directory || told.contains(&guard) {
                continue;
            }
            told.push(guard);
            // Being stopped is no reason to forget who tried what.
            if what != AccountChange::Stopped {
                route.guard.start_anew(&person.dn);
            }
            if what != AccountChange::Unlocked {
                let names = [person.dn.as_str()].into_iter().chain(person.upn.as_deref());
                let names = names.chain(person.logins.iter().chain(&person.mails).map(String::as_str));
                route.rechecks.changed().tell(names);
            }
        }
    }
}

/// Where no guard is wanted.
struct Unguarded;

impl ports::Attempt for Unguarded {
    fn right(self: Box<Self>) {}
    fn wrong(self: Box<Self>) {}
    fn untested(self: Box<Self>) {}
}

struct Reserved {
    reservation: Reservation,
    tag: u64,
}

impl ports::Attempt for Reserved {
    fn right(self: Box<Self>) {
        self.reservation.settle(Outcome::Changed);
    }

    fn wrong(self: Box<Self>) {
        self.reservation.settle(Outcome::Wrong {
            times: 1,
            tag: Some(self.tag),
        });
    }

    fn untested(self: Box<Self>) {
        self.reservation.settle(Outcome::Released);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_different_times_is_answered_at_the_same() {
        let end = |millis: u64| millis + u64::try_from(left(Duration::from_millis(millis)).as_millis()).unwrap();
        assert_eq!((end(0), end(3), end(420), end(1_499)), (1_500, 1_500, 1_500, 1_500));
        assert_eq!((end(1_500), end(2_999)), (3_000, 3_000));
    }
}
