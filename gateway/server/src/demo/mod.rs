//! `postern demo`: the whole product on loopback, with the embedded directory and people in every state.
//!
//! **The walk.** A folder is prepared (`gateway.toml`, written anew; policy files, written once) → the gateway is made of it as `postern serve`
//! would → before it takes its first client, [`people`] are put into the directory as they are promised → what there is to try is printed.
//!
//! Everything listens on loopback: its passwords are known to everybody.

mod people;
mod seed;
mod tour;

use crate::kept::Kept;
use crate::shell::asking::Asking;
use people::{BASE, PEOPLE};
use postern_identity::Timestamp;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const CONFIGURATION: &str = include_str!("files/gateway.toml");
/// Policy files by their names.
const POLICIES: [(&str, &str); 4] = [
    (
        "default.toml",
        include_str!("../../../../policies/default/default.toml"),
    ),
    (
        "default_test.toml",
        include_str!("../../../../policies/default/default_test.toml"),
    ),
    ("authority.toml", include_str!("files/authority.toml")),
    ("self_service.toml", include_str!("files/self_service.toml")),
];
/// The largest offset that leaves every port below 65,536.
pub const LARGEST_OFFSET: u16 = u16::MAX - METRICS;

/// As `gateway.toml` calls it.
const DIRECTORY: &str = "people";
const LDAP: u16 = 3389;
const LDAPS: u16 = 3636;
const HTTPS: u16 = 8443;
const METRICS: u16 = 9464;

/// A prepared demonstration.
pub struct Demo {
    /// Where everything is kept.
    pub state: PathBuf,
    /// The configuration to serve.
    pub configuration: PathBuf,
    ports: Ports,
}

#[derive(Clone, Copy)]
struct Ports {
    ldap: u16,
    ldaps: u16,
    https: u16,
    metrics: u16,
}

impl Demo {
    /// Writes what it needs into `state`, which is made if it is not there.
    pub fn prepare(state: &Path, offset: u16) -> io::Result<Self> {
        let ports = Ports::with(offset).ok_or(io::ErrorKind::InvalidInput)?;
        let folder = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        folder(state)?;
        let state = fs::canonicalize(state)?;
        // It stands in a TOML string.
        let written = state
            .to_str()
            .filter(|text| !text.contains(['"', '\\', '$', '{', '}']) && !text.contains(char::is_control))
            .ok_or(io::ErrorKind::InvalidFilename)?;
        let policies = state.join("policies");
        if !policies.exists() {
            folder(&policies)?;
            for (name, text) in POLICIES {
                fs::write(policies.join(name), text)?;
            }
        }
        let configuration = state.join("gateway.toml");
        let text = CONFIGURATION
            .replace("{state}", written)
            .replace("{ldap}", &ports.ldap.to_string())
            .replace("{ldaps}", &ports.ldaps.to_string())
            .replace("{https}", &ports.https.to_string())
            .replace("{metrics}", &ports.metrics.to_string());
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&configuration)?;
        file.write_all(text.as_bytes())?;
        Ok(Self {
            state,
            configuration,
            ports,
        })
    }

    /// What is printed when it is ready. `program`: how this program is called from a shell.
    pub fn tour(&self, program: &Path) -> String {
        tour::text(self, program, PEOPLE, BASE)
    }
}

impl Ports {
    fn with(offset: u16) -> Option<Self> {
        Some(Self {
            ldap: LDAP.checked_add(offset)?,
            ldaps: LDAPS.checked_add(offset)?,
            https: HTTPS.checked_add(offset)?,
            metrics: METRICS.checked_add(offset)?,
        })
    }
}

/// Puts people into the directory as they are promised.
pub(crate) async fn fill(kept: &Kept, now: Timestamp) -> Result<(), String> {
    let directory = kept
        .directory(DIRECTORY)
        .ok_or("the demonstration's directory is not there")?;
    let mut asking = Asking::new(directory.connect_as_root());
    let seeded = seed::seed(&mut asking, now).await;
    seeded.map_err(|error| format!("the demonstration's people cannot be put into its directory: {error}"))
}

/// Where a demonstration is kept where nothing else is said: the user's folder for what programs keep.
pub fn usual_state(environment: impl Fn(&str) -> Option<String>) -> PathBuf {
    let set = |name: &str| environment(name).filter(|value| Path::new(value).is_absolute());
    let states = set("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".local/state")));
    states.map_or_else(|| PathBuf::from(".postern-demo"), |states| states.join("postern/demo"))
}
