//! Wilder's true range, and its average.

use crate::parts::columns::{all_rows, blocks, cut, map_rows};
use crate::parts::{is_bar, larger, smaller, OnePole};
use crate::persist::state;

state! {
    #[derive(Copy, Default)]
    pub struct TrueRange {
        close: Option<f64>,
    }
}

impl TrueRange {
    /// None for the first bar, which has no close before it.
    #[inline(always)]
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        self.close.replace(close).map(|last| true_range(high, low, last))
    }

    /// From a fresh start for all bars, NaN for the first. `then` gets each block of closes and ranges. False if one
    /// is no bar.
    #[inline(always)]
    pub fn over(columns: &[&[f64]], out: &mut [f64], mut then: impl FnMut(&[f64], &mut [f64])) -> bool {
        // The first bar has none, and so no range.
        let mut last = f64::NAN;
        for rows in blocks(out.len()) {
            let [highs, lows, closes] = cut(columns, &rows);
            if !all_rows([highs, lows, closes], |[high, low, close]| is_bar(high, low, close)) {
                return false;
            }
            let out = &mut out[rows];
            out[0] = true_range(highs[0], lows[0], last);
            map_rows([&highs[1..], &lows[1..], closes], &mut out[1..], |[high, low, last]| {
                true_range(high, low, last)
            });
            last = closes[closes.len() - 1];
            then(closes, out);
        }
        true
    }
}

#[inline(always)]
fn true_range(high: f64, low: f64, last_close: f64) -> f64 {
    larger(high, last_close) - smaller(low, last_close)
}

state! {
    pub struct AverageTrueRange {
        range: TrueRange,
        average: OnePole,
    }
}

impl AverageTrueRange {
    pub fn new(period: usize) -> Self {
        Self { range: TrueRange::default(), average: OnePole::wilder(period) }
    }

    /// None for the first `period` bars.
    #[inline(always)]
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let range = self.range.push(high, low, close)?;
        self.average.push(range)
    }

    /// [`AverageTrueRange::push`] from a fresh start for all bars; `of` makes of average and close what is wanted.
    /// False if one is no bar.
    #[inline(always)]
    pub fn over(&self, columns: &[&[f64]], out: &mut [f64], of: impl Fn(f64, f64) -> f64) -> bool {
        let mut average = self.average.anew();
        TrueRange::over(columns, out, |closes, ranges| {
            for range in &mut *ranges {
                // The first bar has none.
                if !range.is_nan() {
                    *range = average.push(*range).unwrap_or(f64::NAN);
                }
            }
            for (range, &close) in ranges.iter_mut().zip(closes) {
                *range = of(*range, close);
            }
        })
    }
}
