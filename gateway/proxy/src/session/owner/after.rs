//! What is known of an entry as it will be when a request has been done. What cannot be foreseen is not known.

use super::request::{is, is_read};
use crate::session::choice::parent_of;
use postern_directory::EntryFacts;
use postern_identity::authority::{Fact, Facts, Reads};
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::change::{AddRequest, Change, ModifyDnRequest, ModifyRequest};
use postern_ldap::{Message, WireError, tag};

/// An entry that a request makes: it holds what the request says, and its name.
pub(super) fn of_add(message: &Message<'_>, reads: &Reads, facts: &mut Facts) -> Result<(), WireError> {
    let add = AddRequest::parse(message)?;
    let name = DistinguishedName::parse(add.entry).ok();
    for read in &reads.attributes {
        facts.set(read.clone(), Fact::Absent);
        let listed = add.attributes().filter(|attribute| is(read, attribute.description));
        for attribute in listed {
            facts.add(read, attribute.values().map(Box::from));
        }
        // A name adds its values, spelled in its own way.
        if name.as_ref().is_none_or(|name| name.is_named_by(read)) {
            facts.forget(read);
        }
    }
    facts.name = name;
    Ok(())
}

/// An entry that a request changes.
pub(super) fn of_change(message: &Message<'_>, reads: &Reads, entry: &EntryFacts) -> Result<Facts, WireError> {
    let mut facts = entry.facts.clone();
    match message.operation.tag {
        tag::MODIFY_REQUEST => {
            for change in ModifyRequest::parse(message)?.changes() {
                if let Some(read) = is_read(reads, change.attribute.description) {
                    changed(&mut facts, read, &change);
                }
                // Some directories let an entry say itself in which groups it is.
                if change
                    .attribute
                    .description
                    .to_ascii_lowercase()
                    .starts_with(b"memberof")
                {
                    facts.forget_groups();
                }
            }
        }
        tag::MODIFY_DN_REQUEST => {
            let rename = ModifyDnRequest::parse(message)?;
            let old = facts.name.take();
            facts.name = new_name(message, &entry.dn);
            for read in &reads.attributes {
                let gains = facts.name.as_ref().is_none_or(|name| name.is_named_by(read));
                let loses = rename.delete_old_rdn && old.as_ref().is_none_or(|name| name.is_named_by(read));
                if gains || loses {
                    facts.forget(read);
                }
            }
            if facts.name != old || old.is_none() {
                facts.forget_groups();
            }
        }
        _ => {}
    }
    Ok(facts)
}

/// The name an entry will have.
pub(super) fn new_name(message: &Message<'_>, dn: &str) -> Option<DistinguishedName> {
    let rename = ModifyDnRequest::parse(message).ok()?;
    let parent = rename.new_superior.or_else(|| parent_of(dn.as_bytes()));
    let whole = match parent {
        Some(parent) if !parent.is_empty() => [rename.new_rdn, b",", parent].concat(),
        _ => rename.new_rdn.to_vec(),
    };
    let name = DistinguishedName::parse(&whole).ok()?;
    let above = DistinguishedName::parse(parent.unwrap_or_default()).ok()?;
    // A separator that only we take for none, or only the directory does.
    (name.depth() == above.depth() + 1).then_some(name)
}

fn changed(facts: &mut Facts, read: &AttributeName, change: &Change<'_>) {
    let values = || change.attribute.values().map(Box::from).collect::<Vec<Box<[u8]>>>();
    let plain = !change.attribute.description.contains(&b';');
    let of = |values: Vec<Box<[u8]>>| {
        if values.is_empty() {
            Fact::Absent
        } else {
            Fact::Values(values)
        }
    };
    match (change.operation, facts.of(read)) {
        (0, _) => facts.add(read, values()),
        (1, _) if plain && change.attribute.values().next().is_none() => facts.set(read.clone(), Fact::Absent),
        (2, _) if plain => facts.set(read.clone(), of(values())),
        (1, Fact::Values(known)) if plain => {
            let gone = values();
            // Spelled otherwise the directory may take it for the same value, and we cannot know.
            if gone.iter().all(|value| known.contains(value)) {
                let left = known.iter().filter(|value| !gone.contains(value)).cloned().collect();
                facts.set(read.clone(), of(left));
            } else {
                facts.forget(read);
            }
        }
        _ => facts.forget(read),
    }
}
