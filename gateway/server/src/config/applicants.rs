//! `[[directory.self_service]]`: whose names are taken on the pages, and where they are looked for.

use super::directory::distinguished_name;
use super::reading::{Reading, Text, text_of};
use postern_directory::SearchBase;
use postern_identity::AttributeName;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

/// Who may help themselves in a directory, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicants {
    /// The directory.
    pub directory: Arc<str>,
    /// Where they are looked for. Empty: below its base, by login name and mail address.
    pub bases: Vec<SearchBase>,
    /// What all accounts of one person have in common. With it, an account that has none may not come in.
    pub link: Option<String>,
    /// The attributes that hold mail addresses, where they are not the usual one.
    pub mail: Option<Vec<String>>,
    /// Attributes that people can write in their own entries.
    pub self_asserted: Vec<String>,
    /// The most users and groups that are onboarded.
    pub onboarded_most: Option<u64>,
}

/// A place where the accounts of those who help themselves are looked for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SelfServiceTable {
    /// Accounts are looked for below this entry. Default: the directory's base_dn.
    #[schemars(with = "Option<String>")]
    base: Text,
    /// The attributes that hold the names people may type; any one of them will do.
    #[schemars(with = "Vec<String>", length(min = 1))]
    names: Option<Spanned<Vec<Spanned<String>>>>,
    /// Boolean attributes: an account in which one of them is true may not come in.
    #[schemars(with = "Option<Vec<String>>")]
    disabled_by: Option<Spanned<Vec<Spanned<String>>>>,
    /// Boolean attributes: an account in which one of them is not true may not come in.
    #[schemars(with = "Option<Vec<String>>")]
    enabled_by: Option<Spanned<Vec<Spanned<String>>>>,
    /// Boolean attributes: an account in which one of them is true is locked, and may be unlocked here.
    #[schemars(with = "Option<Vec<String>>")]
    locked_by: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether an account that lacks an attribute of enabled_by may come in all the same.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    absent_enabled: Option<Spanned<bool>>,
}

impl SelfServiceTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Option<SearchBase> {
        let base_dn = distinguished_name("base", self.base.as_ref(), reading);
        let base_is_wrong = base_dn.is_none() && text_of(self.base.as_ref()).is_some();
        let names = attributes("names", self.names.as_ref(), reading);
        let disabled_by = attributes("disabled_by", self.disabled_by.as_ref(), reading);
        let enabled_by = attributes("enabled_by", self.enabled_by.as_ref(), reading);
        let locked_by = attributes("locked_by", self.locked_by.as_ref(), reading);
        let (names, disabled_by, locked_by) = (names?, disabled_by?, locked_by?);
        if base_is_wrong || self.names.is_none() {
            return None;
        }
        let twice = disabled_by
            .iter()
            .find(|name| locked_by.iter().any(|locked| locked.eq_ignore_ascii_case(name)));
        if let (Some(name), Some(written)) = (twice, &self.locked_by) {
            let what = format!("{} is in disabled_by and in locked_by", quoted(name));
            let remedy = "locked_by for what failures left, which may be mended here; disabled_by for the rest";
            return reading.none(&written.span(), what, remedy);
        }
        Some(SearchBase {
            base_dn,
            names,
            disabled_by,
            enabled_by: enabled_by?,
            locked_by,
            absent_is_enabled: self.absent_enabled.is_some_and(Spanned::into_inner),
        })
    }
}

/// Attributes by name, without options. `None` if one is none.
pub(super) fn attributes(
    key: &str,
    written: Option<&Spanned<Vec<Spanned<String>>>>,
    reading: &mut Reading<'_>,
) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for one in written.into_iter().flat_map(Spanned::get_ref) {
        names.push(attribute(key, one, reading)?);
    }
    Some(names)
}

pub(super) fn attribute(key: &str, written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<String> {
    let name = written.get_ref();
    if AttributeName::parse(name.as_bytes()).is_err() || name.contains(';') {
        let what = format!("{} in {key} is not an attribute", quoted(name));
        return reading.none(&written.span(), what, "its name alone, such as uid");
    }
    Some(name.clone())
}
