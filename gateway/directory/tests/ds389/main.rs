//! Against a real 389 Directory Server: an entry says what a bind says, what the service account changes is so when the account signs in, and
//! every refusal of a password names its rule.
//!
//! Every test starts its own server on loopback in a temporary folder and ends it, also when it fails. A machine without one fails these
//! tests: `tests/setup` installs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

#[path = "../slapd/certificates.rs"]
mod certificates;
mod directory;
mod server;
mod states;
mod writes;

use certificates::Authority;
use directory::{PASSWORD, SERVICE, dn};
use postern_directory::upstream::dialect::DialectName;
use postern_directory::{BindAnswer, ServerUrl, ServiceAccount, ServiceLanes, Settings, Transport, Upstream};
use postern_identity::{Clock, DirectoryName, Proven, Secret, Standing, State, Timestamp};
use postern_ldap::control::ppolicy;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, bind, frame};
use server::Ds389;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The machine's clock: the server goes by it too.
struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the server beside us goes by this clock and can be given no other"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A server, and our own account in it.
struct Scene {
    _folder: TempDir,
    _server: Ds389,
    upstream: Arc<Upstream>,
    lanes: ServiceLanes,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let server = Ds389::start(&authority.issue(&["127.0.0.1"], 2099));
    let url = ServerUrl::parse(&server.tls_url()).unwrap();
    let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
    settings.dialect = DialectName::Ds389;
    settings.tls.ca_file = Some(authority.file);
    settings.base_dn = Some(directory::BASE.to_owned());
    settings.default_policy_dn = Some("cn=config".to_owned());
    settings.service_account = Some(ServiceAccount {
        dn: SERVICE.to_owned(),
        password: Secret::new(PASSWORD),
    });
    let upstream = Upstream::new(settings, Arc::new(MachineClock)).unwrap();
    upstream.discover().await.unwrap();
    Scene {
        _folder: folder,
        _server: server,
        lanes: ServiceLanes::new(Arc::clone(&upstream)),
        upstream,
    }
}

impl Scene {
    /// Binds with the password policy control on a connection of its own.
    async fn sign_in(&self, uid: &str, password: &str) -> (Standing, Proven) {
        let mut transport = self.upstream.connect().await.unwrap().transport;
        let (name, control) = (dn(uid), ppolicy::request());
        let request = bind::simple(MessageId(1), name.as_bytes(), password.as_bytes(), &[&control]);
        transport.write_all(&request).await.unwrap();
        let octets = read_message(&mut transport).await;
        let message = Message::parse(&octets).unwrap();
        let result = LdapResult::parse(&message).unwrap();
        self.upstream.dialect().read_bind(&BindAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            ppolicy_asked: true,
        })
    }

    async fn bind(&self, uid: &str, password: &str) -> (State, Proven) {
        let (standing, proven) = self.sign_in(uid, password).await;
        (standing.state, proven)
    }

    /// What the entry and the policy say.
    async fn read(&self, uid: &str) -> State {
        let account = self.lanes.look_up(uid).await;
        account.unwrap_or_else(|fault| panic!("{uid}: {fault}")).standing.state
    }
}

async fn read_message(transport: &mut Transport) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        if let Some(header) = frame::walk(&octets, 65_536).unwrap()
            && header.length == octets.len()
        {
            return octets;
        }
        assert_ne!(transport.read_buf(&mut octets).await.unwrap(), 0, "the server hung up");
    }
}
