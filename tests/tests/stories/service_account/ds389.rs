//! 389 Directory Server: an entry says what a sign-in says, what the service account changes is so at the next sign-in, and every refusal of a
//! password names its rule.

mod accounts;
mod states;
mod writes;

use super::{Scene, set};
use postern_directory::upstream::dialect::DialectName;
use postern_identity::person::Nesting;
use postern_identity::{DirectoryError, LockedBy, Proven, State};
use postern_tests::people::{BASE, SERVICE, dn};
use postern_tests::{Ds389, Ds389Settings};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};

const ACTIVE: (State, Proven) = (State::Active, Proven::Yes);
const WRONG: (State, Proven) = (State::Unknown, Proven::No);

/// People of a server that other stories ask at the same time. Who is changed by one story is named by no other.
struct Shared {
    scene: Scene,
    _server: Arc<Ds389>,
}

impl Deref for Shared {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

fn scene() -> Shared {
    let server = server();
    Shared {
        scene: Scene::new(
            DialectName::Ds389,
            (&server.tls_url(), server.ca_file(), server.address()),
            BASE,
            SERVICE,
            Some("cn=config"),
        ),
        _server: server,
    }
}

/// The one that runs, or a new one if none does: it ends with the last story that asks it.
fn server() -> Arc<Ds389> {
    static RUNNING: Mutex<Weak<Ds389>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Ds389::start_with(&Ds389Settings {
            ldif: accounts::ldif(),
            config: "passwordBadWords: postern".to_owned(),
            ..Ds389Settings::default()
        }));
        *running = Arc::downgrade(&server);
        server
    })
}

impl Scene {
    /// What the entry and the policy say.
    fn read(&self, uid: &str) -> State {
        self.account(uid).standing.state
    }

    fn account(&self, uid: &str) -> postern_directory::Account {
        let found = self.runtime.block_on(self.lanes.look_up(uid));
        found.unwrap_or_else(|fault| panic!("{uid}: {fault}"))
    }
}

/// Locked, as a sign-in tells it: without an end.
fn locked(by: LockedBy) -> State {
    State::Locked { by, until: None }
}

#[test]
fn a_389_finds_people_and_their_groups() {
    let scene = scene();
    let active = scene.find("active");
    assert_eq!(active.dn, dn("active"));
    assert!(scene.find("active@example.org") == active && scene.find(&dn("active")) == active);
    assert!(scene.runtime.block_on(scene.people.by_key(&active.key)).unwrap() == active);
    assert_eq!(scene.found("nobody"), Err(DirectoryError::NotFound));
    assert_eq!(scene.groups("active", Nesting::Direct), set(&["staff", "posix"]));
    assert_eq!(scene.groups("active", Nesting::Nested), set(&["staff", "posix", "all"]));
}
