//! What differs from product to product: how a standing is told, what holds a credential, what a restricted session is refused with.

use super::active_directory::ActiveDirectory;
use super::bind_name::BindName;
use super::ds389::Ds389;
use super::entry::Entry;
use super::freeipa::FreeIpa;
use super::lockout::{Lockout, LockoutPolicy};
use super::openldap::OpenLdap;
use super::person::{Memberships, PersonAttributes};
use super::rights::{Elevated, Lack, Right, RightsProbe};
use super::write::{Modification, WriteAnswer, WriteRequest};
use postern_identity::{PasswordRefusal, PasswordRule, Proven, Secret, Standing, StandingChange, State, Timestamp};
use postern_ldap::control::ppolicy::error;
use postern_ldap::credential::CredentialAttributes;
use postern_ldap::{Controls, ResultCode, filter};

/// The answer to a bind, as it came. No `Debug`: it is part of a message.
#[derive(Clone, Copy)]
pub struct BindAnswer<'a> {
    /// The result code.
    pub code: ResultCode,
    /// The text, in whatever octets the server sent.
    pub diagnostic: &'a [u8],
    /// The response controls.
    pub controls: Controls<'a>,
    /// Whether the request carried the password policy request control, by the client's wish or ours.
    pub ppolicy_asked: bool,
}

/// One product's way of saying things.
pub trait Dialect: Send + Sync {
    /// As written in configuration.
    fn name(&self) -> &'static str;

    /// What the answer to an account's own bind says of it, and whether it proves the password. Nothing a server sends makes
    /// this fail: what cannot be read is [`State::Unknown`], unproven.
    fn read_bind(&self, answer: &BindAnswer<'_>) -> (Standing, Proven);

    /// What the product answers to the right password of an account that stands like this under this policy, and whether that proves it.
    /// `None`: only the directory knows.
    fn foresee_bind(&self, state: &State, policy: Option<&Entry>) -> Option<(ResultCode, Proven)> {
        let _ = policy;
        match state {
            State::Active | State::MustChange | State::ExpiredGrace { .. } | State::Expiring { .. } => {
                Some((ResultCode::SUCCESS, Proven::Yes))
            }
            // An expired password is refused after it was compared, and everything else before.
            State::Expired => Some((ResultCode::INVALID_CREDENTIALS, Proven::Yes)),
            State::Unknown => None,
            _ => Some((ResultCode::INVALID_CREDENTIALS, Proven::Unknown)),
        }
    }

    /// Which attributes hold or set a credential here.
    fn credential_attributes(&self) -> &CredentialAttributes;

    /// What to ask for by name when an entry is read for its standing.
    fn standing_attributes(&self) -> &'static [&'static str];

    /// What to ask for when an account's policy is read.
    fn policy_attributes(&self) -> &'static [&'static str];

    /// The attribute of an account that names its policy's entry, where the product has one.
    fn policy_reference(&self) -> Option<&'static str>;

    /// The entry that holds the policy of whoever has none of their own, where an account's DN tells which that is.
    fn default_policy(&self, account_dn: &str) -> Option<String> {
        let _ = account_dn;
        None
    }

    /// The attribute whose value survives a rename.
    fn stable_id(&self) -> &'static str;

    /// Whose account a name that is no DN is in a bind. `base`: where people are looked up.
    fn bind_name<'a>(&self, name: &'a str, base: &str) -> BindName<'a> {
        let _ = base;
        BindName::AnyOf(vec![("uid", name), ("mail", name)])
    }

    /// Which attributes hold the names people sign in with.
    fn login_attributes(&self) -> LoginAttributes {
        LoginAttributes {
            uid: "uid",
            mail: "mail",
            upn: None,
            domain: "uid",
        }
    }

    /// The stable id as text, from the attribute's value. Where the product writes it as octets the dialect says how they are spelled.
    fn stable_id_text(&self, value: &[u8]) -> Option<String> {
        std::str::from_utf8(value).ok().map(str::to_owned)
    }

    /// The value of the stable id that is spelled so: what [`Dialect::stable_id_text`] was made of.
    fn stable_id_value(&self, id: &str) -> Option<Vec<u8>> {
        Some(id.as_bytes().to_vec())
    }

    /// Which attributes tell of a person.
    fn person_attributes(&self) -> PersonAttributes {
        PersonAttributes::usual()
    }

    /// How groups name their members.
    fn memberships(&self) -> Memberships {
        Memberships::USUAL
    }

    /// Who may serve as an example of a person.
    fn example_filter(&self) -> Vec<u8> {
        filter::present(b"uid")
    }

    /// How it is asked whether our account may do this to `account`. `None`: there is no such thing to do.
    fn rights_probe(&self, right: Right, account: &Entry, now: Timestamp) -> Option<RightsProbe> {
        let _ = (right, account, now);
        None
    }

    /// What a policy forbids or makes useless of what our account may do, in words for an administrator.
    fn policy_obstacles(&self, policy: &Entry) -> Vec<&'static str> {
        let _ = policy;
        Vec::new()
    }

    /// What would say that our account stands above the rules.
    fn elevated(&self) -> Vec<Elevated> {
        Vec::new()
    }

    /// What the product's administrator does about a lack. `{account}` stands for our account's DN, `{base}` for where people are.
    fn remedy(&self, lack: Lack) -> &'static str;

    /// Whether the product answers the password policy request control (draft-behera-ldap-password-policy) at all.
    fn knows_ppolicy_control(&self) -> bool {
        true
    }

    /// Whether the product answers password modify (RFC 3062). Where it does not, `unicodePwd` is how a password is written.
    fn knows_password_modify(&self) -> bool {
        true
    }

    /// Whether somebody in this state, turned away by an answer that proves the password, can have it changed by our own account with the
    /// old one, so that the directory checks it and holds the change to every rule.
    fn changes_through_service(&self, state: &State) -> bool {
        let _ = state;
        false
    }

    /// Whether a bind that was answered so says less than the entry does, so that the entry has to be read before anybody is told.
    fn is_silent(&self, standing: &Standing, proven: Proven) -> bool {
        let _ = (standing, proven);
        false
    }

    /// The modify of the account's own entry that brings such a change about; empty where it stands so already. `None`: the product has no such
    /// thing.
    fn change_standing(&self, change: StandingChange, account: &Entry, now: Timestamp) -> Option<Vec<Modification>> {
        let _ = (change, account, now);
        None
    }

    /// The modify to send in the place of such a change where [`Dialect::change_standing`] has nothing to write: it leaves the account as it is,
    /// by an attribute that the change would write, so that the directory says who may. `None`: there is no such modify.
    fn affirm_standing(&self, change: StandingChange, account: &Entry) -> Option<Vec<Modification>> {
        let _ = (change, account);
        None
    }

    /// Whether a change with the old password counts as its owner's only if the owner sends it. Then our own account signs in as the owner for
    /// it. One that has expired signs nobody in: once it is proven right, we reset it as ourselves.
    fn changes_as_owner(&self) -> bool {
        false
    }

    /// Why a password write is not even sent: the rule it breaks by itself, or on a connection that is not `protected`. Asked before
    /// [`Dialect::password_write`].
    fn password_problem(&self, old: Option<&Secret>, new: &Secret, protected: bool) -> Option<PasswordRule> {
        let _ = (old, new, protected);
        None
    }

    /// How a new password is sent. With `old` it is the owner's change and every rule of the directory holds; without it somebody
    /// resets it who may.
    fn password_write(&self, dn: &str, old: Option<&Secret>, new: &Secret) -> WriteRequest {
        WriteRequest::password_modify(dn, old, new)
    }

    /// The same on a server that does not offer password modify (RFC 3062): of use only where [`Dialect::password_write`] would send that.
    fn password_write_by_modify(&self, dn: &str, old: Option<&Secret>, new: &Secret) -> WriteRequest {
        WriteRequest::modify(dn, &Modification::password("userPassword", old, new))
    }

    /// Why a password write was refused. Asked of every answer that is no success.
    fn read_password_refusal(&self, answer: &WriteAnswer<'_>) -> PasswordRefusal {
        PasswordRefusal {
            rule: None,
            result_code: answer.code.0,
            told_by: "result code",
        }
    }

    /// For how long after a change the product still takes the previous password, in seconds.
    fn previous_password_seconds(&self) -> u32 {
        0
    }

    /// What an account's entry and the policy that holds for it say at `now`.
    fn read_entry(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Standing;

    /// The attribute that accounts have while wrong passwords are counted against them, where the product has one.
    fn failure_attribute(&self) -> Option<&'static str> {
        None
    }

    /// After how many wrong passwords the product locks this account, and those it has counted, as they are at `now`.
    fn read_lockout(&self, account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
        let _ = (account, policy, now);
        Lockout {
            policy: LockoutPolicy::Unknown,
            failure_ages: Vec::new(),
            locked: false,
        }
    }

    /// How the product answers a password change in which the old password is wrong: by an extended request (RFC 3062), or else by a
    /// modify that deletes it.
    fn wrong_old_password(&self, extended: bool) -> (ResultCode, &'static str) {
        if extended {
            (ResultCode::UNWILLING_TO_PERFORM, "unwilling to verify old password")
        } else {
            (
                ResultCode::UNWILLING_TO_PERFORM,
                "Must supply correct old password to change to new one",
            )
        }
    }

    /// The error in the password policy control beside the answer to such a modify, where it was asked for.
    fn wrong_old_password_error(&self) -> Option<u32> {
        self.knows_ppolicy_control().then_some(error::MUST_SUPPLY_OLD_PASSWORD)
    }

    /// How the product refuses what a session may not do before the password is changed.
    fn restricted_refusal(&self) -> (ResultCode, &'static str);
}

/// The attributes of an account that hold the names people sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginAttributes {
    /// A plain login name.
    pub uid: &'static str,
    /// A mail address.
    pub mail: &'static str,
    /// A whole `user@domain`, where the product has such an attribute.
    pub upn: Option<&'static str>,
    /// The user of `DOMAIN\user` and of `user@domain`.
    pub domain: &'static str,
}

/// The products we know, as written in configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DialectName {
    /// OpenLDAP's slapd with its password policy overlay.
    OpenLdap,
    /// 389 Directory Server (Red Hat Directory Server).
    Ds389,
    /// Active Directory: Windows' and Samba's.
    ActiveDirectory,
    /// FreeIPA: 389 Directory Server with Kerberos attributes and plug-ins of its own.
    FreeIpa,
    /// The directory in this process, which answers as slapd does.
    Embedded,
}

impl DialectName {
    /// Every dialect.
    pub const ALL: [Self; 5] = [
        Self::OpenLdap,
        Self::Ds389,
        Self::ActiveDirectory,
        Self::FreeIpa,
        Self::Embedded,
    ];

    /// As written in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenLdap => "openldap",
            Self::Ds389 => "389ds",
            Self::ActiveDirectory => "active-directory",
            Self::FreeIpa => "freeipa",
            Self::Embedded => "embedded",
        }
    }

    /// The dialect of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }

    pub(super) fn dialect(self) -> Box<dyn Dialect> {
        match self {
            Self::OpenLdap | Self::Embedded => Box::new(OpenLdap::new()),
            Self::Ds389 => Box::new(Ds389::new()),
            Self::ActiveDirectory => Box::new(ActiveDirectory::new()),
            Self::FreeIpa => Box::new(FreeIpa::new()),
        }
    }
}
