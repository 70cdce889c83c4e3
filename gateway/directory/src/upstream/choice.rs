//! Which server is tried first, among those that are there.
//!
//! Ordered, the first of the settings. Spread, the sign-ins of one account go to one server by rendezvous hashing: each server draws
//! a number for the account and the highest wins, so that a lost server moves its own accounts and no others, they come back with it,
//! and several gateways agree without asking each other. What is nobody's goes where the fewest lanes are in use.
//! Roles come before both, and a server that has just taken a write of the account before those.

use super::order::Away;
use super::settings::{Balance, Role};
use postern_identity::DistinguishedName;
use std::cmp::Reverse;
use std::fmt::{self, Write as _};

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    /// Whose sign-in it will carry. Nobody's, if it is to be read from alone.
    pub account: Option<AccountHash>,
    /// Whether something may be written on it.
    pub writes: bool,
}

/// An account by its bind name, the same for every spelling of a DN, on every gateway and in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountHash(u64);

impl AccountHash {
    /// Of a bind name as it was sent. What is no DN is taken without regard to ASCII case.
    pub fn of(name: &[u8]) -> Self {
        let mut hash = Fnv::new();
        match DistinguishedName::parse(name) {
            Ok(name) => {
                let _ = write!(hash, "{name}"); // adding to a number does not fail
            }
            Err(_) => name.iter().for_each(|octet| hash.add(octet.to_ascii_lowercase())),
        }
        Self(hash.0)
    }
}

/// What decides about one server at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) away: Away,
    pub(super) role: Role,
    /// How large its share is beside the others; never 0.
    pub(super) weight: u32,
    /// Of its URL.
    pub(super) hash: u64,
    /// Lanes in use to it.
    pub(super) load: usize,
    /// It has just taken a write of the account.
    pub(super) wrote: bool,
}

/// Puts the candidates into the order in which they are tried. `turn` breaks ties, so that equals take turns.
pub(super) fn rank(candidates: &mut [Candidate], balance: Balance, want: &Want, turn: usize) {
    let count = candidates.len().max(1);
    let start = turn % count;
    candidates.sort_by_cached_key(|candidate| {
        let place = match (balance, want.account) {
            (Balance::Ordered, _) => (0, candidate.index),
            (Balance::Spread, Some(account)) => (u64::MAX - score(account, candidate), candidate.index),
            (Balance::Spread, None) => (share(candidate), (candidate.index + count - start) % count),
        };
        (
            candidate.away,
            Reverse(candidate.wrote),
            misfit(candidate.role, want),
            place,
        )
    });
}

/// Whether the server is meant for something else: a reader for what may write, a writer for what only reads.
fn misfit(role: Role, want: &Want) -> bool {
    match role {
        Role::Any => false,
        Role::Writer => !want.writes,
        Role::Reader => want.writes,
    }
}

/// The number a server draws for an account: the highest of as many draws as it has weight, which makes its share of the accounts
/// proportional to that.
fn score(account: AccountHash, server: &Candidate) -> u64 {
    (0..u64::from(server.weight))
        .map(|draw| mixed(account.0 ^ server.hash.rotate_left(17) ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .max()
        .unwrap_or(0)
}

/// How busy it would be with one lane more, by its weight.
fn share(server: &Candidate) -> u64 {
    let lanes = u64::try_from(server.load).unwrap_or(u64::MAX).saturating_add(1);
    lanes.saturating_mul(1000) / u64::from(server.weight.max(1))
}

/// The hash of a server's URL.
pub(super) fn hash_of(url: &str) -> u64 {
    let mut hash = Fnv::new();
    url.bytes().for_each(|octet| hash.add(octet));
    hash.0
}

/// FNV-1a: not a secret, and the same in every version of every gateway.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, octet: u8) {
        self.0 = (self.0 ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|octet| self.add(octet));
        Ok(())
    }
}

/// The end of SplitMix64: every bit of what goes in changes half of what comes out.
fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests;
