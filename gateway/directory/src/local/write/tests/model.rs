//! Random writes, beside a model that knows nothing but RFC 4511: names as paths of words, entries as sets of values.

use super::{ADD, BASE, DELETE, House, REPLACE, add, delete, modify, rename};
use crate::local::entry::Entry;
use crate::local::session::{Actor, Session};
use postern_identity::records::Indexed;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Words of a place, from the base down. The last is its `cn`.
type Place = Vec<u8>;

#[derive(Debug, Clone)]
enum Write {
    Add(Place),
    Delete(Place),
    Modify(Place, u32, Vec<u8>),
    /// Who, by which word, with the old one deleted, and below whom.
    Rename(Place, u8, bool, Option<Place>),
    /// An entry names another, or no longer.
    Name(Place, u32, Place),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    names: BTreeSet<u8>,
    descriptions: BTreeSet<u8>,
    owners: BTreeSet<Place>,
}

#[derive(Default)]
struct Model {
    entries: BTreeMap<Place, Known>,
}

impl Model {
    fn has(&self, place: &[u8]) -> bool {
        place.is_empty() || self.entries.contains_key(place)
    }

    fn do_it(&mut self, write: &Write) -> u32 {
        match write {
            Write::Add(place) => {
                if self.has(place) {
                    return 68;
                }
                let (word, above) = place.split_last().unwrap();
                if !self.has(above) {
                    return 32;
                }
                let known = Known {
                    names: BTreeSet::from([*word]),
                    ..Known::default()
                };
                self.entries.insert(place.clone(), known);
                0
            }
            Write::Delete(place) => {
                if !self.entries.contains_key(place) {
                    return 32;
                }
                if self
                    .entries
                    .keys()
                    .any(|other| other.len() > place.len() && other.starts_with(place))
                {
                    return 66;
                }
                self.entries.remove(place);
                for known in self.entries.values_mut() {
                    known.owners.remove(place);
                }
                0
            }
            Write::Modify(place, operation, words) => {
                // What is wrong with a request by itself is seen before anybody looks.
                let distinct: BTreeSet<&u8> = words.iter().collect();
                match *operation {
                    ADD if words.is_empty() => return 2,
                    ADD | REPLACE if distinct.len() < words.len() => return 20,
                    _ => {}
                }
                let Some(known) = self.entries.get_mut(place) else {
                    return 32;
                };
                change(&mut known.descriptions, *operation, words)
            }
            Write::Name(place, operation, owner) => {
                let Some(known) = self.entries.get_mut(place) else {
                    return 32;
                };
                change(&mut known.owners, *operation, std::slice::from_ref(owner))
            }
            Write::Rename(from, word, deletes_old, above) => {
                let (old, stays) = from.split_last().unwrap();
                let above = above.clone().unwrap_or_else(|| stays.to_vec());
                // A name that cannot be meant is seen before anybody looks.
                if above.starts_with(from) {
                    return 53;
                }
                if !self.entries.contains_key(from) || !self.has(&above) {
                    return 32;
                }
                let to = [above, vec![*word]].concat();
                if to != *from && self.entries.contains_key(&to) {
                    return 68;
                }
                let known = self.entries.get_mut(from).unwrap();
                if *deletes_old {
                    known.names.remove(old);
                }
                known.names.insert(*word);
                let moved = |place: &Place| match place.strip_prefix(from.as_slice()) {
                    Some(rest) => [&to, rest].concat(),
                    None => place.clone(),
                };
                let entries = std::mem::take(&mut self.entries);
                for (place, mut known) in entries {
                    known.owners = known.owners.iter().map(moved).collect();
                    self.entries.insert(moved(&place), known);
                }
                0
            }
        }
    }
}

fn change<T: Ord + Clone>(values: &mut BTreeSet<T>, operation: u32, given: &[T]) -> u32 {
    let distinct: BTreeSet<T> = given.iter().cloned().collect();
    match operation {
        ADD if !values.is_disjoint(&distinct) => 20,
        ADD => {
            values.extend(distinct);
            0
        }
        DELETE if values.is_empty() || !values.is_superset(&distinct) => 16,
        DELETE if given.is_empty() => {
            values.clear();
            0
        }
        DELETE => {
            values.retain(|value| !distinct.contains(value));
            0
        }
        _ => {
            *values = distinct;
            0
        }
    }
}

/// The name of a place, in one of several spellings.
fn name(place: &[u8], spelling: u8) -> String {
    let escaped = |word: u8| text(word).replace(',', "\\,").replace('+', "\\+");
    let rdn = |word: &u8| match spelling {
        0 => format!("cn={},", escaped(*word)),
        1 => format!("CN = {} , ", escaped(*word).to_uppercase()),
        _ => format!("2.5.4.3=\"{}\";", text(*word)),
    };
    place.iter().rev().map(rdn).collect::<String>() + BASE
}

/// A word as a value: with what is escaped in names, and one that begins as another does.
fn text(word: u8) -> String {
    ["a", "a, b", "a+b=c", "ab"]
        .get(usize::from(word))
        .map_or_else(|| format!("w{word}"), |text| (*text).to_owned())
}

fn request(write: &Write, spelling: u8) -> Vec<u8> {
    match write {
        Write::Add(place) => add(
            &name(place, spelling),
            &[("objectClass", &["organizationalRole", "extensibleObject"])],
            &[],
        ),
        Write::Delete(place) => delete(&name(place, spelling), &[]),
        Write::Modify(place, operation, words) => {
            let words: Vec<String> = words.iter().map(|word| text(*word)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            modify(&name(place, spelling), &[(*operation, "description", &words)], &[])
        }
        Write::Name(place, operation, owner) => modify(
            &name(place, spelling),
            &[(*operation, "owner", &[&name(owner, spelling)])],
            &[],
        ),
        Write::Rename(place, word, deletes_old, above) => {
            let above = above.as_ref().map(|above| name(above, spelling));
            let rdn = name(&[*word], 0);
            let rdn = rdn.strip_suffix(BASE).unwrap().trim_end_matches(',');
            rename(&name(place, spelling), rdn, *deletes_old, above.as_deref(), &[])
        }
    }
}

fn place() -> impl Strategy<Value = Place> {
    proptest::collection::vec(0_u8..4, 1..4)
}

fn write() -> impl Strategy<Value = Write> {
    let words = || proptest::collection::vec(0_u8..5, 0..3);
    prop_oneof![
        4 => place().prop_map(Write::Add),
        1 => place().prop_map(Write::Delete),
        2 => (place(), 0_u32..3, words()).prop_map(|(place, operation, words)| Write::Modify(place, operation, words)),
        2 => (place(), 0_u32..3, place()).prop_map(|(place, operation, owner)| Write::Name(place, operation, owner)),
        2 => (place(), 0_u8..4, any::<bool>(), proptest::option::of(place()))
            .prop_map(|(place, word, deletes_old, above)| Write::Rename(place, word, deletes_old, above)),
    ]
}

/// What is kept, as the model has it.
fn kept(house: &House) -> BTreeMap<Place, Known> {
    let schema = &house.directory.schema;
    let word_of = |value: &[u8]| {
        let value = std::str::from_utf8(value).unwrap();
        (0..8)
            .find(|word| text(*word).eq_ignore_ascii_case(value))
            .expect("a word of the model")
    };
    let place_of = |name: &[u8]| {
        let path = schema.path(name).unwrap();
        let rest = &path.octets()[house.directory.base.octets().len()..];
        let mut place: Place = Vec::new();
        for rdn in rest.split(|octet| *octet == 0).filter(|rdn| !rdn.is_empty()) {
            place.push(word_of(rdn.strip_prefix(b"cn=").unwrap()));
        }
        place
    };
    let rows = house.entries.all("main");
    let mut kept = BTreeMap::new();
    for row in rows.iter().filter(|row| row.path != *house.directory.base.octets()) {
        let entry = Entry::decode(&row.body).unwrap();
        let place = place_of(row.name.as_bytes());
        assert_eq!(schema.path(row.name.as_bytes()).unwrap().octets(), &row.path);
        let known = Known {
            names: entry.values("cn").iter().map(|value| word_of(value)).collect(),
            descriptions: entry.values("description").iter().map(|value| word_of(value)).collect(),
            owners: entry.values("owner").iter().map(|value| place_of(value)).collect(),
        };
        assert!(known.names.contains(place.last().unwrap()));
        let found: Vec<Indexed> = house.entries.indexed("main", &row.path);
        assert_eq!(found, schema.indexed(&entry), "it is found by what is in it");
        kept.insert(place, known);
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_writes_come_to_what_the_model_says(writes in proptest::collection::vec((write(), 0_u8..3), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::empty(|_| ());
            house.load(BASE, &[("objectClass", &["dcObject", "organization"]), ("o", &["Example"])]).await;
            let root = Session::new(Actor::Service);
            let mut model = Model::default();
            for (write, spelling) in &writes {
                let wanted = model.do_it(write);
                let said = house.ask(&root, &request(write, *spelling)).await;
                prop_assert_eq!(said.code, wanted, "{:?}: {}", write, said.text);
            }
            prop_assert_eq!(kept(&house), model.entries);
            Ok(())
        })?;
    }
}
