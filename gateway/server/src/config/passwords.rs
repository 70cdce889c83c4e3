//! `[passwords]`: how new passwords are looked at before a directory sees them.

use super::reading::Reading;
use postern_password_screen::Leaked;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;
use toml::Spanned;

/// How new passwords are looked at before a directory sees them; what they must be stands in policy files.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct PasswordsTable {
    /// Filters of leaked passwords beside the small one that ships, as `postern leaked build` makes them. They are read into memory at the start.
    #[schemars(with = "Option<Vec<String>>")]
    leaked_files: Option<Spanned<Vec<Spanned<String>>>>,
}

impl PasswordsTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for written in self.leaked_files.iter().flat_map(Spanned::get_ref) {
            let path = reading.beside(written.get_ref());
            match Leaked::open(&path) {
                Ok(_) => files.push(path),
                Err(error) => {
                    let what = format!(
                        "{} is no filter of leaked passwords ({error})",
                        quoted(written.get_ref())
                    );
                    reading.problem(&written.span(), what, "one that `postern leaked build` made");
                }
            }
        }
        files
    }
}
