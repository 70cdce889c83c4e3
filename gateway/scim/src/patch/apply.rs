//! Steps worked out on a resource as it was read.

use super::members::{Fold, chosen};
use super::read::{fault, read_only};
use super::{MembersStep, Step, Template, Verb};
use crate::json::convert::{MOST_VALUES, is_hollow, is_primary, is_same, merge};
use crate::json::{ReadId, Strictness};
use crate::wire::name::attribute_of;
use postern_identity::Secret;
use postern_identity::provisioning::evaluate::evaluate_element;
use postern_identity::provisioning::{
    Attribute, Attributes, Edit, EditFault, EditFaultKind, Filter, Key, Mutability, Resource, TypeSchema, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) fn apply(
    steps: &[Step],
    strictness: Strictness,
    resource: &Resource,
    types: &TypeSchema,
    read_id: ReadId<'_>,
) -> Result<Edit, EditFault> {
    let mut attributes = resource.attributes.clone();
    let members = attributes.0.remove(&Key::core("members"));
    let mut work = Work {
        attributes,
        types,
        strict: strictness == Strictness::Strict,
        touched: BTreeSet::new(),
    };
    let mut password = None;
    let mut fold = Fold::default();
    for step in steps {
        match step {
            Step::Password(new) => password = Some(new),
            Step::Members(step) => {
                let ids = match step {
                    MembersStep::RemoveWhere(filter) => chosen(members.as_ref(), filter, types, read_id),
                    _ => Vec::new(),
                };
                fold.step(step, read_id, &ids)?;
            }
            Step::EchoId(id) if read_id(id) == Some(resource.id) => {}
            Step::EchoId(_) => return Err(read_only("id")),
            Step::Echo { key, value } => echo(key, value.as_ref(), resource)?,
            step => work.step(step)?,
        }
    }
    work.finish(resource)?;
    Ok(Edit {
        attributes: work.attributes,
        password: password.map(Secret::duplicate),
        members: fold.change(),
    })
}

fn echo(key: &Key, value: Option<&Value>, resource: &Resource) -> Result<(), EditFault> {
    let current = resource.attributes.get(key);
    // Written elements alone are compared: of what is derived clients know their own.
    let is_same = match (current, value) {
        (Some(current), Some(value)) => {
            current == value
                || current.each().len() == value.each().len() && value.each().iter().all(|sent| holds(current, sent))
        }
        (None, None) => true,
        _ => false,
    };
    if is_same { Ok(()) } else { Err(read_only(&key.name)) }
}

fn holds(current: &Value, sent: &Value) -> bool {
    current.each().iter().any(|known| known == sent || is_part(sent, known))
}

/// Whether everything of an element is in another one.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Complex(part), Value::Complex(whole)) => {
            part.iter().all(|(name, value)| whole.get(name) == Some(value))
        }
        (part, whole) => part == whole,
    }
}

struct Work<'t> {
    attributes: Attributes,
    types: &'t TypeSchema,
    strict: bool,
    touched: BTreeSet<Key>,
}

impl<'t> Work<'t> {
    fn step(&mut self, step: &Step) -> Result<(), EditFault> {
        match step {
            Step::Whole { key, verb, value } => self.whole(key, *verb, value.as_ref()),
            Step::Sub { key, sub, value, verb } => self.sub(key, sub, *verb, value.as_ref()),
            Step::Chosen {
                key,
                filter,
                sub,
                value,
                verb,
                template,
            } => self.chosen(key, filter, sub.as_deref(), *verb, value.as_ref(), template),
            Step::ClearExtension(urn) => {
                self.clear_extension(urn);
                Ok(())
            }
            Step::Password(_) | Step::Members(_) | Step::Echo { .. } | Step::EchoId(_) => Ok(()),
        }
    }

    fn whole(&mut self, key: &Key, verb: Verb, value: Option<&Value>) -> Result<(), EditFault> {
        let multi_valued = self.attribute(key)?.multi_valued;
        let mut values = self.values(key);
        match (verb, value) {
            (Verb::Add, None) if multi_valued => {}
            (Verb::Add, Some(new)) if multi_valued => {
                if new.each().iter().any(is_primary) {
                    values.iter_mut().for_each(not_primary);
                }
                for value in new.each() {
                    add(&mut values, value);
                }
            }
            (Verb::Remove, Some(listed)) => {
                values.retain(|known| !listed.each().iter().any(|gone| is_part(gone, known)));
            }
            (_, None) => values.clear(),
            (_, Some(new)) if multi_valued => values = new.each().to_vec(),
            (_, Some(new)) => values = vec![merged(values.pop(), new)],
        }
        self.put(key, values)
    }

    /// Without a filter a sub-attribute of each value is meant (RFC 7644 §3.5.2.3).
    fn sub(&mut self, key: &Key, sub: &str, verb: Verb, value: Option<&Value>) -> Result<(), EditFault> {
        let attribute = self.attribute(key)?;
        let mut values = self.values(key);
        if values.is_empty() && value.is_some() {
            if attribute.multi_valued && self.strict && verb == Verb::Replace {
                return Err(no_target(key));
            }
            values.push(Value::Complex(BTreeMap::new()));
        }
        for element in &mut values {
            set_sub(attribute, element, sub, value)?;
        }
        self.put(key, values)
    }

    fn chosen(
        &mut self,
        key: &Key,
        filter: &Filter,
        sub: Option<&str>,
        verb: Verb,
        value: Option<&Value>,
        template: &Template,
    ) -> Result<(), EditFault> {
        let attribute = self.attribute(key)?;
        let fits = |element: &Value| evaluate_element(filter, element, self.types);
        let known: Vec<(bool, Value)> = self
            .values(key)
            .into_iter()
            .map(|element| (fits(&element), element))
            .collect();
        let mut values = Vec::with_capacity(known.len() + 1);
        let mut made_new = None;
        if !known.iter().any(|(fits, _)| *fits) {
            if self.strict {
                return Err(no_target(key));
            }
            // What is gone already is well; what is not there yet is made.
            if let Some(value) = value.filter(|_| verb != Verb::Remove) {
                let mut made = Value::Complex(template.clone()?.ok_or_else(|| no_target(key))?);
                match sub {
                    Some(sub) => set_sub(attribute, &mut made, sub, Some(value))?,
                    None => made = merged(Some(made), value),
                }
                made_new = Some((true, made));
            }
        }
        for (fits, mut element) in known {
            match (sub, value) {
                _ if !fits => {}
                (None, None) => continue,
                (Some(sub), value) => set_sub(attribute, &mut element, sub, value)?,
                (None, Some(value)) if verb == Verb::Add => element = merged(Some(element), value),
                (None, Some(value)) if self.strict => element = value.clone(),
                // The type that chose it stays if nothing was said of it.
                (None, Some(value)) => {
                    let kept = template.clone().ok().flatten().unwrap_or_default();
                    element = merged(Some(Value::Complex(kept)), value);
                }
            }
            values.push((fits, element));
        }
        values.extend(made_new);
        let is_set = sub == Some("primary") || value.is_some_and(is_primary);
        if is_set && values.iter().any(|(fits, element)| *fits && is_primary(element)) {
            values
                .iter_mut()
                .filter(|(fits, _)| !fits)
                .for_each(|(_, element)| not_primary(element));
        }
        self.put(key, values.into_iter().map(|(_, element)| element).collect())
    }

    /// All of it that can be written.
    fn clear_extension(&mut self, urn: &str) {
        let types = self.types;
        let touched = &mut self.touched;
        self.attributes.0.retain(|key, _| {
            let stays = key.extension.as_deref() != Some(urn)
                || types
                    .of(key)
                    .is_none_or(|attribute| attribute.mutability == Mutability::ReadOnly);
            if !stays {
                touched.insert(key.clone());
            }
            stays
        });
    }

    fn attribute(&self, key: &Key) -> Result<&'t Attribute, EditFault> {
        attribute_of(key, self.types).ok_or_else(|| fault(EditFaultKind::InvalidPath, "there is no such attribute"))
    }

    fn values(&self, key: &Key) -> Vec<Value> {
        self.attributes.get(key).map(Value::each).unwrap_or_default().to_vec()
    }

    fn put(&mut self, key: &Key, mut values: Vec<Value>) -> Result<(), EditFault> {
        if values.len() > MOST_VALUES {
            return Err(invalid(format!("{} has more than {MOST_VALUES} values", key.name)));
        }
        self.touched.insert(key.clone());
        if self.attribute(key)?.multi_valued {
            self.attributes.set(key.clone(), Value::Many(values));
        } else {
            match values.pop() {
                Some(value) => self.attributes.set(key.clone(), value),
                None => self.attributes.clear(key),
            }
        }
        Ok(())
    }

    /// What holds of the outcome, whatever led to it.
    fn finish(&mut self, before: &Resource) -> Result<(), EditFault> {
        for key in std::mem::take(&mut self.touched) {
            let attribute = self.attribute(&key)?;
            let was = before.attributes.get(&key);
            let mut values = Vec::new();
            for value in self.values(&key) {
                if !is_hollow(attribute, &value) {
                    merge(&mut values, value);
                }
            }
            if let ([now], Some(was), false) = (values.as_mut_slice(), was, attribute.multi_valued) {
                forget_derived(attribute, was, now);
            }
            if values.iter().filter(|value| is_primary(value)).count() > 1 {
                return Err(invalid(format!("{} has more than one primary value", key.name)));
            }
            for sub in attribute
                .subs()
                .iter()
                .filter(|sub| sub.required && sub.mutability != Mutability::ReadOnly)
            {
                if values.iter().any(|value| value.sub(&sub.name).is_none()) {
                    return Err(invalid(format!("{}.{} is required", key.name, sub.name)));
                }
            }
            self.put(&key, values)?;
            let now = self.attributes.get(&key);
            if attribute.required && was.is_some() && now.is_none() {
                return Err(fault(EditFaultKind::Mutability, format!("{} is required", key.name)));
            }
            if attribute.mutability == Mutability::Immutable && was.is_some() && now != was {
                return Err(fault(
                    EditFaultKind::Mutability,
                    format!("{} cannot be changed once it is set", key.name),
                ));
            }
        }
        Ok(())
    }
}

/// Adds an element unless it is there: a value that is in it already changes nothing.
fn add(values: &mut Vec<Value>, new: &Value) {
    if values.iter().any(|known| is_part(new, known)) {
        return;
    }
    match values.iter_mut().find(|known| is_same(known, new)) {
        Some(known) => *known = merged(Some(known.clone()), new),
        None => values.push(new.clone()),
    }
}

fn merged(known: Option<Value>, new: &Value) -> Value {
    match (known, new) {
        (Some(Value::Complex(mut known)), Value::Complex(new)) => {
            known.extend(new.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
            Value::Complex(known)
        }
        (_, new) => new.clone(),
    }
}

fn set_sub(attribute: &Attribute, element: &mut Value, name: &str, value: Option<&Value>) -> Result<(), EditFault> {
    let Value::Complex(subs) = element else {
        return Ok(());
    };
    let immutable = attribute
        .sub(name)
        .is_some_and(|sub| sub.mutability == Mutability::Immutable);
    if immutable && subs.get(name).is_some_and(|known| Some(known) != value) {
        let detail = format!("{}.{name} cannot be changed once it is set", attribute.name);
        return Err(fault(EditFaultKind::Mutability, detail));
    }
    match value {
        Some(value) => subs.insert(name.into(), value.clone()),
        None => subs.remove(name),
    };
    Ok(())
}

/// one value is primary.
fn not_primary(element: &mut Value) {
    if let Value::Complex(subs) = element {
        subs.remove("primary");
    }
}

/// What was told of another value is not true of the new one.
fn forget_derived(attribute: &Attribute, was: &Value, now: &mut Value) {
    if let (true, Value::Complex(subs)) = (was.sub("value") != now.sub("value"), now) {
        subs.retain(|name, _| {
            attribute
                .sub(name)
                .is_none_or(|sub| sub.mutability != Mutability::ReadOnly)
        });
    }
}

fn no_target(key: &Key) -> EditFault {
    fault(
        EditFaultKind::NoTarget,
        format!("no value of {} is chosen by that", key.name),
    )
}

fn invalid(detail: String) -> EditFault {
    fault(EditFaultKind::InvalidValue, detail)
}
