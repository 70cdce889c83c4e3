//! The one function that says whether a frame may write or test a credential.
//!
//! Everything that is not plainly harmless is looked at here before it passes, and what cannot be walked to its end, or may be read
//! otherwise by a server, is [`Touch::Unwalkable`], which nobody lets through.

mod attributes;

pub use crate::attribute::base_type;
pub use attributes::{CREDENTIAL_ATTRIBUTES, CredentialAttributes};

use crate::attribute::is_oid;
use crate::change::{AddRequest, ModifyDnRequest, ModifyRequest};
use crate::compare::CompareRequest;
use crate::control::{Controls, assertion};
use crate::extended::{ExtendedRequest, PasswordModify, cancelled_id};
use crate::filter::{self, Named};
use crate::message::Message;
use crate::{WireError, oid, rdn, tag};
use attributes::Meaning;

/// What a request may do to credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Nothing.
    Nothing,
    /// It learns whether a password is right.
    Tests,
    /// It may set or remove one.
    Writes,
    /// It could not be walked, or is of a kind that is not known.
    Unwalkable,
}

/// What a request may do to credentials. Searches, abandons and unbinds touch none: values found by a search are the directory's
/// access rules' to protect, and a route's denied attributes are checked elsewhere.
pub fn touch(message: &Message<'_>, attributes: &CredentialAttributes) -> Touch {
    let operation = operation(message, attributes).unwrap_or(Touch::Unwalkable);
    let controls = controls(message.controls, attributes).unwrap_or(Touch::Unwalkable);
    operation.max(controls)
}

fn operation(message: &Message<'_>, attributes: &CredentialAttributes) -> Result<Touch, WireError> {
    Ok(match message.operation.tag {
        tag::BIND_REQUEST => Touch::Tests,
        // A deleted entry takes its password with it; that is not setting one.
        tag::SEARCH_REQUEST | tag::ABANDON_REQUEST | tag::UNBIND_REQUEST | tag::DELETE_REQUEST => Touch::Nothing,
        tag::COMPARE_REQUEST => as_touch(
            attributes.meaning(CompareRequest::parse(message)?.attribute),
            Touch::Tests,
        ),
        tag::MODIFY_REQUEST => {
            let modify = ModifyRequest::parse(message)?;
            worst_write(modify.changes().map(|change| change.attribute.description), attributes)
        }
        tag::ADD_REQUEST => {
            let add = AddRequest::parse(message)?;
            let listed = worst_write(add.attributes().map(|attribute| attribute.description), attributes);
            listed.max(first_rdn(add.entry, attributes)?.0)
        }
        tag::MODIFY_DN_REQUEST => {
            let rename = ModifyDnRequest::parse(message)?;
            // The new RDN adds a value.
            let (new, more) = first_rdn(rename.new_rdn, attributes)?;
            if more || rename.new_rdn.is_empty() {
                return Err(WireError::Unexpected); // not one RDN
            }
            // With delete_old_rdn the old one takes a value away.
            let old = if rename.delete_old_rdn {
                first_rdn(rename.entry, attributes)?.0
            } else {
                Touch::Nothing
            };
            new.max(old)
        }
        tag::EXTENDED_REQUEST => extended(&ExtendedRequest::parse(message)?)?,
        _ => Touch::Unwalkable,
    })
}

/// Extended operations by allow-list: of what others do nothing is known.
fn extended(request: &ExtendedRequest<'_>) -> Result<Touch, WireError> {
    Ok(match request.oid {
        oid::PASSWORD_MODIFY => PasswordModify::parse(request.value).map(|_| Touch::Writes)?,
        oid::CANCEL => cancelled_id(request.value).map(|_| Touch::Nothing)?,
        oid::START_TLS | oid::WHO_AM_I => Touch::Nothing,
        _ => Touch::Unwalkable,
    })
}

/// An assertion control is a compare in disguise; a transaction hides what the requests inside it do together.
fn controls(controls: Controls<'_>, attributes: &CredentialAttributes) -> Result<Touch, WireError> {
    let mut worst = Touch::Nothing;
    for control in controls {
        let control = control?;
        let touch = match control.oid {
            oid::ASSERTION => {
                let mut worst = Touch::Nothing;
                filter::walk(assertion::filter(control.value)?, |named| {
                    let meaning = match named {
                        Named::Attribute(description) => attributes.meaning(description),
                        Named::AnyAttribute => Meaning::Credential,
                        Named::MatchingRule(_) => Meaning::Other,
                    };
                    worst = worst.max(as_touch(meaning, Touch::Tests));
                })?;
                worst
            }
            oid::TRANSACTION_SPECIFICATION => Touch::Unwalkable,
            // slapd reads an OID up to a NUL, so that "1.3.6.1.1.12\0" is an assertion to it.
            other if !is_oid(other) => Touch::Unwalkable,
            _ => Touch::Nothing,
        };
        worst = worst.max(touch);
    }
    Ok(worst)
}

fn worst_write<'a>(descriptions: impl Iterator<Item = &'a [u8]>, attributes: &CredentialAttributes) -> Touch {
    descriptions
        .map(|description| as_touch(attributes.meaning(description), Touch::Writes))
        .max()
        .unwrap_or(Touch::Nothing)
}

/// What naming these types in the first RDN does, and whether more RDNs follow.
fn first_rdn(dn: &[u8], attributes: &CredentialAttributes) -> Result<(Touch, bool), WireError> {
    let mut worst = Touch::Nothing;
    let more = rdn::first(dn, |kind| {
        worst = worst.max(as_touch(attributes.meaning(kind), Touch::Writes));
    })?;
    Ok((worst, more))
}

fn as_touch(meaning: Meaning, credential: Touch) -> Touch {
    match meaning {
        Meaning::Credential => credential,
        Meaning::Other => Touch::Nothing,
        Meaning::Doubtful => Touch::Unwalkable,
    }
}

#[cfg(test)]
mod tests;
