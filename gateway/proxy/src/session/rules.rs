//! A session under the rules in force: taken up when they change, and what they let it skip.

use super::record::lossy;
use super::{Identity, Leave, NobodysRules, RulesHold, Session};
use crate::lane::LaneIdentity;
use crate::ticker::ticks;
use postern_identity::decide::{Admission, Operation, RouteQuestion, RouteRules, RuleName, TlsRule};
use postern_identity::disclose;
use std::ops::ControlFlow;
use std::sync::Arc;

impl Session {
    /// Takes up the rules now in force, and judges the session again under them from what it remembers. No I/O.
    pub(super) fn new_rules(&mut self) -> ControlFlow<Leave> {
        self.generation = self.shared.generation.get();
        self.take_rules();
        let flow = self.judge_again();
        self.set_fast();
        // A search that stays open was admitted by rules that are no more: it goes on only if nothing in the new ones could touch it.
        let closed = self
            .rules
            .as_ref()
            .is_none_or(|rules| rules.look_inside_searches() || !rules.operations.value.contains(Operation::Search));
        if closed && self.in_flight.any_lasting() {
            return ControlFlow::Break(Leave::Rules);
        }
        flow
    }

    /// Asks for the rules of whoever this session is now.
    pub(super) fn take_rules(&mut self) {
        let signed_in = match &self.identity {
            Identity::Anonymous => None,
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => Some(signed_in),
        };
        if signed_in.is_none()
            && let Some(known) = &self.nobodys_rules
            && known.generation == self.generation
            && known.secure == self.facts.secure
            && known.hold.until.is_none_or(|end| self.shared.ticker.now() < end)
        {
            self.rules_hold = known.hold;
            self.rules = known.rules.clone();
            return;
        }
        let nobody = signed_in.is_none();
        let account = signed_in.map(|signed_in| {
            let told = disclose(&signed_in.standing, signed_in.proven).state().name();
            (lossy(&signed_in.name), told)
        });
        let answer = self.shared.decide.route(&RouteQuestion {
            route: &self.route.name,
            connection: &self.facts.connection(),
            account: account.as_ref().map(|(name, told)| (&**name, *told)),
        });
        self.rules_hold = answer.as_ref().map_or_else(RulesHold::default, |answer| RulesHold {
            conditional: answer.conditional,
            // One tick more: by then the moment has passed on any clock.
            until: answer
                .valid_for
                .map(|time| self.shared.ticker.now().saturating_add(ticks(time)).saturating_add(1)),
            may_write: answer.may_write,
        });
        self.rules = answer.map(|answer| answer.rules);
        if nobody && self.rules_hold.conditional {
            self.nobodys_rules = Some(NobodysRules {
                generation: self.generation,
                secure: self.facts.secure,
                rules: self.rules.clone(),
                hold: self.rules_hold,
            });
        }
    }

    /// The same where another account, or the time that has passed, may have made a difference.
    pub(super) fn take_rules_anew(&mut self) {
        if self.rules_hold.conditional {
            self.take_rules();
        }
    }

    /// The same for whoever has just been let in or turned away. `judged`: what came with the verdict, which holds for as long as what
    /// this sign-in began with, for that rests on the clock alone.
    pub(super) fn take_rules_judged(&mut self, judged: Option<Arc<RouteRules>>) {
        match judged {
            Some(rules) if self.rules_hold.conditional && self.is_bound() && !self.rules_are_over() => {
                self.rules = Some(rules);
            }
            _ => self.take_rules_anew(),
        }
    }

    /// Whether time alone may have changed the rules.
    pub(super) fn rules_are_over(&self) -> bool {
        self.rules_hold.until.is_some_and(|end| self.shared.ticker.now() >= end)
    }

    pub(super) fn judge_again(&mut self) -> ControlFlow<Leave> {
        let signed_in = match &self.identity {
            Identity::Anonymous => return ControlFlow::Continue(()),
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => signed_in,
        };
        if self.is_transparent() {
            return ControlFlow::Continue(());
        }
        // What was not asked for cannot be judged. The directory itself holds this lane to what it knows of the account.
        if !signed_in.known {
            return ControlFlow::Continue(());
        }
        let mut verdict = self.ask(&signed_in.name, &signed_in.standing, signed_in.proven);
        // Whom the directory turned away is let in for nothing more, whatever the rules say now.
        if self.is_turned_away() && verdict.admission == Admission::Allow {
            verdict.admission = Admission::Refuse;
        }
        let identity = std::mem::replace(&mut self.identity, Identity::Anonymous);
        let (Identity::Bound(mut signed_in) | Identity::Restricted(mut signed_in)) = identity else {
            return ControlFlow::Continue(());
        };
        signed_in.rule = verdict.rule;
        match verdict.admission {
            Admission::Allow => self.identity = Identity::Bound(signed_in),
            Admission::Restrict => self.identity = Identity::Restricted(signed_in),
            Admission::Refuse => {
                if let Some(lane) = &mut self.lane {
                    lane.tainted = true;
                }
                return ControlFlow::Break(Leave::Rules);
            }
        }
        ControlFlow::Continue(())
    }

    /// Why the directory's own verdict is passed on: the route's policy, or an emergency.
    pub(super) fn rule_of_transparency(&self) -> RuleName {
        let bypass = RuleName::built_in("bypass");
        let in_force = self.rules.as_ref().is_some_and(|rules| rules.surface.rule == bypass);
        if in_force {
            bypass
        } else {
            RuleName::built_in("transparent")
        }
    }

    /// Works out whether plain searches may skip every other look.
    pub(super) fn set_fast(&mut self) {
        // What is made in another's name is always read to its end.
        // Where another product is shown, some entries are ours.
        let lane_fits = self.lane_fits() && !self.acts() && self.route.shape.is_none();
        self.fast = lane_fits
            && self.rules.as_ref().is_some_and(|rules| {
                rules.operations.value.contains(Operation::Search)
                    && !rules.look_inside_searches()
                    && (self.facts.secure || rules.tls.value != TlsRule::Always)
                    && match self.identity {
                        Identity::Anonymous => rules.anonymous.value,
                        Identity::Bound(_) => true,
                        Identity::Restricted(_) => false,
                    }
            });
    }

    /// Whether the lane is our service account's, acting for whom the session is.
    pub(super) fn acts(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.acts())
    }

    /// Lane rule 1: whether the directory takes the lane for whom the session is.
    pub(super) fn lane_fits(&self) -> bool {
        matches!(
            (&self.identity, self.lane.as_ref().map(|lane| lane.identity)),
            (Identity::Anonymous, Some(LaneIdentity::Anonymous))
                | (
                    Identity::Bound(_) | Identity::Restricted(_),
                    Some(LaneIdentity::Session)
                )
        )
    }
}
