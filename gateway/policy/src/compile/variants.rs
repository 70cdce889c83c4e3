//! The rules of a route whose tables have conditions: one variant for each set of conditions that hold together, made when it is
//! first needed and kept.

use super::layer::Layer;
use super::{Made, RouteFacts, merge, strictest};
use crate::condition::{Facts, Truth};
use crate::document::Step;
use crate::problem::{Problem, Problems, quoted};
use crate::rulebook::Rules;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::sync::Arc;

/// The most tables with a condition that may speak of one route.
const MOST_CONDITIONS: usize = 32;
/// The most variants of one route that are kept.
const MOST_KEPT: usize = 64;

/// Which conditions of a route hold and which cannot be evaluated: a bit each, in the order of the tables that have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    holds: u32,
    pub(crate) unclear: u32,
}

/// What is needed to make the variants of a route.
#[derive(Debug)]
pub(crate) struct Variants {
    facts: RouteFacts,
    common: Made,
    /// Whether anything may be changed where some of the conditions hold, or none.
    pub(crate) may_write: bool,
    kept: ArcSwap<Vec<(Held, Arc<Rules>)>>,
}

/// The rules of a route out of the tables that speak of it. Where some have conditions: the rules for when none holds, with what makes
/// the others. What it returns is only good if it adds no problem.
pub(super) fn rules(
    facts: &RouteFacts,
    speaking: &[&Arc<Layer>],
    common: &Made,
    all_read: bool,
    problems: &mut Problems,
) -> Rules {
    let merged = |layers: &[&Layer], problems: &mut Problems| merge::route(facts, layers, common, all_read, problems);
    let always: Vec<&Layer> = speaking
        .iter()
        .map(|layer| &***layer)
        .filter(|layer| layer.condition.is_none())
        .collect();
    let mut base = merged(&always, problems);
    base.made_of = speaking.iter().map(|layer| Arc::clone(layer)).collect();
    let transparent = |layer: &&&Arc<Layer>| {
        layer
            .surfaces
            .is_some_and(postern_identity::decide::Surfaces::is_transparent)
    };
    if facts.mapped
        && let Some(layer) = speaking.iter().find(transparent)
    {
        let route = quoted(&facts.name);
        let what = format!("route {route} shows its directory under another suffix or as another product");
        let remedy = "another surface, or a route of its own for what is to be transparent";
        problems.add(|| layer.problem_at(&[Step::Key("surface")], what, remedy));
    }
    let count = speaking.len() - always.len();
    if count == 0 {
        return base;
    }
    check(facts, speaking, &base, problems);

    // Whatever a condition alone brings is checked now, and all together.
    let all = u32::try_from((1_u64 << count.min(MOST_CONDITIONS)) - 1).unwrap_or(u32::MAX);
    let alone = (0..count.min(MOST_CONDITIONS)).map(|bit| 1 << bit);
    let mut kept = Vec::new();
    for holds in alone.chain((count > 1).then_some(all)) {
        let held = Held { holds, unclear: 0 };
        kept.push((held, Arc::new(merged(&chosen(&base.made_of, holds), problems))));
    }
    // Where nothing may be changed, only one of these keys can let it: it is enough to be right about never.
    let lifts = |layer: &Layer| layer.table.pass.operations.is_some() || layer.table.pass.read_only == Some(false);
    let may_write = base.pass.may_write() || conditional(&base.made_of).any(|(_, layer)| lifts(layer));
    base.variants = Some(Box::new(Variants {
        may_write,
        facts: facts.clone(),
        common: common.clone(),
        kept: ArcSwap::from_pointee(kept),
    }));
    base
}

/// What conditions must not decide, and how many there may be.
fn check(facts: &RouteFacts, speaking: &[&Arc<Layer>], base: &Rules, problems: &mut Problems) {
    let route = quoted(&facts.name);
    if let [first, ..] = speaking
        && speaking.iter().all(|layer| layer.condition.is_some())
    {
        problems.add(|| {
            first.problem_at(
                &[],
                format!("every policy for route {route} has a condition"),
                "one without, for when none of them holds",
            )
        });
    }
    for (number, layer) in speaking.iter().filter(|layer| layer.condition.is_some()).enumerate() {
        let at =
            |key: &str, what: String, remedy: &str| -> Problem { layer.problem_at(&[Step::Key(key)], what, remedy) };
        if let Some(surfaces) = layer.surfaces
            && (surfaces.is_transparent() || base.pass.surface.value.is_transparent())
        {
            let what = format!("whether route {route} is transparent cannot depend on a condition");
            problems.add(|| at("surface", what, "a route of its own for what is to be transparent"));
        }
        if number == MOST_CONDITIONS {
            let what = format!("too many policies with a condition speak of route {route}");
            problems.add(|| layer.problem_at(&[], what, format!("at most {MOST_CONDITIONS}")));
        }
    }
}

/// The tables that hold, first asked first.
fn chosen(made_of: &[Arc<Layer>], holds: u32) -> Vec<&Layer> {
    let mut bit = 1_u32;
    let mut holding = Vec::with_capacity(made_of.len());
    for layer in made_of {
        if layer.condition.is_none() {
            holding.push(&**layer);
        } else {
            if holds & bit != 0 {
                holding.push(&**layer);
            }
            bit = bit.wrapping_shl(1);
        }
    }
    holding
}

/// The tables that have a condition, each with its bit.
fn conditional(made_of: &[Arc<Layer>]) -> impl Iterator<Item = (u32, &Layer)> {
    let with_condition = made_of.iter().filter(|layer| layer.condition.is_some());
    (0..32)
        .map(|number| 1 << number)
        .zip(with_condition.map(|layer| &**layer))
}

impl Variants {
    /// Evaluates every condition of a route, once each; `hear` is told of each.
    pub(crate) fn held(made_of: &[Arc<Layer>], facts: &Facts<'_>, mut hear: impl FnMut(&Layer, Truth)) -> Held {
        let mut held = Held::default();
        for (bit, layer) in conditional(made_of) {
            let Some(condition) = &layer.condition else { continue };
            let truth = condition.holds(facts);
            match truth {
                Truth::True => held.holds |= bit,
                Truth::False => {}
                Truth::Unclear(cause) => {
                    held.unclear |= bit;
                    if condition.is_news() {
                        tracing::error!(target: "postern::policy", route = facts.route(), rule = %layer.rule("when"),
                            what = cause.as_str(), "a condition cannot be evaluated; the strictest of what it could mean holds");
                    }
                }
            }
            hear(layer, truth);
        }
        held
    }

    /// When time alone may change which conditions hold.
    pub(crate) fn changes_after(made_of: &[Arc<Layer>], at: Timestamp) -> Option<Timestamp> {
        conditional(made_of)
            .filter_map(|(_, layer)| layer.condition.as_ref()?.changes_after(at))
            .min()
    }

    /// The rules for when just these conditions hold, of `base`, whose variants these are. `None`: `base` itself.
    pub(crate) fn of(&self, base: &Rules, held: Held) -> Option<Arc<Rules>> {
        if held == Held::default() {
            return None;
        }
        let kept = self.kept.load();
        if let Some((_, known)) = kept.iter().find(|(known, _)| *known == held) {
            return Some(Arc::clone(known));
        }
        let made = Arc::new(self.make(&base.made_of, held));
        if kept.len() < MOST_KEPT {
            self.kept.rcu(|kept| {
                let mut kept = Vec::clone(kept);
                if kept.len() < MOST_KEPT {
                    kept.push((held, Arc::clone(&made)));
                }
                kept
            });
        }
        Some(made)
    }

    /// The variants that have been made.
    pub(crate) fn made(&self) -> Vec<Arc<Rules>> {
        self.kept.load().iter().map(|(_, rules)| Arc::clone(rules)).collect()
    }

    /// At each key the strictest of what is in reach: what holds without the unclear tables, and with each of them.
    fn make(&self, made_of: &[Arc<Layer>], held: Held) -> Rules {
        let merged = |holds: u32| {
            // What can be wrong with them was looked for when they were compiled.
            let layers = chosen(made_of, holds);
            merge::route(&self.facts, &layers, &self.common, true, &mut Problems::default())
        };
        let mut rules = merged(held.holds);
        for bit in (0..32)
            .map(|number| 1_u32 << number)
            .filter(|bit| held.unclear & bit != 0)
        {
            rules = strictest::of(&rules, &merged(held.holds | bit));
        }
        rules
    }
}

#[cfg(test)]
mod tests;
