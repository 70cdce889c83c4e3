use super::*;
use crate::metrics::Metrics;
use postern_identity::clock::FixedClock;
use postern_identity::decide::{Decide, RouteQuestion};
use postern_identity::{ConnectionFacts, Timestamp};
use std::fs;
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

fn policy(surface: &str) -> String {
    format!("priority = 1\n[[policy]]\nroute = \"*\"\nsurface = \"{surface}\"\n")
}

struct Given {
    folder: TempDir,
    live: Arc<LivePolicy>,
    metrics: Metrics,
    reload: PolicyReload,
}

impl Given {
    fn write(&self, text: &str) {
        fs::write(self.folder.path().join("p.toml"), text).unwrap();
    }

    fn counted(&self, result: &str) -> bool {
        self.metrics
            .text()
            .unwrap()
            .contains(&format!("postern_policy_reloads_total{{result={result}\n"))
    }

    fn state(&self) -> (u64, &'static str) {
        let answer = self.live.route(&RouteQuestion {
            route: "applications",
            connection: &ConnectionFacts::example(),
            account: None,
        });
        let surface = answer.unwrap().rules.surface.value.iter().next().unwrap();
        (self.live.generation().get(), surface.as_str())
    }
}

fn given() -> Given {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.toml"), policy("text")).unwrap();
    let routes = vec![RouteFacts {
        name: "applications".into(),
        portal_url: None,
        mapped: false,
    }];
    let (book, kept) = first_policies(folder.path(), &routes).unwrap();
    let live = Arc::new(LivePolicy::new(book, fixed("2026-11-22T00:00:00Z")));
    let metrics = Metrics::new(Vec::new());
    let reload = PolicyReload::new(
        folder.path().to_owned(),
        routes,
        Arc::clone(&live),
        kept,
        metrics.reloads(),
    );
    Given {
        folder,
        live,
        metrics,
        reload,
    }
}

#[test]
fn a_set_that_did_not_change_is_left_alone() {
    let mut given = given();
    given.write(&policy("text"));
    assert_eq!(given.reload.attempt(), Reload::Unchanged);
    assert_eq!(given.state(), (1, "text"));
    assert!(given.counted("\"succeeded\"} 0") && given.counted("\"failed\"} 0"));
}

#[test]
fn a_good_set_comes_into_force_with_the_next_number() {
    let mut given = given();
    given.write(&policy("plain"));
    assert_eq!(given.reload.attempt(), Reload::InForce);
    assert_eq!(given.state(), (2, "plain"));
    assert_eq!(given.reload.attempt(), Reload::Unchanged);
    assert!(given.counted("\"succeeded\"} 1"));
}

#[test]
fn a_bad_set_leaves_the_old_one_in_force_and_is_counted_once() {
    let mut given = given();
    given.write("priority = ");
    assert_eq!(given.reload.attempt(), Reload::Kept);
    assert_eq!(given.reload.attempt(), Reload::Kept);
    assert_eq!(given.state(), (1, "text"));
    assert!(given.counted("\"failed\"} 1"));
    given.write(&policy("no such surface"));
    assert_eq!(given.reload.attempt(), Reload::Kept);
    assert!(given.counted("\"failed\"} 2"));
    given.write(&policy("text"));
    assert_eq!(given.reload.attempt(), Reload::Unchanged);
    given.write(&policy("ppolicy"));
    assert_eq!(given.reload.attempt(), Reload::InForce);
    assert_eq!(given.state(), (2, "ppolicy"));
}

#[test]
fn an_emptied_or_missing_folder_leaves_the_old_policies_in_force() {
    let mut given = given();
    fs::remove_file(given.folder.path().join("p.toml")).unwrap();
    assert_eq!(given.reload.attempt(), Reload::Kept);
    fs::remove_dir(given.folder.path()).unwrap();
    assert_eq!(given.reload.attempt(), Reload::Kept);
    assert_eq!(given.state(), (1, "text"));
}

/// A clock that the test moves.
struct MovingClock(Mutex<Timestamp>);

impl Clock for MovingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn fixed(text: &str) -> Arc<dyn Clock> {
    Arc::new(FixedClock(text.parse().unwrap()))
}

#[test]
fn a_new_pair_comes_into_force_and_a_broken_one_does_not() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let now = "2026-11-22T00:00:00Z";
    let first = certificate::generated::ensure(one.path(), now.parse().unwrap()).unwrap();
    let second = certificate::generated::ensure(two.path(), "2027-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let source = Certificate::Files {
        certificate: first.certificate.clone(),
        key: first.key.clone(),
    };
    let mut reload = CertificateReload::first(source, one.path().to_owned(), fixed(now)).unwrap();
    let until = reload.hot().expires();
    assert_eq!(reload.attempt(), Reload::Unchanged);
    fs::copy(&second.certificate, &first.certificate).unwrap();
    assert_eq!(reload.attempt(), Reload::Kept);
    fs::write(&first.key, "half a ke").unwrap();
    assert_eq!(reload.attempt(), Reload::Kept);
    fs::remove_file(&first.key).unwrap();
    assert_eq!(reload.attempt(), Reload::Kept);
    assert_eq!(reload.hot().expires(), until);
    fs::copy(&second.key, &first.key).unwrap();
    assert_eq!(reload.attempt(), Reload::InForce);
    assert!(reload.hot().expires() > until);
}

#[test]
fn a_certificate_that_is_over_does_not_take_the_place_of_one_that_is_not() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let now = "2026-11-22T00:00:00Z";
    let good = certificate::generated::ensure(one.path(), now.parse().unwrap()).unwrap();
    let over = certificate::generated::ensure(two.path(), "2020-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let source = Certificate::Files {
        certificate: good.certificate.clone(),
        key: good.key.clone(),
    };
    let clock = Arc::new(MovingClock(Mutex::new(now.parse().unwrap())));
    let mut reload = CertificateReload::first(source, one.path().to_owned(), Arc::clone(&clock) as _).unwrap();
    let until = reload.hot().expires();
    fs::copy(&over.certificate, &good.certificate).unwrap();
    fs::copy(&over.key, &good.key).unwrap();
    assert_eq!(reload.attempt(), Reload::Kept);
    assert_eq!(reload.hot().expires(), until);
    // Of two that are over the file's is as good.
    *clock.0.lock().unwrap() = until;
    assert_eq!(reload.attempt(), Reload::InForce);
}

#[test]
fn a_made_certificate_is_renewed_while_the_program_runs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(MovingClock(Mutex::new("2026-11-22T00:00:00Z".parse().unwrap())));
    let mut reload = CertificateReload::first(
        Certificate::Generated,
        folder.path().to_owned(),
        Arc::clone(&clock) as _,
    )
    .unwrap();
    assert_eq!(reload.attempt(), Reload::Unchanged);
    *clock.0.lock().unwrap() += Duration::from_hours(370 * 24);
    assert_eq!(reload.attempt(), Reload::InForce);
}
