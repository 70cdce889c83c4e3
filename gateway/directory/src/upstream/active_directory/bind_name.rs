//! The names besides a DN that a domain controller takes in a bind (MS-ADTS §5.1.1.1.1), each of them seen to be taken by Samba but for the
//! display name, which only Windows takes.

use super::entry::domain_of;
use crate::upstream::bind_name::BindName;
use std::borrow::Cow;

/// Whose account a name is, in a domain with this entry in it. Blanks around it do not count.
pub(super) fn read<'a>(name: &'a str, base: &str) -> BindName<'a> {
    let name = name.trim();
    if let Some(inside) = name.strip_prefix('<') {
        // "<GUID=…>" and "<SID=…>", perhaps with more behind, in small letters where somebody folded it.
        let inside = inside.split_once('>').map_or(inside, |(inside, _)| inside);
        return match inside.split_once('=') {
            Some((kind, id)) => BindName::Base(Cow::Owned(format!("<{}={id}>", kind.to_ascii_uppercase()))),
            None => BindName::Untold,
        };
    }
    if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("s-1-")) {
        return BindName::Base(Cow::Owned(format!("<SID={}>", name.to_ascii_uppercase())));
    }
    // Canonical names ("ad.example.org/people/alice"), and service principal names.
    if name.contains(['/', '\n']) {
        return BindName::Untold;
    }
    if let Some((_, user)) = name.split_once('\\') {
        return BindName::AnyOf(vec![("sAMAccountName", user)]);
    }
    let mut any = vec![("userPrincipalName", name)];
    match name.rsplit_once('@') {
        // The account name with the domain's name, or with its older one, which has no dots.
        Some((user, domain)) if !domain.contains('.') || is_domain(domain, base) => any.push(("sAMAccountName", user)),
        Some(_) => {}
        None => any.push(("displayName", name)),
    }
    BindName::AnyOf(any)
}

/// Whether this is the DNS name of the domain the entry is in.
fn is_domain(name: &str, entry: &str) -> bool {
    let Some(domain) = domain_of(entry) else { return true };
    let labels = domain.split(',').map(|part| part.trim_start_matches("dc="));
    labels.eq(name.to_ascii_lowercase().split('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "OU=people,DC=ad,DC=example,DC=org";

    #[test]
    fn each_form_leads_to_the_attribute_that_has_it() {
        let sam = ("sAMAccountName", "alice");
        for (name, wanted) in [
            ("ADEX\\alice", vec![sam]),
            (" adex\\alice ", vec![sam]),
            (
                "alice@ad.example.org",
                vec![("userPrincipalName", "alice@ad.example.org"), sam],
            ),
            (
                "alice@AD.Example.org",
                vec![("userPrincipalName", "alice@AD.Example.org"), sam],
            ),
            ("alice@adex", vec![("userPrincipalName", "alice@adex"), sam]),
            ("alice@example.org", vec![("userPrincipalName", "alice@example.org")]),
            (
                "Alice Doe",
                vec![("userPrincipalName", "Alice Doe"), ("displayName", "Alice Doe")],
            ),
        ] {
            assert_eq!(read(name, BASE), BindName::AnyOf(wanted), "{name}");
        }
    }

    #[test]
    fn ids_stand_in_the_place_of_a_dn() {
        for (name, wanted) in [
            (
                "<guid=0ae5c440-855f-40f9-9fe5-930cb526adfa>",
                "<GUID=0ae5c440-855f-40f9-9fe5-930cb526adfa>",
            ),
            ("<GUID=0ae5>;cn=x", "<GUID=0ae5>"),
            ("<SID=S-1-5-21-1>", "<SID=S-1-5-21-1>"),
            ("s-1-5-21-1", "<SID=S-1-5-21-1>"),
        ] {
            assert_eq!(read(name, BASE), BindName::Base(wanted.into()), "{name}");
        }
    }

    #[test]
    fn what_only_the_directory_can_read_is_not_guessed_at() {
        for name in [
            "ad.example.org/people/alice",
            "ad.example.org/people\nalice",
            "HOST/dc1",
            "<x>",
        ] {
            assert_eq!(read(name, BASE), BindName::Untold, "{name}");
        }
    }
}
