//! What `[[route]]` says of showing its directory otherwise than it is: `[route.suffix]` and `[route.shape]`.

use super::reading::{Reading, Text, Word};
use postern_directory::{DialectName, Settings};
use postern_identity::{AttributeName, DistinguishedName};
use postern_policy::problem::quoted;
use postern_proxy::{ShapeProduct, ShapeSettings, ShownAs, SuffixError, SuffixSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
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

/// Another product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum ProductWord {
    /// Active Directory, as Keycloak and Spring read it: userAccountControl, pwdLastSet, sAMAccountName, objectGUID and their kin.
    #[serde(rename = "active-directory")]
    ActiveDirectory,
    /// A directory with the password policy overlay, as SSSD, PAM and Nextcloud read it: pwdReset, pwdChangedTime, shadow attributes and their kin, and an entry for the policy.
    #[serde(rename = "ppolicy")]
    Ppolicy,
}

/// The product a directory is shown as.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ShapeTable {
    /// The product whose attributes clients of this route look for.
    #[schemars(with = "ProductWord")]
    like: Word<ProductWord>,
    /// The directory's attribute that holds the login name. Default: uid, of Active Directory sAMAccountName.
    #[schemars(with = "Option<String>")]
    login: Text,
    /// The directory's attribute that is shown as userPrincipalName. Default: mail.
    #[schemars(with = "Option<String>")]
    upn: Text,
    /// The object class of the directory's accounts. Default: inetOrgPerson, of Active Directory user.
    #[schemars(with = "Option<String>")]
    user_class: Text,
    /// The object class of the directory's groups. Default: groupOfNames, of Active Directory group.
    #[schemars(with = "Option<String>")]
    group_class: Text,
    /// Where the policy is shown with "ppolicy"; the directory has nothing there. Default: cn=ppolicy,ou=policies below its base_dn.
    #[schemars(with = "Option<String>")]
    policy_dn: Text,
}

impl ShapeTable {
    fn read(self, reading: &mut Reading<'_>) -> Option<ShapeSettings> {
        let product = match self.like?.get_ref() {
            ProductWord::ActiveDirectory => ShapeProduct::ActiveDirectory,
            ProductWord::Ppolicy => ShapeProduct::Ppolicy,
        };
        let mut sound = true;
        let mut word = |key: &str, written: &Text| -> Option<Box<str>> {
            let written = written.as_ref()?;
            let text = written.get_ref();
            if AttributeName::parse(text.as_bytes()).is_err() || text.contains(';') {
                sound = false;
                reading.problem(
                    &written.span(),
                    format!("{} in {key} is no name in a schema", quoted(text)),
                    "a name such as uid",
                );
            }
            Some(text.as_str().into())
        };
        let settings = ShapeSettings {
            product,
            login: word("login", &self.login),
            upn: word("upn", &self.upn),
            user_class: word("user_class", &self.user_class),
            group_class: word("group_class", &self.group_class),
            policy_dn: None,
        };
        let policy_dn = match self.policy_dn.as_ref() {
            Some(written) if product == ShapeProduct::ActiveDirectory => {
                return reading.none(
                    &written.span(),
                    "policy_dn where nobody looks for a policy's entry",
                    "leave it out, or like = \"ppolicy\"",
                );
            }
            Some(written) => Some(name("policy_dn", Some(written), reading)?.into()),
            None => None,
        };
        sound.then_some(ShapeSettings { policy_dn, ..settings })
    }
}

/// `None` if something is wrong with it.
pub(super) fn shown_as(
    suffix: Option<Spanned<SuffixTable>>,
    shape: Option<Spanned<ShapeTable>>,
    opaque: Option<&Spanned<bool>>,
    reading: &mut Reading<'_>,
) -> Option<ShownAs> {
    let opaque = opaque.filter(|word| *word.get_ref());
    if let Some(word) = opaque.filter(|_| suffix.is_some() || shape.is_some()) {
        return reading.none(
            &word.span(),
            "an opaque route reads nothing, so it cannot show anything otherwise than it is",
            "opaque = false, or leave suffix and shape out",
        );
    }
    let shape = match shape {
        Some(table) => Some(table.into_inner().read(reading)?),
        None => None,
    };
    let suffix = match suffix {
        Some(table) => Some(suffix_of(table, reading)?),
        None => None,
    };
    Some(ShownAs { suffix, shape })
}

fn suffix_of(table: Spanned<SuffixTable>, reading: &mut Reading<'_>) -> Option<SuffixSettings> {
    let span = table.span();
    let table = table.into_inner();
    let here = name("here", table.here.as_ref(), reading);
    let there = name("there", table.there.as_ref(), reading);
    match SuffixSettings::new(here?, there?) {
        Ok(suffix) => Some(suffix),
        Err(error) => {
            let remedy = match error {
                SuffixError::NoName => "names such as dc=corp,dc=example",
                SuffixError::Same => "another name here, or no suffix at all",
            };
            reading.none(&span, error.to_string(), remedy)
        }
    }
}

/// What a shape needs of the directory behind it.
pub(super) fn check_shape(shape: &ShapeSettings, directory: &Settings, span: &Range<usize>, reading: &mut Reading<'_>) {
    let named = quoted(&directory.name.0);
    let same = match shape.product {
        ShapeProduct::ActiveDirectory => directory.dialect == DialectName::ActiveDirectory,
        ShapeProduct::Ppolicy => matches!(directory.dialect, DialectName::OpenLdap | DialectName::Embedded),
    };
    if same {
        let what = format!("{named} is of the product the route is to show it as");
        reading.problem(span, what, "leave shape out, or another product");
    }
    if !directory.has_service_account() {
        let what = format!("shape needs the password policies of {named}, which has no service account to read them");
        reading.problem(span, what, "[directory.service_account] in it");
    }
    if shape.product == ShapeProduct::Ppolicy && shape.policy_dn.is_none() && directory.base_dn.is_none() {
        let what = format!("the policy is shown below the base_dn of {named}, which has none");
        reading.problem(span, what, "base_dn in the directory, or policy_dn in shape");
    }
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
