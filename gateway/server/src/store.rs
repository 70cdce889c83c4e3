//! What is kept: opened where something is kept, and what is wrong with it in words of whoever can mend it.

use crate::config::{Configuration, StorePlace};
use crate::settings::{SettingsBook, of_directory};
use postern_identity::Secret;
use postern_identity::records::Settings;
use postern_records::{FileFault, Migration, OpenError, PostgresSettings, SqliteSettings, Store, StoreSettings};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;

/// Whether anything is kept: an embedded directory, resets where pages are served, or settings because the file names a store. Otherwise none is
/// opened or made.
pub fn is_used(configuration: &Configuration) -> bool {
    configuration.store.is_written || !configuration.embedded.is_empty() || configuration.http.is_some()
}

/// Opens it, within a runtime; `None` where nothing is kept. Whoever opens it closes it.
pub async fn open(configuration: &Configuration) -> Result<Option<Arc<Store>>, OpenError> {
    if !is_used(configuration) {
        return Ok(None);
    }
    make_folder(configuration);
    Store::open(&settings(configuration))
        .await
        .map(|store| Some(Arc::new(store)))
}

/// Where it is.
pub fn settings(configuration: &Configuration) -> StoreSettings {
    match &configuration.store.place {
        StorePlace::Postgres { url, password } => StoreSettings::Postgres(PostgresSettings::new(
            url.as_str(),
            password.as_ref().map(Secret::duplicate),
        )),
        StorePlace::Sqlite(file) => StoreSettings::Sqlite(SqliteSettings::new(file)),
    }
}

/// Which schema is there; nothing is made or changed. `None`: nothing is kept there yet.
pub async fn look(configuration: &Configuration) -> Result<Option<Migration>, OpenError> {
    let state_dir = &configuration.server.state_dir;
    if is_in_state_dir(configuration) && !state_dir.exists() {
        return Ok(None);
    }
    let found = postern_records::migrate(&settings(configuration), false).await?;
    Ok(Some(found).filter(|migration| migration.found > 0))
}

/// Makes the state folder if the store is to stand in it. If that cannot be, the store says what is missing.
pub fn make_folder(configuration: &Configuration) {
    if is_in_state_dir(configuration) {
        let folder = &configuration.server.state_dir;
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
}

fn is_in_state_dir(configuration: &Configuration) -> bool {
    let state_dir = &configuration.server.state_dir;
    matches!(&configuration.store.place, StorePlace::Sqlite(file) if file.parent() == Some(state_dir))
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
