//! Spring Security's `ActiveDirectoryLdapAuthenticationProvider` and Keycloak's mapper for Active Directory: both look into the text.

use super::Concludes::*;
use super::{Concludes, Signed, is_one_line, java_message, promises};

#[test]
fn spring_makes_its_own_exception_of_an_expired_password_and_of_one_that_must_be_changed() {
    let promised = [
        LetIn,
        SaysExpired,
        SaysExpired,
        SaysExpired,
        LetIn,
        LetIn,
        WrongPassword, // nobody's lock is proven by slapd
        WrongPassword,
        WrongPassword,
        WrongPassword,
    ];
    promises("spring-ad", false, spring, promised);
}

#[test]
fn keycloak_asks_for_a_new_password_where_the_sub_code_says_that_the_old_one_was_right() {
    let promised = [
        LetIn,
        NewPassword,
        NewPassword,
        NewPassword,
        LetIn,
        LetIn,
        WrongPassword,
        WrongPassword,
        WrongPassword,
        WrongPassword,
    ];
    promises("keycloak-ad", false, keycloak, promised);
}

#[test]
fn both_read_every_sub_code_as_its_own_state() {
    for (code, by_spring, by_keycloak) in [
        ("52e", WrongPassword, WrongPassword),
        ("532", SaysExpired, NewPassword),
        ("773", WrongPassword, NewPassword),
        ("533", SaysDisabled, SaysDisabled),
        ("701", SaysEnded, WrongPassword),
        ("775", SaysLocked, SaysLocked),
        ("530", WrongPassword, WrongPassword),
    ] {
        let text = format!(
            "[LDAP: error code 49 - 80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data {code}, \
             v3839; Set a new password at https://reset.example.org/]"
        );
        assert_eq!(spring_reads(&text), by_spring, "{code}");
        assert_eq!(keycloak_reads(&text), by_keycloak, "{code}");
        let two_lines = text.replace("; ", "\n");
        assert_eq!(spring_reads(&two_lines), WrongPassword);
        assert_eq!(keycloak_reads(&two_lines), WrongPassword);
    }
}

fn spring(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => LetIn,
        Some(49) => spring_reads(&java_message(signed.answer)),
        _ => Broken,
    }
}

/// `.*data\s([0-9a-f]{3,4}).*`, matched against the whole message; then its table, with `convertSubErrorCodesToExceptions`.
fn spring_reads(message: &str) -> Concludes {
    match last_sub_code(message).as_deref() {
        Some("532") => SaysExpired,
        Some("533") => SaysDisabled,
        Some("701") => SaysEnded,
        Some("775") => SaysLocked,
        _ => WrongPassword,
    }
}

/// A greedy `.*` before it: the last one counts. `\s` is one character of ASCII white space.
fn last_sub_code(message: &str) -> Option<String> {
    if !is_one_line(message) {
        return None;
    }
    let found = message.match_indices("data").filter_map(|(place, word)| {
        let after = message.get(place + word.len()..)?;
        let digits = after.strip_prefix([' ', '\t', '\u{b}', '\u{c}'])?;
        let code: String = digits
            .chars()
            .take_while(|c| matches!(c, '0'..='9' | 'a'..='f'))
            .take(4)
            .collect();
        (code.len() >= 3).then_some(code)
    });
    found.last()
}

fn keycloak(signed: &Signed<'_>) -> Concludes {
    match signed.answer.code {
        Some(0) => LetIn,
        Some(49) => keycloak_reads(&java_message(signed.answer)),
        _ => Broken,
    }
}

/// `.*AcceptSecurityContext error, data ([0-9a-f]*), v.*`, matched against the whole message, in the edit mode WRITABLE.
fn keycloak_reads(message: &str) -> Concludes {
    const BEFORE: &str = "AcceptSecurityContext error, data ";
    let code = message.match_indices(BEFORE).filter_map(|(place, _)| {
        let after = message.get(place + BEFORE.len()..)?;
        let (code, _) = after.split_once(", v")?;
        code.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')).then_some(code)
    });
    match code.last().filter(|_| is_one_line(message)) {
        Some("532" | "773") => NewPassword,
        Some("533") => SaysDisabled,
        Some("775") => SaysLocked, // in its log
        _ => WrongPassword,
    }
}
