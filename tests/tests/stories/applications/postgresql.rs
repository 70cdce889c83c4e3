//! PostgreSQL, asked with psql.

use super::{STATES, Scene, Sightings, again, expect_in_and_out, slapd, states_again};
use postern_tests::applications::postgresql::{Mode, PostgreSql};
use postern_tests::gateway::PORTAL;

const ABOUT: &str = "\
`ldap` in `pg_hba.conf` (`ldaptls=1`), asked with psql. The person is shown the same line whatever the reason; the text of a refusal
stands in PostgreSQL's log, as `LDAP diagnostics`.";

#[test]
fn whoever_must_change_is_refused_in_both_modes_and_everybody_else_gets_what_slapd_gives_them() {
    let scene = Scene::start(slapd(), &["generic"], &again());
    let mut roles: Vec<&str> = STATES.iter().chain(&states_again()).map(|(_, uid, _)| *uid).collect();
    roles.sort_unstable();
    roles.dedup();
    let database = PostgreSql::start(&scene.servers(), &roles);
    let mut sightings = Sightings::new("PostgreSQL", ABOUT);
    for (mode, states, about) in [
        (Mode::Simple, STATES, "Simple bind (`ldapprefix`, `ldapsuffix`):"),
        (
            Mode::SearchAndBind,
            states_again(),
            "Search and bind (`ldapbasedn`, `ldapbinddn`):",
        ),
    ] {
        let seen = scene.everybody(&mut sightings, about, &states, |server, login, password| {
            database.sign_in(&server.name, mode, login, password)
        });
        expect_in_and_out(&scene, &seen);
        // Who is unknown is not told apart from who gave a wrong password either.
        for server in scene.servers() {
            let unknown = seen.of(&server.name, "unknown user");
            assert_eq!(
                unknown,
                seen.of(&server.name, "wrong password"),
                "{}, {mode:?}",
                server.name
            );
        }
    }
    let log = database.log();
    for told in ["must be changed", "has expired"] {
        let line = log
            .lines()
            .find(|line| line.contains("LDAP diagnostics") && line.contains(told));
        assert!(
            line.is_some_and(|line| line.contains(PORTAL)),
            "{told}: {line:?}\n{log}"
        );
    }
    sightings.compare("postgresql");
}
