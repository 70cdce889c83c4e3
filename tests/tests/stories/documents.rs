//! README's tables that are made from the program. `POSTERN_BLESS=1` writes them anew.

use postern_server::telemetry::fields::{AUDIT_FIELDS, Field, LINE_FIELDS, RESET_FIELDS};
use postern_tests::gateway::GatewaySettings;
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{Scope, search};
use postern_tests::{Gateway, Slapd, metrics};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What a metric is, and by which labels it is told apart.
#[derive(Default)]
struct Metric {
    help: String,
    labels: BTreeSet<String>,
}

#[test]
fn the_readme_lists_every_metric_that_is_scraped() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        more: "[http]\naddress = \"127.0.0.1:0\"".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    wire.ask(&search(2, &dn("active"), Scope::Base, "objectClass", &["uid"], &[]));
    let page = metrics::get(gateway.metrics_address(), "/metrics").expect("metrics");
    let scraped = read(&page.body);
    assert!(scraped.contains_key("postern_ldap_binds_total"), "{}", page.body);
    let mut table = "| metric | labels | what |\n|---|---|---|\n".to_owned();
    for (name, metric) in &scraped {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{name}` | {} | {} |", labels.join(", "), metric.help).expect("a string");
    }
    compare("metrics", &table);
}

#[test]
fn the_readme_lists_every_field_of_a_log_line() {
    let mut table = "| field | in | what |\n|---|---|---|\n".to_owned();
    let mut rows = |fields: &[Field], lines: [&str; 2]| {
        for field in fields {
            let lines = lines[usize::from(!field.always)];
            writeln!(table, "| `{}` | {lines} | {} |", field.name, field.meaning).expect("a string");
        }
    };
    rows(LINE_FIELDS, ["every line", "most lines"]);
    let own: Vec<Field> = AUDIT_FIELDS
        .iter()
        .filter(|field| LINE_FIELDS.iter().all(|other| other.name != field.name))
        .copied()
        .collect();
    rows(&own, ["audit lines", "audit lines that know it"]);
    let own: Vec<Field> = RESET_FIELDS
        .iter()
        .filter(|field| LINE_FIELDS.iter().all(|other| other.name != field.name))
        .copied()
        .collect();
    rows(&own, ["steps of self-service", "steps of self-service that know it"]);
    compare("log fields", &table);
}

/// OpenMetrics text: `# HELP name text.`, `# TYPE name counter`, and samples, a counter's with `_total` behind its name.
fn read(text: &str) -> BTreeMap<String, Metric> {
    let mut helps = BTreeMap::new();
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a text");
            helps.insert(name.to_owned(), help.trim_end_matches('.').to_owned());
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_at(line.find(['{', ' ']).expect("a value"));
            let metric = metrics.entry(name.to_owned()).or_default();
            let labels = rest
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
                .map_or("", |(labels, _)| labels);
            let names = labels.split("\",").filter_map(|label| label.split_once('='));
            metric.labels.extend(names.map(|(name, _)| name.to_owned()));
            let bare = ["_total", "_info"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            let help = helps
                .get(name)
                .or_else(|| helps.get(bare))
                .expect("every metric says what it is");
            metric.help.clone_from(help);
        }
    }
    metrics
}

/// The part of README between `<!-- name -->` and `<!-- /name -->`.
fn compare(name: &str, table: &str) {
    compare_in("README.md", name, table);
}

/// The same in another file of the project.
pub(crate) fn compare_in(file: &str, name: &str, table: &str) {
    static README: Mutex<()> = Mutex::new(());
    let _alone = README.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let readme = fs::read_to_string(&path).expect("a file of the project");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&begin).expect("where the table begins");
    let (written, after) = rest.split_once(&end).expect("where it ends");
    if std::env::var_os("POSTERN_BLESS").is_some() {
        fs::write(&path, format!("{before}{begin}{table}{end}{after}")).expect("it can be written");
        return;
    }
    assert_eq!(
        written, table,
        "POSTERN_BLESS=1 cargo test -p postern-tests --test stories writes it anew"
    );
}
