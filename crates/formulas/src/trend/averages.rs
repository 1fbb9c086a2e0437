//! Moving averages of a price: simple, exponential, Wilder's, by volume, by time, and the middle value.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks, cut, leave_out, map_rows, BLOCK};
use crate::parts::{ratio_or, reach, Batch, OnePole, OrderStatistics, WindowMean, WindowSum};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Sma {
        mean: WindowMean,
    }
}

impl Kernel for Sma {
    const INFO: &'static FormulaInfo = &rows::SMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { mean: WindowMean::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.mean.push(price)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        self.mean.over(columns[0], out[0])
    }
}

state! {
    pub struct Ema {
        pole: OnePole,
    }
}

impl Kernel for Ema {
    const INFO: &'static FormulaInfo = &rows::EMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pole: OnePole::ema(params.int("period")).anchored() })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.pole.push(price)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let mut batch = Batch::new(self);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            batch.kernel.pole.push_block(reach(columns[0], row), &mut out[0][row..][..BLOCK]);
        }
        batch.is_sound()
    }
}

state! {
    pub struct Rma {
        pole: OnePole,
    }
}

impl Kernel for Rma {
    const INFO: &'static FormulaInfo = &rows::RMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { pole: OnePole::wilder(params.int("period")).anchored() })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.pole.push(price)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let mut batch = Batch::new(self);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            batch.kernel.pole.push_block(reach(columns[0], row), &mut out[0][row..][..BLOCK]);
        }
        batch.is_sound()
    }
}

state! {
    pub struct Vwma {
        turnover: WindowSum,
        volume: WindowSum,
    }
}

impl Kernel for Vwma {
    const INFO: &'static FormulaInfo = &rows::VWMA;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { turnover: WindowSum::new(period), volume: WindowSum::new(period) })
    }

    #[inline(always)]
    fn step(&mut self, [price, volume]: [f64; 2]) -> Option<f64> {
        if volume < 0.0 {
            return None;
        }
        let (turnover, volume) = (self.turnover.push(price * volume), self.volume.push(volume));
        Some(ratio_or(turnover?, volume?, f64::NAN))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, out) = (self.volume.len(), &mut *out[0]);
        let (mut turnovers, mut volumes) = (WindowSum::new(n), WindowSum::new(n));
        let (mut products, mut turnover, mut volume) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for rows in blocks(out.len()) {
            let bars: [&[f64]; 2] = cut(columns, &rows);
            if !all_rows(bars, |[_, volume]| volume >= 0.0) {
                return false;
            }
            let count = rows.len();
            map_rows(bars, &mut products[..count], |[price, volume]| price * volume);
            let sums = [&mut turnover[..count], &mut volume[..count]];
            WindowSum::push_both([&mut turnovers, &mut volumes], [&products[..count], bars[1]], sums);
            map_rows([&turnover, &volume], &mut out[rows], |[turnover, volume]| {
                ratio_or(turnover, volume, f64::NAN)
            });
        }
        leave_out(out, n);
        true
    }
}

state! {
    pub struct RollingMedian {
        window: OrderStatistics,
    }
}

impl Kernel for RollingMedian {
    const INFO: &'static FormulaInfo = &rows::ROLLING_MEDIAN;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { window: OrderStatistics::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<f64> {
        self.window.push(price);
        self.window.is_full().then(|| self.window.median())
    }
}

state! {
    /// The price moves in a straight line from one observation to the next.
    pub struct EmaIrregular {
        tau_s: f64,
        last_s: f64,
        price: f64,
        value: Option<f64>,
    }
}

impl Kernel for EmaIrregular {
    const INFO: &'static FormulaInfo = &rows::EMA_IRREGULAR;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { tau_s: params.float("tau_s"), last_s: 0.0, price: 0.0, value: None })
    }

    #[inline(always)]
    fn step(&mut self, [price, t_s]: [f64; 2]) -> Option<f64> {
        let value = match self.value {
            None => price,
            Some(_) if t_s < self.last_s => return None,
            Some(last) => {
                let elapsed = (t_s - self.last_s) / self.tau_s;
                // Without expm1, 1 - exp(-a) has no digits left for observations that follow each other closely.
                let decayed = -(-elapsed).exp_m1();
                let share = if elapsed == 0.0 { 1.0 } else { decayed / elapsed };
                // As differences from the last value, so that an average that has arrived stays.
                last + (share - 1.0 + decayed) * (self.price - last) + (1.0 - share) * (price - last)
            }
        };
        self.last_s = t_s;
        self.price = price;
        self.value = Some(value);
        self.value
    }
}
