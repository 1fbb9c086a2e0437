//! How far a price is from where it has been: z-scores over a window and with exponential weights.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::leave_out;
use crate::parts::{MomentRuns, Moments, RollingMoments};
use crate::persist::state;
use crate::rows;

/// Smaller values are zero: subnormal numbers cost a hundred cycles an update.
const VANISHED: f64 = 1e-300;

state! {
    pub struct Zscore {
        moments: RollingMoments,
        /// n / (n - ddof)
        correction: f64,
    }
}

impl Zscore {
    #[inline(always)]
    fn score(&self, moments: Moments) -> f64 {
        let deviation = (moments.variance * self.correction).sqrt();
        if deviation > 0.0 {
            moments.deviation / deviation
        } else {
            0.0
        }
    }
}

impl Kernel for Zscore {
    const INFO: &'static FormulaInfo = &rows::ZSCORE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, ddof) = (params.int("period"), params.int("ddof"));
        let correction = period as f64 / (period - ddof) as f64;
        Ok(Self { moments: RollingMoments::new(period), correction })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.moments.push(price).map(|moments| self.score(moments))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, scores) = (self.moments.len(), &mut *out[0]);
        leave_out(scores, n);
        let mut runs = MomentRuns::new(columns[0], n);
        while let Some((rows, moments)) = runs.advance() {
            for (score, moments) in scores[rows].iter_mut().zip(moments) {
                *score = self.score(moments);
            }
        }
        true
    }
}

state! {
    /// The mean itself is not kept, but how far the last price is from it. When a price stays where it is that
    /// distance shrinks to nothing, where a mean would stop at the last digit of the price and count it as a spread.
    pub struct EwmZscore {
        alpha: f64,
        last: Option<f64>,
        from_mean: f64,
        variance: f64,
    }
}

impl Kernel for EwmZscore {
    const INFO: &'static FormulaInfo = &rows::EWM_ZSCORE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { alpha: params.float("alpha"), last: None, from_mean: 0.0, variance: 0.0 })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        let last = self.last.replace(price)?;
        let distance = (price - last) + self.from_mean;
        let z = if self.variance > 0.0 { distance / self.variance.sqrt() } else { 0.0 };
        let kept = 1.0 - self.alpha;
        let (from_mean, variance) =
            (kept * distance, kept * (self.variance + self.alpha * distance * distance));
        self.from_mean = if from_mean.abs() < VANISHED { 0.0 } else { from_mean };
        self.variance = if variance < VANISHED { 0.0 } else { variance };
        Some(z)
    }
}
