//! How long a reload of a thousand routes takes: `cargo bench -p postern-policy`. Prints the best and the median of several
//! runs of each shape; takes no part in any judgement.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use postern_policy::{PolicySet, RouteFacts, check_again, check_first, check_set, compile};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUTES: usize = 1000;
const RUNS: usize = 15;

fn main() {
    let routes: Vec<RouteFacts> = (0..ROUTES)
        .map(|number| RouteFacts {
            name: format!("route-{number}").into(),
            portal_url: Some("https://portal.example.org/reset".into()),
            mapped: false,
        })
        .collect();
    let base = (
        "base.toml".to_owned(),
        "priority = 100000\n[[policy]]\nroute = \"*\"\nsurface = \"text\"\n".to_owned(),
    );
    let many: Vec<_> = (0..ROUTES)
        .map(|number| {
            (
                format!("{number}.toml"),
                format!("priority = {number}\n{}", table(number)),
            )
        })
        .chain([base.clone()])
        .collect();
    let one_file = (0..ROUTES).fold("priority = 1\n".to_owned(), |mut text, number| {
        let _ = write!(text, "{}", table(number));
        text
    });
    measure("1,000 routes in 1,000 files", &many, &routes);
    let conditional: Vec<_> = many
        .iter()
        .cloned()
        .map(|(name, text)| {
            let when =
                "when = '''!network(client, \"10.0.0.0/8\") && (hour < 7 || hour >= 19)'''\npass.read_only = true\n";
            let table = if name == base.0 {
                String::new()
            } else {
                format!(
                    "[[policy]]\nroute = \"route-{}\"\n{when}",
                    name.trim_end_matches(".toml")
                )
            };
            let text = text.replacen('\n', "\ntime_zone = \"Europe/Berlin\"\n", 1);
            (name, format!("{text}{table}"))
        })
        .collect();
    measure("the same, a condition each ", &conditional, &routes);
    measure(
        "1,000 routes in 1 file     ",
        &[("all.toml".to_owned(), one_file), base],
        &routes,
    );
}

/// A table as an administrator would write one.
fn table(number: usize) -> String {
    format!(
        "[[policy]]\nroute = \"route-{number}\"\n[policy.pass]\nbase_dns = [\"ou=p{number},dc=example,dc=org\"]\n\
         deny_attributes = [\"userPassword\"]\nsize_limit = 100\n[policy.standing.must_change]\nverdict = \"restrict\"\n\
         [policy.messages]\nmust_change = \"Your password must be changed. Go to {{portal_url}}\"\n"
    )
}

fn measure(shape: &str, files: &[(String, String)], routes: &[RouteFacts]) {
    let Ok(folder) = tempfile::tempdir() else {
        return println!("no temporary folder");
    };
    for (name, text) in files {
        if std::fs::write(folder.path().join(name), text).is_err() {
            return println!("the temporary folder cannot be written");
        }
    }
    let Ok(set) = PolicySet::read(folder.path()) else {
        return println!("the set cannot be read");
    };
    report(shape, "compile", || compile(&set, routes, 1).is_ok());
    report(shape, "read, compile, tests, samples", || whole(folder.path(), routes));
    let Ok((_, mut kept)) = check_first(folder.path(), routes, 1) else {
        return println!("the set has problems");
    };
    report(shape, "the same, nothing changed", || {
        matches!(check_again(folder.path(), routes, 2, &kept), Ok(None))
    });
    let Some((name, text)) = files.first() else { return };
    let mut version = 1;
    report(shape, "the same, one file changed", || {
        version += 1;
        let changed = format!("{text}# {version}\n");
        match std::fs::write(folder.path().join(name), changed)
            .map(|()| check_again(folder.path(), routes, version, &kept))
        {
            Ok(Ok(Some((book, next)))) => {
                kept = next;
                book.generation() == version
            }
            _ => false,
        }
    });
}

fn whole(folder: &Path, routes: &[RouteFacts]) -> bool {
    check_set(folder, routes, 1).is_ok()
}

fn report(shape: &str, what: &str, mut run: impl FnMut() -> bool) {
    let mut times: Vec<Duration> = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        if !run() {
            return println!("{shape}: {what}: the set has problems");
        }
        times.push(start.elapsed());
    }
    times.sort();
    let (best, median) = (times.first().copied(), times.get(RUNS / 2).copied());
    println!(
        "{shape}: {what}: best {:?}, median {:?}",
        best.unwrap_or_default(),
        median.unwrap_or_default()
    );
}
