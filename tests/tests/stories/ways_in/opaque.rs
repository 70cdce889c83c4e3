//! Routes on which nothing is enforced, for mechanisms that put a layer around everything after the sign-in.

use super::{Scene, mechanisms, read};
use postern_tests::gateway::program;
use postern_tests::people::{BASE, PASSWORD, dn};
use postern_tests::{Wire, request};
use std::process::Command;
use std::time::Duration;

/// A slapd that knows its people by SASL's names.
pub(super) const SASL: &str = "sasl-host localhost
sasl-secprops none
authz-regexp uid=([^,]*),.*cn=auth uid=$1,ou=people,dc=example,dc=org
";
/// `[route.lanes]` is the route's own table: `opaque` belongs above it, so the route is one more.
const ROUTE: &str = "
[[route]]
name = \"kerberos\"
directory = \"people\"
opaque = true
";
const LISTENER: &str = "
[[listener.choose]]
networks = [\"127.0.0.1\"]
route = \"kerberos\"
";

fn scene() -> Scene {
    Scene::start("generic", LISTENER, "", ROUTE)
}

#[test]
fn a_mechanism_with_a_layer_of_its_own_works_there_and_is_on_record_from_begin_to_end() {
    let scene = scene();
    let listed = mechanisms(&mut scene.gateway.client(), 1);
    assert_eq!(listed, mechanisms(&mut Wire::connect(scene.slapd.address()), 1));
    let url = format!("ldap://localhost:{}", scene.gateway.address().port());
    // 128: encrypted from the sign-in on, so that what follows is no LDAP to anybody in between.
    let arguments = [
        "-Y",
        "DIGEST-MD5",
        "-O",
        "minssf=128",
        "-U",
        "active",
        "-w",
        PASSWORD,
        "-b",
        BASE,
        "-s",
        "base",
        "o",
    ];
    let done = scene.tool("ldapsearch", &url, &arguments, &[]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("o: Example"), "{done:?}");
    // The first was the root DSE's reader.
    let begun = scene.audit_with("built-in:opaque-begins", 2);
    let line = begun.last().unwrap();
    assert_eq!(
        (&line["route"], &line["operation"]),
        (&"kerberos".into(), &"opaque".into())
    );
    assert_eq!(scene.audit_with("built-in:opaque-ends", begun.len()).len(), begun.len());
}

#[test]
fn nothing_is_enforced_there_and_what_a_client_sends_comes_back_as_the_directory_answers() {
    let scene = scene();
    let mut wire = scene.gateway.client();
    let mut direct = Wire::connect(scene.slapd.address());
    // Several at once, the first of them not a bind.
    let read = request::search(1, BASE, request::Scope::Base, "objectClass", &["o"], &[]);
    for request in [
        read,
        request::bind(2, &dn("must-change"), PASSWORD, &[]),
        request::bind(3, &dn("active"), "wrong", &[]),
    ] {
        let (through, there) = (wire.ask(&request), direct.ask(&request));
        assert_eq!(through, there);
    }
}

#[test]
fn tls_is_ours_there_and_limits_hold() {
    let scene = scene();
    let mut wire = scene.gateway.client();
    wire.start_tls(1, &scene.ca_file());
    assert_eq!(wire.bind(2, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(read(&mut wire, 3, BASE), Some(0));
    wire.half_close();
    wire.expect_closed();
}

#[test]
fn an_end_of_the_directory_or_of_the_gateway_ends_it() {
    let mut scene = scene();
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    scene.slapd.restart();
    wire.expect_closed();
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    scene.gateway.signal(rustix::process::Signal::TERM);
    wire.expect_closed();
    assert!(scene.gateway.end(Duration::from_secs(20)).success());
}

#[test]
fn check_and_explain_say_that_nothing_is_enforced() {
    let scene = scene();
    let config = scene.gateway.folder().join("gateway.toml");
    let run = |arguments: &[&str]| {
        let done = Command::new(program())
            .args(arguments)
            .arg("--config")
            .arg(&config)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let said = run(&["check"]);
    assert!(
        said.contains("route kerberos is opaque: nothing is enforced here"),
        "{said}"
    );
    let said = run(&["explain", "--route", "kerberos", "--user", "active"]);
    assert!(
        said.contains("nothing is enforced here") && !said.contains("verdict"),
        "{said}"
    );
    let said = run(&["explain", "--route", "applications", "--user", "active"]);
    assert!(!said.contains("nothing is enforced"), "{said}");
}
