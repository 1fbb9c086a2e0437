//! Stops that follow a trend and turn round when it breaks: Supertrend, parabolic SAR.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel, Outputs};
use crate::params::{ParamError, Params};
use crate::parts::columns::BLOCK;
use crate::parts::{is_bar, larger, smaller, AverageTrueRange, Batch, BEFORE};
use crate::persist::state;
use crate::rows;

outputs! { SupertrendPoint { supertrend, direction } }

state! {
    #[derive(Copy, Default)]
    struct Bands {
        upper: f64,
        lower: f64,
        rising: bool,
        close: f64,
    }
}

state! {
    pub struct Supertrend {
        range: AverageTrueRange,
        mult: f64,
        bands: Option<Bands>,
    }
}

impl Kernel for Supertrend {
    const INFO: &'static FormulaInfo = &rows::SUPERTREND;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 3];
    type Output<'s> = SupertrendPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let range = AverageTrueRange::new(params.int("period"));
        Ok(Self { range, mult: params.float("mult"), bands: None })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<SupertrendPoint> {
        if !is_bar(high, low, close) {
            return None;
        }
        let range = self.range.push(high, low, close)?;
        Some(self.follow(range, [high, low, close]))
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let (mut batch, mut ranges, mut averages) = (Batch::new(self), [0.0; BEFORE + BLOCK], [0.0; BLOCK]);
        while let Some(row) = batch.next_block(columns, out, |[high, low, close]| is_bar(high, low, close)) {
            batch.kernel.range.push_block(columns, row, &mut ranges, &mut averages);
            for (place, &range) in averages.iter().enumerate() {
                let bar = [0, 1, 2].map(|column| columns[column][row + place]);
                batch.kernel.follow(range, bar).store(out, row + place);
            }
        }
        batch.is_sound()
    }
}

impl Supertrend {
    #[inline(always)]
    fn follow(&mut self, range: f64, [high, low, close]: [f64; 3]) -> SupertrendPoint {
        let room = self.mult * range;
        let middle = 0.5 * (high + low);
        let (mut upper, mut lower, mut rising) = (middle + room, middle - room, true);
        if let Some(last) = self.bands {
            // A band only comes nearer, until the close before has broken it.
            upper = if last.close > last.upper { upper } else { upper.min(last.upper) };
            lower = if last.close < last.lower { lower } else { lower.max(last.lower) };
            rising = if last.rising { close >= lower } else { close > upper };
        }
        self.bands = Some(Bands { upper, lower, rising, close });
        let (supertrend, direction) = if rising { (lower, 1.0) } else { (upper, -1.0) };
        SupertrendPoint { supertrend, direction }
    }
}

state! {
    /// In a falling market everything is the mirror image of a rising one: prices are then kept with their signs
    /// turned, and high and low changed over.
    pub struct ParabolicSar {
        accel: f64,
        max_accel: f64,
        /// High and low of the bar before, as they came.
        last: Option<(f64, f64)>,
        /// 1 rising, -1 falling; 0 before the second bar.
        sign: f64,
        extreme: f64,
        stop: f64,
        pace: f64,
    }
}

impl ParabolicSar {
    /// The first direction is that of the larger move from the first bar to the second.
    #[cold]
    fn start(&mut self, high: f64, low: f64, last_high: f64, last_low: f64) {
        let (up, down) = (high - last_high, last_low - low);
        let rising = !(down > 0.0 && down > up);
        (self.sign, self.extreme, self.stop) =
            if rising { (1.0, high, last_low) } else { (-1.0, -low, -last_high) };
        self.pace = self.accel;
    }
}

impl Kernel for ParabolicSar {
    const INFO: &'static FormulaInfo = &rows::PARABOLIC_SAR;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (max_accel, accel) = (params.float("max_accel"), params.float("accel"));
        Ok(Self {
            accel: accel.min(max_accel),
            max_accel,
            last: None,
            sign: 0.0,
            extreme: 0.0,
            stop: 0.0,
            pace: 0.0,
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<f64> {
        if high < low {
            return None;
        }
        let (mut last_high, mut last_low) = self.last.replace((high, low))?;
        if self.sign == 0.0 {
            self.start(high, low, last_high, last_low);
            (last_high, last_low) = (high, low);
        }
        let falling = self.sign < 0.0;
        // Seen in the direction of the trend: how far this bar and the last one went, and how far back.
        let (far, back) = if falling { (-low, -high) } else { (high, low) };
        let (last_far, last_back) = if falling { (-last_low, -last_high) } else { (last_high, last_low) };
        if back <= self.stop {
            let turned_at = larger(self.extreme, larger(last_far, far));
            let sign = self.sign;
            self.sign = -sign;
            self.extreme = -back;
            self.pace = self.accel;
            let stop = -turned_at + self.pace * (self.extreme + turned_at);
            self.stop = smaller(stop, -larger(last_far, far));
            return Some(sign * turned_at);
        }
        let stop = self.stop;
        let further = far > self.extreme;
        self.extreme = if further { far } else { self.extreme };
        let faster = smaller(self.pace + self.accel, self.max_accel);
        self.pace = if further { faster } else { self.pace };
        self.stop = smaller(stop + self.pace * (self.extreme - stop), smaller(last_back, back));
        Some(self.sign * stop)
    }
}
