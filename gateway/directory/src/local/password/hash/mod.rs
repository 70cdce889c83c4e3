//! What a value of `userPassword` says (RFC 3112 has the braces, OpenLDAP the names within), and whether a password fits it.
//!
//! | scheme | is |
//! |---|---|
//! | `{ARGON2}` | Argon2id or Argon2i as a PHC string; what is written here is this, as Argon2id |
//! | `{SSHA}`, `{SSHA256}`, `{SSHA384}`, `{SSHA512}`, `{SHA}`, `{SHA256}`, `{SHA384}`, `{SHA512}` | one round, with salt or without |
//! | `{CRYPT}` | `$5$`, `$6$`, `$2a$`, `$2b$`, `$2y$` |
//! | `{PBKDF2}`, `{PBKDF2-SHA1}`, `{PBKDF2-SHA256}`, `{PBKDF2-SHA512}` | as slapd's pw-pbkdf2 writes it |
//! | `{CLEARTEXT}`, or no scheme | the password itself; only from an import |
//! | `{MD5}`, `{SMD5}`, `{LANMAN}`, `{NS-MTA-MD5}`, `{CRYPT}` in DES, `$1$`, `$7$`, `$y$`, `$gy$` | known, and not read: nobody signs in by it |
//! | `{SASL}` | another service checks the password, and not through here: nobody signs in by it |
//!
//! Braces around any other word are part of a password. Names are compared without case. What a hash asks for in rounds and memory is
//! bounded, for a hash may come from anywhere: what is over the bound is not read.

mod argon2;
mod crypt;
mod digest;
mod pbkdf2;

pub use self::argon2::{Cost, CostFault};

use self::argon2::Encoded;
use self::crypt::Crypt;
use self::digest::Digested;
use self::pbkdf2::Derived;
use super::random::{NoRandomness, Randomness};
use ::argon2::Block;
use subtle::ConstantTimeEq;

/// What can be said of a value without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A password as it is, which has to be hashed before it is kept.
    Plain,
    /// A hash that can be checked.
    Hashed,
    /// A hash that cannot be checked here, and why not: a few fixed words for whoever stores it.
    Unreadable(&'static str),
    /// The password is checked by another service.
    Elsewhere,
}

/// What a value is.
pub fn form(value: &[u8]) -> Form {
    match Stored::read(value) {
        Stored::Plain(_) => Form::Plain,
        Stored::Argon2(_) | Stored::Digest(_) | Stored::Pbkdf2(_) | Stored::Crypt(_) => Form::Hashed,
        Stored::Unreadable(why) => Form::Unreadable(why),
        Stored::Elsewhere => Form::Elsewhere,
    }
}

/// The password a value of the form [`Form::Plain`] is: without `{CLEARTEXT}`.
pub fn plain(value: &[u8]) -> &[u8] {
    match scheme(value) {
        Some((name, rest)) if name.eq_ignore_ascii_case(b"CLEARTEXT") => rest,
        _ => value,
    }
}

/// A value, read. No `Debug`: it may be a password.
pub(super) enum Stored<'a> {
    Argon2(Encoded),
    Digest(Digested),
    Pbkdf2(Derived),
    Crypt(Crypt<'a>),
    Plain(&'a [u8]),
    Unreadable(&'static str),
    Elsewhere,
}

/// How much work a comparison was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fits {
    /// It fits.
    Yes,
    /// It does not, and learning that took as long as with a hash of our own.
    No,
    /// It does not, and learning that took another time than with a hash of our own.
    NoButAtAnotherCost,
}

impl<'a> Stored<'a> {
    pub(super) fn read(value: &'a [u8]) -> Self {
        let Some((name, rest)) = scheme(value) else {
            return Self::Plain(value);
        };
        let upper = name.to_ascii_uppercase();
        match upper.as_slice() {
            b"ARGON2" => Encoded::read(rest).map_or(
                Self::Unreadable("not Argon2id or Argon2i as a PHC string, or at too high a cost"),
                Self::Argon2,
            ),
            b"CRYPT" => Crypt::read(rest).map_or_else(Self::Unreadable, Self::Crypt),
            b"CLEARTEXT" => Self::Plain(rest),
            b"SASL" => Self::Elsewhere,
            b"MD5" | b"SMD5" | b"NS-MTA-MD5" | b"LANMAN" => Self::Unreadable("MD5 and LAN Manager hashes are not read"),
            other => {
                if let Some(kind) = digest::kind(other) {
                    Digested::read(kind, rest).map_or(Self::Unreadable("not a hash of this kind"), Self::Digest)
                } else if let Some(kind) = pbkdf2::kind(other) {
                    Derived::read(kind, rest).map_or(
                        Self::Unreadable("not as slapd writes PBKDF2, or with too many rounds"),
                        Self::Pbkdf2,
                    )
                } else {
                    Self::Plain(value)
                }
            }
        }
    }

    /// Whether the password fits. Hashes are compared in constant time.
    pub(super) fn fits(&self, given: &[u8], cost: &Cost, memory: &mut Memory) -> Fits {
        let cheap = |fits: bool| if fits { Fits::Yes } else { Fits::NoButAtAnotherCost };
        match self {
            Self::Argon2(encoded) => match encoded.fits(given, memory) {
                true => Fits::Yes,
                false if encoded.is_of(cost) => Fits::No,
                false => Fits::NoButAtAnotherCost,
            },
            Self::Digest(digested) => cheap(digested.fits(given)),
            Self::Pbkdf2(derived) => cheap(derived.fits(given)),
            Self::Crypt(crypt) => cheap(crypt.fits(given)),
            // Nobody signs in with nothing, whatever an import brought.
            Self::Plain(password) => cheap(!password.is_empty() && bool::from(password.ct_eq(given))),
            Self::Unreadable(_) | Self::Elsewhere => Fits::NoButAtAnotherCost,
        }
    }

    /// Whether it is as would be written today.
    pub(super) fn is_of(&self, cost: &Cost) -> bool {
        matches!(self, Self::Argon2(encoded) if encoded.is_of(cost))
    }
}

/// Hashes a password as it is written today. `None`: there is no randomness, or the password is longer than Argon2 takes (4 GiB).
pub(super) fn write(
    password: &[u8],
    cost: &Cost,
    randomness: &dyn Randomness,
    memory: &mut Memory,
) -> Result<Vec<u8>, NoRandomness> {
    let mut salt = [0; argon2::SALT];
    randomness.fill(&mut salt)?;
    argon2::write(password, &salt, cost, memory).ok_or(NoRandomness)
}

/// As much work as checking a hash of our own, about nobody.
pub(super) fn decoy(given: &[u8], cost: &Cost, memory: &mut Memory) {
    std::hint::black_box(argon2::write(given, &[0x5a; argon2::SALT], cost, memory));
}

/// What Argon2 works in. What was left in it can be guessed at with, so it is wiped when somebody's turn is over.
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// As much as a hash of this cost takes. `None`: there is not that much.
    pub(super) fn for_cost(cost: &Cost) -> Option<Self> {
        Self::of(cost.blocks())
    }

    fn of(blocks: usize) -> Option<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::new());
        Some(Self(memory))
    }

    pub(super) fn wipe(&mut self) {
        use zeroize::Zeroize;
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }

    #[cfg(test)]
    pub(super) fn is_wiped(&self) -> bool {
        self.0.iter().all(|block| block.as_ref().iter().all(|word| *word == 0))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// `{name}rest`.
fn scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = value.strip_prefix(b"{")?;
    let end = inside.iter().position(|octet| *octet == b'}')?;
    let (name, rest) = inside.split_at_checked(end)?;
    Some((name, rest.strip_prefix(b"}")?))
}

#[cfg(test)]
mod tests;
