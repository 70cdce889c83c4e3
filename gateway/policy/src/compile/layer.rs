//! One `[[policy]]` table with everything in it read into types that can be judged without knowing the route.

use crate::condition::Condition;
use crate::document::Step;
use crate::file::{PolicyTable, SurfaceWords};
use crate::message::Template;
use crate::outline::Outline;
use crate::problem::{Problem, Problems, quoted};
use crate::set::PolicySource;
use jiff::tz::TimeZone;
use postern_identity::decide::{RuleName, Surface, Surfaces};
use postern_identity::{AttributeName, DistinguishedName, StateName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A policy file.
#[derive(Debug)]
pub(crate) struct Source {
    pub(super) file: Arc<PolicySource>,
    pub(super) outline: Outline,
    pub(super) priority: u32,
    /// The file's own, for its conditions.
    pub(super) zone: Option<TimeZone>,
}

/// One table of a file. It is kept as long as the file does not change.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(super) source: Arc<Source>,
    index: usize,
    pub(super) table: PolicyTable,
    /// Where the table holds. `None`: everywhere.
    pub(crate) condition: Option<Condition>,
    pub(super) surfaces: Option<Surfaces>,
    pub(super) base_dns: Option<Vec<DistinguishedName>>,
    pub(super) deny_attributes: Option<Vec<AttributeName>>,
    pub(super) extended_operations: Option<Vec<Arc<str>>>,
    pub(super) proxied_authorization: Option<Vec<DistinguishedName>>,
    /// Templates whose own words are right; a wrong one has been reported.
    pub(super) messages: BTreeMap<String, Option<Template>>,
}

impl Layer {
    /// Reads the names and texts of a table.
    pub(super) fn new(source: &Arc<Source>, index: usize, table: PolicyTable, problems: &mut Problems) -> Self {
        let layer = Self {
            source: Arc::clone(source),
            index,
            surfaces: table.surface.as_ref().map(SurfaceWords::surfaces),
            table,
            condition: None,
            base_dns: None,
            deny_attributes: None,
            extended_operations: None,
            proxied_authorization: None,
            messages: BTreeMap::new(),
        };
        layer.check_surfaces(problems);
        layer.check_standings(problems);
        let pass = &layer.table.pass;
        let base_dns = layer.each("base_dns", pass.base_dns.as_deref(), problems, |text| {
            DistinguishedName::parse(text.as_bytes()).map_err(|_| {
                (
                    "is not a distinguished name",
                    "a name like \"ou=people,dc=example,dc=org\"",
                )
            })
        });
        let deny_attributes = layer.each("deny_attributes", pass.deny_attributes.as_deref(), problems, |text| {
            AttributeName::parse(text.as_bytes())
                .ok()
                // Whoever writes an option means less than the attribute, and would get all of it.
                .filter(|_| !text.contains(';'))
                .ok_or((
                    "is not an attribute",
                    "a name like \"userPassword\" or an OID, without options",
                ))
        });
        let extended = pass.extended_operations.as_deref();
        let extended_operations = layer.each("extended_operations", extended, problems, |text| {
            let is_oid = text.contains('.')
                && text.starts_with(|first: char| first.is_ascii_digit())
                && !text.contains(';')
                && AttributeName::parse(text.as_bytes()).is_ok();
            is_oid
                .then(|| Arc::from(text))
                .ok_or(("is not an OID", "numbers like \"1.3.6.1.4.1.4203.1.11.3\""))
        });
        let proxied = pass.proxied_authorization.as_deref();
        let proxied_authorization = layer.each("proxied_authorization", proxied, problems, |text| {
            DistinguishedName::parse(text.as_bytes())
                .ok()
                // The empty name is every client that has not signed in.
                .filter(|name| !name.is_root())
                .ok_or((
                    "is not the name of an account",
                    "a name like \"cn=svc-app,ou=services,dc=example,dc=org\"",
                ))
        });
        let messages = layer.messages(problems);
        let condition = layer.condition(problems);
        Self {
            condition,
            base_dns,
            deny_attributes,
            extended_operations,
            proxied_authorization,
            messages,
            ..layer
        }
    }

    /// The name of the rule that a key of this table is.
    pub(crate) fn rule(&self, key: &str) -> RuleName {
        RuleName(format!("{}:policy[{}].{key}", self.source.file.name, self.index).into())
    }

    /// A problem at a value of this table.
    pub(super) fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let mut path = vec![Step::Key("policy"), Step::Item(self.index)];
        path.extend_from_slice(steps);
        self.source.outline.problem_at(&path, what, remedy)
    }

    /// Surfaces that contradict each other, or are named twice.
    fn check_surfaces(&self, problems: &mut Problems) {
        let words = self.table.surface.as_ref().map_or(&[][..], SurfaceWords::words);
        let surfaces: Vec<Surface> = words.iter().copied().map(Into::into).collect();
        for (position, surface) in surfaces.iter().enumerate() {
            let place = [Step::Key("surface"), Step::Item(position)];
            let name = quoted(surface.as_str());
            if surfaces.iter().take(position).any(|before| before == surface) {
                problems.add(|| self.problem_at(&place, format!("{name} stands there twice"), "once"));
            } else if surface.stands_alone() && surfaces.len() > 1 {
                let shows = if *surface == Surface::Plain {
                    "shows nothing"
                } else {
                    "passes every answer as the directory gave it"
                };
                problems.add(|| {
                    self.problem_at(
                        &place,
                        format!("{name} {shows}, so nothing can be shown beside it"),
                        format!("surface = {name}, or the list without it"),
                    )
                });
            }
        }
    }

    /// What a table says of a state that cannot be, whatever the route.
    fn check_standings(&self, problems: &mut Problems) {
        for state in StateName::ALL {
            let Some(table) = self.table.standing.of(state) else {
                continue;
            };
            let place = |key| [Step::Key("standing"), Step::Key(state.as_str()), Step::Key(key)];
            let told_as = table.told_as.map(StateName::from);
            if state == StateName::Unknown && told_as.is_some_and(|other| other != StateName::Unknown) {
                problems.add(|| {
                    self.problem_at(
                        &place("told_as"),
                        "what is not known and proven is never told as anything else",
                        "leave it out",
                    )
                });
            }
            if told_as == Some(StateName::Unknown) && table.message.as_deref().is_some_and(|name| name != "unknown") {
                problems.add(|| {
                    self.problem_at(
                        &place("message"),
                        "a state told as \"unknown\" has the text of a wrong password",
                        "leave it out, or leave told_as out",
                    )
                });
            }
            if table.notice == Some(true) && !a_new_password_ends(state) {
                problems.add(|| {
                    self.problem_at(
                        &place("notice"),
                        format!(
                            "a notice asks for a new password, which does not end {}",
                            quoted(state.as_str())
                        ),
                        "leave it out; it is for must_change, expired, expired_grace and expiring",
                    )
                });
            }
        }
    }

    /// Every item of a list of the pass table as a type; those that are wrong are reported, each at its place.
    fn each<T>(
        &self,
        key: &str,
        texts: Option<&[String]>,
        problems: &mut Problems,
        read: impl Fn(&str) -> Result<T, (&'static str, &'static str)>,
    ) -> Option<Vec<T>> {
        let mut values = Vec::new();
        for (position, text) in texts?.iter().enumerate() {
            match read(text) {
                Ok(value) => values.push(value),
                Err((what, remedy)) => problems.add(|| {
                    self.problem_at(
                        &[Step::Key("pass"), Step::Key(key), Step::Item(position)],
                        format!("{} {what}", quoted(text)),
                        remedy,
                    )
                }),
            }
        }
        Some(values)
    }

    /// The condition that `when` and `accounts` are together.
    fn condition(&self, problems: &mut Problems) -> Option<Condition> {
        let when = self.table.when.as_deref().and_then(|text| {
            Condition::compile(text, self.source.zone.as_ref())
                .map_err(|mistake| {
                    problems.add(|| {
                        let path = [Step::Key("policy"), Step::Item(self.index), Step::Key("when")];
                        let outline = &self.source.outline;
                        outline.problem_within(&path, mistake.at, mistake.what, mistake.remedy)
                    });
                })
                .ok()
        });
        let Some(names) = &self.table.accounts else { return when };
        let mut accounts = Vec::new();
        for (position, text) in names.iter().enumerate() {
            match DistinguishedName::parse(text.as_bytes()) {
                // Everybody lies below the empty name, also whoever has not signed in.
                Ok(name) if !name.is_root() => accounts.push(name),
                _ => problems.add(|| {
                    self.problem_at(
                        &[Step::Key("accounts"), Step::Item(position)],
                        format!("{} is not a distinguished name", quoted(text)),
                        "a name like \"ou=people,dc=example,dc=org\"",
                    )
                }),
            }
        }
        Some(Condition::of_accounts(accounts, when))
    }

    fn messages(&self, problems: &mut Problems) -> BTreeMap<String, Option<Template>> {
        let templates = self.table.messages.iter().map(|(name, text)| {
            let template = Template::parse(text).map_err(|mistake| {
                problems
                    .add(|| self.problem_at(&[Step::Key("messages"), Step::Key(name)], mistake.what, mistake.remedy));
            });
            (name.clone(), template.ok())
        });
        templates.collect()
    }
}

fn a_new_password_ends(state: StateName) -> bool {
    matches!(
        state,
        StateName::MustChange | StateName::Expired | StateName::ExpiredGrace | StateName::Expiring
    )
}
