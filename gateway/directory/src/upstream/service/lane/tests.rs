//! A lane against servers that answer as they should not.

use super::*;
use postern_identity::Secret;
use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const PATIENCE: Duration = Duration::from_secs(5);

fn lane() -> (Lane, DuplexStream) {
    let (ours, theirs) = duplex(4 * 1024 * 1024);
    let connection = Connection {
        transport: Transport::InProcess(Box::new(ours)),
        server: ServerIndex(0),
    };
    (Lane::anonymous(connection), theirs)
}

fn entry(id: u32, octets: usize) -> Vec<u8> {
    let mut content = Writer::new();
    content
        .octets(b"uid=a,dc=example,dc=org")
        .nested(tag::SEQUENCE, |list| {
            list.nested(tag::SEQUENCE, |attribute| {
                attribute.octets(b"entryUUID").nested(tag::SET, |values| {
                    values.octets(&vec![b'a'; octets]);
                });
            });
        });
    answer::message(MessageId(id), tag::SEARCH_ENTRY, &content.finish(), &[])
}

fn done(id: u32, code: ResultCode) -> Vec<u8> {
    answer::result(MessageId(id), tag::SEARCH_DONE, code, "", &[])
}

async fn searched(answers: &[Vec<u8>]) -> Result<(usize, ResultCode), ConnectError> {
    let (mut lane, mut server) = lane();
    server.write_all(&answers.concat()).await.unwrap();
    let search = Search {
        base: "dc=example,dc=org",
        scope: Scope::Subtree,
        filter: Filter::Any,
        attributes: &["entryUUID"],
        size_limit: 2,
        time_limit: 5,
    };
    let found = lane.search(&search, PATIENCE).await?;
    Ok((found.entries.len(), found.code))
}

#[tokio::test]
async fn entries_are_taken_and_references_left_out() {
    let reference = answer::message(MessageId(1), tag::SEARCH_REFERENCE, b"\x04\x07ldap://", &[]);
    let answers = [entry(1, 8), reference, entry(1, 8), done(1, ResultCode::SUCCESS)];
    assert_eq!(searched(&answers).await, Ok((2, ResultCode::SUCCESS)));
    assert_eq!(searched(&[done(1, ResultCode::BUSY)]).await, Ok((0, ResultCode::BUSY)));
}

#[tokio::test]
async fn of_more_entries_than_were_asked_for_the_first_are_taken_and_the_limit_is_what_they_are_told_by() {
    let more = [entry(1, 8), entry(1, 8), entry(1, 8), done(1, ResultCode::SUCCESS)];
    assert_eq!(searched(&more).await, Ok((2, ResultCode::SIZE_LIMIT_EXCEEDED)));
}

#[tokio::test]
async fn a_server_that_sends_more_than_anybody_needs_is_not_listened_to() {
    let more_octets = [entry(1, 700_000), entry(1, 700_000)];
    assert_eq!(searched(&more_octets).await, Err(ConnectError::Protocol));
    assert_eq!(searched(&[entry(1, 1_100_000)]).await, Err(ConnectError::Protocol));
}

#[tokio::test]
async fn answers_to_nobody_end_the_lane() {
    assert_eq!(
        searched(&[done(2, ResultCode::SUCCESS)]).await,
        Err(ConnectError::Protocol)
    );
    let notice = answer::notice_of_disconnection(ResultCode::UNAVAILABLE, "");
    assert_eq!(searched(&[notice]).await, Err(ConnectError::HungUp));
    let bind = answer::result(MessageId(1), tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
    assert_eq!(searched(&[bind]).await, Err(ConnectError::Protocol));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_runs_out_of_time() {
    assert_eq!(searched(&[entry(1, 8)]).await, Err(ConnectError::TimedOut));
}

#[tokio::test]
async fn a_service_account_without_a_name_or_password_is_never_sent() {
    for (dn, password) in [("", "secret"), ("cn=service", "")] {
        let (mut lane, mut server) = lane();
        let account = ServiceAccount {
            dn: dn.to_owned(),
            password: Secret::new(password),
        };
        let fault = lane.bind(&account, false, PATIENCE).await;
        assert_eq!(
            fault,
            Err(ConnectError::ServiceAccountRefused(ResultCode::UNWILLING_TO_PERFORM))
        );
        drop(lane);
        let mut sent = Vec::new();
        server.read_to_end(&mut sent).await.unwrap();
        assert!(sent.is_empty());
    }
}

#[tokio::test]
async fn a_bind_that_was_not_answered_with_success_is_no_bind() {
    let account = || ServiceAccount {
        dn: "cn=service".to_owned(),
        password: Secret::new("secret"),
    };
    for (answered, expected) in [
        (
            answer::result(
                MessageId(1),
                tag::BIND_RESPONSE,
                ResultCode::INVALID_CREDENTIALS,
                "",
                &[],
            ),
            Err(ConnectError::ServiceAccountRefused(ResultCode::INVALID_CREDENTIALS)),
        ),
        (done(1, ResultCode::SUCCESS), Err(ConnectError::Protocol)),
        (
            answer::result(MessageId(1), tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]),
            Ok(()),
        ),
    ] {
        let (mut lane, mut server) = lane();
        server.write_all(&answered).await.unwrap();
        assert_eq!(lane.bind(&account(), false, PATIENCE).await, expected);
    }
}

#[tokio::test]
async fn a_kept_lane_that_ended_or_spoke_is_not_used_again() {
    let (mut quiet, _server) = lane();
    assert!(quiet.is_usable().await);
    let (mut ended, server) = lane();
    drop(server);
    assert!(!ended.is_usable().await);
    let (mut spoke, mut server) = lane();
    server.write_all(b"0").await.unwrap();
    assert!(!spoke.is_usable().await);
}
