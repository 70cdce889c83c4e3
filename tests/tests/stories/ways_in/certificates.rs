//! Sign-in by client certificate: SASL EXTERNAL.

use super::{Scene, mechanisms, plain, read, who};
use postern_ldap::oid;
use postern_tests::certificates::{Authority, ServerCertificate};
use postern_tests::people::{BASE, PASSWORD, dn};
use postern_tests::request::{self, Change};
use postern_tests::wire::showing;
use postern_tests::{Answer, Wire};
use rcgen::ExtendedKeyUsagePurpose;

fn scene(preset: &str, required: bool) -> Scene {
    let listener = format!("client_certificates = {{ ca_file = \"FOLDER/ca.pem\", required = {required} }}");
    let route = format!(
        "[route.certificate_identity]\nfrom = \"common_name\"\ntemplate = \"uid={{}},ou=people,{BASE}\"\n{}",
        plain::LOGIN
    );
    let scene = Scene::start(preset, &listener, &route, "");
    scene.let_the_service_account_act();
    scene
}

impl Scene {
    fn certificate(&self, uid: &str) -> ServerCertificate {
        self.authority.for_client(uid, &format!("{uid}@example.org"), 2099)
    }

    /// A connection under TLS on which this certificate was shown.
    fn with(&self, own: &ServerCertificate) -> Wire {
        let mut wire = Wire::connect(self.gateway.tls_address());
        wire.shake_hands_as(showing(&self.ca_file(), own), "localhost").unwrap();
        wire
    }

    /// The same, signed in by it: the answer too.
    fn signed_in(&self, uid: &str) -> (Wire, Answer) {
        let mut wire = self.with(&self.certificate(uid));
        let answer = wire.ask(&external(1, "")).remove(0);
        (wire, answer)
    }
}

fn external(id: u32, authorization: &str) -> Vec<u8> {
    request::sasl_bind_with(id, "EXTERNAL", authorization.as_bytes())
}

fn write(id: u32, uid: &str) -> Vec<u8> {
    request::modify(id, &dn(uid), &[(Change::Replace, "description", &["x"])], &[])
}

#[test]
fn a_certificate_signs_in_and_everything_is_done_as_that_account() {
    let scene = scene("generic", false);
    let (mut wire, answer) = scene.signed_in("active");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(who(&mut wire, 2), format!("dn:{}", dn("active")));
    assert_eq!(read(&mut wire, 3, BASE), Some(0));
    // Many at once, as one write: each is made in the account's name.
    let run: Vec<u8> = (10..40).flat_map(request::who_am_i).collect();
    wire.send(&run);
    for _ in 10..40 {
        let answer = wire.answer();
        assert!(answer.octets.ends_with(dn("active").as_bytes()), "{answer:?}");
    }
    // slapd lets people write their own entry and no other; the service account may write neither.
    assert_eq!(wire.ask(&write(4, "active"))[0].code, Some(0));
    assert_eq!(wire.ask(&write(5, "expiring"))[0].code, Some(50));
    let line = &scene.audit(1)[0];
    assert_eq!(
        (&line["account"], &line["state"]),
        (&dn("active").into(), &"active".into())
    );
    // An abandoned search is abandoned, and the session goes on.
    wire.send(&request::abandon(50, 49));
    assert_eq!(read(&mut wire, 51, BASE), Some(0));
}

#[test]
fn one_after_another_on_one_connection_each_is_only_itself() {
    let scene = scene("generic", false);
    let (mut wire, _) = scene.signed_in("active");
    assert_eq!(wire.bind(2, &dn("expiring"), PASSWORD).code, Some(0));
    assert_eq!(who(&mut wire, 3), format!("dn:{}", dn("expiring")));
    assert_eq!(wire.ask(&external(4, ""))[0].code, Some(0));
    assert_eq!(who(&mut wire, 5), format!("dn:{}", dn("active")));
    assert_eq!(wire.bind(6, &dn("expiring"), "wrong").code, Some(49));
    assert_eq!(who(&mut wire, 7), "");
    assert_eq!(wire.ask(&external(8, ""))[0].code, Some(0));
    assert_eq!(wire.bind(9, "", "").code, Some(0));
    assert_eq!(who(&mut wire, 10), "");
    drop(wire);
    // No lane of theirs waits for the next: whoever comes is nobody.
    for _ in 0..4 {
        let mut wire = scene.gateway.tls_client_of(&scene.ca_file());
        assert_eq!(who(&mut wire, 1), "");
    }
}

#[test]
fn debians_tools_sign_in_with_it() {
    let scene = scene("generic", false);
    let (certificate, key) = scene.certificate("active").write(scene.folder.path(), "active");
    let environment = [
        ("LDAPTLS_CERT", certificate.to_str().unwrap()),
        ("LDAPTLS_KEY", key.to_str().unwrap()),
    ];
    let url = scene.tls_url();
    let done = scene.tool("ldapwhoami", &url, &["-Y", "EXTERNAL"], &environment);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        format!("dn:{}", dn("active"))
    );
    let own = format!("dn:{}", dn("active"));
    let done = scene.tool("ldapwhoami", &url, &["-Y", "EXTERNAL", "-X", &own], &environment);
    assert!(done.status.success(), "{done:?}");
    let other = format!("dn:{}", dn("expiring"));
    let done = scene.tool("ldapwhoami", &url, &["-Y", "EXTERNAL", "-X", &other], &environment);
    assert_eq!(done.status.code(), Some(49), "{done:?}");
    let arguments = ["-Y", "EXTERNAL", "-b", BASE, "-s", "base", "o"];
    let done = scene.tool("ldapsearch", &url, &arguments, &environment);
    assert!(String::from_utf8_lossy(&done.stdout).contains("o: Example"), "{done:?}");
}

#[test]
fn openssl_shows_one_too_and_over_start_tls_it_counts_as_well() {
    let scene = scene("generic", true);
    let mut wire = scene.gateway.client();
    assert_eq!(wire.ask(&request::start_tls(1))[0].code, Some(0));
    let own = scene.certificate("active");
    wire.shake_hands_as(showing(&scene.ca_file(), &own), "localhost")
        .unwrap();
    assert_eq!(mechanisms(&mut wire, 2), ["EXTERNAL", "PLAIN"]);
    assert_eq!(wire.ask(&external(3, ""))[0].code, Some(0));
    let (certificate, key) = own.write(scene.folder.path(), "active");
    let connect = format!("127.0.0.1:{}", scene.gateway.tls_address().port());
    let done = std::process::Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &connect,
            "-servername",
            "localhost",
            "-verify_return_error",
            "-brief",
        ])
        .arg("-CAfile")
        .arg(scene.ca_file())
        .arg("-cert")
        .arg(certificate)
        .arg("-key")
        .arg(key)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        said.contains("CONNECTION ESTABLISHED") && said.contains("Verification: OK"),
        "{said}"
    );
}

#[test]
fn certificates_nobody_should_trust_end_in_the_handshake_and_on_record() {
    let scene = scene("generic", true);
    let stranger = Authority::new("Authority of the stories");
    let bad = [
        stranger.for_client("active", "active@example.org", 2099),
        scene.authority.for_client("active", "active@example.org", 2021),
        scene.authority.for_purpose(
            "active",
            "active@example.org",
            2099,
            ExtendedKeyUsagePurpose::ServerAuth,
        ),
    ];
    for (number, own) in bad.iter().enumerate() {
        let mut wire = Wire::connect(scene.gateway.tls_address());
        // In TLS 1.3 the client learns of it after its own part is done.
        if wire.shake_hands_as(showing(&scene.ca_file(), own), "localhost").is_ok() {
            assert!(wire.try_ask(&external(1, "")).is_err(), "certificate {number}");
        }
        let lines = scene.audit_with("built-in:client-certificate", number + 1);
        assert_eq!((lines.len(), &lines[0]["outcome"]), (number + 1, &"refused".into()));
    }
    let mut wire = Wire::connect(scene.gateway.tls_address());
    if wire.shake_hands(&scene.ca_file()).is_ok() {
        assert!(
            wire.try_ask(&request::root_dse(1, &[])).is_err(),
            "no certificate at all"
        );
    }
    let lines = scene.audit_with("built-in:client-certificate", bad.len() + 1);
    assert_eq!(lines.len(), bad.len() + 1);
}

#[test]
fn without_a_certificate_external_is_neither_listed_nor_taken() {
    let scene = scene("generic", false);
    let mut wire = scene.gateway.tls_client_of(&scene.ca_file());
    assert_eq!(mechanisms(&mut wire, 1), ["PLAIN"]);
    assert_eq!(wire.ask(&external(2, ""))[0].code, Some(48));
    assert_eq!(wire.bind(3, &dn("active"), PASSWORD).code, Some(0));
}

#[test]
fn how_the_account_stands_decides_as_with_a_password() {
    let scene = scene("sssd", false);
    let cases = [
        ("active", 0),
        ("must-change", 0),
        ("expiring", 0),
        ("expired", 49),
        ("locked-by-administrator", 49),
        ("not-yet-valid", 49),
        ("ended", 49),
    ];
    for (number, (uid, code)) in cases.into_iter().enumerate() {
        let (_, answer) = scene.signed_in(uid);
        assert_eq!(answer.code, Some(code), "{uid}: {answer:?}");
        let line = scene.audit(number + 1).pop().unwrap();
        assert_eq!(line["account"], dn(uid).as_str(), "{line}");
    }
    // A certificate of nobody is answered like a wrong password.
    let (mut wire, nobody) = scene.signed_in("nobody");
    assert_eq!(nobody.octets, wire.bind(1, &dn("active"), "wrong").octets);
    let line = &scene.audit(cases.len() + 2)[cases.len()];
    assert_eq!(
        (&line["account"], &line["outcome"]),
        (&dn("nobody").into(), &"failed".into())
    );
}

#[test]
fn who_must_change_the_password_may_do_only_that_and_then_everything() {
    let scene = scene("sssd", false);
    let (mut wire, answer) = scene.signed_in("must-change-01");
    assert_eq!(answer.code, Some(0));
    assert_eq!(read(&mut wire, 2, BASE), Some(50));
    assert_eq!(wire.ask(&write(3, "must-change-01"))[0].code, Some(50));
    let other = dn("must-change-02");
    let change = request::password_modify(4, Some(&other), None, Some("another-secret-5678"), &[]);
    assert_eq!(wire.ask(&change)[0].code, Some(50));
    let change = request::password_modify(5, None, None, Some("another-secret-5678"), &[]);
    assert_eq!(wire.ask(&change)[0].code, Some(0));
    assert_eq!(read(&mut wire, 6, BASE), Some(0));
    assert_eq!(who(&mut wire, 7), format!("dn:{}", dn("must-change-01")));
    let mut direct = Wire::connect(scene.slapd.address());
    assert_eq!(
        direct.bind(1, &dn("must-change-01"), "another-secret-5678").code,
        Some(0)
    );
    assert_eq!(direct.bind(2, &other, PASSWORD).code, Some(0));
}

#[test]
fn who_is_acted_for_cannot_act_for_others() {
    let policy = format!(
        "[[policy]]\nroute = \"*\"\n[policy.pass]\nproxied_authorization = [\"{}\"]\n",
        dn("active")
    );
    let scene = scene("generic", false);
    scene
        .gateway
        .write_policy("a-first.toml", &format!("priority = 1\n{policy}"));
    let (mut wire, answer) = scene.signed_in("active");
    assert_eq!(answer.code, Some(0));
    for (oid, critical) in [(oid::PROXIED_AUTHORIZATION, true), (oid::PROXIED_AUTHORIZATION, false)] {
        let control = request::control(oid, critical, Some(format!("dn:{}", dn("expiring")).as_bytes()));
        let who = request::extended(2, oid::WHO_AM_I, None, &[&control]);
        assert_eq!(wire.ask(&who)[0].code, Some(123));
    }
}

#[test]
fn where_the_service_account_may_not_act_nobody_is_let_in() {
    let listener = "client_certificates = { ca_file = \"FOLDER/ca.pem\" }";
    let route =
        format!("[route.certificate_identity]\nfrom = \"san_email\"\ntemplate = \"mail={{}},ou=people,{BASE}\"");
    let scene = Scene::start("generic", listener, &route, "");
    // Nobody has a DN of that form.
    let (_, answer) = scene.signed_in("active");
    assert_eq!(answer.code, Some(49));
    let route =
        format!("[route.certificate_identity]\nfrom = \"common_name\"\ntemplate = \"uid={{}},ou=people,{BASE}\"");
    let scene = Scene::start("generic", listener, &route, "");
    let (mut wire, answer) = scene.signed_in("active");
    assert_eq!(answer.code, Some(52), "{answer:?}");
    assert_eq!(who(&mut wire, 2), "");
    assert_eq!(scene.audit_with("built-in:acting-refused", 1).len(), 1);
}
