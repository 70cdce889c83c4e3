//! What is kept: opened where something is kept, and what is wrong with it in words of whoever can mend it.

use crate::config::{Configuration, StorePlace};
use crate::settings::{SettingsBook, of_directory};
use postern_identity::records::Settings;
use postern_records::{FileFault, OpenError, PostgresSettings, SqliteSettings, Store, StoreSettings};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

/// Whether anything is kept: an embedded directory, or settings because the file names a store. Otherwise none is opened or made.
pub fn is_used(configuration: &Configuration) -> bool {
    configuration.store.is_written || !configuration.embedded.is_empty()
}

/// Opens it, within a runtime; `None` where nothing is kept. Whoever opens it closes it.
pub async fn open(configuration: &Configuration) -> Result<Option<Arc<Store>>, OpenError> {
    if !is_used(configuration) {
        return Ok(None);
    }
    Store::open(&settings(configuration)).await.map(|store| Some(Arc::new(store)))
}

/// Where it is. The state folder is made where it is not there yet.
pub fn settings(configuration: &Configuration) -> StoreSettings {
    match &configuration.store.place {
        StorePlace::Postgres { url, password } => {
            StoreSettings::Postgres(PostgresSettings::new(url.as_str(), password.as_ref().map(|password| password.duplicate())))
        }
        StorePlace::Sqlite(file) => {
            let state_dir = &configuration.server.state_dir;
            if file.parent() == Some(state_dir) {
                // If it cannot be made the store says what is missing.
                let _ = DirBuilder::new().recursive(true).mode(0o700).create(state_dir);
            }
            StoreSettings::Sqlite(SqliteSettings::new(file))
        }
    }
}

/// The settings of a configuration, over the store where there is one.
pub fn book(configuration: &Configuration, store: Option<Arc<dyn Settings>>) -> SettingsBook {
    let definitions = configuration
        .directories
        .iter()
        .flat_map(|directory| of_directory(&directory.name.0, directory.is_in_process()));
    SettingsBook::new(definitions.collect(), &configuration.values, store)
}

/// Whether whoever wrote the configuration is to blame, and not the machine.
pub fn is_misconfigured(error: &OpenError) -> bool {
    match error {
        OpenError::Address(_) => true,
        OpenError::File { why, .. } => matches!(why, FileFault::NoFile | FileFault::NoFolder | FileFault::NotOurs),
        _ => false,
    }
}
