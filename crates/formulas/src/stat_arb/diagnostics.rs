//! Tests of returns that stream: autocorrelation of one lag and of many together, and normality.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{distributions, Autocovariances, Lag, RollingMoments, RollingPair, RollingShape};
use crate::persist::state;
use crate::rows;

outputs! { AutocorrelationPoint { acf, t_stat } }

state! {
    pub struct Autocorrelation {
        moments: RollingMoments,
        /// Each value of the window with the one `lag` before it, if that is in the window too.
        pairs: RollingPair,
        lag: Lag,
        /// The share of the window's values that have such a partner.
        paired: f64,
        root_length: f64,
    }
}

impl Kernel for Autocorrelation {
    const INFO: &'static FormulaInfo = &rows::AUTOCORRELATION;
    type Input<'a> = f64;
    type Output<'s> = AutocorrelationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, lag) = (params.int("period"), params.int("lag"));
        if lag >= period {
            return Err(params.refuse("lag", "below period"));
        }
        Ok(Self {
            moments: RollingMoments::new(period),
            pairs: RollingPair::new(period - lag),
            lag: Lag::new(lag),
            paired: (period - lag) as f64 / period as f64,
            root_length: (period as f64).sqrt(),
        })
    }

    #[inline]
    fn step(&mut self, returns: f64) -> Option<AutocorrelationPoint> {
        let pairs = self.lag.push(returns).and_then(|before| self.pairs.push(returns, before));
        let whole = self.moments.push(returns)?;
        let pairs = pairs?;
        // The pairs are taken about the mean of the whole window and not about their own.
        let shift = (pairs.mean_x - whole.mean) * (pairs.mean_y - whole.mean);
        let acf = if whole.variance > 0.0 {
            ((pairs.covariance + shift) * self.paired / whole.variance).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        Some(AutocorrelationPoint { acf, t_stat: acf * self.root_length })
    }
}

outputs! { LjungBoxPoint { q, p_value } }

state! {
    pub struct LjungBox {
        min_obs: u64,
        autocovariances: Autocovariances,
    }
}

impl Kernel for LjungBox {
    const INFO: &'static FormulaInfo = &rows::LJUNG_BOX;
    type Input<'a> = f64;
    type Output<'s> = LjungBoxPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (min_obs, lags) = (params.int("min_obs"), params.int("lags"));
        if lags >= min_obs {
            return Err(params.refuse("lags", "below min_obs"));
        }
        Ok(Self { min_obs: min_obs as u64, autocovariances: Autocovariances::new(lags) })
    }

    #[inline]
    fn step(&mut self, returns: f64) -> Option<LjungBoxPoint> {
        self.autocovariances.push(returns);
        if self.autocovariances.count() < self.min_obs {
            return None;
        }
        let n = self.autocovariances.count() as f64;
        let (mut variance, mut sum) = (0.0, 0.0);
        for (lag, covariance) in self.autocovariances.each().enumerate() {
            if lag == 0 {
                variance = covariance;
            } else {
                let correlation = covariance / variance;
                sum += correlation * correlation / (n - lag as f64);
            }
        }
        let q = n * (n + 2.0) * sum;
        let p_value = distributions::chi2_tail(q, self.autocovariances.max_lag() as f64);
        Some(LjungBoxPoint { q, p_value })
    }
}

outputs! { JarqueBeraPoint { jb, p_value } }

state! {
    pub struct JarqueBera {
        shape: RollingShape,
    }
}

impl Kernel for JarqueBera {
    const INFO: &'static FormulaInfo = &rows::JARQUE_BERA;
    type Input<'a> = f64;
    type Output<'s> = JarqueBeraPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { shape: RollingShape::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, returns: f64) -> Option<JarqueBeraPoint> {
        let shape = self.shape.push(returns)?;
        let (skewness, excess) = (shape.skewness(), shape.kurtosis() - 3.0);
        let jb = self.shape.len() as f64 / 6.0 * (skewness * skewness + 0.25 * excess * excess);
        Some(JarqueBeraPoint { jb, p_value: (-0.5 * jb).exp() })
    }
}
