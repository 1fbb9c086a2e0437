//! The range of a bar with the gap before it (Wilder), and its average in units of price and in percent.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::BLOCK;
use crate::parts::{self, is_bar, ratio_or, AverageTrueRange, Batch, BEFORE};
use crate::persist::state;
use crate::rows;

state! {
    pub struct TrueRange {
        range: parts::TrueRange,
    }
}

impl Kernel for TrueRange {
    const INFO: &'static FormulaInfo = &rows::TRUE_RANGE;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(_: &Params) -> Result<Self, ParamError> {
        Ok(Self { range: parts::TrueRange::default() })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> Option<f64> {
        let [high, low, close] = bar;
        if !is_bar(high, low, close) {
            return None;
        }
        self.range.push(high, low, close)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        parts::TrueRange::over(columns, out[0])
    }
}

state! {
    pub struct Atr {
        average: AverageTrueRange,
    }
}

impl Kernel for Atr {
    const INFO: &'static FormulaInfo = &rows::ATR;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { average: AverageTrueRange::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> Option<f64> {
        let [high, low, close] = bar;
        if !is_bar(high, low, close) {
            return None;
        }
        self.average.push(high, low, close)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut ranges) = (Batch::new(self), [0.0; BEFORE + BLOCK]);
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            let out = &mut out[0][row..][..BLOCK];
            batch.kernel.average.push_block(columns, row, &mut ranges, out);
        }
        batch.is_sound()
    }
}

#[inline(always)]
fn percent(average: f64, close: f64) -> f64 {
    ratio_or(100.0 * average, close, f64::NAN)
}

state! {
    pub struct Natr {
        average: AverageTrueRange,
    }
}

impl Kernel for Natr {
    const INFO: &'static FormulaInfo = &rows::NATR;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { average: AverageTrueRange::new(params.int("period")) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> Option<f64> {
        let [high, low, close] = bar;
        if !is_bar(high, low, close) {
            return None;
        }
        let average = self.average.push(high, low, close)?;
        Some(percent(average, close))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut ranges) = (Batch::new(self), [0.0; BEFORE + BLOCK]);
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            let out = &mut out[0][row..][..BLOCK];
            batch.kernel.average.push_block(columns, row, &mut ranges, out);
            for (average, &close) in out.iter_mut().zip(&columns[2][row..]) {
                *average = percent(*average, close);
            }
        }
        batch.is_sound()
    }
}
