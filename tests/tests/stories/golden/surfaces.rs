//! The surfaces for clients of other directories, and mixtures of surfaces, before a real slapd; and the presets that use them.

use super::binds::{Answers, ask_all, asked, control_is_empty_and_there_exactly_if_asked, through, unproven_is_alike};
use postern_ldap::oid;
use postern_tests::gateway::PORTAL;
use postern_tests::golden::steady;
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, policies, request};

/// Everybody in, so that what stands beside a success can be seen.
const LET_IN: &str = "\n[[policy]]\nroute = \"*\"\n";

#[test]
fn the_older_controls_that_our_own_question_keeps_slapd_from_sending_are_made_again() {
    let netscape = || SlapdSettings {
        netscape: true,
        ..SlapdSettings::default()
    };
    let direct = Slapd::start_with(&netscape());
    let (_, direct) = ask_all("", direct.address());
    let slapd = Slapd::start_with(&netscape());
    let policy = policies::like_generic("netscape", LET_IN).replace(
        "[policy.standing.must_change]\nverdict = \"refuse\"",
        "[policy.standing.must_change]\nverdict = \"allow\"",
    );
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (table, through) = ask_all(
        "surface netscape, must change let in, before a slapd that sends them",
        gateway.address(),
    );
    table.compare("bind-netscape");
    for state in [
        "active",
        "must-change",
        "expired",
        "grace",
        "grace-used-up",
        "expiring",
        "expired-must-change",
        "young",
    ] {
        for word in ["right", "wrong"] {
            let case = format!("{state}, not asked, {word}");
            if (state, word) == ("grace", "right") {
                // One grace sign-in was used by the question before it.
                assert_eq!(said(&through[&case]), said(&direct[&case]), "{case}");
            } else {
                assert_eq!(steady(&through[&case]), steady(&direct[&case]), "{case}");
            }
        }
        let asked = &through[&format!("{state}, asked, right")];
        assert_eq!(asked.password_policy(), Some(&[0x30, 0][..]), "{state}");
        assert_eq!(
            said(asked),
            said(&through[&format!("{state}, not asked, right")]),
            "{state}"
        );
    }
    // slapd says "expired" of a lock, to anybody. We do not.
    assert_eq!(said(&direct["locked-by-failures, not asked, wrong"]), (true, false));
    assert_eq!(said(&through["locked-by-failures, not asked, right"]), (false, false));
    unproven_is_alike(&through);
}

#[test]
fn a_client_that_is_told_by_the_newer_control_is_not_told_by_the_older_ones_too() {
    let policy = policies::like_generic("[\"ppolicy\", \"netscape\", \"text\"]", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-ppolicy-netscape-text",
        "the preset generic with the surfaces ppolicy, netscape and text",
    );
    for (case, answer) in &answers {
        if asked(case) {
            assert_eq!(said(answer), (false, false), "{case}");
        } else {
            assert_eq!(answer.password_policy(), None, "{case}");
        }
    }
    let control = |case: &str| answers[case].password_policy().unwrap().to_vec();
    assert_eq!(control("must-change, asked, right"), [0x30, 3, 0x81, 1, 2]);
    assert_eq!(said(&answers["must-change, not asked, right"]), (true, false));
    assert_eq!(said(&answers["expiring, not asked, right"]), (false, true));
    for asked in ["asked", "not asked"] {
        assert!(answers[&format!("must-change, {asked}, right")].text.contains(PORTAL));
    }
    unproven_is_alike(&answers);
}

#[test]
fn active_directory_s_line_stands_before_the_text_and_the_control_stays_empty() {
    let policy = policies::like_generic("[\"ad\", \"text\"]", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-ad-text",
        "the preset generic with the surfaces ad and text",
    );
    sub_codes(&answers, "773", "532");
    control_is_empty_and_there_exactly_if_asked(&answers);
    unproven_is_alike(&answers);
}

#[test]
fn the_presets_for_active_directory_s_clients_say_the_sub_code_each_acts_on() {
    for (preset, must_change) in [("spring-ad", "532"), ("keycloak-ad", "773")] {
        let answers = through(preset, None, &format!("bind-{preset}"), &format!("preset {preset}"));
        sub_codes(&answers, must_change, "532");
        control_is_empty_and_there_exactly_if_asked(&answers);
        unproven_is_alike(&answers);
    }
}

#[test]
fn keycloak_s_control_has_the_error_and_no_warning_before_it() {
    let answers = through("keycloak-ldap", None, "bind-keycloak-ldap", "preset keycloak-ldap");
    for state in ["must-change", "expired-must-change"] {
        let answer = &answers[&format!("{state}, asked, right")];
        assert_eq!(
            (answer.code, answer.password_policy()),
            (Some(0), Some(&[0x30, 3, 0x81, 1, 2][..])),
            "{state}"
        );
        assert!(
            answer.text.contains(PORTAL),
            "who is let in restricted is told why: {answer:?}"
        );
    }
    unproven_is_alike(&answers);
}

#[test]
fn nextcloud_is_let_in_restricted_and_applications_that_see_nothing_get_the_octets_of_generic() {
    let answers = through("nextcloud", None, "bind-nextcloud", "preset nextcloud");
    for asked in ["asked", "not asked"] {
        let must_change = &answers[&format!("must-change, {asked}, right")];
        assert_eq!(must_change.code, Some(0));
        assert!(
            must_change.text.contains(PORTAL),
            "who is let in restricted is told why"
        );
    }
    control_is_empty_and_there_exactly_if_asked(&answers);
    unproven_is_alike(&answers);
    for preset in ["gitlab", "dovecot", "freeradius"] {
        through(preset, None, "bind-generic", "preset generic (surface text)");
    }
}

#[test]
fn a_restricted_session_is_refused_in_the_words_of_its_route() {
    let surfaces = "[\"ad\", \"netscape\"]";
    let policy = policies::like_generic(surfaces, "").replace(
        "[policy.standing.must_change]\nverdict = \"refuse\"",
        "[policy.standing.must_change]\nverdict = \"restrict\"",
    );
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut wire = gateway.client();
    let dn = people::dn("must-change");
    let answer = wire.bind(1, &dn, PASSWORD);
    assert_eq!((answer.code, answer.text.as_str()), (Some(0), ""));
    assert_eq!(
        said(&answer),
        (true, false),
        "netscape's control says that a new password is needed"
    );
    let answers = wire.ask(&request::search(
        2,
        &dn,
        request::Scope::Base,
        "objectClass",
        &["cn"],
        &[],
    ));
    let refused = &answers[0];
    assert_eq!(refused.code, Some(50));
    assert!(refused.text.starts_with("00000005: SecErr: DSID-"), "{refused:?}");
    assert_eq!(said(refused), (true, false), "{refused:?}");
    let changed = wire
        .ask(&request::password_modify(3, None, None, Some("another-secret-9"), &[]))
        .remove(0);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    let answers = wire.ask(&request::search(
        4,
        &dn,
        request::Scope::Base,
        "objectClass",
        &["cn"],
        &[],
    ));
    assert_eq!(answers[0].code, None, "an entry: the restriction is lifted");
}

/// Whether Netscape's controls say "expired" and "expiring".
fn said(answer: &Answer) -> (bool, bool) {
    (
        answer.control(oid::NETSCAPE_EXPIRED) == Some(b"0"),
        answer.control(oid::NETSCAPE_EXPIRING).is_some(),
    )
}

/// The line of Active Directory is on every refusal of an account, with the sub-code of what is proven.
fn sub_codes(answers: &Answers, must_change: &str, expired: &str) {
    for (case, answer) in answers {
        let Some((state, _)) = case.split_once(", ") else {
            continue;
        };
        let right = case.ends_with("right");
        if answer.code != Some(49) {
            continue;
        }
        let code = match state {
            "must-change" | "expired-must-change" if right => must_change,
            "expired" | "grace-used-up" if right => expired,
            _ => "52e",
        };
        let line =
            format!("80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data {code}, v3839");
        assert!(answer.text.starts_with(&line), "{case}: {answer:?}");
        assert_eq!(answer.text.contains(PORTAL), code != "52e", "{case}: {answer:?}");
    }
}
