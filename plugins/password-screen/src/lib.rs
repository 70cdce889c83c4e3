//! What a new password must be before a directory sees it: the heart's port `Screen`.
//!
//! **Owns** length, leaked passwords and the files they are looked up in, words of the context, and how strong a password is.
//!
//! **Never knows** any directory's own rules, HTTP, pages, or where its files are configured.
//!
//! **The walk.** [`NewPasswords`] is made with the [`Leaked`] filters there are → a password is text or is refused → its characters are counted
//! (NFC, code points) → it is looked up in the filters → `context` compares it with the person's and the organisation's words → `strength`
//! guesses at it. Everything there is against it is told at once. [`build`] makes a filter from a list.
//!
//! **What is never asked for:** kinds of characters, changes by the calendar, hints (NIST SP 800-63B-4 §3.1.1.2). A password is taken as it is:
//! nothing is trimmed, cut or folded but to compare it.
//!
//! **To add a finding:** its variant in the port, and a step in [`NewPasswords`].

mod context;
mod leaked;
mod strength;
#[cfg(test)]
mod tests;

pub use leaked::build::{Build, BuildError, Built, build};
pub use leaked::{About, FilterError, Leaked};

use postern_identity::reset::{Advice, Finding, PasswordRules, Screen, Screened};
use postern_identity::secret::Secret;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// What is longer than this is too long whatever the rules, and nothing else is looked at: octets.
const LONGEST_LOOKED_AT: usize = 4096;

/// Looks at new passwords, offline.
pub struct NewPasswords {
    leaked: Vec<Leaked>,
}

impl NewPasswords {
    /// With these filters, asked in turn. [`Leaked::shipped`] is one that is always there.
    pub fn new(leaked: Vec<Leaked>) -> Self {
        Self { leaked }
    }

    /// Whether it, or the same in lower case, is in a filter: lists hold common ones in lower case alone.
    fn is_leaked(&self, password: &str) -> bool {
        let lower: Zeroizing<String> = Zeroizing::new(password.to_lowercase());
        self.leaked
            .iter()
            .any(|filter| filter.contains(password) || filter.contains(&lower))
    }
}

impl Screen for NewPasswords {
    fn screen(&self, password: &Secret, rules: &PasswordRules, words: &[&str]) -> Screened {
        let longest = Finding::TooLong { longest: rules.longest };
        if password.expose().len() > LONGEST_LOOKED_AT {
            return refused(longest);
        }
        let Ok(typed) = std::str::from_utf8(password.expose()) else {
            return refused(Finding::NotText);
        };
        let password: Zeroizing<String> = Zeroizing::new(typed.nfc().collect());
        let characters = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        let mut findings = Vec::new();
        if characters < rules.shortest {
            findings.push(Finding::TooShort {
                shortest: rules.shortest,
            });
        }
        if characters > rules.longest {
            findings.push(longest);
        }
        if rules.leaked && self.is_leaked(&password) {
            findings.push(Finding::Leaked);
        }
        let organisation = rules.words.iter().map(AsRef::as_ref);
        let words: Vec<&str> = words.iter().copied().chain(organisation).collect();
        if rules.context && context::is_little_else(&password, &words) {
            findings.push(Finding::Context);
        }
        let (strength, mut advice) = strength::guess(&password, &words);
        if strength < rules.strength {
            findings.push(Finding::Weak);
        }
        if !password.is_ascii() {
            advice.push(Advice::NotAscii);
        }
        Screened {
            findings,
            strength,
            advice,
        }
    }
}

fn refused(finding: Finding) -> Screened {
    Screened {
        findings: vec![finding],
        ..Screened::default()
    }
}
