//! `postern check`: everything that is wrong with a configuration and its policies, at once.

mod rights;

use super::{DONE, NOT_ENFORCED, WRONG};
use crate::config::{self, Configuration, Environment, Problem};
use crate::control::client;
use crate::output::Output;
use crate::shell::Reach;
use crate::store;
use postern_directory::{ConnectError, DialectName, LookUpError, Role, ServerSettings, Settings, Upstream};
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

/// What is no mistake, and yet should be known: where the guard has to do without the directory's word, and what of the pages serves nobody.
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
    let unknown = configuration.directories.iter().filter_map(without_policy);
    let unknown = unknown.map(|told| format!("notice: {told}"));
    told.chain(unknown).chain(of_pages(configuration)).collect()
}

/// A slapd does not tell which password policy is everybody's, and without it nobody here can know.
pub(crate) fn without_policy(directory: &Settings) -> Option<String> {
    let unknown = directory.dialect == DialectName::OpenLdap
        && directory.has_service_account()
        && !directory.is_in_process()
        && directory.default_policy_dn.is_none();
    unknown.then(|| {
        format!(
            "directory {}: without default_policy_dn the password policy of accounts that name none is not known: whether they have expired or \
             are locked, and what a new password must be, cannot be told, and the guard goes by `attempts` and `window_seconds` of the policies",
            directory.name
        )
    })
}

/// The same of the pages: what is configured and serves nobody.
fn of_pages(configuration: &Configuration) -> Vec<String> {
    if configuration.http.is_none() {
        return Vec::new();
    }
    let mut told = Vec::new();
    if configuration.mail.is_none() {
        told.push("notice: [http] without [mail]: nobody can prove who they are by mail".to_owned());
    }
    for (place, route) in configuration.routes.iter().enumerate() {
        let Some(portal) = &route.portal else {
            told.push(format!(
                "notice: route {}: no pages of ours are at {}: they are served at https://host, without a path",
                route.name, route.portal_url
            ));
            continue;
        };
        let before = configuration.routes.iter().take(place);
        if let Some(first) = before.clone().find(|first| first.portal.as_ref() == Some(portal)) {
            told.push(format!(
                "notice: route {}: the pages at {} are those of route {}; a portal_url of its own gives it its own",
                route.name,
                portal.as_str(),
                first.name
            ));
        }
    }
    told
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
    if store::is_used(configuration) {
        problems.extend(kept(configuration, clock, out).await?);
    }
    for directory in configuration
        .directories
        .iter()
        .filter(|directory| !directory.is_in_process())
    {
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

/// Asks the embedded directories of the gateway that runs; where none does, what the store holds. Nothing is made or changed.
async fn kept(
    configuration: &Configuration,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> std::io::Result<Option<Problem>> {
    let problem = |what: String, remedy: &str| {
        let path = configuration.path.display().to_string();
        Ok(Some(Problem::of_whole(path, what, remedy)))
    };
    let state_dir = &configuration.server.state_dir;
    match client::is_there(state_dir) {
        Err(error) => return problem(error.to_string(), "run this as the account the gateway runs as"),
        Ok(true) => {
            let running = Reach::Running(state_dir.clone());
            for embedded in &configuration.embedded {
                let local = &embedded.local;
                let settings = Settings::embedded(local.name.clone(), local.base_dn.clone());
                let found = match running.upstream(settings, Arc::clone(clock)) {
                    Ok(upstream) => upstream.discover().await.map(drop).map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(why) = found {
                    let what = format!("directory {}: {why}", local.name);
                    return problem(what, "a gateway that runs with this configuration: restart it");
                }
                out.line(format!("directory {}: the gateway that runs answers", local.name))?;
            }
        }
        Ok(false) => match store::look(configuration).await {
            Err(error) => return problem(error.to_string(), "see [store]"),
            Ok(None) => out.line("store: nothing is kept there yet; the first start makes it")?,
            Ok(Some(found)) => out.line(format!("store: schema {} of {}", found.found, found.newest))?,
        },
    }
    Ok(None)
}

async fn ask(
    directory: &Settings,
    server: &ServerSettings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Line>, (String, &'static str)> {
    let mut alone = directory.duplicate();
    alone.servers = vec![ServerSettings {
        drain: false,
        ..server.clone()
    }];
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
