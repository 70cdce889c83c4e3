//! The person types it.

use crate::reset::ports::{Chance, Source};
use crate::secret::Secret;

/// The source "typed": taken as it is, not a character changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed;

impl Source for Typed {
    fn name(&self) -> &'static str {
        "typed"
    }

    fn password(&self, typed: Option<&Secret>, _chance: &dyn Chance) -> Option<Secret> {
        typed.filter(|typed| !typed.is_empty()).map(Secret::duplicate)
    }
}
