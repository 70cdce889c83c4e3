//! Whoever is signed in may stay for as long as the rules, the account's standing and the server let them. Looked at by the session's
//! timer, never for a message.

use super::{Event, Identity, Leave, Session};
use crate::rechecks::{Finding, Watched};
use crate::ticker::ticks;
use postern_identity::audit::{self, Outcome};
use postern_identity::decide::{Admission, RuleName};
use postern_identity::{LockedBy, Proven, Standing, State};
use postern_ldap::ResultCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What is kept of a sign-in for that.
#[derive(Default)]
pub(super) struct Bound {
    /// When it was, in ticks.
    since: Option<u32>,
    /// The account, since when it is watched for this session, and the number of the finding the session has acted on.
    watched: Option<(Arc<Watched>, Instant, u32)>,
    /// The number of the last change of an account when the sign-in began, and the last one that was looked at.
    changes: (u64, u64),
    /// Why the session is to end as soon as it has its answers, is on record.
    told: bool,
}

impl Session {
    /// A sign-in begins: whatever is changed from now on concerns it.
    pub(super) fn note_changes(&mut self) {
        self.changes_known = self.route.rechecks.changed().number();
    }

    /// A new sign-in, or none: what was kept of the last is forgotten.
    pub(super) fn begin_bound(&mut self) {
        self.bound = Bound {
            changes: (self.changes_known, self.changes_known),
            ..Bound::default()
        };
        if self.is_bound() {
            self.bound.since = Some(self.shared.ticker.now());
        }
    }

    /// Why whoever is on this lane must go now, if they must.
    pub(super) fn outstayed(&mut self) -> Option<Event> {
        if let Some(over) = self
            .lane
            .as_ref()
            .and_then(|lane| self.route.upstream.drained_for(lane.server))
        {
            if !self.is_bound() && self.in_flight.is_empty() {
                self.give_lane_back();
            } else if over > Duration::ZERO {
                return self.go("built-in:server-drained", Leave::Drained, over, None);
            }
        }
        if !self.is_bound() {
            return None;
        }
        if self.is_changed() {
            self.end_lane();
            return self.go("built-in:password-changed", Leave::Standing, Duration::MAX, None);
        }
        let now = self.shared.ticker.now();
        let rules = self.rules.clone()?;
        let since = *self.bound.since.get_or_insert(now);
        if let Some(age) = &rules.max_bound_age {
            let longest = Duration::from_secs(u64::from(age.value));
            let stayed = now.saturating_sub(since);
            if stayed >= ticks(longest) {
                let over = Duration::from_millis(100) * (stayed - ticks(longest));
                return self.go(age.rule.as_str(), Leave::Aged, over, None);
            }
        }
        if rules.recheck.value > 0 && !self.is_transparent() {
            return self.recheck(Duration::from_secs(u64::from(rules.recheck.value)));
        }
        None
    }

    /// Ends the session when it has its answers, or has had the time of one more; on record once.
    fn go(&mut self, rule: &str, why: Leave, over: Duration, standing: Option<&Standing>) -> Option<Event> {
        let waits = !self.in_flight.only_lasting() && over < self.shared.limits.operation;
        if !std::mem::replace(&mut self.bound.told, true) {
            self.record_end(rule, Outcome::Refused, why, standing);
        }
        (!waits).then_some(Event::Leave(why))
    }

    /// Whether the account got another password through another door since the sign-in began.
    fn is_changed(&mut self) -> bool {
        let (Identity::Bound(signed_in) | Identity::Restricted(signed_in)) = &self.identity else {
            return false;
        };
        let changed = self.route.rechecks.changed();
        let (began, seen) = self.bound.changes;
        let number = changed.number();
        if number == seen || self.is_transparent() {
            return false;
        }
        let is_changed = changed.is_changed(&signed_in.name, began);
        // Once it is, it stays so: the session may have to wait for its answers before it ends.
        if !is_changed {
            self.bound.changes = (began, number);
        }
        is_changed
    }

    /// Takes up what the last look at the account showed.
    fn recheck(&mut self, period: Duration) -> Option<Event> {
        let (Identity::Bound(signed_in) | Identity::Restricted(signed_in)) = &self.identity else {
            return None;
        };
        let server = self.lane.as_ref()?.server;
        let Some((watched, since, seen)) = self.bound.watched.as_mut() else {
            // Only who stays is watched: most sessions end before the timer comes by.
            let watched = self.route.rechecks.watch(server, &signed_in.name, period)?;
            let seen = watched.number();
            self.bound.watched = Some((watched, Instant::now(), seen));
            return None;
        };
        let number = watched.number();
        if std::mem::replace(seen, number) == number {
            return None;
        }
        match watched.finding(*since)? {
            Finding::Gone => {
                self.end_lane();
                self.go("built-in:account-gone", Leave::Standing, Duration::MAX, None)
            }
            Finding::Stands(standing) if is_worse(&signed_in.standing.state, &standing.state) => {
                self.judge_standing(standing)
            }
            Finding::Stands(_) => None,
        }
    }

    /// The account stands otherwise than when it signed in: the rules say what becomes of it.
    fn judge_standing(&mut self, standing: Standing) -> Option<Event> {
        let (Identity::Bound(signed_in) | Identity::Restricted(signed_in)) = &self.identity else {
            return None;
        };
        let verdict = self.ask(&signed_in.name, &standing, Proven::Yes);
        let was_restricted = matches!(self.identity, Identity::Restricted(_));
        match verdict.admission {
            Admission::Refuse => {
                self.end_lane();
                let rule: RuleName = verdict.rule;
                self.go(rule.as_str(), Leave::Standing, Duration::MAX, Some(&standing))
            }
            Admission::Restrict if !was_restricted => {
                self.record_end(
                    verdict.rule.as_str(),
                    Outcome::Restricted,
                    Leave::Standing,
                    Some(&standing),
                );
                let identity = std::mem::replace(&mut self.identity, Identity::Anonymous);
                if let Identity::Bound(mut signed_in) | Identity::Restricted(mut signed_in) = identity {
                    signed_in.standing = standing;
                    signed_in.rule = verdict.rule;
                    self.identity = Identity::Restricted(signed_in);
                }
                // Whatever the directory makes of it, nobody else is to meet that lane.
                self.end_lane();
                self.take_rules_anew();
                self.set_fast();
                // A search that stays open would go on showing what may not be read any more.
                self.in_flight.any_lasting().then_some(Event::Leave(Leave::Standing))
            }
            Admission::Allow | Admission::Restrict => None,
        }
    }

    /// The lane serves nobody after this session.
    fn end_lane(&mut self) {
        if let Some(lane) = &mut self.lane {
            lane.tainted = true;
        }
    }

    /// What was looked up before now is not to be acted on.
    pub(super) fn watch_anew(&mut self) {
        self.bound.watched = None;
    }

    /// One line on record.
    fn record_end(&self, rule: &str, outcome: Outcome, why: Leave, standing: Option<&Standing>) {
        let (account, resolved) = self.as_given(self.account());
        // A session that goes on, restricted, is told nothing yet.
        let told = why.notice().filter(|_| outcome != Outcome::Restricted);
        self.shared.audit.record(&audit::Event {
            route: &self.route.name,
            client: Some(self.facts.peer),
            session: self.registered.number,
            account: &account,
            resolved: resolved.as_deref(),
            operation: "session",
            outcome,
            result_code: told.map_or(ResultCode::SUCCESS, |(code, _)| code).0,
            rule,
            standing: standing.map(|standing| (standing, Proven::Yes)),
            server: self
                .lane
                .as_ref()
                .map(|lane| self.route.upstream.server_name(lane.server)),
            owned: None,
            generation: self.generation,
        });
    }
}

/// Whether an account that stood like that when it signed in has lost something since. What wrong passwords of others bring about does
/// not count, or they could send its owner away; nor that the sign-in itself used up the last grace.
pub(super) fn is_worse(then: &State, now: &State) -> bool {
    let harmless = match now {
        State::Active
        | State::Expiring { .. }
        | State::ExpiredGrace { .. }
        | State::TransportRefused
        | State::Unknown
        | State::Locked {
            by: LockedBy::Failures | LockedBy::Idleness | LockedBy::Unsaid,
            ..
        } => true,
        State::Expired => matches!(then, State::ExpiredGrace { .. }),
        _ => false,
    };
    !harmless && then.name() != now.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_directorys_people_or_the_calendar_did_to_an_account_ends_a_session() {
        let locked = |by| State::Locked { by, until: None };
        let then = State::Active;
        for worse in [
            State::MustChange,
            State::Expired,
            State::Disabled,
            State::AccountExpired,
            State::NotYetValid,
            State::OutsideHours,
            State::WrongWorkstation,
            locked(LockedBy::Administrator),
        ] {
            assert!(is_worse(&then, &worse), "{worse:?}");
            assert!(!is_worse(&worse, &worse), "{worse:?} is no news");
        }
        for other in [
            State::Active,
            State::Expiring { seconds: 1 },
            State::ExpiredGrace { left: 0 },
            State::Unknown,
            locked(LockedBy::Failures),
            locked(LockedBy::Idleness),
            locked(LockedBy::Unsaid),
        ] {
            assert!(!is_worse(&then, &other), "{other:?}");
        }
        let last_grace = State::ExpiredGrace { left: 0 };
        assert!(!is_worse(&last_grace, &State::Expired), "the sign-in used it up itself");
        assert!(is_worse(&last_grace, &State::Disabled));
    }
}
