//! `[mail]`: how mail goes out.

use super::reading::{Reading, Text, text_of};
use postern_identity::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::path::PathBuf;
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
    /// The authorities its certificate may be from; without it, those of this machine.
    pub ca_file: Option<PathBuf>,
    /// Who hears when a privileged account was reset.
    pub administrators: Vec<Arc<str>>,
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
}

impl MailTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Mail> {
        // Empty: there is none, as where there is no table.
        let url = server(text_of(self.url.as_ref())?, reading);
        let from = self.from.as_ref().and_then(|written| {
            let text = written.get_ref().trim();
            let address = text
                .strip_suffix('>')
                .map_or(text, |text| text.rsplit_once('<').map_or(text, |(_, address)| address));
            is_mailbox(address).then(|| text.to_owned()).or_else(|| {
                let remedy = "somebody@example.org, or Accounts <somebody@example.org>";
                reading.none(&written.span(), "from is no mail address", remedy)
            })
        });
        let username = text_of(self.username.as_ref());
        let has_password = text_of(self.password.as_ref()).or(text_of(self.password_file.as_ref()));
        let sign_in = match (username, has_password) {
            (None, None) => Some(None),
            (Some(username), _) => reading
                .secret("password", self.password.as_ref(), self.password_file.as_ref(), span)
                .map(|password| Some((username.get_ref().clone(), password))),
            (None, Some(written)) => reading.none(&written.span(), "a password without username", "username beside it"),
        };
        let ca_file = text_of(self.ca_file.as_ref()).and_then(|written| {
            reading.readable("ca_file", written, |octets| {
                crate::certificate::certificates(octets).is_some()
            })
        });
        let mut administrators: Vec<Arc<str>> = Vec::new();
        for written in self.administrators.iter().flat_map(Spanned::get_ref) {
            if is_mailbox(written.get_ref()) {
                administrators.push(written.get_ref().as_str().into());
            } else {
                reading.problem(
                    &written.span(),
                    "an administrator's mail address is none",
                    "somebody@example.org",
                );
            }
        }
        Some(Mail {
            url: url?,
            from: from?,
            sign_in: sign_in?,
            ca_file,
            administrators,
        })
    }
}

/// The mail server. What it is told never travels in the open to another machine: the plug-in sees to that.
fn server(written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<String> {
    let url = written.get_ref().as_str();
    let rest = url.strip_prefix("smtps://").or_else(|| url.strip_prefix("smtp://"));
    let authority = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let sound = authority.is_some_and(|authority| {
        let host = authority.strip_prefix('[').map_or_else(
            || authority.split(':').next().unwrap_or_default(),
            |bracketed| bracketed.split(']').next().unwrap_or_default(),
        );
        !host.is_empty() && authority.bytes().all(is_of_host)
    });
    // Not repeated: people put passwords into URLs.
    sound.then(|| url.to_owned()).or_else(|| {
        reading.none(
            &written.span(),
            "this is not the URL of a mail server",
            "smtps://host:465, or smtp://host:587 for STARTTLS; a password stands in password_file",
        )
    })
}

fn is_of_host(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b':' | b'[' | b']')
}

/// Whether it may be one; whoever sends mail looks closer.
fn is_mailbox(text: &str) -> bool {
    let known = text
        .chars()
        .all(|letter| !letter.is_whitespace() && !letter.is_control());
    let parts = text.rsplit_once('@');
    known
        && text.len() <= 254
        && parts.is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty())
        && !text.contains(['<', '>', ',', ';'])
}
