//! Straight lines through the last n prices, and the averages under weights that rise in one.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{blocks_from, leave_out, map_rows, Excerpt};
use crate::parts::{needed, RollingMoments, WindowRamp};
use crate::persist::state;
use crate::rows;

#[inline(always)]
fn weighted(window: &WindowRamp, xs: &[f64], out: &mut [f64]) -> bool {
    window.over(xs, out, |sums| sums.weighted_mean())
}

state! {
    pub struct Wma {
        window: WindowRamp,
    }
}

impl Kernel for Wma {
    const INFO: &'static FormulaInfo = &rows::WMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { window: WindowRamp::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.window.push(price).map(|sums| sums.weighted_mean())
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        weighted(&self.window, columns[0], out[0])
    }
}

state! {
    pub struct Hma {
        half: WindowRamp,
        whole: WindowRamp,
        last: WindowRamp,
    }
}

impl Kernel for Hma {
    const INFO: &'static FormulaInfo = &rows::HMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            half: WindowRamp::new(period / 2),
            whole: WindowRamp::new(period),
            last: WindowRamp::new(period.isqrt()),
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let (half, whole) = (self.half.push(price), self.whole.push(price));
        let (half, whole) = (half?.weighted_mean(), whole?.weighted_mean());
        self.last.push(half + (half - whole)).map(|sums| sums.weighted_mean())
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (price, out, count) = (columns[0], &mut *out[0], columns[0].len());
        let [mut halves, mut wholes, mut hulls, mut means] = [(); 4].map(|()| Excerpt::default());
        // Rows before the first hull, and before the first mean of hulls.
        let (early, before) = (self.whole.len() - 1, self.whole.len() + self.last.len() - 2);
        leave_out(out, before + 1);
        for rows in blocks_from(before, count, 4 * self.whole.len()) {
            let last = needed(self.last.len(), &(rows.start - early..rows.end - early), count - early);
            let last = last.start + early..last.end + early;
            let [half, whole] = [&self.half, &self.whole].map(|window| needed(window.len(), &last, count));
            if !weighted(&self.half, &price[half.clone()], halves.of(&half))
                || !weighted(&self.whole, &price[whole.clone()], wholes.of(&whole))
            {
                return false;
            }
            map_rows([halves.at(&last), wholes.at(&last)], hulls.of(&last), |[half, whole]| {
                half + (half - whole)
            });
            if !weighted(&self.last, hulls.at(&last), means.of(&last)) {
                return false;
            }
            out[rows.clone()].copy_from_slice(means.at(&rows));
        }
        true
    }
}

state! {
    pub struct Lsma {
        window: WindowRamp,
    }
}

impl Kernel for Lsma {
    const INFO: &'static FormulaInfo = &rows::LSMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { window: WindowRamp::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.window.push(price).map(|sums| sums.endpoint())
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.window.over(columns[0], out[0], |sums| sums.endpoint())
    }
}

state! {
    pub struct LinregSlope {
        window: WindowRamp,
    }
}

impl Kernel for LinregSlope {
    const INFO: &'static FormulaInfo = &rows::LINREG_SLOPE;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { window: WindowRamp::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.window.push(price).map(|sums| sums.slope())
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.window.over(columns[0], out[0], |sums| sums.slope())
    }
}

state! {
    pub struct LinregR2 {
        window: WindowRamp,
        moments: RollingMoments,
        /// The variance of 0, 1, ... n - 1.
        variance_k: f64,
    }
}

impl Kernel for LinregR2 {
    const INFO: &'static FormulaInfo = &rows::LINREG_R2;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        let n = period as f64;
        Ok(Self {
            window: WindowRamp::new(period),
            moments: RollingMoments::new(period),
            variance_k: (n * n - 1.0) / 12.0,
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let (sums, moments) = (self.window.push(price), self.moments.push(price));
        let (slope, variance) = (sums?.slope(), moments?.variance);
        // The variance of the line over that of the price.
        Some(if variance > 0.0 { (slope * slope * self.variance_k / variance).min(1.0) } else { 0.0 })
    }
}
