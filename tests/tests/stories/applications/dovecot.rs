//! Dovecot, asked by doveadm and over IMAP.

use super::{STATES, Scene, Sightings, again, expect_in_and_out, slapd, states_again};
use postern_tests::applications::dovecot::Dovecot;
use postern_tests::gateway::PORTAL;

const ABOUT: &str = "\
A passdb of the kind `ldap` with `auth_bind = yes` (StartTLS). The text of a refusal reaches neither the person nor Dovecot's log, which
says `Password mismatch (for LDAP bind)` whatever the reason: the reason stands in Postern's audit line.";

#[test]
fn whoever_must_change_is_refused_for_good_and_everybody_else_gets_what_slapd_gives_them() {
    let scene = Scene::start(slapd(), &["generic", "dovecot"], &again());
    let servers: Vec<(String, Dovecot)> = scene
        .servers()
        .iter()
        .map(|server| (server.name.clone(), Dovecot::start(server)))
        .collect();
    let at = |name: &str| &servers.iter().find(|(server, _)| server == name).unwrap().1;
    let mut sightings = Sightings::new("Dovecot", ABOUT);
    let about = "IMAP LOGIN, as a mail program shows it:";
    let seen = scene.everybody(&mut sightings, about, &STATES, |server, login, password| {
        at(&server.name).login(login, password)
    });
    expect_in_and_out(&scene, &seen);
    for (server, _) in &servers {
        // Anything else, such as UNAVAILABLE, makes mail programs try again.
        let shown = &seen.of(server, "expired").shown;
        assert!(shown.contains("[AUTHENTICATIONFAILED]"), "{server}: {shown}");
    }
    let about = "`doveadm auth test`, as an administrator sees it:";
    let seen = scene.everybody(&mut sightings, about, &states_again(), |server, login, password| {
        at(&server.name).test(login, password)
    });
    expect_in_and_out(&scene, &seen);
    for (server, dovecot) in &servers {
        assert!(
            !dovecot.log().contains(PORTAL),
            "{server}: Dovecot logs the text now: say so on its page"
        );
    }
    sightings.compare("dovecot");
}
