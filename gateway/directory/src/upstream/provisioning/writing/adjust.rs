//! A second look at an entry that would not take a change: what is there under another spelling, what is not there, and which class it lacks.

use super::super::Provisioner;
use super::super::mapping::{Codec, TypeMapping};
use super::message::Change;
use crate::upstream::entry::Entry;
use crate::upstream::write::ModificationKind;
use postern_identity::provisioning::ProvisioningError;

/// The changes as they fit the entry; `None`: they are as they were, so nothing was wrong with them.
pub(super) async fn adjusted(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    dn: &str,
    changes: &[Change],
) -> Result<Option<Vec<Change>>, ProvisioningError> {
    let mut attributes: Vec<&str> = vec!["objectClass"];
    attributes.extend(changes.iter().map(|change| base(&change.attribute)));
    let found = provisioner.entry_at(dn, &attributes).await?;
    let (_, entry) = found.ok_or(ProvisioningError::NotFound)?;
    let fitting = fit(mapping, &entry, changes);
    Ok((fitting != changes).then_some(fitting))
}

fn fit(mapping: &TypeMapping, entry: &Entry, changes: &[Change]) -> Vec<Change> {
    let mut fitting = Vec::with_capacity(changes.len() + 1);
    let there = |class: &String| {
        entry
            .values("objectClass")
            .any(|own| own.eq_ignore_ascii_case(class.as_bytes()))
    };
    let classes = mapping.object_classes.iter().skip(1).filter(|class| !there(class));
    let classes: Vec<Vec<u8>> = classes.map(|class| class.as_bytes().to_vec()).collect();
    if !classes.is_empty() && changes.iter().any(|change| change.kind != ModificationKind::Delete) {
        fitting.push(Change::new(ModificationKind::Add, "objectClass", classes));
    }
    for change in changes {
        let held: Vec<&[u8]> = entry.values(base(&change.attribute)).collect();
        let values = match change.kind {
            ModificationKind::Replace => change.values.clone(),
            ModificationKind::Delete => {
                let is_labeled = mapping
                    .rows
                    .iter()
                    .any(|row| row.codec == Codec::LabeledUri && row.attribute.eq_ignore_ascii_case(&change.attribute));
                let spelled = |gone: &Vec<u8>| {
                    let is_it = |own: &&&[u8]| {
                        is_alike(own, gone)
                            || (is_labeled
                                && own
                                    .strip_prefix(gone.as_slice())
                                    .is_some_and(|rest| rest.starts_with(b" ")))
                    };
                    held.iter().find(is_it).map(|own| own.to_vec())
                };
                change.values.iter().filter_map(spelled).collect()
            }
            ModificationKind::Add => {
                let goes = |own: &[u8]| {
                    changes.iter().any(|other| {
                        other.kind == ModificationKind::Delete
                            && other.attribute == change.attribute
                            && other.values.iter().any(|gone| is_alike(gone, own))
                    })
                };
                let is_there = |come: &&Vec<u8>| held.iter().any(|own| is_alike(own, come) && !goes(own));
                change.values.iter().filter(|come| !is_there(come)).cloned().collect()
            }
        };
        if change.kind == ModificationKind::Replace || !values.is_empty() {
            fitting.push(Change {
                values,
                ..change.clone()
            });
        }
    }
    fitting
}

fn base(attribute: &str) -> &str {
    attribute.split(';').next().unwrap_or(attribute)
}

fn is_alike(one: &[u8], other: &[u8]) -> bool {
    let folded = |octets: &[u8]| {
        let text = String::from_utf8_lossy(octets).to_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    one == other || folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::super::encode::tests::mapping;
    use super::*;
    use crate::upstream::dialect::DialectName;
    use crate::upstream::write::ModificationKind::{Add, Delete};

    fn change(kind: ModificationKind, attribute: &str, value: &str) -> Change {
        Change::new(kind, attribute, vec![value.as_bytes().to_vec()])
    }

    #[test]
    fn what_is_there_is_not_added_and_what_is_not_there_is_not_deleted() {
        let mapping = mapping(DialectName::OpenLdap).users;
        let entry = Entry::new(
            "uid=a",
            &[("cn", &["Bob", "Robert"]), ("labeledURI", &["http://x home"])],
        );
        let changes = [
            change(Delete, "cn", "bob"),
            change(Add, "cn", "ROBERT"),
            change(Delete, "title", "x"),
            change(Delete, "labeledURI", "http://x"),
        ];
        assert_eq!(
            fit(&mapping, &entry, &changes),
            [
                change(Delete, "cn", "Bob"),
                change(Delete, "labeledURI", "http://x home")
            ]
        );
    }

    #[test]
    fn a_value_that_changes_its_letters_alone_stays_a_change() {
        let mapping = mapping(DialectName::OpenLdap).users;
        let entry = Entry::new("uid=a", &[("title", &["boss"])]);
        let changes = [change(Delete, "title", "boss"), change(Add, "title", "Boss")];
        assert_eq!(fit(&mapping, &entry, &changes), changes);
    }

    #[test]
    fn a_class_that_is_missing_comes_with_what_needs_it() {
        let mapping = mapping(DialectName::Embedded).users;
        let entry = Entry::new("uid=a", &[("objectClass", &["INETORGPERSON"])]);
        let fitting = fit(&mapping, &entry, &[change(Add, "posternScimExternalId", "7")]);
        assert_eq!(fitting[0], change(Add, "objectClass", "posternScimObject"));
        assert_eq!(fitting.len(), 2);
    }
}
