//! What is refused, in slapd's words, and what our own dialect of slapd makes of them.

use super::*;
use crate::upstream::dialect::Dialect;
use crate::upstream::openldap::OpenLdap;
use crate::upstream::write::WriteAnswer;
use postern_identity::PasswordRule;
use postern_ldap::Controls;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;

const FAILS: &str = "Password fails quality checking policy";
const NEEDED: &str = "Must supply old password to be changed as well as new one";
const UNVERIFIED: &str = "unwilling to verify old password";
const WRONG: &str = "Must supply correct old password to change to new one";
const YOUNG: &str = "Password is too young to change";

/// The account, its policy and what is asked; then code, error, text and the rule.
type Case<'a> = (
    &'a Entry,
    &'a Policy,
    Setting,
    u32,
    Option<u32>,
    &'static str,
    PasswordRule,
);

#[tokio::test]
async fn every_refusal_has_slapds_code_error_and_text_and_is_read_as_the_rule_it_is() {
    let owner = |new: &str| setting(By::Owner, plain(new));
    let young = account(&[("pwdChangedTime", &ago(3599))]);
    let old = account(&[("pwdChangedTime", &ago(3600))]);
    let mut former = old.clone();
    former.set(
        "pwdHistory",
        vec![b"20261101000000Z#1.3.6.1.4.1.1466.115.121.1.40#9#a long on".to_vec()],
    );
    let safe = Policy {
        safe_modify: true,
        ..policy()
    };
    let fixed = Policy {
        allow_user_change: false,
        ..policy()
    };
    let strict = Policy {
        check_quality: 2,
        in_history: 0,
        ..policy()
    };
    let short = Policy {
        min_length: 3,
        ..policy()
    };
    let hashed = "{SSHA}auyXbsf/3BTBWOR+HCR+llGLa8kt25i5";
    let usual = policy();
    let cases: Vec<Case<'_>> = vec![
        (&old, &usual, owner("short"), 19, Some(6), FAILS, PasswordRule::TooShort),
        (&old, &usual, owner(""), 19, Some(6), FAILS, PasswordRule::TooShort),
        (
            &old,
            &usual,
            owner("longer than twenty octets"),
            19,
            Some(9),
            FAILS,
            PasswordRule::TooLong,
        ),
        (
            &young,
            &usual,
            owner("something new"),
            19,
            Some(7),
            YOUNG,
            PasswordRule::TooYoung,
        ),
        (
            &old,
            &short,
            owner("present"),
            19,
            Some(8),
            "Password is not being changed from existing value",
            PasswordRule::History,
        ),
        (
            &former,
            &usual,
            owner("a long on"),
            19,
            Some(8),
            "Password is in history of old passwords",
            PasswordRule::History,
        ),
        (
            &old,
            &fixed,
            owner("something new"),
            50,
            Some(3),
            "User alteration of password is not allowed",
            PasswordRule::Forbidden,
        ),
        (
            &old,
            &safe,
            owner("something new"),
            50,
            Some(4),
            NEEDED,
            PasswordRule::OldNeeded,
        ),
        (
            &old,
            &safe,
            setting(By::Writer, plain("something new")),
            50,
            Some(4),
            NEEDED,
            PasswordRule::OldNeeded,
        ),
        (
            &old,
            &safe,
            with_old(By::Owner, plain("something new"), deleted("wrong")),
            53,
            Some(4),
            WRONG,
            PasswordRule::WrongOld,
        ),
        (
            &old,
            &safe,
            with_old(By::Owner, plain("something new"), operation("wrong")),
            53,
            None,
            UNVERIFIED,
            PasswordRule::WrongOld,
        ),
        (
            &old,
            &usual,
            with_old(By::Owner, plain("something new"), operation("wrong")),
            53,
            None,
            UNVERIFIED,
            PasswordRule::WrongOld,
        ),
        (
            &old,
            &usual,
            with_old(By::Administrator, plain("something new"), operation("wrong")),
            53,
            None,
            UNVERIFIED,
            PasswordRule::WrongOld,
        ),
        (
            &old,
            &strict,
            setting(By::Owner, written(hashed)),
            19,
            Some(5),
            FAILS,
            PasswordRule::Quality,
        ),
        (
            &old,
            &usual,
            setting(By::Writer, written(hashed)),
            19,
            Some(5),
            FAILS,
            PasswordRule::Quality,
        ),
        (
            &old,
            &usual,
            setting(By::Owner, written("{SASL}alice")),
            19,
            Some(5),
            FAILS,
            PasswordRule::Quality,
        ),
        (
            &old,
            &usual,
            setting(By::Administrator, written("{MD5}PLTnMmMfR+brlh80VUt83g==")),
            19,
            Some(5),
            "Password hash of a kind or at a cost that cannot be checked here",
            PasswordRule::Quality,
        ),
        // The order: the old one of an operation, who may, how old, the old one of a modify, then the new one.
        (
            &young,
            &safe,
            with_old(By::Owner, plain("short"), operation("wrong")),
            53,
            None,
            UNVERIFIED,
            PasswordRule::WrongOld,
        ),
        (
            &young,
            &safe,
            with_old(By::Owner, plain("short"), deleted("wrong")),
            19,
            Some(7),
            YOUNG,
            PasswordRule::TooYoung,
        ),
        (
            &old,
            &safe,
            with_old(By::Owner, plain("short"), deleted("wrong")),
            53,
            Some(4),
            WRONG,
            PasswordRule::WrongOld,
        ),
    ];
    for (account, policy, setting, code, error, text, rule) in cases {
        let refusal = refusal(account, policy, setting).await;
        assert_eq!((refusal.code.0, refusal.error, refusal.text), (code, error, text));
        let control = PasswordPolicyResponse { warning: None, error }.control();
        let read = OpenLdap::new().read_password_refusal(&WriteAnswer {
            code: refusal.code,
            diagnostic: refusal.text.as_bytes(),
            controls: Controls::new(if error.is_some() { &control } else { &[] }),
            extended: false,
        });
        assert_eq!(read.rule, Some(rule), "{text}");
    }
}
