//! The mean of the last n values.

use crate::parts::columns::leave_out;
use crate::parts::lanes::{over_lanes, LapWindow, Side};
use crate::persist::state;

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

    /// The same for a whole column from a fresh start; NaN until the window is full. False if a number is not valid.
    #[inline(always)]
    #[must_use]
    pub fn over(&self, xs: &[f64], out: &mut [f64]) -> bool {
        let length = self.len();
        leave_out(out, length);
        let mut laps = MeanLaps { inverse_length: self.inverse_length };
        let Some(start) = over_lanes(xs, length, out, &mut laps) else { return false };
        // A lap is about a value of its own, whatever came before it.
        let mut tail = Self::new(length);
        for (&x, out) in xs[start..].iter().zip(&mut out[start..]) {
            if let Some(mean) = tail.push(x) {
                *out = mean;
            }
        }
        true
    }
}

struct MeanLaps {
    inverse_length: f64,
}

impl LapWindow for MeanLaps {
    #[inline(always)]
    fn windows(&mut self, lap: &[Side], next: &[Side], out: &mut [Side]) {
        let (&reference, earlier) = lap.split_last().expect("a lap has rows");
        let (whole, out) = out.split_first_mut().expect("a lap has rows");
        let mut rest = Side::default();
        for (&xs, place) in earlier.iter().zip(&mut *out).rev() {
            *place = rest;
            rest = Side::new(|lane| rest[lane] + (xs[lane] - reference[lane]));
        }
        let mean = |lane: usize, sum: f64| reference[lane] + sum * self.inverse_length;
        *whole = Side::new(|lane| mean(lane, rest[lane]));
        let mut lap = Side::default();
        for (&xs, place) in next.iter().zip(out) {
            let rest = *place;
            lap = Side::new(|lane| lap[lane] + (xs[lane] - reference[lane]));
            *place = Side::new(|lane| mean(lane, lap[lane] + rest[lane]));
        }
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
