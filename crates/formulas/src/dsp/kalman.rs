//! Kalman filters of a level, and of a level with a slope.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

outputs! {
    /// The innovation is NaN in the first row, which nothing foresaw.
    LevelPoint { level, p, innov_z }
}

state! {
    pub struct KalmanLevel {
        q: f64,
        r: f64,
        /// The level and its variance.
        belief: Option<(f64, f64)>,
    }
}

impl Kernel for KalmanLevel {
    const INFO: &'static FormulaInfo = &rows::KALMAN_LEVEL;
    type Input<'a> = f64;
    type Output<'s> = LevelPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { q: params.float("q"), r: params.float("r"), belief: None })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<LevelPoint> {
        let Some((level, variance)) = self.belief else {
            self.belief = Some((price, self.r));
            return Some(LevelPoint { level: price, p: self.r, innov_z: f64::NAN });
        };
        let prior = variance + self.q;
        let total = prior + self.r;
        let gain = prior / total;
        let innovation = price - level;
        // (1 - gain) * prior, without the subtraction.
        let (level, p) = (level + gain * innovation, gain * self.r);
        self.belief = Some((level, p));
        Some(LevelPoint { level, p, innov_z: innovation / total.sqrt() })
    }
}

outputs! {
    /// The innovation is NaN in the first row that has a level and a slope.
    TrendPoint { level, slope, innov_z }
}

state! {
    pub struct KalmanTrend {
        /// Variances that a step adds.
        added: (f64, f64),
        r: f64,
        dt: f64,
        first: Option<f64>,
        begun: bool,
        level: f64,
        slope: f64,
        /// Variance of the level, covariance, variance of the slope.
        p: [f64; 3],
    }
}

impl KalmanTrend {
    /// The covariance of a step on.
    #[inline(always)]
    fn prior(&self) -> [f64; 3] {
        let [level, both, slope] = self.p;
        let dt = self.dt;
        [level + dt * (2.0 * both + dt * slope) + self.added.0, both + dt * slope, slope + self.added.1]
    }

    /// Joseph's form, which keeps the covariance positive for any gain.
    #[inline(always)]
    fn posterior(&self, [level, both, slope]: [f64; 3], gain: (f64, f64)) -> [f64; 3] {
        let (keep, r) = (1.0 - gain.0, self.r);
        [
            keep * keep * level + gain.0 * gain.0 * r,
            keep * (both - gain.1 * level) + gain.0 * gain.1 * r,
            slope - 2.0 * gain.1 * both + gain.1 * gain.1 * (level + r),
        ]
    }
}

impl Kernel for KalmanTrend {
    const INFO: &'static FormulaInfo = &rows::KALMAN_TREND;
    type Input<'a> = f64;
    type Output<'s> = TrendPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (r, dt) = (params.float("r"), params.float("dt"));
        Ok(Self {
            added: (params.float("q_level") * dt, params.float("q_slope") * dt),
            r,
            dt,
            first: None,
            begun: false,
            level: 0.0,
            slope: 0.0,
            p: [r, r / dt, 2.0 * r / (dt * dt)],
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<TrendPoint> {
        if self.begun {
            let prior = self.prior();
            let expected = self.level + self.dt * self.slope;
            let (innovation, total) = (price - expected, prior[0] + self.r);
            let inverse = 1.0 / total;
            let gain = (prior[0] * inverse, prior[1] * inverse);
            self.p = self.posterior(prior, gain);
            self.level = expected + gain.0 * innovation;
            self.slope += gain.1 * innovation;
            let innov_z = innovation / total.sqrt();
            return Some(TrendPoint { level: self.level, slope: self.slope, innov_z });
        }
        let Some(first) = self.first else {
            self.first = Some(price);
            return None;
        };
        self.begun = true;
        (self.level, self.slope) = (price, (price - first) / self.dt);
        Some(TrendPoint { level: self.level, slope: self.slope, innov_z: f64::NAN })
    }
}
