//! A directory of the gateway's own, from outside: over the real program and its listeners, with the tools and applications people have.

mod binds;
mod changes;
mod faults;
mod files;
mod hostile;
mod kept;
mod postgresql;
mod tools;

use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD};
use postern_tests::{Gateway, GatewaySettings, Wire};

/// A gateway with a directory of its own that holds these accounts besides those of [`people`].
fn with(preset: &str, more: &str) -> GatewaySettings {
    GatewaySettings {
        ldif: Some(people::ldif(0, &format!("{}{more}", people::administrator()))),
        ..GatewaySettings::embedded(preset)
    }
}

/// A connection under TLS, signed in as the administrator.
fn administrator(gateway: &Gateway) -> Wire {
    let mut wire = gateway.tls_client();
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    wire
}
