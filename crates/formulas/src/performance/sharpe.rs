//! Sharpe's ratio of all returns so far: its error, its probability, its value over longer periods, and the test of
//! the mean behind it.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::{normal_cdf, normal_quantile};
use crate::parts::{Autocovariances, Welford};
use crate::persist::state;
use crate::rows;

outputs! { SharpePoint { sharpe, se } }
outputs! { LoPoint { sharpe_q, eta } }
outputs! { ProbabilisticPoint { psr, min_trl } }
outputs! { DeflatedPoint { dsr, sr0 } }
outputs! { MeanTest { t, se } }

/// Euler and Mascheroni's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// The most lags that newey_west_t chooses by itself: enough for 26 million returns.
const AUTOMATIC_LAGS: usize = 64;

/// The ratio per period, and the variance of its estimate times n - 1.
struct Estimate {
    ratio: f64,
    variance: f64,
}

/// With the population's skewness and kurtosis (Mertens 2002). NaN without spread.
#[inline]
fn estimate(moments: &Welford) -> Estimate {
    let ratio = moments.mean / moments.variance(1).sqrt();
    if !ratio.is_finite() {
        return Estimate { ratio: f64::NAN, variance: f64::NAN };
    }
    let variance = 1.0 - moments.skewness() * ratio + 0.25 * (moments.kurtosis() - 1.0) * ratio * ratio;
    // Never below (1 - skewness * ratio / 2)^2 but for rounding.
    Estimate { ratio, variance: variance.max(0.0) }
}

/// The probability that the true ratio is above a reference.
#[inline]
fn probability(estimate: &Estimate, reference: f64, count: u64) -> f64 {
    let distance = (estimate.ratio - reference) * ((count - 1) as f64).sqrt();
    if distance == 0.0 {
        return 0.5;
    }
    normal_cdf(distance / estimate.variance.sqrt())
}

state! {
    pub struct Sharpe {
        moments: Welford,
        rf: f64,
        scale: f64,
    }
}

impl Kernel for Sharpe {
    const INFO: &'static FormulaInfo = &rows::SHARPE;
    type Input<'a> = f64;
    type Output<'s> = SharpePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { moments: Welford::default(), rf: params.float("rf"), scale: params.float("ann").sqrt() })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<SharpePoint> {
        self.moments.push(r - self.rf);
        if self.moments.count < 2 {
            return None;
        }
        let Estimate { ratio, variance } = estimate(&self.moments);
        let se = (variance / (self.moments.count - 1) as f64).sqrt();
        Some(SharpePoint { sharpe: self.scale * ratio, se: self.scale * se })
    }
}

state! {
    pub struct SharpeLo {
        lagged: Autocovariances,
        q: f64,
        min_obs: u64,
    }
}

impl Kernel for SharpeLo {
    const INFO: &'static FormulaInfo = &rows::SHARPE_LO;
    type Input<'a> = f64;
    type Output<'s> = LoPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (q, min_obs) = (params.int("q"), params.int("min_obs") as u64);
        Ok(Self { lagged: Autocovariances::new(q - 1), q: q as f64, min_obs })
    }

    fn step(&mut self, r: f64) -> Option<LoPoint> {
        self.lagged.push(r);
        if self.lagged.count() < self.min_obs {
            return None;
        }
        let (n, variance) = (self.lagged.count() as f64, self.lagged.at(0));
        let weights = (1..).map(|lag| self.q - f64::from(lag));
        let weighted: f64 = self.lagged.each().skip(1).zip(weights).map(|(cov, weight)| weight * cov).sum();
        let radicand = self.q + 2.0 * weighted / variance;
        let eta = if radicand > 0.0 { self.q / radicand.sqrt() } else { f64::NAN };
        let ratio = self.lagged.mean() / (variance * (n / (n - 1.0))).sqrt();
        Some(LoPoint { sharpe_q: eta * ratio, eta })
    }
}

state! {
    pub struct Psr {
        moments: Welford,
        reference: f64,
        quantile: f64,
        min_obs: u64,
    }
}

impl Kernel for Psr {
    const INFO: &'static FormulaInfo = &rows::PSR;
    type Input<'a> = f64;
    type Output<'s> = ProbabilisticPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            moments: Welford::default(),
            reference: params.float("sr_ref"),
            quantile: normal_quantile(params.float("conf")),
            min_obs: params.int("min_obs") as u64,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<ProbabilisticPoint> {
        self.moments.push(r);
        if self.moments.count < self.min_obs {
            return None;
        }
        let estimate = estimate(&self.moments);
        let distance = self.quantile / (estimate.ratio - self.reference);
        let length = 1.0 + estimate.variance * distance * distance;
        Some(ProbabilisticPoint {
            psr: probability(&estimate, self.reference, self.moments.count),
            min_trl: if estimate.ratio <= self.reference { f64::INFINITY } else { length },
        })
    }
}

state! {
    pub struct Dsr {
        moments: Welford,
        /// The largest ratio that so many trials without skill let expect.
        sr0: f64,
        min_obs: u64,
    }
}

impl Kernel for Dsr {
    const INFO: &'static FormulaInfo = &rows::DSR;
    type Input<'a> = f64;
    type Output<'s> = DeflatedPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (trials, deviation) = (params.float("n_trials"), params.float("var_sr").sqrt());
        // The upper tail is asked for as the lower one: 1 - 1/N would lose the digits of 1/N.
        let above = |share: f64| -normal_quantile(share);
        let largest = (1.0 - EULER_GAMMA) * above(1.0 / trials)
            + EULER_GAMMA * above(1.0 / (trials * std::f64::consts::E));
        let sr0 = if trials > 1.0 { deviation * largest } else { 0.0 };
        Ok(Self { moments: Welford::default(), sr0, min_obs: params.int("min_obs") as u64 })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<DeflatedPoint> {
        self.moments.push(r);
        if self.moments.count < self.min_obs {
            return None;
        }
        let dsr = probability(&estimate(&self.moments), self.sr0, self.moments.count);
        Some(DeflatedPoint { dsr, sr0: self.sr0 })
    }
}

state! {
    pub struct NeweyWestT {
        lagged: Autocovariances,
        automatic: bool,
        min_obs: u64,
    }
}

impl NeweyWestT {
    /// Lags in use: fixed, or growing with the sample.
    #[inline]
    fn lags(&self) -> usize {
        if !self.automatic {
            return self.lagged.max_lag();
        }
        let rule = 4.0 * (self.lagged.count() as f64 / 100.0).powf(2.0 / 9.0);
        (rule as usize).min(AUTOMATIC_LAGS)
    }
}

impl Kernel for NeweyWestT {
    const INFO: &'static FormulaInfo = &rows::NEWEY_WEST_T;
    type Input<'a> = f64;
    type Output<'s> = MeanTest;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let lags = params.signed("lags");
        let most = usize::try_from(lags).unwrap_or(AUTOMATIC_LAGS);
        Ok(Self {
            lagged: Autocovariances::new(most),
            automatic: lags < 0,
            min_obs: params.int("min_obs") as u64,
        })
    }

    fn step(&mut self, r: f64) -> Option<MeanTest> {
        self.lagged.push(r);
        if self.lagged.count() < self.min_obs {
            return None;
        }
        let lags = self.lags();
        let fade = 1.0 / (lags + 1) as f64;
        let mut covariances = self.lagged.each();
        let variance = covariances.next().unwrap_or(0.0);
        let weights = (1..=lags).map(|lag| 1.0 - lag as f64 * fade);
        let weighted: f64 = covariances.zip(weights).map(|(cov, weight)| weight * cov).sum();
        let se = ((variance + 2.0 * weighted).max(0.0) / self.lagged.count() as f64).sqrt();
        Some(MeanTest { t: if se > 0.0 { self.lagged.mean() / se } else { f64::NAN }, se })
    }
}
