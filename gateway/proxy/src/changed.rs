//! Accounts whose password was written, or whose lock was lifted, through another door: whoever signed in before that is out.
//!
//! Each change has a number. A session keeps the number of the moment it began to sign in, and looks whether its account has a higher one.

use postern_identity::DistinguishedName;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most names that are remembered; the oldest go first. Sessions look several times a second.
const MOST: usize = 8 * 1024;

/// The accounts of one directory that were changed.
#[derive(Default)]
pub(crate) struct Changed {
    number: AtomicU64,
    by_name: Mutex<HashMap<Box<str>, u64>>,
}

impl Changed {
    /// The number of the last change.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// An account was changed: every name it may have signed in by.
    pub(crate) fn tell<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.number.load(Ordering::Acquire) + 1;
        for name in names {
            by_name.insert(normal(name).into(), number);
        }
        if by_name.len() > MOST {
            let mut numbers: Vec<u64> = by_name.values().copied().collect();
            let middle = numbers.len() / 2;
            let (_, oldest, _) = numbers.select_nth_unstable(middle);
            let oldest = *oldest;
            by_name.retain(|_, number| *number > oldest);
        }
        // After the names: whoever sees the number finds them.
        self.number.store(number, Ordering::Release);
    }

    /// Whether whoever signed in by this name was changed after that number.
    pub(crate) fn is_changed(&self, name: &[u8], since: u64) -> bool {
        let Ok(name) = std::str::from_utf8(name) else {
            return false;
        };
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        by_name.get(&*normal(name)).is_some_and(|number| *number > since)
    }
}

/// The normal form of a DN; of another name, how it is compared.
fn normal(name: &str) -> String {
    match DistinguishedName::parse(name.as_bytes()) {
        Ok(dn) if !dn.is_root() => dn.to_string(),
        _ => {
            let login = name.rsplit_once('\\').map_or(name, |(_, login)| login);
            login.trim().to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_signed_in_before_a_change_is_changed_and_whoever_came_after_is_not() {
        let changed = Changed::default();
        let before = changed.number();
        changed.tell(["uid=Bob, dc=Org", "bob", "bob@org"]);
        let after = changed.number();
        for name in ["UID=bob,DC=org", "BOB", "EXAMPLE\\bob", "bob@ORG"] {
            assert!(changed.is_changed(name.as_bytes(), before), "{name}");
            assert!(!changed.is_changed(name.as_bytes(), after), "{name}");
        }
        assert!(!changed.is_changed(b"uid=alice,dc=org", before));
        assert!(!changed.is_changed(b"\xff", before));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_latest_stay() {
        let changed = Changed::default();
        for number in 0..3 * MOST {
            changed.tell([&*format!("u{number}")]);
        }
        assert!(changed.by_name.lock().unwrap().len() <= MOST);
        assert!(changed.is_changed(format!("u{}", 3 * MOST - 1).as_bytes(), 0));
    }
}
