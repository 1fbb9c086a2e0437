//! The last n values of a series, in memory that is reserved once.

use std::array::from_fn;

use crate::persist::state;

/// Chains of additions in a sum over all places.
const LANES: usize = 4;

/// What [`Ring::push_together`] takes.
pub const TOGETHER: usize = 8;

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

    /// For each of several values, before it is pushed in its turn: [`Ring::absolute_deviations`] from its centre, and the
    /// oldest value. The ring has at least so many places.
    #[inline(always)]
    pub fn push_together(&mut self, xs: &[f64; TOGETHER], centres: &[f64; TOGETHER]) -> [[f64; TOGETHER]; 2] {
        let (length, next) = (self.values.len(), self.next);
        let deviations = |place: usize, value: f64| {
            let pushed = if place >= next { place - next } else { place + length - next };
            let x = xs[pushed.min(TOGETHER - 1)];
            // A value sees those before it in the ring already, and what the others are to displace.
            from_fn(|turn| ((if turn > pushed { x } else { value }) - centres[turn]).abs())
        };
        let mut sums = [[0.0; TOGETHER]; LANES];
        let mut rest = [0.0; TOGETHER];
        let (chunks, few) = self.values.as_chunks::<LANES>();
        for (chunk, values) in chunks.iter().enumerate() {
            for lane in 0..LANES {
                add(&mut sums[lane], deviations(chunk * LANES + lane, values[lane]));
            }
        }
        for (place, &value) in few.iter().enumerate() {
            add(&mut rest, deviations(chunks.len() * LANES + place, value));
        }
        let oldest = xs.map(|x| self.push(x).old);
        let [a, b, c, d] = sums;
        [from_fn(|turn| (a[turn] + c[turn]) + (b[turn] + d[turn]) + rest[turn]), oldest]
    }

    /// How many places hold a smaller value, counted one by one: for all but the largest windows that is sooner done
    /// than keeping them in order.
    #[inline]
    pub fn count_below(&self, x: f64) -> f64 {
        self.fold_lanes(|value| if value < x { 1.0 } else { 0.0 })
    }

    #[inline(always)]
    fn fold_lanes(&self, term: impl Fn(f64) -> f64) -> f64 {
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

#[inline(always)]
fn add(sums: &mut [f64; TOGETHER], terms: [f64; TOGETHER]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_together_see_the_ring_as_one_by_one() {
        for length in [8, 9, 20, 31] {
            let (mut once, mut each) = (Ring::new(length), Ring::new(length));
            for eight in 0..40 {
                let xs = from_fn(|turn| f64::from((eight * 8 + turn as i32) * 37 % 101) * 0.1);
                let centres = xs.map(|x| x * 0.5 + 1.0);
                let [deviations, oldest] = once.push_together(&xs, &centres);
                for turn in 0..TOGETHER {
                    assert_eq!(each.absolute_deviations(centres[turn]), deviations[turn]);
                    assert_eq!(each.push(xs[turn]).old, oldest[turn]);
                }
            }
        }
    }
}
