//! Averages and rules that follow the market's own pace: Kaufman's average, and the crossing of two averages.

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{Path, PathRuns, WindowMean, WindowPath};
use crate::persist::state;
use crate::rows;

/// Steps that are taken from one distance.
const STEPS: u32 = 4;

state! {
    /// How far an average is from the price that it follows. A step keeps a share of what the distance is after the
    /// price has moved. Several steps are taken from one distance, by what they keep together: the chain of operations
    /// that the next update waits for is that much shorter. Where the price stands still, zero stays zero.
    #[derive(Copy)]
    struct Distance {
        from: f64,
        kept: f64,
        moved: f64,
        steps: u32,
    }
}

impl Distance {
    #[inline(always)]
    fn new(from: f64) -> Self {
        Self { from, kept: 1.0, moved: 0.0, steps: 0 }
    }

    #[inline(always)]
    fn now(&self) -> f64 {
        self.kept * self.from - self.moved
    }

    /// After another step.
    #[inline(always)]
    fn step(&mut self, keep: f64, change: f64) -> f64 {
        if self.steps == STEPS {
            *self = Self::new(self.now());
        }
        self.kept *= keep;
        self.moved = keep * (self.moved + change);
        self.steps += 1;
        self.now()
    }
}

state! {
    pub struct Kama {
        path: WindowPath,
        slowest: f64,
        span: f64,
        /// The price before.
        last: f64,
        distance: Distance,
    }
}

impl Kama {
    #[inline(always)]
    fn keep(&self, path: Path) -> f64 {
        let weight = path.efficiency_or(1.0) * self.span + self.slowest;
        1.0 - weight * weight
    }
}

impl Kernel for Kama {
    const INFO: &'static FormulaInfo = &rows::KAMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let weight = |name: &str| 2.0 / (params.float(name) + 1.0);
        let slowest = weight("slow");
        Ok(Self {
            path: WindowPath::new(params.int("period")),
            slowest,
            span: weight("fast") - slowest,
            last: 0.0,
            // The price before the first full window is the seed.
            distance: Distance::new(0.0),
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let last = std::mem::replace(&mut self.last, price);
        let path = self.path.push(price)?;
        Some(price + self.distance.step(self.keep(path), price - last))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (price, out, mut distance) = (columns[0], &mut *out[0], Distance::new(0.0));
        let mut runs = PathRuns::new(&self.path, price);
        while let Some(rows) = runs.advance(out, |path| self.keep(path)) {
            let prices = price[rows.clone()].iter().zip(&price[rows.start - 1..]);
            for (keep, (price, last)) in out[rows].iter_mut().zip(prices) {
                *keep = price + distance.step(*keep, price - last);
            }
        }
        runs.is_done()
    }
}

outputs! { Crossing { state, diff } }

state! {
    pub struct MaCrossover {
        fast: WindowMean,
        slow: WindowMean,
        band: f64,
    }
}

impl Kernel for MaCrossover {
    const INFO: &'static FormulaInfo = &rows::MA_CROSSOVER;
    type Input<'a> = f64;
    type Output<'s> = Crossing;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        if fast >= slow {
            return Err(params.refuse("fast", format!("less than slow, which is {slow}")));
        }
        Ok(Self { fast: WindowMean::new(fast), slow: WindowMean::new(slow), band: params.float("band") })
    }

    /// Means that are exact in a flat market: without that, their last digits would have the state jump about.
    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<Crossing> {
        if price <= 0.0 {
            return None;
        }
        let (fast, slow) = (self.fast.push(price), self.slow.push(price));
        let (fast, slow) = (fast?, slow?);
        let diff = (fast - slow) / slow;
        let state = f64::from(i8::from(diff > self.band) - i8::from(diff < -self.band));
        Some(Crossing { state, diff })
    }
}
