//! A price against its usual distance from its mean, and closes against the true ranges of their bars.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{are_bars, is_bar, larger, ratio_or, smaller, Ring, WindowMean, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Cci {
        mean: WindowMean,
        prices: Ring,
        inverse_period: f64,
    }
}

impl Kernel for Cci {
    const INFO: &'static FormulaInfo = &rows::CCI;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            mean: WindowMean::new(period),
            prices: Ring::new(period),
            inverse_period: 1.0 / period as f64,
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let price = (high + low + close) / 3.0;
        let Some(mean) = self.mean.push(price) else {
            self.prices.push(price);
            return None;
        };
        // Over the window as it was, the oldest price taken out and the newest put in afterwards: to read what has
        // just been written, two numbers at a time, would stall the processor.
        let oldest = self.prices.oldest();
        let absolute = self.prices.absolute_deviations(mean) - (oldest - mean).abs() + (price - mean).abs();
        self.prices.push(price);
        Some(ratio_or(price - mean, 0.015 * (absolute * self.inverse_period), 0.0))
    }
}

/// Rows that are taken at once where whole columns are given.
const BLOCK: usize = 512;

state! {
    /// Sums over one of the three windows.
    struct Pressure {
        bought: WindowSum,
        range: WindowSum,
    }
}

impl Pressure {
    fn new(length: usize) -> Self {
        Self { bought: WindowSum::new(length), range: WindowSum::new(length) }
    }

    #[inline(always)]
    fn push(&mut self, bought: f64, range: f64) -> Option<f64> {
        let (bought, range) = (self.bought.push(bought), self.range.push(range));
        Some(ratio_or(bought?, range?, 0.5))
    }

    /// The same for at most [`BLOCK`] rows, also while there are fewer than the window holds.
    #[inline(always)]
    fn push_all(&mut self, bought: &[f64], range: &[f64], out: &mut [f64]) {
        let ranges = &mut [0.0; BLOCK][..out.len()];
        WindowSum::push_both([&mut self.bought, &mut self.range], [bought, range], [&mut *out, &mut *ranges]);
        for (out, &range) in out.iter_mut().zip(&*ranges) {
            *out = ratio_or(*out, range, 0.5);
        }
    }
}

state! {
    pub struct UltimateOsc {
        last_close: Option<f64>,
        /// Shortest first.
        windows: [Pressure; 3],
    }
}

impl Kernel for UltimateOsc {
    const INFO: &'static FormulaInfo = &rows::ULTIMATE_OSC;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let mut lengths = ["p1", "p2", "p3"].map(|name| params.int(name));
        lengths.sort_unstable();
        Ok(Self { last_close: None, windows: lengths.map(Pressure::new) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let last = self.last_close.replace(close)?;
        let true_low = smaller(low, last);
        let (bought, range) = (close - true_low, larger(high, last) - true_low);
        let [short, middle, long] = &mut self.windows;
        let (short, middle) = (short.push(bought, range), middle.push(bought, range));
        let long = long.push(bought, range);
        Some((4.0 * short? + 2.0 * middle? + long?) * (100.0 / 7.0))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (high, low, close, out) = (columns[0], columns[1], columns[2], &mut *out[0]);
        if !are_bars(high, low, close) {
            return false;
        }
        let mut windows = [0, 1, 2].map(|window| Pressure::new(self.windows[window].range.len()));
        let (mut bought, mut ranges) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut shares = [[0.0; BLOCK]; 3];
        let warmup = out.len().min(self.windows[2].range.len());
        for first in (1..out.len()).step_by(BLOCK) {
            let count = BLOCK.min(out.len() - first);
            let bars = high[first..].iter().zip(&low[first..]).zip(&close[first..]).zip(&close[first - 1..]);
            for ((bought, range), (((high, low), close), last)) in
                bought.iter_mut().zip(&mut ranges).zip(bars)
            {
                let true_low = smaller(*low, *last);
                (*bought, *range) = (close - true_low, larger(*high, *last) - true_low);
            }
            for (window, shares) in windows.iter_mut().zip(&mut shares) {
                window.push_all(&bought[..count], &ranges[..count], &mut shares[..count]);
            }
            let [short, middle, long] = &shares;
            let rows = out[first..][..count].iter_mut().zip(short).zip(middle).zip(long);
            for (((out, short), middle), long) in rows {
                *out = (4.0 * short + 2.0 * middle + long) * (100.0 / 7.0);
            }
        }
        out[..warmup].fill(f64::NAN);
        true
    }
}
