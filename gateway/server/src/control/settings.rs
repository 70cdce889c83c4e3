//! What is said of settings over the control socket, and printed by `postern settings --json`.

use crate::settings::{Effective, SettingsBook, SettingsError, Value};
use postern_identity::Clock;
use serde::{Deserialize, Serialize};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub enum Asked {
    /// Every setting.
    List,
    /// One.
    Get {
        /// Its whole name.
        name: String,
    },
    /// A new value for one.
    Set {
        /// Its whole name.
        name: String,
        /// As it is written; without one the file and the default hold again.
        value: Option<String>,
    },
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// As they hold now.
    Settings(Vec<Shown>),
    /// Why not.
    Error {
        /// Whether whoever asked is to blame, and not the store.
        asked: bool,
        /// What is wrong, and what would be right.
        message: String,
    },
}

/// A setting as it holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its whole name.
    pub name: String,
    /// What holds: true, false, or a word.
    pub value: serde_json::Value,
    /// default, file or store.
    pub origin: String,
    /// What holds where nobody says anything.
    pub default: serde_json::Value,
    /// What the file says; null where it says nothing.
    pub file: Option<serde_json::Value>,
    /// When it was set, RFC 3339; null where it was not.
    pub at: Option<String>,
    /// What it is for.
    pub description: String,
}

/// Does what one line asks.
pub async fn answer(line: &str, book: &SettingsBook, clock: &dyn Clock) -> Answer {
    match serde_json::from_str(line) {
        Ok(asked) => obey(asked, book, clock).await,
        Err(_) => Answer::Error {
            asked: true,
            message: "this is no request".to_owned(),
        },
    }
}

/// Does it.
pub async fn obey(asked: Asked, book: &SettingsBook, clock: &dyn Clock) -> Answer {
    let told = match asked {
        Asked::List => book.list().await,
        Asked::Get { name } => book.get(&name).await.map(|one| vec![one]),
        Asked::Set { name, value } => book.set(&name, value.as_deref(), clock.now()).await.map(|one| {
            tracing::info!(target: "postern", setting = %name, value = %one.value, origin = one.origin.as_str(), "a setting was changed");
            vec![one]
        }),
    };
    match told {
        Ok(settings) => Answer::Settings(settings.into_iter().map(Shown::from).collect()),
        Err(error) => Answer::Error {
            asked: matches!(error, SettingsError::Asked { .. } | SettingsError::NoStore),
            message: error.to_string(),
        },
    }
}

impl From<Effective> for Shown {
    fn from(effective: Effective) -> Self {
        Self {
            value: json(effective.value),
            origin: effective.origin.as_str().to_owned(),
            default: json(effective.definition.default),
            file: effective.in_file.map(json),
            at: effective.at.map(|at| at.to_string()),
            description: effective.definition.description.to_owned(),
            name: effective.definition.name,
        }
    }
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Switch(on) => on.into(),
        Value::Word(word) => word.into(),
    }
}
