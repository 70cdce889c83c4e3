//! Provisioning: programs make, read, change and remove the accounts and groups of the directories that are there already, and see and set how
//! accounts stand.
//!
//! **The walk.** A door parses what a program sent into [`Query`]s, [`Draft`]s and wishes for [`Attributes`], with the words of the [`Types`] that the
//! directory really holds. The [`Registrar`] asks who owns a password before one is written, reserves what must be unique, hands over to the
//! directory through [`Provisioned`], tells the other doors, and puts every change on record with what it was and what it is.
//!
//! **To add an attribute:** a row in the directory's mapping; nothing here knows any by name but those of an account's own state
//! ([`account_state`]).

pub mod account_state;
mod edit;
pub mod error;
pub mod evaluate;
pub mod filter;
pub mod ports;
pub mod query;
pub mod registrar;
pub mod resource;
pub mod schema;
pub mod value;

pub use edit::{Edit, MembersChange};
pub use error::{EditFault, EditFaultKind, ProvisioningError};
pub use filter::{Filter, Operand, Operator, Path};
pub use ports::{Draft, Provisioned, Reply};
pub use query::{Query, Reach, Sort, Wanted};
pub use registrar::{Actor, Against, Provisioning, Registrar, RegistrarParts, Wish};
pub use resource::{AccountFacts, Resource, ResourceId, ResourceKind, Version};
pub use schema::{Attribute, Mutability, Returned, Schema, Shape, TypeSchema, Types, Uniqueness};
pub use value::{Attributes, Key, Value};
