use super::*;
use postern_directory::Subschema;
use postern_ldap::ber::Writer;
use postern_ldap::change::{self, NewChange};
use postern_ldap::search::{NewSearch, Scope, SearchRequest};
use postern_ldap::{MessageId, answer, bind, entry, filter, tag};
use proptest::prelude::*;

const HERE: &str = "dc=corp,dc=example";
const THERE: &str = "DC=ad,DC=example,DC=org";

fn suffix() -> Suffix {
    let suffix = Suffix::new(SuffixSettings::new(HERE, THERE).unwrap());
    let schema = Subschema {
        dn: "cn=Subschema".to_owned(),
        attribute_types: vec!["( 1.2.3 NAME 'boss' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )".to_owned()],
    };
    suffix.attributes.store(Arc::new(NameAttributes::read(&schema)));
    suffix
}

fn inward(octets: &[u8]) -> Inward {
    suffix().inward(&Message::parse(octets).unwrap()).unwrap()
}

fn outward(octets: &[u8]) -> Answer {
    suffix().outward(&Message::parse(octets).unwrap()).unwrap()
}

fn search(base: &str, scope: Scope, filter: &[u8]) -> Vec<u8> {
    let search = NewSearch {
        base: base.as_bytes(),
        scope,
        size_limit: 0,
        time_limit: 0,
        filter,
        attributes: &[],
    };
    search.message(MessageId(1), &[])
}

fn entry_of(dn: &str, attributes: &[(&str, &[&str])]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for (name, values) in attributes {
            entry::encode(list, name.as_bytes(), values);
        }
    });
    answer::message(MessageId(1), tag::SEARCH_ENTRY, &content.finish(), &[])
}

#[test]
fn bases_are_mapped_and_what_lies_elsewhere_is_not_here() {
    let any = filter::present(b"objectClass");
    let base = |name: &str, scope| match inward(&search(name, scope, &any)) {
        Inward::As(octets) => {
            let message = Message::parse(&octets).unwrap();
            String::from_utf8(SearchRequest::parse(&message).unwrap().base.to_vec()).unwrap()
        }
        Inward::Same => "same".to_owned(),
        Inward::Elsewhere => "elsewhere".to_owned(),
        Inward::Control => "control".to_owned(),
    };
    for (name, scope, wanted) in [
        ("", Scope::Base, "same"),
        ("", Scope::Subtree, "elsewhere"),
        ("cn=subschema", Scope::Base, "same"),
        ("cn=subschema", Scope::Subtree, "elsewhere"),
        ("dc=corp,dc=example", Scope::Subtree, THERE),
        (
            "OU=People, DC=Corp, dc=example",
            Scope::One,
            "OU=People,DC=ad,DC=example,DC=org",
        ),
        ("dc=example", Scope::Subtree, "elsewhere"),
        (THERE, Scope::Base, "elsewhere"),
        ("cn=config", Scope::Base, "elsewhere"),
        ("xdc=corp,dc=example", Scope::Base, "elsewhere"),
        ("<GUID=00112233445566778899aabbccddeeff>", Scope::Base, "elsewhere"),
        ("no name", Scope::Base, "elsewhere"),
    ] {
        assert_eq!(base(name, scope), wanted, "{name}");
    }
}

#[test]
fn attributes_of_the_schema_and_the_usual_ones_are_mapped_in_any_spelling_and_with_options() {
    let wanted = format!("cn=a,{THERE}");
    for attribute in ["boss", "BOSS", "1.2.3", "boss;x-tag", "member", "2.5.4.31", "MemberOf"] {
        let asked = filter::equality(attribute.as_bytes(), b"cn=a,dc=corp,dc=example");
        let Inward::As(octets) = inward(&search(HERE, Scope::Subtree, &asked)) else {
            panic!("{attribute}")
        };
        let message = Message::parse(&octets).unwrap();
        let search = SearchRequest::parse(&message).unwrap();
        assert_eq!(
            search.filter.whole,
            filter::equality(attribute.as_bytes(), wanted.as_bytes()),
            "{attribute}"
        );
    }
    let plain = filter::equality(b"description", b"cn=a,dc=corp,dc=example");
    let Inward::As(octets) = inward(&search(HERE, Scope::Subtree, &plain)) else {
        panic!()
    };
    let message = Message::parse(&octets).unwrap();
    assert_eq!(SearchRequest::parse(&message).unwrap().filter.whole, plain);
}

#[test]
fn entries_come_back_under_the_names_here_and_those_of_elsewhere_do_not() {
    let there = entry_of(
        &format!("cn=a,{THERE}"),
        &[
            (
                "boss",
                &[
                    &format!("cn=b,{THERE}"),
                    "cn=admin,cn=config",
                    "cn=c,dc=corp,dc=example",
                ],
            ),
            ("description", &[&format!("cn=b,{THERE}")]),
        ],
    );
    let here = entry_of(
        "cn=a,dc=corp,dc=example",
        &[
            ("boss", &["cn=b,dc=corp,dc=example", "cn=admin,cn=config"]),
            ("description", &[&format!("cn=b,{THERE}")]),
        ],
    );
    assert_eq!(outward(&there), Answer::Renamed(here));
    assert_eq!(outward(&entry_of("cn=a,dc=corp,dc=example", &[])), Answer::Nothing);
    assert_eq!(outward(&entry_of("cn=config", &[])), Answer::Nothing);
    assert_eq!(outward(&entry_of("cn=Subschema", &[])), Answer::Same);
}

#[test]
fn the_root_dse_tells_of_what_is_here() {
    let there = entry_of(
        "",
        &[
            (
                "namingContexts",
                &["DC=org", THERE, "dc=elsewhere", &format!("CN=Configuration,{THERE}")],
            ),
            ("subschemaSubentry", &["cn=Subschema"]),
            ("vendorName", &[THERE]),
        ],
    );
    let here = entry_of(
        "",
        &[
            ("namingContexts", &[HERE, "CN=Configuration,dc=corp,dc=example"]),
            ("subschemaSubentry", &["cn=Subschema"]),
            ("vendorName", &[THERE]),
        ],
    );
    assert_eq!(outward(&there), Answer::Renamed(here));
}

#[test]
fn urls_of_our_own_servers_lead_to_names_here() {
    let suffix = suffix();
    for (what, wanted) in [
        ("", Some("")),
        ("/", Some("/")),
        ("?cn", Some("?cn")),
        ("/cn=a%2C%20b,dc=AD,dc=example,dc=org??sub", None),
        (
            "/cn=a%5C%2C%20b,dc=AD,dc=example,dc=org??sub",
            Some("/cn=a%5C,%20b,dc=corp,dc=example??sub"),
        ),
        ("/dc=elsewhere", None),
        ("/%zz", None),
    ] {
        assert_eq!(suffix.url_here(what).as_deref(), wanted, "{what}");
    }
}

#[test]
fn suffixes_are_two_different_names() {
    for (here, there, wanted) in [
        ("", "dc=a", SuffixError::NoName),
        ("dc=a", "a", SuffixError::NoName),
        ("dc=a, dc=b", "DC=A,dc=B", SuffixError::Same),
    ] {
        assert_eq!(SuffixSettings::new(here, there), Err(wanted));
    }
}

/// Names as clients write them, in and outside of the suffix.
fn names() -> impl Strategy<Value = String> {
    let value = "[a-zA-Z0-9 =\u{e4}]{0,6}(\\\\,|\\\\2c|\\\\\\\\|\\\\\"| b)?[a-z0-9]";
    let part = (
        prop::sample::select(vec!["cn", "OU", "uid", "2.5.4.3", "cn=a+l"]),
        value,
    );
    let part = part.prop_map(|(kind, value)| format!("{kind}={}", value.trim_start()));
    let suffixes = vec![
        "dc=corp,dc=example",
        "DC=CORP, dc=Example",
        "dc=ad,dc=example,dc=org",
        "dc=example",
        "dc=corp",
        "",
    ];
    (
        prop::collection::vec(part, 0..4),
        prop::sample::select(suffixes),
        prop::sample::select(vec![",", ", ", " ,", ";"]),
    )
        .prop_map(|(mut parts, suffix, comma)| {
            if !suffix.is_empty() {
                parts.push(suffix.to_owned());
            }
            parts.join(comma)
        })
}

proptest! {
    #[test]
    fn a_name_that_goes_in_comes_out_as_the_same_name_and_no_two_become_one(one in names(), other in names()) {
        let mapped = |name: &str| match inward(&search(name, Scope::One, &filter::present(b"cn"))) {
            Inward::As(octets) => {
                let message = Message::parse(&octets).unwrap();
                Some(SearchRequest::parse(&message).unwrap().base.to_vec())
            }
            _ => None,
        };
        let parsed = |octets: &[u8]| DistinguishedName::parse(octets).ok();
        let here = DistinguishedName::parse(HERE.as_bytes()).unwrap();
        let within = parsed(one.as_bytes()).is_some_and(|name| name.is_within(&here));
        let there = mapped(&one);
        prop_assert_eq!(there.is_some(), within);
        if let Some(there) = &there {
            let there = String::from_utf8(there.clone()).unwrap();
            let Answer::Renamed(back) = outward(&entry_of(&there, &[])) else { panic!("{there}") };
            let message = Message::parse(&back).unwrap();
            let back = postern_ldap::entry::SearchEntry::parse(&message).unwrap().dn;
            prop_assert_eq!(parsed(back), parsed(one.as_bytes()));
        }
        if let (Some(one_there), Some(other_there)) = (there, mapped(&other)) {
            let same_here = parsed(one.as_bytes()) == parsed(other.as_bytes());
            prop_assert_eq!(parsed(&one_there) == parsed(&other_there), same_here);
        }
    }

    #[test]
    fn a_message_without_names_comes_out_octet_for_octet(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4),
        attribute in "[a-z]{1,8}x",
    ) {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let change = NewChange { operation: 0, attribute: attribute.as_bytes(), values: &values };
        let octets = change::modify(MessageId(3), HERE.as_bytes(), &[change], &[]);
        let wanted = change::modify(MessageId(3), THERE.as_bytes(), &[change], &[]);
        let Inward::As(mapped) = inward(&octets) else { panic!("not mapped") };
        prop_assert_eq!(&*mapped, &wanted);
        let mut content = Writer::new();
        content.octets(b"").nested(tag::SEQUENCE, |list| entry::encode(list, attribute.as_bytes(), &values));
        let root = answer::message(MessageId(3), tag::SEARCH_ENTRY, &content.finish(), &[]);
        prop_assert_eq!(outward(&root), Answer::Same);
        let bind = bind::simple(MessageId(3), b"", b"dc=corp,dc=example", &[]);
        prop_assert!(matches!(inward(&bind), Inward::Same));
    }
}
