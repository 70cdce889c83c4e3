//! What crypt(3) writes, as far as it is read: SHA-crypt and bcrypt.

use sha_crypt::{PasswordVerifier, ShaCrypt};

/// About a second.
const MOST_ROUNDS: u32 = 1_000_000;
const MOST_BCRYPT: u32 = 14;

/// SHA-crypt's work grows with the square of the password's length; crypt(3) itself stops here.
const LONGEST_PASSWORD: usize = 512;

/// Longer than any hash that is read.
const LONGEST: usize = 256;

/// A stored hash.
pub(in super::super) enum Crypt<'a> {
    Sha(&'a str),
    Bcrypt(&'a str),
}

impl<'a> Crypt<'a> {
    /// Or why it is not read.
    pub(super) fn read(text: &'a [u8]) -> Result<Self, &'static str> {
        let is_short_text = text.len() <= LONGEST && text.is_ascii();
        let text = std::str::from_utf8(text)
            .ok()
            .filter(|_| is_short_text)
            .ok_or("not a hash of crypt(3)")?;
        let (kind, rest) = text
            .strip_prefix('$')
            .and_then(|rest| rest.split_once('$'))
            .ok_or("DES hashes of crypt(3) are not read")?;
        match kind {
            "5" | "6" => sha(rest)
                .then_some(Self::Sha(text))
                .ok_or("not a SHA hash of crypt(3), or with too many rounds"),
            "2a" | "2b" | "2y" => bcrypt_hash(rest)
                .then_some(Self::Bcrypt(text))
                .ok_or("not a bcrypt hash, or at too high a cost"),
            "1" => Err("MD5 hashes of crypt(3) are not read"),
            "y" | "gy" | "7" => Err("yescrypt and scrypt hashes of crypt(3) are not read"),
            _ => Err("a kind of crypt(3) hash that is not read"),
        }
    }

    pub(super) fn fits(&self, given: &[u8]) -> bool {
        // A NUL ends a password for crypt(3), so none that was ever set has one.
        if given.len() > LONGEST_PASSWORD || given.contains(&0) {
            return false;
        }
        match self {
            Self::Sha(hash) => ShaCrypt::SHA512.verify_password(given, *hash).is_ok(),
            Self::Bcrypt(hash) => bcrypt::verify(given, hash).unwrap_or(false),
        }
    }
}

/// `[rounds=n$]salt$hash`
fn sha(rest: &str) -> bool {
    let rest = match rest.strip_prefix("rounds=") {
        None => rest,
        Some(rest) => match rest.split_once('$') {
            Some((rounds, rest)) if rounds.parse::<u32>().is_ok_and(|rounds| rounds <= MOST_ROUNDS) => rest,
            _ => return false,
        },
    };
    rest.split_once('$')
        .is_some_and(|(salt, hash)| salt.len() <= 16 && matches!(hash.len(), 43 | 86))
}

/// `cost$` and 53 characters.
fn bcrypt_hash(rest: &str) -> bool {
    rest.split_once('$').is_some_and(|(cost, rest)| {
        rest.len() == 53 && cost.len() == 2 && cost.parse::<u32>().is_ok_and(|cost| (4..=MOST_BCRYPT).contains(&cost))
    })
}
