//! `postern demo`: prepared, served, and told about.

use super::{FAILED, WRONG};
use crate::config::Environment;
use crate::demo::{Demo, usual_state};
use crate::output::Output;
use crate::serve::{Fill, OnReady};
use postern_identity::Clock;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Prepares the demonstration; `serve` then serves its configuration, with what is to be in the directory first and what is to be told when it is
/// ready. The answer is the code to end with.
pub fn run(
    state: Option<PathBuf>,
    offset: u16,
    environment: &Environment<'_>,
    clock: Arc<dyn Clock>,
    out: &mut Output<'_>,
    serve: impl FnOnce(&Path, Arc<dyn Clock>, Fill, OnReady, &mut Output<'_>) -> u8,
) -> io::Result<u8> {
    let state = state.unwrap_or_else(|| usual_state(|name| environment(name)));
    let demo = match Demo::prepare(&state, offset) {
        Ok(demo) => demo,
        Err(error) => {
            let (why, code) = match error.kind() {
                io::ErrorKind::InvalidFilename => (
                    "its name has a quote, a brace, $ or a backslash in it: choose another",
                    WRONG,
                ),
                io::ErrorKind::PermissionDenied => ("permission denied", FAILED),
                io::ErrorKind::StorageFull => ("the disk is full", FAILED),
                _ => ("it cannot be made or written", FAILED),
            };
            out.problem(format_args!("{}: {why}", state.display()));
            return Ok(code);
        }
    };
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("postern"));
    let tour = demo.tour(&program);
    let tell: OnReady = Box::new(move || {
        // Nobody may be reading; the demonstration goes on all the same.
        let mut out = io::stdout().lock();
        let _ = out.write_all(tour.as_bytes()).and_then(|()| out.flush());
    });
    let filled_at = clock.now();
    let fill: Fill = Box::new(move |kept| Box::pin(crate::demo::fill(kept, filled_at)));
    Ok(serve(&demo.configuration, clock, fill, tell, out))
}
