//! A whole resource as a program sends it: POST and PUT (RFC 7644 §3.3, §3.5.1).

use super::convert::{Reader, is_same};
use super::read::named;
use super::{ReadId, Strictness};
use crate::wire::last_segment;
use crate::wire::name::{Known, look_up};
use postern_identity::Secret;
use postern_identity::provisioning::{
    Attribute, Attributes, Edit, EditFault, EditFaultKind, Key, MembersChange, Mutability, Resource, ResourceKind,
    TypeSchema, Value, account_state,
};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A whole resource as it was sent.
pub struct Incoming {
    /// Without those nobody may write, `password` and `members`; `active` is among them.
    pub attributes: Attributes,
    /// The password. None for null and nothing.
    pub password: Option<Secret>,
    /// The ids of a group's members, as they were spelled; `None`: nothing was said of members.
    pub members: Option<Vec<String>>,
}

/// Reads a whole resource.
pub fn resource(body: Json, types: &TypeSchema, strictness: Strictness) -> Result<Incoming, EditFault> {
    let Json::Object(body) = body else {
        return Err(syntax("a resource is an object"));
    };
    let mut reading = Reading {
        types,
        reader: Reader::new(strictness),
        incoming: Incoming {
            attributes: Attributes::default(),
            password: None,
            members: None,
        },
    };
    let schemas = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    names_schema(schemas.map(|(_, urns)| urns), &types.core.urn)?;
    reading.object(body, None)?;
    reading.required()?;
    Ok(reading.incoming)
}

struct Reading<'t> {
    types: &'t TypeSchema,
    reader: Reader,
    incoming: Incoming,
}

impl Reading<'_> {
    /// The resource itself, or the object of one of its schemas.
    fn object(&mut self, object: Map<String, Json>, urn: Option<&str>) -> Result<(), EditFault> {
        for (name, value) in object {
            let qualified = urn.map(|urn| format!("{urn}:{name}"));
            match (look_up(qualified.as_deref().unwrap_or(&name), self.types), value) {
                (Some(Known::Attribute(found)), value) if found.sub.is_none() => {
                    self.attribute(found.key(), found.attribute, found.mapped, value)?;
                }
                (Some(Known::Extension(_)), Json::Null) if urn.is_none() => {}
                (Some(Known::Extension(schema)), Json::Object(inner)) if urn.is_none() => {
                    self.object(inner, Some(&schema.urn))?;
                }
                (Some(Known::Core), Json::Object(inner)) if urn.is_none() && !self.reader.is_strict() => {
                    self.object(inner, Some(&self.types.core.urn))?;
                }
                (Some(Known::Extension(schema)), _) => {
                    return Err(invalid(format!("{} is an object", named(&schema.urn))));
                }
                _ => self.unknown(&name)?,
            }
        }
        Ok(())
    }

    /// passed over, unless the client wants to be told.
    fn unknown(&self, name: &str) -> Result<(), EditFault> {
        if !self.reader.is_strict() {
            tracing::debug!(target: "postern::scim", attribute = named(name), "an attribute nobody knows was passed over");
            return Ok(());
        }
        let kind = if name.contains(':') {
            EditFaultKind::InvalidValue
        } else {
            EditFaultKind::InvalidSyntax
        };
        Err(EditFault::new(kind, format!("there is no attribute {}", named(name))))
    }

    fn attribute(&mut self, key: Key, attribute: &Attribute, mapped: bool, value: Json) -> Result<(), EditFault> {
        if key.extension.is_none() {
            match (key.name.as_ref(), self.types.kind) {
                ("password", ResourceKind::User) => {
                    self.incoming.password = password(value)?;
                    return Ok(());
                }
                ("members", ResourceKind::Group) => {
                    self.incoming.members = Some(members(value, self.reader)?);
                    return Ok(());
                }
                _ => {}
            }
        }
        // what nobody writes does not count. A common attribute that is kept nowhere neither.
        if attribute.mutability == Mutability::ReadOnly || !mapped {
            return Ok(());
        }
        if let Some(value) = self.reader.value(value, attribute)? {
            if self.incoming.attributes.get(&key).is_some() {
                return Err(syntax(format!("{} stands there twice", key.name)));
            }
            self.incoming.attributes.set(key, value);
        }
        Ok(())
    }

    fn required(&self) -> Result<(), EditFault> {
        match missing(&self.incoming.attributes, self.types, self.reader.is_strict()) {
            Some(name) => Err(invalid(format!("{name} is required"))),
            None => Ok(()),
        }
    }
}

/// What is required and not there (RFC 7643 §7): of the core schema; for who is read strictly also of extensions that hold something.
pub(crate) fn missing(attributes: &Attributes, types: &TypeSchema, strictly: bool) -> Option<String> {
    let is_used = |urn: &Arc<str>| attributes.0.keys().any(|key| key.extension.as_ref() == Some(urn));
    let extensions = types
        .extensions
        .iter()
        .filter(|schema| strictly && is_used(&schema.urn));
    let core = types.core.attributes.iter().map(|attribute| (None, attribute));
    let others = extensions.flat_map(|schema| {
        schema
            .attributes
            .iter()
            .map(move |attribute| (Some(&schema.urn), attribute))
    });
    core.chain(others).find_map(|(urn, attribute)| {
        let key = Key {
            extension: urn.cloned(),
            name: Arc::clone(&attribute.name),
        };
        match attributes.get(&key) {
            None => (attribute.required && is_written(attribute)).then(|| attribute.name.to_string()),
            Some(value) => {
                let lacks = |sub: &&Attribute| {
                    sub.required
                        && is_written(sub)
                        && value.each().iter().any(|element| element.sub(&sub.name).is_none())
                };
                attribute
                    .subs()
                    .iter()
                    .find(lacks)
                    .map(|sub| format!("{}.{}", attribute.name, sub.name))
            }
        }
    })
}

/// Whether it comes with the attributes at all: passwords and members have their own way.
fn is_written(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly && !matches!(attribute.name.as_ref(), "password" | "members")
}

impl Incoming {
    /// What PUT makes of the resource as it was read (RFC 7644 §3.5.1): what nobody may write stays, as do `active`, the account's state and members where
    /// nothing was said of them.
    pub fn onto(self, current: &Resource, types: &TypeSchema, read_id: ReadId<'_>) -> Result<Edit, EditFault> {
        let mut attributes = self.attributes;
        for (key, was) in &current.attributes.0 {
            if key.extension.is_none() && key.name.as_ref() == "members" {
                continue;
            }
            let Some(attribute) = types.of(key) else {
                attributes.set(key.clone(), was.clone());
                continue;
            };
            let now = attributes.0.remove(key);
            if let Some(stays) = replaced(key, attribute, was, now)? {
                attributes.set(key.clone(), stays);
            }
        }
        let replace = match self.members {
            None => None,
            Some(ids) => Some(
                ids.iter()
                    .map(|id| member_id(id, read_id))
                    .collect::<Result<Vec<_>, _>>()?,
            ),
        };
        Ok(Edit {
            attributes,
            password: self.password,
            members: MembersChange {
                replace,
                ..MembersChange::default()
            },
        })
    }
}

fn replaced(key: &Key, attribute: &Attribute, was: &Value, now: Option<Value>) -> Result<Option<Value>, EditFault> {
    match (attribute.mutability, now) {
        (Mutability::Immutable, Some(now)) if now != *was => {
            let detail = format!("{} cannot be changed once it is set", attribute.name);
            Err(EditFault::new(EditFaultKind::Mutability, detail))
        }
        (Mutability::ReadOnly | Mutability::WriteOnly | Mutability::Immutable, _) => Ok(Some(was.clone())),
        (Mutability::ReadWrite, None) => Ok(stays_unsaid(key).then(|| was.clone())),
        (Mutability::ReadWrite, Some(now)) => Ok(Some(with_read_only(attribute, was, now))),
    }
}

/// nobody is let in or kept out by what was not said.
fn stays_unsaid(key: &Key) -> bool {
    match key.extension.as_deref() {
        None => key.name.as_ref() == "active",
        Some(urn) => urn == account_state::PASSWORD || urn == account_state::ACCOUNT,
    }
}

/// A new value with what nobody writes of the value it had.
fn with_read_only(attribute: &Attribute, was: &Value, now: Value) -> Value {
    let one = |now: Value| {
        let Some(known) = was
            .each()
            .iter()
            .find(|known| !attribute.multi_valued || is_same(known, &now))
        else {
            return now;
        };
        // What is said of another resource is not true of the one that stands there now.
        if known.sub("value") != now.sub("value") {
            return now;
        }
        match (known, now) {
            (Value::Complex(known), Value::Complex(mut subs)) => {
                let kept = known.iter().filter(|(name, _)| {
                    attribute
                        .sub(name)
                        .is_some_and(|sub| sub.mutability == Mutability::ReadOnly)
                });
                subs.extend(kept.map(|(name, value)| (Arc::clone(name), value.clone())));
                Value::Complex(subs)
            }
            (_, now) => now,
        }
    };
    match now {
        Value::Many(values) => Value::Many(values.into_iter().map(one).collect()),
        now => one(now),
    }
}

/// RFC 7643 §3: `schemas` names what the object is.
pub(crate) fn names_schema(urns: Option<&Json>, wanted: &str) -> Result<(), EditFault> {
    let is = |urn: &Json| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(wanted));
    match urns {
        Some(Json::Array(urns)) if urns.iter().any(is) => Ok(()),
        _ => Err(syntax(format!("schemas has to name {wanted}"))),
    }
}

/// A password, moved: nobody else has a copy of it.
pub(crate) fn password(value: Json) -> Result<Option<Secret>, EditFault> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) if text.is_empty() => Ok(None),
        Json::String(text) => Ok(Some(Secret::new(text))),
        _ => Err(invalid("password is text".into())),
    }
}

/// Ids of members: objects with `value` or `$ref`, forgiving ids alone and one that is no list.
pub(crate) fn members(value: Json, reader: Reader) -> Result<Vec<String>, EditFault> {
    let list = match value {
        Json::Array(list) => list,
        Json::Null => return Ok(Vec::new()),
        _ if reader.is_strict() => return Err(invalid("members is a list".into())),
        single => vec![single],
    };
    let mut ids = Vec::with_capacity(list.len());
    for item in list {
        match item {
            Json::Object(subs) => ids.push(member(&subs).ok_or_else(no_value)?),
            Json::String(id) if !reader.is_strict() && !id.is_empty() => ids.push(id),
            Json::Null if !reader.is_strict() => {}
            _ => return Err(no_value()),
        }
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}

fn no_value() -> EditFault {
    invalid("each of members is an object with a value: the member's id".into())
}

fn member(subs: &Map<String, Json>) -> Option<String> {
    let of = |wanted: &str| {
        let (_, value) = subs.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        value.as_str().filter(|text| !text.is_empty())
    };
    of("value")
        .or_else(|| of("$ref").map(last_segment))
        .map(ToOwned::to_owned)
}

/// whom nobody knows cannot be a member.
pub(crate) fn member_id(
    text: &str,
    read_id: ReadId<'_>,
) -> Result<postern_identity::provisioning::ResourceId, EditFault> {
    read_id(text).ok_or_else(|| invalid("there is no such member".into()))
}

fn syntax(detail: impl Into<std::borrow::Cow<'static, str>>) -> EditFault {
    EditFault::new(EditFaultKind::InvalidSyntax, detail)
}

fn invalid(detail: String) -> EditFault {
    EditFault::new(EditFaultKind::InvalidValue, detail)
}
