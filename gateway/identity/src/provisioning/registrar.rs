//! The use-cases of provisioning.

use std::sync::Arc;

/// Who asks.
pub struct Actor {
    /// The name of the program's token.
    pub token: Arc<str>,
}

/// What doors ask.
pub trait Provisioning: Send + Sync {}

/// One directory's provisioning.
pub struct Registrar {}
