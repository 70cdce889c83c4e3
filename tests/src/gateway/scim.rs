//! SCIM of a gateway: its sections of the configuration, and a client of it.

use super::{Gateway, GatewaySettings};
use crate::{Browser, Scim};
use std::net::SocketAddr;

/// The token of a program that may do everything over SCIM.
pub const SCIM_TOKEN: &str = "stories-scim-token-0123456789abcdef";

impl Gateway {
    /// A client that may do everything.
    pub fn scim(&self) -> Scim {
        let address = self.https_address();
        let browser = Browser::new(address, &format!("localhost:{}", address.port()), &self.ca_file());
        Scim::new(browser, "/scim/v2", SCIM_TOKEN)
    }

    /// Where SCIM is, with [`GatewaySettings::scim`].
    pub fn scim_url(&self) -> String {
        format!("{}/scim/v2", public_url(self.https_address()))
    }
}

/// Other programs come by the name in the certificate, so this is the gateway's too.
fn public_url(https: SocketAddr) -> String {
    format!("https://localhost:{}", https.port())
}

/// The gateway's `public_url`, and the sections of SCIM if it is wanted.
pub(super) fn sections(https: SocketAddr, settings: &GatewaySettings) -> (String, String) {
    let Some(lines) = &settings.scim else {
        return ("https://reset.example.org".to_owned(), String::new());
    };
    // Self-service has its pages at the same place.
    let http = match settings.mail {
        Some(_) => String::new(),
        None => format!("[http]\naddress = \"{https}\"\n"),
    };
    let sections = format!(
        "{http}
[[scim]]
route = \"applications\"
{lines}

[[api_token]]
name = \"stories-scim\"
secret = \"{SCIM_TOKEN}\"
scopes = [\"scim:read\", \"scim:write\", \"scim:password\", \"scim:groups\"]
"
    );
    (public_url(https), sections)
}
