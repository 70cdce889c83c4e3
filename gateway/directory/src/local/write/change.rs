//! The changes of a modify (RFC 4511 §4.6, RFC 4525), read, checked as slapd checks them before it looks at the entry, and done to an entry.

use super::password_change::PasswordWanted;
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::schema::{AttributeType, Schema, Syntax};
use postern_ldap::ResultCode;
use postern_ldap::change::ModifyRequest;
use std::collections::HashSet;
use std::sync::Arc;

/// What a modify is to do.
pub(super) struct Changes<'s> {
    /// In order; those of the password are not among them.
    pub(super) list: Vec<Change<'s>>,
    /// What is to become of the password.
    pub(super) password: PasswordWanted,
}

/// A value as it was written, and as it is compared.
type Pair<'v> = (&'v [u8], &'v [u8]);

/// One change.
pub(super) struct Change<'s> {
    kind: Kind,
    /// The type.
    pub(super) attribute: &'s Arc<AttributeType>,
    description: Arc<str>,
    values: Vec<Vec<u8>>,
    /// The values as they are compared, in the same order.
    normal: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Delete,
    Replace,
    Increment,
}

impl<'s> Changes<'s> {
    /// Reads them. `may_all`: what clients may not change may be changed too.
    pub(super) fn read(schema: &'s Schema, request: &ModifyRequest<'_>, may_all: bool) -> Result<Self, Answer> {
        let mut changes = Self {
            list: Vec::new(),
            password: PasswordWanted::default(),
        };
        for change in request.changes() {
            let kind = match change.operation {
                0 => Kind::Add,
                1 => Kind::Delete,
                2 => Kind::Replace,
                3 => Kind::Increment,
                _ => return Err(Answer::malformed("unrecognized modify operation")),
            };
            let given = change.attribute.values().count();
            match (kind, given) {
                (Kind::Add, 0) => return Err(Answer::malformed("modify/add operation requires values")),
                (Kind::Increment, 0) => return Err(Answer::malformed("modify/increment operation requires value")),
                (Kind::Increment, 2..) => {
                    return Err(Answer::malformed("modify/increment operation requires single value"));
                }
                _ => {}
            }
            let described = schema
                .described(change.attribute.description)
                .ok_or_else(|| undefined(change.attribute.description))?;
            let attribute = described.kind;
            if &*attribute.key == "userpassword" {
                if described.canonical.contains(';') {
                    return Err(undefined(change.attribute.description));
                }
                match kind {
                    Kind::Add => changes.password.add(&change.attribute)?,
                    Kind::Delete => changes.password.delete(&change.attribute)?,
                    Kind::Replace => changes.password.replace(&change.attribute)?,
                    Kind::Increment => return Err(not_a_number(attribute)),
                }
                continue;
            }
            if !attribute.user_modifiable && !may_all {
                return Err(constraint(format!("{}: no user modification allowed", attribute.name)));
            }
            if kind == Kind::Increment && attribute.syntax != Syntax::Integer {
                return Err(not_a_number(attribute));
            }
            changes.list.push(Change::new(
                kind,
                attribute,
                described.canonical,
                change.attribute.values(),
            )?);
        }
        Ok(changes)
    }

    /// Does all of them but the password's. `permissive`: adding what is there and deleting what is not are no errors.
    /// `elsewhere`: of the attributes with these keys it is done elsewhere.
    pub(super) fn apply(&self, entry: &mut Entry, permissive: bool, elsewhere: &[&str]) -> Result<(), Answer> {
        let mut here = self
            .list
            .iter()
            .filter(|change| !elsewhere.contains(&&*change.attribute.key));
        here.try_for_each(|change| change.apply(entry, permissive))
    }

    /// Whether one of them takes an attribute, or values of it, away.
    pub(super) fn deletes(&self, key: &str) -> bool {
        let mut all = self.list.iter();
        all.any(|change| change.kind == Kind::Delete && &*change.attribute.key == key)
    }

    /// Whether one of them gives an attribute values.
    pub(super) fn sets(&self, key: &str) -> bool {
        let mut all = self.list.iter();
        all.any(|change| change.kind != Kind::Delete && &*change.attribute.key == key)
    }
}

impl<'s> Change<'s> {
    fn new<'v>(
        kind: Kind,
        attribute: &'s Arc<AttributeType>,
        description: Arc<str>,
        given: impl Iterator<Item = &'v [u8]>,
    ) -> Result<Self, Answer> {
        let values: Vec<Vec<u8>> = given.map(<[u8]>::to_vec).collect();
        let normal = checked(attribute, &values, kind == Kind::Delete)?;
        Ok(Self {
            kind,
            attribute,
            description,
            values,
            normal,
        })
    }

    /// Whether it adds values, under no options, or takes them away; and the values, as written and as compared. `None`: it does something else.
    pub(super) fn value_by_value(&self) -> Option<(bool, Vec<Pair<'_>>)> {
        let adds = match self.kind {
            Kind::Add => true,
            Kind::Delete if !self.values.is_empty() => false,
            Kind::Delete | Kind::Replace | Kind::Increment => return None,
        };
        let values = self
            .values
            .iter()
            .map(Vec::as_slice)
            .zip(self.normal.iter().map(Vec::as_slice))
            .collect();
        (!self.description.contains(';')).then_some((adds, values))
    }

    /// The value at this place is there already, or is not there to go.
    pub(super) fn already(&self, place: usize) -> Answer {
        if self.kind == Kind::Delete {
            return self.missing("delete", "no such value");
        }
        Answer::new(
            ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
            format!("modify/add: {}: value #{place} already exists", self.description),
        )
    }

    fn apply(&self, entry: &mut Entry, permissive: bool) -> Result<(), Answer> {
        match self.kind {
            Kind::Add => self.add(entry, permissive),
            Kind::Delete => self.delete(entry, permissive),
            Kind::Replace => {
                entry.set(&self.description, self.values.clone());
                Ok(())
            }
            Kind::Increment => self.increment(entry),
        }
    }

    fn add(&self, entry: &mut Entry, permissive: bool) -> Result<(), Answer> {
        let mut values = entry.values(&self.description).to_vec();
        if values.is_empty() {
            entry.set(&self.description, self.values.clone());
            return Ok(());
        }
        let there = self.there(&values, "add")?;
        for (place, (value, normal)) in self.values.iter().zip(&self.normal).enumerate() {
            if !there.contains(normal.as_slice()) {
                values.push(value.clone());
            } else if !permissive {
                return Err(self.already(place));
            }
        }
        entry.set(&self.description, values);
        Ok(())
    }

    fn delete(&self, entry: &mut Entry, permissive: bool) -> Result<(), Answer> {
        let values = entry.values(&self.description);
        if values.is_empty() {
            return if permissive {
                Ok(())
            } else {
                Err(self.missing("delete", "no such attribute"))
            };
        }
        if self.values.is_empty() {
            entry.remove(&self.description);
            return Ok(());
        }
        let there = self.there(values, "delete")?;
        if !permissive && !self.normal.iter().all(|normal| there.contains(normal.as_slice())) {
            return Err(self.missing("delete", "no such value"));
        }
        let gone: HashSet<&[u8]> = self.normal.iter().map(Vec::as_slice).collect();
        let mut left = values.to_vec();
        left.retain(|value| {
            !self
                .attribute
                .normal(value)
                .is_ok_and(|normal| gone.contains(normal.as_slice()))
        });
        entry.set(&self.description, left);
        Ok(())
    }

    /// RFC 4525 §3: every value grows by the one given.
    fn increment(&self, entry: &mut Entry) -> Result<(), Answer> {
        let values = entry.values(&self.description);
        if values.is_empty() {
            return Err(self.missing("increment", "no such attribute"));
        }
        let number = |value: &[u8]| std::str::from_utf8(value).ok()?.trim().parse::<i64>().ok();
        let beyond = || {
            constraint(format!(
                "modify/increment: {}: beyond what is counted",
                self.description
            ))
        };
        let by = self.values.first().and_then(|value| number(value)).ok_or_else(beyond)?;
        let grown: Option<Vec<Vec<u8>>> = values
            .iter()
            .map(|value| Some(number(value)?.checked_add(by)?.to_string().into_bytes()))
            .collect();
        entry.set(&self.description, grown.ok_or_else(beyond)?);
        Ok(())
    }

    /// The forms in which the values that are there are compared.
    fn there(&self, values: &[Vec<u8>], doing: &str) -> Result<HashSet<Vec<u8>>, Answer> {
        if self.attribute.equality.is_none() {
            return Err(Answer::new(
                ResultCode::INAPPROPRIATE_MATCHING,
                format!("modify/{doing}: {}: no equality matching rule", self.description),
            ));
        }
        Ok(values
            .iter()
            .filter_map(|value| self.attribute.normal(value).ok())
            .collect())
    }

    fn missing(&self, doing: &str, what: &str) -> Answer {
        Answer::new(
            ResultCode::NO_SUCH_ATTRIBUTE,
            format!("modify/{doing}: {}: {what}", self.description),
        )
    }
}

/// The forms in which these values are compared, if they fit their type, are not too many and differ.
pub(super) fn checked(attribute: &AttributeType, values: &[Vec<u8>], may_repeat: bool) -> Result<Vec<Vec<u8>>, Answer> {
    let mut normal = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        let fits = attribute.check(value).and_then(|()| attribute.normal(value));
        normal.push(fits.map_err(|_| {
            Answer::new(
                ResultCode::INVALID_ATTRIBUTE_SYNTAX,
                format!("{}: value #{place} invalid per syntax", attribute.name),
            )
        })?);
    }
    if !may_repeat && values.len() > 1 {
        if attribute.single_value {
            return Err(constraint(format!("{}: multiple values provided", attribute.name)));
        }
        let mut seen = HashSet::with_capacity(normal.len());
        if let Some(place) = normal.iter().position(|normal| !seen.insert(normal.as_slice())) {
            return Err(Answer::new(
                ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
                format!("{}: value #{place} provided more than once", attribute.name),
            ));
        }
    }
    Ok(normal)
}

/// An attribute nobody knows. Its name is the request's own, and told back only if it is plain.
pub(super) fn undefined(description: &[u8]) -> Answer {
    let is_plain = description.len() <= 64 && description.iter().all(u8::is_ascii_graphic);
    let text = match std::str::from_utf8(description) {
        Ok(name) if is_plain => format!("{name}: attribute type undefined"),
        _ => "attribute type undefined".to_owned(),
    };
    Answer::new(ResultCode::UNDEFINED_ATTRIBUTE_TYPE, text)
}

fn not_a_number(attribute: &AttributeType) -> Answer {
    constraint(format!(
        "{}: attribute syntax inappropriate for increment",
        attribute.name
    ))
}

pub(super) fn constraint(text: impl Into<std::borrow::Cow<'static, str>>) -> Answer {
    Answer::new(ResultCode::CONSTRAINT_VIOLATION, text)
}
