//! Self-exciting trade arrivals (Hawkes 1971) with an exponential kernel: the intensity just before each trade.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::Trade;
use crate::parts::Decay;
use crate::persist::state;
use crate::rows;

state! {
    pub struct HawkesExp {
        mu: f64,
        alpha: f64,
        branching: f64,
        decay: Decay,
        /// Decayed count of the trades up to the last one, it included.
        excited: f64,
    }
}

outputs! {
    HawkesPoint { intensity, branching }
}

impl Kernel for HawkesExp {
    const INFO: &'static FormulaInfo = &rows::HAWKES_EXP;
    type Input<'a> = f64;
    type Output<'s> = HawkesPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (alpha, beta) = (params.float("alpha"), params.float("beta"));
        Ok(Self {
            mu: params.float("mu"),
            alpha,
            branching: alpha / beta,
            decay: Decay::new(1.0 / beta),
            excited: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, t_s: f64) -> Option<HawkesPoint> {
        let before = self.decay.advance(t_s)? * self.excited;
        self.excited = 1.0 + before;
        Some(HawkesPoint { intensity: self.mu + self.alpha * before, branching: self.branching })
    }
}

state! {
    pub struct HawkesBivariate {
        mu: f64,
        alpha_self: f64,
        alpha_cross: f64,
        spectral_radius: f64,
        decay: Decay,
        bought: f64,
        sold: f64,
    }
}

outputs! {
    HawkesBivariatePoint { lambda_buy, lambda_sell, imbalance, spectral_radius }
}

impl Kernel for HawkesBivariate {
    const INFO: &'static FormulaInfo = &rows::HAWKES_BIVARIATE;
    type Input<'a> = [f64; 2];
    type Output<'s> = HawkesBivariatePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (alpha_self, alpha_cross) = (params.float("alpha_self"), params.float("alpha_cross"));
        let beta = params.float("beta");
        Ok(Self {
            mu: params.float("mu"),
            alpha_self,
            alpha_cross,
            spectral_radius: (alpha_self + alpha_cross) / beta,
            decay: Decay::new(1.0 / beta),
            bought: 0.0,
            sold: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, [side, t_s]: [f64; 2]) -> Option<HawkesBivariatePoint> {
        // Neither price nor size plays a part.
        let side = Trade::new([1.0, 1.0, side])?.side;
        let factor = self.decay.advance(t_s)?;
        let (bought, sold) = (factor * self.bought, factor * self.sold);
        let lambda_buy = self.mu + self.alpha_self * bought + self.alpha_cross * sold;
        let lambda_sell = self.mu + self.alpha_self * sold + self.alpha_cross * bought;
        (self.bought, self.sold) = if side > 0.0 { (bought + 1.0, sold) } else { (bought, sold + 1.0) };
        Some(HawkesBivariatePoint {
            lambda_buy,
            lambda_sell,
            imbalance: (lambda_buy - lambda_sell) / (lambda_buy + lambda_sell),
            spectral_radius: self.spectral_radius,
        })
    }
}
