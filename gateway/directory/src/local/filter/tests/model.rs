//! Generated filters, compared with another reading of RFC 4511 §4.5.1.7: slow, over text, and by recursion.

use super::{also, entry, read};
use crate::local::entry::Entry;
use crate::local::schema::Schema;
use postern_ldap::ber::Writer;
use postern_ldap::filter::{all, any, equality, not, present};
use proptest::prelude::{ProptestConfig, Strategy, any as any_of, prop, prop_assert_eq, prop_oneof, proptest};

#[derive(Debug, Clone)]
enum Meant {
    And(Vec<Meant>),
    Or(Vec<Meant>),
    Not(Box<Meant>),
    Equal(&'static str, String),
    AtLeast(&'static str, String),
    AtMost(&'static str, String),
    Present(&'static str),
    /// Pieces between stars: the first and last may be empty.
    Like(&'static str, Vec<String>),
}

const TEXTS: [&str; 4] = ["cn", "ou", "uid", "nothing"];

fn leaf() -> impl Strategy<Value = Meant> {
    let text = prop::sample::select(&TEXTS[..]);
    let any_name = prop::sample::select(&["cn", "ou", "uid", "nothing", "uidNumber"][..]);
    let word = || "[abAB]{1,2}( [ab]{1,2})?";
    let number = || prop_oneof!["-?[1-9]{1,3}", "0", "[ax]"];
    prop_oneof![
        (text.clone(), word()).prop_map(|(name, value)| Meant::Equal(name, value)),
        (
            text.clone(),
            "[ab]?",
            prop::collection::vec("[abAB]{1,2}", 0..3),
            "[ab]?"
        )
            .prop_map(|(name, first, middle, last)| {
                let mut pieces = vec![first];
                pieces.extend(middle);
                pieces.push(last);
                Meant::Like(name, pieces)
            }),
        any_name.prop_map(Meant::Present),
        number().prop_map(|value| Meant::Equal("uidNumber", value)),
        number().prop_map(|value| Meant::AtLeast("uidNumber", value)),
        number().prop_map(|value| Meant::AtMost("uidNumber", value)),
    ]
}

fn meant() -> impl Strategy<Value = Meant> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Meant::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Meant::Or),
            inner.prop_map(|part| Meant::Not(Box::new(part))),
        ]
    })
}

fn kept() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let text = (
        prop::sample::select(&["cn", "ou", "uid"][..]),
        "[abAB]{1,3}( [ab]{1,2})?",
    );
    let number = "-?[1-9]{1,3}".prop_map(|value| ("uidNumber", value));
    (prop::collection::vec(text, 0..4), prop::option::of(number)).prop_map(|(mut values, number)| {
        values.extend(number);
        values
    })
}

/// As it is sent. A `Like` of nothing but stars is a presence.
fn wire(meant: &Meant) -> Vec<u8> {
    let ordered = |tag: u8, name: &str, value: &str| {
        let mut writer = Writer::new();
        writer.nested(tag, |inside| {
            inside.octets(name.as_bytes()).octets(value.as_bytes());
        });
        writer.finish()
    };
    match meant {
        Meant::And(parts) => all(&parts.iter().map(wire).collect::<Vec<_>>()),
        Meant::Or(parts) => any(&parts.iter().map(wire).collect::<Vec<_>>()),
        Meant::Not(part) => not(&wire(part)),
        Meant::Equal(name, value) => equality(name.as_bytes(), value.as_bytes()),
        Meant::AtLeast(name, value) => ordered(0xa5, name, value),
        Meant::AtMost(name, value) => ordered(0xa6, name, value),
        Meant::Present(name) => present(name.as_bytes()),
        Meant::Like(name, pieces) if pieces.iter().all(String::is_empty) => present(name.as_bytes()),
        Meant::Like(name, pieces) => {
            let mut writer = Writer::new();
            writer.nested(0xa4, |inside| {
                inside.octets(name.as_bytes()).nested(0x30, |out| {
                    for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
                        let tag = match place {
                            0 => 0x80,
                            last if last == pieces.len() - 1 => 0x82,
                            _ => 0x81,
                        };
                        out.element(tag, piece.as_bytes());
                    }
                });
            });
            writer.finish()
        }
    }
}

/// The other reading.
fn holds(meant: &Meant, kept: &[(&str, String)]) -> Option<bool> {
    let values = |name: &str| -> Vec<String> {
        let own = kept.iter().filter(|(known, _)| *known == name);
        own.map(|(_, value)| value.to_lowercase()).collect()
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let ordered = |name: &str, value: &str, test: &dyn Fn(i64, i64) -> bool| {
        let wanted = number(value)?;
        Some(
            values(name)
                .iter()
                .filter_map(|value| number(value))
                .any(|value| test(value, wanted)),
        )
    };
    match meant {
        Meant::And(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| holds(part, kept)).collect();
            if parts.contains(&Some(false)) {
                Some(false)
            } else if parts.contains(&None) {
                None
            } else {
                Some(true)
            }
        }
        Meant::Or(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| holds(part, kept)).collect();
            if parts.contains(&Some(true)) {
                Some(true)
            } else if parts.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        Meant::Not(part) => Some(!holds(part, kept)?),
        Meant::Equal("nothing", _) | Meant::Present("nothing") | Meant::Like("nothing", _) => None,
        Meant::Equal("uidNumber", value) => ordered("uidNumber", value, &|value, wanted| value == wanted),
        Meant::Equal(name, value) => Some(values(name).contains(&value.to_lowercase())),
        Meant::AtLeast(name, value) => ordered(name, value, &|value, wanted| value >= wanted),
        Meant::AtMost(name, value) => ordered(name, value, &|value, wanted| value <= wanted),
        Meant::Present(name) => Some(!values(name).is_empty()),
        Meant::Like(name, pieces) => {
            let pieces: Vec<String> = pieces.iter().map(|piece| piece.to_lowercase()).collect();
            Some(values(name).iter().any(|value| like(value, &pieces, true)))
        }
    }
}

/// Tries every place for every piece.
fn like(value: &str, pieces: &[String], first: bool) -> bool {
    match pieces {
        [] => true,
        [last] => value.ends_with(last.as_str()),
        [piece, rest @ ..] if first => value
            .strip_prefix(piece.as_str())
            .is_some_and(|left| like(left, rest, false)),
        [piece, rest @ ..] => (0..=value.len())
            .filter_map(|from| value.get(from..)?.strip_prefix(piece.as_str()))
            .any(|left| like(left, rest, false)),
    }
}

fn as_entry(kept: &[(&str, String)]) -> Entry {
    let lines: Vec<_> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    entry(&lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn filters_answer_as_another_reading_of_them_does(meant in meant(), entries in prop::collection::vec(kept(), 1..6)) {
        let filter = read(&wire(&meant)).unwrap();
        let schema = Schema::standard();
        for kept in &entries {
            prop_assert_eq!(filter.matches(&as_entry(kept), &schema, &also), holds(&meant, kept), "{:?} of {:?}", meant, kept);
        }
    }

    #[test]
    fn no_octets_are_too_much(octets in prop::collection::vec(any_of::<u8>(), 0..80)) {
        let _ = read(&octets);
    }

    #[test]
    fn no_cut_or_changed_filter_is_too_much(meant in meant(), place in any_of::<prop::sample::Index>(), octet in any_of::<u8>()) {
        let mut octets = wire(&meant);
        let place = place.index(octets.len());
        octets[place] = octet;
        if let Ok(filter) = read(&octets) {
            let _ = filter.matches(&Entry::new(), &Schema::standard(), &also);
        }
    }
}
