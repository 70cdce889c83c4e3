//! What Debian's slapd 2.5.13 answered to changes it refused, and what the check modules write.

use super::*;
use crate::upstream::openldap::golden::octets;
use PasswordRule::{
    Dictionary, Forbidden, History, OldNeeded, Policy, Quality, TooLong, TooShort, TooYoung, Transport, WrongOld,
};
use postern_ldap::control::Controls;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, answer, control, tag};

/// Whole messages as they came off the socket.
#[rustfmt::skip]
const SEEN: &[(&str, &str, PasswordRule, u32, &str)] = &[
    ("passwd too short", "3058020102782d0a01130400042650617373776f7264206661696c73207175616c69747920636865636b696e6720706f6c696379a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810106", TooShort, 19, "ppolicy error 6"),
    ("replace too short", "3058020102672d0a01130400042650617373776f7264206661696c73207175616c69747920636865636b696e6720706f6c696379a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810106", TooShort, 19, "ppolicy error 6"),
    ("passwd same as now", "306302010278380a01130400043150617373776f7264206973206e6f74206265696e67206368616e6765642066726f6d206578697374696e672076616c7565a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810108", History, 19, "ppolicy error 8"),
    ("passwd too young", "305102010278260a01130400041f50617373776f726420697320746f6f20796f756e6720746f206368616e6765a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810107", TooYoung, 19, "ppolicy error 7"),
    ("replace too young", "305102010267260a01130400041f50617373776f726420697320746f6f20796f756e6720746f206368616e6765a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810107", TooYoung, 19, "ppolicy error 7"),
    ("wrong old in passwd", "302c02010278270a013504000420756e77696c6c696e6720746f20766572696679206f6c642070617373776f7264", WrongOld, 53, "text: unwilling to verify"),
    ("delete wrong old, add new", "3067020102673c0a0135040004354d75737420737570706c7920636f7272656374206f6c642070617373776f726420746f206368616e676520746f206e6577206f6e65a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810104", WrongOld, 53, "ppolicy error 4"),
    ("pwdSafeModify, no old", "306b02010278400a0132040004394d75737420737570706c79206f6c642070617373776f726420746f206265206368616e6765642061732077656c6c206173206e6577206f6e65a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810104", OldNeeded, 50, "ppolicy error 4"),
    ("passwd in history", "3059020102782e0a01130400042750617373776f726420697320696e20686973746f7279206f66206f6c642070617373776f726473a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810108", History, 19, "ppolicy error 8"),
    ("passwd too short, no control", "3032020102782d0a01130400042650617373776f7264206661696c73207175616c69747920636865636b696e6720706f6c696379", Policy, 19, "text: quality checking"),
    ("passwd same as now, no control", "303d02010278380a01130400043150617373776f7264206973206e6f74206265696e67206368616e6765642066726f6d206578697374696e672076616c7565", History, 19, "text: not changed"),
    ("passwd too young, no control", "302b02010278260a01130400041f50617373776f726420697320746f6f20796f756e6720746f206368616e6765", TooYoung, 19, "text: too young"),
    ("delete wrong old, no control", "3041020102673c0a0135040004354d75737420737570706c7920636f7272656374206f6c642070617373776f726420746f206368616e676520746f206e6577206f6e65", WrongOld, 53, "text: correct old password"),
    ("pwdSafeModify, no old, no control", "304502010278400a0132040004394d75737420737570706c79206f6c642070617373776f726420746f206265206368616e6765642061732077656c6c206173206e6577206f6e65", OldNeeded, 50, "text: old password"),
    ("passwd in history, no control", "3033020102782e0a01130400042750617373776f726420697320696e20686973746f7279206f66206f6c642070617373776f726473", History, 19, "text: in history"),
];

fn refusal(octets: &[u8]) -> PasswordRefusal {
    let message = Message::parse(octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    read(&WriteAnswer {
        code: result.code,
        diagnostic: result.diagnostic,
        controls: message.controls,
        extended: message.operation.tag == tag::EXTENDED_RESPONSE,
    })
}

#[test]
fn every_refusal_slapd_was_seen_to_make_names_its_rule() {
    for (case, hexadecimal, rule, code, told_by) in SEEN {
        let wanted = PasswordRefusal {
            rule: Some(*rule),
            result_code: *code,
            told_by,
        };
        assert_eq!(refusal(&octets(hexadecimal)), wanted, "{case}");
    }
}

/// An answer with this error in its control, and this text.
fn said(code: u32, error: Option<u32>, text: &str) -> Option<PasswordRule> {
    let control = error.map(|error| {
        let response = PasswordPolicyResponse {
            warning: None,
            error: Some(error),
        };
        response.control()
    });
    let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
    refusal(&answer::result(
        MessageId(2),
        tag::EXTENDED_RESPONSE,
        ResultCode(code),
        text,
        &controls,
    ))
    .rule
}

#[test]
fn every_error_of_the_control_that_is_about_a_new_password_is_a_rule() {
    let rules: Vec<_> = (2..=9).map(|error| said(19, Some(error), "").unwrap()).collect();
    let wanted = [
        Forbidden, Forbidden, OldNeeded, Quality, TooShort, TooYoung, History, TooLong,
    ];
    assert_eq!(rules, wanted);
    assert_eq!(said(80, Some(0), ""), None);
    assert_eq!(said(80, Some(10), ""), None, "an error nobody has heard of");
}

#[test]
fn check_modules_say_more_than_the_control_does() {
    let dn = "uid=dictionary \\\"too short,ou=people,dc=example,dc=org";
    for (wrong, rule) in [
        ("is too short (5/6)", TooShort),
        ("does not pass required number of strength checks (2 of 3)", Quality),
        (
            "has not reached the minimum number of characters (1) for class upperCase",
            Quality,
        ),
        (
            "has reached the maximum number of characters (3) for class digit",
            Quality,
        ),
        ("contains 2 forbidden characters in .?", Quality),
        ("contains tokens from the RDN", Quality),
        ("is too simple: it contains part of an attribute", Quality),
        ("is too weak", Dictionary),
    ] {
        let text = format!("Password for dn=\"{dn}\" {wrong}");
        assert_eq!(said(19, Some(5), &text), Some(rule), "{wrong}");
        assert_eq!(said(19, None, &text), Some(rule), "{wrong}");
    }
    for (wrong, rule) in [
        ("because it is based on a dictionary word", Dictionary),
        ("because it is based on a (reversed) dictionary word", Dictionary),
        ("because it is WAY too short", TooShort),
        ("because it does not contain enough DIFFERENT characters", Quality),
    ] {
        assert_eq!(
            said(19, Some(5), &format!("Bad password for dn=\"{dn}\" {wrong}")),
            Some(rule)
        );
    }
    assert_eq!(said(19, Some(5), "Some other module"), Some(Quality));
    assert_eq!(said(19, None, "Some other module"), Some(Policy));
}

#[test]
fn where_nothing_else_speaks_the_code_does_as_far_as_it_goes() {
    for (code, rule) in [
        (13, Some(Transport)),
        (19, Some(Policy)),
        (50, Some(Forbidden)),
        (51, None),
        (53, None),
        (80, None),
    ] {
        assert_eq!(said(code, None, "something"), rule);
    }
    assert_eq!(
        said(50, None, "User alteration of password is not allowed"),
        Some(Forbidden)
    );
    assert_eq!(
        said(19, None, "Password policy only allows one password value"),
        Some(Policy)
    );
}

#[test]
fn a_control_that_cannot_be_read_says_nothing() {
    for value in [None, Some(&b""[..]), Some(b"\x30\x03\x81\x01"), Some(b"\x30\x00")] {
        let broken = control::encode(oid::PASSWORD_POLICY, false, value);
        let refusal = read(&WriteAnswer {
            code: ResultCode::CONSTRAINT_VIOLATION,
            diagnostic: b"Password is too young to change",
            controls: Controls::new(&broken),
            extended: true,
        });
        assert_eq!((refusal.rule, refusal.told_by), (Some(TooYoung), "text: too young"));
    }
}
