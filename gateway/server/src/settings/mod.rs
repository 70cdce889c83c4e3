//! Settings that are changed while the program runs: what names there are, which values fit, and what holds now.
//!
//! A setting has a default, a value in the configuration file where somebody wrote one, and a value in the store where somebody set one.
//! The store overrules the file, and the file the default. Whoever goes by a setting asks the [`SettingsBook`] each time: what was set a
//! moment ago, on this gateway or on another with the same store, holds.
//!
//! **To add a setting:** its name and its [`Definition`] here; where the file may say it, a key that adds to the values of `config`.

mod book;

pub use book::{Effective, Origin, SettingsBook, SettingsError};

use postern_policy::problem::{one_of, quoted};
use std::fmt;

/// A password is required.
pub const REQUIRED: &str = "required";
/// It is not.
pub const OPTIONAL: &str = "optional";

/// The longest name, and the longest value, that is looked at.
const LONGEST: usize = 256;

/// `directories.NAME.password`.
pub fn password(directory: &str) -> String {
    format!("directories.{directory}.password")
}

/// `directories.NAME.self_service_reset`.
pub fn self_service_reset(directory: &str) -> String {
    format!("directories.{directory}.self_service_reset")
}

/// A setting that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its whole name.
    pub name: String,
    /// What it is for, in one sentence.
    pub description: &'static str,
    /// What values fit.
    pub kind: SettingKind,
    /// What holds where nobody says anything.
    pub default: Value,
}

/// What values fit a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// true or false.
    Switch,
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// The value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// true or false.
    Switch(bool),
    /// One of a few words.
    Word(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl SettingKind {
    /// The value that is written so.
    pub fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Switch => text.parse().ok().map(Value::Switch),
            Self::OneOf(words) => words.iter().find(|word| **word == text).map(|word| Value::Word(word)),
        }
    }

    /// Why a text is no value, and what would be.
    fn misfit(self, name: &str, text: &str) -> (String, String) {
        let what = format!("{} is no value of {name}", quoted(text));
        match self {
            Self::Switch => (what, one_of(text, ["true", "false"])),
            Self::OneOf(words) => (what, one_of(text, words.iter().copied())),
        }
    }
}

/// The settings of a directory; an embedded one has more.
pub fn of_directory(directory: &str, is_embedded: bool) -> Vec<Definition> {
    let mut all = Vec::new();
    if is_embedded {
        all.push(Definition {
            name: password(directory),
            description: "Whether accounts that administrators make must have a password.",
            kind: SettingKind::OneOf(&[REQUIRED, OPTIONAL]),
            default: Value::Word(REQUIRED),
        });
    }
    all.push(Definition {
        name: self_service_reset(directory),
        description: "Whether people who have forgotten their password may reset it themselves.",
        kind: SettingKind::Switch,
        default: Value::Switch(false),
    });
    all
}
