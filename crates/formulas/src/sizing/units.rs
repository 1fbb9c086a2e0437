//! How many units to hold so that an adverse move costs a set share of equity.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::AverageTrueRange;
use crate::persist::state;
use crate::rows;

outputs! { UnitsPoint { units, notional } }

/// Down to a multiple of the lot; what misses one by rounding alone counts as it.
#[inline(always)]
fn floor_to_lot(units: f64, lot: f64) -> f64 {
    (units / lot + 1e-9).floor() * lot
}

state! {
    pub struct AtrUnits {
        range: AverageTrueRange,
        risk: f64,
        point: f64,
        lot: f64,
    }
}

impl Kernel for AtrUnits {
    const INFO: &'static FormulaInfo = &rows::ATR_UNITS;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            range: AverageTrueRange::new(params.int("period")),
            risk: params.float("risk"),
            point: params.float("point"),
            lot: params.float("lot"),
        })
    }

    #[inline]
    fn step(&mut self, [high, low, close, equity]: [f64; 4]) -> Option<f64> {
        if high < low {
            return None;
        }
        let range = self.range.push(high, low, close)?;
        if range <= 0.0 {
            return Some(0.0);
        }
        Some(floor_to_lot(self.risk * equity.max(0.0) / (range * self.point), self.lot))
    }
}

state! {
    pub struct FixedFractional {
        risk: f64,
        fee: f64,
        lot: f64,
    }
}

impl Kernel for FixedFractional {
    const INFO: &'static FormulaInfo = &rows::FIXED_FRACTIONAL;
    type Input<'a> = [f64; 3];
    type Output<'s> = UnitsPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { risk: params.float("risk"), fee: params.float("fee"), lot: params.float("lot") })
    }

    #[inline]
    fn step(&mut self, [entry, stop, equity]: [f64; 3]) -> Option<UnitsPoint> {
        let loss = (entry - stop).abs() + self.fee * (entry + stop);
        if entry <= 0.0 || stop <= 0.0 || loss <= 0.0 {
            return None;
        }
        let units = floor_to_lot(self.risk * equity.max(0.0) / loss, self.lot);
        Some(UnitsPoint { units, notional: units * entry })
    }
}
