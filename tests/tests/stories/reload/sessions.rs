//! Sessions that were there before: under new rules from their next request on.

use super::{DEADLINE, Scene, policy, telling};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{Change, Scope, bind, compare, modify, root_dse, search, who_am_i};
use postern_tests::wire::Answer;
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually};

const ALLOWED: &str = "[policy.standing.expiring]\nverdict = \"allow\"\n";
const RESTRICTED: &str = "[policy.standing.expiring]\nverdict = \"restrict\"\n";
const REFUSED: &str = "[policy.standing.expiring]\nverdict = \"refuse\"\n";

#[test]
fn a_session_whose_standing_is_refused_now_is_ended_with_a_notice_and_the_others_go_on() {
    let mut scene = Scene::start(&policy("text", "", ALLOWED));
    let (mut expiring, mut active) = (signed_in(&scene, "expiring"), signed_in(&scene, "active"));
    assert_eq!(read(&mut expiring, 2, "expiring"), Some(0));
    scene.replace("policy.toml", &policy("text", "", REFUSED));
    scene.expect_in_force("expiring is refused");
    let notice = ask(&mut expiring, &search(3, &dn("expiring"), Scope::Base, "uid", &[], &[]));
    assert!(notice.is_notice(), "not a notice: {notice:?}");
    assert_eq!(notice.code, Some(8), "{notice:?}");
    expiring.expect_closed();
    assert_eq!(read(&mut active, 2, "active"), Some(0));
    assert_eq!(scene.gateway.client().bind(1, &dn("expiring"), PASSWORD).code, Some(49));
    scene.finish();
}

#[test]
fn a_session_that_is_restricted_now_may_only_change_its_password_until_the_rules_let_it_free() {
    let mut scene = Scene::start(&policy("ppolicy", "", ALLOWED));
    let mut expiring = signed_in(&scene, "expiring");
    assert_eq!(read(&mut expiring, 2, "expiring"), Some(0));
    scene.replace("policy.toml", &policy("ppolicy", "", RESTRICTED));
    scene.expect_in_force("expiring is restricted");
    assert_eq!(read(&mut expiring, 3, "expiring"), Some(50));
    assert_eq!(ask(&mut expiring, &who_am_i(4)).code, Some(0));
    scene.replace("policy.toml", &policy("ppolicy", "", ALLOWED));
    scene.expect_in_force("expiring is let in again");
    assert_eq!(read(&mut expiring, 5, "expiring"), Some(0));
    scene.finish();
}

#[test]
fn a_session_let_in_to_change_its_password_is_ended_when_that_is_refused_now() {
    let restricted = policy("ppolicy", "", "[policy.standing.must_change]\nverdict = \"restrict\"\n");
    let mut scene = Scene::start(&restricted);
    let mut session = signed_in(&scene, "must-change");
    assert_eq!(ask(&mut session, &who_am_i(2)).code, Some(0));
    scene.replace("policy.toml", &telling("go away"));
    scene.expect_in_force("must change is refused");
    let notice = ask(&mut session, &who_am_i(3));
    assert!(notice.is_notice(), "not a notice: {notice:?}");
    session.expect_closed();
    scene.expect_told("go away");
    scene.finish();
}

#[test]
fn read_only_switched_on_refuses_the_next_write_on_an_open_session_and_nothing_is_written() {
    let mut scene = Scene::start(&policy("text", "", ""));
    let mut session = signed_in(&scene, "active");
    let write = |id, text: &str| modify(id, &dn("active"), &[(Change::Replace, "description", &[text])], &[]);
    assert_eq!(ask(&mut session, &write(2, "before")).code, Some(0));
    scene.replace("policy.toml", &policy("text", "read_only = true", ""));
    scene.expect_in_force("read only");
    assert_eq!(ask(&mut session, &write(3, "meanwhile")).code, Some(53));
    assert_eq!(read(&mut session, 4, "active"), Some(0));
    let mut directly = Wire::connect(scene.slapd.address());
    let is = |text| compare(5, &dn("active"), "description", text);
    assert_eq!(
        ask(&mut directly, &is("before")).code,
        Some(6),
        "the directory holds what was written before"
    );
    scene.replace("policy.toml", &policy("text", "read_only = false", ""));
    scene.expect_in_force("not read only");
    assert_eq!(ask(&mut session, &write(6, "after")).code, Some(0));
    scene.finish();
}

#[test]
fn what_may_pass_changes_for_open_sessions() {
    let mut scene = Scene::start(&policy("text", "", ""));
    let mut session = signed_in(&scene, "active");
    let compared = |id| compare(id, &dn("active"), "uid", "active");
    assert_eq!(ask(&mut session, &compared(2)).code, Some(6));

    scene.replace(
        "policy.toml",
        &policy("text", "operations = [\"bind\", \"search\"]", ""),
    );
    scene.expect_in_force("no compare");
    assert_eq!(ask(&mut session, &compared(3)).code, Some(53));

    scene.replace("policy.toml", &policy("text", "deny_attributes = [\"mail\"]", ""));
    scene.expect_in_force("no mail");
    assert_eq!(ask(&mut session, &compared(4)).code, Some(6));
    let entry = session
        .ask(&search(5, &dn("active"), Scope::Base, "objectClass", &[], &[]))
        .remove(0);
    assert!(!contains(&entry.octets, b"mail"), "{entry:?}");
    assert!(contains(&entry.octets, b"active"), "{entry:?}");

    scene.replace(
        "policy.toml",
        &policy("text", "base_dns = [\"ou=people,dc=example,dc=org\"]", ""),
    );
    scene.expect_in_force("people only");
    let everything = search(6, "dc=example,dc=org", Scope::Subtree, "uid", &["1.1"], &[]);
    assert_eq!(ask(&mut session, &everything).code, Some(50));
    let entry = session
        .ask(&search(7, &dn("active"), Scope::Base, "objectClass", &[], &[]))
        .remove(0);
    assert!(contains(&entry.octets, b"mail"), "{entry:?}");
    scene.finish();
}

#[test]
fn anonymous_and_plain_sessions_are_stopped_at_their_next_request_when_the_rules_say_so() {
    // Without load, whose clients are anonymous and plain themselves.
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(policy("text", "", "")),
        ..GatewaySettings::new("", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let (mut anonymous, mut plain, mut under_tls) = (gateway.client(), gateway.client(), gateway.tls_client());
    assert_eq!(read(&mut anonymous, 1, "active"), Some(0));
    assert_eq!(plain.bind(1, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(under_tls.bind(1, &dn("active"), PASSWORD).code, Some(0));

    gateway.write_policy("policy.toml", &policy("text", "anonymous = false", ""));
    assert_eq!(read(&mut anonymous, 2, "active"), Some(50));
    assert_eq!(ask(&mut anonymous, &root_dse(3, &["1.1"])).code, Some(0));
    assert_eq!(read(&mut plain, 2, "active"), Some(0));

    gateway.write_policy("policy.toml", &policy("text", "tls = \"always\"", ""));
    assert_eq!(read(&mut plain, 3, "active"), Some(13));
    assert_eq!(ask(&mut plain, &root_dse(4, &["1.1"])).code, Some(0));
    assert_eq!(read(&mut under_tls, 2, "active"), Some(0));
}

#[test]
fn a_sign_in_the_directory_is_slow_to_answer_is_judged_by_the_rules_in_force_when_it_answers() {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(policy("text", "", ALLOWED)),
        ..GatewaySettings::new("", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut client = gateway.client();
    // A lane is there before the directory stops.
    assert_eq!(client.bind(1, &dn("active"), PASSWORD).code, Some(0));
    slapd.freeze();
    client.send(&bind(2, &dn("expiring"), PASSWORD, &[]));
    gateway.write_policy("policy.toml", &policy("text", "", REFUSED));
    slapd.thaw();
    let answer = client.answer();
    assert_eq!((answer.id, answer.code), (2, Some(49)), "{answer:?}");
    assert_eq!(
        read(&mut client, 3, "expiring"),
        Some(0),
        "anonymous: nobody is signed in, and may read what anybody may"
    );
    assert!(!contains(&ask(&mut client, &who_am_i(4)).rest, b"uid="));
}

#[test]
fn a_sign_in_under_way_when_the_surface_becomes_transparent_is_told_no_control_it_did_not_ask_for() {
    let slapd = Slapd::start();
    let settings = GatewaySettings {
        policy: Some(policy("text", "", "")),
        ..GatewaySettings::new("", &[slapd.url()])
    };
    let gateway = Gateway::start_with(&settings);
    let mut client = gateway.client();
    assert_eq!(client.bind(1, &dn("active"), PASSWORD).code, Some(0));
    slapd.freeze();
    client.send(&bind(2, &dn("must-change"), PASSWORD, &[]));
    gateway.write_policy("policy.toml", &policy("transparent", "", ""));
    slapd.thaw();
    let answer = client.answer();
    assert_eq!(answer.controls, [], "{answer:?}");
}

#[test]
fn a_search_under_way_when_the_rules_change_comes_to_its_end() {
    let mut scene = Scene::start(&policy("text", "", ""));
    let mut session = signed_in(&scene, "active");
    scene.slapd.freeze();
    session.send(&search(2, "dc=example,dc=org", Scope::Subtree, "uid", &["uid"], &[]));
    // The load waits for the frozen directory, so only the counts are looked at here.
    scene.replace("policy.toml", &policy("text", "read_only = true", ""));
    eventually("the rules change", DEADLINE, || {
        (scene.counts() == (2, 1, 0)).then_some(())
    });
    scene.slapd.thaw();
    let mut entries = 0;
    let done = loop {
        let answer = session.answer();
        assert_eq!(answer.id, 2, "{answer:?}");
        if answer.code.is_some() {
            break answer;
        }
        entries += 1;
    };
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(entries > 10, "{entries} entries");
    scene.generation = 2;
    scene.succeeded = 1;
    scene.expect_counts("the end");
    scene.load.expect_flawless("the end");
    scene.finish();
}

fn signed_in(scene: &Scene, uid: &str) -> Wire {
    let mut wire = scene.gateway.client();
    let answer = wire.bind(1, &dn(uid), PASSWORD);
    assert_eq!(answer.code, Some(0), "{uid} signs in: {answer:?}");
    wire
}

/// The last answer to a request.
fn ask(wire: &mut Wire, request: &[u8]) -> Answer {
    wire.ask(request).pop().unwrap()
}

/// The result of reading an account.
fn read(wire: &mut Wire, id: u32, uid: &str) -> Option<u32> {
    ask(wire, &search(id, &dn(uid), Scope::Base, "objectClass", &["uid"], &[])).code
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}
