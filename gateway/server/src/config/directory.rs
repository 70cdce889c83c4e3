//! `[[directory]]`: the directories behind.

use super::access::AccessTable;
use super::applicants::{Applicants, SelfServiceTable, attribute, attributes};
use super::embedded::{self, HashingTable, PasswordWord};
use super::reading::{Reading, Text, Word, text_of};
use super::servers::{BalanceWord, ServerTable, Written};
use crate::settings::{self as changeable, Value};
use postern_directory::upstream::dialect::DialectName;
use postern_directory::upstream::settings::{ServerUrl, ServiceAccount, Settings, TlsSettings};
use postern_identity::{DirectoryName, DistinguishedName};
use rustls_pki_types::ServerName;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;

/// Which product answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum DialectWord {
    /// OpenLDAP's slapd with the ppolicy overlay.
    #[serde(rename = "openldap")]
    OpenLdap,
    /// 389 Directory Server, Red Hat Directory Server.
    #[serde(rename = "389ds")]
    Ds389,
    /// Active Directory, Windows' or Samba's.
    #[serde(rename = "active-directory")]
    ActiveDirectory,
    /// FreeIPA.
    #[serde(rename = "freeipa")]
    FreeIpa,
    /// The directory in Postern itself; it has no servers.
    #[serde(rename = "embedded")]
    Embedded,
}

/// A directory behind.
#[derive(Deserialize, JsonSchema)]
pub(super) struct DirectoryTable {
    /// Its name; routes go by it.
    #[schemars(with = "String")]
    name: Text,
    /// How this product tells that a password must be changed, has expired, or is locked.
    #[schemars(with = "DialectWord")]
    dialect: Word<DialectWord>,
    /// Its servers, the preferred one first: ldap://host:port or ldaps://host:port.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    urls: Option<Spanned<Vec<Spanned<String>>>>,
    /// Its servers, where they are not all alike; instead of urls.
    #[schemars(with = "Option<Vec<ServerTable>>", length(min = 1))]
    servers: Option<Spanned<Vec<Spanned<ServerTable>>>>,
    /// "ordered": the first that is there. "spread": each account has its server, and what is nobody's goes where the fewest connections are in use.
    #[schemars(with = "Option<BalanceWord>", extend("default" = "ordered"))]
    balance: Word<BalanceWord>,
    /// Milliseconds between two looks whether a server is well.
    #[schemars(with = "Option<u32>", range(min = 100, max = 600_000), extend("default" = 10000))]
    check_interval_ms: Option<Spanned<u64>>,
    /// Milliseconds it has to show that it is. One that does not is passed over until it does.
    #[schemars(with = "Option<u32>", range(min = 1, max = 600_000), extend("default" = 5000))]
    check_timeout_ms: Option<Spanned<u64>>,
    /// Seconds for which sign-ins of an account go to the server that took its last write, which others may not have heard of yet. 0: not at all.
    #[schemars(with = "Option<u32>", range(min = 0, max = 3_600), extend("default" = 10))]
    read_your_writes_seconds: Option<Spanned<u64>>,
    /// Seconds whoever is signed in on a server that is drained may stay.
    #[schemars(with = "Option<u32>", range(min = 0, max = 86_400), extend("default" = 30))]
    drain_seconds: Option<Spanned<u64>>,
    /// Whether ldap:// connections are secured with StartTLS.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    start_tls: Option<Spanned<bool>>,
    /// The certificate authority of those servers, PEM. Empty or left out: those this machine trusts.
    #[schemars(with = "Option<String>")]
    ca_file: Text,
    /// The name their certificates are for, where it is not the one in the URL.
    #[schemars(with = "Option<String>")]
    server_name: Text,
    /// The people, and what else applications may see, lie under this entry.
    #[schemars(with = "Option<String>")]
    base_dn: Text,
    /// The policy of accounts that name none, if the directory has such a default. An embedded one has cn=default,ou=policies below its base.
    #[schemars(with = "Option<String>")]
    default_policy_dn: Text,
    /// Whether a server on another machine may be reached without TLS: passwords then travel in the open.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    allow_plaintext: Option<Spanned<bool>>,
    /// Milliseconds to connect to a server, TLS included.
    #[schemars(with = "Option<u32>", range(min = 1, max = 600_000), extend("default" = 3000))]
    connect_timeout_ms: Option<Spanned<u64>>,
    /// Milliseconds a server has for each answer to the service account.
    #[schemars(with = "Option<u32>", range(min = 1, max = 600_000), extend("default" = 10000))]
    answer_timeout_ms: Option<Spanned<u64>>,
    /// Who Postern is in that directory, to read what a directory does not say by itself. Applications' sign-ins never use it.
    #[schemars(with = "Option<ServiceAccountTable>")]
    service_account: Option<Spanned<ServiceAccountTable>>,
    /// Whether people who have forgotten their password may reset it themselves. The setting directories.NAME.self_service_reset overrules it.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    self_service_reset: Option<Spanned<bool>>,
    /// Where the accounts of those who help themselves are looked for, and by which attributes. Default: below base_dn, by login name and mail
    /// address.
    #[schemars(with = "Option<Vec<SelfServiceTable>>")]
    self_service: Option<Spanned<Vec<Spanned<SelfServiceTable>>>>,
    /// The attribute that all accounts of one person have the same value of, in every directory. With it an account without a value may not
    /// come in.
    #[schemars(with = "Option<String>")]
    link: Text,
    /// Attributes with mail addresses or telephone numbers that people can write in their own entries: what stands in these alone proves nothing on the
    /// pages, unless a policy says so (`self_asserted`). Name none that the directory lets nobody but administrators write.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    self_asserted: Option<Spanned<Vec<Spanned<String>>>>,
    /// The attributes that hold people's mail addresses.
    #[schemars(with = "Option<Vec<String>>", length(min = 1), extend("default" = ["mail"]))]
    mail: Option<Spanned<Vec<Spanned<String>>>>,
    /// The most users and groups of it that `postern onboard` lets in, where there is to be a cap.
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000_000))]
    onboarded_most: Option<Spanned<u64>>,
    /// Embedded: "required" or "optional", for accounts that administrators make. The setting directories.NAME.password overrules it.
    #[schemars(with = "Option<PasswordWord>", extend("default" = "required"))]
    password: Word<PasswordWord>,
    /// Embedded: files with attribute types and object classes beside the standard ones, as slapd or LDIF writes them.
    #[schemars(with = "Option<Vec<String>>")]
    schema_files: Option<Spanned<Vec<Spanned<String>>>>,
    /// Embedded: DNs of accounts, and of groups whose members, may change everything.
    #[schemars(with = "Option<Vec<String>>")]
    administrators: Option<Spanned<Vec<Spanned<String>>>>,
    /// Embedded: who may read and write what. The first rule that fits decides, and these replace the usual ones, by which administrators
    /// write everything, people their own password, and whoever has signed in reads everything but what tells of passwords.
    #[schemars(with = "Option<Vec<AccessTable>>")]
    access: Option<Spanned<Vec<Spanned<AccessTable>>>>,
    /// Embedded: attributes of which no two entries have the same value.
    #[schemars(with = "Option<Vec<String>>", extend("default" = ["uid"]))]
    unique: Option<Spanned<Vec<Spanned<String>>>>,
    /// Embedded: entries a search may look through that no index narrows.
    #[schemars(with = "Option<u32>", range(min = 100, max = 10_000_000), extend("default" = 20000))]
    look_through: Option<Spanned<u64>>,
    /// Embedded: what a password hash costs.
    #[schemars(with = "Option<HashingTable>")]
    hashing: Option<Spanned<HashingTable>>,
}

/// Who Postern is in a directory.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ServiceAccountTable {
    /// Its name.
    #[schemars(with = "String")]
    bind_dn: Text,
    /// Its password; rather password_file.
    #[schemars(with = "Option<String>")]
    password: Text,
    /// A file that holds the password alone, readable by the program alone.
    #[schemars(with = "Option<String>")]
    password_file: Text,
}

impl DirectoryTable {
    /// The directory's settings. No `Debug` on them: they hold a password.
    pub(super) fn read(mut self, table: &Range<usize>, reading: &mut Reading<'_>) -> Option<embedded::Read> {
        let name = reading.name("directory", self.name.as_ref());
        let own = embedded::Written {
            password: self.password.take(),
            schema_files: self.schema_files.take(),
            administrators: self.administrators.take(),
            access: self.access.take(),
            unique: self.unique.take(),
            look_through: self.look_through.take(),
            hashing: self.hashing.take(),
        };
        let mut values = Vec::new();
        if let (Some(name), Some(written)) = (&name, &self.self_service_reset) {
            values.push((changeable::self_service_reset(name), Value::Switch(*written.get_ref())));
        }
        let applicants = self.applicants(name.as_ref(), reading);
        if self
            .dialect
            .as_ref()
            .is_some_and(|word| *word.get_ref() == DialectWord::Embedded)
        {
            self.must_have_no_servers(reading);
            let name = DirectoryName(name?);
            let embedded = own.read(name.clone(), &self.base_dn, table, &mut values, reading)?;
            let mut settings = Settings::embedded(name, embedded.local.base_dn.clone());
            if let Some(milliseconds) = self.check_interval_ms {
                settings.check_interval = Duration::from_millis(milliseconds.into_inner());
            }
            return Some(embedded::Read {
                settings,
                embedded: Some(embedded),
                applicants: applicants?,
                values,
            });
        }
        // Without a dialect, or with an unknown one, they may well be right.
        if self.dialect.is_some() {
            own.must_be_absent(reading);
        }
        let start_tls = self.start_tls.as_ref().is_some_and(|word| *word.get_ref());
        let allow_plaintext = self.allow_plaintext.as_ref().is_some_and(|word| *word.get_ref());
        let written = Written {
            urls: self.urls,
            servers: self.servers,
        };
        let servers = written.read(start_tls, allow_plaintext, table, reading);
        let ca_file = text_of(self.ca_file.as_ref()).and_then(|written| {
            reading.readable("ca_file", written, |octets| {
                crate::certificate::certificates(octets).is_some()
            })
        });
        let server_name = text_of(self.server_name.as_ref()).map(|written| {
            if ServerName::try_from(written.get_ref().as_str()).is_err() {
                reading.problem(
                    &written.span(),
                    "server_name is neither a host name nor an IP address",
                    "the name in the servers' certificates",
                );
            }
            written.get_ref().clone()
        });
        let base_dn = distinguished_name("base_dn", self.base_dn.as_ref(), reading);
        let default_policy_dn = distinguished_name("default_policy_dn", self.default_policy_dn.as_ref(), reading);
        let service_account = self.service_account.map(|table| {
            let span = table.span();
            table.into_inner().read(&span, reading)
        });
        let mut settings = Settings::new(DirectoryName(name?), Vec::new());
        settings.servers = servers?;
        settings.balance = self
            .balance
            .map(Spanned::into_inner)
            .map(Into::into)
            .unwrap_or_default();
        let durations = [
            (&mut settings.check_interval, self.check_interval_ms, 1),
            (&mut settings.check_timeout, self.check_timeout_ms, 1),
            (&mut settings.read_your_writes, self.read_your_writes_seconds, 1000),
            (&mut settings.drain_after, self.drain_seconds, 1000),
        ];
        for (duration, written, milliseconds) in durations {
            if let Some(number) = written {
                *duration = Duration::from_millis(number.into_inner().saturating_mul(milliseconds));
            }
        }
        settings.dialect = match self.dialect?.into_inner() {
            DialectWord::OpenLdap => DialectName::OpenLdap,
            DialectWord::Ds389 => DialectName::Ds389,
            DialectWord::ActiveDirectory => DialectName::ActiveDirectory,
            DialectWord::FreeIpa => DialectName::FreeIpa,
            DialectWord::Embedded => DialectName::Embedded,
        };
        settings.start_tls = start_tls;
        settings.tls = TlsSettings { ca_file, server_name };
        settings.base_dn = base_dn;
        settings.default_policy_dn = default_policy_dn;
        settings.allow_plaintext = allow_plaintext;
        settings.service_account = service_account.flatten();
        if let Some(milliseconds) = self.connect_timeout_ms {
            settings.connect_timeout = Duration::from_millis(milliseconds.into_inner());
        }
        if let Some(milliseconds) = self.answer_timeout_ms {
            settings.answer_timeout = Duration::from_millis(milliseconds.into_inner());
        }
        Some(embedded::Read {
            settings,
            embedded: None,
            applicants: applicants?,
            values,
        })
    }

    /// Who may help themselves. `None` if there is a problem.
    fn applicants(&mut self, name: Option<&Arc<str>>, reading: &mut Reading<'_>) -> Option<Applicants> {
        let written = self.self_service.take();
        let tables = written.into_iter().flat_map(Spanned::into_inner);
        let bases: Vec<_> = tables.map(|table| table.into_inner().read(reading)).collect();
        let link = text_of(self.link.as_ref()).map(|written| attribute("link", written, reading));
        let self_asserted = attributes("self_asserted", self.self_asserted.as_ref(), reading);
        let mail = self.mail.take();
        let mail = mail.map(|written| attributes("mail", Some(&written), reading));
        Some(Applicants {
            bases: bases.into_iter().collect::<Option<_>>()?,
            link: match link {
                Some(link) => Some(link?),
                None => None,
            },
            mail: match mail {
                Some(mail) => Some(mail?),
                None => None,
            },
            self_asserted: self_asserted?,
            onboarded_most: self.onboarded_most.as_ref().map(|most| *most.get_ref()),
            directory: Arc::clone(name?),
        })
    }

    /// Tells of each key that says how servers are reached, which an embedded directory has none of.
    fn must_have_no_servers(&self, reading: &mut Reading<'_>) {
        let given = [
            ("urls", self.urls.as_ref().map(Spanned::span)),
            ("servers", self.servers.as_ref().map(Spanned::span)),
            ("balance", self.balance.as_ref().map(Spanned::span)),
            ("check_timeout_ms", self.check_timeout_ms.as_ref().map(Spanned::span)),
            (
                "read_your_writes_seconds",
                self.read_your_writes_seconds.as_ref().map(Spanned::span),
            ),
            ("drain_seconds", self.drain_seconds.as_ref().map(Spanned::span)),
            ("start_tls", self.start_tls.as_ref().map(Spanned::span)),
            ("default_policy_dn", self.default_policy_dn.as_ref().map(Spanned::span)),
            ("ca_file", self.ca_file.as_ref().map(Spanned::span)),
            ("server_name", self.server_name.as_ref().map(Spanned::span)),
            ("allow_plaintext", self.allow_plaintext.as_ref().map(Spanned::span)),
            (
                "connect_timeout_ms",
                self.connect_timeout_ms.as_ref().map(Spanned::span),
            ),
            ("answer_timeout_ms", self.answer_timeout_ms.as_ref().map(Spanned::span)),
            ("service_account", self.service_account.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            if let Some(span) = span {
                let what = format!("{key} in an embedded directory, which is in Postern itself");
                reading.problem(&span, what, "leave it out");
            }
        }
    }
}

impl ServiceAccountTable {
    fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<ServiceAccount> {
        let password = reading.secret("password", self.password.as_ref(), self.password_file.as_ref(), span);
        let dn = distinguished_name("bind_dn", self.bind_dn.as_ref(), reading);
        if let (Some(written), None) = (&self.bind_dn, &dn)
            && written.get_ref().is_empty()
        {
            reading.problem(&written.span(), "bind_dn is empty", "the account's DN");
        }
        Some(ServiceAccount {
            dn: dn?,
            password: password?,
        })
    }
}

/// A server's URL, if it may be reached as the directory says.
pub(super) fn server(
    written: &Spanned<String>,
    start_tls: bool,
    allow_plaintext: bool,
    reading: &mut Reading<'_>,
) -> Option<ServerUrl> {
    let span = written.span();
    let Ok(url) = ServerUrl::parse(written.get_ref()) else {
        // Not repeated: people put passwords into URLs.
        return reading.none(
            &span,
            "this is not a server's URL",
            "ldap://host:port or ldaps://host:port",
        );
    };
    if url.is_tls() && start_tls {
        return reading.none(
            &span,
            "start_tls on a server that is under TLS from the start",
            "ldap:// with start_tls, or ldaps:// without it",
        );
    }
    if !url.is_tls() && !start_tls && !allow_plaintext && !url.is_loopback() {
        return reading.none(
            &span,
            format!("{url} would be reached without TLS"),
            "ldaps://, or start_tls = true, or allow_plaintext = true if you must",
        );
    }
    Some(url)
}

/// A DN as it was written, if it is one. An empty one counts as not set.
pub(super) fn distinguished_name(
    key: &str,
    written: Option<&Spanned<String>>,
    reading: &mut Reading<'_>,
) -> Option<String> {
    let written = text_of(written)?;
    match DistinguishedName::parse(written.get_ref().as_bytes()) {
        Ok(_) => Some(written.get_ref().clone()),
        Err(_) => reading.none(
            &written.span(),
            format!("{key} is not a distinguished name"),
            "a name such as dc=example,dc=org",
        ),
    }
}
