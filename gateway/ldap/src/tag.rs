//! Identifier octets of the operations (RFC 4511 §4.2 to §4.14) and of the few universal types LDAP uses.

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// SET.
pub const SET: u8 = 0x31;
/// `[0] Controls` of an LDAPMessage (RFC 4511 §4.1.1).
pub const CONTROLS: u8 = 0xa0;

/// BindRequest.
pub const BIND_REQUEST: u8 = 0x60;
/// BindResponse.
pub const BIND_RESPONSE: u8 = 0x61;
/// UnbindRequest.
pub const UNBIND_REQUEST: u8 = 0x42;
/// SearchRequest.
pub const SEARCH_REQUEST: u8 = 0x63;
/// SearchResultEntry.
pub const SEARCH_ENTRY: u8 = 0x64;
/// SearchResultDone.
pub const SEARCH_DONE: u8 = 0x65;
/// SearchResultReference.
pub const SEARCH_REFERENCE: u8 = 0x73;
/// ModifyRequest.
pub const MODIFY_REQUEST: u8 = 0x66;
/// ModifyResponse.
pub const MODIFY_RESPONSE: u8 = 0x67;
/// AddRequest.
pub const ADD_REQUEST: u8 = 0x68;
/// AddResponse.
pub const ADD_RESPONSE: u8 = 0x69;
/// DelRequest.
pub const DELETE_REQUEST: u8 = 0x4a;
/// DelResponse.
pub const DELETE_RESPONSE: u8 = 0x6b;
/// ModifyDNRequest.
pub const MODIFY_DN_REQUEST: u8 = 0x6c;
/// ModifyDNResponse.
pub const MODIFY_DN_RESPONSE: u8 = 0x6d;
/// CompareRequest.
pub const COMPARE_REQUEST: u8 = 0x6e;
/// CompareResponse.
pub const COMPARE_RESPONSE: u8 = 0x6f;
/// AbandonRequest.
pub const ABANDON_REQUEST: u8 = 0x50;
/// ExtendedRequest.
pub const EXTENDED_REQUEST: u8 = 0x77;
/// ExtendedResponse.
pub const EXTENDED_RESPONSE: u8 = 0x78;
/// IntermediateResponse.
pub const INTERMEDIATE_RESPONSE: u8 = 0x79;

/// The tag of the response that ends a request, if it is a request and has one.
pub fn response_to(request: u8) -> Option<u8> {
    Some(match request {
        BIND_REQUEST => BIND_RESPONSE,
        SEARCH_REQUEST => SEARCH_DONE,
        MODIFY_REQUEST => MODIFY_RESPONSE,
        ADD_REQUEST => ADD_RESPONSE,
        DELETE_REQUEST => DELETE_RESPONSE,
        MODIFY_DN_REQUEST => MODIFY_DN_RESPONSE,
        COMPARE_REQUEST => COMPARE_RESPONSE,
        EXTENDED_REQUEST => EXTENDED_RESPONSE,
        _ => return None,
    })
}

/// Whether a message of this tag is a request (RFC 4511 §4.1.1's protocolOp).
pub fn is_request(tag: u8) -> bool {
    matches!(tag, UNBIND_REQUEST | ABANDON_REQUEST) || response_to(tag).is_some()
}

/// Whether a response of this tag is the last of its operation.
pub fn ends_operation(response: u8) -> bool {
    !matches!(response, SEARCH_ENTRY | SEARCH_REFERENCE | INTERMEDIATE_RESPONSE)
}
