//! Value at risk and expected shortfall of the last n returns: empirical, normal, corrected for skewness and kurtosis,
//! and filtered by volatility. Losses are positive.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::{normal_pdf, normal_quantile};
use crate::parts::{EwmaVariance, OrderStatistics, RollingMoments, RollingShape};
use crate::persist::state;
use crate::rows;

outputs! { TailRisk { var, es } }
outputs! { CornishFisherRisk { var, monotone } }

/// The mean of the worst (smallest) share of the values; a value that the share cuts counts in part
/// (Acerbi and Tasche 2002).
///
/// # Panics
/// If there are no values.
#[inline]
pub(super) fn tail_mean(values: &OrderStatistics, share: f64) -> f64 {
    let weight = share * values.len() as f64;
    let whole = (weight as usize).min(values.len() - 1);
    (values.sum_smallest(whole) + (weight - whole as f64) * values.kth(whole)) / weight
}

state! {
    pub struct VarHistorical {
        values: OrderStatistics,
        alpha: f64,
    }
}

impl Kernel for VarHistorical {
    const INFO: &'static FormulaInfo = &rows::VAR_HISTORICAL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { values: OrderStatistics::new(params.int("window")), alpha: params.float("alpha") })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        self.values.push(r);
        self.values.is_full().then(|| -self.values.quantile(self.alpha))
    }
}

state! {
    pub struct EsHistorical {
        values: OrderStatistics,
        alpha: f64,
    }
}

impl Kernel for EsHistorical {
    const INFO: &'static FormulaInfo = &rows::ES_HISTORICAL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { values: OrderStatistics::new(params.int("window")), alpha: params.float("alpha") })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        self.values.push(r);
        self.values.is_full().then(|| -tail_mean(&self.values, self.alpha))
    }
}

state! {
    pub struct VarGaussian {
        moments: RollingMoments,
        /// Phi^{-1}(alpha), and the mean of a standard normal variable below it.
        quantile: f64,
        below: f64,
        bessel: f64,
    }
}

impl Kernel for VarGaussian {
    const INFO: &'static FormulaInfo = &rows::VAR_GAUSSIAN;
    type Input<'a> = f64;
    type Output<'s> = TailRisk;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (window, alpha) = (params.int("window"), params.float("alpha"));
        let quantile = normal_quantile(alpha);
        Ok(Self {
            moments: RollingMoments::new(window),
            quantile,
            below: -normal_pdf(quantile) / alpha,
            bessel: window as f64 / (window - 1) as f64,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<TailRisk> {
        let moments = self.moments.push(r)?;
        let deviation = (moments.variance * self.bessel).sqrt();
        Some(TailRisk {
            var: -(moments.mean + deviation * self.quantile),
            es: -(moments.mean + deviation * self.below),
        })
    }
}

state! {
    pub struct VarCornishFisher {
        shape: RollingShape,
        quantile: f64,
    }
}

impl VarCornishFisher {
    /// The expansion grows everywhere: its slope, a quadratic in z, has no root.
    #[inline]
    fn is_monotone(skewness: f64, excess: f64) -> bool {
        let square = skewness * skewness;
        let a = excess / 8.0 - square / 6.0;
        let c = 1.0 - excess / 8.0 + 5.0 * square / 36.0;
        a >= 0.0 && square / 9.0 <= 4.0 * a * c
    }
}

impl Kernel for VarCornishFisher {
    const INFO: &'static FormulaInfo = &rows::VAR_CORNISH_FISHER;
    type Input<'a> = f64;
    type Output<'s> = CornishFisherRisk;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            shape: RollingShape::new(params.int("window")),
            quantile: normal_quantile(params.float("alpha")),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<CornishFisherRisk> {
        let shape = self.shape.push(r)?;
        if shape.m2 == 0.0 {
            return Some(CornishFisherRisk { var: -shape.mean, monotone: 1.0 });
        }
        let (z, skewness, excess) = (self.quantile, shape.skewness(), shape.kurtosis() - 3.0);
        let square = z * z;
        let corrected = z + (square - 1.0) * skewness / 6.0 + (square - 3.0) * z * excess / 24.0
            - (2.0 * square - 5.0) * z * skewness * skewness / 36.0;
        let monotone = f64::from(u8::from(Self::is_monotone(skewness, excess)));
        Some(CornishFisherRisk { var: -(shape.mean + corrected * shape.m2.sqrt()), monotone })
    }
}

state! {
    pub struct VarFilteredHs {
        variance: EwmaVariance,
        standardised: OrderStatistics,
        alpha: f64,
    }
}

impl Kernel for VarFilteredHs {
    const INFO: &'static FormulaInfo = &rows::VAR_FILTERED_HS;
    type Input<'a> = f64;
    type Output<'s> = TailRisk;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            variance: EwmaVariance::new(params.float("lam")),
            standardised: OrderStatistics::new(params.int("window")),
            alpha: params.float("alpha"),
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<TailRisk> {
        let known = self.variance.value();
        let next = self.variance.push(r).sqrt();
        // By a variance that is zero, or has decayed to nothing, no return can be standardised.
        if let Some(variance) = known.filter(|variance| *variance > f64::MIN_POSITIVE) {
            self.standardised.push(r / variance.sqrt());
        }
        self.standardised.is_full().then(|| TailRisk {
            var: -next * self.standardised.quantile(self.alpha),
            es: -next * tail_mean(&self.standardised, self.alpha),
        })
    }
}
