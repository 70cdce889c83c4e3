//! After how many wrong passwords a directory locks an account, and how many it has counted.

/// What an account's entry and policy say of locking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// When it locks.
    pub policy: LockoutPolicy,
    /// How long ago, in seconds, the wrong passwords were tried that the entry shows.
    pub failure_ages: Vec<u32>,
    /// Whether the account is locked already, so that the directory looks at no password.
    pub locked: bool,
}

/// When a directory locks an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockoutPolicy {
    /// By this many.
    Locks {
        /// The wrong password that locks: 5 means that the fifth does.
        threshold: u32,
        /// How long the directory counts one, in seconds; 0 is until the next success.
        interval_seconds: u32,
    },
    /// Never.
    Never,
    /// Nobody told us.
    Unknown,
}

impl Lockout {
    /// Those that count if each counts for so many seconds; 0 is for ever.
    pub fn failures(&self, interval_seconds: u32) -> u32 {
        let counts = |age: &&u32| interval_seconds == 0 || **age <= interval_seconds;
        u32::try_from(self.failure_ages.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }
}
