//! Every state × the password policy control asked for or not × right or wrong password × surface, before Samba.

use super::binds::{Answers, RIGHT, ask_all};
use super::refused;
use postern_ldap::oid;
use postern_tests::gateway::PORTAL;
use postern_tests::golden::steady;
use postern_tests::{Answer, Gateway, GatewaySettings, Samba, policies};
use std::collections::BTreeSet;

/// States Samba lets in.
const LET_IN: [&str; 5] = ["active", "expiring", "never-expires", "lock-has-ended", "young"];
/// States it tells before it has looked at the password.
const LOCKED: [&str; 3] = ["locked-by-failures", "locked-for-good", "locked-must-change"];
/// States the preset `generic` tells nobody.
const KEPT: [&str; 3] = ["disabled", "disabled-must-change", "ended"];

#[test]
fn transparent_answers_are_sambas_byte_for_byte() {
    let direct = Samba::start();
    let (_, direct) = ask_all("", || direct.tls_client());
    let through = through("transparent", None, "bind-transparent", "preset transparent");
    for (case, answer) in &through {
        if case.starts_with("empty password") {
            assert_eq!(answer.code, Some(53), "{case}: refused here, on every route");
        } else {
            assert_eq!(answer.octets, direct[case].octets, "{case}: {answer:?}");
        }
    }
}

#[test]
fn the_text_names_the_portal_where_a_new_password_helps_and_is_silent_on_the_rest() {
    let answers = through("generic", None, "bind-generic", "preset generic (surface text)");
    for word in ["asked", "not asked"] {
        let right = |state: &str| &answers[&format!("{state}, right, {word}")];
        for state in ["must-change", "expired"] {
            assert!(right(state).text.contains(PORTAL), "{state}: {:?}", right(state));
        }
        for state in ["outside-hours", "wrong-workstation"] {
            assert_ne!(
                right(state).octets,
                right(KEPT[0]).octets,
                "{state} was proven and is told"
            );
        }
        for state in KEPT {
            assert_eq!(
                right(state).octets,
                answers[&format!("active, wrong, {word}")].octets,
                "{state}"
            );
        }
    }
    let everybody: Vec<&str> = LOCKED.iter().chain(&KEPT).copied().collect();
    expect_alike(&answers, &everybody);
    expect_an_empty_control(&answers);
}

#[test]
fn plain_answers_are_yes_and_no() {
    let policy = policies::like_generic("plain", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-plain",
        "the preset generic with surface plain",
    );
    let refused = answers
        .iter()
        .filter(|(case, answer)| answer.code == Some(49) && !case.starts_with("password without a name"));
    let texts: BTreeSet<&str> = refused.map(|(_, answer)| answer.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    expect_alike(&answers, &LOCKED);
    expect_an_empty_control(&answers);
}

#[test]
fn the_control_says_what_samba_has_no_control_for_to_whoever_asked() {
    let policy = policies::like_generic("ppolicy", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-ppolicy",
        "the preset generic with surface ppolicy",
    );
    let control = |state: &str| {
        answers[&format!("{state}, right, asked")]
            .password_policy()
            .map(<[u8]>::to_vec)
    };
    assert_eq!(control("must-change"), Some(vec![0x30, 3, 0x81, 1, 2]));
    assert_eq!(control("expired"), Some(vec![0x30, 3, 0x81, 1, 0]));
    // Read from the entry: Samba's answer is silent.
    let expiring = steady(&answers["expiring, right, asked"]);
    assert!(
        expiring.ends_with(&[0xa0, 5, 0x80, 3, 0x06, 0x97, 0x80]),
        "{expiring:x?}"
    );
    for state in ["active", "never-expires", "young", "lock-has-ended"] {
        assert_eq!(control(state), Some(vec![0x30, 0]), "{state}");
    }
    for (case, answer) in answers.iter().filter(|(case, _)| case.ends_with("not asked")) {
        assert_eq!(answer.password_policy(), None, "{case}");
    }
    expect_alike(&answers, &LOCKED);
}

#[test]
fn sssd_lets_in_to_change_the_password_whom_samba_turns_away_for_it() {
    let answers = through("sssd", None, "bind-sssd", "preset sssd");
    for state in ["must-change", "expired"] {
        let asked = &answers[&format!("{state}, right, asked")];
        let control = asked.password_policy();
        assert_eq!(
            (asked.code, control),
            (Some(0), Some(&[0x30, 3, 0x81, 1, 2][..])),
            "{state}"
        );
        assert_eq!(answers[&format!("{state}, right, not asked")].code, Some(0), "{state}");
    }
    for (state, data) in RIGHT {
        let in_or_to_change = matches!(data, None | Some("773" | "532"));
        let code = answers[&format!("{state}, right, asked")].code;
        assert_eq!(code == Some(0), in_or_to_change, "{state}");
    }
    expect_alike(&answers, &LOCKED);
}

#[test]
fn the_older_controls_come_unasked() {
    let policy = policies::like_generic("netscape", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-netscape",
        "the preset generic with surface netscape",
    );
    for word in ["asked", "not asked"] {
        let told = |state: &str, oid: &[u8]| answers[&format!("{state}, right, {word}")].control(oid).is_some();
        for state in ["must-change", "expired"] {
            assert!(told(state, oid::NETSCAPE_EXPIRED), "{state}");
        }
        assert!(told("expiring", oid::NETSCAPE_EXPIRING));
        assert!(!told("active", oid::NETSCAPE_EXPIRED) && !told("active", oid::NETSCAPE_EXPIRING));
        for state in LOCKED {
            assert!(!told(state, oid::NETSCAPE_EXPIRED), "{state}");
        }
    }
    expect_alike(&answers, &LOCKED);
}

#[test]
fn clients_of_active_directory_read_the_same_number_as_from_samba_where_it_is_proven() {
    for preset in ["keycloak-ad", "spring-ad"] {
        let answers = through(preset, None, &format!("bind-{preset}"), &format!("preset {preset}"));
        for (state, data) in RIGHT {
            let answer = &answers[&format!("{state}, right, not asked")];
            let wanted = match (preset, *data) {
                (_, None) => None,
                (_, Some("775")) => Some("52e"),
                // It knows no 773.
                ("spring-ad", Some("773")) => Some("532"),
                (_, Some(data)) => Some(data),
            };
            let told = answer.text.split_once("data ").map(|(_, rest)| &rest[..3]);
            assert_eq!(
                (answer.code == Some(0), told),
                (wanted.is_none(), wanted),
                "{preset}, {state}: {answer:?}"
            );
        }
        expect_alike(&answers, &LOCKED);
    }
}

/// All cases through a gateway of this preset, or of this policy, before a Samba of its own.
fn through(preset: &str, policy: Option<String>, table: &str, about: &str) -> Answers {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy,
        ..samba.behind(preset)
    });
    let (rows, answers) = ask_all(&format!("{about} before Samba"), || gateway.tls_client());
    rows.compare_in("samba", table);
    for state in LET_IN {
        for word in ["asked", "not asked"] {
            let answer = &answers[&format!("{state}, right, {word}")];
            assert_eq!(answer.code, Some(0), "{preset}, {state}: {answer:?}");
        }
    }
    for case in ["active by UPN, right", "active by DOMAIN\\user, right"] {
        assert_eq!(answers[&format!("{case}, asked")].code, Some(0), "{preset}, {case}");
    }
    // What follows `data` on surfaces of ours is never Samba's own line.
    let own = refused("");
    let own = &own[..own.find("data").unwrap()];
    let passed_on = answers.values().any(|answer: &Answer| answer.text.starts_with(own));
    assert_eq!(passed_on, preset == "transparent", "{preset}");
    answers
}

/// Nobody's name, a wrong password of whatever state, and the right one of these states are the same octets.
fn expect_alike(answers: &Answers, hidden: &[&str]) {
    for word in ["asked", "not asked"] {
        let wanted = &answers[&format!("active, wrong, {word}")];
        assert_eq!(wanted.code, Some(49));
        let wrong = RIGHT.iter().map(|(state, _)| format!("{state}, wrong"));
        let right = hidden.iter().map(|state| format!("{state}, right"));
        let names = [
            "unknown DN",
            "unknown UPN",
            "unknown DOMAIN\\user",
            "unknown suffix",
            "suffix itself",
        ];
        let more = [
            "smartcard-required, right",
            "active by UPN, wrong",
            "active by DOMAIN\\user, wrong",
        ];
        for case in wrong
            .chain(right)
            .chain(names.iter().chain(&more).map(|case| (*case).to_owned()))
        {
            let answer = &answers[&format!("{case}, {word}")];
            assert_eq!(answer.octets, wanted.octets, "{case}, {word}: {answer:?}");
        }
    }
}

fn expect_an_empty_control(answers: &Answers) {
    for (state, _) in RIGHT {
        for word in ["right", "wrong"] {
            let asked = &answers[&format!("{state}, {word}, asked")];
            assert_eq!(asked.password_policy(), Some(&[0x30, 0][..]), "{state}, {word}");
            assert!(
                answers[&format!("{state}, {word}, not asked")].controls.is_empty(),
                "{state}, {word}"
            );
        }
    }
}
