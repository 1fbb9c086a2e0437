//! Entropy and divergence of histograms whose edges follow the window.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::{Lag, OrderStatistics, Ring, WindowExtreme};
use crate::persist::state;
use crate::rows;

/// Where one of `bins` equal bins from `min` to `max` begins.
#[inline(always)]
fn edge(min: f64, max: f64, bins: usize, bin: usize) -> f64 {
    min + bin as f64 * ((max - min) / bins as f64)
}

#[inline(always)]
fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 {
        x * x.ln()
    } else {
        0.0
    }
}

outputs! { EntropyPoint { h, h_norm } }

state! {
    pub struct ShannonEntropy {
        bins: usize,
        correct: bool,
        window: OrderStatistics,
    }
}

impl Kernel for ShannonEntropy {
    const INFO: &'static FormulaInfo = &rows::SHANNON_ENTROPY;
    type Input<'a> = f64;
    type Output<'s> = EntropyPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bins: params.int("bins"),
            correct: params.flag("correct"),
            window: OrderStatistics::new(params.int("period")),
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<EntropyPoint> {
        self.window.push(x);
        if !self.window.is_full() {
            return None;
        }
        let n = self.window.len();
        let (min, max) = (self.window.kth(0), self.window.kth(n - 1));
        if max <= min {
            return Some(EntropyPoint { h: 0.0, h_norm: 0.0 });
        }
        let (mut below, mut h, mut occupied) = (0, 0.0, 0u32);
        for bin in 1..=self.bins {
            let up_to = if bin == self.bins { n } else { self.window.below(edge(min, max, self.bins, bin)) };
            h -= x_ln_x((up_to - below) as f64 / n as f64);
            occupied += u32::from(up_to > below);
            below = up_to;
        }
        if self.correct {
            h += f64::from(occupied - 1) / (2 * n) as f64;
        }
        Some(EntropyPoint { h, h_norm: h / (self.bins as f64).ln() })
    }
}

outputs! { DivergencePoint { kl, js_distance } }

state! {
    pub struct KlDivergence {
        bins: usize,
        eps: f64,
        recent: OrderStatistics,
        /// From the recent window to the reference.
        passage: Lag,
        reference: OrderStatistics,
    }
}

impl Kernel for KlDivergence {
    const INFO: &'static FormulaInfo = &rows::KL_DIVERGENCE;
    type Input<'a> = f64;
    type Output<'s> = DivergencePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bins: params.int("bins"),
            eps: params.float("eps"),
            recent: OrderStatistics::new(params.int("recent")),
            passage: Lag::new(params.int("recent")),
            reference: OrderStatistics::new(params.int("ref")),
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<DivergencePoint> {
        self.recent.push(x);
        let old = self.passage.push(x)?;
        self.reference.push(old);
        if !self.reference.is_full() {
            return None;
        }
        let bins = self.bins as f64;
        let share = |count: usize, of: usize| (count as f64 + self.eps) / (of as f64 + bins * self.eps);
        let (n, m) = (self.recent.len(), self.reference.len());
        let (mut kl, mut js) = (0.0, 0.0);
        let mut below = (0, 0);
        for bin in 1..=self.bins {
            let up_to = if bin == self.bins {
                (n, m)
            } else {
                let edge = self.reference.quantile(bin as f64 / bins);
                (self.recent.below(edge), self.reference.below(edge))
            };
            let (p, q) = (share(up_to.0 - below.0, n), share(up_to.1 - below.1, m));
            let middle = 0.5 * (p + q);
            kl += p * (p / q).ln();
            js += 0.5 * (p * (p / middle).ln() + q * (q / middle).ln());
            below = up_to;
        }
        Some(DivergencePoint { kl, js_distance: (js.max(0.0) / std::f64::consts::LN_2).sqrt() })
    }
}

state! {
    /// One axis of a two-dimensional histogram.
    struct Axis {
        values: Ring,
        max: WindowExtreme,
        min: WindowExtreme,
        range: (f64, f64),
    }
}

impl Axis {
    fn new(period: usize) -> Self {
        Self {
            values: Ring::new(period),
            max: WindowExtreme::max(period),
            min: WindowExtreme::min(period),
            range: (0.0, 0.0),
        }
    }

    /// The value that left, and whether the edges are where they were.
    #[inline(always)]
    fn push(&mut self, x: f64) -> (f64, bool) {
        let old = self.values.push(x).old;
        let range = (self.min.push_partial(x), self.max.push_partial(x));
        let same = range == self.range;
        self.range = range;
        (old, same)
    }

    /// As NumPy's histogram has it: by division, put right at the edges.
    #[inline(always)]
    fn bin(&self, x: f64, bins: usize) -> usize {
        let (min, max) = self.range;
        if max <= min {
            return 0;
        }
        let guess = ((x - min) / (max - min) * bins as f64) as usize;
        let mut bin = guess.min(bins - 1);
        if x < edge(min, max, bins, bin) {
            bin -= 1;
        } else if bin + 1 < bins && x >= edge(min, max, bins, bin + 1) {
            bin += 1;
        }
        bin
    }
}

outputs! { InformationPoint { mi, nmi, vi } }

state! {
    pub struct MutualInformation {
        bins: usize,
        x: Axis,
        y: Axis,
        seen: usize,
        counts: Box<[u32]>,
        sums: Box<[u32]>,
    }
}

impl MutualInformation {
    #[inline(always)]
    fn cell(&self, x: f64, y: f64) -> usize {
        self.x.bin(x, self.bins) * self.bins + self.y.bin(y, self.bins)
    }

    #[cold]
    fn recount(&mut self) {
        self.counts.fill(0);
        for place in 0..self.seen {
            let cell = self.cell(self.x.values.values()[place], self.y.values.values()[place]);
            self.counts[cell] += 1;
        }
    }

    fn information(&mut self) -> InformationPoint {
        let bins = self.bins;
        self.sums.fill(0);
        for (row, counts) in self.counts.chunks(bins).enumerate() {
            for (column, &count) in counts.iter().enumerate() {
                self.sums[row] += count;
                self.sums[bins + column] += count;
            }
        }
        let n = self.seen as f64;
        let entropy = |sums: &[u32]| -> f64 { -sums.iter().map(|&c| x_ln_x(f64::from(c) / n)).sum::<f64>() };
        let (h_x, h_y) = (entropy(&self.sums[..bins]), entropy(&self.sums[bins..]));
        let mut mi = 0.0;
        for (row, counts) in self.counts.chunks(bins).enumerate() {
            for (column, &count) in counts.iter().enumerate().filter(|(_, &count)| count > 0) {
                let product = f64::from(self.sums[row]) * f64::from(self.sums[bins + column]);
                mi += f64::from(count) / n * (f64::from(count) * n / product).ln();
            }
        }
        let mi = mi.max(0.0);
        let least = h_x.min(h_y);
        let nmi = if least > 0.0 { mi / least } else { 0.0 };
        InformationPoint { mi, nmi, vi: (h_x + h_y - 2.0 * mi).max(0.0) }
    }
}

impl Kernel for MutualInformation {
    const INFO: &'static FormulaInfo = &rows::MUTUAL_INFORMATION;
    type Input<'a> = [f64; 2];
    type Output<'s> = InformationPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, bins) = (params.int("period"), params.int("bins"));
        Ok(Self {
            bins,
            x: Axis::new(period),
            y: Axis::new(period),
            seen: 0,
            counts: vec![0; bins * bins].into_boxed_slice(),
            sums: vec![0; 2 * bins].into_boxed_slice(),
        })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<InformationPoint> {
        let ((old_x, same_x), (old_y, same_y)) = (self.x.push(x), self.y.push(y));
        let period = self.x.values.len();
        let was_full = self.seen == period;
        if !was_full {
            self.seen += 1;
            if self.seen < period {
                return None;
            }
        }
        if was_full && same_x && same_y {
            let (old, new) = (self.cell(old_x, old_y), self.cell(x, y));
            self.counts[old] -= 1;
            self.counts[new] += 1;
        } else {
            self.recount();
        }
        Some(self.information())
    }
}
