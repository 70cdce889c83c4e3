//! What is kept of the set in force, so that a reload looks only at what is new: files whose octets did not change are not parsed
//! again, routes whose tables did not change are not compiled again, and what was asked of those is not asked again.

use crate::compile::FilesRead;
use crate::rulebook::{Rulebook, Rules};
use crate::set::PolicySet;
use crate::tests::TestsRead;
use std::collections::HashMap;
use std::sync::Arc;

/// What is kept of a set that came into force.
#[derive(Debug)]
pub struct Kept {
    pub(crate) set: PolicySet,
    pub(crate) policies: FilesRead,
    pub(crate) tests: TestsRead,
    pub(crate) known: Known,
}

/// The rules of the book that came into force, by route. They were asked everything.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<Arc<str>, Arc<Rules>>);

impl Known {
    /// Everything that a book holds.
    pub(crate) fn of(book: &Rulebook) -> Self {
        let rules = |route: &Arc<str>| Some((Arc::clone(route), Arc::clone(book.rules(route)?)));
        Self(book.routes().filter_map(rules).collect())
    }

    /// The rules a route had.
    pub(crate) fn rules(&self, route: &str) -> Option<&Arc<Rules>> {
        self.0.get(route)
    }

    /// Whether a book has the rules for a route that are known: not equal ones, the same.
    pub(crate) fn holds(&self, book: &Rulebook, route: &str) -> bool {
        match (self.rules(route), book.rules(route)) {
            (Some(known), Some(rules)) => Arc::ptr_eq(known, rules),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
