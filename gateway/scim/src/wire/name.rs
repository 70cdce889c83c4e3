//! Names of attributes (RFC 7644 §3.10) looked up in a resource type's schemas.

use postern_identity::provisioning::{
    Attribute, Key, Mutability, ResourceKind, Returned, Schema, Shape, TypeSchema, Uniqueness,
};
use std::sync::{Arc, LazyLock};

/// What a name names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'s> {
    /// The URN of the core schema.
    Core,
    /// The URN of an extension.
    Extension(&'s Schema),
    /// An attribute.
    Attribute(Found<'s>),
}

/// An attribute, perhaps with a sub-attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'s> {
    /// The extension it belongs to.
    pub(crate) extension: Option<&'s Schema>,
    pub(crate) attribute: &'s Attribute,
    pub(crate) sub: Option<&'s Attribute>,
    /// False of a common attribute that this directory keeps nowhere.
    pub(crate) mapped: bool,
}

impl Found<'_> {
    pub(crate) fn key(&self) -> Key {
        Key {
            extension: self.extension.map(|schema| Arc::clone(&schema.urn)),
            name: Arc::clone(&self.attribute.name),
        }
    }

    /// The sub-attribute, or the attribute without one.
    pub(crate) fn target(&self) -> &Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// Whether brackets can stand behind it.
    pub(crate) fn has_elements(&self) -> bool {
        self.sub.is_none() && !self.attribute.subs().is_empty()
    }

    pub(crate) fn is_core(&self, name: &str) -> bool {
        self.extension.is_none() && self.attribute.name.as_ref() == name
    }

    pub(crate) fn sub_name(&self) -> Option<Arc<str>> {
        self.sub.map(|sub| Arc::clone(&sub.name))
    }
}

/// Looks a name up: `attribute`, `attribute.sub`, each after a URN and a colon or not, and URNs themselves; in whatever case (RFC 7643 §2.1).
pub(crate) fn look_up<'s>(name: &str, types: &'s TypeSchema) -> Option<Known<'s>> {
    if !name.contains(':') {
        return attribute(None, name, types).map(Known::Attribute);
    }
    // URNs hold dots and may begin alike: the longest that fits is meant.
    let fits = |schema: &&Schema| rest_after(name, &schema.urn).is_some();
    let schema = types.schemas().filter(fits).max_by_key(|schema| schema.urn.len())?;
    let is_core = schema.urn == types.core.urn;
    match rest_after(name, &schema.urn)? {
        "" if is_core => Some(Known::Core),
        "" => Some(Known::Extension(schema)),
        rest => attribute((!is_core).then_some(schema), rest, types).map(Known::Attribute),
    }
}

/// The attribute of a key that was looked up.
pub(crate) fn attribute_of<'s>(key: &Key, types: &'s TypeSchema) -> Option<&'s Attribute> {
    match types.of(key) {
        Some(found) => Some(found),
        None if key.extension.is_none() => common(&key.name, types.kind),
        None => None,
    }
}

/// Whether the directory keeps anything of it: of the common attributes it may keep no `externalId`.
pub(crate) fn is_kept(key: &Key, types: &TypeSchema) -> bool {
    let always = matches!(key.name.as_ref(), "id" | "meta" | "schemas");
    types.of(key).is_some() || key.extension.is_none() && always
}

/// The sub-attribute of this name, in whatever case; `$ref` of what refers to resources is always one.
pub(crate) fn sub_of<'s>(attribute: &'s Attribute, name: &str) -> Option<&'s Attribute> {
    let known = attribute.sub(name);
    known.or_else(|| (name.eq_ignore_ascii_case("$ref") && refers(attribute)).then_some(&*REFERENCE))
}

/// Whether values are of resources, so that `$ref` is derived from `value` (RFC 7643 §2.4): members, groups, managers.
pub(crate) fn refers(attribute: &Attribute) -> bool {
    matches!(attribute.name.as_ref(), "members" | "groups" | "manager") && attribute.sub("value").is_some()
}

/// What follows a URN and its colon; nothing if nothing follows.
fn rest_after<'n>(name: &'n str, urn: &str) -> Option<&'n str> {
    let head = name.get(..urn.len())?;
    if !head.eq_ignore_ascii_case(urn) {
        return None;
    }
    match name.get(urn.len()..)? {
        "" => Some(""),
        rest => rest.strip_prefix(':').filter(|rest| !rest.is_empty()),
    }
}

fn attribute<'s>(extension: Option<&'s Schema>, dotted: &str, types: &'s TypeSchema) -> Option<Found<'s>> {
    let (name, sub) = match dotted.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (dotted, None),
    };
    let known = extension.unwrap_or(&types.core).attribute(name);
    let common = || match extension {
        None => common(name, types.kind),
        Some(_) => None,
    };
    let attribute = match known {
        Some(found) => found,
        None => common()?,
    };
    let sub = match sub {
        Some(sub) => Some(sub_of(attribute, sub)?),
        None => None,
    };
    Some(Found {
        extension,
        attribute,
        sub,
        mapped: known.is_some() || extension.is_none() && matches!(attribute.name.as_ref(), "id" | "meta" | "schemas"),
    })
}

/// Attributes that every resource has (RFC 7643 §3.1), and the password, which every user has as far as names go.
fn common(name: &str, kind: ResourceKind) -> Option<&'static Attribute> {
    let found = COMMON.iter().find(|known| known.name.eq_ignore_ascii_case(name))?;
    (kind == ResourceKind::User || found.name.as_ref() != "password").then_some(found)
}

/// RFC 7643 §3.1.
pub(crate) static META: LazyLock<Attribute> = LazyLock::new(|| {
    let subs = vec![
        read_only("resourceType", Shape::Text),
        read_only("created", Shape::Moment),
        read_only("lastModified", Shape::Moment),
        read_only("location", Shape::Reference(vec!["uri".into()])),
        read_only("version", Shape::Text),
    ];
    read_only("meta", Shape::Complex(subs))
});

static COMMON: LazyLock<[Attribute; 5]> = LazyLock::new(|| {
    [
        Attribute {
            returned: Returned::Always,
            uniqueness: Uniqueness::Server,
            ..read_only("id", Shape::Text)
        },
        Attribute {
            multi_valued: true,
            returned: Returned::Always,
            ..read_only("schemas", Shape::Reference(vec!["uri".into()]))
        },
        META.clone(),
        Attribute {
            case_exact: true,
            ..Attribute::new("externalId", Shape::Text, "")
        },
        Attribute {
            mutability: Mutability::WriteOnly,
            returned: Returned::Never,
            ..Attribute::new("password", Shape::Text, "")
        },
    ]
});

pub(crate) static REFERENCE: LazyLock<Attribute> = LazyLock::new(|| Attribute {
    mutability: Mutability::ReadOnly,
    case_exact: true,
    ..Attribute::new(
        "$ref",
        Shape::Reference(vec!["User".into(), "Group".into()]),
        "The address of the resource.",
    )
});

fn read_only(name: &str, shape: Shape) -> Attribute {
    Attribute {
        case_exact: true,
        mutability: Mutability::ReadOnly,
        ..Attribute::new(name, shape, "")
    }
}
