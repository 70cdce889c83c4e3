//! The side door: the pages of reset, change and unlock, and the API over the same use-cases.
//!
//! **Owns** the pages, their words in every language, the letters, how a site looks, the work asked of whoever wants a message, and `/api/v1`.
//!
//! **Never knows** the order of reset steps, LDAP, SQL, policy files, the other doors.
//!
//! **The walk.** A request comes through `web`, is parsed into the types of `postern_identity::reset`, asked of `SelfService`, and what is told becomes
//! a page or JSON. Where somebody is sent next is read from how the context stands, never from the page they came from. [`Portal`] is one site's pages
//! and what it shows when something is wrong; [`Letters`] writes what people are sent; a [`Brand`] is checked when it is read, so that nothing
//! unreadable and nothing that runs is shown.
//!
//! **To add a page:** its route in `pages.rs`, its handler and template, its words in `words/*.ftl` (build.rs makes a function of each message and
//! compares the languages), and itself in `every_page` of `tests/pages/markup.rs` and in `tests/pages/walk.mjs` of the project.
//!
//! **To add an endpoint** of the API: [`api`] says how; `POSTERN_BLESS=1 cargo test -p postern-portal description` writes its description anew.
//!
//! **To add a language:** its file in `words`, its line in build.rs with the plural forms it has, its variant of [`Language`].

pub mod api;
mod brand;
mod letters;
mod pages;
mod portal;
mod proof_of_work;
mod words;

pub use brand::{Brand, BrandError, BrandParts, Colour, HelpDesk, LegalLink, Logo, NoLogo};
pub use letters::Letters;
pub use portal::{Portal, Ports, Settings};
pub use proof_of_work::{ProofSettings, Uses, UsesInStore};
pub use words::Language;
