//! Dependence of ranks over a window: it sees order and not size.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::RollingRanks;
use crate::persist::state;
use crate::rows;

state! {
    pub struct Spearman {
        xs: RollingRanks,
        ys: RollingRanks,
    }
}

impl Kernel for Spearman {
    const INFO: &'static FormulaInfo = &rows::SPEARMAN;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { xs: RollingRanks::new(period), ys: RollingRanks::new(period) })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<f64> {
        let (xs, ys) = (self.xs.push(x), self.ys.push(y));
        let (xs, ys) = (xs?, ys?);
        let mean = xs.len() as f64 + 1.0;
        let (squares_x, squares_y) = (centred_product(xs, xs, mean), centred_product(ys, ys, mean));
        let products = centred_product(xs, ys, mean);
        let spread = (squares_x * squares_y).sqrt();
        Some(if spread > 0.0 { (products / spread).clamp(-1.0, 1.0) } else { 0.0 })
    }
}

/// The sum of products of deviations from the mean of the ranks 1 to n, all doubled. In four sums side by side: of
/// whole numbers they are exact in any order.
#[inline(always)]
fn centred_product(xs: &[f64], ys: &[f64], mean: f64) -> f64 {
    const LANES: usize = 4;
    let mut sums = [0.0; LANES];
    let (xs, ys) = (xs.chunks_exact(LANES), ys.chunks_exact(LANES));
    let rest = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| (x - mean) * (y - mean));
    let rest: f64 = rest.sum();
    for (xs, ys) in xs.zip(ys) {
        for lane in 0..LANES {
            sums[lane] += (xs[lane] - mean) * (ys[lane] - mean);
        }
    }
    rest + sums.iter().sum::<f64>()
}

outputs! { TailPoint { lower, upper } }

state! {
    pub struct TailDependence {
        xs: RollingRanks,
        ys: RollingRanks,
        /// The largest doubled rank in the lower tail, the smallest in the upper.
        low: f64,
        high: f64,
        inverse_expected: f64,
    }
}

impl Kernel for TailDependence {
    const INFO: &'static FormulaInfo = &rows::TAIL_DEPENDENCE;
    type Input<'a> = [f64; 2];
    type Output<'s> = TailPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, q) = (params.int("period"), params.float("q"));
        let places = 2.0 * (period as f64 + 1.0);
        // Whole doubled ranks with rank / (n + 1) <= q as floats divide, so that 5 of 100 are in a tail of 0.05.
        let guess = (q * places).floor();
        let low = if (guess + 1.0) / places <= q {
            guess + 1.0
        } else if guess / places <= q {
            guess
        } else {
            guess - 1.0
        };
        Ok(Self {
            xs: RollingRanks::new(period),
            ys: RollingRanks::new(period),
            low,
            high: places - low,
            inverse_expected: 1.0 / (period as f64 * q),
        })
    }

    #[inline]
    fn step(&mut self, [x, y]: [f64; 2]) -> Option<TailPoint> {
        let (xs, ys) = (self.xs.push(x), self.ys.push(y));
        let (xs, ys) = (xs?, ys?);
        let (low, high) = (self.low, self.high);
        let (mut lower, mut upper) = (0u64, 0u64);
        for (&x, &y) in xs.iter().zip(ys) {
            lower += u64::from((x <= low) & (y <= low));
            upper += u64::from((x >= high) & (y >= high));
        }
        let share = |count: u64| (count as f64 * self.inverse_expected).min(1.0);
        Some(TailPoint { lower: share(lower), upper: share(upper) })
    }
}
