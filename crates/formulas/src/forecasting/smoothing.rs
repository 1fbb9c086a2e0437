//! Exponential smoothing of a level, a trend and a season.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Ring;
use crate::persist::state;
use crate::rows;

outputs! {
    /// The error is NaN in the first row, which nothing forecast.
    SesPoint { level, forecast, error }
}

state! {
    pub struct Ses {
        alpha: f64,
        level: Option<f64>,
    }
}

impl Kernel for Ses {
    const INFO: &'static FormulaInfo = &rows::SES;
    type Input<'a> = f64;
    type Output<'s> = SesPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { alpha: params.float("alpha"), level: None })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<SesPoint> {
        let error = self.level.map_or(f64::NAN, |last| price - last);
        let level = match self.level {
            // With a weight of 1 the sum could round away from the price.
            Some(last) if self.alpha < 1.0 => last + self.alpha * error,
            _ => price,
        };
        self.level = Some(level);
        Some(SesPoint { level, forecast: level, error })
    }
}

outputs! { HoltPoint { level, trend, forecast } }

state! {
    pub struct Holt {
        alpha: f64,
        beta: f64,
        phi: f64,
        /// phi + phi^2 + .. + phi^h: how much of the trend is in the forecast.
        reach: f64,
        first: Option<f64>,
        state: Option<(f64, f64)>,
    }
}

impl Kernel for Holt {
    const INFO: &'static FormulaInfo = &rows::HOLT;
    type Input<'a> = f64;
    type Output<'s> = HoltPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let phi = params.float("phi");
        let reach = (0..params.int("h")).fold(0.0, |sum, _| phi * (1.0 + sum));
        let (alpha, beta) = (params.float("alpha"), params.float("beta"));
        Ok(Self { alpha, beta, phi, reach, first: None, state: None })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<HoltPoint> {
        let (level, trend) = if let Some((last_level, last_trend)) = self.state {
            let damped = self.phi * last_trend;
            let expected = last_level + damped;
            let level = expected + self.alpha * (price - expected);
            (level, damped + self.beta * ((level - last_level) - damped))
        } else {
            let Some(first) = self.first else {
                self.first = Some(price);
                return None;
            };
            (price, price - first)
        };
        self.state = Some((level, trend));
        Some(HoltPoint { level, trend, forecast: level + self.reach * trend })
    }
}

outputs! { HoltWintersPoint { level, trend, season, forecast } }

state! {
    pub struct HoltWinters {
        alpha: f64,
        beta: f64,
        gamma: f64,
        h: usize,
        /// The first two seasons, from which the rest starts.
        start: Vec<f64>,
        seasons: Ring,
        level: f64,
        trend: f64,
    }
}

impl HoltWinters {
    /// The line through the means of the first two seasons, what the first season is off it, and the second season
    /// as the first one to learn from.
    #[cold]
    fn begin(&mut self) -> f64 {
        let m = self.seasons.len();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / m as f64;
        let (first, second) = (mean(&self.start[..m]), mean(&self.start[m..]));
        let half = (m - 1) as f64 / 2.0;
        self.trend = (second - first) / m as f64;
        self.level = first + self.trend * half;
        for place in 0..m {
            self.seasons.push(self.start[place] - (first + self.trend * (place as f64 - half)));
        }
        (m..2 * m).map(|place| self.learn(self.start[place])).last().expect("a season has values")
    }

    /// Gives the season's new term.
    #[inline(always)]
    fn learn(&mut self, price: f64) -> f64 {
        let old = self.seasons.oldest();
        let expected = self.level + self.trend;
        let level = expected + self.alpha * ((price - old) - expected);
        self.trend += self.beta * ((level - self.level) - self.trend);
        let season = old + self.gamma * ((price - expected) - old);
        self.level = level;
        self.seasons.push(season);
        season
    }
}

impl Kernel for HoltWinters {
    const INFO: &'static FormulaInfo = &rows::HOLT_WINTERS;
    type Input<'a> = f64;
    type Output<'s> = HoltWintersPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let m = params.int("m");
        Ok(Self {
            alpha: params.float("alpha"),
            beta: params.float("beta"),
            gamma: params.float("gamma"),
            h: params.int("h"),
            start: Vec::with_capacity(2 * m),
            seasons: Ring::new(m),
            level: 0.0,
            trend: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<HoltWintersPoint> {
        let m = self.seasons.len();
        let season = if self.start.len() == 2 * m {
            self.learn(price)
        } else {
            self.start.push(price);
            if self.start.len() < 2 * m {
                return None;
            }
            self.begin()
        };
        let ahead = self.seasons.ago(m - 1 - (self.h - 1) % m);
        let forecast = self.level + self.h as f64 * self.trend + ahead;
        Some(HoltWintersPoint { level: self.level, trend: self.trend, season, forecast })
    }
}
