//! What a verified client certificate says of its holder. Verified it is by the handshake: authority, validity, purpose; here it is only
//! read, and whatever cannot be read plainly says nothing.

use crate::sign_in::{CertificateField, CertificateIdentity};
use postern_identity::name::LONGEST_NAME;
use postern_identity::name::escape;
use std::fmt::Write as _;
use std::sync::Arc;
use x509_parser::prelude::{AttributeTypeAndValue, GeneralName, X509Certificate, X509Name};

/// The parts of a certificate that can name an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    /// The subject as an RFC 4514 string.
    pub(crate) subject: Option<Arc<str>>,
    pub(crate) common_name: Option<Box<str>>,
    pub(crate) email: Option<Box<str>>,
    pub(crate) dns_name: Option<Box<str>>,
}

impl ClientCertificate {
    /// Reads the holder's own certificate, DER.
    pub(crate) fn read(der: &[u8]) -> Self {
        match x509_parser::parse_x509_certificate(der) {
            Ok(([], certificate)) => Self::of(&certificate),
            _ => Self::default(),
        }
    }

    fn of(certificate: &X509Certificate<'_>) -> Self {
        let names: &[GeneralName<'_>] = match certificate.subject_alternative_name() {
            Ok(Some(extension)) => &extension.value.general_names,
            _ => &[],
        };
        let emails = names.iter().filter_map(|name| match name {
            GeneralName::RFC822Name(email) => Some(Some(*email)),
            _ => None,
        });
        let dns_names = names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(Some(*name)),
            _ => None,
        });
        let common_names = certificate.subject().iter_common_name().map(|name| name.as_str().ok());
        Self {
            subject: subject(certificate.subject()),
            common_name: only(common_names),
            email: only(emails),
            dns_name: only(dns_names),
        }
    }

    /// The value a rule goes by.
    pub(crate) fn value(&self, from: CertificateField) -> Option<&str> {
        match from {
            CertificateField::Subject => self.subject.as_deref(),
            CertificateField::CommonName => self.common_name.as_deref(),
            CertificateField::SanEmail => self.email.as_deref(),
            CertificateField::SanDns => self.dns_name.as_deref(),
        }
    }

    /// The DN of the account a rule makes of it.
    pub(crate) fn account(&self, rule: &CertificateIdentity) -> Option<Box<str>> {
        let value = self.value(rule.from)?;
        match &rule.template {
            Some(template) => template.fill(value),
            None => (rule.from == CertificateField::Subject).then(|| value.into()),
        }
    }
}

/// The value, if there is one and no other, and it is a plain text. Which of two is meant nobody can say.
fn only<'a>(mut values: impl Iterator<Item = Option<&'a str>>) -> Option<Box<str>> {
    match (values.next(), values.next()) {
        (Some(Some(value)), None) if is_plain(value) => Some(value.into()),
        _ => None,
    }
}

/// RFC 4514 §2: the most specific RDN first.
fn subject(name: &X509Name<'_>) -> Option<Arc<str>> {
    let mut out = String::new();
    let rdns: Vec<_> = name.iter_rdn().collect();
    for rdn in rdns.into_iter().rev() {
        for (position, part) in rdn.iter().enumerate() {
            if !out.is_empty() {
                out.push(if position == 0 { ',' } else { '+' });
            }
            attribute(part, &mut out)?;
        }
    }
    (!out.is_empty() && out.len() <= LONGEST_NAME).then(|| out.into())
}

fn attribute(part: &AttributeTypeAndValue<'_>, out: &mut String) -> Option<()> {
    let oid = part.attr_type().to_id_string();
    if let Some(name) = short_name(&oid) {
        let value = part.as_str().ok().filter(|value| is_plain(value))?;
        out.push_str(name);
        out.push('=');
        escape(value, out);
        return Some(());
    }
    // RFC 4514 §2.4: of a type without a name, the value's BER.
    let value = part.attr_value();
    let tag = u8::try_from(value.header.tag().0).ok().filter(|tag| *tag < 0x1f)?;
    let length = u8::try_from(value.data.len()).ok().filter(|length| *length < 0x80)?;
    let _ = write!(out, "{oid}=#{tag:02x}{length:02x}");
    for octet in value.data {
        let _ = write!(out, "{octet:02x}");
    }
    Some(())
}

/// The names of RFC 4514 §3, and of naming attributes every directory knows.
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        "2.5.4.4" => "sn",
        "2.5.4.5" => "serialNumber",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "0.9.2342.19200300.100.1.3" => "mail",
        _ => return None,
    })
}

/// A NUL or a line break in a name fools those who show it, or cut it short.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
