//! One attribute with the value it was sent with, as steps.

use super::members::named_ids;
use super::place::{Place, template};
use super::read::{Reading, fault, invalid, read_only, syntax, take};
use super::{MembersStep, Step, Verb};
use crate::json::convert::normal;
use crate::json::incoming::{members, password};
use crate::json::named;
use crate::wire::last_segment;
use crate::wire::name::{is_kept, refers, sub_of};
use postern_identity::provisioning::{
    Attribute, EditFault, EditFaultKind, Key, Mutability, ResourceKind, Shape, Value,
};
use serde_json::Value as Json;
use std::sync::Arc;

impl Reading<'_> {
    /// `echoed`: it stood among other attributes, where clients repeat what they cannot change.
    pub(super) fn step(&mut self, verb: Verb, place: Place<'_>, value: Json, echoed: bool) -> Result<(), EditFault> {
        if place.is("password", ResourceKind::User) {
            return self.password(verb, value, echoed);
        }
        if place.is("members", ResourceKind::Group) {
            return self.members(verb, place, value);
        }
        if !is_kept(&place.key, self.types) {
            if self.reader.is_strict() {
                return Err(fault(
                    EditFaultKind::InvalidPath,
                    format!("{} is kept nowhere", place.attribute.name),
                ));
            }
            return Ok(());
        }
        if place.is_read_only() {
            return if echoed {
                self.echo(place, value)
            } else {
                Err(read_only(&place.name()))
            };
        }
        if verb == Verb::Remove {
            return self.removal(place, value);
        }
        let (attribute, sub_attribute) = (place.attribute, place.sub);
        match (place.filter, sub_attribute) {
            (None, None) if !attribute.multi_valued && matches!(attribute.shape, Shape::Complex(_)) => {
                self.complex(verb, &place.key, attribute, value)
            }
            (None, None) => {
                let value = self.reader.value(value, attribute)?;
                self.steps.push(Step::Whole {
                    key: place.key,
                    verb,
                    value,
                });
                Ok(())
            }
            (None, Some(sub)) => {
                let value = self.sub_value(value, attribute, sub)?;
                self.steps.push(Step::Sub {
                    key: place.key,
                    sub: Arc::clone(&sub.name),
                    value,
                    verb,
                });
                Ok(())
            }
            (Some(filter), sub) => {
                let value = match (sub, value) {
                    (Some(sub), value) => self.sub_value(value, attribute, sub)?,
                    (None, Json::Array(mut list)) if list.len() == 1 && !self.reader.is_strict() => {
                        self.reader.element(list.pop().unwrap_or_default(), attribute)?
                    }
                    (None, value) => self.reader.element(value, attribute)?,
                };
                self.steps.push(Step::Chosen {
                    template: template(&filter, attribute),
                    key: place.key,
                    filter,
                    sub: sub.map(|sub| Arc::clone(&sub.name)),
                    value,
                    verb,
                });
                Ok(())
            }
        }
    }

    fn sub_value(&self, value: Json, attribute: &Attribute, sub: &Attribute) -> Result<Option<Value>, EditFault> {
        match self.reader.value(value, sub)? {
            Some(value) => normal(attribute, sub, value),
            None => Ok(None),
        }
    }

    /// A complex value is merged: each sub-attribute that was sent is a step of its own, so that null clears just that one.
    fn complex(&mut self, verb: Verb, key: &Key, attribute: &Attribute, value: Json) -> Result<(), EditFault> {
        let value = match value {
            Json::Array(mut list) if list.len() == 1 && !self.reader.is_strict() => list.pop().unwrap_or_default(),
            other => other,
        };
        let cleared = |key: &Key| Step::Whole {
            key: key.clone(),
            verb: Verb::Replace,
            value: None,
        };
        let Json::Object(subs) = value else {
            // A manager as the id alone, or none.
            match self.reader.value(value, attribute)? {
                None => self.steps.push(cleared(key)),
                Some(value) => self.steps.push(Step::Whole {
                    key: key.clone(),
                    verb,
                    value: Some(value),
                }),
            }
            return Ok(());
        };
        let mut steps = Vec::new();
        let mut reference = None;
        for (name, json) in subs {
            let sub = match sub_of(attribute, &name) {
                Some(sub) => sub,
                None if self.reader.is_strict() => {
                    return Err(syntax(format!("{} has no {}", attribute.name, named(&name))));
                }
                None => continue,
            };
            if sub.name.as_ref() == "$ref" {
                reference = json.as_str().map(|address| Value::text(last_segment(address)));
                continue;
            }
            if sub.mutability == Mutability::ReadOnly {
                continue;
            }
            let value = self.sub_value(json, attribute, sub)?;
            if value.is_none() && sub.name.as_ref() == "value" {
                self.steps.push(cleared(key));
                return Ok(());
            }
            steps.push((Arc::clone(&sub.name), value));
        }
        let has_value = steps.iter().any(|(name, _)| name.as_ref() == "value");
        if let Some(reference) = reference.filter(|_| refers(attribute) && !has_value) {
            steps.push(("value".into(), Some(reference)));
        }
        self.steps.extend(steps.into_iter().map(|(sub, value)| Step::Sub {
            key: key.clone(),
            sub,
            value,
            verb,
        }));
        Ok(())
    }

    fn removal(&mut self, place: Place<'_>, value: Json) -> Result<(), EditFault> {
        if self.reader.is_strict() && !value.is_null() {
            return Err(syntax("remove has no value: choose values with a filter in the path"));
        }
        let verb = Verb::Remove;
        self.steps.push(match (place.filter, place.sub) {
            (None, None) if place.attribute.multi_valued => Step::Whole {
                // Entra lists the values that are to go: no others do.
                value: self.reader.value(value, place.attribute)?,
                key: place.key,
                verb,
            },
            (None, None) => Step::Whole {
                key: place.key,
                verb,
                value: None,
            },
            (None, Some(sub)) => Step::Sub {
                key: place.key,
                sub: Arc::clone(&sub.name),
                value: None,
                verb,
            },
            (Some(filter), sub) => Step::Chosen {
                key: place.key,
                filter,
                sub: sub.map(|sub| Arc::clone(&sub.name)),
                value: None,
                verb,
                template: Ok(None),
            },
        });
        Ok(())
    }

    fn password(&mut self, verb: Verb, value: Json, echoed: bool) -> Result<(), EditFault> {
        if verb == Verb::Remove {
            return Err(fault(
                EditFaultKind::Mutability,
                "a password is replaced, never removed",
            ));
        }
        match password(value)? {
            Some(password) => self.steps.push(Step::Password(password)),
            // Sent along with nothing in it.
            None if echoed && !self.reader.is_strict() => {}
            None => return Err(invalid("password is text that is not empty")),
        }
        Ok(())
    }

    fn members(&mut self, verb: Verb, place: Place<'_>, value: Json) -> Result<(), EditFault> {
        let step = match (verb, place.filter, place.sub) {
            (Verb::Remove, Some(filter), None) => match named_ids(&filter) {
                Some(ids) => MembersStep::Remove(ids),
                None => MembersStep::RemoveWhere(filter),
            },
            (Verb::Remove, None, None) if value.is_null() => {
                tracing::warn!(target: "postern::scim", "a program removes all members of a group at once");
                MembersStep::Replace(Vec::new())
            }
            // By the RFC's letter this empties the group, which nobody means who names members.
            (Verb::Remove, None, None) if self.reader.is_strict() => {
                return Err(syntax("remove has no value: choose members with a filter in the path"));
            }
            (Verb::Remove, None, None) => MembersStep::Remove(self.ids(value)?),
            (Verb::Add, None, None) => MembersStep::Add(self.ids(value)?),
            (Verb::Replace, None, None) => MembersStep::Replace(self.ids(value)?),
            // RFC 7643 §4.2: what a membership is made of is immutable.
            _ => {
                let detail = "members are added and removed as a whole: what a membership is made of cannot be changed";
                return Err(fault(EditFaultKind::Mutability, detail));
            }
        };
        self.steps.push(Step::Members(step));
        Ok(())
    }

    /// Salesforce's clients wrap the list in an object once more.
    fn ids(&self, value: Json) -> Result<Vec<String>, EditFault> {
        let value = match value {
            Json::Object(mut wrapped) if !self.reader.is_strict() => match take(&mut wrapped, "members") {
                Some(inner) => inner,
                None => Json::Object(wrapped),
            },
            value => value,
        };
        members(value, self.reader)
    }

    fn echo(&mut self, place: Place<'_>, value: Json) -> Result<(), EditFault> {
        if place.key.extension.is_none() {
            match (place.key.name.as_ref(), &value) {
                // As it was when the client last looked.
                ("meta", _) => return Ok(()),
                ("id", Json::String(id)) => {
                    self.steps.push(Step::EchoId(id.clone()));
                    return Ok(());
                }
                _ => {}
            }
        }
        let value = self.reader.comparing().value(value, place.attribute)?;
        self.steps.push(Step::Echo { key: place.key, value });
        Ok(())
    }
}
