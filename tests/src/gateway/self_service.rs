//! Self-service of a gateway: its sections of the configuration, and a browser at its pages.

use super::Gateway;
use crate::Browser;
use std::net::SocketAddr;

/// The token of a program that may do everything with resets.
pub const API_TOKEN: &str = "stories-token-0123456789abcdef";
/// The host of it, as a browser has it.
const PORTAL_HOST: &str = "reset.example.org";

impl Gateway {
    /// Where its pages are, with [`GatewaySettings::mail`].
    pub fn https_address(&self) -> SocketAddr {
        self.addresses.https
    }

    /// A browser that has been nowhere yet, at its pages.
    pub fn browser(&self) -> Browser {
        Browser::new(self.addresses.https, PORTAL_HOST, &self.ca_file())
    }
}

/// The sections of self-service. Nobody is asked for work: the pages have tests of their own for that.
pub(super) fn sections(https: SocketAddr, mail: &str) -> String {
    format!(
        "[http]
address = \"{https}\"
work_bits = 0

[mail]
url = \"{mail}\"
from = \"Accounts <no-reply@example.org>\"

[[api_token]]
name = \"stories\"
secret = \"{API_TOKEN}\"
scopes = [\"reset:request\", \"reset:vouched\", \"reset:read\"]
"
    )
}
