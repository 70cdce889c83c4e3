//! The commands that answer and end.

pub mod check;
pub mod demo;
pub mod explain;
pub mod export;
pub mod import;
pub mod leaked;
pub mod manual;
pub mod migrate;
pub mod of_directory;
pub mod onboard;
pub mod panic;
pub mod policy_test;
pub mod settings;
pub mod user;

use crate::config::{self, Configuration, Environment, Problem};
use crate::output::Output;
use std::path::Path;

/// Ended as wished (sysexits has no name for it).
pub const DONE: u8 = 0;
/// The machine, a directory or a test failed.
pub const FAILED: u8 = 1;
/// A wrong command line, configuration or policy: `EX_USAGE` of sysexits.
pub const WRONG: u8 = 64;

/// What is said of an opaque route, wherever it is spoken of.
pub(crate) const NOT_ENFORCED: &str = "nothing is enforced here; everything is passed on unread";

/// A sound configuration, or every problem told and the code to end with.
pub(crate) fn configuration(
    path: &Path,
    environment: &Environment<'_>,
    out: &mut Output<'_>,
) -> Result<Configuration, u8> {
    let outcome = config::read(path, environment);
    tell(&outcome.problems, out);
    outcome.configuration.ok_or(WRONG)
}

/// Each on a line, where problems go.
pub(crate) fn tell(problems: &[Problem], out: &mut Output<'_>) {
    for problem in problems {
        out.problem(problem);
    }
}
