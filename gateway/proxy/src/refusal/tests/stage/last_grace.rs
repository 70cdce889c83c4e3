//! An account whose password has expired, with one grace sign-in left.

use postern_ldap::ber::Writer;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning};
use postern_ldap::{MessageId, answer, tag};

pub(super) fn one_left() -> Vec<u8> {
    PasswordPolicyResponse {
        warning: Some(PolicyWarning::GraceRemaining(1)),
        error: None,
    }
    .control()
}

/// An account and its policy in one entry, whichever is asked for.
pub(super) fn entry(id: MessageId) -> Vec<u8> {
    let attributes: [(&str, &str); 6] = [
        ("entryUUID", "1"),
        ("pwdPolicySubentry", "cn=a"),
        ("pwdChangedTime", "19600101000000Z"),
        ("pwdGraceUseTime", "19690101000000Z"),
        ("pwdMaxAge", "1"),
        ("pwdGraceAuthNLimit", "2"),
    ];
    let mut content = Writer::new();
    content.octets(b"cn=a").nested(tag::SEQUENCE, |list| {
        for (name, value) in attributes {
            list.nested(tag::SEQUENCE, |attribute| {
                attribute.octets(name.as_bytes()).nested(tag::SET, |set| {
                    set.octets(value.as_bytes());
                });
            });
        }
    });
    answer::message(id, tag::SEARCH_ENTRY, &content.finish(), &[])
}
