//! From the wire: once, so that nothing is resolved or made comparable again for each entry.

use super::{Extensible, Filter, Pieces, Subject};
use crate::local::schema::{Part, Purpose, Rule, Schema, rule_named};
use postern_ldap::WireError;
use postern_ldap::ber::{Cursor, Element};
use postern_ldap::filter::walk;
use postern_ldap::tag;
use std::sync::Arc;

impl Filter {
    /// Reads a filter. A fault is the client's; a type, rule or value that is not known or does not fit is none (RFC 4511 §4.5.1.7).
    pub fn read(element: &Element<'_>, schema: &Schema) -> Result<Self, WireError> {
        // How deep and how large it is was looked at without recursion; so there is little of it below.
        walk(*element, |_| ())?;
        part(*element, schema)
    }
}

fn part(element: Element<'_>, schema: &Schema) -> Result<Filter, WireError> {
    let inside = Cursor::new(element.content);
    Ok(match element.tag {
        0xa0 => Filter::And(parts(inside, schema)?),
        0xa1 => Filter::Or(parts(inside, schema)?),
        0xa2 => Filter::Not(Box::new(part(inside.only()?, schema)?)),
        0xa3 | 0xa8 => compared(inside, schema, Filter::Equal, |_| true)?,
        0xa5 => compared(inside, schema, Filter::AtLeast, |of| of.kind.ordering.is_some())?,
        0xa6 => compared(inside, schema, Filter::AtMost, |of| of.kind.ordering.is_some())?,
        0xa4 => substrings(inside, schema)?,
        0x87 => subject(element.content, schema).map_or(Filter::Undefined, Filter::Present),
        0xa9 => extensible(inside, schema)?,
        _ => return Err(WireError::Unexpected),
    })
}

fn parts(mut inside: Cursor<'_>, schema: &Schema) -> Result<Vec<Filter>, WireError> {
    let mut found = Vec::new();
    while !inside.is_empty() {
        found.push(part(inside.element()?, schema)?);
    }
    Ok(found)
}

fn subject(description: &[u8], schema: &Schema) -> Option<Subject> {
    let described = schema.described(description)?;
    let options = described.canonical.split(';').skip(1).map(Into::into).collect();
    Some(Subject {
        kind: Arc::clone(described.kind),
        options,
    })
}

fn compared(
    mut inside: Cursor<'_>,
    schema: &Schema,
    make: impl FnOnce(Subject, Vec<u8>) -> Filter,
    fits: impl FnOnce(&Subject) -> bool,
) -> Result<Filter, WireError> {
    let (description, value) = (inside.octets()?, inside.octets()?);
    Ok(subject(description, schema)
        .filter(fits)
        .and_then(|of| equal_to(&of, value, schema).map(|value| make(of, value)))
        .unwrap_or(Filter::Undefined))
}

/// A value as it is compared with those of this attribute. `None`: it cannot be.
fn equal_to(of: &Subject, value: &[u8], schema: &Schema) -> Option<Vec<u8>> {
    of.kind.equality?;
    of.kind.check(value).ok()?;
    if &*of.kind.key == "objectclass" {
        schema.object_class(value)?;
    }
    of.kind.normal(value).ok()
}

fn substrings(mut inside: Cursor<'_>, schema: &Schema) -> Result<Filter, WireError> {
    let of = subject(inside.octets()?, schema);
    let rule = of.as_ref().and_then(|of| of.kind.substring);
    let mut written = inside.enter(tag::SEQUENCE)?;
    let mut pieces = Pieces::default();
    let mut fits = true;
    let mut number = 0_usize;
    if written.is_empty() {
        return Err(WireError::Truncated);
    }
    while !written.is_empty() {
        let piece = written.element()?;
        let place = match piece.tag {
            0x80 if number == 0 => Part::Initial,
            0x81 if pieces.last.is_none() => Part::Any,
            0x82 if pieces.last.is_none() => Part::Final,
            _ => return Err(WireError::Unexpected),
        };
        number += 1;
        let mut normal = Vec::with_capacity(piece.content.len());
        let made = rule.map(|rule| rule.part_into(piece.content, place, &mut normal));
        fits &= matches!(made, Some(Ok(()))) && !normal.is_empty();
        match place {
            Part::Initial => pieces.initial = Some(normal),
            Part::Any | Part::Whole => pieces.any.push(normal),
            Part::Final => pieces.last = Some(normal),
        }
    }
    Ok(match of {
        Some(of) if fits => Filter::Substrings(of, pieces),
        _ => Filter::Undefined,
    })
}

fn extensible(mut inside: Cursor<'_>, schema: &Schema) -> Result<Filter, WireError> {
    let rule = inside.optional(0x81)?;
    let description = inside.optional(0x82)?;
    let value = inside.expect(0x83)?;
    // walk has seen that it is a BOOLEAN.
    let in_name = inside.optional(0x84)?.is_some_and(|content| content != [0]);
    if rule.is_none() && description.is_none() {
        return Err(WireError::Unexpected);
    }
    Ok(fitting(rule, description, value, in_name, schema).unwrap_or(Filter::Undefined))
}

fn fitting(
    rule: Option<&[u8]>,
    description: Option<&[u8]>,
    value: &[u8],
    in_name: bool,
    schema: &Schema,
) -> Option<Filter> {
    let named = match rule {
        Some(name) => Some(
            rule_named(name)
                .filter(|(_, purpose)| matches!(purpose, Purpose::Equality | Purpose::Extensible))?
                .0,
        ),
        None => None,
    };
    let of = match description {
        Some(description) => vec![subject(description, schema)?],
        None => schema
            .attributes()
            .iter()
            .filter(|kind| kind.equality == named)
            .map(|kind| Subject {
                kind: Arc::clone(kind),
                options: Vec::new(),
            })
            .collect(),
    };
    let first = of.first()?.clone();
    let own = first.kind.equality?;
    let rule = named.unwrap_or(own);
    if let Rule::BitAnd | Rule::BitOr = rule {
        let mask = std::str::from_utf8(value).ok()?.parse().ok()?;
        return (own == Rule::Integer && description.is_some()).then_some(Filter::Bits {
            of: first,
            mask,
            all: rule == Rule::BitAnd,
        });
    }
    if !fits(rule, own) {
        return None;
    }
    if rule == own && description.is_some() && !in_name {
        return equal_to(&first, value, schema).map(|value| Filter::Equal(first, value));
    }
    let value = schema.normal_by(rule, value).ok()?;
    Some(Filter::Extensible(Extensible {
        rule,
        of,
        value,
        in_name,
    }))
}

/// Whether values that have one rule of their own can be compared by another.
fn fits(rule: Rule, own: Rule) -> bool {
    let text = |rule| {
        matches!(
            rule,
            Rule::CaseIgnore | Rule::CaseExact | Rule::CaseIgnoreIa5 | Rule::CaseExactIa5
        )
    };
    rule == own || (text(rule) && text(own))
}
