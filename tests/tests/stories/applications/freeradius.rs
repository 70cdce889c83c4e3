//! FreeRADIUS, asked with radclient.

use super::{STATES, Scene, Sightings, expect_in_and_out};
use postern_tests::Slapd;
use postern_tests::applications::freeradius::FreeRadius;
use postern_tests::gateway::PORTAL;

const ABOUT: &str = "\
`rlm_ldap` in `authorize` and `authenticate` (StartTLS), asked with radclient. The text of a refusal stands in FreeRADIUS's log and in
the last value of `Module-Failure-Message`; here `Post-Auth-Type REJECT` makes a `Reply-Message` of all of them, which some devices show.
Whoever is unknown is so by FreeRADIUS's own search: who is not to learn that is better given no such message.";

#[test]
fn whoever_must_change_is_rejected_with_the_portals_address_and_everybody_else_gets_what_slapd_gives_them() {
    let scene = Scene::start(Slapd::start(), &["generic", "freeradius"], "");
    let radius = FreeRadius::start(&scene.servers());
    let mut sightings = Sightings::new("FreeRADIUS", ABOUT);
    let about = "The answer to an Access-Request:";
    let seen = scene.everybody(&mut sightings, about, &STATES, |server, login, password| {
        radius.sign_in(&server.name, login, password)
    });
    expect_in_and_out(&scene, &seen);
    for (preset, _) in &scene.gateways {
        for (state, _, _) in STATES {
            let named = seen.of(preset, state).shown.contains(PORTAL);
            assert_eq!(named, matches!(state, "must change" | "expired"), "{preset}, {state}");
        }
    }
    sightings.compare("freeradius");
}
