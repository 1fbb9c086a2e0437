//! How good forecasts are: errors, tests between two forecasts, and intervals that keep their promise.

use std::f64::consts::PI;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::{normal_cdf, normal_pdf, student_cdf};
use crate::parts::{Autocovariances, Lag, OrderStatistics, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! { Interval { lo, hi, alpha_t } }

state! {
    pub struct AdaptiveConformal {
        alpha: f64,
        gamma: f64,
        alpha_t: f64,
        scores: OrderStatistics,
    }
}

impl AdaptiveConformal {
    /// Half the width of the interval: infinite where even the largest score would not cover enough.
    #[inline]
    fn reach(&self) -> f64 {
        if self.alpha_t >= 1.0 {
            return 0.0;
        }
        let n = self.scores.len();
        let rank = ((n + 1) as f64 * (1.0 - self.alpha_t)).ceil();
        if self.alpha_t <= 0.0 || rank > n as f64 {
            f64::INFINITY
        } else {
            self.scores.kth(rank as usize - 1)
        }
    }
}

impl Kernel for AdaptiveConformal {
    const INFO: &'static FormulaInfo = &rows::ADAPTIVE_CONFORMAL;
    type Input<'a> = [f64; 2];
    type Output<'s> = Interval;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let alpha = params.float("alpha");
        Ok(Self {
            alpha,
            gamma: params.float("gamma"),
            alpha_t: alpha,
            scores: OrderStatistics::new(params.int("window")),
        })
    }

    #[inline]
    fn step(&mut self, [forecast, y]: [f64; 2]) -> Option<Interval> {
        let score = (y - forecast).abs();
        if !self.scores.is_full() {
            self.scores.push(score);
            return None;
        }
        let reach = self.reach();
        let interval = Interval { lo: forecast - reach, hi: forecast + reach, alpha_t: self.alpha_t };
        let missed = f64::from(u8::from(score > reach));
        self.alpha_t += self.gamma * (self.alpha - missed);
        self.scores.push(score);
        Some(interval)
    }
}

outputs! { DieboldMarianoPoint { dm, dm_hln, p_value } }

state! {
    pub struct DieboldMariano {
        h: usize,
        squared: bool,
        min_obs: u64,
        differences: Autocovariances,
    }
}

impl DieboldMariano {
    /// The long-run variance of the differences; by Bartlett's weights where the plain sum is not positive.
    fn long_run_variance(&self) -> f64 {
        let sum = |weight: &dyn Fn(usize) -> f64| {
            let lagged: f64 = (1..self.h).map(|lag| weight(lag) * self.differences.at(lag)).sum();
            self.differences.at(0) + 2.0 * lagged
        };
        let plain = sum(&|_| 1.0);
        if plain > 0.0 {
            plain
        } else {
            sum(&|lag| 1.0 - lag as f64 / self.h as f64)
        }
    }
}

impl Kernel for DieboldMariano {
    const INFO: &'static FormulaInfo = &rows::DIEBOLD_MARIANO;
    type Input<'a> = [f64; 2];
    type Output<'s> = DieboldMarianoPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let h = params.int("h");
        Ok(Self {
            h,
            squared: params.int("power") == 2,
            min_obs: params.int("min_obs") as u64,
            differences: Autocovariances::new(h - 1),
        })
    }

    #[inline]
    fn step(&mut self, [error_1, error_2]: [f64; 2]) -> Option<DieboldMarianoPoint> {
        let difference = if self.squared {
            (error_1 - error_2) * (error_1 + error_2)
        } else {
            error_1.abs() - error_2.abs()
        };
        self.differences.push(difference);
        if self.differences.count() < self.min_obs {
            return None;
        }
        let (n, h) = (self.differences.count() as f64, self.h as f64);
        let dm = self.differences.mean() / (self.long_run_variance() / n).sqrt();
        let dm_hln = dm * ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
        let p_value = 2.0 * student_cdf(-dm_hln.abs(), n - 1.0);
        Some(DieboldMarianoPoint { dm, dm_hln, p_value })
    }
}

outputs! { ForecastErrorsPoint { rmse, mae, mase, smape, hit } }

state! {
    pub struct ForecastErrors {
        past: Lag,
        last: Option<f64>,
        squares: WindowSum,
        distances: WindowSum,
        naive: WindowSum,
        relative: WindowSum,
        hits: WindowSum,
        moves: WindowSum,
    }
}

/// -1, 0 or 1.
#[inline(always)]
fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

impl Kernel for ForecastErrors {
    const INFO: &'static FormulaInfo = &rows::FORECAST_ERRORS;
    type Input<'a> = [f64; 2];
    type Output<'s> = ForecastErrorsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let sum = || WindowSum::new(params.int("window"));
        Ok(Self {
            past: Lag::new(params.int("m")),
            last: None,
            squares: sum(),
            distances: sum(),
            naive: sum(),
            relative: sum(),
            hits: sum(),
            moves: sum(),
        })
    }

    #[inline]
    fn step(&mut self, [forecast, y]: [f64; 2]) -> Option<ForecastErrorsPoint> {
        let (last, past) = (self.last.replace(y), self.past.push(y));
        let (last, past) = (last?, past?);
        let moved = y - last;
        let error = y - forecast;
        let size = y.abs() + forecast.abs();
        let has_moved = moved != 0.0;
        let hit = has_moved && sign(forecast - last) == sign(moved);
        self.naive.push((y - past).abs());
        self.relative.push(if size > 0.0 { 2.0 * error.abs() / size } else { 0.0 });
        self.hits.push(f64::from(u8::from(hit)));
        self.moves.push(f64::from(u8::from(has_moved)));
        self.distances.push(error.abs());
        let n = self.squares.len() as f64;
        let squares = self.squares.push(error * error)?;
        Some(ForecastErrorsPoint {
            rmse: (squares.max(0.0) / n).sqrt(),
            mae: self.distances.value() / n,
            mase: self.distances.value() / self.naive.value(),
            smape: 100.0 * self.relative.value() / n,
            hit: self.hits.value() / self.moves.value(),
        })
    }
}

outputs! { Scores { pinball, crps } }

state! {
    pub struct CrpsPinball {
        q: f64,
    }
}

impl Kernel for CrpsPinball {
    const INFO: &'static FormulaInfo = &rows::CRPS_PINBALL;
    type Input<'a> = [f64; 3];
    type Output<'s> = Scores;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { q: params.float("q") })
    }

    #[inline]
    fn step(&mut self, [forecast, sd, y]: [f64; 3]) -> Option<Scores> {
        if sd < 0.0 {
            return None;
        }
        let error = y - forecast;
        let crps = if sd > 0.0 {
            let z = error / sd;
            sd * (z * (2.0 * normal_cdf(z) - 1.0) + 2.0 * normal_pdf(z) - 1.0 / PI.sqrt())
        } else {
            error.abs()
        };
        Some(Scores { pinball: (self.q * error).max((self.q - 1.0) * error), crps })
    }
}
