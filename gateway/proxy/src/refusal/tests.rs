//! Every refusal of the table, provoked: the client gets its code, and exactly one line with its rule goes on record.

mod arriving;
mod owned;
mod shown;
pub(crate) mod stage;
mod suffix;

use super::Refusal;
use crate::client_certificate::ClientCertificate;
use crate::door::Arrival;
use crate::settings::{LaneSettings, Limits};
use crate::shown_as::ShownAs;
use crate::sign_in::{CertificateField, CertificateIdentity, LoginNames, SignInSettings};
use postern_directory::DialectName;
use postern_identity::audit::Outcome;
use postern_identity::decide::{GuardRules, Operation, RouteRules, Ruled, TlsRule};
use postern_identity::name::NameTemplate;
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::control::{self};
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::{MessageId, ResultCode, answer, bind, oid, tag};
use stage::*;
use std::time::Duration;

#[tokio::test]
async fn every_refusal_gives_its_code_and_leaves_exactly_one_line() {
    for refusal in Refusal::ALL {
        let (name, code, _) = refusal.entry();
        if arriving::is_about(refusal) {
            arriving::play(refusal).await;
            continue;
        }
        let scene = scene(refusal);
        let rule = scene.rule.unwrap_or(name);
        let code = if refusal == Refusal::Restricted {
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS
        } else {
            code
        };
        let (answers, lines) = play(scene).await;
        assert!(answers.contains(&code), "{refusal:?}: answers {answers:?}");
        let refused: Vec<_> = lines
            .iter()
            .filter(|line| matches!(line.outcome, Outcome::Refused | Outcome::Unavailable))
            .collect();
        assert_eq!(refused.len(), 1, "{refusal:?}: {refused:?}");
        assert_eq!(
            (refused[0].rule.as_str(), refused[0].code),
            (rule, code.0),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn a_bind_that_cannot_be_read_is_answered_under_its_own_id() {
    let mut scene = scene(Refusal::Malformed);
    scene.requests = vec![answer::message(
        MessageId(7),
        tag::BIND_REQUEST,
        b"\x02\x01\x03\x04",
        &[],
    )];
    let (answers, lines) = play(scene).await;
    assert_eq!(answers, [ResultCode::PROTOCOL_ERROR]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

/// Plays one scene in which the last request must be refused with this code.
async fn refused(scene: Scene, code: ResultCode) {
    let (answers, lines) = play(scene).await;
    assert_eq!(answers.last(), Some(&code), "{lines:?}");
    assert!(
        lines.last().is_some_and(|line| line.outcome == Outcome::Refused),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_bind_whose_controls_cannot_be_walked_reaches_nobody() {
    // Our own control could not be joined to them, and a must-change account would look like any other.
    let many: Vec<Vec<u8>> = (0..65)
        .map(|number| control::encode(format!("1.2.{number}").as_bytes(), false, None))
        .collect();
    let many: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    for controls in [&many[..], &[&[0x31, 0][..]]] {
        let mut scene = scene(Refusal::Malformed);
        scene.server = Server::MustChange;
        scene.requests = vec![bind::simple(MessageId(1), b"cn=a", b"right", controls)];
        refused(scene, ResultCode::PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn a_control_whose_oid_is_not_plainly_one_is_refused_even_beside_a_listed_extension() {
    let mut scene = scene(Refusal::ExtensionNotAllowed);
    scene.rules.as_mut().unwrap().extended_operations.value = vec!["1.2.3".into()];
    let acting = control::encode(b"2.16.840.1.113730.3.4.18\0z", true, Some(b"dn:cn=other"));
    scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[&acting])];
    refused(scene, ResultCode::PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn a_listed_extension_is_let_through_but_not_in_the_clear_from_afar() {
    for (peer, code) in [
        ("127.0.0.1:4", ResultCode::SUCCESS),
        ("192.0.2.7:4", ResultCode::CONFIDENTIALITY_REQUIRED),
    ] {
        let mut scene = scene(Refusal::ExtensionNotAllowed);
        scene.rules.as_mut().unwrap().extended_operations.value = vec!["1.2.3".into()];
        scene.peer = peer.parse().unwrap();
        scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[])];
        assert_eq!(play(scene).await.0, [code], "{peer}");
    }
}

#[tokio::test]
async fn a_restricted_session_cannot_read_or_test_by_controls() {
    for other in [oid::POST_READ, oid::ASSERTION] {
        let mut scene = scene(Refusal::Restricted);
        let control = control::encode(other, true, Some(b"\x30\x03\x04\x01*"));
        let change = PasswordModify {
            identity: None,
            old: None,
            new: Some(b"n"),
        }
        .value();
        let change = extended::request(MessageId(2), oid::PASSWORD_MODIFY, Some(&change), &[&control]);
        scene.requests = vec![scene.requests.remove(0), change];
        refused(scene, ResultCode::INSUFFICIENT_ACCESS_RIGHTS).await;
    }
}

#[tokio::test]
async fn a_name_nobody_has_is_refused_even_where_the_directory_takes_it_and_later_requests_are_nobodys() {
    // This server finds no entry and takes every password.
    let mut scene = scene(Refusal::AnonymousNotAllowed);
    scene.names = Some(login_names());
    scene
        .requests
        .insert(0, bind::simple(MessageId(1), b"alice", b"right", &[]));
    let (answers, lines) = play(scene).await;
    assert_eq!(
        answers,
        [ResultCode::INVALID_CREDENTIALS, ResultCode::INSUFFICIENT_ACCESS_RIGHTS]
    );
    assert_eq!(
        (lines[0].rule.as_str(), lines[0].outcome),
        ("built-in:unknown-name", Outcome::Failed)
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn every_refusal_has_a_name_of_its_own() {
    let mut names: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.entry().0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Refusal::ALL.len());
}

fn scene(refusal: Refusal) -> Scene {
    let mut scene = Scene {
        rules: Some(rules()),
        rule: None,
        limits: Limits::default(),
        lanes: LaneSettings {
            wait: Duration::from_millis(10),
            ..LaneSettings::default()
        },
        service_account: false,
        peer: "127.0.0.1:4000".parse().unwrap(),
        secure: false,
        offers_tls: false,
        sign_in: SignInSettings::default(),
        arrival: Arrival::default(),
        server: Server::Answers,
        dialect: DialectName::OpenLdap,
        names: None,
        shown_as: ShownAs::default(),
        requests: vec![search(1, "dc=example", &[])],
    };
    let sign_in = || bind::simple(MessageId(1), b"cn=a", b"right", &[]);
    let policy = |scene: &mut Scene, change: fn(&mut RouteRules)| {
        scene.rule = Some("built-in:of-the-test");
        change(scene.rules.as_mut().unwrap());
    };
    match refusal {
        Refusal::EmptyPassword => scene.requests = vec![bind::simple(MessageId(1), b"cn=a", b"", &[])],
        Refusal::EmptyName => scene.requests = vec![bind::simple(MessageId(1), b"", b"right", &[])],
        Refusal::AmbiguousName => {
            // It takes every password, also for a name that is not there: nobody is let in by that.
            scene.server = Server::Twins;
            scene.names = Some(login_names());
            scene.requests = vec![bind::simple(MessageId(1), b"alice", b"right", &[])];
        }
        Refusal::NamesUnavailable => {
            scene.server = Server::Closes;
            scene.names = Some(login_names());
            scene.requests = vec![bind::simple(MessageId(1), b"alice", b"right", &[])];
        }
        Refusal::NotVersion3 => scene.requests = vec![bind_request(2, 0x80, b"right")],
        Refusal::SaslNotOffered => scene.requests = vec![bind_request(3, 0xa3, b"\x04\x05PLAIN")],
        Refusal::UnknownAuthentication => scene.requests = vec![bind_request(3, 0x85, b"x")],
        Refusal::PlaintextPassword => {
            policy(&mut scene, |_| {});
            scene.peer = "192.0.2.7:4000".parse().unwrap();
            scene.requests = vec![sign_in()];
        }
        Refusal::TlsRequired => {
            policy(&mut scene, |rules| rules.tls.value = TlsRule::Always);
            scene.requests = vec![sign_in()];
        }
        Refusal::OperationNotAllowed => {
            policy(&mut scene, |rules| {
                rules.operations.value = [Operation::Bind].into_iter().collect();
            });
        }
        Refusal::ReadOnly => {
            policy(&mut scene, |rules| rules.read_only.value = true);
            scene.requests = vec![modify(1)];
        }
        Refusal::AnonymousNotAllowed => policy(&mut scene, |rules| rules.anonymous.value = false),
        Refusal::BaseNotAllowed => policy(&mut scene, |rules| {
            let base = DistinguishedName::parse(b"dc=elsewhere").unwrap();
            rules.base_dns = Some(Ruled::new(vec![base], rule()));
        }),
        Refusal::NameElsewhere => {
            scene.shown_as = suffix::under_another_suffix();
            scene.requests = vec![sign_in()];
        }
        Refusal::OtherSuffix => scene.shown_as = suffix::under_another_suffix(),
        Refusal::ControlNotMapped => {
            scene.shown_as = suffix::under_another_suffix();
            let control = control::encode(b"1.2.3", true, Some(b"cn=a,dc=example"));
            scene.requests = vec![search(1, "dc=here", &[&control])];
        }
        Refusal::ShownOnly => shown::change(&mut scene),
        Refusal::ControlNotShown => shown::control(&mut scene),
        Refusal::AttributeNotAllowed => {
            policy(&mut scene, |rules| {
                let name = AttributeName::parse(b"objectClass").unwrap();
                rules.denied_attributes = Some(Ruled::new(vec![name], rule()));
            });
        }
        Refusal::ExtensionNotAllowed => {
            policy(&mut scene, |_| {});
            scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[])];
        }
        Refusal::ProxiedAuthorization => {
            policy(&mut scene, |_| {});
            let control = control::encode(oid::PROXIED_AUTHORIZATION, true, Some(b"dn:cn=b"));
            scene.requests = vec![search(1, "dc=example", &[&control])];
        }
        Refusal::Transaction => {
            let control = control::encode(oid::TRANSACTION_SPECIFICATION, true, Some(b"1"));
            scene.requests = vec![search(1, "dc=example", &[&control])];
        }
        Refusal::Restricted => {
            policy(&mut scene, |_| {});
            scene.server = Server::MustChange;
            scene.requests = vec![sign_in(), search(2, "dc=example", &[])];
        }
        Refusal::RestrictedBusy => {
            scene.server = Server::MustChange;
            let who = extended::request(MessageId(2), oid::WHO_AM_I, None, &[]);
            let change = PasswordModify {
                identity: None,
                old: None,
                new: Some(b"n"),
            }
            .value();
            let change = extended::request(MessageId(3), oid::PASSWORD_MODIFY, Some(&change), &[]);
            scene.requests = vec![sign_in(), who, change];
        }
        Refusal::TooManyOperations => {
            scene.limits.operations_in_flight = 1;
            scene.server = Server::Mute;
            scene.requests = vec![search(1, "dc=example", &[]), search(2, "dc=example", &[])];
        }
        Refusal::Malformed => {
            scene.requests = vec![answer::message(MessageId(1), tag::MODIFY_REQUEST, b"\x04\x01x", &[])];
        }
        Refusal::StartTlsNotOffered => scene.requests = vec![extended::start_tls(MessageId(1))],
        Refusal::StartTlsAlready => {
            scene.secure = true;
            scene.offers_tls = true;
            scene.requests = vec![extended::start_tls(MessageId(1))];
        }
        Refusal::StartTlsBusy => {
            scene.offers_tls = true;
            scene.server = Server::Mute;
            scene.requests = vec![search(1, "dc=example", &[]), extended::start_tls(MessageId(2))];
        }
        Refusal::LanesBusy => scene.lanes.most = 0,
        Refusal::DirectoryUnreachable => scene.server = Server::NotThere,
        Refusal::DirectoryLost => scene.server = Server::Closes,
        Refusal::DirectorySilent => {
            scene.server = Server::Deaf;
            scene.limits.bind = Duration::from_millis(50);
            scene.requests = vec![sign_in()];
        }
        Refusal::OutcomeUnknown => {
            scene.server = Server::Closes;
            scene.requests = vec![modify(1)];
        }
        Refusal::LastGraceKept => {
            policy(&mut scene, |rules| rules.keep_last_grace.value = true);
            scene.server = Server::LastGrace;
            scene.requests = vec![sign_in(), bind::simple(MessageId(2), b"CN=A", b"right", &[])];
        }
        Refusal::DirectoryRefused => {
            scene.server = Server::Busy;
            scene.requests = vec![sign_in()];
        }
        Refusal::HeldElsewhere => scene.server = Server::Refers,
        Refusal::NoRules => scene.rules = None,
        Refusal::GuardSpent | Refusal::GuardRepeated => {
            // One wrong password may go up, and has.
            let rules = GuardRules {
                attempts: 2,
                ..GuardRules::default()
            };
            scene.rules.as_mut().unwrap().guard = Some(Ruled::new(rules, rule()));
            scene.server = Server::Wrong;
            let second: &[u8] = if refusal == Refusal::GuardSpent { b"two" } else { b"one" };
            scene.requests = vec![
                bind::simple(MessageId(1), b"cn=a", b"one", &[]),
                bind::simple(MessageId(2), b"CN = a", second, &[]),
            ];
        }
        Refusal::NoClientCertificate => {
            scene.sign_in = by_certificate();
            scene.requests = vec![sasl_bind("EXTERNAL", b"")];
        }
        Refusal::CertificateIdentity => {
            scene.sign_in = by_certificate();
            scene.arrival.certificate = Some(Box::default());
            scene.requests = vec![sasl_bind("EXTERNAL", b"")];
        }
        Refusal::OtherIdentity => {
            scene.sign_in = by_login_name();
            scene.requests = vec![sasl_bind("PLAIN", b"u:bob\0alice\0right")];
        }
        Refusal::SaslMalformed => {
            scene.sign_in = by_login_name();
            scene.requests = vec![sasl_bind("PLAIN", b"alice")];
        }
        Refusal::StandingNotKnown => {
            external(&mut scene);
            scene.service_account = false;
        }
        Refusal::ActingRefused => external(&mut scene),
        Refusal::OwnedElsewhere
        | Refusal::OwnerUnknown
        | Refusal::OwnerHidden
        | Refusal::OwnerChange
        | Refusal::OwnerUnread
        | Refusal::OwnerUnavailable
        | Refusal::OwnerSignIn
        | Refusal::OwnerUnnamed
        | Refusal::OwnerNoEntry => owned::scene(refusal, &mut scene),
        Refusal::NewPasswordNeeded => {
            on_active_directory(&mut scene, change(None, Some(b"old"), None));
        }
        Refusal::OldPasswordNeeded => {
            on_active_directory(&mut scene, change(Some(b"dn:CN = A"), None, Some(b"new")));
        }
        Refusal::PasswordOfNobody => {
            on_active_directory(&mut scene, change(Some(b"u:alice"), Some(b"old"), Some(b"new")));
        }
        Refusal::PasswordUnwritable => {
            on_active_directory(&mut scene, change(None, Some(b"old"), Some(b"\xff")));
        }
        Refusal::ProxyHeader | Refusal::ProxyHeaderVersion1 | Refusal::ProxyHeaderLate | Refusal::ClientCertificate => {
            unreachable!("played while the client arrives")
        }
    }
    scene
}

/// Whoever signs in asks for a password modify, which that directory does not know.
fn on_active_directory(scene: &mut Scene, change: PasswordModify<'_>) {
    scene.dialect = DialectName::ActiveDirectory;
    let change = extended::request(MessageId(2), oid::PASSWORD_MODIFY, Some(&change.value()), &[]);
    scene.requests = vec![bind::simple(MessageId(1), b"cn=a", b"right", &[]), change];
}

fn change<'a>(identity: Option<&'a [u8]>, old: Option<&'a [u8]>, new: Option<&'a [u8]>) -> PasswordModify<'a> {
    PasswordModify { identity, old, new }
}

fn by_certificate() -> SignInSettings {
    SignInSettings {
        certificate_identity: Some(CertificateIdentity {
            from: CertificateField::Subject,
            template: None,
        }),
        ..SignInSettings::default()
    }
}

fn by_login_name() -> SignInSettings {
    let template = NameTemplate::parse("uid={},dc=example").unwrap();
    SignInSettings {
        login_names: Some(LoginNames { template }),
        ..SignInSettings::default()
    }
}

/// A client whose certificate is the account's that the scene's directory has.
fn external(scene: &mut Scene) {
    scene.sign_in = by_certificate();
    scene.arrival.certificate = Some(Box::new(ClientCertificate {
        subject: Some("CN=a,DC=example".into()),
        ..ClientCertificate::default()
    }));
    scene.service_account = true;
    scene.server = Server::HasAccount;
    scene.requests = vec![sasl_bind("EXTERNAL", b"")];
}

#[tokio::test]
async fn a_certificate_says_who_one_is_and_whoever_else_is_named_beside_it_is_refused() {
    for (authorization, code) in [
        (&b""[..], ResultCode::SUCCESS),
        (b"dn:cn=A, dc=example", ResultCode::SUCCESS),
        (b"dn:cn=b,dc=example", ResultCode::INVALID_CREDENTIALS),
        (b"dn:", ResultCode::INVALID_CREDENTIALS),
        (b"u:b", ResultCode::INVALID_CREDENTIALS),
        (b"cn=a,dc=example", ResultCode::INVALID_CREDENTIALS),
        (b"\xff", ResultCode::PROTOCOL_ERROR),
    ] {
        let mut scene = scene(Refusal::ActingRefused);
        scene.server = Server::LetsAct;
        scene.requests = vec![sasl_bind("EXTERNAL", authorization)];
        assert_eq!(play(scene).await.0, [code], "{authorization:?}");
    }
}

#[tokio::test]
async fn what_a_session_by_certificate_asks_is_asked_in_its_name_and_it_cannot_name_another() {
    let mut scene = scene(Refusal::ActingRefused);
    scene.server = Server::LetsAct;
    scene.requests.push(search(2, "dc=example", &[]));
    // This server answers 123 to whatever is not asked in the name of cn=a,dc=example.
    assert_eq!(play(scene).await.0, [ResultCode::SUCCESS, ResultCode::SUCCESS]);
    let mut scene = self::scene(Refusal::ActingRefused);
    scene.server = Server::LetsAct;
    let own = DistinguishedName::parse(b"cn=a,dc=example").unwrap();
    scene.rules.as_mut().unwrap().proxied_authorization.value = vec![own];
    let control = control::encode(oid::PROXIED_AUTHORIZATION, true, Some(b"dn:cn=b"));
    scene.requests.push(search(2, "dc=example", &[&control]));
    refused(scene, ResultCode::AUTHORIZATION_DENIED).await;
}

#[tokio::test]
async fn plain_is_a_simple_bind_of_the_name_it_stands_for() {
    for (credentials, code) in [
        (&b"\0a\0right"[..], ResultCode::SUCCESS),
        (b"a\0a\0right", ResultCode::SUCCESS),
        (b"u:a\0a\0right", ResultCode::SUCCESS),
        (b"dn:uid=A,dc=example\0u:a\0right", ResultCode::SUCCESS),
        (b"\0dn:uid=a,dc=example\0right", ResultCode::SUCCESS),
        (b"b\0a\0right", ResultCode::INVALID_CREDENTIALS),
        (b"dn:\0a\0right", ResultCode::INVALID_CREDENTIALS),
        (b"\0dn:nobody\0right", ResultCode::INVALID_CREDENTIALS),
        (b"\0a\0", ResultCode::UNWILLING_TO_PERFORM),
        (b"\0\0right", ResultCode::PROTOCOL_ERROR),
        (b"\0a\0right\0", ResultCode::PROTOCOL_ERROR),
        (b"", ResultCode::PROTOCOL_ERROR),
    ] {
        let mut scene = scene(Refusal::OtherIdentity);
        scene.server = Server::Active;
        scene.requests = vec![sasl_bind("PLAIN", credentials)];
        assert_eq!(play(scene).await.0, [code], "{credentials:?}");
    }
}

#[tokio::test]
async fn plain_does_not_travel_in_the_clear_nor_by_a_load_balancer_elsewhere() {
    for (peer, from_afar) in [("192.0.2.7:4", false), ("127.0.0.1:4", true)] {
        let mut scene = scene(Refusal::OtherIdentity);
        scene.peer = peer.parse().unwrap();
        scene.arrival.from_afar = from_afar;
        scene.requests = vec![sasl_bind("PLAIN", b"\0a\0right")];
        refused(scene, ResultCode::CONFIDENTIALITY_REQUIRED).await;
    }
}
