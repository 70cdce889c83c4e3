//! Constants of a condition, read into what they are compared as.

use super::Mistake;
use super::check::{Spelling, TextOf, WEEKDAYS};
use super::network::Network;
use super::parse::{Expression, Kind};
use crate::problem::{one_of, quoted};
use postern_identity::{DistinguishedName, StateName};

pub(super) fn each<T>(
    members: &[Expression<'_>],
    read: impl Fn(&str, usize) -> Result<T, Mistake>,
) -> Result<Box<[T]>, Mistake> {
    members.iter().map(|member| literal(member, &read)).collect()
}

pub(super) fn literal<T>(
    expression: &Expression<'_>,
    read: impl Fn(&str, usize) -> Result<T, Mistake>,
) -> Result<T, Mistake> {
    match &expression.kind {
        Kind::Text(text) => read(text, expression.at),
        _ => Err(Mistake::new(
            expression.at,
            "this is no constant text",
            "a text in quotes",
        )),
    }
}

/// A word that a fact can be.
pub(super) fn word(of: TextOf, literal: &str, at: usize) -> Result<Box<str>, Mistake> {
    let known: Vec<&str> = match of {
        TextOf::State => StateName::ALL.iter().map(|state| state.as_str()).collect(),
        TextOf::Weekday => WEEKDAYS.to_vec(),
        _ => return Ok(of.as_written(literal)),
    };
    if known.contains(&literal) {
        return Ok(literal.into());
    }
    let what = if of == TextOf::State { "no state" } else { "no weekday" };
    Err(Mistake::new(
        at,
        format!("{} is {what}", quoted(literal)),
        one_of(literal, known),
    ))
}

pub(super) fn spelling(literal: &str) -> Spelling {
    match DistinguishedName::parse(literal.as_bytes()) {
        Ok(name) => Spelling::Distinguished(name),
        Err(_) => Spelling::Other(literal.to_lowercase().into()),
    }
}

pub(super) fn part_of_name(literal: &str, at: usize) -> Result<Box<str>, Mistake> {
    if literal.contains('=') {
        let remedy = "account.within(\"ou=people,dc=example,dc=org\")";
        return Err(Mistake::new(
            at,
            "distinguished names are not compared letter by letter",
            remedy,
        ));
    }
    Ok(literal.to_lowercase().into())
}

pub(super) fn distinguished(literal: &str, at: usize) -> Result<DistinguishedName, Mistake> {
    let name = DistinguishedName::parse(literal.as_bytes()).ok();
    // Everything lies below the root, also whoever is nobody.
    name.filter(|name| !name.is_root()).ok_or_else(|| {
        let what = format!("{} is not a distinguished name", quoted(literal));
        Mistake::new(at, what, "a name like \"ou=people,dc=example,dc=org\"")
    })
}

pub(super) fn network(literal: &str, at: usize) -> Result<Network, Mistake> {
    Network::parse(literal).map_err(|(what, remedy)| Mistake::new(at, format!("{} {what}", quoted(literal)), remedy))
}
