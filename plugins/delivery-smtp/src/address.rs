//! One mailbox, read strictly: what a directory holds in a mail attribute may be anything, also what somebody wrote into their own entry.

use lettre::Address;
use url::Host;

/// The longest address, in octets (RFC 5321 §4.5.3.1.3, less the angle brackets).
const LONGEST_ADDRESS: usize = 254;
/// The longest part before the `@` (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// The longest name before an address, in octets.
const LONGEST_NAME: usize = 200;

/// One address, with or without a name. No `Debug`: it is somebody's.
#[derive(Clone)]
pub struct Mailbox {
    name: Option<String>,
    address: Address,
}

/// It is not one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not one plain mail address")]
pub struct NoMailbox;

impl Mailbox {
    /// An address alone: a dot-atom (RFC 5322 §3.2.3, and beyond ASCII RFC 6531) at a domain name. No quotes, comments, groups, lists, routes or
    /// address literals: what mail systems read differently is nobody's address here.
    pub fn parse(text: &str) -> Result<Self, NoMailbox> {
        let (local, domain) = text.split_once('@').ok_or(NoMailbox)?;
        let domain = ascii_domain(domain)?;
        let sound = local.len() <= LONGEST_LOCAL
            && local.len() + domain.len() < LONGEST_ADDRESS
            && local
                .split('.')
                .all(|atom| !atom.is_empty() && atom.chars().all(is_atom));
        if !sound {
            return Err(NoMailbox);
        }
        let address = Address::new(local, domain).map_err(|_| NoMailbox)?;
        Ok(Self { name: None, address })
    }

    /// `name <address>`, as senders are configured, or the address alone.
    pub fn parse_named(text: &str) -> Result<Self, NoMailbox> {
        let text = text.trim();
        let Some((name, address)) = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) else {
            return Self::parse(text);
        };
        let name = name.trim().trim_matches('"');
        if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(NoMailbox);
        }
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Self {
            name,
            ..Self::parse(address)?
        })
    }

    /// The domain, as DNS knows it.
    pub fn domain(&self) -> &str {
        self.address.domain()
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn for_header(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.clone())
    }
}

/// RFC 5322 §3.2.3; beyond ASCII, letters and digits.
fn is_atom(character: char) -> bool {
    character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

/// With a dot in it, of letters, digits and hyphens once it is as DNS knows it (RFC 5891).
fn ascii_domain(domain: &str) -> Result<String, NoMailbox> {
    let Ok(Host::Domain(ascii)) = Host::parse(domain) else {
        return Err(NoMailbox);
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    // URLs may have escapes where a host is: an address may not.
    let sound = !domain.contains('%') && ascii.contains('.') && ascii.len() <= 253 && ascii.split('.').all(is_label);
    if sound { Ok(ascii) } else { Err(NoMailbox) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_addresses_are_read() {
        for (text, domain) in [
            ("alice@example.org", "example.org"),
            ("a.b+c@Mail.Example.ORG", "mail.example.org"),
            ("o'brien@example.org", "example.org"),
            ("jürgen@exämple.org", "xn--exmple-cua.org"),
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().domain(), domain, "{text}");
        }
    }

    #[test]
    fn what_could_be_two_recipients_is_none() {
        for text in [
            "",
            "alice",
            "@example.org",
            "alice@",
            "alice@example.org,mallory@example.net",
            "alice@example.org, mallory@example.net",
            "alice@example.org;mallory@example.net",
            "alice@example.org mallory@example.net",
            "alice@example.org\r\nBcc: mallory@example.net",
            "alice@example.org\nRCPT TO:<mallory@example.net>",
            "alice@example.org\0",
            "alice@example.org>\r\nRCPT TO:<mallory@example.net",
            "friends:alice@example.org,mallory@example.net;",
            "<alice@example.org>",
            "Alice <alice@example.org>",
            "@relay.example:alice@example.org",
            "alice%example.org@relay@example.net",
            "\"alice@example.org\"@example.net",
            "\"a b\"@example.org",
            "alice(comment)@example.org",
            "alice@[192.0.2.1]",
            "alice@192.0.2.1",
            "alice@localhost",
            "alice@example.org.",
            "alice@-example.org",
            "alice@exa%6dple.org",
            ".alice@example.org",
            "alice..b@example.org",
            " alice@example.org",
            "alice@example.org\u{2028}x",
            "al\u{202e}ice@example.org",
        ] {
            assert_eq!(Mailbox::parse(text).err(), Some(NoMailbox), "{text:?}");
        }
        assert!(Mailbox::parse(&format!("{}@example.org", "a".repeat(65))).is_err());
    }

    #[test]
    fn a_sender_may_have_a_name() {
        let named = Mailbox::parse_named("Accounts, Example <accounts@example.org>").unwrap();
        assert_eq!(
            named.for_header().to_string(),
            "\"Accounts, Example\" <accounts@example.org>"
        );
        assert!(Mailbox::parse_named("accounts@example.org").unwrap().name.is_none());
        assert!(Mailbox::parse_named("A\r\nBcc: b@example.org <accounts@example.org>").is_err());
        assert!(Mailbox::parse_named("A <a@example.org> <b@example.org").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_one_address_in_one_line(text in "[a-z@.<>,;:\"\\\\ \\r\\n\\x00ü%()\\[\\]-]{0,40}") {
            if let Ok(mailbox) = Mailbox::parse(&text) {
                let written = mailbox.address().to_string();
                prop_assert_eq!(written.matches('@').count(), 1);
                prop_assert!(!written.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"\\()[]".contains(c)));
            }
        }
    }
}
