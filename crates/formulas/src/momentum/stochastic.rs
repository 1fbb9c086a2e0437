//! Where the close is within a range: of its own bar, of the last n bars, of their highs, of the index of strength.

use std::ops::Range;

use super::strength::{MovesBlock, Strength};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel, Outputs};
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, cut, leave_out, map_rows, BLOCK};
use crate::parts::{is_bar, ratio_or, Batch, Bounds, BoundsRuns, WindowBounds, WindowExtreme, WindowMean};
use crate::persist::state;
use crate::rows;

/// The rows of high, low and close are bars.
#[inline(always)]
fn all_bars(columns: &[&[f64]], rows: Range<usize>) -> bool {
    all_rows(cut(columns, &rows), |[high, low, close]| is_bar(high, low, close))
}

outputs! { StochPoint { slow_k, slow_d } }

state! {
    pub struct Stoch {
        bounds: WindowBounds,
        slow_k: WindowMean,
        slow_d: WindowMean,
    }
}

impl Kernel for Stoch {
    const INFO: &'static FormulaInfo = &rows::STOCH;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = StochPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bounds: WindowBounds::new(params.int("k")),
            slow_k: WindowMean::new(params.int("smooth")),
            slow_d: WindowMean::new(params.int("d")),
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<StochPoint> {
        if !is_bar(high, low, close) {
            return None;
        }
        let fast_k = 100.0 * self.bounds.push(high, low)?.place(close);
        let slow_k = self.slow_k.push(fast_k)?;
        Some(StochPoint { slow_k, slow_d: self.slow_d.push(slow_k)? })
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (high, low, close) = (columns[0], columns[1], columns[2]);
        let [slow_k, slow_d] = out else { return false };
        if !all_bars(columns, 0..self.bounds.warmup().min(close.len())) {
            return false;
        }
        // The fast line, then the slow one, then both averages: each over what the one before it left.
        let mut runs = BoundsRuns::new(&self.bounds, high, low);
        while let Some((rows, highest, lowest)) = runs.advance() {
            if !all_bars(columns, rows.clone()) {
                return false;
            }
            map_rows(
                [highest, lowest, &close[rows.clone()]],
                &mut slow_d[rows],
                |[highest, lowest, close]| 100.0 * Bounds { highest, lowest }.place(close),
            );
        }
        let first = close.len().min(self.bounds.warmup());
        if !self.slow_k.over(&slow_d[first..], &mut slow_k[first..]) {
            return false;
        }
        let second = close.len().min(first + self.slow_k.len() - 1);
        if !self.slow_d.over(&slow_k[second..], &mut slow_d[second..]) {
            return false;
        }
        let warmup = close.len().min(second + self.slow_d.len() - 1);
        slow_k[..warmup].fill(f64::NAN);
        slow_d[..warmup].fill(f64::NAN);
        true
    }
}

outputs! { StochRsiPoint { fast_k, fast_d } }

state! {
    pub struct StochRsi {
        strength: Strength,
        bounds: WindowBounds,
        fast_d: WindowMean,
    }
}

impl Kernel for StochRsi {
    const INFO: &'static FormulaInfo = &rows::STOCH_RSI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = f64;
    type Output<'s> = StochRsiPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            strength: Strength::new(params.int("rsi_n")),
            bounds: WindowBounds::new(params.int("k")),
            fast_d: WindowMean::new(params.int("d")),
        })
    }

    #[inline(always)]
    fn step(&mut self, price: f64) -> Option<StochRsiPoint> {
        let strength = self.strength.push(price)?;
        self.push(strength)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut moves, mut strengths) = (Batch::new(self), MovesBlock::new(), [0.0; BLOCK]);
        while let Some(row) = batch.next_block(columns, out, |[_]| true) {
            batch.kernel.strength.push_block(columns[0], row, &mut moves, &mut strengths);
            for (place, &strength) in strengths.iter().enumerate() {
                let point = batch.kernel.push(strength).expect("both windows are full");
                point.store(out, row + place);
            }
        }
        batch.is_sound()
    }
}

impl StochRsi {
    #[inline(always)]
    fn push(&mut self, strength: f64) -> Option<StochRsiPoint> {
        let fast_k = 100.0 * self.bounds.push(strength, strength)?.place(strength);
        Some(StochRsiPoint { fast_k, fast_d: self.fast_d.push(fast_k)? })
    }
}

state! {
    pub struct WilliamsR {
        bounds: WindowBounds,
    }
}

impl Kernel for WilliamsR {
    const INFO: &'static FormulaInfo = &rows::WILLIAMS_R;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { bounds: WindowBounds::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let bounds = self.bounds.push(high, low)?;
        Some(-100.0 * ratio_or(bounds.highest - close, bounds.range(), 0.5))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (close, out) = (columns[2], &mut *out[0]);
        leave_out(out, self.bounds.warmup() + 1);
        if !all_bars(columns, 0..self.bounds.warmup().min(close.len())) {
            return false;
        }
        let mut runs = BoundsRuns::new(&self.bounds, columns[0], columns[1]);
        while let Some((rows, highest, lowest)) = runs.advance() {
            if !all_bars(columns, rows.clone()) {
                return false;
            }
            map_rows([highest, lowest, &close[rows.clone()]], &mut out[rows], |[highest, lowest, close]| {
                -100.0 * ratio_or(highest - close, highest - lowest, 0.5)
            });
        }
        true
    }
}

state! {
    pub struct Ibs {}
}

impl Kernel for Ibs {
    const INFO: &'static FormulaInfo = &rows::IBS;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        is_bar(high, low, close).then(|| ratio_or(close - low, high - low, 0.5))
    }
}

state! {
    pub struct HighRatio {
        highest: WindowExtreme,
    }
}

impl Kernel for HighRatio {
    const INFO: &'static FormulaInfo = &rows::HIGH_RATIO;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { highest: WindowExtreme::max(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, [high, close]: [f64; 2]) -> Option<f64> {
        if close <= 0.0 || close > high {
            return None;
        }
        self.highest.push(high).map(|highest| close / highest)
    }
}
