//! `[route.names]`: the names people may sign in with, and how their accounts are found.

use super::directory::distinguished_name;
use super::reading::{Reading, Text, text_of};
use postern_directory::names::{Finding, NameAttributes, NameSearch};
use postern_directory::{NameForm, NameRules};
use postern_identity::AttributeName;
use postern_identity::name::NameTemplate;
use postern_ldap::filter;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// A way to say who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FormWord {
    /// A distinguished name. It goes to the directory as it was sent.
    Dn,
    /// A plain login name.
    Uid,
    /// A mail address.
    Mail,
    /// user@domain, of the domains in upn_suffixes.
    Upn,
    /// DOMAIN\user, of the domains in domains.
    Domain,
}

/// The names people may sign in with, and how their accounts are found.
#[derive(Deserialize, JsonSchema)]
pub(super) struct NamesTable {
    /// Which names are taken. "dn" alone: every name goes to the directory as it was sent.
    #[schemars(with = "Option<Vec<FormWord>>", length(min = 1), extend("default" = ["dn"]))]
    accept: Option<Spanned<Vec<Spanned<FormWord>>>>,
    /// The DN with a gap for the login name, such as uid={},ou=people,dc=example,dc=org. Nothing is looked for then.
    #[schemars(with = "Option<String>")]
    template: Text,
    /// Accounts are looked for below this entry. Default: the directory's base_dn.
    #[schemars(with = "Option<String>")]
    base_dn: Text,
    /// What an account must fulfil besides, as an LDAP filter.
    #[schemars(with = "Option<String>")]
    filter: Text,
    /// The domains of DOMAIN\user that are ours.
    #[schemars(with = "Option<Vec<String>>")]
    domains: Option<Spanned<Vec<Spanned<String>>>>,
    /// The domains of user@domain that are ours, for "upn".
    #[schemars(with = "Option<Vec<String>>")]
    upn_suffixes: Option<Spanned<Vec<Spanned<String>>>>,
    /// The attributes that hold these names, where they are not the product's usual ones.
    #[schemars(with = "Option<AttributesTable>")]
    attributes: Option<Spanned<AttributesTable>>,
}

/// The attributes that hold names.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct AttributesTable {
    /// Of "uid". Default: uid.
    #[schemars(with = "Option<String>")]
    uid: Text,
    /// Of "mail". Default: mail.
    #[schemars(with = "Option<String>")]
    mail: Text,
    /// Of the whole user@domain. Default: none in OpenLDAP.
    #[schemars(with = "Option<String>")]
    upn: Text,
    /// Of the user in DOMAIN\user and user@domain. Default: uid in OpenLDAP.
    #[schemars(with = "Option<String>")]
    domain: Text,
}

impl NamesTable {
    /// The rules. `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<NameRules> {
        let accept: Vec<NameForm> = match &self.accept {
            None => vec![NameForm::Dn],
            Some(words) => words.get_ref().iter().map(|word| form(*word.get_ref())).collect(),
        };
        let domains = domains("domains", NameForm::Domain, self.domains.as_ref(), &accept, reading);
        let upn_suffixes = self.upn_suffixes.as_ref();
        let upn_suffixes = self::domains("upn_suffixes", NameForm::Upn, upn_suffixes, &accept, reading);
        if let Some(words) = &self.accept {
            for word in words.get_ref() {
                let (key, example, listed) = match word.get_ref() {
                    FormWord::Domain => ("domains", "EXAMPLE", self.domains.is_some()),
                    FormWord::Upn => ("upn_suffixes", "example.org", self.upn_suffixes.is_some()),
                    _ => continue,
                };
                if !listed {
                    let what = format!(
                        "{} is accepted, but no {key} are listed",
                        quoted(form(*word.get_ref()).as_str())
                    );
                    reading.problem(&word.span(), what, format!("{key} = [\"{example}\"]"));
                }
            }
        }
        let finding = match text_of(self.template.as_ref()) {
            Some(written) => self.by_template(written, &accept, reading),
            None => self.by_search(&accept, span, reading),
        };
        Some(NameRules {
            accept,
            domains: domains?,
            upn_suffixes: upn_suffixes?,
            finding: finding?,
        })
    }

    fn by_template(
        &self,
        written: &Spanned<String>,
        accept: &[NameForm],
        reading: &mut Reading<'_>,
    ) -> Option<Finding> {
        let of_a_search = [
            ("base_dn", self.base_dn.as_ref().map(Spanned::span)),
            ("filter", self.filter.as_ref().map(Spanned::span)),
            ("attributes", self.attributes.as_ref().map(Spanned::span)),
        ];
        for (key, span) in of_a_search {
            if let Some(span) = span {
                let what = format!("{key} beside template: with a template nothing is looked for");
                reading.problem(&span, what, "one of them");
            }
        }
        let words = self.accept.iter().flat_map(Spanned::get_ref);
        for word in words.filter(|word| *word.get_ref() == FormWord::Mail) {
            reading.problem(
                &word.span(),
                "\"mail\" is accepted beside template: a mail address must be looked for",
                "without template, or \"upn\" with upn_suffixes if the part before the @ is the login name",
            );
        }
        if accept.iter().all(|form| matches!(form, NameForm::Dn | NameForm::Mail)) {
            let remedy = "accept = [\"dn\", \"uid\"]";
            return reading.none(
                &written.span(),
                "there is a template, but no login names are accepted",
                remedy,
            );
        }
        match NameTemplate::parse(written.get_ref()) {
            Some(template) => Some(Finding::Template(template)),
            None => reading.none(
                &written.span(),
                format!("{} is not a DN with one {{}} in a value", quoted(written.get_ref())),
                "such as uid={},ou=people,dc=example,dc=org",
            ),
        }
    }

    fn by_search(&self, accept: &[NameForm], span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Finding> {
        let given = self.base_dn.is_some() || self.filter.is_some() || self.attributes.is_some();
        if given && accept.iter().all(|form| *form == NameForm::Dn) {
            reading.problem(
                span,
                "only DNs are accepted here, and a DN is not looked for",
                "accept = [\"dn\", \"uid\"], or nothing but accept",
            );
        }
        let base_dn = distinguished_name("base_dn", self.base_dn.as_ref(), reading);
        let filter = text_of(self.filter.as_ref()).map(|written| match filter::text::parse(written.get_ref()) {
            Ok(filter) => Some(filter),
            Err(_) => reading.none(
                &written.span(),
                "filter is not an LDAP filter",
                "such as (objectClass=inetOrgPerson), with its parentheses",
            ),
        });
        let attributes = self.attributes.as_ref().map_or_else(NameAttributes::default, |table| {
            let table = table.get_ref();
            let mut read = |key, written: &Text| attribute(key, written.as_ref(), reading);
            NameAttributes {
                uid: read("uid", &table.uid),
                mail: read("mail", &table.mail),
                upn: read("upn", &table.upn),
                domain: read("domain", &table.domain),
            }
        });
        Some(Finding::Search(NameSearch {
            base_dn,
            filter: match filter {
                None => None,
                Some(filter) => Some(filter?),
            },
            attributes,
        }))
    }
}

fn form(word: FormWord) -> NameForm {
    match word {
        FormWord::Dn => NameForm::Dn,
        FormWord::Uid => NameForm::Uid,
        FormWord::Mail => NameForm::Mail,
        FormWord::Upn => NameForm::Upn,
        FormWord::Domain => NameForm::Domain,
    }
}

/// A list of domains; `None` if one of them is none. A list for a form that is not taken is a slip of the hand.
fn domains(
    key: &str,
    form: NameForm,
    written: Option<&Spanned<Vec<Spanned<String>>>>,
    accept: &[NameForm],
    reading: &mut Reading<'_>,
) -> Option<Vec<String>> {
    let Some(list) = written else { return Some(Vec::new()) };
    let form_name = quoted(form.as_str());
    if list.get_ref().is_empty() {
        return reading.none(&list.span(), format!("{key} is empty"), "at least one, or not at all");
    }
    if !accept.contains(&form) {
        let what = format!("{key} are listed, but {form_name} is not accepted");
        reading.problem(&list.span(), what, format!("{form_name} in accept"));
    }
    let mut all = Some(Vec::new());
    for domain in list.get_ref() {
        let text = domain.get_ref();
        let odd = |letter: char| letter.is_control() || letter.is_whitespace() || matches!(letter, '@' | '\\');
        if text.is_empty() || text.contains(odd) {
            reading.problem(
                &domain.span(),
                format!("{} is not the name of a domain", quoted(text)),
                "such as EXAMPLE or example.org, without @ and backslash",
            );
            all = None;
        } else if let Some(all) = &mut all {
            all.push(text.clone());
        }
    }
    all
}

fn attribute(key: &str, written: Option<&Spanned<String>>, reading: &mut Reading<'_>) -> Option<String> {
    let written = text_of(written)?;
    if AttributeName::parse(written.get_ref().as_bytes()).is_err() {
        let what = format!("{key} {} is not the name of an attribute", quoted(written.get_ref()));
        return reading.none(&written.span(), what, "such as uid");
    }
    Some(written.get_ref().clone())
}
