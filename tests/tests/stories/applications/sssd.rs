//! SSSD with pamtester, which says what a login program shows.

use super::{DEADLINE, OWN, Scene, Sightings, WRONG};
use postern_tests::applications::Outcome;
use postern_tests::applications::sssd::Sssd;
use postern_tests::{PASSWORD, Slapd, SlapdSettings, eventually, people};

/// The presets beside slapd itself, the first of them with a directory of its own too.
const PRESETS: [&str; 2] = ["sssd", "generic"];
/// The accounts, by their first name, and the state each is in.
const ACCOUNTS: [(&str, &str); 7] = [
    ("active", "active"),
    ("expiring", "expiring"),
    ("grace", "grace"),
    ("must-change", "must-change"),
    ("must-change-again", "must-change"),
    ("expired", "expired"),
    ("locked", "locked-by-administrator"),
];
/// The states in words, who is in them, and the password given.
const PEOPLE: [(&str, &str, &str); 8] = [
    ("active", "active", PASSWORD),
    ("expires soon", "expiring", PASSWORD),
    ("expired, grace left", "grace", PASSWORD),
    ("must change", "must-change", PASSWORD),
    ("expired", "expired", PASSWORD),
    ("locked", "locked", PASSWORD),
    ("unknown user", "nobody", PASSWORD),
    ("wrong password", "active", WRONG),
];
/// The same of those who are asked for a new password, with the one they give.
const CHANGES: [(&str, &str, &str); 3] = [
    ("must change", "must-change", "new-secret-1234"),
    ("must change, the new one is too short", "must-change-again", "short"),
    ("expired", "expired", "new-secret-1234"),
];

const ABOUT: &str = "\
A login program that asks PAM, with `pam_sss` alone and a domain of the kind `ldap` (StartTLS, no cache of passwords). With the preset
`sssd` people are shown what SSSD shows them in front of slapd itself: it reads the password policy control, and the password modify
operation sets the new password. Preset `generic` can tell SSSD nothing: it shows no text of the server.";

#[test]
fn people_are_told_their_state_as_in_front_of_slapd_and_whoever_must_change_sets_a_new_password_there_and_then() {
    let scene = scene();
    let sssd = Sssd::start(&scene.servers());
    for server in scene.servers() {
        // Just started, it may count a server as offline for a moment.
        let login = uid("active", &server.name);
        eventually(&format!("SSSD has reached {}", server.name), DEADLINE, || {
            let attempt = sssd.sign_in(&server.name, &login, PASSWORD);
            (attempt.outcome == Outcome::In).then_some(())
        });
    }
    let mut sightings = Sightings::new("SSSD", ABOUT);
    let about = "Signing in (`authenticate`, `acct_mgmt`):";
    let seen = scene.everybody(&mut sightings, about, &PEOPLE, |server, login, password| {
        let mut attempt = sssd.sign_in(&server.name, &uid(login, &server.name), password);
        // In whole days: five until the first second has passed.
        attempt.shown = attempt.shown.replace("in 5 day(s)", "in 4 day(s)");
        attempt
    });
    for (state, _, _) in PEOPLE {
        assert_eq!(seen.of("sssd", state), seen.of("slapd", state), "{state}");
        assert_eq!(seen.of(OWN, state), seen.of("sssd", state), "{state}");
    }
    let outcomes = PEOPLE.map(|(state, _, _)| seen.of("sssd", state).outcome);
    assert_eq!(outcomes[..3], [Outcome::In; 3]);
    assert_eq!(outcomes[3..5], [Outcome::MustChange; 2]);
    assert_eq!(outcomes[5..], [Outcome::Refused; 3]);
    for (state, told) in [
        ("expires soon", "will expire in 4 day(s)"),
        ("expired, grace left", "2 grace login(s)"),
    ] {
        assert!(
            seen.of("sssd", state).shown.contains(told),
            "{:?}",
            seen.of("sssd", state)
        );
    }
    assert_eq!(seen.of("sssd", "locked"), seen.of("sssd", "wrong password"));
    let told = seen.of("generic", "must change");
    assert_eq!(
        told,
        seen.of("generic", "wrong password"),
        "a text of ours is shown by SSSD now"
    );

    let about = "Going on with a new password (`chauthtok`):";
    let seen = scene.everybody(&mut sightings, about, &CHANGES, |server, login, new| {
        sssd.sign_in_and_change(&server.name, &uid(login, &server.name), PASSWORD, new)
    });
    for server in ["slapd", "sssd", OWN] {
        assert_eq!(seen.of(server, "must change").outcome, Outcome::In, "{server}");
        let short = seen.of(server, "must change, the new one is too short");
        assert_eq!(short.outcome, Outcome::Refused, "{server}");
        assert!(
            short.shown.contains("Password fails quality checking policy"),
            "{server}: {short:?}"
        );
        let login = uid("must-change", server);
        let now = |password| sssd.sign_in(server, &login, password).outcome;
        assert_eq!(now("new-secret-1234"), Outcome::In, "{server}: the new password");
        assert_eq!(now(PASSWORD), Outcome::Refused, "{server}: the old password");
    }
    // slapd answers 49 and leaves its connection signed in all the same; the gateway passes nothing on as somebody who was refused.
    assert_eq!(seen.of("slapd", "expired").outcome, Outcome::In);
    assert_eq!(seen.of("sssd", "expired").outcome, Outcome::Refused);
    let now = sssd.sign_in("sssd", &uid("expired", "sssd"), PASSWORD).outcome;
    assert_eq!(
        now,
        Outcome::MustChange,
        "a change by somebody who was refused took effect"
    );
    let uids = ["must-change", "expired", "locked"].map(|name| uid(name, "sssd"));
    scene.expect_asked(
        "sssd",
        &[(&uids[0], "must_change"), (&uids[1], "expired"), (&uids[2], "locked")],
    );
    sightings.compare("sssd");
}

/// An account for each server, so that nobody uses up what another is to find.
fn uid(name: &str, server: &str) -> String {
    format!("{name}-{server}")
}

/// People SSSD takes for accounts of a machine.
fn scene() -> Scene {
    let mut ldif = String::new();
    let mut number = 20_000;
    for server in ["slapd", OWN].iter().chain(&PRESETS) {
        for (name, state) in ACCOUNTS {
            number += 1;
            let uid = uid(name, server);
            let lines = [
                "objectClass: posixAccount",
                &format!("uidNumber: {number}"),
                &format!("gidNumber: {number}"),
                &format!("homeDirectory: /nonexistent/{uid}"),
            ];
            ldif.push_str(&people::account(&uid, state, &lines));
        }
    }
    let settings = SlapdSettings {
        global: "include /etc/ldap/schema/nis.schema".to_owned(),
        ldif: ldif.clone(),
        ..SlapdSettings::default()
    };
    Scene::start(Slapd::start_with(&settings), &PRESETS, &ldif)
}
