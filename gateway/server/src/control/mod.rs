//! The control socket: how commands on the same machine reach what a running gateway holds.
//!
//! It stands at `<state folder>/control.sock`, is its owner's alone, and takes nobody but the account the gateway runs as, and root. A
//! caller says in one line what it wants, and is answered `ok` or `error` and the reason in one line:
//!
//! - `ldap NAME`: from then on LDAP frames of the embedded directory of that name, as the one who may do everything there;
//! - `service NAME`: `ok` is followed by the password of the gateway's own account in that directory, made at its start;
//! - `settings`: from then on one JSON request a line, and one JSON answer a line (see [`settings`]);
//! - `onboarding`: the same about who is onboarded (see [`crate::self_service`]).
//!
//! Whoever can open it owns the store's files anyway. One gateway at a time stands there: it holds a lock beside the socket for as long as it
//! lives, so that a socket left behind by one that was killed is known for what it is.

mod caller;
pub mod client;
mod listen;
pub mod settings;
#[cfg(test)]
mod tests;

pub use caller::{Offered, OfferedDirectory};
pub use listen::{Control, ControlError};

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The socket's name in the state folder.
const SOCKET: &str = "control.sock";
/// The longest line, in octets.
const LONGEST_LINE: usize = 4096;
/// Callers at a time.
const MOST_CALLERS: usize = 16;
/// How long a caller has to say what it wants.
const FIRST_LINE: Duration = Duration::from_secs(5);
/// How long a caller may be silent.
const SILENCE: Duration = Duration::from_mins(10);

/// Where it stands.
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(SOCKET)
}
