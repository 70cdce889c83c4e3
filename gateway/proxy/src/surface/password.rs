//! A refused password change, told in the words of whoever asked for it: RFC 3062's clients read result code and password policy control,
//! those of Active Directory the error code at the beginning of the text.

use postern_identity::PasswordRule;
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::error;

/// What a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// The result code.
    pub(crate) code: ResultCode,
    /// The text.
    pub(crate) text: &'static str,
    /// The error of the password policy control (draft-behera-ldap-password-policy §6.2), for who asked for one.
    pub(crate) error: Option<u32>,
}

/// To a password modify (RFC 3062). `None`: the directory did not say why. A wrong old password is told in the directory's own words, which
/// are the guard's too.
pub(crate) fn modified(rule: Option<PasswordRule>, code: ResultCode, wrong_old: (ResultCode, &'static str)) -> Told {
    use PasswordRule as Rule;
    let constraint = ResultCode::CONSTRAINT_VIOLATION;
    let (code, text, error) = match rule {
        Some(Rule::TooShort) => (
            constraint,
            "the new password is too short",
            Some(error::PASSWORD_TOO_SHORT),
        ),
        // Clients that read an older draft know no number for it.
        Some(Rule::TooLong) => (
            constraint,
            "the new password is too long",
            Some(error::INSUFFICIENT_PASSWORD_QUALITY),
        ),
        Some(Rule::TooYoung) => (
            constraint,
            "the password was changed too short a time ago",
            Some(error::PASSWORD_TOO_YOUNG),
        ),
        Some(Rule::History) => (
            constraint,
            "the new password was used before",
            Some(error::PASSWORD_IN_HISTORY),
        ),
        Some(Rule::Quality | Rule::Dictionary) => (
            constraint,
            "the new password is too simple",
            Some(error::INSUFFICIENT_PASSWORD_QUALITY),
        ),
        Some(Rule::Policy) => (
            constraint,
            "the new password is too short, too simple or was used before, or the present one is too new",
            Some(error::INSUFFICIENT_PASSWORD_QUALITY),
        ),
        Some(Rule::Forbidden) => (
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "this password may not be changed by you",
            Some(error::PASSWORD_MOD_NOT_ALLOWED),
        ),
        Some(Rule::WrongOld) => (wrong_old.0, wrong_old.1, None),
        Some(Rule::OldNeeded) => (
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "the old password has to be given with the new one",
            Some(error::MUST_SUPPLY_OLD_PASSWORD),
        ),
        Some(Rule::Transport) => (
            ResultCode::CONFIDENTIALITY_REQUIRED,
            "the directory takes passwords over protected connections alone",
            None,
        ),
        None => (code, "the directory did not take the new password", None),
    };
    Told { code, text, error }
}

/// To a modify of `unicodePwd`, as Samba words it; Windows says the same by the code alone. Keycloak and its like look for `52D`.
pub(crate) fn of_active_directory(rule: Option<PasswordRule>, code: ResultCode) -> Told {
    use PasswordRule as Rule;
    let constraint = ResultCode::CONSTRAINT_VIOLATION;
    let (code, text) = match rule {
        Some(Rule::TooShort) => (
            constraint,
            "0000052D: Constraint violation - check_password_restrictions: the password is too short",
        ),
        Some(Rule::TooYoung) => (
            constraint,
            "0000052D: Constraint violation - check_password_restrictions: password is too young to change!",
        ),
        Some(Rule::History) => (
            constraint,
            "0000052D: Constraint violation - check_password_restrictions: the password was already used (in history)!",
        ),
        Some(Rule::Quality | Rule::Dictionary) => (
            constraint,
            "0000052D: Constraint violation - check_password_restrictions: the password does not meet the complexity criteria!",
        ),
        Some(Rule::TooLong | Rule::Policy) => (
            constraint,
            "0000052D: Constraint violation - check_password_restrictions",
        ),
        Some(Rule::WrongOld) => (
            constraint,
            "00000056: Constraint violation - check_password_restrictions: The old password specified doesn't match!",
        ),
        Some(Rule::Forbidden | Rule::OldNeeded) => (
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "00000005: SecErr: DSID-031A1190, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0",
        ),
        Some(Rule::Transport) => (
            ResultCode::UNWILLING_TO_PERFORM,
            "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
        ),
        None => (code, "the directory did not take the new password"),
    };
    Told {
        code,
        text,
        error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_directory::{ActiveDirectory, Dialect as _, WriteAnswer};
    use postern_ldap::Controls;

    const WRONG_OLD: (ResultCode, &str) = (ResultCode::UNWILLING_TO_PERFORM, "unwilling to verify old password");

    #[test]
    fn what_is_told_as_active_directory_reads_back_as_the_same_rule() {
        let dialect = ActiveDirectory::new();
        for rule in PasswordRule::ALL {
            let told = of_active_directory(Some(rule), ResultCode::OTHER);
            let read = dialect.read_password_refusal(&WriteAnswer {
                code: told.code,
                diagnostic: told.text.as_bytes(),
                controls: Controls::new(&[]),
                extended: false,
            });
            let wanted = match rule {
                // It has no words for these.
                PasswordRule::TooLong => PasswordRule::Policy,
                PasswordRule::Dictionary => PasswordRule::Quality,
                PasswordRule::OldNeeded => PasswordRule::Forbidden,
                rule => rule,
            };
            assert_eq!(read.rule, Some(wanted), "{rule}");
        }
    }

    #[test]
    fn a_wrong_old_password_is_told_as_the_guard_tells_it() {
        let dialect = ActiveDirectory::new();
        let told = of_active_directory(Some(PasswordRule::WrongOld), ResultCode::OTHER);
        assert_eq!((told.code, told.text), dialect.wrong_old_password(false));
        let told = modified(Some(PasswordRule::WrongOld), ResultCode::OTHER, WRONG_OLD);
        assert_eq!((told.code, told.text, told.error), (WRONG_OLD.0, WRONG_OLD.1, None));
    }

    #[test]
    fn every_rule_has_the_error_of_the_draft_that_says_it() {
        let errors = PasswordRule::ALL.map(|rule| modified(Some(rule), ResultCode::OTHER, WRONG_OLD).error);
        assert_eq!(
            errors,
            [
                Some(6),
                Some(5),
                Some(7),
                Some(8),
                Some(5),
                Some(5),
                Some(5),
                Some(3),
                None,
                Some(4),
                None
            ]
        );
    }

    #[test]
    fn no_refusal_is_a_success_and_what_was_not_said_keeps_its_code() {
        for rule in PasswordRule::ALL {
            assert_ne!(
                modified(Some(rule), ResultCode::SUCCESS, WRONG_OLD).code,
                ResultCode::SUCCESS
            );
            assert_ne!(
                of_active_directory(Some(rule), ResultCode::SUCCESS).code,
                ResultCode::SUCCESS
            );
        }
        assert_eq!(modified(None, ResultCode(53), WRONG_OLD).code, ResultCode(53));
        assert_eq!(of_active_directory(None, ResultCode(32)).code, ResultCode(32));
    }
}
