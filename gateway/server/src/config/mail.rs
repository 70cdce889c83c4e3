//! `[mail]`: how mail goes out.

use super::reading::{Reading, Text, text_of};
use postern_delivery_smtp::{Mailbox, Settings, SettingsError, SignIn};
use postern_identity::clock::FixedClock;
use postern_identity::{Secret, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// How mail goes out. No `Debug`: it may hold a password.
pub struct Mail {
    /// `smtps://host:port`, or `smtp://host:port`.
    pub url: String,
    /// Whom it comes from.
    pub from: String,
    /// Who we are at the mail server, if anybody.
    pub sign_in: Option<(String, Secret)>,
    /// PEM, the authorities its certificate may be from; without it, those of this machine.
    pub authorities: Option<Vec<u8>>,
    /// Who hears when a privileged account was reset.
    pub administrators: Vec<Arc<str>>,
    /// The most messages an hour that anybody may ask for, over all routes.
    pub per_hour: u32,
}

/// Where nobody says otherwise.
const PER_HOUR: u32 = 10_000;

impl Mail {
    /// For the plug-in.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::new(&self.url, &self.from);
        settings.sign_in = self.sign_in.as_ref().map(|(username, password)| SignIn {
            username: username.clone(),
            password: password.duplicate(),
        });
        settings.authorities.clone_from(&self.authorities);
        settings
    }
}

/// How mail goes out.
#[derive(Deserialize, JsonSchema)]
pub(super) struct MailTable {
    /// The mail server, or nothing for no mail: smtps://host:465, TLS from the first octet, or smtp://host:587, where STARTTLS is required unless it is on this machine.
    #[schemars(with = "String")]
    url: Text,
    /// Whom mail comes from: somebody@example.org, or with a name, Accounts <somebody@example.org>.
    #[schemars(with = "String")]
    from: Text,
    /// Our name at the mail server, if it asks for one.
    #[schemars(with = "Option<String>")]
    username: Text,
    /// Its password; rather password_file.
    #[schemars(with = "Option<String>")]
    password: Text,
    /// A file that holds the password alone, readable by the program alone.
    #[schemars(with = "Option<String>")]
    password_file: Text,
    /// The certificate authority of the mail server, PEM. Empty or left out: those this machine trusts.
    #[schemars(with = "Option<String>")]
    ca_file: Text,
    /// Mail addresses of those who hear when a privileged account was reset.
    #[schemars(with = "Option<Vec<String>>")]
    administrators: Option<Spanned<Vec<Spanned<String>>>>,
    /// The most messages an hour that anybody may ask for, over all routes; what tells of a change goes out besides. Gateways with one store share it.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000_000), extend("default" = 10_000))]
    per_hour: Option<Spanned<u64>>,
}

impl MailTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Mail> {
        // Empty: there is none, as where there is no table.
        let url = text_of(self.url.as_ref())?;
        let username = text_of(self.username.as_ref());
        let has_password = text_of(self.password.as_ref()).or(text_of(self.password_file.as_ref()));
        let sign_in = match (username, has_password) {
            (None, None) => Some(None),
            (Some(username), _) => reading
                .secret("password", self.password.as_ref(), self.password_file.as_ref(), span)
                .map(|password| Some((username.get_ref().clone(), password))),
            (None, Some(written)) => reading.none(&written.span(), "a password without username", "username beside it"),
        };
        let ca_file = text_of(self.ca_file.as_ref());
        let authorities = match ca_file {
            None => Some(None),
            Some(written) => reading
                .text_file("ca_file", written)
                .map(|(_, text)| Some(text.into_bytes())),
        };
        let mut administrators: Vec<Arc<str>> = Vec::new();
        for written in self.administrators.iter().flat_map(Spanned::get_ref) {
            if Mailbox::parse(written.get_ref()).is_ok() {
                administrators.push(written.get_ref().as_str().into());
            } else {
                let what = "an administrator's mail address is none";
                reading.problem(&written.span(), what, "somebody@example.org");
            }
        }
        let from = self.from.as_ref()?;
        let mail = Mail {
            url: url.get_ref().clone(),
            from: from.get_ref().clone(),
            sign_in: sign_in?,
            authorities: authorities?,
            administrators,
            per_hour: self
                .per_hour
                .map_or(PER_HOUR, |most| u32::try_from(most.into_inner()).unwrap_or(u32::MAX)),
        };
        // Nobody is spoken to yet: it is only read. What time it is does not matter for that.
        let clock = FixedClock(Timestamp::UNIX_EPOCH);
        let Err(error) = postern_delivery_smtp::Mail::new(mail.settings(), Arc::new(clock)) else {
            return Some(mail);
        };
        // Values are not repeated: people put passwords into URLs.
        let (written, what, remedy) = match error {
            SettingsError::Url => (
                Some(url),
                "this is not the URL of a mail server",
                "smtps://host:465, or smtp://host:587 for STARTTLS; a password stands in password_file",
            ),
            SettingsError::From(_) => (
                Some(from),
                "from is no mail address",
                "somebody@example.org, or Accounts <somebody@example.org>",
            ),
            SettingsError::Authorities => (
                ca_file,
                "ca_file cannot be used",
                "a file in PEM form with what the key's name says",
            ),
            SettingsError::Password | SettingsError::OutOfRange => {
                (has_password, "this password cannot be used", "the password as text")
            }
        };
        let span = written.map_or(span.clone(), Spanned::span);
        reading.none(&span, what, remedy)
    }
}
