//! What a request wants done to a password, and what comes of it. How a password is set (policy, history, hashing) is `local::password`'s.

use super::change::constraint;
use crate::local::LocalDirectory;
use crate::local::access::Rights;
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::password::hash::{self, Form};
use crate::local::password::policy;
use crate::local::password::{
    By, NewPassword, NotSet, OldPassword, Policy, Setting, Verified, first_password, password_removed, set_password,
};
use crate::local::session::{Actor, Session};
use crate::transport::Share;
use postern_identity::Secret;
use postern_ldap::ResultCode;
use postern_ldap::change::AttributeValues;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};

/// The attribute's key.
const PASSWORD: &str = "userpassword";

/// What is to become of the password.
#[derive(Default)]
pub(super) struct PasswordWanted {
    /// The old one, given to show that it is known.
    pub(super) old: Option<Secret>,
    /// The new one.
    pub(super) new: Option<Secret>,
    /// Whatever there is goes.
    pub(super) clears: bool,
    /// Something that is there is to go, by a value or all of it.
    deletes: bool,
}

impl PasswordWanted {
    /// Whether anything is.
    pub(super) fn is_some(&self) -> bool {
        self.old.is_some() || self.new.is_some() || self.clears
    }

    pub(super) fn add(&mut self, given: &AttributeValues<'_>) -> Result<(), Answer> {
        match (only(given)?, &self.new) {
            (Some(new), None) => self.new = Some(new),
            _ => return Err(one_value()),
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, given: &AttributeValues<'_>) -> Result<(), Answer> {
        self.deletes = true;
        match (only(given)?, &self.old) {
            (Some(old), None) => self.old = Some(old),
            (Some(_), Some(_)) => return Err(one_value()),
            (None, _) => self.clears = true,
        }
        Ok(())
    }

    pub(super) fn replace(&mut self, given: &AttributeValues<'_>) -> Result<(), Answer> {
        if self.new.is_some() {
            return Err(one_value());
        }
        self.new = only(given)?;
        self.clears = true;
        Ok(())
    }
}

fn one_value() -> Answer {
    constraint("Password policy only allows one password value")
}

/// The one value; `None` if there is none.
pub(super) fn only(given: &AttributeValues<'_>) -> Result<Option<Secret>, Answer> {
    let mut values = given.values();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(Secret::new(value))),
        _ => Err(one_value()),
    }
}

/// Who sets a password, and what else the request says.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing a request says or does not"
)]
pub(super) struct Setter {
    /// In whose eyes the policy looks at it.
    pub(super) by: By,
    /// Whether a hash made elsewhere is taken.
    pub(super) may_store_hashes: bool,
    /// Whether the password policy's answer is wanted.
    pub(super) policy_asked: bool,
    /// The same request says whether it must be changed.
    pub(super) reset_is_said: bool,
    /// Deleting what is not there is no error.
    pub(super) permissive: bool,
    /// In whose share it is hashed.
    pub(super) share: Share,
}

impl Setter {
    /// The owner, whoever may do everything with the entry, or somebody who may do this alone.
    pub(super) fn by(session: &Session, row: i64, rights: Rights<'_>) -> By {
        match session.actor {
            Actor::Account { id, .. } if id == row => By::Owner,
            Actor::Service | Actor::Root => By::Administrator,
            _ if rights.may_manage() => By::Administrator,
            _ => By::Writer,
        }
    }
}

impl LocalDirectory {
    /// Does to an entry what a modify wants done to its password.
    pub(super) async fn change_password(
        &self,
        entry: &mut Entry,
        wanted: &PasswordWanted,
        setter: &Setter,
    ) -> Result<(), Answer> {
        let Some(new) = &wanted.new else {
            return self.remove_password(entry, wanted, setter).await;
        };
        let is_beside_another = !wanted.clears && wanted.old.is_none() && !entry.values(PASSWORD).is_empty();
        if is_beside_another {
            return Err(one_value());
        }
        let old = wanted.old.as_ref().map(|old| OldPassword::Deleted(old.duplicate()));
        self.new_password(entry, NewPassword::Written(new.duplicate()), old, setter)
            .await
    }

    /// Gives an account a new password, as the policy says.
    pub(super) async fn new_password(
        &self,
        entry: &mut Entry,
        new: NewPassword,
        old: Option<OldPassword>,
        setter: &Setter,
    ) -> Result<(), Answer> {
        lawful(&new, setter)?;
        let policy = self.lawful_policy(entry).await?;
        let setting = Setting {
            new,
            old,
            by: setter.by,
            reset_is_said: setter.reset_is_said,
        };
        let changes = set_password(
            self.hasher.within(setter.share),
            entry,
            &policy,
            setting,
            self.clock.now(),
        )
        .await;
        policy::apply(&changes.map_err(|error| refused(error, setter))?, entry);
        Ok(())
    }

    /// The password a new entry comes with.
    pub(super) async fn first_password(
        &self,
        entry: &mut Entry,
        password: &Secret,
        setter: &Setter,
    ) -> Result<(), Answer> {
        let new = NewPassword::Written(password.duplicate());
        lawful(&new, setter)?;
        let policy = self.lawful_policy(entry).await?;
        let now = self.clock.now();
        let changes = first_password(self.hasher.within(setter.share), entry, &policy, new, setter.by, now).await;
        policy::apply(&changes.map_err(|error| refused(error, setter))?, entry);
        // An administrator's password is its owner's to change where the policy marks those; one whose hash was made elsewhere is its
        // owner's already, who comes with it.
        let is_set_by_another = setter.by == By::Administrator && hash::form(password.expose()) == Form::Plain;
        if policy.resets_are_marked && is_set_by_another && entry.values("pwdReset").is_empty() {
            entry.set("pwdReset", vec![b"TRUE".to_vec()]);
        }
        Ok(())
    }

    async fn remove_password(&self, entry: &mut Entry, wanted: &PasswordWanted, setter: &Setter) -> Result<(), Answer> {
        let stored = entry.values(PASSWORD).to_vec();
        let missing = |what: &str| {
            Answer::new(
                ResultCode::NO_SUCH_ATTRIBUTE,
                format!("modify/delete: userPassword: no such {what}"),
            )
        };
        if stored.is_empty() {
            let is_error = !setter.permissive && wanted.deletes;
            return if is_error { Err(missing("attribute")) } else { Ok(()) };
        }
        if let Some(old) = &wanted.old {
            let verified = self.hasher.within(setter.share).verify(stored, old.duplicate()).await;
            match verified.map_err(|busy| refused(busy.into(), setter))? {
                Verified::Right { .. } => {}
                Verified::Wrong if setter.permissive => return Ok(()),
                Verified::Wrong => return Err(missing("value")),
            }
        }
        let policy = self.lawful_policy(entry).await?;
        let changes = password_removed(entry, &policy, setter.by, wanted.old.is_some(), self.clock.now());
        policy::apply(&changes.map_err(|refusal| refused(refusal.into(), setter))?, entry);
        Ok(())
    }

    /// The policy an account goes by. One that cannot be read lets nobody set a password.
    pub(super) async fn lawful_policy(&self, entry: &Entry) -> Result<Policy, Answer> {
        self.policy_of(Some(entry))
            .await?
            .map_err(|_| Answer::new(ResultCode::OTHER, "the account's password policy cannot be read"))
    }
}

/// A hash made elsewhere says nothing of the password: it is taken from whoever has the machine alone.
fn lawful(new: &NewPassword, setter: &Setter) -> Result<(), Answer> {
    match new {
        NewPassword::Written(value) if !setter.may_store_hashes && hash::form(value.expose()) != Form::Plain => {
            let refusal = constraint("Password fails quality checking policy");
            Err(refusal.with_policy(policy_error(setter, Some(error::INSUFFICIENT_PASSWORD_QUALITY))))
        }
        _ => Ok(()),
    }
}

fn refused(why: NotSet, setter: &Setter) -> Answer {
    match why {
        NotSet::Refused(refusal) => {
            Answer::new(refusal.code, refusal.text).with_policy(policy_error(setter, refusal.error))
        }
        NotSet::Busy(_) => Answer::new(ResultCode::BUSY, "the directory is busy, try again"),
    }
}

fn policy_error(setter: &Setter, error: Option<u32>) -> Option<PasswordPolicyResponse> {
    let error = error.filter(|_| setter.policy_asked)?;
    Some(PasswordPolicyResponse {
        warning: None,
        error: Some(error),
    })
}
