//! How much a price moves: bands around its mean, and the range of its bars.

use crate::info::{Bound, FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::{is_number, Bar};
use crate::kernel::{outputs, Kernel};
use crate::params::{Given, ParamError};
use crate::smoothing::OnePole;
use crate::variance::RollingMoments;

const BOLLINGER: FormulaInfo = FormulaInfo {
    id: 126,
    key: "bollinger",
    name: "Bollinger bands, %b and bandwidth",
    category: "volatility",
    subcategory: "band",
    tier: 1,
    input: InputKind::Price,
    params: &[
        ParamInfo::int("period", 20, 2, 100_000),
        ParamInfo::float("k", 2.0, Bound::Excluded(0.0), Bound::Included(100.0)),
    ],
    outputs: &[
        OutputInfo::new("upper", "price"),
        OutputInfo::new("middle", "price"),
        OutputInfo::new("lower", "price"),
        OutputInfo::new("pct_b", "ratio"),
        OutputInfo::new("bandwidth", "ratio"),
    ],
    warmup: "period-1",
    streaming: "O(1): compensated sums of deviations and of their squares about an earlier price",
    definition: "The middle is the mean of the last `period` prices, s their standard deviation (divisor period, not \
                 period-1). The bands lie k*s above and below. pct_b places the newest price between lower (0) and \
                 upper (1), and is 0.5 when s is zero; bandwidth is upper less lower, divided by the middle (NaN \
                 where the middle is zero).",
    citation: "Bollinger, J. (2001), Bollinger on Bollinger Bands, McGraw-Hill",
    oracle: "talib.BBANDS, NumPy for pct_b and bandwidth",
};

outputs! {
    /// The three bands, the place of the price in them, and their width.
    Bands { upper, middle, lower, pct_b, bandwidth }
}

#[derive(Debug, Clone)]
pub struct Bollinger {
    moments: RollingMoments,
    k: f64,
}

impl Bollinger {
    pub fn new(period: usize, k: f64) -> Result<Self, ParamError> {
        Self::from_params(&[period as f64, k])
    }
}

impl Kernel for Bollinger {
    const INFO: &'static FormulaInfo = &BOLLINGER;
    type Input<'a> = f64;
    type Output = Bands;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { moments: RollingMoments::new(given.int(0)), k: given.float(1) })
    }

    #[inline]
    fn update(&mut self, price: f64) -> Bands {
        if !is_number(price) {
            return Bands::NAN;
        }
        let Some(moments) = self.moments.push(price) else { return Bands::NAN };
        let middle = moments.mean;
        let half = self.k * moments.variance.sqrt();
        let width = 2.0 * half;
        Bands {
            upper: middle + half,
            middle,
            lower: middle - half,
            // The same as (price - lower) / (upper - lower), without subtracting large prices.
            pct_b: if width > 0.0 { 0.5 + moments.deviation / width } else { 0.5 },
            bandwidth: if middle == 0.0 { f64::NAN } else { width / middle },
        }
    }

    fn reset(&mut self) {
        self.moments.reset();
    }

    fn warmup(&self) -> usize {
        self.moments.len() - 1
    }
}

const ATR: FormulaInfo = FormulaInfo {
    id: 116,
    key: "atr",
    name: "Average true range",
    category: "volatility",
    subcategory: "range",
    tier: 1,
    input: InputKind::Bar,
    params: &[ParamInfo::int("period", 14, 1, 100_000)],
    outputs: &[OutputInfo::new("atr", "price")],
    warmup: "period",
    streaming: "O(1): one Wilder average",
    definition: "A bar's true range is its high or the close before it, whichever is higher, less its low or that \
                 close, whichever is lower; the first bar has none. The formula is Wilder's average of it: seed the \
                 mean of the first `period` ranges, then weight 1/period.",
    citation: "Wilder, J.W. (1978), New Concepts in Technical Trading Systems, Trend Research",
    oracle: "talib.ATR",
};

#[derive(Debug, Clone)]
pub struct Atr {
    range: OnePole,
    /// NaN before the first bar.
    last_close: f64,
}

impl Atr {
    pub fn new(period: usize) -> Result<Self, ParamError> {
        Self::from_params(&[period as f64])
    }
}

impl Kernel for Atr {
    const INFO: &'static FormulaInfo = &ATR;
    type Input<'a> = Bar;
    type Output = f64;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { range: OnePole::wilder(given.int(0)), last_close: f64::NAN })
    }

    #[inline]
    fn update(&mut self, bar: Bar) -> f64 {
        if !bar.is_valid() {
            return f64::NAN;
        }
        let before = std::mem::replace(&mut self.last_close, bar.close);
        if before.is_nan() {
            return f64::NAN;
        }
        let top = if before > bar.high { before } else { bar.high };
        let bottom = if before < bar.low { before } else { bar.low };
        self.range.update(top - bottom)
    }

    fn reset(&mut self) {
        self.range.reset();
        self.last_close = f64::NAN;
    }

    fn warmup(&self) -> usize {
        self.range.period()
    }
}
