//! Portfolio weights that can be kept up with the market: by volatility, by past growth, and onto the simplex.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::RollingMoments;
use crate::persist::state;
use crate::rows;

state! {
    pub struct InverseVol {
        half_power: f64,
        moments: Box<[RollingMoments]>,
        weights: Box<[f64]>,
    }
}

impl Kernel for InverseVol {
    const INFO: &'static FormulaInfo = &rows::INVERSE_VOL;
    type Input<'a> = &'a [f64];
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (window, assets) = (params.int("window"), params.width());
        Ok(Self {
            half_power: 0.5 * params.float("power"),
            moments: (0..assets).map(|_| RollingMoments::new(window)).collect(),
            weights: vec![0.0; assets].into(),
        })
    }

    fn step(&mut self, returns: &[f64]) -> Option<&[f64]> {
        let mut full = true;
        for ((moments, weight), r) in self.moments.iter_mut().zip(&mut self.weights).zip(returns) {
            let Some(moments) = moments.push(*r) else {
                full = false;
                continue;
            };
            *weight = moments.variance;
        }
        full.then(|| {
            spread(&mut self.weights, self.half_power);
            &*self.weights
        })
    }
}

/// Turns variances into weights. Against the smallest one, so that no power can overflow.
fn spread(weights: &mut [f64], half_power: f64) {
    let smallest = weights.iter().copied().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
    // A root costs a tenth of a power, and is what is asked for mostly.
    let power = |ratio: f64| if half_power == 0.5 { ratio.sqrt() } else { ratio.powf(half_power) };
    let mut sum = 0.0;
    for weight in weights.iter_mut() {
        let variance = *weight;
        *weight = if variance > 0.0 { power(smallest / variance) } else { 0.0 };
        sum += *weight;
    }
    weights.iter_mut().for_each(|weight| *weight /= sum);
}

state! {
    pub struct ExponentiatedGradient {
        eta: f64,
        weights: Box<[f64]>,
    }
}

impl Kernel for ExponentiatedGradient {
    const INFO: &'static FormulaInfo = &rows::EXPONENTIATED_GRADIENT;
    type Input<'a> = &'a [f64];
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let assets = params.width();
        Ok(Self { eta: params.float("eta"), weights: vec![1.0 / assets as f64; assets].into() })
    }

    fn step(&mut self, returns: &[f64]) -> Option<&[f64]> {
        let growth: f64 = self.weights.iter().zip(returns).map(|(w, r)| w * (1.0 + r)).sum();
        if growth <= 0.0 || returns.iter().any(|r| *r < -1.0) {
            return None;
        }
        let rate = self.eta / growth;
        // A factor common to all cancels; this one keeps the exponentials at most 1.
        let best = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (weight, r) in self.weights.iter_mut().zip(returns) {
            *weight *= (rate * (r - best)).exp();
            sum += *weight;
        }
        self.weights.iter_mut().for_each(|weight| *weight /= sum);
        Some(&self.weights)
    }
}

state! {
    pub struct SimplexProjection {
        z: f64,
        ball: bool,
        sorted: Box<[f64]>,
        projected: Box<[f64]>,
    }
}

impl Kernel for SimplexProjection {
    const INFO: &'static FormulaInfo = &rows::SIMPLEX_PROJECTION;
    type Input<'a> = &'a [f64];
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let buffer = || vec![0.0; params.width()].into();
        Ok(Self { z: params.float("z"), ball: params.flag("ball"), sorted: buffer(), projected: buffer() })
    }

    fn step(&mut self, v: &[f64]) -> Option<&[f64]> {
        let magnitude = |x: f64| if self.ball { x.abs() } else { x };
        if self.ball && v.iter().map(|x| x.abs()).sum::<f64>() <= self.z {
            self.projected.copy_from_slice(v);
            return Some(&self.projected);
        }
        self.sorted.iter_mut().zip(v).for_each(|(sorted, x)| *sorted = magnitude(*x));
        self.sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let theta = threshold(&self.sorted, self.z);
        for (projected, x) in self.projected.iter_mut().zip(v) {
            let rest = (magnitude(*x) - theta).max(0.0);
            *projected = if self.ball { rest.copysign(*x) } else { rest };
        }
        Some(&self.projected)
    }
}

/// What is taken off each number, so that those that stay positive add up to `z`. `sorted` descends.
fn threshold(sorted: &[f64], z: f64) -> f64 {
    // Against the largest: a constant added to all would otherwise cost the digits of z.
    let largest = sorted[0];
    let (mut sum, mut theta) = (0.0, 0.0);
    for (place, x) in sorted.iter().enumerate() {
        sum += x - largest;
        let candidate = (sum - z) / (place + 1) as f64;
        if x - largest <= candidate {
            break;
        }
        theta = candidate;
    }
    largest + theta
}
