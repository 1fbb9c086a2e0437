//! Mean and variance of the last n values, from sums of deviations about a reference near it.
//! Raw sums of squares would lose every digit of the spread of a price that is large against it.

use crate::ring::Ring;
use crate::sum::Sum;

/// The sums are made anew at least this often (or once a window, if that is longer).
const REFRESH_UPDATES: u32 = 1 << 16;

/// The sums are made anew when the squares about the reference outweigh the squares about the mean by this much:
/// cancellation has then cost three digits of sixteen.
const CANCELLED: f64 = (1u64 << 10) as f64;

/// They are also made anew when one square, perhaps long gone from the window, outweighed what is left by this
/// much: what the compensated sums lost of it begins to matter.
const OUTWEIGHED: f64 = (1u64 << 40) as f64;

#[derive(Debug, Clone)]
pub(crate) struct RollingMoments {
    ring: Ring,
    inverse_length: f64,
    seen: u32,
    reference: f64,
    deviations: Sum,
    squares: Sum,
    /// The largest square added since the sums were last made anew.
    peak: f64,
    since_refresh: u32,
}

/// Over the window, about the reference; `centred` about the mean.
struct Sums {
    deviations: f64,
    raw: f64,
    centred: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub mean: f64,
    /// Over n, not n - 1; zero exactly when all values of the window are equal.
    pub variance: f64,
    /// The newest value less the mean, without the rounding of the mean.
    pub deviation: f64,
}

impl RollingMoments {
    pub fn new(length: usize) -> Self {
        Self {
            ring: Ring::new(length),
            inverse_length: 1.0 / length as f64,
            seen: 0,
            reference: 0.0,
            deviations: Sum::default(),
            squares: Sum::default(),
            peak: 0.0,
            since_refresh: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<Moments> {
        let old = self.ring.push(x).old;
        if self.seen < self.ring.len() as u32 {
            return self.fill(x);
        }
        let (added, removed) = (x - self.reference, old - self.reference);
        let square = added * added;
        self.deviations.add(added);
        self.deviations.add(-removed);
        self.squares.add(square);
        self.squares.add(-removed * removed);
        self.peak = self.peak.max(square);
        self.since_refresh += 1;
        if self.since_refresh >= REFRESH_UPDATES && self.since_refresh >= self.seen {
            self.refresh(x);
        }
        Some(self.moments(x))
    }

    #[inline(always)]
    fn moments(&mut self, x: f64) -> Moments {
        let mut sums = self.sums();
        if sums.centred * CANCELLED < sums.raw.max(self.peak * (CANCELLED / OUTWEIGHED)) {
            self.refresh(x);
            sums = self.sums();
        }
        let shift = sums.deviations * self.inverse_length;
        Moments {
            mean: self.reference + shift,
            variance: sums.centred.max(0.0) * self.inverse_length,
            deviation: (x - self.reference) - shift,
        }
    }

    #[inline(always)]
    fn sums(&self) -> Sums {
        let (deviations, raw) = (self.deviations.value(), self.squares.value());
        Sums { deviations, raw, centred: raw - deviations * deviations * self.inverse_length }
    }

    #[cold]
    fn fill(&mut self, x: f64) -> Option<Moments> {
        self.seen += 1;
        if self.seen < self.ring.len() as u32 {
            return None;
        }
        self.refresh(x);
        Some(self.moments(x))
    }

    /// The newest value becomes the reference, so the next refresh waits until the mean has moved by many
    /// deviations or the spread has collapsed: on average over the updates this costs a constant. In a window of
    /// equal values every deviation is now zero, and so is the variance, exactly.
    #[cold]
    fn refresh(&mut self, x: f64) {
        self.reference = x;
        self.deviations = Sum::default();
        self.squares = Sum::default();
        self.peak = 0.0;
        self.since_refresh = 0;
        for &x in self.ring.values() {
            let deviation = x - self.reference;
            let square = deviation * deviation;
            self.deviations.add(deviation);
            self.squares.add(square);
            self.peak = self.peak.max(square);
        }
    }

    pub fn reset(&mut self) {
        self.ring.reset();
        self.seen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_made_anew_once_in_a_while() {
        let mut moments = RollingMoments::new(3);
        for update in 0..2 * REFRESH_UPDATES {
            moments.push(f64::from(update % 7));
            assert!(moments.since_refresh < REFRESH_UPDATES);
        }
        assert!(moments.since_refresh > 0);
    }

    /// A refresh costs a pass over the window, so neither a lone price far away nor a trend may ask for one often.
    #[test]
    fn outliers_and_trends_seldom_make_the_sums_anew() {
        const LENGTH: usize = 5_000;
        let mut moments = RollingMoments::new(LENGTH);
        let noise = |t: usize| (t * 7919 % 101) as f64;
        let outlier =
            (0..3 * LENGTH).map(|t| if t == LENGTH - 1 || t == 2 * LENGTH { 1e9 } else { noise(t) });
        let trend = (0..4 * LENGTH).map(|t| 3.0 * t as f64);
        let refreshes =
            outlier.chain(trend).filter(|&x| moments.push(x).is_some() && moments.since_refresh == 0).count();
        assert!((1..=5).contains(&refreshes), "{refreshes}");
    }
}
