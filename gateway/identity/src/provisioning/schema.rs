//! What a directory can really hold of users and groups, in the words of RFC 7643 §7: made from its mapping, never from a wish.

use super::resource::ResourceKind;
use super::value::Key;
use std::sync::Arc;

/// Both resource types of a directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Types {
    /// `User`.
    pub user: TypeSchema,
    /// `Group`.
    pub group: TypeSchema,
}

/// One resource type with its schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeSchema {
    /// Which.
    pub kind: ResourceKind,
    /// Its core schema, without the common attributes (RFC 7643 §3.1); `externalId` is there where it is mapped.
    pub core: Schema,
    /// Its extensions.
    pub extensions: Vec<Schema>,
}

/// One schema (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Its URN.
    pub urn: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Arc<str>,
    /// In the order in which they are shown.
    pub attributes: Vec<Attribute>,
}

/// One attribute or sub-attribute (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name in its own spelling; it is compared without regard to case.
    pub name: Arc<str>,
    /// What its values are.
    pub shape: Shape,
    /// Whether it has several.
    pub multi_valued: bool,
    /// What it is for.
    pub description: Arc<str>,
    /// Whether it must be there.
    pub required: bool,
    /// Whether values that differ in case alone differ.
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is shown.
    pub returned: Returned,
    /// Among whom values differ.
    pub uniqueness: Uniqueness,
    /// Values that are suggested, of `type` those that have a place in the directory.
    pub canonical: Vec<Arc<str>>,
}

/// What values are (RFC 7643 §2.3).
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Text.
    Text,
    /// true or false.
    Boolean,
    /// With a fraction.
    Decimal,
    /// Without one.
    Integer,
    /// A moment with its zone.
    Moment,
    /// Octets, base64 on the wire.
    Octets,
    /// A URI; to resources of these types, `external` or `uri`.
    Reference(Vec<Arc<str>>),
    /// These sub-attributes.
    Complex(Vec<Attribute>),
}

/// Who may write an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Nobody through here.
    ReadOnly,
    /// Whoever may write.
    ReadWrite,
    /// At the beginning alone.
    Immutable,
    /// It can be written and is never shown.
    WriteOnly,
}

/// When an attribute is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Always.
    Always,
    /// Never.
    Never,
    /// Unless it is left out.
    Default,
    /// If it is asked for by name.
    Request,
}

/// Among whom values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// They need not.
    None,
    /// Here.
    Server,
}

impl Types {
    /// The one of that kind.
    pub fn of(&self, kind: ResourceKind) -> &TypeSchema {
        match kind {
            ResourceKind::User => &self.user,
            ResourceKind::Group => &self.group,
        }
    }
}

impl TypeSchema {
    /// The core schema and the extensions.
    pub fn schemas(&self) -> impl Iterator<Item = &Schema> {
        std::iter::once(&self.core).chain(&self.extensions)
    }

    /// The attribute of the core schema or of the extension with this URN, and its key; names compare without regard to case (RFC 7643 §2.1).
    pub fn attribute(&self, extension: Option<&str>, name: &str) -> Option<(Key, &Attribute)> {
        let schema = match extension {
            None => &self.core,
            Some(urn) if urn.eq_ignore_ascii_case(&self.core.urn) => &self.core,
            Some(urn) => self
                .extensions
                .iter()
                .find(|schema| schema.urn.eq_ignore_ascii_case(urn))?,
        };
        let found = schema.attribute(name)?;
        let key = if std::ptr::eq(schema, &raw const self.core) {
            Key::core(Arc::clone(&found.name))
        } else {
            Key::of(Arc::clone(&schema.urn), Arc::clone(&found.name))
        };
        Some((key, found))
    }

    /// The attribute of this key.
    pub fn of(&self, key: &Key) -> Option<&Attribute> {
        self.attribute(key.extension.as_deref(), &key.name)
            .map(|(_, found)| found)
    }
}

impl Schema {
    /// The attribute of this name, in whatever case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }
}

impl Attribute {
    /// One that may be written and is shown: what most are (RFC 7643 §2.2).
    pub fn new(name: &str, shape: Shape, description: &str) -> Self {
        Self {
            name: name.into(),
            shape,
            multi_valued: false,
            description: description.into(),
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical: Vec::new(),
        }
    }

    /// Its sub-attributes; none where it is not complex.
    pub fn subs(&self) -> &[Attribute] {
        match &self.shape {
            Shape::Complex(subs) => subs,
            _ => &[],
        }
    }

    /// The sub-attribute of this name, in whatever case.
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        self.subs().iter().find(|known| known.name.eq_ignore_ascii_case(name))
    }
}
