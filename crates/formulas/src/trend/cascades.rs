//! Exponential averages of exponential averages, combined so that the lag of one cancels that of another.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{blocks, leave_out, map_rows, BLOCK};
use crate::parts::{cascade, reach, Batch, Lag, OnePole, BEFORE};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Dema {
        stages: [OnePole; 2],
    }
}

impl Kernel for Dema {
    const INFO: &'static FormulaInfo = &rows::DEMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { stages: std::array::from_fn(|_| OnePole::ema(params.int("period")).anchored()) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let [once, twice] = cascade(&mut self.stages, price)?;
        Some(2.0 * once - twice)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut stages) = (Batch::new(self), [[0.0; BEFORE + BLOCK]; 2]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            OnePole::push_cascade(&mut batch.kernel.stages, reach(columns[0], row), &mut stages);
            let averages = stages.each_ref().map(|stage| &stage[BEFORE..]);
            map_rows(averages, &mut out[0][row..][..BLOCK], |[once, twice]| 2.0 * once - twice);
        }
        batch.is_sound()
    }
}

state! {
    pub struct Tema {
        stages: [OnePole; 3],
    }
}

impl Kernel for Tema {
    const INFO: &'static FormulaInfo = &rows::TEMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { stages: std::array::from_fn(|_| OnePole::ema(params.int("period")).anchored()) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let [once, twice, thrice] = cascade(&mut self.stages, price)?;
        Some(3.0 * (once - twice) + thrice)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut stages) = (Batch::new(self), [[0.0; BEFORE + BLOCK]; 3]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            OnePole::push_cascade(&mut batch.kernel.stages, reach(columns[0], row), &mut stages);
            let averages = stages.each_ref().map(|stage| &stage[BEFORE..]);
            map_rows(averages, &mut out[0][row..][..BLOCK], |[once, twice, thrice]| {
                3.0 * (once - twice) + thrice
            });
        }
        batch.is_sound()
    }
}

state! {
    pub struct Zlema {
        lag: Lag,
        pole: OnePole,
    }
}

impl Kernel for Zlema {
    const INFO: &'static FormulaInfo = &rows::ZLEMA;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { lag: Lag::new((period - 1) / 2), pole: OnePole::ema(period).anchored() })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        let lagged = self.lag.push(price)?;
        self.pole.push(price + (price - lagged))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (prices, out) = (columns[0], &mut *out[0]);
        let (lag, mut pole) = (self.lag.len(), self.pole.clone());
        let mut ahead = [0.0; BEFORE + BLOCK];
        for rows in blocks(out.len()) {
            if rows.start >= lag + pole.period() + BEFORE && rows.len() == BLOCK {
                let first = rows.start - BEFORE;
                map_rows([&prices[first..], &prices[first - lag..]], &mut ahead, |[price, lagged]| {
                    price + (price - lagged)
                });
                pole.push_block(&ahead, &mut out[rows]);
                continue;
            }
            for row in rows.start.max(lag)..rows.end {
                let ahead = prices[row] + (prices[row] - prices[row - lag]);
                out[row] = pole.push(ahead).unwrap_or(f64::NAN);
            }
        }
        leave_out(out, lag + 1);
        true
    }
}
