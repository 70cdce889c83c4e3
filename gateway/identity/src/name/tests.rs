use super::*;
use proptest::prelude::*;

fn dn(text: &str) -> DistinguishedName {
    DistinguishedName::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn spellings_of_one_name_are_equal() {
    let plain = dn("uid=alice,ou=people,dc=example,dc=org");
    for other in [
        "UID=Alice,OU=People,DC=Example,DC=Org",
        "uid = alice , ou=people,dc=example, dc=org ",
        "0.9.2342.19200300.100.1.1=alice,2.5.4.11=people,dc=example,dc=org",
        "OID.0.9.2342.19200300.100.1.1=\\61lice,ou=people,dc=example,dc=org",
        "uid=\"alice\";ou=people;dc=example;dc=org",
        "userid=al\\69ce,ou=people,dc=example,dc=org",
    ] {
        assert_eq!(dn(other), plain, "{other}");
    }
    assert_eq!(dn("cn=a+uid=b,dc=x"), dn("uid=B + CN=a,dc=x"));
    assert_eq!(dn("cn=a  b,dc=x"), dn("cn=A b,dc=x"));
}

#[test]
fn a_longer_label_is_not_below_a_shorter_one() {
    let base = dn("dc=example,dc=org");
    assert!(dn("ou=people,dc=example,dc=org").is_within(&base));
    assert!(base.is_within(&base));
    assert!(!dn("ou=people,xdc=example,dc=org").is_within(&base));
    assert!(!dn("cn=dc=example\\,dc=org").is_within(&base));
    assert!(!dn("dc=org").is_within(&base));
    assert!(dn("dc=org").is_above(&base) && !base.is_above(&base));
    assert!(base.is_within(&dn("")));
}

#[test]
fn what_is_not_a_distinguished_name_is_refused() {
    for bad in [
        "alice",
        "uid",
        "=x",
        "uid=a,",
        "uid=a,,dc=x",
        "uid=a\\",
        "uid=a\\0",
        "uid=a\\00b",
        "uid=a\0b",
        "uid=\"a",
        "u!d=a",
        "uid=a<b",
        "uid=#0",
        "uid=#zz",
        "1..2=x",
        "CORP\\alice",
        "uid=a+",
        "uid=\"a\"b",
    ] {
        assert!(DistinguishedName::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let long = format!("cn={}", "a".repeat(LONGEST_NAME));
    assert_eq!(DistinguishedName::parse(long.as_bytes()), Err(NameError::TooLong));
    let deep = vec!["dc=x"; MOST_RDNS + 1].join(",");
    assert_eq!(DistinguishedName::parse(deep.as_bytes()), Err(NameError::TooLong));
}

#[test]
fn types_whose_rule_is_not_known_keep_their_case() {
    assert_ne!(dn("x-token=AbC,dc=x"), dn("x-token=abc,dc=x"));
}

#[test]
fn the_normal_form_reads_back_as_itself() {
    for text in [
        "",
        "cn=a\\, b\\+c,dc=x",
        "cn=\\ lead,dc=x",
        "cn=\\ff\\fe,dc=x",
        "cn=#04024869,dc=x",
        "x-y=trail\\ ,dc=x",
        "cn=ö\\\"q",
    ] {
        let once = dn(text);
        assert_eq!(dn(&once.to_string()), once, "{text} -> {once}");
    }
}

#[test]
fn an_attribute_is_the_same_in_every_spelling() {
    let name = AttributeName::parse(b"userPassword").unwrap();
    for other in [
        &b"USERPASSWORD"[..],
        b"userPassword;binary",
        b"2.5.4.35",
        b"OID.2.5.4.35;x-a;x-b",
    ] {
        assert!(name.matches(other), "{}", String::from_utf8_lossy(other));
    }
    for other in [
        &b"userPasswords"[..],
        b"",
        b";binary",
        b"user password",
        b"\xff",
        b"2.5.4.035",
    ] {
        assert!(!name.matches(other), "{}", String::from_utf8_lossy(other));
    }
}

#[test]
fn a_plain_name_is_the_same_as_with_everything_escaped() {
    let escaped = |text: &str| {
        text.bytes()
            .map(|octet| format!("\\{octet:02x}"))
            .collect::<Vec<_>>()
            .concat()
    };
    for kind in ["uid", "UID", "cn", "ou", "Dc", "o", "l", "entryUUID", "2.5.4.3"] {
        for value in [
            "a",
            "Bob",
            "bob.smith@Example.org",
            "A-1_b",
            "",
            "#ab",
            "a b",
            " a ",
            "ä",
            "a=b",
            "a\u{1}",
        ] {
            let plain = format!("{kind}={},dc=x", value.replace('#', "\\#").replace('=', "\\="));
            let careful = format!("{kind} = {},dc=x", escaped(value.trim()));
            let careful = DistinguishedName::parse(careful.as_bytes()).unwrap();
            assert_eq!(DistinguishedName::parse(plain.as_bytes()).unwrap(), careful, "{plain}");
            assert_eq!(
                DistinguishedName::parse(careful.to_string().as_bytes()).unwrap(),
                careful,
                "{plain}"
            );
        }
    }
    assert_ne!(
        DistinguishedName::parse(b"uid=a+cn=b"),
        DistinguishedName::parse(b"uid=a\\+cn=b")
    );
    assert_eq!(
        DistinguishedName::parse(b"uid=a+cn=b"),
        DistinguishedName::parse(b"CN=B+uid=A")
    );
}

#[test]
fn a_name_is_plain_only_if_no_directory_knows_another_spelling_of_it() {
    for plain in [
        "uid=alice,ou=people,dc=example,dc=org",
        "UID = Alice , ou=\\50eople,dc=example,dc=org",
        "cn=Doe\\, John,dc=x",
        "cn=a\\+b,c=de",
    ] {
        assert!(dn(plain).is_plain(), "{plain}");
    }
    for other in [
        "uid=j\u{f6}rg,dc=example",
        "uid=j\\c3\\b6rg,dc=example",
        "uid=\\ff,dc=example",
        "uid=a\\01,dc=example",
        "cn=a+uid=b,dc=x",
        "employeeNumber=17,dc=x",
        "1.2.3=a,dc=x",
        "uid=#04016b,dc=x",
        "uid=,dc=x",
        "uid=alice,employeeType=x,dc=example",
    ] {
        assert!(!dn(other).is_plain(), "{other}");
    }
}

#[test]
fn what_is_surely_outside_is_outside_in_every_spelling() {
    let base = dn("ou=people,dc=example,dc=org");
    for outside in [
        "dc=org",
        "uid=a,ou=others,dc=example,dc=org",
        "cn=Jürgen,ou=others,dc=example,dc=org",
    ] {
        assert!(dn(outside).is_surely_outside(&base), "{outside}");
    }
    for unsure in [
        "uid=a,ou=people,dc=example,dc=org",
        "uid=a,x-kind=people,dc=example,dc=org",
        "uid=a,ou=peöple,dc=example,dc=org",
        "uid=a,ou=people+cn=b,dc=example,dc=org",
    ] {
        assert!(!dn(unsure).is_surely_outside(&base), "{unsure}");
    }
    assert!(dn("uid=a,dc=x").is_surely_not(&dn("uid=b,dc=x")) && dn("uid=ü,dc=x").is_surely_not(&dn("dc=x")));
    assert!(!dn("uid=a,dc=x").is_surely_not(&dn("UID=A,dc=x")) && !dn("uid=ü,dc=x").is_surely_not(&dn("uid=u,dc=x")));
}

#[test]
fn an_entry_is_named_by_every_type_of_its_first_rdn() {
    let name = |text: &str| AttributeName::parse(text.as_bytes()).unwrap();
    let both = dn("cn=a\\+uid\\=b+mail=c,ou=x");
    assert!(both.is_named_by(&name("commonName")) && both.is_named_by(&name("mail")));
    assert!(!both.is_named_by(&name("ou")));
    assert!(!dn("").is_named_by(&name("cn")));
}

#[test]
fn a_common_name_needs_small_letters_and_nothing_else() {
    let most = ["dc=x"; MOST_RDNS].join(",");
    let long = format!("cn={}", "a".repeat(LONGEST_NAME - 3));
    for common in ["uid=a.b-c_D@e,OU=People,dc=Example,Dc=org", "o=1", &most, &long] {
        assert!(is_common(common.as_bytes()), "{common}");
        assert_eq!(dn(common).to_string(), common.to_ascii_lowercase());
    }
    for other in [
        "",
        "o",
        "o=",
        "uid=a,",
        ",uid=a",
        "uid=a,,dc=x",
        "uid=a, dc=x",
        "uid=a b",
        "uid=a+cn=b",
        "uid=a;dc=x",
        "uid=a=b",
        "sn=a",
        "uid =a",
        "uid=\u{e9}",
        "uid=a\\2c",
        &format!("{most},dc=x"),
        &format!("{long}a"),
    ] {
        assert!(!is_common(other.as_bytes()), "{other}");
    }
}

proptest! {
    /// What a common name is told without being read is what reading it would tell.
    #[test]
    fn a_common_name_lies_where_it_would_if_it_was_read(
        name in "((uid|CN|Ou|dc|O)=[a-cA-C]{1,2},){0,3}(dc|DC|o)=[a-cA-C]",
        base in "((uid|CN|Ou|dc|O|sn|x)(=|= )[a-cA-C]{1,2}(,|, |;|\\+)){0,2}(dc|DC|o|c|x)=(a|B|\\\\2c|#61)|",
        from in any::<prop::sample::Index>(),
    ) {
        prop_assert!(is_common(name.as_bytes()));
        let read = dn(&name);
        // One of those above it, and any other.
        let parts: Vec<_> = name.split(',').collect();
        let above = parts[from.index(parts.len())..].join(",").to_uppercase();
        for base in [&*above, &*base] {
            let Ok(base) = DistinguishedName::parse(base.as_bytes()) else { continue };
            prop_assert_eq!(base.holds_common(&name), read.is_within(&base));
            prop_assert_eq!(base.is_common_name(&name), read == base);
        }
    }
}
