//! The JSON schemas of policy files and of their tests, made from the types they are read into.
//!
//! The same schema guides editors and checks the shape of files (`shape`), so the two cannot disagree.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of policy files, as `policies/policy.schema.json` holds it.
pub fn policy_schema() -> Value {
    schema_of::<crate::file::PolicyFile>()
}

/// The schema of policy tests, as `policies/policy_test.schema.json` holds it.
pub fn policy_test_schema() -> Value {
    schema_of::<crate::tests::TestFile>()
}

/// The schema of a type that is read from TOML.
pub fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    without_null(&mut schema);
    schema
}

/// TOML has no null: a key that may be left out is left out.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type") != Some(&Value::from("null")));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    for (keyword, value) in only {
                        object.entry(keyword).or_insert(value);
                    }
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
