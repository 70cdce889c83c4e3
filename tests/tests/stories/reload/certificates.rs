//! Certificates exchanged under load: connections that stand keep theirs, new ones see the new one, a broken one changes nothing.

use super::load::Load;
use super::{DEADLINE, replace};
use postern_tests::certificates::{Authority, ServerCertificate};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use tempfile::TempDir;

#[test]
fn new_handshakes_see_a_replaced_certificate_and_a_broken_one_changes_nothing() {
    let scene = Scene::start(write);
    let first = scene.first.clone();
    let mut standing = scene.tls_client();
    assert_eq!(standing.bind(1, &dn("active"), PASSWORD).code, Some(0));
    scene.expect_shown(&first);

    let second = scene.authority.for_localhost();
    write(scene.folder.path(), &second);
    scene.expect_shown(&second);
    scene.load.expect_flawless("the second certificate");

    for (what, broken) in [
        (
            "no certificate",
            ServerCertificate {
                certificate: "none\n".to_owned(),
                key: second.key.clone(),
            },
        ),
        (
            "another's key",
            ServerCertificate {
                certificate: second.certificate.clone(),
                key: first.key.clone(),
            },
        ),
    ] {
        let before = scene.times_refused();
        write(scene.folder.path(), &broken);
        eventually(&format!("{what} is refused"), DEADLINE, || {
            (scene.times_refused() > before).then_some(())
        });
        scene.expect_shown(&second);
        scene.load.expect_flawless(what);
    }

    let third = scene.authority.for_localhost();
    write(scene.folder.path(), &third);
    scene.expect_shown(&third);
    assert_eq!(
        standing.bind(2, &dn("active"), PASSWORD).code,
        Some(0),
        "a connection that stands goes on"
    );
    scene.load.finish();
}

#[test]
fn a_mounted_secret_is_swapped_whole_by_its_link() {
    let scene = Scene::start(|folder, certificate| {
        version(folder, "..1", certificate);
        symlink("..1", folder.join("..data")).unwrap();
        for file in ["certificate.pem", "key.pem"] {
            symlink(Path::new("..data").join(file), folder.join(file)).unwrap();
        }
    });
    scene.expect_shown(&scene.first);
    for name in ["..2", "..3"] {
        let next = scene.authority.for_localhost();
        version(scene.folder.path(), name, &next);
        symlink(name, scene.folder.path().join("..data_tmp")).unwrap();
        fs::rename(
            scene.folder.path().join("..data_tmp"),
            scene.folder.path().join("..data"),
        )
        .unwrap();
        scene.expect_shown(&next);
        scene.load.expect_flawless(name);
    }
    scene.load.finish();
}

/// A gateway with a certificate of ours, and load.
struct Scene {
    load: Load,
    gateway: Gateway,
    authority: Authority,
    first: ServerCertificate,
    folder: TempDir,
    _slapd: Slapd,
}

impl Scene {
    fn start(lay_out: impl Fn(&Path, &ServerCertificate)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("The gateway's");
        let ca_file = authority.write(&folder.path().join("ca.pem"));
        let first = authority.for_localhost();
        lay_out(folder.path(), &first);
        let slapd = Slapd::start();
        let at = folder.path().display();
        let settings = GatewaySettings {
            listener: format!("certificate_file = \"{at}/certificate.pem\"\nkey_file = \"{at}/key.pem\""),
            ..GatewaySettings::new("generic", &[slapd.url()])
        };
        let gateway = Gateway::start_with(&settings);
        Self {
            load: Load::start(&gateway, &ca_file),
            gateway,
            authority,
            first,
            folder,
            _slapd: slapd,
        }
    }

    fn tls_client(&self) -> Wire {
        Wire::connect_tls(self.gateway.tls_address(), &self.folder.path().join("ca.pem"))
    }

    /// New handshakes, under LDAPS and after StartTLS, show this certificate before long, and from then on.
    fn expect_shown(&self, certificate: &ServerCertificate) {
        let wanted = CertificateDer::from_pem_slice(certificate.certificate.as_bytes()).unwrap();
        eventually("a new handshake shows the certificate", DEADLINE, || {
            (self.tls_client().peer_certificate()? == wanted.as_ref()).then_some(())
        });
        let mut wire = self.gateway.client();
        wire.start_tls(1, &self.folder.path().join("ca.pem"));
        assert_eq!(wire.peer_certificate().unwrap(), wanted.as_ref(), "after StartTLS");
    }

    fn times_refused(&self) -> usize {
        self.gateway
            .output()
            .matches("the new certificate cannot be used")
            .count()
    }
}

/// Each file at once, one after the other.
fn write(folder: &Path, certificate: &ServerCertificate) {
    replace(&folder.join("key.pem"), certificate.key.as_bytes());
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    replace(&folder.join("certificate.pem"), certificate.certificate.as_bytes());
}

fn version(folder: &Path, name: &str, certificate: &ServerCertificate) {
    fs::create_dir(folder.join(name)).unwrap();
    write(&folder.join(name), certificate);
}
