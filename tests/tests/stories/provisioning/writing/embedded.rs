//! A directory of the gateway's own, provisioned over the network as a slapd would be, by an account with the rights of one.

use super::{Place, Scene, accounts, entries, groups};
use postern_directory::ProvisioningSettings;
use postern_directory::upstream::dialect::DialectName;
use postern_tests::people::{self, BASE, SERVICE};
use postern_tests::{Gateway, GatewaySettings, PASSWORD};

fn scene() -> (Gateway, Scene) {
    let gateway = Gateway::start_with(&GatewaySettings {
        directory: format!(
            "hashing = {{ memory_kib = 8192, passes = 1 }}
access = [
    {{ who = \"account\", dn = \"{SERVICE}\", may = \"write\" }},
    {{ who = \"signed-in\", may = \"read\" }},
]"
        ),
        ldif: Some(people::ldif(0, "")),
        ..GatewaySettings::embedded("transparent")
    });
    let mut settings = ProvisioningSettings::default();
    settings.users.base = Some(format!("ou=people,{BASE}"));
    settings.groups.base = Some(format!("ou=groups,{BASE}"));
    let place = Place {
        url: gateway.tls_url(),
        ca_file: gateway.ca_file(),
        address: gateway.address(),
        base: BASE,
        account: (SERVICE, PASSWORD),
        policy: Some(format!("cn=default,ou=policies,{BASE}")),
    };
    let mut scene = Scene::new(DialectName::OpenLdap, place, settings);
    // Whoever may make entries stands above its rules; the gateway's own account asks to be held to them.
    scene.too_short = None;
    (gateway, scene)
}

#[test]
fn users_are_made_rewritten_renamed_and_removed() {
    let (_gateway, scene) = scene();
    entries::made_rewritten_and_removed(&scene, "one");
    entries::taken(&scene, "two");
    entries::renamed(&scene, "three");
    entries::contended(&scene, "four");
}

#[test]
fn groups_are_filled_and_emptied_by_many_at_once() {
    let (_gateway, scene) = scene();
    groups::filled_and_emptied(&scene, "five");
    groups::so_already(&scene, "six");
    groups::at_once(&scene, "seven", 40, 2);
}

#[test]
fn accounts_get_a_password_and_a_standing() {
    let (_gateway, scene) = scene();
    accounts::first_password(&scene, "eight");
    accounts::made_otherwise(&scene, "nine");
}
