//! SSSD, for which a domain is a directory like another: what people see in front of Samba itself and of a gateway with the preset `sssd`.

use super::{NEW, WRONG};
use postern_tests::applications::sssd::Sssd;
use postern_tests::applications::{Attempt, Outcome, Server};
use postern_tests::sightings::{Sightings, cell};
use postern_tests::{Gateway, PASSWORD, Samba, eventually};
use std::time::Duration;

/// What an application starts in on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// The states in words, who is in them, and the password given.
const PEOPLE: [(&str, &str, &str); 10] = [
    ("active", "active", PASSWORD),
    ("expires soon", "expiring", PASSWORD),
    ("must change", "must-change", PASSWORD),
    ("expired", "expired", PASSWORD),
    ("locked", "locked-by-failures", PASSWORD),
    ("disabled", "disabled", PASSWORD),
    ("account ended", "ended", PASSWORD),
    ("outside hours", "outside-hours", PASSWORD),
    ("unknown user", "nobody", PASSWORD),
    ("wrong password", "spare-01", WRONG),
];
/// The same of those who go on with a new password, with the one they give.
const CHANGES: [(&str, &str, &str); 5] = [
    ("must change", "must-change-01", NEW),
    ("must change, the new one is too short", "must-change-02", "Ab-1"),
    (
        "must change, the new one is not complex",
        "must-change-03",
        "only-small-letters",
    ),
    ("must change, the new one is the old one", "must-change-04", PASSWORD),
    ("expired", "expired", NEW),
];

const ABOUT: &str = "\
A login program that asks PAM, with `pam_sss` alone and a domain of the kind `ldap` (`ldap_schema = ad`, StartTLS, no cache of \
passwords).
Samba turns away whoever must change the password, and SSSD does not read in its answer why. Through Postern with the preset `sssd` they
are asked for a new one and set it there and then.";

#[test]
fn whoever_must_change_the_password_of_a_domain_is_asked_for_a_new_one_and_signs_in_with_it() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let servers = [Server::samba(&samba), Server::gateway_of_domain("postern", &gateway)];
    let sssd = Sssd::start(&servers);
    for server in &servers {
        // Just started, it may count a server as offline for a moment.
        eventually(&format!("SSSD has reached {}", server.name), DEADLINE, || {
            let attempt = sssd.sign_in(&server.name, "active", PASSWORD);
            (attempt.outcome == Outcome::In).then_some(())
        });
    }
    let mut page = Sightings::new("SSSD in front of a domain", ABOUT);
    let columns = ["Samba itself", "Postern, preset `sssd`"];

    page.table("Signing in (`authenticate`, `acct_mgmt`):", &columns);
    let seen = everybody(&servers, &PEOPLE, |server, login, password| {
        let mut attempt = sssd.sign_in(server, login, password);
        // In whole days: five until the first second has passed.
        attempt.shown = attempt.shown.replace("in 5 day(s)", "in 4 day(s)");
        attempt
    });
    for (state, row) in &seen {
        page.row(state, &row.iter().map(cell).collect::<Vec<_>>());
    }
    let of = |state: &str| {
        let (_, row) = seen.iter().find(|(seen, _)| *seen == state).unwrap();
        row.last().unwrap().clone()
    };
    let outcomes = PEOPLE.map(|(state, _, _)| of(state).outcome);
    assert_eq!(outcomes[..2], [Outcome::In; 2]);
    assert_eq!(outcomes[2..4], [Outcome::MustChange; 2]);
    assert_eq!(outcomes[4..], [Outcome::Refused; 6]);
    assert!(of("expires soon").shown.contains("will expire in 4 day(s)"));
    assert_eq!(of("locked"), of("wrong password"));

    page.table("Going on with a new password (`chauthtok`):", &columns);
    // One account for both: at Samba itself nobody comes so far as to change it.
    let seen = everybody(&servers, &CHANGES, |server, login, new| {
        sssd.sign_in_and_change(server, login, PASSWORD, new)
    });
    for (state, row) in &seen {
        page.row(state, &row.iter().map(cell).collect::<Vec<_>>());
        assert_eq!(row[0].outcome, Outcome::Refused, "{state}, in front of Samba itself");
    }
    let shown = |state: &str| seen.iter().find(|(seen, _)| *seen == state).unwrap().1[1].clone();
    for (state, login, _) in [CHANGES[0], CHANGES[4]] {
        assert_eq!(shown(state).outcome, Outcome::In, "{state}: {:?}", shown(state));
        assert_eq!(
            sssd.sign_in("postern", login, NEW).outcome,
            Outcome::In,
            "{state}: the new password"
        );
        assert_eq!(
            sssd.sign_in("samba", login, NEW).outcome,
            Outcome::In,
            "{state}: the new password at Samba"
        );
    }
    for (state, login, _) in &CHANGES[1..4] {
        assert_eq!(shown(state).outcome, Outcome::Refused, "{state}");
        let again = sssd.sign_in("postern", login, PASSWORD).outcome;
        assert_eq!(again, Outcome::MustChange, "{state}: nothing has changed");
    }
    page.compare("sssd-domain");
}

/// Each of these people at every server.
fn everybody<'a>(
    servers: &[Server],
    people: &[(&'a str, &str, &str)],
    sign_in: impl Fn(&str, &str, &str) -> Attempt,
) -> Vec<(&'a str, Vec<Attempt>)> {
    let row = |(state, login, password): &(&'a str, &str, &str)| {
        let row = servers.iter().map(|server| sign_in(&server.name, login, password));
        (*state, row.collect())
    };
    people.iter().map(row).collect()
}
