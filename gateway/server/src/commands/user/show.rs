//! Accounts as they are printed.

use super::UserError;
use super::account::{Accounts, accounts};
use crate::output::Output;
use crate::shell::asking::Found;
use postern_identity::authority::Decision;
use postern_ldap::filter;
use postern_ldap::search::Scope;
use serde_json::{Value, json};

/// What a list shows of each.
const LISTED: [&str; 6] = ["uid", "cn", "mail", "pwdReset", "pwdAccountLockedTime", "userPassword"];
/// What one account shows, and as what.
const SHOWN: [(&str, &str); 10] = [
    ("sign-in name", "uid"),
    ("name", "cn"),
    ("mail", "mail"),
    ("phone", "telephoneNumber"),
    ("must change", "pwdReset"),
    ("locked since", "pwdAccountLockedTime"),
    ("wrong passwords", "pwdFailureTime"),
    ("password set", "pwdChangedTime"),
    ("groups", "memberOf"),
    ("id", "entryUUID"),
];

/// Everybody, or those who fit a filter.
pub(super) async fn list(
    all: &mut Accounts,
    wanted: Option<&str>,
    json: bool,
    out: &mut Output<'_>,
) -> Result<(), UserError> {
    let mut filters = vec![accounts()];
    if let Some(text) = wanted {
        let filter = filter::text::parse(text);
        filters.push(filter.map_err(|_| UserError::asked("--filter: an LDAP filter such as '(mail=*@example.org)'"))?);
    }
    let mut printed = Ok(());
    let base = all.base.clone();
    let each = |found: Found| {
        if printed.is_ok() {
            printed = out.line(if json { listed(&found).to_string() } else { line(&found) });
        }
    };
    all.asking
        .search(&base, Scope::Subtree, &filter::all(&filters), &LISTED, each)
        .await?;
    Ok(printed?)
}

/// One account.
pub(super) async fn one(all: &mut Accounts, who: &str, json: bool, out: &mut Output<'_>) -> Result<(), UserError> {
    let entry = all.one(who).await?;
    let owner = all.owner(&entry).await?;
    if json {
        return Ok(out.line(whole(&entry, &owner))?);
    }
    out.line(&entry.dn)?;
    for (shown, attribute) in SHOWN {
        let values = entry.values(attribute);
        for (place, value) in values.iter().enumerate() {
            let shown = if place == 0 { shown } else { "" };
            out.line(format_args!("  {shown:<16} {}", printable(value)))?;
        }
    }
    let has = if entry.values("userPassword").is_empty() {
        "none here"
    } else {
        "there is one"
    };
    out.line(format_args!(
        "  {:<16} {has}; it is of {} (rule {})",
        "password", owner.authority, owner.rule
    ))?;
    Ok(())
}

fn line(found: &Found) -> String {
    let mut marks = Vec::new();
    for (attribute, mark) in [("pwdReset", "must change"), ("pwdAccountLockedTime", "locked")] {
        if found.text(attribute).is_some_and(|value| value != "FALSE") {
            marks.push(mark);
        }
    }
    if found.values("userPassword").is_empty() {
        marks.push("no password");
    }
    let text = |attribute| {
        found
            .values(attribute)
            .first()
            .map(|value| printable(value))
            .unwrap_or_default()
    };
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!("  [{}]", marks.join(", "))
    };
    let (uid, name) = (text("uid"), text("cn"));
    format!(
        "{:<20} {:<28} {}{marks}",
        if uid.is_empty() { &name } else { &uid },
        name,
        text("mail")
    )
}

fn listed(found: &Found) -> Value {
    json!({
        "dn": found.dn,
        "uid": found.text("uid"),
        "name": found.text("cn"),
        "mail": found.text("mail"),
        "must_change": found.text("pwdReset") == Some("TRUE"),
        "locked": !found.values("pwdAccountLockedTime").is_empty(),
        "has_password": !found.values("userPassword").is_empty(),
    })
}

fn whole(entry: &Found, owner: &Decision) -> Value {
    let mut told = listed(entry);
    let all =
        |attribute: &str| -> Vec<String> { entry.values(attribute).iter().map(|value| printable(value)).collect() };
    if let Some(told) = told.as_object_mut() {
        told.insert("phone".to_owned(), json!(entry.text("telephoneNumber")));
        told.insert("groups".to_owned(), json!(all("memberOf")));
        told.insert(
            "wrong_passwords".to_owned(),
            json!(entry.values("pwdFailureTime").len()),
        );
        told.insert("password_set".to_owned(), json!(entry.text("pwdChangedTime")));
        told.insert("id".to_owned(), json!(entry.text("entryUUID")));
        told.insert("password_owner".to_owned(), json!(owner.authority.to_string()));
        told.insert("password_rule".to_owned(), json!(owner.rule.to_string()));
    }
    told
}

/// Text without what a terminal would take for a command.
fn printable(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.chars()
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect()
}
