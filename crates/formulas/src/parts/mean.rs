//! The mean of the last n values.

use crate::persist::state;

/// Laps that a column is taken through at once: they do not depend on each other.
pub(super) const LANES: usize = 4;

/// Laps that are not worth that.
const SHORT: usize = 8;

state! {
    /// The window is the rest of the last lap and the lap under way. Sums of every rest of a lap are made when it
    /// ends, in one pass backwards: by additions alone, so that what has left the window has left no trace. They are
    /// about a reference that is renewed once a window: the mean of equal values is their value to the last digit,
    /// whatever came before them.
    pub struct WindowMean {
        /// Up to `next` the values of the lap under way; from there on, the sum of what comes after that place in the
        /// last lap.
        places: Box<[f64]>,
        inverse_length: f64,
        next: usize,
        full: bool,
        /// The value that ended the last lap.
        reference: f64,
        lap: f64,
    }
}

impl WindowMean {
    pub fn new(length: usize) -> Self {
        Self {
            places: vec![0.0; length].into_boxed_slice(),
            inverse_length: 1.0 / length as f64,
            next: 0,
            full: false,
            reference: 0.0,
            lap: 0.0,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        let rest = std::mem::replace(&mut self.places[self.next], x);
        self.next += 1;
        self.lap += x - self.reference;
        let mut sum = self.lap + rest;
        if self.next == self.places.len() {
            sum = sum_rests(&mut self.places, x);
            self.reference = x;
            self.next = 0;
            self.lap = 0.0;
            self.full = true;
        }
        self.full.then_some(self.reference + sum * self.inverse_length)
    }

    /// The same for a whole column from a fresh start; NaN until the window is full.
    #[inline(always)]
    pub fn over(&self, xs: &[f64], out: &mut [f64]) {
        let length = self.places.len();
        out[..xs.len().min(length - 1)].fill(f64::NAN);
        let (mut lanes, mut sums) = (vec![[0.0; LANES]; length], vec![[0.0; LANES]; length + 1]);
        let mut start = 0;
        while length >= SHORT && start + (LANES + 1) * length - 1 <= xs.len() {
            let means = &mut out[start + length - 1..][..LANES * length];
            self.over_laps(&xs[start..], means, &mut lanes, &mut sums);
            start += LANES * length;
        }
        if xs.len() - start < length {
            return;
        }
        // A lap is about a value of its own, whatever came before it.
        let mut tail = Self::new(length);
        for (&x, out) in xs[start..].iter().zip(&mut out[start..]) {
            if let Some(mean) = tail.push(x) {
                *out = mean;
            }
        }
    }

    /// In each lane the windows from the end of one lap until before the end of the next.
    #[inline(always)]
    fn over_laps(&self, xs: &[f64], out: &mut [f64], lanes: &mut [[f64; LANES]], sums: &mut [[f64; LANES]]) {
        let (length, inverse) = (lanes.len(), self.inverse_length);
        let after = side_by_side(xs, lanes);
        let reference = lanes[length - 1];
        let mut rest = [0.0; LANES];
        for (xs, place) in lanes.iter().zip(&mut sums[1..]).rev() {
            *place = rest;
            for lane in 0..LANES {
                rest[lane] += xs[lane] - reference[lane];
            }
        }
        sums[0] = std::array::from_fn(|lane| reference[lane] + rest[lane] * inverse);
        let mut lap = [0.0; LANES];
        for ((xs, &after), sums) in lanes.iter().zip(after).zip(&mut sums[1..]) {
            let next = [xs[1], xs[2], xs[3], after];
            for lane in 0..LANES {
                lap[lane] += next[lane] - reference[lane];
                sums[lane] = reference[lane] + (lap[lane] + sums[lane]) * inverse;
            }
        }
        one_after_the_other(sums, out);
    }
}

/// Puts one lap into each lane. Returns the lap after them, but for its last value.
#[inline(always)]
pub(super) fn side_by_side<'a>(xs: &'a [f64], lanes: &mut [[f64; LANES]]) -> &'a [f64] {
    let length = lanes.len();
    let (a, xs) = xs.split_at(length);
    let (b, xs) = xs.split_at(length);
    let (c, xs) = xs.split_at(length);
    let (d, xs) = xs.split_at(length);
    for ((lanes, (a, b)), (c, d)) in lanes.iter_mut().zip(a.iter().zip(b)).zip(c.iter().zip(d)) {
        *lanes = [*a, *b, *c, *d];
    }
    &xs[..length - 1]
}

/// The other way round.
#[inline(always)]
pub(super) fn one_after_the_other(lanes: &[[f64; LANES]], out: &mut [f64]) {
    let length = out.len() / LANES;
    let (a, out) = out.split_at_mut(length);
    let (b, out) = out.split_at_mut(length);
    let (c, d) = out.split_at_mut(length);
    for ((lanes, (a, b)), (c, d)) in lanes.iter().zip(a.iter_mut().zip(b)).zip(c.iter_mut().zip(d)) {
        [*a, *b, *c, *d] = *lanes;
    }
}

/// Goes over a column that is not there but made by `fill` from a row on, in blocks that stay in the processor's
/// nearest memory: `over` makes windows of a block, and `take` is given them from a row on. From the end, so that the
/// rows that are filled from may be written to.
#[inline(always)]
pub fn by_blocks(
    length: usize,
    column: &mut [f64],
    fill: impl Fn(&[f64], usize, &mut [f64]),
    over: impl Fn(&[f64], &mut [f64]),
    take: impl Fn(&mut [f64], usize, &[f64]),
) {
    let (rows, before, laps) = (column.len(), length - 1, LANES * length);
    let block = laps * (1024 / laps).max(4);
    let (mut xs, mut windows) = (vec![0.0; block + before], vec![0.0; block + before]);
    for at in (0..rows.saturating_sub(before).div_ceil(block)).rev() {
        let start = at * block;
        let count = (block + before).min(rows - start);
        fill(column, start, &mut xs[..count]);
        over(&xs[..count], &mut windows[..count]);
        take(column, start + before, &windows[before..count]);
    }
}

/// Makes of the values of a lap the sums of what comes after each place, about `reference`. Returns the sum of all.
fn sum_rests(places: &mut [f64], reference: f64) -> f64 {
    let mut rest = 0.0;
    for place in places.iter_mut().rev() {
        let deviation = *place - reference;
        *place = rest;
        rest += deviation;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_mean_over_the_window(xs in prop::collection::vec(-99i8..99, 1..200), length in 1usize..30) {
            let mut window = WindowMean::new(length);
            for end in 1..=xs.len() {
                let got = window.push(f64::from(xs[end - 1]));
                prop_assert_eq!(got.is_some(), end >= length);
                let Some(got) = got else { continue };
                let mean = xs[end - length..end].iter().map(|&x| f64::from(x)).sum::<f64>() / length as f64;
                prop_assert!((got - mean).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn equal_values_are_their_own_mean_exactly() {
        let mut window = WindowMean::new(7);
        for x in [1e9, -3.0, 0.1, 77.7].into_iter().chain(std::iter::repeat_n(0.3, 6)) {
            window.push(x);
        }
        for _ in 0..20 {
            assert_eq!(window.push(0.3), Some(0.3));
        }
    }
}
