//! Central moments up to the fourth of the last n values: skewness and kurtosis of a window.
//! As in `moments.rs` from sums about a reference near the mean; a fourth power forgives less than a square, so the
//! reference is the mean itself and is moved sooner.

use crate::parts::{Ring, Sum};
use crate::persist::state;

/// The sums are made anew at least this often (or once a window, if that is longer).
const REFRESH_UPDATES: u32 = 1 << 16;

/// They are also made anew when the squares about the reference outweigh those about the mean by this much: the mean
/// is then 1.7 deviations away, and fourth powers have lost one digit of sixteen.
const MOVED: f64 = 4.0;

/// And when one fourth power, perhaps long gone from the window, outweighed what is left by this much: what the
/// compensated sums lost of it begins to matter.
const OUTWEIGHED: f64 = (1u64 << 40) as f64;

state! {
    pub struct RollingShape {
        ring: Ring,
        inverse_length: f64,
        seen: u32,
        since_refresh: u32,
        reference: f64,
        /// Sums of the first to fourth powers of the deviations from the reference.
        powers: [Sum; 4],
        /// The largest fourth power added since the sums were last made anew.
        peak: f64,
    }
}

/// Central moments over n.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    pub mean: f64,
    /// Zero exactly when all values of the window are equal.
    pub m2: f64,
    pub m3: f64,
    pub m4: f64,
}

impl Shape {
    /// Population skewness; NaN without spread.
    #[inline(always)]
    pub fn skewness(&self) -> f64 {
        self.m3 / (self.m2 * self.m2.sqrt())
    }

    /// Population kurtosis, 3 for a normal distribution; NaN without spread.
    #[inline(always)]
    pub fn kurtosis(&self) -> f64 {
        self.m4 / (self.m2 * self.m2)
    }
}

impl RollingShape {
    pub fn new(length: usize) -> Self {
        Self {
            ring: Ring::new(length),
            inverse_length: 1.0 / length as f64,
            seen: 0,
            since_refresh: 0,
            reference: 0.0,
            powers: Default::default(),
            peak: 0.0,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// None until the window is full.
    #[inline]
    pub fn push(&mut self, x: f64) -> Option<Shape> {
        let old = self.ring.push(x).old;
        if self.seen < self.ring.len() as u32 {
            self.seen += 1;
            if self.seen < self.ring.len() as u32 {
                return None;
            }
            self.refresh(x);
            return Some(self.shape());
        }
        self.slide(x - self.reference, 1.0);
        self.slide(old - self.reference, -1.0);
        self.since_refresh += 1;
        if self.since_refresh >= REFRESH_UPDATES && self.since_refresh >= self.seen || self.is_off() {
            self.refresh(x);
        }
        Some(self.shape())
    }

    #[inline(always)]
    fn slide(&mut self, deviation: f64, sign: f64) {
        let square = deviation * deviation;
        let fourth = square * square;
        self.powers[0].add(sign * deviation);
        self.powers[1].add(sign * square);
        self.powers[2].add(sign * (square * deviation));
        self.powers[3].add(sign * fourth);
        self.peak = self.peak.max(fourth);
    }

    #[inline(always)]
    fn is_off(&self) -> bool {
        let [first, second, _, fourth] = self.powers.map(|power| power.value());
        let centred = second - first * first * self.inverse_length;
        (centred * MOVED < second) | (fourth * OUTWEIGHED < self.peak)
    }

    #[inline(always)]
    fn shape(&self) -> Shape {
        let [d, raw2, raw3, raw4] = self.powers.map(|power| power.value() * self.inverse_length);
        let square = d * d;
        Shape {
            mean: self.reference + d,
            m2: (raw2 - square).max(0.0),
            m3: raw3 - 3.0 * d * raw2 + 2.0 * d * square,
            m4: (raw4 - 4.0 * d * raw3 + 6.0 * square * raw2 - 3.0 * square * square).max(0.0),
        }
    }

    /// The mean becomes the reference. Reckoned from the newest value, so that it is that value exactly in a window
    /// of equal ones, where all deviations are then zero.
    #[cold]
    fn refresh(&mut self, newest: f64) {
        let mut total = Sum::default();
        self.ring.values().iter().for_each(|x| total.add(x - newest));
        self.reference = newest + total.value() * self.inverse_length;
        self.powers = Default::default();
        self.peak = 0.0;
        self.since_refresh = 0;
        for place in 0..self.ring.len() {
            self.slide(self.ring.values()[place] - self.reference, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two passes, as the definition is written.
    fn direct(window: &[f64]) -> Shape {
        let n = window.len() as f64;
        let mean = window.iter().sum::<f64>() / n;
        let moment = |power: i32| window.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        Shape { mean, m2: moment(2), m3: moment(3), m4: moment(4) }
    }

    proptest! {
        #[test]
        fn equals_two_passes_over_the_window(
            noise in prop::collection::vec(-1.0..1.0f64, 2..150),
            trend in -0.5..0.5f64,
            outlier in 0..150usize,
            length in 2..30usize,
        ) {
            let xs: Vec<f64> = noise
                .iter()
                .enumerate()
                .map(|(t, x)| 100.0 + x + trend * t as f64 + if t == outlier { 1e4 } else { 0.0 })
                .collect();
            let mut rolling = RollingShape::new(length);
            for end in 1..=xs.len() {
                let shape = rolling.push(xs[end - 1]);
                prop_assert_eq!(shape.is_some(), end >= length);
                let Some(shape) = shape else { continue };
                let wanted = direct(&xs[end - length..end]);
                let scale = wanted.m2.sqrt();
                prop_assert!((shape.mean - wanted.mean).abs() < 1e-11);
                prop_assert!((shape.m2 - wanted.m2).abs() <= 1e-10 * wanted.m2.max(1e-2));
                prop_assert!((shape.m3 - wanted.m3).abs() <= 1e-9 * scale.powi(3).max(1e-2));
                prop_assert!((shape.m4 - wanted.m4).abs() <= 1e-9 * wanted.m4.max(1e-2));
            }
        }
    }

    #[test]
    fn equal_values_have_no_spread_whatever_was_before() {
        let mut rolling = RollingShape::new(4);
        for x in [1e9, -3.7, 0.1, 0.1, 0.1] {
            rolling.push(x);
        }
        assert_eq!(rolling.push(0.1).map(|shape| (shape.m2, shape.m4)), Some((0.0, 0.0)));
    }

    #[test]
    fn trends_seldom_make_the_sums_anew() {
        let mut rolling = RollingShape::new(1_000);
        let refreshes = (0..5_000)
            .filter(|t| rolling.push(f64::from(*t)).is_some() && rolling.since_refresh == 0)
            .count();
        assert!((1..=12).contains(&refreshes), "{refreshes}");
    }
}
