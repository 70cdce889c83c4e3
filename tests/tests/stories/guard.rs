//! Attacks on passwords, through the gateway: the directory (pwdMaxFailure 5, pwdLockout TRUE) never locks the account, and nobody is told
//! more than that a password is wrong.

mod operations;

use crate::bypass;
use postern_ldap::{ResultCode, answer, tag};
use postern_tests::chance::rounds;
use postern_tests::gateway::Output;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, dn};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const WRONG: Option<u32> = Some(49);

/// A slapd with ordinary people, and a gateway before it.
struct Scene {
    slapd: Slapd,
    gateway: Gateway,
}

impl Scene {
    fn new() -> Self {
        Self::with(&format!("default_policy_dn = \"cn=default,ou=policies,{BASE}\""))
    }

    fn of(slapd: Slapd) -> Self {
        Self::before(slapd, &format!("default_policy_dn = \"cn=default,ou=policies,{BASE}\""))
    }

    /// With these lines for the directory.
    fn with(directory: &str) -> Self {
        let slapd = Slapd::start_with(&SlapdSettings {
            users: 40,
            ..SlapdSettings::default()
        });
        Self::before(slapd, directory)
    }

    /// Before this slapd.
    fn before(slapd: Slapd, directory: &str) -> Self {
        let mut settings = GatewaySettings::new("sssd", &[slapd.url()]);
        directory.clone_into(&mut settings.directory);
        let gateway = Gateway::start_with(&settings);
        Self { slapd, gateway }
    }

    /// A sign-in on a connection of its own, from this address.
    fn sign_in(&self, from: IpAddr, name: &str, password: &str) -> Answer {
        Wire::connect_from(self.gateway.address(), from).bind(1, name, password)
    }

    fn guess(&self, name: &str, password: &str) {
        let answer = self.sign_in(here(), name, password);
        assert_eq!(answer.code, WRONG, "{name}: {answer:?}");
    }

    /// What slapd's own administrator reads: whether the account is locked, and how many failures are counted.
    fn state(&self, uid: &str) -> (bool, usize) {
        let mut wire = Wire::connect(self.slapd.address());
        assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
        let attributes = ["pwdAccountLockedTime", "pwdFailureTime"];
        let search = request::search(2, &dn(uid), Scope::Base, "objectClass", &attributes, &[]);
        let entry = String::from_utf8_lossy(&wire.ask(&search).remove(0).octets).into_owned();
        let (locked, failures) = match entry.split_once("pwdFailureTime") {
            Some((before, after)) => (before.to_owned() + after, after.matches('Z').count()),
            None => (entry.clone(), 0),
        };
        (locked.contains("pwdAccountLockedTime"), failures)
    }

    /// Shows that slapd has not locked the account, and counts fewer failures than would.
    fn expect_unlocked(&self, uid: &str) -> usize {
        let (locked, failures) = self.state(uid);
        assert!(!locked, "{uid} is locked after {failures} failures");
        assert!(failures < 5, "{uid}: {failures} failures");
        failures
    }
}

fn here() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

/// An address in a network of its own.
fn network(number: usize) -> IpAddr {
    let [high, low] = u16::try_from(number + 1).unwrap().to_be_bytes();
    Ipv4Addr::new(127, 9 + high, low, 1).into()
}

#[test]
fn spellings_of_a_name_do_not_multiply_guesses() {
    let scene = Scene::new();
    let spellings = [
        "uid=user0001,ou=people,dc=example,dc=org",
        "UID=USER0001,OU=People,DC=EXAMPLE,dc=org",
        "uid = user0001 , ou = people , dc = example , dc = org",
        "uid=\\75ser0001,ou=\\70eople,dc=example,dc=org",
        "userid=user0001,ou=people,dc=example,dc=org",
        "0.9.2342.19200300.100.1.1=user0001,2.5.4.11=people,dc=example,dc=org",
        "OID.0.9.2342.19200300.100.1.1=user0001,ou=people,dc=example,dc=org",
        "uid=user0001;ou=people;dc=example;dc=org",
        "uid=\u{ff55}ser0001,ou=people,dc=example,dc=org",
        "uid=u\u{ff53}er0001,ou=people,dc=example,dc=org",
        "uid=us\\ef\\bd\\85r0001,ou=people,dc=example,dc=org",
        "uid=use\u{ff52}0001,ou=people,dc=example,dc=org",
        "uid=user\u{ff10}001,ou=people,dc=example,dc=org",
    ];
    for (number, name) in spellings.iter().cycle().take(3 * spellings.len()).enumerate() {
        scene.guess(name, &format!("guess-{number}"));
    }
    assert!(
        scene.expect_unlocked("user0001") > 0,
        "the guesses did not reach slapd at all"
    );
    // Most of these do mean the account: slapd itself lets its owner in by them.
    let mut accepted = 0;
    for name in &spellings {
        let name = name.replace("0001", "0002").replace("\u{ff10}001", "\u{ff10}002");
        let answer = Wire::connect(scene.slapd.address()).bind(1, &name, PASSWORD);
        accepted += usize::from(answer.code == Some(0));
    }
    assert!(accepted >= 8, "slapd takes only {accepted} of the spellings");
}

#[test]
fn guesses_from_many_networks_neither_lock_the_account_nor_keep_its_owner_out() {
    let scene = Scene::new();
    let owner = dn("user0001");
    assert_eq!(scene.sign_in(here(), &owner, PASSWORD).code, Some(0));
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let all = rounds(400);
    std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= all {
                            return;
                        }
                        let answer = scene.sign_in(network(number % 50), &owner, &format!("guess-{number}"));
                        assert_eq!(answer.code, WRONG, "{answer:?}");
                    }
                })
            })
            .collect();
        let signing_in = scope.spawn(|| {
            let mut wire = scene.gateway.client();
            let mut count = 0;
            while !over.load(Ordering::Relaxed) || count < 20 {
                let answer = wire.bind(2 + count, &owner, PASSWORD);
                assert_eq!(answer.code, Some(0), "the owner is kept out: {answer:?}");
                count += 1;
            }
        });
        let attacked = attackers
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .all(|end| end.is_ok());
        over.store(true, Ordering::Relaxed);
        assert!(signing_in.join().is_ok() && attacked);
    });
    scene.expect_unlocked("user0001");
}

#[test]
fn guesses_behind_one_application_server_do_not_lock_the_account() {
    let scene = Scene::new();
    let owner = dn("user0001");
    assert_eq!(scene.sign_in(here(), &owner, PASSWORD).code, Some(0));
    let mut wire = scene.gateway.client();
    for number in 0..30 {
        let answer = wire.bind(number + 1, &owner, &format!("guess-{number}"));
        assert_eq!(answer.code, WRONG, "{answer:?}");
    }
    // The whole budget of a known network, and no more.
    assert_eq!(scene.expect_unlocked("user0001"), 4);
    assert_eq!(scene.sign_in(here(), &owner, PASSWORD).code, WRONG);
    // An administrator sets a password, in the directory itself: soon the owner may try again.
    let mut administrator = Wire::connect(scene.slapd.address());
    assert_eq!(
        administrator.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code,
        Some(0)
    );
    let set = request::modify(
        2,
        &owner,
        &[(request::Change::Replace, "userPassword", &[PASSWORD])],
        &[],
    );
    assert_eq!(administrator.ask(&set).remove(0).code, Some(0));
    postern_tests::eventually("the owner is let in again", std::time::Duration::from_secs(40), || {
        (scene.sign_in(here(), &owner, PASSWORD).code == Some(0)).then_some(())
    });
}

#[test]
fn fifty_guesses_at_once_do_not_lock_the_account_and_fifty_right_ones_all_get_in() {
    let scene = Scene::new();
    let at_once = |uid: &str, password: &(dyn Fn(usize) -> String + Sync)| -> Vec<Option<u32>> {
        let name = dn(uid);
        let mut wires: Vec<_> = (0..50).map(|_| scene.gateway.client()).collect();
        for (number, wire) in wires.iter_mut().enumerate() {
            wire.send(&request::bind(1, &name, &password(number), &[]));
        }
        wires.iter_mut().map(|wire| wire.answer().code).collect()
    };
    let guessed = at_once("user0001", &|number| format!("guess-{number}"));
    assert!(guessed.iter().all(|code| *code == WRONG), "{guessed:?}");
    scene.expect_unlocked("user0001");
    let right = at_once("user0002", &|_| PASSWORD.to_owned());
    assert!(right.iter().all(|code| *code == Some(0)), "{right:?}");
    // One stored wrong password in fifty places costs no more than what left at once.
    let stored = at_once("user0003", &|_| "stored".to_owned());
    assert!(stored.iter().all(|code| *code == WRONG), "{stored:?}");
    assert!(scene.expect_unlocked("user0003") <= 2);
}

#[test]
fn the_same_wrong_password_again_reaches_nobody_and_is_on_record() {
    let scene = Scene::new();
    for _ in 0..20 {
        scene.guess(&dn("user0001"), "stored-and-stale");
    }
    assert_eq!(scene.expect_unlocked("user0001"), 1);
    assert_eq!(scene.sign_in(here(), &dn("user0001"), PASSWORD).code, Some(0));
    for number in 0..6 {
        scene.guess(&dn("user0002"), &format!("guess-{number}"));
    }
    let count = |reason| {
        scene.gateway.metrics().sum(
            "postern_guard_held_total",
            &[("directory", "people"), ("reason", reason)],
        )
    };
    assert!((count("repeated") - 19.0).abs() < 0.5, "{}", count("repeated"));
    assert!((count("spent") - 4.0).abs() < 0.5, "{}", count("spent"));
    let lines = postern_tests::eventually(
        "the audit lines are written",
        std::time::Duration::from_secs(10),
        || {
            let lines = scene.gateway.audit();
            (lines.len() >= 27).then_some(lines)
        },
    );
    for (rule, wanted) in [("built-in:guard-repeated", 19), ("built-in:guard-spent", 4)] {
        let told: Vec<_> = lines.iter().filter(|line| line["rule"] == rule).collect();
        assert_eq!(told.len(), wanted, "{rule}");
        assert!(
            told.iter()
                .all(|line| line["outcome"] == "refused" && line["result_code"] == 49)
        );
    }
}

#[test]
fn spraying_locks_nobody_and_does_not_tell_who_is_there() {
    let scene = Scene::new();
    let control = request::password_policy();
    let mut told: [Option<Answer>; 2] = [None, None];
    for number in 1..=8 {
        for (uid, asked) in [
            (format!("user{number:04}"), true),
            (format!("nobody{number:04}"), true),
            (format!("user{:04}", number + 20), false),
            (format!("nobody{:04}", number + 20), false),
        ] {
            let controls: &[&[u8]] = if asked { &[&control] } else { &[] };
            let mut wire = scene.gateway.client();
            for guess in 0..7 {
                let request = request::bind(7, &dn(&uid), &format!("guess-{}", guess % 6), controls);
                let answer = wire.ask(&request).remove(0);
                assert_eq!(answer.password_policy(), asked.then_some(&[0x30, 0][..]), "{uid}");
                let first = told[usize::from(asked)].get_or_insert_with(|| answer.clone());
                assert_eq!(&answer, first, "{uid}, guess {guess}");
            }
        }
    }
    for number in 1..=8 {
        scene.expect_unlocked(&format!("user{number:04}"));
        scene.expect_unlocked(&format!("user{:04}", number + 20));
    }
}

#[test]
fn a_restart_in_the_middle_of_an_attack_does_not_forget_it() {
    restarted(Scene::new());
}

#[test]
fn where_the_policy_is_not_known_what_the_directory_counts_is_all_the_same() {
    restarted(Scene::with(""));
}

fn restarted(mut scene: Scene) {
    let name = dn("user0001");
    assert_eq!(scene.sign_in(here(), &name, PASSWORD).code, Some(0));
    for number in 0..8 {
        scene.guess(&name, &format!("before-{number}"));
    }
    assert_eq!(scene.expect_unlocked("user0001"), 4);
    scene.gateway.kill();
    scene.gateway.start_again();
    for number in 0..8 {
        scene.guess(&name, &format!("after-{number}"));
    }
    assert_eq!(scene.expect_unlocked("user0001"), 4);
}

#[test]
fn what_went_up_while_the_guard_was_off_is_not_forgotten() {
    let scene = Scene::new();
    let soon = Duration::from_secs(20);
    // What is known of an account before, and what is not.
    let (known, unknown) = (dn("user0001"), dn("user0002"));
    assert_eq!(scene.sign_in(here(), &known, PASSWORD).code, Some(0));
    assert!(bypass::panic(&scene.gateway, &["transparent"]).status.success());
    let active = || scene.gateway.metrics().sum("postern_bypass_active", &[]);
    eventually("the bypass holds", soon, || (active() > 0.5).then_some(()));
    for name in [&known, &unknown] {
        for number in 0..4 {
            scene.guess(name, &format!("unguarded-{number}"));
        }
    }
    assert!(bypass::panic(&scene.gateway, &["off"]).status.success());
    eventually("the bypass is over", soon, || (active() < 0.5).then_some(()));
    for (name, uid) in [(&known, "user0001"), (&unknown, "user0002")] {
        for number in 0..6 {
            scene.guess(name, &format!("guarded-{number}"));
        }
        assert_eq!(scene.expect_unlocked(uid), 4);
    }
}

#[test]
fn a_test_of_a_password_that_was_referred_elsewhere_holds_nobody_up() {
    let puppet = Puppet::start(|message, _| {
        let response = tag::response_to(message.operation.tag).unwrap_or(tag::EXTENDED_RESPONSE);
        let code = if response == tag::MODIFY_RESPONSE {
            ResultCode::REFERRAL
        } else {
            ResultCode::SUCCESS
        };
        Act::Send(answer::result(message.id, response, code, "", &[]))
    });
    let mut settings = GatewaySettings::new("sssd", &[puppet.url()]);
    settings.service_account = false;
    settings.limits = "bind_seconds = 2".to_owned();
    settings.policy = Some("priority = 1\n[[policy]]\nroute = \"*\"\n[policy.guard]\nattempts = 2\n".to_owned());
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    let mut attacker = gateway.client();
    assert_eq!(attacker.bind(1, &dn("user0002"), PASSWORD).code, Some(0));
    let changes = [
        (Change::Delete, "userPassword", &["guess"][..]),
        (Change::Add, "userPassword", &["another-one-12"][..]),
    ];
    let answer = attacker
        .ask(&request::modify(2, &dn("user0001"), &changes, &[]))
        .remove(0);
    assert_eq!(answer.code, Some(53), "nothing is left of the referral: {answer:?}");
    assert_eq!(gateway.client().bind(1, &dn("user0001"), PASSWORD).code, Some(0));
}

#[test]
fn one_look_after_the_start_spares_everybody_a_look_up_but_those_with_failures() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 5,
        ..SlapdSettings::default()
    });
    let guessed = dn("user0001");
    assert_eq!(Wire::connect(slapd.address()).bind(1, &guessed, "no").code, Some(49));
    let gateway = Gateway::start("generic", &slapd);
    let line = eventually("the look", Duration::from_secs(20), || {
        let output = gateway.output();
        let line = output
            .lines()
            .find(|line| line.contains("looked who has wrong passwords"));
        line.map(str::to_owned)
    });
    assert!(!line.contains("\"accounts\":0"), "{line}");
    let look_ups = || gateway.metrics().sum("postern_guard_look_ups_total", &[]);
    // The first one tells for how long it matters.
    assert_eq!(gateway.client().bind(1, &dn("user0002"), PASSWORD).code, Some(0));
    let before = look_ups();
    for number in 3..=5 {
        let name = dn(&format!("user{number:04}"));
        assert_eq!(gateway.client().bind(1, &name, PASSWORD).code, Some(0));
    }
    assert!((look_ups() - before).abs() < 0.1, "nobody was looked up");
    assert_eq!(gateway.client().bind(1, &guessed, PASSWORD).code, Some(0));
    assert!(look_ups() > before, "who had a failure was");
}

#[test]
fn without_a_service_account_the_rules_own_numbers_hold() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 5,
        ..SlapdSettings::default()
    });
    let mut settings = GatewaySettings::new("generic", &[slapd.url()]);
    settings.service_account = false;
    let gateway = Gateway::start_with(&settings);
    let scene = Scene { slapd, gateway };
    for number in 0..12 {
        scene.guess(&dn("user0001"), &format!("guess-{number}"));
    }
    assert_eq!(scene.expect_unlocked("user0001"), 2);
    assert_eq!(scene.sign_in(here(), &dn("user0002"), PASSWORD).code, Some(0));
}

#[test]
fn a_guard_that_is_switched_off_lets_every_guess_up() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 2,
        ..SlapdSettings::default()
    });
    let mut settings = GatewaySettings::new("generic", &[slapd.url()]);
    settings.policy = Some("priority = 1\n[[policy]]\nroute = \"*\"\n[policy.guard]\nenabled = false\n".to_owned());
    let gateway = Gateway::start_with(&settings);
    let scene = Scene { slapd, gateway };
    for number in 0..6 {
        scene.guess(&dn("user0001"), &format!("guess-{number}"));
    }
    assert!(scene.state("user0001").0, "these stories could not see a lock");
}
