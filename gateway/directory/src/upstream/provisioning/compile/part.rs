//! What parts of a filter became, and what becomes of several.

use postern_identity::provisioning::Operator;
use postern_ldap::ber::Writer;
use postern_ldap::{filter, tag};

/// What a filter became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::upstream::provisioning) enum Part {
    /// Nothing fulfils it.
    Nothing,
    /// Everything may; `exact`: and does.
    Everything { exact: bool },
    /// What this finds may; `exact`: and does, and nothing else does.
    Some { fits: Vec<u8>, exact: bool },
}

pub(super) fn constant(holds: bool) -> Part {
    if holds {
        Part::Everything { exact: true }
    } else {
        Part::Nothing
    }
}

pub(super) fn inexact(part: Part) -> Part {
    match part {
        Part::Nothing => Part::Nothing,
        Part::Everything { .. } => Part::Everything { exact: false },
        Part::Some { fits, .. } => Part::Some { fits, exact: false },
    }
}

pub(in crate::upstream::provisioning) fn and(parts: impl Iterator<Item = Part>) -> Part {
    let (mut all, mut whole) = (Vec::new(), true);
    for part in parts {
        match part {
            Part::Nothing => return Part::Nothing,
            Part::Everything { exact } => whole &= exact,
            Part::Some { fits, exact } => {
                all.push(fits);
                whole &= exact;
            }
        }
    }
    match all.as_slice() {
        [] => Part::Everything { exact: whole },
        [only] => Part::Some {
            fits: only.clone(),
            exact: whole,
        },
        several => Part::Some {
            fits: filter::all(several),
            exact: whole,
        },
    }
}

pub(super) fn or(parts: impl Iterator<Item = Part>) -> Part {
    let (mut any, mut whole, mut everything) = (Vec::new(), true, false);
    for part in parts {
        match part {
            Part::Nothing => {}
            Part::Everything { exact: true } => return Part::Everything { exact: true },
            Part::Everything { exact: false } => everything = true,
            Part::Some { fits, exact } => {
                any.push(fits);
                whole &= exact;
            }
        }
    }
    match any.as_slice() {
        _ if everything => Part::Everything { exact: false },
        [] => Part::Nothing,
        [only] => Part::Some {
            fits: only.clone(),
            exact: whole,
        },
        several => Part::Some {
            fits: filter::any(several),
            exact: whole,
        },
    }
}

pub(super) fn not(part: Part) -> Part {
    match part {
        Part::Nothing => Part::Everything { exact: true },
        Part::Everything { exact: true } => Part::Nothing,
        Part::Some { fits, exact: true } => Part::Some {
            fits: filter::not(&fits),
            exact: true,
        },
        Part::Everything { exact: false } | Part::Some { exact: false, .. } => Part::Everything { exact: false },
    }
}

/// `(attribute=*part*)`, `(attribute=part*)`, `(attribute=*part)` (RFC 4511 §4.5.1.7.2).
pub(super) fn substring(attribute: &[u8], operator: Operator, part: &[u8]) -> Vec<u8> {
    let place = match operator {
        Operator::Sw => 0x80,
        Operator::Ew => 0x82,
        _ => 0x81,
    };
    let mut writer = Writer::with_capacity(attribute.len() + part.len() + 16);
    writer.nested(0xa4, |inside| {
        inside.octets(attribute).nested(tag::SEQUENCE, |parts| {
            parts.element(place, part);
        });
    });
    writer.finish()
}

/// `(attribute>=value)`, `(attribute<=value)`.
pub(super) fn ordered(kind: u8, attribute: &str, value: &str) -> Vec<u8> {
    let mut writer = Writer::with_capacity(attribute.len() + value.len() + 16);
    writer.nested(kind, |inside| {
        inside.octets(attribute.as_bytes()).octets(value.as_bytes());
    });
    writer.finish()
}
