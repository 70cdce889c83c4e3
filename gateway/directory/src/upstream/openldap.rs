//! OpenLDAP's slapd with its password policy overlay (slapo-ppolicy), as versions 2.5 and later answer.

pub(super) mod bind;
mod change;
mod entry;
#[cfg(test)]
mod golden;
mod lockout;
mod refusal;
mod rights;
pub(crate) mod time;

use super::dialect::{BindAnswer, Dialect, DialectName};
use super::entry::Entry;
use super::lockout::Lockout;
use super::rights::{Elevated, Lack, Right, RightsProbe};
use super::write::{Modification, WriteAnswer};
use postern_identity::{PasswordRefusal, Proven, Standing, StandingChange, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::credential::CredentialAttributes;

/// The dialect of slapd.
pub struct OpenLdap {
    credentials: CredentialAttributes,
}

impl OpenLdap {
    /// The dialect of slapd.
    pub fn new() -> Self {
        Self {
            // Attributes that slapd's own modules test binds against, beside the common list.
            credentials: CredentialAttributes::with(&["oathSecret", "oathTOTPToken", "oathHOTPToken"]),
        }
    }
}

impl Default for OpenLdap {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for OpenLdap {
    fn name(&self) -> &'static str {
        DialectName::OpenLdap.as_str()
    }

    fn read_bind(&self, answer: &BindAnswer<'_>) -> (Standing, Proven) {
        bind::read(answer)
    }

    fn credential_attributes(&self) -> &CredentialAttributes {
        &self.credentials
    }

    fn standing_attributes(&self) -> &'static [&'static str] {
        entry::ACCOUNT_ATTRIBUTES
    }

    fn policy_attributes(&self) -> &'static [&'static str] {
        entry::POLICY_ATTRIBUTES
    }

    fn policy_reference(&self) -> Option<&'static str> {
        Some(entry::POLICY_REFERENCE)
    }

    /// RFC 4530.
    fn stable_id(&self) -> &'static str {
        "entryUUID"
    }

    fn read_entry(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
        entry::read(account, policy, now)
    }

    fn change_standing(&self, change: StandingChange, account: &Entry, _now: Timestamp) -> Option<Vec<Modification>> {
        Some(change::modification(change, account))
    }

    fn affirm_standing(&self, change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
        change::affirmation(change, account)
    }

    fn read_password_refusal(&self, answer: &WriteAnswer<'_>) -> PasswordRefusal {
        refusal::read(answer)
    }

    fn rights_probe(&self, right: Right, account: &Entry, now: Timestamp) -> Option<RightsProbe> {
        Some(rights::probe(right, account, now))
    }

    fn policy_obstacles(&self, policy: &Entry) -> Vec<&'static str> {
        rights::obstacles(policy)
    }

    fn elevated(&self) -> Vec<Elevated> {
        rights::elevated()
    }

    fn remedy(&self, lack: Lack) -> &'static str {
        rights::remedy(lack)
    }

    fn failure_attribute(&self) -> Option<&'static str> {
        Some("pwdFailureTime")
    }

    fn read_lockout(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
        lockout::read(account, policy, now)
    }

    fn restricted_refusal(&self) -> (ResultCode, &'static str) {
        (
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "Operations are restricted to bind/unbind/abandon/StartTLS/modify password",
        )
    }
}
