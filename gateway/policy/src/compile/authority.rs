//! `[[authority]]` tables read into rules, and the rules of a route put in order.

use super::layer::Source;
use crate::document::Step;
use crate::file::authority::{AuthorityTable, OwnerWord, Texts, WhenTable};
use crate::message::{holds_sub_code, is_one_line};
use crate::problem::{Problem, Problems, quoted};
use postern_identity::authority::{AuthorityRule, AuthorityRules, Condition, Filter, Group, Owner, Pin, Provider};
use postern_identity::decide::RuleName;
use postern_identity::{AttributeName, DirectoryName, DistinguishedName};
use std::sync::Arc;

mod filter;
#[cfg(test)]
mod tests;

/// The longest name of a rule or provider, in octets.
const LONGEST_NAME: usize = 64;
/// The most rules that may speak of one route.
const MOST_RULES: usize = 256;
/// How deep conditions may stand in one another.
const DEEPEST: usize = 16;

/// One table of a file. It is kept as long as the file does not change.
#[derive(Debug)]
pub(crate) struct Owning {
    source: Arc<Source>,
    index: usize,
    pub(super) table: AuthorityTable,
    /// Nothing where it could not be read, which has been told.
    made: Option<Made>,
}

#[derive(Debug)]
enum Made {
    Pin(Pin),
    Rule(AuthorityRule),
}

/// The rules of a route out of the tables that speak of it, first asked first. `None` if none does.
pub(super) fn rules(
    route: &str,
    speaking: &[&Arc<Owning>],
    all_read: bool,
    problems: &mut Problems,
) -> Option<Arc<AuthorityRules>> {
    let last = speaking.last()?;
    if speaking.len() > MOST_RULES {
        let what = format!("too many authority rules speak of route {}", quoted(route));
        problems.add(|| last.problem_at(&[], what, format!("at most {MOST_RULES}")));
    }
    let (mut pins, mut rules) = (Vec::new(), Vec::new());
    for owning in speaking {
        match &owning.made {
            Some(Made::Pin(pin)) => pins.push(pin.clone()),
            Some(Made::Rule(rule)) => rules.push(rule.clone()),
            None => {}
        }
    }
    let about_everybody = |owning: &&Arc<Owning>| {
        let table = &owning.table;
        table.when.is_none() && table.break_glass != Some(true)
    };
    if all_read && !speaking.iter().any(about_everybody) {
        problems.add(|| {
            last.problem_at(
                &[],
                format!(
                    "the authority rules of route {} end without one about everybody else, whose passwords nobody could change",
                    quoted(route)
                ),
                "a last [[authority]] without \"when\", such as owner = \"local\"",
            )
        });
    }
    for (first, second) in speaking.iter().zip(speaking.iter().skip(1)) {
        if first.source.priority == second.source.priority && !Arc::ptr_eq(&first.source, &second.source) {
            problems.add(|| {
                second.source.outline.problem_at(
                    &[Step::Key("priority")],
                    format!(
                        "{} has the same priority and authority rules for route {} too",
                        quoted(&first.source.file.name),
                        quoted(route)
                    ),
                    "another priority for one of the two",
                )
            });
        }
    }
    Some(Arc::new(AuthorityRules::new(pins, rules)))
}

/// The tables that speak of a route, in the order of asking.
pub(super) fn of_route<'a>(all: &'a [Arc<Owning>], route: &str) -> Vec<&'a Arc<Owning>> {
    let names = |owning: &Owning| {
        owning
            .table
            .route
            .names()
            .iter()
            .any(|name| name == "*" || name == route)
    };
    let mut speaking: Vec<_> = all.iter().filter(|owning| names(owning)).collect();
    // Stable: within a file, the order of its lines.
    speaking.sort_by_key(|owning| owning.source.priority);
    speaking
}

impl Owning {
    /// Reads one table.
    pub(super) fn new(source: &Arc<Source>, index: usize, table: AuthorityTable, problems: &mut Problems) -> Self {
        let mut owning = Self {
            source: Arc::clone(source),
            index,
            table,
            made: None,
        };
        let mut reading = Reading {
            owning: &owning,
            problems,
            sound: true,
        };
        let made = reading.made();
        owning.made = Some(made).filter(|_| reading.sound);
        owning
    }

    /// A problem at a value of this table.
    pub(super) fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let mut path = vec![Step::Key("authority"), Step::Item(self.index)];
        path.extend_from_slice(steps);
        self.source.outline.problem_at(&path, what, remedy)
    }

    /// Two tables of one file with one name: the record could not tell them apart.
    pub(super) fn check_names(of_file: &[Arc<Self>], problems: &mut Problems) {
        for (place, owning) in of_file.iter().enumerate() {
            let name = &owning.table.name;
            if of_file.iter().take(place).any(|before| before.table.name == *name) {
                problems.add(|| {
                    owning.problem_at(
                        &[Step::Key("name")],
                        format!("another authority rule of this file is called {} too", quoted(name)),
                        "a name of its own",
                    )
                });
            }
        }
    }
}

/// One table while it is read.
struct Reading<'r> {
    owning: &'r Owning,
    problems: &'r mut Problems,
    sound: bool,
}

impl Reading<'_> {
    fn problem(&mut self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) {
        self.sound = false;
        let owning = self.owning;
        self.problems.add(|| owning.problem_at(steps, what, remedy));
    }

    fn made(&mut self) -> Made {
        let table = &self.owning.table;
        if table.name.len() > LONGEST_NAME
            || !table
                .name
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        {
            let what = format!("{} is no name of a rule", quoted(&table.name));
            let remedy = format!("letters, digits, \"-\" and \"_\", at most {LONGEST_NAME}");
            self.problem(&[Step::Key("name")], what, remedy);
        }
        let name = RuleName(format!("{}:authority.{}", self.owning.source.file.name, table.name).into());
        if table.break_glass == Some(true) {
            return Made::Pin(self.pin(name));
        }
        for (key, is_set) in [
            ("accounts", table.accounts.is_some()),
            ("groups", table.groups.is_some()),
        ] {
            if is_set {
                let what = format!("\"{key}\" is for rules with break_glass = true");
                self.problem(
                    &[Step::Key(key)],
                    what,
                    "break_glass = true, or \"when\" with \"subtree\" or \"group\"",
                );
            }
        }
        let owner = self.owner();
        let condition = table
            .when
            .as_ref()
            .map(|when| self.condition(when, &[Step::Key("when")], 0));
        let told_to = self.names("told_to", table.told_to.as_deref().unwrap_or_default());
        Made::Rule(AuthorityRule {
            name,
            condition,
            owner,
            told_to: told_to.into(),
        })
    }

    fn pin(&mut self, name: RuleName) -> Pin {
        let table = &self.owning.table;
        for (key, is_set) in [
            ("owner", table.owner.is_some_and(|owner| owner != OwnerWord::Local)),
            ("provider", table.provider.is_some()),
            ("page", table.page.is_some()),
            ("told_to", table.told_to.is_some()),
            ("when", table.when.is_some()),
        ] {
            if is_set {
                let what = "what break_glass names is always the directory's own, and named by \"accounts\" and \"groups\" alone";
                self.problem(&[Step::Key(key)], what, "leave it out");
            }
        }
        if table.accounts.is_none() && table.groups.is_none() {
            self.problem(&[], "break_glass names nobody", "add \"accounts\" or \"groups\"");
        }
        let names = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let groups = self.names("groups", &names(&table.groups));
        Pin {
            name,
            accounts: self.names("accounts", &names(&table.accounts)),
            groups: groups.into_iter().map(|name| Group { name, nested: false }).collect(),
        }
    }

    fn names(&mut self, key: &str, texts: &[String]) -> Vec<DistinguishedName> {
        let places = texts.iter().enumerate();
        places
            .filter_map(|(position, text)| self.distinguished(text, &[Step::Key(key), Step::Item(position)]))
            .collect()
    }

    fn owner(&mut self) -> Owner {
        let table = &self.owning.table;
        let Some(word) = table.owner else {
            self.problem(
                &[],
                "it is not said whose these passwords are",
                "add owner: \"local\", \"provider\", \"both\" or \"unknown\"",
            );
            return Owner::Unknown;
        };
        let outside = matches!(word, OwnerWord::Provider | OwnerWord::Both);
        for (key, is_set) in [("provider", table.provider.is_some()), ("page", table.page.is_some())] {
            if is_set && !outside {
                let what = format!("\"{key}\" is for passwords that a provider has");
                self.problem(
                    &[Step::Key(key)],
                    what,
                    "owner = \"provider\" or \"both\", or leave it out",
                );
            }
        }
        if let Some(page) = &table.page
            && (!page.starts_with("https://")
                || page.len() > super::LONGEST_PORTAL_URL
                || page.chars().any(char::is_whitespace)
                || !is_one_line(page)
                || holds_sub_code(page))
        {
            let remedy = format!(
                "https://…, without spaces, at most {} octets",
                super::LONGEST_PORTAL_URL
            );
            self.problem(
                &[Step::Key("page")],
                format!("{} cannot be told as a page", quoted(page)),
                remedy,
            );
        }
        let provider = table.provider.as_deref().unwrap_or_default();
        if outside && provider.is_empty() {
            self.problem(
                &[],
                "it is not said which provider has these passwords",
                "add provider = \"its name\"",
            );
        } else if provider.len() > LONGEST_NAME || !is_one_line(provider) || holds_sub_code(provider) {
            let what = format!("{} cannot be told as a name", quoted(provider));
            self.problem(
                &[Step::Key("provider")],
                what,
                format!("one line of at most {LONGEST_NAME} octets"),
            );
        }
        let provider = Provider {
            name: provider.into(),
            page: table.page.as_deref().map(Into::into),
        };
        match word {
            OwnerWord::Local => Owner::Local,
            OwnerWord::Provider => Owner::Provider(provider),
            OwnerWord::Both => Owner::Both(provider),
            OwnerWord::Unknown => Owner::Unknown,
        }
    }

    fn condition(&mut self, when: &WhenTable, place: &[Step<'_>], depth: usize) -> Condition {
        let mut parts = Vec::new();
        if depth >= DEEPEST {
            self.problem(
                place,
                "conditions stand too deep in one another",
                format!("at most {DEEPEST} deep"),
            );
            return Condition::Any(parts);
        }
        let at = |key: &'static str| [place, &[Step::Key(key)]].concat();
        let names = |key: &'static str, texts: &Option<Texts>, reading: &mut Self| -> Option<Vec<DistinguishedName>> {
            let texts = texts.as_ref()?.texts().iter().enumerate();
            let place = at(key);
            Some(
                texts
                    .filter_map(|(item, text)| reading.distinguished(text, &[&place[..], &[Step::Item(item)]].concat()))
                    .collect(),
            )
        };
        if let Some(bases) = names("subtree", &when.subtree, self) {
            parts.push(Condition::Within(bases));
        }
        let groups = names("group", &when.group, self);
        let nested = when.nested == Some(true);
        if let Some(groups) = groups {
            parts.push(Condition::Member(
                groups.into_iter().map(|name| Group { name, nested }).collect(),
            ));
        } else if when.nested.is_some() {
            self.problem(
                &at("nested"),
                "\"nested\" is about groups, and none is named",
                "add \"group\", or leave it out",
            );
        }
        if let Some(text) = &when.filter {
            match filter::parse(text) {
                Ok(filter) => parts.push(Condition::Filter(filter)),
                Err(mistake) => {
                    self.sound = false;
                    let owning = self.owning;
                    let path = [&[Step::Key("authority"), Step::Item(owning.index)][..], &at("filter")].concat();
                    self.problems.add(|| {
                        owning
                            .source
                            .outline
                            .problem_within(&path, mistake.at, mistake.what, mistake.remedy)
                    });
                }
            }
        }
        if let Some(attribute) = &when.attribute {
            match filter::attribute(&attribute.name) {
                Ok(name) => parts.push(Condition::Filter(match &attribute.value {
                    Some(value) => Filter::Equal(name, value.as_bytes().into()),
                    None => Filter::Present(name),
                })),
                Err((what, remedy)) => {
                    let place = [&at("attribute")[..], &[Step::Key("name")]].concat();
                    self.problem(&place, format!("{} {what}", quoted(&attribute.name)), remedy);
                }
            }
        }
        for (key, domains, attribute) in [
            ("mail_domain", &when.mail_domain, "mail"),
            ("upn_domain", &when.upn_domain, "userPrincipalName"),
        ] {
            let Some(domains) = domains else { continue };
            let domains = self.domains(domains, &at(key));
            if let Ok(attribute) = AttributeName::parse(attribute.as_bytes()) {
                parts.push(Condition::Domain(attribute, domains));
            }
        }
        parts.extend(when.credential.map(|word| Condition::Credential(word.into())));
        parts.extend(when.source.as_ref().map(|sources| {
            let names = sources.texts().iter().map(|name| DirectoryName(name.as_str().into()));
            Condition::Source(names.collect())
        }));
        let several = |key: &'static str,
                       list: &Option<Vec<WhenTable>>,
                       reading: &mut Self|
         -> Option<Vec<Condition>> {
            let place = at(key);
            let items = list.as_ref()?.iter().enumerate();
            Some(
                items
                    .map(|(item, when)| reading.condition(when, &[&place[..], &[Step::Item(item)]].concat(), depth + 1))
                    .collect(),
            )
        };
        parts.extend(several("all", &when.all, self).map(Condition::All));
        parts.extend(several("any", &when.any, self).map(Condition::Any));
        if let Some(not) = &when.not {
            parts.push(Condition::Not(Box::new(self.condition(not, &at("not"), depth + 1))));
        }
        match parts.len() {
            0 if self.sound => {
                self.problem(
                    place,
                    "nothing is asked here",
                    "add a key such as \"subtree\" or \"filter\"",
                );
                Condition::Any(parts)
            }
            1 => parts.pop().unwrap_or_else(|| Condition::Any(Vec::new())),
            _ => Condition::All(parts),
        }
    }

    fn distinguished(&mut self, text: &str, place: &[Step<'_>]) -> Option<DistinguishedName> {
        let name = DistinguishedName::parse(text.as_bytes())
            .ok()
            .filter(|name| !name.is_root());
        if name.is_none() {
            let what = format!("{} is not a distinguished name", quoted(text));
            self.problem(place, what, "a name like \"ou=partners,dc=example,dc=org\"");
        }
        name
    }

    fn domains(&mut self, texts: &Texts, place: &[Step<'_>]) -> Vec<Box<str>> {
        let mut domains = Vec::new();
        for (item, text) in texts.texts().iter().enumerate() {
            let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_');
            if text.is_empty() || !text.chars().all(plain) {
                let place = [place, &[Step::Item(item)]].concat();
                self.problem(
                    &place,
                    format!("{} is no domain", quoted(text)),
                    "what follows the @, such as \"example.org\"",
                );
            }
            domains.push(text.to_lowercase().into());
        }
        domains
    }
}
