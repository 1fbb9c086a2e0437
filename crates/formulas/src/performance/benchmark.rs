//! Returns against those of a benchmark: active returns, and what is left after its risk is paid for.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Welford;
use crate::persist::state;
use crate::rows;

outputs! { ActivePoint { ir, tracking_error } }
outputs! { RelativePoint { alpha, treynor, m2 } }

state! {
    pub struct InformationRatio {
        active: Welford,
        scale: f64,
    }
}

impl Kernel for InformationRatio {
    const INFO: &'static FormulaInfo = &rows::INFORMATION_RATIO;
    type Input<'a> = [f64; 2];
    type Output<'s> = ActivePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { active: Welford::default(), scale: params.float("ann").sqrt() })
    }

    #[inline]
    fn step(&mut self, [r, benchmark]: [f64; 2]) -> Option<ActivePoint> {
        self.active.push(r - benchmark);
        if self.active.count < 2 {
            return None;
        }
        let deviation = self.active.variance(1).sqrt();
        let ir = if deviation > 0.0 { self.scale * self.active.mean / deviation } else { f64::NAN };
        Some(ActivePoint { ir, tracking_error: self.scale * deviation })
    }
}

state! {
    pub struct TreynorAlpha {
        count: u64,
        mean_r: f64,
        mean_b: f64,
        /// Sums of squares and products of the deviations from the means.
        squares_r: f64,
        squares_b: f64,
        products: f64,
        rf: f64,
        ann: f64,
    }
}

impl TreynorAlpha {
    /// Welford's update for a pair.
    #[inline(always)]
    fn push(&mut self, r: f64, b: f64) {
        self.count += 1;
        let share = 1.0 / self.count as f64;
        let (before_r, before_b) = (r - self.mean_r, b - self.mean_b);
        self.mean_r += before_r * share;
        self.mean_b += before_b * share;
        let after_b = b - self.mean_b;
        self.squares_r += before_r * (r - self.mean_r);
        self.squares_b += before_b * after_b;
        self.products += before_r * after_b;
    }
}

impl Kernel for TreynorAlpha {
    const INFO: &'static FormulaInfo = &rows::TREYNOR_ALPHA;
    type Input<'a> = [f64; 2];
    type Output<'s> = RelativePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            count: 0,
            mean_r: 0.0,
            mean_b: 0.0,
            squares_r: 0.0,
            squares_b: 0.0,
            products: 0.0,
            rf: params.float("rf"),
            ann: params.float("ann"),
        })
    }

    #[inline]
    fn step(&mut self, [r, benchmark]: [f64; 2]) -> Option<RelativePoint> {
        self.push(r - self.rf, benchmark - self.rf);
        if self.count < 2 {
            return None;
        }
        // A benchmark without spread has no beta.
        let beta = if self.squares_b > 0.0 { self.products / self.squares_b } else { f64::NAN };
        let reward = if self.squares_r > 0.0 { self.mean_r / self.squares_r.sqrt() } else { f64::NAN };
        Some(RelativePoint {
            alpha: self.ann * (self.mean_r - beta * self.mean_b),
            treynor: self.ann * self.mean_r / beta,
            m2: self.ann * (reward * self.squares_b.sqrt() + self.rf),
        })
    }
}
