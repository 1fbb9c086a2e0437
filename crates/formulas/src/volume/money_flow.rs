//! Volume of bars, signed by where the price went: sums over all bars, over a window, and their averages.

use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, blocks, cut, leave_out, map_rows, BLOCK};
use crate::parts::{is_bar, Change, OnePole, RunningSum, WindowSum, BEFORE};
use crate::persist::state;
use crate::rows;

state! {
    pub struct Obv {
        change: Change,
        sum: RunningSum,
    }
}

impl Kernel for Obv {
    const INFO: &'static FormulaInfo = &rows::OBV;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(_: &Params) -> Result<Self, ParamError> {
        Ok(Self { change: Change::default(), sum: RunningSum::default() })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 2]) -> Option<f64> {
        let [close, volume] = bar;
        if volume < 0.0 {
            return None;
        }
        // The first bar counts as a rise.
        Some(self.sum.push(signed(self.change.difference(close).unwrap_or(1.0), volume)))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let mut sum = RunningSum::default();
        for rows in blocks(out[0].len()) {
            let [closes, volumes] = cut(columns, &rows);
            if !all_rows([closes, volumes], |[_, volume]| volume >= 0.0) {
                return false;
            }
            let last = columns[0][rows.start.saturating_sub(1)];
            let out = &mut out[0][rows.clone()];
            out[0] = signed(if rows.start == 0 { 1.0 } else { closes[0] - last }, volumes[0]);
            map_rows([&closes[1..], closes, &volumes[1..]], &mut out[1..], |[close, last, volume]| {
                signed(close - last, volume)
            });
            sum.push_in_place(out);
        }
        true
    }
}

/// The volume with the sign of the change, zero without one.
#[inline(always)]
fn signed(change: f64, volume: f64) -> f64 {
    let [rise, fall] = moved(change, volume);
    rise - fall
}

/// Where in its range a bar closed, from -1 at the low to 1 at the high (0 without a range), times its volume.
/// None for what is no bar.
#[inline(always)]
fn money_flow(bar: [f64; 4]) -> Option<f64> {
    is_sound(bar).then(|| flow(bar))
}

#[inline(always)]
fn is_sound([high, low, close, volume]: [f64; 4]) -> bool {
    is_bar(high, low, close) & (volume >= 0.0)
}

#[inline(always)]
fn flow([high, low, close, volume]: [f64; 4]) -> f64 {
    let (range, flow) = (high - low, ((close - low) - (high - close)) / (high - low) * volume);
    if range > 0.0 {
        flow
    } else {
        0.0
    }
}

/// [`money_flow`] of all bars; false if one is no bar.
#[inline(always)]
fn money_flows(bars: [&[f64]; 4], out: &mut [f64]) -> bool {
    // First what waits for nothing but memory.
    let sound = all_rows(bars, is_sound);
    map_rows(bars, out, flow);
    sound
}

state! {
    pub struct Adl {
        sum: RunningSum,
    }
}

impl Kernel for Adl {
    const INFO: &'static FormulaInfo = &rows::ADL;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(_: &Params) -> Result<Self, ParamError> {
        Ok(Self { sum: RunningSum::default() })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        Some(self.sum.push(money_flow(bar)?))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let mut sum = RunningSum::default();
        for rows in blocks(out[0].len()) {
            let out = &mut out[0][rows.clone()];
            if !money_flows(cut(columns, &rows), out) {
                return false;
            }
            sum.push_in_place(out);
        }
        true
    }
}

state! {
    pub struct Cmf {
        flow: WindowSum,
        volume: WindowSum,
    }
}

impl Kernel for Cmf {
    const INFO: &'static FormulaInfo = &rows::CMF;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self { flow: WindowSum::new(period), volume: WindowSum::new(period) })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        let flow = self.flow.push(money_flow(bar)?);
        let volume = self.volume.push(bar[3])?;
        Some(share(flow?, volume))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, out) = (self.flow.len(), &mut *out[0]);
        let (mut flow_sum, mut volume_sum) = (WindowSum::new(n), WindowSum::new(n));
        let (mut flows, mut flow, mut volume) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for rows in blocks(out.len()) {
            let [flows, flow, volume] = [&mut flows, &mut flow, &mut volume].map(|c| &mut c[..rows.len()]);
            if !money_flows(cut(columns, &rows), flows) {
                return false;
            }
            let (sums, xs) = ([&mut flow_sum, &mut volume_sum], [&*flows, &columns[3][rows.clone()]]);
            WindowSum::push_both(sums, xs, [&mut *flow, &mut *volume]);
            map_rows([flow, volume], &mut out[rows], |[flow, volume]| share(flow, volume));
        }
        leave_out(out, n);
        true
    }
}

/// Of the volume, within [-1, 1]; 0 without volume.
#[inline(always)]
fn share(flow: f64, volume: f64) -> f64 {
    let share = (flow / volume).clamp(-1.0, 1.0);
    if volume > 0.0 {
        share
    } else {
        0.0
    }
}

state! {
    pub struct ChaikinOsc {
        line: RunningSum,
        fast: OnePole,
        slow: OnePole,
        /// Bars still to come before the first output.
        missing: usize,
        longest: usize,
    }
}

impl Kernel for ChaikinOsc {
    const INFO: &'static FormulaInfo = &rows::CHAIKIN_OSC;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (fast, slow) = (params.int("fast"), params.int("slow"));
        // Seeded with the first value, not with a mean of several.
        let seeded_at_once = |period: usize| OnePole::with_weight(1, 2.0 / (period as f64 + 1.0));
        Ok(Self {
            line: RunningSum::default(),
            fast: seeded_at_once(fast),
            slow: seeded_at_once(slow),
            missing: fast.max(slow) - 1,
            longest: fast.max(slow),
        })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        let line = self.line.push(money_flow(bar)?);
        let (fast, slow) = (self.fast.push(line)?, self.slow.push(line)?);
        if self.missing > 0 {
            self.missing -= 1;
            return None;
        }
        Some(fast - slow)
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut line, mut fast, mut slow) = (RunningSum::default(), self.fast.clone(), self.slow.clone());
        let (mut lines, mut slows, out) = ([0.0; BEFORE + BLOCK], [0.0; BLOCK], &mut *out[0]);
        for rows in blocks(out.len()) {
            lines.copy_within(BLOCK.., 0);
            let block = &mut lines[BEFORE..][..rows.len()];
            if !money_flows(cut(columns, &rows), block) {
                return false;
            }
            line.push_in_place(block);
            let out = &mut out[rows.clone()];
            if rows.start > 0 && rows.len() == BLOCK {
                fast.push_block(&lines, out);
                slow.push_block(&lines, &mut slows);
                out.iter_mut().zip(&slows).for_each(|(out, slow)| *out -= slow);
                continue;
            }
            for (out, &line) in out.iter_mut().zip(&*block) {
                let averages = fast.push(line).zip(slow.push(line));
                *out = averages.map_or(f64::NAN, |(fast, slow)| fast - slow);
            }
        }
        leave_out(out, self.longest);
        true
    }
}

#[inline(always)]
fn typical([high, low, close, _]: [f64; 4]) -> f64 {
    (high + low + close) * (1.0 / 3.0)
}

/// A change of the typical price, or none: sums of three decimals that are equal may differ in their last digits, and
/// would move a whole bar's flow. The smallest step of a price is a million times as large.
#[inline(always)]
fn unless_rounding(change: f64, price: f64) -> f64 {
    if change.abs() > 8.0 * f64::EPSILON * price {
        change
    } else {
        0.0
    }
}

/// The flow as a rise and as a fall.
#[inline(always)]
fn moved(change: f64, flow: f64) -> [f64; 2] {
    [if change > 0.0 { flow } else { 0.0 }, if change < 0.0 { flow } else { 0.0 }]
}

/// The share of the rises in percent; 50 without any flow.
#[inline(always)]
fn index(rises: f64, falls: f64) -> f64 {
    let (both, share) = (rises + falls, 100.0 * (rises / (rises + falls)));
    if both > 0.0 {
        share
    } else {
        50.0
    }
}

state! {
    pub struct Mfi {
        change: Change,
        rises: WindowSum,
        falls: WindowSum,
    }
}

impl Kernel for Mfi {
    const INFO: &'static FormulaInfo = &rows::MFI;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let total = || WindowSum::new(params.int("period"));
        Ok(Self { change: Change::default(), rises: total(), falls: total() })
    }

    #[inline]
    fn step(&mut self, bar: [f64; 4]) -> Option<f64> {
        let typical = typical(bar);
        if !is_sound(bar) || typical < 0.0 {
            return None;
        }
        let change = self.change.difference(typical)?;
        let [rise, fall] = moved(unless_rounding(change, typical), typical * bar[3]);
        let (rises, falls) = (self.rises.push(rise), self.falls.push(fall));
        Some(index(rises?, falls?))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (n, out) = (self.rises.len(), &mut *out[0]);
        let (mut rise_sum, mut fall_sum) = (WindowSum::new(n), WindowSum::new(n));
        let (mut rises, mut falls) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (mut risen, mut fallen) = ([0.0; BLOCK], [0.0; BLOCK]);
        // The typical price of each row, after that of the row before.
        let mut prices = [f64::NAN; BLOCK + 1];
        for rows in blocks(out.len()) {
            let count = rows.len();
            let bars: [&[f64]; 4] = cut(columns, &rows);
            map_rows(bars, &mut prices[1..=count], typical);
            if !all_rows(bars, |bar| is_sound(bar) & (typical(bar) >= 0.0)) {
                return false;
            }
            let (risen, fallen) = (&mut risen[..count], &mut fallen[..count]);
            let columns = [&prices[1..=count], &prices[..count], bars[3]];
            let flows =
                |[price, last, volume]: [f64; 3]| moved(unless_rounding(price - last, price), price * volume);
            map_rows(columns, risen, |row| flows(row)[0]);
            map_rows(columns, fallen, |row| flows(row)[1]);
            // The first price has no change, and no place in the windows.
            let from = usize::from(rows.start == 0);
            let (rises, falls) = (&mut rises[..count], &mut falls[..count]);
            let sums = [&mut rises[from..], &mut falls[from..]];
            WindowSum::push_both([&mut rise_sum, &mut fall_sum], [&risen[from..], &fallen[from..]], sums);
            map_rows([rises, falls], &mut out[rows], |[rises, falls]| index(rises, falls));
            prices[0] = prices[count];
        }
        leave_out(out, n + 1);
        true
    }
}
