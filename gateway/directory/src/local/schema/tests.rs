use super::*;

#[test]
fn the_standard_definitions_are_read_and_fit_together() {
    let mut definitions = Vec::new();
    for (file, text) in STANDARD_FILES {
        definitions.extend(source::read(file, text, true).unwrap_or_else(|fault| panic!("{fault}")));
    }
    let schema = build::build(definitions).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(schema.attributes().len() > 150 && schema.object_classes().len() > 30);
    assert_eq!(schema.attributes().len(), Schema::standard().attributes().len());
    for key in indexed::STANDARD {
        assert!(schema.attribute(key.as_bytes()).unwrap().indexed, "{key}");
    }
}
