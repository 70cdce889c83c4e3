//! Trees of entries. A store keeps octets and compares octets; what they spell is the directory's.

use super::Stored;
use std::sync::Arc;

/// The most values that one [`Selection::AnyOf`] asks for.
pub const MOST_VALUES: usize = 64;

/// Entries of every embedded directory. Each directory is a tree of its own, by its name.
pub trait Entries: Send + Sync {
    /// One page of what is wanted, in an order that holds still from page to page. An entry that matches by several values may come as often
    /// (only with [`Selection::Between`], [`Selection::AnyOf`] and [`Selection::Containing`]), a large one once a page; a page shorter than its limit is not therefore the last: [`Page::next`] says.
    fn select<'a>(&'a self, tree: &'a str, wanted: &'a Wanted) -> Stored<'a, Page>;

    /// One page of those that have a value, wherever they stand, without what is in them: a group may be large, and its name is not. At most
    /// `limit`, at least 1.
    fn names<'a>(
        &'a self,
        tree: &'a str,
        value: &'a Indexed,
        after: Option<&'a Position>,
        limit: u32,
    ) -> Stored<'a, Names>;

    /// Whether the entry at a path has a value.
    fn has_value<'a>(&'a self, tree: &'a str, path: &'a [u8], value: &'a Indexed) -> Stored<'a, bool>;

    /// The values of an entry's attribute that are kept apart from its body (see [`EntryChange::Apart`]), behind this one in the order of their
    /// compared forms; at most `limit`, at least 1. Fewer: there are no more.
    fn values_apart<'a>(
        &'a self,
        tree: &'a str,
        id: i64,
        attribute: &'a str,
        after: Option<&'a [u8]>,
        limit: u32,
    ) -> Stored<'a, Vec<ValueApart>>;

    /// The first of these paths that has an entry, each tried in order: the entry itself, or the nearest above it.
    fn nearest<'a>(&'a self, tree: &'a str, paths: &'a [&'a [u8]]) -> Stored<'a, Option<EntryRow>>;

    /// Whether there is any entry right below this one.
    fn has_children<'a>(&'a self, tree: &'a str, id: i64) -> Stored<'a, bool>;

    /// Does all of this, in order, or nothing.
    fn commit<'a>(&'a self, tree: &'a str, unit: Vec<EntryChange>) -> Stored<'a, ()>;

    /// How many entries a tree has.
    fn count<'a>(&'a self, tree: &'a str) -> Stored<'a, u64>;
}

/// One entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Its own for as long as it lives, never used again.
    pub id: i64,
    /// One more with every change, and with every step of a unit: of two steps for one entry, the second names the version behind the first.
    pub version: i64,
    /// Where it stands: the path of an entry below begins with it.
    pub path: Arc<[u8]>,
    /// Its whole name as it was written.
    pub name: Arc<str>,
    /// What is in it.
    pub body: Arc<[u8]>,
}

/// An entry that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Where it will stand.
    pub path: Arc<[u8]>,
    /// The path of the entry above. `None`: it is a tree's first, and stands for itself.
    pub above: Option<Arc<[u8]>>,
    /// Its whole name as it was written.
    pub name: Arc<str>,
    /// What is in it.
    pub body: Arc<[u8]>,
    /// What it is found by.
    pub indexed: Vec<Indexed>,
}

/// A value an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Indexed {
    /// Of which attribute.
    pub attribute: Arc<str>,
    /// Its value in the form in which it is compared.
    pub value: Arc<[u8]>,
}

/// A value that is kept apart from its entry's body, and that the entry is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueApart {
    /// Of which attribute, and in the form in which it is compared.
    pub indexed: Indexed,
    /// As it was written.
    pub written: Arc<[u8]>,
}

/// One step of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryChange {
    /// Makes one. [`Taken`](super::RecordsError::Taken), or [`NothingAbove`](super::RecordsError::NothingAbove). A unit of nothing but these may hold thousands.
    Insert(NewEntry),
    /// Gives it another body, and takes and adds what it is found by. [`Changed`](super::RecordsError::Changed) unless its version is still this one.
    Replace {
        /// Which.
        id: i64,
        /// As it was read.
        version: i64,
        /// What is in it from now on.
        body: Arc<[u8]>,
        /// What it is found by no longer.
        without: Vec<Indexed>,
        /// What it is found by besides.
        with: Vec<Indexed>,
    },
    /// Takes and adds values of an entry that are kept apart from its body: a group's members, for example, of which there may be so many that
    /// to write all of them for one would take long. Those that are not there, or are, are no error. Not a version of its own: it stands behind
    /// the step that gave or changed the body. [`Changed`](super::RecordsError::Changed) if there is no entry.
    Apart {
        /// Where the entry stands by then.
        path: Arc<[u8]>,
        /// What it has, and is found by, no longer.
        without: Vec<Indexed>,
        /// What it has, and is found by, besides.
        with: Vec<ValueApart>,
    },
    /// Puts it, with everything below it, elsewhere: in all those paths and names, the old beginning of the path and the old end of the name
    /// are replaced. Errors as of [`EntryChange::Insert`] and [`EntryChange::Replace`]; more below it than the store moves at once:
    /// [`TooLarge`](super::RecordsError::TooLarge).
    Move {
        /// Which.
        id: i64,
        /// As it was read.
        version: i64,
        /// Where it will stand.
        path: Arc<[u8]>,
        /// The path of the entry above. `None`: it is a tree's first.
        above: Option<Arc<[u8]>>,
        /// Its whole name from now on.
        name: Arc<str>,
    },
    /// Takes it away with all it was found by. [`NotALeaf`](super::RecordsError::NotALeaf), [`Changed`](super::RecordsError::Changed).
    Delete {
        /// Which.
        id: i64,
        /// As it was read.
        version: i64,
    },
    /// Does nothing, but [`Changed`](super::RecordsError::Changed) unless the entry is still there in this version.
    Expect {
        /// Which.
        id: i64,
        /// As it was read.
        version: i64,
    },
    /// Does nothing, but [`Taken`](super::RecordsError::Taken) if another entry than this one is found by that value.
    Unique {
        /// The value.
        indexed: Indexed,
        /// Whose it may be.
        but: Option<i64>,
    },
}

/// Which entries are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How far below.
    pub reach: Reach,
    /// By what.
    pub by: Selection,
    /// Behind what was the last page's end.
    pub after: Option<Position>,
    /// The most rows of a page; at least 1.
    pub limit: u32,
}

/// How far entries may stand from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The one at this path.
    Only(Arc<[u8]>),
    /// Those right below the one with this path.
    Children(Arc<[u8]>),
    /// The one at this path and all below it.
    Within(Arc<[u8]>),
}

/// What entries are found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Where they stand alone.
    Place,
    /// A value.
    Equal(Indexed),
    /// Any of some values of an attribute, sorted and each once; at most [`MOST_VALUES`].
    AnyOf {
        /// Of which attribute.
        attribute: Arc<str>,
        /// The values.
        values: Arc<[Arc<[u8]>]>,
    },
    /// Any value of an attribute that has these octets somewhere in it, or is as long as stores keep and may have been cut. Every value of the
    /// attribute is looked at, some thousand a page, but no entry that has none such.
    Containing {
        /// Of which attribute.
        attribute: Arc<str>,
        /// At least one octet.
        piece: Arc<[u8]>,
    },
    /// Any value of an attribute from one (included) to another (excluded); `None`: to the last there is.
    Between {
        /// Of which attribute.
        attribute: Arc<str>,
        /// The first that counts.
        from: Arc<[u8]>,
        /// The first that no longer counts.
        to: Option<Arc<[u8]>>,
    },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order.
    pub rows: Vec<EntryRow>,
    /// Where the next page begins. `None`: there is none.
    pub next: Option<Position>,
}

/// One entry without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRow {
    /// As in [`EntryRow::id`].
    pub id: i64,
    /// As in [`EntryRow::path`].
    pub path: Arc<[u8]>,
    /// As in [`EntryRow::name`].
    pub name: Arc<str>,
}

/// Names that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// In order.
    pub rows: Vec<NamedRow>,
    /// Where the next page begins. `None`: there is none.
    pub next: Option<Position>,
}

/// A place in an order. Only the store that gave it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);
