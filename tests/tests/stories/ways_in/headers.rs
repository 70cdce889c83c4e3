//! The PROXY protocol before a listener.

use super::{Scene, read};
use postern_tests::people::{BASE, PASSWORD, dn};
use postern_tests::wire::trusting;
use postern_tests::{Wire, request};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const TRUSTED: &str = "proxy_protocol = { trusted = [\"127.0.0.0/8\"] }";

/// The header of a client 192.0.2.`last`:4242.
fn header(last: u8) -> Vec<u8> {
    [
        SIGNATURE,
        b"\x21\x11\0\x0c",
        &[192, 0, 2, last, 127, 0, 0, 1, 0x10, 0x92, 1, 0x85],
    ]
    .concat()
}

fn scene(listener: &str) -> Scene {
    Scene::start("generic", listener, "", "")
}

#[test]
fn who_is_behind_a_trusted_load_balancer_is_the_client_on_record_and_before_the_rules() {
    let scene = scene(TRUSTED);
    let mut wire = Wire::connect(scene.gateway.address());
    // All at once: not one octet behind the header is taken for part of it.
    wire.send(&[header(7), request::bind(1, &dn("active"), PASSWORD, &[])].concat());
    assert_eq!(
        wire.answer().code,
        Some(13),
        "the client is not on this machine, whoever passes it on"
    );
    assert_eq!(scene.audit(1)[0]["client"], "192.0.2.7:4242");
    let mut wire = Wire::connect(scene.gateway.tls_address());
    wire.send(&header(8));
    wire.shake_hands(&scene.ca_file()).unwrap();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let line = scene.audit(2).pop().unwrap();
    assert_eq!(line["client"], "192.0.2.8:4242");
}

#[test]
fn a_load_balancer_that_speaks_for_itself_is_its_own_client() {
    let scene = scene(TRUSTED);
    let mut wire = Wire::connect(scene.gateway.address());
    wire.send(&[SIGNATURE, b"\x20\0\0\0"].concat());
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(read(&mut wire, 2, BASE), Some(0));
}

#[test]
fn from_anybody_else_no_header_is_read() {
    let scene = scene("proxy_protocol = { trusted = [\"192.0.2.0/24\"] }");
    let mut wire = Wire::connect(scene.gateway.address());
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let mut wire = Wire::connect(scene.gateway.address());
    wire.try_send(&header(7)).unwrap();
    wire.expect_closed();
    let mut wire = Wire::connect(scene.gateway.tls_address());
    wire.try_send(&header(7)).unwrap();
    assert!(wire.shake_hands(&scene.ca_file()).is_err());
    assert!(
        scene
            .gateway
            .audit()
            .iter()
            .all(|line| line["client"] != "192.0.2.7:4242")
    );
}

#[test]
fn a_header_that_is_missing_malformed_or_of_version_1_ends_the_connection_and_is_on_record() {
    let scene = scene(TRUSTED);
    let mut checksum = [
        SIGNATURE,
        b"\x21\x11\0\x13",
        &[192, 0, 2, 7, 127, 0, 0, 1, 1, 1, 1, 1],
        b"\x03\0\x04",
    ]
    .concat();
    checksum.extend([0; 4]);
    let cases: [(Vec<u8>, &str); 4] = [
        (request::bind(1, &dn("active"), PASSWORD, &[]), "built-in:proxy-header"),
        (
            b"PROXY TCP4 192.0.2.7 127.0.0.1 4242 389\r\n".to_vec(),
            "built-in:proxy-header-version-1",
        ),
        ([SIGNATURE, b"\x21\x11\xff\xff"].concat(), "built-in:proxy-header"),
        (checksum, "built-in:proxy-header"),
    ];
    for (number, (octets, rule)) in cases.iter().enumerate() {
        let mut wire = Wire::connect(scene.gateway.address());
        wire.send(octets);
        // What was not read of ours ends the connection with a reset, which may overtake the notice.
        if let Ok(Some(notice)) = wire.receive() {
            assert!(notice.is_notice() && notice.code == Some(2), "{notice:?}");
        }
        let line = scene.audit(number + 1).pop().unwrap();
        assert_eq!(line["rule"], *rule);
        assert_eq!(
            (&line["operation"], &line["outcome"]),
            (&"connect".into(), &"refused".into())
        );
        assert!(line["client"].as_str().unwrap().starts_with("127.0.0.1:"));
    }
    let mut wire = Wire::connect(scene.gateway.tls_address());
    assert!(wire.shake_hands_as(trusting(&scene.ca_file()), "localhost").is_err());
    assert_eq!(scene.audit(cases.len() + 1).len(), cases.len() + 1);
}

#[test]
fn a_header_that_does_not_come_is_not_waited_for_long() {
    let scene = scene(TRUSTED);
    let mut wire = Wire::connect(scene.gateway.address());
    wire.send(&header(7)[..27]);
    let notice = wire.expect_notice();
    assert_eq!(notice.code, Some(2));
    assert_eq!(scene.audit_with("built-in:proxy-header-late", 1).len(), 1);
}
