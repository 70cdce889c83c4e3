//! Numbers that look random and are the same in every run, and how many rounds a story over them goes.

/// A generator (splitmix64): small, seeded, good enough to spoil octets with.
pub struct Chance(u64);

impl Chance {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).expect("it is below a usize")
    }

    /// Any octet.
    pub fn octet(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// So many octets.
    pub fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.octet()).collect()
    }
}

/// Rounds of a story over random input: `POSTERN_ROUNDS`, or `default`.
pub fn rounds(default: usize) -> usize {
    match std::env::var("POSTERN_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("POSTERN_ROUNDS is a number"),
        Err(_) => default,
    }
}
