//! Contexts, handles, jobs, answers, holds: what is kept of resets, on both engines.

use super::on_both;
use crate::Store;
use postern_identity::Timestamp;
use postern_identity::records::resets::MOST_LIVE;
use postern_identity::records::{
    ContextRow, Hash, KeptAnswer, NewJob, RecordsError, ResetChange, ResetRecords, Waiting,
};
use postern_identity::reset::ContextId;
use std::sync::Arc;

on_both! {
    a_context_is_given_back_as_it_was_put_in,
    a_context_is_replaced_only_if_it_is_still_what_it_was,
    a_unit_is_done_whole_or_not_at_all,
    the_first_step_that_is_refused_says_why,
    a_handle_leads_to_its_context_as_long_as_that_is_there,
    the_live_contexts_of_an_account_are_told_newest_first,
    a_context_is_abandoned_once_its_lease_ran_out,
    a_job_is_taken_once_until_its_lease_ends,
    a_job_is_done_or_put_off_only_by_who_has_it,
    a_key_never_has_a_second_job,
    what_waits_is_counted_from_when_it_was_due_first,
    an_answer_is_kept_once,
    a_hold_only_grows_until_it_is_released,
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

pub(super) fn hash(number: u8) -> Hash {
    [number; 32]
}

pub(super) fn row(number: u8) -> ContextRow {
    ContextRow {
        id: ContextId([number; 16]),
        version: 1,
        live: true,
        subject: None,
        lease: None,
        purge_at: at(7_200),
        body: Arc::from([number, 0, 255].as_slice()),
    }
}

pub(super) fn job(number: u8, due: i64) -> NewJob {
    NewJob {
        kind: Arc::from("letter"),
        key: hash(number),
        payload: Arc::from([number].as_slice()),
        at: at(due),
        purge_at: at(1_000),
    }
}

async fn a_context_is_given_back_as_it_was_put_in(store: &Store) {
    let known = ContextRow {
        live: false,
        subject: Some(hash(9)),
        lease: Some(at(60)),
        ..row(2)
    };
    let unit = vec![ResetChange::Open(row(1)), ResetChange::Open(known.clone())];
    store.commit_reset(unit).await.unwrap();
    assert_eq!(store.context(&row(1).id).await, Ok(Some(row(1))));
    assert_eq!(store.context(&known.id).await, Ok(Some(known)));
    assert_eq!(store.context(&row(3).id).await, Ok(None));
    let version = ContextRow { version: 7, ..row(4) };
    store.commit_reset(vec![ResetChange::Open(version)]).await.unwrap();
    assert_eq!(
        store.context(&row(4).id).await,
        Ok(Some(row(4))),
        "the first version is 1"
    );
    assert_eq!(
        store.commit_reset(vec![ResetChange::Open(row(1))]).await,
        Err(RecordsError::Taken)
    );
    assert_eq!(store.commit_reset(Vec::new()).await, Ok(()));
}

async fn a_context_is_replaced_only_if_it_is_still_what_it_was(store: &Store) {
    store.commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    let new = ContextRow {
        subject: Some(hash(3)),
        lease: Some(at(5)),
        live: false,
        purge_at: at(9),
        body: Arc::from(b"new".as_slice()),
        ..row(1)
    };
    store
        .commit_reset(vec![ResetChange::Replace(new.clone())])
        .await
        .unwrap();
    let now = ContextRow {
        version: 2,
        ..new.clone()
    };
    assert_eq!(store.context(&now.id).await, Ok(Some(now.clone())));
    for stale in [
        new,
        ContextRow {
            version: 3,
            ..now.clone()
        },
        row(2),
    ] {
        let replaced = store.commit_reset(vec![ResetChange::Replace(stale)]).await;
        assert_eq!(replaced, Err(RecordsError::Changed));
    }
    assert_eq!(store.context(&now.id).await, Ok(Some(now)));
}

async fn a_unit_is_done_whole_or_not_at_all(store: &Store) {
    store.commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    let refused = |last: ResetChange| {
        vec![
            ResetChange::Open(row(2)),
            ResetChange::Replace(row(1)),
            ResetChange::Enqueue(job(1, 0)),
            ResetChange::Hold {
                key: hash(1),
                until: at(9),
            },
            last,
        ]
    };
    let cases = [
        (ResetChange::Replace(row(3)), RecordsError::Changed),
        (ResetChange::Open(row(1)), RecordsError::Taken),
        (ResetChange::Done { job: 1, attempt: 1 }, RecordsError::Changed),
    ];
    for (last, why) in cases {
        assert_eq!(store.commit_reset(refused(last)).await, Err(why));
    }
    assert_eq!(store.context(&row(1).id).await, Ok(Some(row(1))));
    assert_eq!(store.context(&row(2).id).await, Ok(None));
    assert_eq!(store.waiting().await, Ok(Waiting::default()));
    assert_eq!(store.held(&hash(1), at(0)).await, Ok(None));
}

/// Also where one after it could not be done at all.
async fn the_first_step_that_is_refused_says_why(store: &Store) {
    store.commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    let to_nothing = ResetChange::Handle {
        handle: hash(1),
        context: row(2).id,
        purge_at: at(60),
    };
    let unit = vec![
        ResetChange::Enqueue(job(1, 0)),
        ResetChange::Replace(row(2)),
        to_nothing,
    ];
    assert_eq!(store.commit_reset(unit).await, Err(RecordsError::Changed));
    let unit = vec![
        ResetChange::Enqueue(job(1, 0)),
        ResetChange::Open(row(1)),
        ResetChange::Replace(row(2)),
    ];
    assert_eq!(store.commit_reset(unit).await, Err(RecordsError::Taken));
    assert_eq!(store.waiting().await, Ok(Waiting::default()));
}

async fn a_handle_leads_to_its_context_as_long_as_that_is_there(store: &Store) {
    let handle = |number: u8, to: u8, until: i64| ResetChange::Handle {
        handle: hash(number),
        context: row(to).id,
        purge_at: at(until),
    };
    let short = ContextRow {
        purge_at: at(10),
        ..row(2)
    };
    let unit = vec![
        ResetChange::Open(row(1)),
        ResetChange::Open(short),
        handle(1, 1, 50),
        handle(2, 1, 20),
        handle(3, 2, 50),
    ];
    store.commit_reset(unit).await.unwrap();
    assert_eq!(store.by_handle(&hash(1)).await, Ok(Some(row(1))));
    assert_eq!(store.by_handle(&hash(2)).await, Ok(Some(row(1))));
    assert_eq!(store.by_handle(&hash(4)).await, Ok(None));
    assert_eq!(
        store.commit_reset(vec![handle(1, 2, 50)]).await,
        Err(RecordsError::Taken)
    );
    assert_eq!(store.sweep(at(30), 100).await, Ok(2));
    assert_eq!(store.by_handle(&hash(1)).await, Ok(Some(row(1))));
    assert_eq!(store.by_handle(&hash(2)).await, Ok(None), "it is taken away");
    assert_eq!(store.by_handle(&hash(3)).await, Ok(None), "where it led is taken away");
}

async fn the_live_contexts_of_an_account_are_told_newest_first(store: &Store) {
    let of = |number: u8, subject: u8, live: bool| ContextRow {
        subject: Some(hash(subject)),
        live,
        ..row(number)
    };
    let unit = [
        of(9, 1, true),
        of(2, 1, true),
        of(3, 2, true),
        of(4, 1, false),
        of(1, 1, true),
        row(5),
    ];
    store.commit_reset(unit.map(ResetChange::Open).to_vec()).await.unwrap();
    assert_eq!(
        store.live_of(&hash(1)).await,
        Ok(vec![of(1, 1, true), of(2, 1, true), of(9, 1, true)])
    );
    assert_eq!(store.live_of(&hash(3)).await, Ok(Vec::new()));
    let many = (100..200).map(|number| ResetChange::Open(of(number, 7, true)));
    store.commit_reset(many.collect()).await.unwrap();
    let told = store.live_of(&hash(7)).await.unwrap();
    assert_eq!(told.len(), MOST_LIVE);
    assert_eq!(told[0].id, row(199).id);
}

async fn a_context_is_abandoned_once_its_lease_ran_out(store: &Store) {
    let leased = |number: u8, until: i64, live: bool| ContextRow {
        lease: Some(at(until)),
        live,
        ..row(number)
    };
    let unit = [
        leased(1, 30, true),
        leased(2, 20, true),
        leased(3, 10, false),
        leased(4, 40, true),
        row(5),
    ];
    store.commit_reset(unit.map(ResetChange::Open).to_vec()).await.unwrap();
    assert_eq!(
        store.abandoned(at(20), 10).await,
        Ok(Vec::new()),
        "until then it is held"
    );
    assert_eq!(
        store.abandoned(at(31), 10).await,
        Ok(vec![leased(2, 20, true), leased(1, 30, true)])
    );
    assert_eq!(store.abandoned(at(31), 1).await, Ok(vec![leased(2, 20, true)]));
}

async fn a_job_is_taken_once_until_its_lease_ends(store: &Store) {
    let jobs = [job(1, 20), job(2, 10), job(3, 10), job(4, 99)];
    store
        .commit_reset(jobs.map(ResetChange::Enqueue).to_vec())
        .await
        .unwrap();
    assert_eq!(store.take_due(at(9), at(60), 10).await, Ok(Vec::new()));
    let first = store.take_due(at(20), at(60), 2).await.unwrap();
    let payloads = |jobs: &[postern_identity::records::Job]| jobs.iter().map(|job| job.payload[0]).collect::<Vec<u8>>();
    assert_eq!(payloads(&first), [2, 3], "the oldest first");
    assert_eq!(
        (&*first[0].kind, first[0].attempt, first[0].since),
        ("letter", 1, at(10))
    );
    assert_eq!(payloads(&store.take_due(at(59), at(70), 10).await.unwrap()), [1]);
    assert_eq!(store.take_due(at(59), at(70), 10).await, Ok(Vec::new()));
    let again = store.take_due(at(60), at(90), 10).await.unwrap();
    assert_eq!(payloads(&again), [2, 3]);
    assert_eq!(
        (again[0].attempt, again[0].since),
        (2, at(10)),
        "since it was due first"
    );
}

async fn a_job_is_done_or_put_off_only_by_who_has_it(store: &Store) {
    store.commit_reset(vec![ResetChange::Enqueue(job(1, 0))]).await.unwrap();
    let first = store.take_due(at(0), at(10), 1).await.unwrap().remove(0);
    let done = |attempt: u32| ResetChange::Done { job: first.id, attempt };
    let again = |attempt: u32, seconds: i64| ResetChange::Again {
        job: first.id,
        attempt,
        at: at(seconds),
    };
    let commit = async |change: ResetChange| store.commit_reset(vec![change]).await;
    store.take_due(at(10), at(20), 1).await.unwrap();
    assert_eq!(commit(done(1)).await, Err(RecordsError::Changed), "another has it");
    assert_eq!(commit(again(1, 0)).await, Err(RecordsError::Changed));
    assert_eq!(commit(again(2, 40)).await, Ok(()));
    assert_eq!(commit(again(2, 0)).await, Err(RecordsError::Changed), "nobody has it");
    assert_eq!(commit(done(2)).await, Err(RecordsError::Changed));
    assert_eq!(store.take_due(at(39), at(60), 1).await, Ok(Vec::new()));
    assert_eq!(store.take_due(at(40), at(60), 1).await.unwrap()[0].attempt, 3);
    assert_eq!(commit(done(3)).await, Ok(()));
    assert_eq!(commit(done(3)).await, Err(RecordsError::Changed), "it is done");
    assert_eq!(commit(again(3, 0)).await, Err(RecordsError::Changed));
    assert_eq!(store.take_due(at(999), at(1_060), 1).await, Ok(Vec::new()));
}

async fn a_key_never_has_a_second_job(store: &Store) {
    let other = NewJob {
        payload: Arc::from(b"other".as_slice()),
        ..job(1, 5)
    };
    let enqueue = |job: &NewJob| vec![ResetChange::Enqueue(job.clone())];
    store.commit_reset(enqueue(&job(1, 0))).await.unwrap();
    store.commit_reset(enqueue(&other)).await.unwrap();
    let taken = store.take_due(at(9), at(60), 9).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(*taken[0].payload, [1]);
    let done = ResetChange::Done {
        job: taken[0].id,
        attempt: 1,
    };
    store.commit_reset(vec![done]).await.unwrap();
    store.commit_reset(enqueue(&other)).await.unwrap();
    assert_eq!(
        store.take_due(at(99), at(160), 9).await,
        Ok(Vec::new()),
        "not even when it is done"
    );
    store.sweep(at(1_000), 9).await.unwrap();
    store.commit_reset(enqueue(&other)).await.unwrap();
    assert_eq!(store.take_due(at(99), at(160), 9).await.unwrap().len(), 1);
}

async fn what_waits_is_counted_from_when_it_was_due_first(store: &Store) {
    assert_eq!(store.waiting().await, Ok(Waiting::default()));
    let unit = vec![ResetChange::Enqueue(job(1, 20)), ResetChange::Enqueue(job(2, 10))];
    store.commit_reset(unit).await.unwrap();
    let taken = store.take_due(at(10), at(60), 1).await.unwrap().remove(0);
    let both = Waiting {
        jobs: 2,
        since: Some(at(10)),
    };
    assert_eq!(store.waiting().await, Ok(both), "one that is taken is not done");
    let again = ResetChange::Again {
        job: taken.id,
        attempt: 1,
        at: at(50),
    };
    store.commit_reset(vec![again]).await.unwrap();
    assert_eq!(store.waiting().await, Ok(both));
    store.take_due(at(50), at(60), 2).await.unwrap();
    let done = ResetChange::Done {
        job: taken.id,
        attempt: 2,
    };
    store.commit_reset(vec![done]).await.unwrap();
    assert_eq!(
        store.waiting().await,
        Ok(Waiting {
            jobs: 1,
            since: Some(at(20))
        })
    );
}

async fn an_answer_is_kept_once(store: &Store) {
    let kept = KeptAnswer {
        key: hash(1),
        request: hash(2),
        answer: Arc::from(b"{}".as_slice()),
        purge_at: at(60),
    };
    store.commit_reset(vec![ResetChange::Keep(kept.clone())]).await.unwrap();
    let other = KeptAnswer {
        request: hash(3),
        ..kept.clone()
    };
    let unit = vec![ResetChange::Open(row(1)), ResetChange::Keep(other)];
    assert_eq!(store.commit_reset(unit).await, Err(RecordsError::Taken));
    assert_eq!(store.context(&row(1).id).await, Ok(None));
    assert_eq!(store.kept_answer(&hash(1)).await, Ok(Some(kept)));
    assert_eq!(store.kept_answer(&hash(2)).await, Ok(None));
    for told in [b"one".as_slice(), b"two"] {
        let progress = ResetChange::Progress {
            subject: hash(4),
            body: told.into(),
        };
        store.commit_reset(vec![progress]).await.unwrap();
        assert_eq!(store.progress(&hash(4)).await, Ok(Some(told.into())));
    }
    assert_eq!(store.progress(&hash(5)).await, Ok(None));
}

async fn a_hold_only_grows_until_it_is_released(store: &Store) {
    let hold = |until: i64| ResetChange::Hold {
        key: hash(1),
        until: at(until),
    };
    store.commit_reset(vec![hold(50), hold(20)]).await.unwrap();
    assert_eq!(store.held(&hash(1), at(49)).await, Ok(Some(at(50))));
    assert_eq!(store.held(&hash(1), at(50)).await, Ok(None));
    assert_eq!(store.held(&hash(2), at(0)).await, Ok(None));
    store.commit_reset(vec![hold(70)]).await.unwrap();
    assert_eq!(store.held(&hash(1), at(50)).await, Ok(Some(at(70))));
    store
        .commit_reset(vec![ResetChange::Release { key: hash(1) }])
        .await
        .unwrap();
    assert_eq!(store.held(&hash(1), at(0)).await, Ok(None));
    assert_eq!(
        store.commit_reset(vec![ResetChange::Release { key: hash(1) }]).await,
        Ok(())
    );
}
