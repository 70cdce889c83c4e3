//! `postern panic`: the gateway taken out of the way, on record, and back by itself.

use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{Change, Scope, modify, search};
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually, gateway};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn a_bypass_lets_the_directory_decide_is_on_record_and_ends_when_it_is_told_to() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut before = gateway.client();
    assert_eq!(before.bind(1, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(sign_in(&gateway, "must-change"), Some(49));
    assert!(gateway.metrics().has("postern_bypass_active", &[]));
    assert_active(&gateway, 0.0);

    let told = panic(&gateway, &["transparent", "--for", "1h", "--reason", "it looks wrong"]);
    assert!(told.status.success(), "{told:?}");
    assert!(
        String::from_utf8_lossy(&told.stdout).contains("postern panic off"),
        "{told:?}"
    );
    eventually("the bypass holds", DEADLINE, || {
        (sign_in(&gateway, "must-change") == Some(0)).then_some(())
    });
    assert_active(&gateway, 1.0);
    let direct = Wire::connect(slapd.address()).bind(7, &dn("active"), "wrong");
    assert_eq!(
        gateway.client().bind(7, &dn("active"), "wrong").hex(),
        direct.hex(),
        "byte for byte"
    );
    assert_eq!(
        gateway.client().bind(1, &dn("active"), "").code,
        Some(53),
        "and still nobody without a password"
    );

    assert!(panic(&gateway, &["off"]).status.success());
    eventually("the policies hold again", DEADLINE, || {
        (sign_in(&gateway, "must-change") == Some(49)).then_some(())
    });
    assert_active(&gateway, 0.0);
    let entry = search(2, &dn("active"), Scope::Base, "objectClass", &["uid"], &[]);
    assert_eq!(
        before.ask(&entry).last().unwrap().code,
        Some(0),
        "a session goes on through both"
    );
    eventually("both are on record", DEADLINE, || {
        (on_record(&gateway, "bypass-end") == 1).then_some(())
    });
    assert_eq!(on_record(&gateway, "bypass"), 1);
    let during = gateway
        .audit()
        .into_iter()
        .find(|line| line["operation"] == "bind" && line["rule"] == "built-in:bypass");
    assert!(during.is_some(), "sign-ins during a bypass are known by their rule");
    assert!(gateway.output().contains("it looks wrong"), "the reason is in the log");
}

#[test]
fn a_bypass_ends_by_itself_and_does_not_begin_again() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    assert!(panic(&gateway, &["transparent", "--for", "3s"]).status.success());
    eventually("it is over", DEADLINE, || {
        (on_record(&gateway, "bypass-end") == 1).then_some(())
    });
    assert_eq!(on_record(&gateway, "bypass"), 1);
    assert_eq!(sign_in(&gateway, "must-change"), Some(49));
    assert!(!gateway.folder().join("state/bypass.json").exists());
    gateway.kill();
    gateway.start_again();
    assert_eq!(sign_in(&gateway, "must-change"), Some(49));
}

#[test]
fn a_bypass_outlives_a_restart_and_a_reload_but_lets_nobody_past_what_may_pass() {
    let slapd = Slapd::start();
    let policy = |version: u32| {
        format!(
            "priority = 1\n[[policy]]\nroute = \"*\"\n[policy.pass]\nread_only = true\n[policy.messages]\nmust_change = \"version {version}\"\n"
        )
    };
    let mut gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy(1)),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    assert!(panic(&gateway, &["transparent"]).status.success());
    eventually("the bypass holds", DEADLINE, || {
        (sign_in(&gateway, "must-change") == Some(0)).then_some(())
    });
    gateway.kill();
    gateway.start_again();
    assert_eq!(sign_in(&gateway, "must-change"), Some(0), "from the first client on");
    let generation = gateway.generation();
    gateway.write_policy("policy.toml", &policy(2));
    eventually("the new policies are read", DEADLINE, || {
        (gateway.generation() > generation).then_some(())
    });
    assert_eq!(sign_in(&gateway, "must-change"), Some(0));
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let written = wire
        .ask(&modify(
            2,
            &dn("active"),
            &[(Change::Replace, "description", &["x"])],
            &[],
        ))
        .remove(0);
    assert_eq!(written.code, Some(53), "read-only stays: {written:?}");
    assert!(panic(&gateway, &["off"]).status.success());
    eventually("the policies hold again", DEADLINE, || {
        (sign_in(&gateway, "must-change") == Some(49)).then_some(())
    });
}

#[test]
fn a_bypass_that_others_could_have_asked_for_does_not_count() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let file = gateway.folder().join("state/bypass.json");
    // Written beside and moved, so that the gateway never sees it with other rights.
    let beside = gateway.folder().join("asked");
    let text = "{\"since\":\"2020-01-01T00:00:00Z\",\"until\":\"2020-01-01T00:00:01Z\",\"by\":\"x\",\"reason\":null}";
    fs::write(&beside, text).unwrap();
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o666)).unwrap();
    fs::rename(&beside, &file).unwrap();
    eventually("it is told", DEADLINE, || {
        gateway.output().contains("in a way that does not count").then_some(())
    });
    assert_eq!(sign_in(&gateway, "must-change"), Some(49));
    assert!(file.exists(), "it stays as evidence");
    for wrong in [
        &["transparent", "--for", "25h"][..],
        &["transparent", "--for", "soon"],
        &["transparent", "--reason", "a\nb"],
    ] {
        assert_eq!(panic(&gateway, wrong).status.code(), Some(64), "{wrong:?}");
    }
}

fn sign_in(gateway: &Gateway, uid: &str) -> Option<u32> {
    gateway.client().bind(1, &dn(uid), PASSWORD).code
}

pub(super) fn panic(gateway: &Gateway, arguments: &[&str]) -> Output {
    let (command, options) = arguments.split_first().expect("a command");
    let run = Command::new(gateway::program())
        .args(["panic", command, "--config"])
        .arg(gateway.folder().join("gateway.toml"))
        .args(options)
        .output();
    run.expect("the program runs")
}

fn on_record(gateway: &Gateway, operation: &str) -> usize {
    let audit = gateway.audit();
    let lines = audit.iter().filter(|line| line["operation"] == operation);
    lines
        .inspect(|line| assert_eq!(line["rule"], "built-in:bypass"))
        .count()
}

fn assert_active(gateway: &Gateway, wanted: f64) {
    let active = gateway.metrics().sum("postern_bypass_active", &[]);
    assert!((active - wanted).abs() < f64::EPSILON, "{active}");
}
