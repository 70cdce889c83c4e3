//! What is sent, and how often, to a directory that answers as it is told.

use super::super::Provisioner;
use super::super::settings::ProvisioningSettings;
use crate::upstream::Upstream;
use crate::upstream::settings::{ServerUrl, ServiceAccount, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::provisioning::{
    Attributes, Draft, Key, MembersChange, Provisioned as _, ProvisioningError, Reach, Resource, ResourceId,
    ResourceKind, Value, Wanted,
};
use postern_identity::{DirectoryName, Secret};
use postern_ldap::ber::Writer;
use postern_ldap::change::ModifyRequest;
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, MessageId, ResultCode, answer, frame, oid, tag};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const BOB: &str = "uid=bob,dc=example,dc=org";
const CREW: &str = "cn=crew,dc=example,dc=org";
const ID_OF_BOB: &str = "00000000-0000-0000-0000-000000000001";
const ID_OF_CREW: &str = "00000000-0000-0000-0000-000000000002";

const EVERYWHERE: &Reach = &Reach { base: None };

/// What a directory does with a write: this code, or it takes it and hangs up.
type Script = dyn Fn(&Message<'_>, usize) -> Option<u32> + Send + Sync;

struct Scene {
    provisioner: Provisioner,
    /// The tag of every write, in the order they came.
    seen: Arc<Mutex<Vec<u8>>>,
    _tasks: JoinSet<()>,
}

impl Scene {
    /// The script is asked with each write and how many of its kind there were before.
    async fn new(script: impl Fn(&Message<'_>, usize) -> Option<u32> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = ServerUrl::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
        let (seen, script): (Arc<Mutex<Vec<u8>>>, Arc<Script>) = (Arc::default(), Arc::new(script));
        let noted = Arc::clone(&seen);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                sessions.spawn(session(stream, Arc::clone(&noted), Arc::clone(&script)));
            }
        });
        let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
        settings.base_dn = Some("dc=example,dc=org".to_owned());
        settings.service_account = Some(ServiceAccount {
            dn: "cn=service,dc=example,dc=org".to_owned(),
            password: Secret::new("secret"),
        });
        let clock = Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap()));
        let upstream = Upstream::new(settings, clock).unwrap();
        let attributes = upstream.dialect().person_attributes();
        Self {
            provisioner: Provisioner::new(upstream, ProvisioningSettings::default(), attributes).unwrap(),
            seen,
            _tasks: tasks,
        }
    }

    fn seen(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }

    async fn create(&self, password: Option<&str>) -> Result<Resource, ProvisioningError> {
        let mut attributes = Attributes::default();
        attributes.set(Key::core("userName"), Value::text("bob"));
        let draft = Draft {
            kind: ResourceKind::User,
            attributes,
            password: password.map(Secret::new),
            active: true,
            must_change: None,
            members: Vec::new(),
        };
        self.provisioner.create(EVERYWHERE, &draft).await
    }

    async fn bob(&self) -> Resource {
        let id = self.id(ID_OF_BOB);
        let everything = Wanted::everything();
        let read = self.provisioner.read(EVERYWHERE, ResourceKind::User, id, &everything);
        read.await.unwrap()
    }

    async fn rename(&self) -> Result<Resource, ProvisioningError> {
        let bob = self.bob().await;
        let mut after = bob.attributes.clone();
        after.set(Key::core("userName"), Value::text("robert"));
        after.set(Key::core("title"), Value::text("Head"));
        self.provisioner.write(&bob, &after, false).await
    }

    async fn add_member(&self) -> Result<(), ProvisioningError> {
        let change = MembersChange {
            add: vec![self.id(ID_OF_BOB)],
            ..MembersChange::default()
        };
        let group = self.id(ID_OF_CREW);
        self.provisioner.change_members(EVERYWHERE, group, &change).await
    }

    fn id(&self, text: &str) -> ResourceId {
        self.provisioner.id(text).unwrap()
    }
}

async fn session(mut stream: TcpStream, seen: Arc<Mutex<Vec<u8>>>, script: Arc<Script>) {
    let mut octets = Vec::new();
    while stream.read_buf(&mut octets).await.unwrap_or(0) > 0 {
        while let Some(header) = frame::walk(&octets, 65_536)
            .unwrap()
            .filter(|header| header.length <= octets.len())
        {
            let request: Vec<u8> = octets.drain(..header.length).collect();
            let message = Message::parse(&request).unwrap();
            let kind = message.operation.tag;
            let reply = match kind {
                tag::BIND_REQUEST => answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]),
                tag::SEARCH_REQUEST => found(&message),
                _ => {
                    let before = {
                        let mut seen = seen.lock().unwrap();
                        let before = seen.iter().fold(0, |count, other| count + usize::from(*other == kind));
                        seen.push(kind);
                        before
                    };
                    let Some(code) = script(&message, before) else { return };
                    // RFC 4511 §4: the tag after a request's is its response's, but for extended requests.
                    let response = match kind {
                        tag::EXTENDED_REQUEST => tag::EXTENDED_RESPONSE,
                        tag::DELETE_REQUEST => tag::DELETE_RESPONSE,
                        other => other + 1,
                    };
                    answer::result(header.id, response, ResultCode(code), "", &[])
                }
            };
            if stream.write_all(&reply).await.is_err() {
                return;
            }
        }
    }
}

/// Those whose ids are asked for, and who is asked for by name; nobody for any other reason.
fn found(message: &Message<'_>) -> Vec<u8> {
    let search = SearchRequest::parse(message).unwrap();
    let asks = |text: &str| {
        let whole = search.filter.whole;
        search.base == text.as_bytes() || whole.windows(text.len()).any(|part| part == text.as_bytes())
    };
    let mut out = Vec::new();
    if search.base == BOB.as_bytes() || asks(ID_OF_BOB) {
        let holds = [
            ("objectClass", "inetOrgPerson"),
            ("entryUUID", ID_OF_BOB),
            ("uid", "bob"),
            ("cn", "bob"),
            ("sn", "bob"),
            ("title", "Clerk"),
        ];
        out.extend(entry(message.id, BOB, &holds));
    }
    if asks(ID_OF_CREW) {
        let holds = [
            ("objectClass", "groupOfNames"),
            ("entryUUID", ID_OF_CREW),
            ("cn", "crew"),
        ];
        out.extend(entry(message.id, CREW, &holds));
    }
    out.extend(answer::result(
        message.id,
        tag::SEARCH_DONE,
        ResultCode::SUCCESS,
        "",
        &[],
    ));
    out
}

fn entry(id: MessageId, dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for (name, value) in attributes {
            list.nested(tag::SEQUENCE, |one| {
                one.octets(name.as_bytes()).nested(tag::SET, |set| {
                    set.octets(value.as_bytes());
                });
            });
        }
    });
    answer::message(id, tag::SEARCH_ENTRY, &content.finish(), &[])
}

#[tokio::test]
async fn what_was_sent_and_not_answered_is_unknown_and_sent_once() {
    let scene = Scene::new(|_, _| None).await;
    assert_eq!(scene.create(None).await.err(), Some(ProvisioningError::OutcomeUnknown));
    assert_eq!(scene.seen(), [tag::ADD_REQUEST]);
    assert_eq!(scene.add_member().await, Err(ProvisioningError::OutcomeUnknown));
    assert_eq!(scene.seen(), [tag::ADD_REQUEST, tag::MODIFY_REQUEST]);
    assert_eq!(scene.rename().await.err(), Some(ProvisioningError::OutcomeUnknown));
    assert_eq!(scene.seen().len(), 3, "nothing after the rename");
    let gone = scene
        .provisioner
        .delete(EVERYWHERE, ResourceKind::User, scene.id(ID_OF_BOB), None)
        .await;
    assert_eq!(gone.err(), Some(ProvisioningError::OutcomeUnknown));
    assert_eq!(scene.seen().len(), 4);
}

#[tokio::test]
async fn an_entry_whose_password_is_refused_is_removed_again() {
    let scene = Scene::new(|message, _| {
        Some(if message.operation.tag == tag::EXTENDED_REQUEST {
            19
        } else {
            0
        })
    })
    .await;
    let refused = scene.create(Some("secret")).await.err();
    assert!(matches!(refused, Some(ProvisioningError::Password(_))), "{refused:?}");
    assert_eq!(
        scene.seen(),
        [tag::ADD_REQUEST, tag::EXTENDED_REQUEST, tag::DELETE_REQUEST]
    );
}

#[tokio::test]
async fn one_that_cannot_be_removed_again_is_an_unknown_outcome() {
    let scene = Scene::new(|message, _| {
        Some(if message.operation.tag == tag::ADD_REQUEST {
            0
        } else {
            50
        })
    })
    .await;
    assert_eq!(
        scene.create(Some("secret")).await.err(),
        Some(ProvisioningError::OutcomeUnknown)
    );
}

#[tokio::test]
async fn a_rename_is_taken_back_where_the_rest_cannot_be() {
    let scene = Scene::new(|message, _| {
        Some(if message.operation.tag == tag::MODIFY_REQUEST {
            50
        } else {
            0
        })
    })
    .await;
    assert_eq!(scene.rename().await.err(), Some(ProvisioningError::NotAllowed));
    assert_eq!(
        scene.seen(),
        [tag::MODIFY_DN_REQUEST, tag::MODIFY_REQUEST, tag::MODIFY_DN_REQUEST]
    );
}

#[tokio::test]
async fn a_server_without_permissive_modify_is_asked_for_it_once() {
    let scene = Scene::new(|message, _| {
        let change = ModifyRequest::parse(message).unwrap().changes().next().unwrap();
        let asks = message.controls.find(oid::PERMISSIVE_MODIFY).unwrap().is_some();
        Some(match (asks, change.operation) {
            (true, _) => 12,
            // In already; and no placeholder is there.
            (false, 0) => 20,
            (false, _) => 16,
        })
    })
    .await;
    assert_eq!(scene.add_member().await, Ok(()));
    assert_eq!(scene.seen().len(), 3);
    // And nobody stood for no member a moment ago.
    assert_eq!(scene.add_member().await, Ok(()));
    assert_eq!(scene.seen().len(), 4);
}
