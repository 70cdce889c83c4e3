//! Making, changing and taking away accounts.

use super::account::Accounts;
use super::{PasswordArguments, PersonArguments, UserError, password};
use crate::output::Output;
use crate::shell::asking::{AskError, Found};
use postern_identity::name::escape;
use postern_ldap::ResultCode;
use postern_ldap::change::NewChange;
use postern_ldap::filter;
use postern_ldap::search::Scope;
use serde_json::json;

/// What keeps an account from signing in until somebody lifts it (draft-behera-ldap-password-policy §5.3.3).
const LOCKED_FOR_GOOD: &[u8] = b"000001010000Z";
const LOCK: &[u8] = b"pwdAccountLockedTime";
const RESET: &[u8] = b"pwdReset";
const DELETE: u32 = 1;
const REPLACE: u32 = 2;

/// Makes an account.
pub(super) async fn add(
    accounts: &mut Accounts,
    uid: &str,
    below: Option<&str>,
    person: &PersonArguments,
    arguments: &PasswordArguments,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    if uid.is_empty() {
        return Err(UserError::asked("a sign-in name has at least one letter"));
    }
    let below = match below {
        Some(below) => below.to_owned(),
        None => usual_place(accounts).await?,
    };
    let mut dn = "uid=".to_owned();
    escape(uid, &mut dn);
    dn.push(',');
    dn.push_str(&below);
    let mut attributes = vec![one("objectClass", "inetOrgPerson"), one("uid", uid)];
    let name = person.name.as_deref().unwrap_or(uid);
    let family = person.family_name.as_deref();
    let family = family.unwrap_or_else(|| name.split_whitespace().last().unwrap_or(uid));
    attributes.extend([one("cn", name), one("sn", family)]);
    for (attribute, option, value) in person.attributes() {
        match (attribute, value) {
            (_, Some("")) => return Err(UserError::asked(format!("{option} is empty"))),
            ("cn" | "sn", _) | (_, None) => {}
            (attribute, Some(value)) => attributes.push(one(attribute, value)),
        }
    }
    let new = password::new(arguments, accounts.random)?;
    let mut entry = Found { dn, attributes };
    if let Some(new) = &new {
        // As it will be: whose password it is may depend on what is in the entry.
        accounts.must_be_ours(&entry).await?;
        entry
            .attributes
            .push(("userPassword".to_owned(), vec![new.password.expose().to_vec()]));
        if arguments.must_change || new.made {
            entry.attributes.push(one("pwdReset", "TRUE"));
        }
    }
    accounts.may_be_saved(&entry, new.is_some()).await?;
    accounts
        .asking
        .add(entry.dn.as_bytes(), &entry.attributes)
        .await
        .map_err(|error| said(error, &entry.dn))?;
    told(&entry.dn, "made", new.as_ref(), json, out)
}

/// Changes what is known of an account.
pub(super) async fn set(
    accounts: &mut Accounts,
    who: &str,
    person: &PersonArguments,
    arguments: &PasswordArguments,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    let mut entry = accounts.one(who).await?;
    let given = person.attributes();
    if given.iter().all(|(_, _, value)| value.is_none()) && !arguments.is_given() {
        return Err(UserError::asked(
            "nothing to change is said: see postern user set --help",
        ));
    }
    let mut values: Vec<(&str, Vec<&[u8]>)> = Vec::new();
    for (attribute, option, value) in &given {
        match (*attribute, *value) {
            ("cn" | "sn", Some("")) => return Err(UserError::asked(format!("{option} is empty: everybody has one"))),
            (attribute, Some("")) => values.push((attribute, Vec::new())),
            (attribute, Some(value)) => values.push((attribute, vec![value.as_bytes()])),
            (_, None) => {}
        }
    }
    // As it will be.
    for (attribute, values) in &values {
        let values: Vec<_> = values.iter().map(|value| value.to_vec()).collect();
        entry
            .attributes
            .retain(|(name, _)| !name.eq_ignore_ascii_case(attribute));
        entry.attributes.push(((*attribute).to_owned(), values));
    }
    let new = password::new(arguments, accounts.random)?;
    if new.is_some() {
        accounts.must_be_ours(&entry).await?;
    }
    let has_password = new.is_some() || !entry.values("userPassword").is_empty();
    accounts.may_be_saved(&entry, has_password).await?;
    if let Some(new) = &new {
        values.push(("userPassword", vec![new.password.expose()]));
        if arguments.must_change || new.made {
            values.push(("pwdReset", vec![b"TRUE"]));
        }
    }
    let changes: Vec<_> = values
        .iter()
        .map(|(attribute, values)| change(REPLACE, attribute.as_bytes(), values))
        .collect();
    accounts
        .asking
        .modify(&entry.dn, &changes)
        .await
        .map_err(|error| said(error, &entry.dn))?;
    told(&entry.dn, "changed", new.as_ref(), json, out)
}

/// Gives an account another password.
pub(super) async fn password(
    accounts: &mut Accounts,
    who: &str,
    arguments: &PasswordArguments,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    if !arguments.is_given() {
        return Err(UserError::asked(
            "which password: --password-file FILE (- for standard input), or --generate-password",
        ));
    }
    set(accounts, who, &PersonArguments::default(), arguments, json, out).await
}

/// Has the password changed at the next sign-in, or not after all.
pub(super) async fn must_change(
    accounts: &mut Accounts,
    who: &str,
    withdraw: bool,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    let entry = accounts.one(who).await?;
    if !withdraw {
        accounts.must_be_ours(&entry).await?;
        accounts
            .may_be_saved(&entry, !entry.values("userPassword").is_empty())
            .await?;
    }
    let values: &[&[u8]] = if withdraw { &[] } else { &[b"TRUE"] };
    accounts
        .asking
        .modify(&entry.dn, &[change(REPLACE, RESET, values)])
        .await?;
    told(
        &entry.dn,
        if withdraw {
            "need not change its password"
        } else {
            "must change its password"
        },
        None,
        json,
        out,
    )
}

/// Keeps an account from signing in, or lets it again.
pub(super) async fn lock(
    accounts: &mut Accounts,
    who: &str,
    locked: bool,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    let entry = accounts.one(who).await?;
    let put = change(REPLACE, LOCK, &[LOCKED_FOR_GOOD]);
    // What is deleted has to be there, and with it the failures are forgotten.
    let lift = [put, change(DELETE, LOCK, &[])];
    accounts
        .asking
        .modify(&entry.dn, if locked { &lift[..1] } else { &lift })
        .await?;
    told(&entry.dn, if locked { "locked" } else { "unlocked" }, None, json, out)
}

/// Takes an account away.
pub(super) async fn delete(
    accounts: &mut Accounts,
    who: &str,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    let entry = accounts.one(who).await?;
    accounts
        .asking
        .delete(&entry.dn)
        .await
        .map_err(|error| said(error, &entry.dn))?;
    told(&entry.dn, "deleted", None, json, out)
}

/// Where accounts are made if nobody says where.
async fn usual_place(accounts: &mut Accounts) -> Result<String, UserError> {
    let people = format!("ou=people,{}", accounts.base);
    let found = accounts
        .asking
        .search(&people, Scope::Base, &filter::present(b"objectClass"), &["1.1"], |_| {})
        .await;
    match found {
        Ok(()) => Ok(people),
        Err(AskError::Refused {
            code: ResultCode::NO_SUCH_OBJECT,
            ..
        }) => Ok(accounts.base.clone()),
        Err(error) => Err(error.into()),
    }
}

/// What whoever asked could have known is theirs to mend.
fn said(error: AskError, dn: &str) -> UserError {
    let AskError::Refused { code, text } = &error else {
        return error.into();
    };
    let what = match *code {
        ResultCode::ENTRY_ALREADY_EXISTS => format!("there is an account {dn} already"),
        ResultCode::NO_SUCH_OBJECT => format!("there is no entry above {dn}"),
        ResultCode::NOT_ALLOWED_ON_NON_LEAF => format!("there are entries below {dn}: delete them first"),
        ResultCode::CONSTRAINT_VIOLATION
        | ResultCode::INVALID_ATTRIBUTE_SYNTAX
        | ResultCode::OBJECT_CLASS_VIOLATION => {
            format!("the directory does not take it: {text}")
        }
        _ => return error.into(),
    };
    UserError::Asked(what)
}

fn told(dn: &str, done: &str, new: Option<&password::New>, json: bool, out: &mut Output<'_>) -> Result<(), UserError> {
    let made = new
        .filter(|new| new.made)
        .map(|new| String::from_utf8_lossy(new.password.expose()));
    if json {
        out.line(json!({ "dn": dn, "done": done, "password": made }))?;
        return Ok(());
    }
    out.line(format_args!("{dn}: {done}"))?;
    if let Some(made) = made {
        out.line(format_args!(
            "its password, shown this once and to be changed at the first sign-in: {made}"
        ))?;
    }
    Ok(())
}

fn one(attribute: &str, value: &str) -> (String, Vec<Vec<u8>>) {
    (attribute.to_owned(), vec![value.as_bytes().to_vec()])
}

fn change<'a>(operation: u32, attribute: &'a [u8], values: &'a [&'a [u8]]) -> NewChange<'a> {
    NewChange {
        operation,
        attribute,
        values,
    }
}
