//! slapd killed under load, and hanging.

use super::{BACK, UNAVAILABLE, entries, is_read, serves, sign_in};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::wire::is_close;
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A bind that was answered 0: when it was asked and when answered.
type Success = (Instant, Instant);

/// What the clients under load have seen.
#[derive(Default)]
struct Seen {
    successes: Mutex<Vec<Success>>,
    binds: AtomicUsize,
    refused: AtomicUsize,
    enough: AtomicBool,
}

#[test]
fn while_slapd_dies_and_returns_no_bind_succeeds_that_it_did_not_confirm_and_clients_see_only_the_truth() {
    let mut slapd = Slapd::start_with(&SlapdSettings {
        users: 8,
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("sssd", &slapd);
    let seen = Seen::default();
    let mut outages: Vec<(Instant, Instant)> = Vec::new();
    std::thread::scope(|scope| {
        let stop = StopOnDrop(&seen);
        for number in 1..=4 {
            let (seen, gateway) = (&seen, &gateway);
            scope.spawn(move || {
                let mut writer = Writer::new(number);
                while !seen.enough.load(Ordering::Relaxed) {
                    one_client(gateway, seen, &mut writer);
                }
                writer.check(gateway);
            });
        }
        for _ in 0..3 {
            let before = seen.binds.load(Ordering::Relaxed);
            eventually("clients sign in", BACK, || {
                (seen.binds.load(Ordering::Relaxed) > before + 40).then_some(())
            });
            let (mut held, answer) = sign_in(&gateway, "active");
            assert_eq!(answer.code, Some(0));
            slapd.kill();
            let dead = Instant::now();
            assert_eq!(held.expect_notice().code, UNAVAILABLE);
            let refused = seen.refused.load(Ordering::Relaxed);
            eventually("clients are told", BACK, || {
                (seen.refused.load(Ordering::Relaxed) > refused + 8).then_some(())
            });
            outages.push((dead, Instant::now()));
            slapd.start_again();
            eventually("service is back", BACK, || {
                let answer = Wire::try_connect(gateway.address())
                    .ok()?
                    .try_ask(&bind("user0001"))
                    .ok()?
                    .pop()?;
                (answer.code == Some(0)).then_some(())
            });
        }
        drop(stop);
    });
    let successes = seen.successes.lock().unwrap();
    assert!(!successes.is_empty());
    for (asked, answered) in successes.iter() {
        for (dead, alive) in &outages {
            assert!(
                asked < dead || answered > alive,
                "a bind succeeded while there was no slapd"
            );
        }
    }
    serves(&gateway);
}

/// Clients stop also when the story fails, or it would wait for them for ever.
struct StopOnDrop<'a>(&'a Seen);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.enough.store(true, Ordering::Relaxed);
    }
}

/// One client's life: a wrong password, the right one, a search, a change, and good-bye.
fn one_client(gateway: &Gateway, seen: &Seen, writer: &mut Writer) {
    let outcome = (|| -> io::Result<()> {
        let mut wire = Wire::try_connect(gateway.address())?;
        let wrong = ask(&mut wire, &request::bind(1, &people::dn("nobody"), "wrong", &[]))?;
        assert!(matches!(wrong.code, Some(49 | 52)), "a wrong password: {wrong:?}");
        let asked = Instant::now();
        let right = ask(&mut wire, &request::bind(2, &writer.dn, PASSWORD, &[]))?;
        seen.binds.fetch_add(1, Ordering::Relaxed);
        match right.code {
            Some(0) => seen.successes.lock().unwrap().push((asked, Instant::now())),
            Some(52) => {
                seen.refused.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            _ => panic!("the right password: {right:?}"),
        }
        let answers = wire.try_ask(&request::search(
            3,
            &writer.dn,
            Scope::Base,
            "objectClass",
            &["cn"],
            &[],
        ))?;
        let last = &answers[answers.len() - 1];
        match last.code {
            Some(0) => assert_eq!(answers.len(), 2, "{answers:?}"),
            _ => assert_eq!(last.code, UNAVAILABLE, "a search: {last:?}"),
        }
        if last.code == Some(0) {
            writer.write(&mut wire)?;
        }
        wire.try_send(&request::unbind(9))
    })();
    if let Err(error) = outcome {
        assert!(is_close(&error), "neither an answer nor a close: {error}");
    }
}

/// Somebody who writes ever higher numbers into the own entry and remembers what became of them.
struct Writer {
    dn: String,
    acknowledged: u32,
    tried: u32,
}

impl Writer {
    fn new(number: usize) -> Self {
        Self {
            dn: people::dn(&format!("user{number:04}")),
            acknowledged: 0,
            tried: 0,
        }
    }

    fn write(&mut self, wire: &mut Wire) -> io::Result<()> {
        self.tried += 1;
        let value = self.tried.to_string();
        let change: (Change, &str, &[&str]) = (Change::Replace, "employeeNumber", &[&value]);
        let answer = ask(wire, &request::modify(4, &self.dn, &[change], &[]))?;
        match answer.code {
            Some(0) => self.acknowledged = self.tried,
            // Outcome unknown; or a notice, where the loss was seen before the change was sent.
            Some(80 | 52) => {}
            _ => panic!("a change: {answer:?}"),
        }
        Ok(())
    }

    /// What was acknowledged is there, or something later of which nobody knew.
    fn check(&self, gateway: &Gateway) {
        let answers = gateway.client().ask(&request::search(
            1,
            &self.dn,
            Scope::Base,
            "objectClass",
            &["employeeNumber"],
            &[],
        ));
        let text = String::from_utf8_lossy(&answers[0].octets).into_owned();
        let digits: String = text.chars().rev().take_while(char::is_ascii_digit).collect();
        let number: u32 = digits
            .chars()
            .rev()
            .collect::<String>()
            .parse()
            .expect("something was written");
        assert!(
            (self.acknowledged..=self.tried).contains(&number),
            "{number} of {}..={}",
            self.acknowledged,
            self.tried
        );
    }
}

/// The last answer to a request, or the end of the connection.
fn ask(wire: &mut Wire, request: &[u8]) -> io::Result<Answer> {
    let answer = wire.try_ask(request)?.pop().expect("an answer");
    if answer.is_notice() {
        assert_eq!(answer.code, UNAVAILABLE, "a notice: {answer:?}");
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    Ok(answer)
}

fn bind(uid: &str) -> Vec<u8> {
    request::bind(1, &people::dn(uid), PASSWORD, &[])
}

#[test]
fn a_session_that_loses_its_directory_gets_its_answers_and_a_notice() {
    let mut slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    // Frozen, it takes requests without answering, so they are in flight when it dies.
    slapd.freeze();
    wire.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    wire.send(&request::modify(
        3,
        &people::dn("active"),
        &[(Change::Replace, "description", &["x"])],
        &[],
    ));
    wire.send(&request::compare(4, &people::dn("active"), "cn", "active"));
    is_read(&mut wire, 5);
    slapd.kill();
    let mut codes: Vec<(u32, Option<u32>)> = Vec::new();
    loop {
        let answer = wire.answer();
        if answer.is_notice() {
            assert_eq!(answer.code, UNAVAILABLE);
            break;
        }
        codes.push((answer.id, answer.code));
    }
    wire.expect_closed();
    codes.sort_unstable();
    // What may have changed something has an unknown outcome; what only reads was not to be had.
    assert_eq!(codes, [(2, Some(52)), (3, Some(80)), (4, Some(52))]);
    slapd.start_again();
    eventually("service is back", BACK, || {
        (sign_in(&gateway, "active").1.code == Some(0)).then_some(())
    });
}

#[test]
fn an_anonymous_session_outlives_its_directory() {
    let mut slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut wire = gateway.client();
    assert_eq!(entries(&mut wire, 1, "active"), 1);
    slapd.kill();
    let refused = wire
        .ask(&request::search(2, BASE, Scope::Base, "objectClass", &["dc"], &[]))
        .remove(0);
    assert_eq!(refused.code, UNAVAILABLE, "{refused:?}");
    slapd.start_again();
    let mut id = 2;
    eventually("the same connection is served", BACK, || {
        id += 1;
        let answers = wire.ask(&request::search(id, BASE, Scope::Base, "objectClass", &["dc"], &[]));
        (answers.len() == 2).then_some(())
    });
}

#[test]
fn a_directory_that_hangs_is_52_within_the_configured_deadline_and_well_again_after() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        limits: "bind_seconds = 1\noperation_seconds = 1".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut bound, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(0));
    let mut anonymous = gateway.client();
    assert_eq!(entries(&mut anonymous, 1, "active"), 1);
    slapd.freeze();
    let patience = Duration::from_secs(10);
    for uid in ["active", "nobody"] {
        let mut wire = gateway.client();
        wire.set_deadline(patience);
        let answer = wire.bind(1, &people::dn(uid), PASSWORD);
        assert_eq!(answer.code, UNAVAILABLE, "{uid}: {answer:?}");
        let wrong = wire.bind(2, &people::dn(uid), "wrong");
        assert_eq!((wrong.code, wrong.text), (answer.code, answer.text), "{uid}");
    }
    for (wire, name) in [(&mut bound, "bound"), (&mut anonymous, "anonymous")] {
        wire.set_deadline(patience);
        let answers = wire.ask(&request::search(2, BASE, Scope::Base, "objectClass", &["dc"], &[]));
        assert_eq!(answers[0].code, UNAVAILABLE, "{name}: {answers:?}");
    }
    assert_eq!(
        bound.expect_notice().code,
        UNAVAILABLE,
        "who was signed in there is not any more"
    );
    slapd.thaw();
    eventually("service is back", BACK, || {
        (sign_in(&gateway, "active").1.code == Some(0)).then_some(())
    });
    serves(&gateway);
}

#[test]
fn readiness_follows_the_directory() {
    let mut slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    slapd.kill();
    let _ = sign_in(&gateway, "active");
    let a_probe = Duration::from_secs(30);
    eventually("it says that it is not ready", a_probe, || {
        (!gateway.is_ready()).then_some(())
    });
    slapd.start_again();
    eventually("it says that it is ready", a_probe, || gateway.is_ready().then_some(()));
}
