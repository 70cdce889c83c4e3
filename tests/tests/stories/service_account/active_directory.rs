//! Active Directory, by Samba.

use super::{Scene, set};
use postern_directory::upstream::dialect::DialectName;
use postern_identity::StandingChange::{Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::person::Nesting;
use postern_identity::{DirectoryError, PasswordRule, Proven, State};
use postern_tests::samba::people::{BASE, SERVICE, dn};
use postern_tests::{PASSWORD, Samba};

fn scene(samba: &Samba) -> Scene {
    Scene::new(
        DialectName::ActiveDirectory,
        (&samba.tls_url(), samba.ca_file(), samba.address()),
        BASE,
        SERVICE,
        None,
    )
}

#[test]
fn a_domain_controller_finds_people_and_their_groups() {
    let samba = Samba::start();
    let scene = scene(&samba);
    let active = scene.find("active");
    assert_eq!(active.dn, dn("active"));
    for name in [&*dn("active"), "active@ad.example.org", "ADEX\\active", "ACTIVE"] {
        assert!(scene.find(name) == active, "{name}");
    }
    assert!(scene.runtime.block_on(scene.people.by_key(&active.key)).unwrap() == active);
    assert_eq!(scene.found("nobody"), Err(DirectoryError::NotFound));
    assert_eq!(scene.found("OTHER\\active"), Err(DirectoryError::NotFound));
    assert_eq!(scene.groups("active", Nesting::Direct), set(&["staff", "Domain Users"]));
    let nested = scene.groups("active", Nesting::Nested);
    // Users, of BUILTIN, has the domain's users in it.
    assert_eq!(nested, set(&["staff", "everybody", "Domain Users", "Users"]));
    assert_eq!(scene.people.previous_password_seconds(), 3600);
}

#[test]
fn every_change_of_a_domain_controller_and_its_reverse_are_seen_by_a_sign_in() {
    let samba = Samba::start();
    let scene = scene(&samba);
    scene.changes_are_seen(
        "spare-01",
        &[
            (ForceChange, State::MustChange, Proven::Yes, WithdrawForceChange),
            (Disable, State::Disabled, Proven::Yes, Enable),
        ],
    );
    assert_eq!(scene.change("spare-01", Lock), Err(DirectoryError::NotPossible));
    let (state, _) = scene.sign_in("locked-by-failures", PASSWORD);
    assert!(matches!(state, State::Locked { .. }), "{state:?}");
    assert_eq!(scene.change("locked-by-failures", Unlock), Ok(()));
    let (state, proven) = scene.sign_in("locked-by-failures", PASSWORD);
    assert_eq!((state, proven), (State::Active, Proven::Yes));
}

#[test]
fn every_refusal_of_a_domain_controller_names_its_rule() {
    let samba = Samba::start();
    let scene = scene(&samba);
    let new = "Entirely-new-1234";
    assert_eq!(
        scene.refused("spare-02", Some(PASSWORD), "Short-1"),
        PasswordRule::TooShort
    );
    assert_eq!(
        scene.refused("spare-02", Some("Wrong-1234"), new),
        PasswordRule::WrongOld
    );
    assert_eq!(
        scene.refused("spare-02", Some(PASSWORD), "entirelylowercase"),
        PasswordRule::Quality
    );
    assert_eq!(scene.write("spare-02", Some(PASSWORD), new), Ok(()));
    assert_eq!(scene.sign_in("spare-02", new), (State::Active, Proven::Yes));
    assert_eq!(scene.refused("spare-02", Some(new), PASSWORD), PasswordRule::History);
    assert_eq!(scene.refused("young", Some(PASSWORD), new), PasswordRule::TooYoung);
    // A reset, and by whoever may not: people alone are delegated to the service account.
    assert_eq!(scene.write("must-change-01", None, new), Ok(()));
    assert_eq!(scene.refused("Administrator", None, new), PasswordRule::Forbidden);
    // The password before the last one still opens a sign-in for an hour.
    assert_eq!(scene.sign_in("spare-02", PASSWORD), (State::Active, Proven::Yes));
}
