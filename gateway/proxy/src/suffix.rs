//! A directory under another suffix: clients of a route know its entries by the names here, the directory by those there.
//!
//! Names change at the edge of a session, before a request is admitted and after an answer is done with. Everything between, rules, guard,
//! authority and record, knows the directory's names alone.

mod attributes;
mod url;

use arc_swap::ArcSwap;
use attributes::NameAttributes;
use postern_directory::ServiceLanes;
use postern_identity::DistinguishedName;
use postern_ldap::attribute::base_type;
use postern_ldap::renaming::{self, Answer, NameSyntax, Place, RenameError, Renamed, Renaming};
use postern_ldap::{Message, WireError};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use zeroize::Zeroizing;

/// How long after a failed reading of the schema it is read again.
const AGAIN: Duration = Duration::from_mins(1);

/// Two suffixes: what clients call the part of the tree that the directory calls otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuffixSettings {
    here: End,
    there: End,
}

/// Why two names cannot be mapped onto each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SuffixError {
    /// It is no DN, or the root's.
    #[error("a suffix is a DN with at least one part")]
    NoName,
    /// They are the same.
    #[error("both suffixes are the same")]
    Same,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    name: DistinguishedName,
    written: Box<str>,
}

impl End {
    fn parse(written: &str) -> Result<Self, SuffixError> {
        match DistinguishedName::parse(written.as_bytes()) {
            Ok(name) if !name.is_root() => Ok(Self {
                name,
                written: written.into(),
            }),
            _ => Err(SuffixError::NoName),
        }
    }
}

impl SuffixSettings {
    /// Clients say `here` where the directory says `there`.
    pub fn new(here: &str, there: &str) -> Result<Self, SuffixError> {
        let (here, there) = (End::parse(here)?, End::parse(there)?);
        if here.name == there.name {
            return Err(SuffixError::Same);
        }
        Ok(Self { here, there })
    }
}

/// The mapping of one route, while it runs.
pub(crate) struct Suffix {
    settings: SuffixSettings,
    attributes: ArcSwap<NameAttributes>,
}

/// What becomes of a request.
pub(crate) enum Inward {
    /// It holds no name.
    Same,
    /// This is to be admitted instead.
    As(Zeroizing<Vec<u8>>),
    /// It names what is not here.
    Elsewhere,
    /// It carries a critical control that may hold names.
    Control,
}

impl Suffix {
    /// Knows the usual attributes until [`Suffix::learn`] has been told more.
    pub(crate) fn new(settings: SuffixSettings) -> Self {
        Self {
            settings,
            attributes: ArcSwap::from_pointee(NameAttributes::usual()),
        }
    }

    /// Reads the directory's schema, and once more after a while if it could not be read. Ends when it has been.
    pub(crate) async fn learn(&self, service: &ServiceLanes, route: &str) {
        loop {
            match service.subschema().await {
                Ok(schema) => {
                    let known = NameAttributes::read(&schema);
                    tracing::debug!(target: "postern::directory", route, count = known.count(), "attributes that hold names");
                    self.attributes.store(Arc::new(known));
                    return;
                }
                Err(error) => {
                    tracing::warn!(target: "postern::directory", route, %error,
                        "the schema cannot be read: of attributes that hold names only the usual ones are mapped");
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// A request as the directory is to have it. The error: it cannot be read.
    pub(crate) fn inward(&self, request: &Message<'_>) -> Result<Inward, WireError> {
        let attributes = self.attributes.load();
        let names = Direction {
            from: &self.settings.here,
            to: &self.settings.there,
            attributes: &attributes,
        };
        match renaming::request(request, &names) {
            Ok(None) => Ok(Inward::Same),
            Ok(Some(octets)) => Ok(Inward::As(Zeroizing::new(octets))),
            Err(RenameError::Elsewhere) => Ok(Inward::Elsewhere),
            Err(RenameError::Control) => Ok(Inward::Control),
            Err(RenameError::Wire(error)) => Err(error),
        }
    }

    /// An answer as the client is to have it.
    pub(crate) fn outward(&self, answer: &Message<'_>) -> Result<Answer, WireError> {
        let attributes = self.attributes.load();
        let names = Direction {
            from: &self.settings.there,
            to: &self.settings.here,
            attributes: &attributes,
        };
        renaming::answer(answer, &names)
    }

    /// What follows the server in a URL of the directory's (RFC 4516 §2), as clients know it. `None`: it leads to another part of the tree.
    pub(crate) fn url_here(&self, what: &str) -> Option<String> {
        let Some(path) = what.strip_prefix('/') else {
            return Some(what.to_owned());
        };
        let end = path.find('?').unwrap_or(path.len());
        let (name, rest) = path.split_at_checked(end)?;
        if name.is_empty() {
            return Some(what.to_owned());
        }
        let name = url::decoded(name)?;
        let name = DistinguishedName::rebased(&name, &self.settings.there.name, &self.settings.here.written)?;
        Some(["/", &url::encoded(&name), rest].concat())
    }
}

/// One way across.
struct Direction<'a> {
    from: &'a End,
    to: &'a End,
    attributes: &'a NameAttributes,
}

impl Direction<'_> {
    fn across(&self, name: &[u8]) -> Option<Vec<u8>> {
        DistinguishedName::rebased(name, &self.from.name, &self.to.written)
    }

    fn or_no(&self, name: &[u8]) -> Renamed {
        self.across(name).map_or(Renamed::No, Renamed::To)
    }
}

impl Renaming for Direction<'_> {
    fn syntax(&self, description: &[u8]) -> Option<NameSyntax> {
        self.attributes.syntax(base_type(description))
    }

    fn rename(&self, place: Place, name: &[u8]) -> Renamed {
        match place {
            // What is no DN means what it means to the route (README, "Bind names").
            Place::BindName if name.is_empty() || DistinguishedName::parse(name).is_err() => Renamed::Same,
            Place::Base { alone: true } | Place::Entry | Place::Matched if name.is_empty() => Renamed::Same,
            Place::Base { alone: true } | Place::Entry => match self.across(name) {
                Some(other) => Renamed::To(other),
                // Not in this part of the tree, and everybody's.
                None if self.attributes.is_subschema(name) => Renamed::Same,
                None => Renamed::No,
            },
            Place::BindName | Place::Base { .. } | Place::Target => self.or_no(name),
            Place::Identity => self.identity(name),
            Place::Value => match self.across(name) {
                Some(other) => Renamed::To(other),
                // Elsewhere in the directory, and not to be taken for an entry that is called so there.
                None if DistinguishedName::parse(name).is_ok_and(|name| name.is_within(&self.to.name)) => Renamed::No,
                None => Renamed::Same,
            },
            Place::OfRoot => self.of_root(name),
            Place::Matched => self.across(name).map_or(Renamed::To(Vec::new()), Renamed::To),
        }
    }
}

impl Direction<'_> {
    /// RFC 4513 §5.2.1.8; RFC 3062 takes a bare DN too.
    fn identity(&self, id: &[u8]) -> Renamed {
        let start = id
            .split_at_checked(3)
            .filter(|(start, _)| start.eq_ignore_ascii_case(b"dn:"));
        match start {
            Some((_, [])) => Renamed::Same,
            Some((start, dn)) => match self.across(dn) {
                Some(dn) => Renamed::To([start, &dn].concat()),
                None => Renamed::No,
            },
            None if id.is_empty() || DistinguishedName::parse(id).is_err() => Renamed::Same,
            None => self.or_no(id),
        }
    }

    /// A part of the tree that holds ours is ours, as seen from here; the schema is everybody's.
    fn of_root(&self, name: &[u8]) -> Renamed {
        if name.is_empty() {
            return Renamed::Same;
        }
        let holds = || DistinguishedName::parse(name).is_ok_and(|name| name.is_above(&self.from.name));
        match self.across(name) {
            Some(other) => Renamed::To(other),
            None if holds() => Renamed::To(self.to.written.as_bytes().to_vec()),
            None if self.attributes.is_subschema(name) => Renamed::Same,
            None => Renamed::No,
        }
    }
}

#[cfg(test)]
mod tests;
