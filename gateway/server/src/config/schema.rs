//! The JSON schema of the configuration, made from the types it is read into.

use super::File;
use serde_json::Value;

/// The schema, as `gateway/server/configuration.schema.json` holds it.
pub fn schema() -> Value {
    let mut schema = postern_policy::schema::schema_of::<File>();
    closed(&mut schema);
    schema
}

/// A key nobody knows is a slip of the hand. An integer's width in memory is left out: its bounds say more.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("format");
            if object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            object.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
