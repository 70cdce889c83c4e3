//! Which attributes of an entry go into an answer (RFC 4511 §4.5.1.8): those asked for, of those that may be read.

use super::LocalDirectory;
use super::access::{Access, Rights};
use super::answer::Answer;
use super::schema::{AttributeType, Schema};
use super::virtual_attributes::{self, Virtual};
use postern_identity::records::EntryRow;
use postern_ldap::ber::{Cursor, Writer};
use postern_ldap::{WireError, tag};
use std::sync::Arc;

/// A list of attributes, read.
#[derive(Default, Clone)]
pub(crate) struct Requested {
    all_user: bool,
    all_operational: bool,
    /// Single attributes and all below them, in order of their keys.
    named: Vec<Named>,
    virtuals: Vec<Virtual>,
    types_only: bool,
}

/// The key of an attribute, and the options it has to have.
type Named = (Arc<str>, Vec<Box<[u8]>>);

impl Requested {
    /// Reads a list. What is not known is passed over (RFC 4511 §4.5.1.8).
    pub(crate) fn read<'a>(
        attributes: impl Iterator<Item = Result<&'a [u8], WireError>>,
        types_only: bool,
        schema: &Schema,
    ) -> Result<Self, WireError> {
        let mut requested = Self {
            types_only,
            ..Self::default()
        };
        let mut is_empty = true;
        for attribute in attributes {
            is_empty = false;
            match attribute? {
                b"*" => requested.all_user = true,
                // RFC 3673
                b"+" => requested.all_operational = true,
                b"1.1" => {}
                description => requested.add(description, schema),
            }
        }
        requested.all_user |= is_empty;
        requested.named.sort_unstable();
        requested.named.dedup();
        requested.virtuals = virtual_attributes::ALL
            .iter()
            .filter(|kind| {
                schema
                    .attribute(kind.key().as_bytes())
                    .is_some_and(|found| requested.wants(found, &[]))
            })
            .copied()
            .collect();
        Ok(requested)
    }

    fn add(&mut self, description: &[u8], schema: &Schema) {
        let Some(kind) = schema.attribute(description) else {
            return;
        };
        let options: Vec<Box<[u8]>> = options(description)
            .map(|option| option.to_ascii_lowercase().into())
            .collect();
        self.named
            .extend(kind.covered.iter().map(|key| (Arc::clone(key), options.clone())));
    }

    /// The attributes that are worked out and wanted.
    pub(crate) fn virtuals(&self) -> &[Virtual] {
        &self.virtuals
    }

    /// Whether an attribute is asked for, under no options, with the values it has.
    pub(crate) fn wants_key(&self, key: &str, schema: &Schema) -> bool {
        schema
            .attribute(key.as_bytes())
            .is_some_and(|kind| self.wants_type(kind))
    }

    /// The same, of a type.
    pub(crate) fn wants_type(&self, kind: &AttributeType) -> bool {
        self.wants(kind, kind.name.as_bytes())
    }

    fn wants(&self, kind: &AttributeType, description: &[u8]) -> bool {
        let all = if kind.operational {
            self.all_operational
        } else {
            self.all_user
        };
        if all {
            return true;
        }
        let from = self.named.partition_point(|(key, _)| *key < kind.key);
        self.named
            .iter()
            .skip(from)
            .take_while(|(key, _)| *key == kind.key)
            .any(|(_, wanted)| {
                wanted
                    .iter()
                    .all(|wanted| options(description).any(|option| option.eq_ignore_ascii_case(wanted)))
            })
    }

    /// Hands over the pieces of an entry's body that go into an answer, each a PartialAttribute or several. `worked_out` are further ones.
    pub(crate) fn pick<'a>(
        &self,
        body: &'a [u8],
        worked_out: &'a [u8],
        types: &'a mut Vec<u8>,
        rights: Rights<'_>,
        schema: &Schema,
    ) -> Result<Vec<&'a [u8]>, WireError> {
        let mut pieces = Vec::with_capacity(16);
        if self.all_user && self.all_operational && !self.types_only && rights.reads_all() {
            pieces.push(body);
        } else {
            let mut rest = Cursor::new(body);
            while !rest.is_empty() {
                let attribute = rest.element()?;
                let description = Cursor::new(attribute.content).octets()?;
                let Some(kind) = schema.attribute(description) else {
                    continue;
                };
                if !self.wants(kind, description) || !rights.may_read(&kind.key) {
                    continue;
                }
                if self.types_only {
                    let mut writer = Writer::new();
                    writer.nested(tag::SEQUENCE, |inside| {
                        inside.octets(description).element(tag::SET, &[]);
                    });
                    types.extend(writer.finish());
                } else {
                    pieces.push(attribute.whole);
                }
            }
        }
        pieces.push(types);
        pieces.push(worked_out);
        Ok(pieces)
    }

    /// Whether there are only names of attributes in the answer.
    pub(crate) fn types_only(&self) -> bool {
        self.types_only
    }
}

impl LocalDirectory {
    /// Attributes that are worked out and asked for, encoded.
    pub(crate) async fn worked_out_attributes(
        &self,
        requested: &Requested,
        row: &EntryRow,
        access: &Access,
    ) -> Result<Vec<u8>, Answer> {
        let rights = access.to(&row.path);
        let mut out = Writer::new();
        for which in requested.virtuals() {
            if !rights.may_read(which.key()) {
                continue;
            }
            let mut values = self.worked_out(*which, row, access).await?;
            if values.is_empty() {
                continue;
            }
            if requested.types_only() {
                values.clear();
            }
            postern_ldap::entry::encode(&mut out, which.name().as_bytes(), &values);
        }
        Ok(out.finish())
    }
}

fn options(description: &[u8]) -> impl Iterator<Item = &[u8]> {
    description.split(|octet| *octet == b';').skip(1)
}
