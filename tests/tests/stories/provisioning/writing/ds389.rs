//! 389 Directory Server, by a service account with the rights an administrator would give it.

use super::{Place, Scene, accounts, entries, groups};
use postern_directory::ProvisioningSettings;
use postern_directory::upstream::dialect::DialectName;
use postern_tests::people::{BASE, SERVICE};
use postern_tests::{Ds389, Ds389Settings, PASSWORD};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A server that all stories here share: each names others.
fn scene() -> (Arc<Ds389>, Scene) {
    static SHARED: Mutex<Weak<Ds389>> = Mutex::new(Weak::new());
    let server = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Ds389::start_with(&Ds389Settings {
                ldif: format!(
                    "dn: ou=provisioned,{BASE}\nobjectClass: organizationalUnit\nou: provisioned\n\
                     aci: (targetattr=\"*\")(version 3.0; acl \"provisioning\"; allow (all) userdn=\"ldap:///{SERVICE}\";)\n\n"
                ),
                ..Ds389Settings::default()
            }));
            *shared = Arc::downgrade(&server);
            server
        })
    };
    let mut settings = ProvisioningSettings::default();
    settings.users.base = Some(format!("ou=provisioned,{BASE}"));
    settings.groups.base = Some(format!("ou=provisioned,{BASE}"));
    let place = Place {
        url: server.tls_url(),
        ca_file: server.ca_file(),
        address: server.address(),
        base: BASE,
        account: (SERVICE, PASSWORD),
        policy: Some("cn=config".to_owned()),
    };
    let scene = Scene::new(DialectName::Ds389, place, settings);
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
fn a_rename_keeps_the_id_and_what_names_the_user() {
    let (_server, scene) = scene();
    entries::renamed(&scene, "three");
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
    groups::at_once(&scene, "seven", 60, 1);
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
