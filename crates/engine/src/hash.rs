//! The one hash for state: deterministic, without a seed, good enough to tell two states apart. Not for secrets.

/// Scrambles a word so that every input bit reaches every output bit (the finaliser of SplitMix64).
#[inline(always)]
pub const fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Folds words into one hash, in order.
#[derive(Clone, Copy, Debug)]
pub struct StateHash(u64);

impl StateHash {
    pub const fn new() -> StateHash {
        StateHash(0x6E61_6E6F_7469_636B)
    }
    #[inline(always)]
    pub const fn word(self, word: u64) -> StateHash {
        StateHash(mix(self.0 ^ word).wrapping_add(self.0.rotate_left(23)))
    }
    pub const fn wide(self, value: i128) -> StateHash {
        self.word(value as u64).word((value >> 64) as u64)
    }
    pub fn bytes(self, bytes: &[u8]) -> StateHash {
        bytes.chunks(8).fold(self.word(bytes.len() as u64), |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            hash.word(u64::from_le_bytes(word))
        })
    }
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for StateHash {
    fn default() -> Self {
        StateHash::new()
    }
}
