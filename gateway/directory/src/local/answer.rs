//! What an operation is answered, as octets, and what the store's errors are on the wire.

use postern_identity::records::RecordsError;
use postern_ldap::ber::Writer;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;
use postern_ldap::{MessageId, ResultCode, answer, tag};
use std::borrow::Cow;

/// The LDAPResult that ends an operation, and the controls with it. It is made of chosen words: nothing of a request comes back but names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The result code.
    pub(crate) code: ResultCode,
    /// The name of the deepest entry found, where that is to be told (RFC 4511 §4.1.9).
    pub(crate) matched: Cow<'static, str>,
    /// The text for a person.
    pub(crate) text: Cow<'static, str>,
    /// Whole response controls.
    pub(crate) controls: Vec<Vec<u8>>,
}

impl Answer {
    /// A code with a text.
    pub(crate) fn new(code: ResultCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            matched: Cow::Borrowed(""),
            text: text.into(),
            controls: Vec::new(),
        }
    }

    /// It was done.
    pub(crate) fn success() -> Self {
        Self::new(ResultCode::SUCCESS, "")
    }

    /// There is no such entry; `matched` is the nearest above it that may be told of, or nothing.
    pub(crate) fn no_such_object(matched: impl Into<Cow<'static, str>>) -> Self {
        Self {
            matched: matched.into(),
            ..Self::new(ResultCode::NO_SUCH_OBJECT, "")
        }
    }

    /// The request cannot be read, or says what it must not (RFC 4511 §4.1.1).
    pub(crate) fn malformed(text: &'static str) -> Self {
        Self::new(ResultCode::PROTOCOL_ERROR, text)
    }

    /// The access rules do not allow it.
    pub(crate) fn forbidden() -> Self {
        Self::new(ResultCode::INSUFFICIENT_ACCESS_RIGHTS, "")
    }

    /// A critical control is not for this operation, or unknown (RFC 4511 §4.1.11).
    pub(crate) fn control_unavailable() -> Self {
        Self::new(
            ResultCode::UNAVAILABLE_CRITICAL_EXTENSION,
            "critical control unavailable in context",
        )
    }

    /// The password has to be changed before anything else. slapd's words, and the error beside them where the policy control was sent.
    pub(crate) fn change_first(policy_asked: bool) -> Self {
        let restricted = Self::new(
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "Operations are restricted to bind/unbind/abandon/StartTLS/modify password",
        );
        restricted.with_policy(policy_asked.then_some(PasswordPolicyResponse {
            warning: None,
            error: Some(postern_ldap::control::ppolicy::error::CHANGE_AFTER_RESET),
        }))
    }

    /// With this response control behind the others.
    #[must_use]
    pub(crate) fn with_control(mut self, control: Vec<u8>) -> Self {
        self.controls.push(control);
        self
    }

    /// With a password policy response control, if there is one to send.
    #[must_use]
    pub(crate) fn with_policy(self, response: Option<PasswordPolicyResponse>) -> Self {
        match response {
            Some(response) => self.with_control(response.control()),
            None => self,
        }
    }

    /// The whole message; `request` is the tag of the request that it answers.
    pub(crate) fn message(&self, id: MessageId, request: u8) -> Vec<u8> {
        let response = tag::response_to(request).unwrap_or(tag::EXTENDED_RESPONSE);
        answer::message(id, response, &self.content(), &self.listed())
    }

    /// The whole message to an extended request, with a name and a value (RFC 4511 §4.12).
    pub(crate) fn extended(&self, id: MessageId, name: Option<&[u8]>, value: Option<&[u8]>) -> Vec<u8> {
        let mut content = Writer::new();
        content.raw(&self.content());
        for (tag, part) in [(0x8a, name), (0x8b, value)] {
            if let Some(part) = part {
                content.element(tag, part);
            }
        }
        answer::message(id, tag::EXTENDED_RESPONSE, &content.finish(), &self.listed())
    }

    fn content(&self) -> Vec<u8> {
        answer::result_content(self.code, self.matched.as_bytes(), self.text.as_bytes())
    }

    fn listed(&self) -> Vec<&[u8]> {
        self.controls.iter().map(Vec::as_slice).collect()
    }
}

/// What the store says, on the wire: the one table there is. Where an operation knows better (which entry is the nearest above, why a value is
/// taken), it says so itself.
impl From<RecordsError> for Answer {
    fn from(error: RecordsError) -> Self {
        match error {
            // Read again and tried again as often as it may be.
            RecordsError::Changed => Self::new(ResultCode::BUSY, "the entry is being changed by others, try again"),
            RecordsError::Taken => Self::new(ResultCode::ENTRY_ALREADY_EXISTS, ""),
            RecordsError::NothingAbove => Self::no_such_object(""),
            RecordsError::NotALeaf => Self::new(
                ResultCode::NOT_ALLOWED_ON_NON_LEAF,
                "subordinate objects must be deleted first",
            ),
            RecordsError::TooLarge => Self::new(
                ResultCode::ADMIN_LIMIT_EXCEEDED,
                "larger, or more at once, than is kept",
            ),
            RecordsError::CannotWrite => Self::new(
                ResultCode::UNWILLING_TO_PERFORM,
                "the directory's disk is full or read-only",
            ),
            RecordsError::Busy => Self::new(ResultCode::BUSY, "the directory is busy, try again"),
            RecordsError::OutcomeUnknown => Self::new(
                ResultCode::OTHER,
                "the change may have been made or not: look before trying again",
            ),
            RecordsError::Unavailable => Self::new(ResultCode::UNAVAILABLE, "the directory's store cannot be read"),
        }
    }
}

/// Appends a SearchResultEntry (RFC 4511 §4.5.2). `attributes` are PartialAttributes, one or more a piece, as an entry's body is a run of them.
pub(crate) fn entry(out: &mut Vec<u8>, id: MessageId, name: &str, attributes: &[&[u8]]) {
    let listed = attributes.iter().map(|attribute| attribute.len()).sum();
    let content = element_length(name.len()) + element_length(listed);
    let mut number = Writer::with_capacity(8);
    number.integer(id.0);
    let number = number.finish();
    out.reserve(content + 32);
    head(out, tag::SEQUENCE, number.len() + element_length(content));
    out.extend_from_slice(&number);
    head(out, tag::SEARCH_ENTRY, content);
    head(out, tag::OCTET_STRING, name.len());
    out.extend_from_slice(name.as_bytes());
    head(out, tag::SEQUENCE, listed);
    for attribute in attributes {
        out.extend_from_slice(attribute);
    }
}

/// A tag and a length.
fn head(out: &mut Vec<u8>, tag: u8, length: usize) {
    let (octets, count) = postern_ldap::ber::length_octets(length);
    out.push(tag);
    out.extend_from_slice(octets.get(..count).unwrap_or_default());
}

/// How long an element of so much content is.
fn element_length(content: usize) -> usize {
    let (_, count) = postern_ldap::ber::length_octets(content);
    1 + count + content
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::Message;
    use postern_ldap::entry::SearchEntry;
    use postern_ldap::result::LdapResult;

    #[test]
    fn an_answer_reads_back_as_what_was_said() {
        let said = Answer::no_such_object("dc=x").with_policy(Some(PasswordPolicyResponse::default()));
        let octets = said.message(MessageId(7), tag::SEARCH_REQUEST);
        let message = Message::parse(&octets).unwrap();
        let result = LdapResult::parse(&message).unwrap();
        assert_eq!((message.id, message.operation.tag), (MessageId(7), tag::SEARCH_DONE));
        assert_eq!(
            (result.code, result.matched_dn),
            (ResultCode::NO_SUCH_OBJECT, &b"dc=x"[..])
        );
        assert_eq!(message.controls.iter().count(), 1);
    }

    #[test]
    fn an_entry_of_any_size_reads_back_and_takes_its_attributes_as_they_are() {
        for size in [0, 100, 127, 128, 250, 70_000] {
            let mut body = Writer::new();
            postern_ldap::entry::encode(&mut body, b"description", &[vec![b'x'; size]]);
            let body = body.finish();
            let mut octets = b"before".to_vec();
            entry(&mut octets, MessageId(300), "cn=a,dc=x", &[&body, &[]]);
            let message = Message::parse(&octets[6..]).unwrap();
            let read = SearchEntry::parse(&message).unwrap();
            assert_eq!((message.id, read.dn), (MessageId(300), &b"cn=a,dc=x"[..]));
            let values = read.attributes().next().unwrap().unwrap();
            assert_eq!(values.values().next().unwrap().len(), size);
        }
    }

    #[test]
    fn each_of_the_stores_errors_has_its_code() {
        for (error, code) in [
            (RecordsError::Changed, 51),
            (RecordsError::Taken, 68),
            (RecordsError::NothingAbove, 32),
            (RecordsError::NotALeaf, 66),
            (RecordsError::TooLarge, 11),
            (RecordsError::CannotWrite, 53),
            (RecordsError::Busy, 51),
            (RecordsError::OutcomeUnknown, 80),
            (RecordsError::Unavailable, 52),
        ] {
            assert_eq!(Answer::from(error).code, ResultCode(code), "{error:?}");
        }
    }
}
