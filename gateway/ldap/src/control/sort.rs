//! Server side sorting (RFC 2891): the keys of the request.

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::{ber, oid, tag};

/// The most keys one request may sort by.
pub const MOST_KEYS: usize = 64;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey<'a> {
    /// The attribute description.
    pub attribute: &'a [u8],
    /// The ordering rule, if not the attribute's own.
    pub ordering_rule: Option<&'a [u8]>,
    /// Largest first.
    pub reverse: bool,
}

/// Reads every key of a control's value (RFC 2891 §1.1), at most [`MOST_KEYS`], and calls `visit` with each.
pub fn walk<'a>(value: &'a [u8], mut visit: impl FnMut(SortKey<'a>)) -> Result<(), WireError> {
    let mut keys = Cursor::new(Cursor::new(value).only_of(tag::SEQUENCE)?);
    let mut count = 0;
    while !keys.is_empty() {
        count += 1;
        if count > MOST_KEYS {
            return Err(WireError::TooMany);
        }
        let mut inside = keys.enter(tag::SEQUENCE)?;
        let key = SortKey {
            attribute: inside.octets()?,
            ordering_rule: inside.optional(0x80)?,
            reverse: inside.optional(0x81)?.map(ber::truth).transpose()?.unwrap_or(false),
        };
        inside.finish()?;
        visit(key);
    }
    Ok(())
}

/// The whole control.
pub fn control(keys: &[SortKey<'_>], critical: bool) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |list| {
        for key in keys {
            list.nested(tag::SEQUENCE, |inside| {
                inside.octets(key.attribute);
                if let Some(rule) = key.ordering_rule {
                    inside.element(0x80, rule);
                }
                if key.reverse {
                    inside.element(0x81, &[0xff]);
                }
            });
        }
    });
    super::encode(oid::SORT_REQUEST, critical, Some(&value.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Controls;

    #[test]
    fn keys_go_in_and_come_out() {
        let keys = [
            SortKey {
                attribute: b"sn",
                ordering_rule: None,
                reverse: false,
            },
            SortKey {
                attribute: b"cn;lang-de",
                ordering_rule: Some(b"2.5.13.3"),
                reverse: true,
            },
        ];
        let octets = control(&keys, true);
        let found = Controls::new(&octets).find(oid::SORT_REQUEST).unwrap().unwrap();
        let mut seen = Vec::new();
        walk(found.value.unwrap(), |key| seen.push(key)).unwrap();
        assert_eq!(seen, keys);
    }

    #[test]
    fn too_many_keys_and_octets_behind_them_are_faults() {
        let key = b"\x30\x04\x04\x02cn";
        let list = |count: usize, behind: &[u8]| {
            let mut value = Writer::new();
            value.element(tag::SEQUENCE, &key.repeat(count)).raw(behind);
            walk(&value.finish(), |_| ())
        };
        assert_eq!(list(MOST_KEYS, b""), Ok(()));
        assert_eq!(list(MOST_KEYS + 1, b""), Err(WireError::TooMany));
        assert_eq!(list(1, b"\0"), Err(WireError::Trailing));
    }
}
