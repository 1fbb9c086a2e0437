//! Wilder's directional movement: which way bars reach beyond the ones before, and how one-sidedly.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::columns::{map_rows, BLOCK};
use crate::parts::{is_bar, positive, ratio_or, Batch, OnePole, Reach, TrueRange, BEFORE};
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
        let (plus, minus) = (self.plus.push(beyond(up, down)), self.minus.push(beyond(down, up)));
        let range = self.average_range.push(range);
        if !seeded {
            return None;
        }
        let (plus, minus, range) = (plus?, minus?, range?);
        let per_range = ratio_or(100.0, range, 0.0);
        Some(DmiPoint { plus_di: per_range * plus, minus_di: per_range * minus, dx: dx(plus, minus) })
    }

    /// The averages of a block of bars, of which [`Directional::push`] makes its outputs.
    #[inline(always)]
    fn push_block(&mut self, columns: &[&[f64]], row: usize, room: &mut DirectionalBlock) {
        let (DirectionalBlock { moves: [plus, minus, ranges], averages }, first) = (room, row - BEFORE);
        let [highs, lows] = [0, 1].map(|column| [&columns[column][first..], &columns[column][first - 1..]]);
        let bars = [highs[0], highs[1], lows[0], lows[1]];
        map_rows(bars, plus, |[high, last_high, low, last_low]| beyond(high - last_high, last_low - low));
        map_rows(bars, minus, |[high, last_high, low, last_low]| beyond(last_low - low, high - last_high));
        self.range.push_block(columns, row, ranges);
        let [average_plus, average_minus, average_ranges] = averages;
        self.plus.push_block(plus, average_plus);
        self.minus.push_block(minus, average_minus);
        self.average_range.push_block(ranges, average_ranges);
        let last = row + BLOCK - 1;
        self.last = Some((columns[0][last], columns[1][last]));
    }
}

/// How far one side reaches beyond, if farther than the other. Factors of 0 and 1: which side it is is a coin's throw,
/// and a branch would guess it.
#[inline(always)]
fn beyond(side: f64, other: f64) -> f64 {
    positive(side) * f64::from(u8::from(side > other))
}

#[inline(always)]
fn dx(plus: f64, minus: f64) -> f64 {
    100.0 * ratio_or((plus - minus).abs(), plus + minus, 0.0)
}

/// What [`Directional::push_block`] needs room for: plus, minus, true ranges.
struct DirectionalBlock {
    moves: [Reach; 3],
    averages: [[f64; BLOCK]; 3],
}

impl DirectionalBlock {
    fn new() -> Self {
        Self { moves: [[0.0; BEFORE + BLOCK]; 3], averages: [[0.0; BLOCK]; 3] }
    }
}

state! {
    pub struct Dmi {
        directional: Directional,
    }
}

impl Kernel for Dmi {
    const INFO: &'static FormulaInfo = &rows::DMI;
    const CHECKS_NUMBERS: bool = true;
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

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut room) = (Batch::new(self), DirectionalBlock::new());
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            batch.kernel.directional.push_block(columns, row, &mut room);
            let [plus, minus, range] = room.averages.each_ref().map(|averages| &averages[..]);
            let [plus_di, minus_di, index] = out else { unreachable!("three outputs") };
            let share = |[side, range]: [f64; 2]| ratio_or(100.0, range, 0.0) * side;
            map_rows([plus, range], &mut plus_di[row..][..BLOCK], share);
            map_rows([minus, range], &mut minus_di[row..][..BLOCK], share);
            map_rows([plus, minus], &mut index[row..][..BLOCK], |[plus, minus]| dx(plus, minus));
        }
        batch.is_sound()
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
    const CHECKS_NUMBERS: bool = true;
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

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut room) = (Batch::new(self), DirectionalBlock::new());
        let mut indices = [0.0; BEFORE + BLOCK];
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            let Self { directional, average } = &mut batch.kernel;
            let [plus, minus] = [&directional.plus, &directional.minus].map(OnePole::recent);
            map_rows([&plus, &minus], &mut indices[..BEFORE], |[plus, minus]| dx(plus, minus));
            directional.push_block(columns, row, &mut room);
            let [plus, minus, _] = room.averages.each_ref().map(|averages| &averages[..]);
            map_rows([plus, minus], &mut indices[BEFORE..], |[plus, minus]| dx(plus, minus));
            average.push_block(&indices, &mut out[0][row..][..BLOCK]);
        }
        batch.is_sound()
    }
}
