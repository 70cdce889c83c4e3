//! What operations on members come to, whatever their order.

use super::MembersStep;
use crate::json::ReadId;
use crate::json::incoming::member_id;
use postern_identity::provisioning::evaluate::evaluate_element;
use postern_identity::provisioning::{
    EditFault, Filter, MembersChange, Operand, Operator, ResourceId, TypeSchema, Value,
};
use std::collections::BTreeMap;

/// Steps folded into one change: of each member the last word counts.
#[derive(Default)]
pub(super) struct Fold {
    replaced: bool,
    last_word: BTreeMap<ResourceId, bool>,
}

impl Fold {
    /// `chosen`: the ids of those that a filter of the step fits.
    pub(super) fn step(
        &mut self,
        step: &MembersStep,
        read_id: ReadId<'_>,
        chosen: &[ResourceId],
    ) -> Result<(), EditFault> {
        match step {
            MembersStep::Add(ids) => self.add(ids, read_id),
            MembersStep::Replace(ids) => {
                self.replaced = true;
                self.last_word.clear();
                self.add(ids, read_id)
            }
            MembersStep::Remove(ids) => {
                // Whom nobody knows is in no group.
                self.remove(ids.iter().filter_map(|id| read_id(id)));
                Ok(())
            }
            MembersStep::RemoveWhere(_) => {
                self.remove(chosen.iter().copied());
                Ok(())
            }
        }
    }

    pub(super) fn change(self) -> MembersChange {
        let (add, remove): (Vec<_>, Vec<_>) = self.last_word.into_iter().partition(|(_, is_in)| *is_in);
        let ids = |list: Vec<(ResourceId, bool)>| list.into_iter().map(|(id, _)| id).collect();
        if self.replaced {
            return MembersChange {
                replace: Some(ids(add)),
                ..MembersChange::default()
            };
        }
        MembersChange {
            replace: None,
            add: ids(add),
            remove: ids(remove),
        }
    }

    fn add(&mut self, ids: &[String], read_id: ReadId<'_>) -> Result<(), EditFault> {
        for id in ids {
            self.last_word.insert(member_id(id, read_id)?, true);
        }
        Ok(())
    }

    fn remove(&mut self, ids: impl Iterator<Item = ResourceId>) {
        for id in ids {
            if self.replaced {
                self.last_word.remove(&id);
            } else {
                self.last_word.insert(id, false);
            }
        }
    }
}

/// The ids a filter names, if it does nothing but name some: `value eq "x"`, or several of them.
pub(super) fn named_ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare {
            path,
            operator: Operator::Eq,
            operand: Operand::Text(id),
        } if path.sub.as_deref() == Some("value") => Some(vec![id.clone()]),
        Filter::Or(parts) => {
            let ids: Option<Vec<Vec<String>>> = parts.iter().map(named_ids).collect();
            Some(ids?.concat())
        }
        _ => None,
    }
}

/// The members, of those that were read, that a filter fits.
pub(super) fn chosen(
    members: Option<&Value>,
    filter: &Filter,
    types: &TypeSchema,
    read_id: ReadId<'_>,
) -> Vec<ResourceId> {
    let members = members.map(Value::each).unwrap_or_default();
    let fitting = members.iter().filter(|member| evaluate_element(filter, member, types));
    fitting
        .filter_map(|member| match member.sub("value") {
            Some(Value::Text(id)) => read_id(id),
            _ => None,
        })
        .collect()
}
