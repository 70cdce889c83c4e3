//! What a server says it can do.

use crate::certificates::Authority;
use crate::server::Slapd;
use crate::{settings, upstream};
use postern_directory::ConnectError;
use postern_ldap::ResultCode;

#[tokio::test]
async fn the_root_dse_tells_of_the_password_policy_control_and_the_naming_context() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let mut settings = settings(&[&slapd.plain_url()], &authority.file);
    settings.base_dn = None;
    let upstream = upstream(settings);
    assert!(!upstream.capabilities().known);
    let found = upstream.discover().await.unwrap();
    assert!(found.known && found.password_policy);
    assert_eq!(found.naming_contexts, ["dc=example,dc=org"]);
    assert!(
        found
            .extensions
            .iter()
            .any(|extension| extension == "1.3.6.1.4.1.4203.1.11.1")
    );
    assert_eq!(upstream.capabilities(), found);
    // Without a configured base, the one naming context is searched.
    assert_eq!(
        upstream.look_up("active").await.unwrap().dn,
        "uid=active,ou=people,dc=example,dc=org"
    );
}

#[tokio::test]
async fn a_root_dse_hidden_from_strangers_is_read_as_the_service_account() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let hidden = "access to dn.base=\"\" by users read by * none\n";
    let slapd = Slapd::start_with(&authority.issue(&["127.0.0.1"], 2099), hidden);
    let found = upstream(settings(&[&slapd.tls_url()], &authority.file))
        .discover()
        .await
        .unwrap();
    assert!(found.password_policy);
    let mut without_account = settings(&[&slapd.tls_url()], &authority.file);
    without_account.service_account = None;
    let fault = upstream(without_account).discover().await.unwrap_err();
    assert_eq!(fault, ConnectError::RootDseRefused(ResultCode::NO_SUCH_OBJECT));
}
