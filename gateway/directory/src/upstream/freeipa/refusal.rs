//! Why a password write was refused: by the password plug-in, in its own words, or else by the server under it.
//!
//! The plug-in has error 3 of the password policy control ("not allowed") for whatever the control has no number for, so there the words
//! decide, and without words it is some rule of the policy.

use crate::upstream::ds389::refusal as server;
use crate::upstream::write::WriteAnswer;
use postern_identity::{PasswordRefusal, PasswordRule};
use postern_ldap::ResultCode;

const WORDS: &[(&str, PasswordRule, &str)] = &[
    ("too soon to change", PasswordRule::TooYoung, "text: too soon"),
    ("password is too short", PasswordRule::TooShort, "text: too short"),
    ("password reuse not permitted", PasswordRule::History, "text: reuse"),
    (
        "based on a dictionary word",
        PasswordRule::Dictionary,
        "text: dictionary",
    ),
    ("password is too simple", PasswordRule::Quality, "text: too simple"),
    (
        "too many consecutive characters",
        PasswordRule::Quality,
        "text: consecutive characters",
    ),
    ("monotonic sequence", PasswordRule::Quality, "text: sequence"),
    ("palindrom", PasswordRule::Quality, "text: palindrome"),
    ("palindron", PasswordRule::Quality, "text: palindrome"),
    ("contains username", PasswordRule::Quality, "text: user name"),
];

pub(super) fn read(answer: &WriteAnswer<'_>) -> PasswordRefusal {
    let refusal = server::read(answer);
    if answer.code != ResultCode::CONSTRAINT_VIOLATION || refusal.told_by == "malformed control" {
        return refusal;
    }
    let text = answer.diagnostic.to_ascii_lowercase();
    let said = |words: &&(&str, PasswordRule, &str)| {
        let words = words.0.as_bytes();
        text.windows(words.len()).any(|part| part == words)
    };
    if let Some((_, rule, told_by)) = WORDS.iter().find(said) {
        return PasswordRefusal {
            rule: Some(*rule),
            told_by,
            ..refusal
        };
    }
    match refusal.rule {
        Some(PasswordRule::Forbidden) => PasswordRefusal {
            rule: Some(PasswordRule::Policy),
            ..refusal
        },
        _ => refusal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::Controls;
    use postern_ldap::control::ppolicy::PasswordPolicyResponse;

    fn rule(code: u32, text: &str, error: Option<u32>, extended: bool) -> Option<PasswordRule> {
        let control = PasswordPolicyResponse { warning: None, error }.control();
        let refusal = read(&WriteAnswer {
            code: ResultCode(code),
            diagnostic: text.as_bytes(),
            controls: Controls::new(if error.is_some() { &control } else { &[] }),
            extended,
        });
        refusal.rule
    }

    #[test]
    fn the_plug_ins_words_name_the_rule_whatever_number_stands_beside_them() {
        for (text, error, wanted) in [
            ("Too soon to change password", 7, PasswordRule::TooYoung),
            ("Password is too short", 6, PasswordRule::TooShort),
            ("Password reuse not permitted", 8, PasswordRule::History),
            ("Password is too simple", 5, PasswordRule::Quality),
            ("Password has too many consecutive characters", 3, PasswordRule::Quality),
            ("Password contains a monotonic sequence", 3, PasswordRule::Quality),
            ("Password is based on a dictionary word", 3, PasswordRule::Dictionary),
            ("Password is a palindrone", 3, PasswordRule::Quality),
            ("Password contains username", 3, PasswordRule::Quality),
        ] {
            for error in [Some(error), None] {
                assert_eq!(rule(19, text, error, true), Some(wanted), "{text}");
            }
        }
    }

    #[test]
    fn without_words_a_number_says_it_and_3_is_some_rule() {
        let general = "Password does not meet the policy requirements";
        assert_eq!(rule(19, general, Some(3), true), Some(PasswordRule::Policy));
        assert_eq!(rule(19, general, Some(6), true), Some(PasswordRule::TooShort));
        assert_eq!(rule(19, general, None, true), None);
        assert_eq!(rule(50, "", Some(3), true), Some(PasswordRule::Forbidden));
        assert_eq!(rule(13, "", None, true), Some(PasswordRule::Transport));
        assert_eq!(rule(49, "", None, true), Some(PasswordRule::WrongOld));
    }
}
