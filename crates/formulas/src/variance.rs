//! Mean and variance of the last n values, from sums of deviations about a value inside the window.
//! Raw sums of squares would lose every digit of the spread of a price that is large against it.

use crate::ring::Ring;
use crate::sum::Sum;

/// The sums are made anew at least this often (or once a window, if that is longer).
const REFRESH_UPDATES: u32 = 1 << 16;

/// Once the variance is this much smaller than the largest square in the sums, cancellation has cost six
/// digits of sixteen and the reference no longer fits the window.
const CANCELLED: f64 = (1u64 << 20) as f64;

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
    last: f64,
    /// How many of the latest values are the same.
    repeats: u32,
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
            last: f64::NAN,
            repeats: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<Moments> {
        self.repeats = if x == self.last { self.repeats.saturating_add(1) } else { 1 };
        self.last = x;
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
            self.refresh();
        }
        Some(self.moments(x))
    }

    #[inline(always)]
    fn moments(&mut self, x: f64) -> Moments {
        if self.repeats >= self.seen {
            return Moments { mean: x, variance: 0.0, deviation: 0.0 };
        }
        let mut squares = self.centred_squares();
        if squares * CANCELLED < self.peak {
            self.refresh();
            squares = self.centred_squares();
        }
        let shift = self.deviations.value() * self.inverse_length;
        Moments {
            mean: self.reference + shift,
            variance: squares.max(0.0) * self.inverse_length,
            deviation: (x - self.reference) - shift,
        }
    }

    #[inline(always)]
    fn centred_squares(&self) -> f64 {
        let deviations = self.deviations.value();
        self.squares.value() - deviations * deviations * self.inverse_length
    }

    #[cold]
    fn fill(&mut self, x: f64) -> Option<Moments> {
        self.seen += 1;
        if self.seen < self.ring.len() as u32 {
            return None;
        }
        self.refresh();
        Some(self.moments(x))
    }

    /// The newest value becomes the reference. Any value of the window would do: no square about it is more
    /// than twice the sum of squares about the mean, so the next refresh waits for the spread to collapse again.
    #[cold]
    fn refresh(&mut self) {
        self.reference = self.last;
        self.deviations = Sum::default();
        self.squares = Sum::default();
        self.peak = 0.0;
        self.since_refresh = 0;
        for &x in self.ring.values() {
            let deviation = x - self.reference;
            self.deviations.add(deviation);
            self.squares.add(deviation * deviation);
            self.peak = self.peak.max(deviation * deviation);
        }
    }

    pub fn reset(&mut self) {
        self.ring.reset();
        self.seen = 0;
        self.last = f64::NAN;
        self.repeats = 0;
    }
}
