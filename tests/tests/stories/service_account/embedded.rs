//! A directory of the gateway's own, looked after by an account of its own as a slapd would be: from another Postern, or anything else that
//! was written for slapd.

use super::{Scene, set};
use postern_directory::upstream::dialect::DialectName;
use postern_identity::StandingChange::{Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::person::Nesting;
use postern_identity::{LockedBy, PasswordRule, Proven, State};
use postern_tests::people::{self, BASE, SERVICE, dn};
use postern_tests::{Gateway, GatewaySettings, PASSWORD};
use std::mem::discriminant;

/// slapd's words for it, by whomever.
const LOCKED: State = State::Locked {
    by: LockedBy::Unsaid,
    until: None,
};
const NEW: &str = "another-secret-5678";
const GROUPS: &str = "\
dn: cn=inner,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: inner
member: uid=active,ou=people,dc=example,dc=org

dn: cn=outer,ou=groups,dc=example,dc=org
objectClass: groupOfUniqueNames
cn: outer
uniqueMember: cn=inner,ou=groups,dc=example,dc=org
";

/// A gateway whose service account for stories may write everything.
fn scene() -> (Gateway, Scene) {
    scene_with(&format!("administrators = [\"{SERVICE}\"]"))
}

fn scene_with(directory: &str) -> (Gateway, Scene) {
    let gateway = Gateway::start_with(&GatewaySettings {
        directory: format!("{directory}\nhashing = {{ memory_kib = 8192, passes = 1 }}"),
        ldif: Some(people::ldif(0, GROUPS)),
        ..GatewaySettings::embedded("transparent")
    });
    let place = (&*gateway.tls_url(), gateway.ca_file(), gateway.address());
    let policy = format!("cn=default,ou=policies,{BASE}");
    let scene = Scene::new(DialectName::OpenLdap, place, BASE, SERVICE, Some(&policy));
    (gateway, scene)
}

#[test]
fn what_an_entry_says_of_its_state_is_what_a_sign_in_says() {
    let (_gateway, scene) = scene();
    for (uid, state) in [
        ("active", State::Active),
        ("must-change", State::MustChange),
        ("expired", State::Expired),
        ("expiring", State::Expiring { seconds: 0 }),
        ("grace-used-up", State::Expired),
        ("locked-by-failures", LOCKED),
        ("locked-by-administrator", LOCKED),
    ] {
        let account = scene.runtime.block_on(scene.lanes.look_up(uid)).unwrap();
        assert_eq!(account.dn, dn(uid));
        let by_entry = account.standing.state;
        assert_eq!(discriminant(&by_entry), discriminant(&state), "{uid}: {by_entry:?}");
        let (by_bind, _) = scene.sign_in(uid, PASSWORD);
        assert_eq!(discriminant(&by_bind), discriminant(&state), "{uid}: {by_bind:?}");
    }
    assert_eq!(scene.groups("active", Nesting::Direct), set(&["inner"]));
    assert_eq!(scene.groups("active", Nesting::Nested), set(&["inner", "outer"]));
}

#[test]
fn each_change_of_a_standing_is_seen_by_the_next_sign_in_and_so_is_its_reverse() {
    let (_gateway, scene) = scene();
    scene.changes_are_seen(
        "history-1",
        &[
            (ForceChange, State::MustChange, Proven::Yes, WithdrawForceChange),
            (Lock, LOCKED, Proven::Unknown, Unlock),
            (Disable, LOCKED, Proven::Unknown, Enable),
        ],
    );
    scene.change("locked-by-failures", Unlock).unwrap();
    assert_eq!(
        scene.sign_in("locked-by-failures", PASSWORD),
        (State::Active, Proven::Yes)
    );
}

#[test]
fn whoever_may_write_passwords_is_held_to_the_policy_and_a_refusal_names_its_rule() {
    let (_gateway, scene) = scene_with(&format!(
        "access = [
    {{ who = \"account\", dn = \"{SERVICE}\", attributes = [\"userPassword\"], may = \"write\" }},
    {{ who = \"self\", attributes = [\"userPassword\"], may = \"write\" }},
    {{ who = \"signed-in\", may = \"read\" }},
]"
    ));
    let name = "history-2";
    for old in [Some(PASSWORD), None] {
        assert_eq!(scene.refused(name, old, "short"), PasswordRule::TooShort);
        assert_eq!(scene.refused(name, old, PASSWORD), PasswordRule::History);
    }
    assert_eq!(scene.refused(name, Some("wrong-password"), NEW), PasswordRule::WrongOld);
    assert_eq!(scene.write(name, Some(PASSWORD), NEW), Ok(()));
    assert_eq!(scene.refused(name, Some(NEW), PASSWORD), PasswordRule::History);
    assert_eq!(scene.sign_in(name, NEW), (State::Active, Proven::Yes));
    // Passwords alone: nothing else.
    assert!(scene.change(name, ForceChange).is_err());
    assert!(scene.change("locked-by-administrator", Unlock).is_err());
}

#[test]
fn an_administrator_is_not_held_to_it_and_what_they_set_is_to_be_changed_next() {
    let (_gateway, scene) = scene();
    assert_eq!(scene.write("history-3", None, NEW), Ok(()));
    assert_eq!(scene.sign_in("history-3", NEW), (State::MustChange, Proven::Yes));
}
