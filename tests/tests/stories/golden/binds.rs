//! Every state × the password policy control asked for or not × right or wrong password × surface.

use postern_tests::gateway::PORTAL;
use postern_tests::golden::{Table, steady};
use postern_tests::people::{self, BASE, PASSWORD, STATES};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, policies, request};
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(crate) const WRONG: &str = "wrong-password";
/// States slapd tells before it has looked at the password.
const LOCKED: &[&str] = &[
    "locked-by-administrator",
    "locked-by-failures",
    "locked-for-an-hour",
    "locked-must-change",
    "not-yet-valid",
    "ended",
    "idle",
];

/// One question: who signs in, with what, and how it is asked.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) dn: String,
    password: &'static str,
    asked: bool,
}

/// The answers by the name of the case.
pub(crate) type Answers = BTreeMap<String, Answer>;

#[test]
fn slapd_answers_as_captured() {
    let slapd = Slapd::start();
    let (table, answers) = ask_all("slapd itself, with ppolicy_use_lockout", slapd.address());
    table.compare("bind-direct");
    // What everything else rests on, in words: the captures cannot be blessed away from it.
    let code = |case: &str| answers[case].code;
    assert_eq!(code("active, asked, right"), Some(0));
    assert_eq!(code("active, asked, wrong"), Some(49));
    assert_eq!(code("must-change, asked, right"), Some(0));
    assert_eq!(
        answers["must-change, asked, right"].password_policy(),
        Some(&[0x30, 3, 0x81, 1, 2][..])
    );
    assert_eq!(
        answers["locked-by-administrator, asked, wrong"].password_policy(),
        Some(&[0x30, 3, 0x81, 1, 1][..])
    );
    assert_eq!(
        answers["expired, asked, right"].password_policy(),
        Some(&[0x30, 3, 0x81, 1, 0][..])
    );
    assert_eq!(
        answers["unknown user, asked, right"].password_policy(),
        None,
        "slapd tells known from unknown"
    );
}

#[test]
fn transparent_answers_are_slapds_byte_for_byte() {
    let (direct, through) = (Slapd::start(), Slapd::start());
    let gateway = Gateway::start("transparent", &through);
    let (_, wanted) = ask_all("", direct.address());
    let (table, answers) = ask_all("preset transparent", gateway.address());
    table.compare("bind-transparent");
    as_direct(&answers, &wanted);
}

#[test]
fn generic_answers_tell_a_proven_state_in_the_text_and_nothing_else() {
    let answers = through("generic", None, "bind-generic", "preset generic (surface text)");
    for asked in ["asked", "not asked"] {
        for state in ["must-change", "expired-must-change"] {
            let answer = &answers[&format!("{state}, {asked}, right")];
            assert_eq!(answer.code, Some(49), "{state}");
            assert!(answer.text.contains(PORTAL), "{state}: {}", answer.text);
        }
        assert!(answers[&format!("expired, {asked}, right")].text.contains(PORTAL));
        for state in ["active", "grace", "expiring", "young", "safe-modify"] {
            assert_eq!(answers[&format!("{state}, {asked}, right")].code, Some(0), "{state}");
        }
    }
    control_is_empty_and_there_exactly_if_asked(&answers);
    unproven_is_alike(&answers);
}

#[test]
fn plain_answers_tell_nothing_but_yes_or_no() {
    let policy = policies::like_generic("plain", "");
    let answers = through(
        "generic",
        Some(policy),
        "bind-plain",
        "the preset generic with surface plain",
    );
    // Without a name there is no account to tell anything of.
    let named = answers
        .iter()
        .filter(|(case, _)| !case.starts_with("password without a name"));
    let refused: Vec<&Answer> = named
        .map(|(_, answer)| answer)
        .filter(|answer| answer.code == Some(49))
        .collect();
    let texts: std::collections::BTreeSet<&str> = refused.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    control_is_empty_and_there_exactly_if_asked(&answers);
    unproven_is_alike(&answers);
}

#[test]
fn sssd_answers_tell_a_proven_state_in_the_control_if_it_is_asked_for() {
    let answers = through("sssd", None, "bind-sssd", "preset sssd (surface ppolicy)");
    let control = |case: &str| {
        answers[case]
            .password_policy()
            .unwrap_or_else(|| panic!("{case} has no control"))
    };
    assert_eq!(control("must-change, asked, right"), [0x30, 3, 0x81, 1, 2]);
    assert_eq!(
        control("expired-must-change, asked, right"),
        [0x30, 8, 0xa0, 3, 0x80, 1, 0, 0x81, 1, 2]
    );
    for state in ["must-change", "expired-must-change"] {
        assert_eq!(answers[&format!("{state}, asked, right")].code, Some(0));
        assert_eq!(answers[&format!("{state}, not asked, right")].code, Some(0));
    }
    assert_eq!(control("expired, asked, right"), [0x30, 3, 0x81, 1, 0]);
    assert_eq!(control("grace-used-up, asked, right"), [0x30, 3, 0x81, 1, 0]);
    assert_eq!(control("grace, asked, right"), [0x30, 5, 0xa0, 3, 0x81, 1, 2]);
    assert_eq!(control("active, asked, right"), [0x30, 0]);
    assert_eq!(control("active, asked, wrong"), [0x30, 0]);
    // slapd looks at a lock before it looks at the password, so nobody's lock is ever proven.
    assert_eq!(control("locked-by-administrator, asked, right"), [0x30, 0]);
    for (case, answer) in &answers {
        // Anonymous binds and those refused before anything is known of a person have none.
        let about_a_person = !["empty password", "invalid DN", "anonymous", "password without a name"]
            .iter()
            .any(|other| case.starts_with(other));
        if about_a_person {
            assert_eq!(answer.password_policy().is_some(), asked(case), "{case}");
        }
    }
    unproven_is_alike(&answers);
}

#[test]
fn without_use_lockout_a_lock_is_answered_as_a_wrong_password_everywhere() {
    let settings = || SlapdSettings {
        use_lockout: false,
        ..SlapdSettings::default()
    };
    let slapd = Slapd::start_with(&settings());
    let (table, direct) = ask_all(
        "slapd itself, without ppolicy_use_lockout (its default)",
        slapd.address(),
    );
    table.compare("bind-direct-no-lockout");
    let slapd = Slapd::start_with(&settings());
    let gateway = Gateway::start("sssd", &slapd);
    let (table, sssd) = ask_all(
        "preset sssd before a slapd without ppolicy_use_lockout",
        gateway.address(),
    );
    table.compare("bind-sssd-no-lockout");
    for state in [
        "locked-by-administrator",
        "locked-by-failures",
        "locked-for-an-hour",
        "locked-must-change",
    ] {
        for answers in [&direct, &sssd] {
            let [right, wrong] = ["right", "wrong"].map(|word| &answers[&format!("{state}, asked, {word}")].octets);
            assert_eq!(right, wrong, "{state}");
        }
    }
    unproven_is_alike(&sssd);
}

#[test]
fn netscape_controls_reach_nobody_through_a_surface_of_ours() {
    let settings = || SlapdSettings {
        netscape: true,
        ..SlapdSettings::default()
    };
    let slapd = Slapd::start_with(&settings());
    let (table, direct) = ask_all("slapd itself, with ppolicy_send_netscape_controls", slapd.address());
    table.compare("bind-direct-netscape");
    let netscape = |answer: &Answer| {
        answer
            .controls
            .iter()
            .any(|(oid, _)| oid.starts_with("2.16.840.1.113730.3.4."))
    };
    assert!(
        direct.values().any(netscape),
        "slapd sends them to clients that ask for nothing"
    );

    let slapd = Slapd::start_with(&settings());
    let gateway = Gateway::start("transparent", &slapd);
    let (_, through) = ask_all("", gateway.address());
    as_direct(&through, &direct);
    for preset in ["generic", "sssd"] {
        let slapd = Slapd::start_with(&settings());
        let gateway = Gateway::start(preset, &slapd);
        let (_, through) = ask_all("", gateway.address());
        for (case, answer) in &through {
            assert!(!netscape(answer), "{preset}: {case}");
        }
        unproven_is_alike(&through);
    }
}

/// All cases through a gateway of its own before a slapd of its own, compared with the capture of this name.
pub(super) fn through(preset: &str, policy: Option<String>, capture: &str, about: &str) -> Answers {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy,
        ..GatewaySettings::new(preset, &[slapd.url()])
    });
    let (table, answers) = ask_all(about, gateway.address());
    table.compare(capture);
    answers
}

/// Asks every case in order, each on a connection of its own.
pub(crate) fn ask_all(about: &str, address: SocketAddr) -> (Table, Answers) {
    ask_people(&slapds(), about, address)
}

/// The same where these people are in these states.
pub(crate) fn ask_people(people: &[(&str, String)], about: &str, address: SocketAddr) -> (Table, Answers) {
    let mut table = Table::new(&format!(
        "Answers to a simple bind (message 2): {about}.\nCase: state, password policy control asked for or not, right or wrong password."
    ));
    let mut answers = Answers::new();
    for case in cases_of(people) {
        let control = request::password_policy();
        let controls: &[&[u8]] = if case.asked { &[&control] } else { &[] };
        let mut wire = Wire::connect(address);
        let answer = wire.ask(&request::bind(2, &case.dn, case.password, controls)).remove(0);
        wire.send(&request::unbind(3));
        wire.expect_closed();
        table.case(&case.name, std::slice::from_ref(&answer));
        answers.insert(case.name, answer);
    }
    (table, answers)
}

pub(super) fn cases() -> Vec<Case> {
    cases_of(&slapds())
}

fn slapds() -> Vec<(&'static str, String)> {
    STATES.iter().map(|state| (*state, people::dn(state))).collect()
}

fn cases_of(people: &[(&str, String)]) -> Vec<Case> {
    let mut people: Vec<(String, String)> = people
        .iter()
        .map(|(state, dn)| ((*state).to_owned(), dn.clone()))
        .collect();
    people.push(("unknown user".into(), people::dn("nobody")));
    people.push(("unknown suffix".into(), "uid=nobody,dc=elsewhere,dc=net".into()));
    let mut cases = Vec::new();
    for asked in [true, false] {
        let word = if asked { "asked" } else { "not asked" };
        for (state, dn) in &people {
            for (kind, password) in [("right", PASSWORD), ("wrong", WRONG)] {
                let name = format!("{state}, {word}, {kind}");
                let dn = dn.clone();
                cases.push(Case {
                    name,
                    dn,
                    password,
                    asked,
                });
            }
        }
        let odd = [
            ("empty password", people::dn("active"), ""),
            ("empty password of nobody", people::dn("nobody"), ""),
            ("invalid DN", "this is no DN".to_owned(), PASSWORD),
            ("anonymous", String::new(), ""),
            ("password without a name", String::new(), PASSWORD),
            ("suffix itself", BASE.to_owned(), PASSWORD),
        ];
        for (kind, dn, password) in odd {
            let name = format!("{kind}, {word}");
            cases.push(Case {
                name,
                dn,
                password,
                asked,
            });
        }
    }
    cases
}

pub(super) fn asked(case: &str) -> bool {
    !case.contains("not asked")
}

/// On surfaces that show nothing in the control it is empty, and there exactly if it was asked for.
pub(crate) fn control_is_empty_and_there_exactly_if_asked(answers: &Answers) {
    for state in STATES.iter().copied().chain(["unknown user", "unknown suffix"]) {
        for word in ["right", "wrong"] {
            let asked = &answers[&format!("{state}, asked, {word}")];
            assert_eq!(asked.password_policy(), Some(&[0x30, 0][..]), "{state}, {word}");
            let not_asked = &answers[&format!("{state}, not asked, {word}")];
            assert!(not_asked.controls.is_empty(), "{state}, {word}");
        }
    }
}

/// A transparent route adds and changes nothing, but for one refusal: that of a name without a password is ours everywhere.
fn as_direct(through: &Answers, direct: &Answers) {
    assert_eq!(through.len(), direct.len());
    for (case, answer) in through {
        if case.starts_with("empty password") {
            assert_eq!((answer.code, direct[case].code), (Some(53), Some(53)), "{case}");
        } else {
            assert_eq!(
                steady(answer),
                steady(&direct[case]),
                "{case}: {answer:?} instead of {:?}",
                direct[case]
            );
        }
    }
}

/// Unknown user, wrong password and unproven lock are the same octets.
pub(crate) fn unproven_is_alike(answers: &Answers) {
    for word in ["asked", "not asked"] {
        let wanted = &answers[&format!("active, {word}, wrong")];
        assert_eq!(wanted.code, Some(49));
        let wrong = STATES.iter().map(|state| format!("{state}, {word}, wrong"));
        let locked = LOCKED.iter().map(|state| format!("{state}, {word}, right"));
        let unknown = ["unknown user", "unknown suffix"]
            .iter()
            .map(|state| format!("{state}, {word}, right"));
        let no_account = [format!("suffix itself, {word}")];
        for case in wrong.chain(locked).chain(unknown).chain(no_account) {
            assert_eq!(answers[&case].octets, wanted.octets, "{case}: {:?}", answers[&case]);
        }
    }
}
