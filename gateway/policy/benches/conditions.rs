//! What conditions cost at a sign-in: `cargo bench -p postern-policy --bench conditions`. Prints the best of several runs, a question each;
//! takes no part in any judgement.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use postern_identity::decide::{BindQuestion, RouteQuestion};
use postern_identity::{ConnectionFacts, Evidence, Proven, Source, Standing, State, StateName, Timestamp};
use postern_policy::{PolicySet, RouteFacts, Rulebook, compile};
use std::hint::black_box;
use std::time::{Duration, Instant};

const RUNS: u32 = 20;
const QUESTIONS: u32 = 20_000;
const ACCOUNT: &str = "uid=bob,ou=contractors,dc=example,dc=org";

const PLAIN: &str = "priority = 2\n[[policy]]\nroute = \"*\"\n";
const OFFICE_HOURS: &str = "priority = 1\ntime_zone = \"Europe/Berlin\"\n[[policy]]\nroute = \"*\"\n\
    when = '''!network(client, \"10.0.0.0/8\", \"192.168.0.0/16\") && (hour < 7 || hour >= 19 || weekday in [\"saturday\", \"sunday\"])'''\n\
    standing.active.verdict = \"refuse\"\n";
const CONTRACTORS: &str = "priority = 0\n[[policy]]\nroute = \"*\"\nwhen = '''account.within(\"ou=contractors,dc=example,dc=org\") && state != \"expiring\"'''\n\
    pass.base_dns = [\"ou=projects,dc=example,dc=org\"]\n";

fn main() {
    measure("no condition                        ", &[PLAIN]);
    measure("a time window and networks          ", &[PLAIN, OFFICE_HOURS]);
    measure("a subtree of accounts and a state   ", &[PLAIN, CONTRACTORS]);
    measure(
        "both                                ",
        &[PLAIN, OFFICE_HOURS, CONTRACTORS],
    );
}

fn measure(what: &str, files: &[&str]) {
    let names = ["a.toml", "b.toml", "c.toml"];
    let set = PolicySet::of_texts("bench", names.into_iter().zip(files.iter().copied()));
    let route = RouteFacts {
        name: "r".into(),
        portal_url: None,
        mapped: false,
    };
    let Ok(book) = compile(&set, &[route], 1) else {
        return println!("{what}: the set has problems");
    };
    let Ok(at) = "2026-11-25T17:30:00Z".parse() else {
        return println!("{what}: no moment");
    };
    let connection = ConnectionFacts::example();
    let verdict = best(|| bind(&book, &connection, at));
    let before = best(|| pass(&book, &connection, at, None));
    let again = best(|| pass(&book, &connection, at, Some((ACCOUNT, StateName::Active))));
    println!(
        "{what}: rules before it {before:?}, verdict with the rules after it {verdict:?}, together {:?}; rules asked for again {again:?}",
        verdict + before
    );
}

fn bind(book: &Rulebook, connection: &ConnectionFacts, at: Timestamp) {
    let standing = Standing {
        state: State::Active,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(0),
            told_by: "bench",
        },
    };
    let question = BindQuestion {
        route: "r",
        account: ACCOUNT,
        connection,
        standing: &standing,
        proven: Proven::Yes,
    };
    black_box(book.bind(black_box(&question), at));
}

fn pass(book: &Rulebook, connection: &ConnectionFacts, at: Timestamp, account: Option<(&str, StateName)>) {
    let question = RouteQuestion {
        route: "r",
        connection,
        account,
    };
    black_box(book.route(black_box(&question), at));
}

fn best(mut ask: impl FnMut()) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let start = Instant::now();
        (0..QUESTIONS).for_each(|_| ask());
        start.elapsed() / QUESTIONS
    });
    runs.min().unwrap_or_default()
}
