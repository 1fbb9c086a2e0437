//! Variance of prices that carry noise of their own: two time scales, and the realised kernel.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{Lag, Ring, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Tsrv {
        last: Option<f64>,
        earlier: Lag,
        fast: WindowSum,
        slow: WindowSum,
        inverse_k: f64,
        /// Share of the fast scale's variance that the slow one has of its noise.
        share: f64,
    }
}

impl Kernel for Tsrv {
    const INFO: &'static FormulaInfo = &rows::TSRV;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (n, k) = (params.int("n"), params.int("k"));
        if k > n {
            return Err(params.refuse("k", "a whole number from 2 up to n"));
        }
        let inverse_k = 1.0 / k as f64;
        Ok(Self {
            last: None,
            earlier: Lag::new(k),
            fast: WindowSum::new(n),
            slow: WindowSum::new(n - k + 1),
            inverse_k,
            share: (n - k + 1) as f64 * inverse_k / n as f64,
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        if price <= 0.0 {
            return None;
        }
        // Logarithms of ratios: the difference of two logarithms of a price keeps fewer digits.
        let square = |earlier: f64| {
            let r = (price / earlier).ln();
            r * r
        };
        let last = self.last.replace(price);
        let slow = self.earlier.push(price).and_then(|earlier| self.slow.push(square(earlier)));
        let fast = last.and_then(|last| self.fast.push(square(last)));
        Some((self.inverse_k * slow? - self.share * fast?) / (1.0 - self.share))
    }
}

/// Parzen's weights of the lags 1 to `bandwidth`, twice: each lag counts on both sides.
fn parzen(bandwidth: usize, lags: usize) -> impl Iterator<Item = f64> {
    (1..=lags).map(move |lag| {
        let x = lag as f64 / (bandwidth + 1) as f64;
        2.0 * if x <= 0.5 { 1.0 - 6.0 * x * x * (1.0 - x) } else { 2.0 * (1.0 - x).powi(3) }
    })
}

state! {
    /// The weighted sum of the autocovariances is kept whole: the newest return adds its products with those before
    /// it, the oldest takes away its products with those after it. As in `WindowSum`, the sum of the lap under way
    /// takes over when the ring wraps.
    pub struct RealizedKernel {
        returns: Ring,
        weights: Box<[f64]>,
        window: Sum,
        lap: Sum,
        /// Returns of the lap under way.
        done: usize,
        full: bool,
    }
}

impl RealizedKernel {
    /// Products of `r` with itself and with its neighbours, the nearest first.
    #[inline]
    fn products(&self, r: f64, neighbours: impl Iterator<Item = f64>) -> f64 {
        let weighted: f64 = self.weights.iter().zip(neighbours).map(|(weight, other)| weight * other).sum();
        r * (r + weighted)
    }
}

impl Kernel for RealizedKernel {
    const INFO: &'static FormulaInfo = &rows::REALIZED_KERNEL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (n, h) = (params.int("n"), params.int("h"));
        Ok(Self {
            returns: Ring::new(n),
            weights: parzen(h, h.min(n - 1)).collect(),
            window: Sum::default(),
            lap: Sum::default(),
            done: 0,
            full: false,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        if self.full {
            let oldest = self.returns.oldest();
            let leaving = self.products(oldest, self.returns.in_order().skip(1));
            self.window.add(-leaving);
        }
        // What leaves has left: the place of the oldest return, at the end here, is that of the newest.
        let lags = self.returns.len() - 1;
        let entering = self.products(r, self.returns.newest_first().take(lags));
        let entering_lap = if self.done < self.weights.len() {
            self.products(r, self.returns.newest_first().take(self.done))
        } else {
            entering
        };
        self.window.add(entering);
        self.lap.add(entering_lap);
        self.done += 1;
        if self.returns.push(r).lap_done {
            (self.window, self.lap, self.done, self.full) = (self.lap, Sum::default(), 0, true);
        }
        self.full.then(|| self.window.value().max(0.0))
    }
}
