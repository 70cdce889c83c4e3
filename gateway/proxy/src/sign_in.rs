//! Names people and programs sign in with, other than the DN of a simple bind, and the DNs they stand for on a route.
//!
//! The one seam for login names is [`LoginNames::bind_name`]: whoever learns to look a name up in the directory does it behind that.

use postern_identity::DistinguishedName;
use postern_identity::name::{LONGEST_NAME, NameTemplate};

/// How clients of a route may sign in besides the simple bind. Nothing more by default.
#[derive(Debug, Clone, Default)]
pub struct SignInSettings {
    /// Whose account a verified client certificate stands for (SASL EXTERNAL, RFC 4513 §5.2.3). `None`: EXTERNAL is not offered.
    pub certificate_identity: Option<CertificateIdentity>,
    /// What a login name stands for (SASL PLAIN, RFC 4616). `None`: PLAIN is not offered.
    pub login_names: Option<LoginNames>,
    /// Whether the whole connection is passed on as octets, so that mechanisms with a security layer work. Nothing is enforced then.
    pub opaque: bool,
}

/// The rule that makes an account's DN of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateIdentity {
    /// Which part of the certificate names the account.
    pub from: CertificateField,
    /// The DN around it. `None` only for [`CertificateField::Subject`], which is a DN.
    pub template: Option<NameTemplate>,
}

/// A part of a certificate that can name an account. All but the subject must be there exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateField {
    /// The subject, as an RFC 4514 string.
    Subject,
    /// The common name in the subject.
    CommonName,
    /// The mail address among the alternative names (RFC 5280 §4.2.1.6).
    SanEmail,
    /// The DNS name among the alternative names.
    SanDns,
}

/// What a login name stands for on a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginNames {
    /// The DN around it.
    pub template: NameTemplate,
}

impl LoginNames {
    /// The DN a login name stands for: `dn:` and a DN is that DN, `u:` and a name, or a bare name, is put into the template (RFC 4513
    /// §5.2.1.8). `None` for what cannot be anybody's.
    pub fn bind_name(&self, login: &str) -> Option<Box<str>> {
        match prefixed(login, "dn:") {
            Some(dn) => is_name(dn).then(|| dn.into()),
            None => self.template.fill(prefixed(login, "u:").unwrap_or(login)),
        }
    }
}

/// Whether two names are DNs of the same entry, whatever their spelling. Nobody's name is nobody.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    match (
        DistinguishedName::parse(one.as_bytes()),
        DistinguishedName::parse(other.as_bytes()),
    ) {
        (Ok(one), Ok(other)) => !one.is_root() && one == other,
        _ => false,
    }
}

/// What follows a prefix, whatever its case.
pub(crate) fn prefixed<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && DistinguishedName::parse(name.as_bytes()).is_ok_and(|name| !name.is_root())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &str = "uid={},ou=people,dc=example,dc=org";

    #[test]
    fn login_names_are_bare_or_say_what_they_are() {
        let names = LoginNames {
            template: NameTemplate::parse(PEOPLE).unwrap(),
        };
        let alice = Some("uid=alice,ou=people,dc=example,dc=org");
        for login in [
            "alice",
            "u:alice",
            "U:alice",
            "dn:uid=alice,ou=people,dc=example,dc=org",
        ] {
            assert_eq!(names.bind_name(login).as_deref(), alice, "{login}");
        }
        for nobody in ["", "u:", "dn:", "dn:alice", "dn:uid=a\0"] {
            assert_eq!(names.bind_name(nobody), None, "{nobody:?}");
        }
        assert!(same_name("UID=alice, dc=example", "uid=Alice,dc=example"));
        assert!(!same_name("", "") && !same_name("alice", "alice"));
    }
}
