//! Names people and programs sign in with, other than the DN of a simple bind, and the DNs they stand for on a route.
//!
//! The one seam for login names is [`LoginNames::bind_name`]: whoever learns to look a name up in the directory does it behind that.

use postern_identity::DistinguishedName;
use postern_identity::name::LONGEST_NAME;
use std::fmt::Write as _;

/// The longest name that is put into a template, in octets.
const LONGEST_VALUE: usize = 256;

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

/// A DN with one gap in a value: `uid={},ou=people,dc=example,dc=org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate {
    before: Box<str>,
    after: Box<str>,
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

impl NameTemplate {
    /// Reads a template. `None` if there is not exactly one `{}`, or it does not stand in a value of a DN.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.split_once("{}")?;
        if after.contains("{}") || text.contains('"') {
            return None;
        }
        let template = Self {
            before: before.into(),
            after: after.into(),
        };
        // Whatever is put in, it stays one value: a name that would be an RDN of its own, or a type, is read as no DN or another one.
        let parts = |value| Some(DistinguishedName::parse(template.fill(value)?.as_bytes()).ok()?.depth());
        let sound = parts("a")? == parts("a,b=c+d=e;f=g")? && parts("=#\\ <>")? == parts("a")?;
        sound.then_some(template)
    }

    /// The DN with this value in it, escaped (RFC 4514 §2.4). `None` if the value is empty, too long or holds control characters.
    pub fn fill(&self, value: &str) -> Option<Box<str>> {
        if value.is_empty() || value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            return None;
        }
        let mut name = String::with_capacity(self.before.len() + 2 * value.len() + self.after.len());
        name.push_str(&self.before);
        escape(value, &mut name);
        name.push_str(&self.after);
        is_name(&name).then(|| name.into())
    }
}

/// A value as it stands in an RFC 4514 string.
pub(crate) fn escape(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (position, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                let _ = write!(out, "\\{character}");
            }
            '#' | ' ' if position == 0 || position == last => {
                let _ = write!(out, "\\{character}");
            }
            other => out.push(other),
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

    fn filled(value: &str) -> Option<String> {
        NameTemplate::parse(PEOPLE).unwrap().fill(value).map(Into::into)
    }

    #[test]
    fn a_name_in_a_template_stays_one_value() {
        assert_eq!(
            filled("alice").as_deref(),
            Some("uid=alice,ou=people,dc=example,dc=org")
        );
        for hostile in [
            "alice,ou=admins",
            "alice+cn=admin",
            "a;b=c",
            "a\\",
            "#414243",
            " alice ",
            "x=y",
            "\"a",
            "<a>",
            "a\\,cn=b",
        ] {
            let name = filled(hostile).unwrap();
            let name = DistinguishedName::parse(name.as_bytes()).unwrap();
            assert_eq!(name.depth(), 4, "{hostile}");
            let base = DistinguishedName::parse(b"ou=people,dc=example,dc=org").unwrap();
            assert!(name.is_within(&base), "{hostile}");
        }
        for nobody in ["", "a\0b", "a\nb", "\u{85}", &"x".repeat(257)] {
            assert_eq!(filled(nobody), None, "{nobody:?}");
        }
    }

    #[test]
    fn a_template_has_one_gap_and_it_is_in_a_value() {
        assert!(NameTemplate::parse("cn=svc-{},dc=example").is_some());
        for text in [
            "uid=alice,dc=example",
            "uid={},cn={}",
            "{}=alice,dc=example",
            "{},dc=example",
            "uid=\"{}\",dc=example",
            "uid=#{},dc=example",
            "{}",
            "uid={",
            "uid=a\\{},dc=example",
        ] {
            assert_eq!(NameTemplate::parse(text), None, "{text}");
        }
    }

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
