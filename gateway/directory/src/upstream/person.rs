//! Which attributes tell of a person, and the person an entry tells of.

use super::entry::Entry;
use postern_identity::person::{LONGEST_VALUE, MOST_VALUES};
use postern_identity::{AccountKey, Person};

/// Attributes that tell of a person. Of several for one thing, the first ones come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonAttributes {
    /// Plain names to sign in with.
    pub logins: Vec<String>,
    /// `user@domain` to sign in with.
    pub upn: Option<String>,
    /// What to call them: the first that is there.
    pub display_name: Vec<String>,
    /// Mail addresses.
    pub mails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Preferred languages.
    pub language: String,
    /// The manager's DN.
    pub manager: String,
    /// Those of the attributes above that people can write in their own entries.
    pub self_asserted: Vec<String>,
    /// What all accounts of one person have in common. No product has such an attribute of its own.
    pub link: Option<String>,
}

impl PersonAttributes {
    /// Those of inetOrgPerson (RFC 2798).
    pub fn usual() -> Self {
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            logins: named(&["uid"]),
            upn: None,
            display_name: named(&["displayName", "cn"]),
            mails: named(&["mail"]),
            phones: named(&["mobile", "telephoneNumber"]),
            language: "preferredLanguage".to_owned(),
            manager: "manager".to_owned(),
            self_asserted: Vec::new(),
            link: None,
        }
    }

    /// All of them, each once.
    pub(super) fn all(&self) -> Vec<&str> {
        let several = [&self.logins, &self.display_name, &self.mails, &self.phones];
        let one = [
            self.upn.as_ref(),
            Some(&self.language),
            Some(&self.manager),
            self.link.as_ref(),
        ];
        let mut all: Vec<&str> = Vec::new();
        for name in several.into_iter().flatten().chain(one.into_iter().flatten()) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                all.push(name);
            }
        }
        all
    }

    /// The person an entry tells of.
    pub(super) fn read(&self, entry: &Entry, key: AccountKey) -> Person {
        let first = |name: &str| values(entry, name).next();
        let several = |names: &[String]| -> Vec<String> {
            let mut found: Vec<String> = Vec::new();
            for value in names.iter().flat_map(|name| values(entry, name)) {
                if found.len() < MOST_VALUES && !found.contains(&value) {
                    found.push(value);
                }
            }
            found
        };
        let is_own = |name: &&String| self.self_asserted.iter().any(|own| own.eq_ignore_ascii_case(name));
        let reaching = || self.mails.iter().chain(&self.phones);
        let given: Vec<String> = reaching()
            .filter(|name| !is_own(name))
            .flat_map(|name| values(entry, name))
            .collect();
        let mails: Vec<String> = several(&self.mails)
            .into_iter()
            .filter(|mail| is_address(mail))
            .collect();
        let phones = several(&self.phones);
        // Whatever stands in one of the others too was written by somebody else as well.
        let self_asserted = mails.iter().chain(&phones).filter(|value| !given.contains(value));
        let self_asserted = self_asserted.cloned().collect();
        Person {
            key,
            dn: entry.dn().to_owned(),
            logins: several(&self.logins),
            upn: self.upn.as_deref().and_then(first),
            display_name: self.display_name.iter().find_map(|name| first(name)),
            mails,
            phones,
            self_asserted,
            language: first(&self.language),
            manager: first(&self.manager),
            link: self.link.as_deref().and_then(first),
        }
    }
}

/// How groups name their members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memberships {
    /// Attributes of a group that name members by DN.
    pub by_dn: &'static [&'static str],
    /// Attributes of a group that name members by login name.
    pub by_login: &'static [&'static str],
    /// A matching rule that follows nesting by itself, for the first of `by_dn`.
    pub chain: Option<&'static str>,
    /// Whether an account has one more group that names it nowhere: `primaryGroupID` beside the account's own `objectSid`.
    pub primary: bool,
}

impl Memberships {
    /// groupOfNames, groupOfUniqueNames (RFC 4519) and posixGroup (RFC 2307).
    pub const USUAL: Self = Self {
        by_dn: &["member", "uniqueMember"],
        by_login: &["memberUid"],
        chain: None,
        primary: false,
    };
}

/// What can be shown, and is not longer than anybody would write.
fn values<'a>(entry: &'a Entry, name: &'a str) -> impl Iterator<Item = String> + 'a {
    entry
        .values(name)
        .filter(|value| value.len() <= LONGEST_VALUE)
        .filter_map(|value| std::str::from_utf8(value).ok())
        .filter(|text| !text.chars().all(char::is_whitespace) && !text.chars().any(char::is_control))
        .map(str::to_owned)
}

/// Whether something can be sent there: one "@" with something on both sides, and nothing that a header could be made of. The mail server
/// judges the rest.
fn is_address(mail: &str) -> bool {
    let parts = mail.split_once('@');
    let plain = |part: &str| !part.is_empty() && !part.contains(['@', ',', ';', '<', '>', '"', ' ']);
    parts.is_some_and(|(user, domain)| plain(user) && plain(domain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::DirectoryName;

    fn key() -> AccountKey {
        AccountKey {
            directory: DirectoryName("people".into()),
            id: "1".into(),
        }
    }

    #[test]
    fn a_person_is_read_in_the_order_of_the_attributes() {
        let entry = Entry::new(
            "uid=a,dc=org",
            &[
                ("uid", &["a", "ay"]),
                ("cn", &["Ann A"]),
                ("mail", &["ann@example.org", "a@example.org", "ann@example.org"]),
                ("telephoneNumber", &["+49 1"]),
                ("mobile", &["+49 2"]),
                ("preferredLanguage", &["de"]),
                ("manager", &["uid=b,dc=org"]),
                ("employeeNumber", &["7"]),
            ],
        );
        let mut attributes = PersonAttributes::usual();
        attributes.link = Some("employeeNumber".to_owned());
        let person = attributes.read(&entry, key());
        assert_eq!(person.logins, ["a", "ay"]);
        assert_eq!(person.display_name.as_deref(), Some("Ann A"));
        assert_eq!(person.mails, ["ann@example.org", "a@example.org"]);
        assert_eq!(person.phones, ["+49 2", "+49 1"], "mobile ones first");
        assert_eq!(person.language.as_deref(), Some("de"));
        assert_eq!(person.manager.as_deref(), Some("uid=b,dc=org"));
        assert_eq!(person.link.as_deref(), Some("7"));
        assert_eq!((person.upn, person.dn.as_str()), (None, "uid=a,dc=org"));
        assert!(attributes.all().contains(&"employeeNumber"));
    }

    #[test]
    fn what_stands_in_people_s_own_attributes_alone_is_marked() {
        let entry = Entry::new(
            "uid=a,dc=org",
            &[
                ("mail", &["a@example.org"]),
                ("otherMailbox", &["a@home.example", "a@example.org"]),
                ("mobile", &["+49 2"]),
                ("telephoneNumber", &["+49 1"]),
            ],
        );
        let mut attributes = PersonAttributes::usual();
        attributes.mails = vec!["otherMailbox".to_owned(), "mail".to_owned()];
        assert!(attributes.read(&entry, key()).self_asserted.is_empty());
        attributes.self_asserted = vec!["OTHERMAILBOX".to_owned(), "mobile".to_owned()];
        let person = attributes.read(&entry, key());
        assert_eq!(person.self_asserted, ["a@home.example", "+49 2"]);
        assert_eq!(person.mails, ["a@home.example", "a@example.org"]);
    }

    #[test]
    fn what_nobody_would_write_is_left_out() {
        let long = "a".repeat(LONGEST_VALUE + 1);
        let many: Vec<String> = (0..100).map(|number| format!("a{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let entry = Entry::new(
            "uid=a,dc=org",
            &[
                ("uid", &many),
                ("displayName", &[" ", &long, "bell\u{7}"]),
                ("cn", &["Ann"]),
                (
                    "mail",
                    &[
                        "a@b\r\nBcc: c@d",
                        "a",
                        "@b",
                        "a@",
                        "a@b, c@d",
                        "A <a@b>",
                        "a@b@c",
                        "a@b",
                    ],
                ),
            ],
        );
        let person = PersonAttributes::usual().read(&entry, key());
        assert_eq!(person.logins.len(), MOST_VALUES);
        assert_eq!(person.display_name.as_deref(), Some("Ann"));
        assert_eq!(person.mails, ["a@b"]);
    }

    #[test]
    fn a_person_is_not_printed() {
        let entry = Entry::new("uid=a,dc=org", &[("mail", &["ann@example.org"])]);
        let printed = format!("{:?}", PersonAttributes::usual().read(&entry, key()));
        assert!(!printed.contains("ann") && !printed.contains("uid=a"), "{printed}");
    }
}
