//! Compiled policies: what a sign-in is answered, and why.

use crate::compile::{Layer, Owning, Serving, Variants, self_service};
use crate::condition::{Facts, Truth};
use crate::message::Message;
use jiff::Timestamp;
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, RouteAnswer, RouteQuestion, RouteRules, RuleName, Ruled, Surface,
};
use postern_identity::reset::{ResetQuestion, ResetRules};
use postern_identity::{Proven, Source, Standing, StateName, disclose};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// The rules of every route, of one generation. Made by [`compile`](crate::compile::compile); never changed.
#[derive(Debug)]
pub struct Rulebook {
    generation: u64,
    routes: HashMap<Arc<str>, Arc<Rules>>,
}

/// The rules of one route.
#[derive(Debug)]
pub(crate) struct Rules {
    /// What may pass.
    pub(crate) pass: Arc<RouteRules>,
    /// By `StateName as usize`.
    pub(crate) standings: [StandingRule; StateName::ALL.len()],
    /// The portal's address that texts were given.
    pub(crate) portal_url: Option<Arc<str>>,
    /// The tables that speak of the route, first asked first. The same tables give the same rules.
    pub(crate) made_of: Box<[Arc<Layer>]>,
    /// The tables that say whose passwords are whose on it.
    pub(crate) owned_by: Box<[Arc<Owning>]>,
    /// The tables that say what people may do for themselves on it, first asked first.
    pub(crate) served_by: Box<[Arc<Serving>]>,
    /// Where some of those have conditions: what holds where they do. The rest of this is what holds where none does.
    pub(crate) variants: Option<Box<Variants>>,
}

/// What a sign-in in one state is answered.
#[derive(Debug, Clone)]
pub(crate) struct StandingRule {
    pub(crate) admission: Ruled<Admission>,
    /// On a surface that shows texts.
    pub(crate) text: Option<Ruled<Message>>,
    /// The state it is shown as.
    pub(crate) told_as: Option<Ruled<StateName>>,
    /// If the account's owner should hear of it.
    pub(crate) notice: Option<Ruled<bool>>,
}

/// A verdict with the steps that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What [`Rulebook::bind`] answers to the same question.
    pub verdict: BindVerdict,
    /// In the order they were taken.
    pub steps: Vec<Step>,
}

/// One thing that was looked at on the way to a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The key of a policy file, or the fact that was looked at.
    pub key: String,
    /// What it is.
    pub value: String,
    /// Who says so.
    pub rule: RuleName,
    /// What follows from it, in a sentence without an end.
    pub why: &'static str,
}

/// `pass.tls = for_passwords (built-in:pass.tls): why`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({}): {}", self.key, self.value, self.rule, self.why)
    }
}

impl Rulebook {
    pub(crate) fn new(generation: u64, routes: HashMap<Arc<str>, Arc<Rules>>) -> Self {
        Self { generation, routes }
    }

    /// The generation the book was compiled for.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The names of the routes it has rules for, in no order.
    pub fn routes(&self) -> impl Iterator<Item = &Arc<str>> {
        self.routes.keys()
    }

    /// What may pass on a connection at a moment.
    pub fn route(&self, question: &RouteQuestion<'_>, at: Timestamp) -> Option<RouteAnswer> {
        self.pass(question, at, |_, _| {}).map(|(answer, _)| answer)
    }

    /// What holds for self-service. `None`: there are no rules for the route.
    pub fn self_service(&self, question: &ResetQuestion<'_>) -> Option<ResetRules> {
        let rules = self.routes.get(question.route)?;
        Some(self_service::rules(&rules.served_by, question, self.generation))
    }

    /// What may pass on a route where none of its conditions holds.
    pub fn without_conditions(&self, route: &str) -> Option<&RouteRules> {
        self.routes.get(route).map(|rules| &*rules.pass)
    }

    /// What may pass on a connection, with whether a condition could not be evaluated; `hear` is told of each condition.
    pub(crate) fn pass(
        &self,
        question: &RouteQuestion<'_>,
        at: Timestamp,
        hear: impl FnMut(&Layer, Truth),
    ) -> Option<(RouteAnswer, bool)> {
        let rules = self.routes.get(question.route)?;
        let Some(variants) = &rules.variants else {
            return Some((RouteAnswer::always(Arc::clone(&rules.pass)), false));
        };
        let mut facts = Facts::of_connection(question.route, question.connection, at);
        if let Some((account, told)) = question.account {
            facts = facts.with_account(account, told);
        }
        let held = Variants::held(&rules.made_of, &facts, hear);
        let variant = variants.of(rules, held);
        let pass = &variant.as_ref().unwrap_or(rules).pass;
        let change = Variants::changes_after(&rules.made_of, at);
        let answer = RouteAnswer {
            rules: Arc::clone(pass),
            conditional: true,
            may_write: variants.may_write,
            valid_for: change.map(|change| Duration::try_from(change.duration_since(at)).unwrap_or_default()),
        };
        Some((answer, held.unclear != 0))
    }

    /// Everything of a route.
    pub(crate) fn rules(&self, route: &str) -> Option<&Arc<Rules>> {
        self.routes.get(route)
    }

    /// The portal's address of a route, if it has one.
    pub(crate) fn portal_url(&self, route: &str) -> Option<&str> {
        self.routes.get(route)?.portal_url.as_deref()
    }

    /// What a sign-in is answered.
    pub fn bind(&self, question: &BindQuestion<'_>, at: Timestamp) -> BindVerdict {
        self.judge(question, || at, &mut Untold).verdict
    }

    /// The same with the steps that led to it.
    pub fn explain_bind(&self, question: &BindQuestion<'_>, at: Timestamp) -> Explanation {
        let mut steps = Vec::new();
        let verdict = self.judge(question, || at, &mut steps).verdict;
        Explanation { verdict, steps }
    }

    /// The verdict and what comes with it. Conditions know of a standing what may be told of it; the time is asked for where there are any.
    pub(crate) fn judge(
        &self,
        question: &BindQuestion<'_>,
        at: impl FnOnce() -> Timestamp,
        trace: &mut impl Trace,
    ) -> Judged {
        let Some(rules) = self.routes.get(question.route) else {
            return Judged::alone(refused_without_rules(trace));
        };
        let Some(variants) = &rules.variants else {
            return Judged::alone(rules.judge(question, trace));
        };
        let told = disclose(question.standing, question.proven).state().name();
        // Who it is counts once it is proven: a name nobody has and a wrong password are judged alike.
        let account = if question.proven == Proven::Yes {
            question.account
        } else {
            ""
        };
        let facts = Facts::of_connection(question.route, question.connection, at()).with_account(account, told);
        let held = Variants::held(&rules.made_of, &facts, |layer, truth| {
            trace.step(|| evaluated(layer, truth));
        });
        let variant = variants.of(rules, held);
        let holding = variant.as_ref().unwrap_or(rules);
        Judged {
            verdict: holding.judge(question, trace),
            // Whoever is let in is asked about with these facts and no others: see `pass`.
            pass: (question.proven == Proven::Yes).then(|| Arc::clone(&holding.pass)),
            is_unclear: held.unclear != 0,
        }
    }
}

/// What [`Rulebook::judge`] finds.
pub(crate) struct Judged {
    pub(crate) verdict: BindVerdict,
    /// What may pass for that account, where conditions have been asked about it.
    pub(crate) pass: Option<Arc<RouteRules>>,
    /// Whether a condition could not be evaluated.
    pub(crate) is_unclear: bool,
}

impl Judged {
    /// No condition was asked.
    fn alone(verdict: BindVerdict) -> Self {
        Self {
            verdict,
            pass: None,
            is_unclear: false,
        }
    }
}

impl Rules {
    /// The one function that decides. Whatever the files say, it ends in [`Admission::Refuse`] for what the password did not
    /// prove and for what the directory itself refused.
    pub(crate) fn judge(&self, question: &BindQuestion<'_>, trace: &mut impl Trace) -> BindVerdict {
        let surface = &self.pass.surface;
        trace.step(|| Step {
            key: "surface".to_owned(),
            value: surface.value.to_string(),
            rule: surface.rule.clone(),
            why: "how this route shows a standing",
        });

        let told = disclose(question.standing, question.proven);
        let state = told.state().name();
        trace.step(|| disclosure(question, state));
        let Some(standing) = self.standings.get(state as usize) else {
            return refused_without_rules(trace);
        };

        let mut admission = standing.admission.clone();
        trace.step(|| Step {
            key: format!("standing.{state}.verdict"),
            value: admission.value.as_str().to_owned(),
            rule: admission.rule.clone(),
            why: "what the policies say of this state",
        });
        if let Some(fixed) = fixed_refusal(question, state, admission.value) {
            admission = Ruled::new(Admission::Refuse, RuleName::built_in(fixed));
            trace.step(|| Step {
                key: "verdict".to_owned(),
                value: Admission::Refuse.as_str().to_owned(),
                rule: admission.rule.clone(),
                why: "no policy can let this in",
            });
        }

        if let Some(told_as) = &standing.told_as {
            trace.step(|| Step {
                key: format!("standing.{state}.told_as"),
                value: told_as.value.as_str().to_owned(),
                rule: told_as.rule.clone(),
                why: "the state it is shown as",
            });
        }
        if let Some(notice) = &standing.notice {
            trace.step(|| Step {
                key: format!("standing.{state}.notice"),
                value: notice.value.to_string(),
                rule: notice.rule.clone(),
                why: "the account's owner should hear of it",
            });
        }
        let text = standing
            .text
            .as_ref()
            .filter(|_| admission.value != Admission::Allow)
            .map(|text| Ruled::new(text.value.text(told), text.rule.clone()));
        if let Some(text) = &text {
            trace.step(|| Step {
                key: "text".to_owned(),
                value: text.value.to_string(),
                rule: text.rule.clone(),
                why: "what the person may be shown",
            });
        }
        BindVerdict {
            admission: admission.value,
            surface: surface.value,
            told_as: standing.told_as.as_ref().map(|told_as| told_as.value),
            text: text.map(|text| text.value),
            notice: standing.notice.is_some(),
            rule: admission.rule,
        }
    }
}

/// The refusals no file can lift, by name. Where a file refuses what the directory refused, it is the file's refusal: its
/// words are shown.
fn fixed_refusal(question: &BindQuestion<'_>, told: StateName, said: Admission) -> Option<&'static str> {
    if question.proven != Proven::Yes {
        Some("unproven")
    } else if told == StateName::Unknown {
        Some("unknown")
    } else if said != Admission::Refuse && directory_refused(question.standing) && !to_change(question, told, said) {
        Some("directory-refused")
    } else {
        None
    }
}

/// Whether it is only about changing the password of somebody the directory turned away for that reason alone, which the door can have done.
fn to_change(question: &BindQuestion<'_>, told: StateName, said: Admission) -> bool {
    question.standing.evidence.source == Source::BindForChange
        && said == Admission::Restrict
        && matches!(told, StateName::MustChange | StateName::Expired)
}

/// Whether the directory turned the sign-in away itself. An answer to a bind without a code is taken as a refusal; a
/// standing read from the entry came by no answer, and stands beside a bind that was accepted.
fn directory_refused(standing: &Standing) -> bool {
    match (standing.evidence.result_code, standing.evidence.source) {
        (Some(code), _) => code != 0,
        (None, Source::Bind | Source::BindForChange) => true,
        (None, Source::Entry) => false,
    }
}

fn evaluated(layer: &Layer, truth: Truth) -> Step {
    let (value, why) = match truth {
        Truth::True => ("true".to_owned(), "this policy holds"),
        Truth::False => ("false".to_owned(), "this policy does not hold"),
        Truth::Unclear(cause) => (
            format!("cannot be evaluated: {}", cause.as_str()),
            "the strictest of what it could mean holds",
        ),
    };
    Step {
        key: "when".to_owned(),
        value,
        rule: layer.rule("when"),
        why,
    }
}

fn disclosure(question: &BindQuestion<'_>, told: StateName) -> Step {
    let (rule, why) = match question.proven {
        Proven::Yes => (
            "proven",
            "the directory confirmed the password, so its state may be told",
        ),
        Proven::No => ("unproven", "the password is wrong: nothing is told and nobody let in"),
        Proven::Unknown => (
            "unproven",
            "the directory did not say whether the password is right: nothing is told and nobody let in",
        ),
    };
    Step {
        key: "state".to_owned(),
        value: told.as_str().to_owned(),
        rule: RuleName::built_in(rule),
        why,
    }
}

/// Doors ask about routes of the same configuration the book was compiled for; should one not, it stays shut.
fn refused_without_rules(trace: &mut impl Trace) -> BindVerdict {
    let rule = RuleName::built_in("route-without-rules");
    trace.step(|| Step {
        key: "route".to_owned(),
        value: "without rules".to_owned(),
        rule: rule.clone(),
        why: "nobody is let in where no policy speaks",
    });
    BindVerdict {
        admission: Admission::Refuse,
        surface: Surface::Plain.into(),
        told_as: None,
        text: None,
        notice: false,
        rule,
    }
}

/// Hears the steps of a judgement. `bind` has no use for them and pays nothing.
pub(crate) trait Trace {
    fn step(&mut self, make: impl FnOnce() -> Step);
}

pub(crate) struct Untold;

impl Trace for Untold {
    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

impl Trace for Vec<Step> {
    fn step(&mut self, make: impl FnOnce() -> Step) {
        self.push(make());
    }
}
