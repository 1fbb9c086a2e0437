//! States of a market against its own past: turbulence of many returns, and the regime of a volatility.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{linear, OrderStatistics, RollingCovariance, RollingMoments};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Turbulence {
        ridge: f64,
        window: RollingCovariance,
        factor: Box<[f64]>,
        deviation: Box<[f64]>,
    }
}

impl Turbulence {
    /// The squared distance of a row from the window before it; NaN if its covariance has no inverse.
    fn distance(&mut self, row: &[f64]) -> f64 {
        let n = self.window.width();
        let trace: f64 = (0..n).map(|i| self.window.at(i, i, 1)).sum();
        for (i, x) in row.iter().enumerate() {
            for j in 0..=i {
                self.factor[i * n + j] = self.window.at(i, j, 1);
            }
            self.factor[i * n + i] += self.ridge * trace / n as f64;
            self.deviation[i] = x - self.window.mean(i);
        }
        // Rounding could pass for the spread that so few rows do not have.
        let is_singular = self.ridge == 0.0 && self.window.length() <= n;
        if is_singular || !linear::factorise(&mut self.factor, n) {
            return f64::NAN;
        }
        linear::forward(&self.factor, &mut self.deviation);
        self.deviation.iter().map(|z| z * z).sum()
    }
}

impl Kernel for Turbulence {
    const INFO: &'static FormulaInfo = &rows::TURBULENCE;
    type Input<'a> = &'a [f64];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let n = params.width();
        Ok(Self {
            ridge: params.float("ridge"),
            window: RollingCovariance::new(n, params.int("window")),
            factor: vec![0.0; n * n].into_boxed_slice(),
            deviation: vec![0.0; n].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, returns: &[f64]) -> Option<f64> {
        let distance = self.window.is_full().then(|| self.distance(returns));
        self.window.push(returns);
        distance
    }
}

outputs! { VolRegimePoint { regime, percentile } }

state! {
    pub struct VolRegime {
        lo: f64,
        hi: f64,
        hyst: f64,
        volatility: RollingMoments,
        history: OrderStatistics,
        regime: Option<u8>,
    }
}

impl VolRegime {
    fn next(&self, percentile: f64) -> u8 {
        let (lo, hi) = (self.lo, self.hi);
        let from_middle = |percentile: f64, hyst: f64| {
            if percentile < lo - hyst {
                0
            } else if percentile > hi + hyst {
                2
            } else {
                1
            }
        };
        match self.regime {
            None => from_middle(percentile, 0.0),
            Some(0) if percentile <= lo + self.hyst => 0,
            Some(2) if percentile >= hi - self.hyst => 2,
            Some(_) => from_middle(percentile, self.hyst),
        }
    }
}

impl Kernel for VolRegime {
    const INFO: &'static FormulaInfo = &rows::VOL_REGIME;
    type Input<'a> = f64;
    type Output<'s> = VolRegimePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (lo, hi) = (params.float("lo"), params.float("hi"));
        if lo > hi {
            return Err(params.refuse("lo", format!("a number up to hi = {hi}")));
        }
        Ok(Self {
            lo,
            hi,
            hyst: params.float("hyst"),
            volatility: RollingMoments::new(params.int("fast")),
            history: OrderStatistics::new(params.int("hist")),
            regime: None,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<VolRegimePoint> {
        let moments = self.volatility.push(r)?;
        // The rank of a variance is the rank of its root.
        self.history.push(moments.variance);
        if !self.history.is_full() {
            return None;
        }
        let percentile = self.history.at_most(moments.variance) as f64 / self.history.len() as f64;
        let regime = self.next(percentile);
        self.regime = Some(regime);
        Some(VolRegimePoint { regime: f64::from(regime), percentile })
    }
}
