//! Filters over a window of prices: Savitzky and Golay's, Haar wavelets, Hampel's, and an adaptive predictor.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Lag, OrderStatistics, Ring};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Savgol {
        /// From the oldest value to the newest.
        weights: Box<[f64]>,
        ring: Ring,
        seen: usize,
    }
}

/// Weights that fit a polynomial to n points and give a derivative of it at the last one, oldest first.
///
/// By polynomials that are orthogonal over the points (Forsythe 1957), for the normal equations of powers lose all
/// digits at high orders.
fn endpoint_weights(n: usize, order: usize, derivative: usize) -> Vec<f64> {
    // The points are laid over [-1, 1].
    let half = 0.5 * (n - 1) as f64;
    let points: Vec<f64> = (0..n).map(|i| (i as f64 - half) / half).collect();
    let (mut last, mut now) = (vec![0.0; n], vec![1.0; n]);
    // Derivatives of both at the end, from the zeroth.
    let (mut last_end, mut end) = ([0.0; 4], [1.0, 0.0, 0.0, 0.0]);
    let mut last_norm = 1.0;
    let mut weights = vec![0.0; n];
    for degree in 0..=order {
        let norm: f64 = now.iter().map(|p| p * p).sum();
        let scale = end[derivative] / norm;
        weights.iter_mut().zip(&now).for_each(|(weight, p)| *weight += scale * p);
        // The points are symmetric, so that p_{k+1} = x p_k - b p_{k-1} has no further term.
        let b = if degree == 0 { 0.0 } else { norm / last_norm };
        let next = points.iter().zip(&now).zip(&last).map(|((x, p), q)| x * p - b * q).collect();
        let next_end = std::array::from_fn(|k| {
            let lower = if k == 0 { 0.0 } else { k as f64 * end[k - 1] };
            end[k] + lower - b * last_end[k]
        });
        (last, now) = (now, next);
        (last_end, end) = (end, next_end);
        last_norm = norm;
    }
    let scale = half.powi(-(derivative as i32));
    weights.iter_mut().for_each(|weight| *weight *= scale);
    weights
}

impl Kernel for Savgol {
    const INFO: &'static FormulaInfo = &rows::SAVGOL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, order) = (params.int("period"), params.int("order"));
        if order >= period {
            return Err(params.refuse("order", format!("a whole number below period = {period}")));
        }
        let weights = endpoint_weights(period, order, params.int("deriv"));
        Ok(Self { weights: weights.into(), ring: Ring::new(period), seen: 0 })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.ring.push(price);
        if self.seen + 1 < self.ring.len() {
            self.seen += 1;
            return None;
        }
        Some(self.ring.in_order().zip(&self.weights).map(|(x, weight)| x * weight).sum())
    }
}

outputs! { HaarPoint<'a> { details: &'a [f64], smooth: f64 } }

state! {
    pub struct HaarModwt {
        /// Of level j, the smooth of level j - 1 from 2^(j-1) updates ago.
        lags: Box<[Lag]>,
        details: Box<[f64]>,
    }
}

impl Kernel for HaarModwt {
    const INFO: &'static FormulaInfo = &rows::HAAR_MODWT;
    type Input<'a> = f64;
    type Output<'s> = HaarPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let levels = params.int("levels");
        Ok(Self {
            lags: (0..levels).map(|level| Lag::new(1 << level)).collect(),
            details: vec![0.0; levels].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<HaarPoint<'_>> {
        let mut smooth = price;
        for (lag, detail) in self.lags.iter_mut().zip(&mut self.details) {
            let past = lag.push(smooth)?;
            *detail = 0.5 * (smooth - past);
            smooth = 0.5 * (smooth + past);
        }
        Some(HaarPoint { details: &self.details, smooth })
    }
}

/// Makes a median absolute deviation the standard deviation of a normal distribution.
const NORMAL_SCALE: f64 = 1.4826;

outputs! { HampelPoint { y, is_outlier } }

state! {
    pub struct Hampel {
        k: f64,
        window: OrderStatistics,
    }
}

impl Kernel for Hampel {
    const INFO: &'static FormulaInfo = &rows::HAMPEL;
    type Input<'a> = f64;
    type Output<'s> = HampelPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { k: params.float("k"), window: OrderStatistics::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<HampelPoint> {
        self.window.push(price);
        if !self.window.is_full() {
            return None;
        }
        let median = self.window.median();
        let limit = self.k * NORMAL_SCALE * self.window.median_deviation();
        let is_outlier = (price - median).abs() > limit;
        let y = if is_outlier { median } else { price };
        Some(HampelPoint { y, is_outlier: f64::from(u8::from(is_outlier)) })
    }
}

outputs! { LmsPoint<'a> { pred: f64, error: f64, weights: &'a [f64] } }

state! {
    pub struct LmsFilter {
        mu: f64,
        eps: f64,
        /// The last prices, newest first.
        past: Box<[f64]>,
        weights: Box<[f64]>,
        seen: usize,
    }
}

impl Kernel for LmsFilter {
    const INFO: &'static FormulaInfo = &rows::LMS_FILTER;
    type Input<'a> = f64;
    type Output<'s> = LmsPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let zeros = || vec![0.0; params.int("taps")].into_boxed_slice();
        Ok(Self {
            mu: params.float("mu"),
            eps: params.float("eps"),
            past: zeros(),
            weights: zeros(),
            seen: 0,
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<LmsPoint<'_>> {
        let taps = self.past.len();
        let ready = self.seen == taps;
        let (mut pred, mut power) = (0.0, self.eps);
        for (weight, x) in self.weights.iter().zip(&self.past) {
            pred += weight * x;
            power += x * x;
        }
        let error = price - pred;
        if ready {
            let step = self.mu * error / power;
            self.weights.iter_mut().zip(&self.past).for_each(|(weight, x)| *weight += step * x);
        } else {
            self.seen += 1;
        }
        self.past.copy_within(..taps - 1, 1);
        self.past[0] = price;
        ready.then_some(LmsPoint { pred, error, weights: &self.weights })
    }
}
