//! Definitions worked out: what a type has from those above it, what a class requires and allows in all.

use super::attribute::AttributeType;
use super::by_name::ByName;
use super::definition::{AttributeDefinition, ClassDefinition, Definition, Origin};
use super::name::{Compared, Names};
use super::rule::{Purpose, Rule, named};
use super::source::{Problem, SchemaError};
use super::syntax::Syntax;
use super::{Inner, Schema, indexed, source};
use crate::local::access::is_secret;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What an object class is for (RFC 4512 §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassKind {
    /// For others to stand on.
    Abstract,
    /// What an entry is.
    Structural,
    /// What an entry has besides.
    Auxiliary,
}

/// One object class, with what it has from those above it.
#[derive(Debug)]
pub struct ObjectClass {
    /// Its OID.
    pub oid: Arc<str>,
    /// Its first name, as spelled in its definition.
    pub name: Arc<str>,
    /// Its first name in small letters: what it is known by here.
    pub key: Arc<str>,
    /// What it is for.
    pub kind: ClassKind,
    /// The keys of the classes above it.
    pub superiors: Vec<Arc<str>>,
    /// The keys of the classes below it, and its own first.
    pub covered: Vec<Arc<str>>,
    /// The keys of the attributes an entry must have, with those of the classes above.
    pub required: Vec<Arc<str>>,
    /// The keys of the attributes an entry may have, with those of the classes above.
    pub allowed: Vec<Arc<str>>,
}

impl Schema {
    /// What the RFCs and the drafts define.
    pub fn standard() -> Self {
        static STANDARD: OnceLock<Schema> = OnceLock::new();
        STANDARD
            .get_or_init(|| {
                let mut definitions = Vec::new();
                for (file, text) in super::STANDARD_FILES {
                    // A test reads them; without one of its own definitions nothing would be found, so nothing is let in.
                    definitions.extend(source::read(file, text, true).unwrap_or_default());
                }
                build(definitions).unwrap_or_else(|_| empty())
            })
            .clone()
    }

    /// With the definitions of a file besides. What is defined already cannot be defined again.
    pub fn extended(self, file_shown: &str, text: &str) -> Result<Self, SchemaError> {
        let mut definitions = self.inner.definitions.clone();
        definitions.extend(source::read(file_shown, text, false)?);
        build(definitions)
    }
}

fn empty() -> Schema {
    Schema {
        inner: Arc::new(Builder::default().finish(Vec::new())),
    }
}

/// Works everything out.
pub(super) fn build(definitions: Vec<Definition>) -> Result<Schema, SchemaError> {
    let mut builder = Builder::default();
    for definition in &definitions {
        if let Definition::Attribute(one) = definition {
            builder
                .attribute(one)
                .map_err(|problem| problem.in_file(&one.origin.file))?;
        }
    }
    for definition in &definitions {
        if let Definition::Class(one) = definition {
            builder
                .class(one)
                .map_err(|problem| problem.in_file(&one.origin.file))?;
        }
    }
    Ok(Schema {
        inner: Arc::new(builder.finish(definitions)),
    })
}

#[derive(Default)]
struct Builder {
    attributes: Vec<AttributeType>,
    classes: Vec<ObjectClass>,
    attributes_by_name: ByName<usize>,
    classes_by_name: ByName<usize>,
}

impl Builder {
    fn attribute(&mut self, one: &AttributeDefinition) -> Result<(), Problem> {
        let known = Arc::new(Names::default()); // replaced when all are known
        let superior = match &one.superior {
            None => None,
            Some(name) => Some(self.known_attribute(name, &one.origin)?),
        };
        let syntax = match &one.syntax {
            Some(written) => {
                let oid = written.split('{').next().unwrap_or_default();
                Some(Syntax::by_oid(oid).ok_or_else(|| {
                    Problem::new(
                        one.origin.place,
                        format!("{} has a syntax that is not known here: {oid}", title(&one.names)),
                        "Take one that the directory's subschema lists, such as 1.3.6.1.4.1.1466.115.121.1.15 for text",
                    )
                })?)
            }
            None => superior.map(|superior| superior.syntax),
        };
        let syntax = syntax.ok_or_else(|| {
            Problem::new(
                one.origin.place,
                format!("{} has no syntax", title(&one.names)),
                "Add SYNTAX, or SUP and the type whose syntax it has",
            )
        })?;
        let rule = |name: &Option<String>, purpose: Purpose, inherited: Option<Rule>| match name {
            None => Ok(inherited),
            Some(name) => match named(name.as_bytes()) {
                Some((rule, found)) if found == purpose => Ok(Some(rule)),
                _ => Err(Problem::new(
                    one.origin.place,
                    format!(
                        "{} has a matching rule that is not known for this: {name}",
                        title(&one.names)
                    ),
                    "Take one that the directory's subschema lists, such as caseIgnoreMatch",
                )),
            },
        };
        let equality = rule(
            &one.equality,
            Purpose::Equality,
            superior.and_then(|above| above.equality),
        )?;
        let ordering = rule(
            &one.ordering,
            Purpose::Ordering,
            superior.and_then(|above| above.ordering),
        )?;
        let substring = rule(
            &one.substring,
            Purpose::Substring,
            superior.and_then(|above| above.substring),
        )?;
        if (ordering.is_some() || substring.is_some()) && equality.is_none() {
            return Err(Problem::new(
                one.origin.place,
                format!("{} is ordered or searched in, but has no EQUALITY", title(&one.names)),
                "Add EQUALITY, such as caseIgnoreMatch",
            ));
        }
        let operational = match one.usage.as_deref() {
            None | Some("userApplications") => false,
            Some("directoryOperation" | "distributedOperation" | "dSAOperation") => true,
            Some(other) => {
                return Err(Problem::new(
                    one.origin.place,
                    format!("{other} is no USAGE"),
                    "Take USAGE away",
                ));
            }
        };
        if (operational || one.no_user_modification) && !one.origin.standard {
            return Err(Problem::new(
                one.origin.place,
                format!("{} would be kept by the directory itself", title(&one.names)),
                "Take USAGE and NO-USER-MODIFICATION away",
            ));
        }
        let mut superiors: Vec<Arc<str>> = Vec::new();
        if let Some(superior) = superior {
            superiors.push(Arc::clone(&superior.key));
            superiors.extend(superior.superiors.iter().cloned());
        }
        let name = title(&one.names);
        let key: Arc<str> = name.to_ascii_lowercase().into();
        if !one.origin.standard {
            kept_secret(one, &key, &superiors)?;
        }
        let indexed = equality.is_some()
            && if one.origin.standard {
                indexed::STANDARD.contains(&&*key)
            } else {
                true
            };
        let kind = AttributeType {
            oid: Arc::clone(&one.oid),
            name: name.into(),
            key,
            names: one.names.clone(),
            superiors,
            covered: Vec::new(),
            syntax,
            equality,
            ordering,
            substring,
            single_value: one.single_value,
            user_modifiable: !one.no_user_modification,
            operational,
            indexed,
            known,
        };
        let place = self.attributes.len();
        enter(&mut self.attributes_by_name, &one.oid, &one.names, place, &one.origin)?;
        self.attributes.push(kind);
        Ok(())
    }

    fn class(&mut self, one: &ClassDefinition) -> Result<(), Problem> {
        let mut superiors: Vec<Arc<str>> = Vec::new();
        let mut required: Vec<Arc<str>> = Vec::new();
        let mut allowed: Vec<Arc<str>> = Vec::new();
        for name in &one.superiors {
            let above = lower(name)
                .and_then(|name| self.classes_by_name.get(name.as_str()))
                .and_then(|place| self.classes.get(*place))
                .ok_or_else(|| {
                    Problem::new(
                        one.origin.place,
                        format!(
                            "{} stands on an object class that is not known: {name}",
                            title(&one.names)
                        ),
                        "Define that one before",
                    )
                })?;
            // RFC 4512 §2.4: what an entry is does not stand on what it has besides, nor the other way round.
            let fits = match one.kind {
                ClassKind::Abstract => above.kind == ClassKind::Abstract,
                ClassKind::Structural => above.kind != ClassKind::Auxiliary,
                ClassKind::Auxiliary => above.kind != ClassKind::Structural,
            };
            if !fits {
                return Err(Problem::new(
                    one.origin.place,
                    format!(
                        "{} cannot stand on {}, which is of another kind",
                        title(&one.names),
                        above.name
                    ),
                    "Make both STRUCTURAL or both AUXILIARY",
                ));
            }
            push(&mut superiors, &above.key);
            above.superiors.iter().for_each(|key| push(&mut superiors, key));
            above.required.iter().for_each(|key| push(&mut required, key));
            above.allowed.iter().for_each(|key| push(&mut allowed, key));
        }
        for (wanted, list) in [(&one.must, &mut required), (&one.may, &mut allowed)] {
            for name in wanted {
                push(list, &self.known_attribute(name, &one.origin)?.key);
            }
        }
        let name = title(&one.names);
        let place = self.classes.len();
        enter(&mut self.classes_by_name, &one.oid, &one.names, place, &one.origin)?;
        self.classes.push(ObjectClass {
            oid: Arc::clone(&one.oid),
            name: name.into(),
            key: name.to_ascii_lowercase().into(),
            kind: one.kind,
            superiors,
            covered: Vec::new(),
            required,
            allowed,
        });
        Ok(())
    }

    fn known_attribute(&self, name: &str, origin: &Origin) -> Result<&AttributeType, Problem> {
        lower(name)
            .and_then(|name| self.attributes_by_name.get(name.as_str()))
            .and_then(|place| self.attributes.get(*place))
            .ok_or_else(|| {
                Problem::new(
                    origin.place,
                    format!("this names an attribute type that is not known: {name}"),
                    "Define that one before, or mend its spelling",
                )
            })
    }

    fn finish(mut self, definitions: Vec<Definition>) -> Inner {
        let mut names = Names::default();
        for (name, place) in &self.attributes_by_name {
            if let Some(kind) = self.attributes.get(*place) {
                names.attributes.insert(
                    name.clone(),
                    Compared {
                        key: Arc::clone(&kind.key),
                        syntax: kind.syntax,
                        equality: kind.equality,
                    },
                );
            }
        }
        for (name, place) in &self.classes_by_name {
            if let Some(class) = self.classes.get(*place) {
                names.classes.insert(name.clone(), Arc::clone(&class.key));
            }
        }
        let names = Arc::new(names);
        let mut below: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for kind in &self.attributes {
            for above in &kind.superiors {
                below.entry(Arc::clone(above)).or_default().push(Arc::clone(&kind.key));
            }
        }
        for kind in &mut self.attributes {
            kind.known = Arc::clone(&names);
            kind.covered = vec![Arc::clone(&kind.key)];
            kind.covered.extend(below.remove(&kind.key).unwrap_or_default());
        }
        let mut below: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for class in &self.classes {
            for above in &class.superiors {
                below.entry(Arc::clone(above)).or_default().push(Arc::clone(&class.key));
            }
        }
        for class in &mut self.classes {
            class.covered = vec![Arc::clone(&class.key)];
            class.covered.extend(below.remove(&class.key).unwrap_or_default());
        }
        Inner {
            definitions,
            attributes: self.attributes.into_iter().map(Arc::new).collect(),
            classes: self.classes.into_iter().map(Arc::new).collect(),
            attributes_by_name: self.attributes_by_name,
            classes_by_name: self.classes_by_name,
            names,
            subschema: OnceLock::new(),
        }
    }
}

/// What holds passwords is known by its name: what a file puts below it, or calls by its name besides another, would be told.
fn kept_secret(one: &AttributeDefinition, key: &str, superiors: &[Arc<str>]) -> Result<(), Problem> {
    if let Some(above) = superiors.iter().find(|above| is_secret(above)) {
        return Err(Problem::new(
            one.origin.place,
            format!(
                "{} stands on {above}: its values would be passwords, and told",
                title(&one.names)
            ),
            format!("Keep them in {above} itself, or take SUP away if they are none"),
        ));
    }
    let is_called_so = one.names.iter().any(|name| is_secret(&name.to_ascii_lowercase()));
    if is_called_so && !is_secret(key) {
        return Err(Problem::new(
            one.origin.place,
            format!(
                "{} has the name of an attribute for passwords besides: its values would be told",
                title(&one.names)
            ),
            "Put that name first",
        ));
    }
    Ok(())
}

fn title(names: &[Arc<str>]) -> &str {
    names.first().map_or("it", |name| name)
}

fn lower(name: &str) -> Option<String> {
    (name.len() <= 128).then(|| name.to_ascii_lowercase())
}

fn push(list: &mut Vec<Arc<str>>, key: &Arc<str>) {
    if !list.contains(key) {
        list.push(Arc::clone(key));
    }
}

fn enter(
    map: &mut ByName<usize>,
    oid: &Arc<str>,
    names: &[Arc<str>],
    place: usize,
    origin: &Origin,
) -> Result<(), Problem> {
    for name in names.iter().chain([oid]) {
        if map.insert(name.to_ascii_lowercase().into(), place).is_some() {
            return Err(Problem::new(
                origin.place,
                format!("{name} is defined already"),
                "Take this definition away: what is standard need not be defined, and cannot be defined otherwise",
            ));
        }
    }
    Ok(())
}
