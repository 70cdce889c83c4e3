//! What the schema says of itself (RFC 4512 §4.2): exactly what is implemented.

use super::Schema;
use super::definition::Definition;
use super::rule::RULES;
use super::syntax::SYNTAXES;
use crate::local::entry::Entry;

impl Schema {
    /// The subschema subentry, `cn=Subschema`. It is made once.
    pub fn subschema(&self) -> Entry {
        self.inner.subschema.get_or_init(|| self.write_subschema()).clone()
    }

    fn write_subschema(&self) -> Entry {
        let octets = |texts: Vec<String>| texts.into_iter().map(String::into_bytes).collect::<Vec<_>>();
        let mut attributes = Vec::new();
        let mut classes = Vec::new();
        for definition in &self.inner.definitions {
            match definition {
                Definition::Attribute(one) => attributes.push(one.text()),
                Definition::Class(one) => classes.push(one.text()),
            }
        }
        let syntaxes = SYNTAXES
            .iter()
            .map(|(_, oid, shown)| format!("( {oid} DESC '{shown}' )"))
            .collect();
        let rules = RULES
            .iter()
            .map(|(oid, name, _, _, syntax)| format!("( {oid} NAME '{name}' SYNTAX {syntax} )"))
            .collect();
        let mut entry = Entry::new();
        let words = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect();
        entry.set(
            "objectClass",
            words(&["top", "subentry", "subschema", "extensibleObject"]),
        );
        entry.set("cn", words(&["Subschema"]));
        entry.set("structuralObjectClass", words(&["subentry"]));
        entry.set("ldapSyntaxes", octets(syntaxes));
        entry.set("matchingRules", octets(rules));
        entry.set("attributeTypes", octets(attributes));
        entry.set("objectClasses", octets(classes));
        entry
    }
}
