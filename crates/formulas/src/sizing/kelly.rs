//! The stake that lets capital grow fastest in the long run, and less than that: for a doubtful edge, or a calmer way.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::RollingMoments;
use crate::persist::state;
use crate::rows;

outputs! { BetPoint { f, growth } }
outputs! { LeveragePoint { f, growth_rate } }
outputs! { ShrunkPoint { f, shrink } }
outputs! { TradeOffPoint { rel_growth, p_reach } }

/// A probability times ln(1 + gain); nothing for what does not happen, even if it would cost all.
#[inline(always)]
fn expected_log(probability: f64, gain: f64) -> f64 {
    if probability > 0.0 {
        probability * gain.ln_1p()
    } else {
        0.0
    }
}

state! {
    pub struct KellyBinary {
        win: f64,
        loss: f64,
        allow_short: bool,
    }
}

impl Kernel for KellyBinary {
    const INFO: &'static FormulaInfo = &rows::KELLY_BINARY;
    type Input<'a> = f64;
    type Output<'s> = BetPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { win: params.float("b"), loss: params.float("a"), allow_short: params.flag("allow_short") })
    }

    #[inline]
    fn step(&mut self, p: f64) -> Option<BetPoint> {
        if !(0.0..=1.0).contains(&p) {
            return None;
        }
        let q = 1.0 - p;
        let signed = p / self.loss - q / self.win;
        let f = if self.allow_short { signed } else { signed.max(0.0) };
        Some(BetPoint { f, growth: expected_log(p, self.win * f) + expected_log(q, -self.loss * f) })
    }
}

state! {
    pub struct KellyContinuous {
        moments: RollingMoments,
        rf: f64,
        frac: f64,
        cap: f64,
        bessel: f64,
    }
}

impl Kernel for KellyContinuous {
    const INFO: &'static FormulaInfo = &rows::KELLY_CONTINUOUS;
    type Input<'a> = f64;
    type Output<'s> = LeveragePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self {
            moments: RollingMoments::new(window),
            rf: params.float("rf"),
            frac: params.float("frac"),
            cap: params.float("cap"),
            bessel: window as f64 / (window - 1) as f64,
        })
    }

    #[inline]
    fn step(&mut self, r: f64) -> Option<LeveragePoint> {
        let moments = self.moments.push(r)?;
        let (excess, variance) = (moments.mean - self.rf, moments.variance * self.bessel);
        let full = if variance > 0.0 { self.frac * excess / variance } else { 0.0 };
        let f = full.clamp(-self.cap, self.cap);
        Some(LeveragePoint { f, growth_rate: self.rf + f * excess - 0.5 * f * f * variance })
    }
}

state! {
    pub struct KellyShrunk {
        win: f64,
        /// ((b + 1) se)^2.
        doubt: f64,
    }
}

impl Kernel for KellyShrunk {
    const INFO: &'static FormulaInfo = &rows::KELLY_SHRUNK;
    type Input<'a> = f64;
    type Output<'s> = ShrunkPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let win = params.float("b");
        Ok(Self { win, doubt: ((win + 1.0) * params.float("se")).powi(2) })
    }

    #[inline]
    fn step(&mut self, p: f64) -> Option<ShrunkPoint> {
        if !(0.0..=1.0).contains(&p) {
            return None;
        }
        let edge = (self.win + 1.0) * p - 1.0;
        if edge <= 0.0 {
            return Some(ShrunkPoint { f: 0.0, shrink: 0.0 });
        }
        let square = edge * edge;
        let shrink = square / (square + self.doubt);
        Some(ShrunkPoint { f: shrink * edge / self.win, shrink })
    }
}

state! {
    pub struct KellyDrawdown {
        log_x: f64,
    }
}

impl Kernel for KellyDrawdown {
    const INFO: &'static FormulaInfo = &rows::KELLY_DRAWDOWN;
    type Input<'a> = f64;
    type Output<'s> = TradeOffPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { log_x: params.float("x").ln() })
    }

    #[inline]
    fn step(&mut self, c: f64) -> Option<TradeOffPoint> {
        if c <= 0.0 || c >= 2.0 {
            return None;
        }
        Some(TradeOffPoint { rel_growth: c * (2.0 - c), p_reach: (self.log_x * (2.0 / c - 1.0)).exp() })
    }
}
