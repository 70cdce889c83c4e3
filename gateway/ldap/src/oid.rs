//! Object identifiers, as octets, of what a proxy must recognise.

/// StartTLS (RFC 4511 §4.14).
pub const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// Who am I? (RFC 4532).
pub const WHO_AM_I: &[u8] = b"1.3.6.1.4.1.4203.1.11.3";
/// Password modify (RFC 3062).
pub const PASSWORD_MODIFY: &[u8] = b"1.3.6.1.4.1.4203.1.11.1";
/// Cancel (RFC 3909).
pub const CANCEL: &[u8] = b"1.3.6.1.1.8";
/// Notice of disconnection (RFC 4511 §4.4.1).
pub const NOTICE_OF_DISCONNECTION: &[u8] = b"1.3.6.1.4.1.1466.20036";
/// Start of an LDAP transaction (RFC 5805).
pub const START_TRANSACTION: &[u8] = b"1.3.6.1.1.21.1";
/// End of an LDAP transaction (RFC 5805).
pub const END_TRANSACTION: &[u8] = b"1.3.6.1.1.21.3";

/// Password policy request and response control (draft-behera-ldap-password-policy §6).
pub const PASSWORD_POLICY: &[u8] = b"1.3.6.1.4.1.42.2.27.8.5.1";
/// Netscape: the password has expired.
pub const NETSCAPE_EXPIRED: &[u8] = b"2.16.840.1.113730.3.4.4";
/// Netscape: the password is about to expire.
pub const NETSCAPE_EXPIRING: &[u8] = b"2.16.840.1.113730.3.4.5";
/// Proxied authorization (RFC 4370).
pub const PROXIED_AUTHORIZATION: &[u8] = b"2.16.840.1.113730.3.4.18";
/// The older, draft proxied authorization of Netscape servers.
pub const PROXIED_AUTHORIZATION_V1: &[u8] = b"2.16.840.1.113730.3.4.12";
/// Simple paged results (RFC 2696).
pub const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
/// Virtual list view.
pub const VIRTUAL_LIST_VIEW: &[u8] = b"2.16.840.1.113730.3.4.9";
/// Server side sorting, request (RFC 2891).
pub const SORT_REQUEST: &[u8] = b"1.2.840.113556.1.4.473";
/// Content synchronization request (RFC 4533).
pub const SYNC_REQUEST: &[u8] = b"1.3.6.1.4.1.4203.1.9.1.1";
/// Persistent search.
pub const PERSISTENT_SEARCH: &[u8] = b"2.16.840.1.113730.3.4.3";
/// Active Directory's directory synchronization.
pub const AD_DIRSYNC: &[u8] = b"1.2.840.113556.1.4.841";
/// Active Directory's change notification.
pub const AD_NOTIFICATION: &[u8] = b"1.2.840.113556.1.4.528";
/// Assertion (RFC 4528).
pub const ASSERTION: &[u8] = b"1.3.6.1.1.12";
/// Pre-read (RFC 4527).
pub const PRE_READ: &[u8] = b"1.3.6.1.1.13.1";
/// Post-read (RFC 4527).
pub const POST_READ: &[u8] = b"1.3.6.1.1.13.2";
/// Permissive modify.
pub const PERMISSIVE_MODIFY: &[u8] = b"1.2.840.113556.1.4.1413";
/// Transaction specification (RFC 5805).
pub const TRANSACTION_SPECIFICATION: &[u8] = b"1.3.6.1.1.21.2";
