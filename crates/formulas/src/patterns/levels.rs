//! Candles made of candles, and the levels that a session leaves for the next.

use crate::info::FormulaInfo;
use crate::kernel::outputs;
use crate::kernel::Kernel;
use crate::params::{ParamError, Params};
use crate::parts::{is_bar, larger, smaller};
use crate::persist::state;
use crate::rows;

outputs! { HeikinAshiCandle { ha_open, ha_high, ha_low, ha_close } }

state! {
    pub struct HeikinAshi {
        /// Of the candle before: the middle of its body.
        body: Option<f64>,
    }
}

impl Kernel for HeikinAshi {
    const INFO: &'static FormulaInfo = &rows::HEIKIN_ASHI;
    type Input<'a> = [f64; 4];
    type Output<'s> = HeikinAshiCandle;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { body: None })
    }

    #[inline(always)]
    fn step(&mut self, [open, high, low, close]: [f64; 4]) -> Option<HeikinAshiCandle> {
        if !(is_bar(high, low, open) & is_bar(high, low, close)) {
            return None;
        }
        let ha_close = 0.25 * (open + high + low + close);
        let ha_open = self.body.unwrap_or(0.5 * (open + close));
        self.body = Some(0.5 * (ha_open + ha_close));
        let (ha_high, ha_low) =
            (larger(high, larger(ha_open, ha_close)), smaller(low, smaller(ha_open, ha_close)));
        Some(HeikinAshiCandle { ha_open, ha_high, ha_low, ha_close })
    }
}

outputs! { Pivots { p, r1, s1, r2, s2, r3, s3 } }

state! {
    pub struct PivotsClassic {
        session: Option<[f64; 3]>,
    }
}

impl Kernel for PivotsClassic {
    const INFO: &'static FormulaInfo = &rows::PIVOTS_CLASSIC;
    type Input<'a> = [f64; 3];
    type Output<'s> = Pivots;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { session: None })
    }

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> Option<Pivots> {
        if !is_bar(high, low, close) {
            return None;
        }
        let [high, low, close] = self.session.replace([high, low, close])?;
        let (p, range) = ((high + low + close) / 3.0, high - low);
        Some(Pivots {
            p,
            r1: p + (p - low),
            s1: p - (high - p),
            r2: p + range,
            s2: p - range,
            r3: high + 2.0 * (p - low),
            s3: low - 2.0 * (high - p),
        })
    }
}
