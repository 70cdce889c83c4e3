//! How often things may be done: what is counted, and under which name.

use super::asked::{By, Caller};
use super::context::Base;
use super::desk::Desk;
use super::keys::Purpose;
use super::rules::Limits;
use super::stages::Subject;
use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::records::{Allowance, Hash, Spent};
use std::net::IpAddr;
use std::time::Duration;

pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);
/// As good as never: longer than anything counted here lives.
const NEVER: Duration = Duration::from_hours(365 * 24);

/// T5: after so many wrong codes without a right one between, codes are compared for an account no longer. Its owner's next proof by a link, which
/// cannot be guessed, ends that.
const MOST_FAILURES: u32 = 100;

/// T5: so many wrong codes of an account may come one upon the other, then each has to wait: half a minute, and after as many again a quarter of an
/// hour. What is left of the day's ([`Limits::tries_of_account`]) comes slower still. Nobody is told: a code that came too soon is a wrong one.
const DELAYS: [(u32, Duration); 2] = [(5, Duration::from_secs(30)), (10, Duration::from_mins(15))];

/// Where a client comes from, as far as it is counted: an address, or the network of one that has many (RFC 6177).
pub(super) fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [one, two, three, four, ..] = address.segments();
            format!("{one:x}:{two:x}:{three:x}:{four:x}::/64")
        }
    }
}

/// From roughly where, to be shown: never a whole address.
pub(super) fn roughly(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => {
            let [one, two, three, _] = address.octets();
            format!("{one}.{two}.{three}.0/24")
        }
        IpAddr::V6(address) => {
            let [one, two, three, ..] = address.segments();
            format!("{one:x}:{two:x}:{three:x}::/48")
        }
    }
}

/// What the wrong proofs of a context are counted against, without which account is told by it.
pub(super) struct Tries {
    /// Told to whoever asked: the context's and the challenge's, by the route's rules.
    pub open: [Allowance; 2],
    /// Not told: the account's, all contexts together, by its own rules; of nobody's context, the name's that was typed.
    pub silent: [Allowance; 6],
}

impl Tries {
    /// After a proof all of them are given back: whoever guessed before, it was not this one.
    pub(super) fn keys(&self) -> Vec<Hash> {
        let all = self.open.iter().chain(&self.silent);
        all.map(|allowance| allowance.key).collect()
    }
}

impl Desk {
    pub(super) fn allowance(&self, what: &[&[u8]], burst: u32, every: Duration) -> Allowance {
        Allowance {
            key: self.parts.keys.hash(Purpose::Limit, what),
            burst: burst.max(1),
            every,
        }
    }

    /// So many in a time, at once or one after the other.
    pub(super) fn rate(&self, what: &[&[u8]], most: u32, per: Duration) -> Allowance {
        self.allowance(what, most, per / most.max(1))
    }

    pub(super) async fn spend(&self, allowances: &[Allowance], at: Timestamp) -> Result<Spent, Trouble> {
        Ok(self.parts.records.spend(allowances, at).await?)
    }

    /// Each of these, in turn until one is used up.
    pub(super) async fn spend_in_turn(&self, groups: &[&[Allowance]], at: Timestamp) -> Result<Vec<Spent>, Trouble> {
        Ok(self.parts.records.spend_in_turn(groups, at).await?)
    }

    /// A program asks for many people, and is known by its token: it has as much as the whole route may be sent.
    pub(super) fn requests_of_network(&self, kind: &str, caller: &Caller<'_>, limits: &Limits) -> Allowance {
        let route = caller.route;
        if let By::Program { token, .. } = caller.by {
            let what: [&[u8]; 4] = [b"program", kind.as_bytes(), route.as_bytes(), token.as_bytes()];
            return self.rate(&what, limits.per_route, HOUR);
        }
        let (from, most) = (network(caller.client), limits.per_network);
        self.rate(
            &[b"network", kind.as_bytes(), route.as_bytes(), from.as_bytes()],
            most,
            HOUR,
        )
    }

    pub(super) fn requests_of_name(&self, base_route: &str, name: &[u8; 32], limits: &Limits) -> Allowance {
        self.allowance(&[b"name", base_route.as_bytes(), name], limits.per_name, HOUR)
    }

    /// Before a letter is made: the mailbox's, the route's, and everybody's.
    pub(super) fn letters(&self, route: &str, mailbox: &str, limits: &Limits) -> [Allowance; 3] {
        let mailbox = super::asked::fold(mailbox);
        [
            self.rate(&[b"mailbox", mailbox.as_bytes()], limits.per_mailbox, DAY),
            self.rate(&[b"route", route.as_bytes()], limits.per_route, HOUR),
            self.rate(&[b"all routes"], self.parts.letters_an_hour, HOUR),
        ]
    }

    /// What a proof is counted against before it is looked at.
    pub(super) fn tries(&self, base: &Base, account: Option<&Subject>) -> Tries {
        let route: &Limits = &base.opening.rules.limits;
        let own: &Limits = account.map_or(route, |account| &account.rules.limits);
        let (kind, whose): (&[u8], &[u8]) = match account {
            Some(account) => (b"account", &account.hash.0),
            None => (b"nobody", &base.opening.name.0),
        };
        let attempt = base.attempt.to_be_bytes();
        let challenge: &[&[u8]] = &[b"challenge", &base.id.0, &attempt];
        let context: &[&[u8]] = &[b"context", &base.id.0];
        let [soon, later] = DELAYS;
        let delay = |(burst, every): (u32, Duration)| {
            self.allowance(&[b"tries at once", &burst.to_be_bytes(), kind, whose], burst, every)
        };
        Tries {
            open: [
                self.allowance(context, route.tries_of_context, NEVER),
                self.allowance(challenge, route.tries_of_challenge, NEVER),
            ],
            silent: [
                self.allowance(&[challenge, &[b"own"]].concat(), own.tries_of_challenge, NEVER),
                self.allowance(&[context, &[b"own"]].concat(), own.tries_of_context, NEVER),
                self.rate(&[b"tries a day", kind, whose], own.tries_of_account, DAY),
                self.allowance(&[b"tries in a row", kind, whose], MOST_FAILURES, NEVER),
                delay(soon),
                delay(later),
            ],
        }
    }

    /// After a proof that comes to nothing: it is not counted.
    pub(super) async fn forget_tries(&self, tries: &Tries) -> Result<(), Trouble> {
        Ok(self.parts.records.restore(&tries.keys()).await?)
    }
}
