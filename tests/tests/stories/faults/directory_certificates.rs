//! A directory that cannot show who it is gets no password.

use super::{UNAVAILABLE, serves, sign_in};
use postern_tests::certificates::{Authority, ServerCertificate};
use postern_tests::gateway::Output;
use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire};
use std::path::PathBuf;
use tempfile::TempDir;

/// How the gateway reaches the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Ldaps,
    StartTls,
}

#[test]
fn a_directory_with_a_good_certificate_is_asked() {
    let authority = Trusted::new();
    for way in [Way::Ldaps, Way::StartTls] {
        let (slapd, gateway) = behind(&authority, authority.authority.for_localhost(), way);
        assert_eq!(sign_in(&gateway, "active").1.code, Some(0), "{way:?}");
        assert!(last_success(&slapd), "{way:?}: slapd notes who signed in");
        serves(&gateway);
    }
}

#[test]
fn a_directory_whose_certificate_has_expired_gets_no_password() {
    let authority = Trusted::new();
    let expired = authority.authority.issue(&["localhost", "127.0.0.1"], 2021);
    no_password_goes_to(&authority, &expired);
}

#[test]
fn a_directory_whose_certificate_is_for_another_name_gets_no_password() {
    let authority = Trusted::new();
    let other = authority.authority.issue(&["ldap.example.com", "10.1.2.3"], 2099);
    no_password_goes_to(&authority, &other);
}

#[test]
fn a_directory_whose_authority_is_unknown_gets_no_password() {
    let authority = Trusted::new();
    let unknown = Authority::new("Somebody else").for_localhost();
    no_password_goes_to(&authority, &unknown);
}

#[test]
fn a_directory_that_speaks_no_tls_gets_no_password() {
    let authority = Trusted::new();
    let slapd = Slapd::start();
    // LDAPS to the port where it speaks plain LDAP.
    let url = format!("ldaps://localhost:{}", slapd.address().port());
    let gateway = unready(&authority, url, Way::Ldaps);
    assert_eq!(sign_in(&gateway, "active").1.code, UNAVAILABLE);
    assert!(!last_success(&slapd));
}

fn no_password_goes_to(authority: &Trusted, certificate: &ServerCertificate) {
    for way in [Way::Ldaps, Way::StartTls] {
        let (slapd, gateway) = behind(authority, certificate.clone(), way);
        for password in [PASSWORD, "wrong"] {
            let answer = gateway.client().bind(1, &people::dn("active"), password);
            assert_eq!(answer.code, UNAVAILABLE, "{way:?}: {answer:?}");
        }
        let search = gateway.client().ask(&request::root_dse(1, &["supportedLDAPVersion"]));
        assert_eq!(search[0].code, UNAVAILABLE, "{way:?}: {search:?}");
        assert!(!last_success(&slapd), "{way:?}: slapd has seen a sign-in");
        assert!(!gateway.is_ready(), "{way:?}");
    }
}

/// An authority the gateway trusts, and the file that says so.
struct Trusted {
    authority: Authority,
    file: PathBuf,
    _folder: TempDir,
}

impl Trusted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("Directories");
        let file = authority.write(&folder.path().join("directories.pem"));
        Self {
            authority,
            file,
            _folder: folder,
        }
    }
}

fn behind(authority: &Trusted, certificate: ServerCertificate, way: Way) -> (Slapd, Gateway) {
    let slapd = Slapd::start_with(&SlapdSettings {
        certificate: Some(certificate),
        ..SlapdSettings::default()
    });
    let url = match way {
        Way::Ldaps => slapd.tls_url(),
        Way::StartTls => format!("ldap://localhost:{}", slapd.address().port()),
    };
    let gateway = unready(authority, url, way);
    (slapd, gateway)
}

fn unready(authority: &Trusted, url: String, way: Way) -> Gateway {
    let settings = GatewaySettings {
        directory: format!(
            "ca_file = \"{}\"\nstart_tls = {}",
            authority.file.display(),
            way == Way::StartTls
        ),
        ..GatewaySettings::new("generic", &[url])
    };
    Gateway::start_unready(&settings, Output::Kept)
}

/// Whether slapd noted a sign-in of `active` (`lastbind`), asked directly.
fn last_success(slapd: &Slapd) -> bool {
    let mut wire = Wire::connect(slapd.address());
    let wanted = "pwdLastSuccess";
    let answers = wire.ask(&request::search(
        1,
        &people::dn("active"),
        Scope::Base,
        "objectClass",
        &[wanted],
        &[],
    ));
    assert_eq!(answers.len(), 2, "the entry can be read");
    answers[0]
        .octets
        .windows(wanted.len())
        .any(|part| part == wanted.as_bytes())
}
