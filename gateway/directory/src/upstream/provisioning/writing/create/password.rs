//! A new account's first password.

use super::super::sending;
use crate::upstream::provisioning::Provisioner;
use crate::upstream::service::writes::offers_password_modify;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use postern_identity::provisioning::ProvisioningError;
use postern_identity::{PasswordRefusal, Secret};
use postern_ldap::ResultCode;
use postern_ldap::control::{self, ppolicy};
use postern_ldap::oid;
use zeroize::Zeroizing;

/// SEQUENCE { 1 }: the directory's rules hold (MS-ADTS §3.1.1.3.4.1.27).
const POLICY_HINTS: &[u8] = &[0x30, 3, 2, 1, 1];

/// What is wrong with it before anything is sent.
pub(super) fn check(provisioner: &Provisioner, password: &Secret) -> Result<(), ProvisioningError> {
    let upstream = provisioner.upstream();
    let settings = upstream.settings();
    let protected =
        settings.is_in_process() || settings.start_tls || settings.servers.iter().all(|server| server.url.is_tls());
    match upstream.dialect().password_problem(None, password, protected) {
        None => Ok(()),
        rule => Err(ProvisioningError::Password(PasswordRefusal {
            rule,
            result_code: ResultCode::CONSTRAINT_VIOLATION.0,
            told_by: "not sent",
        })),
    }
}

/// Writes it as the product wants it written: the directory hashes it, and its rules hold.
pub(super) async fn write(provisioner: &Provisioner, dn: &str, password: &Secret) -> Result<(), ProvisioningError> {
    let upstream = provisioner.upstream();
    let dialect = upstream.dialect();
    let mut request = dialect.password_write(dn, None, password);
    if request.is_extended() && !offers_password_modify(upstream) {
        request = dialect.password_write_by_modify(dn, None, password);
    }
    if upstream.settings().is_in_process() {
        // In our own directory our own account stands above its rules; it says that they are to hold.
        request = request.with_control(control::encode(oid::AD_POLICY_HINTS, true, Some(POLICY_HINTS)));
    }
    if dialect.knows_ppolicy_control() {
        request = request.with_control(ppolicy::request());
    }
    let answer = sending::send(&provisioner.lanes, dn, &request).await?;
    match (answer.code, answer.password) {
        (ResultCode::SUCCESS, _) => Ok(()),
        (_, Some(refusal)) => Err(ProvisioningError::Password(refusal)),
        (code, None) => Err(super::outcome::refused(code)),
    }
}

/// One that nobody has ever seen, for a product that switches no account on without a password.
pub(super) fn nobodys() -> Result<Secret, ProvisioningError> {
    let mut octets = Zeroizing::new([0; 32]);
    rand::fill(octets.as_mut_slice()).map_err(|_| ProvisioningError::Unavailable)?;
    // Of every kind of character a rule may ask for.
    let mut text = Zeroizing::new(String::with_capacity(64));
    text.push_str("aA1-");
    STANDARD_NO_PAD.encode_string(octets.as_slice(), &mut text);
    Ok(Secret::new(text.as_bytes()))
}
