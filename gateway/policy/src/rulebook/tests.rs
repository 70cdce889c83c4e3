use super::*;
use crate::compile::{RouteFacts, compile};
use crate::sample::{PROVEN, standings};
use crate::set::PolicySet;
use postern_identity::{ConnectionFacts, Evidence, State};
use std::fmt::Write as _;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn book(text: &str) -> Rulebook {
    let set = PolicySet::of_texts("p", [("p.toml", text)]);
    let facts = RouteFacts {
        name: "r".into(),
        portal_url: Some("https://portal.example.org".into()),
        mapped: false,
    };
    compile(&set, &[facts], 7).unwrap()
}

/// The most anybody could ask for.
fn lenient(surface: &str) -> Rulebook {
    let mut text = format!("priority = 1\n[[policy]]\nroute = \"*\"\nsurface = \"{surface}\"\n");
    for state in StateName::ALL.into_iter().filter(|state| *state != StateName::Unknown) {
        writeln!(text, "standing.{state}.verdict = \"allow\"").unwrap();
    }
    book(&text)
}

fn standing(state: State, source: Source, result_code: Option<u32>) -> Standing {
    Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source,
            result_code,
            told_by: "test",
        },
    }
}

fn ask(book: &Rulebook, standing: &Standing, proven: Proven) -> BindVerdict {
    let question = BindQuestion {
        route: "r",
        account: "uid=bob,dc=example,dc=org",
        connection: &ConnectionFacts::example(),
        standing,
        proven,
    };
    let explanation = book.explain_bind(&question, AT);
    assert_eq!(book.bind(&question, AT), explanation.verdict);
    explanation.verdict
}

#[test]
fn what_the_directory_refused_is_refused_whatever_the_files_say() {
    for surface in ["ppolicy", "text", "plain", "transparent"] {
        let book = lenient(surface);
        for standing in standings(Some(49)) {
            let verdict = ask(&book, &standing, Proven::Yes);
            assert_eq!(verdict.admission, Admission::Refuse, "{surface} {standing:?}");
            if standing.state != State::Unknown {
                assert_eq!(verdict.rule.as_str(), "built-in:directory-refused");
            }
        }
    }
}

#[test]
fn what_the_password_did_not_prove_is_refused_and_answered_alike() {
    let book = lenient("text");
    for code in [Some(0), Some(49), None] {
        for standing in standings(code) {
            for proven in [Proven::No, Proven::Unknown] {
                let verdict = ask(&book, &standing, proven);
                assert_eq!(verdict.admission, Admission::Refuse, "{standing:?}");
                assert_eq!(verdict.text.as_deref(), Some("Invalid credentials"), "{standing:?}");
            }
        }
    }
}

#[test]
fn whom_the_directory_turned_away_to_change_the_password_is_let_in_for_that_alone() {
    let text = |verdict: &str| {
        let states = StateName::ALL.into_iter().filter(|state| *state != StateName::Unknown);
        let lines: Vec<String> = states
            .map(|state| format!("standing.{state}.verdict = \"{verdict}\""))
            .collect();
        format!("priority = 1\n[[policy]]\nroute = \"*\"\n{}\n", lines.join("\n"))
    };
    let (restricting, allowing) = (book(&text("restrict")), book(&text("allow")));
    for mut standing in standings(Some(49)) {
        standing.evidence.source = Source::BindForChange;
        let to_change = matches!(standing.state, State::MustChange | State::Expired);
        for proven in PROVEN {
            let verdict = ask(&restricting, &standing, proven);
            let may = to_change && proven == Proven::Yes;
            assert_eq!(verdict.admission == Admission::Restrict, may, "{standing:?} {proven:?}");
            assert_eq!(verdict.admission == Admission::Refuse, !may, "{standing:?} {proven:?}");
            assert_eq!(
                ask(&allowing, &standing, proven).admission,
                Admission::Refuse,
                "{standing:?}"
            );
        }
    }
}

#[test]
fn an_answer_without_a_code_is_a_refusal_but_an_entry_read_is_not() {
    let book = lenient("text");
    let from = |source| ask(&book, &standing(State::Active, source, None), Proven::Yes).admission;
    assert_eq!(from(Source::Bind), Admission::Refuse);
    assert_eq!(from(Source::Entry), Admission::Allow);
}

#[test]
fn a_refusal_keeps_the_policys_surface_and_text() {
    let verdict = ask(
        &lenient("text"),
        &standing(State::Expired, Source::Bind, Some(49)),
        Proven::Yes,
    );
    assert_eq!(verdict.surface, Surface::Text.into());
    assert_eq!(
        verdict.text.as_deref(),
        Some("Your password has expired. Set a new one at https://portal.example.org")
    );
}

#[test]
fn only_the_text_surface_has_a_text_and_only_for_who_is_not_simply_let_in() {
    for surface in ["ppolicy", "plain", "transparent"] {
        assert_eq!(
            ask(
                &lenient(surface),
                &standing(State::Expired, Source::Bind, Some(49)),
                Proven::Yes
            )
            .text,
            None
        );
    }
    let book = book("priority = 1\n[[policy]]\nroute = \"r\"\nstanding.must_change.verdict = \"restrict\"\n");
    assert_eq!(
        ask(&book, &standing(State::Active, Source::Bind, Some(0)), Proven::Yes).text,
        None
    );
    let restricted = ask(&book, &standing(State::MustChange, Source::Bind, Some(0)), Proven::Yes);
    assert_eq!(restricted.admission, Admission::Restrict);
    assert!(restricted.text.is_some());
}

#[test]
fn a_route_without_rules_lets_nobody_in() {
    let active = standing(State::Active, Source::Bind, Some(0));
    let question = BindQuestion {
        route: "other",
        account: "",
        connection: &ConnectionFacts::example(),
        standing: &active,
        proven: Proven::Yes,
    };
    let explanation = lenient("text").explain_bind(&question, AT);
    assert_eq!(explanation.verdict.admission, Admission::Refuse);
    assert_eq!(explanation.verdict.rule.as_str(), "built-in:route-without-rules");
    assert_eq!(explanation.steps.len(), 1);
}

#[test]
fn an_explanation_names_every_rule_on_the_way_and_ends_in_the_same_verdict() {
    let book = lenient("text");
    for standing in standings(Some(49)) {
        for proven in PROVEN {
            ask(&book, &standing, proven);
        }
    }
    let locked = standing(State::Expired, Source::Bind, Some(49));
    let question = BindQuestion {
        route: "r",
        account: "",
        connection: &ConnectionFacts::example(),
        standing: &locked,
        proven: Proven::Yes,
    };
    let told: Vec<_> = book
        .explain_bind(&question, AT)
        .steps
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "surface = text (p.toml:policy[0].surface): how this route shows a standing",
            "state = expired (built-in:proven): the directory confirmed the password, so its state may be told",
            "standing.expired.verdict = allow (p.toml:policy[0].standing.expired.verdict): what the policies say of this state",
            "verdict = refuse (built-in:directory-refused): no policy can let this in",
            "text = Your password has expired. Set a new one at https://portal.example.org (built-in:messages.expired): what the person may be shown",
        ]
    );
}
