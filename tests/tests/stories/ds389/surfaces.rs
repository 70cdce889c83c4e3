//! Every state through each surface: an application reads the same of 389 Directory Server as it reads of slapd.

use super::{directory, people};
use crate::golden::binds::{Answers, ask_people};
use postern_tests::ds389::people::{STATES, account};
use postern_tests::golden::{captured, rows, steady};
use postern_tests::wire::hex;
use postern_tests::{Ds389, Ds389Settings, Gateway, GatewaySettings, policies};
use std::collections::BTreeSet;

/// The surface in front: its capture, the preset, and the surface if it is not the preset's.
const SURFACES: &[(&str, &str, Option<&str>)] = &[
    ("transparent", "transparent", None),
    ("generic", "generic", None),
    ("sssd", "sssd", None),
    ("plain", "generic", Some("plain")),
    ("ad-text", "generic", Some("[\"ad\", \"text\"]")),
    ("netscape", "generic", Some("netscape")),
];

/// States this server tells before it has looked at the password.
const UNPROVEN: &[&str] = &[
    "inactivated",
    "locked-by-failures",
    "locked-for-an-hour",
    "locked-must-change",
    "inactivated-must-change",
];

#[test]
fn each_state_is_told_on_every_surface_as_of_slapd() {
    // Sign-ins leave traces (failures, grace sign-ins used), so every surface has people of its own.
    let sets = STATES.iter().flat_map(|state| {
        let people = SURFACES.iter();
        people.map(move |(name, ..)| account(&format!("{state}-{name}"), state, &[]))
    });
    let server = Ds389::start_with(&Ds389Settings {
        ldif: sets.collect(),
        ..Ds389Settings::default()
    });
    let (_, direct) = ask_people(&people(""), "", server.address());
    for (name, preset, surface) in SURFACES {
        let gateway = Gateway::start_with(&GatewaySettings {
            policy: surface.map(policy),
            ..directory(preset, &server)
        });
        let about = match surface {
            Some(surface) => format!("the preset {preset} with surface {surface} before a 389 Directory Server"),
            None => format!("the preset {preset} before a 389 Directory Server"),
        };
        let (table, answers) = ask_people(&people(&format!("-{name}")), &about, gateway.address());
        table.compare_in("389ds", &format!("bind-{name}"));
        if *name == "transparent" {
            as_direct(&answers, &direct);
        } else {
            unproven_is_alike(name, &answers);
            as_of_slapd(name, &answers);
        }
    }
}

/// As the captures of slapd were taken: on the surface `netscape` who must change the password is let in, so that the control beside the
/// success can be seen.
fn policy(surface: &str) -> String {
    let refused = "[policy.standing.must_change]\nverdict = \"refuse\"";
    let policy = policies::like_generic(surface, "");
    if surface == "netscape" {
        policy.replace(refused, &refused.replace("refuse", "allow"))
    } else {
        policy
    }
}

/// A transparent route adds and changes nothing, but for one refusal: that of a name without a password is ours everywhere.
fn as_direct(through: &Answers, direct: &Answers) {
    for (case, answer) in through {
        if case.starts_with("empty password") {
            assert_eq!((answer.code, direct[case].code), (Some(53), Some(53)), "{case}");
        } else {
            assert_eq!(steady(answer), steady(&direct[case]), "{case}: {answer:?}");
        }
    }
}

/// Unknown user, wrong password and whatever this server tells of a lock are the same octets.
fn unproven_is_alike(surface: &str, answers: &Answers) {
    for asked in ["asked", "not asked"] {
        let wrong = STATES.iter().map(|state| format!("{state}, {asked}, wrong"));
        let told = UNPROVEN.iter().map(|state| format!("{state}, {asked}, right"));
        let nobody = ["unknown user", "unknown suffix"].map(|state| format!("{state}, {asked}, right"));
        let alike: BTreeSet<String> = wrong
            .chain(told)
            .chain(nobody)
            .map(|case| answers[&case].hex())
            .collect();
        assert_eq!(alike.len(), 1, "{surface}, {asked}: {alike:?}");
        assert_eq!(answers[&format!("active, {asked}, wrong")].code, Some(49));
    }
}

/// What stands in the capture of the same surface before slapd. In the control of the one whose password must be changed this server says
/// besides how long that may take.
fn as_of_slapd(surface: &str, answers: &Answers) {
    let text = captured("openldap", &format!("bind-{surface}"));
    let mut compared = 0;
    for (case, line) in rows(&text) {
        let (_, octets) = line.rsplit_once(" | ").expect("octets");
        let Some(answer) = answers.get(case) else {
            continue;
        };
        if LEFT_OUT.iter().any(|left_out| case.starts_with(left_out))
            || (surface, case) == ("sssd", "must-change, asked, right")
        {
            continue;
        }
        assert_eq!(hex(&steady(answer)), octets, "{surface}: {case}: {answer:?}");
        compared += 1;
    }
    assert!(compared > 40, "{surface}: {compared} cases compared");
}

/// What is the directory's own to answer, and differs.
const LEFT_OUT: &[&str] = &["anonymous", "password without a name"];
