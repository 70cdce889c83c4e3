//! Random rules over random entries.

use super::*;
use proptest::prelude::*;

const ATTRIBUTES: [&str; 3] = ["a", "b", "c"];
const VALUES: [&str; 3] = ["1", "2", "x@d"];
const NAMES: [&str; 4] = ["ou=p,dc=x", "dc=x", "ou=q,dc=x", "uid=1,ou=p,dc=x"];

fn conditions() -> impl Strategy<Value = Condition> {
    let attribute = || (0..3_usize).prop_map(|place| name(ATTRIBUTES[place]));
    let leaf = prop_oneof![
        (attribute(), 0..3_usize).prop_map(|(attribute, value)| Condition::Filter(Filter::Equal(
            attribute,
            VALUES[value].as_bytes().into()
        ))),
        attribute().prop_map(|attribute| Condition::Filter(Filter::Present(attribute))),
        attribute().prop_map(|attribute| Condition::Domain(attribute, vec!["d".into()])),
        (0..4_usize).prop_map(|place| Condition::Within(vec![dn(NAMES[place])])),
        (0..2_usize).prop_map(|number| Condition::Member(vec![group(["cn=g", "cn=h"][number])])),
        prop_oneof![
            Just(CredentialWord::Yes),
            Just(CredentialWord::No),
            Just(CredentialWord::Elsewhere)
        ]
        .prop_map(Condition::Credential),
        any::<bool>().prop_map(|ours| Condition::Source(vec![if ours { people() } else { DirectoryName("q".into()) }])),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

fn owners() -> impl Strategy<Value = Owner> {
    let provider = || Provider {
        name: "sso".into(),
        page: None,
    };
    prop_oneof![
        Just(Owner::Local),
        Just(Owner::Provider(provider())),
        Just(Owner::Both(provider())),
        Just(Owner::Unknown),
    ]
}

fn rule_sets() -> impl Strategy<Value = AuthorityRules> {
    let listed = prop::collection::vec((prop::option::weighted(0.9, conditions()), owners()), 0..5);
    (listed, any::<bool>()).prop_map(|(listed, pinned)| {
        let pins = pinned.then(|| Pin {
            name: RuleName("glass".into()),
            accounts: vec![dn("uid=1,ou=p,dc=x")],
            groups: vec![group("cn=g")],
        });
        let rules = listed.into_iter().enumerate();
        AuthorityRules::new(
            pins.into_iter().collect(),
            rules
                .map(|(number, (condition, owner))| rule(number, condition, owner))
                .collect(),
        )
    })
}

/// Everything of an entry that rules may ask: its name, its attributes, its groups, its credential.
type Whole = (usize, [Option<Vec<usize>>; 3], [bool; 2], usize);

fn wholes() -> impl Strategy<Value = Whole> {
    let attribute = || prop::option::of(prop::collection::vec(0..3_usize, 1..3));
    let entries = ["uid=1,ou=p,dc=x", "uid=2,ou=p,dc=x", "uid=1,ou=q,dc=x"].len();
    (
        0..entries,
        [attribute(), attribute(), attribute()],
        any::<[bool; 2]>(),
        0..3_usize,
    )
}

fn known((entry, attributes, members, credential): &Whole) -> Facts {
    let entry = ["uid=1,ou=p,dc=x", "uid=2,ou=p,dc=x", "uid=1,ou=q,dc=x"][*entry];
    let mut facts = facts(entry, &[]);
    for (attribute, held) in ATTRIBUTES.into_iter().zip(attributes) {
        let fact = held.as_ref().map_or(Fact::Absent, |held| {
            values(&held.iter().map(|value| VALUES[*value]).collect::<Vec<_>>())
        });
        facts.set(name(attribute), fact);
    }
    for (number, member) in ["cn=g", "cn=h"].into_iter().zip(members) {
        facts.set_group(group(number), (*member).into());
    }
    facts.credential = [Credential::Here, Credential::Absent, Credential::Elsewhere][*credential];
    facts
}

/// The same, where some of it could not be seen.
fn hidden(whole: &Whole, hide: [bool; 7]) -> Facts {
    let mut facts = known(whole);
    for (attribute, hide) in ATTRIBUTES.into_iter().zip(hide) {
        if hide {
            facts.forget(&name(attribute));
        }
    }
    for (number, hide) in ["cn=g", "cn=h"].into_iter().zip(&hide[3..5]) {
        if *hide {
            facts.set_group(group(number), Truth::CannotTell);
        }
    }
    if hide[5] {
        facts.credential = Credential::Unknown;
    }
    if hide[6] {
        facts.name = None;
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_cannot_be_seen_never_makes_anything_local(
        rules in rule_sets(), whole in wholes(), hide in any::<[bool; 7]>(),
    ) {
        let seen = rules.decide(&hidden(&whole, hide));
        let truly = rules.decide(&known(&whole));
        // Whatever is behind the veil: where we would write, so would whoever sees everything. A credential that nobody can see is
        // the one thing we cannot know to be somebody else's.
        let unseen_elsewhere = hide[5] && known(&whole).credential == Credential::Elsewhere;
        if seen.authority.permits_local_write() && !unseen_elsewhere {
            prop_assert!(truly.authority.permits_local_write(), "{:?} {:?}", seen, truly);
        }
    }

    #[test]
    fn rules_behind_the_one_that_decided_change_nothing(
        rules in rule_sets(), more in conditions(), owner in owners(), whole in wholes(), hide in any::<[bool; 7]>(),
    ) {
        let facts = hidden(&whole, hide);
        let before = rules.decide(&facts);
        let mut longer = rules.rules_for_test();
        longer.push(rule(99, Some(more), owner));
        let after = AuthorityRules::new(rules.pins_for_test(), longer).decide(&facts);
        if before.rule.as_str() != "built-in:no-authority-rule" {
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn whoever_is_pinned_is_local_whatever_the_rules_say(rules in rule_sets(), whole in wholes(), hide in any::<[bool; 7]>()) {
        let pins = vec![Pin { name: RuleName("glass".into()), accounts: Vec::new(), groups: vec![group("cn=g")] }];
        let rules = AuthorityRules::new(pins, rules.rules_for_test());
        let mut facts = hidden(&whole, hide);
        facts.set_group(group("cn=g"), Truth::Yes);
        let decision = rules.decide(&facts);
        prop_assert!(decision.pinned && decision.authority.permits_local_write());
        for unsure in [Truth::No, Truth::CannotTell] {
            facts.set_group(group("cn=g"), unsure);
            prop_assert!(!rules.decide(&facts).pinned);
        }
    }

    #[test]
    fn while_its_premise_stands_an_account_stays_local(rules in rule_sets(), whole in wholes(), other in wholes()) {
        let before = known(&whole);
        let decision = rules.decide(&before);
        // Another state of the same entry: its attributes have changed.
        let after = known(&(whole.0, other.1, whole.2, whole.3));
        let stands = decision.authority.permits_local_write() && rules.premise(&before).is_none_or(|premise| premise.holds(&after) == Truth::Yes);
        if stands {
            prop_assert!(rules.decide(&after).authority.permits_local_write());
        }
    }
}
