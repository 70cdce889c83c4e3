//! Apache httpd, asked with curl.

use super::{STATES, Scene, Sightings, expect_in_and_out};
use postern_tests::Slapd;
use postern_tests::applications::apache::Apache;
use postern_tests::gateway::PORTAL;

const ABOUT: &str = "\
`mod_authnz_ldap` with a search and a sign-in as the person (`AuthLDAPURL … STARTTLS`), asked with curl. The text of a refusal reaches
neither the browser nor httpd's log: `ErrorDocument 401` is the place to name the page where a password can be reset. httpd remembers
good sign-ins for ten minutes unless `LDAPCacheEntries 0` says otherwise, as it does here.";

#[test]
fn whoever_must_change_gets_401_as_with_a_wrong_password_and_everybody_else_what_slapd_gives_them() {
    let scene = Scene::start(Slapd::start(), &["generic"], "");
    let httpd = Apache::start(&scene.servers());
    let mut sightings = Sightings::new("Apache httpd", ABOUT);
    let about = "A page for whoever signs in:";
    let seen = scene.everybody(&mut sightings, about, &STATES, |server, login, password| {
        httpd.sign_in(&server.name, login, password)
    });
    expect_in_and_out(&scene, &seen);
    assert!(
        !httpd.log().contains(PORTAL),
        "httpd logs the text now: say so on its page"
    );
    sightings.compare("apache");
}
