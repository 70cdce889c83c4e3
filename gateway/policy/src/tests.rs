//! Policy tests: what an administrator wants to hold, written beside the policies and run before a set comes into force.

use crate::document::{Document, Step};
use crate::file::{ADVICE, SurfaceWords};
use crate::kept::{Kept, Known};
use crate::outline::Outline;
use crate::problem::{Problem, one_of, quoted};
use crate::rulebook::Rulebook;
use crate::set::{PolicySet, PolicySource};
use case::{Expect, Given, TestCase};
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, References, RouteQuestion, RouteRules, RuleName, TlsRule,
};
use postern_identity::{AttributeName, DistinguishedName, Proven, Standing, StateName, disclose};
use std::collections::HashMap;
use std::sync::Arc;

mod case;
mod entry;
#[cfg(test)]
mod outcomes;
mod self_service;

pub(crate) use case::TestFile;

/// How one test went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// The file it stands in.
    pub path: String,
    /// The test's own name; empty where a whole file could not be read.
    pub name: String,
    /// What differed, where. `None`: it passed.
    pub failure: Option<Problem>,
}

/// Runs the tests of a set against its rulebook. A file that cannot be read gives failed outcomes as well.
pub fn run(set: &PolicySet, book: &Rulebook) -> Vec<TestOutcome> {
    run_again(set, book, None).0
}

/// The test files of a set that could be read, by name.
pub(crate) type TestsRead = HashMap<String, Arc<TestsOfFile>>;

/// One file of tests.
#[derive(Debug)]
pub(crate) struct TestsOfFile {
    source: Arc<PolicySource>,
    outline: Outline,
    file: TestFile,
}

/// The same, without asking again what a test that did not change was told of rules that did not change: it passed.
pub(crate) fn run_again(set: &PolicySet, book: &Rulebook, kept: Option<&Kept>) -> (Vec<TestOutcome>, TestsRead) {
    let schema = crate::schema::policy_test_schema();
    let mut routes: Vec<&str> = book.routes().map(|name| &**name).collect();
    routes.sort_unstable();
    let nothing = Known::default();
    let mut files = TestsRead::new();
    let mut outcomes = Vec::new();
    for source in set.tests() {
        let known = kept.and_then(|kept| Some((kept.tests.get(&source.name)?, &kept.known)));
        let (tests, known) = match known.filter(|(tests, _)| Arc::ptr_eq(&tests.source, source)) {
            Some((tests, known)) => (Ok(Arc::clone(tests)), known),
            None => (read(source, &schema).map(Arc::new), &nothing),
        };
        match tests {
            Ok(tests) => {
                for (index, case) in tests.file.test.iter().enumerate() {
                    outcomes.push(TestOutcome {
                        path: source.path.clone(),
                        name: case.name.clone(),
                        failure: failure(&tests.outline, index, case, book, &routes, known),
                    });
                }
                files.insert(source.name.clone(), tests);
            }
            Err(problems) => outcomes.extend(problems.into_iter().map(|problem| TestOutcome {
                path: source.path.clone(),
                name: String::new(),
                failure: Some(problem),
            })),
        }
    }
    (outcomes, files)
}

/// The routes that tests name, of the files that can be read.
pub(crate) fn routes_spoken_of(set: &PolicySet) -> Vec<String> {
    let schema = crate::schema::policy_test_schema();
    let files = set.tests().iter().filter_map(|source| read(source, &schema).ok());
    files
        .flat_map(|tests| tests.file.test.into_iter().map(|case| case.given.route))
        .collect()
}

fn read(source: &Arc<PolicySource>, schema: &serde_json::Value) -> Result<TestsOfFile, Vec<Problem>> {
    let mut document = Document::parse(&source.path, &source.octets, &ADVICE)?;
    let outline = Outline::of(source, &document);
    let problems = crate::shape::check(&mut document, schema);
    if !problems.is_empty() {
        return Err(problems);
    }
    let file = document.give_up().map_err(|problem| vec![problem])?;
    let source = Arc::clone(source);
    Ok(TestsOfFile { source, outline, file })
}

/// What is wrong with a test, or else with the book. `routes` are those of the book, in order.
fn failure(
    outline: &Outline,
    index: usize,
    case: &TestCase,
    book: &Rulebook,
    routes: &[&str],
    known: &Known,
) -> Option<Problem> {
    let at = |key: &str, what: String, remedy: String| {
        let path = [Step::Key("test"), Step::Item(index), Step::Key(key)];
        Some(outline.problem_at(&path, what, remedy))
    };
    if let Some((key, what, remedy)) = case.contradiction() {
        return at(key, what.to_owned(), remedy.to_owned());
    }
    let name = case.given.route.as_str();
    let asked: &[&str] = if name == "*" {
        routes
    } else {
        let position = routes.binary_search(&name).ok();
        position.map_or(&[], |position| routes.get(position..=position).unwrap_or_default())
    };
    if asked.is_empty() {
        return at(
            "given",
            format!("there is no route {}", quoted(name)),
            one_of(name, routes.iter().copied()),
        );
    }
    for route in asked.iter().copied().filter(|route| !known.holds(book, route)) {
        let mut differences = Differences::default();
        if let Err((what, remedy)) = compare(case, book, route, &mut differences) {
            return at("given", what.to_owned(), remedy.to_owned());
        }
        if !differences.found.is_empty() {
            return at(
                "expect",
                format!(
                    "{} fails on route {}: {}",
                    quoted(&case.name),
                    quoted(route),
                    differences.found.join(", ")
                ),
                format!("expected {}", differences.wanted.join(", ")),
            );
        }
    }
    None
}

/// What a test found and wanted, where the two differ.
#[derive(Default)]
struct Differences {
    found: Vec<String>,
    wanted: Vec<String>,
}

impl Differences {
    fn word<T: PartialEq + Copy>(
        &mut self,
        key: &str,
        found: T,
        wanted: Option<impl Into<T>>,
        say: fn(T) -> &'static str,
    ) {
        if let Some(wanted) = wanted.map(Into::into)
            && wanted != found
        {
            self.add(key, say(found), say(wanted));
        }
    }

    fn add(&mut self, key: &str, found: &str, wanted: &str) {
        self.found.push(format!("{key} is {}", shown(found)));
        self.wanted.push(format!("{key} {}", shown(wanted)));
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!("{text:?}")
    }
}

type Unfit = (&'static str, &'static str);

/// Asks the book what a test asks and notes what differs.
fn compare(case: &TestCase, book: &Rulebook, route: &str, differences: &mut Differences) -> Result<(), Unfit> {
    let (connection, at) = (case.given.connection()?, case.given.time()?);
    let question = RouteQuestion {
        route,
        connection: &connection,
        account: case.given.signed_in(),
    };
    let Some(answer) = book.route(&question, at) else {
        return Ok(());
    };
    let rules = answer.rules;
    let Expect { rule, .. } = &case.expect;
    of_route(&case.expect, &rules, differences);
    let decided = if let Some(standing) = case.given.standing() {
        let question = BindQuestion {
            route,
            account: case.given.account(),
            connection: &connection,
            standing: &standing,
            proven: case.given.proven(),
        };
        let verdict = book.bind(&question, at);
        of_verdict(
            &case.expect,
            &verdict,
            (&standing, case.given.proven()),
            book.portal_url(route).unwrap_or_default(),
            differences,
        );
        Some(verdict.rule)
    } else if let Some(entry) = &case.given.entry {
        let decision = entry::decide(entry, &rules)?;
        entry::of_decision(&case.expect, &decision, differences);
        Some(decision.rule)
    } else if let Some(given) = &case.given.self_service {
        self_service::compare((given, case.expect.self_service.as_ref()), book, route, differences);
        None
    } else if let Some((passes, rule)) = passing(&case.given, &rules)? {
        differences.word("pass", passes, case.expect.pass, yes_no);
        Some(rule)
    } else {
        None
    };
    if let (Some(decided), Some(wanted)) = (decided, rule)
        && decided.as_str() != wanted
    {
        differences.add("rule", decided.as_str(), wanted);
    }
    Ok(())
}

fn of_route(expect: &Expect, rules: &RouteRules, differences: &mut Differences) {
    if let Some(wanted) = expect.surface.as_ref().map(SurfaceWords::surfaces)
        && wanted != rules.surface.value
    {
        differences.add("surface", &rules.surface.value.to_string(), &wanted.to_string());
    }
    differences.word("read_only", rules.read_only.value, expect.read_only, yes_no);
    differences.word("anonymous", rules.anonymous.value, expect.anonymous, yes_no);
    differences.word("tls", rules.tls.value, expect.tls, |tls| match tls {
        TlsRule::Optional => "optional",
        TlsRule::ForPasswords => "for_passwords",
        TlsRule::Always => "always",
    });
    differences.word(
        "references",
        rules.references.value,
        expect.references,
        |references| match references {
            References::Drop => "drop",
            References::Rewrite => "rewrite",
            References::Pass => "pass",
        },
    );
}

/// `{portal_url}` in an expected text stands for the route's own, so that a test fits every configuration.
fn of_verdict(
    expect: &Expect,
    verdict: &BindVerdict,
    (standing, proven): (&Standing, Proven),
    portal_url: &str,
    differences: &mut Differences,
) {
    differences.word("verdict", verdict.admission, expect.verdict, Admission::as_str);
    differences.word("notice", verdict.notice, expect.notice, yes_no);
    // A state is told as itself unless a rule says otherwise, and what is not proven as a wrong password.
    let own = disclose(standing, proven).state().name();
    let told_as = match verdict.told_as {
        Some(other) if own != StateName::Unknown => other,
        _ => own,
    };
    differences.word("told_as", told_as, expect.told_as, StateName::as_str);
    let text = verdict.text.as_deref().unwrap_or_default();
    let here = |wanted: &String| wanted.replace("{portal_url}", portal_url);
    if let Some(wanted) = expect.text.as_ref().map(here)
        && wanted != text
    {
        differences.add("text", text, &wanted);
    }
    if let Some(wanted) = expect.text_contains.as_ref().map(here)
        && !text.contains(&wanted)
    {
        differences.add("text", text, &format!("… {wanted} …"));
    }
}

/// Whether what a test describes may pass, and by which rule; `None` if it describes nothing.
fn passing(given: &Given, rules: &RouteRules) -> Result<Option<(bool, RuleName)>, Unfit> {
    let mut answer = None;
    let mut note = |passes: bool, rule: RuleName| {
        // The first refusal decides.
        if answer.as_ref().is_none_or(|(before, _)| *before && !passes) {
            answer = Some((passes, rule));
        }
    };
    if let Some(operation) = given.operation {
        let operations = &rules.operations;
        note(operations.value.contains(operation.into()), operations.rule.clone());
    }
    if let Some(base_dn) = &given.base_dn {
        let name = DistinguishedName::parse(base_dn.as_bytes()).map_err(|_| {
            (
                "base_dn is not a distinguished name",
                "a name like \"ou=people,dc=example,dc=org\"",
            )
        })?;
        match &rules.base_dns {
            Some(bases) => note(bases.value.iter().any(|base| name.is_within(base)), bases.rule.clone()),
            None => note(true, RuleName::built_in("pass.base_dns")),
        }
    }
    if let Some(attribute) = &given.attribute {
        AttributeName::parse(attribute.as_bytes()).map_err(|_| {
            (
                "attribute is not an attribute",
                "a name like \"userPassword\" or an OID",
            )
        })?;
        match &rules.denied_attributes {
            Some(denied) => note(
                !denied.value.iter().any(|name| name.matches(attribute.as_bytes())),
                denied.rule.clone(),
            ),
            None => note(true, RuleName::built_in("pass.deny_attributes")),
        }
    }
    Ok(answer)
}

fn yes_no(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
