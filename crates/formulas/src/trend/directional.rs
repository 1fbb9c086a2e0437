//! Wilder's directional movement: which way bars reach beyond the ones before, and how one-sidedly.

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{is_bar, positive, ratio_or, OnePole, TrueRange};
use crate::persist::state;
use crate::rows;

outputs! { DmiPoint { plus_di, minus_di, dx } }

state! {
    /// Wilder's sums are n times the averages kept here. They start with n - 1 bars: as if the first bar, which has
    /// none before it, had moved by nothing.
    struct Directional {
        last: Option<(f64, f64)>,
        range: TrueRange,
        plus: OnePole,
        minus: OnePole,
        average_range: OnePole,
    }
}

impl Directional {
    fn new(period: usize) -> Self {
        Self {
            last: None,
            range: TrueRange::default(),
            plus: OnePole::wilder(period),
            minus: OnePole::wilder(period),
            average_range: OnePole::wilder(period),
        }
    }

    /// None for the first n bars.
    #[inline(always)]
    fn push(&mut self, high: f64, low: f64, close: f64) -> Option<DmiPoint> {
        let range = self.range.push(high, low, close).unwrap_or(0.0);
        let (last_high, last_low) = self.last.replace((high, low)).unwrap_or((high, low));
        let (up, down) = (high - last_high, last_low - low);
        let seeded = self.plus.is_ready();
        // Factors of 0 and 1: which side a bar reaches beyond is a coin's throw, and a branch would guess it.
        let plus = self.plus.push(positive(up) * f64::from(u8::from(up > down)));
        let minus = self.minus.push(positive(down) * f64::from(u8::from(down > up)));
        let range = self.average_range.push(range);
        if !seeded {
            return None;
        }
        let (plus, minus, range) = (plus?, minus?, range?);
        let per_range = ratio_or(100.0, range, 0.0);
        let dx = 100.0 * ratio_or((plus - minus).abs(), plus + minus, 0.0);
        Some(DmiPoint { plus_di: per_range * plus, minus_di: per_range * minus, dx })
    }
}

state! {
    pub struct Dmi {
        directional: Directional,
    }
}

impl Kernel for Dmi {
    const INFO: &'static FormulaInfo = &rows::DMI;
    type Input<'a> = [f64; 3];
    type Output<'s> = DmiPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { directional: Directional::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<DmiPoint> {
        if !is_bar(high, low, close) {
            return None;
        }
        self.directional.push(high, low, close)
    }
}

state! {
    pub struct Adx {
        directional: Directional,
        average: OnePole,
    }
}

impl Kernel for Adx {
    const INFO: &'static FormulaInfo = &rows::ADX;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { directional: Directional::new(period), average: OnePole::wilder(period) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let point = self.directional.push(high, low, close)?;
        self.average.push(point.dx)
    }
}
