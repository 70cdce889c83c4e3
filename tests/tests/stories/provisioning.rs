//! Users and groups as programs see them, in real servers: the room is asked itself.

mod reading;
mod writing;

use postern_directory::upstream::dialect::DialectName;
use postern_directory::{Provisioner, ProvisioningSettings, ServerUrl, ServiceAccount, Settings, Upstream};
use postern_identity::provisioning::{
    Filter, Key, Operand, Operator, Path, Provisioned, ProvisioningError, Query, Reach, Resource, ResourceId,
    ResourceKind, Sort, Value, Wanted,
};
use postern_identity::{Clock, DirectoryName, Secret, Timestamp};
use std::path::PathBuf;
use std::sync::Arc;

struct MachineClock;

impl Clock for MachineClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the server beside us goes by this clock and can be given no other"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The users and groups of one server.
struct Scene {
    runtime: tokio::runtime::Runtime,
    provisioner: Arc<Provisioner>,
}

impl Scene {
    /// By the rights of this account. Without a file of authorities it is spoken to in the clear.
    fn new(
        dialect: DialectName,
        (url, ca_file): (&str, Option<PathBuf>),
        base: &str,
        (account, password): (&str, &str),
        provisioning: ProvisioningSettings,
    ) -> Self {
        let mut settings = Settings::new(DirectoryName("people".into()), vec![ServerUrl::parse(url).unwrap()]);
        settings.dialect = dialect;
        settings.allow_plaintext = ca_file.is_none();
        settings.tls.ca_file = ca_file;
        settings.base_dn = Some(base.to_owned());
        if dialect == DialectName::OpenLdap {
            settings.default_policy_dn = Some(format!("cn=default,ou=policies,{base}"));
        }
        settings.service_account = Some(ServiceAccount {
            dn: account.to_owned(),
            password: Secret::new(password),
        });
        let upstream = Upstream::new(settings, Arc::new(MachineClock)).unwrap();
        let attributes = upstream.dialect().person_attributes();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let provisioner = runtime
            .block_on(Provisioner::start(upstream, provisioning, attributes))
            .unwrap();
        Self {
            runtime,
            provisioner: Arc::new(provisioner),
        }
    }

    fn read(&self, kind: ResourceKind, id: ResourceId, wanted: &Wanted) -> Result<Resource, ProvisioningError> {
        self.runtime
            .block_on(self.provisioner.read(&Reach::default(), kind, id, wanted))
    }

    fn find(&self, kind: ResourceKind, filter: Filter, wanted: &Wanted) -> Vec<Resource> {
        let query = Query {
            kind,
            filter: Some(filter),
            sort: None,
        };
        let everywhere = Reach::default();
        let found = self.provisioner.find(&everywhere, &query, 1000, wanted);
        self.runtime.block_on(found).unwrap().expect("not too many")
    }

    fn list(&self, kind: ResourceKind, filter: Option<Filter>, sort: Option<Sort>) -> Vec<ResourceId> {
        let query = Query { kind, filter, sort };
        self.runtime
            .block_on(self.provisioner.list(&Reach::default(), &query))
            .unwrap()
    }

    fn fetch(&self, kind: ResourceKind, ids: &[ResourceId], wanted: &Wanted) -> Vec<Resource> {
        let everywhere = Reach::default();
        let found = self.provisioner.fetch(&everywhere, kind, ids, wanted);
        self.runtime.block_on(found).unwrap()
    }

    /// The user of this name, with everything.
    fn user(&self, name: &str) -> Resource {
        let mut found = self.find(ResourceKind::User, eq("userName", None, name), &Wanted::everything());
        assert_eq!(found.len(), 1, "{name}");
        found.remove(0)
    }

    /// The group of this name, with everything.
    fn group(&self, name: &str) -> Resource {
        let mut found = self.find(
            ResourceKind::Group,
            eq("displayName", None, name),
            &Wanted::everything(),
        );
        assert_eq!(found.len(), 1, "{name}");
        found.remove(0)
    }

    /// The names of the users that a filter finds at once, which are those that it lists.
    fn names(&self, filter: &Filter) -> Vec<String> {
        let found = self.find(ResourceKind::User, filter.clone(), &Wanted::everything());
        let mut names: Vec<String> = found
            .iter()
            .map(|user| user.attributes.text("userName").unwrap().to_owned())
            .collect();
        let ids: Vec<ResourceId> = found.iter().map(|user| user.id).collect();
        assert_eq!(
            self.list(ResourceKind::User, Some(filter.clone()), None),
            ids,
            "{filter:?}"
        );
        names.sort();
        names
    }
}

fn path(name: &str, sub: Option<&str>) -> Path {
    Path {
        key: Key::core(name),
        sub: sub.map(Arc::from),
    }
}

fn compare(name: &str, sub: Option<&str>, operator: Operator, operand: Operand) -> Filter {
    Filter::Compare {
        path: path(name, sub),
        operator,
        operand,
    }
}

fn text(name: &str, sub: Option<&str>, operator: Operator, operand: &str) -> Filter {
    compare(name, sub, operator, Operand::Text(operand.to_owned()))
}

fn eq(name: &str, sub: Option<&str>, operand: &str) -> Filter {
    text(name, sub, Operator::Eq, operand)
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// The `value`s of a multi-valued attribute.
fn values(resource: &Resource, name: &str) -> Vec<String> {
    let elements = resource
        .attributes
        .get(&Key::core(name))
        .map(Value::each)
        .unwrap_or_default();
    let value = |element: &Value| match element.sub("value") {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    elements.iter().map(value).collect()
}
