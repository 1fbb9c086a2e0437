//! Prices weighted by the sizes traded at them, since a session began or over the last trades.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::TimeBins;
use crate::parts::{Sum, WindowSum};
use crate::persist::state;
use crate::rows;

outputs! {
    /// The session's mean price and its bands.
    SessionVwap { vwap, upper, lower }
}

state! {
    pub struct VwapSession {
        sessions: TimeBins,
        k: f64,
        weight: Sum,
        mean: f64,
        /// Sum of size times squared distance from the mean.
        squares: Sum,
    }
}

impl VwapSession {
    #[inline(always)]
    fn add(&mut self, price: f64, size: f64) {
        self.weight.add(size);
        let distance = price - self.mean;
        let share = size / self.weight.value();
        // At a share of almost 1 the sum could round past the price; the mean never leaves the prices' range.
        self.mean = if share < 0.5 { self.mean + distance * share } else { price - distance * (1.0 - share) };
        self.squares.add(size * distance * (price - self.mean));
    }
}

impl Kernel for VwapSession {
    const INFO: &'static FormulaInfo = &rows::VWAP_SESSION;
    type Input<'a> = [f64; 3];
    type Output<'s> = SessionVwap;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            sessions: TimeBins::new(params.float("reset_s")),
            k: params.float("k"),
            weight: Sum::default(),
            mean: 0.0,
            squares: Sum::default(),
        })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 3]) -> Option<SessionVwap> {
        let [price, size, t_s] = trade;
        if size < 0.0 {
            return None;
        }
        if self.sessions.advance(t_s)? > 0 {
            (self.weight, self.mean, self.squares) = (Sum::default(), 0.0, Sum::default());
        }
        if size > 0.0 {
            self.add(price, size);
        }
        let weight = self.weight.value();
        if weight == 0.0 {
            return Some(SessionVwap { vwap: f64::NAN, upper: f64::NAN, lower: f64::NAN });
        }
        let band = self.k * (self.squares.value().max(0.0) / weight).sqrt();
        Some(SessionVwap { vwap: self.mean, upper: self.mean + band, lower: self.mean - band })
    }
}

outputs! {
    /// The mean price, and how far the newest is above it.
    RollingVwap { vwap, dev_bps }
}

state! {
    pub struct VwapRolling {
        /// The first price. Sums of small distances from it keep digits that sums of whole prices lose.
        reference: Option<f64>,
        distances: WindowSum,
        sizes: WindowSum,
    }
}

impl Kernel for VwapRolling {
    const INFO: &'static FormulaInfo = &rows::VWAP_ROLLING;
    type Input<'a> = [f64; 2];
    type Output<'s> = RollingVwap;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let window = params.int("window");
        Ok(Self { reference: None, distances: WindowSum::new(window), sizes: WindowSum::new(window) })
    }

    #[inline]
    fn step(&mut self, trade: [f64; 2]) -> Option<RollingVwap> {
        let [price, size] = trade;
        if size < 0.0 {
            return None;
        }
        let reference = *self.reference.get_or_insert(price);
        let distance = price - reference;
        let (weighted, sizes) = (self.distances.push(distance * size), self.sizes.push(size));
        let (weighted, sizes) = (weighted?, sizes?);
        let shift = if sizes > 0.0 { weighted / sizes } else { f64::NAN };
        let vwap = reference + shift;
        Some(RollingVwap { vwap, dev_bps: 1e4 * (distance - shift) / vwap })
    }
}
