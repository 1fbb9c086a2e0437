//! Compensated sums: a plain one, and one over a sliding window that cannot drift.

use crate::ring::Ring;

/// Neumaier's sum. Knuth's branch-free two-sum finds the same rounding error as Neumaier's comparison.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        let total = self.total + x;
        let added = total - self.total;
        self.lost += (self.total - (total - added)) + (x - added);
        self.total = total;
    }

    #[inline(always)]
    pub fn value(&self) -> f64 {
        self.total + self.lost
    }
}

/// The sum of the last n values. The sum of the lap under way is kept beside it and takes over when the ring
/// wraps: a full re-sum every n updates, with no update that costs more than another.
#[derive(Debug, Clone)]
pub(crate) struct WindowSum {
    ring: Ring,
    window: Sum,
    lap: Sum,
}

impl WindowSum {
    pub fn new(length: usize) -> Self {
        Self { ring: Ring::new(length), window: Sum::default(), lap: Sum::default() }
    }

    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// The sum with `x` in it, over fewer than n values while there are fewer.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> f64 {
        let displaced = self.ring.push(x);
        self.window.add(x);
        self.window.add(-displaced.old);
        self.lap.add(x);
        if displaced.lap_done {
            self.window = self.lap;
            self.lap = Sum::default();
        }
        self.window.value()
    }

    pub fn reset(&mut self) {
        self.ring.reset();
        self.window = Sum::default();
        self.lap = Sum::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compensation_keeps_what_a_plain_sum_loses() {
        let mut sum = Sum::default();
        for x in [1.0, 1e100, 1.0, -1e100] {
            sum.add(x);
        }
        assert_eq!(sum.value(), 2.0);
    }

    #[test]
    fn the_window_recovers_from_magnitudes_that_no_compensation_spans() {
        let mut window = WindowSum::new(3);
        for x in [1.0, 1e80, 1e40, 1.0, 1.0, 1.0, 1.0, 1.0] {
            window.push(x);
        }
        assert_eq!(window.push(1.0), 3.0);
    }
}
