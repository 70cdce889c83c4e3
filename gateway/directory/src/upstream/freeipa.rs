//! FreeIPA: 389 Directory Server with Kerberos attributes, and plug-ins that answer before and instead of the server.
//!
//! **What it keeps silent.** With `passwordGraceLimit` -1, which is how policies are made, an expired password signs in by LDAP like any other:
//! success, no control. So after such a success the entry is read ([`Dialect::is_silent`]). There is no "must change" of its own either: a
//! password that somebody else set has expired at the second it was set, and that is how it is recognised here.
//!
//! **Who may reset without that.** A reset by anybody but the owner expires at once, unless the writer's DN stands in `passSyncManagersDNs` of
//! `cn=ipa_pwd_extop,cn=plugins,cn=config`: then the new password lasts as the policy says. Where people set their own password through a
//! reset by our service account it has to stand there, or they would have to choose two.
//!
//! The policy of whoever has no `krbPwdPolicyReference` is `cn=global_policy,cn=REALM,cn=kerberos,SUFFIX`: `default_policy_dn`. Failures are
//! counted on each server by itself.

mod bind;
mod entry;
mod lockout;
mod refusal;
mod rights;
mod writes;

use super::dialect::{BindAnswer, Dialect, DialectName};
use super::ds389;
use super::entry::Entry;
use super::lockout::Lockout;
use super::person::Memberships;
use super::rights::{Elevated, Lack, Right, RightsProbe};
use super::write::{Modification, WriteAnswer};
use postern_identity::{PasswordRefusal, Proven, Standing, StandingChange, State, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::credential::CredentialAttributes;

/// What holds a credential beside what 389 Directory Server itself and the common list name.
const CREDENTIALS: &[&str] = &[
    "krbPwdHistory",
    "krbMKey",
    "ipatokenOTPkey",
    "ipatokenRadiusSecret",
    "ipaNTTrustAuthOutgoing",
    "ipaNTTrustAuthIncoming",
    "ipaPassKey",
];

/// The dialect of FreeIPA.
pub struct FreeIpa {
    credentials: CredentialAttributes,
}

impl FreeIpa {
    /// The dialect.
    pub fn new() -> Self {
        Self {
            credentials: CredentialAttributes::with(&[ds389::CREDENTIALS, CREDENTIALS].concat()),
        }
    }
}

impl Default for FreeIpa {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for FreeIpa {
    fn name(&self) -> &'static str {
        DialectName::FreeIpa.as_str()
    }

    fn read_bind(&self, answer: &BindAnswer<'_>) -> (Standing, Proven) {
        bind::read(answer)
    }

    fn foresee_bind(&self, state: &State, policy: Option<&Entry>) -> Option<(ResultCode, Proven)> {
        bind::foresee(state, policy)
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
        "ipaUniqueID"
    }

    /// A plain success says nothing of the password's age.
    fn is_silent(&self, standing: &Standing, proven: Proven) -> bool {
        proven == Proven::Yes && standing.state == State::Active
    }

    fn change_standing(&self, change: StandingChange, account: &Entry, now: Timestamp) -> Option<Vec<Modification>> {
        writes::change_standing(change, account, now)
    }

    /// A change sent by anybody else is a reset, and expires at once.
    fn changes_as_owner(&self) -> bool {
        true
    }

    fn read_password_refusal(&self, answer: &WriteAnswer<'_>) -> PasswordRefusal {
        refusal::read(answer)
    }

    fn read_entry(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
        entry::read(account, policy, now)
    }

    /// It stays, with the value 0, after a success.
    /// Not those of the compatibility tree, which are the same groups once more.
    fn memberships(&self) -> Memberships {
        Memberships {
            by_login: &[],
            ..Memberships::USUAL
        }
    }

    fn rights_probe(&self, right: Right, _account: &Entry, now: Timestamp) -> Option<RightsProbe> {
        Some(rights::probe(right, now))
    }

    fn elevated(&self) -> Vec<Elevated> {
        ds389::rights::elevated()
    }

    fn remedy(&self, lack: Lack) -> &'static str {
        rights::remedy(lack)
    }

    fn failure_attribute(&self) -> Option<&'static str> {
        Some(entry::FAILED_COUNT)
    }

    fn read_lockout(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
        lockout::read(account, policy, now)
    }

    fn wrong_old_password(&self, extended: bool) -> (ResultCode, &'static str) {
        if extended {
            (ResultCode::INVALID_CREDENTIALS, "")
        } else {
            (ds389::refusal::NO_SUCH_ATTRIBUTE, "")
        }
    }

    fn wrong_old_password_error(&self) -> Option<u32> {
        None
    }

    fn restricted_refusal(&self) -> (ResultCode, &'static str) {
        (ResultCode::UNWILLING_TO_PERFORM, "")
    }
}
