//! `[server]`: the process as a whole.

use super::reading::{Reading, Text};
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use toml::Spanned;

/// The process as a whole.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where the program keeps what it makes itself.
    pub state_dir: PathBuf,
    /// The folder of policy files.
    pub policies: PathBuf,
    /// Where people reset a password, without a slash at the end.
    pub public_url: String,
    /// Threads that serve clients; `None`: one for each core.
    pub workers: Option<NonZeroUsize>,
    /// Gateways in front of the same directories: each lets its share of wrong passwords up.
    pub nodes: NonZeroU32,
}

/// The process as a whole.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ServerTable {
    /// Where Postern keeps what it makes itself: a certificate authority and a certificate where none is configured.
    #[schemars(with = "Option<String>", extend("default" = ".state"))]
    state_dir: Text,
    /// The folder of policy files. A change in it takes effect as it is saved.
    #[schemars(with = "Option<String>", extend("default" = "policies"))]
    policies: Text,
    /// Where people reset a password, for example https://reset.example.org. Texts may name it.
    #[schemars(with = "String")]
    public_url: Text,
    /// Threads that serve clients. Default: one for each core.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1024))]
    workers: Option<Spanned<u64>>,
    /// How many gateways stand in front of the same directories: each lets only its share of wrong passwords reach them.
    #[schemars(with = "Option<u32>", range(min = 1, max = 64), extend("default" = 1))]
    nodes: Option<Spanned<u64>>,
}

impl ServerTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Option<Server> {
        let state_dir = reading.path(self.state_dir.as_ref(), ".state");
        let policies = reading.path(self.policies.as_ref(), "policies");
        let public_url = reading.web_url("public_url", self.public_url.as_ref()?)?;
        Some(Server {
            state_dir,
            policies,
            public_url: public_url.trim_end_matches('/').to_owned(),
            workers: self
                .workers
                .and_then(|workers| NonZeroUsize::new(usize::try_from(workers.into_inner()).ok()?)),
            nodes: self
                .nodes
                .and_then(|nodes| NonZeroU32::new(u32::try_from(nodes.into_inner()).ok()?))
                .unwrap_or(NonZeroU32::MIN),
        })
    }
}
