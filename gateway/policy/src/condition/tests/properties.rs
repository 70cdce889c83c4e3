//! Whatever is asked, it is answered within bounds.

use super::*;
use proptest::prelude::*;

/// Well formed conditions over everything there is.
fn condition() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        (0_i64..70).prop_map(|number| number.to_string()),
        Just("hour".to_owned()),
        Just("minute".to_owned()),
        Just("9223372036854775807".to_owned()),
    ];
    let number = number.prop_recursive(2, 6, 2, |inner| {
        let sign = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
        (inner.clone(), sign, inner).prop_map(|(left, sign, right)| format!("({left} {sign} {right})"))
    });
    let order = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "true",
            "false",
            "protected",
            "route == 'wiki'",
            "route.contains('k')",
            "network(client, '10.0.0.0/8')",
            "account.within('dc=org')",
            "account == 'bob'",
            "state == 'expiring'",
            "weekday in ['wednesday', 'sunday']",
            "time < timestamp('2026-11-25T17:30:00Z')",
            "certificate_subject.within('dc=example,dc=org')",
        ])
        .prop_map(str::to_owned),
        (number.clone(), order, number).prop_map(|(left, order, right)| format!("{left} {order} {right}")),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let joined = (
            prop::collection::vec(inner.clone(), 2..4),
            prop::sample::select(vec![" && ", " || "]),
        )
            .prop_map(|(members, sign)| format!("({})", members.join(sign)));
        let chosen = (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})"));
        prop_oneof![3 => joined, 1 => chosen, 1 => inner.prop_map(|inner| format!("!({inner})"))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_harm(text in "[ -~é\n]{0,80}|(route|account|hour|in|==|&&|\\(|\\)|\\[|'|\"|\\.|within|!|-|[0-9]| |,|\\?|:){0,40}") {
        if let Err(mistake) = Condition::compile(&text, Some(&berlin())) {
            prop_assert!(mistake.at <= text.len() && !mistake.what.is_empty() && !mistake.remedy.is_empty());
        }
    }

    #[test]
    fn a_condition_and_its_opposite_never_agree_and_nothing_changes_before_it_is_foretold(
        text in condition(), account in prop::sample::select(vec!["", "bob", ACCOUNT]), minutes in 0_i64..20_000,
    ) {
        let connection = connection();
        let start: Timestamp = AT.parse().unwrap();
        let at = start + jiff::SignedDuration::from_mins(minutes);
        let compile = |text: &str| Condition::compile(text, Some(&berlin()));
        let Ok(condition) = compile(&text) else {
            // Random ones may have too many parts.
            return Ok(());
        };
        let holds = |condition: &Condition, at| {
            condition.holds(&Facts::of_connection("wiki", &connection, at).with_account(account, StateName::Expiring))
        };
        let mut negated = String::new();
        write!(negated, "!({text})").unwrap();
        let truth = holds(&condition, at);
        if let Ok(negated) = compile(&negated) {
            let opposite = match truth {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                unclear @ Truth::Unclear(_) => unclear,
            };
            prop_assert_eq!(holds(&negated, at), opposite);
        }
        let until = condition.changes_after(at).unwrap_or(at + jiff::SignedDuration::from_hours(50));
        prop_assert!(until > at);
        let last = until - jiff::SignedDuration::from_nanos(1);
        let middle = at + (last.duration_since(at) / 2);
        prop_assert_eq!((holds(&condition, middle), holds(&condition, last)), (truth, truth));
    }
}
