//! Resources as JSON: lenient in, strict out.
//!
//! **The walk.** A body is read within its limits (`read`), its attributes are converted to what the schema says they are (`convert`), as a whole resource
//! (`incoming`) or as the values of [`patch`](crate::patch); a resource is shown (`show`) as far as it is wanted (`projection`).

pub(crate) mod convert;
pub(crate) mod incoming;
mod projection;
mod read;
mod show;
#[cfg(test)]
mod tests;

pub use incoming::{Incoming, resource};
pub use projection::Projection;
pub(crate) use read::named;
pub use read::read;
pub(crate) use show::endpoint;
pub use show::show;

use postern_identity::provisioning::ResourceId;

/// How much a client is forgiven: an option of its token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Wrong types are converted where it is clear what was meant, unknown names are passed over, what is there already or gone already is well.
    #[default]
    Lenient,
    /// As the RFCs have it.
    Strict,
}

/// How ids are spelled: [`Provisioned::id`](postern_identity::provisioning::Provisioned::id).
pub type ReadId<'a> = &'a (dyn Fn(&str) -> Option<ResourceId> + Sync);
