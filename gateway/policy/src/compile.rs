//! From files to a [`Rulebook`]: read every file, order the tables, take for each route and each key the first table that
//! sets it. Every problem of every file is reported at once, and any problem means no rulebook.

use crate::file::{ADVICE, PolicyFile};
use crate::problem::{Problem, Problems, one_of, quoted};
use crate::rulebook::Rulebook;
use crate::set::PolicySet;
use postern_identity::StateName;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

mod layer;
mod merge;
#[cfg(test)]
mod tests;
mod texts;

use crate::document::{Document, Step};
use layer::{Layer, Source};

/// The longest portal address a route may have, in octets: short enough for every built-in text to fit.
pub const LONGEST_PORTAL_URL: usize = 300;

/// What the configuration says of a route, as far as policies care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteFacts {
    /// The name policy files use.
    pub name: Arc<str>,
    /// Where people of this route reset their password, if anywhere: put into texts for `{portal_url}`.
    pub portal_url: Option<Arc<str>>,
}

/// Compiles a set for the routes of a configuration.
pub fn compile(set: &PolicySet, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    let mut problems = Problems::default();
    let Layers { layers, all_read } = Layers::of(set, &mut problems);
    check_names(set, &layers, routes, &mut problems);
    if all_read {
        check_messages_used(&layers, &mut problems);
    }

    // What cannot be read, or names a route wrongly, may be what speaks of it.
    let all_spoken_of = problems.is_empty();
    let by_route = ordered(&layers);
    let mut compiled = HashMap::with_capacity(routes.len());
    for route in routes {
        let speaking = by_route.of(&route.name);
        if speaking.is_empty() {
            if all_spoken_of {
                problems.add(|| {
                    Problem::of_whole(
                        set.folder(),
                        format!("no policy file speaks of route {}", quoted(&route.name)),
                        format!("name {} or \"*\" in a policy", quoted(&route.name)),
                    )
                });
            }
            continue;
        }
        check_ties(&speaking, &route.name, &mut problems);
        let rules = merge::route(route, &speaking, generation, all_read, &mut problems);
        compiled.insert(Arc::clone(&route.name), rules);
        if problems.is_full() {
            break;
        }
    }
    if problems.is_empty() {
        Ok(Rulebook::new(generation, compiled))
    } else {
        Err(problems.into_vec())
    }
}

/// The route names a set and its tests speak of, for compiling it without a configuration. A set that only speaks of all
/// routes gets one called "any". The portal's address is an example.
pub fn routes_spoken_of(set: &PolicySet) -> Vec<RouteFacts> {
    let layers = Layers::of(set, &mut Problems::default()).layers;
    let of_policies = layers
        .iter()
        .flat_map(|layer| layer.table.route.names().iter().cloned());
    let mut names: Vec<String> = of_policies
        .chain(crate::tests::routes_spoken_of(set))
        .filter(|name| name != "*")
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push("any".to_owned());
    }
    names
        .into_iter()
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: Some("https://portal.example.org".into()),
        })
        .collect()
}

/// Every table of the files that could be read.
struct Layers<'s> {
    layers: Vec<Layer<'s>>,
    /// Whether that is all of them: if not, what seems to be missing may stand in another.
    all_read: bool,
}

impl<'s> Layers<'s> {
    fn of(set: &'s PolicySet, problems: &mut Problems) -> Self {
        let schema = crate::schema::policy_schema();
        let mut layers = Vec::new();
        let mut all_read = true;
        for source in set.policies() {
            let mut document = match Document::parse(&source.path, &source.octets, &ADVICE) {
                Ok(document) => document,
                Err(found) => {
                    problems.extend(found);
                    all_read = false;
                    continue;
                }
            };
            let found = crate::shape::check(&mut document, &schema);
            if !found.is_empty() {
                problems.extend(found);
                all_read = false;
                continue;
            }
            match document.read::<PolicyFile>() {
                Ok(file) => {
                    let source = Arc::new(Source {
                        name: &source.name,
                        document,
                        priority: file.priority,
                    });
                    for (index, table) in file.policy.into_iter().enumerate() {
                        layers.push(Layer::new(&source, index, table, problems));
                    }
                }
                Err(problem) => {
                    all_read = false;
                    problems.add(|| problem);
                }
            }
            if problems.is_full() {
                break;
            }
        }
        Self { layers, all_read }
    }
}

/// Routes that a configuration names and files do not know, and the reverse.
fn check_names(set: &PolicySet, layers: &[Layer<'_>], routes: &[RouteFacts], problems: &mut Problems) {
    let mut known = HashSet::with_capacity(routes.len());
    for route in routes {
        if !known.insert(&*route.name) {
            problems.add(|| {
                Problem::of_whole(
                    set.folder(),
                    format!("the configuration has two routes called {}", quoted(&route.name)),
                    "another name for one of them",
                )
            });
        }
        let unfit = |url: &str| {
            url.len() > LONGEST_PORTAL_URL || url.chars().any(char::is_whitespace) || !crate::message::is_one_line(url)
        };
        if route.portal_url.as_deref().is_some_and(unfit) {
            problems.add(|| {
                Problem::of_whole(
                    set.folder(),
                    format!(
                        "the portal_url of route {} cannot be put into a text",
                        quoted(&route.name)
                    ),
                    format!(
                        "for {}, an address without spaces of at most {LONGEST_PORTAL_URL} octets",
                        quoted(&route.name)
                    ),
                )
            });
        }
    }
    for layer in layers {
        for (position, name) in layer.table.route.names().iter().enumerate() {
            if name != "*" && !known.contains(name.as_str()) {
                let names = routes.iter().map(|route| &*route.name);
                problems.add(|| {
                    layer.problem_at(
                        &[Step::Key("route"), Step::Item(position)],
                        format!("route = {} is not in the configuration", quoted(name)),
                        one_of(name, names),
                    )
                });
            }
        }
    }
}

/// A text that no state shows is a slip of the hand: whoever wrote it thinks it is shown.
fn check_messages_used(layers: &[Layer<'_>], problems: &mut Problems) {
    let mut used: HashSet<&str> = StateName::ALL.iter().map(|state| state.as_str()).collect();
    for layer in layers {
        let tables = StateName::ALL
            .iter()
            .filter_map(|state| layer.table.standing.of(*state));
        used.extend(tables.filter_map(|table| table.message.as_deref()));
    }
    for layer in layers {
        for name in layer.table.messages.keys().filter(|name| !used.contains(name.as_str())) {
            problems.add(|| {
                layer.problem_at(
                    &[Step::Key("messages"), Step::Key(name)],
                    format!("no state shows the message {}", quoted(name)),
                    one_of(name, StateName::ALL.into_iter().map(StateName::as_str)),
                )
            });
        }
    }
}

/// Layers by the routes they name, each list in the order of asking.
struct ByRoute<'a> {
    named: HashMap<&'a str, Vec<(usize, &'a Layer<'a>)>>,
    all: Vec<(usize, &'a Layer<'a>)>,
}

fn ordered<'a>(layers: &'a [Layer<'a>]) -> ByRoute<'a> {
    let mut sorted: Vec<_> = layers.iter().collect();
    // Stable, and files come by name: what is reported of a tie does not depend on chance.
    sorted.sort_by_key(|layer| layer.source.priority);
    let mut by_route = ByRoute {
        named: HashMap::new(),
        all: Vec::new(),
    };
    for (rank, layer) in sorted.into_iter().enumerate() {
        let names = layer.table.route.names();
        if names.iter().any(|name| name == "*") {
            by_route.all.push((rank, layer));
            continue;
        }
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        for name in names {
            by_route.named.entry(name).or_default().push((rank, layer));
        }
    }
    by_route
}

impl<'a> ByRoute<'a> {
    /// The layers that speak of a route, first asked first.
    fn of(&self, route: &str) -> Vec<&'a Layer<'a>> {
        let named = self.named.get(route).map(Vec::as_slice).unwrap_or_default();
        let mut speaking: Vec<_> = named.iter().chain(&self.all).copied().collect();
        speaking.sort_by_key(|(rank, _)| *rank);
        speaking.into_iter().map(|(_, layer)| layer).collect()
    }
}

/// Two files of one priority that speak of one route: which is asked first would be chance.
fn check_ties(speaking: &[&Layer<'_>], route: &str, problems: &mut Problems) {
    let mut first_of: BTreeMap<u32, &Layer<'_>> = BTreeMap::new();
    for layer in speaking {
        let first = *first_of.entry(layer.source.priority).or_insert(layer);
        if !Arc::ptr_eq(&first.source, &layer.source) {
            problems.add(|| {
                layer.source.document.problem_at(
                    &[Step::Key("priority")],
                    format!(
                        "{} has the same priority and speaks of route {} too",
                        quoted(first.source.name),
                        quoted(route)
                    ),
                    "another priority for one of the two",
                )
            });
        }
    }
}
