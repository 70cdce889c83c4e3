//! A resource as programs see it: strictly as the RFCs have it.

use super::projection::{Projection, Shown, attributes};
use crate::scalar::{show_moment, show_octets};
use crate::wire::name::{META, refers};
use postern_identity::provisioning::{Attribute, Key, Resource, ResourceKind, Returned, TypeSchema, Value};
use serde_json::{Map, Number, Value as Json};

/// Shows a resource; `base_url` without a slash at its end, as `https://host/scim/v2`. What has no value is not there (RFC 7643 §2.5).
pub fn show(resource: &Resource, id_text: &str, types: &TypeSchema, projection: &Projection, base_url: &str) -> Json {
    let mut body = Map::new();
    let mut urns = vec![Json::from(types.core.urn.as_ref())];
    for (key, attribute) in attributes(types) {
        let shown = projection.shows(&key, attribute);
        if shown == Shown::Not {
            continue;
        }
        let Some(value) = resource
            .attributes
            .get(&key)
            .and_then(|value| shown_value(value, attribute, &shown, base_url))
        else {
            continue;
        };
        let Some(urn) = key.extension.as_deref() else {
            body.insert(key.name.to_string(), value);
            continue;
        };
        let inner = body.entry(urn).or_insert_with(|| {
            urns.push(Json::from(urn));
            Json::Object(Map::new())
        });
        if let Json::Object(inner) = inner {
            inner.insert(key.name.to_string(), value);
        }
    }
    body.insert("schemas".into(), Json::Array(urns));
    body.insert("id".into(), id_text.into());
    let meta = meta(resource, id_text, projection, base_url);
    if !meta.is_empty() {
        body.insert("meta".into(), Json::Object(meta));
    }
    Json::Object(body)
}

fn meta(resource: &Resource, id_text: &str, projection: &Projection, base_url: &str) -> Map<String, Json> {
    let shown = projection.shows(&Key::core("meta"), &META);
    let location = format!("{base_url}/{}/{id_text}", endpoint(resource.kind));
    let all = [
        ("resourceType", Some(resource.kind.as_str().to_owned())),
        ("created", resource.created.map(show_moment)),
        ("lastModified", resource.modified.map(show_moment)),
        ("location", Some(location)),
        ("version", Some(format!("W/\"{}\"", resource.version))),
    ];
    let there = all.into_iter().filter(|(name, _)| shown.shows(name, Returned::Default));
    there
        .filter_map(|(name, text)| Some((name.to_owned(), Json::String(text?))))
        .collect()
}

/// Where resources of a kind are.
pub(crate) fn endpoint(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "Users",
        ResourceKind::Group => "Groups",
    }
}

fn shown_value(value: &Value, attribute: &Attribute, shown: &Shown, base_url: &str) -> Option<Json> {
    let one = |value: &Value| match value {
        Value::Complex(subs) => {
            let mut object = Map::new();
            for sub in attribute.subs() {
                let known = subs.get(&sub.name).filter(|_| shown.shows(&sub.name, sub.returned));
                if let Some(known) = known.and_then(|known| simple(known, sub.multi_valued)) {
                    object.insert(sub.name.to_string(), known);
                }
            }
            if refers(attribute) && shown.shows("$ref", Returned::Default) {
                object.extend(reference(value, attribute, base_url).map(|address| ("$ref".to_owned(), address)));
            }
            (!object.is_empty()).then_some(Json::Object(object))
        }
        value => simple(value, false),
    };
    if attribute.multi_valued {
        let values: Vec<Json> = value.each().iter().filter_map(one).collect();
        (!values.is_empty()).then_some(Json::Array(values))
    } else {
        value.each().first().and_then(one)
    }
}

/// RFC 7643 §2.4 `$ref`: derived from the id and what it is the id of.
fn reference(value: &Value, attribute: &Attribute, base_url: &str) -> Option<Json> {
    let Some(Value::Text(id)) = value.sub("value") else {
        return None;
    };
    let is_group = match attribute.name.as_ref() {
        "groups" => true,
        _ => matches!(value.sub("type"), Some(Value::Text(kind)) if kind.eq_ignore_ascii_case("Group")),
    };
    let kind = if is_group {
        ResourceKind::Group
    } else {
        ResourceKind::User
    };
    Some(Json::String(format!("{base_url}/{}/{id}", endpoint(kind))))
}

fn simple(value: &Value, several: bool) -> Option<Json> {
    Some(match value {
        Value::Text(text) if text.is_empty() => return None,
        Value::Text(text) => Json::String(text.clone()),
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) => Json::from(*value),
        Value::Decimal(value) => Json::Number(Number::from_f64(*value)?),
        Value::Moment(at) => Json::String(show_moment(*at)),
        Value::Octets(octets) => Json::String(show_octets(octets)),
        Value::Many(values) => {
            let values: Vec<Json> = values.iter().filter_map(|value| simple(value, false)).collect();
            return (!values.is_empty()).then_some(Json::Array(values));
        }
        // RFC 7643 §2.3.8: no sub-attribute is complex.
        Value::Complex(_) => return None,
    })
    .map(|value| if several { Json::Array(vec![value]) } else { value })
}
