//! A resource's tree as values of LDAP attributes, by the mapping.
//!
//! What does not fit its attribute is told here, by the name a program knows it by, before anything is sent.

mod value;

pub(super) use value::spelled;

use super::super::mapping::{Place, Row, TypeMapping};
use postern_identity::provisioning::{Attributes, EditFault, EditFaultKind, Key, ResourceKind, Value};
use std::sync::Arc;

/// The most values one attribute is given.
const MOST_VALUES: usize = 256;

/// What is to stand in an entry, row by row of the mapping.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::upstream::provisioning) struct Encoded<'m> {
    /// Each row with its values; none: the attribute is to have none of those that are mapped.
    pub(super) rows: Vec<(&'m Row, Vec<Worth>)>,
    /// What no row is for and the entry must have all the same.
    pub(super) besides: Vec<(String, Vec<u8>)>,
}

type Rows<'m> = Vec<(&'m Row, Vec<Worth>)>;

/// Whether a value that does not fit is a fault, or left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    Strict,
    Lenient,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::upstream::provisioning) enum Worth {
    /// As it is sent.
    Octets(Vec<u8>),
    /// The DN of the user with this id, which is still to be found out.
    User(String),
}

impl<'m> Encoded<'m> {
    /// What these attributes of a new entry are in the directory. Where a value is missing that an entry of the kind must have, it is made of
    /// others (`sn` of the display name, and so on).
    pub(super) fn of(mapping: &'m TypeMapping, attributes: &Attributes) -> Result<Self, EditFault> {
        let mut encoded = Self::strict(mapping, &Attributes::default(), attributes)?;
        for needed in needed(mapping) {
            encoded.fill(mapping, attributes, needed)?;
        }
        Ok(encoded)
    }

    /// The same of an entry that was read as `before`, and of what it is to hold. What is as it was is not looked at for faults, and what
    /// must stay is made of others only where its value goes.
    pub(super) fn both(
        mapping: &'m TypeMapping,
        before: &Attributes,
        after: &Attributes,
    ) -> Result<(Self, Self), EditFault> {
        let mut rows = Rows::new();
        for row in &mapping.rows {
            // What cannot be written as it was read is looked up where it is to go.
            let values = of_row(mapping, row, before, taken(&rows, row), Care::Lenient).unwrap_or_default();
            rows.push((row, values));
        }
        let old = Self {
            rows,
            besides: Vec::new(),
        };
        let mut new = Self::strict(mapping, before, after)?;
        for needed in needed(mapping) {
            if old.has(needed) {
                new.fill(mapping, after, needed)?;
            }
        }
        Ok((old, new))
    }

    fn strict(mapping: &'m TypeMapping, before: &Attributes, attributes: &Attributes) -> Result<Self, EditFault> {
        let mut rows = Rows::new();
        for row in &mapping.rows {
            let key = row.place.key();
            let care = if before.get(key) == attributes.get(key) {
                Care::Lenient
            } else {
                Care::Strict
            };
            let values = of_row(mapping, row, attributes, taken(&rows, row), care)?;
            rows.push((row, values));
        }
        for (key, whole) in &attributes.0 {
            if before.get(key) != Some(whole) {
                refuse_what_has_no_place(mapping, key, whole)?;
            }
        }
        Ok(Self {
            rows,
            besides: Vec::new(),
        })
    }

    /// Whether an attribute has a value.
    pub(super) fn has(&self, attribute: &str) -> bool {
        self.first(attribute).is_some()
    }

    /// The first value of an attribute, if it is one that is known already.
    pub(super) fn first(&self, attribute: &str) -> Option<&[u8]> {
        let row = self
            .rows
            .iter()
            .find(|(row, _)| row.attribute.eq_ignore_ascii_case(attribute));
        match row.and_then(|(_, values)| values.first()) {
            Some(Worth::Octets(octets)) => Some(octets),
            Some(Worth::User(_)) => None,
            None => {
                let besides = self
                    .besides
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(attribute));
                besides.map(|(_, octets)| octets.as_slice())
            }
        }
    }

    /// The first value of an attribute as text.
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        std::str::from_utf8(self.first(attribute)?).ok()
    }

    /// The ids of users whose DNs have to be known.
    pub(super) fn users(&self) -> impl Iterator<Item = &str> {
        let all = self.rows.iter().flat_map(|(_, values)| values);
        all.filter_map(|value| match value {
            Worth::User(id) => Some(id.as_str()),
            Worth::Octets(_) => None,
        })
    }

    /// A value for an attribute that must have one.
    fn fill(&mut self, mapping: &TypeMapping, attributes: &Attributes, attribute: &str) -> Result<(), EditFault> {
        if self.first(attribute).is_some() {
            return Ok(());
        }
        let text = in_place_of(mapping.kind, attributes, attribute).ok_or_else(|| missing(mapping, attribute))?;
        let octets = value::text(&text, || attribute.to_owned())?.ok_or_else(|| missing(mapping, attribute))?;
        match self
            .rows
            .iter_mut()
            .find(|(row, _)| row.attribute.eq_ignore_ascii_case(attribute))
        {
            Some((_, values)) => values.push(Worth::Octets(octets)),
            None => self.besides.push((attribute.to_owned(), octets)),
        }
        Ok(())
    }
}

/// The attributes every entry of the kind must have: that which names it, and those of a person (RFC 4519 §3.12).
fn needed(mapping: &TypeMapping) -> Vec<&str> {
    let mut needed = vec![mapping.rdn.as_str()];
    let is_person = |class: &String| {
        ["person", "organizationalPerson", "inetOrgPerson"]
            .iter()
            .any(|person| person.eq_ignore_ascii_case(class))
    };
    if mapping.object_classes.iter().any(is_person) {
        for attribute in ["cn", "sn"] {
            if !mapping.rdn.eq_ignore_ascii_case(attribute) {
                needed.push(attribute);
            }
        }
    }
    needed
}

/// What stands in the place of a missing value.
fn in_place_of(kind: ResourceKind, attributes: &Attributes, attribute: &str) -> Option<String> {
    let name = |sub: &str| match attributes.get(&Key::core("name"))?.sub(sub)? {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    let simple = |name: &str| {
        let text = attributes.text(name).filter(|text| !text.trim().is_empty());
        text.map(str::to_owned)
    };
    if kind == ResourceKind::Group {
        return simple("displayName");
    }
    let both = || match (name("givenName"), name("familyName")) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (given, family) => given.or(family),
    };
    match attribute.to_ascii_lowercase().as_str() {
        "cn" => name("formatted").or_else(|| simple("displayName")).or_else(both),
        "sn" => name("familyName").or_else(|| simple("displayName")),
        _ => None,
    }
    .or_else(|| simple("userName"))
}

fn missing(mapping: &TypeMapping, attribute: &str) -> EditFault {
    let named = match mapping.kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    let detail = if mapping
        .simple(named)
        .is_some_and(|row| row.attribute.eq_ignore_ascii_case(attribute))
    {
        format!("{named} must have a value")
    } else {
        format!("{named} must have a value: the directory needs one for {attribute}")
    };
    EditFault::new(EditFaultKind::InvalidValue, detail)
}

/// How many values rows of the same place hold already: several rows of one place are filled in their order.
fn taken(rows: &Rows<'_>, row: &Row) -> usize {
    let same = rows.iter().filter(|(other, _)| other.place == row.place);
    same.map(|(_, values)| values.len()).sum()
}

/// The values of one row. `taken`: how many the rows before it, of the same place, hold.
fn of_row(
    mapping: &TypeMapping,
    row: &Row,
    attributes: &Attributes,
    taken: usize,
    care: Care,
) -> Result<Vec<Worth>, EditFault> {
    let Some(whole) = attributes.get(row.place.key()) else {
        return Ok(Vec::new());
    };
    let given: Vec<&Value> = match &row.place {
        Place::Simple(_) => whole.each().iter().take(1).collect(),
        Place::Sub(_, sub) => whole.sub(sub).into_iter().collect(),
        Place::Element { key, kind, sub } => {
            let elements = elements_of(mapping, key, kind.as_ref(), whole);
            if **sub != *"value" && elements.len() > 1 && care == Care::Strict {
                return Err(EditFault::new(
                    EditFaultKind::InvalidValue,
                    format!("{} takes one element of each type", key.name),
                ));
            }
            elements.into_iter().filter_map(|element| element.sub(sub)).collect()
        }
    };
    let room = if row.several { MOST_VALUES } else { 1 };
    let different = different(row, given, care)?;
    Ok(different.into_iter().skip(taken).take(room).collect())
}

/// Each value once.
fn different<'v>(row: &Row, given: impl IntoIterator<Item = &'v Value>, care: Care) -> Result<Vec<Worth>, EditFault> {
    let mut values: Vec<Worth> = Vec::new();
    for given in given {
        let worth = match value::encode(row, given) {
            Err(fault) if care == Care::Strict => return Err(fault),
            encoded => encoded.ok().flatten(),
        };
        if let Some(worth) = worth
            && !values.iter().any(|other| value::is_same(row, other, &worth))
        {
            values.push(worth);
        }
    }
    Ok(values)
}

/// The elements of one type, the primary one first. One without a type has the first type there is.
fn elements_of<'v>(mapping: &TypeMapping, key: &Key, kind: Option<&Arc<str>>, whole: &'v Value) -> Vec<&'v Value> {
    let first = mapping.kinds_of(key).into_iter().next();
    let is_of_it = |element: &&Value| match (kind, element.sub("type")) {
        (None, _) => true,
        (Some(kind), Some(Value::Text(own))) if !own.is_empty() => own.eq_ignore_ascii_case(kind),
        (Some(kind), _) => first.as_ref() == Some(kind),
    };
    let mut elements: Vec<&Value> = whole.each().iter().filter(is_of_it).collect();
    elements.sort_by_key(|element| !matches!(element.sub("primary"), Some(Value::Boolean(true))));
    elements
}

/// What somebody gave and no row takes: a type of element without a place, or more values than there is room for.
fn refuse_what_has_no_place(mapping: &TypeMapping, key: &Key, whole: &Value) -> Result<(), EditFault> {
    let is_of_elements = |row: &Row| matches!(row.place, Place::Element { .. });
    if !mapping.rows_of(key).any(is_of_elements) {
        return Ok(()); // not of the mapping, where nothing of it is written; or one value, of which the parts have their rows
    }
    let kinds = mapping.kinds_of(key);
    let any = |row: &Row| matches!(row.place, Place::Element { kind: None, .. });
    let takes_any = mapping.rows_of(key).any(any);
    let refuse = |detail| Err(EditFault::new(EditFaultKind::InvalidValue, detail));
    for element in whole.each() {
        if let Some(Value::Text(own)) = element.sub("type")
            && !takes_any
            && !own.is_empty()
            && !kinds.iter().any(|kind| own.eq_ignore_ascii_case(kind))
        {
            return refuse(format!(
                "{} has a place for these types alone: {}",
                key.name,
                kinds.join(", ")
            ));
        }
    }
    for kind in kinds.iter().map(Some).chain(takes_any.then_some(None)) {
        let of_value = |row: &&Row| matches!(&row.place, Place::Element { key: own, kind: of, sub } if own == key && of.as_ref() == kind && **sub == *"value");
        let rows: Vec<&Row> = mapping.rows_of(key).filter(of_value).collect();
        let Some(row) = rows.first() else { continue };
        let room: usize = rows.iter().map(|row| if row.several { MOST_VALUES } else { 1 }).sum();
        let elements = elements_of(mapping, key, kind, whole);
        let given = elements.into_iter().filter_map(|element| element.sub("value"));
        if different(row, given, Care::Lenient)?.len() > room {
            return refuse(match kind {
                Some(kind) => format!("{} takes {room} of the type {kind}", key.name),
                None => format!("{} takes {room} values", key.name),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
