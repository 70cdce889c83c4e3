//! LDAPResult (RFC 4511 §4.1.9) and its codes. Codes we do not know are kept as the number they are.

use crate::WireError;
use crate::frame::Header;
use crate::message::Message;
use crate::{ber, tag};
use std::fmt;

/// A result code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultCode(pub u32);

#[allow(
    missing_docs,
    reason = "the names of RFC 4511 appendix A, RFC 4370, RFC 4528 and RFC 3909"
)]
impl ResultCode {
    pub const SUCCESS: Self = Self(0);
    pub const OPERATIONS_ERROR: Self = Self(1);
    pub const PROTOCOL_ERROR: Self = Self(2);
    pub const TIME_LIMIT_EXCEEDED: Self = Self(3);
    pub const SIZE_LIMIT_EXCEEDED: Self = Self(4);
    pub const COMPARE_FALSE: Self = Self(5);
    pub const COMPARE_TRUE: Self = Self(6);
    pub const AUTH_METHOD_NOT_SUPPORTED: Self = Self(7);
    pub const STRONGER_AUTH_REQUIRED: Self = Self(8);
    pub const REFERRAL: Self = Self(10);
    pub const ADMIN_LIMIT_EXCEEDED: Self = Self(11);
    pub const UNAVAILABLE_CRITICAL_EXTENSION: Self = Self(12);
    pub const CONFIDENTIALITY_REQUIRED: Self = Self(13);
    pub const SASL_BIND_IN_PROGRESS: Self = Self(14);
    pub const NO_SUCH_ATTRIBUTE: Self = Self(16);
    pub const UNDEFINED_ATTRIBUTE_TYPE: Self = Self(17);
    pub const INAPPROPRIATE_MATCHING: Self = Self(18);
    pub const CONSTRAINT_VIOLATION: Self = Self(19);
    pub const ATTRIBUTE_OR_VALUE_EXISTS: Self = Self(20);
    pub const INVALID_ATTRIBUTE_SYNTAX: Self = Self(21);
    pub const NO_SUCH_OBJECT: Self = Self(32);
    pub const INVALID_DN_SYNTAX: Self = Self(34);
    pub const INAPPROPRIATE_AUTHENTICATION: Self = Self(48);
    pub const INVALID_CREDENTIALS: Self = Self(49);
    pub const INSUFFICIENT_ACCESS_RIGHTS: Self = Self(50);
    pub const BUSY: Self = Self(51);
    pub const UNAVAILABLE: Self = Self(52);
    pub const UNWILLING_TO_PERFORM: Self = Self(53);
    pub const NAMING_VIOLATION: Self = Self(64);
    pub const OBJECT_CLASS_VIOLATION: Self = Self(65);
    pub const NOT_ALLOWED_ON_NON_LEAF: Self = Self(66);
    pub const NOT_ALLOWED_ON_RDN: Self = Self(67);
    pub const ENTRY_ALREADY_EXISTS: Self = Self(68);
    pub const OBJECT_CLASS_MODS_PROHIBITED: Self = Self(69);
    pub const OTHER: Self = Self(80);
    pub const CANCELED: Self = Self(118);
    pub const NO_SUCH_OPERATION: Self = Self(119);
    pub const TOO_LATE: Self = Self(120);
    pub const CANNOT_CANCEL: Self = Self(121);
    pub const ASSERTION_FAILED: Self = Self(122);
    pub const AUTHORIZATION_DENIED: Self = Self(123);
}

/// A view of the result in a response. `matched_dn` and `diagnostic` are whatever octets the server sent. Its `Debug` shows the
/// code alone: what follows may be a password the server made up.
#[derive(Clone, Copy)]
pub struct LdapResult<'a> {
    /// The code.
    pub code: ResultCode,
    /// The deepest entry found.
    pub matched_dn: &'a [u8],
    /// The text for a person.
    pub diagnostic: &'a [u8],
    /// The content of `[3] referral`, a run of URIs, if there is one.
    pub referral: Option<&'a [u8]>,
    /// What follows in the response: SASL credentials, the name and value of an extended response.
    pub rest: &'a [u8],
}

impl fmt::Debug for LdapResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LdapResult({})", self.code.0)
    }
}

impl<'a> LdapResult<'a> {
    /// Reads the result of a response that has one.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if !has_result(message.operation.tag) {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let code = ResultCode(body.enumerated()?);
        let matched_dn = body.octets()?;
        let diagnostic = body.octets()?;
        let referral = body.optional(0xa3)?;
        Ok(Self {
            code,
            matched_dn,
            diagnostic,
            referral,
            rest: body.rest(),
        })
    }
}

/// The result code of a complete response without reading the rest of it.
#[inline]
pub fn peek_code(octets: &[u8], header: &Header) -> Option<ResultCode> {
    if !has_result(header.operation) {
        return None;
    }
    let operation = octets.get(header.operation_offset + 1..header.length)?;
    let (content, prefix) = ber::length(operation).ok()??;
    match operation.get(prefix..)?.get(..content)? {
        [tag::ENUMERATED, 1, code, ..] if *code < 0x80 => Some(ResultCode(u32::from(*code))),
        other => ber::Cursor::new(other).enumerated().ok().map(ResultCode),
    }
}

fn has_result(operation: u8) -> bool {
    matches!(
        operation,
        tag::BIND_RESPONSE
            | tag::SEARCH_DONE
            | tag::MODIFY_RESPONSE
            | tag::ADD_RESPONSE
            | tag::DELETE_RESPONSE
            | tag::MODIFY_DN_RESPONSE
            | tag::COMPARE_RESPONSE
            | tag::EXTENDED_RESPONSE
    )
}

#[cfg(test)]
mod tests;
