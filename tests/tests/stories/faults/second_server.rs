//! Two servers of one directory: the second is there for when the first is not.

use super::{BACK, UNAVAILABLE, sign_in};
use postern_tests::people::BASE;
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, eventually};

#[test]
fn the_second_server_is_taken_at_once_when_the_first_is_killed() {
    let (mut first, second) = (marked("first"), marked("second"));
    let gateway = Gateway::start_with(&GatewaySettings::new("generic", &[first.url(), second.url()]));
    assert_eq!(server_of(&gateway), "first");
    let (mut bound, _) = sign_in(&gateway, "active");
    first.kill();
    // Whoever was signed in there is told; the very next sign-in is answered by the other server.
    let notice = bound.expect_notice();
    assert_eq!(notice.code, UNAVAILABLE);
    for _ in 0..10 {
        assert_eq!(server_of(&gateway), "second");
    }
}

#[test]
fn the_first_server_is_preferred_again_for_new_lanes_when_it_is_back() {
    let (mut first, second) = (marked("first"), marked("second"));
    let gateway = Gateway::start_with(&GatewaySettings {
        lanes: "mode = \"dedicated\"".to_owned(),
        ..GatewaySettings::new("generic", &[first.url(), second.url()])
    });
    first.kill();
    assert_eq!(server_of(&gateway), "second");
    first.start_again();
    eventually("the first is preferred again", BACK, || {
        (server_of(&gateway) == "first").then_some(())
    });
}

#[test]
fn when_both_servers_are_gone_sign_ins_are_answered_52_and_either_return_is_enough() {
    let (mut first, mut second) = (marked("first"), marked("second"));
    let gateway = Gateway::start_with(&GatewaySettings::new("generic", &[first.url(), second.url()]));
    assert_eq!(server_of(&gateway), "first");
    first.kill();
    second.kill();
    for _ in 0..3 {
        let (_, answer) = sign_in(&gateway, "active");
        assert_eq!(answer.code, UNAVAILABLE, "{answer:?}");
        assert!(answer.controls.is_empty(), "{answer:?}");
    }
    second.start_again();
    eventually("the second is taken", BACK, || {
        (sign_in(&gateway, "active").1.code == Some(0)).then_some(())
    });
    assert_eq!(server_of(&gateway), "second");
}

#[test]
fn a_first_server_that_hangs_costs_a_deadline_and_then_the_second_is_taken() {
    let (first, second) = (marked("first"), marked("second"));
    let gateway = Gateway::start_with(&GatewaySettings {
        limits: "bind_seconds = 1".to_owned(),
        ..GatewaySettings::new("generic", &[first.url(), second.url()])
    });
    assert_eq!(server_of(&gateway), "first");
    first.freeze();
    let (_, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, UNAVAILABLE, "{answer:?}");
    eventually("the second is taken", BACK, || {
        (sign_in(&gateway, "active").1.code == Some(0)).then_some(())
    });
    first.thaw();
}

/// A slapd that can be told from others by an entry.
fn marked(mark: &str) -> Slapd {
    let entry = format!("dn: ou=which,{BASE}\nobjectClass: organizationalUnit\nou: which\ndescription: {mark}\n\n");
    Slapd::start_with(&SlapdSettings {
        ldif: entry,
        ..SlapdSettings::default()
    })
}

/// Which server answers a new client that signs in and looks.
fn server_of(gateway: &Gateway) -> String {
    let (mut wire, answer) = sign_in(gateway, "active");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let which = format!("ou=which,{BASE}");
    let answers = wire.ask(&request::search(
        2,
        &which,
        Scope::Base,
        "objectClass",
        &["description"],
        &[],
    ));
    let entry = String::from_utf8_lossy(&answers[0].octets).into_owned();
    wire.send(&request::unbind(3));
    wire.expect_closed();
    ["first", "second"]
        .into_iter()
        .find(|mark| entry.contains(mark))
        .expect("a mark")
        .to_owned()
}
