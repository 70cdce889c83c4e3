//! The configuration file, read into values.
//!
//! **The walk.** [`read`] takes the file's octets → [`postern_policy::document`] parses TOML and remembers where everything
//! stands → `environment` fills `${NAME}` in → [`postern_policy::shape`] compares the tree with the [schema] its types give,
//! tells every difference and takes it out → each section's own file turns its table into values → what sections say of each
//! other is checked here. All problems are told at once.
//!
//! **To add a key:** a field with its comment in the section's table, its value in the section's `read`, a mistake in `tests`,
//! and `POSTERN_BLESS=1 cargo test -p postern-server schema`.

pub mod api_token;
pub mod applicants;
mod brand;
pub mod http;
pub mod limits;
pub mod listener;
pub mod mail;
pub mod oauth_issuer;
mod provider;
pub mod route;
pub mod schema;
pub mod scim;
pub mod secrets;
pub mod server;
pub mod telemetry;
pub mod way_in;

mod access;
mod directory;
mod embedded;
mod environment;
mod names;
mod passwords;
mod reading;
mod references;
mod servers;
mod shown_as;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;

pub use api_token::{ApiToken, Scope};
pub use applicants::Applicants;
pub use embedded::{Embedded, Hashing};
pub use environment::Environment;
pub use http::Http;
pub use limits::Limits;
pub use listener::{Certificate, ClientCertificates, Listener, ListenerTls};
pub use mail::Mail;
pub use oauth_issuer::OauthIssuer;
pub use postern_policy::Problem;
pub use route::{LaneMode, Lanes, Route};
pub use scim::Scim;
pub use secrets::Secrets;
pub use server::Server;
pub use store::{Store, StorePlace};
pub use telemetry::{LogFormat, Telemetry};

use crate::settings::Value;
use postern_directory::upstream::settings::Settings;
use postern_policy::document::{Advice, Document};
use postern_policy::problem::in_order;
use postern_policy::{RouteFacts, shape};
use postern_portal::Brand;
use reading::Reading;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// The largest configuration file that is read, in octets.
const LARGEST_FILE: usize = 1024 * 1024;

/// What is advised of the configuration.
const ADVICE: Advice = Advice {
    syntax: "see https://toml.io for how it is written",
    missing: |description| {
        let first = description.lines().next().unwrap_or_default();
        format!("add it ({})", first.trim_end_matches('.'))
    },
    misfit: "see configuration.schema.json for what fits",
};

/// A whole configuration without a mistake in it. No `Debug`: it holds passwords.
pub struct Configuration {
    /// The file it was read from.
    pub path: PathBuf,
    /// Tells whether the file has changed since.
    pub fingerprint: Fingerprint,
    /// The process as a whole.
    pub server: Server,
    /// What is told to whoever runs it.
    pub telemetry: Telemetry,
    /// Where applications connect; at least one.
    pub listeners: Vec<Listener>,
    /// The directories behind; at least one.
    pub directories: Vec<Settings>,
    /// What those of them have that are in this process.
    pub embedded: Vec<Embedded>,
    /// Where those, and settings, are kept.
    pub store: Store,
    /// What the file says of settings that can be changed while the program runs, by name.
    pub values: Vec<(String, Value)>,
    /// Named ways in; at least one.
    pub routes: Vec<Route>,
    /// Bounds.
    pub limits: Limits,
    /// Where pages are served, if they are.
    pub http: Option<Http>,
    /// How mail goes out. `None`: not at all.
    pub mail: Option<Mail>,
    /// Outside identity providers.
    pub providers: Vec<postern_provider::Settings>,
    /// Programs with tokens of ours.
    pub api_tokens: Vec<ApiToken>,
    /// Issuers of OAuth 2.0 that speak for programs.
    pub oauth_issuers: Vec<OauthIssuer>,
    /// The keys that hide what is kept of resets.
    pub secrets: Secrets,
    /// Who may help themselves, of each directory.
    pub applicants: Vec<Applicants>,
    /// How pages look, by name.
    pub brands: BTreeMap<Arc<str>, Arc<Brand>>,
    /// Filters of leaked passwords beside the one that ships.
    pub leaked_files: Vec<PathBuf>,
    /// Directories that programs provision, in the file's order.
    pub scim: Vec<Scim>,
}

impl Configuration {
    /// The most users and groups that are onboarded, of each directory that has a cap.
    pub fn onboarded_most(&self) -> Vec<(Arc<str>, u64)> {
        let capped = self
            .applicants
            .iter()
            .filter_map(|of| Some((Arc::clone(&of.directory), of.onboarded_most?)));
        capped.collect()
    }
}

/// What a reading came to.
pub struct Outcome {
    /// The configuration, if there was no problem.
    pub configuration: Option<Configuration>,
    /// Every mistake, in the file's order.
    pub problems: Vec<Problem>,
    /// The folder of policy files and the routes they may speak of, as far as they could be read: so that both can be checked at once.
    pub policies: Option<(PathBuf, Vec<RouteFacts>)>,
}

/// Tells two readings of a file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of a file as it is now; `None` if it cannot be read.
    pub fn of(path: &Path) -> Option<Self> {
        octets(path).ok().map(|octets| Self::of_octets(&octets))
    }

    fn of_octets(octets: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        octets.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The configuration of Postern.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Postern configuration")]
pub(crate) struct File {
    /// The process as a whole.
    #[schemars(with = "server::ServerTable")]
    server: Option<server::ServerTable>,
    /// What is told to whoever runs it.
    #[schemars(with = "Option<telemetry::TelemetryTable>")]
    telemetry: Option<telemetry::TelemetryTable>,
    /// Where applications connect.
    #[schemars(with = "Vec<listener::ListenerTable>", length(min = 1))]
    listener: Option<Vec<listener::ListenerTable>>,
    /// The directories behind.
    #[schemars(with = "Vec<directory::DirectoryTable>", length(min = 1))]
    directory: Option<Vec<Spanned<directory::DirectoryTable>>>,
    /// Named ways in. What holds on them stands in policy files.
    #[schemars(with = "Vec<route::RouteTable>", length(min = 1))]
    route: Option<Vec<route::RouteTable>>,
    /// Where embedded directories and settings are kept.
    #[schemars(with = "Option<store::StoreTable>")]
    store: Option<Spanned<store::StoreTable>>,
    /// Bounds on what clients and servers may make the program hold or wait for.
    limits: Option<limits::LimitsTable>,
    /// Where people and programs reach the pages and their API, over TLS alone. Left out: nothing of the kind is served.
    #[schemars(with = "Option<http::HttpTable>")]
    http: Option<http::HttpTable>,
    /// How mail goes out. Left out: none does, and nobody can prove who they are by mail.
    #[schemars(with = "Option<mail::MailTable>")]
    mail: Option<Spanned<mail::MailTable>>,
    /// Outside identity providers, whose pages people are sent to.
    #[schemars(with = "Option<Vec<provider::ProviderTable>>")]
    provider: Option<Vec<Spanned<provider::ProviderTable>>>,
    /// Programs that may ask for resets over the API, or provision over SCIM.
    #[schemars(with = "Option<Vec<api_token::ApiTokenTable>>")]
    api_token: Option<Vec<Spanned<api_token::ApiTokenTable>>>,
    /// Issuers of OAuth 2.0 access tokens (signed JWTs), whose programs need no token of ours.
    #[schemars(with = "Option<Vec<oauth_issuer::OauthIssuerTable>>")]
    oauth_issuer: Option<Vec<Spanned<oauth_issuer::OauthIssuerTable>>>,
    /// The keys that hide what is kept of resets from whoever reads the store.
    #[schemars(with = "Option<secrets::SecretsTable>")]
    secrets: Option<Spanned<secrets::SecretsTable>>,
    /// How pages and letters look, by the names that routes use.
    #[schemars(with = "Option<BTreeMap<String, brand::BrandTable>>")]
    brand: Option<BTreeMap<String, Spanned<brand::BrandTable>>>,
    /// How new passwords are looked at before a directory sees them; what they must be stands in policy files.
    passwords: Option<passwords::PasswordsTable>,
    /// Directories whose users and groups programs provision (SCIM 2.0).
    #[schemars(with = "Option<Vec<scim::ScimTable>>")]
    scim: Option<Vec<Spanned<scim::ScimTable>>>,
}

/// Reads a file, with names of the environment looked up by `environment`.
pub fn read(path: &Path, environment: &Environment<'_>) -> Outcome {
    let shown = path.display().to_string();
    match octets(path) {
        Ok(octets) => read_octets(path, &octets, environment),
        Err(error) => {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "it is not there",
                std::io::ErrorKind::PermissionDenied => "permission denied",
                std::io::ErrorKind::InvalidInput => "it is not a file",
                _ => "the file system failed",
            };
            Outcome {
                configuration: None,
                problems: vec![Problem::of_whole(
                    shown,
                    format!("this cannot be read ({reason})"),
                    "a configuration file that this program may read",
                )],
                policies: None,
            }
        }
    }
}

fn octets(path: &Path) -> std::io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut octets = Vec::new();
    fs::File::open(path)?
        .take(LARGEST_FILE as u64 + 1)
        .read_to_end(&mut octets)?;
    Ok(octets)
}

fn read_octets(path: &Path, octets: &[u8], environment: &Environment<'_>) -> Outcome {
    let shown = path.display().to_string();
    let nothing = |problems| Outcome {
        configuration: None,
        problems: in_order(problems),
        policies: None,
    };
    if octets.len() > LARGEST_FILE {
        let what = "the file is larger than 1 MiB";
        return nothing(vec![Problem::of_whole(shown, what, "a smaller file")]);
    }
    let mut document = match Document::parse(&shown, octets, &ADVICE) {
        Ok(document) => document,
        Err(problems) => return nothing(problems),
    };
    let mut problems = environment::fill(&mut document, environment);
    problems.extend(shape::check(&mut document, &schema::schema()));
    let file: File = match document.give_up() {
        Ok(file) => file,
        Err(problem) => {
            problems.push(problem);
            return nothing(problems);
        }
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let fingerprint = Fingerprint::of_octets(octets);
    let mut outcome = file.read(path, &mut Reading::new(&document, folder, &mut problems), fingerprint);
    if !problems.is_empty() {
        outcome.configuration = None;
    }
    outcome.problems = in_order(problems);
    outcome
}

impl File {
    fn read(self, path: &Path, reading: &mut Reading<'_>, fingerprint: Fingerprint) -> Outcome {
        let server = self.server.and_then(|table| table.read(reading));
        let telemetry = self.telemetry.unwrap_or_default().read(reading);
        let limits = self.limits.unwrap_or_default().read();
        let listeners: Vec<_> = self
            .listener
            .into_iter()
            .flatten()
            .filter_map(|table| table.read(reading))
            .collect();
        let http = self.http.map(|table| table.read(reading));
        let (mut directories, mut embedded, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut applicants = Vec::new();
        for table in self.directory.into_iter().flatten() {
            let span = table.span();
            if let Some(read) = table.into_inner().read(&span, reading) {
                directories.push(read.settings);
                embedded.extend(read.embedded);
                values.extend(read.values);
                applicants.push((read.applicants, span));
            }
        }
        let state_dir = server.as_ref().map_or(Path::new(""), |server| &server.state_dir);
        let store = match self.store {
            None => Some(store::Store::usual(state_dir)),
            Some(table) => {
                let span = table.span();
                table.into_inner().read(&span, state_dir, reading)
            }
        };
        let mail = self.mail.map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let providers = self.provider.into_iter().flatten().filter_map(|table| {
            let span = table.span();
            table.into_inner().read(span, reading)
        });
        let providers: Vec<_> = providers.collect();
        let providers = provider::checked(&providers, reading);
        let api_tokens = self.api_token.into_iter().flatten().filter_map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let api_tokens = api_tokens.collect();
        let oauth_issuers = self.oauth_issuer.into_iter().flatten().filter_map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let oauth_issuers = oauth_issuers.collect();
        let secrets = self.secrets.map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let mut brands = BTreeMap::new();
        for (name, table) in self.brand.into_iter().flatten() {
            let name: Arc<str> = name.into();
            reading.known("brand", &name);
            let span = table.span();
            if let Some(brand) = table.into_inner().read(&span, reading) {
                brands.insert(name, Arc::new(brand));
            }
        }
        let leaked_files = self.passwords.map(|table| table.read(reading)).unwrap_or_default();
        let public_url = server.as_ref().map(|server| server.public_url.as_str());
        let routes: Vec<_> = self
            .route
            .into_iter()
            .flatten()
            .filter_map(|table| table.read(public_url, reading))
            .collect();

        let scim = self.scim.into_iter().flatten().filter_map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let scim: Vec<_> = scim.collect();

        references::check(reading, &listeners, &directories, &routes);
        scim::check(&scim, &routes, &directories, reading);
        references::check_links(reading, &applicants, &values);
        let applicants = applicants.into_iter().map(|(applicants, _)| applicants).collect();
        let listeners = listeners.into_iter().map(|(listener, _)| listener).collect();
        let routes: Vec<Route> = routes.into_iter().map(|(route, _)| route).collect();
        Outcome {
            policies: server.as_ref().and_then(|server| {
                let names = reading.names_of("route")?;
                Some((server.policies.clone(), all_facts(names, &routes)))
            }),
            problems: Vec::new(),
            configuration: server.zip(store).map(|(server, store)| Configuration {
                path: path.to_owned(),
                fingerprint,
                server,
                telemetry,
                listeners,
                directories,
                embedded,
                store,
                values,
                routes,
                limits,
                // What had a problem is told of, and then there is no configuration.
                http: http.flatten(),
                mail: mail.flatten(),
                providers,
                api_tokens,
                oauth_issuers,
                secrets: secrets.flatten().unwrap_or_default(),
                applicants,
                brands,
                leaked_files,
                scim: scim.into_iter().map(|(scim, _)| scim).collect(),
            }),
        }
    }
}

/// The same of routes that have problems of their own: policies may name them all the same.
fn all_facts(names: Vec<Arc<str>>, routes: &[Route]) -> Vec<RouteFacts> {
    let mut facts = facts(routes);
    for name in names {
        if !facts.iter().any(|known| known.name == name) {
            let portal_url = Some("https://localhost/".into());
            facts.push(RouteFacts {
                name,
                portal_url,
                mapped: false,
            });
        }
    }
    facts
}

/// What policy files may know of the routes.
pub fn facts(routes: &[Route]) -> Vec<RouteFacts> {
    routes
        .iter()
        .map(|route| RouteFacts {
            name: Arc::clone(&route.name),
            portal_url: Some(Arc::clone(&route.portal_url)),
            mapped: route.shown_as.is_otherwise(),
        })
        .collect()
}
