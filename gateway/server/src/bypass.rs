//! `postern panic transparent`, as a file between the command and the running program.
//!
//! The command writes `bypass.json` into the state folder; the program watches for it, puts the bypass in force and ends it when its
//! time is up, whoever has forgotten it. Only the account the program runs as, and root, can begin one: the file counts only if
//! nobody else could have written it.

pub mod keeper;

use postern_identity::Timestamp;
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use thiserror::Error;

/// The file's name in the state folder.
const NAME: &str = "bypass.json";
/// Nothing that may be believed is longer, in octets.
const LONGEST: u64 = 4096;
/// The longest a bypass may last, in seconds: a day.
pub const LONGEST_SECONDS: i64 = 24 * 60 * 60;

/// A bypass, as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bypass {
    /// When it was asked for.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Who asked, as far as the command could tell.
    pub by: String,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// Why a bypass file does not count, or could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BypassError {
    /// Somebody other than the program's own account or root could have written it.
    #[error("it belongs to somebody else, or others may write it")]
    Foreign,
    /// It is not what the command writes.
    #[error("it is not what postern panic writes")]
    Unreadable,
    /// It would last longer than a day.
    #[error("it would last longer than a day")]
    TooLong,
    /// The disk of the state folder is full.
    #[error("there is no room for it on the disk")]
    NoRoom,
    /// The state folder is made when the program first runs.
    #[error("there is no such folder")]
    NoFolder,
    /// The state folder does not let it be read or written.
    #[error("it cannot be read or written")]
    Io,
}

/// Of how many askings of this process their files are told apart.
static ASKINGS: AtomicU32 = AtomicU32::new(0);
/// By so many seconds a clock may be set back without ending a bypass of a day.
const SET_BACK_SECONDS: i64 = 60;

impl Bypass {
    /// Whether it holds at `now`. One of a clock that was wrong, and ends after more than a day, does not.
    pub fn holds(&self, now: Timestamp) -> bool {
        let left = self.until.as_second().saturating_sub(now.as_second());
        now < self.until && left <= LONGEST_SECONDS + SET_BACK_SECONDS
    }

    /// The one that was asked for, whether it still holds or not. `None` if none was.
    pub fn read(state_dir: &Path) -> Result<Option<Self>, BypassError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(path(state_dir), flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(BypassError::Foreign),
            Err(_) => return Err(BypassError::Io),
        };
        let facts = file.metadata().map_err(|_| BypassError::Io)?;
        let own = rustix::process::geteuid().as_raw();
        if !facts.is_file() || !(facts.uid() == own || facts.uid() == 0) || facts.mode() & 0o022 != 0 {
            return Err(BypassError::Foreign);
        }
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|_| BypassError::Unreadable)?;
        let bypass: Self = serde_json::from_str(&text).map_err(|_| BypassError::Unreadable)?;
        if bypass.until.as_second().saturating_sub(bypass.since.as_second()) > LONGEST_SECONDS {
            return Err(BypassError::TooLong);
        }
        Ok(Some(bypass))
    }

    /// Asks for it: the whole file at once, readable by its owner alone. Of several who ask at once the last is heard.
    pub fn write(&self, state_dir: &Path) -> Result<(), BypassError> {
        let asking = ASKINGS.fetch_add(1, Ordering::Relaxed);
        let new = state_dir.join(format!("{NAME}.{}-{asking}.new", std::process::id()));
        let written = (|| {
            // Left behind by a command that was interrupted.
            let _ = fs::remove_file(&new);
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_all()?;
            fs::rename(&new, path(state_dir))
        })();
        written.map_err(|error| {
            let _ = fs::remove_file(&new);
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BypassError::NoRoom,
                ErrorKind::NotFound => BypassError::NoFolder,
                _ => BypassError::Io,
            }
        })
    }

    /// Takes it back. Fine if there is none.
    pub fn remove(state_dir: &Path) -> Result<(), BypassError> {
        match fs::remove_file(path(state_dir)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(BypassError::Io),
            _ => Ok(()),
        }
    }
}

/// Where it is asked for.
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(NAME)
}

#[cfg(test)]
mod tests;
