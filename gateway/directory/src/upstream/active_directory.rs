//! Active Directory, Windows' and Samba's.
//!
//! It knows no password policy control: what stands in the way of a sign-in is told by a number in the text of result 49, and that a
//! password expires soon is told by nothing but the entry. Samba's answers are taken from a running server (`golden`); what only
//! Windows does is marked so where it matters.

mod bind;
mod bind_name;
mod entry;
pub(super) mod filetime;
#[cfg(test)]
mod golden;
mod identifier;
mod lockout;
mod password;
mod rights;
mod standing_change;

use super::bind_name::BindName;
use super::dialect::{BindAnswer, Dialect, DialectName, LoginAttributes};
use super::entry::Entry;
use super::lockout::Lockout;
use super::person::{Memberships, PersonAttributes};
use super::rights::{Elevated, Lack, Right, RightsProbe};
use super::write::{Modification, WriteAnswer, WriteRequest};
use postern_identity::{PasswordRefusal, PasswordRule, Proven, Secret, Standing, StandingChange, State, Timestamp};
use postern_ldap::ResultCode;
use postern_ldap::credential::CredentialAttributes;

/// What else than the passwords of the common list lets somebody sign in, or is a secret of one who can.
const MORE_CREDENTIALS: &[&str] = &[
    "msDS-ManagedPassword",
    "msDS-KeyCredentialLink",
    "altSecurityIdentities",
    "initialAuthIncoming",
    "initialAuthOutgoing",
    "trustAuthIncoming",
    "trustAuthOutgoing",
    "currentValue",
    "priorValue",
    "ms-Mcs-AdmPwd",
    "msLAPS-Password",
    "msLAPS-EncryptedPassword",
    "msLAPS-EncryptedPasswordHistory",
    "msLAPS-EncryptedDSRMPassword",
    "msLAPS-EncryptedDSRMPasswordHistory",
];

/// For how long the password before the last change still opens a simple bind, by default ("old password allowed period", Windows'
/// `OldPasswordAllowedPeriod`).
const PREVIOUS_PASSWORD_SECONDS: u32 = 60 * 60;

/// The dialect of Active Directory.
pub struct ActiveDirectory {
    credentials: CredentialAttributes,
}

impl ActiveDirectory {
    /// The dialect.
    pub fn new() -> Self {
        Self {
            credentials: CredentialAttributes::with(MORE_CREDENTIALS),
        }
    }
}

impl Default for ActiveDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for ActiveDirectory {
    fn name(&self) -> &'static str {
        DialectName::ActiveDirectory.as_str()
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

    /// The fine-grained password policy, worked out by the server; without one the domain's own entry holds the policy.
    fn policy_reference(&self) -> Option<&'static str> {
        Some(entry::POLICY_REFERENCE)
    }

    fn default_policy(&self, account_dn: &str) -> Option<String> {
        entry::domain_of(account_dn)
    }

    fn stable_id(&self) -> &'static str {
        "objectGUID"
    }

    fn stable_id_text(&self, value: &[u8]) -> Option<String> {
        identifier::guid_text(value)
    }

    fn stable_id_value(&self, id: &str) -> Option<Vec<u8>> {
        identifier::guid_value(id)
    }

    fn person_attributes(&self) -> PersonAttributes {
        PersonAttributes {
            logins: vec!["sAMAccountName".to_owned()],
            upn: Some("userPrincipalName".to_owned()),
            ..PersonAttributes::usual()
        }
    }

    fn memberships(&self) -> Memberships {
        Memberships {
            by_dn: &["member"],
            by_login: &[],
            chain: Some("1.2.840.113556.1.4.1941"), // LDAP_MATCHING_RULE_TRANSITIVE_EVAL ([MS-ADTS] 3.1.1.3.4.4.3)
            primary: true,
        }
    }

    /// `user@domain` is also taken where no `userPrincipalName` says so: the account name and the domain's DNS name.
    fn login_attributes(&self) -> LoginAttributes {
        LoginAttributes {
            uid: "sAMAccountName",
            mail: "mail",
            upn: Some("userPrincipalName"),
            domain: "sAMAccountName",
        }
    }

    fn bind_name<'a>(&self, name: &'a str, base: &str) -> BindName<'a> {
        bind_name::read(name, base)
    }

    fn knows_ppolicy_control(&self) -> bool {
        false
    }

    /// A success says nothing of a password that expires soon.
    fn is_silent(&self, standing: &Standing, proven: Proven) -> bool {
        proven == Proven::Yes && standing.state == State::Active
    }

    /// Neither can sign in; everybody who knows the old password may change it.
    fn changes_through_service(&self, state: &State) -> bool {
        matches!(state, State::MustChange | State::Expired)
    }

    fn knows_password_modify(&self) -> bool {
        false
    }

    fn change_standing(&self, change: StandingChange, account: &Entry, _now: Timestamp) -> Option<Vec<Modification>> {
        standing_change::modify(change, account)
    }

    fn affirm_standing(&self, change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
        standing_change::affirm(change, account)
    }

    fn password_problem(&self, old: Option<&Secret>, new: &Secret, protected: bool) -> Option<PasswordRule> {
        password::problem(old, new, protected)
    }

    fn password_write(&self, dn: &str, old: Option<&Secret>, new: &Secret) -> WriteRequest {
        password::write(dn, old, new)
    }

    fn read_password_refusal(&self, answer: &WriteAnswer<'_>) -> PasswordRefusal {
        password::read_refusal(answer)
    }

    fn previous_password_seconds(&self) -> u32 {
        PREVIOUS_PASSWORD_SECONDS
    }

    fn read_entry(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing {
        entry::read(account, policy, now)
    }

    /// Counted by each domain controller for itself: it has to be read on the one that answers the sign-ins.
    fn read_lockout(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
        lockout::read(account, policy, now)
    }

    fn wrong_old_password(&self, extended: bool) -> (ResultCode, &'static str) {
        if extended {
            // It has no such request; this is how the one we carry out instead is answered.
            (ResultCode::UNWILLING_TO_PERFORM, "unwilling to verify old password")
        } else {
            // Samba's words; Windows' name a place in its source.
            (
                ResultCode::CONSTRAINT_VIOLATION,
                "00000056: Constraint violation - check_password_restrictions: The old password specified doesn't match!",
            )
        }
    }

    /// It has no such sessions: whoever has to change the password cannot sign in.
    /// Those that are protected as administrators are nobody's to write.
    fn example_filter(&self) -> Vec<u8> {
        rights::example()
    }

    fn rights_probe(&self, right: Right, _account: &Entry, _now: Timestamp) -> Option<RightsProbe> {
        Some(rights::probe(right))
    }

    fn elevated(&self) -> Vec<Elevated> {
        rights::elevated()
    }

    fn remedy(&self, lack: Lack) -> &'static str {
        rights::remedy(lack)
    }

    fn restricted_refusal(&self) -> (ResultCode, &'static str) {
        (
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            "Until the password is changed nothing else may be done",
        )
    }
}
