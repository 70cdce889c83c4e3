use super::*;
use crate::message::MessageId;
use crate::{answer, frame};

fn peeked(octets: &[u8]) -> Option<ResultCode> {
    peek_code(octets, &frame::walk(octets, 1000).unwrap().unwrap())
}

#[test]
fn a_code_is_seen_without_reading_on() {
    for code in [0, 49, 127, 128, 4096, 0x7fff_ffff] {
        for response in [tag::BIND_RESPONSE, tag::SEARCH_DONE, tag::EXTENDED_RESPONSE] {
            let octets = answer::result(MessageId(3), response, ResultCode(code), "text", &[]);
            assert_eq!(peeked(&octets), Some(ResultCode(code)));
        }
    }
    let octets = answer::message(MessageId(3), tag::SEARCH_ENTRY, b"\x0a\x01\x00", &[]);
    assert_eq!(peeked(&octets), None);
}

#[test]
fn octets_behind_the_operation_are_not_its_code() {
    // A bind response of no octets, and behind it what would be "success".
    let octets = [0x30, 14, 2, 1, 1, 0x61, 0, 0x0a, 1, 0, 4, 0, 4, 0, 0xa0, 0];
    assert_eq!(peeked(&octets), None);
    // One that claims more octets than the message has.
    let octets = [0x30, 12, 2, 1, 1, 0x61, 9, 0x0a, 1, 0, 4, 0, 4, 0];
    assert_eq!(peeked(&octets), None);
}

#[test]
fn a_result_is_kept_as_sent_with_referrals_and_what_follows() {
    let content = b"\x0a\x01\x0a\x04\x04dc=x\x04\x02\xff\xfe\xa3\x08\x04\x06ldap:/\x87\x01c";
    let octets = answer::message(MessageId(1), tag::BIND_RESPONSE, content, &[]);
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    assert_eq!(result.code, ResultCode::REFERRAL);
    assert_eq!((result.matched_dn, result.diagnostic), (&b"dc=x"[..], &b"\xff\xfe"[..]));
    assert_eq!(result.referral, Some(&b"\x04\x06ldap:/"[..]));
    assert_eq!(result.rest, b"\x87\x01c");
    assert_eq!(format!("{result:?}"), "LdapResult(10)");
    assert_eq!(crate::bind::server_credentials(&message), Some(&b"c"[..]));
}
