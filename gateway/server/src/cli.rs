//! The command line.

use crate::clock::SystemClock;
use crate::commands::of_directory::{self, Where, Work};
use crate::commands::user::UserCommand;
use crate::commands::{
    self, DONE, FAILED, WRONG, check, demo, explain, leaked, manual, migrate, onboard, panic, policy_test, settings,
};
use crate::config::{Environment, facts};
use crate::control::settings::Asked;
use crate::demo::LARGEST_OFFSET;
use crate::lifecycle::service_manager::ServiceManager;
use crate::output::Output;
use crate::reload;
use crate::self_service::{Asked as OnboardAsked, Whom};
use crate::serve::{self, Prepared};
use crate::shell::Place;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use postern_identity::{Clock, ConnectionFacts, Timestamp};
use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A side door for the directories you have: it sees every sign-in, and says what stands in its way.
#[derive(Parser)]
#[command(name = "postern", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole of it on this machine alone, with a directory of its own and people in every state.
    Demo {
        /// Where it keeps everything [default: postern/demo where programs keep their state, ~/.local/state]
        #[arg(long, value_name = "DIR")]
        state_dir: Option<PathBuf>,
        /// Added to each port, where the usual ones are taken
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=i64::from(LARGEST_OFFSET)))]
        port_offset: u16,
    },
    /// Runs the gateway.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Tells everything that is wrong with a configuration and its policies.
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Asks the directories' servers as well.
        #[arg(long)]
        connect: bool,
    },
    /// Tells what is known of an account, and what a sign-in would be answered.
    Explain {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The route the sign-in would come in on.
        #[arg(long)]
        route: String,
        /// A name as the route takes it; where it takes DNs alone, also a uid or a mail address.
        #[arg(long)]
        user: String,
        /// For a program instead of a person.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        circumstances: Circumstances,
    },
    /// Works on policy files.
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Works on filters of leaked passwords.
    Leaked {
        #[command(subcommand)]
        command: LeakedCommand,
    },
    /// Takes the gateway out of the way for a while, should it be what is wrong.
    Panic {
        #[command(subcommand)]
        command: PanicCommand,
    },
    /// Looks after the accounts of an embedded directory.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Reads LDIF into an embedded directory, hashes and states of accounts as they are; plain passwords are hashed and their owners' own.
    Import {
        /// The file; - for standard input
        file: PathBuf,
        #[command(flatten)]
        place: Where,
    },
    /// Writes an embedded directory as LDIF, password hashes too.
    Export {
        /// A file that is not there yet; without it, standard output
        file: Option<PathBuf>,
        #[command(flatten)]
        place: Where,
    },
    /// Tells and changes what can be changed while the gateway runs.
    Settings {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Says who may come in where a policy lets in only those who are onboarded.
    Onboard {
        #[command(subcommand)]
        command: OnboardCommand,
    },
    /// Takes the store to the newest schema.
    Migrate {
        #[command(flatten)]
        place: Place,
        /// Only tells whether there is anything to do; ends with 1 if there is.
        #[arg(long)]
        check: bool,
    },
    /// Prints what completes command lines in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the manual page, or writes one for each command into a folder.
    Man {
        /// A folder for all of them.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum PanicCommand {
    /// Every route shows what its directory says, and nothing is rewritten. What may pass stays as it is. Ends by itself.
    Transparent {
        /// The configuration file of the gateway.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// How long, at most 24h.
        #[arg(long = "for", value_name = "TIME", default_value = "15m")]
        lasting: String,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Ends it at once.
    Off {
        /// The configuration file of the gateway.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum LeakedCommand {
    /// Makes a filter from a list, in at most a few hundred MB of memory, with 8 octets a password on disk meanwhile.
    Build {
        /// One password a line, or SHA-1 hashes as they are published (HASH:count)
        #[arg(long, value_name = "LIST")]
        from: PathBuf,
        /// Where the filter goes
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Of a list with counts, only what turned up at least so often
        #[arg(long, value_name = "N")]
        least_count: Option<u64>,
        /// Where the list is from, for the record [default: its name]
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
    },
}

#[derive(Subcommand)]
enum SettingsCommand {
    /// Tells what holds now, and who says so.
    Get {
        /// Its whole name, such as directories.people.password
        name: String,
        #[command(flatten)]
        place: Place,
        /// For a program instead of a person.
        #[arg(long)]
        json: bool,
    },
    /// Sets one. It holds at once, in a gateway that runs and in all that share its store.
    Set {
        /// Its whole name, such as directories.people.password
        name: String,
        /// What is to hold
        #[arg(required_unless_present = "unset")]
        value: Option<String>,
        /// Leaves it to the configuration file and the default again
        #[arg(long, conflicts_with = "value")]
        unset: bool,
        #[command(flatten)]
        place: Place,
        /// For a program instead of a person.
        #[arg(long)]
        json: bool,
    },
    /// Tells every setting there is.
    List {
        #[command(flatten)]
        place: Place,
        /// For a program instead of a person.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum OnboardCommand {
    /// Lets somebody in, or a group with whoever is in it at the time.
    Add {
        #[command(flatten)]
        whom: OnboardWhom,
    },
    /// Lets somebody in no longer.
    Remove {
        #[command(flatten)]
        whom: OnboardWhom,
    },
    /// Tells everybody who may come in.
    List {
        /// Of this directory alone
        #[arg(long, value_name = "NAME")]
        directory: Option<String>,
        #[command(flatten)]
        place: Place,
        /// For a program instead of a person.
        #[arg(long)]
        json: bool,
    },
}

/// Whom it is about.
#[derive(Args)]
struct OnboardWhom {
    /// The account: a login name, a mail address or its DN; or a group's DN
    name: String,
    /// It is a group
    #[arg(long)]
    group: bool,
    /// The directory, where there is more than one
    #[arg(long, value_name = "NAME")]
    directory: Option<String>,
    #[command(flatten)]
    place: Place,
    /// For a program instead of a person.
    #[arg(long)]
    json: bool,
}

impl OnboardWhom {
    fn split(self) -> (Whom, Place, bool) {
        let whom = Whom {
            directory: self.directory,
            name: self.name,
            group: self.group,
        };
        (whom, self.place, self.json)
    }
}

/// What conditions in policies may ask of a sign-in.
#[derive(Args)]
struct Circumstances {
    /// The client's address, for conditions [default: 192.0.2.1, which is nobody's]
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,
    /// The listener it comes in on, for conditions
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// The server name it asks for, for conditions
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// The subject of its certificate, for conditions
    #[arg(long, value_name = "DN")]
    certificate_subject: Option<String>,
    /// It comes without TLS, for conditions
    #[arg(long)]
    unprotected: bool,
    /// When it comes, such as 2026-12-24T18:00:00+01:00, for conditions [default: now]
    #[arg(long, value_name = "MOMENT")]
    time: Option<Timestamp>,
}

impl Circumstances {
    fn connection(self) -> ConnectionFacts {
        let example = ConnectionFacts::example();
        ConnectionFacts {
            listener: self.listener.map_or(example.listener, Into::into),
            client: self.client.unwrap_or(example.client).to_canonical(),
            protected: !self.unprotected,
            server_name: self.server_name.map(|name| name.to_lowercase().into()),
            certificate_subject: self.certificate_subject.map(Into::into),
        }
    }
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Runs the tests beside policy files (*_test.toml).
    Test {
        /// The folder of policy files.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Does what the command line says; the answer is the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &Environment<'_>, out: &mut Output<'_>) -> u8 {
    let done = match Cli::try_parse_from(arguments) {
        Ok(cli) => obey(cli.command, environment, out),
        Err(error) if error.use_stderr() => {
            out.problem(error.render().to_string().trim_end());
            return WRONG;
        }
        Err(asked) => out.line(asked.render().to_string().trim_end()).map(|()| DONE),
    };
    match done.and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => code,
        Err(_) => FAILED,
    }
}

fn obey(command: Command, environment: &Environment<'_>, out: &mut Output<'_>) -> io::Result<u8> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match command {
        Command::Serve { config } => Ok(serve(&config, environment, clock, (None, None), out)),
        Command::Demo { state_dir, port_offset } => {
            let serve = |config: &Path, clock, fill, on_ready, out: &mut Output<'_>| {
                serve(config, environment, clock, (Some(fill), Some(on_ready)), out)
            };
            demo::run(state_dir, port_offset, environment, clock, out, serve)
        }
        Command::User { command } => {
            of_directory::run(&command.at().place, Work::User(&command), environment, &clock, out)
        }
        Command::Import { file, place } => of_directory::run(&place, Work::Import(&file), environment, &clock, out),
        Command::Export { file, place } => {
            of_directory::run(&place, Work::Export(file.as_deref()), environment, &clock, out)
        }
        Command::Check { config, connect } => check::run(&config, connect, environment, &clock, out),
        Command::Explain {
            config,
            route,
            user,
            json,
            circumstances,
        } => {
            let question = explain::Question {
                path: &config,
                route: &route,
                user: &user,
                json,
                at: circumstances.time,
                connection: circumstances.connection(),
            };
            explain::run(&question, environment, &clock, out)
        }
        Command::Policy {
            command: PolicyCommand::Test { folder },
        } => policy_test::run(&folder, out),
        Command::Leaked {
            command:
                LeakedCommand::Build {
                    from,
                    out: filter,
                    least_count,
                    source,
                },
        } => leaked::run(&from, &filter, least_count, source.as_deref(), out),
        Command::Onboard { command } => {
            let (asked, place, json) = match command {
                OnboardCommand::List { directory, place, json } => (OnboardAsked::List { directory }, place, json),
                OnboardCommand::Add { whom } => {
                    let (whom, place, json) = whom.split();
                    (OnboardAsked::Add(whom), place, json)
                }
                OnboardCommand::Remove { whom } => {
                    let (whom, place, json) = whom.split();
                    (OnboardAsked::Remove(whom), place, json)
                }
            };
            onboard::run(&place, &asked, json, environment, &clock, out)
        }
        Command::Panic {
            command:
                PanicCommand::Transparent {
                    config,
                    lasting,
                    reason,
                },
        } => panic::transparent(&config, &lasting, reason.as_deref(), environment, clock.as_ref(), out),
        Command::Panic {
            command: PanicCommand::Off { config },
        } => panic::off(&config, environment, out),
        Command::Settings { command } => {
            let (asked, place, json) = match command {
                SettingsCommand::Get { name, place, json } => (Asked::Get { name }, place, json),
                SettingsCommand::List { place, json } => (Asked::List, place, json),
                SettingsCommand::Set {
                    name,
                    value,
                    unset: _,
                    place,
                    json,
                } => (Asked::Set { name, value }, place, json),
            };
            settings::run(&place, &asked, json, environment, clock.as_ref(), out)
        }
        Command::Migrate { place, check } => migrate::run(&place, check, environment, out),
        Command::Completions { shell } => manual::completions(Cli::command(), shell, out),
        Command::Man { folder } => manual::pages(Cli::command(), folder.as_deref(), out),
    }
}

fn serve(
    path: &Path,
    environment: &Environment<'_>,
    clock: Arc<dyn Clock>,
    (fill, on_ready): (Option<serve::Fill>, Option<serve::OnReady>),
    out: &mut Output<'_>,
) -> u8 {
    let configuration = match commands::configuration(path, environment, out) {
        Ok(configuration) => configuration,
        Err(code) => return code,
    };
    let routes = facts(&configuration.routes);
    let (book, kept) = match reload::first_policies(&configuration.server.policies, &routes) {
        Ok(first) => first,
        Err(problems) => {
            commands::tell(&problems, out);
            return WRONG;
        }
    };
    let prepared = Prepared {
        configuration,
        routes,
        book,
        kept,
        clock,
        service_manager: ServiceManager::at(std::env::var_os("NOTIFY_SOCKET").as_deref()),
        is_demo: fill.is_some(),
        fill,
        on_ready,
    };
    match serve::run(prepared) {
        Ok(()) => DONE,
        Err(error) => {
            out.problem(format_args!("postern: {error}"));
            if error.is_misconfigured() { WRONG } else { FAILED }
        }
    }
}
