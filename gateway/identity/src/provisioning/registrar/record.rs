//! One line for every change: what it was and what it is, of attributes that are no secret.

use super::super::edit::{Edit, MembersChange};
use super::super::error::ProvisioningError;
use super::super::resource::{Resource, ResourceKind};
use super::super::value::{Attributes, Key, Value};
use super::{Actor, Registrar};
use crate::account::AccountKey;
use crate::audit::{ChangedAttribute, Outcome, ProvisioningEvent};
use crate::authority::Decision;
use crate::password::StandingChange;
use std::collections::BTreeSet;

/// The most attributes one line tells of.
const MOST_TOLD: usize = 64;
/// The most octets of a value that are told.
const LONGEST_TOLD: usize = 256;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Created,
    Changed,
    Removed,
}

/// A line that is being put together.
pub(super) struct Recorded<'a> {
    actor: Actor<'a>,
    kind: ResourceKind,
    done: Done,
    entry: Option<String>,
    key: Option<AccountKey>,
    owner: Option<Decision>,
    changes: Vec<ChangedAttribute>,
}

impl<'a> Recorded<'a> {
    pub(super) fn begun(actor: Actor<'a>, kind: ResourceKind, done: Done) -> Self {
        Self {
            actor,
            kind,
            done,
            entry: None,
            key: None,
            owner: None,
            changes: Vec::new(),
        }
    }

    pub(super) fn owner(&mut self, owner: &Decision) {
        self.owner = Some(owner.clone());
    }

    pub(super) fn which(&mut self, key: &AccountKey) {
        self.key = Some(key.clone());
    }

    pub(super) fn made(&mut self, resource: &Resource, attributes: &Attributes, password: bool) {
        self.is(resource);
        self.changes = difference(&Attributes::default(), attributes);
        self.secret(password);
    }

    pub(super) fn removed(&mut self, resource: &Resource) {
        self.is(resource);
    }

    /// What is wanted, each time it is worked out anew.
    pub(super) fn edited(&mut self, before: &Resource, edit: &Edit, standing: &[StandingChange]) {
        self.is(before);
        self.changes = difference(&before.attributes, &edit.attributes);
        for change in standing {
            self.changes.push(ChangedAttribute {
                name: "standing".to_owned(),
                before: None,
                after: Some(change.as_str().to_owned()),
            });
        }
        self.secret(edit.password.is_some());
        self.of_members(&edit.members);
    }

    pub(super) fn members(&mut self, group: &AccountKey, change: &MembersChange) {
        self.which(group);
        self.of_members(change);
    }

    fn is(&mut self, resource: &Resource) {
        self.entry = Some(resource.dn.clone());
        self.key = resource
            .person
            .as_ref()
            .map(|person| person.key.clone())
            .or(self.key.take());
    }

    /// That there was one, never which.
    fn secret(&mut self, is_written: bool) {
        if is_written {
            self.changes.push(ChangedAttribute {
                name: "password".to_owned(),
                before: None,
                after: Some("(set)".to_owned()),
            });
        }
    }

    fn of_members(&mut self, change: &MembersChange) {
        let mut tell = |name: &str, count: usize| {
            if count > 0 {
                self.changes.push(ChangedAttribute {
                    name: name.to_owned(),
                    before: None,
                    after: Some(count.to_string()),
                });
            }
        };
        tell("members replaced", change.replace.as_ref().map_or(0, Vec::len));
        tell("members added", change.add.len());
        tell("members removed", change.remove.len());
    }
}

impl Registrar {
    pub(super) fn record_result<T>(&self, recorded: &Recorded<'_>, result: &Result<T, ProvisioningError>) {
        let outcome = match result {
            Ok(_) => Outcome::Allowed,
            Err(
                ProvisioningError::Unavailable
                | ProvisioningError::OutcomeUnknown
                | ProvisioningError::TooSlow
                | ProvisioningError::Contended,
            ) => Outcome::Unavailable,
            Err(ProvisioningError::Refused { .. } | ProvisioningError::Password(_) | ProvisioningError::NotAllowed) => {
                Outcome::Failed
            }
            Err(_) => Outcome::Refused,
        };
        let name = match (recorded.kind, recorded.done) {
            (ResourceKind::User, Done::Created) => "scim.user_created",
            (ResourceKind::User, Done::Changed) => "scim.user_changed",
            (ResourceKind::User, Done::Removed) => "scim.user_removed",
            (ResourceKind::Group, Done::Created) => "scim.group_created",
            (ResourceKind::Group, Done::Changed) => "scim.group_changed",
            (ResourceKind::Group, Done::Removed) => "scim.group_removed",
        };
        let reason = result.as_ref().err().map(ToString::to_string);
        self.parts.audit.provisioning(&ProvisioningEvent {
            name,
            outcome,
            route: &self.parts.route,
            token: recorded.actor.token,
            client: recorded.actor.client,
            directory: &self.parts.directory.directory().0,
            id: recorded.key.as_ref().map(|key| &*key.id),
            entry: recorded.entry.as_deref(),
            changes: &recorded.changes,
            reason: reason.as_deref(),
            rule: recorded.owner.as_ref().map(|owner| &*owner.rule.0),
            authority: recorded.owner.as_ref().map(|owner| &owner.authority),
        });
    }
}

/// What differs, attribute by attribute.
fn difference(before: &Attributes, after: &Attributes) -> Vec<ChangedAttribute> {
    let keys: BTreeSet<&Key> = before.0.keys().chain(after.0.keys()).collect();
    let of = |attributes: &Attributes, key: &Key| attributes.get(key).map(told);
    let differing = keys.into_iter().filter(|key| before.get(key) != after.get(key));
    // Members have their own lines: there may be many.
    let differing = differing.filter(|key| &*key.name != "members" && &*key.name != "password");
    let told = differing.map(|key| ChangedAttribute {
        name: key.name.to_string(),
        before: of(before, key),
        after: of(after, key),
    });
    told.take(MOST_TOLD).collect()
}

fn told(value: &Value) -> String {
    let mut text = String::new();
    tell(value, &mut text);
    if text.len() > LONGEST_TOLD {
        let mut end = LONGEST_TOLD;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

fn tell(value: &Value, text: &mut String) {
    use std::fmt::Write as _;
    let written = match value {
        Value::Text(one) => {
            text.push_str(one);
            Ok(())
        }
        Value::Boolean(one) => write!(text, "{one}"),
        Value::Integer(one) => write!(text, "{one}"),
        Value::Decimal(one) => write!(text, "{one}"),
        Value::Moment(one) => write!(text, "{one}"),
        Value::Octets(octets) => write!(text, "{} octets", octets.len()),
        Value::Complex(subs) => {
            for (place, (name, sub)) in subs.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { " " });
                text.push_str(name);
                text.push('=');
                tell(sub, text);
            }
            Ok(())
        }
        Value::Many(values) => {
            for (place, one) in values.iter().enumerate() {
                if text.len() > LONGEST_TOLD {
                    break;
                }
                text.push_str(if place == 0 { "" } else { ", " });
                tell(one, text);
            }
            Ok(())
        }
    };
    // Writing to a String does not fail.
    let _ = written;
}
