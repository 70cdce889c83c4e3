//! Users and groups of the embedded directory, over its own lanes.

use super::*;
use crate::local::tests::stage::{ADA, BASE, Stage};
use crate::upstream::settings::Settings;
use postern_identity::DirectoryName;
use postern_identity::provisioning::{
    Filter, Key, Operand, Operator, Path, Provisioned, ProvisioningError, Query, Resource, Sort, Value, Wanted,
};
use postern_ldap::ber::Writer;
use postern_ldap::{Message, MessageId, answer, tag};

async fn provisioner(stage: &Stage, settings: ProvisioningSettings) -> Provisioner {
    let local = Arc::clone(&stage.directory);
    let (account, clock) = (local.service_account(), Arc::clone(&stage.clock));
    let known = Settings::embedded(DirectoryName("people".into()), BASE.to_owned());
    let upstream = Upstream::in_process(known, account, Box::new(move || Ok(local.connect())), clock).unwrap();
    let attributes = upstream.dialect().person_attributes();
    Provisioner::start(upstream, settings, attributes).await.unwrap()
}

fn eq(name: &str, sub: Option<&str>, value: &str) -> Filter {
    Filter::Compare {
        path: Path {
            key: Key::core(name),
            sub: sub.map(Arc::from),
        },
        operator: Operator::Eq,
        operand: Operand::Text(value.to_owned()),
    }
}

async fn found(own: &Provisioner, kind: ResourceKind, filter: Filter) -> Vec<Resource> {
    let query = Query {
        kind,
        filter: Some(filter),
        sort: None,
    };
    let found = own.find(&Reach::default(), &query, 100, &Wanted::everything()).await;
    found.unwrap().unwrap()
}

async fn the(own: &Provisioner, kind: ResourceKind, name: &str) -> Resource {
    let attribute = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    let mut found = found(own, kind, eq(attribute, None, name)).await;
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

fn values(resource: &Resource, name: &str) -> Vec<Value> {
    let elements = resource
        .attributes
        .get(&Key::core(name))
        .map(Value::each)
        .unwrap_or_default();
    elements
        .iter()
        .filter_map(|element| element.sub("value").cloned())
        .collect()
}

#[tokio::test]
async fn the_embedded_directory_has_users_and_groups_with_a_place_for_external_ids() {
    let stage = Stage::new().await;
    let staff = format!("cn=staff,ou=groups,{BASE}");
    stage
        .set(&staff, "entryUUID", &["20000000-0000-4000-8000-000000000001"])
        .await;
    let own = provisioner(&stage, ProvisioningSettings::default()).await;
    for kind in ResourceKind::ALL {
        assert!(own.types().of(kind).attribute(None, "externalId").is_some(), "{kind:?}");
        let classes = &own.mapping.of(kind).object_classes;
        assert!(classes.iter().any(|class| class == "posternScimObject"), "{classes:?}");
    }
    let (ada, staff) = (
        the(&own, ResourceKind::User, "ADA").await,
        the(&own, ResourceKind::Group, "staff").await,
    );
    assert_eq!((ada.dn.as_str(), ada.attributes.text("userName")), (ADA, Some("ada")));
    assert_eq!(ada.attributes.get(&Key::core("active")), Some(&Value::Boolean(true)));
    let id = |resource: &Resource| Value::Text(own.id_text(resource.id));
    assert_eq!(values(&ada, "groups"), [id(&staff)]);
    assert!(values(&staff, "members").contains(&id(&ada)));
    let read = own
        .read(&Reach::default(), ResourceKind::User, ada.id, &Wanted::nothing())
        .await
        .unwrap();
    assert_eq!((read.id, read.version), (ada.id, ada.version));
}

#[tokio::test]
async fn lists_of_the_embedded_directory_come_in_any_order_and_have_a_limit() {
    let stage = Stage::new().await;
    for number in 0..30 {
        let name = format!("uid=u{number:02},ou=people,{BASE}");
        let entry = [
            ("objectClass", "inetOrgPerson"),
            ("uid", &*format!("u{number:02}")),
            ("cn", "One of many"),
            ("sn", "Many"),
            ("entryUUID", &*format!("10000000-0000-4000-8000-{number:012x}")),
        ];
        stage.add(&name, &entry).await;
    }
    let own = provisioner(&stage, ProvisioningSettings::default()).await;
    let query = |sort| Query {
        kind: ResourceKind::User,
        filter: Some(eq("name", Some("familyName"), "MANY")),
        sort,
    };
    let by_name = Sort {
        path: Path {
            key: Key::core("userName"),
            sub: None,
        },
        descending: true,
    };
    let ids = own.list(&Reach::default(), &query(None)).await.unwrap();
    assert_eq!(ids.len(), 30);
    let mut down = own.list(&Reach::default(), &query(Some(by_name))).await.unwrap();
    down.reverse();
    assert_eq!(ids, down, "ids and names go up together here");
    let all = own
        .list(
            &Reach::default(),
            &Query {
                filter: None,
                ..query(None)
            },
        )
        .await
        .unwrap();
    assert_eq!(all.len(), 33);
    let page = own
        .fetch(
            &Reach::default(),
            ResourceKind::User,
            &ids[10..12],
            &Wanted::everything(),
        )
        .await
        .unwrap();
    let names: Vec<_> = page
        .iter()
        .filter_map(|user| user.attributes.text("userName"))
        .collect();
    assert_eq!(names, ["u10", "u11"]);
    let few = provisioner(
        &stage,
        ProvisioningSettings {
            lookthrough: 20,
            ..ProvisioningSettings::default()
        },
    )
    .await;
    assert_eq!(
        few.list(&Reach::default(), &query(None)).await,
        Err(ProvisioningError::TooMany)
    );
}

#[test]
fn a_part_of_an_attribute_says_where_the_next_begins_and_other_languages_are_left_out() {
    let read = |attributes: &[(&str, &[&str])]| {
        let mut content = Writer::new();
        content.octets(b"cn=a,dc=x").nested(tag::SEQUENCE, |list| {
            for (description, values) in attributes {
                list.nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(description.as_bytes()).nested(tag::SET, |set| {
                        for value in *values {
                            set.octets(value.as_bytes());
                        }
                    });
                });
            }
        });
        let octets = answer::message(MessageId(1), tag::SEARCH_ENTRY, &content.finish(), &[]);
        Entry::read_plain(&Message::parse(&octets).unwrap()).map(|(entry, more)| {
            let values = |name: &str| entry.values(name).count();
            (values("member"), values("cn"), values("userCertificate"), more)
        })
    };
    let first: &[(&str, &[&str])] = &[
        ("member;range=0-1", &["cn=b", "cn=c"]),
        ("member", &[]),
        ("cn", &["a"]),
        ("cn;lang-de", &["ah"]),
        ("userCertificate;binary", &["x"]),
    ];
    assert_eq!(read(first).unwrap(), (2, 1, 1, Some(("member".to_owned(), 2))));
    assert_eq!(read(&[("Member;Range=2-*", &["cn=d"])]).unwrap(), (1, 0, 0, None));
    assert!(read(&[("member;range=0-x", &["cn=d"])]).is_err());
    assert!(read(&[("member;range=0-4294967295", &["cn=d"])]).is_err());
}
