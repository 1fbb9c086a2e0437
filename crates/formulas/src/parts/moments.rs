//! Mean and variance of the last n values, from sums of deviations about a reference near it.
//! Raw sums of squares would lose every digit of the spread of a price that is large against it.

use std::ops::Range;

use crate::parts::laps::{LapRuns, LapSums, Sums, CANCELLED};
use crate::parts::{positive, Ring};
use crate::persist::state;

state! {
    pub struct RollingMoments {
        ring: Ring,
        /// Of deviations from the reference, and of their squares.
        sums: LapSums<2>,
        inverse_length: f64,
        seen: usize,
        reference: f64,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Moments {
    pub mean: f64,
    /// Over n, not n - 1; zero exactly when all values of the window are equal.
    pub variance: f64,
    /// The newest value less the mean, without the rounding of the mean.
    pub deviation: f64,
}

impl Moments {
    /// From the newest value, and sums about a reference.
    #[inline(always)]
    fn new(x: f64, reference: f64, [deviations, squares]: [f64; 2], inverse_length: f64) -> Self {
        let shift = deviations * inverse_length;
        Self {
            mean: reference + shift,
            variance: positive(squares - deviations * deviations * inverse_length) * inverse_length,
            deviation: (x - reference) - shift,
        }
    }

    /// Standard deviation over n - ddof, of a window of n values.
    #[inline(always)]
    pub fn deviation_of(&self, n: usize, ddof: usize) -> f64 {
        (self.variance * (n as f64 / (n - ddof) as f64)).sqrt()
    }
}

#[inline(always)]
fn terms(x: f64, reference: f64) -> [f64; 2] {
    let deviation = x - reference;
    [deviation, deviation * deviation]
}

/// The squares that cancelled are too many for what they left. True too where rounding left less than nothing, so
/// that equal values, whose squares about one of them are zero, have no variance.
#[inline(always)]
fn is_worn(sums: &Sums<2>, inverse_length: f64) -> bool {
    let [deviations, squares] = sums.window;
    (squares - deviations * deviations * inverse_length) * CANCELLED < sums.laps[1]
}

impl RollingMoments {
    pub fn new(length: usize) -> Self {
        Self {
            ring: Ring::new(length),
            sums: LapSums::new(length),
            inverse_length: 1.0 / length as f64,
            seen: 0,
            reference: 0.0,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// The last n values.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<Moments> {
        if self.seen == 0 {
            self.reference = x;
        }
        self.ring.push(x);
        let sums = self.sums.push(terms(x, self.reference));
        if self.seen < self.ring.len() {
            self.seen += 1;
            if self.seen < self.ring.len() {
                return None;
            }
        }
        let mut window = sums.window;
        if is_worn(&sums, self.inverse_length) {
            window = self.refresh(x);
        }
        Some(Moments::new(x, self.reference, window, self.inverse_length))
    }

    /// The newest value becomes the reference, so the next refresh waits until the mean has moved by many
    /// deviations or the spread has collapsed: on average over the updates this costs a constant.
    #[cold]
    #[inline(never)]
    fn refresh(&mut self, x: f64) -> [f64; 2] {
        self.reference = x;
        self.sums.make_anew(self.ring.in_order().map(|earlier| terms(earlier, x)))
    }
}

/// The column form of [`RollingMoments`]: from a fresh start, in runs of rows.
pub struct MomentRuns<'a> {
    xs: &'a [f64],
    sums: LapRuns<2>,
    inverse_length: f64,
}

impl<'a> MomentRuns<'a> {
    #[inline(always)]
    pub fn new(xs: &'a [f64], length: usize) -> Self {
        let sums = LapRuns::new(length, xs.len(), false, |row, reference| terms(xs[row], xs[reference]));
        Self { xs, sums, inverse_length: 1.0 / length as f64 }
    }

    /// The rows of the next run, of which the first begins where the window is full, and their moments.
    #[inline(always)]
    pub fn advance(&mut self) -> Option<(Range<usize>, impl Iterator<Item = Moments> + '_)> {
        let (xs, inverse_length) = (self.xs, self.inverse_length);
        let rows = self
            .sums
            .advance(|row, reference| terms(xs[row], xs[reference]), |sums| is_worn(sums, inverse_length))?;
        let reference = xs[self.sums.reference()];
        let [deviations, squares] = self.sums.window();
        let sums = deviations.iter().zip(squares);
        let moments = xs[rows.clone()].iter().zip(sums);
        Some((rows, moments.map(move |(&x, (&a, &b))| Moments::new(x, reference, [a, b], inverse_length))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refresh costs a pass over the window, so neither a lone price far away nor a trend may ask for one often.
    #[test]
    fn outliers_and_trends_seldom_make_the_sums_anew() {
        const LENGTH: usize = 5_000;
        let mut moments = RollingMoments::new(LENGTH);
        let noise = |t: usize| (t * 7919 % 101) as f64;
        let outlier =
            (0..3 * LENGTH).map(|t| if t == LENGTH - 1 || t == 2 * LENGTH { 1e9 } else { noise(t) });
        let trend = (0..4 * LENGTH).map(|t| 3.0 * t as f64);
        let mut reference = f64::NAN;
        let refreshes = outlier
            .chain(trend)
            .filter(|&x| {
                moments.push(x);
                std::mem::replace(&mut reference, moments.reference) != moments.reference
            })
            .count();
        assert!((1..=5).contains(&refreshes), "{refreshes}");
    }

    /// Quiet and flat stretches after far jumps, so that sums are worn out at many places of a lap and of a run.
    #[test]
    fn a_column_at_once_is_the_same_as_one_by_one() {
        let xs: Vec<f64> = (0..3_000)
            .map(|t| match t % 97 {
                0..=40 => 100.0 + (t * 7919 % 101) as f64 * 0.01,
                41 => 1e7,
                42..=70 => 0.3,
                _ => (t % 5) as f64 * 1e-5 - t as f64,
            })
            .collect();
        for length in [1, 2, 20, 128, 300, 4_000] {
            let mut each = RollingMoments::new(length);
            let wanted: Vec<Moments> = xs.iter().filter_map(|&x| each.push(x)).collect();
            let (mut runs, mut got) = (MomentRuns::new(&xs, length), Vec::new());
            while let Some((rows, moments)) = runs.advance() {
                assert_eq!(rows.start, got.len() + length - 1);
                got.extend(moments.take(rows.len()));
            }
            assert_eq!(got.len(), wanted.len(), "{length}");
            let bits = |m: &Moments| [m.mean, m.variance, m.deviation].map(f64::to_bits);
            assert!(got.iter().map(bits).eq(wanted.iter().map(bits)), "{length}");
        }
    }

    #[test]
    fn equal_values_have_no_variance_whatever_was_before() {
        let mut moments = RollingMoments::new(4);
        for x in [1e9, -3.7, 0.1, 0.3, 0.1, 0.1, 0.1] {
            moments.push(x);
        }
        for _ in 0..9 {
            let moments = moments.push(0.1).expect("the window is full");
            assert_eq!([moments.mean, moments.variance, moments.deviation], [0.1, 0.0, 0.0]);
        }
    }

    /// What is far from the rest costs none of its digits once it has left the window.
    #[test]
    fn an_outlier_that_has_left_is_forgotten() {
        for jump in [1e3, 1e5, 1e7, 1e12] {
            let xs: Vec<f64> =
                (0..60).map(|t| if t == 23 { jump } else { (t * 37 % 11) as f64 * 0.01 }).collect();
            let mut moments = RollingMoments::new(10);
            for end in 1..=xs.len() {
                let got = moments.push(xs[end - 1]);
                let Some(got) = got.filter(|_| end > 34) else { continue };
                let window = &xs[end - 10..end];
                let mean = window.iter().sum::<f64>() / 10.0;
                let variance = window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10.0;
                assert!((got.variance / variance - 1.0).abs() < 1e-11, "{jump} {end}");
            }
        }
    }
}
