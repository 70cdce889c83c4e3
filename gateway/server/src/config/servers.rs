//! The servers of a `[[directory]]`: where they are, what each is for, and how one is chosen.

use super::directory::server;
use super::reading::{Reading, Text, Word};
use postern_directory::{Balance, Role, ServerSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// A server of a directory.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ServerTable {
    /// Where it is: ldap://host:port or ldaps://host:port.
    #[schemars(with = "String")]
    url: Text,
    /// "any": for everything. "writer": for routes on which something may be changed. "reader": for those on which nothing may, and for whoever has not signed in.
    #[schemars(with = "Option<RoleWord>", extend("default" = "any"))]
    role: Word<RoleWord>,
    /// How large its share is beside the others, where balance is "spread".
    #[schemars(with = "Option<u32>", range(min = 1, max = 100), extend("default" = 1))]
    weight: Option<Spanned<u64>>,
    /// true: nothing new is sent there, and whoever is signed in there is sent away after drain_seconds. In force as soon as the file is saved.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    drain: Option<Spanned<bool>>,
}

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleWord {
    /// Everything.
    Any,
    /// What may be written.
    Writer,
    /// What is only read.
    Reader,
}

/// How a server is chosen among those that are there and fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum BalanceWord {
    /// The first in order.
    Ordered,
    /// Each account has its server; what is nobody's goes where the fewest connections are in use.
    Spread,
}

impl From<BalanceWord> for Balance {
    fn from(word: BalanceWord) -> Self {
        match word {
            BalanceWord::Ordered => Self::Ordered,
            BalanceWord::Spread => Self::Spread,
        }
    }
}

/// The short form and the long one, as they are written.
pub(super) struct Written {
    pub(super) urls: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) servers: Option<Spanned<Vec<Spanned<ServerTable>>>>,
}

impl Written {
    /// The servers, if each of them is sound: with fewer of them it would be another directory. `table` is where they are missed.
    pub(super) fn read(
        self,
        start_tls: bool,
        allow_plaintext: bool,
        table: &Range<usize>,
        reading: &mut Reading<'_>,
    ) -> Option<Vec<ServerSettings>> {
        let (urls, servers) = match (self.urls, self.servers) {
            (Some(_), Some(servers)) => {
                return reading.none(&servers.span(), "urls and servers are both given", "one of them");
            }
            (None, None) => {
                if ["urls", "servers"].iter().any(|key| reading.told_of(table, key)) {
                    return None;
                }
                let remedy = "urls = [\"ldaps://host\"], or servers, where they differ";
                return reading.none(table, "neither urls nor servers is given", remedy);
            }
            (urls, servers) => (urls, servers),
        };
        let mut all = Some(Vec::new());
        let mut add = |server: Option<ServerSettings>| match (&mut all, server) {
            (Some(all), Some(server)) => all.push(server),
            (all, _) => *all = None,
        };
        for url in urls.iter().flat_map(Spanned::get_ref) {
            add(server(url, start_tls, allow_plaintext, reading).map(ServerSettings::from));
        }
        let Some(servers) = servers else { return all };
        let span = servers.span();
        for table in servers.into_inner() {
            add(table.into_inner().read(start_tls, allow_plaintext, reading));
        }
        let all = all?;
        if all.iter().all(|server| server.drain) {
            return reading.none(&span, "every server is drained", "one at least that serves");
        }
        for (place, server) in all.iter().enumerate() {
            if all.iter().take(place).any(|other| other.url == server.url) {
                let what = format!("{} is given twice", server.url);
                return reading.none(&span, what, "each server once; weight makes one larger");
            }
        }
        Some(all)
    }
}

impl ServerTable {
    fn read(self, start_tls: bool, allow_plaintext: bool, reading: &mut Reading<'_>) -> Option<ServerSettings> {
        // Where there is none, that has been told.
        let url = server(&self.url?, start_tls, allow_plaintext, reading)?;
        Some(ServerSettings {
            url,
            role: match self.role.map(Spanned::into_inner) {
                None | Some(RoleWord::Any) => Role::Any,
                Some(RoleWord::Writer) => Role::Writer,
                Some(RoleWord::Reader) => Role::Reader,
            },
            weight: self
                .weight
                .map_or(1, |weight| u32::try_from(weight.into_inner()).unwrap_or(u32::MAX)),
            drain: self.drain.is_some_and(Spanned::into_inner),
        })
    }
}
