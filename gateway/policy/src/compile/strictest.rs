//! Of two sets of rules for one route, the stricter at every key. Asked where it is unclear which of them holds.

use crate::rulebook::{Rules, StandingRule};
use postern_identity::decide::{GuardRules, Operations, References, RouteRules, Ruled, TlsRule};
use postern_identity::{AttributeName, DistinguishedName};
use std::sync::Arc;

/// Whatever either refuses is refused. What is neither stricter nor milder, such as the surface, is as in `first`.
pub(super) fn of(first: &Rules, second: &Rules) -> Rules {
    let mut standings = first.standings.clone();
    for (mine, other) in standings.iter_mut().zip(&second.standings) {
        if other.admission.value > mine.admission.value {
            *mine = StandingRule::clone(other);
        }
    }
    Rules {
        pass: Arc::new(pass(&first.pass, &second.pass)),
        standings,
        portal_url: first.portal_url.clone(),
        made_of: Box::default(),
        owned_by: Box::default(),
        served_by: Box::default(),
        variants: None,
    }
}

fn pass(first: &RouteRules, second: &RouteRules) -> RouteRules {
    RouteRules {
        operations: operations(&first.operations, &second.operations),
        read_only: either(&first.read_only, &second.read_only, |second| *second),
        base_dns: both_or_one(first.base_dns.as_ref(), second.base_dns.as_ref(), |first, second| {
            bases(first, second)
        }),
        denied_attributes: both_or_one(
            first.denied_attributes.as_ref(),
            second.denied_attributes.as_ref(),
            |first, second| denied(first, second),
        ),
        size_limit: both_or_one(first.size_limit.as_ref(), second.size_limit.as_ref(), smaller),
        time_limit: both_or_one(first.time_limit.as_ref(), second.time_limit.as_ref(), smaller),
        tls: either(&first.tls, &second.tls, |second| {
            strength(*second) > strength(first.tls.value)
        }),
        anonymous: either(&first.anonymous, &second.anonymous, |second| !second),
        keep_last_grace: either(&first.keep_last_grace, &second.keep_last_grace, |second| *second),
        references: either(&first.references, &second.references, |second| {
            leads_around(*second) < leads_around(first.references.value)
        }),
        extended_operations: in_both(&first.extended_operations, &second.extended_operations),
        proxied_authorization: in_both(&first.proxied_authorization, &second.proxied_authorization),
        max_bound_age: both_or_one(first.max_bound_age.as_ref(), second.max_bound_age.as_ref(), smaller),
        // Never is 0.
        recheck: either(&first.recheck, &second.recheck, |second| {
            *second != 0 && (first.recheck.value == 0 || *second < first.recheck.value)
        }),
        guard: both_or_one(first.guard.as_ref(), second.guard.as_ref(), guard),
        // The same of both, or neither stricter nor milder. Every field is named, so that a new one is thought about.
        route: Arc::clone(&first.route),
        generation: first.generation,
        authority: first.authority.clone(),
        surface: first.surface.clone(),
    }
}

/// The second where it is stricter, else the first.
fn either<T: Clone>(first: &Ruled<T>, second: &Ruled<T>, is_stricter: impl Fn(&T) -> bool) -> Ruled<T> {
    if is_stricter(&second.value) { second } else { first }.clone()
}

fn both_or_one<T: Clone>(
    first: Option<&Ruled<T>>,
    second: Option<&Ruled<T>>,
    both: impl Fn(&T, &T) -> T,
) -> Option<Ruled<T>> {
    match (first, second) {
        (Some(first), Some(second)) => Some(Ruled::new(both(&first.value, &second.value), first.rule.clone())),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

fn operations(first: &Ruled<Operations>, second: &Ruled<Operations>) -> Ruled<Operations> {
    let both = first.value.intersection(second.value);
    let rule = if both == first.value { &first.rule } else { &second.rule };
    Ruled::new(both, rule.clone())
}

/// What lies within a base of each. Where there is no such place, nothing can be reached.
fn bases(first: &[DistinguishedName], second: &[DistinguishedName]) -> Vec<DistinguishedName> {
    let within = |bases: &[DistinguishedName], others: &[DistinguishedName]| -> Vec<DistinguishedName> {
        let is_within = |base: &&DistinguishedName| others.iter().any(|other| base.is_within(other));
        bases.iter().filter(is_within).cloned().collect()
    };
    let mut both = within(first, second);
    both.extend(within(second, first));
    both.sort();
    both.dedup();
    both
}

fn denied(first: &[AttributeName], second: &[AttributeName]) -> Vec<AttributeName> {
    let mut all = [first, second].concat();
    all.sort();
    all.dedup();
    all
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as the others of its kind")]
fn smaller(first: &u32, second: &u32) -> u32 {
    *first.min(second)
}

/// Fewer wrong passwords for longer, and networks known for less.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as the others of its kind")]
fn guard(first: &GuardRules, second: &GuardRules) -> GuardRules {
    GuardRules {
        attempts: first.attempts.min(second.attempts),
        window_seconds: first.window_seconds.max(second.window_seconds),
        known_seconds: first.known_seconds.min(second.known_seconds),
        ..*first
    }
}

/// How far references may lead around us.
fn leads_around(references: References) -> u8 {
    match references {
        References::Drop => 0,
        References::Rewrite => 1,
        References::Pass => 2,
    }
}

fn strength(rule: TlsRule) -> u8 {
    match rule {
        TlsRule::Optional => 0,
        TlsRule::ForPasswords => 1,
        TlsRule::Always => 2,
    }
}

fn in_both<T: Clone + PartialEq>(first: &Ruled<Vec<T>>, second: &Ruled<Vec<T>>) -> Ruled<Vec<T>> {
    let both: Vec<T> = first
        .value
        .iter()
        .filter(|item| second.value.contains(item))
        .cloned()
        .collect();
    let rule = if both == first.value { &first.rule } else { &second.rule };
    Ruled::new(both, rule.clone())
}
