//! Many writes at once.

use super::{ADD, House, add, group, person};
use crate::local::session::{Actor, Session};
use std::sync::Arc;
use tokio::task::JoinSet;

const AT_ONCE: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_changes_of_one_group_at_once_lose_nothing() {
    let house = Arc::new(House::new().await);
    let boss = person("boss");
    house
        .load(
            &group("all"),
            &[("objectClass", &["groupOfNames"]), ("member", &[&boss])],
        )
        .await;
    let mut writes = JoinSet::new();
    for number in 0..AT_ONCE {
        let house = Arc::clone(&house);
        writes.spawn(async move {
            let session = Session::new(Actor::Service);
            let member = person(&format!("p{number}"));
            house
                .modify(&session, &group("all"), &[(ADD, "member", &[&member])])
                .await
        });
    }
    let codes = writes.join_all().await;
    assert!(codes.iter().all(|code| *code == 0), "{codes:?}");
    let members = house.all_of(&group("all"), "member").await;
    assert_eq!(members.len(), AT_ONCE + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_name_or_one_value_one_gets_it() {
    let house = Arc::new(House::new().await);
    let mut writes = JoinSet::new();
    for number in 0..AT_ONCE {
        let house = Arc::clone(&house);
        writes.spawn(async move {
            let session = Session::new(Actor::Service);
            let given: &[super::Given<'_>] = &[
                ("objectClass", &["inetOrgPerson"]),
                ("sn", &["x"]),
                ("cn", &["x"]),
                ("uid", &["one"]),
            ];
            let dn = if number % 2 == 0 {
                person("one")
            } else {
                group(&format!("g{number}"))
            };
            house.ask(&session, &add(&dn, given, &[])).await.code
        });
    }
    let mut codes = writes.join_all().await;
    codes.sort_unstable();
    assert_eq!(codes[0], 0);
    assert!(codes[1..].iter().all(|code| [19, 68].contains(code)), "{codes:?}");
}

#[tokio::test]
async fn who_was_slower_to_make_an_entry_is_told_that_its_name_is_taken_and_not_its_value() {
    let house = House::new().await;
    let session = Session::new(Actor::Service);
    let given: &[super::Given<'_>] = &[
        ("objectClass", &["inetOrgPerson"]),
        ("sn", &["x"]),
        ("cn", &["x"]),
        ("uid", &["one"]),
    ];
    // It is seen that there is none, and then nothing for a while.
    let gate = Arc::new(tokio::sync::Semaphore::new(1));
    house.entries.wait_for(Some(gate.clone()));
    let request = add(&person("one"), given, &[]);
    let slower = house.ask(&session, &request);
    let faster = async {
        while gate.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        house.entries.wait_for(None);
        house.person("one").await;
        gate.add_permits(100);
    };
    let (told, ()) = tokio::join!(slower, faster);
    assert_eq!(told.code, 68, "{}", told.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_are_renamed_while_others_come_are_all_there() {
    let house = Arc::new(House::new().await);
    for number in 0..20 {
        house.person(&format!("p{number}")).await;
    }
    let members: Vec<String> = (0..20).map(|number| person(&format!("p{number}"))).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    house
        .load(
            &group("all"),
            &[("objectClass", &["groupOfNames"]), ("member", &members)],
        )
        .await;
    let mut writes = JoinSet::new();
    for number in 0..20 {
        let house = Arc::clone(&house);
        writes.spawn(async move {
            let session = Session::new(Actor::Service);
            house
                .rename(
                    &session,
                    &person(&format!("p{number}")),
                    &format!("uid=q{number}"),
                    None,
                )
                .await
        });
    }
    let codes = writes.join_all().await;
    assert!(codes.iter().all(|code| *code == 0), "{codes:?}");
    let members = house.all_of(&group("all"), "member").await;
    assert_eq!(members, (0..20).map(|number| person(&format!("q{number}"))).collect());
}
