//! What has to be read so that a filter or an order can be looked at, and what of it nobody asked for.

use postern_identity::provisioning::account_state::{ACCOUNT, PASSWORD};
use postern_identity::provisioning::{Filter, Key, Operand, Path, Resource, ResourceId, Sort, Wanted};

/// `wanted`, and what the filter and the order look at.
pub(super) fn needed(filter: Option<&Filter>, sort: Option<&Sort>, wanted: &Wanted) -> Wanted {
    let mut all = wanted.clone();
    if let Some(filter) = filter {
        walk(filter, &mut |key| need(&mut all, key));
    }
    if let Some(sort) = sort {
        need(&mut all, &sort.path.key);
    }
    all
}

/// Takes out what is there for a filter or an order alone.
pub(super) fn strip(resource: &mut Resource, wanted: &Wanted) {
    resource.attributes.0.retain(|key, _| match () {
        () if is_state(key) => wanted.facts,
        () if is(key, "members") => wanted.members,
        () if is(key, "groups") => wanted.groups,
        () => wanted.wants(key),
    });
    if !wanted.facts {
        resource.facts = None;
    }
}

/// The ids that a filter names, of those that other entries have by their DNs.
pub(super) fn ids_in(filter: &Filter, id: &dyn Fn(&str) -> Option<ResourceId>) -> Vec<ResourceId> {
    let mut found = Vec::new();
    compared(filter, &mut |path, operand| {
        let is_named =
            path.sub.as_deref() == Some("value") && matches!(&*path.key.name, "manager" | "members" | "groups");
        if let (true, Operand::Text(text)) = (is_named, operand) {
            found.extend(id(text));
        }
    });
    found
}

/// Whether a filter may look at a version.
pub(super) fn names_meta(filter: &Filter) -> bool {
    let mut found = false;
    walk(filter, &mut |key| found |= is(key, "meta"));
    found
}

fn need(all: &mut Wanted, key: &Key) {
    match () {
        () if is_state(key) => all.facts = true,
        () if is(key, "members") => all.members = true,
        () if is(key, "groups") => all.groups = true,
        // The extensions a resource has are known by what it holds of them.
        () if is(key, "schemas") => {
            all.keys = None;
            all.without.clear();
            all.facts = true;
        }
        () if is(key, "id") || is(key, "meta") => {}
        () => {
            all.without.remove(key);
            if let Some(keys) = &mut all.keys {
                keys.insert(key.clone());
            }
        }
    }
}

fn is(key: &Key, name: &str) -> bool {
    key.extension.is_none() && &*key.name == name
}

/// What an account's state is shown as.
fn is_state(key: &Key) -> bool {
    is(key, "active")
        || key
            .extension
            .as_deref()
            .is_some_and(|urn| urn == PASSWORD || urn == ACCOUNT)
}

fn walk(filter: &Filter, visit: &mut dyn FnMut(&Key)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| walk(part, visit)),
        Filter::Not(inner) => walk(inner, visit),
        Filter::Present(path) | Filter::Compare { path, .. } => visit(&path.key),
        Filter::Element { attribute, filter } => {
            visit(attribute);
            walk(filter, visit);
        }
        Filter::Never => {}
    }
}

fn compared(filter: &Filter, visit: &mut dyn FnMut(&Path, &Operand)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| compared(part, visit)),
        Filter::Not(inner) | Filter::Element { filter: inner, .. } => compared(inner, visit),
        Filter::Compare { path, operand, .. } => visit(path, operand),
        Filter::Present(_) | Filter::Never => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::provisioning::{Attributes, Operator, ResourceKind, Value, Version};
    use std::sync::Arc;

    fn eq(name: &str, sub: Option<&str>, operand: &str) -> Filter {
        Filter::Compare {
            path: Path {
                key: Key::core(name),
                sub: sub.map(Arc::from),
            },
            operator: Operator::Eq,
            operand: Operand::Text(operand.to_owned()),
        }
    }

    #[test]
    fn what_a_filter_and_an_order_look_at_is_read_besides() {
        let filter = Filter::And(vec![
            eq("title", None, "a"),
            Filter::Not(Box::new(eq("members", Some("value"), "b"))),
            Filter::Element {
                attribute: Key::core("emails"),
                filter: Box::new(eq("emails", Some("value"), "c")),
            },
            Filter::Present(Path {
                key: Key::of(PASSWORD, "locked"),
                sub: None,
            }),
        ]);
        let sort = Sort {
            path: Path {
                key: Key::core("userName"),
                sub: None,
            },
            descending: false,
        };
        let all = needed(Some(&filter), Some(&sort), &Wanted::nothing());
        let keys = ["emails", "title", "userName"].map(Key::core);
        assert_eq!(all.keys, Some(keys.into()));
        assert!(all.members && all.facts && !all.groups && !names_meta(&filter));
        assert!(names_meta(&eq("meta", Some("version"), "a")));
        let id = |text: &str| (text == "b").then_some(ResourceId([1; 16]));
        assert_eq!(ids_in(&filter, &id), [ResourceId([1; 16])]);
    }

    #[test]
    fn what_nobody_asked_for_is_not_shown() {
        let mut resource = Resource {
            kind: ResourceKind::User,
            id: ResourceId([1; 16]),
            version: Version("1".into()),
            created: None,
            modified: None,
            attributes: Attributes::default(),
            dn: String::new(),
            person: None,
            facts: None,
            owner_facts: None,
        };
        for name in ["title", "userName", "members", "groups", "active"] {
            resource.attributes.set(Key::core(name), Value::text("a"));
        }
        let wanted = Wanted {
            keys: Some([Key::core("title")].into()),
            ..Wanted::nothing()
        };
        strip(&mut resource, &wanted);
        assert_eq!(resource.attributes.0.keys().collect::<Vec<_>>(), [&Key::core("title")]);
    }
}
