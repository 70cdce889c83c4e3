//! `postern settings`: what can be changed while the program runs, who says so, and changing it.

use super::{DONE, FAILED, WRONG};
use crate::config::Environment;
use crate::control::client;
use crate::control::settings::{Answer, Asked, Shown, obey};
use crate::output::Output;
use crate::shell::{self, Place};
use crate::store;
use postern_identity::Clock;
use postern_identity::records::Settings;
use serde_json::Value;
use std::io;
use std::sync::Arc;

/// Asks the gateway that runs, or the store itself, and prints the answer.
pub fn run(
    place: &Place,
    asked: &Asked,
    json: bool,
    environment: &Environment<'_>,
    clock: &dyn Clock,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let (state_dir, configuration) = match place.configuration(environment, out) {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let answer = match (client::settings(&state_dir, asked), configuration) {
        (Err(error), _) => {
            out.problem(error);
            return Ok(FAILED);
        }
        (Ok(Some(answer)), _) => answer,
        (Ok(None), None) => return Ok(shell::nobody_runs(&state_dir, out)),
        (Ok(None), Some(configuration)) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let answered = runtime.block_on(async {
                let store = store::open(&configuration).await?;
                let book = store::book(&configuration, store.clone().map(|store| store as Arc<dyn Settings>));
                let answer = obey(asked.clone(), &book, clock).await;
                if let Some(store) = store {
                    store.close().await;
                }
                Ok(answer)
            });
            match answered {
                Ok(answer) => answer,
                Err(error) => return Ok(store_problem(&error, out)),
            }
        }
    };
    match answer {
        Answer::Error { asked, message } => {
            out.problem(message);
            Ok(if asked { WRONG } else { FAILED })
        }
        Answer::Settings(settings) => {
            print(&settings, matches!(asked, Asked::List), json, out)?;
            Ok(DONE)
        }
    }
}

/// Tells why a store was not opened. The answer is the code to end with.
pub(crate) fn store_problem(error: &postern_records::OpenError, out: &mut Output<'_>) -> u8 {
    out.problem(error);
    if store::is_misconfigured(error) { WRONG } else { FAILED }
}

fn print(settings: &[Shown], list: bool, json: bool, out: &mut Output<'_>) -> io::Result<()> {
    if json {
        let text = match settings {
            [only] if !list => serde_json::to_string_pretty(only),
            all => serde_json::to_string_pretty(all),
        };
        return out.line(text.map_err(io::Error::other)?);
    }
    for shown in settings {
        let set = shown.at.as_deref().map(|at| format!(", set {at}")).unwrap_or_default();
        out.line(format_args!(
            "{} = {} ({}{set})",
            shown.name,
            plain(&shown.value),
            shown.origin
        ))?;
        if list {
            out.line(format_args!("    {}", shown.description))?;
        }
    }
    Ok(())
}

/// Words without their quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
