//! Passwords that have turned up in leaks, as a filter: a file that says of a password "surely not" or "yes, but for one in 65,536".

pub(crate) mod build;
pub(crate) mod file;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use unicode_normalization::UnicodeNormalization as _;
use xorf::{BinaryFuse16, Filter as _};
use zeroize::Zeroizing;

/// A filter that was read whole and found sound. 2.3 octets of memory for each password in it.
pub struct Leaked {
    about: About,
    /// One for each value of the first bits of a key; `None` where there is no key with these.
    shards: Vec<Option<BinaryFuse16>>,
    /// How many bits those are.
    bits: u32,
}

/// What a filter says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// How many passwords are in it.
    pub count: u64,
    /// Where they are from.
    pub source: String,
}

/// A file that is no filter of ours.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// It begins otherwise.
    #[error("it is no filter of leaked passwords: `postern leaked build` makes one")]
    NotAFilter,
    /// Of a later program.
    #[error("it is of format {0}, and this program knows 1: build it again with `postern leaked build`")]
    Version(u32),
    /// A number in it cannot be meant, or it ends too soon or too late.
    #[error("it is damaged: build it again with `postern leaked build`")]
    Damaged,
}

impl Leaked {
    /// The one that comes with the program: 30,000 of the most common passwords.
    pub fn shipped() -> Result<Self, FilterError> {
        let octets = include_bytes!("../shipped/common.filter");
        Self::read(octets.as_slice(), octets.len() as u64)
    }

    /// Reads a file that [`build`](crate::build) made. It is held in memory.
    pub fn open(path: &Path) -> Result<Self, FilterError> {
        let file = File::open(path).map_err(FilterError::Unreadable)?;
        let about = file.metadata().map_err(FilterError::Unreadable)?;
        if !about.is_file() {
            return Err(FilterError::NotAFilter);
        }
        Self::read(BufReader::new(file), about.len())
    }

    /// The same from anything of `length` octets.
    pub fn read(from: impl Read, length: u64) -> Result<Self, FilterError> {
        file::read(from, length)
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Whether it is in there. In NFC, as lists of text are.
    pub fn contains(&self, password: &str) -> bool {
        let composed: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
        self.holds(key_of(composed.as_bytes()))
    }

    fn holds(&self, key: u64) -> bool {
        let shard = usize::try_from(shard_of(key, self.bits)).ok();
        let shard = shard.and_then(|at| self.shards.get(at)).and_then(Option::as_ref);
        shard.is_some_and(|filter| filter.contains(&key))
    }
}

/// The first eight octets of its SHA-1, which is what lists are published as. Nothing here rests on that being hard to turn around.
fn key_of(octets: &[u8]) -> u64 {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, octets);
    hash.as_ref()
        .iter()
        .take(8)
        .fold(0, |key, octet| (key << 8) | u64::from(*octet))
}

/// Its first `bits` bits.
fn shard_of(key: u64, bits: u32) -> u64 {
    key.checked_shr(64 - bits).unwrap_or(0)
}
