use super::*;
use proptest::prelude::*;

const USUAL: LoginAttributes = LoginAttributes {
    uid: "uid",
    mail: "mail",
    upn: None,
    domain: "uid",
};

fn rules(accept: &[NameForm]) -> NameRules {
    NameRules {
        accept: accept.to_vec(),
        domains: vec!["EXAMPLE".to_owned()],
        upn_suffixes: vec!["example.org".to_owned(), "corp.example.org".to_owned()],
        finding: Finding::Search(NameSearch::default()),
    }
}

fn templated(accept: &[NameForm]) -> NameRules {
    let template = NameTemplate::parse("uid={},ou=people,dc=example").unwrap();
    NameRules {
        finding: Finding::Template(template),
        ..rules(accept)
    }
}

/// What is looked for, as `form attribute=value`.
fn claims(rules: &NameRules, name: &[u8]) -> Vec<String> {
    match rules.read(name, &USUAL) {
        Meant::OneOf(_, claims) => claims
            .iter()
            .map(|claim| format!("{} {}={}", claim.form.as_str(), claim.attribute, claim.value))
            .collect(),
        Meant::Nobody => Vec::new(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_looked_for_in_every_form_it_may_have() {
    let all = rules(&NameForm::ALL);
    for (name, wanted) in [
        ("alice", &["uid uid=alice"][..]),
        (
            "alice@example.net",
            &["uid uid=alice@example.net", "mail mail=alice@example.net"],
        ),
        (
            "alice@Example.ORG",
            &[
                "uid uid=alice@Example.ORG",
                "mail mail=alice@Example.ORG",
                "upn uid=alice",
            ],
        ),
        (
            "a@b@corp.example.org",
            &[
                "uid uid=a@b@corp.example.org",
                "mail mail=a@b@corp.example.org",
                "upn uid=a@b",
            ],
        ),
        ("example\\alice", &["uid uid=example\\alice", "domain uid=alice"]),
        ("EXAMPLE\\\\alice", &["uid uid=EXAMPLE\\\\alice", "domain uid=\\alice"]),
        ("OTHER\\alice", &["uid uid=OTHER\\alice"]),
        ("\\alice", &["uid uid=\\alice"]),
        ("EXAMPLE\\", &["uid uid=EXAMPLE\\"]),
        ("@example.org", &["uid uid=@example.org", "mail mail=@example.org"]),
        ("EXAMPLE/alice", &["uid uid=EXAMPLE/alice"]),
    ] {
        assert_eq!(claims(&all, name.as_bytes()), wanted, "{name}");
    }
}

#[test]
fn a_form_that_is_not_taken_is_not_looked_for() {
    assert_eq!(claims(&rules(&[NameForm::Mail]), b"alice"), [""; 0]);
    assert_eq!(claims(&rules(&[NameForm::Mail]), b"EXAMPLE\\alice"), [""; 0]);
    assert_eq!(claims(&rules(&[NameForm::Domain]), b"alice@example.org"), [""; 0]);
    assert_eq!(claims(&rules(&[NameForm::Upn]), b"alice@example.net"), [""; 0]);
    assert_eq!(claims(&rules(&[NameForm::Upn]), b"alice@xexample.org"), [""; 0]);
    assert_eq!(
        claims(&rules(&[NameForm::Upn]), b"alice@example.org"),
        ["upn uid=alice"]
    );
}

#[test]
fn a_dn_is_itself_where_dns_are_taken_and_else_only_a_value() {
    let name = b"uid=alice,ou=people,dc=example";
    assert_eq!(rules(&NameForm::ALL).read(name, &USUAL), Meant::Itself);
    assert_eq!(
        claims(&rules(&[NameForm::Uid]), name),
        ["uid uid=uid=alice,ou=people,dc=example"]
    );
    // What only looks like one is one attribute's value, in whatever spelling.
    for odd in ["uid=alice,ou", "uid=alice,,dc=x", "=alice", "uid=al\"ice", "uid=a\\zz"] {
        let wanted = format!("uid uid={odd}");
        assert_eq!(claims(&rules(&NameForm::ALL), odd.as_bytes()), [wanted], "{odd}");
    }
}

#[test]
fn what_nobody_can_be_called_is_nobodys() {
    let long = vec![b'a'; 10_240];
    for name in [
        &b""[..],
        b" ",
        "\u{a0}\u{2003}\u{3000}".as_bytes(),
        b"ali\0ce",
        b"\0",
        b"alice\n",
        b"\x1b[2J",
        "ali\u{85}ce".as_bytes(),
        b"\xff\xfe",
        &long,
    ] {
        for rules in [rules(&NameForm::ALL), templated(&NameForm::ALL)] {
            assert_eq!(rules.read(name, &USUAL), Meant::Nobody, "{name:?}");
        }
    }
}

#[test]
fn a_template_takes_the_login_name_out_of_a_name_whose_domain_is_ours() {
    let all = templated(&NameForm::ALL);
    for (name, dn, form) in [
        ("alice", "uid=alice", NameForm::Uid),
        ("alice@example.org", "uid=alice", NameForm::Upn),
        ("alice@example.net", "uid=alice@example.net", NameForm::Uid),
        ("EXAMPLE\\alice", "uid=alice", NameForm::Domain),
        ("OTHER\\alice", "uid=OTHER\\\\alice", NameForm::Uid),
        ("alice,ou=admins", "uid=alice\\,ou\\=admins", NameForm::Uid),
    ] {
        let dn = format!("{dn},ou=people,dc=example").into();
        assert_eq!(all.read(name.as_bytes(), &USUAL), Meant::Entry(dn, form), "{name}");
    }
    assert_eq!(templated(&[NameForm::Upn]).read(b"alice", &USUAL), Meant::Nobody);
}

#[test]
fn attributes_of_the_configuration_come_before_the_usual_ones() {
    let mut rules = rules(&NameForm::ALL);
    rules.finding = Finding::Search(NameSearch {
        attributes: NameAttributes {
            uid: Some("login".to_owned()),
            upn: Some("krbPrincipalName".to_owned()),
            ..NameAttributes::default()
        },
        filter: Some(postern_ldap::filter::text::parse("(&(objectClass=person)(!(off=*)))").unwrap()),
        ..NameSearch::default()
    });
    assert_eq!(
        claims(&rules, b"a@example.org"),
        [
            "uid login=a@example.org",
            "mail mail=a@example.org",
            "upn krbPrincipalName=a@example.org",
            "upn uid=a"
        ]
    );
    assert_eq!(
        rules.attributes(&USUAL),
        ["login", "mail", "krbPrincipalName", "uid", "objectClass", "off"]
    );
}

proptest! {
    #[test]
    fn whatever_somebody_types_is_one_value_or_nobodys(name in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        "[*()\\\\@=,+;\u{0}\u{a0} a-eEXAMPLE.org]{0,40}".prop_map(String::into_bytes),
    ]) {
        let base = DistinguishedName::parse(b"ou=people,dc=example").unwrap();
        for accept in [&NameForm::ALL[..], &NameForm::ALL[1..], &[NameForm::Domain, NameForm::Upn]] {
            match rules(accept).read(&name, &USUAL) {
                Meant::OneOf(_, claims) => for claim in claims {
                    let (value, name) = (claim.value.as_bytes(), &name[..]);
                    prop_assert!(name.ends_with(value) || name.starts_with(value), "{claim:?}");
                },
                Meant::Itself => prop_assert!(DistinguishedName::parse(&name).is_ok()),
                Meant::Nobody => {}
                Meant::Entry(..) => prop_assert!(false),
            }
            if let Meant::Entry(dn, _) = templated(accept).read(&name, &USUAL) {
                let dn = DistinguishedName::parse(dn.as_bytes()).unwrap();
                prop_assert!(dn.is_within(&base) && dn.depth() == 3, "{dn}");
            }
        }
    }
}
