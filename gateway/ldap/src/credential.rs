//! The one function that says whether a frame may write or test a credential.
//!
//! Everything that is not plainly harmless is looked at here before it passes, and what cannot be walked to its end is
//! [`Touch::Unwalkable`], which nobody lets through.

use crate::change::{AddRequest, ModifyDnRequest, ModifyRequest, deleted_entry};
use crate::compare::CompareRequest;
use crate::control::Controls;
use crate::extended::{ExtendedRequest, PasswordModify};
use crate::filter::{self, Named};
use crate::message::Message;
use crate::{WireError, ber, oid, tag};

/// Attributes that hold or set a password, under every name and OID servers know them by: the base of every dialect's list.
pub const CREDENTIAL_ATTRIBUTES: &[&[u8]] = &[
    b"userpassword",
    b"2.5.4.35",
    b"unicodepwd",
    b"1.2.840.113556.1.4.90",
    b"dbcspwd",
    b"1.2.840.113556.1.4.55",
    b"cleartextpassword",
    b"lmpwdhistory",
    b"ntpwdhistory",
    b"supplementalcredentials",
    b"1.2.840.113556.1.4.125",
    b"sambantpassword",
    b"1.3.6.1.4.1.7165.2.1.25",
    b"sambalmpassword",
    b"1.3.6.1.4.1.7165.2.1.24",
    b"sambapasswordhistory",
    b"krbprincipalkey",
    b"2.16.840.1.113719.1.301.4.39.1",
    b"krbextradata",
    b"ipanthash",
    b"authpassword",
    b"1.3.6.1.4.1.4203.1.3.4",
    b"userpkcs12",
    b"2.16.840.1.113730.3.1.216",
    b"ds-pwp-retired-password",
    b"olcrootpw",
    b"nsslapd-rootpw",
    b"pwdhistory",
    b"1.3.6.1.4.1.42.2.27.8.1.20",
    b"passwordhistory",
    b"nspassword",
    b"orclpassword",
    b"ibm-slapdadminpw",
];

/// Which attributes are credentials behind one directory.
#[derive(Debug, Clone)]
pub struct CredentialAttributes {
    more: Vec<Box<[u8]>>,
}

impl CredentialAttributes {
    /// [`CREDENTIAL_ATTRIBUTES`] and these, in any case.
    pub fn with(more: &[&str]) -> Self {
        Self {
            more: more
                .iter()
                .map(|name| name.to_ascii_lowercase().into_bytes().into_boxed_slice())
                .collect(),
        }
    }

    /// Whether an attribute description means one of them: base type, case-folded, options stripped, with or without "OID.".
    pub fn holds(&self, description: &[u8]) -> bool {
        let base = base_type(description);
        CREDENTIAL_ATTRIBUTES.iter().any(|name| base.eq_ignore_ascii_case(name))
            || self.more.iter().any(|name| base.eq_ignore_ascii_case(name))
    }
}

/// The base type of an attribute description: without options, white space around it and the old "OID." prefix.
pub fn base_type(description: &[u8]) -> &[u8] {
    let base = description
        .split(|&octet| octet == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    match base.split_at_checked(4) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"oid.") => rest,
        _ => base,
    }
}

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
    let writes = |found: bool| if found { Touch::Writes } else { Touch::Nothing };
    Ok(match message.operation.tag {
        tag::BIND_REQUEST => Touch::Tests,
        tag::SEARCH_REQUEST | tag::ABANDON_REQUEST | tag::UNBIND_REQUEST => Touch::Nothing,
        tag::COMPARE_REQUEST => {
            if attributes.holds(CompareRequest::parse(message)?.attribute) {
                Touch::Tests
            } else {
                Touch::Nothing
            }
        }
        tag::MODIFY_REQUEST => {
            let modify = ModifyRequest::parse(message)?;
            writes(
                modify
                    .changes()
                    .any(|change| attributes.holds(change.attribute.description)),
            )
        }
        tag::ADD_REQUEST => {
            let add = AddRequest::parse(message)?;
            let listed = add
                .attributes()
                .any(|attribute| attributes.holds(attribute.description));
            writes(listed || first_rdn_holds(add.entry, attributes))
        }
        // A deleted entry takes its password with it; that is not setting one.
        tag::DELETE_REQUEST => deleted_entry(message).map(|_| Touch::Nothing)?,
        tag::MODIFY_DN_REQUEST => {
            let rename = ModifyDnRequest::parse(message)?;
            // The new RDN adds a value; with delete_old_rdn the old one takes a value away.
            let old = rename.delete_old_rdn && first_rdn_holds(rename.entry, attributes);
            writes(old || first_rdn_holds(rename.new_rdn, attributes))
        }
        tag::EXTENDED_REQUEST => extended(&ExtendedRequest::parse(message)?)?,
        _ => Touch::Unwalkable,
    })
}

fn extended(request: &ExtendedRequest<'_>) -> Result<Touch, WireError> {
    Ok(match request.oid {
        oid::PASSWORD_MODIFY => PasswordModify::parse(request.value).map(|_| Touch::Writes)?,
        oid::START_TLS | oid::WHO_AM_I | oid::CANCEL => Touch::Nothing,
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
                let filter = ber::Cursor::new(control.value.ok_or(WireError::Truncated)?).element()?;
                let mut tests = false;
                filter::walk(filter, |named| {
                    tests |= match named {
                        Named::Attribute(description) => attributes.holds(description),
                        Named::AnyAttribute => true,
                        Named::MatchingRule(_) => false,
                    };
                })?;
                if tests { Touch::Tests } else { Touch::Nothing }
            }
            oid::TRANSACTION_SPECIFICATION => Touch::Unwalkable,
            _ => Touch::Nothing,
        };
        worst = worst.max(touch);
    }
    Ok(worst)
}

/// Whether the first RDN of a DN names a credential attribute. Looks at every `type=` up to the first separator that is not escaped,
/// and says yes where it cannot tell.
fn first_rdn_holds(dn: &[u8], attributes: &CredentialAttributes) -> bool {
    let mut rest = dn;
    loop {
        let Some(equals) = memchr::memchr(b'=', rest) else {
            return false;
        };
        let (kind, value) = rest.split_at(equals);
        if attributes.holds(kind) {
            return true;
        }
        let mut escaped = false;
        let mut quoted = false;
        let end = value.iter().position(|&octet| {
            let separator = !escaped && !quoted && matches!(octet, b',' | b';' | b'+');
            if !escaped && octet == b'"' {
                quoted = !quoted;
            }
            escaped = !escaped && octet == b'\\';
            separator
        });
        match end.and_then(|end| value.split_at_checked(end)) {
            Some((_, [b'+', more @ ..])) => rest = more,
            Some(_) => return false,
            // An unfinished quote may hide a separator.
            None => return quoted && attributes_anywhere(value, attributes),
        }
    }
}

fn attributes_anywhere(octets: &[u8], attributes: &CredentialAttributes) -> bool {
    octets.split(|octet| matches!(octet, b',' | b';' | b'+')).any(|part| {
        part.split(|&octet| octet == b'=')
            .next()
            .is_some_and(|kind| attributes.holds(kind))
    })
}
