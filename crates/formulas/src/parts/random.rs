//! Draws that are the same everywhere for the same seed: Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).

use crate::persist::state;

state! {
    pub struct SplitMix {
        state: u64,
    }
}

impl SplitMix {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Uniform in [0, 1), of 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
