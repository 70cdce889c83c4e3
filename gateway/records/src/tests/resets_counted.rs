//! What is counted about resets, who is onboarded, and what is over, on both engines.

use super::on_both;
use super::resets::{at, hash, job, row};
use crate::Store;
use postern_identity::records::resets::LARGEST_BODY;
use postern_identity::records::{
    Allowance, ContextRow, KeptAnswer, NewJob, Onboarded, RecordsError, ResetChange, ResetRecords, Spent,
};
use std::sync::Arc;
use std::time::Duration;

on_both! {
    an_allowance_is_used_up_and_comes_back_one_by_one,
    of_several_allowances_all_are_taken_or_none,
    groups_are_taken_in_turn_until_one_is_used_up,
    what_is_restored_is_whole,
    a_unit_restores_or_does_nothing,
    who_is_onboarded_is_counted_against_the_cap,
    what_is_over_is_swept_in_portions,
    what_is_too_large_is_not_kept,
}

fn allowance(number: u8, burst: u32, seconds: u64) -> Allowance {
    Allowance {
        key: hash(number),
        burst,
        every: Duration::from_secs(seconds),
    }
}

async fn an_allowance_is_used_up_and_comes_back_one_by_one(store: &Store) {
    let three = [allowance(1, 3, 60)];
    for left in [2, 1, 0] {
        assert_eq!(store.spend(&three, at(0)).await, Ok(Spent::Taken { left }));
    }
    let used_up = Spent::UsedUp {
        which: 0,
        until: at(60),
    };
    for seconds in [0, 30, 59] {
        assert_eq!(
            store.spend(&three, at(seconds)).await,
            Ok(used_up),
            "asking costs nothing"
        );
    }
    assert_eq!(store.spend(&three, at(60)).await, Ok(Spent::Taken { left: 0 }));
    assert_eq!(
        store.spend(&three, at(600)).await,
        Ok(Spent::Taken { left: 2 }),
        "never more than all"
    );
    assert_eq!(store.spend(&[], at(0)).await, Ok(Spent::Taken { left: u32::MAX }));
}

async fn of_several_allowances_all_are_taken_or_none(store: &Store) {
    let (name, network) = (allowance(1, 3, 3_600), allowance(2, 2, 60));
    assert_eq!(store.spend(&[name, network], at(0)).await, Ok(Spent::Taken { left: 1 }));
    assert_eq!(store.spend(&[network, name], at(0)).await, Ok(Spent::Taken { left: 0 }));
    let used_up = Spent::UsedUp {
        which: 1,
        until: at(60),
    };
    assert_eq!(store.spend(&[name, network], at(0)).await, Ok(used_up));
    assert_eq!(
        store.spend(&[name], at(0)).await,
        Ok(Spent::Taken { left: 0 }),
        "it was not taken"
    );
    let twice = [allowance(3, 3, 60), allowance(3, 3, 60)];
    assert_eq!(store.spend(&twice, at(0)).await, Ok(Spent::Taken { left: 1 }));
    assert_eq!(
        store.spend(&twice, at(0)).await,
        Ok(Spent::UsedUp {
            which: 1,
            until: at(60)
        })
    );
}

async fn what_is_restored_is_whole(store: &Store) {
    let (one, other) = (allowance(1, 2, 60), allowance(2, 2, 60));
    for _ in 0..2 {
        store.spend(&[one, other], at(0)).await.unwrap();
    }
    store.restore(&[one.key, one.key]).await.unwrap();
    assert_eq!(store.spend(&[one], at(0)).await, Ok(Spent::Taken { left: 1 }));
    assert!(matches!(store.spend(&[other], at(0)).await, Ok(Spent::UsedUp { .. })));
    assert_eq!(store.restore(&[hash(9)]).await, Ok(()));
}

async fn groups_are_taken_in_turn_until_one_is_used_up(store: &Store) {
    let (often, once, name) = (allowance(1, 9, 60), allowance(2, 1, 60), allowance(3, 9, 60));
    let groups: [&[Allowance]; 3] = [&[often], &[often, once], &[name]];
    let taken = |left| Spent::Taken { left };
    assert_eq!(
        store.spend_in_turn(&groups, at(0)).await,
        Ok(vec![taken(8), taken(0), taken(8)]),
        "what the first group took is gone for the second"
    );
    let used_up = Spent::UsedUp {
        which: 1,
        until: at(60),
    };
    assert_eq!(
        store.spend_in_turn(&groups, at(0)).await,
        Ok(vec![taken(6), used_up]),
        "after it nothing more is asked"
    );
    let first: [&[Allowance]; 2] = [&[once], &[often]];
    assert!(matches!(
        *store.spend_in_turn(&first, at(0)).await.unwrap(),
        [Spent::UsedUp { .. }]
    ));
    assert_eq!(
        store.spend(&[often], at(0)).await,
        Ok(taken(5)),
        "of a used-up group nothing is taken"
    );
    assert_eq!(store.spend(&[name], at(0)).await, Ok(taken(7)), "nor of those after it");
    assert_eq!(store.spend_in_turn(&[], at(0)).await, Ok(Vec::new()));
}

async fn a_unit_restores_or_does_nothing(store: &Store) {
    let (one, other) = (allowance(1, 1, 60), allowance(2, 1, 60));
    store.spend(&[one, other], at(0)).await.unwrap();
    let restore = || ResetChange::Restore {
        keys: vec![one.key, hash(9), one.key],
    };
    store.commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    let lost = ContextRow { version: 7, ..row(1) };
    assert_eq!(
        store.commit_reset(vec![restore(), ResetChange::Replace(lost)]).await,
        Err(RecordsError::Changed)
    );
    assert!(matches!(store.spend(&[one], at(0)).await, Ok(Spent::UsedUp { .. })));
    let unit = vec![ResetChange::Replace(row(1)), restore()];
    assert_eq!(store.commit_reset(unit).await, Ok(()));
    assert_eq!(store.spend(&[one], at(0)).await, Ok(Spent::Taken { left: 0 }));
    assert!(matches!(store.spend(&[other], at(0)).await, Ok(Spent::UsedUp { .. })));
}

async fn who_is_onboarded_is_counted_against_the_cap(store: &Store) {
    let who = |directory: &str, key: &str, name: &str| Onboarded {
        directory: directory.into(),
        key: key.into(),
        group: key.contains('='),
        name: name.into(),
        at: at(0),
    };
    let onboard =
        async |who: Onboarded, most: Option<u64>| store.commit_reset(vec![ResetChange::Onboard { who, most }]).await;
    assert_eq!(onboard(who("main", "2", "ann"), Some(2)).await, Ok(()));
    assert_eq!(onboard(who("main", "cn=g", "Group\0"), Some(2)).await, Ok(()));
    assert_eq!(
        onboard(who("main", "2", "other"), Some(2)).await,
        Ok(()),
        "she is already"
    );
    assert_eq!(
        onboard(who("main", "3", "bob"), Some(2)).await,
        Err(RecordsError::TooLarge)
    );
    assert_eq!(
        onboard(who("other", "3", "bob"), Some(2)).await,
        Ok(()),
        "each directory for itself"
    );
    assert_eq!(onboard(who("main", "1", "zoe"), None).await, Ok(()));
    assert_eq!(
        store.onboarded("main").await,
        Ok(vec![
            who("main", "cn=g", "Group\0"),
            who("main", "2", "ann"),
            who("main", "1", "zoe")
        ])
    );
    assert_eq!(store.is_onboarded("main", &["9", "cn=g"]).await, Ok(true));
    assert_eq!(store.is_onboarded("main", &["3"]).await, Ok(false));
    assert_eq!(store.is_onboarded("main", &[]).await, Ok(false));
    for _ in 0..2 {
        let (directory, key) = (Arc::from("main"), Arc::from("2"));
        store
            .commit_reset(vec![ResetChange::Offboard { directory, key }])
            .await
            .unwrap();
    }
    assert_eq!(store.onboarded("main").await.unwrap().len(), 2);
}

async fn what_is_over_is_swept_in_portions(store: &Store) {
    for number in 0..5 {
        let seconds = i64::from(number);
        let unit = vec![
            ResetChange::Open(ContextRow {
                purge_at: at(seconds),
                ..row(number)
            }),
            ResetChange::Handle {
                handle: hash(number),
                context: row(9).id,
                purge_at: at(seconds),
            },
            ResetChange::Enqueue(NewJob {
                purge_at: at(seconds),
                ..job(number, 0)
            }),
            ResetChange::Keep(KeptAnswer {
                key: hash(number),
                request: hash(0),
                answer: Arc::from([].as_slice()),
                purge_at: at(seconds),
            }),
            ResetChange::Hold {
                key: hash(number),
                until: at(seconds),
            },
        ];
        store.commit_reset(unit).await.unwrap();
        store.spend(&[allowance(number, 1, 2)], at(seconds - 2)).await.unwrap();
    }
    assert_eq!(store.sweep(at(-1), 100).await, Ok(0));
    assert_eq!(store.sweep(at(3), 3).await, Ok(6 * 3));
    assert_eq!(store.sweep(at(3), 3).await, Ok(6));
    assert_eq!(store.sweep(at(3), 3).await, Ok(0));
    assert!(store.context(&row(4).id).await.unwrap().is_some());
    assert!(store.kept_answer(&hash(4)).await.unwrap().is_some());
    assert_eq!(store.waiting().await.unwrap().jobs, 1);
    assert!(matches!(
        store.spend(&[allowance(4, 1, 2)], at(3)).await,
        Ok(Spent::UsedUp { .. })
    ));
}

async fn what_is_too_large_is_not_kept(store: &Store) {
    let large: Arc<[u8]> = vec![0; LARGEST_BODY + 1].into();
    let changes = [
        ResetChange::Open(ContextRow {
            body: large.clone(),
            ..row(1)
        }),
        ResetChange::Enqueue(NewJob {
            payload: large.clone(),
            ..job(1, 0)
        }),
        ResetChange::Progress {
            subject: hash(1),
            body: large,
        },
        ResetChange::Onboard {
            who: Onboarded {
                directory: "main".into(),
                key: "k".repeat(2_001).into(),
                group: false,
                name: "".into(),
                at: at(0),
            },
            most: None,
        },
    ];
    for change in changes {
        let unit = vec![ResetChange::Open(row(9)), change];
        assert_eq!(store.commit_reset(unit).await, Err(RecordsError::TooLarge));
    }
    let many = (0..1_001).map(|_| ResetChange::Release { key: hash(1) });
    assert_eq!(store.commit_reset(many.collect()).await, Err(RecordsError::TooLarge));
    let largest = Onboarded {
        directory: "d".repeat(256).into(),
        key: "ke".repeat(1_000).into(),
        group: false,
        name: "n".repeat(9_000).into(),
        at: at(0),
    };
    store
        .commit_reset(vec![ResetChange::Onboard {
            who: largest,
            most: None,
        }])
        .await
        .unwrap();
}
