//! Settings that are changed while the program runs. What names there are, and what values fit, is the caller's to know.

use super::Stored;
use crate::clock::Timestamp;

/// Settings by their hierarchical names, such as `directories.main.self_service_reset`.
pub trait Settings: Send + Sync {
    /// What is set here. `None`: the file's value holds, or the default.
    fn setting<'a>(&'a self, name: &'a str) -> Stored<'a, Option<SettingRow>>;

    /// Everything that is set here, by name.
    fn settings(&self) -> Stored<'_, Vec<SettingRow>>;

    /// Sets one, or with `None` takes it away. Whoever asks afterwards finds it so.
    fn set<'a>(&'a self, name: &'a str, value: Option<&'a str>, at: Timestamp) -> Stored<'a, ()>;
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Its whole name.
    pub name: String,
    /// As it was written.
    pub value: String,
    /// When.
    pub at: Timestamp,
}
