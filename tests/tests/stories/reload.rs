//! Policies and certificates that change while everybody works: nothing fails, the new ones are in force, and whoever is there already is
//! judged again.

mod certificates;
mod folder;
mod load;
mod mounts;
mod sessions;
mod silent_sessions;

use load::Load;
use postern_tests::eventually::within;
use postern_tests::gateway::GatewaySettings;
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{bind, password_policy};
use postern_tests::{Gateway, Slapd, eventually};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How long a reload may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn the_load_of_these_stories_notices_operations_that_fail() {
    let mut scene = Scene::start(&telling("first"));
    scene.slapd.kill();
    eventually("a failure is seen", DEADLINE, || scene.load.has_failed().then_some(()));
}

/// A gateway whose policy files are changed, and what its metrics must say after each step.
struct Scene {
    /// Clients at work; first, so that they stop before what they talk to.
    load: Load,
    gateway: Gateway,
    slapd: Slapd,
    generation: u32,
    succeeded: u32,
    failed: u32,
}

impl Scene {
    /// A slapd, a gateway with this policy file, and load on both its listeners.
    fn start(policy: &str) -> Self {
        let slapd = Slapd::start();
        let settings = GatewaySettings {
            policy: Some(policy.to_owned()),
            ..GatewaySettings::new("", &[slapd.url()])
        };
        let gateway = Gateway::start_with(&settings);
        let scene = Self {
            load: Load::start(&gateway, &gateway.ca_file()),
            gateway,
            slapd,
            generation: 1,
            succeeded: 0,
            failed: 0,
        };
        scene.expect_counts("the start");
        scene.load.expect_flawless("the start");
        scene
    }

    /// Puts a file of the policy folder in place of another, at once.
    fn replace(&self, file: &str, text: &str) {
        replace(&self.gateway.policies().join(file), text.as_bytes());
    }

    /// A change that must come into force.
    fn expect_in_force(&mut self, what: &str) {
        self.generation += 1;
        self.succeeded += 1;
        self.expect_counts(what);
        self.load.expect_flawless(what);
    }

    /// A change that must not.
    fn expect_kept(&mut self, what: &str) {
        self.failed += 1;
        self.expect_counts(what);
        self.load.expect_flawless(what);
    }

    /// The policy files are again those in force: nothing is new. `before` is how often the log had said so.
    fn expect_same_again(&self, what: &str, before: usize) {
        let seen = within(DEADLINE, || (self.times_same_again() > before).then_some(()));
        assert!(
            seen.is_some(),
            "{what}: it is not noticed that the files are those in force again"
        );
        self.expect_counts(what);
        self.load.expect_flawless(what);
    }

    fn times_same_again(&self) -> usize {
        self.gateway
            .output()
            .matches("the policy files are those in force again")
            .count()
    }

    fn expect_counts(&self, what: &str) {
        let wanted = (self.generation, self.succeeded, self.failed);
        if within(DEADLINE, || (self.counts() == wanted).then_some(())).is_none() {
            let got = self.counts();
            panic!("{what}: generation, succeeded and failed reloads should be {wanted:?} and are {got:?}");
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
    fn counts(&self) -> (u32, u32, u32) {
        let metrics = self.gateway.metrics();
        let reloads = |result| metrics.sum("postern_policy_reloads_total", &[("result", result)]) as u32;
        let generation = metrics.sum("postern_policy_generation", &[]) as u32;
        (generation, reloads("succeeded"), reloads("failed"))
    }

    /// What a sign-in that meets must-change is told now: code, text, policy control.
    fn told(&self) -> (u32, String, Vec<u8>) {
        let request = bind(1, &dn("must-change"), PASSWORD, &[&password_policy()]);
        let answer = self.gateway.client().ask(&request).remove(0);
        let control = answer.password_policy().unwrap_or_default().to_vec();
        (answer.code.unwrap(), answer.text, control)
    }

    /// Asserts what [`Scene::told`] is on the surface `text`.
    fn expect_told(&self, text: &str) {
        assert_eq!(self.told(), (49, text.to_owned(), vec![0x30, 0]));
    }

    /// Ends the load; every operation of it must have succeeded.
    fn finish(self) {
        self.load.finish();
    }
}

/// A policy for every route that refuses must-change with this text.
fn telling(text: &str) -> String {
    policy("text", "", &format!("[policy.messages]\nmust_change = \"{text}\"\n"))
}

/// A policy for every route: what stands in `[policy.pass]`, and what follows.
fn policy(surface: &str, pass: &str, more: &str) -> String {
    format!("priority = 100\n[[policy]]\nroute = \"*\"\nsurface = \"{surface}\"\n[policy.pass]\n{pass}\n{more}")
}

/// Puts a file in place of another, at once.
fn replace(path: &Path, octets: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, octets).unwrap();
    fs::rename(&beside, path).unwrap();
}
