//! Commands on what is in an embedded directory: which is meant, the way to it, and what holds there.

use super::user::{self, Accounts, UserCommand};
use super::{FAILED, WRONG, export, import, tell};
use crate::config::{Configuration, Embedded, Environment, facts};
use crate::control::client;
use crate::control::settings::{Answer, Asked};
use crate::output::Output;
use crate::settings;
use crate::shell::asking::Asking;
use crate::shell::owner::Owners;
use crate::shell::{self, Place, Reach, ReachError};
use clap::Args;
use postern_directory::local::Loader;
use postern_identity::decide::RouteQuestion;
use postern_identity::{Clock, ConnectionFacts};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Which embedded directory is meant.
#[derive(Args)]
pub struct Where {
    #[command(flatten)]
    place: Place,
    /// The embedded directory, where there is more than one
    #[arg(long, value_name = "NAME")]
    directory: Option<String>,
}

/// What is to be done there.
pub enum Work<'a> {
    /// With its accounts.
    User(&'a UserCommand),
    /// Reads LDIF into it.
    Import(&'a Path),
    /// Writes it as LDIF, into a file or where results go.
    Export(Option<&'a Path>),
}

/// Does it. The answer is the code to end with.
pub fn run(
    place: &Where,
    work: Work<'_>,
    environment: &Environment<'_>,
    clock: &Arc<dyn Clock>,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let configuration = match place.place.configuration(environment, out) {
        Ok((_, Some(configuration))) => configuration,
        Ok((state_dir, None)) => {
            out.problem(format_args!(
                "{} holds no {}: say --config FILE",
                state_dir.display(),
                shell::OWN_CONFIGURATION
            ));
            return Ok(WRONG);
        }
        Err(code) => return Ok(code),
    };
    let embedded = match which(&configuration, place.directory.as_deref()) {
        Ok(embedded) => embedded,
        Err(problem) => {
            out.problem(problem);
            return Ok(WRONG);
        }
    };
    let owners = match owners(&configuration, embedded, clock) {
        Ok(owners) => owners,
        Err(problems) => {
            tell(&problems, out);
            return Ok(WRONG);
        }
    };
    // The store writes on threads of its own while entries are read on this one.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let reach = match Reach::open(&configuration, clock).await {
            Ok(Some(reach)) => reach,
            Ok(None) => return Ok(FAILED),
            Err(error) => return Ok(told(&error, out)),
        };
        let done = with(&reach, work, &configuration, embedded, owners, out).await;
        reach.close().await;
        done
    })
}

async fn with(
    reach: &Reach,
    work: Work<'_>,
    configuration: &Configuration,
    embedded: &Embedded,
    owners: Owners,
    out: &mut Output<'_>,
) -> io::Result<u8> {
    let name = &*embedded.local.name.0;
    let asking = match reach.as_root(name) {
        Ok(stream) => Asking::new(stream),
        Err(error) => return Ok(told(&error, out)),
    };
    match work {
        Work::User(command) => {
            let mut accounts = Accounts {
                asking,
                owners,
                base: embedded.local.base_dn.clone(),
                directory: name.to_owned(),
                password_required: password_required(reach, configuration, name).await,
                random,
            };
            Ok(user::run(command, &mut accounts, out).await)
        }
        Work::Export(file) => {
            let mut asking = asking;
            export::run(&mut asking, &embedded.local.base_dn, file, out).await
        }
        Work::Import(file) => {
            let target = match reach {
                Reach::Own(kept) => kept
                    .directory(name)
                    .map(|local| import::Target::Store(Box::new(Loader::new(local)))),
                Reach::Running(_) => reach
                    .as_root(name)
                    .ok()
                    .map(|stream| import::Target::Gateway(Asking::new(stream))),
            };
            let Some(target) = target else {
                return Ok(told(&ReachError::NoSuch, out));
            };
            let import = import::Import {
                file,
                owners: &owners,
                asking: &mut { asking },
                schema: &embedded.schema,
            };
            import::run(import, target, out).await
        }
    }
}

/// The one that is named, or the only one.
fn which<'a>(configuration: &'a Configuration, named: Option<&str>) -> Result<&'a Embedded, String> {
    let all = &configuration.embedded;
    let names = || all.iter().map(|one| &*one.local.name.0).collect::<Vec<_>>().join(", ");
    match (named, all.as_slice()) {
        (_, []) => Err("no [[directory]] here is embedded: what is in the others is theirs to change".to_owned()),
        (None, [only]) => Ok(only),
        (None, _) => Err(format!(
            "there are several embedded directories, say --directory with one of: {}",
            names()
        )),
        (Some(named), all) => {
            let found = all.iter().find(|one| *one.local.name.0 == *named);
            found.ok_or_else(|| format!("there is no embedded directory {named:?}: {}", names()))
        }
    }
}

/// Whose passwords are whose, as the policies of every route to it say.
fn owners(
    configuration: &Configuration,
    embedded: &Embedded,
    clock: &Arc<dyn Clock>,
) -> Result<Owners, Vec<crate::config::Problem>> {
    let book = postern_policy::check_set(&configuration.server.policies, &facts(&configuration.routes), 1)?;
    let connection = ConnectionFacts::example();
    let routes = configuration.routes.iter();
    let routes = routes.filter(|route| *route.directory == *embedded.local.name.0);
    let rules = routes.map(|route| {
        let question = RouteQuestion {
            route: &route.name,
            connection: &connection,
            account: None,
        };
        book.route(&question, clock.now())
            .and_then(|answer| answer.rules.authority.as_ref().map(Arc::clone))
    });
    let base = embedded.local.base_dn.clone();
    let (name, schema) = (embedded.local.name.clone(), embedded.schema.clone());
    Ok(Owners::new(name, base, schema, rules.collect()))
}

/// As it holds now: in the gateway that runs, or in the store.
async fn password_required(reach: &Reach, configuration: &Configuration, directory: &str) -> bool {
    match reach {
        Reach::Own(kept) => kept.book(configuration).password_required(directory).await,
        Reach::Running(state_dir) => {
            let name = settings::password(directory);
            let answer = client::settings(state_dir, &Asked::Get { name });
            // Nobody said that it is optional.
            !matches!(answer, Ok(Some(Answer::Settings(told))) if told.first().is_some_and(|told| told.value == "optional"))
        }
    }
}

fn told(error: &ReachError, out: &mut Output<'_>) -> u8 {
    out.problem(error);
    error.code()
}

fn random(octets: &mut [u8]) -> io::Result<()> {
    use std::io::Read as _;
    std::fs::File::open(Path::new("/dev/urandom"))?.read_exact(octets)
}
