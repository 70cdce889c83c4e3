//! Against a directory of one account, whose password has expired, that answers searches when it is told to.

use super::*;
use postern_directory::upstream::dialect::DialectName;
use postern_directory::{ServerUrl, ServiceAccount, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Secret, State};
use postern_ldap::ber::Writer;
use postern_ldap::{ResultCode, answer, frame, tag};
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const NAME: &[u8] = b"uid=alice,dc=example,dc=org";
const HERE: ServerIndex = ServerIndex(0);

struct Script {
    searches: AtomicUsize,
    /// One permit for each search that is answered.
    may_answer: Semaphore,
    /// Closes on a search instead of answering it.
    hangs_up: AtomicBool,
}

async fn directory(service_account: bool) -> (Arc<SecondLooks>, Arc<Script>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    let script = Arc::new(Script {
        searches: AtomicUsize::new(0),
        may_answer: Semaphore::new(1000),
        hangs_up: AtomicBool::new(false),
    });
    let mut tasks = JoinSet::new();
    let played = Arc::clone(&script);
    tasks.spawn(async move {
        let mut sessions = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            sessions.spawn(session(stream, Arc::clone(&played)));
        }
    });
    let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
    settings.dialect = DialectName::FreeIpa;
    settings.base_dn = Some("dc=example,dc=org".to_owned());
    settings.service_account = service_account.then(|| ServiceAccount {
        dn: "cn=service,dc=example,dc=org".to_owned(),
        password: Secret::new("secret"),
    });
    let clock = Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap()));
    let upstream = Upstream::new(settings, clock).unwrap();
    (Arc::new(SecondLooks::new(upstream)), script, tasks)
}

async fn session(mut stream: TcpStream, script: Arc<Script>) {
    let mut octets = Vec::new();
    while stream.read_buf(&mut octets).await.unwrap_or(0) > 0 {
        while let Some(header) = frame::walk(&octets, 65_536)
            .unwrap()
            .filter(|header| header.length <= octets.len())
        {
            octets.drain(..header.length);
            let reply = if header.operation == tag::BIND_REQUEST {
                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[])
            } else {
                script.searches.fetch_add(1, Ordering::SeqCst);
                if script.hangs_up.load(Ordering::SeqCst) {
                    return;
                }
                script.may_answer.acquire().await.unwrap().forget();
                let mut entry = Writer::new();
                entry.octets(NAME).nested(tag::SEQUENCE, |list| {
                    list.nested(tag::SEQUENCE, |attribute| {
                        attribute.octets(b"krbPasswordExpiration").nested(tag::SET, |values| {
                            values.octets(b"20261122110000Z");
                        });
                    });
                });
                let mut reply = answer::message(header.id, tag::SEARCH_ENTRY, &entry.finish(), &[]);
                reply.extend(answer::result(
                    header.id,
                    tag::SEARCH_DONE,
                    ResultCode::SUCCESS,
                    "",
                    &[],
                ));
                reply
            };
            stream.write_all(&reply).await.unwrap();
        }
    }
}

fn searches(script: &Script) -> usize {
    script.searches.load(Ordering::SeqCst)
}

fn counts(looks: &SecondLooks) -> Vec<(&'static str, u64)> {
    let mut all = Vec::new();
    looks.counts(|result, count| all.push((result, count)));
    all
}

async fn state(looks: &SecondLooks, name: &[u8]) -> Result<State, NotRead> {
    looks.look(HERE, name).await.unwrap().map(|standing| standing.state)
}

#[tokio::test]
async fn sign_ins_of_one_account_at_once_cost_one_search_and_so_do_those_soon_after() {
    let (looks, script, _tasks) = directory(true).await;
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let looks = Arc::clone(&looks);
        asking.spawn(async move { state(&looks, NAME).await });
    }
    for found in asking.join_all().await {
        assert_eq!(found, Ok(State::Expired));
    }
    // In another spelling as well.
    assert_eq!(state(&looks, b"UID=alice, DC=example,DC=org").await, Ok(State::Expired));
    assert_eq!(searches(&script), 1);
    assert_eq!(counts(&looks), [("found", 1), ("shared", 20), ("failed", 0)]);
    assert_eq!(state(&looks, b"uid=bob,dc=example,dc=org").await, Ok(State::Expired));
    assert_eq!(searches(&script), 2);
}

#[tokio::test]
async fn whoever_is_given_up_while_asking_leaves_it_to_the_next() {
    let (looks, script, _tasks) = directory(true).await;
    let all = u32::try_from(script.may_answer.available_permits()).unwrap();
    let held = script.may_answer.acquire_many(all).await.unwrap();
    let first = tokio::spawn({
        let looks = Arc::clone(&looks);
        async move { state(&looks, NAME).await }
    });
    while searches(&script) == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(held);
    assert_eq!(state(&looks, NAME).await, Ok(State::Expired));
    assert_eq!(searches(&script), 2);
}

#[tokio::test]
async fn after_a_failed_sign_in_and_during_a_write_nothing_old_is_told() {
    let (looks, script, _tasks) = directory(true).await;
    looks.forget(NAME);
    looks.about_to_be_written(NAME);
    assert!(looks.known().accounts.is_empty(), "there was nothing to forget");
    state(&looks, NAME).await.unwrap();
    looks.forget(b"uid=bob,dc=example,dc=org");
    state(&looks, NAME).await.unwrap();
    assert_eq!(searches(&script), 1);
    looks.forget(b"uid=Alice,dc=example,dc=org");
    state(&looks, NAME).await.unwrap();
    assert_eq!(searches(&script), 2);
    looks.about_to_be_written(NAME);
    for more in 1..=3 {
        state(&looks, NAME).await.unwrap();
        assert_eq!(searches(&script), 2 + more, "each looks for itself");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_alone_for_a_while_and_stops_nobody() {
    let (looks, script, _tasks) = directory(true).await;
    script.hangs_up.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(state(&looks, NAME).await, Err(NotRead));
    }
    assert_eq!(searches(&script), 1);
    assert_eq!(counts(&looks), [("found", 0), ("shared", 0), ("failed", 5)]);
    assert!(looks.known().accounts.is_empty(), "the next look may fare better");
}

#[tokio::test]
async fn nobody_looks_without_a_service_account_or_for_what_is_no_name_of_an_entry() {
    let (looks, script, _tasks) = directory(false).await;
    assert_eq!(looks.look(HERE, NAME).await, None);
    let (looks, other, _tasks) = directory(true).await;
    for name in [&b"alice@example.org"[..], b"EXAMPLE\\alice", b"", &[0xff]] {
        assert_eq!(looks.look(HERE, name).await, Some(Err(NotRead)));
    }
    assert_eq!((searches(&script), searches(&other)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_look_serves_for_five_seconds_on_its_own_server() {
    let (looks, _script, _tasks) = directory(true).await;
    let look = |server| looks.look_to_share(ServerIndex(server), "uid=alice".into()).unwrap();
    let first = look(0);
    tokio::time::advance(SERVES.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert!(Arc::ptr_eq(&first, &look(0)));
    assert!(!Arc::ptr_eq(&first, &look(1)));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(!Arc::ptr_eq(&first, &look(0)));
}

#[tokio::test(start_paused = true)]
async fn however_many_sign_in_only_so_many_are_remembered() {
    let (looks, _script, _tasks) = directory(true).await;
    let look = |number: usize| drop(looks.look_to_share(HERE, format!("uid={number}").into()));
    (0..MOST).for_each(look);
    assert_eq!(looks.known().accounts.len(), MOST);
    look(MOST);
    assert_eq!(looks.known().accounts.len(), 1, "all at once: all are forgotten");
    (0..MOST - 1).for_each(look);
    tokio::time::advance(SERVES).await;
    look(MOST + 1);
    assert_eq!(looks.known().accounts.len(), 1, "those that are over make room");
}
