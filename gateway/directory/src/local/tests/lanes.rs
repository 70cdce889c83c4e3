//! The stream itself: order, wakers, limits, ends.

use super::stage::{ADA, Asked, BASE, PASSWORD, Stage};
use crate::local::stream::{LARGEST_REQUEST, MOST_RUNNING, OUTBOUND};
use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, ResultCode, answer, bind, extended, oid, tag};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Semaphore;

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn cancel(id: u32, cancelled: u32) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |inside| {
        inside.integer(cancelled);
    });
    extended::request(MessageId(id), oid::CANCEL, Some(&value.finish()), &[])
}

fn who_am_i(id: u32) -> Vec<u8> {
    extended::request(MessageId(id), oid::WHO_AM_I, None, &[])
}

/// Reads what is there at once; `None`: nothing yet.
fn read_now(stream: &mut (impl AsyncRead + Unpin), context: &mut Context<'_>) -> Option<usize> {
    let mut octets = [0; 512];
    let mut buffer = ReadBuf::new(&mut octets);
    match Pin::new(stream).poll_read(context, &mut buffer) {
        Poll::Ready(Ok(())) => Some(buffer.filled().len()),
        Poll::Ready(Err(error)) => panic!("{error}"),
        Poll::Pending => None,
    }
}

fn write_now(stream: &mut (impl AsyncWrite + Unpin), context: &mut Context<'_>, octets: &[u8]) -> Option<usize> {
    match Pin::new(stream).poll_write(context, octets) {
        Poll::Ready(written) => Some(written.unwrap()),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_reader_that_waits_is_woken_by_a_write_and_by_the_store() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    let (reader, writer) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
    let (read_waker, write_waker) = (Waker::from(reader.clone()), Waker::from(writer.clone()));
    let (mut reading, mut writing) = (Context::from_waker(&read_waker), Context::from_waker(&write_waker));
    assert_eq!(read_now(&mut client.transport, &mut reading), None);
    let request = Asked::all("(uid=ada)").message(1);
    let (first, rest) = request.split_at(10);
    assert_eq!(write_now(&mut client.transport, &mut writing, first), Some(10));
    assert_eq!(reader.0.load(Ordering::SeqCst), 1);
    assert_eq!(read_now(&mut client.transport, &mut reading), None);
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    write_now(&mut client.transport, &mut writing, rest);
    assert_eq!(reader.0.load(Ordering::SeqCst), 2);
    assert_eq!(
        read_now(&mut client.transport, &mut reading),
        None,
        "the store has not answered"
    );
    gate.add_permits(1);
    assert_eq!(reader.0.load(Ordering::SeqCst), 3);
    assert!(read_now(&mut client.transport, &mut reading).is_some_and(|count| count > 0));
    assert_eq!(writer.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_writer_that_waits_for_room_is_woken_when_there_is() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    let writer = Arc::new(Counter::default());
    let waker = Waker::from(writer.clone());
    let (mut reading, mut writing) = (Context::from_waker(Waker::noop()), Context::from_waker(&waker));
    let mut written = 0;
    let mut id = 0;
    loop {
        id += 1;
        let request = Asked::all("(uid=ada)").message(id);
        match write_now(&mut client.transport, &mut writing, &request) {
            Some(count) => written += count,
            None => break,
        }
        assert_eq!(read_now(&mut client.transport, &mut reading), None);
        assert!(written < 1024 * 1024, "what is taken in is bounded");
    }
    assert_eq!(writer.0.load(Ordering::SeqCst), 0);
    gate.add_permits(Semaphore::MAX_PERMITS);
    while read_now(&mut client.transport, &mut reading).is_some_and(|count| count > 0) {}
    assert!(writer.0.load(Ordering::SeqCst) > 0);
    assert!(write_now(&mut client.transport, &mut writing, b"0").is_some());
}

#[tokio::test]
async fn both_halves_move_in_tasks_of_their_own() {
    let stage = Stage::new().await;
    let client = stage.root();
    let (mut reader, mut writer) = tokio::io::split(client.transport);
    let requests: Vec<u8> = (1..=2000)
        .flat_map(|id| Asked::all("(objectClass=*)").message(id))
        .collect();
    let sent = tokio::spawn(async move {
        writer.write_all(&requests).await.unwrap();
        writer.write_all(&answer::unbind(MessageId(5000))).await.unwrap();
        writer
    });
    let mut got = Vec::new();
    reader.read_to_end(&mut got).await.unwrap();
    sent.await.unwrap();
    let (mut entries, mut ends, mut rest) = (0, 0, got.as_slice());
    while let Ok(Some(header)) = postern_ldap::frame::walk(rest, usize::MAX) {
        match header.operation {
            tag::SEARCH_ENTRY => entries += 1,
            tag::SEARCH_DONE => ends += 1,
            other => panic!("{other}"),
        }
        rest = &rest[header.length..];
    }
    // What was under way when the unbind came is dropped.
    assert!(ends > 2000 - MOST_RUNNING && entries >= 9 * ends, "{ends} {entries}");
}

#[tokio::test]
async fn searches_run_together_and_a_bind_waits_for_them_and_holds_what_follows() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    // So that what it may read need not be found out again.
    client.found("(uid=ada)").await;
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    let asked = Asked::all("(uid=ada)");
    let mut requests = [asked.message(1), asked.message(2), who_am_i(3)].concat();
    requests.extend(bind::simple(MessageId(4), b"", b"", &[]));
    requests.extend(who_am_i(5));
    client.transport.write_all(&requests).await.unwrap();
    // The one that needs no store is answered first.
    let first = client.answer().await;
    assert!(first.last.ends_with(format!("dn:{ADA}").as_bytes()));
    gate.add_permits(Semaphore::MAX_PERMITS);
    let mut ids = Vec::new();
    for _ in 0..4 {
        let told = client.answer().await;
        ids.push(postern_ldap::Message::parse(&told.last).unwrap().id.0);
    }
    ids[..2].sort_unstable();
    assert_eq!(ids, [1, 2, 4, 5]);
}

#[tokio::test]
async fn the_session_is_nobodys_from_the_moment_a_bind_begins() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let requests = [bind::simple(MessageId(1), ADA.as_bytes(), b"wrong", &[]), who_am_i(2)].concat();
    client.transport.write_all(&requests).await.unwrap();
    assert_eq!(client.answer().await.code, ResultCode::INVALID_CREDENTIALS);
    let who = client.answer().await;
    assert!(!who.last.ends_with(ADA.as_bytes()));
}

#[tokio::test]
async fn abandoned_searches_are_not_answered_and_cancelled_ones_twice() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    let asked = Asked::all("(uid=ada)");
    let requests = [
        asked.message(1),
        asked.message(2),
        answer::abandon(MessageId(3), MessageId(1)),
        cancel(4, 2),
        cancel(5, 1),
        cancel(6, 77),
    ];
    client.transport.write_all(&requests.concat()).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..4 {
        let answer = client.answer().await;
        told.push((postern_ldap::Message::parse(&answer.last).unwrap().id.0, answer.code.0));
    }
    assert_eq!(told, [(2, 118), (4, 0), (5, 119), (6, 119)]);
    gate.add_permits(Semaphore::MAX_PERMITS);
    assert_eq!(client.ask(&who_am_i(7)).await.code, ResultCode::SUCCESS);
}

#[tokio::test]
async fn a_bind_is_neither_abandoned_nor_cancelled() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    let requests = [
        bind::simple(MessageId(1), ADA.as_bytes(), PASSWORD.as_bytes(), &[]),
        answer::abandon(MessageId(2), MessageId(1)),
        cancel(3, 1),
    ];
    client.transport.write_all(&requests.concat()).await.unwrap();
    assert_eq!(client.answer().await.code, ResultCode::CANNOT_CANCEL);
    gate.add_permits(Semaphore::MAX_PERMITS);
    assert_eq!(client.answer().await.code, ResultCode::SUCCESS);
}

#[tokio::test]
async fn what_is_no_ldap_gets_a_notice_and_the_end() {
    let stage = Stage::new().await;
    let huge = [
        &[0x30, 0x84][..],
        &u32::try_from(LARGEST_REQUEST).unwrap().to_be_bytes(),
        &[2, 1, 1, 0x63],
    ]
    .concat();
    let twice = [Asked::all("(uid=ada)").message(1), Asked::all("(uid=ada)").message(1)].concat();
    for octets in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\x30\x05\x02\x01\x01\x61\x00",
        b"\x30\x05\x02\x01\x01\x55\x00",
        b"\x30\x05\x02\x01\x00\x63\x00",
        b"\x30\x80\x02\x01\x01\x63\x00",
        &huge,
        &twice,
    ] {
        let mut client = stage.root();
        let gate = Arc::new(Semaphore::new(0));
        stage.entries.wait_for(Some(gate));
        client.transport.write_all(octets).await.unwrap();
        let notice = client.answer().await;
        assert_eq!(notice.code, ResultCode::PROTOCOL_ERROR);
        assert_eq!(postern_ldap::Message::parse(&notice.last).unwrap().id, MessageId(0));
        assert_eq!(client.message().await, None);
        assert!(client.transport.write_all(b"0").await.is_err());
        stage.entries.wait_for(None);
    }
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_answered_where_they_can_be() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    for operation in [
        tag::SEARCH_REQUEST,
        tag::BIND_REQUEST,
        tag::COMPARE_REQUEST,
        tag::EXTENDED_REQUEST,
    ] {
        let request = answer::message(MessageId(9), operation, b"\x04\x00", &[]);
        let told = client.ask(&request).await;
        assert_eq!(told.code, ResultCode::PROTOCOL_ERROR, "{operation:#x}");
        let response = postern_ldap::Message::parse(&told.last).unwrap().operation.tag;
        assert_eq!(Some(response), tag::response_to(operation));
    }
}

#[tokio::test]
async fn an_unbind_or_a_shut_lane_ends_it_after_what_was_asked() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    client
        .transport
        .write_all(&[who_am_i(1), answer::unbind(MessageId(2))].concat())
        .await
        .unwrap();
    assert_eq!(client.message().await, None, "an unbind drops what is under way");
    let mut client = stage.root();
    client
        .transport
        .write_all(&[who_am_i(1), who_am_i(2)].concat())
        .await
        .unwrap();
    client.transport.shutdown().await.unwrap();
    assert!(client.message().await.is_some() && client.message().await.is_some());
    assert_eq!(client.message().await, None);
}

#[tokio::test]
async fn a_search_nobody_reads_waits() {
    let stage = Stage::new().await;
    for round in 0..20 {
        let text = "x".repeat(20_000);
        let names: Vec<String> = (0..20).map(|number| format!("ou={round}-{number},{BASE}")).collect();
        for name in &names {
            stage
                .add(
                    name,
                    &[
                        ("objectClass", "organizationalUnit"),
                        ("ou", &name[3..7]),
                        ("description", &text),
                    ],
                )
                .await;
        }
    }
    let mut client = stage.root();
    let before = stage.entries.rows.load(Ordering::Relaxed);
    client
        .transport
        .write_all(&Asked::all("(objectClass=*)").message(1))
        .await
        .unwrap();
    let mut octets = [0; 100];
    assert_eq!(client.transport.read(&mut octets).await.unwrap(), 100);
    let read = stage.entries.rows.load(Ordering::Relaxed) - before;
    assert!(read * 20_000 < 4 * OUTBOUND, "{read} entries were read for nobody");
    client.buffer.extend_from_slice(&octets);
    assert_eq!(client.answer().await.entries.len(), 409);
}

#[tokio::test]
async fn a_large_request_waits_for_those_before_it_and_writing_goes_on_without_a_reader() {
    let stage = Stage::new().await;
    let mut client = stage.root();
    let gate = Arc::new(Semaphore::new(0));
    stage.entries.wait_for(Some(gate.clone()));
    let long = format!("(description={})", "x".repeat(1_000_000));
    let mut requests = Asked::all("(uid=ada)").message(1);
    requests.extend(Asked::all(&long).message(2));
    requests.extend(who_am_i(3));
    let writing = async {
        client.transport.write_all(&requests).await.unwrap();
        client
    };
    let mut writing = Box::pin(writing);
    let waits = poll_fn(|context| Poll::Ready(writing.as_mut().poll(context).is_pending())).await;
    assert!(waits, "the large one waits for the first");
    gate.add_permits(Semaphore::MAX_PERMITS);
    // Without anybody reading.
    let mut client = writing.await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let told = client.answer().await;
        ids.push(postern_ldap::Message::parse(&told.last).unwrap().id.0);
    }
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3]);
}
