//! Rates of messages: how much is cancelled for what is added, and bursts of quotes.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::TimeBins;
use crate::parts::{Decay, RollingMoments};
use crate::persist::state;
use crate::rows;

state! {
    pub struct CancelRate {
        decay: Decay,
        adds: f64,
        cancels: f64,
        trades: f64,
    }
}

outputs! {
    CancelRatePoint { cancel_ratio, otr }
}

/// Infinite where only the denominator is 0.
#[inline(always)]
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if numerator > 0.0 {
        numerator / denominator
    } else {
        0.0
    }
}

impl Kernel for CancelRate {
    const INFO: &'static FormulaInfo = &rows::CANCEL_RATE;
    type Input<'a> = [f64; 4];
    type Output<'s> = CancelRatePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { decay: Decay::new(params.float("tau_s")), adds: 0.0, cancels: 0.0, trades: 0.0 })
    }

    #[inline]
    fn step(&mut self, [adds, cancels, trades, t_s]: [f64; 4]) -> Option<CancelRatePoint> {
        if adds < 0.0 || cancels < 0.0 || trades < 0.0 {
            return None;
        }
        let factor = self.decay.advance(t_s)?;
        self.adds = factor * self.adds + adds;
        self.cancels = factor * self.cancels + cancels;
        self.trades = factor * self.trades + trades;
        Some(CancelRatePoint {
            cancel_ratio: ratio(self.cancels, self.adds),
            otr: ratio(self.adds + self.cancels, self.trades),
        })
    }
}

state! {
    pub struct QuoteStuffing {
        bins: TimeBins,
        history: RollingMoments,
        /// Mean and standard deviation of the bins before the one under way, once there are enough.
        before: Option<(f64, f64)>,
        z: f64,
        otr: f64,
        messages: f64,
        trades: f64,
        last: Option<(f64, f64)>,
    }
}

outputs! {
    StuffingPoint { zscore, stuffing }
}

impl QuoteStuffing {
    fn remember(&mut self, messages: f64) {
        let length = self.history.len();
        let moments = self.history.push(messages);
        self.before = moments.map(|moments| (moments.mean, moments.deviation_of(length, 1)));
    }

    /// Judges the bin under way, then takes it and the empty ones after it into the history.
    fn close(&mut self, completed: u64) {
        if let Some((mean, deviation)) = self.before {
            let zscore = (self.messages - mean) / deviation.max(1.0);
            let stuffing = zscore > self.z && self.messages > self.otr * self.trades.max(1.0);
            self.last = Some((zscore, f64::from(u8::from(stuffing))));
        }
        self.remember(self.messages);
        for _ in 0..(completed - 1).min(self.history.len() as u64) {
            self.remember(0.0);
        }
        (self.messages, self.trades) = (0.0, 0.0);
    }
}

impl Kernel for QuoteStuffing {
    const INFO: &'static FormulaInfo = &rows::QUOTE_STUFFING;
    type Input<'a> = [f64; 3];
    type Output<'s> = StuffingPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bins: TimeBins::new(params.float("bin_ms") / 1e3),
            history: RollingMoments::new(params.int("window")),
            before: None,
            z: params.float("z"),
            otr: params.float("otr"),
            messages: 0.0,
            trades: 0.0,
            last: None,
        })
    }

    #[inline]
    fn step(&mut self, [messages, trades, t_s]: [f64; 3]) -> Option<StuffingPoint> {
        if messages < 0.0 || trades < 0.0 {
            return None;
        }
        let completed = self.bins.advance(t_s)?;
        if completed > 0 {
            self.close(completed);
        }
        self.messages += messages;
        self.trades += trades;
        self.last.map(|(zscore, stuffing)| StuffingPoint { zscore, stuffing })
    }
}
