//! Whatever index is used, a search finds what the filter says: no less, no more, nothing twice.

use super::stage::{Asked, BASE, Stage};
use crate::local::entry::Entry;
use crate::local::filter::Filter;
use crate::local::session::{Actor, Session};
use postern_ldap::ber::Cursor;
use postern_ldap::filter::text;
use postern_ldap::search::Scope;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::atomic::Ordering;

const WORDS: &[&str] = &[
    "ada",
    "Ada Lovelace",
    "adam",
    "b",
    "Bob",
    "BOB  builder",
    "zoe",
    "0",
    "17",
    "18",
];
const GROUP: &str = "cn=g,dc=example,dc=org";

fn leaf() -> impl Strategy<Value = String> {
    let attribute = prop::sample::select(vec![
        "uid",
        "cn",
        "name",
        "sn",
        "mail",
        "description",
        "uidNumber",
        "objectClass",
        "memberOf",
        "entryDN",
        "nosuch",
        "cn;lang-de",
    ]);
    let value = prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => Just(GROUP.to_owned()),
        1 => Just("person".to_owned()),
        1 => (0..12_usize).prop_map(|number| format!("uid=p{number},{BASE}")),
    ];
    (
        attribute,
        prop::sample::select(vec!["=", ">=", "<=", "~=", "=*", "pre", "sub"]),
        value,
    )
        .prop_map(|(attribute, how, value)| match how {
            "=*" => format!("({attribute}=*)"),
            "pre" => format!("({attribute}={}*)", value.get(..2).unwrap_or(&value)),
            "sub" => format!(
                "({attribute}=*{}*)",
                value.get(1..).filter(|rest| !rest.is_empty()).unwrap_or("a")
            ),
            how => format!("({attribute}{how}{value})"),
        })
}

fn any_filter() -> impl Strategy<Value = String> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| format!("(&{})", parts.concat())),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| format!("(|{})", parts.concat())),
            inner.prop_map(|part| format!("(!{part})")),
        ]
    })
}

async fn crowd() -> Stage {
    let stage = Stage::new().await;
    for number in 0..12_usize {
        let word = |by: usize| WORDS[(number * by + by) % WORDS.len()];
        let uid = format!("p{number}");
        let name = format!("uid={uid},{BASE}");
        let mut attributes = vec![
            ("objectClass", "inetOrgPerson"),
            ("uid", &*uid),
            ("uid", word(1)),
            ("cn", word(3)),
            ("cn", word(7)),
            ("sn", word(2)),
        ];
        if number % 3 == 0 {
            attributes.extend([("cn;lang-de", word(5)), ("description", word(4)), ("mail", word(6))]);
        }
        if number % 2 == 0 {
            attributes.extend([("objectClass", "posixAccount"), ("uidNumber", "17")]);
        }
        stage.add(&name, &attributes).await;
    }
    let members: Vec<String> = (0..12)
        .step_by(5)
        .map(|number| format!("uid=p{number},{BASE}"))
        .collect();
    let mut attributes = vec![("objectClass", "groupOfNames"), ("cn", "g")];
    attributes.extend(members.iter().map(|name| ("member", name.as_str())));
    stage.add(GROUP, &attributes).await;
    stage
}

/// Every entry in reach that matches, by looking at all of them.
async fn by_looking(stage: &Stage, filter: &str, within: bool) -> Vec<String> {
    let octets = text::parse(filter).unwrap();
    let filter = Filter::read(&Cursor::new(&octets).element().unwrap(), &stage.directory.schema).unwrap();
    let access = stage.directory.access(&Session::new(Actor::Root)).await.unwrap();
    let mut found = Vec::new();
    for row in stage.entries.all(super::stage::TREE) {
        let entry = Entry::decode(&row.body).unwrap();
        let is_below = row.name.ends_with(&format!(",{BASE}")) && row.name.matches(',').count() == 2;
        if (within || is_below) && stage.directory.matches(&filter, &row, &entry, &access).await.unwrap() {
            found.push(row.name.to_string());
        }
    }
    found.sort();
    found
}

/// Those where a step to either side would matter.
const EDGES: &[&str] = &[
    "(uidNumber<=17)",
    "(uidNumber>=17)",
    "(uidNumber<=16)",
    "(uidNumber>=18)",
    "(uid=p1*)",
    "(uid=p1)",
    "(|(uid=p1)(uid=p1*))",
    "(|(cn=*)(name=*))",
    "(name=B*)",
    "(memberOf=cn=g,dc=example,dc=org)",
    "(|(memberOf=cn=g,dc=example,dc=org)(uid=p5))",
];

#[tokio::test]
async fn the_edges_of_ranges_are_within_them() {
    let stage = crowd().await;
    let mut root = stage.root();
    for filter in EDGES {
        assert_eq!(
            root.found(filter).await,
            by_looking(&stage, filter, true).await,
            "{filter}"
        );
    }
    assert_eq!(root.found(EDGES[0]).await.len(), 6);
}

#[test]
fn a_search_finds_what_the_filter_says_by_whatever_index() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (stage, mut root) = runtime.block_on(async {
        let stage = crowd().await;
        let root = stage.root();
        (stage, root)
    });
    let mut runner = TestRunner::new(Config::with_cases(1500));
    let root = tokio::sync::Mutex::new(&mut root);
    let found = std::cell::Cell::new(0);
    runner
        .run(&(any_filter(), any::<bool>()), |(filter, within)| {
            runtime.block_on(async {
                let wanted = by_looking(&stage, &filter, within).await;
                let asked = Asked {
                    scope: if within { Scope::Subtree } else { Scope::One },
                    attributes: &["1.1"],
                    ..Asked::all(&filter)
                };
                let told = root.lock().await.search(asked).await;
                let mut names: Vec<String> = told.entries.into_iter().map(|entry| entry.name).collect();
                names.sort();
                found.set(found.get() + usize::from(!wanted.is_empty() && wanted.len() < 10));
                prop_assert_eq!(names, wanted, "{}", filter);
                Ok(())
            })
        })
        .unwrap();
    assert!(found.get() > 100, "the filters are not about anything: {}", found.get());
}

/// How often the store was asked, and how many rows it gave.
fn cost(stage: &Stage) -> (usize, usize) {
    let entries = &stage.entries;
    (
        entries.reads.load(Ordering::Relaxed),
        entries.rows.load(Ordering::Relaxed),
    )
}

#[tokio::test]
async fn several_entries_by_their_ids_are_one_read() {
    let stage = Stage::new().await;
    let uuid = |number: usize| format!("00000000-0000-4000-9000-{number:012x}");
    for number in 0..150_usize {
        let (name, id) = (format!("uid=n{number},{BASE}"), uuid(number));
        let attributes = [
            ("objectClass", "inetOrgPerson"),
            ("cn", "n"),
            ("sn", "n"),
            ("entryUUID", &*id),
        ];
        stage.add(&name, &attributes).await;
    }
    let parts: Vec<String> = (0..45).map(|number| format!("(entryUUID={})", uuid(number))).collect();
    let before = cost(&stage);
    assert_eq!(stage.root().found(&format!("(|{})", parts.concat())).await.len(), 45);
    let after = cost(&stage);
    assert!(after.0 - before.0 <= 2, "{before:?} {after:?}");
    assert_eq!(after.1 - before.1, 45);
}

#[tokio::test]
async fn a_piece_of_a_value_is_found_without_reading_those_that_have_it_not() {
    let stage = crowd().await;
    let before = cost(&stage);
    assert_eq!(stage.root().found("(uid=*10*)").await, [format!("uid=p10,{BASE}")]);
    assert_eq!(cost(&stage).1 - before.1, 1);
}
