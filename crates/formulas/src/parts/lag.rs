//! A value of n updates ago.

use crate::parts::Ring;
use crate::persist::state;

state! {
    pub struct Lag {
        ring: Ring,
        seen: usize,
        /// The lag is zero.
        through: bool,
    }
}

impl Lag {
    /// With a lag of zero each value is given back at once.
    pub fn new(lag: usize) -> Self {
        Self { ring: Ring::new(lag.max(1)), seen: 0, through: lag == 0 }
    }

    /// How many updates back the value is.
    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // a lag is not a collection
    pub fn len(&self) -> usize {
        if self.through {
            0
        } else {
            self.ring.len()
        }
    }

    /// Takes the newest value and gives the one `lag` values before it.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.through {
            return Some(x);
        }
        let old = self.ring.push(x).old;
        if self.seen < self.ring.len() {
            self.seen += 1;
            return None;
        }
        Some(old)
    }
}
