//! Any octets as a form, as a query and as JSON: read strictly or refused, and what was read is what was written.

#![no_main]

use postern_web::{Fields, body};

const KNOWN: [&str; 3] = ["name", "code", "ticket"];

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    user: String,
    #[serde(default)]
    accounts: Vec<u8>,
}

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    if let Ok(mut fields) = Fields::of_form(octets, &KNOWN) {
        written_again(&fields);
        for name in KNOWN {
            let text = fields.text(name).map(str::to_owned);
            let secret = fields.secret(name);
            assert_eq!(text.as_deref().map(str::as_bytes), secret.as_ref().map(|secret| secret.expose()));
        }
    }
    if let Ok(query) = std::str::from_utf8(octets)
        && let Ok(fields) = Fields::of_query(query, &KNOWN)
    {
        written_again(&fields);
    }
    if let Ok(asked) = body::json_of::<Asked>(octets) {
        // Whoever reads it more leniently has read the same.
        let value: serde_json::Value = serde_json::from_slice(octets).expect("it was read");
        assert_eq!(value["user"], asked.user);
    }
});

/// What was read, written as a browser writes it, is read again.
fn written_again(fields: &Fields) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for name in KNOWN {
        if let Some(text) = fields.text(name) {
            form.append_pair(name, text);
        }
    }
    let again = Fields::of_form(form.finish().as_bytes(), &KNOWN).expect("it is a form");
    for name in KNOWN {
        assert_eq!(again.text(name), fields.text(name));
    }
}
