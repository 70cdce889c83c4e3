//! The embedded directory: an LDAP server in this process, reached by lanes that carry the same frames as any other's.

pub mod entry;
pub mod filter;
pub mod password;
pub mod path;
pub mod schema;
