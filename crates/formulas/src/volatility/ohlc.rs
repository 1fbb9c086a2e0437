//! Volatility from the open, high, low and close of bars: what the range tells beyond the closes.

use std::f64::consts::LN_2;

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{is_bar, RollingMoments, WindowSum};
use crate::persist::state;
use crate::rows;

/// Open and close lie between a positive low and the high.
#[inline(always)]
fn is_sound([open, high, low, close]: [f64; 4]) -> bool {
    (low > 0.0) & is_bar(high, low, open) & is_bar(high, low, close)
}

state! {
    /// The root of a multiple of the sum of n terms, none of which is negative.
    struct RootSum {
        terms: WindowSum,
        scale: f64,
    }
}

impl RootSum {
    /// Annualised and over `divisor` times the number of bars.
    fn new(params: &Params, divisor: f64) -> Self {
        let period = params.int("period");
        Self { terms: WindowSum::new(period), scale: params.float("ann") / (divisor * period as f64) }
    }

    #[inline(always)]
    fn push(&mut self, term: f64) -> Option<f64> {
        self.terms.push(term).map(|sum| (self.scale * sum).sqrt())
    }
}

state! {
    pub struct Parkinson {
        root: RootSum,
    }
}

impl Kernel for Parkinson {
    const INFO: &'static FormulaInfo = &rows::PARKINSON;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { root: RootSum::new(params, 4.0 * LN_2) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 2]) -> Option<f64> {
        let [high, low] = bar;
        if low <= 0.0 || high < low {
            return None;
        }
        let range = (high / low).ln();
        self.root.push(range * range)
    }
}

state! {
    pub struct GarmanKlass {
        root: RootSum,
    }
}

impl Kernel for GarmanKlass {
    const INFO: &'static FormulaInfo = &rows::GARMAN_KLASS;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { root: RootSum::new(params, 1.0) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        if !is_sound(bar) {
            return None;
        }
        let [open, high, low, close] = bar;
        let (range, body) = ((high / low).ln(), (close / open).ln());
        self.root.push(0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body)
    }
}

/// ln(h/c) ln(h/o) + ln(l/c) ln(l/o), from logarithms about the open: zero exactly for a bar that opens at one end
/// and closes at the other.
#[inline(always)]
fn rogers_satchell([open, high, low, close]: [f64; 4]) -> f64 {
    let (up, down, body) = ((high / open).ln(), (low / open).ln(), (close / open).ln());
    (up * (up - body) + down * (down - body)).max(0.0)
}

state! {
    pub struct RogersSatchell {
        root: RootSum,
    }
}

impl Kernel for RogersSatchell {
    const INFO: &'static FormulaInfo = &rows::ROGERS_SATCHELL;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { root: RootSum::new(params, 1.0) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        if !is_sound(bar) {
            return None;
        }
        self.root.push(rogers_satchell(bar))
    }
}

state! {
    pub struct YangZhang {
        close: Option<f64>,
        gaps: RollingMoments,
        bodies: RollingMoments,
        ranges: WindowSum,
        /// What each part weighs in the variance: those of the two variances turn n into n - 1.
        weights: [f64; 3],
    }
}

impl Kernel for YangZhang {
    const INFO: &'static FormulaInfo = &rows::YANG_ZHANG;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (period, annual) = (params.int("period"), params.float("ann"));
        let n = period as f64;
        let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        let unbiased = annual * n / (n - 1.0);
        Ok(Self {
            close: None,
            gaps: RollingMoments::new(period),
            bodies: RollingMoments::new(period),
            ranges: WindowSum::new(period),
            weights: [unbiased, k * unbiased, (1.0 - k) * annual / n],
        })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        if !is_sound(bar) {
            return None;
        }
        let [open, _, _, close] = bar;
        let gap = self.close.replace(close).map(|last| (open / last).ln())?;
        let gaps = self.gaps.push(gap);
        let bodies = self.bodies.push((close / open).ln());
        let ranges = self.ranges.push(rogers_satchell(bar));
        let [w_gap, w_body, w_range] = self.weights;
        Some((w_gap * gaps?.variance + w_body * bodies?.variance + w_range * ranges?).sqrt())
    }
}
