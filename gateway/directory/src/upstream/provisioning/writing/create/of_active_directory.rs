//! What accounts and groups of Active Directory must hold besides ([MS-ADTS] §3.1.1.5.2.2, [MS-SAMR] §3.1.1.6, §3.1.1.8.4).

use super::super::encode::Encoded;
use super::{Blank, put};
use crate::upstream::provisioning::mapping::TypeMapping;
use postern_identity::provisioning::ResourceKind;

const ACCOUNT_NAME: &str = "sAMAccountName";
/// The longest account name of a user, for what is older than Windows 2000.
const LONGEST: usize = 20;
/// NORMAL_ACCOUNT and ACCOUNTDISABLE: nobody signs in before there is a password.
const DISABLED: &[u8] = b"514";
/// A global security group.
const GLOBAL_SECURITY_GROUP: &[u8] = b"-2147483646";

/// Account name, kind of account, kind of group.
pub(super) fn complete(mapping: &TypeMapping, encoded: &Encoded<'_>, blank: &mut Blank) {
    let (named, longest) = match mapping.kind {
        ResourceKind::User => {
            put(blank, "userAccountControl", vec![DISABLED.to_vec()]);
            let name = mapping.simple("userName").and_then(|row| encoded.text(&row.attribute));
            (name.unwrap_or_default(), LONGEST)
        }
        ResourceKind::Group => {
            put(blank, "groupType", vec![GLOBAL_SECURITY_GROUP.to_vec()]);
            (encoded.text(&mapping.rdn).unwrap_or_default(), 256)
        }
    };
    if !encoded.has(ACCOUNT_NAME) {
        // Of `user@domain` the user.
        let user = match mapping.kind {
            ResourceKind::User => named.split('@').next().unwrap_or(named),
            ResourceKind::Group => named,
        };
        put(blank, ACCOUNT_NAME, vec![account_name(user, longest).into_bytes()]);
    }
}

/// Another account name in the place of one that somebody has, if it was made up here.
pub(super) fn another_account_name(mapping: &TypeMapping, blank: &mut Blank, attempt: u32) -> bool {
    let is_mapped = mapping
        .rows
        .iter()
        .any(|row| row.attribute.eq_ignore_ascii_case(ACCOUNT_NAME));
    let own = blank
        .attributes
        .iter_mut()
        .find(|(name, _)| name.eq_ignore_ascii_case(ACCOUNT_NAME));
    let Some(value) = own.filter(|_| !is_mapped).and_then(|(_, values)| values.first_mut()) else {
        return false;
    };
    let suffix = attempt.to_string();
    let text = String::from_utf8_lossy(value);
    let before = text.trim_end_matches(|character: char| attempt > 1 && character.is_ascii_digit());
    let kept: String = before.chars().take(LONGEST - suffix.len()).collect();
    *value = format!("{kept}{suffix}").into_bytes();
    true
}

/// What is left of a name without what account names may not hold.
fn account_name(name: &str, longest: usize) -> String {
    let allowed = |character: &char| !"\"/\\[]:;|=,+*?<>@".contains(*character) && !character.is_control();
    let kept: String = name.chars().filter(allowed).take(longest).collect();
    let kept = kept.trim().trim_end_matches('.');
    if kept.is_empty() {
        "account".to_owned()
    } else {
        kept.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_is_what_a_name_leaves() {
        for (name, wanted) in [
            ("bob", "bob"),
            ("a.very.long.name.of.somebody", "a.very.long.name.of"),
            ("b/o[b]*", "bob"),
            ("***", "account"),
            ("müller", "müller"),
        ] {
            assert_eq!(account_name(name, LONGEST), wanted);
        }
    }
}
