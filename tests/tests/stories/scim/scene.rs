//! A directory, the gateway with SCIM before it, and a client: shared by the stories that run at the same time, so each makes names of its own.

use postern_tests::ds389::DIRECTORY_MANAGER;
use postern_tests::people::{self, ADMINISTRATOR_PASSWORD, SERVICE};
use postern_tests::scim::{ENTERPRISE, GROUP, USER};
use postern_tests::{Ds389, Gateway, GatewaySettings, Samba, Scim, Slapd, SlapdSettings, samba};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A password that every directory takes.
pub(super) const PASSWORD: &str = "Quiet-otter-on-7-hills";

/// Which directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    OpenLdap,
    Ds389,
    Samba,
    Embedded,
}

/// All of it.
pub(super) struct Scene {
    pub(super) product: Product,
    pub(super) gateway: Gateway,
    pub(super) scim: Scim,
    /// Ends last.
    _directory: Directory,
}

/// What is kept running.
#[allow(dead_code, reason = "it is kept, and ended with the scene")]
enum Directory {
    Slapd(Slapd),
    Ds389(Ds389),
    Samba(Samba),
    Own,
}

impl Scene {
    /// The one that others are using, or a new one.
    pub(super) fn of(product: Product) -> Arc<Self> {
        static SCENES: [Mutex<Weak<Scene>>; 4] = [const { Mutex::new(Weak::new()) }; 4];
        let mut shared = SCENES[product as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scene) = shared.upgrade() {
            return scene;
        }
        let scene = Arc::new(Self::new(product));
        *shared = Arc::downgrade(&scene);
        scene
    }

    /// One that nobody else uses.
    pub(super) fn new(product: Product) -> Self {
        let (directory, settings) = match product {
            Product::OpenLdap => {
                let slapd = slapd();
                let settings = GatewaySettings {
                    directory: format!("default_policy_dn = \"cn=default,ou=policies,{}\"", people::BASE),
                    ..GatewaySettings::new("generic", &[slapd.url()])
                };
                (Directory::Slapd(slapd), settings)
            }
            Product::Ds389 => {
                let server = Ds389::start();
                let settings = by(
                    DIRECTORY_MANAGER,
                    ADMINISTRATOR_PASSWORD,
                    crate::ds389::directory("generic", &server),
                );
                (Directory::Ds389(server), settings)
            }
            Product::Samba => {
                let samba = Samba::start();
                let (name, password) = (samba::people::ADMINISTRATOR, samba::people::ADMINISTRATOR_PASSWORD);
                let settings = by(name, password, samba.behind("generic"));
                (Directory::Samba(samba), settings)
            }
            Product::Embedded => (Directory::Own, GatewaySettings::embedded("generic")),
        };
        let gateway = Gateway::start_with(&GatewaySettings {
            scim: Some(lines(product)),
            ..settings
        });
        Self {
            product,
            scim: gateway.scim(),
            gateway,
            _directory: directory,
        }
    }

    /// Makes somebody as Entra ID does, and gives what was answered.
    pub(super) fn somebody(&self) -> Value {
        self.somebody_with(&json!({}))
    }

    /// The same with these attributes besides, or instead.
    pub(super) fn somebody_with(&self, more: &Value) -> Value {
        let mut user = user(&format!("{}@example.org", new_name("ann")));
        for (name, value) in more.as_object().expect("an object") {
            user[name] = value.clone();
        }
        let reply = self.scim.post("/Users", &user);
        reply.expect(201).body.clone()
    }

    /// So many people, and their ids.
    pub(super) fn people(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| id(&self.somebody()).to_owned()).collect()
    }

    /// Makes a group with these members.
    pub(super) fn group(&self, members: &[String]) -> Value {
        let group = json!({
            "schemas": [GROUP],
            "displayName": new_name("staff"),
            "members": members.iter().map(|id| json!({ "value": id })).collect::<Vec<_>>(),
        });
        self.scim.post("/Groups", &group).expect(201).body.clone()
    }

    /// Whoever has this id.
    pub(super) fn user(&self, id: &str) -> Value {
        self.scim.get(&format!("/Users/{id}")).expect(200).body.clone()
    }

    /// The ids of a group's members, in order.
    pub(super) fn members(&self, group: &str) -> Vec<String> {
        let group = self.scim.get(&format!("/Groups/{group}")).expect(200).body.clone();
        let members = group["members"].as_array().cloned().unwrap_or_default();
        sorted(
            members
                .iter()
                .map(|member| member["value"].as_str().unwrap().to_owned()),
        )
    }

    /// Changes somebody, who is answered with (Okta wants to see the user).
    pub(super) fn change(&self, id: &str, operations: &Value) -> Value {
        let reply = self.scim.patch(&format!("/Users/{id}"), operations);
        reply.expect(200);
        // What is answered is what is there.
        assert_eq!(reply.body, self.user(id), "{operations}");
        reply.body
    }

    /// Changes a group, which is not answered with: its members are not read for it.
    pub(super) fn change_group(&self, id: &str, operations: &Value) {
        self.scim.patch(&format!("/Groups/{id}"), operations).expect(204);
    }

    /// Whether a password signs in over LDAP, through the gateway.
    pub(super) fn signs_in(&self, user: &Value, password: &str) -> bool {
        let name = user["userName"].as_str().unwrap();
        let dn = match self.product {
            // Active Directory takes it as it is.
            Product::Samba => name.to_owned(),
            _ => format!("uid={name},ou=people,{}", people::BASE),
        };
        self.gateway.client().bind(1, &dn, password).code == Some(0)
    }
}

/// A name that nobody has. Of Active Directory's own names only 20 letters are before the `@`.
pub(super) fn new_name(stem: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("{stem}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// As Entra ID makes somebody by default.
pub(super) fn user(name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": name.split('@').next(),
        "userName": name,
        "active": true,
        "displayName": "Ann Example",
        "emails": [{ "primary": true, "type": "work", "value": name }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ann Example", "familyName": "Example", "givenName": "Ann" },
        "roles": []
    })
}

/// The `id` of a resource.
pub(super) fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// The element of a multi-valued attribute that has this type.
pub(super) fn element<'a>(user: &'a Value, attribute: &str, kind: &str) -> &'a Value {
    let elements = user[attribute].as_array().map_or(&[][..], Vec::as_slice);
    elements
        .iter()
        .find(|element| element["type"] == *kind)
        .unwrap_or(&Value::Null)
}

pub(super) fn sorted(values: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.into_iter().collect();
    values.sort();
    values
}

/// The usual service account of a directory may write little: who this is may write everything.
fn by(name: &str, password: &str, settings: GatewaySettings) -> GatewaySettings {
    let account = format!("[directory.service_account]\nbind_dn = \"{name}\"\npassword = \"{password}\"");
    GatewaySettings {
        directory: format!("{}\n\n{account}", settings.directory),
        service_account: false,
        ..settings
    }
}

/// A slapd in which the service account may write.
fn slapd() -> Slapd {
    let rights = format!(
        "access to attrs=userPassword by dn.exact=\"{SERVICE}\" write by self write by anonymous auth by * none
access to * by dn.exact=\"{SERVICE}\" manage by * break
"
    );
    Slapd::start_with(&SlapdSettings {
        database: rights,
        ..SlapdSettings::default()
    })
}

/// Where people and groups are, and where `externalId` is kept: no directory but our own has a place for that. Answers may be long: a suite
/// looks for whom it made on the first page. And it makes countries of its own.
fn lines(product: Product) -> String {
    let (base, users, groups) = match product {
        Product::OpenLdap | Product::Ds389 => (
            people::BASE,
            "externalId = \"carLicense\"",
            "externalId = \"businessCategory\"",
        ),
        Product::Samba => (
            samba::people::BASE,
            "externalId = \"comment\", \"addresses.work.country\" = \"\"",
            "externalId = \"info\"",
        ),
        Product::Embedded => (people::BASE, "", ""),
    };
    format!(
        "page_size = 1000\nmax_results = 1000
[scim.users]\nbase = \"ou=people,{base}\"\nattributes = {{ {users} }}
[scim.groups]\nbase = \"ou=groups,{base}\"\nattributes = {{ {groups} }}\n"
    )
}

/// Runs each of these stories on OpenLDAP and on Samba AD.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod on_openldap {
            $(#[test]
            fn $story() {
                super::$story(&crate::scim::scene::Scene::of(crate::scim::scene::Product::OpenLdap));
            })*
        }
        mod on_samba {
            $(#[test]
            fn $story() {
                super::$story(&crate::scim::scene::Scene::of(crate::scim::scene::Product::Samba));
            })*
        }
    };
}
pub(crate) use on_both;
