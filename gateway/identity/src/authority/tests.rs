use super::*;
use crate::decide::RuleName;
use crate::name::{AttributeName, DistinguishedName};

mod properties;

fn dn(text: &str) -> DistinguishedName {
    DistinguishedName::parse(text.as_bytes()).unwrap()
}

fn name(text: &str) -> AttributeName {
    AttributeName::parse(text.as_bytes()).unwrap()
}

fn people() -> DirectoryName {
    DirectoryName("people".into())
}

fn values(texts: &[&str]) -> Fact {
    Fact::Values(texts.iter().map(|text| text.as_bytes().into()).collect())
}

fn facts(entry: &str, attributes: &[(&str, Fact)]) -> Facts {
    let mut facts = Facts::new(people(), Some(dn(entry)));
    facts.credential = Credential::Here;
    for (attribute, fact) in attributes {
        facts.set(name(attribute), fact.clone());
    }
    facts
}

fn rule(number: usize, condition: Option<Condition>, owner: Owner) -> AuthorityRule {
    AuthorityRule {
        name: RuleName(format!("rule {number}").into()),
        condition,
        owner,
        told_to: vec![dn("ou=desk,dc=x")].into(),
    }
}

fn sso() -> Owner {
    Owner::Provider(Provider {
        name: "sso".into(),
        page: Some("https://sso.example.com".into()),
    })
}

fn equal(attribute: &str, value: &str) -> Condition {
    Condition::Filter(Filter::Equal(name(attribute), value.as_bytes().into()))
}

/// Partners are the provider's, and so is who is marked; everybody else is the directory's.
fn usual() -> AuthorityRules {
    AuthorityRules::new(
        vec![Pin {
            name: RuleName("glass".into()),
            accounts: vec![dn("cn=glass,ou=partners,dc=x")],
            groups: vec![group("cn=glass,dc=x")],
        }],
        vec![
            rule(1, Some(Condition::Within(vec![dn("ou=partners,dc=x")])), sso()),
            rule(2, Some(equal("employeeType", "SSO")), sso()),
            rule(3, None, Owner::Local),
        ],
    )
}

fn group(text: &str) -> Group {
    Group {
        name: dn(text),
        nested: false,
    }
}

#[test]
fn unknown_authority_never_permits_a_write() {
    assert!(!Authority::Unknown.permits_local_write());
    assert!(!Authority::Provider("sso".into()).permits_local_write());
    let both = Authority::Both {
        directory: people(),
        provider: "sso".into(),
    };
    assert!(!both.permits_local_write());
    assert!(Authority::Local(people()).permits_local_write());
}

#[test]
fn the_first_rule_that_holds_decides_and_is_named() {
    let rules = usual();
    for (entry, kind, rule, local) in [
        ("uid=a,ou=partners,dc=x", Fact::Absent, "rule 1", false),
        ("uid=a,ou=partners,dc=x", Fact::Unknown, "rule 1", false),
        ("uid=a,ou=people,dc=x", values(&["sso"]), "rule 2", false),
        ("uid=a,ou=people,dc=x", values(&["staff", " SSO "]), "rule 2", false),
        ("uid=a,ou=people,dc=x", values(&["staff"]), "rule 3", true),
        ("uid=a,ou=people,dc=x", Fact::Absent, "rule 3", true),
    ] {
        let mut facts = facts(entry, &[("employeeType", kind)]);
        facts.set_group(group("cn=glass,dc=x"), Truth::No);
        let decision = rules.decide(&facts);
        assert_eq!(decision.rule.as_str(), rule, "{entry}");
        assert_eq!(decision.authority.permits_local_write(), local, "{entry}");
        assert_eq!(decision.page.is_some(), !local);
    }
}

#[test]
fn a_rule_that_cannot_be_told_ends_the_search_and_nobody_may_write() {
    let unseen = facts("uid=a,ou=people,dc=x", &[("employeeType", Fact::Unknown)]);
    let decision = usual().decide(&unseen);
    assert_eq!(
        (decision.authority, decision.rule.as_str()),
        (Authority::Unknown, "rule 2")
    );
    // Nor can be told what was never asked, or where an entry of an odd name lies.
    let decision = usual().decide(&facts("uid=a,ou=people,dc=x", &[]));
    assert_eq!(decision.authority, Authority::Unknown);
    let odd = facts("uid=a,x-kind=partners,dc=x", &[("employeeType", Fact::Absent)]);
    assert_eq!(usual().decide(&odd).authority, Authority::Unknown);
}

#[test]
fn where_no_rule_speaks_of_an_entry_nobody_may_write() {
    let rules = AuthorityRules::new(Vec::new(), vec![rule(1, Some(equal("a", "1")), Owner::Local)]);
    let decision = rules.decide(&facts("uid=a", &[("a", Fact::Absent)]));
    assert_eq!(
        (decision.authority, decision.rule.as_str()),
        (Authority::Unknown, "built-in:no-authority-rule")
    );
}

#[test]
fn a_pin_comes_before_every_rule_and_pins_nobody_it_is_not_sure_of() {
    let marked = |entry| facts(entry, &[("employeeType", values(&["SSO"]))]);
    let pinned = usual().decide(&marked("CN=Glass,OU=partners,DC=x"));
    assert!(pinned.pinned && pinned.authority.permits_local_write());
    assert_eq!(pinned.rule.as_str(), "glass");
    let mut member = marked("uid=a,ou=people,dc=x");
    member.set_group(group("cn=glass,dc=x"), Truth::Yes);
    assert!(usual().decide(&member).pinned);
    for unsure in [Truth::No, Truth::CannotTell] {
        member.set_group(group("cn=glass,dc=x"), unsure);
        let decision = usual().decide(&member);
        assert!(!decision.pinned && !decision.authority.permits_local_write());
    }
}

#[test]
fn a_password_that_somebody_else_checks_is_not_ours_to_overwrite_unless_pinned() {
    let mut elsewhere = facts("uid=a,ou=people,dc=x", &[("employeeType", Fact::Absent)]);
    elsewhere.credential = Credential::Elsewhere;
    let decision = usual().decide(&elsewhere);
    assert_eq!(
        (decision.authority, decision.rule.as_str()),
        (Authority::Unknown, "built-in:password-checked-elsewhere")
    );
    elsewhere.set_group(group("cn=glass,dc=x"), Truth::Yes);
    assert!(usual().decide(&elsewhere).authority.permits_local_write());
    for (credential, local) in [
        (Credential::Elsewhere, false),
        (Credential::Here, true),
        (Credential::Absent, true),
        (Credential::Unknown, true),
    ] {
        assert_eq!(
            without_rules(&people(), credential).authority.permits_local_write(),
            local,
            "{credential:?}"
        );
    }
}

#[test]
fn a_credential_that_cannot_be_seen_proves_neither_that_there_is_one_nor_that_there_is_none() {
    let asked = |known, word| {
        let mut facts = facts("uid=a", &[]);
        facts.credential = known;
        Condition::Credential(word).holds(&facts)
    };
    for (known, yes, no, elsewhere) in [
        (Credential::Here, Truth::Yes, Truth::No, Truth::No),
        (Credential::Elsewhere, Truth::Yes, Truth::No, Truth::Yes),
        (Credential::Absent, Truth::No, Truth::Yes, Truth::No),
        (
            Credential::Unknown,
            Truth::CannotTell,
            Truth::CannotTell,
            Truth::CannotTell,
        ),
    ] {
        assert_eq!(
            [CredentialWord::Yes, CredentialWord::No, CredentialWord::Elsewhere].map(|word| asked(known, word)),
            [yes, no, elsewhere],
            "{known:?}"
        );
    }
}

#[test]
fn domains_are_what_follows_the_last_at_sign_and_nothing_longer() {
    let ours = Condition::Domain(name("mail"), vec!["example.org".into(), "sub.example.org".into()]);
    for (mail, holds) in [
        (values(&["a@example.org"]), Truth::Yes),
        (values(&["a@EXAMPLE.org"]), Truth::Yes),
        (values(&["a@other.org", "a@sub.example.org"]), Truth::Yes),
        (values(&["a@xexample.org"]), Truth::No),
        (values(&["a@deep.sub.example.org"]), Truth::No),
        (values(&["example.org"]), Truth::No),
        (Fact::Absent, Truth::No),
        (Fact::Unknown, Truth::CannotTell),
    ] {
        assert_eq!(
            ours.holds(&facts("uid=a", &[("mail", mail.clone())])),
            holds,
            "{mail:?}"
        );
    }
}

#[test]
fn filters_fit_as_a_directory_would_have_them() {
    let has = |fact: Fact, filter: &Filter| filter.holds(&facts("uid=a", &[("a", fact)]));
    let pieces = |first: &str, between: &[&str], last: &str| {
        let piece = |text: &str| (!text.is_empty()).then(|| text.as_bytes().into());
        Filter::Substrings {
            attribute: name("a"),
            first: piece(first),
            between: between.iter().map(|text| text.as_bytes().into()).collect(),
            last: piece(last),
        }
    };
    let eq = |text: &str| Filter::Equal(name("a"), text.as_bytes().into());
    let bits = |mask, every| Filter::Bits {
        attribute: name("a"),
        mask,
        every,
    };
    for (held, filter, truth) in [
        ("x", Filter::Present(name("a")), Truth::Yes),
        ("External  Staff", eq("external staff"), Truth::Yes),
        ("external", eq("external staff"), Truth::No),
        ("cn=A, dc=x", eq("CN=a,DC=x"), Truth::Yes),
        ("cn=a,dc=x", eq("cn=b,dc=x"), Truth::No),
        ("cn=ä,dc=x", eq("cn=b,dc=x"), Truth::CannotTell),
        ("abcd", pieces("A", &["b"], "D"), Truth::Yes),
        ("abd", pieces("ab", &["b"], "d"), Truth::No),
        ("aa", pieces("a", &[], "a"), Truth::Yes),
        ("a", pieces("a", &[], "a"), Truth::No),
        ("xbxcx", pieces("", &["b", "c"], ""), Truth::Yes),
        ("xcxbx", pieces("", &["b", "c"], ""), Truth::No),
        ("262656", bits(0x40000, true), Truth::Yes),
        ("512", bits(0x40000, true), Truth::No),
        ("-2147483646", bits(0x8000_0002, true), Truth::Yes),
        ("3", bits(6, true), Truth::No),
        ("3", bits(6, false), Truth::Yes),
        ("many", bits(1, true), Truth::CannotTell),
    ] {
        assert_eq!(has(values(&[held]), &filter), truth, "{held} {filter:?}");
        assert_eq!(has(values(&[held]), &Filter::Not(Box::new(filter.clone()))), !truth);
        assert_eq!(has(Fact::Absent, &filter), Truth::No);
        assert_eq!(has(Fact::Unknown, &filter), Truth::CannotTell);
    }
    // What is known is enough where the rest cannot change it.
    let absent = eq("x");
    let unseen = Filter::Present(name("unseen"));
    let both = Filter::All(vec![absent.clone(), unseen.clone()]);
    assert_eq!(has(Fact::Absent, &both), Truth::No);
    assert_eq!(has(values(&["x"]), &both), Truth::CannotTell);
    assert_eq!(has(values(&["x"]), &Filter::Any(vec![absent, unseen])), Truth::Yes);
}

#[test]
fn what_is_read_is_everything_a_rule_asks_for() {
    let rules = AuthorityRules::new(
        vec![Pin {
            name: RuleName("glass".into()),
            accounts: vec![dn("cn=glass")],
            groups: vec![group("cn=keepers")],
        }],
        vec![rule(
            1,
            Some(Condition::Any(vec![
                Condition::Not(Box::new(equal("a", "1"))),
                Condition::All(vec![
                    Condition::Domain(name("mail"), vec!["x".into()]),
                    Condition::Within(vec![dn("ou=x")]),
                    Condition::Member(vec![group("cn=g")]),
                ]),
            ])),
            sso(),
        )],
    );
    let reads = rules.reads();
    assert_eq!(reads.attributes, [name("a"), name("mail")].into());
    assert_eq!(reads.groups, [group("cn=keepers"), group("cn=g")].into());
    assert_eq!(reads.names, [dn("cn=glass"), dn("ou=x")].into());
    assert_eq!(rules.group_named(&dn("CN=G")), Some(GroupUse::Tightens));
    assert_eq!(rules.group_named(&dn("cn=keepers")), Some(GroupUse::Either));
    assert_eq!(rules.group_named(&dn("cn=other")), None);
}

#[test]
fn two_places_are_alike_if_no_rule_can_tell_them_apart() {
    let rules = AuthorityRules::new(
        Vec::new(),
        vec![rule(1, Some(Condition::Within(vec![dn("ou=partners,dc=x")])), sso())],
    );
    for (old, new, alike) in [
        ("ou=a,dc=x", "ou=b,dc=x", true),
        ("ou=a,ou=partners,dc=x", "ou=b,ou=partners,dc=x", true),
        ("ou=a,ou=partners,dc=x", "ou=a,dc=x", false),
        ("ou=partners,dc=x", "ou=b,dc=x", false),
        ("ou=a,dc=x", "ou=partners,dc=x", false),
        ("dc=x", "dc=y", false),
        ("ou=a,dc=x", "ou=ä,dc=x", false),
        ("ou=a,dc=x", "ou=a,x-odd=partners,dc=x", false),
    ] {
        assert_eq!(rules.are_alike(&dn(old), &dn(new)), alike, "{old} {new}");
    }
    let grouped = Condition::Member(vec![group("cn=g,dc=y")]);
    let rules = AuthorityRules::new(Vec::new(), vec![rule(1, Some(grouped), sso())]);
    assert!(!rules.are_alike(&dn("ou=a,dc=x"), &dn("ou=b,dc=x")));
}

#[test]
fn besides_the_account_itself_only_those_are_told_who_are_named() {
    let decision = usual().decide(&facts("uid=a,ou=partners,dc=x", &[]));
    assert!(decision.is_told_to(&dn("cn=help,ou=desk,dc=x")) && !decision.is_told_to(&dn("uid=b,dc=x")));
}

#[test]
fn the_premise_says_what_must_stay_and_nothing_more() {
    let local = facts("uid=a,ou=people,dc=x", &[("employeeType", values(&["staff"]))]);
    let marked = Filter::Equal(name("employeeType"), b"SSO".as_slice().into());
    assert_eq!(usual().premise(&local), Some(Filter::Not(Box::new(marked))));
    // By its name alone it is a partner's: no filter could change that.
    assert_eq!(usual().premise(&facts("uid=a,ou=partners,dc=x", &[])), None);
}
