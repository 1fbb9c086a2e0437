//! The last n values under weights that rise in a straight line: weighted means and the line of least squares.

use crate::parts::columns::leave_out;
use crate::parts::lanes::{over_lanes, LapWindow, Side};
use crate::persist::state;

state! {
    /// Kept as [`crate::parts::WindowMean`] keeps its sum, about a reference that is renewed once a window: sums
    /// never lose by subtraction what a price is large against, and all are exactly zero in a window of equal values.
    pub struct WindowRamp {
        /// Up to `next` the values of the lap under way; from there on, the sum of what comes after that place in the
        /// last lap.
        places: Box<[f64]>,
        /// The same with the value after the place weighted 1, the next 2, ...
        ramps: Box<[f64]>,
        next: usize,
        full: bool,
        /// The value that ended the last lap.
        reference: f64,
        lap: f64,
        /// The values of the lap under way, each weighted with how many came after it.
        lap_ages: f64,
        shape: Shape,
    }
}

state! {
    /// What depends on the length only.
    #[derive(Copy)]
    struct Shape {
        length: f64,
        inverse_length: f64,
        inverse_weights: f64,
        inverse_spread: f64,
    }
}

/// Sums over a full window, about a reference.
#[derive(Debug, Clone, Copy)]
pub struct RampSums {
    reference: f64,
    sum: f64,
    /// The oldest value weighs 1, the newest n.
    ramp: f64,
    shape: Shape,
}

impl RampSums {
    #[inline(always)]
    pub fn mean(&self) -> f64 {
        self.reference + self.sum * self.shape.inverse_length
    }

    /// The newest value weighs n, the oldest 1.
    #[inline(always)]
    pub fn weighted_mean(&self) -> f64 {
        self.reference + self.ramp * self.shape.inverse_weights
    }

    /// Of the line of least squares, per observation.
    ///
    /// The window has at least two values.
    #[inline(always)]
    pub fn slope(&self) -> f64 {
        (self.ramp - 0.5 * (self.shape.length + 1.0) * self.sum) * self.shape.inverse_spread
    }

    /// Where that line ends, at the newest value.
    #[inline(always)]
    pub fn endpoint(&self) -> f64 {
        self.mean() + 0.5 * (self.shape.length - 1.0) * self.slope()
    }
}

impl WindowRamp {
    pub fn new(length: usize) -> Self {
        let n = length as f64;
        let shape = Shape {
            length: n,
            inverse_length: 1.0 / n,
            inverse_weights: 2.0 / (n * (n + 1.0)),
            inverse_spread: 12.0 / (n * (n * n - 1.0)),
        };
        let zeros = vec![0.0; length].into_boxed_slice();
        Self {
            places: zeros.clone(),
            ramps: zeros,
            next: 0,
            full: false,
            reference: 0.0,
            lap: 0.0,
            lap_ages: 0.0,
            shape,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<RampSums> {
        let rest = std::mem::replace(&mut self.places[self.next], x);
        let rest_ramp = self.ramps[self.next];
        self.next += 1;
        self.lap_ages += self.lap;
        self.lap += x - self.reference;
        let shape = self.shape;
        let (mut sum, mut ramp) = (self.lap + rest, rest_ramp + (shape.length * self.lap - self.lap_ages));
        if self.next == self.places.len() {
            (sum, ramp) = sum_rests(&mut self.places, &mut self.ramps, x);
            self.reference = x;
            self.next = 0;
            self.lap = 0.0;
            self.lap_ages = 0.0;
            self.full = true;
        }
        self.full.then_some(RampSums { reference: self.reference, sum, ramp, shape })
    }

    /// What `pick` makes of the sums of each window of a column, from a fresh start; NaN until the window is full.
    /// False if a number is not valid.
    #[inline(always)]
    #[must_use]
    pub fn over(&self, xs: &[f64], out: &mut [f64], pick: impl Fn(RampSums) -> f64) -> bool {
        let length = self.len();
        leave_out(out, length);
        let rests = vec![[Side::default(); 2]; length - 1];
        let mut laps = RampLaps { shape: self.shape, rests, pick: &pick };
        let Some(start) = over_lanes(xs, length, out, &mut laps) else { return false };
        // A lap is about a value of its own, whatever came before it.
        let mut tail = Self::new(length);
        for (&x, out) in xs[start..].iter().zip(&mut out[start..]) {
            if let Some(sums) = tail.push(x) {
                *out = pick(sums);
            }
        }
        true
    }
}

struct RampLaps<P> {
    shape: Shape,
    /// The sum and the ramp of what comes after each place of a lap.
    rests: Vec<[Side; 2]>,
    pick: P,
}

impl<P: Fn(RampSums) -> f64> LapWindow for RampLaps<P> {
    #[inline(always)]
    fn windows(&mut self, lap: &[Side], next: &[Side], out: &mut [Side]) {
        let (&reference, earlier) = lap.split_last().expect("a lap has rows");
        let (whole, out) = out.split_first_mut().expect("a lap has rows");
        let (mut rest, mut ramp) = (Side::default(), Side::default());
        for (&xs, place) in earlier.iter().zip(&mut self.rests).rev() {
            *place = [rest, ramp];
            rest = Side::new(|lane| rest[lane] + (xs[lane] - reference[lane]));
            ramp = Side::new(|lane| ramp[lane] + rest[lane]);
        }
        let shape = self.shape;
        let pick =
            |lane: usize, sum, ramp| (self.pick)(RampSums { reference: reference[lane], sum, ramp, shape });
        *whole = Side::new(|lane| pick(lane, rest[lane], ramp[lane]));
        let (mut lap, mut ages) = (Side::default(), Side::default());
        for ((&xs, out), &[rest, rest_ramp]) in next.iter().zip(out).zip(&self.rests) {
            ages = Side::new(|lane| ages[lane] + lap[lane]);
            lap = Side::new(|lane| lap[lane] + (xs[lane] - reference[lane]));
            *out = Side::new(|lane| {
                let ramp = rest_ramp[lane] + (shape.length * lap[lane] - ages[lane]);
                pick(lane, lap[lane] + rest[lane], ramp)
            });
        }
    }
}

/// Makes of the values of a lap the sums of what comes after each place, about `reference`. Returns those of all.
fn sum_rests(places: &mut [f64], ramps: &mut [f64], reference: f64) -> (f64, f64) {
    let (mut rest, mut ramp) = (0.0, 0.0);
    for (place, ramp_place) in places.iter_mut().zip(ramps).rev() {
        let deviation = *place - reference;
        *place = rest;
        *ramp_place = ramp;
        rest += deviation;
        ramp += rest;
    }
    (rest, ramp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_pass_over_the_window(xs in prop::collection::vec(-99i8..99, 1..200), length in 2usize..30) {
            let mut window = WindowRamp::new(length);
            for end in 1..=xs.len() {
                let got = window.push(f64::from(xs[end - 1]));
                prop_assert_eq!(got.is_some(), end >= length);
                let Some(got) = got else { continue };
                let values = xs[end - length..end].iter().map(|&x| f64::from(x));
                let weights = (length * (length + 1) / 2) as f64;
                let weighted = values.clone().enumerate().map(|(k, x)| (k + 1) as f64 * x).sum::<f64>() / weights;
                let mean = values.sum::<f64>() / length as f64;
                prop_assert!((got.mean() - mean).abs() < 1e-12);
                prop_assert!((got.weighted_mean() - weighted).abs() < 1e-12);
                prop_assert!((got.endpoint() - (3.0 * weighted - 2.0 * mean)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn equal_values_have_their_own_mean_and_no_slope_exactly() {
        let mut window = WindowRamp::new(7);
        for x in [1e9, -3.0, 0.1, 77.7].into_iter().chain(std::iter::repeat_n(0.3, 6)) {
            window.push(x);
        }
        for _ in 0..20 {
            let sums = window.push(0.3).unwrap();
            assert_eq!((sums.mean(), sums.weighted_mean(), sums.slope()), (0.3, 0.3, 0.0));
        }
    }
}
