//! Autocovariances of all values so far, at lags up to a fixed one.

use crate::parts::{Ring, Sum};
use crate::persist::state;

state! {
    pub struct Autocovariances {
        /// The newest values, and the first ones, as many as there are lags.
        newest: Ring,
        first: Vec<f64>,
        count: u64,
        /// All is kept about the first value, near which a series mostly stays.
        reference: f64,
        total: Sum,
        products: Box<[Sum]>,
    }
}

impl Autocovariances {
    pub fn new(max_lag: usize) -> Self {
        Self {
            newest: Ring::new(max_lag.max(1)),
            first: Vec::with_capacity(max_lag),
            count: 0,
            reference: 0.0,
            total: Sum::default(),
            products: vec![Sum::default(); max_lag + 1].into_boxed_slice(),
        }
    }

    pub fn max_lag(&self) -> usize {
        self.products.len() - 1
    }

    #[inline]
    pub fn push(&mut self, x: f64) {
        if self.count == 0 {
            self.reference = x;
        }
        let x = x - self.reference;
        self.products[0].add(x * x);
        let lags = self.max_lag().min(self.count as usize);
        for lag in 1..=lags {
            self.products[lag].add(x * self.newest.ago(lag - 1));
        }
        if self.first.len() < self.max_lag() {
            self.first.push(x);
        }
        self.newest.push(x);
        self.total.add(x);
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn mean(&self) -> f64 {
        self.reference + self.total.value() / self.count as f64
    }

    /// (1/n) sum of (x_t - mean)(x_{t-lag} - mean): the biased form, over one mean. 0 if there are too few values.
    ///
    /// # Panics
    /// If the lag is above the largest.
    pub fn at(&self, lag: usize) -> f64 {
        if self.count <= lag as u64 {
            return 0.0;
        }
        let head: f64 = self.first[..lag].iter().sum();
        let tail: f64 = (0..lag).map(|age| self.newest.ago(age)).sum();
        self.covariance(lag, head + tail)
    }

    /// [`Autocovariances::at`] for each lag from 0 to the largest: one pass, where single calls would take as many
    /// as there are lags.
    pub fn each(&self) -> impl Iterator<Item = f64> + '_ {
        let mut ends = 0.0;
        (0..=self.max_lag()).map(move |lag| {
            if self.count <= lag as u64 {
                return 0.0;
            }
            if lag > 0 {
                ends += self.first[lag - 1] + self.newest.ago(lag - 1);
            }
            self.covariance(lag, ends)
        })
    }

    /// `ends` is the sum of the values at either end that lack a partner.
    fn covariance(&self, lag: usize, ends: f64) -> f64 {
        let n = self.count as f64;
        let (total, mean) = (self.total.value(), self.total.value() / n);
        let terms = n - lag as f64;
        (self.products[lag].value() - mean * (2.0 * total - ends) + terms * mean * mean) / n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition() {
        let xs: Vec<f64> = (0..50).map(|i| 100.0 + f64::from(i * 37 % 11)).collect();
        let mut lagged = Autocovariances::new(7);
        xs.iter().for_each(|&x| lagged.push(x));
        let mean = xs.iter().sum::<f64>() / 50.0;
        for lag in 0..=7 {
            let wanted: f64 = (lag..50).map(|t| (xs[t] - mean) * (xs[t - lag] - mean)).sum::<f64>() / 50.0;
            assert!((lagged.at(lag) - wanted).abs() < 1e-12, "lag {lag}");
            assert!((lagged.each().nth(lag).unwrap() - wanted).abs() < 1e-12, "lag {lag}");
        }
    }
}
