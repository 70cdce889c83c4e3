//! Argon2 (RFC 9106) as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use super::Memory;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Octets of salt in what is written (RFC 9106 §3.1 recommends 16).
pub(super) const SALT: usize = 16;

/// Octets of hash in what is written.
const HASH: usize = 32;

/// What a stored hash may ask for: 256 MiB, and a million blocks in all passes together, which is about half a second.
const MOST_MEMORY_KIB: u32 = 262_144;
const MOST_WORK: u64 = 1_048_576;
const MOST_LANES: u32 = 16;
const MOST_OCTETS: usize = 128;

const WITHOUT_PADDING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Hashes that want more memory than a thread has in reserve take turns, so that an import of them cannot use up the machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What a hash written here costs whoever guesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost(Params);

/// Figures that make no hash, or one that would not be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CostFault {
    /// Too little memory, no passes or no lanes.
    #[error("Argon2 needs at least 8 KiB of memory for each lane, one pass and one lane")]
    TooLow,
    /// Over what would be read again.
    #[error("at most 262144 KiB of memory, 16 lanes, and 1048576 KiB in all passes together")]
    TooHigh,
}

impl Cost {
    /// Memory in KiB, passes over it, lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostFault> {
        if !is_bearable(memory_kib, passes, lanes) {
            return Err(CostFault::TooHigh);
        }
        Params::new(memory_kib, passes, lanes, None)
            .map(Self)
            .map_err(|_| CostFault::TooLow)
    }

    pub(super) fn blocks(&self) -> usize {
        self.0.block_count()
    }
}

/// 19 MiB, two passes, one lane: about 10 ms, what OWASP recommends.
impl Default for Cost {
    fn default() -> Self {
        Self(Params::DEFAULT)
    }
}

fn is_bearable(memory_kib: u32, passes: u32, lanes: u32) -> bool {
    memory_kib <= MOST_MEMORY_KIB && lanes <= MOST_LANES && u64::from(memory_kib) * u64::from(passes) <= MOST_WORK
}

/// A stored hash.
pub(in super::super) struct Encoded {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Encoded {
    /// `None`: it is none, or asks for too much.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.strip_prefix('$')?.split('$');
        let algorithm = match parts.next()? {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            _ => return None,
        };
        let second = parts.next()?;
        // Without a version it is the first one.
        let (version, figures) = match second.strip_prefix("v=") {
            Some("19") => (Version::V0x13, parts.next()?),
            Some("16") => (Version::V0x10, parts.next()?),
            Some(_) => return None,
            None => (Version::V0x10, second),
        };
        let (salt, hash) = (octets(parts.next()?)?, octets(parts.next()?)?);
        if parts.next().is_some() {
            return None;
        }
        let mut figures = figures.split(',');
        let mut figure = |name: &str| -> Option<u32> { figures.next()?.strip_prefix(name)?.parse().ok() };
        let (memory_kib, passes, lanes) = (figure("m=")?, figure("t=")?, figure("p=")?);
        if figures.next().is_some() || !is_bearable(memory_kib, passes, lanes) {
            return None;
        }
        // Short hashes fit many passwords.
        if hash.len() < 16 {
            return None;
        }
        let params = Params::new(memory_kib, passes, lanes, Some(hash.len())).ok()?;
        Some(Self {
            algorithm,
            version,
            params,
            salt,
            hash,
        })
    }

    pub(super) fn is_of(&self, cost: &Cost) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
                == (cost.0.m_cost(), cost.0.t_cost(), cost.0.p_cost())
            && self.salt.len() == SALT
            && self.hash.len() == HASH
    }

    pub(super) fn fits(&self, given: &[u8], memory: &mut Memory) -> bool {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut found = vec![0; self.hash.len()];
        compute(&argon2, given, &self.salt, &mut found, memory).is_some() && bool::from(found.ct_eq(&self.hash))
    }
}

/// A hash as a value of `userPassword`.
pub(super) fn write(password: &[u8], salt: &[u8], cost: &Cost, memory: &mut Memory) -> Option<Vec<u8>> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.0.clone());
    let mut hash = [0; HASH];
    compute(&argon2, password, salt, &mut hash, memory)?;
    let (memory_kib, passes, lanes) = (cost.0.m_cost(), cost.0.t_cost(), cost.0.p_cost());
    let (salt, hash) = (WITHOUT_PADDING.encode(salt), WITHOUT_PADDING.encode(hash));
    Some(format!("{{ARGON2}}$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}").into_bytes())
}

fn compute(argon2: &Argon2<'_>, password: &[u8], salt: &[u8], into: &mut [u8], memory: &mut Memory) -> Option<()> {
    let blocks = argon2.params().block_count();
    if blocks <= memory.0.len() {
        return argon2
            .hash_password_into_with_memory(password, salt, into, &mut memory.0)
            .ok();
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut larger = Memory::of(blocks)?;
    argon2
        .hash_password_into_with_memory(password, salt, into, &mut larger.0)
        .ok()
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let octets = WITHOUT_PADDING.decode(text).ok()?;
    (octets.len() <= MOST_OCTETS).then_some(octets)
}
