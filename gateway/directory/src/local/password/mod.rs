//! Passwords of the embedded directory: what hashes are read and written, who hashes, and what the password policy has to say.
//!
//! **The walk of a sign-in.** [`Policy::read`] of the account's policy, or [`Policy::built_in`] → [`policy::before_bind`] says whether the
//! password may be looked at → [`Hasher::verify`], with no values where it may not, so that it takes as long → [`policy::after_bind`] says
//! the answer and what changes in the account's entry, with the value [`Verified::Right`] wants written instead, if it does.
//!
//! **The walk of a new password.** [`set_password`], or [`first_password`] for a new entry: the policy in slapd's order, old passwords
//! compared, the new one hashed → what changes in the entry.
//!
//! Everything but the [`Hasher`] is a function of the entry, the policy and the time.
//!
//! **To read one more kind of hash**: a file in `hash/`, its name in `hash::Stored::read` and the table there, with what the tool that
//! writes it wrote as a test.

pub mod hash;
mod history;
pub mod policy;
mod pool;
mod quality;
mod random;
mod set;

pub use hash::{Cost, CostFault, Form};
pub use policy::{Policy, PolicyFault, PolicyRefusal, Replace};
pub use pool::{Hasher, HasherBusy, HasherSettings, HasherShare, Verified};
pub use quality::NewPassword;
pub use random::{NoRandomness, Randomness, SystemRandomness};
pub use set::{By, NotSet, OldPassword, Setting, first_password, password_removed, set_password};
