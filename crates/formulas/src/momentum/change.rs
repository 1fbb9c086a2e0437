//! A price against an earlier one or against its mean, in points, percent or as a share of its way.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{ratio_or, Lag, PathRuns, WindowMean, WindowPath};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Momentum {
        lag: Lag,
    }
}

impl Kernel for Momentum {
    const INFO: &'static FormulaInfo = &rows::MOMENTUM;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { lag: Lag::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.lag.push(price).map(|earlier| price - earlier)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.lag.over(columns, out[0], |now, earlier| now - earlier)
    }
}

state! {
    pub struct Roc {
        lag: Lag,
    }
}

impl Kernel for Roc {
    const INFO: &'static FormulaInfo = &rows::ROC;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { lag: Lag::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.lag.push(price).map(|earlier| rate(price, earlier))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.lag.over(columns, out[0], rate)
    }
}

#[inline(always)]
fn rate(now: f64, earlier: f64) -> f64 {
    100.0 * ratio_or(now - earlier, earlier, f64::NAN)
}

state! {
    pub struct EfficiencyRatio {
        path: WindowPath,
    }
}

impl Kernel for EfficiencyRatio {
    const INFO: &'static FormulaInfo = &rows::EFFICIENCY_RATIO;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { path: WindowPath::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.path.push(price).map(|path| path.efficiency_or(0.0))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let mut runs = PathRuns::new(&self.path, columns[0]);
        while runs.advance(out[0], |path| path.efficiency_or(0.0)).is_some() {}
        runs.is_done()
    }
}

state! {
    pub struct DisparityIndex {
        mean: WindowMean,
    }
}

impl Kernel for DisparityIndex {
    const INFO: &'static FormulaInfo = &rows::DISPARITY_INDEX;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { mean: WindowMean::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let mean = self.mean.push(price)?;
        Some(100.0 * ratio_or(price - mean, mean, f64::NAN))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        if !self.mean.over(columns[0], out[0]) {
            return false;
        }
        for (out, price) in out[0].iter_mut().zip(columns[0]) {
            *out = 100.0 * ratio_or(price - *out, *out, f64::NAN);
        }
        true
    }
}
