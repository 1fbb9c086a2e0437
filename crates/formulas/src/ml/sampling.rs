//! When to look: events of a cumulative sum, and bars that close by what was traded and not by the clock.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Change, Sum};
use crate::persist::state;
use crate::rows;

outputs! { CusumPoint { event, s_pos, s_neg } }

state! {
    pub struct CusumFilter {
        change: Change,
        threshold: f64,
        up: f64,
        down: f64,
    }
}

impl Kernel for CusumFilter {
    const INFO: &'static FormulaInfo = &rows::CUSUM_FILTER;
    type Input<'a> = f64;
    type Output<'s> = CusumPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { change: Change::default(), threshold: params.float("h"), up: 0.0, down: 0.0 })
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<CusumPoint> {
        let change = self.change.log_return(price)?;
        self.up = (self.up + change).max(0.0);
        self.down = (self.down + change).min(0.0);
        let mut event = 0.0;
        if self.down < -self.threshold {
            (event, self.down) = (-1.0, 0.0);
        } else if self.up > self.threshold {
            (event, self.up) = (1.0, 0.0);
        }
        Some(CusumPoint { event, s_pos: self.up, s_neg: self.down })
    }
}

outputs! { Bar { open, high, low, close, volume, buy_volume, n } }

state! {
    /// The bar under way.
    #[derive(Copy, Default)]
    struct OpenBar {
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: Sum,
        buy_volume: Sum,
        trades: u64,
        /// What has come together towards the threshold; signed for imbalance bars.
        measure: Sum,
    }
}

impl OpenBar {
    #[inline(always)]
    fn add(&mut self, price: f64, size: f64, side: f64, measure: f64) {
        if self.trades == 0 {
            (self.open, self.high, self.low) = (price, price, price);
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.volume.add(size);
        self.buy_volume.add(if side > 0.0 { size } else { 0.0 });
        self.trades += 1;
        self.measure.add(measure);
    }

    fn bar(&self) -> Bar {
        Bar {
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            volume: self.volume.value(),
            buy_volume: self.buy_volume.value(),
            n: self.trades as f64,
        }
    }
}

state! {
    /// What the bars so far let expect of the next: its trades, and the signed measure of each.
    #[derive(Copy, Default)]
    struct Expectation {
        first_trades: f64,
        trades: f64,
        a_trade: f64,
    }
}

/// The expected length of a bar stays within this factor of that of the first: without a bound, bars that get longer
/// (or shorter) ask for ever longer ones.
const MOST: f64 = 10.0;

impl Expectation {
    fn learn(&mut self, trades: f64, measure: f64, weight: f64) {
        let a_trade = measure / trades;
        if self.first_trades == 0.0 {
            *self = Self { first_trades: trades, trades, a_trade };
            return;
        }
        let next = self.trades + weight * (trades - self.trades);
        self.trades = next.clamp(self.first_trades / MOST, self.first_trades * MOST);
        self.a_trade += weight * (a_trade - self.a_trade);
    }
}

/// What a trade counts for.
const TICK: usize = 0;
const VOLUME: usize = 1;
const MEASURES: usize = 3;

state! {
    pub struct InformationBars {
        measure: usize,
        /// Buys count for and sells against, and the threshold is what the bars so far let expect.
        imbalance: bool,
        threshold: f64,
        weight: f64,
        bar: OpenBar,
        expectation: Expectation,
    }
}

impl Kernel for InformationBars {
    const INFO: &'static FormulaInfo = &rows::INFORMATION_BARS;
    type Input<'a> = [f64; 3];
    type Output<'s> = Bar;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let kind = params.int("kind");
        Ok(Self {
            measure: kind % MEASURES,
            imbalance: kind >= MEASURES,
            threshold: params.float("threshold"),
            weight: 2.0 / (params.float("span") + 1.0),
            bar: OpenBar::default(),
            expectation: Expectation::default(),
        })
    }

    /// A bar with the trade that completes it; None for all others.
    #[inline]
    fn step(&mut self, [price, size, side]: [f64; 3]) -> Option<Bar> {
        if price <= 0.0 || size <= 0.0 || ![-1.0, 0.0, 1.0].contains(&side) {
            return None;
        }
        let amount = match self.measure {
            TICK => 1.0,
            VOLUME => size,
            _ => price * size,
        };
        self.bar.add(price, size, side, if self.imbalance { side * amount } else { amount });
        if self.bar.measure.value().abs() < self.threshold {
            return None;
        }
        let bar = self.bar.bar();
        if self.imbalance {
            self.expectation.learn(bar.n, self.bar.measure.value(), self.weight);
            self.threshold = self.expectation.trades * self.expectation.a_trade.abs();
        }
        self.bar = OpenBar::default();
        Some(bar)
    }
}
