//! Candles that are named for their shape, against the usual shape of the bars before.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks, cut, leave_out, map_rows, BLOCK};
use crate::parts::{larger, smaller, SumBefore, SumsBefore};
use crate::persist::state;
use crate::rows;

/// Bars that the usual body and range are taken over.
const BARS: usize = 10;
/// Bars that "near" is measured by.
const NEAR_BARS: usize = 5;

/// Open and close lie between low and high.
#[inline(always)]
fn is_candle([open, high, low, close]: [f64; 4]) -> bool {
    (low <= open) & (low <= close) & (open <= high) & (close <= high)
}

state! {
    pub struct CdlDoji {
        ranges: SumBefore,
    }
}

/// `ranges` of the bars before.
#[inline(always)]
fn doji(open: f64, close: f64, ranges: f64) -> f64 {
    let usual_range = ranges / BARS as f64;
    if (close - open).abs() <= 0.1 * usual_range {
        100.0
    } else {
        0.0
    }
}

impl Kernel for CdlDoji {
    const INFO: &'static FormulaInfo = &rows::CDL_DOJI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { ranges: SumBefore::new(BARS) })
    }

    #[inline(always)]
    fn step(&mut self, candle: [f64; 4]) -> Option<f64> {
        if !is_candle(candle) {
            return None;
        }
        let [open, high, low, close] = candle;
        self.ranges.push(high - low).map(|ranges| doji(open, close, ranges))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut before, out) = (SumsBefore::new(BARS), &mut *out[0]);
        for rows in blocks(out.len()) {
            let candles: [&[f64]; 4] = cut(columns, &rows);
            if !all_rows(candles, is_candle) {
                return false;
            }
            let [opens, highs, lows, closes] = candles;
            let ranges = before.push_all(rows.len(), |values| {
                map_rows([highs, lows], values, |[high, low]| high - low);
            });
            map_rows([opens, closes, ranges], &mut out[rows], |[open, close, ranges]| {
                doji(open, close, ranges)
            });
        }
        leave_out(out, BARS + 1);
        true
    }
}

state! {
    pub struct CdlHammer {
        bodies: SumBefore,
        ranges: SumBefore,
        near: SumBefore,
        /// What is still near the low of the bar before.
        near_last: Option<f64>,
    }
}

#[inline(always)]
fn body(open: f64, close: f64) -> f64 {
    larger(open, close) - smaller(open, close)
}

/// What is still near a low, by the ranges of the bars before it.
#[inline(always)]
fn near_low(low: f64, ranges: f64) -> f64 {
    low + 0.2 * (ranges / NEAR_BARS as f64)
}

/// `bodies` and `ranges` of the bars before.
#[inline(always)]
fn hammer([open, high, low, close, bodies, ranges, near_last]: [f64; 7]) -> f64 {
    let (top, bottom) = (larger(open, close), smaller(open, close));
    let (body, usual_body, usual_range) = (top - bottom, bodies / BARS as f64, ranges / BARS as f64);
    let shape = (body < usual_body) & (bottom - low > body) & (high - top < 0.1 * usual_range);
    if shape & (bottom <= near_last) {
        100.0
    } else {
        0.0
    }
}

impl Kernel for CdlHammer {
    const INFO: &'static FormulaInfo = &rows::CDL_HAMMER;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bodies: SumBefore::new(BARS),
            ranges: SumBefore::new(BARS),
            near: SumBefore::new(NEAR_BARS),
            near_last: None,
        })
    }

    #[inline(always)]
    fn step(&mut self, candle: [f64; 4]) -> Option<f64> {
        if !is_candle(candle) {
            return None;
        }
        let [open, high, low, close] = candle;
        let (bodies, ranges) = (self.bodies.push(body(open, close)), self.ranges.push(high - low));
        let near = self.near.push(high - low);
        let (bodies, ranges) = (bodies?, ranges?);
        // The bar before is kept once it has its usual shape before it: one bar late, as TA-Lib starts.
        let near_last = self.near_last.replace(near_low(low, near?))?;
        Some(hammer([open, high, low, close, bodies, ranges, near_last]))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let before = SumsBefore::new;
        let (mut bodies, mut ranges, mut near) = (before(BARS), before(BARS), before(NEAR_BARS));
        // After that of the last row of the block before.
        let mut near_last = [0.0; BLOCK + 1];
        let out = &mut *out[0];
        for rows in blocks(out.len()) {
            let candles: [&[f64]; 4] = cut(columns, &rows);
            if !all_rows(candles, is_candle) {
                return false;
            }
            let ([opens, highs, lows, closes], count) = (candles, rows.len());
            let range = |values: &mut [f64]| map_rows([highs, lows], values, |[high, low]| high - low);
            let bodies = bodies.push_all(count, |values| {
                map_rows([opens, closes], values, |[open, close]| body(open, close))
            });
            let (ranges, near) = (ranges.push_all(count, range), near.push_all(count, range));
            map_rows([lows, near], &mut near_last[1..=count], |[low, near]| near_low(low, near));
            map_rows([opens, highs, lows, closes, bodies, ranges, &near_last], &mut out[rows], hammer);
            near_last[0] = near_last[count];
        }
        leave_out(out, BARS + 2);
        true
    }
}

state! {
    pub struct CdlEngulfing {
        last: Option<(f64, f64)>,
        bars: u8,
    }
}

impl Kernel for CdlEngulfing {
    const INFO: &'static FormulaInfo = &rows::CDL_ENGULFING;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { last: None, bars: 0 })
    }

    #[inline(always)]
    fn step(&mut self, [open, close]: [f64; 2]) -> Option<f64> {
        let last = self.last.replace((open, close));
        // TA-Lib's first value is at the third bar.
        if self.bars < 2 {
            self.bars += 1;
            return None;
        }
        let (last_open, last_close) = last?;
        Some(engulfing([open, close, last_open, last_close]))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (opens, closes, out) = (columns[0], columns[1], &mut *out[0]);
        if let Some(later) = out.get_mut(1..) {
            map_rows([&opens[1..], &closes[1..], opens, closes], later, engulfing);
        }
        leave_out(out, 3);
        true
    }
}

/// 100 up, -100 down, 80 where the bodies meet at one end, 0 for none.
#[inline(always)]
fn engulfing([open, close, last_open, last_close]: [f64; 4]) -> f64 {
    let (rose, last_rose) = (close >= open, last_close >= last_open);
    let (top, bottom) = (larger(open, close), smaller(open, close));
    let (last_top, last_bottom) = (larger(last_open, last_close), smaller(last_open, last_close));
    // The ends may meet at one side, not at both.
    let beyond = (top >= last_top) & (bottom <= last_bottom) & ((top > last_top) | (bottom < last_bottom));
    let hit = (rose != last_rose) & beyond;
    let meets = (close == last_open) | (open == last_close);
    // Arithmetic: none of these can be foreseen, and a branch would guess.
    let sign = 2 * i32::from(rose) - 1;
    f64::from(i32::from(hit) * sign * (100 - 20 * i32::from(meets)))
}
