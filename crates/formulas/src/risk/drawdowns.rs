//! How far equity has fallen below its peak: now, at worst, on average and in the tail.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Fall, OrderStatistics, RunningDrawdown, WindowFold, WindowSum};
use crate::persist::state;
use crate::risk::quantile::tail_mean;
use crate::rows;

outputs! { DrawdownPoint { drawdown, max_drawdown, duration, max_duration } }
outputs! { DrawdownTail { cdar, dar } }
outputs! { UlcerPoint { ulcer, pain } }

state! {
    pub struct Drawdown {
        running: RunningDrawdown,
        deepest: f64,
        longest: u64,
    }
}

impl Kernel for Drawdown {
    const INFO: &'static FormulaInfo = &rows::DRAWDOWN;
    type Input<'a> = f64;
    type Output<'s> = DrawdownPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { running: RunningDrawdown::default(), deepest: 0.0, longest: 0 })
    }

    #[inline]
    fn step(&mut self, equity: f64) -> Option<DrawdownPoint> {
        if equity <= 0.0 {
            return None;
        }
        let drawdown = self.running.push(equity);
        self.deepest = self.deepest.max(drawdown);
        self.longest = self.longest.max(self.running.age);
        Some(DrawdownPoint {
            drawdown,
            max_drawdown: self.deepest,
            duration: self.running.age as f64,
            max_duration: self.longest as f64,
        })
    }
}

state! {
    pub struct RollingMaxDrawdown {
        falls: WindowFold<Fall>,
    }
}

impl Kernel for RollingMaxDrawdown {
    const INFO: &'static FormulaInfo = &rows::ROLLING_MAX_DRAWDOWN;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { falls: WindowFold::new(params.int("window")) })
    }

    #[inline]
    fn step(&mut self, equity: f64) -> Option<f64> {
        if equity <= 0.0 {
            return None;
        }
        self.falls.push(Fall::at(equity)).map(|fall| fall.drawdown())
    }
}

state! {
    pub struct Cdar {
        running: RunningDrawdown,
        /// Drawdowns negated, so that the worst are the smallest.
        falls: OrderStatistics,
        alpha: f64,
        min_obs: usize,
    }
}

impl Kernel for Cdar {
    const INFO: &'static FormulaInfo = &rows::CDAR;
    type Input<'a> = f64;
    type Output<'s> = DrawdownTail;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (min_obs, max_obs) = (params.int("min_obs"), params.int("max_obs"));
        if max_obs < min_obs {
            return Err(params.refuse("max_obs", "at least min_obs"));
        }
        Ok(Self {
            running: RunningDrawdown::default(),
            falls: OrderStatistics::new(max_obs),
            alpha: params.float("alpha"),
            min_obs,
        })
    }

    #[inline]
    fn step(&mut self, equity: f64) -> Option<DrawdownTail> {
        if equity <= 0.0 {
            return None;
        }
        self.falls.push(-self.running.push(equity));
        (self.falls.len() >= self.min_obs).then(|| DrawdownTail {
            cdar: -tail_mean(&self.falls, self.alpha),
            dar: -self.falls.quantile(self.alpha),
        })
    }
}

state! {
    pub struct UlcerIndex {
        running: RunningDrawdown,
        falls: WindowSum,
        squares: WindowSum,
        inverse_length: f64,
    }
}

impl Kernel for UlcerIndex {
    const INFO: &'static FormulaInfo = &rows::ULCER_INDEX;
    type Input<'a> = f64;
    type Output<'s> = UlcerPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            running: RunningDrawdown::default(),
            falls: WindowSum::new(window),
            squares: WindowSum::new(window),
            inverse_length: 1.0 / window as f64,
        })
    }

    #[inline]
    fn step(&mut self, equity: f64) -> Option<UlcerPoint> {
        if equity <= 0.0 {
            return None;
        }
        let percent = 100.0 * self.running.push(equity);
        let squares = self.squares.push(percent * percent);
        let falls = self.falls.push(percent)?;
        let mean_square = squares? * self.inverse_length;
        Some(UlcerPoint { ulcer: mean_square.max(0.0).sqrt(), pain: falls * self.inverse_length })
    }
}
