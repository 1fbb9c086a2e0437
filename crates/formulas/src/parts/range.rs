//! Wilder's true range, and its average.

use crate::parts::columns::{all_rows, blocks, cut, map_rows, BLOCK};
use crate::parts::{is_bar, larger, smaller, OnePole, Reach, BEFORE};
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

    /// From a fresh start for all bars, NaN for the first. False if one is no bar.
    #[inline(always)]
    pub fn over(columns: &[&[f64]], out: &mut [f64]) -> bool {
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
        }
        true
    }

    /// [`TrueRange::push`] of a block of bars, and what is before it.
    #[inline(always)]
    pub fn push_block(&mut self, columns: &[&[f64]], row: usize, ranges: &mut Reach) {
        let first = row - BEFORE;
        let bars = [&columns[0][first..], &columns[1][first..], &columns[2][first - 1..]];
        map_rows(bars, ranges, |[high, low, last]| true_range(high, low, last));
        self.close = Some(columns[2][row + BLOCK - 1]);
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

    /// [`AverageTrueRange::push`] of a block of bars. `ranges` is room.
    #[inline(always)]
    pub fn push_block(&mut self, columns: &[&[f64]], row: usize, ranges: &mut Reach, out: &mut [f64]) {
        self.range.push_block(columns, row, ranges);
        self.average.push_block(ranges, out);
    }
}
