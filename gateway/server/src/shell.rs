//! How commands come to what is kept: through the gateway that holds it, where one runs; else by themselves.

use crate::commands::{self, FAILED, WRONG};
use crate::config::{Configuration, Environment};
use crate::output::Output;
use clap::Args;
use std::path::{Path, PathBuf};

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
