use super::*;
use crate::file::{ADVICE, PolicyFile};
use crate::schema::{policy_schema, policy_test_schema};

fn problems(text: &str) -> Vec<String> {
    let mut document = Document::parse("p.toml", text.as_bytes(), &ADVICE).unwrap();
    check(&mut document, &policy_schema())
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_file_with_every_key_has_the_right_shape_and_reads() {
    let text = include_str!("every_key.toml");
    assert_eq!(problems(text), Vec::<String>::new());
    let file: PolicyFile = Document::parse("p.toml", text.as_bytes(), &ADVICE)
        .unwrap()
        .read()
        .unwrap();
    assert_eq!(file.policy.len(), 2);
}

#[test]
fn three_mistakes_in_one_file_are_three_problems_each_at_its_place() {
    let text = "priority = \"high\"\n[[policy]]\nroute = \"a\"\nsurfce = \"text\"\n[policy.pass]\n  tls = \"never\"\n";
    assert_eq!(
        problems(text),
        [
            "p.toml:1:12: \"priority\" is a text in quotes: a whole number",
            "p.toml:4:1: unknown key \"surfce\": did you mean \"surface\"?",
            "p.toml:6:9: \"never\" is no value of \"tls\": one of \"optional\", \"for_passwords\", \"always\"",
        ]
    );
}

#[test]
fn what_is_missing_is_named_with_what_it_is_for() {
    let found = problems("\n[[policy]]\nsurface = \"text\"\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("p.toml:1:1: the file has no \"priority\": add it. The file with the lower number"));
    assert!(found[1].starts_with("p.toml:2:1: an item of \"policy\" has no \"route\": add it. The route's name"));
}

#[test]
fn a_misspelt_key_is_told_of_once_and_not_as_missing_too() {
    let found = problems("priorty = 1\n[[policy]]\nroute = \"a\"\n");
    assert_eq!(
        found,
        ["p.toml:1:1: unknown key \"priorty\": did you mean \"priority\"?"]
    );
}

#[test]
fn what_is_wrong_is_taken_out_and_the_rest_stays() {
    let text = "priority = \"high\"\n[[policy]]\nroute = \"a\"\npass.tls = \"never\"\n[[policy]]\nroute = [1]\n";
    let mut document = Document::parse("p.toml", text.as_bytes(), &ADVICE).unwrap();
    assert_eq!(check(&mut document, &policy_schema()).len(), 3);
    let rest: toml::Table = document.give_up().unwrap();
    let expected: toml::Table = toml::from_str("[[policy]]\nroute = \"a\"\npass = {}\n[[policy]]\n").unwrap();
    assert_eq!(rest, expected);
    assert!(document.taken().holds(&(0..0), "priority"));
    assert_eq!(document.give_up::<toml::Table>().unwrap(), toml::Table::new());
}

#[test]
fn a_number_too_long_to_read_is_shortened() {
    let found = problems(&format!("priority = {}\n[[policy]]\nroute = \"a\"\n", "1".repeat(500)));
    assert!(
        found[0].starts_with("p.toml:1:12: \"priority\" is 111") && found[0].len() < 200,
        "{found:?}"
    );
}

#[test]
fn numbers_out_of_range_and_of_any_length_are_problems() {
    for number in ["-1", "1000001", "99999999999999999999999999999", "0x7fffffff"] {
        let found = problems(&format!("priority = {number}\n[[policy]]\nroute = \"a\"\n"));
        assert_eq!(found.len(), 1, "{number} {found:?}");
        assert!(found[0].ends_with("a whole number from 0 to 1000000"), "{found:?}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_problems_wherever_they_stand() {
    for (line, wanted) in [
        ("route = 5", "\"route\" is a whole number: a text in quotes or a list"),
        ("route = []", "\"route\" is empty: at least one"),
        ("route = \"\"", "\"route\" is empty: a name"),
        (
            "route = [1]",
            "an item of \"route\" is a whole number: a text in quotes",
        ),
        (
            "route = \"a\"\nsurface = 1979-05-27",
            "\"surface\" is a date: a text in quotes or a list",
        ),
        ("route = \"a\"\npass = []", "\"pass\" is a list: a table"),
        (
            "route = \"a\"\npass.read_only = \"no\"",
            "\"read_only\" is a text in quotes: true or false",
        ),
        (
            "route = \"a\"\npass.base_dns = []",
            "\"base_dns\" is empty: at least one",
        ),
        (
            "route = \"a\"\npass.size_limit = 1.5",
            "\"size_limit\" is a number with a fraction: a whole number",
        ),
        (
            "route = \"a\"\nmessages.x = true",
            "\"x\" is true or false: a text in quotes",
        ),
        (
            "route = \"a\"\nstanding.lokced = {}",
            "unknown key \"lokced\": did you mean \"locked\"?",
        ),
    ] {
        let found = problems(&format!("priority = 1\n[[policy]]\n{line}\n"));
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(found[0].ends_with(wanted), "{line}: {found:?}");
    }
}

#[test]
fn our_schemas_use_no_keyword_that_is_not_checked() {
    const KNOWN: [&str; 19] = [
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "format",
        "default",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "minimum",
        "maximum",
        "minLength",
        "anyOf",
        "oneOf",
        "enum",
    ];
    fn walk(schema: &Value) {
        let Value::Object(object) = schema else { return };
        for (keyword, value) in object {
            match keyword.as_str() {
                "properties" | "$defs" => value.as_object().unwrap().values().for_each(walk),
                "anyOf" | "oneOf" => value.as_array().unwrap().iter().for_each(walk),
                "const" => assert!(value.is_string()),
                known => {
                    assert!(KNOWN.contains(&known), "{known}");
                    walk(value);
                }
            }
        }
    }
    walk(&policy_schema());
    walk(&policy_test_schema());
}
