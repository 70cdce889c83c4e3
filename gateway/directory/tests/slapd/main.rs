//! Against a real slapd: TLS is verified, servers are taken in order, and an entry says what a bind says.
//!
//! Every test starts its own slapd on loopback in a temporary folder and ends it, also when it fails. A machine without slapd fails
//! these tests: `tests/setup` installs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod applicants;
mod certificates;
mod crowd;
mod directory;
mod discovery;
mod filters;
mod order;
mod people;
mod server;
mod states;
mod tls;
mod writes;

use postern_directory::{ServerUrl, ServiceAccount, Settings, Upstream};
use postern_identity::{Clock, DirectoryName, Secret, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// The machine's clock: slapd goes by it too.
struct MachineClock;

impl Clock for MachineClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "slapd beside us goes by this clock and can be given no other"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Settings for these servers, with these authorities and the service account.
fn settings(urls: &[&str], authorities: &Path) -> Settings {
    let servers = urls.iter().map(|url| ServerUrl::parse(url).unwrap()).collect();
    let mut settings = Settings::new(DirectoryName("people".into()), servers);
    settings.tls.ca_file = Some(authorities.to_owned());
    settings.base_dn = Some("dc=example,dc=org".to_owned());
    settings.default_policy_dn = Some("cn=default,ou=policies,dc=example,dc=org".to_owned());
    settings.service_account = Some(ServiceAccount {
        dn: "cn=service,ou=services,dc=example,dc=org".to_owned(),
        password: Secret::new(directory::SERVICE_PASSWORD),
    });
    settings
}

fn upstream(settings: Settings) -> Arc<Upstream> {
    Upstream::new(settings, Arc::new(MachineClock)).unwrap()
}
