//! A server taken out of service under way.

use super::{SOON, ends, gateway, reads, sign_in, signed_in_at};
use postern_tests::{Gateway, Slapd, eventually};
use std::fs;

/// Saves the configuration with something in it replaced.
fn save(gateway: &Gateway, from: &str, to: &str) {
    let file = gateway.folder().join("gateway.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    let new = gateway.folder().join("gateway.toml.new");
    fs::write(&new, text.replace(from, to)).unwrap();
    fs::rename(new, file).unwrap();
}

fn draining(gateway: &Gateway, server: &Slapd, wanted: bool) {
    eventually("the file is in force", SOON, || {
        let url = server.url();
        let draining = gateway
            .metrics()
            .sum("postern_directory_server_draining", &[("server", &url)]);
        ((draining > 0.5) == wanted).then_some(())
    });
}

#[test]
fn a_drained_server_gets_nobody_new_its_people_are_sent_away_in_time_and_it_can_come_back() {
    let (first, second) = (Slapd::start(), Slapd::start());
    let marked = ", weight = 1";
    let settings = gateway(
        "generic",
        "drain_seconds = 2",
        &[(&first, marked), (&second, ", weight = 2")],
    );
    let mut gateway = Gateway::start_with(&settings);
    let (mut bound, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(0));
    let mut nobody = gateway.client();
    assert_eq!(reads(&mut nobody, 1, "active"), Some(0));
    save(&gateway, marked, ", weight = 1, drain = true");
    draining(&gateway, &first, true);
    assert_eq!(signed_in_at(&gateway, "active"), second.url(), "nothing new goes there");
    assert_eq!(
        reads(&mut bound, 2, "active"),
        Some(0),
        "who is there has time to finish"
    );
    let notice = bound.expect_notice();
    assert_eq!(notice.code, Some(52), "{notice:?}");
    assert!(notice.text.contains("out of service"), "{notice:?}");
    let ends = ends(&gateway, 1);
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(ends[0]["rule"], "built-in:server-drained");
    assert_eq!(
        reads(&mut nobody, 2, "active"),
        Some(0),
        "who is nobody moves over unseen"
    );
    eventually("nothing leads there any more", SOON, || {
        let url = first.url();
        let lanes = gateway
            .metrics()
            .sum("postern_directory_server_lanes", &[("server", &url)]);
        (lanes < 0.5).then_some(())
    });
    save(&gateway, ", weight = 1, drain = true", marked);
    draining(&gateway, &first, false);
    eventually("it serves again", SOON, || {
        (signed_in_at(&gateway, "active") == first.url()).then_some(())
    });
    gateway.expect_running();
}

#[test]
fn a_configuration_with_a_mistake_drains_nothing() {
    let (first, second) = (Slapd::start(), Slapd::start());
    let marked = ", weight = 1";
    let gateway = Gateway::start_with(&gateway("generic", "", &[(&first, marked), (&second, ", weight = 2")]));
    save(&gateway, marked, ", weight = 0, drain = true");
    eventually("the change is told", SOON, || {
        gateway
            .output()
            .contains("the configuration file has changed")
            .then_some(())
    });
    assert_eq!(signed_in_at(&gateway, "active"), first.url());
}
