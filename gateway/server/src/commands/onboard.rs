//! `postern onboard`: who may come in where only those who are onboarded may.

use super::{DONE, FAILED, WRONG};
use crate::config::{Configuration, Environment};
use crate::control::client;
use crate::output::Output;
use crate::self_service::{self, Answer, Asked, Onboarding, Shown};
use crate::shell::{self, Place, Reach, ReachError};
use crate::store;
use postern_directory::Upstream;
use postern_identity::Clock;
use std::io;
use std::sync::Arc;

/// Asks the gateway that runs, or the store and the directories themselves, and prints the answer.
pub fn run(
    place: &Place,
    asked: &Asked,
    json: bool,
    environment: &Environment<'_>,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let (state_dir, configuration) = match place.configuration(environment, out) {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let answer = match (client::onboarding(&state_dir, asked), configuration) {
        (Err(error), _) => {
            out.problem(error);
            return Ok(FAILED);
        }
        (Ok(Some(answer)), _) => answer,
        (Ok(None), None) => return Ok(shell::nobody_runs(&state_dir, out)),
        (Ok(None), Some(configuration)) => {
            if !store::is_used(&configuration) {
                out.problem("nothing is kept with this configuration: [http] or [store] in it");
                return Ok(WRONG);
            }
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            match runtime.block_on(alone(&configuration, asked.clone(), clock)) {
                Ok(answer) => answer,
                Err(error) => {
                    out.problem(&error);
                    return Ok(error.code());
                }
            }
        }
    };
    match answer {
        Answer::Error { asked, message } => {
            out.problem(message);
            Ok(if asked { WRONG } else { FAILED })
        }
        Answer::Onboarded(all) => {
            print(&all, asked, json, out)?;
            Ok(DONE)
        }
    }
}

/// Where no gateway runs.
async fn alone(configuration: &Configuration, asked: Asked, clock: &Arc<dyn Clock>) -> Result<Answer, ReachError> {
    let reach = Reach::open(configuration, clock).await?;
    let Some(reach) = reach else {
        return Err(ReachError::Ended);
    };
    let answer = with(&reach, configuration, asked, clock).await;
    reach.close().await;
    answer
}

async fn with(
    reach: &Reach,
    configuration: &Configuration,
    asked: Asked,
    clock: &Arc<dyn Clock>,
) -> Result<Answer, ReachError> {
    let Reach::Own(kept) = reach else {
        return Err(ReachError::Ended);
    };
    let mut upstreams = Vec::new();
    for settings in &configuration.directories {
        let settings = settings.duplicate();
        let made = if settings.is_in_process() {
            reach.upstream(settings, Arc::clone(clock))
        } else {
            Upstream::new(settings, Arc::clone(clock)).map_err(ReachError::from)
        };
        upstreams.push(made?);
    }
    let onboarding = Onboarding {
        records: kept.records(),
        directories: self_service::directories(configuration, &upstreams),
        most: configuration.onboarded_most(),
        clock: Arc::clone(clock),
    };
    Ok(onboarding.obey(asked).await)
}

fn print(all: &[Shown], asked: &Asked, json: bool, out: &mut Output<'_>) -> io::Result<()> {
    if json {
        let text = match (all, asked) {
            ([only], Asked::Add(_) | Asked::Remove(_)) => serde_json::to_string_pretty(only),
            (all, _) => serde_json::to_string_pretty(all),
        };
        return out.line(text.map_err(io::Error::other)?);
    }
    for one in all {
        let what = if one.group { "group" } else { "account" };
        let done = match asked {
            Asked::List { .. } => "",
            Asked::Add(_) => " may come in",
            Asked::Remove(_) => " may come in no longer",
        };
        out.line(format_args!(
            "{}: {what} {}{done} ({}, since {})",
            one.directory, one.name, one.key, one.at
        ))?;
    }
    Ok(())
}
