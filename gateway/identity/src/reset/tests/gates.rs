//! Whether proofs suffice.

use super::world::rules;
use crate::reset::asked::ContextId;
use crate::reset::gates::{Evaluation, Fact, VOUCHED, evaluate, evaluate_both};
use crate::reset::keys::Digest;
use crate::reset::ports::{FactorClass, FactorName};
use crate::reset::rules::ResetRules;
use proptest::prelude::*;

const HERE: ContextId = ContextId([1; 16]);

fn fact(context: ContextId, factor: &str, class: FactorClass, attempt: u8) -> Fact {
    Fact {
        context,
        factor: factor.into(),
        class,
        instance: Digest([attempt; 32]),
        attempt: Digest([attempt; 32]),
        at: super::world::start(),
        self_asserted: false,
    }
}

fn known() -> Vec<(FactorName, FactorClass)> {
    vec![
        ("mail".into(), FactorClass::Mail),
        ("mail2".into(), FactorClass::Mail),
        ("phone".into(), FactorClass::Phone),
        ("app".into(), FactorClass::Device),
    ]
}

fn asking_for(gates: u8, factors: &[&str]) -> ResetRules {
    ResetRules {
        gates,
        factors: factors.iter().map(|factor| (*factor).into()).collect(),
        ..rules()
    }
}

fn suffices(facts: &[Fact], rules: &ResetRules) -> bool {
    evaluate(&HERE, facts, rules, &known()) == Evaluation::Sufficient
}

#[test]
fn two_of_one_kind_are_one() {
    let two = asking_for(2, &["mail", "mail2", "phone"]);
    let mails = [
        fact(HERE, "mail", FactorClass::Mail, 1),
        fact(HERE, "mail2", FactorClass::Mail, 2),
    ];
    assert!(!suffices(&mails, &two));
    assert_eq!(
        evaluate(&HERE, &mails, &two, &known()),
        Evaluation::Needs(vec!["phone".into()])
    );
    assert!(suffices(
        &[mails[0].clone(), fact(HERE, "phone", FactorClass::Phone, 3)],
        &two
    ));
}

#[test]
fn a_proof_of_another_context_or_of_another_kind_than_its_factor_s_is_none() {
    let one = asking_for(1, &["mail"]);
    assert!(!suffices(
        &[fact(ContextId([2; 16]), "mail", FactorClass::Mail, 1)],
        &one
    ));
    assert!(!suffices(&[fact(HERE, "mail", FactorClass::Device, 1)], &one));
    assert!(!suffices(&[fact(HERE, "phone", FactorClass::Phone, 1)], &one));
    assert!(!suffices(&[fact(HERE, VOUCHED, FactorClass::Mail, 1)], &one));
}

#[test]
fn rules_without_a_factor_or_a_gate_are_no_open_door() {
    let mail = [fact(HERE, "mail", FactorClass::Mail, 1)];
    assert!(!suffices(&mail, &asking_for(1, &[])));
    assert!(!suffices(&[], &asking_for(0, &["mail"])));
    assert!(!suffices(&[], &asking_for(0, &[])));
    assert!(suffices(&mail, &asking_for(0, &["mail"])));
}

#[test]
fn a_program_s_word_is_one_proof_among_others_where_the_account_is_privileged() {
    let word = [fact(HERE, VOUCHED, FactorClass::Person, 1)];
    let mut two = asking_for(2, &["mail"]);
    assert!(suffices(&word, &two));
    two.privileged = true;
    assert!(!suffices(&word, &two));
    assert!(suffices(
        &[word[0].clone(), fact(HERE, "mail", FactorClass::Mail, 2)],
        &two
    ));
}

fn some_facts() -> impl Strategy<Value = Vec<Fact>> {
    let one = (0..6_usize, any::<bool>(), any::<u8>()).prop_map(|(which, here, attempt)| {
        let (factor, class) = [
            ("mail", FactorClass::Mail),
            ("mail2", FactorClass::Mail),
            ("phone", FactorClass::Phone),
            ("app", FactorClass::Device),
            ("mail", FactorClass::Device),
            ("gone", FactorClass::Knowledge),
        ][which];
        fact(if here { HERE } else { ContextId([3; 16]) }, factor, class, attempt)
    });
    prop::collection::vec(one, 0..6)
}

fn some_rules() -> impl Strategy<Value = ResetRules> {
    let factors = prop::sample::subsequence(vec!["mail", "mail2", "phone", "app", "gone"], 0..=5);
    (0..4_u8, factors).prop_map(|(gates, factors)| asking_for(gates, &factors))
}

proptest! {
    #[test]
    fn both_sets_of_rules_are_met_or_neither_is_enough(facts in some_facts(), start in some_rules(), now in some_rules()) {
        let both = evaluate_both(&HERE, &facts, &start, &now, &known()) == Evaluation::Sufficient;
        prop_assert_eq!(both, suffices(&facts, &start) && suffices(&facts, &now));
    }

    #[test]
    fn more_proofs_never_make_less_and_stricter_rules_never_ask_for_less(
        facts in some_facts(), more in some_facts(), rules in some_rules(),
    ) {
        let all: Vec<_> = facts.iter().chain(&more).cloned().collect();
        prop_assert!(!suffices(&facts, &rules) || suffices(&all, &rules));
        let stricter = ResetRules { gates: rules.gates.saturating_add(1), ..rules.clone() };
        prop_assert!(suffices(&facts, &rules) || !suffices(&facts, &stricter) || rules.gates == 0);
        // Nothing suffices with fewer kinds than there are gates.
        let kinds: std::collections::BTreeSet<_> = facts.iter().filter(|fact| fact.context == HERE).map(|fact| fact.class).collect();
        prop_assert!(!suffices(&facts, &rules) || kinds.len() >= usize::from(rules.gates.max(1)));
    }
}
