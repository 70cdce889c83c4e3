//! Filters as people write them (RFC 4515), as far as they can be told from an entry's attributes without the directory's schema.

use postern_identity::AttributeName;
use postern_identity::authority::Filter;

/// How deep a filter may nest.
const DEEPEST: usize = 32;
/// The longest filter, in octets. It bounds how many parts there may be, too.
const LONGEST: usize = 4096;

/// Active Directory's bit tests.
const EVERY_BIT: &str = "1.2.840.113556.1.4.803";
const ANY_BIT: &str = "1.2.840.113556.1.4.804";

/// What is wrong with a filter, where, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// In octets of the text.
    pub(super) at: usize,
    pub(super) what: String,
    pub(super) remedy: &'static str,
}

const EXAMPLE: &str = "a filter such as \"(&(employeeType=external)(!(status=off)))\"";

/// Reads a filter.
pub(super) fn parse(text: &str) -> Result<Filter, Mistake> {
    let mut reader = Reader { text, at: 0 };
    if text.len() > LONGEST {
        return Err(reader.mistake("the filter is too long", "at most 4096 octets"));
    }
    let filter = reader.filter(0)?;
    if reader.at < text.len() {
        return Err(reader.mistake("the filter has ended before this", EXAMPLE));
    }
    Ok(filter)
}

/// Reads an attribute's name, of one that rules may read: what is wrong, and what would be right.
pub(super) fn attribute(name: &str) -> Result<AttributeName, (&'static str, &'static str)> {
    let plain = !name.contains(';') && name.trim() == name;
    let read = AttributeName::parse(name.as_bytes()).ok().filter(|_| plain);
    let read = read.ok_or((
        "is not the name of an attribute",
        "a name like \"employeeType\" or an OID, without options",
    ))?;
    match read.as_str() {
        "userpassword" | "authpassword" | "unicodepwd" | "dbcspwd" | "krbprincipalkey" | "sambantpassword"
        | "sambalmpassword" => Err((
            "holds a password, which rules do not read",
            "credential = \"yes\", \"no\" or \"elsewhere\"",
        )),
        // What it says changes with the group, which no rule would hear of.
        "memberof" | "ismemberof" | "nsrole" | "memberuid" => Err((
            "says which groups somebody is in, and changes with them",
            "group = \"the group's DN\"",
        )),
        "name" | "distinguishedname" | "anr" => Err(("stands for several attributes", "the attribute that is meant")),
        _ => Ok(read),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn filter(&mut self, depth: usize) -> Result<Filter, Mistake> {
        if depth >= DEEPEST {
            return Err(self.mistake("the filter nests too deep", "at most 32 deep"));
        }
        self.expect('(')?;
        let filter = match self.rest().chars().next() {
            Some('&') => Filter::All(self.several(depth)?),
            Some('|') => Filter::Any(self.several(depth)?),
            Some('!') => {
                self.at += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.plain()?,
        };
        self.expect(')')?;
        Ok(filter)
    }

    fn several(&mut self, depth: usize) -> Result<Vec<Filter>, Mistake> {
        self.at += 1;
        let mut parts = Vec::new();
        while self.rest().starts_with('(') {
            parts.push(self.filter(depth + 1)?);
        }
        if parts.is_empty() {
            return Err(self.mistake("another filter was due here", EXAMPLE));
        }
        Ok(parts)
    }

    /// What stands between two parentheses.
    fn plain(&mut self) -> Result<Filter, Mistake> {
        let end = self.rest().find(')').unwrap_or(self.rest().len());
        let item = self.rest().get(..end).unwrap_or_default();
        let Some((left, value)) = item.split_once('=') else {
            return Err(self.mistake("a test such as (attribute=value) was due here", EXAMPLE));
        };
        if left.ends_with(['>', '<', '~']) {
            return Err(self.mistake(
                "what is greater, less or alike only the directory's schema tells",
                "a test with \"=\" alone",
            ));
        }
        let filter = match left.strip_suffix(':') {
            Some(left) => self.bits(left, value)?,
            None => self.compared(left, value)?,
        };
        self.at += end;
        Ok(filter)
    }

    fn compared(&self, left: &str, value: &str) -> Result<Filter, Mistake> {
        let attribute = self.attribute(left)?;
        if value == "*" {
            return Ok(Filter::Present(attribute));
        }
        let pieces = value
            .split('*')
            .map(|piece| self.unescaped(piece))
            .collect::<Result<Vec<_>, _>>()?;
        let piece = |piece: &[u8]| (!piece.is_empty()).then(|| Box::from(piece));
        Ok(match pieces.as_slice() {
            [] => Filter::Present(attribute),
            [only] => Filter::Equal(attribute, only.clone()),
            [first, between @ .., last] => Filter::Substrings {
                attribute,
                first: piece(first),
                between: between.iter().filter_map(|between| piece(between)).collect(),
                last: piece(last),
            },
        })
    }

    /// `attribute:rule:=number`.
    fn bits(&self, left: &str, value: &str) -> Result<Filter, Mistake> {
        let unknown = || {
            self.mistake(
                "of matching rules only the two bit tests of Active Directory are known here",
                "\"(userAccountControl:1.2.840.113556.1.4.803:=262144)\", or another test",
            )
        };
        let (name, rule) = left.split_once(':').ok_or_else(unknown)?;
        let every = match rule {
            EVERY_BIT => true,
            ANY_BIT => false,
            _ => return Err(unknown()),
        };
        let mask = value.parse().ok().filter(|mask| *mask != 0_u64);
        Ok(Filter::Bits {
            attribute: self.attribute(name)?,
            mask: mask.ok_or_else(|| self.mistake("the bits of a bit test are a number", "a number such as 262144"))?,
            every,
        })
    }

    fn attribute(&self, name: &str) -> Result<AttributeName, Mistake> {
        attribute(name)
            .map_err(|(what, remedy)| self.mistake(format!("{} {what}", crate::problem::quoted(name)), remedy))
    }

    /// A value without its escapes (RFC 4515 §3).
    fn unescaped(&self, text: &str) -> Result<Box<[u8]>, Mistake> {
        let wrong = || {
            self.mistake(
                "a backslash is followed by two hexadecimal digits",
                "such as \"\\2a\" for a star",
            )
        };
        let mut value = Vec::with_capacity(text.len());
        let mut octets = text.bytes();
        while let Some(octet) = octets.next() {
            match octet {
                b'\\' => {
                    let mut digit = || octets.next().and_then(|digit| char::from(digit).to_digit(16));
                    let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                    value.push(u8::try_from(high << 4 | low).map_err(|_| wrong())?);
                }
                b'(' | 0 => return Err(self.mistake("a parenthesis in a value is escaped", "\"\\28\" and \"\\29\"")),
                other => value.push(other),
            }
        }
        Ok(value.into())
    }

    fn expect(&mut self, sign: char) -> Result<(), Mistake> {
        if !self.rest().starts_with(sign) {
            return Err(self.mistake(format!("a {sign:?} was due here"), EXAMPLE));
        }
        self.at += sign.len_utf8();
        Ok(())
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn mistake(&self, what: impl Into<String>, remedy: &'static str) -> Mistake {
        Mistake {
            at: self.at,
            what: what.into(),
            remedy,
        }
    }
}
