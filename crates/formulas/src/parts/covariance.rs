//! Means and covariances of the last n rows of several series, from sums about a row near them.

use crate::parts::Sum;
use crate::persist::state;

/// As in `moments.rs`: the sums are made anew at least this often, and when cancellation has cost three digits.
const REFRESH_UPDATES: u32 = 1 << 16;
const CANCELLED: f64 = (1u64 << 10) as f64;
const OUTWEIGHED: f64 = (1u64 << 40) as f64;

state! {
    pub struct RollingCovariance {
        width: usize,
        length: usize,
        /// The rows of the window, one after the other; the oldest at `next` once there are `length`.
        rows: Box<[f64]>,
        next: usize,
        seen: usize,
        since_refresh: u32,
        reference: Box<[f64]>,
        deviation: Box<[f64]>,
        sums: Box<[Sum]>,
        /// The lower triangle, row by row.
        products: Box<[Sum]>,
        /// The largest squares added since the sums were last made anew.
        peaks: Box<[f64]>,
    }
}

impl RollingCovariance {
    pub fn new(width: usize, length: usize) -> Self {
        Self {
            width,
            length,
            rows: vec![0.0; width * length].into_boxed_slice(),
            next: 0,
            seen: 0,
            since_refresh: 0,
            reference: vec![0.0; width].into_boxed_slice(),
            deviation: vec![0.0; width].into_boxed_slice(),
            sums: vec![Sum::default(); width].into_boxed_slice(),
            products: vec![Sum::default(); width * (width + 1) / 2].into_boxed_slice(),
            peaks: vec![0.0; width].into_boxed_slice(),
        }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn length(&self) -> usize {
        self.length
    }

    pub fn is_full(&self) -> bool {
        self.seen == self.length
    }

    /// Takes a row; the oldest leaves a full window.
    pub fn push(&mut self, row: &[f64]) {
        let (from, to) = (self.next * self.width, (self.next + 1) * self.width);
        let full = self.is_full();
        if full {
            self.slide(from, -1.0);
        }
        self.rows[from..to].copy_from_slice(&row[..self.width]);
        self.next = if self.next + 1 == self.length { 0 } else { self.next + 1 };
        if !full {
            self.seen += 1;
            if self.is_full() {
                self.refresh(from);
            }
            return;
        }
        self.slide(from, 1.0);
        self.since_refresh += 1;
        let due = self.since_refresh >= REFRESH_UPDATES && self.since_refresh as usize >= self.length;
        if due || (0..self.width).any(|i| self.is_cancelled(i)) {
            self.refresh(from);
        }
    }

    /// Of the values of the window, over all n. The window is full.
    pub fn mean(&self, i: usize) -> f64 {
        self.reference[i] + self.sums[i].value() / self.length as f64
    }

    /// Over n - ddof. The window is full. With itself: zero exactly when all values are equal.
    pub fn at(&self, i: usize, j: usize, ddof: usize) -> f64 {
        let covariance = self.centred(i, j) / (self.length - ddof) as f64;
        if i == j {
            covariance.max(0.0)
        } else {
            covariance
        }
    }

    /// Within [-1, 1]; NaN if either has no spread.
    pub fn correlation(&self, i: usize, j: usize) -> f64 {
        let spread = (self.at(i, i, 0) * self.at(j, j, 0)).sqrt();
        if spread > 0.0 {
            (self.at(i, j, 0) / spread).clamp(-1.0, 1.0)
        } else {
            f64::NAN
        }
    }

    #[inline(always)]
    fn centred(&self, i: usize, j: usize) -> f64 {
        let (high, low) = (i.max(j), i.min(j));
        let shift = self.sums[i].value() * self.sums[j].value() / self.length as f64;
        self.products[high * (high + 1) / 2 + low].value() - shift
    }

    /// Adds the row at a place, or with a sign of -1 takes it away.
    fn slide(&mut self, from: usize, sign: f64) {
        for i in 0..self.width {
            self.deviation[i] = self.rows[from + i] - self.reference[i];
        }
        let mut place = 0;
        for i in 0..self.width {
            let x = self.deviation[i];
            self.sums[i].add(sign * x);
            self.peaks[i] = self.peaks[i].max(x * x);
            for &y in &self.deviation[..=i] {
                self.products[place].add(sign * (x * y));
                place += 1;
            }
        }
    }

    fn is_cancelled(&self, i: usize) -> bool {
        let raw = self.products[i * (i + 1) / 2 + i].value();
        self.centred(i, i) * CANCELLED < raw.max(self.peaks[i] * (CANCELLED / OUTWEIGHED))
    }

    /// The newest row becomes the reference: where all values are equal every deviation is then zero.
    #[cold]
    fn refresh(&mut self, newest: usize) {
        self.reference.copy_from_slice(&self.rows[newest..newest + self.width]);
        self.sums.fill(Sum::default());
        self.products.fill(Sum::default());
        self.peaks.fill(0.0);
        self.since_refresh = 0;
        for row in 0..self.length {
            self.slide(row * self.width, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_two_passes_over_the_window(
            rows in prop::collection::vec([-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64], 2..60),
            shift in -1e3..1e3f64,
            length in 2..12usize,
        ) {
            let rows: Vec<[f64; 3]> = rows.iter().map(|&[a, b, c]| [a + shift, b + a, c + 1e4 * b]).collect();
            let mut rolling = RollingCovariance::new(3, length);
            for end in 1..=rows.len() {
                rolling.push(&rows[end - 1]);
                prop_assert_eq!(rolling.is_full(), end >= length);
                if end < length {
                    continue;
                }
                let window = &rows[end - length..end];
                let mean = |i: usize| window.iter().map(|row| row[i]).sum::<f64>() / length as f64;
                for (i, j) in [(0, 0), (1, 0), (0, 2), (2, 2)] {
                    let products = window.iter().map(|row| (row[i] - mean(i)) * (row[j] - mean(j)));
                    let wanted = products.sum::<f64>() / (length - 1) as f64;
                    let scale = (rolling.at(i, i, 1) * rolling.at(j, j, 1)).sqrt();
                    prop_assert!((rolling.at(i, j, 1) - wanted).abs() <= 1e-9 * scale + 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_flat_series_has_no_spread_and_no_correlation() {
        let mut rolling = RollingCovariance::new(2, 3);
        (0..7).for_each(|t| rolling.push(&[f64::from(t * t), if t < 2 { 1e8 } else { 0.1 }]));
        assert_eq!(rolling.at(1, 1, 1), 0.0);
        assert!(rolling.correlation(0, 1).is_nan());
    }
}
