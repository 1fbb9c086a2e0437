//! The highest high and the lowest low of the last n bars, and what is a bar at all.

use crate::parts::{ratio_or, WindowExtreme};
use crate::persist::state;

/// The close lies between low and high. What does not hold for is no bar, and no kernel takes it.
#[inline(always)]
pub fn is_bar(high: f64, low: f64, close: f64) -> bool {
    (low <= close) & (close <= high)
}

/// [`is_bar`] of every row of three columns, none of which is passed over.
#[inline(always)]
pub fn are_bars(high: &[f64], low: &[f64], close: &[f64]) -> bool {
    high.iter().zip(low).zip(close).fold(true, |all, ((&high, &low), &close)| all & is_bar(high, low, close))
}

/// No low is above the high of its row.
#[inline(always)]
pub fn are_ranges(high: &[f64], low: &[f64]) -> bool {
    high.iter().zip(low).fold(true, |all, (high, low)| all & (high >= low))
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub highest: f64,
    pub lowest: f64,
}

impl Bounds {
    #[inline(always)]
    pub fn range(&self) -> f64 {
        self.highest - self.lowest
    }

    #[inline(always)]
    pub fn middle(&self) -> f64 {
        0.5 * (self.highest + self.lowest)
    }

    /// Where between the bounds `x` is: 0 at the lowest, 1 at the highest, 0.5 if there is no room between them.
    #[inline(always)]
    pub fn place(&self, x: f64) -> f64 {
        ratio_or(x - self.lowest, self.range(), 0.5)
    }
}

state! {
    pub struct WindowBounds {
        highest: WindowExtreme,
        lowest: WindowExtreme,
    }
}

impl WindowBounds {
    pub fn new(length: usize) -> Self {
        Self { highest: WindowExtreme::max(length), lowest: WindowExtreme::min(length) }
    }

    /// None until the window is full.
    #[inline(always)]
    pub fn push(&mut self, high: f64, low: f64) -> Option<Bounds> {
        let (highest, lowest) = (self.highest.push(high), self.lowest.push(low));
        Some(Bounds { highest: highest?, lowest: lowest? })
    }

    /// Gives `take` the bounds of all full windows over two columns, row by row, beginning with row length - 1. By
    /// blocks, which stay in the processor's nearest memory.
    #[inline(always)]
    pub fn over(&self, high: &[f64], low: &[f64], mut take: impl FnMut(usize, &[f64], &[f64])) {
        let before = self.highest.len() - 1;
        let block = (4 * before).max(1024);
        let (mut highest, mut lowest) = (vec![0.0; block], vec![0.0; block]);
        let (mut one, mut other) = (vec![0.0; block + before], vec![0.0; block + before]);
        let mut row = before;
        while row < high.len() {
            let count = block.min(high.len() - row);
            let (highest, lowest) = (&mut highest[..count], &mut lowest[..count]);
            self.highest.over(&high[row - before..row + count], highest, [&mut one, &mut other]);
            self.lowest.over(&low[row - before..row + count], lowest, [&mut one, &mut other]);
            take(row, highest, lowest);
            row += count;
        }
    }

    /// Rows before the first full window.
    #[inline(always)]
    pub fn warmup(&self) -> usize {
        self.highest.len() - 1
    }
}
