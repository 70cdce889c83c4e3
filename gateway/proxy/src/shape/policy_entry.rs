//! The policy as an entry of ours (draft-behera-ldap-password-policy §5.2): what SSSD and Nextcloud look up beside an account.

use super::Shape;
use postern_directory::PolicyFigures;
use postern_identity::DistinguishedName;
use postern_ldap::attribute::base_type;
use postern_ldap::ber::Writer;
use postern_ldap::search::{Scope, SearchRequest};
use postern_ldap::{MessageId, answer, entry, filter, tag};

/// How long before its end a password is said to expire soon, where no policy says: Windows' own default.
const WARNING: u64 = 14 * 86_400;

/// In seconds.
pub(super) fn warning(figures: &PolicyFigures) -> u64 {
    figures.warning.unwrap_or(WARNING)
}

impl Shape {
    /// Whether a search is about the policy's entry.
    pub(crate) fn is_policy(&self, base: &[u8]) -> bool {
        let Some(policy) = &self.policy_name else { return false };
        DistinguishedName::parse(base).is_ok_and(|base| base == *policy)
    }

    /// The entry a search of the policy's name finds, if any. It holds what the directory's usual policy demands.
    pub(crate) fn policy_entry(&self, id: MessageId, search: &SearchRequest<'_>) -> Option<Vec<u8>> {
        let dn = self.settings.policy_dn.as_deref()?;
        if matches!(search.scope, Scope::One | Scope::Other(_)) || !is_met(search) {
            return None;
        }
        let policy = self.policies.usual(&self.upstream, dn);
        let figures = policy.as_deref().map(PolicyFigures::read).unwrap_or_default();
        let asked: Vec<&[u8]> = search.attributes().map_while(Result::ok).collect();
        let everything = asked.is_empty() || asked.contains(&&b"*"[..]);
        let mut content = Writer::new();
        content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
            for (name, values) in attributes(dn, &figures) {
                let named = asked
                    .iter()
                    .any(|asked| base_type(asked).eq_ignore_ascii_case(name.as_bytes()));
                if everything || named {
                    let values: &[String] = if search.types_only { &[] } else { &values };
                    entry::encode(list, name.as_bytes(), values);
                }
            }
        });
        Some(answer::message(id, tag::SEARCH_ENTRY, &content.finish(), &[]))
    }
}

/// `(objectClass=*)`, and the classes it has, are all a policy is looked for by; anything else does not find it.
fn is_met(search: &SearchRequest<'_>) -> bool {
    let filter = search.filter.whole;
    let met = |class: &str| filter.eq_ignore_ascii_case(&filter::equality(b"objectClass", class.as_bytes()));
    filter.eq_ignore_ascii_case(&filter::present(b"objectClass")) || CLASSES.into_iter().any(met)
}

const CLASSES: [&str; 3] = ["top", "device", "pwdPolicy"];

fn attributes(dn: &str, figures: &PolicyFigures) -> Vec<(&'static str, Vec<String>)> {
    let number = |number: Option<u64>| vec![number.unwrap_or(0).to_string()];
    let truth = |truth: bool| vec![if truth { "TRUE" } else { "FALSE" }.to_owned()];
    let mut all = vec![
        ("objectClass", CLASSES.map(str::to_owned).to_vec()),
        ("pwdAttribute", vec!["userPassword".to_owned()]),
        ("pwdMaxAge", number(figures.max_age)),
        ("pwdMinAge", number(figures.min_age)),
        ("pwdMinLength", number(figures.min_length)),
        ("pwdInHistory", number(figures.history)),
        ("pwdExpireWarning", number(Some(warning(figures)))),
        ("pwdGraceAuthNLimit", number(figures.grace)),
        ("pwdLockout", truth(figures.max_failures.is_some())),
        ("pwdMaxFailure", number(figures.max_failures)),
        ("pwdLockoutDuration", number(figures.lockout)),
        ("pwdFailureCountInterval", number(figures.failure_window)),
        ("pwdMustChange", truth(true)),
        ("pwdAllowUserChange", truth(true)),
    ];
    // The RDN's value is one of its attributes (RFC 4512 §2.3).
    if let Some(name) = dn.split(',').next().and_then(|rdn| rdn.trim().strip_prefix("cn=")) {
        all.push(("cn", vec![name.to_owned()]));
    }
    all
}
