//! Oscillators of one price series: relative strength and convergence/divergence of averages.

use crate::info::{FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::is_number;
use crate::kernel::{outputs, Kernel};
use crate::params::{Given, ParamError};
use crate::smoothing::OnePole;

const RSI: FormulaInfo = FormulaInfo {
    id: 45,
    key: "rsi",
    name: "Relative strength index (Wilder)",
    category: "momentum_oscillators",
    subcategory: "oscillator",
    tier: 1,
    input: InputKind::Price,
    params: &[ParamInfo::int("period", 14, 2, 10_000)],
    outputs: &[OutputInfo::new("rsi", "percent [0,100]")],
    warmup: "period",
    streaming: "O(1): two Wilder averages",
    definition: "Rises and falls of the price from one input to the next are averaged apart, each with Wilder's \
                 smoothing (seed: mean of the first `period` differences, then weight 1/period). The index is the \
                 averaged rise in percent of averaged rise plus averaged fall; 50 while both are zero.",
    citation: "Wilder, J.W. (1978), New Concepts in Technical Trading Systems, Trend Research",
    oracle: "talib.RSI (which gives 0 where both averages are zero)",
};

#[derive(Debug, Clone)]
pub struct Rsi {
    rise: OnePole,
    fall: OnePole,
    /// NaN before the first price.
    last: f64,
}

impl Rsi {
    pub fn new(period: usize) -> Result<Self, ParamError> {
        Self::from_params(&[period as f64])
    }
}

impl Kernel for Rsi {
    const INFO: &'static FormulaInfo = &RSI;
    type Input<'a> = f64;
    type Output = f64;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        let period = given.int(0);
        Ok(Self { rise: OnePole::wilder(period), fall: OnePole::wilder(period), last: f64::NAN })
    }

    #[inline]
    fn update(&mut self, price: f64) -> f64 {
        if !is_number(price) {
            return f64::NAN;
        }
        let change = price - self.last;
        self.last = price;
        if change.is_nan() {
            return f64::NAN;
        }
        let rise = self.rise.update(if change > 0.0 { change } else { 0.0 });
        let fall = self.fall.update(if change < 0.0 { -change } else { 0.0 });
        let both = rise + fall;
        // The ratio first: with no fall at all it is 1, and the index 100, without rounding.
        if both == 0.0 {
            50.0
        } else {
            100.0 * (rise / both)
        }
    }

    fn reset(&mut self) {
        self.rise.reset();
        self.fall.reset();
        self.last = f64::NAN;
    }

    fn warmup(&self) -> usize {
        self.rise.period()
    }
}

const MACD: FormulaInfo = FormulaInfo {
    id: 57,
    key: "macd",
    name: "Moving average convergence divergence",
    category: "momentum_oscillators",
    subcategory: "trend oscillator",
    tier: 1,
    input: InputKind::Price,
    params: &[
        ParamInfo::int("fast", 12, 1, 10_000),
        ParamInfo::int("slow", 26, 2, 100_000),
        ParamInfo::int("signal", 9, 1, 10_000),
    ],
    outputs: &[
        OutputInfo::new("macd", "price"),
        OutputInfo::new("signal", "price"),
        OutputInfo::new("hist", "price"),
    ],
    warmup: "slow-1+signal-1",
    streaming: "O(1): three one-pole recursions",
    definition: "The line is a fast exponential average of the price less a slow one. Both give their first value \
                 at input slow-1: the fast average leaves out the first slow-fast prices and takes the mean of the \
                 next `fast` as its seed. The signal is an exponential average of the line, the histogram is line \
                 less signal; all three appear together. fast must be below slow.",
    citation: "Appel, G. (2005), Technical Analysis: Power Tools for Active Investors, FT Prentice Hall",
    oracle: "talib.MACD",
};

outputs! {
    /// Line, signal and their difference.
    MacdPoint { macd, signal, hist }
}

#[derive(Debug, Clone)]
pub struct Macd {
    fast: OnePole,
    slow: OnePole,
    signal: OnePole,
    /// Prices that the fast average still has to leave out.
    skip: u32,
}

impl Macd {
    pub fn new(fast: usize, slow: usize, signal: usize) -> Result<Self, ParamError> {
        Self::from_params(&[fast as f64, slow as f64, signal as f64])
    }

    fn lag(&self) -> u32 {
        (self.slow.period() - self.fast.period()) as u32
    }
}

impl Kernel for Macd {
    const INFO: &'static FormulaInfo = &MACD;
    type Input<'a> = f64;
    type Output = MacdPoint;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        let (fast, slow, signal) = (given.int(0), given.int(1), given.int(2));
        if fast >= slow {
            return Err(given.refuse(0, format!("less than slow, which is {slow}")));
        }
        Ok(Self {
            fast: OnePole::ema(fast),
            slow: OnePole::ema(slow),
            signal: OnePole::ema(signal),
            skip: (slow - fast) as u32,
        })
    }

    #[inline]
    fn update(&mut self, price: f64) -> MacdPoint {
        if !is_number(price) {
            return MacdPoint::NAN;
        }
        let slow = self.slow.update(price);
        if self.skip > 0 {
            self.skip -= 1;
            return MacdPoint::NAN;
        }
        let macd = self.fast.update(price) - slow;
        if !self.slow.is_ready() {
            return MacdPoint::NAN;
        }
        let signal = self.signal.update(macd);
        if !self.signal.is_ready() {
            return MacdPoint::NAN;
        }
        MacdPoint { macd, signal, hist: macd - signal }
    }

    fn reset(&mut self) {
        self.fast.reset();
        self.slow.reset();
        self.signal.reset();
        self.skip = self.lag();
    }

    fn warmup(&self) -> usize {
        self.slow.period() + self.signal.period() - 2
    }
}
