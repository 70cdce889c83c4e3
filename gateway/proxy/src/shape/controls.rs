//! Controls that name virtual attributes.
//!
//! Of such a name the directory knows nothing, or it has an attribute of its own under it that says something else. So sort keys become the
//! directory's own where those sort alike; any other such control is left out, or refused if it is critical.

use super::Shape;
use super::attributes::Kind;
use super::request::Refused;
use postern_directory::DialectName;
use postern_ldap::attribute::base_type;
use postern_ldap::control::read_entry::{self, ReadEntry};
use postern_ldap::control::{Control, sort};
use postern_ldap::entry::Edit;
use postern_ldap::{Message, WireError, oid, splice};
use zeroize::Zeroizing;

/// Those that name attributes by which results are ordered or entries returned.
const NAMING: [&[u8]; 3] = [oid::SORT_REQUEST, oid::PRE_READ, oid::POST_READ];

/// What becomes of a control.
enum Put {
    Same,
    As(Vec<u8>),
    Not,
}

impl Shape {
    /// The request with such controls in the directory's own attributes. `None`: it stays as it is.
    pub(crate) fn controls(
        &self,
        message: &Message<'_>,
        denied: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Refused> {
        let mut put = Vec::new();
        let mut changed = false;
        for control in message.controls {
            let control = control?;
            let becomes = match control.oid {
                oid::SORT_REQUEST => self.sorted(&control, denied)?,
                oid::PRE_READ | oid::POST_READ => self.read(&control, denied)?,
                _ => continue,
            };
            match becomes {
                Put::Same => {
                    put.push(control.whole.to_vec());
                    continue;
                }
                Put::As(other) => put.push(other),
                Put::Not if control.critical => return Err(Refused::Control),
                Put::Not => {}
            }
            changed = true;
        }
        if !changed {
            return Ok(None);
        }
        let put: Vec<&[u8]> = put.iter().map(Vec::as_slice).collect();
        let octets = splice::with_controls(message, |control| !NAMING.contains(&control.oid), &put)?;
        Ok(Some(Zeroizing::new(octets)))
    }

    /// RFC 2891 §2: unsorted, if the client can bear it.
    fn sorted(&self, control: &Control<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Put, Refused> {
        let mut keys = Vec::new();
        sort::walk(control.value.ok_or(WireError::Truncated)?, |key| keys.push(key))?;
        let mut changed = false;
        for key in &mut keys {
            let Some(one) = self.virtual_of(base_type(key.attribute)) else {
                continue;
            };
            if self.is_denied(key.attribute, denied) {
                return Err(Refused::Denied);
            }
            let Some(real) = self.sorts_as(one.kind) else {
                return Ok(Put::Not);
            };
            key.attribute = real.as_bytes();
            changed = true;
        }
        Ok(if changed {
            Put::As(sort::control(&keys, control.critical))
        } else {
            Put::Same
        })
    }

    /// The directory's attribute that stands in the same order.
    fn sorts_as(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Login => Some(&self.settings.login),
            Kind::Upn => Some(&self.settings.upn),
            _ if self.dialect() == DialectName::ActiveDirectory => None,
            Kind::Created => Some("createTimestamp"),
            Kind::Modified => Some("modifyTimestamp"),
            _ => None,
        }
    }

    /// RFC 4527: what comes back would be the directory's.
    fn read(&self, control: &Control<'_>, denied: &dyn Fn(&[u8]) -> bool) -> Result<Put, Refused> {
        let mut becomes = Put::Same;
        for description in read_entry::requested(control.value.ok_or(WireError::Truncated)?)? {
            let description = description?;
            if self.virtual_of(base_type(description)).is_none() {
                continue;
            }
            if self.is_denied(description, denied) {
                return Err(Refused::Denied);
            }
            becomes = Put::Not;
        }
        Ok(becomes)
    }

    /// The answer to a write without the directory's own attributes of such names, in what pre-read and post-read return: they come with
    /// `*` and `+`. `None`: there are none.
    pub(crate) fn written(&self, answer: &Message<'_>) -> Result<Option<Vec<u8>>, WireError> {
        let mut put = Vec::new();
        let mut changed = false;
        for control in answer.controls {
            let control = control?;
            if !matches!(control.oid, oid::PRE_READ | oid::POST_READ) {
                continue;
            }
            let read = ReadEntry::parse(control.value.ok_or(WireError::Truncated)?)?;
            let kept = read.entry.edited(|description, _| {
                if self.virtual_of(base_type(description)).is_some() {
                    changed = true;
                    Edit::Drop
                } else {
                    Edit::Keep
                }
            })?;
            put.push(read.control(control.oid, control.critical, &kept));
        }
        if !changed {
            return Ok(None);
        }
        let put: Vec<&[u8]> = put.iter().map(Vec::as_slice).collect();
        splice::with_controls(answer, |control| !NAMING.contains(&control.oid), &put).map(Some)
    }
}
