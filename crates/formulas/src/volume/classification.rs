//! Who took: the sign of trades whose side is not told, from prices, from quotes, and in bulk from bars.

use std::collections::VecDeque;

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::distributions::student_cdf;
use crate::parts::market::Clock;
use crate::parts::{Change, RollingMoments};
use crate::persist::state;
use crate::rows;

/// 1, -1, or 0 for zero.
#[inline(always)]
fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

state! {
    /// The direction of the last change of the price; 0 before the first.
    #[derive(Copy, Default)]
    struct LastMove {
        change: Change,
        sign: f64,
    }
}

impl LastMove {
    #[inline(always)]
    fn push(&mut self, price: f64) -> f64 {
        let moved = sign(self.change.difference(price).unwrap_or(0.0));
        self.sign = if moved == 0.0 { self.sign } else { moved };
        self.sign
    }
}

state! {
    pub struct TickRule {
        last: LastMove,
    }
}

impl Kernel for TickRule {
    const INFO: &'static FormulaInfo = &rows::TICK_RULE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(_: &Params) -> Result<Self, ParamError> {
        Ok(Self { last: LastMove::default() })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<f64> {
        Some(self.last.push(price))
    }
}

state! {
    /// The mid price as it was a fixed time ago. Mids that are younger wait in a queue of fixed length.
    struct LaggedMid {
        lag_s: f64,
        mid: Option<f64>,
        /// Time and mid price, oldest first. NaN where a later one found no room: what holds from then on is not known.
        waiting: VecDeque<(f64, f64)>,
        most: usize,
    }
}

impl LaggedMid {
    fn new(lag_s: f64, most: usize) -> Self {
        let most = if lag_s > 0.0 { most } else { 0 };
        Self { lag_s, mid: None, waiting: VecDeque::with_capacity(most), most }
    }

    #[inline(always)]
    fn push(&mut self, t_s: f64, mid: f64) {
        if self.lag_s == 0.0 {
            self.mid = Some(mid);
            return;
        }
        self.advance(t_s);
        if self.waiting.len() < self.most {
            self.waiting.push_back((t_s, mid));
        } else if let Some((_, newest)) = self.waiting.back_mut() {
            *newest = f64::NAN;
        }
    }

    #[inline(always)]
    fn advance(&mut self, t_s: f64) {
        while let Some(&(quoted_s, mid)) = self.waiting.front() {
            if quoted_s > t_s - self.lag_s {
                break;
            }
            self.waiting.pop_front();
            self.mid = Some(mid);
        }
    }

    /// None if there was no quote yet.
    #[inline(always)]
    fn at(&mut self, t_s: f64) -> Option<f64> {
        self.advance(t_s);
        self.mid
    }
}

state! {
    pub struct LeeReady {
        clock: Clock,
        quotes: LaggedMid,
        last: LastMove,
    }
}

impl Kernel for LeeReady {
    const INFO: &'static FormulaInfo = &rows::LEE_READY;
    type Input<'a> = ((Option<[f64; 1]>, Option<[f64; 2]>), f64);
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            clock: Clock::default(),
            quotes: LaggedMid::new(params.float("quote_lag_s"), params.int("max_quotes")),
            last: LastMove::default(),
        })
    }

    #[inline]
    fn step(&mut self, event: Self::Input<'_>) -> Option<f64> {
        let ((trade, quote), t_s) = event;
        if quote.is_some_and(|[bid, ask]| bid > ask) || !self.clock.advance(t_s) {
            return None;
        }
        if let Some([bid, ask]) = quote {
            self.quotes.push(t_s, 0.5 * (bid + ask));
        }
        let [price] = trade?;
        let moved = self.last.push(price);
        let Some(mid) = self.quotes.at(t_s) else { return Some(moved) };
        let side = sign(price - mid);
        let decided = if side == 0.0 { moved } else { side };
        Some(if mid.is_nan() { f64::NAN } else { decided })
    }
}

outputs! {
    /// The parts of the volume that buyers and sellers took.
    BulkVolumes { buy_volume, sell_volume }
}

state! {
    pub struct BulkVolumeClassification {
        change: Change,
        moments: RollingMoments,
        degrees: f64,
    }
}

impl Kernel for BulkVolumeClassification {
    const INFO: &'static FormulaInfo = &rows::BULK_VOLUME_CLASSIFICATION;
    type Input<'a> = [f64; 2];
    type Output<'s> = BulkVolumes;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            change: Change::default(),
            moments: RollingMoments::new(params.int("period")),
            degrees: params.float("df"),
        })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 2]) -> Option<BulkVolumes> {
        let [close, volume] = bar;
        if volume < 0.0 {
            return None;
        }
        let change = self.change.difference(close)?;
        let deviation = self.moments.push(change)?.deviation_of(self.moments.len(), 1);
        let share = if change == 0.0 || deviation == 0.0 {
            0.5
        } else {
            student_cdf(change / deviation, self.degrees)
        };
        let buy_volume = volume * share;
        Some(BulkVolumes { buy_volume, sell_volume: volume - buy_volume })
    }
}
