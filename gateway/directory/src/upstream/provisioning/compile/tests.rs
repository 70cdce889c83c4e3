//! What is compiled finds all that is meant: generated filters and entries, with the embedded directory's own evaluation as the directory.

use super::super::decode;
use super::super::mapping::TypeMapping;
use super::super::settings::ProvisioningSettings;
use super::*;
use crate::local::filter::Filter as Asked;
use crate::local::schema::Schema;
use crate::upstream::entry::Entry;
use postern_identity::provisioning::evaluate::evaluate;
use postern_identity::provisioning::{Resource, Types, Version};
use postern_ldap::ber::Cursor;
use postern_ldap::filter::text;
use proptest::prelude::{
    ProptestConfig, Strategy, any as any_of, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

fn mapping() -> TypeMapping {
    let mut settings = ProvisioningSettings::default();
    for (place, attribute) in [("externalId", "destinationIndicator"), ("emails.home", "roomNumber")] {
        settings.users.attributes.insert(place.to_owned(), attribute.to_owned());
    }
    settings
        .mapping(DialectName::Embedded, "dc=example,dc=org")
        .unwrap_or_else(|fault| panic!("{fault}"))
        .users
}

fn id(text: &str) -> Option<ResourceId> {
    super::super::ids::parse(DialectName::Embedded, text)
}

fn compiled(mapping: &TypeMapping, filter: &Filter) -> Part {
    let names = HashMap::from([(ResourceId([1; 16]), Arc::from("uid=boss,dc=example,dc=org"))]);
    Compiler {
        product: DialectName::Embedded,
        mapping,
        names: &names,
        id: &id,
        id_filter: &|id| {
            filter::equality(
                b"entryUUID",
                super::super::ids::text(DialectName::Embedded, id).as_bytes(),
            )
        },
        tells_groups: true,
        members: &HashMap::new(),
        knows_lock: true,
    }
    .compile(filter)
}

/// The filter in the text of RFC 4515, and whether it is exact.
fn written(filter: &Filter) -> (Option<Vec<u8>>, bool) {
    match compiled(&mapping(), filter) {
        Part::Nothing => (Some(Vec::new()), true),
        Part::Everything { exact } => (None, exact),
        Part::Some { fits, exact } => (Some(fits), exact),
    }
}

fn path(name: &str, sub: Option<&str>) -> Path {
    Path {
        key: Key::core(name),
        sub: sub.map(Arc::from),
    }
}

fn compare(name: &str, sub: Option<&str>, operator: Operator, operand: Operand) -> Filter {
    Filter::Compare {
        path: path(name, sub),
        operator,
        operand,
    }
}

fn says(name: &str, sub: Option<&str>, operator: Operator, operand: &str) -> Filter {
    compare(name, sub, operator, Operand::Text(operand.to_owned()))
}

#[test]
fn each_comparison_has_its_filter() {
    let eq = |name, sub, operand| says(name, sub, Operator::Eq, operand);
    let ldap = |written: &str| text::parse(written).unwrap();
    let element = |inner: Filter| Filter::Element {
        attribute: Key::core("emails"),
        filter: Box::new(inner),
    };
    let spelled = "01010101-0101-0101-0101-010101010101";
    for (filter, wanted, exact) in [
        // An entry may have several names, of which one is the user's.
        (eq("userName", None, "Bob"), "(uid=Bob)", false),
        (eq("displayName", None, "Bob"), "(displayName=Bob)", true),
        (eq("displayName", None, "Bob B"), "(displayName=Bob B)", false),
        (eq("displayName", None, "*)("), "(displayName=\\2a\\29\\28)", true),
        (says("displayName", None, Operator::Co, "a"), "(displayName=*a*)", true),
        (
            says("displayName", None, Operator::Sw, "a bcd"),
            "(displayName=*bcd*)",
            false,
        ),
        (says("displayName", None, Operator::Ew, ""), "(displayName=*)", true),
        (says("displayName", None, Operator::Ne, "a"), "(!(displayName=a))", true),
        (says("displayName", None, Operator::Gt, "a"), "(displayName=*)", false),
        (
            Filter::Not(Box::new(eq("displayName", None, "a"))),
            "(!(displayName=a))",
            true,
        ),
        (
            compare("displayName", None, Operator::Eq, Operand::Null),
            "(!(displayName=*))",
            true,
        ),
        (eq("externalId", None, "a"), "(destinationIndicator=a)", false),
        (
            eq("emails", Some("value"), "a@b"),
            "(|(mail=a@b)(roomNumber=a@b))",
            true,
        ),
        (eq("emails", Some("type"), "HOME"), "(roomNumber=*)", false),
        (
            element(Filter::And(vec![
                eq("emails", Some("type"), "work"),
                eq("emails", Some("value"), "a@b"),
            ])),
            "(&(mail=a@b)(mail=*))",
            true,
        ),
        (
            element(Filter::And(vec![
                eq("emails", Some("value"), "a"),
                says("emails", Some("value"), Operator::Sw, "b"),
            ])),
            "(|(&(&(mail=a)(mail=b*))(mail=*))(&(&(roomNumber=a)(roomNumber=b*))(roomNumber=*)))",
            false,
        ),
        (
            eq("phoneNumbers", Some("value"), "+1 2"),
            "(|(telephoneNumber=+1 2)(mobile=+1 2)(homePhone=+1 2)(facsimileTelephoneNumber=+1 2)(pager=+1 2))",
            false,
        ),
        (
            eq("groups", Some("value"), spelled),
            "(memberOf=uid=boss,dc=example,dc=org)",
            true,
        ),
        (
            eq("id", None, spelled),
            "(entryUUID=01010101-0101-0101-0101-010101010101)",
            true,
        ),
        (
            compare("active", None, Operator::Eq, Operand::Boolean(true)),
            "(!(pwdAccountLockedTime=000001010000Z))",
            true,
        ),
        (
            compare(
                "meta",
                Some("created"),
                Operator::Gt,
                Operand::Moment("2026-11-22T12:00:00Z".parse().unwrap()),
            ),
            "(createTimestamp>=20261122115959Z)",
            false,
        ),
    ] {
        assert_eq!(written(&filter), (Some(ldap(wanted)), exact), "{filter:?}");
    }
}

#[test]
fn nothing_is_asked_for_what_is_never_there() {
    let eq = |name, sub, operand| says(name, sub, Operator::Eq, operand);
    for filter in [
        Filter::Never,
        eq("timezone", None, "a"),
        eq("userName", None, ""),
        eq("id", None, "*"),
        eq("groups", Some("value"), "02020202-0202-0202-0202-020202020202"),
        Filter::And(vec![eq("userName", None, "a"), eq("timezone", None, "b")]),
        Filter::Element {
            attribute: Key::core("emails"),
            filter: Box::new(eq("emails", Some("type"), "other")),
        },
    ] {
        assert_eq!(written(&filter), (Some(Vec::new()), true), "{filter:?}");
    }
}

#[test]
fn what_finds_too_much_is_never_turned_round() {
    for inexact in [
        says("userName", None, Operator::Eq, "a"),
        says("displayName", None, Operator::Eq, "a b"),
        says("displayName", None, Operator::Eq, "ä"),
        says("phoneNumbers", Some("value"), Operator::Eq, "1"),
    ] {
        let turned = Filter::Not(Box::new(Filter::Or(vec![inexact.clone(), Filter::Never])));
        assert_eq!(written(&turned), (None, false), "{inexact:?}");
    }
}

/// What entries of the tests have: an attribute, and whether it has several values.
const HELD: &[(&str, bool)] = &[
    ("uid", true),
    ("cn", true),
    ("sn", true),
    ("displayName", false),
    ("title", true),
    ("mail", true),
    ("roomNumber", true),
    ("telephoneNumber", true),
    ("mobile", true),
    ("l", true),
    ("destinationIndicator", true),
];

fn held() -> impl Strategy<Value = Vec<(usize, String)>> {
    prop::collection::vec((0..HELD.len(), "[aAb12]{1,3}|a b|B  a|\\*|ä"), 1..10)
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        "[aAb12]{0,3}",
        "a b",
        "b a",
        " a",
        "\\*",
        "ä",
        "Ä",
        "[*()]{1,3}",
        "\u{0}",
        "work",
        "home",
        "mobile"
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Co,
        Operator::Sw,
        Operator::Ew,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ])
}

fn place() -> impl Strategy<Value = Path> {
    let simple = prop::sample::select(vec!["userName", "displayName", "title", "externalId", "timezone"]);
    let name = prop::sample::select(vec!["formatted", "familyName", "middleName"]);
    let several = prop::sample::select(vec!["emails", "phoneNumbers"]);
    let sub = prop::sample::select(vec!["value", "type", "display"]);
    prop_oneof![
        simple.prop_map(|name| path(name, None)),
        name.prop_map(|sub| path("name", Some(sub))),
        (several, sub).prop_map(|(name, sub)| path(name, Some(sub))),
        any_of::<bool>().prop_map(|city| path("addresses", Some(if city { "locality" } else { "type" }))),
    ]
}

fn comparison(place: impl Strategy<Value = Path>) -> impl Strategy<Value = Filter> {
    (place, operator(), prop::option::weighted(0.9, operand())).prop_map(|(path, operator, operand)| match operand {
        Some(operand) => Filter::Compare {
            path,
            operator,
            operand: Operand::Text(operand),
        },
        None if matches!(operator, Operator::Eq | Operator::Ne) => Filter::Compare {
            path,
            operator,
            operand: Operand::Null,
        },
        None => Filter::Present(path),
    })
}

fn tree(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Or),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    let element = prop::sample::select(vec!["emails", "phoneNumbers"]).prop_flat_map(|name| {
        let sub = prop::sample::select(vec!["value", "type", "primary"]).prop_map(move |sub| path(name, Some(sub)));
        tree(comparison(sub)).prop_map(move |inner| Filter::Element {
            attribute: Key::core(name),
            filter: Box::new(inner),
        })
    });
    let whole = prop::sample::select(vec!["name", "emails", "addresses", "title"])
        .prop_map(|name| Filter::Present(path(name, None)));
    tree(prop_oneof![4 => comparison(place()), 2 => element, 1 => whole])
}

fn resource(mapping: &TypeMapping, entry: &Entry) -> Resource {
    Resource {
        kind: ResourceKind::User,
        id: ResourceId([1; 16]),
        version: Version("1".into()),
        created: None,
        modified: None,
        attributes: decode::attributes(mapping, entry, &|_| true, &|_| None),
        dn: entry.dn().to_owned(),
        person: None,
        facts: None,
        owner_facts: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Both together mean what the filter means: what is exact by itself, what is not with another look.
    #[test]
    fn what_is_compiled_finds_all_that_is_meant_and_exactly_that_where_it_says_so(filter in filters(), held in held()) {
        let mapping = mapping();
        let types: Types = super::super::schema::types(&super::super::mapping::Mapping {
            groups: mapping.clone(),
            users: mapping.clone(),
        });
        let mut lists: Vec<(&str, Vec<String>)> = Vec::new();
        for (place, value) in held {
            let (name, several) = HELD[place];
            // Some attributes take some characters only (RFC 4517 §3.3.2, §3.3.15, §3.3.29).
            let value = if matches!(name, "mail" | "telephoneNumber" | "mobile" | "destinationIndicator") {
                value.replace(['*', 'ä'], "7")
            } else {
                value
            };
            match lists.iter_mut().find(|(known, _)| *known == name) {
                // An attribute has a value once, by its own rule.
                Some((_, values)) if several && !values.iter().any(|own| own.to_lowercase() == value.to_lowercase()) => values.push(value),
                Some(_) => {}
                None => lists.push((name, vec![value])),
            }
        }
        let shown: Vec<(&str, Vec<&str>)> = lists.iter().map(|(name, values)| (*name, values.iter().map(String::as_str).collect())).collect();
        let shown: Vec<(&str, &[&str])> = shown.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        let entry = Entry::new("ou=x,dc=example,dc=org", &shown);
        let mut stored = crate::local::entry::Entry::new();
        for (name, values) in &lists {
            stored.set(name, values.iter().map(|value| value.as_bytes().to_vec()).collect());
        }
        let meant = evaluate(&filter, &resource(&mapping, &entry), "01010101-0101-0101-0101-010101010101", &types.user);
        let (found, exact) = match compiled(&mapping, &filter) {
            Part::Nothing => (false, true),
            Part::Everything { exact } => (true, exact),
            Part::Some { fits, exact } => {
                let schema = Schema::standard();
                let asked = Asked::read(&Cursor::new(&fits).only().unwrap(), &schema).unwrap();
                (asked.matches(&stored, &schema, &|_| None) == Some(true), exact)
            }
        };
        prop_assert!(found || !meant, "not found");
        if exact {
            prop_assert_eq!(found, meant);
        }
    }
}
