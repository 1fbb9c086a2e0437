//! Lines through the extremes of the last n bars: channels, clouds, stops below them, and when the extremes came.

use std::ops::Range;

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::columns::{all_rows, cut, leave_out, map_rows};
use crate::parts::{
    is_bar, AgedExtreme, AverageTrueRange, Bounds, BoundsRuns, TrueRange, WindowBounds, WindowSum,
};
use crate::persist::state;
use crate::rows;

outputs! { Channel { upper, middle, lower } }

state! {
    pub struct Donchian {
        bounds: WindowBounds,
    }
}

impl Kernel for Donchian {
    const INFO: &'static FormulaInfo = &rows::DONCHIAN;
    const CHECKS_NUMBERS: bool = true;
    type Input<'a> = [f64; 2];
    type Output<'s> = Channel;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { bounds: WindowBounds::new(params.int("period")) })
    }

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<Channel> {
        if high < low {
            return None;
        }
        let bounds = self.bounds.push(high, low)?;
        Some(Channel { upper: bounds.highest, middle: bounds.middle(), lower: bounds.lowest })
    }

    #[inline(always)]
    fn whole(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) -> bool {
        let sound = |rows: Range<usize>| all_rows(cut(columns, &rows), |[high, low]| high >= low);
        out.iter_mut().for_each(|column| leave_out(column, self.bounds.warmup() + 1));
        if !sound(0..self.bounds.warmup().min(columns[0].len())) {
            return false;
        }
        let mut runs = BoundsRuns::new(&self.bounds, columns[0], columns[1]);
        while let Some((rows, highest, lowest)) = runs.advance() {
            if !sound(rows.clone()) {
                return false;
            }
            out[0][rows.clone()].copy_from_slice(highest);
            out[2][rows.clone()].copy_from_slice(lowest);
            map_rows([highest, lowest], &mut out[1][rows], |[highest, lowest]| {
                Bounds { highest, lowest }.middle()
            });
        }
        true
    }
}

outputs! { Cloud { tenkan, kijun, span_a, span_b, chikou } }

state! {
    pub struct Ichimoku {
        tenkan: WindowBounds,
        kijun: WindowBounds,
        senkou: WindowBounds,
    }
}

impl Kernel for Ichimoku {
    const INFO: &'static FormulaInfo = &rows::ICHIMOKU;
    type Input<'a> = [f64; 3];
    type Output<'s> = Cloud;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let bounds = |name: &str| WindowBounds::new(params.int(name));
        Ok(Self { tenkan: bounds("tenkan"), kijun: bounds("kijun"), senkou: bounds("senkou") })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<Cloud> {
        if !is_bar(high, low, close) {
            return None;
        }
        let tenkan = self.tenkan.push(high, low);
        let kijun = self.kijun.push(high, low);
        let senkou = self.senkou.push(high, low);
        let (tenkan, kijun) = (tenkan?.middle(), kijun?.middle());
        let (span_a, span_b) = (0.5 * (tenkan + kijun), senkou?.middle());
        Some(Cloud { tenkan, kijun, span_a, span_b, chikou: close })
    }
}

outputs! { AroonPoint { up, down, osc } }

state! {
    pub struct Aroon {
        highest: AgedExtreme,
        lowest: AgedExtreme,
        period: f64,
    }
}

impl Kernel for Aroon {
    const INFO: &'static FormulaInfo = &rows::AROON;
    type Input<'a> = [f64; 2];
    type Output<'s> = AroonPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            highest: AgedExtreme::max(period + 1),
            lowest: AgedExtreme::min(period + 1),
            period: period as f64,
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2]) -> Option<AroonPoint> {
        if high < low {
            return None;
        }
        let (highest, lowest) = (self.highest.push(high), self.lowest.push(low));
        // A division, so that an extreme of now is at 100 and not beside it.
        let freshness = |age: usize| 100.0 * (self.period - age as f64) / self.period;
        let (up, down) = (freshness(highest?.age), freshness(lowest?.age));
        Some(AroonPoint { up, down, osc: up - down })
    }
}

outputs! { ChandelierStops { long_stop, short_stop } }

state! {
    pub struct ChandelierExit {
        bounds: WindowBounds,
        range: AverageTrueRange,
        mult: f64,
    }
}

impl Kernel for ChandelierExit {
    const INFO: &'static FormulaInfo = &rows::CHANDELIER_EXIT;
    type Input<'a> = [f64; 3];
    type Output<'s> = ChandelierStops;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            bounds: WindowBounds::new(period),
            range: AverageTrueRange::new(period),
            mult: params.float("mult"),
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<ChandelierStops> {
        if !is_bar(high, low, close) {
            return None;
        }
        let (bounds, range) = (self.bounds.push(high, low), self.range.push(high, low, close));
        let (bounds, room) = (bounds?, self.mult * range?);
        Some(ChandelierStops { long_stop: bounds.highest - room, short_stop: bounds.lowest + room })
    }
}

state! {
    pub struct Choppiness {
        bounds: WindowBounds,
        range: TrueRange,
        travelled: WindowSum,
        /// 100 / ln n.
        scale: f64,
    }
}

impl Kernel for Choppiness {
    const INFO: &'static FormulaInfo = &rows::CHOPPINESS;
    type Input<'a> = [f64; 3];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let period = params.int("period");
        Ok(Self {
            bounds: WindowBounds::new(period),
            range: TrueRange::default(),
            travelled: WindowSum::new(period),
            scale: 100.0 / (period as f64).ln(),
        })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<f64> {
        if !is_bar(high, low, close) {
            return None;
        }
        let bounds = self.bounds.push(high, low);
        let travelled = self.travelled.push(self.range.push(high, low, close)?)?;
        let room = bounds?.range();
        Some(if room > 0.0 { self.scale * (travelled / room).ln() } else { f64::NAN })
    }
}
