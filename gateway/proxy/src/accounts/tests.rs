use super::*;
use postern_directory::names::{Finding, NameSearch};
use postern_directory::{NameForm, ServerUrl, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Timestamp};
use postern_ldap::ber::Writer;
use postern_ldap::{MessageId, answer, filter};

fn accounts() -> Accounts {
    let url = ServerUrl::parse("ldap://127.0.0.1:1").unwrap_or_else(|_| unreachable!());
    let settings = Settings::new(DirectoryName("d".into()), vec![url]);
    let upstream = Upstream::new(settings, Arc::new(FixedClock(Timestamp::UNIX_EPOCH))).unwrap();
    let rules = NameRules {
        accept: vec![NameForm::Dn, NameForm::Uid],
        domains: Vec::new(),
        upn_suffixes: Vec::new(),
        finding: Finding::Search(NameSearch {
            filter: Some(filter::equality(b"employeeType", b"staff")),
            ..NameSearch::default()
        }),
    };
    let changes = NameChanges::new(&upstream, [&rules].into_iter());
    Accounts::new(rules, upstream, Arc::new(changes))
}

fn named(dn: &str) -> Arc<Named> {
    Arc::new(Named {
        dn: dn.into(),
        key: None,
        form: NameForm::Uid,
    })
}

/// The DN that is remembered. What is not would have to be asked, and nobody is there to ask.
async fn remembered(accounts: &Accounts, name: &[u8]) -> Option<String> {
    match accounts.meaning(name).await {
        Ok(Meaning::Account { named, remembered, .. }) => {
            assert!(remembered);
            Some(named.dn.to_string())
        }
        Ok(other) => panic!("{other:?}"),
        Err(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_remembered_for_a_minute_and_not_longer_for_being_used() {
    let accounts = accounts();
    accounts.remember(b"alice", &named("cn=a"), 0);
    for _ in 0..3 {
        assert_eq!(remembered(&accounts, b"alice").await.as_deref(), Some("cn=a"));
        tokio::time::advance(Duration::from_secs(19)).await;
    }
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(remembered(&accounts, b"alice").await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_before_a_change_is_not_remembered_after_it() {
    let accounts = accounts();
    accounts.remember(b"alice", &named("cn=a"), 0);
    accounts.changes.count();
    assert_eq!(remembered(&accounts, b"alice").await, None);
    // Asked before, signed in after.
    accounts.remember(b"alice", &named("cn=a"), 0);
    assert_eq!(remembered(&accounts, b"alice").await, None);
    accounts.remember(b"alice", &named("cn=b"), 1);
    assert_eq!(remembered(&accounts, b"alice").await.as_deref(), Some("cn=b"));
    accounts.forget(b"alice");
    assert_eq!(remembered(&accounts, b"alice").await, None);
}

#[tokio::test(start_paused = true)]
async fn names_are_remembered_up_to_a_bound_the_latest_first() {
    let accounts = accounts();
    for number in 0..3 * MOST {
        accounts.remember(number.to_string().as_bytes(), &named("cn=a"), 0);
        let memory = accounts.memory();
        assert!(memory.young.len() + memory.old.len() <= MOST);
    }
    let last = (3 * MOST - 1).to_string();
    assert!(remembered(&accounts, last.as_bytes()).await.is_some());
    assert!(remembered(&accounts, b"0").await.is_none());
}

#[tokio::test]
async fn a_dn_is_never_looked_for() {
    let meaning = accounts().meaning(b"uid=alice,dc=example").await;
    assert!(matches!(meaning, Ok(Meaning::AsSent)));
}

#[test]
fn what_names_go_by_changes_names_and_nothing_else_does() {
    let accounts = accounts();
    let modify = |attribute: &str| {
        let mut body = Writer::new();
        body.octets(b"cn=a").nested(tag::SEQUENCE, |list| {
            list.nested(tag::SEQUENCE, |change| {
                change.enumerated(2).nested(tag::SEQUENCE, |partial| {
                    partial.octets(attribute.as_bytes()).element(tag::SET, &[]);
                });
            });
        });
        answer::message(MessageId(1), tag::MODIFY_REQUEST, &body.finish(), &[])
    };
    let changes = |octets: &[u8]| accounts.changes.may_come_of(&Message::parse(octets).unwrap());
    for attribute in [
        "uid",
        "UID;lang-de",
        "0.9.2342.19200300.100.1.1",
        "mail",
        "employeetype",
    ] {
        assert!(changes(&modify(attribute)), "{attribute}");
    }
    for attribute in ["userPassword", "description"] {
        assert!(!changes(&modify(attribute)), "{attribute}");
    }
    for operation in [
        tag::ADD_REQUEST,
        tag::DELETE_REQUEST,
        tag::MODIFY_DN_REQUEST,
        tag::MODIFY_REQUEST,
    ] {
        assert!(changes(&answer::message(MessageId(1), operation, b"?", &[])));
    }
    assert!(!changes(&answer::message(MessageId(1), tag::SEARCH_REQUEST, b"?", &[])));
}
