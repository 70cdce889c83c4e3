//! One sample of each question, asked of a rulebook before it comes into force: every state, proven or not, accepted or
//! refused by the directory, on every route. A book that breaks a fixed rule is not taken.

use crate::kept::Known;
use crate::message::{LONGEST_TEXT, holds_sub_code, is_one_line};
use crate::problem::{Problem, quoted};
use crate::rulebook::{Rulebook, Rules, Untold};
use postern_identity::decide::{Admission, BindQuestion, BindVerdict};
use postern_identity::reset::ResetQuestion;
use postern_identity::{ConnectionFacts, Evidence, LockedBy, Proven, Source, Standing, State};
use std::sync::Arc;

/// Every answer to whether the password was confirmed.
pub(crate) const PROVEN: [Proven; 3] = [Proven::Yes, Proven::No, Proven::Unknown];

/// Asks a book everything on every route whose answers are not known; what breaks a fixed rule is a problem of the folder.
pub(crate) fn ask_everything(book: &Rulebook, folder: &str, known: &Known) -> Vec<Problem> {
    let mut problems = Vec::new();
    let connection = ConnectionFacts::example();
    for route in book.routes().filter(|route| !known.holds(book, route)) {
        let Some(rules) = book.rules(route) else { continue };
        // Whatever its conditions say.
        let variants = rules.variants.as_ref().map(|variants| variants.made());
        let variants: Vec<_> = variants
            .unwrap_or_default()
            .into_iter()
            .chain([Arc::clone(rules)])
            .collect();
        if let Some(broken) = broken_self_service(book, route) {
            problems.push(Problem::of_whole(
                folder,
                format!("self-service on route {} {broken}", quoted(route)),
                "this is a fault of the program: please report it with the policy files",
            ));
        }
        for result_code in [Some(0), Some(49)] {
            for standing in standings(result_code).chain(to_change()) {
                for proven in PROVEN {
                    let question = BindQuestion {
                        route,
                        account: "uid=sample,dc=example,dc=org",
                        connection: &connection,
                        standing: &standing,
                        proven,
                    };
                    let broken = |rules: &Rules| broken_rule(&question, &rules.judge(&question, &mut Untold));
                    if let Some(broken) = variants.iter().find_map(|rules| broken(rules)) {
                        let state = standing.state.name();
                        problems.push(Problem::of_whole(
                            folder,
                            format!("on route {} the state {state} {broken}", quoted(route)),
                            "this is a fault of the program: please report it with the policy files",
                        ));
                    }
                }
            }
        }
    }
    problems
}

/// What no verdict may do, whatever the files say.
fn broken_rule(question: &BindQuestion<'_>, verdict: &BindVerdict) -> Option<&'static str> {
    let must_refuse = question.proven != Proven::Yes
        || question.standing.state == State::Unknown
        || (question.standing.evidence.result_code != Some(0) && !is_to_change(question.standing));
    if must_refuse && verdict.admission != Admission::Refuse {
        return Some("is let in though it must not be");
    }
    if is_to_change(question.standing) && verdict.admission == Admission::Allow {
        return Some("is let in for more than changing its password though the directory turned it away");
    }
    let text = verdict.text.as_deref().unwrap_or_default();
    (text.len() > LONGEST_TEXT || !is_one_line(text) || holds_sub_code(text))
        .then_some("has a text that cannot be shown")
}

/// What no rules of self-service may be, for nobody known and for somebody no table names.
fn broken_self_service(book: &Rulebook, route: &str) -> Option<&'static str> {
    let account = Some("uid=sample,dc=example,dc=org");
    for account in [None, account] {
        let rules = book.self_service(&ResetQuestion {
            route,
            directory: Some("sample"),
            account,
            groups: &[],
        })?;
        let asks = rules.features.reset || rules.features.unlock;
        if asks && (rules.gates == 0 || rules.factors.is_empty()) {
            return Some("asks for no proof");
        }
        let times = &rules.lifetimes;
        if times.link.is_zero() || times.link > times.context || times.code > times.context {
            return Some("has a proof that outlives it");
        }
        if rules.password.shortest > rules.password.longest {
            return Some("takes no password at all");
        }
        if rules.limits.tries_of_challenge == 0 || rules.limits.tries_of_account == 0 {
            return Some("takes no proof at all");
        }
    }
    None
}

/// Whom the directory turned away, and who may be let in to change the password.
fn to_change() -> impl Iterator<Item = Standing> {
    standings(Some(49)).filter_map(|mut standing| {
        standing.evidence.source = Source::BindForChange;
        is_to_change(&standing).then_some(standing)
    })
}

fn is_to_change(standing: &Standing) -> bool {
    standing.evidence.source == Source::BindForChange && matches!(standing.state, State::MustChange | State::Expired)
}

/// One standing in each state, with the largest numbers where it has any.
pub(crate) fn standings(result_code: Option<u32>) -> impl Iterator<Item = Standing> {
    let states = [
        State::Active,
        State::MustChange,
        State::Expired,
        State::ExpiredGrace { left: u32::MAX },
        State::Expiring { seconds: u64::MAX },
        State::Locked {
            by: LockedBy::Failures,
            until: None,
        },
        State::Disabled,
        State::AccountExpired,
        State::NotYetValid,
        State::OutsideHours,
        State::WrongWorkstation,
        State::TransportRefused,
        State::Unknown,
    ];
    states.into_iter().map(move |state| Standing {
        state,
        cause: None,
        warning: None,
        evidence: Evidence {
            source: Source::Bind,
            result_code,
            told_by: "sample",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{compile, routes_spoken_of};
    use crate::message::Message;
    use crate::rulebook::StandingRule;
    use crate::set::PolicySet;
    use postern_identity::StateName;
    use postern_identity::decide::{RuleName, Ruled, Surface};
    use std::collections::HashMap;

    #[test]
    fn the_samples_hold_every_state() {
        let names: Vec<_> = standings(Some(0)).map(|standing| standing.state.name()).collect();
        assert_eq!(names, StateName::ALL);
    }

    #[test]
    fn a_book_that_breaks_a_fixed_rule_is_not_accepted() {
        let set = PolicySet::of_texts("p", [("a.toml", "priority = 1\n[[policy]]\nroute = \"*\"\n")]);
        let pass = Arc::clone(
            &compile(&set, &routes_spoken_of(&set), 1)
                .unwrap()
                .rules("any")
                .unwrap()
                .pass,
        );
        let book = |text: &str| {
            let standings = StateName::ALL.map(|_| StandingRule {
                admission: Ruled::new(Admission::Refuse, RuleName::built_in("test")),
                text: Some(Ruled::new(Message::Fixed(text.into()), RuleName::built_in("test"))),
                told_as: None,
                notice: None,
            });
            let rules = Rules {
                pass: Arc::clone(&pass),
                standings,
                portal_url: None,
                made_of: Box::default(),
                owned_by: Box::default(),
                served_by: Box::default(),
                variants: None,
            };
            Rulebook::new(1, HashMap::from([("any".into(), Arc::new(rules))]))
        };
        assert!(crate::accept(&set, book("Sorry"), None).is_ok());
        assert!(
            !crate::accept(&set, book("error, data 773"), None)
                .unwrap_err()
                .is_empty()
        );
    }

    #[test]
    fn a_verdict_that_breaks_a_fixed_rule_is_noticed() {
        let verdict = |admission, text: Option<&str>| BindVerdict {
            admission,
            surface: Surface::Text.into(),
            told_as: None,
            text: text.map(Into::into),
            notice: false,
            rule: RuleName::built_in("test"),
        };
        let refused = standings(Some(49)).next().unwrap();
        let accepted = standings(Some(0)).next().unwrap();
        let connection = ConnectionFacts::example();
        let ask = |standing, proven| BindQuestion {
            route: "r",
            account: "",
            connection: &connection,
            standing,
            proven,
        };
        for (standing, proven, verdict, sound) in [
            (&accepted, Proven::Yes, verdict(Admission::Allow, None), true),
            (&accepted, Proven::No, verdict(Admission::Allow, None), false),
            (&refused, Proven::Yes, verdict(Admission::Restrict, None), false),
            (
                &refused,
                Proven::Yes,
                verdict(Admission::Refuse, Some("data 773")),
                false,
            ),
            (&refused, Proven::Yes, verdict(Admission::Refuse, Some("a\nb")), false),
            (
                &refused,
                Proven::Yes,
                verdict(Admission::Refuse, Some(&"x".repeat(401))),
                false,
            ),
            (&refused, Proven::Yes, verdict(Admission::Refuse, Some("sorry")), true),
        ] {
            assert_eq!(
                broken_rule(&ask(standing, proven), &verdict).is_none(),
                sound,
                "{verdict:?}"
            );
        }
    }
}
