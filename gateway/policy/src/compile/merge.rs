//! The rules of one route out of the tables that speak of it: key by key, the first that sets it; after the last, Postern's
//! own safe value.

use super::layer::Layer;
use super::texts::Texts;
use super::{Made, RouteFacts};
use crate::document::Step;
use crate::file::{GuardTable, PassTable, ReferencesWord};
use crate::problem::Problems;
use crate::rulebook::{Rules, StandingRule};
use postern_identity::StateName;
use postern_identity::decide::{
    Admission, GuardRules, Operations, References, RouteRules, RuleName, Ruled, Surface, Surfaces, TlsRule,
};
use std::sync::Arc;

/// How often, in seconds, the standing of whoever is signed in is looked up again where no file says.
const RECHECK: u32 = 300;

/// The rules of a route. What it returns is only good if it adds no problem.
pub(super) fn route(
    facts: &RouteFacts,
    layers: &[&Layer],
    common: &Made,
    all_read: bool,
    problems: &mut Problems,
) -> Rules {
    let keys = Keys { layers };
    let surface = keys.or("surface", Surface::Text.into(), |layer| layer.surfaces);
    if surface.value.is_transparent() {
        check_transparent(&keys, problems);
    }
    let pass = pass(facts, &keys, surface.clone(), common);
    let texts = Texts::new(facts, layers, surface.value, all_read);
    let standings = StateName::ALL.map(|state| {
        let admission = admission(&keys, state, surface.value, problems);
        let told_as = keys.first_layer(|layer| layer.table.standing.of(state)?.told_as);
        let told_as = told_as.map(|(layer, word)| {
            let rule = layer.rule(&format!("standing.{state}.told_as"));
            Ruled::new(StateName::from(word), rule)
        });
        let text = texts.of(state, told_as.as_ref().map(|told_as| told_as.value), problems);
        let notice = keys.first(&format!("standing.{state}.notice"), |layer| {
            layer.table.standing.of(state)?.notice
        });
        StandingRule {
            admission,
            text,
            told_as,
            notice: notice.filter(|notice| notice.value),
        }
    });
    Rules {
        pass: Arc::new(pass),
        standings,
        portal_url: facts.portal_url.clone(),
        made_of: Box::default(),
        owned_by: Box::default(),
        served_by: Box::default(),
        variants: None,
    }
}

fn pass(facts: &RouteFacts, keys: &Keys<'_>, surface: Ruled<Surfaces>, common: &Made) -> RouteRules {
    let read_only = keys.or("pass.read_only", false, |layer| layer.table.pass.read_only);
    let mut operations = keys.or("pass.operations", Operations::all(), |layer| {
        let words = layer.table.pass.operations.as_ref()?;
        Some(words.iter().copied().map(Into::into).collect())
    });
    if read_only.value {
        let reading = operations.value.intersection(Operations::reading());
        if reading != operations.value {
            operations = Ruled::new(reading, read_only.rule.clone());
        }
    }
    let references = if surface.value.is_transparent() {
        References::Pass
    } else {
        References::Drop
    };
    // On "transparent" the directory's own verdict stands, and nobody asks for another.
    let recheck = if surface.value.is_transparent() { 0 } else { RECHECK };
    RouteRules {
        route: Arc::clone(&facts.name),
        generation: common.generation,
        authority: common.authority.clone(),
        operations,
        read_only,
        base_dns: keys.first("pass.base_dns", |layer| layer.base_dns.clone()),
        // An empty list lifts what a later file would deny, and needs no search to be looked into.
        denied_attributes: keys
            .first("pass.deny_attributes", |layer| layer.deny_attributes.clone())
            .filter(|denied| !denied.value.is_empty()),
        size_limit: keys.first("pass.size_limit", |layer| layer.table.pass.size_limit),
        time_limit: keys.first("pass.time_limit_seconds", |layer| layer.table.pass.time_limit_seconds),
        tls: keys.or("pass.tls", TlsRule::ForPasswords, |layer| {
            layer.table.pass.tls.map(Into::into)
        }),
        anonymous: keys.or("pass.anonymous", true, |layer| layer.table.pass.anonymous),
        references: keys.or("pass.references", references, |layer| {
            layer.table.pass.references.map(Into::into)
        }),
        keep_last_grace: keys.or("pass.keep_last_grace", false, |layer| layer.table.pass.keep_last_grace),
        extended_operations: keys.or("pass.extended_operations", Vec::new(), |layer| {
            layer.extended_operations.clone()
        }),
        proxied_authorization: keys.or("pass.proxied_authorization", Vec::new(), |layer| {
            layer.proxied_authorization.clone()
        }),
        guard: guard(keys, surface.value.is_transparent()),
        max_bound_age: keys.first("pass.max_bound_age_seconds", |layer| {
            layer.table.pass.max_bound_age_seconds
        }),
        recheck: keys.or("pass.recheck_seconds", recheck, |layer| {
            layer.table.pass.recheck_seconds
        }),
        surface,
    }
}

/// Off only where a file says so, or where every answer is the directory's own.
fn guard(keys: &Keys<'_>, transparent: bool) -> Option<Ruled<GuardRules>> {
    let enabled = keys.or("guard.enabled", !transparent, |layer| layer.table.guard.enabled);
    let usual = GuardRules::default();
    let number = |usual, read: fn(&GuardTable) -> Option<u32>| {
        keys.first_layer(|layer| read(&layer.table.guard))
            .map_or(usual, |(_, number)| number)
    };
    let bits = |usual, read: fn(&GuardTable) -> Option<u8>| {
        keys.first_layer(|layer| read(&layer.table.guard))
            .map_or(usual, |(_, bits)| bits)
    };
    let rules = GuardRules {
        attempts: number(usual.attempts, |table| table.attempts),
        window_seconds: number(usual.window_seconds, |table| table.window_seconds),
        ipv4_prefix: bits(usual.ipv4_prefix, |table| table.ipv4_prefix),
        ipv6_prefix: bits(usual.ipv6_prefix, |table| table.ipv6_prefix),
        known_seconds: number(usual.known_seconds, |table| table.known_seconds),
    };
    enabled.value.then(|| Ruled::new(rules, enabled.rule))
}

/// The verdict of a state. What no file says is refused, but for the states in which a password still works.
fn admission(keys: &Keys<'_>, state: StateName, surface: Surfaces, problems: &mut Problems) -> Ruled<Admission> {
    let key = format!("standing.{state}.verdict");
    let said = keys.first_layer(|layer| layer.table.standing.of(state).and_then(|table| table.verdict));
    let Some((layer, word)) = said else {
        return Ruled::new(default_admission(state, surface), RuleName::built_in(&key));
    };
    let verdict = Admission::from(word);
    let place = [Step::Key("standing"), Step::Key(state.as_str()), Step::Key("verdict")];
    if state == StateName::Unknown && verdict != Admission::Refuse {
        problems.add(|| layer.problem_at(&place, "an unknown standing is always refused", "verdict = \"refuse\""));
    } else if surface.is_transparent() && verdict != default_admission(state, surface) {
        problems.add(|| {
            layer.problem_at(
                &place,
                "on the surface \"transparent\" the directory's own verdict is passed on",
                "leave it out, or choose another surface",
            )
        });
    }
    Ruled::new(verdict, layer.rule(&key))
}

fn default_admission(state: StateName, surface: Surfaces) -> Admission {
    match state {
        StateName::Unknown => Admission::Refuse,
        StateName::Active | StateName::Expiring | StateName::ExpiredGrace => Admission::Allow,
        _ if surface.is_transparent() => Admission::Allow,
        _ => Admission::Refuse,
    }
}

/// Keys that would have us change what passes, on a surface that passes everything as it is.
fn check_transparent(keys: &Keys<'_>, problems: &mut Problems) {
    check_transparent_standings(keys, problems);
    forbid(keys, "base_dns", problems, |pass| pass.base_dns.is_some());
    forbid(keys, "size_limit", problems, |pass| pass.size_limit.is_some());
    forbid(keys, "time_limit_seconds", problems, |pass| {
        pass.time_limit_seconds.is_some()
    });
    let keep = keys.first_layer(|layer| layer.table.pass.keep_last_grace);
    if let Some((layer, true)) = keep {
        cannot_hold(layer, "keep_last_grace", problems);
    }
    // The first table that sets it wins: an empty list and "pass" lift what a later file says.
    let denied = keys.first_layer(|layer| layer.table.pass.deny_attributes.clone());
    if let Some((layer, _)) = denied.filter(|(_, attributes)| !attributes.is_empty()) {
        cannot_hold(layer, "deny_attributes", problems);
    }
    let references = keys.first_layer(|layer| layer.table.pass.references);
    if let Some((layer, ReferencesWord::Drop | ReferencesWord::Rewrite)) = references {
        cannot_hold(layer, "references", problems);
    }
    if let Some((layer, true)) = keys.first_layer(|layer| layer.table.guard.enabled) {
        problems.add(|| {
            layer.problem_at(
                &[Step::Key("guard"), Step::Key("enabled")],
                "the guard cannot hold on the surface \"transparent\", where every answer is the directory's own",
                "enabled = false, or choose another surface",
            )
        });
    }
    let recheck = keys.first_layer(|layer| layer.table.pass.recheck_seconds);
    if let Some((layer, _)) = recheck.filter(|(_, seconds)| *seconds > 0) {
        cannot_hold(layer, "recheck_seconds", problems);
    }
}

/// Nothing is shown as something else where nothing is rewritten, and nobody is told of by a notice, for the verdict is not ours.
fn check_transparent_standings(keys: &Keys<'_>, problems: &mut Problems) {
    for state in StateName::ALL {
        let told_as = keys.first_layer(|layer| layer.table.standing.of(state)?.told_as);
        let notice = keys.first_layer(|layer| layer.table.standing.of(state)?.notice);
        let wrong = [
            told_as.map(|(layer, _)| (layer, "told_as")),
            notice.filter(|(_, wanted)| *wanted).map(|(layer, _)| (layer, "notice")),
        ];
        for (layer, key) in wrong.into_iter().flatten() {
            problems.add(|| {
                layer.problem_at(
                    &[Step::Key("standing"), Step::Key(state.as_str()), Step::Key(key)],
                    format!("\"{key}\" cannot hold on the surface \"transparent\", where nothing is rewritten"),
                    "leave it out, or choose another surface",
                )
            });
        }
    }
}

fn forbid(keys: &Keys<'_>, key: &str, problems: &mut Problems, is_set: impl Fn(&PassTable) -> bool) {
    if let Some((layer, ())) = keys.first_layer(|layer| is_set(&layer.table.pass).then_some(())) {
        cannot_hold(layer, key, problems);
    }
}

fn cannot_hold(layer: &Layer, key: &str, problems: &mut Problems) {
    problems.add(|| {
        layer.problem_at(
            &[Step::Key("pass"), Step::Key(key)],
            format!("\"{key}\" cannot hold on the surface \"transparent\", where nothing is rewritten"),
            "leave it out, or choose another surface",
        )
    });
}

/// The tables that speak of a route, first asked first.
struct Keys<'a> {
    layers: &'a [&'a Layer],
}

impl Keys<'_> {
    /// The first table that sets something, with what it sets.
    fn first_layer<T>(&self, read: impl Fn(&Layer) -> Option<T>) -> Option<(&Layer, T)> {
        self.layers
            .iter()
            .find_map(|layer| read(layer).map(|value| (*layer, value)))
    }

    fn first<T>(&self, key: &str, read: impl Fn(&Layer) -> Option<T>) -> Option<Ruled<T>> {
        self.first_layer(read)
            .map(|(layer, value)| Ruled::new(value, layer.rule(key)))
    }

    fn or<T>(&self, key: &str, default: T, read: impl Fn(&Layer) -> Option<T>) -> Ruled<T> {
        self.first(key, read)
            .unwrap_or_else(|| Ruled::new(default, RuleName::built_in(key)))
    }
}
