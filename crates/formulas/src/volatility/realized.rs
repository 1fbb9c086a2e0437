//! Variation of returns within a window: their squares, and sums that jumps hardly touch.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::WindowSum;
use crate::persist::state;
use crate::rows;

/// Places that a window over all bins and days may have.
const MOST_PLACES: usize = 10_000_000;

outputs! {
    /// The sum of squares, and the volatility that it amounts to.
    Variation { rv, rvol }
}

state! {
    pub struct RealizedVariance {
        squares: WindowSum,
        annual: f64,
    }
}

impl Kernel for RealizedVariance {
    const INFO: &'static FormulaInfo = &rows::REALIZED_VARIANCE;
    type Input<'a> = f64;
    type Output<'s> = Variation;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { squares: WindowSum::new(params.int("period")), annual: params.float("ann") })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<Variation> {
        let rv = self.squares.push(r * r)?;
        Some(Variation { rv, rvol: (self.annual * rv).sqrt() })
    }
}

outputs! {
    /// The squares of gains, those of losses, and how much more the former are.
    Semivariances { rs_pos, rs_neg, sjv }
}

state! {
    pub struct RealizedSemivariance {
        gains: WindowSum,
        losses: WindowSum,
    }
}

impl Kernel for RealizedSemivariance {
    const INFO: &'static FormulaInfo = &rows::REALIZED_SEMIVARIANCE;
    type Input<'a> = f64;
    type Output<'s> = Semivariances;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let total = || WindowSum::new(params.int("period"));
        Ok(Self { gains: total(), losses: total() })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<Semivariances> {
        let (gain, loss) = (r.max(0.0), r.min(0.0));
        let (gains, losses) = (self.gains.push(gain * gain), self.losses.push(loss * loss));
        let (rs_pos, rs_neg) = (gains?, losses?);
        Some(Semivariances { rs_pos, rs_neg, sjv: rs_pos - rs_neg })
    }
}

state! {
    /// Barndorff-Nielsen and Shephard's sum of products of neighbours, over the n - 1 pairs of n returns.
    pub(super) struct Bipower {
        last: Option<f64>,
        products: WindowSum,
        scale: f64,
    }
}

impl Bipower {
    pub(super) fn new(period: usize) -> Self {
        let n = period as f64;
        let scale = FRAC_PI_2 * n / (n - 1.0);
        Self { last: None, products: WindowSum::new(period - 1), scale }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, r: f64) -> Option<f64> {
        let size = r.abs();
        let last = self.last.replace(size)?;
        self.products.push(size * last).map(|sum| self.scale * sum)
    }
}

state! {
    pub struct BipowerVariation {
        bipower: Bipower,
    }
}

impl Kernel for BipowerVariation {
    const INFO: &'static FormulaInfo = &rows::BIPOWER_VARIATION;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { bipower: Bipower::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        self.bipower.push(r)
    }
}

state! {
    pub struct Medrv {
        /// Sizes of the two returns before.
        last: Option<f64>,
        before: Option<f64>,
        squares: WindowSum,
        scale: f64,
    }
}

impl Kernel for Medrv {
    const INFO: &'static FormulaInfo = &rows::MEDRV;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        let n = period as f64;
        let scale = PI / (6.0 - 4.0 * 3f64.sqrt() + PI) * n / (n - 2.0);
        Ok(Self { last: None, before: None, squares: WindowSum::new(period - 2), scale })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        let size = r.abs();
        let last = self.last.replace(size)?;
        let before = self.before.replace(last)?;
        let median = size.min(last).max(size.max(last).min(before));
        self.squares.push(median * median).map(|sum| self.scale * sum)
    }
}

state! {
    pub struct IntradayPeriodicity {
        /// Of each bin, the squares of the last days.
        bins: Box<[WindowSum]>,
        all: WindowSum,
        bin: usize,
    }
}

impl Kernel for IntradayPeriodicity {
    const INFO: &'static FormulaInfo = &rows::INTRADAY_PERIODICITY;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (bins, days) = (params.int("bins"), params.int("days"));
        if bins * days > MOST_PLACES {
            return Err(params.refuse("days", format!("bins * days up to {MOST_PLACES}")));
        }
        Ok(Self {
            bins: vec![WindowSum::new(days); bins].into_boxed_slice(),
            all: WindowSum::new(bins * days),
            bin: 0,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<f64> {
        let square = r * r;
        let of_bin = self.bins[self.bin].push(square);
        self.bin = if self.bin + 1 == self.bins.len() { 0 } else { self.bin + 1 };
        let all = self.all.push(square)?;
        Some((of_bin? * self.bins.len() as f64 / all).sqrt())
    }
}
