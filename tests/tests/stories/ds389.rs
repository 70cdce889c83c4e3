//! 389 Directory Server behind the gateway.

mod changes;
mod direct;
mod guard;
mod restricted;
mod surfaces;

use postern_tests::ds389::people::STATES;
use postern_tests::people::dn;
use postern_tests::{Ds389, GatewaySettings};

/// The people of one set: each state, and who is in it.
fn people(set: &str) -> Vec<(&'static str, String)> {
    STATES
        .iter()
        .map(|state| (*state, dn(&format!("{state}{set}"))))
        .collect()
}

/// A gateway before this server: under TLS, without which it changes no password by the extended operation, and with its global policy
/// where a service account can read it.
pub(crate) fn directory(preset: &str, server: &Ds389) -> GatewaySettings {
    GatewaySettings {
        dialect: "389ds".to_owned(),
        directory: format!(
            "ca_file = \"{}\"\ndefault_policy_dn = \"cn=config\"",
            server.ca_file().display()
        ),
        ..GatewaySettings::new(preset, &[server.tls_url()])
    }
}
