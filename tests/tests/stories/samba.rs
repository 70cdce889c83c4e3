//! Samba's domain controller: what it answers by itself, and what is told through a gateway with the dialect `active-directory`.

mod binds;
mod changes;
mod explained;
mod guard;
mod refusals;
mod rights;
mod sessions;
mod sssd;
mod surfaces;

/// Nobody's password.
const WRONG: &str = "wrong-password";
/// Passwords the domain's policy takes.
const NEW: &str = "another-Secret-5678";
const OTHER: &str = "a-third-Secret-9999";

/// Its text for every sign-in it refuses.
fn refused(data: &str) -> String {
    format!("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1")
}
