use super::*;
use crate::fixture::{BASE, ENTERPRISE, GROUP, STATE, USER, types};

fn offer() -> Offer {
    Offer {
        change_password: true,
        max_results: 500,
        page_size: 100,
        documentation: None,
    }
}

fn nulls(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(nulls),
        Value::Object(object) => object.values().any(nulls),
        _ => false,
    }
}

#[test]
fn the_service_says_what_it_does_and_bulk_with_zeros() {
    let config = service_provider_config(&offer(), BASE);
    assert_eq!(
        config["bulk"],
        json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0})
    );
    assert_eq!(config["filter"], json!({"supported": true, "maxResults": 500}));
    assert_eq!(config["pagination"]["cursor"], false);
    assert_eq!(config["pagination"]["index"], true);
    assert_eq!(config["changePassword"]["supported"], true);
    assert_eq!(config["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
    assert!(config.get("documentationUri").is_none() && !nulls(&config));
    let documented = Offer {
        documentation: Some("https://docs.example.org".into()),
        ..offer()
    };
    assert_eq!(
        service_provider_config(&documented, BASE)["documentationUri"],
        "https://docs.example.org"
    );
}

#[test]
fn every_schema_is_there_once_and_can_be_asked_for() {
    let all = schemas(&types(), BASE);
    let urns: Vec<&str> = all.iter().map(|schema| schema["id"].as_str().unwrap()).collect();
    assert_eq!(
        urns,
        [
            USER,
            ENTERPRISE,
            STATE,
            GROUP,
            SERVICE_PROVIDER_CONFIG,
            RESOURCE_TYPE,
            SCHEMA
        ]
    );
    for one in &all {
        let urn = one["id"].as_str().unwrap();
        assert_eq!(schema(&types(), &urn.to_uppercase(), BASE).as_ref(), Some(one));
        assert_eq!(one["meta"]["location"], format!("{BASE}/Schemas/{urn}"));
        assert!(!nulls(one));
    }
    assert_eq!(schema(&types(), "urn:nothing", BASE), None);
}

#[test]
fn attributes_say_every_characteristic_and_common_ones_are_not_among_them() {
    let user = schema(&types(), USER, BASE).unwrap();
    let attributes = user["attributes"].as_array().unwrap();
    let named = |name: &str| attributes.iter().find(|attribute| attribute["name"] == name);
    assert_eq!(
        named("userName").unwrap(),
        &json!({
            "name": "userName", "type": "string", "multiValued": false, "description": "Some text.", "required": true,
            "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "server",
        })
    );
    for common in ["id", "externalId", "meta", "schemas"] {
        assert!(named(common).is_none(), "{common}");
    }
    let emails = named("emails").unwrap();
    assert_eq!(emails["type"], "complex");
    assert_eq!(emails["subAttributes"][1]["canonicalValues"], json!(["work", "home"]));
    let groups = named("groups").unwrap()["subAttributes"].as_array().unwrap();
    let reference = groups.iter().find(|sub| sub["name"] == "$ref").unwrap();
    assert_eq!(reference["type"], "reference");
    assert_eq!(reference["mutability"], "readOnly");
    assert_eq!(reference["referenceTypes"], json!(["User", "Group"]));
    assert_eq!(named("x509Certificates").unwrap()["subAttributes"][0]["type"], "binary");
}

#[test]
fn types_say_where_they_are_and_what_extends_them() {
    let user = resource_type(&types(), "User", BASE).unwrap();
    assert_eq!(user["endpoint"], "/Users");
    assert_eq!(user["schema"], USER);
    assert_eq!(
        user["schemaExtensions"],
        json!([{"schema": ENTERPRISE, "required": false}, {"schema": STATE, "required": false}])
    );
    let group = resource_type(&types(), "Group", BASE).unwrap();
    assert!(group.get("schemaExtensions").is_none());
    assert_eq!(resource_types(&types(), BASE), [user, group]);
    assert_eq!(resource_type(&types(), "Device", BASE), None);
}

#[test]
fn what_describes_the_service_fits_its_own_schema() {
    // Every member of a document is an attribute of the schema that describes it.
    fn fits(document: &Value, attributes: &Value, path: &str) {
        for (name, value) in document.as_object().unwrap() {
            if path.is_empty() && matches!(name.as_str(), "schemas" | "meta" | "id") {
                continue;
            }
            let known = attributes
                .as_array()
                .unwrap()
                .iter()
                .find(|known| known["name"] == name.as_str());
            let known = known.unwrap_or_else(|| panic!("{path}{name} is not in the schema"));
            assert_eq!(known["multiValued"], value.is_array(), "{path}{name}");
            let elements = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for element in elements.iter().filter(|element| element.is_object()) {
                if name != "subAttributes" || !path.contains("subAttributes") {
                    fits(element, &known["subAttributes"], &format!("{path}{name}."));
                }
            }
        }
    }
    let attributes = |urn| schema(&types(), urn, BASE).unwrap()["attributes"].clone();
    let documented = Offer {
        documentation: Some("https://docs.example.org".into()),
        ..offer()
    };
    fits(
        &service_provider_config(&documented, BASE),
        &attributes(SERVICE_PROVIDER_CONFIG),
        "",
    );
    for one in resource_types(&types(), BASE) {
        fits(&one, &attributes(RESOURCE_TYPE), "");
    }
    fits(&schema(&types(), USER, BASE).unwrap(), &attributes(SCHEMA), "");
}

#[test]
fn scim_v2_reads_the_documents() {
    let read = |value: &Value| serde_json::to_string(value).unwrap();
    let config = read(&service_provider_config(&offer(), BASE));
    serde_json::from_str::<scim_v2::models::service_provider_config::ServiceProviderConfig>(&config).unwrap();
    for one in schemas(&types(), BASE) {
        serde_json::from_str::<scim_v2::models::scim_schema::Schema>(&read(&one))
            .unwrap_or_else(|error| panic!("{one}: {error}"));
    }
    for one in resource_types(&types(), BASE) {
        serde_json::from_str::<scim_v2::models::resource_types::ResourceType>(&read(&one)).unwrap();
    }
}
