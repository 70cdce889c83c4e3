//! What holds now: the store's value, else the file's, else the default.

use super::{Definition, LONGEST, REQUIRED, Value};
use postern_identity::Timestamp;
use postern_identity::records::{RecordsError, SettingRow, Settings};
use postern_policy::problem::{one_of, quoted};
use std::sync::{Arc, PoisonError, RwLock};
use thiserror::Error;

/// Where settings are asked for and set. Shared.
pub struct SettingsBook {
    /// By name.
    definitions: Vec<Definition>,
    /// What the file says, by name. It may be saved anew.
    file: RwLock<Vec<(String, Value)>>,
    store: Option<Arc<dyn Settings>>,
}

/// A setting as it holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Which.
    pub definition: Definition,
    /// What holds.
    pub value: Value,
    /// Who says so.
    pub origin: Origin,
    /// What the file says.
    pub in_file: Option<Value>,
    /// When it was set, where it was.
    pub at: Option<Timestamp>,
}

/// Who says what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File,
    /// Somebody set it.
    Store,
}

impl Origin {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Store => "store",
        }
    }
}

/// Why a setting was not told or not set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// Whoever asked is to blame.
    #[error("{what}: {remedy}")]
    Asked {
        /// What is wrong.
        what: String,
        /// What would be right.
        remedy: String,
    },
    /// The configuration gives no place to keep it.
    #[error("there is no store to keep it in: add [store] to the configuration, and restart")]
    NoStore,
    /// The store is to blame.
    #[error("{0}")]
    Store(#[from] RecordsError),
}

impl SettingsBook {
    /// Of these settings. `file`: what the configuration says, by name. Without a store nothing can be set.
    pub fn new(definitions: Vec<Definition>, file: &[(String, Value)], store: Option<Arc<dyn Settings>>) -> Self {
        let mut definitions = definitions;
        definitions.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            definitions,
            file: RwLock::new(file.to_vec()),
            store,
        }
    }

    /// The file says something else now. Whether it does.
    pub fn file_says(&self, values: &[(String, Value)]) -> bool {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        let news = *file != values;
        *file = values.to_vec();
        news
    }

    /// Every setting, by name.
    pub async fn list(&self) -> Result<Vec<Effective>, SettingsError> {
        let rows = match &self.store {
            None => Vec::new(),
            Some(store) => store.settings().await?,
        };
        let of = |name: &str| rows.iter().find(|row| row.name == name);
        let definitions = self.definitions.iter();
        Ok(definitions
            .map(|definition| self.effective(definition, of(&definition.name)))
            .collect())
    }

    /// One setting.
    pub async fn get(&self, name: &str) -> Result<Effective, SettingsError> {
        let definition = self.known(name)?;
        let row = match &self.store {
            None => None,
            Some(store) => store.setting(&definition.name).await?,
        };
        Ok(self.effective(definition, row.as_ref()))
    }

    /// Sets one, or with `None` leaves it to the file and the default again. The answer is what holds then.
    pub async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<Effective, SettingsError> {
        let definition = self.known(name)?;
        if let Some(text) = value
            && definition.kind.read(text).is_none()
        {
            let (what, remedy) = definition.kind.misfit(name, text);
            return Err(SettingsError::Asked { what, remedy });
        }
        let store = self.store.as_ref().ok_or(SettingsError::NoStore)?;
        store.set(&definition.name, value, at).await?;
        self.get(name).await
    }

    /// Whether people of this directory may reset a forgotten password themselves. Not where the answer cannot be had.
    pub async fn self_service_reset(&self, directory: &str) -> bool {
        let asked = self.get(&super::self_service_reset(directory)).await;
        told(directory, asked) == Some(Value::Switch(true))
    }

    /// Whether accounts that administrators make in this directory must have a password. They must where the answer cannot be had.
    pub async fn password_required(&self, directory: &str) -> bool {
        let asked = self.get(&super::password(directory)).await;
        told(directory, asked).is_none_or(|value| value == Value::Word(REQUIRED))
    }

    fn known(&self, name: &str) -> Result<&Definition, SettingsError> {
        let found = self.definitions.iter().find(|definition| definition.name == name);
        found.ok_or_else(|| SettingsError::Asked {
            what: format!("there is no setting {}", quoted(name)),
            remedy: if name.len() > LONGEST {
                "`postern settings list` names them".to_owned()
            } else {
                one_of(name, self.definitions.iter().map(|definition| &*definition.name))
            },
        })
    }

    /// A value in the store that fits no longer, after an update for example, counts as not set.
    fn effective(&self, definition: &Definition, row: Option<&SettingRow>) -> Effective {
        let stored = row.and_then(|row| Some((definition.kind.read(&row.value)?, row.at)));
        let in_file = {
            let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
            file.iter()
                .find(|(name, _)| *name == definition.name)
                .map(|(_, value)| *value)
        };
        let (value, origin) = match (stored, in_file) {
            (Some((value, _)), _) => (value, Origin::Store),
            (None, Some(value)) => (value, Origin::File),
            (None, None) => (definition.default, Origin::Default),
        };
        Effective {
            definition: definition.clone(),
            value,
            origin,
            in_file,
            at: stored.map(|(_, at)| at),
        }
    }
}

fn told(directory: &str, asked: Result<Effective, SettingsError>) -> Option<Value> {
    match asked {
        Ok(effective) => Some(effective.value),
        Err(error) => {
            tracing::warn!(target: "postern", directory, %error, "a setting cannot be read: the careful value holds");
            None
        }
    }
}

#[cfg(test)]
mod tests;
