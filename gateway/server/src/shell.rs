//! How commands come to what is kept: through the gateway that holds it, where one runs; else by themselves.

pub mod asking;
pub mod owner;

use crate::commands::{self, FAILED, WRONG};
use crate::config::{Configuration, Environment};
use crate::control::client::{self, CallError};
use crate::kept::{Kept, KeptError};
use crate::output::Output;
use clap::Args;
use postern_directory::local::LocalDirectory;
use postern_directory::{ConnectError, Settings, SetupError, Transport, Upstream};
use postern_identity::Clock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The configuration in a state folder that has one of its own, as a demo's does.
pub const OWN_CONFIGURATION: &str = "gateway.toml";

/// Which gateway is meant.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Place {
    /// The gateway's configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Its state folder: of a gateway that runs, or of a demo
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

impl Place {
    /// Of a configuration.
    pub fn configured(file: impl Into<PathBuf>) -> Self {
        Self {
            config: Some(file.into()),
            state_dir: None,
        }
    }

    /// The configuration that is meant; problems are told, and the code to end with. `None`: a state folder without one, so that only a
    /// running gateway can answer.
    pub fn configuration(
        &self,
        environment: &Environment<'_>,
        out: &mut Output<'_>,
    ) -> Result<(PathBuf, Option<Configuration>), u8> {
        match (&self.config, &self.state_dir) {
            (Some(file), _) => {
                let configuration = commands::configuration(file, environment, out)?;
                Ok((configuration.server.state_dir.clone(), Some(configuration)))
            }
            (None, Some(folder)) => {
                let file = folder.join(OWN_CONFIGURATION);
                if !file.is_file() {
                    return Ok((folder.clone(), None));
                }
                let configuration = commands::configuration(&file, environment, out)?;
                Ok((folder.clone(), Some(configuration)))
            }
            (None, None) => Err(WRONG),
        }
    }
}

/// Says that nobody can answer for a state folder alone.
pub fn nobody_runs(state_dir: &Path, out: &mut Output<'_>) -> u8 {
    out.problem(format_args!(
        "no gateway runs with the state folder {}: start it, or say --config FILE",
        state_dir.display()
    ));
    FAILED
}

/// The way to the embedded directories of a configuration.
pub enum Reach {
    /// Through the gateway that runs with this state folder.
    Running(PathBuf),
    /// They are ours for as long as the command lasts.
    Own(Kept),
}

/// Why there is no way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReachError {
    /// A gateway runs and is of no use.
    #[error("{0}")]
    Call(#[from] CallError),
    /// None runs, and what is kept cannot be opened.
    #[error("{0}")]
    Kept(#[from] KeptError),
    /// What was open a moment ago is not.
    #[error("the gateway that ran has ended")]
    Ended,
    /// There is no such directory.
    #[error("there is no embedded directory of that name")]
    NoSuch,
    /// Its settings are refused.
    #[error("{0}")]
    Setup(#[from] SetupError),
}

impl ReachError {
    /// The code to end with.
    pub fn code(&self) -> u8 {
        match self {
            Self::NoSuch | Self::Setup(_) => WRONG,
            Self::Kept(error) if error.is_misconfigured() => WRONG,
            _ => FAILED,
        }
    }
}

impl Reach {
    /// Through the gateway that runs, else by opening what is kept; `None` where nothing is. Within a runtime; [`Reach::close`] ends it.
    pub async fn open(configuration: &Configuration, clock: &Arc<dyn Clock>) -> Result<Option<Self>, ReachError> {
        let state_dir = &configuration.server.state_dir;
        if client::is_there(state_dir)? {
            return Ok(Some(Self::Running(state_dir.clone())));
        }
        Ok(Kept::open(configuration, clock).await?.map(Self::Own))
    }

    /// A connection to an embedded directory, as the one who may do everything.
    pub fn as_root(&self, name: &str) -> Result<Transport, ReachError> {
        match self {
            Self::Running(state_dir) => client::ldap(state_dir, name)?.ok_or(ReachError::Ended),
            Self::Own(kept) => kept
                .directory(name)
                .map(LocalDirectory::connect_as_root)
                .ok_or(ReachError::NoSuch),
        }
    }

    /// An embedded directory as everything else knows directories, with the gateway's own account in it.
    pub fn upstream(&self, settings: Settings, clock: Arc<dyn Clock>) -> Result<Arc<Upstream>, ReachError> {
        let state_dir = match self {
            Self::Own(kept) => return Ok(kept.upstream(settings, clock)?),
            Self::Running(state_dir) => state_dir.clone(),
        };
        let name = settings.name.clone();
        let account = client::service_account(&state_dir, &name.0)?.ok_or(ReachError::Ended)?;
        let inside = move || match client::ldap(&state_dir, &name.0) {
            Ok(Some(transport)) => Ok(transport),
            _ => Err(ConnectError::Refused),
        };
        Ok(Upstream::in_process(settings, account, Box::new(inside), clock)?)
    }

    /// Ends it.
    pub async fn close(self) {
        if let Self::Own(kept) = self {
            kept.close().await;
        }
    }
}
