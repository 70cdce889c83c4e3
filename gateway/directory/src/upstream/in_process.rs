//! A directory in this process: the same frames, without a server to reach.

use super::connect;
use super::error::{ConnectError, SetupError};
use super::settings::{ServiceAccount, Settings};
use super::{Inside, Server, Upstream};
use crate::transport::Transport;
use postern_identity::Clock;
use std::sync::Arc;
use tokio::time::Instant;

impl Upstream {
    /// For a directory that `inside` connects to, as [`Settings::embedded`] says; `account` is who we are in it. Contacts nobody.
    pub fn in_process(
        mut settings: Settings,
        account: ServiceAccount,
        inside: Inside,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, SetupError> {
        if !settings.servers.iter().all(|server| server.url.is_in_process()) {
            return Err(SetupError::InProcess);
        }
        settings.service_account = Some(account);
        Self::build(settings, Some(inside), clock).map(Arc::new)
    }

    /// Whether the directory is in this process.
    pub(super) fn is_in_process(&self) -> bool {
        self.inside.is_some()
    }

    /// A connection on which nothing has been said, before `deadline`.
    pub(super) async fn reach(&self, server: &Server, deadline: Instant) -> Result<Transport, ConnectError> {
        match &self.inside {
            Some(inside) => inside(),
            None => connect::connect(&self.way(server), deadline).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::dialect::DialectName;
    use postern_identity::{DirectoryName, Secret, Timestamp};
    use postern_ldap::ResultCode;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    fn settings() -> Settings {
        Settings::embedded(DirectoryName("people".into()), "dc=example,dc=org".to_owned())
    }

    fn account() -> ServiceAccount {
        ServiceAccount {
            dn: "cn=postern".to_owned(),
            password: Secret::new(b"made at start".as_slice()),
        }
    }

    /// The directory's end of each connection is an echo of one message: enough to see where octets go.
    fn to_a_puppet() -> Inside {
        Box::new(|| {
            let (ours, mut theirs) = tokio::io::duplex(1024);
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                let _ = theirs.read(&mut asked).await;
                // The answer to a bind with message id 1: invalidCredentials.
                let _ = theirs
                    .write_all(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00")
                    .await;
            });
            Ok(Transport::InProcess(Box::new(ours)))
        })
    }

    #[tokio::test]
    async fn a_directory_in_this_process_is_one_server_that_is_asked_like_any_other() {
        let upstream = Upstream::in_process(settings(), account(), to_a_puppet(), Arc::new(Noon)).unwrap();
        assert_eq!(upstream.servers().count(), 1);
        let connection = upstream.connect().await.unwrap();
        assert!(connection.transport.is_protected());
        assert_eq!(upstream.server_name(connection.server), "embedded:people");
        assert_eq!(
            upstream.settings().default_policy_dn.as_deref(),
            Some("cn=default,ou=policies,dc=example,dc=org")
        );
        assert_eq!(DialectName::from_name("embedded"), Some(DialectName::Embedded));
        assert_eq!(upstream.dialect().name(), "openldap");
        let refused = upstream.connect_as_service(&crate::Want::default()).await.err();
        assert_eq!(
            refused,
            Some(ConnectError::ServiceAccountRefused(ResultCode::INVALID_CREDENTIALS))
        );
    }

    #[test]
    fn neither_is_taken_for_the_other() {
        let as_server = Upstream::new(settings(), Arc::new(Noon)).err();
        assert_eq!(as_server, Some(SetupError::InProcess));
        let url = crate::ServerUrl::parse("ldap://127.0.0.1").unwrap();
        let of_a_server = Settings::new(DirectoryName("people".into()), vec![url.clone()]);
        let as_inside = Upstream::in_process(of_a_server, account(), to_a_puppet(), Arc::new(Noon)).err();
        assert_eq!(as_inside, Some(SetupError::InProcess));
        assert!(settings().has_service_account() && settings().servers.iter().all(|server| server.url != url));
        assert!(crate::ServerUrl::parse("embedded:people").is_err());
    }
}
