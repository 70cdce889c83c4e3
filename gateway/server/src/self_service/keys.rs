//! Secrets that are made here where the configuration gives none: the key of what is kept, and programs' tokens.

use postern_identity::Secret;
use postern_identity::reset::Chance;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// The key of what is kept, in the state folder.
pub(crate) const KEY: &str = "self-service.key";
/// Octets of what is made; as hexadecimal digits twice as many.
const OCTETS: usize = 32;
/// The longest that is read.
const LONGEST: u64 = 4096;

/// Why there is no secret. Whoever runs the machine is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It cannot be read or made.
    #[error("{} cannot be read or made: the state_dir must be the gateway's own to write in", .0.display())]
    Io(PathBuf),
    /// Others may read it.
    #[error("{} can be read by others: chmod 600, and think about what they know now", .0.display())]
    Open(PathBuf),
    /// It is not what was made.
    #[error("{} is too short to be a secret: remove it, and another is made", .0.display())]
    Short(PathBuf),
    /// There is no randomness.
    #[error("there is no randomness to make a secret of")]
    NoRandomness,
}

/// The file of a token of this name.
pub(crate) fn token_file(name: &str) -> String {
    format!("{name}.token")
}

/// The secret in this file of the state folder; made, readable by us alone, if there is none.
pub(crate) fn kept(state_dir: &Path, file: &str, chance: &dyn Chance) -> Result<Secret, KeyError> {
    let path = state_dir.join(file);
    if let Some(secret) = read(&path)? {
        return Ok(secret);
    }
    let mut octets = Zeroizing::new([0; OCTETS]);
    if !chance.fill(&mut *octets) {
        return Err(KeyError::NoRandomness);
    }
    let made = make(state_dir, &path, &octets[..]);
    made.map_err(|_| KeyError::Io(path.clone()))?;
    // What stands there now: another program may have been faster.
    read(&path)?.ok_or(KeyError::Io(path))
}

fn read(path: &Path) -> Result<Option<Secret>, KeyError> {
    let io = |_: io::Error| KeyError::Io(path.to_owned());
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(KeyError::Io(path.to_owned()));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(KeyError::Open(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default()));
    file.read_to_string(&mut text).map_err(io)?;
    let text = text.trim_end();
    if text.len() < OCTETS {
        return Err(KeyError::Short(path.to_owned()));
    }
    Ok(Some(Secret::new(text.as_bytes())))
}

/// Written whole under another name first: a file that is there is a whole one.
fn make(state_dir: &Path, path: &Path, octets: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(state_dir)?;
    let mut text = Zeroizing::new(String::with_capacity(2 * octets.len() + 1));
    for octet in octets {
        for digit in [octet >> 4, octet & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text.push('\n');
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    // A link fails where there is one already: that one stays.
    let linked = written.and_then(|()| fs::hard_link(&new, path));
    let _ = fs::remove_file(&new);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    struct Counting;

    impl Chance for Counting {
        fn fill(&self, octets: &mut [u8]) -> bool {
            for (octet, number) in octets.iter_mut().zip(0..) {
                *octet = number;
            }
            true
        }
    }

    struct Nothing;

    impl Chance for Nothing {
        fn fill(&self, _: &mut [u8]) -> bool {
            false
        }
    }

    #[test]
    fn a_secret_is_made_once_and_is_ours_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        assert_eq!(kept(&state, KEY, &Nothing).err(), Some(KeyError::NoRandomness));
        let made = kept(&state, KEY, &Counting).unwrap();
        assert!(made.expose().starts_with(b"000102") && made.expose().len() == 64);
        let again = kept(&state, KEY, &Nothing).unwrap();
        assert!(made.same_as(&again));
        assert_eq!(fs::metadata(state.join(KEY)).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_that_others_may_know_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY);
        kept(folder.path(), KEY, &Counting).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(
            kept(folder.path(), KEY, &Counting).err(),
            Some(KeyError::Open(path.clone()))
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short\n").unwrap();
        assert_eq!(kept(folder.path(), KEY, &Counting).err(), Some(KeyError::Short(path)));
    }
}
