//! That something is used once, on whichever node: counted where everything is kept.

use super::WINDOW;
use postern_identity::clock::Timestamp;
use postern_identity::records::{Allowance, ResetRecords, Spent};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Counts uses over all nodes that serve a site.
pub trait Uses: Send + Sync {
    /// Whether this is the first use of what has this name. `None`: that cannot be told now.
    fn first<'a>(
        &'a self,
        name: &'a [u8; 32],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>>;
}

/// In the store that all nodes share.
pub struct UsesInStore(pub Arc<dyn ResetRecords>);

impl Uses for UsesInStore {
    fn first<'a>(
        &'a self,
        name: &'a [u8; 32],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>> {
        Box::pin(async move {
            // There is another one only when the challenge is too old by far.
            let once = Allowance {
                key: *name,
                burst: 1,
                every: WINDOW * 2,
            };
            let spent = self.0.spend(&[once], now).await.ok()?;
            Some(matches!(spent, Spent::Taken { .. }))
        })
    }
}
