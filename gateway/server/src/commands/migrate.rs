//! `postern migrate`: takes the store to the schema this program knows, or says where it stands.

use super::settings::store_problem;
use super::{DONE, FAILED};
use crate::config::Environment;
use crate::control::client;
use crate::output::Output;
use crate::shell::{self, Place};
use crate::store;
use postern_records::Migration;
use std::io;

/// With `check` nothing is changed, and what is behind ends with 1.
pub fn run(place: &Place, check: bool, environment: &Environment<'_>, out: &mut Output<'_>) -> io::Result<u8> {
    let (state_dir, configuration) = match place.configuration(environment, out) {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    match client::is_there(&state_dir) {
        Ok(false) => {}
        Ok(true) => {
            out.line("a gateway runs here: it took the store to its newest schema when it started")?;
            return Ok(DONE);
        }
        Err(error) => {
            out.problem(error);
            return Ok(FAILED);
        }
    }
    let Some(configuration) = configuration else {
        return Ok(shell::nobody_runs(&state_dir, out));
    };
    if !store::is_used(&configuration) {
        out.line("nothing is kept: there is neither an embedded directory nor [store]")?;
        return Ok(DONE);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let migrated = runtime.block_on(async {
        if check {
            return store::look(&configuration).await;
        }
        store::make_folder(&configuration);
        postern_records::migrate(&store::settings(&configuration), true)
            .await
            .map(Some)
    });
    let (line, behind) = match migrated {
        Err(error) => return Ok(store_problem(&error, out)),
        Ok(None) => (
            "nothing is kept yet: `postern migrate` or the first start makes the store".to_owned(),
            true,
        ),
        Ok(Some(Migration { found, newest })) if found < newest => {
            let line = if check {
                format!(
                    "the store has schema {found}, the newest is {newest}: `postern migrate` or the next start takes it there"
                )
            } else {
                format!("the store was taken from schema {found} to {newest}, the newest")
            };
            (line, true)
        }
        Ok(Some(Migration { newest, .. })) => (format!("the store has schema {newest}, the newest"), false),
    };
    out.line(line)?;
    Ok(if behind && check { FAILED } else { DONE })
}
