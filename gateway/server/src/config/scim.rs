//! `[[scim]]`: directories whose users and groups programs provision.

use super::directory::distinguished_name;
use super::reading::{Reading, Text, text_of};
use postern_directory::upstream::dialect::DialectName;
use postern_directory::upstream::provisioning::settings::{ProvisioningSettings, TypeSettings};
use postern_directory::upstream::settings::Settings;
use postern_identity::provisioning::Returned;
use postern_policy::problem::quoted;
use postern_scim::Strictness;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// A directory that is provisioned, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scim {
    /// The route whose policies hold, and whose directory it is.
    pub route: Arc<str>,
    /// How its users and groups are mapped.
    pub provisioning: ProvisioningSettings,
    /// Resources of one answer if the caller says nothing.
    pub page_size: usize,
    /// The most resources of one answer.
    pub max_results: usize,
    /// Ids kept for later pages of lists.
    pub snapshot_ids: usize,
    /// Whether what vendors get wrong is forgiven.
    pub strictness: Strictness,
    /// When whose the password is is shown.
    pub owner_shown: Returned,
}

/// A directory whose users and groups programs provision, at /scim/v2 if it is the first, and at /scim/DIRECTORY/v2.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ScimTable {
    /// The route whose directory it is and whose authority rules hold.
    #[schemars(with = "String")]
    route: Text,
    /// How users are mapped. What is not said is as the directory's product has it.
    #[schemars(with = "Option<TypeTable>")]
    users: Option<TypeTable>,
    /// How groups are mapped.
    #[schemars(with = "Option<TypeTable>")]
    groups: Option<TypeTable>,
    /// Whether a client is forgiven what vendors are known to get wrong ("lenient"), or held to the RFCs ("strict").
    #[schemars(with = "Option<Mode>", extend("default" = "lenient"))]
    clients: Option<Spanned<Mode>>,
    /// Whether whose an account's password is is shown with every account ("default") or if it is asked for by name ("request").
    #[schemars(with = "Option<Shown>", extend("default" = "default"))]
    authority: Option<Spanned<Shown>>,
    /// Resources of one answer if the client says nothing.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000), extend("default" = 100))]
    page_size: Option<Spanned<u32>>,
    /// The most resources of one answer.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000), extend("default" = 200))]
    max_results: Option<Spanned<u32>>,
    /// Connections to the directory for this alone.
    #[schemars(with = "Option<u32>", range(min = 1, max = 64), extend("default" = 8))]
    connections: Option<Spanned<u32>>,
    /// The most entries one search looks at.
    #[schemars(with = "Option<u32>", range(min = 1), extend("default" = 2_000_000))]
    lookthrough: Option<Spanned<u32>>,
    /// How many ids are kept for later pages of lists, 16 octets each.
    #[schemars(with = "Option<u32>", range(min = 1), extend("default" = 4_000_000))]
    snapshot_ids: Option<Spanned<u32>>,
}

/// How one kind is mapped.
#[derive(Deserialize, JsonSchema)]
pub(super) struct TypeTable {
    /// Where they are, and where new ones are put. Default: below the directory's base_dn.
    #[schemars(with = "Option<String>")]
    base: Text,
    /// The object classes of new entries; the first is the one every entry of the kind has.
    #[schemars(with = "Option<Vec<String>>")]
    object_classes: Option<Vec<Spanned<String>>>,
    /// The attribute that names new entries.
    #[schemars(with = "Option<String>")]
    rdn: Text,
    /// The LDAP attribute of a SCIM attribute: "name.givenName" = "givenName", "emails.work" = "mail"; "" unmaps it.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    attributes: Option<BTreeMap<String, Spanned<String>>>,
    /// What stands in an empty group whose object class demands a member. It is never shown.
    #[schemars(with = "Option<String>")]
    placeholder_member: Text,
}

/// What clients are forgiven.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// What vendors are known to get wrong is taken as they mean it.
    Lenient,
    /// As the RFCs have it.
    Strict,
}

/// When something is shown.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Shown {
    /// With everything else.
    Default,
    /// If it is asked for by name.
    Request,
}

impl ScimTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<(Scim, Range<usize>)> {
        let Some(route) = text_of(self.route.as_ref()) else {
            if reading.told_of(span, "route") {
                return None;
            }
            return reading.none(span, "route is missing", "route = \"…\", one of [[route]]");
        };
        let (name, at): (Arc<str>, _) = (route.get_ref().as_str().into(), route.span());
        reading.reference("route", &name, &at);
        let usual = ProvisioningSettings::default();
        let number = |written: Option<Spanned<u32>>, usual: usize| {
            written.map_or(usual, |written| {
                usize::try_from(written.into_inner()).unwrap_or(usize::MAX)
            })
        };
        let max_results = number(self.max_results, 200);
        let users = self.users.map(|table| table.read(reading)).unwrap_or_default();
        let groups = self.groups.map(|table| table.read(reading)).unwrap_or_default();
        let scim = Scim {
            route: name,
            provisioning: ProvisioningSettings {
                users,
                groups,
                lanes: number(self.connections, usual.lanes),
                lookthrough: number(self.lookthrough, usual.lookthrough),
                ..usual
            },
            page_size: number(self.page_size, 100).min(max_results),
            max_results,
            snapshot_ids: number(self.snapshot_ids, 4_000_000),
            strictness: match self.clients.map(Spanned::into_inner) {
                Some(Mode::Strict) => Strictness::Strict,
                Some(Mode::Lenient) | None => Strictness::Lenient,
            },
            owner_shown: match self.authority.map(Spanned::into_inner) {
                Some(Shown::Request) => Returned::Request,
                Some(Shown::Default) | None => Returned::Default,
            },
        };
        Some((scim, span.clone()))
    }
}

impl TypeTable {
    fn read(self, reading: &mut Reading<'_>) -> TypeSettings {
        let base = distinguished_name("base", self.base.as_ref(), reading);
        let placeholder = distinguished_name("placeholder_member", self.placeholder_member.as_ref(), reading);
        let list = self
            .object_classes
            .unwrap_or_default()
            .into_iter()
            .map(Spanned::into_inner);
        let attributes = self.attributes.unwrap_or_default().into_iter();
        TypeSettings {
            base,
            object_classes: list.collect(),
            rdn: text_of(self.rdn.as_ref()).map(|rdn| rdn.get_ref().clone()),
            attributes: attributes
                .map(|(place, attribute)| (place, attribute.into_inner()))
                .collect(),
            placeholder_member: placeholder,
        }
    }
}

/// What `[[scim]]` tables and the rest of the file say of each other.
pub(super) fn check(
    tables: &[(Scim, Range<usize>)],
    routes: &[(super::Route, Range<usize>)],
    directories: &[Settings],
    reading: &mut Reading<'_>,
) {
    let mut seen: Vec<&Arc<str>> = Vec::new();
    for (table, span) in tables {
        let route = routes.iter().find(|(route, _)| route.name == table.route);
        let Some((route, _)) = route else { continue };
        if seen.contains(&&route.directory) {
            let what = format!("{} is provisioned by two [[scim]] tables", quoted(&route.directory));
            reading.problem(span, what, "one table for each directory");
        }
        seen.push(&route.directory);
        let Some(directory) = directories.iter().find(|known| known.name.0 == route.directory) else {
            continue;
        };
        if !directory.has_service_account() && directory.dialect != DialectName::Embedded {
            let what = format!(
                "{} has no service account, and programs write by it",
                quoted(&route.directory)
            );
            reading.problem(span, what, "[directory.service_account] in it");
        }
        let base = directory.base_dn.as_deref().unwrap_or("dc=example");
        if let Err(error) = table.provisioning.mapping(directory.dialect, base) {
            reading.problem(span, error.to_string(), "see README, Provisioning, for what is mapped");
        }
    }
}
