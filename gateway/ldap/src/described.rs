//! What a subschema says of attribute types and object classes (RFC 4512 §4.1.1, §4.1.2): how values are compared, and what an entry may hold.

use crate::schema::Words;
use std::collections::{BTreeMap, BTreeSet};

/// The most descriptions that are looked at.
const MOST: usize = 32 * 1024;
/// How many types or classes one may have above it.
const MOST_ABOVE: usize = 16;

/// One attribute type, with what it has from those above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeType {
    /// The OID of its syntax.
    pub syntax: Option<String>,
    /// How values are found equal, as the schema names it.
    pub equality: Option<String>,
    /// How parts of values are found.
    pub substrings: Option<String>,
    /// How values are put in order.
    pub ordering: Option<String>,
    /// Whether an entry has one value at most.
    pub single: bool,
}

/// The attribute types by their OIDs and names, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeTypes(BTreeMap<String, AttributeType>);

/// What object classes demand and allow, by their OIDs and names, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectClasses(BTreeMap<String, Class>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Class {
    above: Vec<String>,
    must: BTreeSet<String>,
    may: BTreeSet<String>,
}

impl AttributeTypes {
    /// Reads descriptions; what cannot be read is passed over.
    pub fn read<'a>(descriptions: impl Iterator<Item = &'a str>) -> Self {
        let (mut own, mut above) = (BTreeMap::new(), BTreeMap::new());
        for text in descriptions.take(MOST) {
            let Some((names, kind, sup)) = attribute_type(text) else {
                continue;
            };
            for name in names {
                if let Some(sup) = &sup {
                    above.insert(name.clone(), sup.clone());
                }
                own.insert(name, kind.clone());
            }
        }
        let whole = |name: &String, kind: &AttributeType| {
            let (mut kind, mut at) = (kind.clone(), name);
            for _ in 0..MOST_ABOVE {
                let Some(next) = above.get(at) else { break };
                let Some(more) = own.get(next) else { break };
                kind.syntax = kind.syntax.or_else(|| more.syntax.clone());
                kind.equality = kind.equality.or_else(|| more.equality.clone());
                kind.substrings = kind.substrings.or_else(|| more.substrings.clone());
                kind.ordering = kind.ordering.or_else(|| more.ordering.clone());
                at = next;
            }
            kind
        };
        Self(
            own.iter()
                .map(|(name, kind)| (name.clone(), whole(name, kind)))
                .collect(),
        )
    }

    /// The type of this name or OID.
    pub fn get(&self, name: &str) -> Option<&AttributeType> {
        self.0.get(&name.to_ascii_lowercase())
    }

    /// Whether none was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ObjectClasses {
    /// Reads descriptions; what cannot be read is passed over.
    pub fn read<'a>(descriptions: impl Iterator<Item = &'a str>) -> Self {
        let mut classes = BTreeMap::new();
        for (names, class) in descriptions.take(MOST).filter_map(object_class) {
            classes.extend(names.into_iter().map(|name| (name, class.clone())));
        }
        Self(classes)
    }

    /// Whether there is such a class.
    pub fn knows(&self, class: &str) -> bool {
        self.0.contains_key(&class.to_ascii_lowercase())
    }

    /// Whether an entry of this class must have the attribute.
    pub fn demands(&self, class: &str, attribute: &str) -> bool {
        self.any(class, &|class| class.must.contains(&attribute.to_ascii_lowercase()))
    }

    /// Whether it must or may have it.
    pub fn allows(&self, class: &str, attribute: &str) -> bool {
        let attribute = attribute.to_ascii_lowercase();
        self.any(class, &|class| {
            class.must.contains(&attribute) || class.may.contains(&attribute)
        })
    }

    /// Whether something is so of a class or one above it.
    fn any(&self, class: &str, is_so: &dyn Fn(&Class) -> bool) -> bool {
        let (mut next, mut seen) = (vec![class.to_ascii_lowercase()], BTreeSet::new());
        while let Some(name) = next.pop() {
            let Some(class) = self.0.get(&name).filter(|_| seen.len() < MOST_ABOVE * MOST_ABOVE) else {
                continue;
            };
            if is_so(class) {
                return true;
            }
            if seen.insert(name) {
                next.extend(class.above.iter().cloned());
            }
        }
        false
    }
}

fn attribute_type(text: &str) -> Option<(Vec<String>, AttributeType, Option<String>)> {
    let mut words = Words::new(text);
    let mut names = opening(&mut words)?;
    let (mut kind, mut above) = (AttributeType::default(), None);
    while let Some(word) = words.next() {
        let one = |words: &mut Words<'_>| words.list().and_then(|list| list.first().map(|&word| word.to_owned()));
        match word {
            "NAME" => names.extend(lower(&words.list()?)),
            "SUP" => above = Some(one(&mut words)?.to_ascii_lowercase()),
            "EQUALITY" => kind.equality = Some(one(&mut words)?),
            "SUBSTR" => kind.substrings = Some(one(&mut words)?),
            "ORDERING" => kind.ordering = Some(one(&mut words)?),
            "SYNTAX" => {
                let syntax = one(&mut words)?;
                kind.syntax = Some(
                    syntax
                        .split_once('{')
                        .map_or(syntax.as_str(), |(oid, _)| oid)
                        .to_owned(),
                );
            }
            "SINGLE-VALUE" => kind.single = true,
            ")" => return Some((names, kind, above)),
            _ => {}
        }
    }
    None
}

fn object_class(text: &str) -> Option<(Vec<String>, Class)> {
    let mut words = Words::new(text);
    let mut names = opening(&mut words)?;
    let mut class = Class::default();
    while let Some(word) = words.next() {
        match word {
            "NAME" => names.extend(lower(&words.list()?)),
            "SUP" => class.above = lower(&words.list()?),
            "MUST" => class.must.extend(lower(&words.list()?)),
            "MAY" => class.may.extend(lower(&words.list()?)),
            ")" => return Some((names, class)),
            _ => {}
        }
    }
    None
}

/// `( oid`.
fn opening(words: &mut Words<'_>) -> Option<Vec<String>> {
    (words.next()? == "(").then_some(())?;
    Some(vec![words.next()?.to_ascii_lowercase()])
}

fn lower(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_what_those_above_it_have() {
        let types = AttributeTypes::read(
            [
                "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
                "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'it''s ( a name )' SUP name )",
                "( 2.16.840.1.113730.3.1.241 NAME 'displayName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
                "( 1.1 NAME 'circle' SUP circle )",
                "( 1.2 NAME 'cut' SYNTAX 1.3",
                "nothing",
            ]
            .into_iter(),
        );
        for name in ["cn", "CommonName", "2.5.4.3"] {
            let cn = types.get(name).unwrap();
            assert_eq!(cn.equality.as_deref(), Some("caseIgnoreMatch"), "{name}");
            assert_eq!(cn.syntax.as_deref(), Some("1.3.6.1.4.1.1466.115.121.1.15"));
            assert!(!cn.single && cn.ordering.is_none() && cn.substrings.is_some());
        }
        assert!(types.get("displayname").unwrap().single);
        assert!(types.get("circle").is_some() && types.get("cut").is_none());
    }

    #[test]
    fn a_class_allows_what_those_above_it_allow() {
        let classes = ObjectClasses::read(
            [
                "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
                "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ description ) )",
                "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP person STRUCTURAL MAY ( mail $ uid ) )",
                "( 1.1 NAME 'circle' SUP ( circle $ other ) )",
            ]
            .into_iter(),
        );
        assert!(classes.demands("INETORGPERSON", "SN") && !classes.demands("inetOrgPerson", "mail"));
        assert!(classes.allows("inetOrgPerson", "mail") && classes.allows("inetOrgPerson", "cn"));
        assert!(!classes.allows("inetOrgPerson", "title") && !classes.allows("circle", "cn"));
        assert!(classes.knows("Person") && !classes.knows("nobody"));
    }
}
