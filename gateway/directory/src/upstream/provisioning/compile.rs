//! Filters of programs, compiled into filters of the directory: they find everything that is meant, and perhaps more (never less).
//!
//! A filter of LDAP is three-valued (RFC 4511 §4.5.1.7), one of a program two-valued, and they compare text by different rules. So every part says whether
//! it finds exactly what is meant and is never undefined; what is not exact is never negated, and is looked at again by the heart's own evaluation
//! on what was read. Values are put in as octets: there is nothing in them to escape.

mod part;
#[cfg(test)]
mod tests;

use super::mapping::{Codec, Equality, Place, Row, TypeMapping};
use crate::upstream::dialect::DialectName;
use jiff::SignedDuration;
pub(super) use part::{Part, and};
use part::{constant, inexact, not, or, ordered, substring};
use postern_identity::Timestamp;
use postern_identity::provisioning::account_state::{ACCOUNT, PASSWORD};
use postern_identity::provisioning::{Filter, Key, Operand, Operator, Path, ResourceId, ResourceKind};
use postern_ldap::filter;
use std::collections::HashMap;
use std::sync::Arc;

/// LDAP_MATCHING_RULE_BIT_AND ([MS-ADTS] 3.1.1.3.4.4.1).
const BIT_AND: &[u8] = b"1.2.840.113556.1.4.803";

/// What has to be known to compile.
pub(super) struct Compiler<'a> {
    pub(super) product: DialectName,
    pub(super) mapping: &'a TypeMapping,
    /// Where the entries are whose ids the filter names; whoever is missing is gone.
    pub(super) names: &'a HashMap<ResourceId, Arc<str>>,
    /// The id that is spelled so.
    pub(super) id: &'a dyn Fn(&str) -> Option<ResourceId>,
    /// `(entryUUID=…)`.
    pub(super) id_filter: &'a dyn Fn(ResourceId) -> Vec<u8>,
    /// Whether users say which groups they are in.
    pub(super) tells_groups: bool,
    /// Where they do not: what finds everybody who is in these groups.
    pub(super) members: &'a HashMap<ResourceId, Vec<u8>>,
    /// Whether the directory surely knows the attribute by which slapd's overlay switches accounts off.
    pub(super) knows_lock: bool,
}

impl Compiler<'_> {
    pub(super) fn compile(&self, filter: &Filter) -> Part {
        match filter {
            Filter::And(all) => and(all.iter().map(|part| self.compile(part))),
            Filter::Or(any) => or(any.iter().map(|part| self.compile(part))),
            Filter::Not(inner) => not(self.compile(inner)),
            Filter::Present(path) => self.present(path),
            Filter::Compare {
                path,
                operator,
                operand: Operand::Null,
            } => match operator {
                Operator::Eq => not(self.present(path)),
                Operator::Ne => self.present(path),
                _ => Part::Nothing,
            },
            Filter::Compare {
                path,
                operator,
                operand,
            } => self.compare(path, *operator, operand),
            Filter::Element { attribute, filter } => self.element(attribute, filter),
            Filter::Never => Part::Nothing,
        }
    }

    fn present(&self, path: &Path) -> Part {
        if path.key.extension.is_none() && &*path.key.name == "id" {
            return Part::Everything { exact: true };
        }
        if is_elsewhere(path) {
            return Part::Everything { exact: false };
        }
        or(self.rows(path).map(row_present).chain(self.otherwise(path)))
    }

    /// The rows a path leads to: without a sub-attribute, and for `type` and `primary`, all of the attribute.
    fn rows<'p>(&'p self, path: &'p Path) -> impl Iterator<Item = &'p Row> {
        self.mapping
            .rows_of(&path.key)
            .filter(move |row| match (&row.place, path.sub.as_deref()) {
                (_, None) => true,
                (Place::Simple(_), Some(_)) => false,
                (Place::Sub(_, own), Some(sub)) => **own == *sub,
                (Place::Element { sub: own, .. }, Some(sub)) => **own == *sub || matches!(sub, "type" | "primary"),
            })
    }

    /// A name may be in another attribute where its own is empty.
    fn otherwise(&self, path: &Path) -> Option<Part> {
        let attribute = self.mapping.name_otherwise.as_deref().filter(|_| is_name(path))?;
        Some(Part::Some {
            fits: filter::present(attribute.as_bytes()),
            exact: false,
        })
    }

    fn compare(&self, path: &Path, operator: Operator, operand: &Operand) -> Part {
        match (path.key.extension.as_deref(), &*path.key.name) {
            (None, "id") => match (operator, operand) {
                (Operator::Eq, Operand::Text(text)) => match (self.id)(text) {
                    Some(id) => Part::Some {
                        fits: (self.id_filter)(id),
                        exact: true,
                    },
                    None => Part::Nothing,
                },
                _ => Part::Everything { exact: false },
            },
            (None, "meta") => self.time(path.sub.as_deref(), operator, operand),
            (None, "active") => self.active(operator, operand),
            (None, "members" | "groups") => self.membership(path, operator, operand),
            _ if is_elsewhere(path) => Part::Everything { exact: false },
            _ => self.mapped(path, operator, operand),
        }
    }

    fn mapped(&self, path: &Path, operator: Operator, operand: &Operand) -> Part {
        let of_kind = |kind: Option<&Arc<str>>| match (kind, operand) {
            (Some(kind), Operand::Text(text)) => compares(kind, operator, text),
            _ => operator == Operator::Ne,
        };
        let mut parts = Vec::new();
        for row in self.rows(path) {
            match (&row.place, path.sub.as_deref()) {
                (Place::Element { kind, .. }, Some("type")) => {
                    if of_kind(kind.as_ref()) {
                        parts.push(inexact(row_present(row)));
                    }
                }
                // Only the first one is primary.
                (Place::Element { .. }, Some("primary")) => parts.push(inexact(row_present(row))),
                _ => parts.push(self.row(row, operator, operand)),
            }
        }
        // A value that is not there differs from every other.
        if operator == Operator::Ne
            && (parts.len() != 1 || path.sub.as_deref().is_some_and(|sub| matches!(sub, "type" | "primary")))
        {
            return Part::Everything { exact: false };
        }
        if let (Some(attribute), false) = (
            self.mapping.name_otherwise.as_deref(),
            parts.is_empty() || !is_name(path),
        ) {
            let mut row = Row::text(Place::Simple(path.key.clone()), attribute);
            row.matching = super::mapping::Matching::TEXT;
            parts.push(self.row(&row, operator, operand));
            return inexact(or(parts.into_iter()));
        }
        or(parts.into_iter())
    }

    /// One attribute's comparison.
    fn row(&self, row: &Row, operator: Operator, operand: &Operand) -> Part {
        let attribute = row.base_type().as_bytes();
        let is_there = || inexact(row_present(row));
        let text = match (row.codec, operand) {
            (Codec::Text | Codec::Country, Operand::Text(text)) => text.as_str(),
            (Codec::Boolean, Operand::Boolean(value)) => {
                if *value {
                    "TRUE"
                } else {
                    "FALSE"
                }
            }
            (Codec::User, Operand::Text(text)) => return self.user(row, operator, text),
            _ if operator == Operator::Ne => return Part::Everything { exact: false },
            _ => return is_there(),
        };
        // Elements are looked at one by one; of several values in the place of one only one counts.
        let one_counts = matches!(&row.place, Place::Element { sub, .. } if &**sub == "value") || !row.several;
        let plain = is_plain(text) && self.product != DialectName::ActiveDirectory;
        match operator {
            // No value is empty.
            Operator::Eq if text.is_empty() => Part::Nothing,
            Operator::Eq if row.matching.equality == Equality::None => is_there(),
            Operator::Eq => Part::Some {
                fits: filter::equality(attribute, text.as_bytes()),
                exact: plain && one_counts && compares_alike(row),
            },
            Operator::Ne if text.is_empty() => Part::Everything { exact: true },
            Operator::Ne if plain && !row.several && compares_alike(row) => Part::Some {
                fits: filter::not(&filter::equality(attribute, text.as_bytes())),
                exact: true,
            },
            Operator::Ne => Part::Everything { exact: false },
            Operator::Co | Operator::Sw | Operator::Ew if text.is_empty() => row_present(row),
            Operator::Co | Operator::Sw | Operator::Ew => {
                // Spaces are compared by rules of their own (RFC 4518 §2.6.1): a part without any is looked for.
                let longest = text
                    .split(char::is_whitespace)
                    .max_by_key(|part| part.len())
                    .unwrap_or_default();
                if longest.is_empty() || !row.matching.substrings {
                    return is_there();
                }
                let whole = longest.len() == text.len();
                let at = if whole { operator } else { Operator::Co };
                Part::Some {
                    fits: substring(attribute, at, longest.as_bytes()),
                    exact: whole && plain && one_counts && compares_alike(row),
                }
            }
            Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le => is_there(),
        }
    }

    /// Whose id it is.
    fn user(&self, row: &Row, operator: Operator, text: &str) -> Part {
        match operator {
            Operator::Eq => self.named(row.base_type(), text, !row.several),
            Operator::Ne => Part::Everything { exact: false },
            _ => inexact(row_present(row)),
        }
    }

    fn named(&self, attribute: &str, id: &str, exact: bool) -> Part {
        match (self.id)(id).and_then(|id| self.names.get(&id)) {
            Some(dn) => Part::Some {
                fits: filter::equality(attribute.as_bytes(), dn.as_bytes()),
                exact,
            },
            None => Part::Nothing,
        }
    }

    fn membership(&self, path: &Path, operator: Operator, operand: &Operand) -> Part {
        let everything = Part::Everything { exact: false };
        let (Operator::Eq, Some("value"), Operand::Text(id)) = (operator, path.sub.as_deref(), operand) else {
            return everything;
        };
        match (&*path.key.name, self.mapping.kind, &self.mapping.members) {
            ("members", ResourceKind::Group, Some(members)) => self.named(&members.attribute, id, true),
            ("groups", ResourceKind::User, _) if self.tells_groups => self.named("memberOf", id, true),
            ("groups", ResourceKind::User, _) => match (self.id)(id).filter(|id| self.names.contains_key(id)) {
                None => Part::Nothing,
                Some(id) => self.members.get(&id).map_or(everything, |fits| Part::Some {
                    fits: fits.clone(),
                    exact: false,
                }),
            },
            _ => Part::Nothing,
        }
    }

    /// When entries were made and changed, within a second: servers keep fractions or drop them.
    fn time(&self, sub: Option<&str>, operator: Operator, operand: &Operand) -> Part {
        let everything = Part::Everything { exact: false };
        let attribute = match (sub, self.product == DialectName::ActiveDirectory) {
            (Some("created"), false) => "createTimestamp",
            (Some("created"), true) => "whenCreated",
            (Some("lastModified"), false) => "modifyTimestamp",
            (Some("lastModified"), true) => "whenChanged",
            _ => return everything,
        };
        let Operand::Moment(at) = operand else {
            return everything;
        };
        let second = SignedDuration::from_secs(1);
        let (Ok(before), Ok(after)) = (at.checked_sub(second), at.checked_add(second)) else {
            return everything;
        };
        let from = || ordered(0xa5, attribute, &self.spelled(before));
        let to = || ordered(0xa6, attribute, &self.spelled(after));
        let fits = match operator {
            Operator::Eq => filter::all(&[from(), to()]),
            Operator::Gt | Operator::Ge => from(),
            Operator::Lt | Operator::Le => to(),
            _ => return everything,
        };
        Part::Some { fits, exact: false }
    }

    fn spelled(&self, at: Timestamp) -> String {
        let format = if self.product == DialectName::ActiveDirectory {
            "%Y%m%d%H%M%S.0Z"
        } else {
            "%Y%m%d%H%M%SZ"
        };
        at.strftime(format).to_string()
    }

    /// Whether accounts are switched on, as far as the product lets it be asked.
    fn active(&self, operator: Operator, operand: &Operand) -> Part {
        let (Operand::Boolean(wanted), true) = (operand, matches!(operator, Operator::Eq | Operator::Ne)) else {
            return Part::Everything { exact: false };
        };
        let is_off = match self.product {
            DialectName::OpenLdap | DialectName::Embedded if self.knows_lock => {
                filter::equality(b"pwdAccountLockedTime", b"000001010000Z")
            }
            DialectName::FreeIpa => filter::equality(b"nsAccountLock", b"TRUE"),
            DialectName::ActiveDirectory => filter::extensible(b"userAccountControl", BIT_AND, b"2"),
            // Roles switch accounts off too, and no filter sees that.
            DialectName::OpenLdap | DialectName::Embedded | DialectName::Ds389 => {
                return Part::Everything { exact: false };
            }
        };
        let off = Part::Some {
            fits: is_off,
            exact: true,
        };
        if *wanted == (operator == Operator::Eq) {
            not(off)
        } else {
            off
        }
    }

    /// One element fulfils all of it: each type's attributes are asked by themselves.
    fn element(&self, key: &Key, inner: &Filter) -> Part {
        if key.extension.is_none() && matches!(&*key.name, "members" | "groups") {
            // `members[value eq "…"]` is what `members eq "…"` is.
            return match inner {
                Filter::Compare { path, .. } if path.sub.as_deref() == Some("value") => self.compile(inner),
                _ => Part::Everything { exact: false },
            };
        }
        let mut kinds: Vec<Option<&Arc<str>>> = Vec::new();
        for row in self.mapping.rows_of(key) {
            match &row.place {
                Place::Element { kind, .. } if !kinds.contains(&kind.as_ref()) => kinds.push(kind.as_ref()),
                Place::Element { .. } => {}
                Place::Simple(_) | Place::Sub(..) => return Part::Everything { exact: false },
            }
        }
        // Two comparisons may be borne out by two values: only one of them is exact.
        let exact = compared(inner) <= 1;
        or(kinds.into_iter().map(|kind| {
            let rows: Vec<&Row> = self
                .mapping
                .rows_of(key)
                .filter(|row| matches!(&row.place, Place::Element { kind: own, .. } if own.as_ref() == kind))
                .collect();
            let is_there = or(rows.iter().map(|row| row_present(row)));
            let found = and([self.of_kind(inner, kind, &rows), is_there].into_iter());
            if exact { found } else { inexact(found) }
        }))
    }

    /// The filter of elements of one type.
    fn of_kind(&self, inner: &Filter, kind: Option<&Arc<str>>, rows: &[&Row]) -> Part {
        match inner {
            Filter::And(all) => and(all.iter().map(|part| self.of_kind(part, kind, rows))),
            Filter::Or(any) => or(any.iter().map(|part| self.of_kind(part, kind, rows))),
            // That no value compares so is not that one does not: only what is told by the type can be turned round.
            Filter::Not(inner) => match self.of_kind(inner, kind, rows) {
                Part::Nothing => Part::Everything { exact: true },
                Part::Everything { exact: true } => Part::Nothing,
                Part::Everything { .. } | Part::Some { .. } => Part::Everything { exact: false },
            },
            Filter::Present(path) => match path.sub.as_deref() {
                Some("type") => constant(kind.is_some()),
                Some("primary") => Part::Everything { exact: false },
                Some(sub) => or(rows.iter().filter(|row| is_sub(row, sub)).map(|row| row_present(row))),
                None => Part::Everything { exact: true },
            },
            Filter::Compare {
                path,
                operator,
                operand,
            } => match (path.sub.as_deref(), operand) {
                (Some("type"), Operand::Text(text)) => constant(match kind {
                    Some(kind) => compares(kind, *operator, text),
                    None => *operator == Operator::Ne,
                }),
                (Some("type"), Operand::Null) => constant(kind.is_some() == (*operator == Operator::Ne)),
                (Some("type" | "primary") | None, _) | (_, Operand::Null) => Part::Everything { exact: false },
                (Some(_), _) if *operator == Operator::Ne => Part::Everything { exact: false },
                (Some(sub), operand) => or(rows
                    .iter()
                    .filter(|row| is_sub(row, sub))
                    .map(|row| self.row(row, *operator, operand))),
            },
            Filter::Never => Part::Nothing,
            Filter::Element { .. } => Part::Everything { exact: false },
        }
    }
}

fn is_name(path: &Path) -> bool {
    path.key.extension.is_none() && &*path.key.name == "userName"
}

fn is_sub(row: &Row, wanted: &str) -> bool {
    matches!(&row.place, Place::Element { sub, .. } if **sub == *wanted)
}

/// How many comparisons of values there are in it.
fn compared(filter: &Filter) -> usize {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(compared).sum(),
        Filter::Not(inner) | Filter::Element { filter: inner, .. } => compared(inner),
        Filter::Compare { path, .. } | Filter::Present(path) => usize::from(path.sub.as_deref() != Some("type")),
        Filter::Never => 0,
    }
}

/// How a type, which is compared without regard to case, compares.
fn compares(kind: &str, operator: Operator, operand: &str) -> bool {
    let (kind, operand) = (kind.to_lowercase(), operand.to_lowercase());
    match operator {
        Operator::Eq => kind == operand,
        Operator::Ne => kind != operand,
        Operator::Co => kind.contains(&operand),
        Operator::Sw => kind.starts_with(&operand),
        Operator::Ew => kind.ends_with(&operand),
        Operator::Gt => kind > operand,
        Operator::Ge => kind >= operand,
        Operator::Lt => kind < operand,
        Operator::Le => kind <= operand,
    }
}

/// Text on which every rule agrees what is equal to it, and which every syntax takes.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic())
}

/// What has no attribute of its own, or is not what its attribute holds.
fn is_elsewhere(path: &Path) -> bool {
    match path.key.extension.as_deref() {
        None => matches!(
            &*path.key.name,
            "id" | "meta" | "schemas" | "active" | "members" | "groups"
        ),
        Some(urn) => urn == PASSWORD || urn == ACCOUNT,
    }
}

fn row_present(row: &Row) -> Part {
    Part::Some {
        fits: filter::present(row.base_type().as_bytes()),
        // Of the others there may be values that cannot be read.
        exact: row.codec == Codec::Text,
    }
}

/// Whether what the directory takes for equal is what we do.
fn compares_alike(row: &Row) -> bool {
    match row.matching.equality {
        Equality::IgnoreCase => &*row.place.key().name != "externalId" && row.codec != Codec::Boolean,
        Equality::Exact => true,
        Equality::Loose | Equality::None => false,
    }
}
