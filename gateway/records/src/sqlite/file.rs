//! The file itself: whose it is, whether it is ours, and that one process uses it at a time.

use crate::open_error::{FileFault, OpenError};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A file that is ours alone until this is dropped.
pub(super) struct Held {
    /// Without symbolic links in its folder.
    pub(super) file: PathBuf,
    _lock: File,
}

/// Takes the lock beside the file, which stays there: removing it would let two in. What is there and is no SQLite file is refused.
pub(super) fn hold(file: &Path) -> Result<Held, OpenError> {
    let file = whole(file)?;
    let beside = beside(&file, ".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&beside);
    let lock = lock.map_err(|error| fault(&beside, &error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { file }),
        Err(TryLockError::Error(error)) => return Err(fault(&beside, &error)),
    }
    Ok(Held { file, _lock: lock })
}

/// Whether there is anything in it. A file of something else is refused, and so is what cannot be read.
pub(super) fn is_there(file: &Path) -> Result<bool, OpenError> {
    let mut begin = Vec::new();
    match File::open(file).and_then(|open| open.take(16).read_to_end(&mut begin)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault(file, &error)),
        Ok(0) => Ok(false),
        Ok(_) if begin == MAGIC => Ok(true),
        Ok(_) => Err(OpenError::File {
            file: file.to_path_buf(),
            why: FileFault::NotOurs,
        }),
    }
}

/// Makes the file, or opens it to write, and shuts everybody else out of it and of what SQLite keeps beside it.
pub(super) fn make_private(file: &Path) -> Result<(), OpenError> {
    let open = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(file);
    open.map_err(|error| fault(file, &error))?;
    for path in [file.to_path_buf(), beside(file, "-wal"), beside(file, "-shm")] {
        let mode = match fs::metadata(&path) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(fault(&path, &error)),
        };
        if mode & 0o077 != 0 {
            fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(|error| fault(&path, &error))?;
        }
    }
    Ok(())
}

/// Its path without symbolic links, so that two names of one file have one lock.
fn whole(file: &Path) -> Result<PathBuf, OpenError> {
    let refused = |why| OpenError::File {
        file: file.to_path_buf(),
        why,
    };
    if let Ok(whole) = file.canonicalize() {
        return if whole.is_dir() {
            Err(refused(FileFault::NoFile))
        } else {
            Ok(whole)
        };
    }
    let name = file.file_name().ok_or(refused(FileFault::NoFile))?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match folder.canonicalize() {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(refused(FileFault::NoFolder)),
        Err(error) => Err(fault(file, &error)),
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

pub(super) fn fault(file: &Path, error: &io::Error) -> OpenError {
    let why = match error.kind() {
        ErrorKind::IsADirectory => FileFault::NoFile,
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileFault::NoFolder,
        ErrorKind::PermissionDenied => FileFault::Rights,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => FileFault::NoRoom,
        _ => FileFault::System,
    };
    OpenError::File {
        file: file.to_path_buf(),
        why,
    }
}
