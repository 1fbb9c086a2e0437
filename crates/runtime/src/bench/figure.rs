//! One measured figure, and the loop that measures it: many batches, the least mean and the quietest window quoted.

use super::Summary;
use crate::clock::{self, Clock};
use serde::Serialize;
use std::time::Duration;

/// Batches of one figure at least, however short the time.
const MIN_BATCHES: usize = 40;
const MAX_BATCHES: usize = 4000;
/// Batches before the first that counts.
const WARM_UP: usize = 3;

/// A result as `nanotick bench --json` shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    pub name: String,
    /// What is held against the bars: the least of batches, the quiet median of single samples.
    pub value: f64,
    pub unit: &'static str,
    pub min: f64,
    pub p50: f64,
    /// The median in the quietest window.
    pub quiet_p50: f64,
}

impl Figure {
    /// Of the mean time a piece of work took in each batch, in the order of the batches.
    pub fn of_batches(name: &str, means_ns: &[f64]) -> Figure {
        let median = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
        };
        let window = (means_ns.len() / 10).max(5).min(means_ns.len()).max(1);
        let min = means_ns.iter().copied().fold(f64::INFINITY, f64::min);
        let quiet_p50 = means_ns.chunks_exact(window).map(median).fold(f64::INFINITY, f64::min);
        Figure { name: name.into(), value: min, unit: "ns", min, p50: median(means_ns), quiet_p50 }
    }

    /// Of single samples.
    pub fn of_samples(name: &str, summary: &Summary) -> Figure {
        let quiet_p50 = summary.quiet_p50_ns as f64;
        let (min, p50) = (summary.min_ns as f64, summary.p50_ns as f64);
        Figure { name: name.into(), value: quiet_p50, unit: "ns", min, p50, quiet_p50 }
    }

    /// A time per message as a speed.
    pub fn as_speed(self, bytes_per_message: f64) -> Figure {
        let speed = |ns: f64| bytes_per_message / ns;
        Figure {
            value: speed(self.value),
            unit: "GB/s",
            min: speed(self.min),
            p50: speed(self.p50),
            quiet_p50: speed(self.quiet_p50),
            ..self
        }
    }

    /// A plain number.
    pub fn count(name: &str, value: f64) -> Figure {
        Figure { name: name.into(), value, unit: "1", min: value, p50: value, quiet_p50: value }
    }
}

/// Runs `batch` for about so long. It returns the ticks that it spent on so many pieces of work.
pub fn measure(name: &str, time: Duration, mut batch: impl FnMut() -> (u64, usize)) -> Figure {
    for _ in 0..WARM_UP {
        batch();
    }
    let clock = Clock::new();
    let end = clock::stamp() + clock::ticks_in(time);
    let mut means = Vec::with_capacity(MAX_BATCHES);
    while means.len() < MIN_BATCHES || (clock::stamp() < end && means.len() < MAX_BATCHES) {
        let (ticks, pieces) = batch();
        means.push(clock.ticks_to_ns(ticks) as f64 / pieces.max(1) as f64);
    }
    Figure::of_batches(name, &means)
}

/// The ticks that `work` takes.
#[inline(always)]
pub fn timed(work: impl FnOnce()) -> u64 {
    let begun = clock::stamp();
    work();
    clock::stamp() - begun
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_and_the_quiet_batches_are_quoted() {
        let noisy = (0..20).map(|i| 500.0 + i as f64);
        let means: Vec<f64> = noisy.clone().chain([10.0, 11.0, 12.0, 13.0, 14.0]).chain(noisy).collect();
        let figure = Figure::of_batches("x", &means);
        assert_eq!((figure.value, figure.min, figure.quiet_p50), (10.0, 10.0, 12.0));
        assert!(figure.p50 > 500.0);
        let speed = figure.as_speed(20.0);
        assert_eq!((speed.value, speed.unit), (2.0, "GB/s"));
    }

    #[test]
    fn a_figure_has_enough_batches_even_without_time() {
        let mut batches = 0;
        let figure = measure("x", Duration::ZERO, || {
            batches += 1;
            (timed(|| std::hint::black_box(())), 1)
        });
        assert_eq!(batches, MIN_BATCHES + WARM_UP);
        assert!(figure.value < 1e6);
    }
}
