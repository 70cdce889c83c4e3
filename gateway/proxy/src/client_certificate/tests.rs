use super::*;
use postern_identity::DistinguishedName;
use postern_identity::name::NameTemplate;
use rcgen::{CertificateParams, CustomExtension, DnType, DnValue, KeyPair, SanType};

fn certificate(set: impl FnOnce(&mut CertificateParams)) -> ClientCertificate {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    set(&mut params);
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    ClientCertificate::read(made.der())
}

fn named(common_name: &str) -> ClientCertificate {
    certificate(|params| params.distinguished_name.push(DnType::CommonName, common_name))
}

fn rule(from: CertificateField, template: Option<&str>) -> CertificateIdentity {
    CertificateIdentity {
        from,
        template: template.map(|text| NameTemplate::parse(text).unwrap()),
    }
}

#[test]
fn the_subject_is_written_from_its_most_specific_part_on() {
    let certificate = certificate(|params| {
        let name = &mut params.distinguished_name;
        name.push(DnType::from_oid(&[0, 9, 2342, 19_200_300, 100, 1, 25]), "org");
        name.push(DnType::OrganizationName, "Example, Inc.");
        name.push(DnType::CustomDnType(vec![1, 2, 3]), DnValue::Utf8String("x".into()));
        name.push(DnType::CommonName, " alice#");
    });
    let subject = certificate.subject.clone().unwrap();
    assert_eq!(&*subject, "CN=\\ alice\\#,1.2.3=#0c0178,O=Example\\, Inc.,DC=org");
    assert_eq!(DistinguishedName::parse(subject.as_bytes()).unwrap().depth(), 4);
    assert_eq!(
        certificate.account(&rule(CertificateField::Subject, None)).as_deref(),
        Some(&*subject)
    );
}

#[test]
fn a_name_cut_short_or_broken_over_lines_is_nobodys() {
    for name in ["alice\0.evil", "alice\n", "al\u{9b}ice"] {
        let certificate = named(name);
        assert_eq!(certificate.subject, None, "{name:?}");
        assert_eq!(certificate.value(CertificateField::CommonName), None, "{name:?}");
    }
    assert_eq!(ClientCertificate::read(b"no certificate"), ClientCertificate::default());
    assert_eq!(certificate(|_| {}).subject, None);
}

#[test]
fn a_part_that_is_there_twice_names_nobody() {
    let with = |names: &[SanType]| certificate(|params| params.subject_alt_names = names.to_vec());
    let email = |text: &str| SanType::Rfc822Name(text.try_into().unwrap());
    let dns = |text: &str| SanType::DnsName(text.try_into().unwrap());
    let one = with(&[email("alice@example.org"), dns("host.example.org")]);
    let mail = rule(CertificateField::SanEmail, Some("mail={},dc=example"));
    assert_eq!(one.account(&mail).as_deref(), Some("mail=alice@example.org,dc=example"));
    let host = rule(CertificateField::SanDns, Some("cn={},dc=example"));
    assert_eq!(one.account(&host).as_deref(), Some("cn=host.example.org,dc=example"));
    let two = with(&[email("alice@example.org"), email("bob@example.org")]);
    assert_eq!(two.account(&mail), None);
    assert_eq!(two.account(&host), None);
}

#[test]
fn a_name_with_separators_in_it_is_still_one_name() {
    let rule = rule(CertificateField::CommonName, Some("uid={},ou=people,dc=example"));
    assert_eq!(
        named("alice").account(&rule).as_deref(),
        Some("uid=alice,ou=people,dc=example")
    );
    assert_eq!(
        named("alice,ou=admins").account(&rule).as_deref(),
        Some("uid=alice\\,ou\\=admins,ou=people,dc=example")
    );
}

#[test]
fn an_alternative_name_that_cannot_be_read_names_nobody() {
    let broken = certificate(|params| {
        params.distinguished_name.push(DnType::CommonName, "alice");
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0x05, 0x81, 0x09]);
        params.custom_extensions.push(extension);
    });
    assert_eq!(broken.value(CertificateField::SanEmail), None);
}
