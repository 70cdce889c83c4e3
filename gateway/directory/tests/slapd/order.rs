//! Servers that die, hang and come back.

use crate::certificates::Authority;
use crate::server::Slapd;
use crate::{settings, upstream};
use postern_directory::{ConnectError, LookUpError, ServerIndex, ServiceLanes};
use std::time::Duration;

#[tokio::test]
async fn when_the_first_server_dies_the_second_is_taken_at_once_and_look_ups_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let certificate = authority.issue(&["127.0.0.1"], 2099);
    let (mut first, second) = (Slapd::start(&certificate), Slapd::start(&certificate));
    let upstream = upstream(settings(&[&first.tls_url(), &second.tls_url()], &authority.file));
    let lanes = ServiceLanes::new(upstream.clone());
    assert_eq!(upstream.connect().await.unwrap().server, ServerIndex(0));
    assert_eq!(lanes.look_up("active").await.unwrap().server, ServerIndex(0));
    first.kill();
    // The lane that was kept to the first server is found dead, and the account is read from the second.
    assert_eq!(lanes.look_up("active").await.unwrap().server, ServerIndex(1));
    assert_eq!(upstream.connect().await.unwrap().server, ServerIndex(1));
    assert!(upstream.healthy());
    drop(second);
    assert_eq!(
        lanes.look_up("active").await.unwrap_err(),
        LookUpError::Connect(ConnectError::Refused)
    );
    assert!(!upstream.healthy());
}

#[tokio::test]
async fn a_server_that_hangs_is_left_for_the_next_one_and_tried_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let certificate = authority.issue(&["127.0.0.1"], 2099);
    let (first, second) = (Slapd::start(&certificate), Slapd::start(&certificate));
    let mut settings = settings(&[&first.plain_url(), &second.plain_url()], &authority.file);
    settings.start_tls = true;
    settings.connect_timeout = Duration::from_secs(2);
    settings.retry_after = Duration::ZERO;
    let upstream = upstream(settings);
    first.freeze();
    let connection = upstream.connect().await;
    first.thaw();
    assert_eq!(connection.unwrap().server, ServerIndex(1));
    assert_eq!(
        upstream.connect().await.unwrap().server,
        ServerIndex(0),
        "it answers again, and comes first"
    );
}

#[tokio::test]
async fn a_wrong_service_password_is_told_from_a_server_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let mut settings = settings(&[&slapd.tls_url()], &authority.file);
    settings.service_account.as_mut().unwrap().password = postern_identity::Secret::new("wrong");
    let fault = upstream(settings).look_up("active").await.unwrap_err();
    let refused = ConnectError::ServiceAccountRefused(postern_ldap::ResultCode::INVALID_CREDENTIALS);
    assert_eq!(fault, LookUpError::Connect(refused));
}
