//! ldapload: closed-loop LDAP load with every reply checked.
//!
//! Owns: asking an LDAP server as fast as it answers, and judging each answer (message id, operation, result code,
//! how many entries, whose). Never knows: what stands behind the server, or what a good figure would be.
//!
//! The walk: [`arguments`] reads the command line → each thread runs one [`worker`] over its share of the connections:
//! an epoll loop in which each [`connection`] keeps `--pipeline` operations outstanding and sends the next when one
//! is answered and checked → [`report`] adds up what the workers counted and prints it.
//!
//! To add a workload: a variant of [`arguments::Work`], its first request in `Worker::begin_work`, its next one in
//! `Worker::answered` (worker/answers.rs), a line in the help text, and a line in `tests/faults.py` that shows a wrong answer is noticed.

mod arguments;
mod ber;
mod connection;
mod histogram;
mod report;
mod socket;
mod tls;
mod worker;

use arguments::Settings;
use report::{ProcessUse, Tally};
use std::process::ExitCode;
use std::sync::{Barrier, OnceLock};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let settings = arguments::read();
    if let Err(error) = socket::raise_descriptor_limit() {
        eprintln!("ldapload: the limit of open files stays as it is: {error}");
    }
    let (total, used) = run(&settings);
    report::print(&settings, &total, &used);
    let idle = settings.work == arguments::Work::Idle;
    if total.errors.total() > 0 || (total.operations == 0 && !idle) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs the workers, and reads the processor time of the named processes at both ends of the measured span.
fn run(settings: &Settings) -> (Tally, Vec<ProcessUse>) {
    let start = Barrier::new(settings.threads + 1);
    let go = OnceLock::new();
    let mut total = Tally::default();
    let mut used = Vec::new();
    std::thread::scope(|scope| {
        let (alive, ended) = std::sync::mpsc::channel::<()>();
        let workers: Vec<_> = (0..settings.threads)
            .map(|thread| {
                let (start, go) = (&start, &go);
                let alive = alive.clone();
                scope.spawn(move || {
                    let _alive = alive;
                    worker::run(settings, thread, start, go)
                })
            })
            .collect();
        drop(alive);
        start.wait();
        let zero = *go.get_or_init(Instant::now);
        let until = |seconds: f64| {
            let at = zero + Duration::from_secs_f64(seconds);
            // Nobody sends anything: it ends with the time, or when the last worker has.
            let _ = ended.recv_timeout(at.saturating_duration_since(Instant::now()));
        };
        until(settings.warmup);
        let before: Vec<f64> = settings
            .processes
            .iter()
            .map(|p| report::cpu_seconds(&p.pids))
            .collect();
        until(settings.warmup + settings.seconds);
        used = settings
            .processes
            .iter()
            .zip(before)
            .map(|(process, before)| ProcessUse {
                name: process.name.clone(),
                cpu_seconds: report::cpu_seconds(&process.pids) - before,
                rss_kib: report::rss_kib(&process.pids),
            })
            .collect();
        for worker in workers {
            total.add(worker.join().expect("a worker panicked"));
        }
    });
    (total, used)
}
