//! PATCH (RFC 7644 §3.5.2).
//!
//! **The walk.** A request becomes steps, each one attribute with a value of its shape (`read`, `step`); what is about members by their ids alone needs nothing read
//! (`members`); the rest is worked out on the resource as it was read (`apply`).

mod apply;
mod members;
mod place;
mod read;
mod step;
#[cfg(test)]
mod tests;

use crate::json::{ReadId, Strictness};
use postern_identity::Secret;
use postern_identity::provisioning::{Edit, EditFault, Filter, Key, MembersChange, Resource, TypeSchema, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A PATCH request, its names and values looked up.
pub struct Patch {
    steps: Vec<Step>,
    strictness: Strictness,
}

impl Patch {
    /// Reads one.
    pub fn read(body: serde_json::Value, types: &TypeSchema, strictness: Strictness) -> Result<Self, EditFault> {
        let steps = read::steps(body, types, strictness)?;
        Ok(Self { steps, strictness })
    }

    /// What it is, if it is about nothing but a group's members by their ids: then nothing needs to be read.
    pub fn members_alone(&self, read_id: ReadId<'_>) -> Result<Option<MembersChange>, EditFault> {
        let mut fold = members::Fold::default();
        for step in &self.steps {
            match step {
                Step::Members(change) if !matches!(change, MembersStep::RemoveWhere(_)) => {
                    fold.step(change, read_id, &[])?;
                }
                _ => return Ok(None),
            }
        }
        Ok((!self.steps.is_empty()).then(|| fold.change()))
    }

    /// Whether [`apply`](Self::apply) needs the group's members read: some are chosen by something besides their ids.
    pub fn needs_members(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Members(MembersStep::RemoveWhere(_))))
    }

    /// Works it out on a resource as it was read, in order; any fault, and nothing is changed. It can be done again on the resource read anew.
    pub fn apply(&self, resource: &Resource, types: &TypeSchema, read_id: ReadId<'_>) -> Result<Edit, EditFault> {
        apply::apply(&self.steps, self.strictness, resource, types, read_id)
    }
}

/// One thing to do.
enum Step {
    Members(MembersStep),
    Password(Secret),
    /// Nobody can change it, and it is well if it is what was sent.
    Echo {
        key: Key,
        value: Option<Value>,
    },
    /// [`Self::Echo`] of the id.
    EchoId(String),
    ClearExtension(Arc<str>),
    /// The whole attribute.
    Whole {
        key: Key,
        verb: Verb,
        value: Option<Value>,
    },
    /// A sub-attribute of all values, or of one that has several.
    Sub {
        key: Key,
        sub: Arc<str>,
        value: Option<Value>,
        verb: Verb,
    },
    /// Those values that fulfil the filter, or a sub-attribute of them.
    Chosen {
        key: Key,
        filter: Filter,
        sub: Option<Arc<str>>,
        value: Option<Value>,
        verb: Verb,
        /// What a value is like that is made where none fulfils the filter.
        template: Template,
    },
}

/// The sub-attributes a filter demands, if it demands nothing else.
type Template = Result<Option<BTreeMap<Arc<str>, Value>>, EditFault>;

/// RFC 7644 §3.5.2: what an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// What is done to a group's members: ids as they were spelled.
enum MembersStep {
    Add(Vec<String>),
    Remove(Vec<String>),
    Replace(Vec<String>),
    RemoveWhere(Filter),
}
