//! Many at once about resets. On PostgreSQL they are several stores over one database, as replicas are.

use super::contention::{one_file, replicas};
use super::resets::{at, hash, job, row};
use crate::Store;
use postern_identity::records::{Allowance, ContextRow, Onboarded, RecordsError, ResetChange, ResetRecords, Spent};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

macro_rules! on_both_together {
    ($($fact:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let (stores, _folder) = super::one_file().await;
                super::$fact(&stores).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                super::$fact(&super::replicas().await).await;
            })*
        }
    };
}

on_both_together! {
    two_hundred_at_once_spend_no_more_than_there_is,
    those_who_spend_the_same_in_another_order_do_not_hold_each_other_up,
    one_of_many_changes_a_context,
    each_job_is_taken_by_one,
    the_cap_holds_for_many_who_come_in_at_once,
    sweeping_takes_nothing_from_those_who_work,
}

async fn two_hundred_at_once_spend_no_more_than_there_is(stores: &[Arc<Store>]) {
    let mut tasks = JoinSet::new();
    for task in 0..200 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            // What is rare and what is not, as a request asks for both.
            let allowances = [(1, 1_000), (2, 5)].map(|(key, burst)| Allowance {
                key: hash(key),
                burst,
                every: Duration::from_hours(1),
            });
            store.spend(&allowances, at(0)).await.unwrap()
        });
    }
    let mut left = Vec::new();
    while let Some(spent) = tasks.join_next().await {
        match spent.unwrap() {
            Spent::Taken { left: some } => left.push(some),
            used_up @ Spent::UsedUp { .. } => assert_eq!(
                used_up,
                Spent::UsedUp {
                    which: 1,
                    until: at(3_600)
                }
            ),
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
    let plenty = Allowance {
        key: hash(1),
        burst: 1_000,
        every: Duration::from_hours(1),
    };
    assert_eq!(
        stores[0].spend(&[plenty], at(0)).await,
        Ok(Spent::Taken { left: 994 }),
        "who was refused took nothing"
    );
}

async fn those_who_spend_the_same_in_another_order_do_not_hold_each_other_up(stores: &[Arc<Store>]) {
    let mut tasks = JoinSet::new();
    for task in 0..60 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            let mut allowances: Vec<Allowance> = (0..5)
                .map(|key| Allowance {
                    key: hash(key),
                    burst: 100,
                    every: Duration::from_secs(1),
                })
                .collect();
            allowances.rotate_left(task % 5);
            if task % 2 == 0 {
                allowances.reverse();
            }
            let spent = store.spend(&allowances, at(0)).await;
            assert!(matches!(spent, Ok(Spent::Taken { .. })), "{spent:?}");
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

async fn one_of_many_changes_a_context(stores: &[Arc<Store>]) {
    stores[0].commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    for version in 1..10 {
        let mut tasks = JoinSet::new();
        for task in 0..9_u8 {
            let store = Arc::clone(&stores[usize::from(task) % stores.len()]);
            let new = ContextRow {
                version,
                body: [task].as_slice().into(),
                ..row(1)
            };
            tasks.spawn(async move { store.commit_reset(vec![ResetChange::Replace(new)]).await });
        }
        let mut done = 0;
        while let Some(answer) = tasks.join_next().await {
            match answer.unwrap() {
                Ok(()) => done += 1,
                answer => assert_eq!(answer, Err(RecordsError::Changed)),
            }
        }
        assert_eq!(done, 1);
    }
    assert_eq!(stores[0].context(&row(1).id).await.unwrap().unwrap().version, 10);
}

async fn each_job_is_taken_by_one(stores: &[Arc<Store>]) {
    let jobs = (0..100).map(|number| ResetChange::Enqueue(job(number, 0)));
    stores[0].commit_reset(jobs.collect()).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..6 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            let mut mine = Vec::new();
            while mine.len() < 100 {
                let taken = store.take_due(at(0), at(60), 7).await.unwrap();
                if taken.is_empty() && store.waiting().await.unwrap().jobs == 0 {
                    break;
                }
                for job in taken {
                    let done = ResetChange::Done {
                        job: job.id,
                        attempt: job.attempt,
                    };
                    store.commit_reset(vec![done]).await.unwrap();
                    mine.push(job.payload[0]);
                }
            }
            mine
        });
    }
    let mut all = Vec::new();
    while let Some(mine) = tasks.join_next().await {
        all.extend(mine.unwrap());
    }
    assert_eq!(all.len(), 100);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 100);
}

async fn the_cap_holds_for_many_who_come_in_at_once(stores: &[Arc<Store>]) {
    let mut tasks = JoinSet::new();
    for task in 0..30 {
        let store = Arc::clone(&stores[task % stores.len()]);
        let who = Onboarded {
            directory: "main".into(),
            key: task.to_string().into(),
            group: false,
            name: "".into(),
            at: at(0),
        };
        tasks.spawn(async move {
            store
                .commit_reset(vec![ResetChange::Onboard { who, most: Some(10) }])
                .await
        });
    }
    let mut done = 0;
    while let Some(answer) = tasks.join_next().await {
        match answer.unwrap() {
            Ok(()) => done += 1,
            answer => assert_eq!(answer, Err(RecordsError::TooLarge)),
        }
    }
    assert_eq!(done, 10);
    assert_eq!(stores[0].onboarded("main").await.unwrap().len(), 10);
}

async fn sweeping_takes_nothing_from_those_who_work(stores: &[Arc<Store>]) {
    let mut tasks = JoinSet::new();
    for task in 0..4_u8 {
        let store = Arc::clone(&stores[usize::from(task) % stores.len()]);
        tasks.spawn(async move {
            for round in 0..20 {
                let number = task * 20 + round;
                let short = ContextRow {
                    purge_at: at(-1),
                    ..row(number)
                };
                store.commit_reset(vec![ResetChange::Open(short)]).await.unwrap();
                let one = Allowance {
                    key: hash(number),
                    burst: 1,
                    every: Duration::from_secs(1),
                };
                assert_eq!(store.spend(&[one], at(0)).await, Ok(Spent::Taken { left: 0 }));
                assert!(matches!(store.spend(&[one], at(0)).await, Ok(Spent::UsedUp { .. })));
            }
        });
        let store = Arc::clone(&stores[(usize::from(task) + 1) % stores.len()]);
        tasks.spawn(async move {
            for _ in 0..20 {
                store.sweep(at(0), 3).await.unwrap();
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    while stores[0].sweep(at(0), 10).await.unwrap() > 0 {}
    assert_eq!(stores[0].context(&row(0).id).await, Ok(None));
}
