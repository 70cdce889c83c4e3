//! What is done after everybody has had their answer: messages, leases that ran out, what is over, and mails to whoever met a state at a sign-in.

use super::counts::ResetCounts;
use super::sign_ins::Met;
use postern_identity::Clock;
use postern_identity::records::{RecordsError, ResetRecords};
use postern_identity::reset::Desk;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Who takes jobs side by side: one mail server that is slow keeps no other job waiting.
const WORKERS: usize = 4;
/// Jobs that were put off, or that another gateway left, are looked for as often.
const LOOK: Duration = Duration::from_secs(1);
/// Leases that ran out are looked for, and what waits is counted, as often.
const RECOVER: Duration = Duration::from_secs(5);
/// What is over is taken away as often, in so many portions at most.
const SWEEP: Duration = Duration::from_mins(1);
const PORTIONS: u32 = 100;

/// Everything that works for the desk.
pub(super) struct Work {
    pub(super) desk: Arc<Desk>,
    pub(super) records: Arc<dyn ResetRecords>,
    pub(super) counts: Arc<ResetCounts>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) bell: Arc<Notify>,
}

/// Starts all of it; it ends when `stop` says so, each at the end of what it is doing.
pub(super) fn start(work: Work, met: mpsc::Receiver<Met>, tasks: &TaskTracker, stop: &CancellationToken) {
    let work = Arc::new(work);
    for _ in 0..WORKERS {
        tasks.spawn(take_jobs(Arc::clone(&work), stop.clone()));
    }
    tasks.spawn(recover(Arc::clone(&work), stop.clone()));
    tasks.spawn(sweep(Arc::clone(&work), stop.clone()));
    tasks.spawn(write_to_whoever_met(work, met, stop.clone()));
}

async fn take_jobs(work: Arc<Work>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        match work.desk.work_once().await {
            Ok(worked) if worked.done > 0 => {
                trouble.is_over();
                continue;
            }
            Ok(_) => trouble.is_over(),
            Err(error) => trouble.tell("messages of self-service wait", error),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = work.bell.notified() => {}
            () = sleep(LOOK) => {}
        }
    }
}

async fn recover(work: Arc<Work>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    let mut ticks = interval(RECOVER);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let done = async {
            work.desk.recover().await?;
            work.records.waiting().await
        };
        match done.await {
            Ok(waiting) => {
                trouble.is_over();
                work.counts.waits(waiting, work.clock.now());
            }
            Err(error) => trouble.tell("resets that were broken off wait", error),
        }
    }
}

async fn sweep(work: Arc<Work>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for _ in 0..PORTIONS {
            match work.desk.sweep().await {
                Ok(_) if stop.is_cancelled() => return,
                Ok(rows) => {
                    trouble.is_over();
                    if rows == 0 {
                        break;
                    }
                }
                Err(error) => {
                    trouble.tell("what is over in self-service stays", error);
                    break;
                }
            }
        }
    }
}

async fn write_to_whoever_met(work: Arc<Work>, mut met: mpsc::Receiver<Met>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while let Some(Some(met)) = stop.run_until_cancelled(met.recv()).await {
        match work.desk.sign_in_met(&met.route, &met.account, met.state).await {
            Ok(()) => {
                trouble.is_over();
                work.bell.notify_one();
            }
            Err(error) => trouble.tell("nobody is written to about a sign-in", error),
        }
    }
}

/// Told once, until it is over.
#[derive(Default)]
struct Trouble(Option<RecordsError>);

impl Trouble {
    fn tell(&mut self, what: &'static str, error: RecordsError) {
        if self.0.replace(error) != Some(error) {
            tracing::warn!(target: "postern", %error, "{what}");
        }
    }

    fn is_over(&mut self) {
        if self.0.take().is_some() {
            tracing::info!(target: "postern", "the store takes the work of self-service again");
        }
    }
}
