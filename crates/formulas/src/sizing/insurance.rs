//! Exposure that shrinks as wealth nears a floor: a rising one, or a share of the peak.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

outputs! { CppiPoint { exposure, floor, cushion } }

state! {
    pub struct Cppi {
        floor: Option<f64>,
        peak: f64,
        multiple: f64,
        share: f64,
        growth: f64,
        ratchet: bool,
        cap: f64,
    }
}

impl Kernel for Cppi {
    const INFO: &'static FormulaInfo = &rows::CPPI;
    type Input<'a> = f64;
    type Output<'s> = CppiPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            floor: None,
            peak: 0.0,
            multiple: params.float("m"),
            share: params.float("floor0"),
            growth: 1.0 + params.float("rf"),
            ratchet: params.flag("ratchet"),
            cap: params.float("cap"),
        })
    }

    #[inline]
    fn step(&mut self, wealth: f64) -> Option<CppiPoint> {
        if wealth <= 0.0 {
            return None;
        }
        self.peak = self.peak.max(wealth);
        let mut floor = self.floor.map_or(self.share * wealth, |last| last * self.growth);
        if self.ratchet {
            floor = floor.max(self.share * self.peak);
        }
        self.floor = Some(floor);
        let cushion = (wealth - floor).max(0.0);
        Some(CppiPoint { exposure: self.cap.min(self.multiple * cushion / wealth), floor, cushion })
    }
}

state! {
    pub struct DrawdownControl {
        peak: f64,
        multiple: f64,
        alpha: f64,
        cap: f64,
    }
}

impl Kernel for DrawdownControl {
    const INFO: &'static FormulaInfo = &rows::DRAWDOWN_CONTROL;
    type Input<'a> = f64;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (multiple, alpha, cap) = (params.float("k"), params.float("alpha"), params.float("cap"));
        Ok(Self { peak: 0.0, multiple, alpha, cap })
    }

    /// Wealth that is gone is below every floor: there is nothing left to hold.
    #[inline]
    fn step(&mut self, wealth: f64) -> Option<f64> {
        self.peak = self.peak.max(wealth);
        let surplus = wealth - self.alpha * self.peak;
        if surplus <= 0.0 || wealth <= 0.0 {
            return Some(0.0);
        }
        Some(self.cap.min(self.multiple * surplus / wealth))
    }
}
