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
/// Matched values (RFC 3876).
pub const MATCHED_VALUES: &[u8] = b"1.2.826.0.1.3344810.2.3";
/// Dereference (draft-masarati-ldap-deref), of slapd and 389 Directory Server.
pub const DEREFERENCE: &[u8] = b"1.3.6.1.4.1.4203.666.5.16";
/// ManageDsaIT (RFC 3296).
pub const MANAGE_DSA_IT: &[u8] = b"2.16.840.1.113730.3.4.2";
/// Subentries (RFC 3672).
pub const SUBENTRIES: &[u8] = b"1.3.6.1.4.1.4203.1.10.1";
/// Don't use copy (RFC 6171).
pub const DONT_USE_COPY: &[u8] = b"1.3.6.1.1.22";
/// Relax rules (draft-zeilenga-ldap-relax).
pub const RELAX_RULES: &[u8] = b"1.3.6.1.4.1.4203.666.5.12";
/// Authorization identity request (RFC 3829).
pub const AUTHORIZATION_IDENTITY_REQUEST: &[u8] = b"2.16.840.1.113730.3.4.16";
/// Account usability, of Sun's servers and slapd.
pub const ACCOUNT_USABILITY: &[u8] = b"1.3.6.1.4.1.42.2.27.9.5.8";
/// Session tracking (draft-wahl-ldap-session).
pub const SESSION_TRACKING: &[u8] = b"1.3.6.1.4.1.21008.108.63.1";
/// Active Directory: delete a subtree.
pub const AD_TREE_DELETE: &[u8] = b"1.2.840.113556.1.4.805";
/// Active Directory: show deleted objects.
pub const AD_SHOW_DELETED: &[u8] = b"1.2.840.113556.1.4.417";
/// Active Directory: show recycled objects.
pub const AD_SHOW_RECYCLED: &[u8] = b"1.2.840.113556.1.4.2064";
/// Active Directory: which parts of a security descriptor are meant.
pub const AD_SD_FLAGS: &[u8] = b"1.2.840.113556.1.4.801";
/// Active Directory: DNs with GUID and SID.
pub const AD_EXTENDED_DN: &[u8] = b"1.2.840.113556.1.4.529";
/// Active Directory: no references.
pub const AD_DOMAIN_SCOPE: &[u8] = b"1.2.840.113556.1.4.1339";
/// Active Directory: search options.
pub const AD_SEARCH_OPTIONS: &[u8] = b"1.2.840.113556.1.4.1340";
/// Active Directory: answer before the change is on disk.
pub const AD_LAZY_COMMIT: &[u8] = b"1.2.840.113556.1.4.619";
/// Active Directory: a password reset keeps to history and age.
pub const AD_POLICY_HINTS: &[u8] = b"1.2.840.113556.1.4.2239";
/// The same by its older number.
pub const AD_POLICY_HINTS_DEPRECATED: &[u8] = b"1.2.840.113556.1.4.2066";

/// Request controls whose value names no attribute, and whose answers hold none outside of entries.
pub const WITHOUT_ATTRIBUTES: &[&[u8]] = &[
    PASSWORD_POLICY,
    PROXIED_AUTHORIZATION,
    PROXIED_AUTHORIZATION_V1,
    PAGED_RESULTS,
    // It compares by the sort key, which the control it must come with names.
    VIRTUAL_LIST_VIEW,
    SYNC_REQUEST,
    PERSISTENT_SEARCH,
    PERMISSIVE_MODIFY,
    TRANSACTION_SPECIFICATION,
    MANAGE_DSA_IT,
    SUBENTRIES,
    DONT_USE_COPY,
    RELAX_RULES,
    AUTHORIZATION_IDENTITY_REQUEST,
    ACCOUNT_USABILITY,
    SESSION_TRACKING,
    AD_DIRSYNC,
    AD_NOTIFICATION,
    AD_TREE_DELETE,
    AD_SHOW_DELETED,
    AD_SHOW_RECYCLED,
    AD_SD_FLAGS,
    AD_EXTENDED_DN,
    AD_DOMAIN_SCOPE,
    AD_SEARCH_OPTIONS,
    AD_LAZY_COMMIT,
    AD_POLICY_HINTS,
    AD_POLICY_HINTS_DEPRECATED,
];
