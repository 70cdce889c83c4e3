//! 389 Directory Server.

use super::{Scene, set};
use postern_directory::upstream::dialect::DialectName;
use postern_identity::StandingChange::{Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::person::Nesting;
use postern_identity::{DirectoryError, PasswordRule, Proven, State};
use postern_tests::people::{BASE, SERVICE, dn};
use postern_tests::{Ds389, Ds389Settings, PASSWORD};

fn scene(server: &Ds389) -> Scene {
    Scene::new(
        DialectName::Ds389,
        (&server.tls_url(), server.ca_file(), server.address()),
        BASE,
        SERVICE,
    )
}

#[test]
fn a_389_finds_people_and_their_groups() {
    let group = |name: &str, kind: &str, member: &str| {
        format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: {kind}\ncn: {name}\n{member}\n\n")
    };
    let server = Ds389::start_with(&Ds389Settings {
        ldif: [
            group("staff", "groupOfNames", &format!("member: {}", dn("active"))),
            group(
                "all",
                "groupOfUniqueNames",
                &format!("uniqueMember: cn=staff,ou=groups,{BASE}"),
            ),
            group("posix", "posixGroup", "gidNumber: 1\nmemberUid: active"),
        ]
        .concat(),
        ..Ds389Settings::default()
    });
    let scene = scene(&server);
    let active = scene.find("active");
    assert_eq!(active.dn, dn("active"));
    assert!(scene.find("active@example.org") == active && scene.find(&dn("active")) == active);
    assert!(scene.runtime.block_on(scene.people.by_key(&active.key)).unwrap() == active);
    assert_eq!(scene.found("nobody"), Err(DirectoryError::NotFound));
    assert_eq!(scene.groups("active", Nesting::Direct), set(&["staff", "posix"]));
    assert_eq!(scene.groups("active", Nesting::Nested), set(&["staff", "posix", "all"]));
}

#[test]
fn every_change_of_a_389_and_its_reverse_are_seen_by_a_sign_in() {
    let server = Ds389::start_with(&Ds389Settings {
        users: 1,
        ..Ds389Settings::default()
    });
    let scene = scene(&server);
    let (name, password) = ("user0001", PASSWORD);
    for (change, reverse) in [(Lock, Unlock), (Disable, Enable), (ForceChange, WithdrawForceChange)] {
        for _ in 0..2 {
            assert_eq!(scene.change(name, change), Ok(()));
            let (state, proven) = scene.sign_in(name, password);
            let wanted = match change {
                Lock => (matches!(state, State::Locked { .. }), Proven::Unknown),
                Disable => (state == State::Disabled, Proven::Unknown),
                _ => (state == State::MustChange, Proven::Yes),
            };
            assert_eq!((true, proven), (wanted.0, wanted.1), "{change:?}: {state:?}");
        }
        for _ in 0..2 {
            assert_eq!(scene.change(name, reverse), Ok(()));
            assert_eq!(
                scene.sign_in(name, password),
                (State::Active, Proven::Yes),
                "{reverse:?}"
            );
        }
    }
    // A lock by failures is lifted as well.
    assert_eq!(scene.change("locked-by-failures", Unlock), Ok(()));
    assert_eq!(
        scene.sign_in("locked-by-failures", password),
        (State::Active, Proven::Yes)
    );
}

#[test]
fn every_refusal_of_a_389_names_its_rule() {
    let server = Ds389::start();
    let scene = scene(&server);
    let new = "entirely-New-1234";
    assert_eq!(scene.refused("active", None, "short"), PasswordRule::TooShort);
    assert_eq!(scene.refused("active", Some("wrong"), new), PasswordRule::WrongOld);
    assert_eq!(scene.write("active", None, new), Ok(()));
    assert_eq!(scene.sign_in("active", new), (State::Active, Proven::Yes));
    assert_eq!(scene.refused("active", None, PASSWORD), PasswordRule::History);
    assert_eq!(scene.refused("young", None, new), PasswordRule::TooYoung);
    let (state, _) = scene.sign_in("active", PASSWORD);
    assert_eq!(state, State::Unknown, "the old one is over");
}
