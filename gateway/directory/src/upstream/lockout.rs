//! After how many wrong passwords a directory locks an account, and how many it has counted.

/// What an account's entry and policy say of locking it. What could not be read is `None`, never a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lockout {
    /// The wrong password that locks: 5 means that the fifth does.
    pub threshold: u32,
    /// How long the directory counts one, in seconds; 0 is until the next success.
    pub interval_seconds: u32,
    /// Those it counts now.
    pub failures: u32,
    /// Whether the account is locked already, so that the directory looks at no password.
    pub locked: bool,
}
