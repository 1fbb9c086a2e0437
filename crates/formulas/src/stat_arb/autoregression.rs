//! How fast a price comes back: the first-order autoregression of a window, as Ornstein-Uhlenbeck parameters and as a
//! half-life.

use std::f64::consts::LN_2;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{PairMoments, RollingPair};
use crate::persist::state;
use crate::rows;

state! {
    /// Changes regressed on the price before them, over the n - 1 changes of n prices. A slope near zero keeps the
    /// digits that the slope near one of price on price would lose.
    struct PriceRegression {
        last: Option<f64>,
        pair: RollingPair,
    }
}

impl PriceRegression {
    fn new(period: usize) -> Self {
        Self { last: None, pair: RollingPair::new(period - 1) }
    }

    /// x is the price before a change and y the change. None until the window is full.
    #[inline(always)]
    fn push(&mut self, price: f64) -> Option<PairMoments> {
        let last = self.last.replace(price)?;
        self.pair.push(last, price - last)
    }
}

/// NaN in a window of one price.
#[inline(always)]
fn slope(moments: &PairMoments) -> f64 {
    if moments.variance_x > 0.0 {
        moments.covariance / moments.variance_x
    } else {
        f64::NAN
    }
}

outputs! { OuPoint { theta, mu, sigma, half_life } }

state! {
    pub struct OuMle {
        regression: PriceRegression,
        dt: f64,
    }
}

impl Kernel for OuMle {
    const INFO: &'static FormulaInfo = &rows::OU_MLE;
    type Input<'a> = f64;
    type Output<'s> = OuPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { regression: PriceRegression::new(params.int("period")), dt: params.float("dt") })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<OuPoint> {
        let moments = self.regression.push(price)?;
        let lambda = slope(&moments);
        let s2 = (moments.variance_y - lambda * moments.covariance).max(0.0);
        let mu = moments.mean_x - moments.mean_y / lambda;
        let point = if lambda >= 0.0 {
            // The limit of the formula for sigma as theta goes to 0.
            OuPoint { theta: 0.0, mu: f64::NAN, sigma: (s2 / self.dt).sqrt(), half_life: f64::INFINITY }
        } else if lambda <= -1.0 {
            OuPoint { theta: f64::INFINITY, mu, sigma: f64::INFINITY, half_life: 0.0 }
        } else {
            let theta = -lambda.ln_1p() / self.dt;
            // 1 - b^2 with b = 1 + lambda
            let sigma = (s2 * 2.0 * theta / (-lambda * (2.0 + lambda))).sqrt();
            OuPoint { theta, mu, sigma, half_life: LN_2 / theta }
        };
        Some(point)
    }
}

outputs! { HalfLifePoint { half_life, lambda } }

state! {
    pub struct HalfLife {
        regression: PriceRegression,
    }
}

impl Kernel for HalfLife {
    const INFO: &'static FormulaInfo = &rows::HALF_LIFE;
    type Input<'a> = f64;
    type Output<'s> = HalfLifePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { regression: PriceRegression::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<HalfLifePoint> {
        let lambda = slope(&self.regression.push(price)?);
        let half_life = if lambda >= 0.0 { f64::INFINITY } else { -LN_2 / lambda };
        Some(HalfLifePoint { half_life, lambda })
    }
}
