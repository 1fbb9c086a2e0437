//! Means, variances and covariance of the last n pairs, from sums about a reference near them.

use std::ops::Range;

use crate::parts::laps::{LapRuns, LapSums, Sums, CANCELLED};
use crate::parts::{positive, Ring};
use crate::persist::state;

state! {
    pub struct RollingPair {
        xs: Ring,
        ys: Ring,
        /// Of the deviations of x and y from the reference, of their squares, and of their products.
        sums: LapSums<5>,
        inverse_length: f64,
        seen: u32,
        is_anew: bool,
        reference: (f64, f64),
    }
}

/// All over n.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairMoments {
    pub mean_x: f64,
    pub mean_y: f64,
    /// Zero exactly when all values of the window are equal; so is `variance_y`.
    pub variance_x: f64,
    pub variance_y: f64,
    pub covariance: f64,
    /// The newest values less their means, without the rounding of the means.
    pub deviation_x: f64,
    pub deviation_y: f64,
}

impl PairMoments {
    /// Within [-1, 1]; NaN if either side has no spread.
    #[inline]
    pub fn correlation(&self) -> f64 {
        let spread = (self.variance_x * self.variance_y).sqrt();
        if spread > 0.0 {
            (self.covariance / spread).clamp(-1.0, 1.0)
        } else {
            f64::NAN
        }
    }
}

impl PairMoments {
    /// From the newest pair, and sums about a reference.
    #[inline(always)]
    fn new((x, y): (f64, f64), reference: (f64, f64), sums: [f64; 5], inverse_length: f64) -> Self {
        let [sum_x, sum_y, xx, yy, xy] = sums;
        let (shift_x, shift_y) = (sum_x * inverse_length, sum_y * inverse_length);
        Self {
            mean_x: reference.0 + shift_x,
            mean_y: reference.1 + shift_y,
            variance_x: positive(xx - sum_x * shift_x) * inverse_length,
            variance_y: positive(yy - sum_y * shift_y) * inverse_length,
            covariance: (xy - sum_x * shift_y) * inverse_length,
            deviation_x: (x - reference.0) - shift_x,
            deviation_y: (y - reference.1) - shift_y,
        }
    }
}

#[inline(always)]
fn terms((x, y): (f64, f64), reference: (f64, f64)) -> [f64; 5] {
    let (a, b) = (x - reference.0, y - reference.1);
    [a, b, a * a, b * b, a * b]
}

/// The squares of x or of y that cancelled are too many for what they left.
#[inline(always)]
fn is_worn(sums: &Sums<5>, inverse_length: f64) -> bool {
    let [x, y, xx, yy, _] = sums.window;
    ((xx - x * (x * inverse_length)) * CANCELLED < sums.laps[2])
        | ((yy - y * (y * inverse_length)) * CANCELLED < sums.laps[3])
}

impl RollingPair {
    pub fn new(length: usize) -> Self {
        Self {
            xs: Ring::new(length),
            ys: Ring::new(length),
            sums: LapSums::new(length),
            inverse_length: 1.0 / length as f64,
            seen: 0,
            is_anew: false,
            reference: (0.0, 0.0),
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.xs.len()
    }

    /// The last n values of each side.
    pub fn rings(&self) -> (&Ring, &Ring) {
        (&self.xs, &self.ys)
    }

    /// The pair that the sums are about.
    pub fn reference(&self) -> (f64, f64) {
        self.reference
    }

    /// The last push made the sums anew about another pair: whoever keeps sums beside these makes theirs anew too.
    #[inline(always)]
    pub fn is_anew(&self) -> bool {
        self.is_anew
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64, y: f64) -> Option<PairMoments> {
        if self.seen == 0 {
            self.reference = (x, y);
        }
        self.xs.push(x);
        self.ys.push(y);
        let sums = self.sums.push(terms((x, y), self.reference));
        self.is_anew = is_worn(&sums, self.inverse_length);
        if self.seen < self.xs.len() as u32 {
            self.seen += 1;
            if self.seen < self.xs.len() as u32 {
                return None;
            }
            self.is_anew = true;
        }
        let mut window = sums.window;
        if self.is_anew {
            window = self.refresh((x, y));
        }
        Some(PairMoments::new((x, y), self.reference, window, self.inverse_length))
    }

    /// The newest pair becomes the reference: in a window of equal values every deviation is then zero.
    #[cold]
    #[inline(never)]
    fn refresh(&mut self, newest: (f64, f64)) -> [f64; 5] {
        self.reference = newest;
        self.sums.make_anew(self.xs.in_order().zip(self.ys.in_order()).map(|pair| terms(pair, newest)))
    }
}

/// The column form of [`RollingPair`]: from a fresh start, in runs of rows.
pub struct PairRuns<'a> {
    xs: &'a [f64],
    ys: &'a [f64],
    sums: LapRuns<5>,
    inverse_length: f64,
}

impl<'a> PairRuns<'a> {
    #[inline(always)]
    pub fn new(xs: &'a [f64], ys: &'a [f64], length: usize) -> Self {
        let pair = |row: usize| (xs[row], ys[row]);
        let sums = LapRuns::new(length, xs.len(), true, |row, reference| terms(pair(row), pair(reference)));
        Self { xs, ys, sums, inverse_length: 1.0 / length as f64 }
    }

    /// The rows of the next run, of which the first begins where the window is full, and their moments.
    #[inline(always)]
    pub fn advance(&mut self) -> Option<(Range<usize>, impl Iterator<Item = PairMoments> + '_)> {
        let (xs, ys, inverse_length) = (self.xs, self.ys, self.inverse_length);
        let pair = |row: usize| (xs[row], ys[row]);
        let rows = self.sums.advance(
            |row, reference| terms(pair(row), pair(reference)),
            |sums| is_worn(sums, inverse_length),
        )?;
        let reference = pair(self.sums.reference());
        let [x, y, xx, yy, xy] = self.sums.window();
        let pairs = xs[rows.clone()].iter().zip(&ys[rows.clone()]);
        let sums = x.iter().zip(y).zip(xx.iter().zip(yy)).zip(xy);
        let moments = pairs.zip(sums).map(move |((&x, &y), (((&a, &b), (&aa, &bb)), &ab))| {
            PairMoments::new((x, y), reference, [a, b, aa, bb, ab], inverse_length)
        });
        Some((rows, moments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_two_passes_over_the_window(
            noise in prop::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 2..200),
            trend in -0.5..0.5f64,
            outlier in 0..200usize,
            size in 0..9i32,
            length in 2..30usize,
        ) {
            let pairs: Vec<(f64, f64)> = noise
                .iter()
                .enumerate()
                .map(|(t, (x, y))| {
                    let jump = if t == outlier { 10f64.powi(size) } else { 0.0 };
                    (100.0 + x + trend * t as f64 + jump, 5e4 + x + y - jump)
                })
                .collect();
            let mut rolling = RollingPair::new(length);
            for end in 1..=pairs.len() {
                let (x, y) = pairs[end - 1];
                let moments = rolling.push(x, y);
                prop_assert_eq!(moments.is_some(), end >= length);
                let Some(moments) = moments else { continue };
                let window = &pairs[end - length..end];
                let mean = |side: &dyn Fn(&(f64, f64)) -> f64| window.iter().map(side).sum::<f64>() / length as f64;
                let (mean_x, mean_y) = (mean(&|p| p.0), mean(&|p| p.1));
                let variance_x = mean(&|p| (p.0 - mean_x).powi(2));
                let variance_y = mean(&|p| (p.1 - mean_y).powi(2));
                let covariance = mean(&|p| (p.0 - mean_x) * (p.1 - mean_y));
                let scale = (variance_x * variance_y).sqrt();
                let largest = window.iter().fold(0.0, |most, p| p.0.abs().max(p.1.abs()).max(most));
                prop_assert!((moments.mean_x - mean_x).abs() < 1e-13 * largest);
                prop_assert!((moments.mean_y - mean_y).abs() < 1e-13 * largest);
                prop_assert!((moments.variance_x - variance_x).abs() <= 1e-10 * variance_x + 1e-18);
                prop_assert!((moments.variance_y - variance_y).abs() <= 1e-10 * variance_y + 1e-18);
                prop_assert!((moments.covariance - covariance).abs() <= 1e-10 * scale + 1e-18);
            }
        }
    }

    #[test]
    fn equal_values_have_no_spread_whatever_was_before() {
        let mut rolling = RollingPair::new(4);
        for x in [1e9, -3.7, 0.1, 0.3, 0.1, 0.1, 0.1] {
            rolling.push(x, 1.0 + x);
        }
        let moments = rolling.push(0.1, 1.1).expect("the window is full");
        assert_eq!([moments.variance_x, moments.variance_y, moments.covariance], [0.0; 3]);
    }

    /// A refresh costs a pass over the window, so neither a lone price far away nor a trend may ask for one often.
    #[test]
    fn outliers_and_trends_seldom_make_the_sums_anew() {
        const LENGTH: usize = 2_000;
        let noise = |t: usize| (t * 7919 % 101) as f64;
        let outlier = (0..3 * LENGTH).map(|t| if t == LENGTH + 5 { 1e9 } else { noise(t) });
        let trend = (0..4 * LENGTH).map(|t| 3.0 * t as f64);
        let mut rolling = RollingPair::new(LENGTH);
        let refreshes =
            outlier.chain(trend).filter(|&x| rolling.push(x, -x).is_some() && rolling.is_anew()).count();
        assert!((2..=12).contains(&refreshes), "{refreshes}");
    }

    #[test]
    fn a_column_at_once_is_the_same_as_one_by_one() {
        let side = |seed: usize| -> Vec<f64> {
            let value = |t: usize| match (t + seed) % 89 {
                0..=40 => 100.0 + (t * 7919 * (seed + 1) % 101) as f64 * 0.01,
                41 => 1e7,
                42..=70 => 0.3,
                _ => (t % 5) as f64 * 1e-5 - t as f64,
            };
            (0..2_000).map(value).collect()
        };
        let (xs, ys) = (side(0), side(13));
        for length in [2, 20, 128, 300, 4_000] {
            let mut each = RollingPair::new(length);
            let wanted: Vec<PairMoments> =
                xs.iter().zip(&ys).filter_map(|(&x, &y)| each.push(x, y)).collect();
            let (mut runs, mut got) = (PairRuns::new(&xs, &ys, length), Vec::new());
            while let Some((rows, moments)) = runs.advance() {
                assert_eq!(rows.start, got.len() + length - 1);
                got.extend(moments.take(rows.len()));
            }
            assert_eq!(got, wanted, "{length}");
        }
    }
}
