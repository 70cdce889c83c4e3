//! Random tables: what holds whichever of them do.

use super::*;
use postern_identity::disclose;
use proptest::prelude::*;

/// Tables that may or may not hold, in any order.
fn tables() -> impl Strategy<Value = String> {
    let when = prop::sample::select(vec![
        "protected",
        "!protected",
        "account.within('dc=org')",
        "hour < 12",
        "state == 'active'",
    ]);
    let verdict = prop::sample::select(vec!["allow", "restrict", "refuse"]);
    let state = prop::sample::select(vec!["active", "expired", "locked", "must_change"]);
    let conditional = (when, state, verdict, any::<bool>()).prop_map(|(when, state, verdict, read_only)| {
        table(
            when,
            &format!("standing.{state}.verdict = \"{verdict}\"\npass.read_only = {read_only}"),
        )
    });
    prop::collection::vec(conditional, 1..6).prop_map(|tables| format!("{}{ALWAYS}", tables.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_with_a_verdict_is_what_would_be_answered_to_who_asks(
        tables in tables(), account in prop::sample::select(vec!["bob", STAFF]), hour in 0_u8..24, protected in any::<bool>(),
    ) {
        let book = book(&tables);
        let connection = ConnectionFacts { protected, ..ConnectionFacts::example() };
        let at: Timestamp = format!("2026-01-07T{hour:02}:30:00Z").parse().unwrap();
        for standing in standings(Some(0)) {
            for proven in PROVEN {
                let question = BindQuestion { route: "r", account, connection: &connection, standing: &standing, proven };
                let judged = book.judge(&question, || at, &mut crate::rulebook::Untold);
                let told = disclose(&standing, proven).state().name();
                let asked = RouteQuestion { route: "r", connection: &connection, account: Some((account, told)) };
                let (asked, is_unclear) = book.pass(&asked, at, |_, _| {}).unwrap();
                match judged.pass {
                    Some(pass) => prop_assert!(proven == Proven::Yes && Arc::ptr_eq(&pass, &asked.rules) && judged.is_unclear == is_unclear),
                    None => prop_assert!(proven != Proven::Yes),
                }
            }
        }
    }

    #[test]
    fn whatever_holds_the_fixed_rules_do_and_an_explanation_ends_in_the_same_verdict(
        tables in tables(), account in prop::sample::select(vec!["bob", STAFF]), hour in 0_u8..24, protected in any::<bool>(),
    ) {
        let book = book(&tables);
        let connection = ConnectionFacts { protected, ..ConnectionFacts::example() };
        let at: Timestamp = format!("2026-01-07T{hour:02}:30:00Z").parse().unwrap();
        for code in [Some(0), Some(49)] {
            for standing in standings(code) {
                for proven in PROVEN {
                    let question = BindQuestion { route: "r", account, connection: &connection, standing: &standing, proven };
                    let verdict = book.bind(&question, at);
                    prop_assert_eq!(&book.explain_bind(&question, at).verdict, &verdict);
                    let must_refuse = proven != Proven::Yes || code != Some(0) || standing.state == State::Unknown;
                    prop_assert!(!must_refuse || verdict.admission == Admission::Refuse);
                }
            }
        }
    }

    /// An unclear condition is never milder than the same table with it true, or without it.
    #[test]
    fn unclear_is_never_milder_than_either(read_only in any::<bool>(), verdicts in prop::collection::vec(
        prop::sample::select(vec!["allow", "restrict", "refuse"]), 2)) {
        let keys = |verdict: &str, read_only: bool| format!("standing.active.verdict = \"{verdict}\"\npass.read_only = {read_only}");
        let of = |when: &str| book(&format!("{}{ALWAYS}{}", table(when, &keys(verdicts[0], read_only)), keys(verdicts[1], !read_only)));
        let here = ConnectionFacts::example();
        let admission = |when: &str| bind(&of(when), &here, "bob", NOON).admission;
        let unclear = "account.within('dc=org')";
        prop_assert_eq!(admission(unclear), admission("true").max(admission("false")));
        prop_assert!(pass(&of(unclear), &here, Some("bob"), NOON).rules.read_only.value);
    }
}
