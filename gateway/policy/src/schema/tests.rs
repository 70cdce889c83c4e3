use super::*;
use std::path::PathBuf;

/// What the file of a schema holds; written anew with `POSTERN_BLESS=1`.
fn checked_in(name: &str, fresh: &Value) -> Value {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "policies", name]
        .iter()
        .collect();
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(&path, format!("{fresh:#}\n")).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[test]
fn the_schemas_in_the_policies_folder_are_those_of_the_types() {
    for (name, fresh) in [
        ("policy.schema.json", policy_schema()),
        ("policy_test.schema.json", policy_test_schema()),
    ] {
        assert!(
            checked_in(name, &fresh) == fresh,
            "policies/{name} is stale: run POSTERN_BLESS=1 cargo test -p postern-policy schema"
        );
    }
}

#[test]
fn no_key_of_a_file_may_be_null() {
    for schema in [policy_schema(), policy_test_schema()] {
        assert!(!schema.to_string().contains("\"null\""));
    }
}

#[test]
fn every_key_is_described() {
    fn walk(path: &str, schema: &Value, bare: &mut Vec<String>) {
        if let Some(Value::Object(keys)) = schema.get("properties") {
            for (key, value) in keys {
                if value.get("description").is_none() {
                    bare.push(format!("{path}.{key}"));
                }
            }
        }
        match schema {
            Value::Object(object) => object
                .iter()
                .for_each(|(key, value)| walk(&format!("{path}/{key}"), value, bare)),
            Value::Array(items) => items.iter().for_each(|value| walk(path, value, bare)),
            _ => {}
        }
    }
    let mut bare = Vec::new();
    walk("policy", &policy_schema(), &mut bare);
    walk("test", &policy_test_schema(), &mut bare);
    assert!(bare.is_empty(), "{bare:?}");
}
