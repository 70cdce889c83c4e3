use super::*;
use crate::provisioning::query::Sort;
use crate::provisioning::resource::{ResourceId, ResourceKind, Version};
use crate::provisioning::schema::{Attribute, Schema};
use crate::provisioning::value::Attributes;

const EXTENSION: &str = "urn:example:2.0:User";

fn types() -> TypeSchema {
    let exact = |name: &str| Attribute {
        case_exact: true,
        ..Attribute::new(name, Shape::Text, "")
    };
    let subs = vec![
        Attribute::new("value", Shape::Text, ""),
        Attribute::new("type", Shape::Text, ""),
        Attribute::new("primary", Shape::Boolean, ""),
    ];
    TypeSchema {
        kind: ResourceKind::User,
        core: Schema {
            urn: "urn:ietf:params:scim:schemas:core:2.0:User".into(),
            name: "User".into(),
            description: "".into(),
            attributes: vec![
                Attribute::new("userName", Shape::Text, ""),
                exact("externalId"),
                Attribute::new("title", Shape::Text, ""),
                Attribute {
                    multi_valued: true,
                    ..Attribute::new("emails", Shape::Complex(subs), "")
                },
            ],
        },
        extensions: vec![Schema {
            urn: EXTENSION.into(),
            name: "Example".into(),
            description: "".into(),
            attributes: vec![Attribute::new("count", Shape::Integer, "")],
        }],
    }
}

fn email(value: &str, kind: &str) -> Value {
    Value::complex([("value", Value::text(value)), ("type", Value::text(kind))])
}

fn resource() -> Resource {
    let mut attributes = Attributes::default();
    attributes.set(Key::core("userName"), Value::text("Bärbel"));
    attributes.set(Key::core("externalId"), Value::text("aB"));
    attributes.set(
        Key::core("emails"),
        Value::Many(vec![email("b@work.example", "work"), email("a@home.example", "home")]),
    );
    attributes.set(Key::of(EXTENSION, "count"), Value::Integer(7));
    Resource {
        kind: ResourceKind::User,
        id: ResourceId([7; 16]),
        version: Version("v1".into()),
        created: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        modified: None,
        attributes,
        dn: String::new(),
        person: None,
        facts: None,
        owner_facts: None,
    }
}

fn path(name: &str, sub: Option<&str>) -> Path {
    Path {
        key: Key::core(name),
        sub: sub.map(Into::into),
    }
}

fn compare(name: &str, sub: Option<&str>, operator: Operator, operand: Operand) -> Filter {
    Filter::Compare {
        path: path(name, sub),
        operator,
        operand,
    }
}

fn text(name: &str, sub: Option<&str>, operator: Operator, operand: &str) -> Filter {
    compare(name, sub, operator, Operand::Text(operand.into()))
}

fn is(filter: &Filter) -> bool {
    evaluate(filter, &resource(), "id-7", &types())
}

#[test]
fn case_matters_only_where_the_schema_says_so() {
    assert!(is(&text("userName", None, Operator::Eq, "BÄRBEL")));
    assert!(
        is(&text("userName", None, Operator::Eq, "BA\u{308}RBEL")),
        "composed and decomposed letters are the same"
    );
    assert!(is(&text("externalId", None, Operator::Eq, "aB")));
    assert!(!is(&text("externalId", None, Operator::Eq, "AB")));
    assert!(is(&text("id", None, Operator::Eq, "id-7")));
    assert!(!is(&text("id", None, Operator::Eq, "ID-7")));
}

#[test]
fn every_operator_compares_as_its_name_says() {
    for (operator, operand, expected) in [
        (Operator::Eq, "bärbel", true),
        (Operator::Ne, "bärbel", false),
        (Operator::Ne, "x", true),
        (Operator::Co, "ärb", true),
        (Operator::Co, "", true),
        (Operator::Co, "*", false),
        (Operator::Sw, "bä", true),
        (Operator::Sw, "är", false),
        (Operator::Ew, "bel", true),
        (Operator::Ew, "be", false),
        (Operator::Gt, "bärbek", true),
        (Operator::Gt, "bärbel", false),
        (Operator::Ge, "bärbel", true),
        (Operator::Lt, "bärbel", false),
        (Operator::Lt, "c", true),
        (Operator::Le, "bärbel", true),
    ] {
        assert_eq!(
            is(&text("userName", None, operator, operand)),
            expected,
            "{operator:?} {operand}"
        );
    }
}

#[test]
fn what_is_not_there_compares_in_no_way_but_differs() {
    for operator in [
        Operator::Eq,
        Operator::Co,
        Operator::Sw,
        Operator::Ew,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ] {
        let filter = text("title", None, operator, "");
        assert!(!is(&filter), "{operator:?}");
        assert!(is(&Filter::Not(Box::new(filter))), "not {operator:?}");
    }
    assert!(is(&text("title", None, Operator::Ne, "x")));
    assert!(is(&compare("title", None, Operator::Eq, Operand::Null)));
    assert!(!is(&compare("title", None, Operator::Ne, Operand::Null)));
    assert!(!is(&Filter::Present(path("title", None))));
    assert!(is(&Filter::Present(path("emails", None))));
    assert!(!is(&Filter::Never));
}

#[test]
fn of_several_values_one_is_enough_also_to_differ() {
    assert!(is(&text("emails", Some("value"), Operator::Eq, "A@home.example")));
    assert!(
        is(&text("emails", Some("value"), Operator::Ne, "a@home.example")),
        "the other one differs"
    );
    let not_equal = Filter::Not(Box::new(text("emails", Some("value"), Operator::Eq, "a@home.example")));
    assert!(!is(&not_equal));
}

#[test]
fn an_element_fulfils_all_of_it_by_itself() {
    let work = text("emails", Some("type"), Operator::Eq, "work");
    let home = text("emails", Some("value"), Operator::Ew, "@home.example");
    let both = Filter::And(vec![work.clone(), home.clone()]);
    assert!(is(&both), "two elements together do");
    let one = Filter::Element {
        attribute: Key::core("emails"),
        filter: Box::new(both),
    };
    assert!(!is(&one), "none alone does");
    let other = Filter::And(vec![work, Filter::Not(Box::new(home))]);
    assert!(is(&Filter::Element {
        attribute: Key::core("emails"),
        filter: Box::new(other.clone())
    }));
    assert!(evaluate_element(&other, &email("b@work.example", "Work"), &types()));
    assert!(!evaluate_element(&other, &email("b@home.example", "Work"), &types()));
}

#[test]
fn numbers_moments_and_what_is_not_in_the_tree_compare() {
    let count = |operator, operand| {
        let path = Path {
            key: Key::of(EXTENSION, "count"),
            sub: None,
        };
        is(&Filter::Compare {
            path,
            operator,
            operand,
        })
    };
    assert!(count(Operator::Gt, Operand::Integer(6)));
    assert!(count(Operator::Lt, Operand::Decimal(7.5)));
    assert!(!count(Operator::Eq, Operand::Text("7".into())));

    let at = Operand::Moment("2026-01-02T04:04:05+01:00".parse().unwrap());
    assert!(is(&compare("meta", Some("created"), Operator::Eq, at.clone())));
    assert!(!is(&compare("meta", Some("created"), Operator::Lt, at.clone())));
    assert!(!is(&compare("meta", Some("lastModified"), Operator::Ge, at)));
    assert!(is(&text("meta", Some("resourceType"), Operator::Eq, "User")));
    assert!(is(&text("meta", Some("version"), Operator::Eq, "v1")));
    assert!(is(&text("schemas", None, Operator::Eq, "URN:example:2.0:user")));
    assert!(!is(&text("schemas", None, Operator::Eq, "urn:other")));
    assert!(is(&Filter::Present(path("id", None))));
}

#[test]
fn and_and_or_are_what_they_are_called() {
    let yes = || Filter::Present(path("id", None));
    assert!(is(&Filter::And(vec![yes(), yes()])));
    assert!(!is(&Filter::And(vec![yes(), Filter::Never])));
    assert!(is(&Filter::Or(vec![Filter::Never, yes()])));
    assert!(!is(&Filter::Or(vec![Filter::Never, Filter::Never])));
}

fn ordered(descending: bool, sort_by: Path, resources: &[Resource]) -> Vec<u8> {
    let sort = Sort {
        path: sort_by,
        descending,
    };
    let mut sorted: Vec<_> = resources.iter().collect();
    sorted.sort_by(|one, other| compare_for_sort(one, other, &sort, &types()));
    sorted.iter().map(|resource| resource.id.0[0]).collect()
}

#[test]
fn what_is_missing_comes_last_ascending_and_first_descending_and_those_alike_by_their_ids() {
    let with = |id, name: Option<&str>| {
        let mut made = resource();
        made.id = ResourceId([id; 16]);
        made.attributes.clear(&Key::core("title"));
        if let Some(name) = name {
            made.attributes.set(Key::core("title"), Value::text(name));
        }
        made
    };
    let resources = [
        with(5, None),
        with(4, Some("b")),
        with(3, Some("A")),
        with(2, Some("B")),
        with(1, None),
    ];
    assert_eq!(ordered(false, path("title", None), &resources), [3, 2, 4, 1, 5]);
    assert_eq!(ordered(true, path("title", None), &resources), [1, 5, 2, 4, 3]);
    assert_eq!(ordered(true, path("id", None), &resources), [5, 4, 3, 2, 1]);
}

#[test]
fn several_values_are_ordered_by_the_primary_or_the_first() {
    let one = resource();
    let mut other = resource();
    other.id = ResourceId([1; 16]);
    let mut primary = email("a@home.example", "home");
    if let Value::Complex(subs) = &mut primary {
        subs.insert("primary".into(), Value::Boolean(true));
    }
    other.attributes.set(
        Key::core("emails"),
        Value::Many(vec![email("z@work.example", "work"), primary]),
    );
    assert_eq!(
        ordered(false, path("emails", Some("value")), &[one.clone(), other]),
        [1, 7]
    );
    let mut last = resource();
    last.id = ResourceId([1; 16]);
    last.attributes
        .set(Key::core("emails"), Value::Many(vec![email("z@work.example", "work")]));
    assert_eq!(ordered(false, path("emails", Some("value")), &[last, one]), [7, 1]);
}
