//! The accounts of one directory, and the one a name means.

use super::UserError;
use crate::shell::asking::{Asking, Found};
use crate::shell::owner::Owners;
use postern_identity::DistinguishedName;
use postern_identity::authority::Decision;
use postern_ldap::filter;
use std::io;

/// What makes an entry an account: that somebody can sign in as it.
const CLASSES: [&[u8]; 3] = [b"person", b"account", b"simpleSecurityObject"];

/// The accounts of a directory.
pub struct Accounts {
    /// The way to it, as the one who may do everything there.
    pub asking: Asking,
    /// Whose passwords are whose.
    pub owners: Owners,
    /// The entry they lie under.
    pub base: String,
    /// The directory's name, for messages.
    pub directory: String,
    /// Whether an account must have a password to be saved.
    pub password_required: bool,
    /// Fills octets from the system's source of randomness.
    pub random: fn(&mut [u8]) -> io::Result<()>,
}

impl Accounts {
    /// The one account of this name, with everything about it.
    pub(super) async fn one(&mut self, who: &str) -> Result<Found, UserError> {
        let looks_like_a_name = who.contains('=') && DistinguishedName::parse(who.as_bytes()).is_ok();
        let wanted = if looks_like_a_name {
            filter::equality(b"entryDN", who.as_bytes())
        } else {
            let attributes: &[&[u8]] = if who.contains('@') {
                &[b"mail", b"uid"]
            } else {
                &[b"uid", b"cn"]
            };
            let any: Vec<_> = attributes
                .iter()
                .map(|attribute| filter::equality(attribute, who.as_bytes()))
                .collect();
            filter::all(&[accounts(), filter::any(&any)])
        };
        let base = if looks_like_a_name { who } else { &self.base };
        let mut found = self.asking.only(base, &wanted, &["*", "+"]).await.or_else(nobody)?;
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(UserError::asked(format!(
                "{who:?} is more than one account: say its DN"
            ))),
            (None, _) => Err(UserError::asked(format!(
                "there is no account {who:?} in {}",
                self.directory
            ))),
        }
    }

    /// Whose its password is.
    pub(super) async fn owner(&mut self, entry: &Found) -> Result<Decision, UserError> {
        Ok(self.owners.decide(entry, &mut self.asking).await?)
    }

    /// That a password may be written there.
    pub(super) async fn must_be_ours(&mut self, entry: &Found) -> Result<(), UserError> {
        let decision = self.owner(entry).await?;
        if decision.authority.permits_local_write() {
            return Ok(());
        }
        let page = decision
            .page
            .map(|page| format!(": it is changed at {page}"))
            .unwrap_or_default();
        Err(UserError::asked(format!(
            "the password of {} is not this directory's but of {} (rule {}){page}",
            entry.dn, decision.authority, decision.rule
        )))
    }

    /// That an account with or without a password may be saved like this.
    pub(super) async fn may_be_saved(&mut self, entry: &Found, has_password: bool) -> Result<(), UserError> {
        if has_password || !self.password_required {
            return Ok(());
        }
        // Whose password is somebody else's has none here.
        if !self.owner(entry).await?.authority.permits_local_write() {
            return Ok(());
        }
        Err(UserError::asked(format!(
            "password: this field is required, and {} has none. Nothing was saved. Give one with --password-file or --generate-password, \
             or set directories.{}.password to optional",
            entry.dn, self.directory
        )))
    }
}

/// `(|(objectClass=…)…)`.
pub(super) fn accounts() -> Vec<u8> {
    let classes: Vec<_> = CLASSES
        .iter()
        .map(|class| filter::equality(b"objectClass", class))
        .collect();
    filter::any(&classes)
}

/// An entry that is not there is nobody, not a fault.
fn nobody(error: crate::shell::asking::AskError) -> Result<Vec<Found>, UserError> {
    use postern_ldap::ResultCode;
    match error {
        crate::shell::asking::AskError::Refused {
            code: ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX,
            ..
        } => Ok(Vec::new()),
        other => Err(other.into()),
    }
}
