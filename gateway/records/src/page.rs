//! Rows put together to a page, and where the next one begins.

use crate::limits::PAGE_OCTETS;
use postern_identity::records::{EntryRow, Page, Position, RecordsError};

/// The place behind a row, in the order of its statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// By path.
    Path(Vec<u8>),
    /// By id.
    Entry(i64),
    /// By value, then by id.
    Value(Vec<u8>, i64),
}

impl Place {
    pub(crate) fn position(&self) -> Position {
        Position(match self {
            Self::Path(path) => [b"p", path.as_slice()].concat(),
            Self::Entry(id) => [b"e", id.to_be_bytes().as_slice()].concat(),
            Self::Value(value, id) => [b"v", id.to_be_bytes().as_slice(), value].concat(),
        })
    }

    /// What [`Place::position`] made. What somebody else made is no place: [`RecordsError::Unavailable`].
    pub(crate) fn of(position: &Position) -> Result<Self, RecordsError> {
        let place = match position.0.split_first() {
            Some((b'p', path)) => Some(Self::Path(path.to_vec())),
            Some((b'e', id)) => id.try_into().ok().map(|id| Self::Entry(i64::from_be_bytes(id))),
            Some((b'v', rest)) => rest
                .split_first_chunk()
                .map(|(id, value)| Self::Value(value.to_vec(), i64::from_be_bytes(*id))),
            _ => None,
        };
        place.ok_or(RecordsError::Unavailable)
    }
}

/// A page in the making. Rows come in the order of their statement; those out of reach come too, without an entry.
pub(crate) struct Gathering {
    rows: Vec<EntryRow>,
    octets: usize,
    looked_at: i64,
    limit: usize,
    /// The most rows the statement gives.
    most: i64,
    last: Option<Place>,
    cut: bool,
}

impl Gathering {
    pub(crate) fn new(limit: u32, most: i64) -> Self {
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        Self {
            rows: Vec::new(),
            octets: 0,
            looked_at: 0,
            limit,
            most,
            last: None,
            cut: false,
        }
    }

    /// Whether the page is full: what comes now belongs to the next.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= self.limit || self.octets >= PAGE_OCTETS
    }

    /// Another row of the statement. Not to be called when the page is full; then [`Gathering::cut`].
    pub(crate) fn push(&mut self, place: Place, row: Option<EntryRow>) {
        self.looked_at += 1;
        self.last = Some(place);
        if let Some(row) = row {
            self.octets = self.octets.saturating_add(row.body.len());
            self.rows.push(row);
        }
    }

    /// There was another row, and the page was full.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
    }

    pub(crate) fn page(self) -> Page {
        let more = self.cut || self.looked_at >= self.most;
        Page {
            rows: self.rows,
            next: self.last.filter(|_| more).map(|place| place.position()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written_and_nothing_else_is_read() {
        for place in [
            Place::Path(vec![]),
            Place::Path(vec![0, 255]),
            Place::Entry(-1),
            Place::Value(vec![7, 0], i64::MAX),
        ] {
            assert_eq!(Place::of(&place.position()), Ok(place));
        }
        for wrong in [&b""[..], b"x", b"e1234567", b"e123456789", b"v1234567"] {
            assert_eq!(Place::of(&Position(wrong.to_vec())), Err(RecordsError::Unavailable));
        }
    }
}
