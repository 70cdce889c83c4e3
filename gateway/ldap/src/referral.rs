//! Where a server sends a client instead of answering: search references (RFC 4511 §4.5.3) and referrals in results (§4.1.10).

use crate::ber::{Cursor, Writer};
use crate::message::Message;
use crate::result::LdapResult;
use crate::{WireError, splice, tag};

/// The most URIs of one message that are looked at.
const MOST: usize = 64;

/// The message with each of its URIs as `map` says, those left out of which it says nothing. `None` if none is left: such a message
/// must not be sent. A result without a referral has none.
pub fn rewritten(
    message: &Message<'_>,
    mut map: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, WireError> {
    let (before, uris, after) = if message.operation.tag == tag::SEARCH_REFERENCE {
        (None, message.operation.content, &b""[..])
    } else {
        let result = LdapResult::parse(message)?;
        (Some(result), result.referral.unwrap_or_default(), result.rest)
    };
    let mut kept = Writer::with_capacity(uris.len());
    let mut any = false;
    let mut cursor = Cursor::new(uris);
    let mut count = 0;
    while !cursor.is_empty() {
        count += 1;
        if count > MOST {
            return Err(WireError::TooMany);
        }
        if let Some(uri) = map(cursor.octets()?) {
            kept.octets(&uri);
            any = true;
        }
    }
    if !any {
        return Ok(None);
    }
    let kept = kept.finish();
    let Some(result) = before else {
        return Ok(Some(splice::with_content(message, &kept)));
    };
    let mut content = Writer::with_capacity(kept.len() + after.len() + result.diagnostic.len() + 64);
    content
        .enumerated(result.code.0)
        .octets(result.matched_dn)
        .octets(result.diagnostic)
        .element(0xa3, &kept)
        .raw(after);
    Ok(Some(splice::with_content(message, &content.finish())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageId, ResultCode, answer, control};

    fn uris(uris: &[&str]) -> Vec<u8> {
        let mut run = Writer::new();
        for uri in uris {
            run.octets(uri.as_bytes());
        }
        run.finish()
    }

    fn reference(list: &[&str], controls: &[&[u8]]) -> Vec<u8> {
        answer::message(MessageId(7), tag::SEARCH_REFERENCE, &uris(list), controls)
    }

    fn result(list: &[&str], rest: &[u8]) -> Vec<u8> {
        let mut content = Writer::new();
        content.raw(&answer::result_content(ResultCode::REFERRAL, b"dc=org", b"elsewhere"));
        content.element(0xa3, &uris(list)).raw(rest);
        answer::message(MessageId(7), tag::EXTENDED_RESPONSE, &content.finish(), &[])
    }

    fn known(uri: &[u8]) -> Option<Vec<u8>> {
        uri.starts_with(b"ldap://known/")
            .then(|| [b"ldaps://us/", &uri[13..]].concat())
    }

    fn with(octets: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
        rewritten(&Message::parse(octets).unwrap(), known)
    }

    #[test]
    fn known_uris_change_others_go_and_all_else_stays() {
        let control = control::encode(b"1.2.3", false, Some(b"x"));
        let came = reference(
            &["ldap://known/dc=a??sub", "ldap://other/dc=a", "ldap://known/dc=b"],
            &[&control],
        );
        let wanted = reference(&["ldaps://us/dc=a??sub", "ldaps://us/dc=b"], &[&control]);
        assert_eq!(with(&came).unwrap().unwrap(), wanted);
        let rest = [0x8a, 1, b'n', 0x8b, 1, b'v'];
        let came = result(&["ldap://other/", "ldap://known/dc=a"], &rest);
        assert_eq!(with(&came).unwrap().unwrap(), result(&["ldaps://us/dc=a"], &rest));
    }

    #[test]
    fn where_none_is_left_there_is_nothing_to_send() {
        assert_eq!(with(&reference(&["ldap://other/"], &[])), Ok(None));
        assert_eq!(with(&result(&["ldap://other/"], &[])), Ok(None));
        let without = answer::result(MessageId(7), tag::MODIFY_RESPONSE, ResultCode::REFERRAL, "", &[]);
        assert_eq!(with(&without), Ok(None));
    }

    #[test]
    fn what_is_no_list_of_uris_is_an_error() {
        let broken = answer::message(MessageId(7), tag::SEARCH_REFERENCE, b"\x02\x01\x05", &[]);
        assert!(with(&broken).is_err());
        let short = answer::message(MessageId(7), tag::SEARCH_REFERENCE, b"\x04\x05ab", &[]);
        assert!(with(&short).is_err());
        let many = vec!["ldap://known/"; MOST + 1];
        assert_eq!(with(&reference(&many, &[])), Err(WireError::TooMany));
        let entry = answer::message(MessageId(7), tag::SEARCH_ENTRY, b"\x04\x00\x30\x00", &[]);
        assert!(with(&entry).is_err());
    }
}
