//! What filters and paths mean, and what is refused.

mod budgets;
mod oracles;
mod round_trip;

use super::*;
use crate::fixture::{ENTERPRISE, group, user};
use postern_identity::provisioning::{Operand, Operator};

fn read(text: &str) -> Filter {
    filter(text, &user()).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn refused(text: &str) -> String {
    let fault = filter(text, &user()).expect_err(text);
    assert_eq!(fault.kind, WireFaultKind::Filter);
    fault.detail
}

fn key(name: &str) -> Key {
    Key::core(name)
}

fn at(name: &str, sub: Option<&str>) -> Path {
    Path {
        key: key(name),
        sub: sub.map(Into::into),
    }
}

fn compare(path: Path, operator: Operator, operand: Operand) -> Filter {
    Filter::Compare {
        path,
        operator,
        operand,
    }
}

fn equals(name: &str, sub: Option<&str>, text: &str) -> Filter {
    compare(at(name, sub), Operator::Eq, Operand::Text(text.into()))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

#[test]
fn names_and_operators_are_read_in_whatever_case_and_come_out_in_the_schemas_spelling() {
    assert_eq!(read(r#"USERNAME Eq "x""#), equals("userName", None, "x"));
    assert_eq!(
        read(r#"Name.GIVENNAME SW "x""#),
        compare(at("name", Some("givenName")), Operator::Sw, Operand::Text("x".into()))
    );
    assert_eq!(read("title PR"), Filter::Present(at("title", None)));
    assert_eq!(
        read(r#"title pr AND NOT (userName eq "x")"#),
        Filter::And(vec![
            Filter::Present(at("title", None)),
            not(equals("userName", None, "x")),
        ])
    );
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    let (a, b, c) = (
        || equals("title", None, "a"),
        || equals("title", None, "b"),
        || equals("title", None, "c"),
    );
    let text = |filter: &str| {
        filter
            .replace('a', r#"title eq "a""#)
            .replace('b', r#"title eq "b""#)
            .replace('c', r#"title eq "c""#)
    };
    assert_eq!(read(&text("a or b")), Filter::Or(vec![a(), b()]));
    assert_eq!(
        read(r#"title eq "a" or title eq "b" and title eq "c""#),
        Filter::Or(vec![a(), Filter::And(vec![b(), c()])])
    );
    assert_eq!(
        read(r#"(title eq "a" or title eq "b") and title eq "c""#),
        Filter::And(vec![Filter::Or(vec![a(), b()]), c()])
    );
    assert_eq!(
        read(r#"not (title eq "a") and title eq "b""#),
        Filter::And(vec![not(a()), b()])
    );
    assert_eq!(
        read(r#"not(title eq "a")or title eq "b""#),
        Filter::Or(vec![not(a()), b()])
    );
    assert_eq!(read(r#"not ( ( title eq "a" ) )"#), not(a()));
}

#[test]
fn literals_are_those_of_json() {
    assert_eq!(
        read(r#"userName eq "a\"\\\u00e4\n""#),
        equals("userName", None, "a\"\\ä\n")
    );
    assert_eq!(
        read(r#"userName eq "*)(\\00 and not" "#),
        equals("userName", None, "*)(\\00 and not")
    );
    assert_eq!(
        read("active eq true"),
        compare(at("active", None), Operator::Eq, Operand::Boolean(true))
    );
    assert_eq!(
        read(r#"active eq "False""#),
        compare(at("active", None), Operator::Eq, Operand::Boolean(false))
    );
    assert_eq!(read("title eq null"), not(Filter::Present(at("title", None))));
    assert_eq!(read("title ne null"), Filter::Present(at("title", None)));
}

#[test]
fn urns_hold_dots_and_say_which_schema_is_meant() {
    assert_eq!(
        read(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x""#),
        equals("userName", None, "x")
    );
    assert_eq!(
        read(r#"URN:ietf:params:scim:schemas:core:2.0:user:name.givenname eq "x""#),
        equals("name", Some("givenName"), "x")
    );
    let manager = Path {
        key: Key::of(ENTERPRISE, "manager"),
        sub: Some("value".into()),
    };
    let expected = compare(manager, Operator::Eq, Operand::Text("id-9".into()));
    for name in ["manager.value", "manager", "manager.$ref"] {
        assert_eq!(read(&format!(r#"{ENTERPRISE}:{name} eq "id-9""#)), expected, "{name}");
    }
    assert_eq!(
        read(&format!(r#"{ENTERPRISE}:manager.$ref eq "../Users/id-9""#)),
        expected
    );
    for name in [
        "department",
        "urn:ietf:params:scim:schemas:core:2.0:User:department",
        "urn:other:userName",
        ENTERPRISE,
    ] {
        assert!(
            refused(&format!(r#"{name} eq "x""#)).contains("no such attribute"),
            "{name}"
        );
    }
}

#[test]
fn several_values_are_compared_by_their_value_and_brackets_bind_to_one() {
    assert_eq!(
        read(r#"emails co "example.com""#),
        compare(
            at("emails", Some("value")),
            Operator::Co,
            Operand::Text("example.com".into())
        )
    );
    assert_eq!(read("emails pr"), Filter::Present(at("emails", None)));
    let work = equals("emails", Some("type"), "work");
    let value = equals("emails", Some("value"), "x");
    let both = Filter::Element {
        attribute: key("emails"),
        filter: Box::new(Filter::And(vec![work.clone(), value.clone()])),
    };
    assert_eq!(read(r#"emails[type eq "work" and value eq "x"]"#), both);
    assert_eq!(
        read(r#"emails[type eq "work"].value eq "x""#),
        both,
        "as Entra sends it"
    );
    assert_eq!(
        read(r#"emails[type eq "work" or type eq "home"].value eq "x""#),
        Filter::Element {
            attribute: key("emails"),
            filter: Box::new(Filter::And(vec![
                Filter::Or(vec![work.clone(), equals("emails", Some("type"), "home")]),
                value.clone()
            ])),
        }
    );
    assert_eq!(
        read(r#"emails.type eq "work" and emails.value eq "x""#),
        Filter::And(vec![work, value])
    );
    for nonsense in [
        r#"emails[emails[type eq "a"]]"#,
        r#"emails[userName eq "a"]"#,
        r#"userName[value eq "a"]"#,
        r#"name.givenName[value eq "a"]"#,
    ] {
        refused(nonsense);
    }
}

#[test]
fn every_resource_has_an_id_and_meta() {
    assert_eq!(read(r#"id eq "7""#), equals("id", None, "7"));
    assert_eq!(
        read(r#"meta.lastModified gt "2026-01-02T03:04:05+01:00""#),
        compare(
            at("meta", Some("lastModified")),
            Operator::Gt,
            Operand::Moment("2026-01-02T02:04:05Z".parse().unwrap())
        )
    );
    assert_eq!(
        read(r#"meta.resourceType eq "User""#),
        equals("meta", Some("resourceType"), "User")
    );
    assert_eq!(
        read(r#"meta.version eq "W/\"v1\"""#),
        equals("meta", Some("version"), "v1")
    );
    assert_eq!(
        read(r#"meta.location eq "https://h/scim/v2/Users/7""#),
        equals("id", None, "7")
    );
    assert_eq!(read(r#"meta.location eq "https://h/scim/v2/Groups/7""#), Filter::Never);
    assert_eq!(
        read(&format!(r#"schemas eq "{ENTERPRISE}""#)),
        equals("schemas", None, ENTERPRISE)
    );
    assert_eq!(read("id pr"), not(Filter::Never));
    assert_eq!(read("id eq null"), Filter::Never);
    assert_eq!(read("meta.created pr"), Filter::Present(at("meta", Some("created"))));
}

#[test]
fn a_common_attribute_that_is_kept_nowhere_is_never_there() {
    let mut types = user();
    types
        .core
        .attributes
        .retain(|known| known.name.as_ref() != "externalId");
    let read = |text| filter(text, &types).unwrap();
    assert_eq!(read(r#"externalId eq "x""#), Filter::Never);
    assert_eq!(read("externalId pr"), Filter::Never);
    assert_eq!(read(r#"externalId ne "x""#), not(Filter::Never));
    assert_eq!(read("externalId eq null"), not(Filter::Never));
    assert_eq!(read(r#"not (externalId eq "x")"#), not(Filter::Never));
}

#[test]
fn operands_fit_their_attributes() {
    let size = Path {
        key: Key::of(crate::fixture::STATE, "size"),
        sub: None,
    };
    let of_size = |text: &str| read(&format!("{}:size {text}", crate::fixture::STATE));
    assert_eq!(
        of_size("gt 6"),
        compare(size.clone(), Operator::Gt, Operand::Integer(6))
    );
    assert_eq!(
        of_size("eq 6.0"),
        compare(size.clone(), Operator::Eq, Operand::Integer(6))
    );
    assert_eq!(
        of_size("gt 6.5"),
        compare(size.clone(), Operator::Ge, Operand::Integer(7))
    );
    assert_eq!(
        of_size("le -6.5"),
        compare(size.clone(), Operator::Le, Operand::Integer(-7))
    );
    assert_eq!(of_size("eq 6.5"), Filter::Never);
    assert_eq!(of_size("ne 6.5"), not(Filter::Never));
    assert_eq!(of_size("gt 1e300"), Filter::Never);
    for (text, why) in [
        ("active gt true", "eq and ne alone"),
        (r#"active co "t""#, "are for text"),
        (r#"active eq "maybe""#, "true or false"),
        ("userName eq 1", "stands in quotes"),
        ("userName gt null", "eq and ne alone"),
        (r#"meta.created co "2026""#, "are for text"),
        (r#"meta.created gt "2026-01-02""#, "with its zone"),
        (r#"meta.created gt "2026-01-02T03:04:05""#, "with its zone"),
        (r#"x509Certificates.value eq "AA==""#, "pr alone"),
        (r#"name eq "x""#, "sub-attributes"),
        (r#"addresses eq "x""#, "sub-attributes"),
        ("userName eq bjensen", "in quotes"),
    ] {
        let said = refused(text);
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn nothing_is_told_of_a_password() {
    for text in [
        r#"password eq "x""#,
        "PASSWORD pr",
        "password eq null",
        r#"urn:ietf:params:scim:schemas:core:2.0:User:password sw "a""#,
        r#"userName eq "a" or not (password pr)"#,
    ] {
        assert!(refused(text).contains("cannot be asked for"), "{text}");
    }
    assert!(sort_by("password", &user()).is_err());
    assert!(
        filter("password pr", &group())
            .unwrap_err()
            .detail
            .contains("no such attribute")
    );
}

#[test]
fn what_means_nothing_is_refused_where_it_stands() {
    for (text, position) in [
        ("", 0),
        ("   ", 3),
        ("userName", 8),
        (r#"userName is "x""#, 9),
        ("userName eq", 11),
        (r#"userName eq "x"#, 12),
        (r#"userName eq "\x""#, 12),
        (r#"userName eq "x" garbage"#, 16),
        (r#"(userName eq "x""#, 16),
        (r#"userName eq "x")"#, 15),
        (r#"emails[type eq "work""#, 21),
        (r#"emails[type eq "work"] and"#, 26),
        (r#"nothing eq "x""#, 0),
        (r#"title pr "x""#, 9),
        ("size eq 01", 8),
        ("userName eq 'x'", 12),
        ("not title pr", 4),
        (r#"emails[type eq "work"].nothing eq "x""#, 23),
        ("userName.x pr", 0),
        ("name.givenName.x pr", 0),
        ("JUNK", 4),
    ] {
        let fault = filter(text, &user()).expect_err(text);
        assert_eq!(fault.position, position, "{text}: {fault}");
        assert!(
            fault.detail.ends_with(&format!("(character {})", position + 1)),
            "{fault}"
        );
    }
}

#[test]
fn a_bare_word_is_text_for_who_is_forgiven_that() {
    let forgiven = Leniency { bare_words: true };
    assert_eq!(
        filter_with("externalId eq jyoung", &user(), forgiven).unwrap(),
        equals("externalId", None, "jyoung")
    );
    assert_eq!(
        filter_with("externalId eq 701984", &user(), forgiven).unwrap(),
        equals("externalId", None, "701984")
    );
    assert!(filter_with("active eq maybe", &user(), forgiven).is_err());
}

#[test]
fn paths_are_attributes_elements_and_whole_extensions() {
    let plain = |key, sub: Option<&str>| PatchPath::Attribute {
        key,
        filter: None,
        sub: sub.map(Into::into),
    };
    let read = |text: &str| path(text, &user()).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    assert_eq!(read("USERNAME"), plain(key("userName"), None));
    assert_eq!(read("name.familyname"), plain(key("name"), Some("familyName")));
    assert_eq!(
        read("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName"),
        plain(key("name"), Some("familyName"))
    );
    assert_eq!(
        read(&format!("{ENTERPRISE}:manager")),
        plain(Key::of(ENTERPRISE, "manager"), None)
    );
    assert_eq!(
        read(&format!("{ENTERPRISE}:manager.$ref")),
        plain(Key::of(ENTERPRISE, "manager"), Some("$ref"))
    );
    assert_eq!(
        read(&ENTERPRISE.to_uppercase()),
        PatchPath::Extension(ENTERPRISE.into())
    );
    assert_eq!(read("password"), plain(key("password"), None));
    assert_eq!(read("meta.created"), plain(key("meta"), Some("created")));
    let element = |sub: Option<&str>| PatchPath::Attribute {
        key: key("emails"),
        filter: Some(equals("emails", Some("type"), "work")),
        sub: sub.map(Into::into),
    };
    assert_eq!(read(r#"emails[type eq "work"]"#), element(None));
    assert_eq!(read(r#" emails[TYPE EQ "work"].VALUE "#), element(Some("value")));
    assert_eq!(
        path(r#"members[value eq "id-1"]"#, &group()).unwrap(),
        PatchPath::Attribute {
            key: key("members"),
            filter: Some(equals("members", Some("value"), "id-1")),
            sub: None,
        }
    );
    for text in [
        "",
        "nothing",
        "name.nothing",
        "emails[",
        "emails[]",
        r#"emails[type eq "work"] .value x"#,
        r#"emails[type eq "work"].nothing"#,
        r#"emails.value[type eq "work"]"#,
        r#"userName[value eq "x"]"#,
        "emails[type eq work]",
        "userName eq",
        "urn:ietf:params:scim:schemas:core:2.0:User",
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User[value eq "x"]"#,
        "urn:nothing:here",
        "name..givenName",
    ] {
        assert_eq!(path(text, &user()).expect_err(text).kind, WireFaultKind::Path, "{text}");
    }
}

#[test]
fn lists_of_names_leave_out_what_nobody_knows() {
    let list = attribute_list(
        [
            " userName , NAME.givenName,nothing",
            ENTERPRISE,
            "username",
            "meta.version",
            "",
        ],
        &user(),
    );
    assert_eq!(
        list,
        [
            Named::Attribute(at("userName", None)),
            Named::Attribute(at("name", Some("givenName"))),
            Named::Extension(ENTERPRISE.into()),
            Named::Attribute(at("meta", Some("version"))),
        ]
    );
}

#[test]
fn sorting_is_by_one_value() {
    assert_eq!(sort_by("userName", &user()).unwrap(), at("userName", None));
    assert_eq!(sort_by("emails", &user()).unwrap(), at("emails", Some("value")));
    assert_eq!(sort_by("meta.created", &user()).unwrap(), at("meta", Some("created")));
    for text in ["name", "addresses", "nothing", "password", "", ENTERPRISE] {
        assert_eq!(sort_by(text, &user()).expect_err(text).kind, WireFaultKind::Path);
    }
}
