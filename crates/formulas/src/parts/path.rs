//! How far a series came in its last n steps, and how long its way was.

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

    /// What `pick` makes of each full path of a column, from a fresh start; NaN before.
    #[inline(always)]
    pub fn over(&self, xs: &[f64], out: &mut [f64], pick: impl Fn(Path) -> f64) {
        const BLOCK: usize = 512;
        let (steps, mut total) = (self.start.len(), WindowSum::new(self.length.len()));
        let (mut lengths, mut sums) = ([0.0; BLOCK], [0.0; BLOCK]);
        out[..xs.len().min(steps)].fill(f64::NAN);
        for (block, changed) in xs.get(1..).unwrap_or(&[]).chunks(BLOCK).enumerate() {
            let first = 1 + block * BLOCK;
            for ((length, x), last) in lengths.iter_mut().zip(changed).zip(&xs[first - 1..]) {
                *length = (x - last).abs();
            }
            total.push_all(&lengths[..changed.len()], &mut sums[..changed.len()]);
            let begin = first.max(steps);
            let sums = sums[..changed.len()].get(begin - first..).unwrap_or(&[]);
            let ends = out[begin.min(xs.len())..].iter_mut().zip(&xs[begin.min(xs.len())..]);
            for (((out, x), start), &length) in ends.zip(&xs[begin - steps..]).zip(sums) {
                *out = pick(Path { distance: (x - start).abs(), length });
            }
        }
    }
}
