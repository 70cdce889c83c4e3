//! Which account a name means. A plain DN is told by itself; for every other spelling the directory is asked, and its answer kept for a
//! while.

use super::keys::Keys;
use crate::ticker::A_SECOND;
use postern_identity::DistinguishedName;
use postern_identity::name::{LONGEST_NAME, is_common};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long an answer is kept.
const KEPT: u32 = 60 * A_SECOND;
/// The most that are.
const MOST: usize = 16 * 1024;

/// What a name comes to.
pub(super) enum Named {
    /// This account, or this name if there is none.
    Subject(u64),
    /// To be asked of the directory. `alone` stands for the name itself, should it not know or not answer.
    Unresolved { text: String, alone: u64 },
    /// No name of anybody.
    Impossible,
}

/// What the directory said of odd names.
#[derive(Default)]
pub(super) struct Names(Mutex<HashMap<u64, (u64, u32)>>);

impl Names {
    /// What this name means, as far as it can be told without asking.
    pub(super) fn of(&self, name: &[u8], keys: &Keys, now: u32) -> Named {
        if name.len() > LONGEST_NAME {
            return Named::Impossible;
        }
        if let Some(subject) = common(name, |text| keys.name(text)) {
            return Named::Subject(subject);
        }
        let text = match DistinguishedName::parse(name) {
            Ok(parsed) => {
                let text = parsed.to_string();
                if parsed.is_plain() {
                    return Named::Subject(keys.name(text.as_bytes()));
                }
                text
            }
            // No directory finds a name that is not UTF-8 (RFC 4511 §4.1.2).
            Err(_) => match std::str::from_utf8(name) {
                Ok(text) => text.trim().to_lowercase(),
                Err(_) => return Named::Subject(keys.name(name)),
            },
        };
        let alone = keys.name(text.as_bytes());
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(&alone) {
            Some((subject, at)) if now.saturating_sub(*at) <= KEPT => Named::Subject(*subject),
            _ => Named::Unresolved { text, alone },
        }
    }

    /// What stands for an account by its DN as the directory writes it.
    pub(super) fn account(dn: &str, keys: &Keys) -> u64 {
        match DistinguishedName::parse(dn.as_bytes()) {
            Ok(name) => keys.name(name.to_string().as_bytes()),
            Err(_) => keys.name(dn.as_bytes()),
        }
    }

    /// Keeps what the directory said.
    pub(super) fn keep(&self, alone: u64, subject: u64, now: u32) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (_, at)| now.saturating_sub(*at) <= KEPT);
            if kept.len() >= MOST {
                kept.clear();
            }
        }
        kept.insert(alone, (subject, now));
    }

    /// Names have changed hands.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What puts a password to the test. Each remembers its own wrong ones: slapd says of an old password that it may not look at, and of
/// every one that is compared with a hash, what it says of a wrong one; the account's owner may sign in with it all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestedBy {
    /// A bind.
    SignIn,
    /// A password change, a compare, an assertion.
    Otherwise,
}

/// What kind of name this is. A directory may refuse the right password by a name of a form it does not know: that does not make the password
/// wrong by another.
pub(super) fn form(name: &[u8], by: TestedBy) -> u8 {
    let by = match by {
        TestedBy::SignIn => 0,
        TestedBy::Otherwise => 0x80,
    };
    let has = |sign: u8| name.contains(&sign);
    by | match () {
        () if has(b'=') => 0, // a DN
        () if has(b'\\') => 1,
        () if has(b'@') => 2,
        () => 3,
    }
}

/// The longest name that is folded without allocating.
const COMMON: usize = 256;

/// What `hash` makes of a name's normal form, where that is the name in small letters: nearly always, and at every sign-in.
fn common(name: &[u8], hash: impl FnOnce(&[u8]) -> u64) -> Option<u64> {
    let mut folded = [0; COMMON];
    let text = folded.get_mut(..name.len())?;
    if !is_common(name) {
        return None;
    }
    text.copy_from_slice(name);
    text.make_ascii_lowercase();
    Some(hash(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::GuardSeed;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_hashes_what_the_long_way_does(
            name in r"((uid|UID|cn|Ou|dc|o|l|mail|userid| uid|x)(=|= )([a-zA-Z0-9.@_-]{0,4}|[ -~é]{0,3})(,|, |;|\\+|)){0,4}"
        ) {
            let Some(text) = common_text(&name) else { return Ok(()) };
            let parsed = DistinguishedName::parse(name.as_bytes()).unwrap();
            prop_assert!(parsed.is_plain() && !parsed.is_root(), "{}", name);
            prop_assert_eq!(parsed.to_string(), text);
        }
    }

    fn common_text(name: &str) -> Option<String> {
        let mut text = None;
        common(name.as_bytes(), |folded| {
            text = Some(String::from_utf8(folded.to_vec()).unwrap());
            0
        });
        text
    }

    #[test]
    fn usual_names_go_the_short_way_and_no_others() {
        let long = format!("uid={},dc=example", "a".repeat(COMMON));
        for usual in ["uid=alice,ou=people,dc=example,dc=org", "CN=Alice.B_c-d@e,O=Example"] {
            assert_eq!(common_text(usual), Some(usual.to_lowercase()));
        }
        for other in [
            "",
            "alice",
            "uid=",
            "uid=a,",
            ",uid=a",
            "uid=a b,dc=c",
            "uid=a+cn=b",
            "uid=a;dc=c",
            "mail=a",
            "uid=\\61",
            &long,
        ] {
            assert_eq!(common_text(other), None, "{other}");
        }
    }

    #[test]
    fn spellings_of_a_plain_name_are_one_and_need_no_asking() {
        let (names, keys) = (Names::default(), Keys::new(&GuardSeed([7; 32]), "d"));
        let subject = |name: &str| match names.of(name.as_bytes(), &keys, 0) {
            Named::Subject(subject) => subject,
            _ => panic!("{name}"),
        };
        let alice = subject("uid=alice,dc=example,dc=org");
        for other in ["UID=ALICE,DC=example,DC=org", "userid = \\61lice ; dc=example,dc=org"] {
            assert_eq!(subject(other), alice, "{other}");
        }
        assert_eq!(Names::account("uid=Alice,dc=example,dc=org", &keys), alice);
        assert_ne!(subject("uid=bob,dc=example,dc=org"), alice);
    }

    #[test]
    fn an_odd_name_is_asked_about_and_the_answer_kept_for_a_minute_or_until_names_change() {
        let (names, keys) = (Names::default(), Keys::new(&GuardSeed([7; 32]), "d"));
        for name in ["uid=\u{ff41}lice,dc=org", "alice", "employeeNumber=1,dc=org"] {
            let Named::Unresolved { alone, .. } = names.of(name.as_bytes(), &keys, 5) else {
                panic!("{name}")
            };
            names.keep(alone, 42, 5);
            assert!(matches!(names.of(name.as_bytes(), &keys, 5 + KEPT), Named::Subject(42)));
            assert!(matches!(
                names.of(name.as_bytes(), &keys, 6 + KEPT),
                Named::Unresolved { .. }
            ));
            names.forget();
            assert!(matches!(names.of(name.as_bytes(), &keys, 5), Named::Unresolved { .. }));
        }
        assert!(matches!(names.of(b"\xff\xfe", &keys, 0), Named::Subject(_)));
        assert!(matches!(
            names.of(&[b'a'; LONGEST_NAME + 1], &keys, 0),
            Named::Impossible
        ));
    }
}
