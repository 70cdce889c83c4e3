//! What is sent, how often and to whom, against directories that answer as they are told.

use super::*;
use crate::upstream::Upstream;
use crate::upstream::settings::{Role, ServiceAccount, Settings};
use postern_identity::DirectoryName;
use postern_identity::clock::FixedClock;
use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, answer, frame};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const ALICE: &str = "uid=alice,dc=example,dc=org";

/// What a directory does with a write.
#[derive(Clone)]
enum To {
    Answer(u32),
    /// This to the first, and success to those after it.
    AtFirst(u32),
    Refer(String),
    /// It takes the write and hangs up.
    Swallow,
    /// It answers with something else.
    Babble,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// The tag of every write, in the order they came.
    writes: Mutex<Vec<u8>>,
}

impl Seen {
    fn writes(&self) -> Vec<u8> {
        self.writes.lock().unwrap().clone()
    }
}

/// A directory that hangs up its first connection at its `last`th message.
async fn directory(tasks: &mut JoinSet<()>, last: usize, to: To) -> (ServerUrl, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new(Seen::default());
    let noted = Arc::clone(&seen);
    tasks.spawn(async move {
        let mut sessions = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let first = noted.connections.fetch_add(1, Ordering::SeqCst) == 0;
            let last = if first { last } else { usize::MAX };
            sessions.spawn(session(stream, last, Arc::clone(&noted), to.clone()));
        }
    });
    (url, seen)
}

async fn session(mut stream: TcpStream, last: usize, seen: Arc<Seen>, to: To) {
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
            let reply = match header.operation {
                tag::BIND_REQUEST => answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]),
                tag::SEARCH_REQUEST => alice(header.id),
                write => {
                    let first = {
                        let mut writes = seen.writes.lock().unwrap();
                        writes.push(write);
                        writes.len() == 1
                    };
                    let response = if write == tag::MODIFY_REQUEST {
                        tag::MODIFY_RESPONSE
                    } else {
                        tag::EXTENDED_RESPONSE
                    };
                    match &to {
                        To::Answer(code) => answer::result(header.id, response, ResultCode(*code), "", &[]),
                        To::AtFirst(code) => {
                            let code = if first { *code } else { 0 };
                            answer::result(header.id, response, ResultCode(code), "", &[])
                        }
                        To::Refer(uri) => referral(header.id, response, uri),
                        To::Swallow => return,
                        To::Babble => answer::result(header.id, tag::ADD_RESPONSE, ResultCode::SUCCESS, "", &[]),
                    }
                }
            };
            stream.write_all(&reply).await.unwrap();
        }
    }
}

fn alice(id: MessageId) -> Vec<u8> {
    let mut entry = Writer::new();
    entry.octets(ALICE.as_bytes()).nested(tag::SEQUENCE, |list| {
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

fn referral(id: MessageId, response: u8, uri: &str) -> Vec<u8> {
    let mut content = Writer::new();
    content.raw(&answer::result_content(ResultCode::REFERRAL, b"", b""));
    content.nested(0xa3, |uris| {
        uris.octets(b"ldap://nobody.example.org/").octets(uri.as_bytes());
    });
    answer::message(id, response, &content.finish(), &[])
}

fn lanes(servers: Vec<ServerUrl>) -> ServiceLanes {
    let mut settings = Settings::new(DirectoryName("people".into()), servers);
    settings.service_account = Some(ServiceAccount {
        dn: "cn=service,dc=example,dc=org".to_owned(),
        password: Secret::new("secret"),
    });
    let several = settings.servers.len() > 1;
    for (index, server) in settings.servers.iter_mut().enumerate().filter(|_| several) {
        server.role = if index == 0 { Role::Any } else { Role::Reader };
    }
    let clock = Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap()));
    ServiceLanes::new(Upstream::new(settings, clock).unwrap())
}

async fn write(lanes: &ServiceLanes) -> Result<(), WriteError> {
    lanes.write_password(ALICE, None, &Secret::new("new-secret")).await
}

fn refused(code: u32) -> Result<(), WriteError> {
    Err(WriteError::Refused(PasswordRefusal {
        rule: None,
        result_code: code,
        told_by: "result code",
    }))
}

#[tokio::test]
async fn a_password_is_written_once_and_the_lane_is_kept() {
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    assert_eq!(write(&lanes).await, Ok(()));
    assert_eq!(write(&lanes).await, Ok(()));
    assert_eq!(seen.writes(), [tag::EXTENDED_REQUEST; 2]);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_write_that_is_swallowed_is_of_unknown_outcome_and_never_sent_again() {
    for to in [To::Swallow, To::Babble] {
        let mut tasks = JoinSet::new();
        let (url, seen) = directory(&mut tasks, usize::MAX, to).await;
        let lanes = lanes(vec![url]);
        assert_eq!(write(&lanes).await, Err(WriteError::OutcomeUnknown));
        assert_eq!(seen.writes(), [tag::EXTENDED_REQUEST]);
    }
}

#[tokio::test]
async fn a_kept_lane_that_breaks_before_the_write_is_replaced_and_the_write_sent_once() {
    let mut tasks = JoinSet::new();
    // Bind, search, write; the second write's own search ends the connection.
    let (url, seen) = directory(&mut tasks, 4, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    assert_eq!(write(&lanes).await, Ok(()));
    assert_eq!(write(&lanes).await, Ok(()));
    assert_eq!(seen.writes(), [tag::EXTENDED_REQUEST; 2]);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_fresh_lane_that_breaks_before_the_write_changed_nothing_and_says_so() {
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, 2, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    assert_eq!(write(&lanes).await, Err(WriteError::Connect(ConnectError::HungUp)));
    assert!(seen.writes().is_empty());
}

#[tokio::test]
async fn a_referral_is_followed_once_and_to_a_server_of_this_directory_alone() {
    let mut tasks = JoinSet::new();
    let (writer, written) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let (stranger, strange) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let (reader, referring) = directory(&mut tasks, usize::MAX, To::Refer(format!("{writer}/{ALICE}??sub"))).await;
    // The one that refers is asked first, for it does not say that it is a reader.
    let by_itself = lanes(vec![reader.clone(), writer]);
    assert_eq!(write(&by_itself).await, Ok(()));
    assert_eq!(referring.writes(), [tag::EXTENDED_REQUEST]);
    assert_eq!(written.writes(), [tag::EXTENDED_REQUEST]);

    let (loops, looping) = directory(&mut tasks, usize::MAX, To::Refer(format!("{reader}"))).await;
    let around = lanes(vec![loops, reader]);
    assert_eq!(write(&around).await, Err(WriteError::Refused(REFERRED)));
    assert_eq!((looping.writes().len(), referring.writes().len()), (1, 2));

    let (away, _) = directory(&mut tasks, usize::MAX, To::Refer(format!("{stranger}"))).await;
    assert_eq!(write(&lanes(vec![away])).await, Err(WriteError::Refused(REFERRED)));
    assert_eq!(strange.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn where_password_modify_is_not_offered_the_attribute_is_written() {
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    // What this directory shows for its root DSE lists nothing at all.
    lanes.upstream.discover().await.unwrap();
    assert_eq!(write(&lanes).await, Ok(()));
    assert_eq!(seen.writes(), [tag::MODIFY_REQUEST]);
}

#[tokio::test]
async fn a_refusal_is_told_and_sign_ins_follow_what_was_written_alone() {
    for (code, followed) in [(0, true), (50, false)] {
        let mut tasks = JoinSet::new();
        let (second, _) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
        let (first, _) = directory(&mut tasks, usize::MAX, To::Answer(code)).await;
        let lanes = lanes(vec![first, second]);
        let answered = write(&lanes).await;
        assert_eq!(answered.is_ok(), followed);
        assert_eq!(lanes.upstream.writes.any(), followed);
    }
}

#[tokio::test]
async fn a_standing_that_changed_under_us_is_read_anew_once_and_a_password_is_not_sent_again() {
    let lock = async |lanes: &ServiceLanes| lanes.change_standing(ALICE, StandingChange::Lock).await;
    for (to, wanted, writes) in [
        (To::AtFirst(16), true, 2),
        (To::Answer(16), false, 2),
        (To::AtFirst(50), false, 1),
    ] {
        let mut tasks = JoinSet::new();
        let (url, seen) = directory(&mut tasks, usize::MAX, to).await;
        assert_eq!(lock(&lanes(vec![url])).await.is_ok(), wanted);
        assert_eq!(seen.writes().len(), writes);
    }
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, usize::MAX, To::AtFirst(16)).await;
    assert_eq!(write(&lanes(vec![url])).await, refused(16));
    assert_eq!(seen.writes().len(), 1);
}

#[tokio::test]
async fn a_name_that_is_now_anothers_is_not_written_to() {
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    let new = Secret::new("new-secret");
    let change = Change::Password { old: None, new: &new };
    for (directory, id, wanted) in [
        ("people", "5f0c8b1e-0000-0000-0000-000000000001", Ok(())),
        (
            "people",
            "5f0c8b1e-0000-0000-0000-000000000002",
            Err(WriteError::LookUp(LookUpError::NotFound)),
        ),
        (
            "others",
            "5f0c8b1e-0000-0000-0000-000000000001",
            Err(WriteError::LookUp(LookUpError::NotFound)),
        ),
    ] {
        let key = AccountKey {
            directory: DirectoryName(directory.into()),
            id: id.into(),
        };
        assert_eq!(lanes.write(ALICE, Some(&key), change).await, wanted);
    }
    assert_eq!(seen.writes().len(), 1);
}

#[tokio::test]
async fn our_own_account_and_what_is_no_name_are_never_written() {
    let mut tasks = JoinSet::new();
    let (url, seen) = directory(&mut tasks, usize::MAX, To::Answer(0)).await;
    let lanes = lanes(vec![url]);
    let lock = async |dn| lanes.change_standing(dn, StandingChange::Lock).await;
    assert_eq!(
        lock("CN=Service, dc=example,dc=org").await,
        Err(WriteError::Refused(OURSELVES))
    );
    for dn in ["", "alice", "cn=\0"] {
        assert_eq!(lock(dn).await, Err(WriteError::LookUp(LookUpError::NotFound)), "{dn:?}");
    }
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_refusal_carries_the_result_code() {
    let mut tasks = JoinSet::new();
    let (url, _) = directory(&mut tasks, usize::MAX, To::Answer(51)).await;
    assert_eq!(write(&lanes(vec![url])).await, refused(51));
}

#[test]
fn where_plain_text_is_refused_the_write_says_so_whatever_found_it() {
    let plain = ConnectError::PlaintextRefused;
    assert_eq!(WriteError::from(plain), WriteError::Unprotected);
    assert_eq!(WriteError::from(LookUpError::Connect(plain)), WriteError::Unprotected);
}
