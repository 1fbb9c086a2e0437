//! Statistics of all values so far in constant memory: moments, and quantiles without a window.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Welford as RunningMoments;
use crate::persist::state;
use crate::rows;

outputs! { WelfordPoint { n, mean, var, min, max } }

state! {
    pub struct Welford {
        ddof: u64,
        moments: RunningMoments,
        min: f64,
        max: f64,
    }
}

impl Kernel for Welford {
    const INFO: &'static FormulaInfo = &rows::WELFORD;
    type Input<'a> = f64;
    type Output<'s> = WelfordPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            ddof: params.int("ddof") as u64,
            moments: RunningMoments::default(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<WelfordPoint> {
        self.moments.push(x);
        self.min = self.min.min(x);
        self.max = self.max.max(x);
        Some(WelfordPoint {
            n: self.moments.count as f64,
            mean: self.moments.mean,
            var: self.moments.variance(self.ddof),
            min: self.min,
            max: self.max,
        })
    }
}

state! {
    /// Jain and Chlamtac's five markers: their heights, and their positions counted from 1.
    pub struct P2Quantile {
        heights: [f64; 5],
        positions: [f64; 5],
        /// What the wanted positions grow by with each value.
        increments: [f64; 5],
        seen: u64,
    }
}

impl P2Quantile {
    /// Widens the outer markers where x lies beyond them, and counts x into the markers above it.
    #[inline(always)]
    fn place(&mut self, x: f64) {
        self.heights[0] = self.heights[0].min(x);
        self.heights[4] = self.heights[4].max(x);
        for marker in 1..4 {
            self.positions[marker] += f64::from(u8::from(x < self.heights[marker]));
        }
        self.positions[4] += 1.0;
    }

    #[inline(always)]
    fn adjust(&mut self, marker: usize) {
        let wanted = 1.0 + (self.seen - 1) as f64 * self.increments[marker];
        let [below, here, above] = [marker - 1, marker, marker + 1].map(|i| self.positions[i]);
        let gap = wanted - here;
        let step = if gap >= 1.0 && above - here > 1.0 {
            1.0
        } else if gap <= -1.0 && below - here < -1.0 {
            -1.0
        } else {
            return;
        };
        let [low, height, high] = [marker - 1, marker, marker + 1].map(|i| self.heights[i]);
        let (up, down) = ((high - height) / (above - here), (height - low) / (here - below));
        let parabola =
            height + step / (above - below) * ((here - below + step) * up + (above - here - step) * down);
        let line = height + step * if step > 0.0 { up } else { down };
        self.heights[marker] = if low < parabola && parabola < high { parabola } else { line };
        self.positions[marker] += step;
    }
}

impl Kernel for P2Quantile {
    const INFO: &'static FormulaInfo = &rows::P2_QUANTILE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let q = params.float("q");
        Ok(Self {
            heights: [0.0; 5],
            positions: [1.0, 2.0, 3.0, 4.0, 5.0],
            increments: [0.0, 0.5 * q, q, 0.5 * (1.0 + q), 1.0],
            seen: 0,
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<f64> {
        self.seen += 1;
        if self.seen <= 5 {
            self.heights[self.seen as usize - 1] = x;
            if self.seen < 5 {
                return None;
            }
            self.heights.sort_unstable_by(f64::total_cmp);
            return Some(self.heights[2]);
        }
        self.place(x);
        (1..4).for_each(|marker| self.adjust(marker));
        Some(self.heights[2])
    }
}

state! {
    /// The quantile, and the mean distance from it, which sets the size of a step.
    pub struct StochasticQuantile {
        q: f64,
        gain: f64,
        scale_alpha: f64,
        quantile: Option<f64>,
        scale: f64,
    }
}

impl Kernel for StochasticQuantile {
    const INFO: &'static FormulaInfo = &rows::STOCHASTIC_QUANTILE;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            q: params.float("q"),
            gain: 2.0 * params.float("gamma"),
            scale_alpha: params.float("scale_alpha"),
            quantile: None,
            scale: 0.0,
        })
    }

    #[inline]
    fn step(&mut self, x: f64) -> Option<f64> {
        let last = self.quantile.unwrap_or(x);
        self.scale += self.scale_alpha * ((x - last).abs() - self.scale);
        let direction = self.q - f64::from(u8::from(x <= last));
        self.quantile = Some(last + self.gain * self.scale * direction);
        self.quantile
    }
}
