//! From files to a [`Rulebook`]: read every file, order the tables, take for each route and each key the first table that
//! sets it. Every problem of every file is reported at once, and any problem means no rulebook.

use crate::file::{ADVICE, PolicyFile};
use crate::kept::{Kept, Known};
use crate::outline::Outline;
use crate::problem::{Problem, Problems, one_of, quoted};
use crate::rulebook::{Rulebook, Rules};
use crate::set::{PolicySet, PolicySource};
use jiff::tz::TimeZone;
use postern_identity::StateName;
use postern_identity::authority::AuthorityRules;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

mod authority;
mod layer;
mod merge;
pub(crate) mod self_service;
mod strictest;
#[cfg(test)]
mod tests;
mod texts;
mod variants;

use crate::document::{Document, Step};
pub(crate) use authority::Owning;
pub(crate) use layer::Layer;
use layer::Source;
pub(crate) use self_service::Serving;
pub(crate) use variants::Variants;

/// The longest portal address a route may have, in octets: short enough for every built-in text to fit.
pub const LONGEST_PORTAL_URL: usize = 300;

/// What the configuration says of a route, as far as policies care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteFacts {
    /// The name policy files use.
    pub name: Arc<str>,
    /// Where people of this route reset their password, if anywhere: put into texts for `{portal_url}`.
    pub portal_url: Option<Arc<str>>,
    /// Whether it shows the directory otherwise than it is, under another suffix or as another product: then it cannot be transparent.
    pub mapped: bool,
}

/// Compiles a set for the routes of a configuration.
pub fn compile(set: &PolicySet, routes: &[RouteFacts], generation: u64) -> Result<Rulebook, Vec<Problem>> {
    compile_again(set, routes, generation, None).map(|(book, _)| book)
}

/// The same, without doing again what was done for a set before.
pub(crate) fn compile_again(
    set: &PolicySet,
    routes: &[RouteFacts],
    generation: u64,
    kept: Option<&Kept>,
) -> Result<(Rulebook, FilesRead), Vec<Problem>> {
    let mut problems = Problems::default();
    let Layers {
        files,
        tables: layers,
        owning,
        serving,
        all_read,
    } = Layers::of(set, kept, &mut problems);
    check_names(set, (&layers, &owning, &serving), routes, &mut problems);
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
        let owning = authority::of_route(&owning, &route.name);
        let serving = self_service::of_route(&serving, &route.name);
        let rules = kept.and_then(|kept| unchanged(&kept.known, route, (&speaking, &owning, &serving)));
        let rules = rules.map_or_else(
            || {
                check_ties(&speaking, &route.name, &mut problems);
                self_service::check(&route.name, &serving, &mut problems);
                let made = Made {
                    generation,
                    authority: authority::rules(&route.name, &owning, all_read, &mut problems),
                };
                let mut rules = variants::rules(route, &speaking, &made, all_read, &mut problems);
                rules.owned_by = owning.iter().map(|owning| Arc::clone(owning)).collect();
                rules.served_by = serving.iter().map(|serving| Arc::clone(serving)).collect();
                Arc::new(rules)
            },
            Arc::clone,
        );
        compiled.insert(Arc::clone(&route.name), rules);
        if problems.is_full() {
            break;
        }
    }
    if problems.is_empty() {
        Ok((Rulebook::new(generation, compiled), files))
    } else {
        Err(problems.into_vec())
    }
}

/// What every variant of a route's rules has in common.
#[derive(Debug, Clone)]
struct Made {
    generation: u64,
    authority: Option<Arc<AuthorityRules>>,
}

/// The route names a set and its tests speak of, for compiling it without a configuration. A set that only speaks of all
/// routes gets one called "any". The portal's address is an example.
pub fn routes_spoken_of(set: &PolicySet) -> Vec<RouteFacts> {
    let Layers {
        tables,
        owning,
        serving,
        ..
    } = Layers::of(set, None, &mut Problems::default());
    let of_policies = tables
        .iter()
        .flat_map(|layer| layer.table.route.names().iter().cloned());
    let of_authority = owning
        .iter()
        .flat_map(|owning| owning.table.route.names().iter().cloned());
    let of_self_service = serving
        .iter()
        .flat_map(|serving| serving.table.route.names().iter().cloned());
    let mut names: Vec<String> = of_policies
        .chain(of_authority)
        .chain(of_self_service)
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
            mapped: false,
        })
        .collect()
}

/// The tables of each kind.
type Tables<'a, Policies, Owners, SelfServices> = (&'a [Policies], &'a [Owners], &'a [SelfServices]);

/// The rules a route had, if it is the same and so are the tables that speak of it.
fn unchanged<'k>(
    known: &'k Known,
    route: &RouteFacts,
    (speaking, owning, serving): Tables<'_, &Arc<Layer>, &Arc<Owning>, &Arc<Serving>>,
) -> Option<&'k Arc<Rules>> {
    known.rules(&route.name).filter(|rules| {
        rules.portal_url == route.portal_url
            && same(&rules.made_of, speaking)
            && same(&rules.owned_by, owning)
            && same(&rules.served_by, serving)
    })
}

fn same<T>(were: &[Arc<T>], are: &[&Arc<T>]) -> bool {
    were.len() == are.len() && were.iter().zip(are).all(|(was, is)| Arc::ptr_eq(was, is))
}

/// The tables of every file, by its name.
pub(crate) type FilesRead = HashMap<String, (Arc<PolicySource>, FileRead)>;

/// The tables of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileRead {
    layers: Vec<Arc<Layer>>,
    owning: Vec<Arc<Owning>>,
    serving: Vec<Arc<Serving>>,
}

/// Every table of the files that could be read.
struct Layers {
    files: FilesRead,
    tables: Vec<Arc<Layer>>,
    owning: Vec<Arc<Owning>>,
    serving: Vec<Arc<Serving>>,
    /// Whether that is all of them: if not, what seems to be missing may stand in another.
    all_read: bool,
}

impl Layers {
    fn of(set: &PolicySet, kept: Option<&Kept>, problems: &mut Problems) -> Self {
        let schema = crate::schema::policy_schema();
        let mut files = FilesRead::with_capacity(set.policies().len());
        let mut tables = Vec::new();
        let mut owning = Vec::new();
        let mut serving = Vec::new();
        let mut all_read = true;
        for source in set.policies() {
            let known = kept.and_then(|kept| kept.policies.get(&source.name));
            let of_file = match known.filter(|(file, _)| Arc::ptr_eq(file, source)) {
                Some((_, known)) => Ok(known.clone()),
                None => read(source, &schema, problems),
            };
            match of_file {
                Ok(of_file) => {
                    tables.extend(of_file.layers.iter().cloned());
                    owning.extend(of_file.owning.iter().cloned());
                    serving.extend(of_file.serving.iter().cloned());
                    files.insert(source.name.clone(), (Arc::clone(source), of_file));
                }
                Err(found) => {
                    all_read = false;
                    problems.extend(found);
                }
            }
            if problems.is_full() {
                break;
            }
        }
        Self {
            files,
            tables,
            owning,
            serving,
            all_read,
        }
    }
}

/// The tables of one file, or why they cannot be read. What is wrong inside a table goes to `problems`.
fn read(
    file: &Arc<PolicySource>,
    schema: &serde_json::Value,
    problems: &mut Problems,
) -> Result<FileRead, Vec<Problem>> {
    // Whoever else wants this processor comes first.
    std::thread::yield_now();
    let mut document = Document::parse(&file.path, &file.octets, &ADVICE)?;
    let outline = Outline::of(file, &document);
    let found = crate::shape::check(&mut document, schema);
    if !found.is_empty() {
        return Err(found);
    }
    let PolicyFile {
        priority,
        time_zone,
        policy,
        authority,
        self_service,
    } = document.give_up().map_err(|problem| vec![problem])?;
    let zone = match time_zone.map(|name| TimeZone::get(&name).map_err(|_| name)) {
        None => None,
        Some(Ok(zone)) => Some(zone),
        Some(Err(name)) => {
            let what = format!("there is no time zone {}", quoted(&name));
            let remedy = "a name of the time zone database, such as \"Europe/Berlin\" or \"UTC\"";
            return Err(vec![outline.problem_at(&[Step::Key("time_zone")], what, remedy)]);
        }
    };
    let source = Arc::new(Source {
        file: Arc::clone(file),
        outline,
        priority,
        zone,
    });
    if policy.is_empty() && authority.is_empty() && self_service.is_empty() {
        let what = "the file has neither a \"policy\" nor an \"authority\" nor a \"self_service\"";
        return Err(vec![source.outline.problem_at(
            &[],
            what,
            "add a [[policy]], or take the file away",
        )]);
    }
    let tables = policy.into_iter().enumerate();
    let layers = tables
        .map(|(index, table)| Arc::new(Layer::new(&source, index, table, problems)))
        .collect();
    let tables = authority.into_iter().enumerate();
    let owning: Vec<_> = tables
        .map(|(index, table)| Arc::new(Owning::new(&source, index, table, problems)))
        .collect();
    Owning::check_names(&owning, problems);
    let tables = self_service.into_iter().enumerate();
    let serving = tables
        .map(|(index, table)| Arc::new(Serving::new(&source, index, table, problems)))
        .collect();
    Ok(FileRead {
        layers,
        owning,
        serving,
    })
}

/// Routes that a configuration names and files do not know, and the reverse.
fn check_names(
    set: &PolicySet,
    (layers, owning, serving): Tables<'_, Arc<Layer>, Arc<Owning>, Arc<Serving>>,
    routes: &[RouteFacts],
    problems: &mut Problems,
) {
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
    let mut check = |names: &[String], problem_at: &dyn Fn(&[Step<'_>], String, String) -> Problem| {
        for (position, name) in names.iter().enumerate() {
            if name != "*" && !known.contains(name.as_str()) {
                let names = routes.iter().map(|route| &*route.name);
                problems.add(|| {
                    problem_at(
                        &[Step::Key("route"), Step::Item(position)],
                        format!("route = {} is not in the configuration", quoted(name)),
                        one_of(name, names),
                    )
                });
            }
        }
    };
    for layer in layers {
        check(layer.table.route.names(), &|steps, what, remedy| {
            layer.problem_at(steps, what, remedy)
        });
    }
    for owning in owning {
        check(owning.table.route.names(), &|steps, what, remedy| {
            owning.problem_at(steps, what, remedy)
        });
    }
    for serving in serving {
        check(serving.table.route.names(), &|steps, what, remedy| {
            serving.problem_at(steps, what, remedy)
        });
    }
}

/// A text that no state shows is a slip of the hand: whoever wrote it thinks it is shown.
fn check_messages_used(layers: &[Arc<Layer>], problems: &mut Problems) {
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
    named: HashMap<&'a str, Vec<(usize, &'a Arc<Layer>)>>,
    all: Vec<(usize, &'a Arc<Layer>)>,
}

fn ordered(layers: &[Arc<Layer>]) -> ByRoute<'_> {
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
    fn of(&self, route: &str) -> Vec<&'a Arc<Layer>> {
        let named = self.named.get(route).map(Vec::as_slice).unwrap_or_default();
        let mut speaking: Vec<_> = named.iter().chain(&self.all).copied().collect();
        speaking.sort_by_key(|(rank, _)| *rank);
        speaking.into_iter().map(|(_, layer)| layer).collect()
    }
}

/// Two files of one priority that speak of one route: which is asked first would be chance.
fn check_ties(speaking: &[&Arc<Layer>], route: &str, problems: &mut Problems) {
    let mut first_of: BTreeMap<u32, &Arc<Layer>> = BTreeMap::new();
    for layer in speaking {
        let first = *first_of.entry(layer.source.priority).or_insert(layer);
        if !Arc::ptr_eq(&first.source, &layer.source) {
            problems.add(|| {
                layer.source.outline.problem_at(
                    &[Step::Key("priority")],
                    format!(
                        "{} has the same priority and speaks of route {} too",
                        quoted(&first.source.file.name),
                        quoted(route)
                    ),
                    "another priority for one of the two",
                )
            });
        }
    }
}
