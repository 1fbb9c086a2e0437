//! The last n values of a series, in memory that is reserved once.

use crate::persist::state;

state! {
    pub struct Ring {
        values: Box<[f64]>,
        next: usize,
    }
}

/// What a push displaced.
#[derive(Debug, Clone, Copy)]
pub struct Displaced {
    /// Zero while the ring has not been filled once.
    pub old: f64,
    /// The push was the last of a lap: the ring now holds the values of this lap only.
    pub lap_done: bool,
}

impl Ring {
    /// `length` is at least 1: every window in the catalogue is.
    pub fn new(length: usize) -> Self {
        Self { values: vec![0.0; length].into_boxed_slice(), next: 0 }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// All places, in no particular order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The sum of |value - centre| over all places, in several chains of additions at a time.
    #[inline]
    pub fn absolute_deviations(&self, centre: f64) -> f64 {
        self.fold_lanes(|value| (value - centre).abs())
    }

    /// How many places hold a smaller value, counted one by one: for all but the largest windows that is sooner done
    /// than keeping them in order.
    #[inline]
    pub fn count_below(&self, x: f64) -> f64 {
        self.fold_lanes(|value| if value < x { 1.0 } else { 0.0 })
    }

    #[inline(always)]
    fn fold_lanes(&self, term: impl Fn(f64) -> f64) -> f64 {
        const LANES: usize = 4;
        let mut sums = [0.0; LANES];
        let chunks = self.values.chunks_exact(LANES);
        let rest: f64 = chunks.remainder().iter().map(|&value| term(value)).sum();
        for chunk in chunks {
            for (sum, &value) in sums.iter_mut().zip(chunk) {
                *sum += term(value);
            }
        }
        (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
    }

    /// From the oldest to the newest, if the ring has been filled once.
    pub fn in_order(&self) -> impl Iterator<Item = f64> + '_ {
        self.values[self.next..].iter().chain(&self.values[..self.next]).copied()
    }

    /// The same in two slices, for loops over contiguous memory: first the older, then the newer values.
    #[inline(always)]
    pub fn slices(&self) -> (&[f64], &[f64]) {
        let (newer, older) = self.values.split_at(self.next);
        (older, newer)
    }

    /// From the newest to the oldest, if the ring has been filled once.
    pub fn newest_first(&self) -> impl Iterator<Item = f64> + '_ {
        self.values[..self.next].iter().rev().chain(self.values[self.next..].iter().rev()).copied()
    }

    /// The value `age` pushes ago; the newest has age 0.
    ///
    /// # Panics
    /// If `age` is not below the length.
    #[inline(always)]
    pub fn ago(&self, age: usize) -> f64 {
        let (next, length) = (self.next, self.values.len());
        assert!(age < length);
        self.values[if next > age { next - 1 - age } else { next + length - 1 - age }]
    }

    /// Where the next push goes: how many values are of the lap under way, 0 when one has just been completed.
    #[inline(always)]
    pub fn place(&self) -> usize {
        self.next
    }

    /// The oldest value, which the next push displaces.
    #[inline(always)]
    pub fn oldest(&self) -> f64 {
        self.values[self.next]
    }

    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Displaced {
        let old = std::mem::replace(&mut self.values[self.next], x);
        self.next += 1;
        let lap_done = self.next == self.values.len();
        if lap_done {
            self.next = 0;
        }
        Displaced { old, lap_done }
    }
}
