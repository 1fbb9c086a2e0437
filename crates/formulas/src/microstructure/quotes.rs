//! What one best quote says: its middle, its width, and which side is heavier.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::rows;

state! {
    pub struct MidPrice {}
}

impl Kernel for MidPrice {
    const INFO: &'static FormulaInfo = &rows::MID_PRICE;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, [bid, ask]: [f64; 2]) -> Option<f64> {
        Some(0.5 * (bid + ask))
    }
}

state! {
    pub struct MicropriceWeighted {}
}

impl Kernel for MicropriceWeighted {
    const INFO: &'static FormulaInfo = &rows::MICROPRICE_WEIGHTED;
    type Input<'a> = [f64; 4];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, quote: [f64; 4]) -> Option<f64> {
        let [bid, ask, bid_size, ask_size] = quote;
        if bid_size < 0.0 || ask_size < 0.0 {
            return None;
        }
        let sizes = bid_size + ask_size;
        let share = if sizes > 0.0 { bid_size / sizes } else { 0.5 };
        let between = share * ask + (1.0 - share) * bid;
        // Rounding may step over the nearer side by one unit in the last place. A crossed quote swaps the sides.
        Some(between.max(bid.min(ask)).min(bid.max(ask)))
    }
}

state! {
    pub struct QuotedSpread {}
}

outputs! {
    /// In units of the price, and in hundredths of a percent of the mid.
    QuotedSpreadPoint { spread, spread_bps }
}

impl Kernel for QuotedSpread {
    const INFO: &'static FormulaInfo = &rows::QUOTED_SPREAD;
    type Input<'a> = [f64; 2];
    type Output<'s> = QuotedSpreadPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, [bid, ask]: [f64; 2]) -> Option<QuotedSpreadPoint> {
        let (spread, mid) = (ask - bid, 0.5 * (bid + ask));
        let spread_bps = if mid > 0.0 { 1e4 * spread / mid } else { f64::NAN };
        Some(QuotedSpreadPoint { spread, spread_bps })
    }
}

state! {
    pub struct QueueImbalance {}
}

impl Kernel for QueueImbalance {
    const INFO: &'static FormulaInfo = &rows::QUEUE_IMBALANCE;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {})
    }

    #[inline]
    fn step(&mut self, [bid_size, ask_size]: [f64; 2]) -> Option<f64> {
        if bid_size < 0.0 || ask_size < 0.0 {
            return None;
        }
        let sizes = bid_size + ask_size;
        Some(if sizes > 0.0 { (bid_size - ask_size) / sizes } else { 0.0 })
    }
}
