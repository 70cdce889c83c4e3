//! What other doors ask of this one: the same guard before they test a password, and an end of the sessions of whoever has a new one.

use crate::gateway::{Gateway, Shared};
use crate::guard::{Asked, Attempt, Outcome, Reservation, TestedBy};
use postern_identity::decide::RouteQuestion;
use postern_identity::reset::ports::Attempting;
use postern_identity::reset::{AccountChange, Aftermath, Guarding, ports};
use postern_identity::{ConnectionFacts, Person, Secret};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an attempt waits for others of the same account.
const PATIENCE: Duration = Duration::from_secs(5);

/// The guard and the sessions, as other doors see them.
pub struct OtherDoors {
    shared: Arc<Shared>,
}

impl Gateway {
    /// For doors that test passwords and change accounts beside this one.
    pub fn other_doors(&self) -> OtherDoors {
        OtherDoors {
            shared: Arc::clone(self.shared()),
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
            route.guard.start_anew(&person.dn);
            if what == AccountChange::Password {
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
