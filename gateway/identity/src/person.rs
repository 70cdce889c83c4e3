//! A person as one directory knows them: one account of theirs, what they are called and how they are reached.

use crate::account::AccountKey;
use std::fmt;

/// The most groups of one account that are told.
pub const MOST_GROUPS: usize = 10_000;
/// How many groups deep nesting is followed.
pub const DEEPEST_NESTING: usize = 16;
/// The most values of one kind that are told of a person.
pub const MOST_VALUES: usize = 64;
/// The longest such value, in octets. Longer ones are left out.
pub const LONGEST_VALUE: usize = 1024;

/// One account of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Which account, for good.
    pub key: AccountKey,
    /// Where it is now, as the directory writes it: to show, and to reach it quickly. It changes, and may be another's tomorrow.
    pub dn: String,
    /// Plain names to sign in with.
    pub logins: Vec<String>,
    /// `user@domain` to sign in with, where the directory has such an attribute.
    pub upn: Option<String>,
    /// What to call them.
    pub display_name: Option<String>,
    /// Mail addresses, the directory's first one first. What is no address is left out.
    pub mails: Vec<String>,
    /// Telephone numbers, mobile ones first, as the directory writes them.
    pub phones: Vec<String>,
    /// Of these addresses and numbers, those that stand in attributes alone which people can write in their own entries.
    pub self_asserted: Vec<String>,
    /// The languages they prefer (RFC 9110 §12.5.4), as the directory writes them.
    pub language: Option<String>,
    /// Their manager's DN; [`Directory::manager`](crate::directory::Directory::manager) says whose account that is.
    pub manager: Option<String>,
    /// What all accounts of this person have in common, where an attribute for that is configured.
    pub link: Option<String>,
}

/// The key alone: the rest is somebody's data.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Which groups are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// Those that name the account itself.
    Direct,
    /// And those that name one of these, [`DEEPEST_NESTING`] deep. Dear to some directories: only where somebody asks for it.
    Nested,
}
