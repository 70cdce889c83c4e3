//! The rules of the test: everybody the directory proved may come in, but for those whose name says otherwise.

use postern_identity::audit::{Audit, Event};
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, Decide, Generation, Operations, References, RouteAnswer, RouteQuestion,
    RouteRules, RuleName, Ruled, Surface, TlsRule,
};
use postern_identity::{Proven, State};
use std::sync::Arc;

pub(crate) struct Silent;

impl Audit for Silent {
    fn record(&self, _: &Event<'_>) {}
}

pub(crate) struct Rules {
    generation: Arc<Generation>,
    rules: Arc<RouteRules>,
}

impl Rules {
    pub(crate) fn new(ppolicy: bool) -> Self {
        let rule = || RuleName::built_in("test");
        let generation = Arc::new(Generation::default());
        generation.set(1);
        let rules = Arc::new(RouteRules {
            route: "route".into(),
            generation: 1,
            surface: Ruled::new(if ppolicy { Surface::Ppolicy } else { Surface::Text }.into(), rule()),
            operations: Ruled::new(Operations::all(), rule()),
            read_only: Ruled::new(false, rule()),
            base_dns: None,
            denied_attributes: None,
            size_limit: None,
            time_limit: None,
            tls: Ruled::new(TlsRule::ForPasswords, rule()),
            anonymous: Ruled::new(true, rule()),
            references: Ruled::new(References::Drop, rule()),
            keep_last_grace: Ruled::new(false, rule()),
            extended_operations: Ruled::new(Vec::new(), rule()),
            proxied_authorization: Ruled::new(Vec::new(), rule()),
            guard: None,
            authority: None,
            max_bound_age: None,
            recheck: Ruled::new(0, rule()),
        });
        Self { generation, rules }
    }
}

impl Decide for Rules {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    fn route(&self, _: &RouteQuestion<'_>) -> Option<RouteAnswer> {
        Some(RouteAnswer::always(Arc::clone(&self.rules)))
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        let admission = if question.proven != Proven::Yes || question.account.starts_with("cn=refused") {
            Admission::Refuse
        } else if question.standing.state == State::MustChange {
            if self.rules.surface.value == Surface::Ppolicy.into() {
                Admission::Restrict
            } else {
                Admission::Refuse
            }
        } else {
            Admission::Allow
        };
        BindVerdict {
            admission,
            surface: self.rules.surface.value,
            told_as: None,
            text: None,
            notice: false,
            rule: RuleName::built_in("test"),
        }
    }
}
