//! Whether clients can be served now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether clients can be served: policies in force, listeners open, every directory answering, not stopping.
#[derive(Debug, Default)]
pub struct Readiness {
    policies: AtomicBool,
    listeners: AtomicBool,
    stopping: AtomicBool,
    directories: Vec<(Arc<str>, AtomicBool)>,
}

impl Readiness {
    /// Nothing is ready yet.
    pub fn new(directories: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            directories: directories
                .into_iter()
                .map(|name| (name, AtomicBool::new(false)))
                .collect(),
            ..Self::default()
        }
    }

    /// Policies are in force; a failed reload does not change that.
    pub fn policies_are_in_force(&self) {
        self.policies.store(true, Ordering::Release);
    }

    /// Clients can connect.
    pub fn listeners_are_open(&self) {
        self.listeners.store(true, Ordering::Release);
    }

    /// No more clients are taken.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether a directory answered when it was last asked; the answer says whether that is news.
    pub fn directory_answered(&self, directory: &str, answered: bool) -> bool {
        let known = self.directories.iter().find(|(name, _)| **name == *directory);
        known.is_some_and(|(_, state)| state.swap(answered, Ordering::AcqRel) != answered)
    }

    /// `Err` tells, in plain words, what is missing.
    pub fn state(&self) -> Result<(), String> {
        if self.stopping.load(Ordering::Acquire) {
            return Err("stopping".to_owned());
        }
        if !self.policies.load(Ordering::Acquire) {
            return Err("no policies are in force yet".to_owned());
        }
        if !self.listeners.load(Ordering::Acquire) {
            return Err("the listeners are not open yet".to_owned());
        }
        let silent: Vec<&str> = self
            .directories
            .iter()
            .filter(|(_, answered)| !answered.load(Ordering::Acquire))
            .map(|(name, _)| &**name)
            .collect();
        if silent.is_empty() {
            Ok(())
        } else {
            Err(format!("no answer from directory {}", silent.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_only_when_nothing_is_missing() {
        let readiness = Readiness::new(["one".into(), "two".into()]);
        assert_eq!(readiness.state().unwrap_err(), "no policies are in force yet");
        readiness.policies_are_in_force();
        assert_eq!(readiness.state().unwrap_err(), "the listeners are not open yet");
        readiness.listeners_are_open();
        assert_eq!(readiness.state().unwrap_err(), "no answer from directory one, two");
        assert!(readiness.directory_answered("one", true));
        assert!(readiness.directory_answered("two", true));
        assert_eq!(readiness.state(), Ok(()));
        assert!(!readiness.directory_answered("two", true));
        assert!(readiness.directory_answered("two", false));
        assert_eq!(readiness.state().unwrap_err(), "no answer from directory two");
        readiness.stopping();
        assert_eq!(readiness.state().unwrap_err(), "stopping");
    }
}
