//! slapd, by a service account with the rights an administrator would give it.

use super::{Place, Scene, accounts, entries, groups};
use postern_directory::ProvisioningSettings;
use postern_directory::upstream::dialect::DialectName;
use postern_tests::people::{BASE, SERVICE};
use postern_tests::{PASSWORD, Slapd, SlapdSettings};

fn scene() -> (Slapd, Scene) {
    let slapd = Slapd::start_with(&SlapdSettings {
        database: format!(
            "access to attrs=userPassword by dn.exact={SERVICE} write by anonymous auth by * none
access to * by dn.exact={SERVICE} write by * read"
        ),
        ..SlapdSettings::default()
    });
    let mut settings = ProvisioningSettings::default();
    settings.users.base = Some(format!("ou=people,{BASE}"));
    settings.groups.base = Some(format!("ou=groups,{BASE}"));
    let place = Place {
        url: slapd.tls_url(),
        ca_file: slapd.ca_file(),
        address: slapd.address(),
        base: BASE,
        account: (SERVICE, PASSWORD),
        policy: Some(format!("cn=default,ou=policies,{BASE}")),
    };
    (slapd, Scene::new(DialectName::OpenLdap, place, settings))
}

#[test]
fn a_user_is_made_rewritten_and_removed() {
    let (_slapd, scene) = scene();
    entries::made_rewritten_and_removed(&scene, "bob");
}

#[test]
fn what_another_has_is_taken() {
    let (_slapd, scene) = scene();
    entries::taken(&scene, "bob");
}

#[test]
fn a_rename_keeps_the_id_and_what_names_the_user() {
    let (_slapd, scene) = scene();
    entries::renamed(&scene, "bob");
}

#[test]
fn a_change_of_what_others_changed_is_not_made() {
    let (_slapd, scene) = scene();
    entries::contended(&scene, "bob");
}

#[test]
fn a_group_is_empty_and_full_and_empty_again() {
    let (_slapd, scene) = scene();
    groups::filled_and_emptied(&scene, "crew");
}

#[test]
fn whoever_is_in_already_or_is_not_is_no_error() {
    let (_slapd, scene) = scene();
    groups::so_already(&scene, "crew");
}

#[test]
fn of_many_changes_at_once_none_is_lost() {
    let (_slapd, scene) = scene();
    groups::at_once(&scene, "crew", 200, 2);
}

#[test]
fn a_first_password_signs_in_and_one_that_is_refused_leaves_nothing_behind() {
    let (_slapd, scene) = scene();
    accounts::first_password(&scene, "bob");
}

#[test]
fn an_account_is_made_switched_off_or_to_change_its_password() {
    let (_slapd, scene) = scene();
    accounts::made_otherwise(&scene, "bob");
}
