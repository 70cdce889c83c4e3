//! Samba's domain controller as it is, without a gateway: what the dialect `active-directory` has to understand.

mod binds;
mod changes;
mod rights;

/// Nobody's password.
const WRONG: &str = "wrong-password";
/// Passwords the domain's policy takes.
const NEW: &str = "another-Secret-5678";
const OTHER: &str = "a-third-Secret-9999";

/// Its text for every sign-in it refuses.
fn refused(data: &str) -> String {
    format!("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1")
}
