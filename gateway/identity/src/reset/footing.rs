//! What a context is for whoever holds it.

use super::context::{Held, Loaded};
use super::stages::Kept;
use super::told::Ending;
use crate::clock::Timestamp;

/// What it is for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Footing {
    /// Nothing is proven in it, as far as they are concerned. Everybody's looks like this, and nobody's.
    Open,
    /// They have proven something in it.
    Proven,
    /// It is over.
    Over(Ending),
}

impl Loaded {
    /// What it is for them. As long as nothing is proven this depends on what was asked and when, and never on whom it was asked for.
    pub(super) fn footing(&self, held: Held, at: Timestamp) -> Footing {
        let expired = (at >= self.base.expires_at).then_some(Ending::Expired);
        let open = self.base.asked_over.or(expired).map_or(Footing::Open, Footing::Over);
        match (&self.stage, held) {
            (_, Held::Former) => Footing::Over(Ending::Used),
            (_, Held::Once) | (Kept::Requested(_) | Kept::Challenged(_), Held::Now) => open,
            (Kept::Over(stage), Held::Now) => Footing::Over(stage.ending),
            (_, Held::Now) => Footing::Proven,
        }
    }
}
