//! Active Directory, by Samba.

use super::{Place, Scene, accounts, entries, groups};
use postern_directory::ProvisioningSettings;
use postern_directory::upstream::dialect::DialectName;
use postern_tests::Samba;
use postern_tests::samba::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PEOPLE};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A domain controller that all stories here share: each names others.
fn scene() -> (Arc<Samba>, Scene) {
    static SHARED: Mutex<Weak<Samba>> = Mutex::new(Weak::new());
    let server = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Samba::start());
            *shared = Arc::downgrade(&server);
            server
        })
    };
    let mut settings = ProvisioningSettings::default();
    settings.users.base = Some(PEOPLE.to_owned());
    settings.groups.base = Some(PEOPLE.to_owned());
    let place = Place {
        url: server.tls_url(),
        ca_file: server.ca_file(),
        address: server.address(),
        base: BASE,
        account: (ADMINISTRATOR, ADMINISTRATOR_PASSWORD),
        policy: None,
    };
    let mut scene = Scene::new(DialectName::ActiveDirectory, place, settings);
    scene.domain = "@ad.example.org";
    (server, scene)
}

#[test]
fn a_user_is_made_rewritten_and_removed() {
    let (_server, scene) = scene();
    entries::made_rewritten_and_removed(&scene, "one");
}

#[test]
fn what_another_has_is_taken() {
    let (_server, scene) = scene();
    entries::taken(&scene, "two");
}

#[test]
fn people_of_one_name_have_names_of_their_own_in_the_directory() {
    let (_server, scene) = scene();
    entries::of_one_name(&scene, "three");
}

#[test]
fn a_change_of_what_others_changed_is_not_made() {
    let (_server, scene) = scene();
    entries::contended(&scene, "four");
}

#[test]
fn a_group_is_empty_and_full_and_empty_again() {
    let (_server, scene) = scene();
    groups::filled_and_emptied(&scene, "five");
}

#[test]
fn whoever_is_in_already_or_is_not_is_no_error() {
    let (_server, scene) = scene();
    groups::so_already(&scene, "six");
}

#[test]
fn of_many_changes_at_once_none_is_lost() {
    let (_server, scene) = scene();
    groups::at_once(&scene, "seven", 60, 0);
}

#[test]
fn a_first_password_signs_in_and_one_that_is_refused_leaves_nothing_behind() {
    let (_server, scene) = scene();
    accounts::first_password(&scene, "eight");
}

#[test]
fn an_account_is_made_switched_off_or_to_change_its_password() {
    let (_server, scene) = scene();
    accounts::made_otherwise(&scene, "nine");
}

#[test]
fn a_group_is_renamed() {
    let (_server, scene) = scene();
    groups::renamed(&scene, "ten");
}
