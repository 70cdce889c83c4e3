//! What people see at an application, as a table that is compared with the one in `conformance/clients/applications`.

use crate::applications::{Attempt, Outcome};
use crate::golden;
use std::fmt::Write as _;
use std::path::Path;

/// A page of tables of one application.
pub struct Sightings {
    text: String,
    columns: usize,
}

impl Sightings {
    /// A page with this heading and a paragraph that says how it was seen.
    pub fn new(heading: &str, about: &str) -> Self {
        Self {
            text: format!("# {heading}\n\n{about}\n"),
            columns: 0,
        }
    }

    /// Begins a table: what it shows, and its columns after the state.
    pub fn table(&mut self, about: &str, columns: &[&str]) {
        writeln!(self.text, "\n{about}\n\n| state | {} |", columns.join(" | ")).unwrap();
        writeln!(self.text, "|---{}|", "|---".repeat(columns.len())).unwrap();
        self.columns = columns.len();
    }

    /// One state, with what was shown in each column.
    pub fn row(&mut self, state: &str, cells: &[String]) {
        assert_eq!(cells.len(), self.columns, "{state}");
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(self.text, "| {state} | {} |", cells.join(" | ")).unwrap();
    }

    /// Compares the page with `conformance/clients/applications/<name>.md`, or writes it if `POSTERN_BLESS` is set.
    pub fn compare(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/clients/applications");
        golden::compare(&folder.join(name).with_extension("md"), &self.text);
    }
}

/// A cell: whether the person is in, and the text that was shown.
pub fn cell(attempt: &Attempt) -> String {
    let word = match attempt.outcome {
        Outcome::In => "in",
        Outcome::MustChange => "a new password is demanded",
        Outcome::Refused => "refused",
    };
    if attempt.shown.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: `{}`", attempt.shown.trim())
    }
}
