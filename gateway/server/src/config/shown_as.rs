//! What `[[route]]` says of showing its directory otherwise than it is: `[route.suffix]`.

use super::reading::{Reading, Text};
use postern_identity::DistinguishedName;
use postern_proxy::{ShownAs, SuffixError, SuffixSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// Another name for a part of the directory's tree.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SuffixTable {
    /// What clients call it, such as dc=corp,dc=example.
    #[schemars(with = "String")]
    here: Text,
    /// What the directory calls it.
    #[schemars(with = "String")]
    there: Text,
}

/// `None` if something is wrong with it.
pub(super) fn shown_as(
    suffix: Option<Spanned<SuffixTable>>,
    opaque: Option<&Spanned<bool>>,
    reading: &mut Reading<'_>,
) -> Option<ShownAs> {
    let Some(table) = suffix else {
        return Some(ShownAs::default());
    };
    if let Some(word) = opaque.filter(|word| *word.get_ref()) {
        return reading.none(
            &word.span(),
            "an opaque route reads nothing, so it cannot rename anything",
            "opaque = false, or leave suffix out",
        );
    }
    let span = table.span();
    let table = table.into_inner();
    let here = name("here", table.here.as_ref(), reading);
    let there = name("there", table.there.as_ref(), reading);
    let suffix = match SuffixSettings::new(here?, there?) {
        Ok(suffix) => suffix,
        Err(error) => {
            let remedy = match error {
                SuffixError::NoName => "names such as dc=corp,dc=example",
                SuffixError::Same => "another name here, or no suffix at all",
            };
            return reading.none(&span, error.to_string(), remedy);
        }
    };
    Some(ShownAs { suffix: Some(suffix) })
}

fn name<'t>(key: &str, written: Option<&'t Spanned<String>>, reading: &mut Reading<'_>) -> Option<&'t str> {
    let written = written?;
    let text = written.get_ref().as_str();
    if DistinguishedName::parse(text.as_bytes()).is_ok_and(|name| !name.is_root()) {
        return Some(text);
    }
    let remedy = "a name such as dc=example,dc=org";
    reading.none(&written.span(), format!("{key} is not a distinguished name"), remedy)
}
