use crate::compile::RouteFacts;
use crate::problem::Problem;
use crate::rulebook::Rulebook;
use crate::{Kept, check_again, check_first, check_set};
use postern_identity::StateName;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const ROUTES: [&str; 3] = ["one", "two", "three"];
const EVERYWHERE: &str = "priority = 9\n[[policy]]\nroute = \"*\"\n";

fn facts() -> Vec<RouteFacts> {
    ROUTES
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: Some("https://portal.example.org".into()),
            mapped: false,
        })
        .into()
}

fn of(route: &str, table: &str) -> String {
    format!("priority = 1\n[[policy]]\nroute = \"{route}\"\n{table}\n")
}

fn expecting(route: &str, expect: &str) -> String {
    format!("[[test]]\nname = \"it\"\ngiven = {{ route = \"{route}\" }}\nexpect = {{ {expect} }}\n")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn first(&self) -> (Rulebook, Kept) {
        check_first(self.0.path(), &facts(), 1).unwrap()
    }

    fn again(&self, generation: u64, kept: &Kept) -> Result<Option<(Rulebook, Kept)>, Vec<Problem>> {
        check_again(self.0.path(), &facts(), generation, kept)
    }

    fn refused(&self, kept: &Kept) -> String {
        let problems = self.again(2, kept).unwrap_err();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let here = format!("{}/", self.0.path().display());
        told.join("\n").replace(&here, "")
    }
}

#[test]
fn only_routes_that_a_changed_file_speaks_of_get_new_rules() {
    let folder = Folder::of(&[
        ("all.toml", EVERYWHERE),
        ("one.toml", &of("one", "surface = \"plain\"")),
        ("two.toml", &of("two", "surface = \"plain\"")),
    ]);
    let (first, kept) = folder.first();
    assert!(folder.again(2, &kept).unwrap().is_none());
    folder.write("one.toml", &of("one", "surface = \"ppolicy\""));
    let (second, kept) = folder.again(2, &kept).unwrap().unwrap();
    let same = |book: &Rulebook, route: &str| Arc::ptr_eq(book.rules(route).unwrap(), first.rules(route).unwrap());
    assert_eq!(ROUTES.map(|route| same(&second, route)), [false, true, true]);
    assert_eq!(second.rules("one").unwrap().pass.surface.value.to_string(), "ppolicy");
    assert_eq!(
        (second.generation(), second.rules("two").unwrap().pass.generation),
        (2, 1)
    );

    // A file for all routes concerns them all.
    folder.write("all.toml", &format!("{EVERYWHERE}pass.read_only = true\n"));
    let (third, _) = folder.again(3, &kept).unwrap().unwrap();
    assert_eq!(ROUTES.map(|route| same(&third, route)), [false; 3]);
    assert!(third.rules("three").unwrap().pass.read_only.value);
}

#[test]
fn a_mistake_that_a_change_brings_to_light_is_told_at_its_place_in_a_file_that_did_not_change() {
    let folder = Folder::of(&[("all.toml", EVERYWHERE), ("b.toml", &format!("\n\n{}", of("one", "")))]);
    let (_, kept) = folder.first();
    folder.write("a.toml", &of("one", ""));
    let told = folder.refused(&kept);
    assert!(
        told.starts_with("b.toml:3:12: \"a.toml\" has the same priority"),
        "{told}"
    );
    // And what is kept is still that of the set in force.
    folder.write("a.toml", &of("one", "").replace("= 1", "= 2"));
    assert!(folder.again(2, &kept).unwrap().is_some());
}

#[test]
fn a_test_that_did_not_change_is_asked_of_rules_that_did_and_a_new_one_of_all() {
    let folder = Folder::of(&[
        ("all.toml", EVERYWHERE),
        ("one.toml", &of("one", "")),
        ("all_test.toml", &expecting("*", "read_only = false")),
    ]);
    let (_, kept) = folder.first();
    folder.write("one.toml", &of("one", "pass.read_only = true"));
    let told = folder.refused(&kept);
    assert!(
        told.contains("\"it\" fails on route \"one\": read_only is \"true\""),
        "{told}"
    );

    folder.write("one.toml", &of("one", ""));
    folder.write("new_test.toml", &expecting("three", "read_only = true"));
    let told = folder.refused(&kept);
    assert!(
        told.starts_with("new_test.toml:4:10: \"it\" fails on route \"three\""),
        "{told}"
    );
}

/// Everything a book says, without the generations that rules came with.
fn said(book: &Rulebook) -> BTreeMap<String, String> {
    let of_route = |route: &Arc<str>| {
        let rules = book.rules(route).unwrap();
        let mut pass = (*rules.pass).clone();
        pass.generation = 0;
        let standings = StateName::ALL.map(|state| format!("{:?}", rules.standings[state as usize]));
        (route.to_string(), format!("{pass:?} {standings:?}"))
    };
    book.routes().map(of_route).collect()
}

/// What is written to a file, or `None`: it is removed. Most is sound; some is not.
fn contents() -> impl Strategy<Value = Option<String>> {
    let priority = 1_u32..4;
    let route = prop::sample::select(vec!["*", "one", "two", "three", "four"]);
    let table = prop::sample::select(vec![
        "",
        "surface = \"plain\"",
        "pass.read_only = true",
        "messages.must_change = \"x\"",
        "messages.nobody = \"x\"",
        "pass.tls = \"x\"",
        "surface = \"transparent\"\npass.size_limit = 1",
    ]);
    let text = (priority, route, table)
        .prop_map(|(priority, route, table)| of(route, table).replace("= 1\n[", &format!("= {priority}\n[")));
    prop_oneof![8 => text.prop_map(Some), 1 => Just(None), 1 => Just(Some("half a".to_owned()))]
}

fn test_contents() -> impl Strategy<Value = Option<String>> {
    let route = prop::sample::select(vec!["*", "one", "two", "four"]);
    let expect = prop::sample::select(vec![
        "read_only = false",
        "tls = \"for_passwords\"",
        "surface = \"text\"",
    ]);
    (route, expect).prop_map(|(route, expect)| Some(expecting(route, expect)))
}

fn write(folder: &Path, name: &str, text: Option<&str>) {
    match text {
        Some(text) => fs::write(folder.join(name), text).unwrap(),
        None => drop(fs::remove_file(folder.join(name))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn reading_again_finds_what_reading_anew_finds(
        edits in prop::collection::vec((
            prop_oneof![
                5 => (prop::sample::select(vec!["a.toml", "b.toml", "c.toml"]), contents()),
                1 => (Just("a_test.toml"), test_contents()),
            ],
            any::<bool>(),
        ), 1..25),
    ) {
        let folder = Folder::of(&[("all.toml", EVERYWHERE)]);
        let (_, mut kept) = folder.first();
        for (generation, ((name, text), look)) in (2..).zip(edits) {
            write(folder.0.path(), name, text.as_deref());
            if !look {
                continue;
            }
            let anew = check_set(folder.0.path(), &facts(), generation);
            match (folder.again(generation, &kept), anew) {
                (Ok(Some((book, next))), Ok(anew)) => {
                    prop_assert_eq!(said(&book), said(&anew));
                    kept = next;
                }
                (Ok(None), anew) => prop_assert!(anew.is_ok()),
                (Err(again), Err(anew)) => prop_assert_eq!(again, anew),
                (again, anew) => prop_assert!(false, "{:?} {:?}", again.map(|_| ()), anew.map(|_| ())),
            }
        }
    }
}
