//! Moving averages of one series: simple and exponential.

use crate::info::{FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::is_number;
use crate::kernel::Kernel;
use crate::params::{Given, ParamError};
use crate::smoothing::OnePole;
use crate::sum::WindowSum;

const SMA: FormulaInfo = FormulaInfo {
    id: 1,
    key: "sma",
    name: "Simple moving average",
    category: "trend_moving_averages",
    subcategory: "moving average",
    tier: 1,
    input: InputKind::Price,
    params: &[ParamInfo::int("period", 20, 1, 100_000)],
    outputs: &[OutputInfo::new("sma", "price")],
    warmup: "period-1",
    streaming: "O(1): compensated sum over a ring",
    definition: "The mean of the last `period` prices. The sum slides by one addition and one subtraction, is \
                 compensated for rounding, and is made anew once a window. A period of 1 gives the price itself.",
    citation: "Murphy, J.J. (1999), Technical Analysis of the Financial Markets, New York Institute of Finance (ch. 9)",
    oracle: "talib.SMA",
};

#[derive(Debug, Clone)]
pub struct Sma {
    sum: WindowSum,
    seen: u32,
}

impl Sma {
    pub fn new(period: usize) -> Result<Self, ParamError> {
        Self::from_params(&[period as f64])
    }
}

impl Kernel for Sma {
    const INFO: &'static FormulaInfo = &SMA;
    type Input<'a> = f64;
    type Output = f64;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { sum: WindowSum::new(given.int(0)), seen: 0 })
    }

    #[inline]
    fn update(&mut self, price: f64) -> f64 {
        if !is_number(price) {
            return f64::NAN;
        }
        let sum = self.sum.push(price);
        let period = self.sum.len();
        if (self.seen as usize) < period {
            self.seen += 1;
            if (self.seen as usize) < period {
                return f64::NAN;
            }
        }
        sum / period as f64
    }

    fn reset(&mut self) {
        self.sum.reset();
        self.seen = 0;
    }

    fn warmup(&self) -> usize {
        self.sum.len() - 1
    }
}

const EMA: FormulaInfo = FormulaInfo {
    id: 2,
    key: "ema",
    name: "Exponential moving average",
    category: "trend_moving_averages",
    subcategory: "moving average",
    tier: 1,
    input: InputKind::Price,
    params: &[ParamInfo::int("period", 20, 1, 100_000)],
    outputs: &[OutputInfo::new("ema", "price")],
    warmup: "period-1",
    streaming: "O(1): one-pole recursion",
    definition: "Starts as the mean of the first `period` prices, then moves towards each new price by \
                 alpha = 2/(period+1) of the distance: ema += alpha*(price - ema).",
    citation: "Brown, R.G. (1959), Statistical Forecasting for Inventory Control, McGraw-Hill",
    oracle: "talib.EMA",
};

#[derive(Debug, Clone)]
pub struct Ema {
    pole: OnePole,
}

impl Ema {
    pub fn new(period: usize) -> Result<Self, ParamError> {
        Self::from_params(&[period as f64])
    }
}

impl Kernel for Ema {
    const INFO: &'static FormulaInfo = &EMA;
    type Input<'a> = f64;
    type Output = f64;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { pole: OnePole::ema(given.int(0)) })
    }

    #[inline]
    fn update(&mut self, price: f64) -> f64 {
        if is_number(price) {
            self.pole.update(price)
        } else {
            f64::NAN
        }
    }

    fn reset(&mut self) {
        self.pole.reset();
    }

    fn warmup(&self) -> usize {
        self.pole.period() - 1
    }
}
