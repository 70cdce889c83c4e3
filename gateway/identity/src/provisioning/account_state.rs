//! How an account stands, as attributes that programs read and write: `active`, the extension of draft-hunt-scim-password-mgmt-00, and our own for what it
//! lacks.
//!
//! A directory's schema gets what the directory tells and can, and no more ([`extend`]); what was read becomes attributes ([`show`]); what a program
//! made of them becomes changes of standing ([`changes`]).

mod schema;

use super::error::{EditFault, EditFaultKind};
use super::ports::Told;
use super::resource::AccountFacts;
use super::value::{Attributes, Key, Value};
use crate::authority::{Authority, Decision};
use crate::clock::Timestamp;
use crate::password::StandingChange;
use crate::standing::{LockedBy, State, StateName};
pub use schema::extend;
use std::sync::Arc;

/// The extension of draft-hunt-scim-password-mgmt-00 §3.
pub const PASSWORD: &str = "urn:ietf:params:scim:schemas:extension:account:2.0:Password";
/// Ours, for what no draft has.
pub const ACCOUNT: &str = "urn:postern:params:scim:schemas:extension:2.0:Account";

/// Names of attributes, as the schema spells them.
mod names {
    pub(super) const ACTIVE: &str = "active";
    pub(super) const PASSWORD_STATE: &str = "passwordState";
    pub(super) const LOCKED: &str = "locked";
    pub(super) const ON: &str = "on";
    pub(super) const MUST_CHANGE: &str = "passwordMustChange";
    pub(super) const AUTHORITY: &str = "authority";
    pub(super) const AUTHORITY_SOURCE: &str = "authoritySource";
    pub(super) const RESET_URL: &str = "resetUrl";
    pub(super) const RESET_STATUS: &str = "resetStatus";
}

/// Puts whose the password is among the account's attributes. `reset_url`: where its owner gets a new one, at the provider's or here.
pub fn show_owner(attributes: &mut Attributes, owner: &Decision, reset_url: Option<&str>) {
    let (authority, source) = authority_words(&owner.authority);
    attributes.set(Key::of(ACCOUNT, names::AUTHORITY), Value::text(authority));
    if let Some(source) = source {
        attributes.set(Key::of(ACCOUNT, names::AUTHORITY_SOURCE), Value::text(&*source));
    }
    if let Some(url) = reset_url {
        attributes.set(Key::of(ACCOUNT, names::RESET_URL), Value::text(url));
    }
}

/// Puts how self-service last went there.
pub fn show_reset_status(attributes: &mut Attributes, status: &str) {
    attributes.set(Key::of(ACCOUNT, names::RESET_STATUS), Value::text(status));
}

/// The attributes that tell whose the password is.
pub fn owner_keys() -> [Key; 3] {
    [names::AUTHORITY, names::AUTHORITY_SOURCE, names::RESET_URL].map(|name| Key::of(ACCOUNT, name))
}

/// The attribute that tells how self-service last went.
pub fn reset_status_key() -> Key {
    Key::of(ACCOUNT, names::RESET_STATUS)
}

/// Puts the account's state among its attributes: what the directory itself knows of it, so that filters can ask for it.
pub fn show(attributes: &mut Attributes, facts: &AccountFacts, told: Told, now: Timestamp) {
    attributes.set(Key::core(names::ACTIVE), Value::Boolean(facts.active));
    let boolean = |value: Option<bool>| value.map(Value::Boolean);
    let moment = |value: Option<Timestamp>| value.map(Value::Moment);
    let number = |value: Option<u32>| value.map(|value| Value::Integer(value.into()));
    let password_state = [
        ("createDate", moment(facts.password_set).filter(|_| told.password_set)),
        (
            "cantChange",
            boolean(facts.cannot_change).filter(|_| told.cannot_change),
        ),
        ("noExpiry", boolean(facts.never_expires).filter(|_| told.never_expires)),
        (
            "lastSuccessfulLoginDate",
            moment(facts.last_success).filter(|_| told.last_success),
        ),
        (
            "lastFailedLoginDate",
            moment(facts.last_failure).filter(|_| told.last_failure),
        ),
        ("loginAttempts", number(facts.failures).filter(|_| told.failures)),
        (
            names::MUST_CHANGE,
            boolean(facts.must_change).filter(|_| told.must_change),
        ),
    ];
    attributes.set(Key::of(PASSWORD, names::PASSWORD_STATE), there(password_state));
    if told.locked {
        attributes.set(Key::of(PASSWORD, names::LOCKED), locked(facts));
    }
    let state = &facts.standing.state;
    let expired =
        facts.expires.is_some_and(|at| at <= now) || matches!(state, State::Expired | State::ExpiredGrace { .. });
    let set = |attributes: &mut Attributes, name: &str, value: Option<Value>| {
        if let Some(value) = value {
            attributes.set(Key::of(ACCOUNT, name), value);
        }
    };
    set(attributes, "standing", Some(Value::text(standing_name(state.name()))));
    set(attributes, "expired", Some(Value::Boolean(expired)));
    set(attributes, "expiresAt", moment(facts.expires).filter(|_| told.expires));
    set(
        attributes,
        "lockedUntil",
        moment(facts.locked_until).filter(|_| told.locked),
    );
    set(
        attributes,
        "graceLoginsRemaining",
        number(facts.grace_left).filter(|_| told.grace_left),
    );
}

/// Takes the account's state out of what a program wants: what is left is for the mapping.
pub fn take(attributes: &Attributes) -> Attributes {
    let ours = |key: &Key| match key.extension.as_deref() {
        None => &*key.name == names::ACTIVE,
        Some(urn) => urn == PASSWORD || urn == ACCOUNT,
    };
    Attributes(
        attributes
            .0
            .iter()
            .filter(|(key, _)| !ours(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

/// What is to be done so that an account that stood as `before` stands as `after`. What is missing in `after` stays as it is: nobody is let in, or out, by
/// what was not said.
pub fn changes(before: &Attributes, after: &Attributes) -> Result<Vec<StandingChange>, EditFault> {
    let mut wanted = Vec::new();
    let flag = |attributes: &Attributes, (key, sub): &(Key, Option<&str>)| {
        let value = attributes.get(key)?;
        match sub.map_or(Some(value), |sub| value.sub(sub))? {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    };
    let must_change = (Key::of(PASSWORD, names::PASSWORD_STATE), Some(names::MUST_CHANGE));
    let locked = (Key::of(PASSWORD, names::LOCKED), Some(names::ON));
    let active = (Key::core(names::ACTIVE), None);
    let table = [
        // Whoever is to be let in is let in last, whoever is to be kept out first.
        (&active, false, StandingChange::Disable),
        (&locked, true, StandingChange::Lock),
        (&must_change, true, StandingChange::ForceChange),
        (&must_change, false, StandingChange::WithdrawForceChange),
        (&locked, false, StandingChange::Unlock),
        (&active, true, StandingChange::Enable),
    ];
    for (at, to, change) in table {
        if flag(after, at) == Some(to) && flag(before, at) != Some(to) {
            wanted.push(change);
        }
    }
    let is = |attributes: &Attributes, key: &Key| attributes.get(key).cloned();
    // An attribute that nobody may write here must be as it was, or not be there (RFC 7644 §3.5.1).
    for (key, value) in &after.0 {
        if key.extension.as_deref() == Some(ACCOUNT) && is(before, key).as_ref() != Some(value) {
            let detail = format!("{} cannot be written", key.name);
            return Err(EditFault::new(EditFaultKind::Mutability, detail));
        }
    }
    Ok(wanted)
}

/// The names of `reference` states in programs' spelling.
pub fn standing_name(state: StateName) -> &'static str {
    match state {
        StateName::Active => "ok",
        StateName::MustChange => "mustChange",
        StateName::Expired => "expired",
        StateName::ExpiredGrace => "expiredGrace",
        StateName::Expiring => "expiring",
        StateName::Locked => "locked",
        StateName::Disabled => "disabled",
        StateName::AccountExpired => "accountExpired",
        StateName::NotYetValid => "notYetValid",
        StateName::OutsideHours => "outsideHours",
        StateName::WrongWorkstation => "wrongWorkstation",
        StateName::TransportRefused => "policyBlocksTransport",
        StateName::Unknown => "unknown",
    }
}

fn locked(facts: &AccountFacts) -> Value {
    let by = match facts.standing.state {
        State::Locked { by, .. } => Some(by),
        _ => None,
    };
    let since = facts.locked_at;
    let duration = match (since, facts.locked_until) {
        (Some(since), Some(until)) => Some(until.duration_since(since).as_secs().max(0)),
        _ => None,
    };
    there([
        (names::ON, Some(Value::Boolean(by.is_some()))),
        // 0: failures, 1: an administrator, 2: failed resets.
        (
            "reason",
            by.map(|by| Value::Integer(i64::from(by != LockedBy::Failures))),
        ),
        ("lockDate", since.filter(|_| by.is_some()).map(Value::Moment)),
        ("duration", duration.filter(|_| by.is_some()).map(Value::Integer)),
    ])
}

fn there<'n>(subs: impl IntoIterator<Item = (&'n str, Option<Value>)>) -> Value {
    Value::complex(subs.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

/// Nobody-knows is never called local.
fn authority_words(authority: &Authority) -> (&'static str, Option<Arc<str>>) {
    match authority {
        Authority::Local(directory) => ("local", Some(Arc::clone(&directory.0))),
        Authority::Provider(provider) => ("provider", Some(Arc::clone(provider))),
        Authority::Both { provider, .. } => ("both", Some(Arc::clone(provider))),
        Authority::Unknown => ("unknown", None),
    }
}

#[cfg(test)]
mod tests;
