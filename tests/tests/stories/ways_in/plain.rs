//! SASL PLAIN: a simple bind with a login name.

use super::{Scene, mechanisms, who};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::{Wire, request};

pub(super) const LOGIN: &str = "[route.login]\ntemplate = \"uid={},ou=people,dc=example,dc=org\"";

fn scene(preset: &str) -> Scene {
    Scene::start(preset, "", LOGIN, "")
}

fn plain(id: u32, login: &str, password: &str) -> Vec<u8> {
    request::sasl_bind_with(id, "PLAIN", format!("\0{login}\0{password}").as_bytes())
}

#[test]
fn a_login_name_is_the_account_of_the_template() {
    let scene = scene("generic");
    let mut wire = scene.gateway.client();
    let answer = wire.ask(&plain(1, "active", PASSWORD)).remove(0);
    assert_eq!((answer.code, answer.rest.len()), (Some(0), 0), "{answer:?}");
    assert_eq!(who(&mut wire, 2), format!("dn:{}", dn("active")));
    let line = scene.audit(1).pop().unwrap();
    assert_eq!(
        (&line["account"], &line["state"]),
        (&dn("active").into(), &"active".into())
    );
    let must_change = wire.ask(&plain(3, "must-change", PASSWORD)).remove(0);
    assert_eq!(must_change.code, Some(49));
    assert!(
        must_change.text.contains("https://reset.example.org"),
        "{must_change:?}"
    );
}

#[test]
fn a_wrong_password_nobody_and_a_lock_look_like_those_of_a_simple_bind() {
    let scene = scene("sssd");
    let mut wire = scene.gateway.client();
    let simple = wire.bind(7, &dn("active"), "wrong");
    for (login, password) in [
        ("active", "wrong"),
        ("nobody", PASSWORD),
        ("nobody,ou=elsewhere", PASSWORD),
        ("locked-by-administrator", PASSWORD),
        ("dn:nobody", PASSWORD),
        ("a\u{7}", PASSWORD),
    ] {
        let answer = wire.ask(&plain(7, login, password)).remove(0);
        assert_eq!(answer.octets, simple.octets, "{login}: {answer:?}");
    }
}

#[test]
fn debians_tools_sign_in_with_it_over_tls() {
    let scene = scene("generic");
    let url = scene.tls_url();
    // Over TLS a plain password does no harm; the library wants to be told.
    let plain = |user: &str, password: &str| {
        let arguments = ["-Y", "PLAIN", "-O", "none", "-U", user, "-w", password];
        scene.tool("ldapwhoami", &url, &arguments, &[])
    };
    let done = plain("active", PASSWORD);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        format!("dn:{}", dn("active"))
    );
    assert_eq!(plain("active", "wrong").status.code(), Some(49));
}

#[test]
fn the_root_dse_lists_what_is_offered_here_and_nothing_else() {
    let scene = scene("generic");
    assert_eq!(mechanisms(&mut scene.gateway.client(), 1), ["PLAIN"]);
    let direct = mechanisms(&mut Wire::connect(scene.slapd.address()), 1);
    assert!(
        direct.contains(&"DIGEST-MD5".to_owned()),
        "slapd itself offers more: {direct:?}"
    );
    let mut wire = scene.gateway.client();
    // Not asked for, not shown.
    let answers = wire.ask(&request::root_dse(1, &["namingContexts"]));
    assert!(!String::from_utf8_lossy(&answers[0].octets).contains("PLAIN"));
    for mechanism in ["DIGEST-MD5", "SCRAM-SHA-256", "GSSAPI", "EXTERNAL", "plain"] {
        assert_eq!(
            wire.ask(&request::sasl_bind(2, mechanism))[0].code,
            Some(7),
            "{mechanism}"
        );
    }
}
