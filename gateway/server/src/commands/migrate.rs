//! `postern migrate`: takes the store to the schema this program knows, or says where it stands.

use super::settings::store_problem;
use super::{DONE, FAILED};
use crate::config::Environment;
use crate::output::Output;
use crate::shell::{self, Place};
use crate::store;
use postern_records::Migration;
use std::io;

/// With `check` nothing is changed, and what is behind ends with 1.
pub fn run(place: &Place, check: bool, environment: &Environment<'_>, out: &mut Output<'_>) -> io::Result<u8> {
    let configuration = match place.configuration(environment, out) {
        Ok((_, Some(configuration))) => configuration,
        Ok((state_dir, None)) => return Ok(shell::nobody_runs(&state_dir, out)),
        Err(code) => return Ok(code),
    };
    if !store::is_used(&configuration) {
        out.line("nothing is kept: there is neither an embedded directory nor [store]")?;
        return Ok(DONE);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Migration { found, newest } =
        match runtime.block_on(postern_records::migrate(&store::settings(&configuration), !check)) {
            Ok(migration) => migration,
            Err(error) => return Ok(store_problem(&error, out)),
        };
    let behind = found < newest;
    out.line(match (behind, check) {
        (false, _) => format!("the store has schema {newest}, the newest"),
        (true, true) => format!("the store has schema {found}, the newest is {newest}: `postern migrate` or the next start takes it there"),
        (true, false) => format!("the store was taken from schema {found} to {newest}, the newest"),
    })?;
    Ok(if behind && check { FAILED } else { DONE })
}
