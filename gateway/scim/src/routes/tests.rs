//! The door, before a directory that takes its time.

use super::*;
use postern_identity::DirectoryName;
use postern_identity::provisioning::{
    Actor, Against, Edit, MembersChange, ProvisioningError, Query, Reply, Resource, ResourceId, Schema, TypeSchema,
    Types, Version, Wanted, Wish,
};
use postern_identity::reset::PublicUrl;
use postern_web::{RequestId, Site, Token, Tokens};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

/// One group, which goes when it is let.
struct Slow {
    name: DirectoryName,
    types: Arc<Types>,
    /// Somebody wants it gone.
    begun: Semaphore,
    /// It may go.
    may: Semaphore,
    gone: AtomicBool,
}

impl Slow {
    fn new() -> Arc<Self> {
        let of = |kind: ResourceKind| TypeSchema {
            kind,
            core: Schema {
                urn: "urn:x".into(),
                name: "x".into(),
                description: "".into(),
                attributes: Vec::new(),
            },
            extensions: Vec::new(),
        };
        Arc::new(Self {
            name: DirectoryName("people".into()),
            types: Arc::new(Types {
                user: of(ResourceKind::User),
                group: of(ResourceKind::Group),
            }),
            begun: Semaphore::new(0),
            may: Semaphore::new(0),
            gone: AtomicBool::new(false),
        })
    }
}

fn never<'a, T>() -> Reply<'a, T> {
    Box::pin(async { Err(ProvisioningError::NotFound) })
}

impl Provisioning for Slow {
    fn directory(&self) -> &DirectoryName {
        &self.name
    }

    fn types(&self) -> &Arc<Types> {
        &self.types
    }

    fn id(&self, text: &str) -> Option<ResourceId> {
        (text == "1").then_some(ResourceId([1; 16]))
    }

    fn id_text(&self, _: ResourceId) -> String {
        "1".to_owned()
    }

    fn read<'a>(&'a self, _: Actor<'a>, _: ResourceKind, _: ResourceId, _: &'a Wanted) -> Reply<'a, Resource> {
        never()
    }

    fn find<'a>(&'a self, _: Actor<'a>, _: &'a Query, _: usize, _: &'a Wanted) -> Reply<'a, Option<Vec<Resource>>> {
        never()
    }

    fn list<'a>(&'a self, _: Actor<'a>, _: &'a Query) -> Reply<'a, Vec<ResourceId>> {
        never()
    }

    fn fetch<'a>(
        &'a self,
        _: Actor<'a>,
        _: ResourceKind,
        _: &'a [ResourceId],
        _: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>> {
        never()
    }

    fn create<'a>(&'a self, _: Actor<'a>, _: ResourceKind, _: Edit) -> Reply<'a, Resource> {
        never()
    }

    fn edit<'a>(
        &'a self,
        _: Actor<'a>,
        _: (ResourceKind, ResourceId),
        _: Option<&'a [Version]>,
        _: bool,
        _: Wish<'a>,
    ) -> Reply<'a, Resource> {
        never()
    }

    fn change_members<'a>(&'a self, _: Actor<'a>, _: ResourceId, _: &'a MembersChange) -> Reply<'a, ()> {
        never()
    }

    fn delete<'a>(&'a self, _: Actor<'a>, _: ResourceKind, _: ResourceId, _: Option<&'a [Version]>) -> Reply<'a, ()> {
        Box::pin(async {
            self.begun.add_permits(1);
            let _may = self.may.acquire().await;
            self.gone.store(true, Ordering::Relaxed);
            Ok(())
        })
    }

    fn validate<'a>(&'a self, _: Actor<'a>, _: Option<ResourceId>, _: &'a Secret) -> Reply<'a, Against> {
        never()
    }
}

/// The door, and the changes that are carried through behind it.
fn door(directory: &Arc<Slow>, scopes: &[&str]) -> (Router, TaskTracker) {
    let tasks = TaskTracker::new();
    let scopes = scopes.iter().map(|scope| (*scope).into()).collect();
    let token = Token::new("hr", &[&Secret::new("a-token-of-hr-s")], scopes);
    let ports = ScimPorts {
        directory: Arc::clone(directory) as _,
        self_service: None,
        bearers: Arc::new(Bearers::new(Tokens::new(vec![token]), Vec::new())),
        tasks: tasks.clone(),
    };
    let settings = Settings {
        base_url: "https://id.example.org/scim/v2".into(),
        route: "applications".into(),
        page_size: 100,
        max_results: 200,
        snapshot_ids: 1_000,
        strictness: Strictness::Lenient,
    };
    (routes(&["/scim/v2"], ports, settings), tasks)
}

fn asked(method: &str, path: &str, token: Option<&str>, body: Body) -> Request {
    let site = Site::new(
        "applications",
        PublicUrl::from_configuration("https://id.example.org").unwrap(),
    );
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .extension(Visit {
            id: RequestId::NONE,
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            site: Arc::new(site),
        })
        .header(CONTENT_TYPE, SCIM_JSON);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body).unwrap()
}

#[tokio::test]
async fn a_change_is_carried_through_whether_or_not_somebody_still_waits_for_it() {
    let directory = Slow::new();
    let (router, tasks) = door(&directory, &["scim:groups"]);
    let request = asked("DELETE", "/scim/v2/Groups/1", Some("a-token-of-hr-s"), Body::empty());
    let client = tokio::spawn(router.oneshot(request));
    let _begun = directory.begun.acquire().await.unwrap();
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled(), "the client has hung up");
    directory.may.add_permits(1);
    tasks.close();
    tasks.wait().await;
    assert!(directory.gone.load(Ordering::Relaxed), "it was left half done");
}

#[tokio::test]
async fn a_client_that_never_ends_its_request_begins_no_change() {
    let directory = Slow::new();
    let (router, tasks) = door(&directory, &["scim:groups"]);
    let endless = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = asked("PATCH", "/scim/v2/Groups/1", Some("a-token-of-hr-s"), endless);
    let client = tokio::spawn(router.oneshot(request));
    tokio::task::yield_now().await;
    assert!(tasks.is_empty(), "a change waits for a client");
    client.abort();
}

#[tokio::test]
async fn whoever_has_no_token_or_not_the_scope_changes_nothing_and_learns_nothing() {
    let directory = Slow::new();
    let (router, _) = door(&directory, &["scim:read", "scim:write"]);
    let status = |path: &'static str, token: Option<&'static str>| {
        let answer = router.clone().oneshot(asked("DELETE", path, token, Body::empty()));
        async { answer.await.unwrap().status().as_u16() }
    };
    for path in [
        "/scim/v2/Groups/1",
        "/scim/v2/Groups/2",
        "/scim/v2/Users/1",
        "/scim/v2/Nothing",
    ] {
        assert_eq!(status(path, None).await, 401, "{path}");
        assert_eq!(status(path, Some("another-token")).await, 401, "{path}");
    }
    assert_eq!(status("/scim/v2/Groups/1", Some("a-token-of-hr-s")).await, 403);
    assert!(!directory.gone.load(Ordering::Relaxed));
}
