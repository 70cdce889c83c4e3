use super::*;
use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest};
use std::collections::BTreeSet;
use std::fmt::Write;

#[test]
fn the_standard_definitions_are_read_and_fit_together() {
    let mut definitions = Vec::new();
    for (file, text) in STANDARD_FILES {
        definitions.extend(source::read(file, text, true).unwrap_or_else(|fault| panic!("{fault}")));
    }
    let schema = build::build(definitions).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(schema.attributes().len() > 150 && schema.object_classes().len() > 30);
    assert_eq!(schema.attributes().len(), Schema::standard().attributes().len());
    for key in indexed::STANDARD {
        assert!(schema.attribute(key.as_bytes()).unwrap().indexed, "{key}");
    }
}

#[test]
fn what_people_groups_hosts_and_policies_need_is_defined() {
    let schema = Schema::standard();
    for class in [
        "top",
        "person",
        "organizationalPerson",
        "inetOrgPerson",
        "posixAccount",
        "posixGroup",
        "shadowAccount",
        "groupOfNames",
        "groupOfUniqueNames",
        "organization",
        "organizationalUnit",
        "organizationalRole",
        "dcObject",
        "domain",
        "account",
        "simpleSecurityObject",
        "extensibleObject",
        "applicationProcess",
        "device",
        "pwdPolicy",
        "uidObject",
        "namedObject",
        "subschema",
    ] {
        assert!(schema.object_class(class.as_bytes()).is_some(), "{class}");
    }
    // Those clients may not write, and those an administrator may: as slapo-ppolicy has them.
    for (name, oid, writable) in [
        ("pwdChangedTime", "1.3.6.1.4.1.42.2.27.8.1.16", false),
        ("pwdAccountLockedTime", "1.3.6.1.4.1.42.2.27.8.1.17", true),
        ("pwdFailureTime", "1.3.6.1.4.1.42.2.27.8.1.19", false),
        ("pwdHistory", "1.3.6.1.4.1.42.2.27.8.1.20", false),
        ("pwdGraceUseTime", "1.3.6.1.4.1.42.2.27.8.1.21", false),
        ("pwdReset", "1.3.6.1.4.1.42.2.27.8.1.22", true),
        ("pwdPolicySubentry", "1.3.6.1.4.1.42.2.27.8.1.23", true),
        ("pwdStartTime", "1.3.6.1.4.1.42.2.27.8.1.27", true),
        ("pwdEndTime", "1.3.6.1.4.1.42.2.27.8.1.28", true),
        ("pwdLastSuccess", "1.3.6.1.4.1.42.2.27.8.1.29", false),
        ("pwdAccountTmpLockoutEnd", "1.3.6.1.4.1.42.2.27.8.1.33", false),
        ("memberOf", "1.2.840.113556.1.2.102", false),
        ("entryUUID", "1.3.6.1.1.16.4", false),
    ] {
        let kind = schema.attribute(name.as_bytes()).unwrap();
        assert_eq!(
            (&*kind.oid, kind.user_modifiable, kind.operational),
            (oid, writable, true),
            "{name}"
        );
    }
    for name in [
        "pwdMinDelay",
        "pwdMaxDelay",
        "pwdMaxIdle",
        "pwdMustChange",
        "pwdCheckQuality",
        "pwdGraceExpiry",
    ] {
        let kind = schema.attribute(name.as_bytes()).unwrap();
        assert!(!kind.operational && kind.single_value, "{name}");
        assert!(
            schema.object_class(b"pwdPolicy").unwrap().allowed.contains(&kind.key),
            "{name}"
        );
    }
}

#[test]
fn types_are_found_by_any_name_and_cover_those_below() {
    let schema = Schema::standard();
    let cn = schema.attribute(b"CommonName;lang-de").unwrap();
    assert_eq!((&*cn.key, &*cn.name, &*cn.oid), ("cn", "cn", "2.5.4.3"));
    let name = schema.attribute(b"name").unwrap();
    assert!(schema.covers(name, cn) && schema.covers(cn, cn) && !schema.covers(cn, name));
    assert!(cn.substring.is_some(), "from name");
    assert!(name.covered.iter().any(|key| &**key == "sn"));
    for unknown in [
        &b""[..],
        b"nothing",
        b" cn",
        b"oid.2.5.4.3",
        &[b'a'; 4000],
        b"\xff",
        b"c\0n",
    ] {
        assert!(schema.attribute(unknown).is_none() && schema.object_class(unknown).is_none());
    }
    assert_eq!(&*schema.object_class(b"2.5.6.6").unwrap().name, "person");
}

#[test]
fn a_description_has_one_spelling() {
    let schema = Schema::standard();
    let canonical = |text: &str| {
        schema
            .described(text.as_bytes())
            .map(|described| described.canonical.to_string())
    };
    assert_eq!(canonical("2.5.4.3;X-B;lang-DE;x-b").as_deref(), Some("cn;lang-de;x-b"));
    assert_eq!(canonical("USERPASSWORD").as_deref(), Some("userPassword"));
    for wrong in ["cn;", "cn;;x", "cn;a b", "cn;ä", "nothing", ";x"] {
        assert_eq!(canonical(wrong), None, "{wrong}");
    }
}

fn normal(name: &str, value: &str) -> Result<Vec<u8>, ValueFault> {
    Schema::standard()
        .attribute(name.as_bytes())
        .unwrap()
        .normal(value.as_bytes())
}

#[test]
fn equal_values_have_one_form_and_others_have_others() {
    for (name, one, same, other) in [
        ("cn", "Ada  Lovelace", " ADA LOVELACE", "AdaLovelace"),
        ("homeDirectory", "/srv/Ada", "/srv/Ada", "/srv/ada"),
        ("mail", "A@B.org", "a@b.ORG", "a@b.orgg"),
        ("telephoneNumber", "+49 30-12", "+493012", "+493013"),
        ("uidNumber", "7", "007", "70"),
        (
            "createTimestamp",
            "20260101000000Z",
            "202601010100+01",
            "20260101000001Z",
        ),
        ("member", "CN=a, DC=b", "2.5.4.3=A,dc=B", "cn=a,dc=c"),
        ("uniqueMember", "CN=a#'01'B", "cn=A#'01'B", "cn=a"),
        (
            "entryUUID",
            "5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a01",
            "5D2F1A60-0F66-4D9B-8B6E-2F2B0C5D8A01",
            "5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a02",
        ),
        ("pwdAttribute", "userPassword", "2.5.4.35", "cn"),
        ("objectClass", "Person", "2.5.6.6", "top"),
        ("postalAddress", "a $ b", "A $ B", "a$c"),
        ("attributeTypes", "( 2.5.4.3 NAME 'cn' )", "2.5.4.3", "2.5.4.4"),
        ("x500UniqueIdentifier", "'01'B", "'01'B", "'1'B"),
    ] {
        let form = normal(name, one).unwrap();
        assert_eq!(Ok(&form), normal(name, same).as_ref(), "{name}");
        assert_ne!(Ok(&form), normal(name, other).as_ref(), "{name}");
    }
    let member = normal("uniqueMember", "cn=a,dc=b").unwrap();
    assert_eq!(
        *member,
        **Schema::standard().path(b"cn=a,dc=b").unwrap().octets(),
        "a name is its path"
    );
    for (name, wrong) in [
        ("mail", "ä@b"),
        ("uidNumber", "x"),
        ("uidNumber", ""),
        ("uidNumber", "-"),
        ("pwdReset", "true"),
        ("member", "a"),
        ("createTimestamp", "soon"),
        ("entryUUID", "5d2f1a600f664d9b8b6e2f2b0c5d8a01"),
    ] {
        assert_eq!(normal(name, wrong), Err(ValueFault), "{name}={wrong}");
    }
    assert_eq!(
        Schema::standard().attribute(b"cn").unwrap().normal(b"\xff"),
        Err(ValueFault)
    );
}

#[test]
fn values_fit_their_syntax_or_do_not() {
    let schema = Schema::standard();
    for (name, right, wrong) in [
        ("cn", &["a", " "][..], &[""][..]),
        ("c", &["DE"], &["D", "DEU", "d_"]),
        (
            "uidNumber",
            &["0", "-1", "12345678901234567890"],
            &["", "01", "-0", "+1", "1.0", " 1"],
        ),
        ("pwdReset", &["TRUE", "FALSE"], &["true", ""]),
        ("telephoneNumber", &["+49 (30) 12-3"], &["", "12_3", "ä"]),
        ("mail", &["a@b", ""], &["ä@b"]),
        ("member", &["cn=a", ""], &["a"]),
        ("uniqueMember", &["cn=a#'01'B", "cn=a#1"], &["#x", "x#'01'B"]),
        (
            "entryUUID",
            &["5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a01"],
            &["", "5d2f1a60-0f66-4d9b-8b6e-2f2b0c5d8a0g"],
        ),
        (
            "pwdAttribute",
            &["userPassword", "2.5.4.35"],
            &["", "user password", "2."],
        ),
        ("x500UniqueIdentifier", &["''B", "'01'B"], &["01", "'2'B", "'01'"]),
        ("x121Address", &["12 3"], &["", "12a"]),
        ("createTimestamp", &["2026010100Z"], &["2026"]),
        ("jpegPhoto", &["", "x"], &[]),
    ] {
        let kind = schema.attribute(name.as_bytes()).unwrap();
        for value in right {
            assert_eq!(kind.check(value.as_bytes()), Ok(()), "{name}: {value:?}");
        }
        for value in wrong {
            assert_eq!(kind.check(value.as_bytes()), Err(ValueFault), "{name}: {value:?}");
        }
    }
}

#[test]
fn an_entry_is_found_by_what_it_holds() {
    let mut entry = Entry::new();
    entry.set("objectClass", vec![b"inetOrgPerson".to_vec()]);
    entry.set("cn", vec![b"B".to_vec(), b"a".to_vec()]);
    entry.set("cn;lang-de", vec![b"A".to_vec()]);
    entry.set("uidNumber", vec![b"wrong".to_vec()]);
    entry.set("userPassword", vec![b"x".to_vec()]);
    entry.set("description", vec![b"x".to_vec()]);
    entry.set("uid", vec![vec![b'u'; 5000]]);
    let found = Schema::standard().indexed(&entry);
    let shown: Vec<_> = found
        .iter()
        .map(|one| {
            format!(
                "{}={}",
                one.attribute,
                &String::from_utf8_lossy(&one.value)[..one.value.len().min(30)]
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "cn=a",
            "cn=b",
            "objectclass=inetorgperson",
            "objectclass=organizationalperson",
            "objectclass=person",
            "objectclass=top",
            &format!("uid={}", "u".repeat(30)),
        ]
    );
    assert_eq!(found.last().unwrap().value.len(), INDEXED_OCTETS);
}

#[test]
fn the_subschema_says_what_there_is_and_no_more() {
    let schema = Schema::standard();
    let subschema = schema.subschema();
    assert_eq!(schema.check(&subschema), Ok(()));
    let lines = |key: &str| -> Vec<String> {
        let values = subschema.values(key);
        values
            .iter()
            .map(|value| String::from_utf8(value.clone()).unwrap())
            .collect()
    };
    // What is said is what is built: read back, it builds the same.
    let mut text = String::new();
    for (keyword, key) in [("attributetype", "attributetypes"), ("objectclass", "objectclasses")] {
        for line in lines(key) {
            writeln!(text, "{keyword} {line}").unwrap();
        }
    }
    let again = build::build(source::read("subschema", &text, true).unwrap()).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(
        format!("{:?}", again.attributes()),
        format!("{:?}", schema.attributes())
    );
    assert_eq!(
        format!("{:?}", again.object_classes()),
        format!("{:?}", schema.object_classes())
    );
    assert!(again.subschema() == subschema);
    // Syntaxes and rules: every one used is listed, every one listed is known.
    let first = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
    let syntaxes: BTreeSet<_> = lines("ldapsyntaxes").iter().map(first).collect();
    let rules: BTreeSet<_> = lines("matchingrules").iter().map(first).collect();
    assert_eq!(
        (syntaxes.len(), rules.len()),
        (syntax::SYNTAXES.len(), rule::RULES.len())
    );
    for kind in schema.attributes() {
        assert!(syntaxes.contains(kind.syntax.oid()), "{kind:?}");
    }
    for oid in &rules {
        assert!(rule::named(oid.as_bytes()).is_some(), "{oid}");
    }
    for (_, name, _, _, assertion) in rule::RULES {
        assert!(
            syntaxes.contains(*assertion) && rule::named(name.as_bytes()).is_some(),
            "{name}"
        );
    }
    for oid in &syntaxes {
        assert_eq!(Syntax::by_oid(oid).unwrap().oid(), oid);
    }
}

#[test]
fn entries_of_the_wire_are_shown_by_shape_alone() {
    assert_eq!(
        format!("{:?}", Schema::standard().attribute(b"cn").unwrap()),
        "AttributeType(cn)"
    );
}

proptest! {
    #[test]
    fn numbers_are_ordered_as_their_forms(one in any::<i64>(), other in prop_oneof![any::<i64>(), -20..20_i64], near in -3..3_i64) {
        for (one, other) in [(one, other), (near, other), (one, one.saturating_add(near))] {
            let forms = (normal("uidNumber", &one.to_string()).unwrap(), normal("uidNumber", &other.to_string()).unwrap());
            prop_assert_eq!(forms.0.cmp(&forms.1), one.cmp(&other), "{} {}", one, other);
        }
    }

    #[test]
    fn times_are_ordered_as_their_forms(one in 0..4_000_000_000_i64, other in 0..4_000_000_000_i64, zone in -12..12_i64) {
        let text = |second: i64| jiff::Timestamp::from_second(second).unwrap().strftime("%Y%m%d%H%M%S").to_string();
        let here = normal("createTimestamp", &format!("{}Z", text(one))).unwrap();
        let there = format!("{}{}{:02}", text(other + zone * 3600), if zone < 0 { '-' } else { '+' }, zone.abs());
        if other + zone * 3600 >= 0 {
            prop_assert_eq!(here.cmp(&normal("createTimestamp", &there).unwrap()), one.cmp(&other));
        }
    }

    #[test]
    fn an_initial_part_begins_the_whole(text in "[ aA\u{a0}äßﬁ\t]{0,8}", more in "[ bB]{0,4}x") {
        let whole = normal("cn", &format!("{text}{more}")).unwrap();
        let mut part = Vec::new();
        rule::Rule::CaseIgnore.part_into(text.as_bytes(), Part::Initial, &mut part).unwrap();
        let spaces_alone = text.trim().is_empty();
        prop_assert_eq!(spaces_alone || whole.starts_with(&part), true, "{:?} {:?}", text, more);
    }

    #[test]
    fn no_value_is_too_much(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
        let schema = Schema::standard();
        for name in ["cn", "mail", "uidNumber", "createTimestamp", "member", "uniqueMember", "entryUUID", "telephoneNumber", "attributeTypes", "x121Address"] {
            let kind = schema.attribute(name.as_bytes()).unwrap();
            if kind.check(&octets).is_ok() {
                prop_assert_eq!(kind.normal(&octets).is_ok(), true, "{} takes what it cannot compare", name);
            }
        }
    }
}
