//! A directory as a route shows it: what it offers, under whose names, and as which product.

mod active_directory;
mod controls;
mod ppolicy;
mod root_dse;
mod suffix;

use postern_ldap::Message;
use postern_ldap::entry::SearchEntry;
use postern_tests::Wire;
use postern_tests::request;
use postern_tests::wire::Answer;
use std::collections::BTreeMap;

/// Attributes by their names in lower case.
type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

/// The entries among the answers to a search, with their DNs.
fn entries(answers: &[Answer]) -> Vec<(String, Attributes)> {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    answers
        .iter()
        .filter_map(|answer| {
            let message = Message::parse(&answer.octets).unwrap();
            let entry = SearchEntry::parse(&message).ok()?;
            let attributes = entry.attributes().map(|attribute| {
                let attribute = attribute.unwrap();
                let values = attribute.values().map(<[u8]>::to_vec).collect();
                (text(attribute.description).to_ascii_lowercase(), values)
            });
            Some((text(entry.dn), attributes.collect()))
        })
        .collect()
}

/// The values of one attribute as text, in order.
fn texts(attributes: &Attributes, name: &str) -> Vec<String> {
    let mut texts: Vec<String> = attributes
        .get(&name.to_ascii_lowercase())
        .into_iter()
        .flatten()
        .map(|value| String::from_utf8(value.clone()).unwrap())
        .collect();
    texts.sort();
    texts
}

/// The root DSE as this session sees it.
fn root_dse(wire: &mut Wire, id: u32, attributes: &[&str]) -> Attributes {
    let answers = wire.ask(&request::root_dse(id, attributes));
    entries(&answers).remove(0).1
}
