//! What a route shows of its directory otherwise than it is.

use crate::shape::ShapeSettings;
use crate::suffix::SuffixSettings;

/// How a route shows its directory. By default as it is.
#[derive(Debug, Clone, Default)]
pub struct ShownAs {
    /// Under another suffix.
    pub suffix: Option<SuffixSettings>,
    /// As another product.
    pub shape: Option<ShapeSettings>,
}

impl ShownAs {
    /// Whether anything is shown otherwise than it is.
    pub fn is_otherwise(&self) -> bool {
        self.suffix.is_some() || self.shape.is_some()
    }
}
