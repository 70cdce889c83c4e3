//! `[[route]]`: named ways in. What holds on them stands in policy files.

use super::names::NamesTable;
use super::reading::{Reading, Text, Word, text_of};
use super::shown_as::{ShapeTable, SuffixTable, shown_as};
use super::sign_in::{CertificateIdentityTable, LoginTable, sign_in};
use postern_directory::{NameForm, NameRules, ServerUrl};
use postern_identity::reset::PublicUrl;
use postern_proxy::{ShownAs, SignInSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;

/// A named way in.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name policy files use.
    pub name: Arc<str>,
    /// The directory behind it.
    pub directory: Arc<str>,
    /// Where people of this route reset their password.
    pub portal_url: Arc<str>,
    /// How connections to the directory are used.
    pub lanes: Lanes,
    /// How clients may sign in besides the simple bind.
    pub sign_in: SignInSettings,
    /// Which bind names are taken beside DNs, if any are.
    pub names: Option<NameRules>,
    /// Where clients reach this route, as references are to name it: without a slash at the end.
    pub ldap_url: Option<Arc<str>>,
    /// What it shows of its directory otherwise than it is.
    pub shown_as: ShownAs,
    /// Where its pages are, if `portal_url` may be an address of ours: a host under TLS, without a path.
    pub portal: Option<PublicUrl>,
    /// How they look, by the brand's name.
    pub brand: Option<Arc<str>>,
}

/// How connections to a directory are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes {
    /// Whether a clean connection serves the next session.
    pub mode: LaneMode,
    /// The most in use at once.
    pub most: usize,
    /// The most kept for the next session.
    pub idle: usize,
    /// How long one is kept unused.
    pub idle_time: Duration,
    /// How long a session waits for one when all are in use.
    pub wait: Duration,
}

/// Whether connections to the directory are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LaneMode {
    /// A clean connection serves the next session: no handshake for each client.
    #[default]
    Recycled,
    /// One connection for each session, closed with it.
    Dedicated,
}

/// A named way in.
#[derive(Deserialize, JsonSchema)]
pub(super) struct RouteTable {
    /// Its name, by which policy files speak of it.
    #[schemars(with = "String")]
    name: Text,
    /// The directory that answers, by its name.
    #[schemars(with = "String")]
    directory: Text,
    /// Where people of this route reset their password. Default: public_url with a slash.
    #[schemars(with = "Option<String>")]
    portal_url: Text,
    /// How the pages of this route look: the name of a [brand.NAME]. Default: "default", if there is one.
    #[schemars(with = "Option<String>")]
    brand: Text,
    /// Where clients reach this route: ldap://host:port or ldaps://host:port. Policies that rewrite references to the directory's own servers name it instead; without it they are left out.
    #[schemars(with = "Option<String>")]
    ldap_url: Text,
    /// How connections to the directory are used.
    #[schemars(with = "Option<LanesTable>")]
    lanes: Option<LanesTable>,
    /// Whose account a client's certificate stands for. With it, SASL EXTERNAL is offered to those who show one.
    #[schemars(with = "Option<CertificateIdentityTable>")]
    certificate_identity: Option<Spanned<CertificateIdentityTable>>,
    /// Which account a login name stands for. With it, SASL PLAIN is offered.
    #[schemars(with = "Option<LoginTable>")]
    login: Option<Spanned<LoginTable>>,
    /// True: everything is passed on unread, so that mechanisms with a security layer work (GSSAPI). Nothing is enforced here then.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    opaque: Option<Spanned<bool>>,
    /// The names people may sign in with, and how their accounts are found. Left out: every name goes to the directory as it was sent.
    #[schemars(with = "Option<NamesTable>")]
    names: Option<Spanned<NamesTable>>,
    /// Another name for the part of the tree that clients of this route know. What lies outside of it is not there for them.
    #[schemars(with = "Option<SuffixTable>")]
    suffix: Option<Spanned<SuffixTable>>,
    /// Another product, whose attributes clients of this route look for: they are made of the directory's own.
    #[schemars(with = "Option<ShapeTable>")]
    shape: Option<Spanned<ShapeTable>>,
}

/// How connections to the directory are used.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct LanesTable {
    /// "recycled": a clean connection serves the next session. "dedicated": one connection for each session.
    #[schemars(with = "Option<LaneMode>", extend("default" = "recycled"))]
    mode: Word<LaneMode>,
    /// The most connections of this route in use at once.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000), extend("default" = 1024))]
    max: Option<Spanned<u64>>,
    /// The most connections kept for the next session.
    #[schemars(with = "Option<u32>", range(min = 0, max = 1_000_000), extend("default" = 64))]
    idle: Option<Spanned<u64>>,
    /// Seconds a connection is kept unused.
    #[schemars(with = "Option<u32>", range(min = 1, max = 86_400), extend("default" = 60))]
    idle_seconds: Option<Spanned<u64>>,
    /// Milliseconds a session waits when all are in use, before it is told that the server is busy.
    #[schemars(with = "Option<u32>", range(min = 0, max = 600_000), extend("default" = 1000))]
    wait_ms: Option<Spanned<u64>>,
}

impl RouteTable {
    /// The route, and where its directory is named.
    pub(super) fn read(self, public_url: Option<&str>, reading: &mut Reading<'_>) -> Option<(Route, Range<usize>)> {
        let name = reading.name("route", self.name.as_ref());
        let brand = text_of(self.brand.as_ref()).map(|written| {
            let brand: Arc<str> = written.get_ref().as_str().into();
            reading.reference_among("brand", &brand, &written.span());
            brand
        });
        let portal_url = match text_of(self.portal_url.as_ref()) {
            Some(written) => reading.web_url("portal_url", written),
            // Without a usable public_url there is a problem already; routes are looked at all the same.
            None => Some(format!("{}/", public_url.unwrap_or("https://localhost"))),
        };
        let lanes = self.lanes.unwrap_or_default().read(reading);
        let login = self.login.as_ref().map(Spanned::span);
        let shown_as = shown_as(self.suffix, self.shape, self.opaque.as_ref(), reading);
        let sign_in = sign_in(self.certificate_identity, self.login, self.opaque.as_ref(), reading);
        let names = self.names.map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let ldap_url = text_of(self.ldap_url.as_ref()).and_then(|written| {
            let url = ServerUrl::parse(written.get_ref()).ok();
            url.map(|url| url.to_string().into()).or_else(|| {
                let remedy = "ldap://host:port or ldaps://host:port";
                reading.none(&written.span(), "ldap_url is not a server's URL", remedy)
            })
        });
        let sign_in = sign_in?;
        let names = match names {
            None => None,
            Some(names) => Some(names?),
        };
        // PLAIN puts a DN up, its own or that of a template: where no DN may sign in, it would be a way around the names.
        let no_dns = names
            .as_ref()
            .is_some_and(|names| !names.accept.contains(&NameForm::Dn));
        if let Some(login) = login.filter(|_| no_dns && sign_in.login_names.is_some()) {
            return reading.none(
                &login,
                "login lets people in by DNs, which names does not accept",
                "\"dn\" among names.accept, or no login",
            );
        }
        let directory = self.directory?;
        let route = Route {
            name: name?,
            directory: directory.get_ref().as_str().into(),
            portal: portal_url
                .as_deref()
                .and_then(|url| PublicUrl::from_configuration(url).ok()),
            brand,
            portal_url: portal_url?.into(),
            lanes,
            sign_in,
            names,
            ldap_url,
            shown_as: shown_as?,
        };
        Some((route, directory.span()))
    }
}

impl LanesTable {
    fn read(self, reading: &mut Reading<'_>) -> Lanes {
        let number = |written: &Option<Spanned<u64>>, default: u64| written.as_ref().map_or(default, |n| *n.get_ref());
        let (most, idle) = (number(&self.max, 1024), number(&self.idle, 64));
        if let Some(written) = self.idle.as_ref().filter(|_| idle > most) {
            reading.problem(
                &written.span(),
                format!("idle is {idle}, more than max, which is {most}"),
                format!("at most {most}"),
            );
        }
        Lanes {
            mode: self.mode.map(Spanned::into_inner).unwrap_or_default(),
            most: usize::try_from(most).unwrap_or(usize::MAX),
            idle: usize::try_from(idle.min(most)).unwrap_or(usize::MAX),
            idle_time: Duration::from_secs(number(&self.idle_seconds, 60)),
            wait: Duration::from_millis(number(&self.wait_ms, 1000)),
        }
    }
}
