//! What provisioning writes into real servers, by the port that doors reach them through: entries made, rewritten, renamed and removed, and who is in a
//! group.

mod accounts;
mod ds389;
mod embedded;
mod entries;
mod groups;
mod openldap;
mod samba;

use postern_directory::upstream::dialect::DialectName;
use postern_directory::{Provisioner, ProvisioningSettings};
use postern_directory::{ServerUrl, ServiceAccount, Settings, Upstream};
use postern_identity::provisioning::{
    Attributes, Draft, Key, MembersChange, Provisioned, ProvisioningError, Reach, Resource, ResourceId, ResourceKind,
    Value, Wanted,
};
use postern_identity::{Clock, DirectoryName, Secret, Timestamp};
use postern_tests::{Wire, request};
use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;
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

/// A server that is provisioned.
struct Scene {
    runtime: tokio::runtime::Runtime,
    provisioner: Arc<Provisioner>,
    address: SocketAddr,
    /// What user names end in.
    domain: &'static str,
    /// A password the server takes.
    password: &'static str,
    /// One it does not; `None`: it takes every one from whoever provisions it.
    too_short: Option<&'static str>,
}

/// Where a server is and who provisions it.
struct Place {
    url: String,
    ca_file: PathBuf,
    address: SocketAddr,
    base: &'static str,
    account: (&'static str, &'static str),
    policy: Option<String>,
}

impl Scene {
    fn new(dialect: DialectName, place: Place, provisioning: ProvisioningSettings) -> Self {
        let mut settings = Settings::new(
            DirectoryName("people".into()),
            vec![ServerUrl::parse(&place.url).unwrap()],
        );
        settings.dialect = dialect;
        settings.tls.ca_file = Some(place.ca_file);
        settings.base_dn = Some(place.base.to_owned());
        settings.default_policy_dn = place.policy;
        settings.service_account = Some(ServiceAccount {
            dn: place.account.0.to_owned(),
            password: Secret::new(place.account.1),
        });
        let upstream = Upstream::new(settings, Arc::new(MachineClock)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(upstream.discover()).unwrap();
        let attributes = upstream.dialect().person_attributes();
        let provisioner = runtime.block_on(Provisioner::start(upstream, provisioning, attributes));
        Self {
            provisioner: Arc::new(provisioner.unwrap()),
            runtime,
            address: place.address,
            domain: "",
            password: "Provisioned-1234",
            too_short: Some("short"),
        }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// `bob` as a user name here.
    fn named(&self, name: &str) -> String {
        format!("{name}{}", self.domain)
    }

    /// A user of this name with what everybody has.
    fn draft(&self, name: &str) -> Draft {
        let mut attributes = Attributes::default();
        attributes.set(Key::core("userName"), Value::text(self.named(name)));
        attributes.set(
            Key::core("name"),
            Value::complex([("givenName", Value::text("Bob")), ("familyName", Value::text("Brown"))]),
        );
        attributes.set(Key::core("displayName"), Value::text(format!("Bob Brown, {name}")));
        Draft {
            kind: ResourceKind::User,
            attributes,
            password: None,
            active: true,
            must_change: None,
            members: Vec::new(),
        }
    }

    fn group_draft(&self, name: &str, members: &[ResourceId]) -> Draft {
        let mut attributes = Attributes::default();
        attributes.set(Key::core("displayName"), Value::text(name));
        Draft {
            kind: ResourceKind::Group,
            attributes,
            members: members.to_vec(),
            ..self.draft(name)
        }
    }

    fn try_create(&self, draft: &Draft) -> Result<Resource, ProvisioningError> {
        self.wait(self.provisioner.create(&Reach::default(), draft))
    }

    fn create(&self, draft: &Draft) -> Resource {
        self.try_create(draft).unwrap()
    }

    fn user(&self, name: &str) -> Resource {
        self.create(&self.draft(name))
    }

    fn group(&self, name: &str, members: &[ResourceId]) -> Resource {
        self.create(&self.group_draft(name, members))
    }

    fn read(&self, resource: &Resource) -> Result<Resource, ProvisioningError> {
        let everything = Wanted::everything();
        self.wait(
            self.provisioner
                .read(&Reach::default(), resource.kind, resource.id, &everything),
        )
    }

    fn write(&self, before: &Resource, change: impl FnOnce(&mut Attributes)) -> Result<Resource, ProvisioningError> {
        self.write_if(before, false, change)
    }

    fn write_if(
        &self,
        before: &Resource,
        exact: bool,
        change: impl FnOnce(&mut Attributes),
    ) -> Result<Resource, ProvisioningError> {
        let mut after = before.attributes.clone();
        change(&mut after);
        self.wait(self.provisioner.write(before, &after, exact))
    }

    fn change_members(&self, group: &Resource, change: &MembersChange) -> Result<(), ProvisioningError> {
        self.wait(self.provisioner.change_members(&Reach::default(), group.id, change))
    }

    fn delete(&self, resource: &Resource) -> Result<Resource, ProvisioningError> {
        self.wait(
            self.provisioner
                .delete(&Reach::default(), resource.kind, resource.id, None),
        )
    }

    /// Whose ids the group shows as its members'.
    fn members(&self, group: &Resource) -> BTreeSet<ResourceId> {
        let read = self.read(group).unwrap();
        let members = read.attributes.get(&Key::core("members")).map_or(&[][..], Value::each);
        let id = |member: &Value| match member.sub("value") {
            Some(Value::Text(id)) => self.provisioner.id(id).unwrap(),
            other => panic!("{other:?}"),
        };
        members.iter().map(id).collect()
    }

    /// What the server answers to a sign-in by DN.
    fn sign_in(&self, resource: &Resource, password: &str) -> Option<u32> {
        let answer = Wire::connect(self.address).ask(&request::bind(1, &resource.dn, password, &[]));
        answer.into_iter().next().unwrap().code
    }
}

fn emails(values: &[(&str, &str)]) -> Value {
    let one =
        |(kind, value): &(&str, &str)| Value::complex([("type", Value::text(*kind)), ("value", Value::text(*value))]);
    Value::Many(values.iter().map(one).collect())
}

fn added(ids: &[ResourceId]) -> MembersChange {
    MembersChange {
        add: ids.to_vec(),
        ..MembersChange::default()
    }
}

fn removed(ids: &[ResourceId]) -> MembersChange {
    MembersChange {
        remove: ids.to_vec(),
        ..MembersChange::default()
    }
}
