//! Exponential averages of exponential averages, combined so that the lag of one cancels that of another.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{cascade, Lag, OnePole};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Dema {
        stages: [OnePole; 2],
    }
}

impl Kernel for Dema {
    const INFO: &'static FormulaInfo = &rows::DEMA;
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
}

state! {
    pub struct Tema {
        stages: [OnePole; 3],
    }
}

impl Kernel for Tema {
    const INFO: &'static FormulaInfo = &rows::TEMA;
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
        let lag = self.lag.len().min(out.len());
        let mut pole = OnePole::ema(self.pole.period()).anchored();
        out[..lag].fill(f64::NAN);
        for ((out, price), lagged) in out[lag..].iter_mut().zip(&prices[lag..]).zip(prices) {
            *out = pole.push(price + (price - lagged)).unwrap_or(f64::NAN);
        }
        true
    }
}
