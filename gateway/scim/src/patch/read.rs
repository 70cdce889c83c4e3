//! A request into steps: every name looked up and every value converted before anything is done.

use super::place::Place;
use super::{Step, Verb};
use crate::json::Strictness;
use crate::json::convert::Reader;
use crate::json::incoming::names_schema;
use crate::json::named;
use crate::wire::{PatchPath, WireFault, path};
use postern_identity::provisioning::{EditFault, EditFaultKind, TypeSchema};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::sync::Arc;

/// RFC 7644 §3.5.2.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Most operations of one request.
pub(super) const MOST_OPERATIONS: usize = 10_000;

pub(super) fn steps(body: Json, types: &TypeSchema, strictness: Strictness) -> Result<Vec<Step>, EditFault> {
    let Json::Object(mut body) = body else {
        return Err(syntax("a PATCH request is an object"));
    };
    let reader = Reader::new(strictness);
    let schemas = take(&mut body, "schemas");
    if reader.is_strict() || schemas.is_some() {
        names_schema(schemas.as_ref(), PATCH_OP)?;
    }
    let operations = if reader.is_strict() {
        body.remove("Operations")
    } else {
        take(&mut body, "Operations")
    };
    let operations = match operations {
        Some(Json::Array(operations)) if operations.len() > MOST_OPERATIONS => {
            return Err(syntax(format!("a request has {MOST_OPERATIONS} operations at most")));
        }
        Some(Json::Array(operations)) if !operations.is_empty() => operations,
        Some(single @ Json::Object(_)) if !reader.is_strict() => vec![single],
        _ => return Err(syntax("Operations is a list of what is to be done, and not empty")),
    };
    let mut reading = Reading {
        types,
        reader,
        steps: Vec::new(),
    };
    for operation in operations {
        reading.operation(operation)?;
    }
    Ok(reading.steps)
}

pub(super) struct Reading<'t> {
    pub(super) types: &'t TypeSchema,
    pub(super) reader: Reader,
    pub(super) steps: Vec<Step>,
}

impl Reading<'_> {
    fn operation(&mut self, operation: Json) -> Result<(), EditFault> {
        let Json::Object(mut operation) = operation else {
            return Err(syntax("an operation is an object with op, path and value"));
        };
        let verb = self.verb(take(&mut operation, "op").as_ref())?;
        let value = take(&mut operation, "value");
        let path = match take(&mut operation, "path") {
            None | Some(Json::Null) => None,
            Some(Json::String(path)) if path.trim().is_empty() && !self.reader.is_strict() => None,
            Some(Json::String(path)) => Some(path),
            Some(_) => return Err(fault(EditFaultKind::InvalidPath, "path is text")),
        };
        match (path, verb, value) {
            (None, Verb::Remove, _) => Err(fault(EditFaultKind::NoTarget, "remove needs a path")),
            (None, verb, Some(Json::Object(values))) => self.spread(verb, values, None),
            (None, ..) => Err(invalid("without a path, value is an object of attributes")),
            (Some(path), Verb::Remove, value) => self.at_path(Verb::Remove, &path, value.unwrap_or(Json::Null)),
            (Some(path), verb, Some(value)) => self.at_path(verb, &path, value),
            (Some(_), _, None) => Err(invalid("add and replace need a value; null stands for none")),
        }
    }

    fn verb(&self, op: Option<&Json>) -> Result<Verb, EditFault> {
        let op = match op {
            Some(Json::String(op)) => op.as_str(),
            _ => "",
        };
        let verbs = [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)];
        // Entra says `Add`.
        let is = |name: &str| op == name || !self.reader.is_strict() && op.eq_ignore_ascii_case(name);
        let known = verbs.into_iter().find(|(name, _)| is(name));
        known
            .map(|(_, verb)| verb)
            .ok_or_else(|| syntax("op is add, replace or remove"))
    }

    fn at_path(&mut self, verb: Verb, text: &str, value: Json) -> Result<(), EditFault> {
        match (path(text, self.types)?, value) {
            (PatchPath::Extension(urn), _) if verb == Verb::Remove => {
                self.steps.push(Step::ClearExtension(urn));
            }
            (PatchPath::Extension(urn), Json::Null) if verb == Verb::Replace => {
                self.steps.push(Step::ClearExtension(urn));
            }
            (PatchPath::Extension(urn), Json::Object(values)) if !self.reader.is_strict() => {
                self.spread(verb, values, Some(&urn))?;
            }
            (PatchPath::Extension(_), _) => {
                return Err(fault(
                    EditFaultKind::InvalidPath,
                    "the path names a schema, not an attribute",
                ));
            }
            (PatchPath::Attribute { key, filter, sub }, value) => {
                let place = Place::new(self.types, key, filter, sub)?;
                self.step(verb, place, value, false)?;
            }
        }
        Ok(())
    }

    /// Attributes without a path, or those of one schema; their names may be paths themselves.
    fn spread(&mut self, verb: Verb, values: Map<String, Json>, urn: Option<&str>) -> Result<(), EditFault> {
        for (name, value) in values {
            if urn.is_none() && name.eq_ignore_ascii_case("schemas") {
                continue;
            }
            let is_core = urn.is_none() && name.eq_ignore_ascii_case(&self.types.core.urn);
            let value = match value {
                Json::Object(inner) if is_core && !self.reader.is_strict() => {
                    self.spread(verb, inner, Some(&Arc::clone(&self.types.core.urn)))?;
                    continue;
                }
                value => value,
            };
            let text: Cow<'_, str> =
                urn.map_or(Cow::Borrowed(name.as_str()), |urn| Cow::Owned(format!("{urn}:{name}")));
            match (path(&text, self.types), value) {
                (Ok(PatchPath::Attribute { key, filter, sub }), value) => {
                    let is_path = filter.is_some() || sub.is_some();
                    if is_path && self.reader.is_strict() {
                        return Err(fault(
                            EditFaultKind::InvalidPath,
                            format!("{} is no attribute", named(&name)),
                        ));
                    }
                    let place = Place::new(self.types, key, filter, sub)?;
                    self.step(verb, place, value, !is_path)?;
                }
                (Ok(PatchPath::Extension(urn)), Json::Object(inner)) => self.spread(verb, inner, Some(&urn))?,
                (Ok(PatchPath::Extension(urn)), Json::Null) => {
                    if verb == Verb::Replace {
                        self.steps.push(Step::ClearExtension(urn));
                    }
                }
                (Ok(PatchPath::Extension(urn)), _) => return Err(invalid(format!("{} is an object", named(&urn)))),
                // A path that is none is a mistake in either mode.
                (Err(_), _) if !self.reader.is_strict() && !text.contains(['[', ' ', '"']) => {
                    tracing::debug!(target: "postern::scim", attribute = named(&name), "an attribute nobody knows was passed over");
                }
                (Err(wrong), _) => return Err(wrong.into()),
            }
        }
        Ok(())
    }
}

/// A key in whatever case.
pub(super) fn take(object: &mut Map<String, Json>, wanted: &str) -> Option<Json> {
    let name = object.keys().find(|name| name.eq_ignore_ascii_case(wanted))?.clone();
    object.remove(&name)
}

pub(super) fn read_only(name: &str) -> EditFault {
    fault(EditFaultKind::Mutability, format!("{name} cannot be written"))
}

pub(super) fn fault(kind: EditFaultKind, detail: impl Into<Cow<'static, str>>) -> EditFault {
    EditFault::new(kind, detail)
}

pub(super) fn syntax(detail: impl Into<Cow<'static, str>>) -> EditFault {
    fault(EditFaultKind::InvalidSyntax, detail)
}

pub(super) fn invalid(detail: impl Into<Cow<'static, str>>) -> EditFault {
    fault(EditFaultKind::InvalidValue, detail)
}

impl From<WireFault> for EditFault {
    fn from(wrong: WireFault) -> Self {
        let kind = match wrong.kind {
            crate::wire::WireFaultKind::Filter => EditFaultKind::InvalidFilter,
            crate::wire::WireFaultKind::Path => EditFaultKind::InvalidPath,
        };
        Self::new(kind, wrong.detail)
    }
}
