//! The heart: what an account is, what a directory told us of it, who owns its password, and who decides.
//!
//! **Owns** [`Standing`] (what a directory said of an account) and [`Proven`] (whether the password was confirmed in this
//! exchange), [`Authority`] (who owns the password) and the [rules](authority) that find it out, [`Secret`], [`Clock`], names of
//! things that are not protocol ([`DistinguishedName`], [`AccountKey`]), the questions the doors ask ([`decide`]), the port through
//! which every refusal and sign-in is recorded and notices are given ([`audit`]), and the one through which people are found and looked
//! after ([`directory`], [`Person`]), those to what is kept ([`records`]), and [self-service](reset): its states, its rules and its ports.
//!
//! **Never knows** SQL, BER, HTTP, any wire JSON, files, sockets, or the language rules are written in.
//!
//! **The walk.** A door learns `(Standing, Proven)` from a directory, passes them through [`disclose`], the only place
//! that says what may be told, asks [`decide::Decide`] for a verdict, and writes one [`audit::Event`].
//!
//! **To add a state** an account can be in: a variant of [`State`] and its name in [`StateName`]; the compiler then leads
//! through every dialect that reads it and every surface that shows it.

pub mod account;
pub mod audit;
pub mod authority;
pub mod clock;
pub mod connection;
pub mod decide;
pub mod directory;
pub mod name;
pub mod password;
pub mod person;
pub mod provisioning;
pub mod records;
pub mod reset;
pub mod secret;
pub mod standing;
mod surface;

pub use account::{AccountKey, DirectoryName};
pub use authority::Authority;
pub use clock::{Clock, Timestamp};
pub use connection::ConnectionFacts;
pub use directory::{Directory, DirectoryError};
pub use name::{AttributeName, DistinguishedName, NameError};
pub use password::{PasswordRefusal, PasswordRule, StandingChange};
pub use person::Person;
pub use secret::Secret;
pub use standing::{
    Cause, Disclosed, Evidence, LockedBy, Proven, Source, Standing, State, StateName, Warning, disclose,
};
