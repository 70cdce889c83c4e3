//! `[[self_service]]` tables: read once, and merged for each question, for whom they name is known only then.

use super::layer::Source;
use crate::document::Step;
use crate::file::authority::Texts;
use crate::file::self_service::SelfServiceTable;
use crate::message::is_one_line;
use crate::problem::{Problem, Problems, one_of, quoted};
use postern_identity::DistinguishedName;
use postern_identity::reset::{FactorClass, ResetQuestion, ResetRules};
use std::sync::Arc;

mod merge;
#[cfg(test)]
mod tests;

use merge::Merged;

/// The factors there are, and their kinds. Rules count kinds.
const FACTORS: [(&str, FactorClass); 1] = [("mail", FactorClass::Mail)];
/// The most tables that may speak of one route.
const MOST_TABLES: usize = 256;
/// The longest line for those who cannot be helped, in octets.
const LONGEST_HELP: usize = 300;
/// The longest word of the organisation, in octets, and the most of them.
const LONGEST_WORD: usize = 64;
const MOST_WORDS: usize = 100;

/// One table of a file. It is kept as long as the file does not change.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(super) source: Arc<Source>,
    index: usize,
    pub(super) table: SelfServiceTable,
    accounts: Vec<DistinguishedName>,
    groups: Vec<DistinguishedName>,
}

/// What holds for whoever is asked about, of the tables that speak of the route.
pub(crate) fn rules(tables: &[Arc<Serving>], question: &ResetQuestion<'_>, generation: u64) -> ResetRules {
    let known = Known::of(tables, question);
    let holding = tables.iter().filter(|table| table.holds(question, &known));
    let mut rules = merge::merged(holding, question.route, generation).rules;
    let of_directory = |table: &&Arc<Serving>| table.is_of(question.directory);
    rules.reads_groups = tables.iter().filter(of_directory).any(|table| !table.groups.is_empty());
    // Checked before the book came into force, but not for every mixture of tables: what nobody can meet is not offered (F4).
    if !is_within_reach(&rules) {
        rules.features.reset = false;
        rules.features.unlock = false;
        rules.features.forgot_link = false;
    }
    rules
}

/// Whether there are as many kinds of factors as gates.
fn is_within_reach(rules: &ResetRules) -> bool {
    rules.gates >= 1 && kinds(&rules.factors) >= usize::from(rules.gates)
}

fn is_known(factor: &Arc<str>) -> bool {
    FACTORS.iter().any(|(known, _)| *known == &**factor)
}

fn kinds(factors: &[Arc<str>]) -> usize {
    let class_of = |name: &Arc<str>| {
        FACTORS
            .iter()
            .find(|(known, _)| *known == &**name)
            .map(|(_, class)| *class)
    };
    let classes: std::collections::BTreeSet<_> = factors.iter().filter_map(class_of).collect();
    classes.len()
}

/// The tables that speak of a route, in the order of asking.
pub(super) fn of_route<'a>(all: &'a [Arc<Serving>], route: &str) -> Vec<&'a Arc<Serving>> {
    let names = |serving: &Serving| {
        serving
            .table
            .route
            .names()
            .iter()
            .any(|name| name == "*" || name == route)
    };
    let mut speaking: Vec<_> = all.iter().filter(|serving| names(serving)).collect();
    // Stable: within a file, the order of its lines.
    speaking.sort_by_key(|serving| serving.source.priority);
    speaking
}

/// What is wrong with a route's tables together.
pub(super) fn check(route: &str, speaking: &[&Arc<Serving>], problems: &mut Problems) {
    if let Some(first_too_many) = speaking.get(MOST_TABLES) {
        let what = format!("too many tables of self-service speak of route {}", quoted(route));
        problems.add(|| first_too_many.problem_at(&[], what, format!("at most {MOST_TABLES}")));
        return;
    }
    for (first, second) in speaking.iter().zip(speaking.iter().skip(1)) {
        if first.source.priority == second.source.priority && !Arc::ptr_eq(&first.source, &second.source) {
            problems.add(|| {
                second.source.outline.problem_at(
                    &[Step::Key("priority")],
                    format!(
                        "{} has the same priority and says something of self-service on route {} too",
                        quoted(&first.source.file.name),
                        quoted(route)
                    ),
                    "another priority for one of the two",
                )
            });
        }
    }
    let mut directories: Vec<Option<&str>> = vec![None];
    directories.extend(
        speaking
            .iter()
            .flat_map(|table| table.directories())
            .map(|name| Some(name.as_str())),
    );
    directories.sort_unstable();
    directories.dedup();
    for directory in directories {
        let here = |table: &&&Arc<Serving>| table.is_of(directory);
        let about: Vec<_> = speaking
            .iter()
            .filter(here)
            .filter(|table| table.is_about_some())
            .collect();
        // For everybody, for those of each table alone, and for whoever is in all of them.
        let mut mixtures: Vec<Vec<&Arc<Serving>>> = vec![Vec::new(), about.iter().map(|table| **table).collect()];
        mixtures.extend(about.iter().map(|table| vec![**table]));
        for named in mixtures {
            let holds =
                |table: &&&Arc<Serving>| !table.is_about_some() || named.iter().any(|named| Arc::ptr_eq(named, table));
            let holding = speaking.iter().filter(here).filter(holds).copied();
            check_merged(&merge::merged(holding, route, 0), problems);
        }
    }
}

/// What cannot be, whoever says which part of it.
fn check_merged(merged: &Merged<'_>, problems: &mut Problems) {
    let rules = &merged.rules;
    let mut at = |keys: &[&str], what: String, remedy: &str| {
        if let Some((serving, key)) = keys.iter().find_map(|key| merged.sayer(key)) {
            problems.add(|| {
                let steps: Vec<_> = key.split('.').map(Step::Key).collect();
                serving.problem_at(&steps, what, remedy)
            });
        }
    };
    let asks = rules.features.reset || rules.features.unlock;
    if asks && rules.factors.is_empty() {
        at(
            &["factors"],
            "reset or unlock is offered, and there is no way to prove who one is".to_owned(),
            "name a factor, such as [\"mail\"], or set features.reset and features.unlock to false",
        );
    } else if asks && rules.factors.iter().all(is_known) && !is_within_reach(rules) {
        let what = format!(
            "{} gates need factors of {} different kinds, and there is no more than {}",
            rules.gates,
            rules.gates,
            kinds(&rules.factors)
        );
        at(
            &["gates", "factors", "privileged"],
            what,
            "fewer gates, factors of more kinds, or privileged = \"off\"",
        );
    }
    let lifetimes = &rules.lifetimes;
    for (key, part) in [
        ("lifetimes.link_seconds", lifetimes.link),
        ("lifetimes.code_seconds", lifetimes.code),
        ("lifetimes.ready_seconds", lifetimes.ready),
    ] {
        if part > lifetimes.context {
            at(
                &[key, "lifetimes.context_seconds"],
                format!(
                    "{} seconds are longer than all of it may take ({})",
                    part.as_secs(),
                    lifetimes.context.as_secs()
                ),
                "at most lifetimes.context_seconds",
            );
        }
    }
    if rules.limits.tries_of_challenge > rules.limits.tries_of_context {
        at(
            &["limits.tries_of_challenge", "limits.tries_of_context"],
            "one message may be tried more often than all of them together".to_owned(),
            "at most limits.tries_of_context",
        );
    }
}

/// A name with every letter folded, also those whose case or width directories may or may not tell apart.
fn folded(name: &DistinguishedName) -> String {
    postern_identity::reset::asked::fold(&name.to_string())
}

/// Who is asked about, as far as any table looks.
struct Known {
    /// `None`: nobody is known yet.
    account: Option<Name>,
    groups: Vec<Name>,
}

/// A name as the directory writes it.
enum Name {
    Read(DistinguishedName),
    /// It cannot be read, so it may be anybody's.
    Unreadable,
}

impl Known {
    fn of(tables: &[Arc<Serving>], question: &ResetQuestion<'_>) -> Self {
        let read = |text: &str| DistinguishedName::parse(text.as_bytes()).map_or(Name::Unreadable, Name::Read);
        let reads_groups = tables.iter().any(|table| !table.groups.is_empty());
        let groups = if reads_groups { question.groups } else { &[] };
        Self {
            account: question.account.map(read),
            groups: groups.iter().map(|group| read(group)).collect(),
        }
    }
}

impl Serving {
    /// Reads one table.
    pub(super) fn new(source: &Arc<Source>, index: usize, table: SelfServiceTable, problems: &mut Problems) -> Self {
        let mut serving = Self {
            source: Arc::clone(source),
            index,
            table,
            accounts: Vec::new(),
            groups: Vec::new(),
        };
        serving.accounts = serving.names("accounts", serving.table.accounts.as_deref(), problems);
        serving.groups = serving.names("groups", serving.table.groups.as_deref(), problems);
        serving.check_factors(problems);
        serving.check_texts(problems);
        if serving.table.privileged.is_some() && !serving.is_about_some() {
            problems.add(|| {
                serving.problem_at(
                    &[Step::Key("privileged")],
                    "this table is about everybody, and not everybody is privileged",
                    "name them with \"accounts\" or \"groups\"",
                )
            });
        }
        serving
    }

    /// The name of the rule that a key of this table is.
    fn rule(&self, key: &str) -> Arc<str> {
        format!("{}:self_service[{}].{key}", self.source.file.name, self.index).into()
    }

    /// A problem at a value of this table.
    pub(super) fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let mut path = vec![Step::Key("self_service"), Step::Item(self.index)];
        path.extend_from_slice(steps);
        self.source.outline.problem_at(&path, what, remedy)
    }

    fn directories(&self) -> &[String] {
        self.table.directory.as_ref().map_or(&[], Texts::texts)
    }

    fn is_of(&self, directory: Option<&str>) -> bool {
        self.table.directory.is_none()
            || directory.is_some_and(|directory| self.directories().iter().any(|name| name == directory))
    }

    fn is_about_some(&self) -> bool {
        self.table.accounts.is_some() || self.table.groups.is_some()
    }

    fn holds(&self, question: &ResetQuestion<'_>, known: &Known) -> bool {
        if !self.is_of(question.directory) {
            return false;
        }
        if !self.is_about_some() {
            return true;
        }
        let Some(account) = &known.account else { return false };
        // Where a name may be spelt otherwise by the directory than here, it is taken for the privileged one it may be, and for no other.
        let may_be = self.table.privileged.is_some();
        let is_account = |named: &DistinguishedName| match account {
            Name::Read(account) => account.is_within(named) || may_be && folded(account).ends_with(&folded(named)),
            Name::Unreadable => may_be,
        };
        let is_group = |named: &DistinguishedName| {
            known.groups.iter().any(|group| match group {
                Name::Read(group) => group == named || may_be && folded(group) == folded(named),
                Name::Unreadable => may_be,
            })
        };
        self.accounts.iter().any(is_account) || self.groups.iter().any(is_group)
    }

    fn names(&self, key: &str, texts: Option<&[String]>, problems: &mut Problems) -> Vec<DistinguishedName> {
        let mut names = Vec::new();
        for (position, text) in texts.unwrap_or_default().iter().enumerate() {
            match DistinguishedName::parse(text.as_bytes()) {
                Ok(name) if !name.is_root() => names.push(name),
                _ => problems.add(|| {
                    self.problem_at(
                        &[Step::Key(key), Step::Item(position)],
                        format!("{} is not a distinguished name", quoted(text)),
                        "a name like \"cn=admins,ou=groups,dc=example,dc=org\"",
                    )
                }),
            }
        }
        names
    }

    fn check_factors(&self, problems: &mut Problems) {
        let factors = self.table.factors.as_deref().unwrap_or_default();
        for (position, factor) in factors.iter().enumerate() {
            let place = [Step::Key("factors"), Step::Item(position)];
            if !FACTORS.iter().any(|(known, _)| known == factor) {
                problems.add(|| {
                    let remedy = one_of(factor, FACTORS.iter().map(|(known, _)| *known));
                    self.problem_at(&place, format!("there is no factor {}", quoted(factor)), remedy)
                });
            } else if factors.iter().take(position).any(|before| before == factor) {
                problems.add(|| self.problem_at(&place, format!("{} stands there twice", quoted(factor)), "once"));
            }
        }
    }

    fn check_texts(&self, problems: &mut Problems) {
        if let Some(help) = &self.table.help_desk
            && (help.len() > LONGEST_HELP || !is_one_line(help) || help.trim().is_empty())
        {
            problems.add(|| {
                let remedy = format!("one line of at most {LONGEST_HELP} octets");
                self.problem_at(&[Step::Key("help_desk")], "it cannot be shown", remedy)
            });
        }
        let words = self.table.password.words.as_deref().unwrap_or_default();
        if words.len() > MOST_WORDS {
            let steps = [Step::Key("password"), Step::Key("words")];
            problems.add(|| self.problem_at(&steps, "too many words", format!("at most {MOST_WORDS}")));
        }
        for (position, word) in words.iter().enumerate() {
            // Fewer than three letters say nothing of a password, and would never be found.
            if word.len() > LONGEST_WORD
                || !is_one_line(word)
                || word.chars().filter(|c| c.is_alphanumeric()).count() < 3
            {
                problems.add(|| {
                    self.problem_at(
                        &[Step::Key("password"), Step::Key("words"), Step::Item(position)],
                        format!("{} is no word to look for", quoted(word)),
                        format!("three letters or more, at most {LONGEST_WORD} octets"),
                    )
                });
            }
        }
    }
}
