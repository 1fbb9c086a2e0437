//! The highest high and the lowest low of the last n bars, and what is a bar at all.

use std::ops::Range;

use crate::parts::columns::BLOCK;
use crate::parts::{ratio_or, WindowExtreme};
use crate::persist::state;

/// The close lies between low and high. What does not hold for is no bar, and no kernel takes it.
#[inline(always)]
pub fn is_bar(high: f64, low: f64, close: f64) -> bool {
    (low <= close) & (close <= high)
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

    /// Rows before the first full window.
    #[inline(always)]
    pub fn warmup(&self) -> usize {
        self.highest.len() - 1
    }
}

/// The column form of [`WindowBounds`]: all full windows over two columns, in runs of rows that stay in the processor's
/// nearest memory.
pub struct BoundsRuns<'a> {
    bounds: &'a WindowBounds,
    columns: [&'a [f64]; 2],
    row: usize,
    highest: Vec<f64>,
    lowest: Vec<f64>,
    scratch: [Vec<f64>; 2],
}

impl<'a> BoundsRuns<'a> {
    #[inline(always)]
    pub fn new(bounds: &'a WindowBounds, high: &'a [f64], low: &'a [f64]) -> Self {
        let before = bounds.highest.len() - 1;
        let run = (4 * before).max(BLOCK);
        let column = |rows: usize| vec![0.0; rows];
        Self {
            bounds,
            columns: [high, low],
            row: before,
            highest: column(run),
            lowest: column(run),
            scratch: [column(run + before), column(run + before)],
        }
    }

    /// The rows of the next run, of which the first begins where the window is full; the highest and the lowest.
    #[inline(always)]
    pub fn advance(&mut self) -> Option<(Range<usize>, &[f64], &[f64])> {
        let ([high, low], before) = (self.columns, self.bounds.highest.len() - 1);
        let rows = self.row..high.len().min(self.row + self.highest.len());
        if self.row >= high.len() {
            return None;
        }
        self.row = rows.end;
        let (highest, lowest) = (&mut self.highest[..rows.len()], &mut self.lowest[..rows.len()]);
        let [one, other] = &mut self.scratch;
        self.bounds.highest.over(&high[rows.start - before..rows.end], highest, [&mut *one, &mut *other]);
        self.bounds.lowest.over(&low[rows.start - before..rows.end], lowest, [one, other]);
        Some((rows, highest, lowest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_same_as_one_by_one() {
        let high: Vec<f64> = (0..2_500).map(|t| 101.0 + (t * 7919 % 101) as f64).collect();
        let low: Vec<f64> = high.iter().rev().map(|x| x - 150.0).collect();
        for length in [1, 2, 3, 4, 5, 14, 16, 17, 20, 64, 100, 900, 3_000] {
            let mut each = WindowBounds::new(length);
            let wanted: Vec<Bounds> = high.iter().zip(&low).filter_map(|(&h, &l)| each.push(h, l)).collect();
            let (mut runs, mut got) = (BoundsRuns::new(&each, &high, &low), Vec::new());
            while let Some((rows, highest, lowest)) = runs.advance() {
                assert_eq!(rows.start, got.len() + length - 1);
                got.extend(highest.iter().zip(lowest).map(|(&highest, &lowest)| Bounds { highest, lowest }));
            }
            assert_eq!(got, wanted, "{length}");
        }
    }
}
