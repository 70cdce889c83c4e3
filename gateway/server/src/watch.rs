//! Tells when files or folders have changed and are quiet again.
//!
//! The kernel's notices come first; because they can be missed (network file systems, a folder behind several links, too few
//! watches), whoever waits is also woken now and then and looks for itself. Nothing is read here.
//!
//! A file system that comes or goes gives no notice either; so the folders are glanced at, whether they are still those they were.
//!
//! A Kubernetes ConfigMap or Secret changes by swapping a `..data` link inside the folder; editors write beside and rename; a
//! whole folder may be replaced. So a folder is watched together with the folder above it, also where links lead, and the
//! watches are set anew each time.

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

/// This long without a further change counts as quiet.
const QUIET: Duration = Duration::from_millis(150);
/// After this long it is looked at all the same.
const LONGEST_UNREST: Duration = Duration::from_secs(1);
/// How often whoever waits looks for itself.
const POLL: Duration = Duration::from_secs(30);
/// The same where the kernel gives no notice.
const POLL_BLIND: Duration = Duration::from_secs(2);
/// How often it is seen whether something was mounted over a folder, or unmounted.
const GLANCE: Duration = Duration::from_secs(1);

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A folder: any change of a file in it.
    Folder(PathBuf),
    /// A file, or what stands in for it.
    File(PathBuf),
}

/// Why whoever waits was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Something changed, and it has been quiet since, or restless for long.
    Changed,
    /// Time to look, without a notice.
    Poll,
    /// Somebody asked.
    Asked,
}

/// Watches some targets.
pub struct Watch {
    targets: Arc<Vec<Target>>,
    changed: Arc<Notify>,
    asked: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    /// Folders that have a watch.
    watched: BTreeSet<PathBuf>,
    /// The folders, and which each of them was when the watches were set.
    folders: Vec<(PathBuf, Option<Identity>)>,
    /// Where links led when the watches were set; shared with the watcher's own thread.
    resolved: Arc<Mutex<Vec<Target>>>,
}

/// Device and inode: another file system has another device.
type Identity = (u64, u64);

impl Watch {
    /// Begins to watch. Where the kernel gives no notices, only the clock is left.
    pub fn new(targets: Vec<Target>, asked: Arc<Notify>) -> Self {
        let targets = Arc::new(targets);
        let changed = Arc::new(Notify::new());
        let resolved = Arc::new(Mutex::new(Vec::new()));
        let (tell, of, links) = (Arc::clone(&changed), Arc::clone(&targets), Arc::clone(&resolved));
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let links = links.lock().unwrap_or_else(PoisonError::into_inner);
            // A watcher in trouble may have missed something.
            if event.map_or(true, |event| concerns(&event, &of) || concerns(&event, &links)) {
                tell.notify_one();
            }
        });
        let mut watch = Self {
            targets,
            changed,
            asked,
            watcher: watcher.ok(),
            watched: BTreeSet::new(),
            folders: Vec::new(),
            resolved,
        };
        watch.set();
        if watch.watcher.is_none() {
            tracing::warn!(target: "postern::watch", "the kernel gives no notice of changed files; they are looked at every two seconds");
        }
        watch
    }

    /// Waits for the next reason to look. Watches are in place again when this returns, so what changes during the look is told
    /// afterwards.
    pub async fn next(&mut self) -> Cause {
        let poll = if self.watcher.is_some() { POLL } else { POLL_BLIND };
        let cause = tokio::select! {
            biased;
            () = self.asked.notified() => Cause::Asked,
            waited = timeout(poll, self.changed.notified()) => match waited {
                Ok(()) => {
                    self.settle().await;
                    Cause::Changed
                }
                Err(_) => Cause::Poll,
            },
            () = self.mounts_changed() => {
                self.settle().await;
                Cause::Changed
            }
        };
        self.set();
        cause
    }

    /// Waits until a folder is not the one it was.
    async fn mounts_changed(&self) {
        loop {
            tokio::time::sleep(GLANCE).await;
            for (folder, known) in &self.folders {
                // A file system that hangs keeps a thread of its own waiting, not one that serves clients.
                let now = tokio::fs::metadata(folder).await.ok();
                if now.map(|metadata| identity(&metadata)) != *known {
                    return;
                }
            }
        }
    }

    async fn settle(&self) {
        let end = Instant::now() + LONGEST_UNREST;
        while Instant::now() < end {
            let quiet = (Instant::now() + QUIET).min(end);
            if timeout_at(quiet, self.changed.notified()).await.is_err() {
                return;
            }
        }
    }

    /// Watches the folders as they are now.
    fn set(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        let mut resolved = Vec::new();
        let mut folders = BTreeSet::new();
        for target in self.targets.iter() {
            folders.extend(folders_of(target));
            if let Some(target) = resolve(target) {
                folders.extend(folders_of(&target));
                resolved.push(target);
            }
        }
        *self.resolved.lock().unwrap_or_else(PoisonError::into_inner) = resolved;
        // Set anew even where one stands: the folder of that name may be another one now.
        for folder in std::mem::take(&mut self.watched) {
            let _ = watcher.unwatch(&folder);
        }
        self.folders.clear();
        for folder in folders {
            let metadata = std::fs::metadata(&folder).ok();
            if watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok() {
                self.watched.insert(folder.clone());
            }
            self.folders.push((folder, metadata.as_ref().map(identity)));
        }
    }
}

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// The folders whose notices tell of a target.
fn folders_of(target: &Target) -> Vec<PathBuf> {
    let (own, path) = match target {
        Target::Folder(path) => (Some(path.clone()), path),
        Target::File(path) => (None, path),
    };
    own.into_iter().chain(above(path)).collect()
}

fn above(path: &Path) -> Option<PathBuf> {
    let above = path.parent()?;
    Some(if above.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        above.to_owned()
    })
}

/// Where links lead.
fn resolve(target: &Target) -> Option<Target> {
    Some(match target {
        Target::Folder(path) => Target::Folder(path.canonicalize().ok()?),
        Target::File(path) => Target::File(path.canonicalize().ok()?),
    })
}

/// Whether a notice is about one of these. Reading is no change, or our own reading would wake us.
fn concerns(event: &Event, targets: &[Target]) -> bool {
    let reading = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
    if event.need_rescan() {
        return true;
    }
    !reading
        && event.paths.iter().any(|path| {
            targets.iter().any(|target| match target {
                Target::Folder(folder) => path.starts_with(folder) || path.as_path() == folder,
                Target::File(file) => path == file || (path.parent() == file.parent() && is_swap(path.file_name())),
            })
        })
}

/// `..data` and its like, by which Kubernetes swaps all files of a folder.
fn is_swap(name: Option<&OsStr>) -> bool {
    name.is_some_and(|name| name.as_encoded_bytes().starts_with(b".."))
}

#[cfg(test)]
mod tests;
