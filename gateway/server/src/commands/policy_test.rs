//! `postern policy test`: the tests beside policy files, without a configuration.

use super::{DONE, FAILED, WRONG, tell};
use crate::output::Output;
use postern_policy::{PolicySet, compile, routes_spoken_of, tests};
use std::io;
use std::path::Path;

/// Runs the tests of a folder. A failed test ends with 1, a mistake in a file with 64.
pub fn run(folder: &Path, out: &mut Output<'_>) -> io::Result<u8> {
    let compiled = PolicySet::read(folder)
        .and_then(|set| compile::compile(&set, &routes_spoken_of(&set), 1).map(|book| (set, book)));
    let (set, book) = match compiled {
        Ok(compiled) => compiled,
        Err(problems) => {
            tell(&problems, out);
            return Ok(WRONG);
        }
    };
    let outcomes = tests::run(&set, &book);
    let mut failed = 0;
    for outcome in &outcomes {
        match &outcome.failure {
            None => out.line(format_args!("ok      {}: {}", outcome.path, outcome.name))?,
            Some(problem) => {
                failed += 1;
                out.line(format_args!("FAILED  {problem}"))?;
            }
        }
    }
    out.line(format_args!("{} passed, {failed} failed", outcomes.len() - failed))?;
    // The same things are asked that a reload asks before the set goes live.
    if failed == 0
        && let Err(problems) = postern_policy::check(&set, &routes_spoken_of(&set), 1)
    {
        tell(&problems, out);
        return Ok(WRONG);
    }
    Ok(if failed == 0 { DONE } else { FAILED })
}
