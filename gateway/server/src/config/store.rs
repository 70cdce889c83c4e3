//! `[store]`: where embedded directories and settings are kept.

use super::reading::{Reading, Text, text_of};
use postern_identity::Secret;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The file in the state folder where nothing else is said.
const FILE: &str = "postern.db";
/// What is right where a URL is wrong.
const REMEDY: &str = "sqlite:postern.db, or postgres://user@host/database";

/// Where things are kept. No `Debug`: it may hold a password.
pub struct Store {
    /// Where.
    pub place: StorePlace,
    /// Whether the file says so. Without that, and without an embedded directory, nothing is kept and nothing is opened.
    pub is_written: bool,
}

/// The store itself.
pub enum StorePlace {
    /// A file of SQLite's.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres {
        /// `postgres://user@host/database`, without a password; off this machine with `sslmode=verify-full`.
        url: String,
        /// The password, where there is one.
        password: Option<Secret>,
    },
}

/// Where embedded directories and settings are kept.
#[derive(Deserialize, JsonSchema)]
pub(super) struct StoreTable {
    /// sqlite:path for a file, or postgres://user@host/database, which several gateways may share. Default: postern.db in the state folder.
    #[schemars(with = "Option<String>", extend("default" = "sqlite:.state/postern.db"))]
    url: Text,
    /// PostgreSQL's password; rather password_file.
    #[schemars(with = "Option<String>")]
    password: Text,
    /// A file that holds the password alone, readable by the program alone.
    #[schemars(with = "Option<String>")]
    password_file: Text,
}

impl Store {
    /// Where nothing is said.
    pub(super) fn usual(state_dir: &Path) -> Self {
        Self {
            place: StorePlace::Sqlite(state_dir.join(FILE)),
            is_written: false,
        }
    }
}

impl StoreTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, state_dir: &Path, reading: &mut Reading<'_>) -> Option<Store> {
        let place = match text_of(self.url.as_ref()) {
            None => Store::usual(state_dir).place,
            Some(written) => place(written, reading)?,
        };
        let password = (text_of(self.password.as_ref()), text_of(self.password_file.as_ref()));
        let place = match (place, password) {
            (place, (None, None)) => place,
            (StorePlace::Sqlite(_), (inline, file)) => {
                let span = inline.or(file).map_or(span.clone(), Spanned::span);
                return reading.none(&span, "a file of SQLite's has no password", "leave it out");
            }
            (StorePlace::Postgres { url, .. }, _) => {
                let password = reading.secret("password", self.password.as_ref(), self.password_file.as_ref(), span);
                let password = Some(password?);
                StorePlace::Postgres { url, password }
            }
        };
        Some(Store {
            place,
            is_written: true,
        })
    }
}

fn place(written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<StorePlace> {
    let (text, span) = (written.get_ref().as_str(), written.span());
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains(['?', '\0']) {
            return reading.none(
                &span,
                format!("{} names no file", quoted(text)),
                "such as sqlite:postern.db",
            );
        }
        return Some(StorePlace::Sqlite(reading.beside(path)));
    }
    // Not repeated: people put passwords into URLs.
    let rest = text
        .strip_prefix("postgres://")
        .or_else(|| text.strip_prefix("postgresql://"));
    let Some(rest) = rest.filter(|rest| rest.bytes().all(|octet| octet.is_ascii_graphic())) else {
        return reading.none(&span, "this is not the URL of a store", REMEDY);
    };
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = before.split_once('/').unwrap_or((before, ""));
    let (user, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(':') || query.split('&').any(|pair| pair.starts_with("password=")) {
        let remedy = "password_file = \"a file that holds it\"";
        return reading.none(&span, "there is a password in this URL", remedy);
    }
    let named = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let host = named("host").unwrap_or_else(|| host_of(server));
    if user.is_empty() || host.is_empty() || database.is_empty() || named("hostaddr").is_some() {
        return reading.none(&span, "this is not the URL of a store", REMEDY);
    }
    let on_this_machine = host == "localhost"
        || ["/", "%2F", "%2f"].iter().any(|slash| host.starts_with(slash))
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let url = match named("sslmode") {
        None if on_this_machine => text.to_owned(),
        None => {
            let joint = if query.is_empty() { "?" } else { "&" };
            format!("{}{joint}sslmode=verify-full", text.trim_end_matches('?'))
        }
        Some("verify-full") => text.to_owned(),
        Some(_) if on_this_machine => text.to_owned(),
        Some(_) => {
            let remedy = "sslmode=verify-full, and sslrootcert=FILE for an authority of your own";
            return reading.none(&span, "the store would be reached without being sure of it", remedy);
        }
    };
    Some(StorePlace::Postgres { url, password: None })
}

/// Without the port, and without an IPv6 address' brackets.
fn host_of(server: &str) -> &str {
    match server.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => server.split(':').next().unwrap_or_default(),
    }
}
