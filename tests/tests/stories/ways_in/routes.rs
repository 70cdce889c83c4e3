//! Routes chosen by the name a client asks for and by where it comes from.

use super::{Scene, read};
use postern_tests::people::{BASE, PASSWORD, dn};
use postern_tests::wire::trusting;
use postern_tests::{Wire, request};

const CHOICES: &str = "
[[listener.certificate]]
server_name = [\"two.example.org\", \"three.example.org\"]
certificate_file = \"FOLDER/two.pem\"
key_file = \"FOLDER/two-key.pem\"
[[listener.choose]]
server_name = \"TWO.example.org\"
route = \"second\"
[[listener.choose]]
networks = [\"127.0.0.0/8\"]
server_name = [\"localhost\", \"four.example.org\"]
route = \"third\"
";
const ROUTES: &str = "
[[route]]
name = \"second\"
directory = \"people\"
[[route]]
name = \"third\"
directory = \"people\"
";

/// As [`Scene::start`], with a certificate for two names more.
fn scene() -> Scene {
    Scene::start("generic", CHOICES, "", ROUTES)
}

fn routes(scene: &Scene, count: usize) -> Vec<String> {
    let lines = scene.audit(count);
    lines
        .iter()
        .map(|line| line["route"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_name_a_client_asks_for_chooses_route_and_certificate() {
    let scene = scene();
    let cases = [
        ("two.example.org", "second", true),
        ("three.example.org", "applications", true),
        ("localhost", "third", false),
    ];
    for (number, (name, route, own)) in cases.into_iter().enumerate() {
        let mut wire = Wire::connect(scene.gateway.tls_address());
        // The certificate shown is one for that name, or there would be no handshake.
        wire.shake_hands_as(trusting(&scene.ca_file()), name).unwrap();
        assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0), "{name}");
        assert_eq!(routes(&scene, number + 1).pop().as_deref(), Some(route), "{name}");
        let mut plain = Wire::connect(scene.gateway.tls_address());
        plain.shake_hands(&scene.ca_file()).unwrap();
        assert_eq!(plain.peer_certificate() != wire.peer_certificate(), own, "{name}");
    }
}

#[test]
fn start_tls_chooses_the_route_as_long_as_nothing_has_come_of_the_first() {
    let scene = scene();
    let two = |wire: &mut Wire, id| {
        assert_eq!(wire.ask(&request::start_tls(id))[0].code, Some(0));
        wire.shake_hands_as(trusting(&scene.ca_file()), "two.example.org")
            .unwrap();
    };
    let mut wire = scene.gateway.client();
    two(&mut wire, 1);
    assert_eq!(wire.bind(2, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(routes(&scene, 1), ["second"]);
    // Asked the directory, or signed in: it stays.
    let mut wire = scene.gateway.client();
    assert_eq!(read(&mut wire, 1, BASE), Some(0));
    two(&mut wire, 2);
    assert_eq!(wire.bind(3, &dn("active"), PASSWORD).code, Some(0));
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    two(&mut wire, 2);
    assert_eq!(wire.bind(3, &dn("active"), "wrong").code, Some(49));
    assert_eq!(routes(&scene, 4)[1..], ["applications", "applications", "applications"]);
}

#[test]
fn the_network_a_client_comes_from_chooses_the_route() {
    let listener = "
proxy_protocol = { trusted = [\"127.0.0.0/8\"] }
[[listener.choose]]
networks = [\"192.0.2.0/25\", \"2001:db8::/32\"]
route = \"second\"
";
    let scene = Scene::start("generic", listener, "", ROUTES);
    for (number, (last, route)) in [(7, "second"), (200, "applications")].into_iter().enumerate() {
        let mut wire = Wire::connect(scene.gateway.tls_address());
        let address = [192, 0, 2, last, 127, 0, 0, 1, 1, 1, 1, 1];
        wire.send(&[b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", &address[..]].concat());
        wire.shake_hands(&scene.ca_file()).unwrap();
        assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
        assert_eq!(
            routes(&scene, number + 1).pop().as_deref(),
            Some(route),
            "192.0.2.{last}"
        );
    }
}
