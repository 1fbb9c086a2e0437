//! The deviation of log returns from close to close, what it does over time, and its form for irregular ticks.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Change, Decay, FadingTotal, OrderStatistics, RollingMoments};
use crate::persist::state;
use crate::rows;

state! {
    /// The standard deviation of the last n log returns, over n - 1.
    struct ReturnDeviation {
        change: Change,
        moments: RollingMoments,
        /// n / (n - 1), times the periods of a year.
        scale: f64,
    }
}

impl ReturnDeviation {
    fn new(period: usize, annual: f64) -> Self {
        let scale = annual * period as f64 / (period - 1) as f64;
        Self { change: Change::default(), moments: RollingMoments::new(period), scale }
    }

    #[inline(always)]
    fn push(&mut self, close: f64) -> Option<f64> {
        let moments = self.moments.push(self.change.log_return(close)?)?;
        Some((moments.variance * self.scale).sqrt())
    }
}

state! {
    pub struct CloseVol {
        deviation: ReturnDeviation,
    }
}

impl Kernel for CloseVol {
    const INFO: &'static FormulaInfo = &rows::CLOSE_VOL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { deviation: ReturnDeviation::new(params.int("period"), params.float("ann")) })
    }

    #[inline]
    fn step(&mut self, close: f64) -> Option<f64> {
        self.deviation.push(close)
    }
}

state! {
    pub struct VolOfVol {
        inner: ReturnDeviation,
        outer: RollingMoments,
    }
}

impl Kernel for VolOfVol {
    const INFO: &'static FormulaInfo = &rows::VOL_OF_VOL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            inner: ReturnDeviation::new(params.int("period"), 1.0),
            outer: RollingMoments::new(params.int("outer")),
        })
    }

    #[inline]
    fn step(&mut self, close: f64) -> Option<f64> {
        let moments = self.outer.push(self.inner.push(close)?)?;
        let deviation = moments.deviation_of(self.outer.len(), 1);
        Some(if moments.mean > 0.0 { deviation / moments.mean } else { f64::NAN })
    }
}

outputs! {
    /// The place of today's volatility among those of its history, and three of their quantiles.
    Cone { percentile, q10, q50, q90 }
}

state! {
    pub struct VolCone {
        deviation: ReturnDeviation,
        history: OrderStatistics,
    }
}

impl Kernel for VolCone {
    const INFO: &'static FormulaInfo = &rows::VOL_CONE;
    type Input<'a> = f64;
    type Output<'s> = Cone;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            deviation: ReturnDeviation::new(params.int("period"), params.float("ann")),
            history: OrderStatistics::new(params.int("hist")),
        })
    }

    #[inline]
    fn step(&mut self, close: f64) -> Option<Cone> {
        let volatility = self.deviation.push(close)?;
        self.history.push(volatility);
        self.history.is_full().then(|| Cone {
            percentile: 100.0 * self.history.at_most(volatility) as f64 / self.history.len() as f64,
            q10: self.history.quantile(0.1),
            q50: self.history.quantile(0.5),
            q90: self.history.quantile(0.9),
        })
    }
}

outputs! {
    /// Variance per second, and its root.
    SpotVariance { var_rate, vol }
}

state! {
    pub struct SpotVarEwma {
        change: Change,
        decay: Decay,
        squares: FadingTotal,
        inverse_tau: f64,
        first_s: Option<f64>,
    }
}

impl Kernel for SpotVarEwma {
    const INFO: &'static FormulaInfo = &rows::SPOT_VAR_EWMA;
    type Input<'a> = [f64; 2];
    type Output<'s> = SpotVariance;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let tau_s = params.float("tau_s");
        Ok(Self {
            change: Change::default(),
            decay: Decay::new(tau_s),
            squares: FadingTotal::default(),
            inverse_tau: 1.0 / tau_s,
            first_s: None,
        })
    }

    #[inline]
    fn step(&mut self, tick: [f64; 2]) -> Option<SpotVariance> {
        let [price, t_s] = tick;
        if price <= 0.0 {
            return None;
        }
        let left = self.decay.advance(t_s)?;
        let first_s = *self.first_s.get_or_insert(t_s);
        let r = self.change.log_return(price)?;
        let squares = self.squares.push(left, r * r);
        let weight = -(-(t_s - first_s) * self.inverse_tau).exp_m1();
        let var_rate = if weight > 0.0 { squares * self.inverse_tau / weight } else { f64::NAN };
        Some(SpotVariance { var_rate, vol: var_rate.sqrt() })
    }
}
