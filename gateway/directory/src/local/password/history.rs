//! Old passwords: `time#syntax#length#value` each (draft-behera-ldap-password-policy §5.3.7).

use super::policy::attribute::{HISTORY, PASSWORD};
use super::policy::{Policy, Replace, time};
use crate::local::entry::Entry;
use postern_identity::Timestamp;

/// OCTET STRING, the syntax of `userPassword`.
const SYNTAX: &str = "1.3.6.1.4.1.1466.115.121.1.40";

/// Old values that a new password must not fit, the newest last.
pub(super) fn in_force(account: &Entry, policy: &Policy) -> Vec<Vec<u8>> {
    let mut old = read(account);
    old.drain(..old.len().saturating_sub(most(policy)));
    old.into_iter().map(|old| old.value.to_vec()).collect()
}

/// The history once the present password is an old one.
pub(super) fn with_present(account: &Entry, policy: &Policy, now: Timestamp) -> Option<Replace> {
    let has_history = !account.values(&HISTORY.to_ascii_lowercase()).is_empty();
    if policy.in_history == 0 {
        return has_history.then(|| Replace::none(HISTORY));
    }
    let mut values: Vec<Vec<u8>> = read(account).into_iter().map(|old| old.written.to_vec()).collect();
    for present in account.values(&PASSWORD.to_ascii_lowercase()) {
        let mut value = format!("{}#{SYNTAX}#{}#", time::write(now), present.len()).into_bytes();
        value.extend_from_slice(present);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.drain(..values.len().saturating_sub(most(policy)));
    (has_history || !values.is_empty()).then_some(Replace {
        attribute: HISTORY,
        values,
    })
}

fn most(policy: &Policy) -> usize {
    usize::try_from(policy.in_history).unwrap_or(usize::MAX)
}

struct Old<'a> {
    since: Timestamp,
    value: &'a [u8],
    written: &'a [u8],
}

/// Those that can be read, the oldest first.
fn read(account: &Entry) -> Vec<Old<'_>> {
    let mut old: Vec<Old<'_>> = account
        .values(&HISTORY.to_ascii_lowercase())
        .iter()
        .filter_map(|written| one(written))
        .collect();
    old.sort_by_key(|old| old.since);
    old
}

fn one(written: &[u8]) -> Option<Old<'_>> {
    let mut parts = written.splitn(4, |octet| *octet == b'#');
    let since = time::parse(std::str::from_utf8(parts.next()?).ok()?)?;
    let _syntax = parts.next()?;
    let length: usize = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let value = parts.next()?;
    (value.len() == length).then_some(Old { since, value, written })
}

#[cfg(test)]
mod tests;
