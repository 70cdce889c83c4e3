//! Attribute types as a subschema describes them (RFC 4512 §4.1.2): which of them hold names.

use crate::renaming::NameSyntax;
use std::collections::HashMap;

/// The most types of a schema that are looked at.
const MOST_TYPES: usize = 16 * 1024;
/// How many supertypes a type may have above it.
const MOST_ABOVE: usize = 16;

/// What one description says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Described<'a> {
    /// Its OID and names.
    names: Vec<&'a str>,
    above: Option<&'a str>,
    syntax: Option<&'a str>,
}

/// Every OID and name, in lower case, of an attribute type whose values hold names. A type without a syntax has its supertype's. What cannot be
/// read is passed over.
pub fn name_valued<'a>(descriptions: impl Iterator<Item = &'a str>) -> Vec<(String, NameSyntax)> {
    let all: Vec<Described<'a>> = descriptions.take(MOST_TYPES).filter_map(described).collect();
    let mut by_name: HashMap<String, usize> = HashMap::with_capacity(all.len() * 2);
    for (place, one) in all.iter().enumerate() {
        for name in &one.names {
            by_name.insert(name.to_ascii_lowercase(), place);
        }
    }
    let syntax = |one: &Described<'a>| {
        let mut one = one;
        for _ in 0..MOST_ABOVE {
            if let Some(syntax) = one.syntax {
                return NameSyntax::of(syntax.as_bytes());
            }
            one = all.get(*by_name.get(&one.above?.to_ascii_lowercase())?)?;
        }
        None
    };
    let mut found = Vec::new();
    for one in &all {
        if let Some(syntax) = syntax(one) {
            found.extend(one.names.iter().map(|name| (name.to_ascii_lowercase(), syntax)));
        }
    }
    found
}

/// Reads `( oid NAME 'name' SUP above SYNTAX oid{length} … )`, its parts in any order after the OID.
fn described(text: &str) -> Option<Described<'_>> {
    let mut words = Words::new(text);
    if words.next()? != "(" {
        return None;
    }
    let mut one = Described {
        names: vec![words.next().filter(|oid| is_name(oid))?],
        ..Described::default()
    };
    while let Some(word) = words.next() {
        match word {
            "NAME" => one.names.extend(words.list()?.into_iter().filter(|name| is_name(name))),
            "SUP" => one.above = Some(words.list()?.first().copied()?),
            "SYNTAX" => {
                // Some servers quote it, and a length may follow (RFC 4512 §4.1.2).
                let syntax = words.list()?.first().copied()?;
                one.syntax = Some(syntax.split_once('{').map_or(syntax, |(oid, _)| oid));
            }
            ")" => return Some(one),
            _ => {}
        }
    }
    None
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b';'))
}

/// Words, parentheses and quoted strings without their quotes.
pub(crate) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// Of a description.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// One word, or those between parentheses.
    pub(crate) fn list(&mut self) -> Option<Vec<&'a str>> {
        let first = self.next()?;
        if first != "(" {
            return Some(vec![first]);
        }
        let mut list = Vec::new();
        loop {
            match self.next()? {
                ")" => return Some(list),
                "$" => {}
                word => list.push(word),
            }
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let length = match self.rest.as_bytes().first()? {
            b'(' | b')' => 1,
            b'\'' => {
                let (quoted, after) = self.rest.get(1..)?.split_once('\'')?;
                self.rest = after;
                return Some(quoted);
            }
            _ => self
                .rest
                .find(|character: char| character.is_whitespace() || matches!(character, '(' | ')' | '\''))
                .unwrap_or(self.rest.len()),
        };
        let (word, after) = self.rest.split_at_checked(length)?;
        self.rest = after;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_name_syntaxes_are_found_by_every_name_and_by_inheritance() {
        // As slapd, 389 Directory Server and Samba write them.
        let types = [
            "( 2.5.4.31 NAME 'member' DESC 'RFC2256: member of a group' SUP distinguishedName )",
            "( 2.5.4.49 NAME 'distinguishedName' DESC 'a (base) type' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
            "( 2.5.4.50 NAME 'uniqueMember' EQUALITY uniqueMemberMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.34 )",
            "( 0.9.2342.19200300.100.1.10 NAME ( 'manager' 'boss' ) SYNTAX '1.3.6.1.4.1.1466.115.121.1.12' X-ORIGIN 'RFC 4524' )",
            "( 1.2.840.113556.1.2.472 NAME 'wellKnownObjects' SYNTAX '1.2.840.113556.1.4.903' NO-USER-MODIFICATION )",
            "(2.5.4.3 NAME 'cn' SUP name)",
            "( 2.5.4.41 NAME 'name' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
            "( 1.1 NAME 'long' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12{64} )",
            "( 1.2 NAME 'circle' SUP circle )",
            "( 1.3 NAME 'orphan' SUP nobody )",
            "no description",
            "( 1.4 NAME 'cut' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12",
        ];
        let mut found = name_valued(types.into_iter());
        found.sort();
        let names = |syntax| -> Vec<&str> {
            let of = found.iter().filter(|(_, other)| *other == syntax);
            of.map(|(name, _)| name.as_str()).collect()
        };
        let wanted = [
            "0.9.2342.19200300.100.1.10",
            "1.1",
            "2.5.4.31",
            "2.5.4.49",
            "boss",
            "distinguishedname",
            "long",
            "manager",
            "member",
        ];
        assert_eq!(names(NameSyntax::Name), wanted);
        assert_eq!(names(NameSyntax::NameAndUid), ["2.5.4.50", "uniquemember"]);
        assert_eq!(
            names(NameSyntax::CountedAndName),
            ["1.2.840.113556.1.2.472", "wellknownobjects"]
        );
    }
}
