//! Features made of a series: fractional differences, and values by their place among the last n.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::distributions::normal_quantile;
use crate::parts::{OrderStatistics, Ring};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Fracdiff {
        ring: Ring,
        seen: usize,
        /// Oldest value first.
        weights: Box<[f64]>,
    }
}

impl Kernel for Fracdiff {
    const INFO: &'static FormulaInfo = &rows::FRACDIFF;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (d, tau, most) = (params.float("d"), params.float("tau"), params.int("max_width"));
        let mut weights = vec![1.0];
        let mut weight = 1.0;
        while weights.len() < most {
            let k = weights.len() as f64;
            weight *= -(d - k + 1.0) / k;
            if f64::abs(weight) < tau {
                break;
            }
            weights.push(weight);
        }
        weights.reverse();
        Ok(Self { ring: Ring::new(weights.len()), seen: 0, weights: weights.into() })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<f64> {
        self.ring.push(x);
        if self.seen < self.weights.len() {
            self.seen += 1;
            if self.seen < self.weights.len() {
                return None;
            }
        }
        let (older, newer) = self.ring.slices();
        let (first, rest) = self.weights.split_at(older.len());
        Some(dot(first, older) + dot(rest, newer))
    }
}

/// In eight sums side by side, which do not wait for each other.
#[inline]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + tail
}

state! {
    pub struct RankGauss {
        order: OrderStatistics,
        /// Of the quantile's argument, for a doubled rank.
        half_step: f64,
    }
}

impl Kernel for RankGauss {
    const INFO: &'static FormulaInfo = &rows::RANK_GAUSS;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { order: OrderStatistics::new(period), half_step: 0.5 / (period as f64 + 1.0) })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<f64> {
        self.order.push(x);
        if !self.order.is_full() {
            return None;
        }
        let doubled_rank = self.order.below(x) + self.order.at_most(x) + 1;
        Some(normal_quantile(doubled_rank as f64 * self.half_step))
    }
}

/// Interquartile range of the standard normal distribution.
const NORMAL_IQR: f64 = 1.348_979_500_392_163_4;

state! {
    pub struct RobustScale {
        order: OrderStatistics,
        clip: f64,
    }
}

impl Kernel for RobustScale {
    const INFO: &'static FormulaInfo = &rows::ROBUST_SCALE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { order: OrderStatistics::new(params.int("period")), clip: params.float("clip") })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<f64> {
        self.order.push(x);
        if !self.order.is_full() {
            return None;
        }
        let spread = self.order.quantile(0.75) - self.order.quantile(0.25);
        if spread == 0.0 {
            return Some(0.0);
        }
        let z = (x - self.order.median()) * NORMAL_IQR / spread;
        Some(z.clamp(-self.clip, self.clip))
    }
}
