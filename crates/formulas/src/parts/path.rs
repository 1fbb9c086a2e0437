//! How far a series came in its last n steps, and how long its way was.

use std::ops::Range;

use crate::parts::columns::{all_rows, leave_out, map_rows, BLOCK};
use crate::parts::{Change, Lag, WindowSum};
use crate::persist::state;

state! {
    pub struct WindowPath {
        start: Lag,
        change: Change,
        length: WindowSum,
    }
}

/// Over n steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// From the first value to the newest, without sign.
    pub distance: f64,
    /// All steps, without signs: zero exactly if none of them led anywhere.
    pub length: f64,
}

impl Path {
    /// Kaufman's efficiency ratio: 1 if all steps led one way, `otherwise` if none led anywhere.
    #[inline(always)]
    pub fn efficiency_or(&self, otherwise: f64) -> f64 {
        if self.length == 0.0 {
            otherwise
        } else {
            (self.distance / self.length).min(1.0)
        }
    }
}

impl WindowPath {
    pub fn new(steps: usize) -> Self {
        Self { start: Lag::new(steps), change: Change::default(), length: WindowSum::new(steps) }
    }

    /// Steps of a full path.
    #[inline(always)]
    pub fn steps(&self) -> usize {
        self.start.len()
    }

    /// None for the first n values.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<Path> {
        let start = self.start.push(x);
        let length = self.length.push(self.change.difference(x)?.abs())?;
        Some(Path { distance: (x - start?).abs(), length })
    }
}

/// The column form of [`WindowPath`]: from a fresh start, in runs of rows.
pub struct PathRuns<'a> {
    xs: &'a [f64],
    steps: usize,
    total: WindowSum,
    row: usize,
    changes: [f64; BLOCK],
    lengths: [f64; BLOCK],
}

impl<'a> PathRuns<'a> {
    #[inline(always)]
    pub fn new(path: &WindowPath, xs: &'a [f64]) -> Self {
        let steps = path.steps();
        // The first value has no step before it.
        Self { xs, steps, total: WindowSum::new(steps), row: 1, changes: [0.0; BLOCK], lengths: [0.0; BLOCK] }
    }

    /// Writes what `pick` makes of each full path of the next run to its row in `out`, and NaN where there is none.
    /// Gives the rows with full paths. None at the end, and where a number is not valid: [`PathRuns::is_done`].
    #[inline(always)]
    pub fn advance(&mut self, out: &mut [f64], pick: impl Fn(Path) -> f64) -> Option<Range<usize>> {
        let rows = self.row..self.xs.len().min(self.row + BLOCK);
        let with_last = self.row - 1..rows.end;
        if rows.is_empty() || !all_rows([&self.xs[with_last]], |_| true) {
            leave_out(out, self.steps + 1);
            return None;
        }
        self.row = rows.end;
        let (xs, changes) = (self.xs, &mut self.changes[..rows.len()]);
        map_rows([&xs[rows.clone()], &xs[rows.start - 1..]], changes, |[x, last]| (x - last).abs());
        self.total.push_all(changes, &mut self.lengths[..rows.len()]);
        let full = self.steps.clamp(rows.start, rows.end)..rows.end;
        let (lengths, starts) =
            (&self.lengths[full.start - rows.start..], full.start.saturating_sub(self.steps));
        map_rows([&xs[full.clone()], &xs[starts..], lengths], &mut out[full.clone()], |[x, start, length]| {
            pick(Path { distance: (x - start).abs(), length })
        });
        Some(full)
    }

    /// All rows have been taken.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.row >= self.xs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_same_as_one_by_one() {
        let xs: Vec<f64> = (0..1_500).map(|t| 100.0 + (t * 7919 % 101) as f64 * 0.01).collect();
        for steps in [1, 2, 10, 127, 128, 129, 400, 2_000] {
            for rows in [0, 1, 2, 10, 128, 129, 1_500] {
                let (mut each, mut got) = (WindowPath::new(steps), vec![0.0; rows]);
                let mut runs = PathRuns::new(&each, &xs[..rows]);
                while runs.advance(&mut got, |path| path.efficiency_or(1.0)).is_some() {}
                assert!(runs.is_done());
                let wanted =
                    xs.iter().map(|&x| each.push(x).map_or(f64::NAN, |path| path.efficiency_or(1.0)));
                assert!(got.iter().zip(wanted).all(|(a, b)| a.to_bits() == b.to_bits()), "{steps} {rows}");
            }
        }
    }
}
