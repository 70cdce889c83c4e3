//! What is counted of self-service: steps as they go on record, requests over HTTP, and what waits to be sent.

use crate::metrics::{CountSource, Kind, Name, Sample};
use postern_identity::Timestamp;
use postern_identity::audit::{Audit, Event, Notice, Outcome, ProvisioningEvent, ResetEvent};
use postern_identity::records::Waiting;
use postern_web::RequestCounts;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static RESETS: Name = Name {
    name: "postern_resets",
    help: "Steps of self-service by route, stage and outcome",
    kind: Kind::Counter,
};
static REQUESTS: Name = Name {
    name: "postern_http_requests",
    help: "Requests over HTTP by site, address as the program writes it, and class of status",
    kind: Kind::Counter,
};
static WAITING: Name = Name {
    name: "postern_outbox_waiting",
    help: "Messages and other work of self-service that wait to be done",
    kind: Kind::Gauge,
};
static OLDEST: Name = Name {
    name: "postern_outbox_oldest_seconds",
    help: "For how long the oldest of them has been due",
    kind: Kind::Gauge,
};

/// Route, stage and outcome.
type Step = (Box<str>, &'static str, &'static str);

/// Counts steps on their way to the record.
pub(crate) struct ResetCounts {
    audit: Arc<dyn Audit>,
    steps: Mutex<BTreeMap<Step, u64>>,
    waiting: AtomicU64,
    oldest: AtomicU64,
    requests: Arc<RequestCounts>,
}

impl ResetCounts {
    /// For these routes; each is counted from 0.
    pub(crate) fn new<'r>(audit: Arc<dyn Audit>, routes: impl Iterator<Item = &'r str>) -> Self {
        let routes: Vec<&str> = routes.collect();
        let requests = RequestCounts::of(routes.iter().copied());
        let first = routes
            .into_iter()
            .map(|route| ((route.into(), "requested", Outcome::Allowed.as_str()), 0));
        Self {
            audit,
            steps: Mutex::new(first.collect()),
            waiting: AtomicU64::new(0),
            oldest: AtomicU64::new(0),
            requests: Arc::new(requests),
        }
    }

    /// Where requests are counted.
    pub(crate) fn requests(&self) -> Arc<RequestCounts> {
        Arc::clone(&self.requests)
    }

    /// What waits now.
    pub(crate) fn waits(&self, waiting: Waiting, now: Timestamp) {
        let age = waiting
            .since
            .map_or(0, |since| now.as_second().saturating_sub(since.as_second()));
        self.waiting.store(waiting.jobs, Ordering::Relaxed);
        self.oldest.store(u64::try_from(age).unwrap_or(0), Ordering::Relaxed);
    }
}

impl Audit for ResetCounts {
    fn record(&self, event: &Event<'_>) {
        self.audit.record(event);
    }

    fn notice(&self, notice: &Notice<'_>) {
        self.audit.notice(notice);
    }

    fn reset(&self, event: &ResetEvent<'_>) {
        let stage = event.name.split_once('.').map_or(event.name, |(_, stage)| stage);
        let step = (event.route.into(), stage, event.outcome.as_str());
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        *steps.entry(step).or_default() += 1;
        drop(steps);
        self.audit.reset(event);
    }

    fn provisioning(&self, event: &ProvisioningEvent<'_>) {
        self.audit.provisioning(event);
    }
}

impl CountSource for ResetCounts {
    fn collect(&self, out: &mut dyn FnMut(Sample<'_>)) {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, stage, outcome), count) in &*steps {
            out(Sample {
                name: &RESETS,
                labels: &[("route", route), ("stage", stage), ("outcome", outcome)],
                value: *count,
            });
        }
        drop(steps);
        self.requests.each(|site, route, class, count| {
            out(Sample {
                name: &REQUESTS,
                labels: &[("site", site), ("route", route), ("status", class)],
                value: count,
            });
        });
        for (name, number) in [(&WAITING, &self.waiting), (&OLDEST, &self.oldest)] {
            out(Sample {
                name,
                labels: &[],
                value: number.load(Ordering::Relaxed),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Recorded(AtomicUsize);

    impl Audit for Recorded {
        fn record(&self, _: &Event<'_>) {}

        fn reset(&self, _: &ResetEvent<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn step(name: &'static str, outcome: Outcome) -> ResetEvent<'static> {
        ResetEvent {
            name,
            outcome,
            context: None,
            route: "a",
            action: "reset",
            client: None,
            token: None,
            account: None,
            entry: None,
            identifier: None,
            factor: None,
            reason: None,
            rule: None,
            authority: None,
            generation: 1,
        }
    }

    #[test]
    fn each_step_is_counted_and_goes_on_record() {
        let recorded = Arc::new(Recorded::default());
        let counts = ResetCounts::new(Arc::clone(&recorded) as _, ["a", "b"].into_iter());
        counts.reset(&step("reset.requested", Outcome::Allowed));
        counts.reset(&step("reset.executed", Outcome::Failed));
        counts.reset(&step("reset.executed", Outcome::Failed));
        let now = Timestamp::from_second(1_000).unwrap();
        let since = Some(Timestamp::from_second(940).unwrap());
        counts.waits(Waiting { jobs: 3, since }, now);
        let mut told = Vec::new();
        counts.collect(&mut |sample| {
            let labels: Vec<&str> = sample.labels.iter().map(|(_, value)| *value).collect();
            told.push(format!("{} {} {}", sample.name.name, labels.join(" "), sample.value));
        });
        assert_eq!(
            told,
            [
                "postern_resets a executed failed 2",
                "postern_resets a requested allowed 1",
                "postern_resets b requested allowed 0",
                "postern_http_requests a - 2xx 0",
                "postern_http_requests b - 2xx 0",
                "postern_outbox_waiting  3",
                "postern_outbox_oldest_seconds  60",
            ]
        );
        assert_eq!(recorded.0.load(Ordering::Relaxed), 3);
    }
}
