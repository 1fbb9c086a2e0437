//! Conditional variance by recursion: RiskMetrics, GARCH with and without leverage, and the exponential form.

use std::f64::consts::PI;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Change, EwmaVariance, Sum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct EwmaVol {
        change: Change,
        variance: EwmaVariance,
        annual: f64,
    }
}

impl Kernel for EwmaVol {
    const INFO: &'static FormulaInfo = &rows::EWMA_VOL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            change: Change::default(),
            variance: EwmaVariance::new(params.float("lam")),
            annual: params.float("ann"),
        })
    }

    #[inline]
    fn step(&mut self, close: f64) -> Option<f64> {
        let r = self.change.log_return(close)?;
        Some((self.annual * self.variance.push(r)).sqrt())
    }
}

/// No return is less likely than this: an infinity would stay in the sum for ever.
const LEAST_LIKELY: f64 = -1e290;

state! {
    /// Log likelihood of normal returns with the variances forecast for them.
    #[derive(Copy, Default)]
    struct Likelihood {
        sum: Sum,
    }
}

impl Likelihood {
    #[inline(always)]
    fn push(&mut self, e: f64, ln_variance: f64, variance: f64) -> f64 {
        let ln_two_pi = (2.0 * PI).ln();
        let term = -0.5 * (ln_two_pi + ln_variance + e * e / variance);
        self.sum.add(term.max(LEAST_LIKELY));
        self.sum.value()
    }
}

state! {
    /// omega + (alpha + gamma if the shock was negative) * shock^2 + beta * variance.
    struct Recursion {
        omega: f64,
        alpha: f64,
        gamma: f64,
        beta: f64,
        /// Forecast for the next return.
        variance: f64,
    }
}

impl Recursion {
    fn new(params: &Params, gamma: f64) -> Result<Self, ParamError> {
        let (omega, alpha, beta) = (params.float("omega"), params.float("alpha"), params.float("beta"));
        let persistence = alpha + 0.5 * gamma + beta;
        if persistence >= 1.0 {
            return Err(
                params.refuse("beta", "below 1 - alpha - gamma/2, or the variance would grow for ever")
            );
        }
        let mut recursion = Self { omega, alpha, gamma, beta, variance: 0.0 };
        let backcast = params.float("backcast");
        let before = if backcast > 0.0 { backcast } else { recursion.long_run() };
        recursion.variance = omega + persistence * before;
        Ok(recursion)
    }

    fn persistence(&self) -> f64 {
        self.alpha + 0.5 * self.gamma + self.beta
    }

    fn long_run(&self) -> f64 {
        self.omega / (1.0 - self.persistence())
    }

    /// The variance forecast for this shock; the one for the next is then `variance`.
    #[inline(always)]
    fn push(&mut self, e: f64) -> f64 {
        let weight = if e < 0.0 { self.alpha + self.gamma } else { self.alpha };
        let next = self.omega + weight * e * e + self.beta * self.variance;
        std::mem::replace(&mut self.variance, next)
    }
}

outputs! {
    /// The variance forecast for this return, the one for h returns ahead, and the log likelihood so far.
    GarchPoint { sigma2, forecast_h, loglik }
}

state! {
    pub struct Garch11 {
        recursion: Recursion,
        likelihood: Likelihood,
        long_run: f64,
        /// Persistence to the power of h - 1.
        carried: f64,
    }
}

impl Kernel for Garch11 {
    const INFO: &'static FormulaInfo = &rows::GARCH11;
    type Input<'a> = f64;
    type Output<'s> = GarchPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let recursion = Recursion::new(params, 0.0)?;
        Ok(Self {
            likelihood: Likelihood::default(),
            long_run: recursion.long_run(),
            carried: recursion.persistence().powf(params.float("h") - 1.0),
            recursion,
        })
    }

    #[inline]
    fn step(&mut self, e: f64) -> Option<GarchPoint> {
        let sigma2 = self.recursion.push(e);
        Some(GarchPoint {
            sigma2,
            forecast_h: self.long_run + self.carried * (self.recursion.variance - self.long_run),
            loglik: self.likelihood.push(e, sigma2.ln(), sigma2),
        })
    }
}

outputs! {
    /// The variance forecast for this return, and the log likelihood so far.
    VariancePoint { sigma2, loglik }
}

state! {
    pub struct GjrGarch {
        recursion: Recursion,
        likelihood: Likelihood,
    }
}

impl Kernel for GjrGarch {
    const INFO: &'static FormulaInfo = &rows::GJR_GARCH;
    type Input<'a> = f64;
    type Output<'s> = VariancePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let gamma = params.float("gamma");
        if params.float("alpha") + gamma < 0.0 {
            return Err(params.refuse("gamma", "at least -alpha, or a loss could make the variance negative"));
        }
        Ok(Self { recursion: Recursion::new(params, gamma)?, likelihood: Likelihood::default() })
    }

    #[inline]
    fn step(&mut self, e: f64) -> Option<VariancePoint> {
        let sigma2 = self.recursion.push(e);
        Some(VariancePoint { sigma2, loglik: self.likelihood.push(e, sigma2.ln(), sigma2) })
    }
}

/// Logarithms of variances are kept this near to zero: their exponentials are then numbers.
const LARGEST_LN: f64 = 700.0;

state! {
    pub struct Egarch {
        omega: f64,
        alpha: f64,
        gamma: f64,
        beta: f64,
        ln_variance: f64,
        likelihood: Likelihood,
    }
}

impl Kernel for Egarch {
    const INFO: &'static FormulaInfo = &rows::EGARCH;
    type Input<'a> = f64;
    type Output<'s> = VariancePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (omega, beta) = (params.float("omega"), params.float("beta"));
        let backcast = params.float("backcast");
        let ln_before = if backcast > 0.0 { backcast.ln() } else { omega / (1.0 - beta) };
        Ok(Self {
            omega,
            alpha: params.float("alpha"),
            gamma: params.float("gamma"),
            beta,
            ln_variance: (omega + beta * ln_before).clamp(-LARGEST_LN, LARGEST_LN),
            likelihood: Likelihood::default(),
        })
    }

    #[inline]
    fn step(&mut self, e: f64) -> Option<VariancePoint> {
        let ln_sigma2 = self.ln_variance;
        let sigma2 = ln_sigma2.exp();
        let z = e / sigma2.sqrt();
        let mean_size = (2.0 / PI).sqrt();
        let news = self.alpha * (z.abs() - mean_size) + self.gamma * z;
        self.ln_variance = (self.omega + news + self.beta * ln_sigma2).clamp(-LARGEST_LN, LARGEST_LN);
        Some(VariancePoint { sigma2, loglik: self.likelihood.push(e, ln_sigma2, sigma2) })
    }
}
