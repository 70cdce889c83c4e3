//! The side door: the pages of reset, change and unlock, and the API over the same use-cases.
//!
//! **Owns** the pages, their words in every language, and `/api/v1`.
//!
//! **Never knows** the order of reset steps, LDAP, SQL, policy files, the other doors.
//!
//! **The walk.** A request comes through `web`, is parsed into the types of `postern_identity::reset`, asked of `SelfService`, and what is told becomes a page or JSON.
//!
//! **To add a page:** its route, its template, its words in every language.

pub mod api;
