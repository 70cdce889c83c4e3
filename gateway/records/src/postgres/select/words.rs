//! The questions, as they are put: each finds its rows by an index.

use crate::limits::{longest, small};

macro_rules! tree {
    () => {
        "(SELECT id FROM trees WHERE name = $1)"
    };
}
macro_rules! kind {
    () => {
        concat!("(SELECT id FROM kinds WHERE tree = ", tree!(), " AND attribute = $2)")
    };
}
macro_rules! columns {
    () => {
        "e.id, e.version, e.path, e.name, e.body"
    };
}
macro_rules! equal {
    ($reach:expr) => {
        concat!(
            "SELECT i.entry, ",
            columns!(),
            " FROM (SELECT entry FROM indexed WHERE kind = ",
            kind!(),
            " AND value = $3 AND entry > $4",
            " ORDER BY entry LIMIT $5) i LEFT JOIN entries e ON e.id = i.entry AND ",
            $reach,
            " ORDER BY i.entry",
        )
    };
}
/// A row a value. Beside it its entry; a large one beside the first of its values in the page alone: a group would else be read as often as
/// it has members.
macro_rules! by_values {
    ($found:expr, $reach:expr) => {
        concat!(
            "SELECT i.value, i.entry, ",
            columns!(),
            " FROM (",
            $found,
            " LIMIT $6) i",
            " LEFT JOIN entries e ON e.id = i.entry AND ",
            $reach,
            " AND (length(e.body) < ",
            small!(),
            " OR NOT EXISTS (SELECT 1 FROM indexed f WHERE f.entry = i.entry AND f.kind = ",
            kind!(),
            " AND f.value >= $3 AND f.value < i.value AND (f.value > $3 OR f.entry > $4))) ORDER BY i.value, i.entry",
        )
    };
}

/// Values in a range.
macro_rules! between {
    ($reach:expr) => {
        by_values!(
            concat!(
                "SELECT value, entry FROM indexed WHERE kind = ",
                kind!(),
                " AND (value, entry) > ($3, $4) AND value < $5 ORDER BY value, entry"
            ),
            $reach
        )
    };
}
/// Values with a piece in them, up to a place: each is looked at in the index, where they stand side by side. Of those that may have been cut
/// the piece may be in what was cut off.
macro_rules! containing {
    ($reach:expr) => {
        by_values!(
            concat!(
                "SELECT value, entry FROM indexed WHERE kind = ",
                kind!(),
                " AND (value, entry) > ($3, $4) AND (value, entry) <= ($5, $10) AND (position($9 IN value) > 0 OR length(value) >= ",
                longest!(),
                ") ORDER BY value, entry"
            ),
            $reach
        )
    };
}
/// Values one by one.
macro_rules! any_of {
    ($reach:expr) => {
        by_values!(
            concat!(
                "SELECT n.value, n.entry FROM unnest($9::bytea[]) AS w (value) JOIN indexed n ON n.kind = ",
                kind!(),
                " AND n.value = w.value AND (n.value, n.entry) > ($3, $4) AND n.value < $5 ORDER BY n.value, n.entry"
            ),
            $reach
        )
    };
}
pub(super) const ONLY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.tree = ",
    tree!(),
    " AND e.path = $2"
);
pub(super) const ONLY_EQUAL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.tree = ",
    tree!(),
    " AND e.path = $4",
    " AND EXISTS (SELECT 1 FROM indexed WHERE kind = ",
    kind!(),
    " AND value = $3 AND entry = e.id)",
);
pub(super) const ONLY_BETWEEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.tree = ",
    tree!(),
    " AND e.path = $5",
    " AND EXISTS (SELECT 1 FROM indexed WHERE entry = e.id AND kind = ",
    kind!(),
    " AND value >= $3 AND value < $4)",
);
pub(super) const CHILDREN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.above = (SELECT id FROM entries WHERE tree = ",
    tree!(),
    " AND path = $2)",
    " AND e.id > $3 ORDER BY e.id LIMIT $4",
);
pub(super) const CHILDREN_EQUAL: &str = equal!(concat!(
    "e.above = (SELECT id FROM entries WHERE tree = ",
    tree!(),
    " AND path = $6)"
));
pub(super) const CHILDREN_BETWEEN: &str = between!(concat!(
    "e.above = (SELECT id FROM entries WHERE tree = ",
    tree!(),
    " AND path = $7)"
));
pub(super) const WITHIN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.tree = ",
    tree!(),
    " AND e.path >= $2 AND e.path < $3",
    " ORDER BY e.path LIMIT $4",
);
pub(super) const WITHIN_EQUAL: &str = equal!("e.path >= $6 AND e.path < $7");
pub(super) const WITHIN_BETWEEN: &str = between!("e.path >= $7 AND e.path < $8");
pub(super) const CHILDREN_CONTAINING: &str = containing!(concat!(
    "e.above = (SELECT id FROM entries WHERE tree = ",
    tree!(),
    " AND path = $7) AND e.path < $8"
));
pub(super) const WITHIN_CONTAINING: &str = containing!("e.path >= $7 AND e.path < $8");
pub(super) const CHILDREN_ANY_OF: &str = any_of!(concat!(
    "e.above = (SELECT id FROM entries WHERE tree = ",
    tree!(),
    " AND path = $7) AND e.path < $8"
));
pub(super) const WITHIN_ANY_OF: &str = any_of!("e.path >= $7 AND e.path < $8");
/// How far values are looked at for one page, where there are more.
pub(super) const BOUNDARY: &str = concat!(
    "SELECT value, entry FROM indexed WHERE kind = ",
    kind!(),
    " AND (value, entry) > ($3, $4) ORDER BY value, entry LIMIT 1 OFFSET $5",
);
pub(super) const VALUES_APART: &str = concat!(
    "SELECT value, written FROM indexed WHERE kind = ",
    kind!(),
    " AND entry = $3 AND value > $4 AND written IS NOT NULL ORDER BY value LIMIT $5",
);
pub(super) const NAMES: &str = concat!(
    "SELECT i.entry, e.path, e.name FROM (SELECT entry FROM indexed WHERE kind = ",
    kind!(),
    " AND value = $3 AND entry > $5 ORDER BY entry LIMIT $4) i JOIN entries e ON e.id = i.entry ORDER BY i.entry",
);
pub(super) const HAS_VALUE: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM entries e WHERE e.tree = ",
    tree!(),
    " AND e.path = $4",
    " AND EXISTS (SELECT 1 FROM indexed WHERE kind = ",
    kind!(),
    " AND value = $3 AND entry = e.id))",
);
pub(super) const NEAREST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM entries e WHERE e.id = (SELECT n.id FROM unnest($2::bytea[]) WITH ORDINALITY AS w (path, place)",
    " JOIN entries n ON n.tree = ",
    tree!(),
    " AND n.path = w.path ORDER BY w.place LIMIT 1)",
);
pub(super) const NEAREST_AT_ONCE: usize = 64;
pub(super) const HAS_CHILDREN: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM entries c WHERE c.above = $2 AND c.tree = ",
    tree!(),
    ")"
);
pub(super) const COUNT: &str = concat!("SELECT count(*) FROM entries WHERE tree = ", tree!());
pub(super) const SETTING: &str = "SELECT name, value, at FROM settings WHERE name = $1";
pub(super) const SETTINGS: &str = "SELECT name, value, at FROM settings ORDER BY name";

/// Every statement that reads, for the test that asks how each is done.
#[cfg(test)]
pub(in crate::postgres) const ALL: [&str; 22] = [
    ONLY,
    ONLY_EQUAL,
    ONLY_BETWEEN,
    CHILDREN,
    CHILDREN_EQUAL,
    CHILDREN_BETWEEN,
    WITHIN,
    WITHIN_EQUAL,
    WITHIN_BETWEEN,
    CHILDREN_CONTAINING,
    WITHIN_CONTAINING,
    CHILDREN_ANY_OF,
    WITHIN_ANY_OF,
    BOUNDARY,
    VALUES_APART,
    NAMES,
    HAS_VALUE,
    NEAREST,
    HAS_CHILDREN,
    COUNT,
    SETTING,
    SETTINGS,
];
