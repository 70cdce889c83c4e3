//! The names people are called by where no DN is given (MS-ADTS §5.1.1.1.1): `DOMAIN\\user`, `user@domain`, and the bare account name, which
//! administrators use.

use super::entry::domain_of;

/// By which attributes' values somebody may be meant.
pub(super) fn claims(name: &str, base: &str) -> Vec<(&'static str, String)> {
    const ACCOUNT: &str = "sAMAccountName";
    // The domain is not compared: whoever is guessed at under another's name is guessed at.
    if let Some((_, user)) = name.split_once('\\') {
        return vec![(ACCOUNT, user.to_owned())];
    }
    let Some((user, domain)) = name.rsplit_once('@') else {
        return vec![(ACCOUNT, name.to_owned())];
    };
    let mut claims = vec![("userPrincipalName", name.to_owned())];
    // Everybody has this name too, whatever the attribute says.
    if dns_name(base).is_some_and(|own| own.eq_ignore_ascii_case(domain)) {
        claims.push((ACCOUNT, user.to_owned()));
    }
    claims
}

/// `ad.example.org` of a base in `dc=ad,dc=example,dc=org`.
fn dns_name(base: &str) -> Option<String> {
    let labels: Vec<String> = domain_of(base)?
        .split(',')
        .filter_map(|part| part.strip_prefix("dc=").map(str::to_owned))
        .collect();
    Some(labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::claims;

    const BASE: &str = "OU=people,DC=ad,DC=example,DC=org";

    #[test]
    fn each_form_of_a_name_means_one_account() {
        let account = |user: &str| ("sAMAccountName", user.to_owned());
        let upn = |name: &str| ("userPrincipalName", name.to_owned());
        for (name, wanted) in [
            ("ADEX\\alice", vec![account("alice")]),
            ("alice", vec![account("alice")]),
            (
                "alice@AD.example.org",
                vec![upn("alice@AD.example.org"), account("alice")],
            ),
            ("alice@example.com", vec![upn("alice@example.com")]),
            ("a@b@ad.example.org", vec![upn("a@b@ad.example.org"), account("a@b")]),
            ("", vec![account("")]),
        ] {
            assert_eq!(claims(name, BASE), wanted, "{name}");
        }
        assert_eq!(claims("a@b", "o=elsewhere"), [upn("a@b")]);
    }
}
