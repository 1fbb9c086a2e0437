//! Flow of trades by the side that took: over the last trades, since a time, fading with time, and how fast they come.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::TimeBins;
use crate::parts::{Decay, FadingTotal, Sum, WindowSum};
use crate::persist::state;
use crate::rows;

/// Volume that buyers took less volume that sellers took: 0 for a trade of unknown side.
#[inline(always)]
fn signed(size: f64, side: f64) -> f64 {
    if side == 0.0 {
        0.0
    } else {
        size.copysign(side)
    }
}

state! {
    /// Volumes that buyers and sellers took in the last n trades.
    struct TakerVolumes {
        bought: WindowSum,
        sold: WindowSum,
    }
}

impl TakerVolumes {
    fn new(length: usize) -> Self {
        Self { bought: WindowSum::new(length), sold: WindowSum::new(length) }
    }

    #[inline(always)]
    fn push(&mut self, size: f64, side: f64) -> Option<(f64, f64)> {
        if size < 0.0 {
            return None;
        }
        let flow = signed(size, side);
        let (bought, sold) = (self.bought.push(flow.max(0.0)), self.sold.push((-flow).max(0.0)));
        Some((bought?, sold?))
    }
}

outputs! {
    /// How much more buyers took than sellers, and the buyers' part.
    Imbalance { imbalance, buy_ratio }
}

state! {
    pub struct TradeImbalance {
        volumes: TakerVolumes,
    }
}

impl Kernel for TradeImbalance {
    const INFO: &'static FormulaInfo = &rows::TRADE_IMBALANCE;
    type Input<'a> = [f64; 2];
    type Output<'s> = Imbalance;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { volumes: TakerVolumes::new(params.int("window")) })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 2]) -> Option<Imbalance> {
        let [size, side] = trade;
        let (bought, sold) = self.volumes.push(size, side)?;
        let both = bought + sold;
        if both == 0.0 {
            return Some(Imbalance { imbalance: 0.0, buy_ratio: 0.5 });
        }
        Some(Imbalance { imbalance: (bought - sold) / both, buy_ratio: bought / both })
    }
}

state! {
    pub struct TakerRatio {
        volumes: TakerVolumes,
        eps: f64,
    }
}

impl Kernel for TakerRatio {
    const INFO: &'static FormulaInfo = &rows::TAKER_RATIO;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { volumes: TakerVolumes::new(params.int("window")), eps: params.float("eps") })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 2]) -> Option<f64> {
        let [size, side] = trade;
        let (bought, sold) = self.volumes.push(size, side)?;
        let floor = self.eps * (bought + sold);
        Some(if floor > 0.0 { ((bought + floor) / (sold + floor)).ln() } else { 0.0 })
    }
}

outputs! {
    /// Signed volume of the session, and of the bar.
    CvdPoint { cvd, bar_delta }
}

state! {
    pub struct Cvd {
        sessions: TimeBins,
        bars: TimeBins,
        session: Sum,
        bar: Sum,
    }
}

impl Kernel for Cvd {
    const INFO: &'static FormulaInfo = &rows::CVD;
    type Input<'a> = [f64; 3];
    type Output<'s> = CvdPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            sessions: TimeBins::new(params.float("reset_s")),
            bars: TimeBins::new(params.float("bar_s")),
            session: Sum::default(),
            bar: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 3]) -> Option<CvdPoint> {
        let [size, side, t_s] = trade;
        if size < 0.0 {
            return None;
        }
        if self.sessions.advance(t_s)? > 0 {
            self.session = Sum::default();
        }
        if self.bars.advance(t_s)? > 0 {
            self.bar = Sum::default();
        }
        let flow = signed(size, side);
        self.session.add(flow);
        self.bar.add(flow);
        Some(CvdPoint { cvd: self.session.value(), bar_delta: self.bar.value() })
    }
}

outputs! {
    /// Signed volume per second, trades per second, and the part of the volume that is signed.
    FlowPoint { flow, intensity, ratio }
}

state! {
    pub struct FlowEmaDecay {
        decay: Decay,
        signed: FadingTotal,
        all: FadingTotal,
        count: FadingTotal,
        inverse_tau: f64,
    }
}

impl Kernel for FlowEmaDecay {
    const INFO: &'static FormulaInfo = &rows::FLOW_EMA_DECAY;
    type Input<'a> = [f64; 3];
    type Output<'s> = FlowPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let tau_s = params.float("tau_s");
        Ok(Self {
            decay: Decay::new(tau_s),
            signed: FadingTotal::default(),
            all: FadingTotal::default(),
            count: FadingTotal::default(),
            inverse_tau: 1.0 / tau_s,
        })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 3]) -> Option<FlowPoint> {
        let [size, side, t_s] = trade;
        if size < 0.0 {
            return None;
        }
        let left = self.decay.advance(t_s)?;
        let flow = self.signed.push(left, signed(size, side));
        let all = self.all.push(left, size);
        let count = self.count.push(left, 1.0);
        let ratio = if all > 0.0 { (flow / all).clamp(-1.0, 1.0) } else { 0.0 };
        Some(FlowPoint { flow: flow * self.inverse_tau, intensity: count * self.inverse_tau, ratio })
    }
}

/// A rate of no trades at all still has a deviation: this, squared.
const LEAST_RATE: f64 = 1e-12;

outputs! {
    /// Trades per second of the last completed bin, and how unusual that number is.
    ArrivalPoint { rate, z }
}

state! {
    pub struct TradeArrivalRate {
        bins: TimeBins,
        inverse_bin: f64,
        /// Trades in the bin under way.
        count: f64,
        /// Of the last completed bin.
        completed: Option<f64>,
        /// Of the bins before that one.
        before: WindowSum,
    }
}

impl TradeArrivalRate {
    #[cold]
    fn complete(&mut self, bins: u64) {
        // After a silence longer than the window all that is left of the past is empty bins.
        let most = self.before.len() as u64 + 2;
        for _ in 0..bins.min(most) {
            if let Some(completed) = self.completed.replace(self.count) {
                self.before.push(completed);
            }
            self.count = 0.0;
        }
    }
}

impl Kernel for TradeArrivalRate {
    const INFO: &'static FormulaInfo = &rows::TRADE_ARRIVAL_RATE;
    type Input<'a> = f64;
    type Output<'s> = ArrivalPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            bins: TimeBins::new(params.float("bin_s")),
            inverse_bin: 1.0 / params.float("bin_s"),
            count: 0.0,
            completed: None,
            before: WindowSum::new(params.int("window")),
        })
    }

    #[inline]
    fn step(&mut self, t_s: f64) -> Option<ArrivalPoint> {
        let over = self.bins.advance(t_s)?;
        if over > 0 {
            self.complete(over);
        }
        self.count += 1.0;
        if self.before.count() < self.before.len() {
            return None;
        }
        let (count, mean) = (self.completed?, self.before.value() / self.before.len() as f64);
        let z = if count == mean { 0.0 } else { (count - mean) / mean.max(LEAST_RATE).sqrt() };
        Some(ArrivalPoint { rate: count * self.inverse_bin, z })
    }
}
