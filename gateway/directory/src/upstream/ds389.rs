//! 389 Directory Server, as versions 2 and later answer.
//!
//! The global policy is the entry `cn=config`, named by `default_policy_dn` and readable for our service account only once an ACI there says so;
//! `pwdpolicysubentry` names an account's own one, which counts while `nsslapd-pwpolicy-local` is on. Lockout is counted on each server by
//! itself unless `passwordIsGlobalPolicy` is on.
//!
//! FreeIPA is this server with plug-ins of its own that answer before it does: its dialect is [`super::freeipa`].

pub(super) mod bind;
mod entry;
#[cfg(test)]
mod golden;
mod lockout;
pub(super) mod refusal;
pub(super) mod rights;
pub(super) mod values;
mod writes;

use super::dialect::{BindAnswer, Dialect, DialectName};
use super::entry::Entry;
use super::lockout::Lockout;
use super::rights::{Elevated, Lack, Right, RightsProbe};
use super::write::{Modification, WriteAnswer, WriteRequest};
use postern_identity::{PasswordRefusal, Proven, Secret, Standing, StandingChange, State, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::credential::CredentialAttributes;

/// What holds a credential in this server's own schema and configuration, beside the common list.
pub(super) const CREDENTIALS: &[&str] = &[
    // The password in clear letters, which plug-ins see beside the hashed one.
    "unhashed#user#password",
    "nsds5ReplicaCredentials",
    "nsds5ReplicaBootstrapCredentials",
    "nsMultiplexorCredentials",
    "nsSymmetricKey",
];

/// The dialect of 389 Directory Server.
pub struct Ds389 {
    credentials: CredentialAttributes,
}

impl Ds389 {
    /// The dialect.
    pub fn new() -> Self {
        Self {
            credentials: CredentialAttributes::with(CREDENTIALS),
        }
    }
}

impl Default for Ds389 {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for Ds389 {
    fn name(&self) -> &'static str {
        DialectName::Ds389.as_str()
    }

    fn read_bind(&self, answer: &BindAnswer<'_>) -> (Standing, Proven) {
        bind::read(answer)
    }

    fn foresee_bind(&self, state: &State, _policy: Option<&Entry>) -> Option<(ResultCode, Proven)> {
        bind::foresee(state)
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

    fn stable_id(&self) -> &'static str {
        "nsUniqueId"
    }

    fn change_standing(&self, change: StandingChange, account: &Entry, _now: Timestamp) -> Option<Vec<Modification>> {
        writes::change_standing(change, account)
    }

    fn affirm_standing(&self, change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
        writes::affirm_standing(change, account)
    }

    /// Password modify (RFC 3062) sent by anybody else is a reset to this server, whatever old password stands in it, and is to be followed by
    /// a change.
    fn changes_as_owner(&self) -> bool {
        true
    }

    /// With the old password it is password modify: that looks at the old one before it tells anything of the new, is wholly done when it is
    /// answered, and on the owner's connection lifts the restriction of a must-change sign-in. It wants TLS and says little of why it refuses.
    /// Without the old one it is a modify, which says more and leaves no "must change" behind; the server answers it a moment before it has
    /// written the new date of expiry and forgotten the failures.
    fn password_write(&self, dn: &str, old: Option<&Secret>, new: &Secret) -> WriteRequest {
        match old {
            Some(old) => WriteRequest::password_modify(dn, Some(old), new),
            None => self.password_write_by_modify(dn, None, new),
        }
    }

    fn read_password_refusal(&self, answer: &WriteAnswer<'_>) -> PasswordRefusal {
        refusal::read(answer)
    }

    fn read_entry(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
        entry::read(account, policy, now)
    }

    /// It stays, with the value 0, after failures are forgotten: more accounts have it than have failures.
    fn rights_probe(&self, right: Right, _account: &Entry, now: Timestamp) -> Option<RightsProbe> {
        Some(rights::probe(right, now))
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
        Some(entry::RETRY_COUNT)
    }

    fn read_lockout(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
        lockout::read(account, policy, now)
    }

    fn wrong_old_password(&self, extended: bool) -> (ResultCode, &'static str) {
        if extended {
            (ResultCode::INVALID_CREDENTIALS, "Invalid oldPasswd value.\n")
        } else {
            // noSuchAttribute: the value to be deleted is not there.
            (refusal::NO_SUCH_ATTRIBUTE, "")
        }
    }

    fn wrong_old_password_error(&self) -> Option<u32> {
        None
    }

    /// It says so of every request, who-am-i and the root DSE as well, and never in words.
    fn restricted_refusal(&self) -> (ResultCode, &'static str) {
        (ResultCode::UNWILLING_TO_PERFORM, "")
    }
}
