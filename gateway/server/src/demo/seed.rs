//! The demonstration's people, put into the directory as they are promised, whatever became of them before.

use super::people::{self, Entry};
use crate::shell::asking::{AskError, Asking};
use jiff::Timestamp;
use postern_ldap::ResultCode;
use postern_ldap::change::NewChange;

/// What a sign-in or an administrator leaves behind on an account.
const LEFT_BEHIND: [&str; 8] = [
    "pwdAccountLockedTime",
    "pwdAccountTmpLockoutEnd",
    "pwdChangedTime",
    "pwdFailureTime",
    "pwdGraceUseTime",
    "pwdHistory",
    "pwdPolicySubentry",
    "pwdReset",
];
const REPLACE: u32 = 2;

/// Makes every entry, or puts it back. What others were made stays.
pub(super) async fn seed(asking: &mut Asking, now: Timestamp) -> Result<(), AskError> {
    for entry in people::entries(now) {
        let (standing, attributes): (Vec<_>, Vec<_>) = together(&entry)
            .into_iter()
            .partition(|(name, _)| LEFT_BEHIND.contains(&name.as_str()));
        let is_account = attributes
            .iter()
            .any(|(name, _)| name == "uid" || name == "userPassword");
        match asking.add(entry.dn.as_bytes(), &attributes).await {
            Err(AskError::Refused {
                code: ResultCode::ENTRY_ALREADY_EXISTS,
                ..
            }) => replace(asking, &entry.dn, &attributes).await?,
            added => added?,
        }
        // Last: a password that is set says itself how the account stands from then on.
        if is_account {
            let all = LEFT_BEHIND.iter().map(|name| {
                let values = standing.iter().find(|(known, _)| known == name);
                (
                    (*name).to_owned(),
                    values.map_or_else(Vec::new, |(_, values)| values.clone()),
                )
            });
            replace(asking, &entry.dn, &all.collect::<Vec<_>>()).await?;
        }
    }
    Ok(())
}

async fn replace(asking: &mut Asking, dn: &str, attributes: &[(String, Vec<Vec<u8>>)]) -> Result<(), AskError> {
    let values: Vec<(&str, Vec<&[u8]>)> = attributes
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(Vec::as_slice).collect()))
        .collect();
    let changes = values.iter().map(|(attribute, values)| NewChange {
        operation: REPLACE,
        attribute: attribute.as_bytes(),
        values,
    });
    asking.modify(dn, &changes.collect::<Vec<_>>()).await
}

/// Values of one attribute together.
fn together(entry: &Entry) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut all: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for (name, value) in &entry.attributes {
        let value = value.as_bytes().to_vec();
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => all.push(((*name).to_owned(), vec![value])),
        }
    }
    all
}
