//! The harness: the real program, real directories and a client that sees octets.
//!
//! **Owns** processes ([`process`]), free ports ([`port`]), a slapd with people in every state ([`slapd`], [`people`]), a 389
//! Directory Server with the same ([`ds389`]), a Samba domain controller with its own ([`samba`], [`samba::people`]), the built
//! `postern` with a configuration of its own ([`gateway`], [`policies`]), certificates made for one test ([`certificates`]), the raw
//! client ([`wire`]) and its requests ([`request`]), captures compared byte for byte ([`golden`]), file systems that come, go and fill
//! up ([`mounts`]), applications people sign in to ([`applications`]), a browser and a program over TLS ([`browser`]), a provisioning client ([`mod@scim`]), a mail server ([`mailbox`]) and tables of what they show ([`sightings`]).
//!
//! **Never knows** what the product ought to answer: that stands in the stories (`tests/stories`).
//!
//! **The walk.** A story starts [`slapd::Slapd::start`], puts [`gateway::Gateway::start`] before it, talks to both with
//! [`wire::Wire`]. Everything is ended by its process id when it is dropped, also when the story fails; what the
//! processes said is then shown. Nothing sleeps: what takes time is looked at until it is so, or a deadline passes ([`mod@eventually`]).
//! A machine without a directory gets one from `tests/setup`, or the stories fail and say so; none is skipped.
//!
//! **To add a story**: a function in a module of `tests/stories`, named after the fact it shows. **To add an account state**: a line in
//! [`people`], then `POSTERN_BLESS=1 cargo test -p postern-tests --test stories golden` and a look at what changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    reason = "a test may fail where it stands, and says why on standard error"
)]

pub mod applications;
pub mod browser;
pub mod certificates;
pub mod chance;
pub mod ds389;
pub mod eventually;
pub mod gateway;
pub mod golden;
pub mod mailbox;
pub mod metrics;
pub mod mounts;
pub mod people;
pub mod policies;
pub mod port;
pub mod process;
pub mod puppet;
pub mod replicas;
pub mod request;
pub mod samba;
pub mod scim;
pub mod sightings;
pub mod slapd;
pub mod tally;
pub mod wire;

pub use browser::{Browser, Page};
pub use ds389::{Ds389, Ds389Settings};
pub use eventually::eventually;
pub use gateway::{Gateway, GatewaySettings};
pub use mailbox::{Mail, Mailbox};
pub use people::PASSWORD;
pub use samba::{Samba, SambaSettings};
pub use scim::Scim;
pub use slapd::{Slapd, SlapdSettings};
pub use tally::Tally;
pub use wire::{Answer, Wire};
