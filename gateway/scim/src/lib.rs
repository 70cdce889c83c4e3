//! SCIM 2.0 (RFC 7643, RFC 7644) for programs that provision.
//!
//! **Owns** the wire: filters and PATCH paths ([`wire`]), JSON in and out ([`json`]), PATCH ([`patch`]), the documents that say what there is
//! ([`documents`]), lists with their snapshots, and the routes.
//!
//! **Never knows** LDAP, DNs, SQL, which directory is behind it, the order of steps of a reset.
//!
//! **The walk.** A request has passed the edge and shows a token; its route reads it ([`json`], [`wire`]) with the words of the directory's own
//! [`Types`](postern_identity::provisioning::Types), asks [`Provisioning`](postern_identity::provisioning::Provisioning), and shows what came of it;
//! whatever went wrong is one row of [`error`]'s table.
//!
//! **To add an endpoint:** a file under `routes` and its line in the router; what it can refuse is a row in [`error`].

mod caller;
pub mod documents;
pub mod error;
#[cfg(test)]
mod fixture;
mod headers;
pub mod json;
mod lists;
pub mod patch;
mod routes;
mod scalar;
pub mod wire;

pub use caller::{GROUPS, PASSWORD, READ, WRITE};
pub use json::Strictness;
pub use routes::{LARGEST_BODY, ScimPorts, Settings, routes};
