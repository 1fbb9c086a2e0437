//! Leverage that brings the volatility of an account, or of a portfolio of forecasts, to a target.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{EwmaVariance, RollingCovariance};
use crate::persist::state;
use crate::rows;

outputs! { VolTargetPoint { weight, vol } }

state! {
    pub struct VolTarget {
        variance: EwmaVariance,
        target: f64,
        scale: f64,
        cap: f64,
    }
}

impl Kernel for VolTarget {
    const INFO: &'static FormulaInfo = &rows::VOL_TARGET;
    type Input<'a> = f64;
    type Output<'s> = VolTargetPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            variance: EwmaVariance::new(params.float("lam")),
            target: params.float("target"),
            scale: params.float("ann").sqrt(),
            cap: params.float("cap"),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<VolTargetPoint> {
        let is_first = self.variance.value().is_none();
        let vol = self.scale * self.variance.push(r).sqrt();
        // A volatility of 0 asks for more than the cap, as it should.
        (!is_first).then(|| VolTargetPoint { weight: self.cap.min(self.target / vol), vol })
    }
}

state! {
    pub struct DiversificationMultiplier {
        covariance: RollingCovariance,
        cap: f64,
    }
}

impl Kernel for DiversificationMultiplier {
    const INFO: &'static FormulaInfo = &rows::DIVERSIFICATION_MULTIPLIER;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let covariance = RollingCovariance::new(params.width(), params.int("window"));
        Ok(Self { covariance, cap: params.float("cap") })
    }

    fn step(&mut self, [returns, weights]: [&[f64]; 2]) -> Option<f64> {
        if weights.len() != returns.len() {
            return None;
        }
        self.covariance.push(returns);
        if !self.covariance.is_full() {
            return None;
        }
        let gross: f64 = weights.iter().map(|weight| weight.abs()).sum();
        let mut risk = 0.0;
        for (i, weight) in weights.iter().enumerate() {
            // A series without spread goes with none; NaN.max(0) is 0.
            let others = (0..i).map(|j| weights[j] * self.covariance.correlation(i, j).max(0.0));
            risk += weight * (weight + 2.0 * others.sum::<f64>());
        }
        if gross == 0.0 {
            return Some(f64::NAN);
        }
        Some(if risk > 0.0 { self.cap.min(gross / risk.sqrt()) } else { self.cap })
    }
}
