//! Lists: what a query means is found out once and kept as ids, so that its pages are of one order, whatever is changed between two of them.
//!
//! **The walk.** A first page looks anew, unless somebody looked a moment ago and nothing was written through us since; later pages are cut from what the
//! first one found. What is kept is bounded: the oldest goes first, and whoever comes back for it looks anew.

mod kept;

use crate::caller::Caller;
use crate::error::ScimError;
use kept::{Kept, Which};
use postern_identity::provisioning::{Path, Provisioning, Query, Resource, ResourceKind, Uniqueness, Wanted};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many look through a directory at once; the others wait for one of them.
const LOOKING_AT_ONCE: usize = 2;

/// Of which page, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The first resource.
    pub(crate) start: usize,
    /// At most so many.
    pub(crate) count: usize,
}

/// A page.
pub(crate) struct Page {
    /// How many there are in all.
    pub(crate) total: usize,
    /// Those of this page that are still there.
    pub(crate) resources: Vec<Resource>,
}

/// The lists of one directory.
pub(crate) struct Lists {
    directory: Arc<dyn Provisioning>,
    kept: Kept,
    looking: Semaphore,
    /// The most resources of one answer.
    most: usize,
}

impl Lists {
    /// `most`: resources of one answer. `room`: ids that are kept in all.
    pub(crate) fn new(directory: Arc<dyn Provisioning>, most: usize, room: usize) -> Self {
        Self {
            directory,
            kept: Kept::new(room),
            looking: Semaphore::new(LOOKING_AT_ONCE),
            most,
        }
    }

    /// Something was written: who looks for the first time looks anew.
    pub(crate) fn written(&self) {
        self.kept.written();
    }

    /// One page of what a query means.
    pub(crate) async fn page(
        &self,
        caller: &Caller,
        query: &Query,
        cut: Cut,
        wanted: &Wanted,
    ) -> Result<Page, ScimError> {
        let cut = Cut {
            count: cut.count.min(self.most),
            ..cut
        };
        if self.is_of_few(query) {
            let found = self.directory.find(caller.actor(), query, self.most, wanted).await?;
            if let Some(resources) = found {
                let total = resources.len();
                let resources = resources.into_iter().skip(cut.start - 1).take(cut.count).collect();
                return Ok(Page { total, resources });
            }
        }
        let ids = self.ids(caller, query, cut.start == 1).await?;
        let of_page = ids.get(cut.start - 1..).unwrap_or_default();
        let of_page = of_page.get(..cut.count.min(of_page.len())).unwrap_or_default();
        let resources = if of_page.is_empty() {
            Vec::new()
        } else {
            self.directory
                .fetch(caller.actor(), query.kind, of_page, wanted)
                .await?
        };
        Ok(Page {
            total: ids.len(),
            resources,
        })
    }

    /// Whether it is asked for by a value that one resource has, or a few.
    fn is_of_few(&self, query: &Query) -> bool {
        let types = self.directory.types().of(query.kind);
        let unique = |path: &Path| match (&path.key.extension, &*path.key.name) {
            (None, "id" | "externalId") => true,
            (None, "emails") => path.sub.as_deref() == Some("value"),
            (None, "displayName") if query.kind == ResourceKind::Group => true,
            _ => types
                .of(&path.key)
                .is_some_and(|attribute| attribute.uniqueness != Uniqueness::None),
        };
        query.filter.as_ref().is_some_and(|filter| filter.is_of_one(&unique))
    }

    async fn ids(
        &self,
        caller: &Caller,
        query: &Query,
        anew: bool,
    ) -> Result<Arc<Vec<postern_identity::provisioning::ResourceId>>, ScimError> {
        let which = Which::new(caller.name(), caller.reach(), query);
        if let Some(kept) = self.kept.get(&which, anew) {
            return Ok(kept);
        }
        let _looking = self.looking.acquire().await;
        // Somebody may have looked while we waited.
        if let Some(kept) = self.kept.get(&which, anew) {
            return Ok(kept);
        }
        let begun = self.kept.begin();
        let mut ids = self.directory.list(caller.actor(), query).await?;
        // It is kept for minutes: what it took to be found need not be.
        ids.shrink_to_fit();
        let ids = Arc::new(ids);
        self.kept.put(&which, begun, Arc::clone(&ids));
        Ok(ids)
    }
}
