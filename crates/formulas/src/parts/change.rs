//! From one value to the next: differences and log returns.

use crate::persist::state;

state! {
    #[derive(Copy, Default)]
    pub struct Change {
        last: Option<f64>,
    }
}

impl Change {
    /// The value less the one before; None for the first.
    #[inline(always)]
    pub fn difference(&mut self, x: f64) -> Option<f64> {
        self.last.replace(x).map(|last| x - last)
    }

    /// Takes a value of which the change is not wanted.
    #[inline(always)]
    pub fn skip(&mut self, x: f64) {
        self.last = Some(x);
    }

    /// ln(x / last); None for the first, and for a value that is not positive, which is not taken.
    #[inline(always)]
    pub fn log_return(&mut self, x: f64) -> Option<f64> {
        if x <= 0.0 {
            return None;
        }
        self.last.replace(x).map(|last| (x / last).ln())
    }
}
