//! The socket itself: made, guarded, and taken away at the end.

use super::{MOST_CALLERS, Offered, caller, path};
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long nobody is taken after the system could not give a descriptor.
const BREATH: Duration = Duration::from_millis(100);

/// Why there is no control socket. Whoever runs the machine is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ControlError {
    /// Another gateway stands there.
    #[error("another gateway uses {} already: end it, or give this one a state_dir of its own", .0.display())]
    InUse(PathBuf),
    /// A socket's path has about a hundred octets.
    #[error("{} is too long for a socket: a shorter state_dir", .0.display())]
    TooLong(PathBuf),
    /// It cannot be made.
    #[error("{} cannot be made: the state_dir must be the gateway's own to write in", .0.display())]
    Io(PathBuf),
}

/// The socket, listened on.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
    /// Held for as long as we live; the system lets go of it however we end.
    _lock: File,
}

impl Control {
    /// Takes the place of whoever was there and is no more. Must be called inside a runtime.
    pub fn listen(state_dir: &Path) -> Result<Self, ControlError> {
        let path = path(state_dir);
        let io = |_: io::Error| ControlError::Io(path.clone());
        fs::create_dir_all(state_dir).map_err(io)?;
        let mut options = File::options();
        let lock = options.create(true).write(true).truncate(false).mode(0o600);
        let lock = lock.open(path.with_extension("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ControlError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // Left behind: its owner would hold the lock.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => ControlError::TooLong(path.clone()),
            _ => ControlError::Io(path.clone()),
        })?;
        // Until here whoever comes is judged by who they are alone.
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(io)?;
        Ok(Self {
            listener,
            path,
            _lock: lock,
        })
    }

    /// Serves callers until `stop`; then ends them all and takes the socket away.
    pub async fn serve(self, offered: Arc<Offered>, stop: CancellationToken) {
        let callers = TaskTracker::new();
        let places = Arc::new(Semaphore::new(MOST_CALLERS));
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            let Ok((stream, _)) = accepted else {
                // Out of descriptors, most likely: whoever waits is taken later.
                stop.run_until_cancelled(tokio::time::sleep(BREATH)).await;
                continue;
            };
            if !is_ours(&stream) {
                tracing::warn!(target: "postern", "somebody else than the gateway's account called at the control socket");
                continue;
            }
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                continue;
            };
            let (offered, stop) = (Arc::clone(&offered), stop.clone());
            callers.spawn(async move {
                stop.run_until_cancelled(caller::serve(stream, &offered)).await;
                drop(place);
            });
        }
        let _ = fs::remove_file(&self.path);
        callers.close();
        callers.wait().await;
    }
}

/// Whether whoever called is the account we run as, or root.
fn is_ours(stream: &UnixStream) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == ours || peer.uid() == 0)
}
