//! `postern check`: everything that is wrong with a configuration and its policies, at once.

mod rights;

use super::{DONE, NOT_ENFORCED, WRONG};
use crate::config::{self, Configuration, Environment, Problem};
use crate::output::Output;
use postern_directory::{ConnectError, LookUpError, Role, ServerSettings, ServiceAccount, Settings, Upstream};
use postern_identity::Clock;
use postern_policy::Rulebook;
use rights::Line;
use std::path::Path;
use std::sync::Arc;

/// Prints every problem as `path:line:column: what is wrong: what would be right`. Contacts nobody unless `connect`.
pub fn run(
    path: &Path,
    connect: bool,
    environment: &Environment<'_>,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> std::io::Result<u8> {
    let outcome = config::read(path, environment);
    let mut problems = outcome.problems;
    let mut policies = 0;
    let mut book = None;
    if let Some((folder, routes)) = &outcome.policies {
        match postern_policy::check_set(folder, routes, 1) {
            Ok(compiled) => {
                policies = compiled.routes().count();
                book = Some(compiled);
            }
            Err(found) => problems.extend(found),
        }
    }
    if let (Some(configuration), true, true) = (&outcome.configuration, problems.is_empty(), connect) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        problems = runtime.block_on(contact(configuration, clock, out))?;
    }
    for problem in &problems {
        out.line(problem)?;
    }
    match outcome.configuration {
        Some(configuration) if problems.is_empty() => {
            for notice in notices(&configuration, book.as_ref()) {
                out.line(notice)?;
            }
            for route in configuration.routes.iter().filter(|route| route.sign_in.opaque) {
                out.line(format!("route {} is opaque: {NOT_ENFORCED}", route.name))?;
            }
            let counts = [
                counted(configuration.listeners.len(), "listener", "listeners"),
                counted(configuration.directories.len(), "directory", "directories"),
                counted(policies, "route with policies", "routes with policies"),
            ];
            out.line(format!("{}: no problems; {}", path.display(), counts.join(", ")))?;
            Ok(DONE)
        }
        _ => Ok(WRONG),
    }
}

/// What is no mistake, and yet should be known: where the guard has to do without the directory's word.
fn notices(configuration: &Configuration, book: Option<&Rulebook>) -> Vec<String> {
    let guarded = |directory: &Settings| {
        let mut routes = configuration
            .routes
            .iter()
            .filter(|route| route.directory == directory.name.0);
        routes.any(|route| {
            let rules = book.and_then(|book| book.without_conditions(&route.name));
            rules.is_some_and(|rules| rules.guard.is_some())
        })
    };
    let blind = |directory: &&Settings| !directory.has_service_account() && guarded(directory);
    let told = configuration.directories.iter().filter(blind).map(|directory| {
        format!(
            "notice: directory {}: without a service account the guard cannot read when an account locks: it goes by \
             `attempts` and `window_seconds` of the policies, and takes odd spellings of a name for other accounts",
            directory.name
        )
    });
    told.collect()
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Asks every server of every directory, whether it takes the service account, and what that one may do there.
async fn contact(
    configuration: &Configuration,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> std::io::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for directory in &configuration.directories {
        for settings in &directory.servers {
            let server = &settings.url;
            match ask(directory, settings, clock).await {
                Ok(lines) => {
                    out.line(format!("directory {}: {server} answers", directory.name))?;
                    for line in lines {
                        match line {
                            Line::Fine(what) => out.line(format!("directory {}: {what}", directory.name))?,
                            Line::Notice(what) => out.line(format!("notice: directory {}: {what}", directory.name))?,
                        }
                    }
                }
                Err((what, remedy)) => problems.push(Problem::of_whole(
                    configuration.path.display().to_string(),
                    format!("directory {}: {server}: {what}", directory.name),
                    remedy,
                )),
            }
        }
    }
    Ok(problems)
}

async fn ask(
    directory: &Settings,
    server: &ServerSettings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Line>, (String, &'static str)> {
    let alone = Settings {
        name: directory.name.clone(),
        dialect: directory.dialect,
        servers: vec![ServerSettings {
            drain: false,
            ..server.clone()
        }],
        balance: directory.balance,
        start_tls: directory.start_tls,
        tls: directory.tls.clone(),
        base_dn: directory.base_dn.clone(),
        service_account: directory.service_account.as_ref().map(|account| ServiceAccount {
            dn: account.dn.clone(),
            password: account.password.duplicate(),
        }),
        default_policy_dn: directory.default_policy_dn.clone(),
        allow_plaintext: directory.allow_plaintext,
        connect_timeout: directory.connect_timeout,
        answer_timeout: directory.answer_timeout,
        retry_after: directory.retry_after,
        check_interval: directory.check_interval,
        check_timeout: directory.check_timeout,
        read_your_writes: directory.read_your_writes,
        drain_after: directory.drain_after,
    };
    let upstream = Upstream::new(alone, Arc::clone(clock)).map_err(|error| (error.to_string(), "see [[directory]]"))?;
    let refused = |error: ConnectError| {
        (
            error.to_string(),
            "a server that can be reached as the configuration says",
        )
    };
    upstream.discover().await.map_err(refused)?;
    let Some(account) = &directory.service_account else {
        return Ok(Vec::new());
    };
    // Its own entry need not be where people are, so that it is not found is no fault: it was signed in to look.
    match upstream.look_up(&account.dn).await {
        Err(LookUpError::Connect(error)) => Err(refused(error)),
        // A reader refers what is to be written.
        _ if server.role == Role::Reader => Ok(Vec::new()),
        _ => Ok(rights::lines(&upstream).await),
    }
}
