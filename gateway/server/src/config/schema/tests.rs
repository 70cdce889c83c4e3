use super::*;
use std::path::PathBuf;

#[test]
fn the_schema_beside_the_program_is_that_of_the_types() {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "configuration.schema.json"]
        .iter()
        .collect();
    let fresh = schema();
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(&path, format!("{fresh:#}\n")).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let checked_in: Value = serde_json::from_str(&text).unwrap_or_default();
    assert!(
        checked_in == fresh,
        "configuration.schema.json is stale: run POSTERN_BLESS=1 cargo test -p postern-server schema"
    );
}

#[test]
fn only_keywords_the_shape_check_knows_are_used() {
    fn walk(schema: &Value, unknown: &mut Vec<String>) {
        let known = [
            "$schema",
            "$defs",
            "$ref",
            "title",
            "description",
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minItems",
            "enum",
            "oneOf",
            "anyOf",
            "const",
            "minimum",
            "maximum",
            "default",
        ];
        let Value::Object(object) = schema else { return };
        unknown.extend(
            object
                .keys()
                .filter(|keyword| !known.contains(&keyword.as_str()))
                .cloned(),
        );
        for named in ["properties", "$defs"] {
            for value in object
                .get(named)
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|values| values.values())
            {
                walk(value, unknown);
            }
        }
        for choices in ["oneOf", "anyOf"] {
            for choice in object.get(choices).and_then(Value::as_array).into_iter().flatten() {
                walk(choice, unknown);
            }
        }
        object.get("items").into_iter().for_each(|items| walk(items, unknown));
    }
    let mut unknown = Vec::new();
    walk(&schema(), &mut unknown);
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(!schema().to_string().contains("\"null\""));
}

#[test]
fn every_key_is_described() {
    let schema = schema();
    let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for table in tables {
        for (key, value) in table["properties"].as_object().into_iter().flatten() {
            assert!(value.get("description").is_some(), "{key} has no comment");
        }
    }
}
