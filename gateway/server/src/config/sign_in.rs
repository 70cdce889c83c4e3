//! What `[[route]]` says of how clients may sign in besides the simple bind.

use super::reading::{Reading, Text, Word};
use postern_identity::name::NameTemplate;
use postern_policy::problem::quoted;
use postern_proxy::{CertificateField, CertificateIdentity, LoginNames, SignInSettings};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// Which part of a certificate names the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FieldWord {
    /// The whole subject, which is the account's DN.
    Subject,
    /// The common name in the subject.
    CommonName,
    /// The mail address among the alternative names.
    SanEmail,
    /// The DNS name among the alternative names.
    SanDns,
}

/// Whose account a client's certificate stands for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct CertificateIdentityTable {
    /// Which part of the certificate names the account. All but the subject must be there exactly once.
    #[schemars(with = "FieldWord")]
    from: Word<FieldWord>,
    /// The account's DN with {} where that part belongs, such as uid={},ou=people,dc=example,dc=org. None with "subject", which is a DN.
    #[schemars(with = "Option<String>")]
    template: Text,
}

/// Which account a login name stands for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct LoginTable {
    /// The account's DN with {} where the name belongs, such as uid={},ou=people,dc=example,dc=org.
    #[schemars(with = "String")]
    template: Text,
}

/// `None` if something is wrong with it.
pub(super) fn sign_in(
    certificate_identity: Option<Spanned<CertificateIdentityTable>>,
    login: Option<Spanned<LoginTable>>,
    opaque: Option<&Spanned<bool>>,
    reading: &mut Reading<'_>,
) -> Option<SignInSettings> {
    let opaque = opaque.filter(|word| *word.get_ref());
    if let Some(word) = opaque
        && (certificate_identity.is_some() || login.is_some())
    {
        return reading.none(
            &word.span(),
            "an opaque route reads nothing, so it knows neither certificate_identity nor login",
            "opaque = false, or leave the others out",
        );
    }
    let certificate_identity = match certificate_identity {
        Some(table) => Some(table.into_inner().read(reading)?),
        None => None,
    };
    let login_names = match login {
        Some(table) => {
            let written = table.into_inner().template?;
            Some(LoginNames {
                template: template(&written, reading)?,
            })
        }
        None => None,
    };
    Some(SignInSettings {
        certificate_identity,
        login_names,
        opaque: opaque.is_some(),
    })
}

impl CertificateIdentityTable {
    fn read(self, reading: &mut Reading<'_>) -> Option<CertificateIdentity> {
        let from = self.from?;
        let field = match from.get_ref() {
            FieldWord::Subject => CertificateField::Subject,
            FieldWord::CommonName => CertificateField::CommonName,
            FieldWord::SanEmail => CertificateField::SanEmail,
            FieldWord::SanDns => CertificateField::SanDns,
        };
        let template = match (field, self.template) {
            (CertificateField::Subject, None) => None,
            (CertificateField::Subject, Some(written)) => {
                return reading.none(
                    &written.span(),
                    "a template for the subject, which is a DN as it stands",
                    "leave it out, or from = \"common_name\", \"san_email\" or \"san_dns\"",
                );
            }
            (_, Some(written)) => Some(template(&written, reading)?),
            (_, None) => {
                return reading.none(
                    &from.span(),
                    "there is no template to make a DN of it",
                    "template = \"uid={},ou=people,dc=example,dc=org\"",
                );
            }
        };
        Some(CertificateIdentity { from: field, template })
    }
}

fn template(written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<NameTemplate> {
    let parsed = NameTemplate::parse(written.get_ref());
    parsed.or_else(|| {
        reading.none(
            &written.span(),
            format!("{} is not a DN with one {{}} in a value", quoted(written.get_ref())),
            "such as uid={},ou=people,dc=example,dc=org",
        )
    })
}
