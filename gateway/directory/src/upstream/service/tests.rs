//! The keeping of lanes, against a directory of one account that hangs up when it is told to.

use super::*;
use crate::upstream::settings::{ServerUrl, ServiceAccount, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Secret, State};
use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, answer, frame, tag};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// A directory whose first connection ends, without an answer, at its `last`th message and whose others never do.
async fn directory(last: usize) -> (ServiceLanes, Arc<Counts>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lanes = lanes_to(&listener);
    let counts = Arc::new(Counts::default());
    let mut tasks = JoinSet::new();
    let seen = Arc::clone(&counts);
    tasks.spawn(async move {
        let mut sessions = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let first = seen.connections.fetch_add(1, Ordering::SeqCst) == 0;
            let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
            seen.most_open.fetch_max(open, Ordering::SeqCst);
            let seen = Arc::clone(&seen);
            sessions.spawn(async move {
                session(stream, if first { last } else { usize::MAX }).await;
                seen.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (lanes, counts, tasks)
}

fn lanes_to(listener: &TcpListener) -> ServiceLanes {
    let url = ServerUrl::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
    settings.base_dn = Some("dc=example,dc=org".to_owned());
    settings.service_account = Some(ServiceAccount {
        dn: "cn=service,dc=example,dc=org".to_owned(),
        password: Secret::new("secret"),
    });
    let clock = Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap()));
    ServiceLanes::new(Upstream::new(settings, clock).unwrap())
}

async fn session(mut stream: TcpStream, last: usize) {
    let mut octets = Vec::new();
    let mut messages = 0;
    while stream.read_buf(&mut octets).await.unwrap_or(0) > 0 {
        while let Some(header) = frame::walk(&octets, 65_536)
            .unwrap()
            .filter(|header| header.length <= octets.len())
        {
            octets.drain(..header.length);
            messages += 1;
            if messages >= last {
                return;
            }
            stream.write_all(&answers(header.id, header.operation)).await.unwrap();
        }
    }
}

fn answers(id: MessageId, request: u8) -> Vec<u8> {
    if request == tag::BIND_REQUEST {
        return answer::result(id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
    }
    let mut entry = Writer::new();
    entry
        .octets(b"uid=alice,dc=example,dc=org")
        .nested(tag::SEQUENCE, |list| {
            list.nested(tag::SEQUENCE, |attribute| {
                attribute.octets(b"entryUUID").nested(tag::SET, |values| {
                    values.octets(b"5f0c8b1e-0000-0000-0000-000000000001");
                });
            });
        });
    let mut octets = answer::message(id, tag::SEARCH_ENTRY, &entry.finish(), &[]);
    octets.extend(answer::result(id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]));
    octets
}

#[tokio::test]
async fn a_lane_is_kept_and_used_again() {
    let (lanes, counts, _tasks) = directory(usize::MAX).await;
    for _ in 0..3 {
        assert_eq!(lanes.look_up("alice").await.unwrap().standing.state, State::Active);
    }
    assert_eq!(counts.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_kept_lane_that_breaks_under_a_look_up_is_replaced_and_the_account_found() {
    // A bind and a search are answered; the second search ends the connection.
    let (lanes, counts, _tasks) = directory(3).await;
    lanes.look_up("alice").await.unwrap();
    assert_eq!(lanes.look_up("alice").await.unwrap().dn, "uid=alice,dc=example,dc=org");
    assert_eq!(counts.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_entry_is_read_on_a_kept_lane_and_on_another_if_that_breaks() {
    // A bind and two searches are answered on the first.
    let (lanes, counts, _tasks) = directory(4).await;
    let dn = "uid=alice,dc=example,dc=org";
    for connections in [1, 1, 2, 2] {
        let entry = lanes.one_entry(dn, &["entryUUID"]).await.unwrap();
        assert_eq!(entry.unwrap().dn(), dn);
        assert_eq!(counts.connections.load(Ordering::SeqCst), connections);
    }
    let lanes = Arc::new(lanes);
    let mut reading = JoinSet::new();
    for _ in 0..20 {
        let lanes = Arc::clone(&lanes);
        reading.spawn(async move { lanes.one_entry(dn, &["entryUUID"]).await.map(|entry| entry.is_some()) });
    }
    for found in reading.join_all().await {
        assert_eq!(found, Ok(true));
    }
    assert!(counts.most_open.load(Ordering::SeqCst) <= MOST_LANES);
}

#[tokio::test]
async fn a_fresh_lane_that_breaks_is_not_tried_again() {
    let (lanes, counts, _tasks) = directory(2).await;
    let fault = lanes.look_up("alice").await.unwrap_err();
    assert_eq!(fault, LookUpError::Connect(ConnectError::HungUp));
    assert_eq!(counts.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn however_many_ask_at_once_two_lanes_serve_them() {
    let (lanes, counts, _tasks) = directory(usize::MAX).await;
    let lanes = Arc::new(lanes);
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let lanes = Arc::clone(&lanes);
        asking.spawn(async move { lanes.look_up("alice").await.map(|account| account.dn) });
    }
    for found in asking.join_all().await {
        assert_eq!(found.unwrap(), "uid=alice,dc=example,dc=org");
    }
    assert_eq!(counts.most_open.load(Ordering::SeqCst), MOST_LANES);
}

#[tokio::test]
async fn who_finds_both_lanes_in_use_is_told_that_and_not_that_the_directory_is_away() {
    let (lanes, counts, _tasks) = directory(usize::MAX).await;
    let in_use = lanes.permits.acquire_many(2).await.unwrap();
    let patience = Duration::from_millis(1);
    let fault = lanes.look_up_bind_name("uid=alice,dc=example,dc=org", patience).await;
    assert_eq!(fault.unwrap_err(), LookUpError::Connect(ConnectError::Busy));
    assert_eq!(counts.connections.load(Ordering::SeqCst), 0);
    drop(in_use);
    let patience = Duration::from_secs(30);
    assert!(
        lanes
            .look_up_bind_name("uid=alice,dc=example,dc=org", patience)
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_does_not_answer_a_look_up_is_not_called_busy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lanes = lanes_to(&listener);
    let fault = lanes
        .look_up_bind_name("uid=alice,dc=example,dc=org", Duration::from_secs(1))
        .await;
    assert_eq!(fault.unwrap_err(), LookUpError::Connect(ConnectError::TimedOut));
}
