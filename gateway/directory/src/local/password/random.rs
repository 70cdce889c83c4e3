//! Where salts come from.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Octets nobody can guess.
pub trait Randomness: Send + Sync {
    /// Fills the buffer wholly, or says that it cannot; then nothing in it may be used.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The source of randomness gave none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness is to be had")]
pub struct NoRandomness;

/// The operating system's, through the library that also makes the keys of TLS.
#[derive(Debug, Default)]
pub struct SystemRandomness(SystemRandom);

impl Randomness for SystemRandomness {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(buffer).map_err(|_| NoRandomness)
    }
}
