//! Formulas over trades, weighted by their size.

use crate::info::{Bound, FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::Trade;
use crate::kernel::{outputs, Kernel};
use crate::params::{Given, ParamError};

const VWAP_SESSION: FormulaInfo = FormulaInfo {
    id: 171,
    key: "vwap_session",
    name: "Session VWAP with standard-deviation bands",
    category: "volume_order_flow",
    subcategory: "vwap",
    tier: 1,
    input: InputKind::Trade,
    params: &[
        ParamInfo::float("reset_s", 86_400.0, Bound::Excluded(0.0), Bound::Included(1e9)),
        ParamInfo::float("k", 2.0, Bound::Included(0.0), Bound::Included(100.0)),
    ],
    outputs: &[
        OutputInfo::new("vwap", "price"),
        OutputInfo::new("upper", "price"),
        OutputInfo::new("lower", "price"),
    ],
    warmup: "0",
    streaming: "O(1): weighted Welford",
    definition: "The mean of the trade prices of the session, weighted by size, with bands k weighted standard \
                 deviations above and below. A session is the stretch of `reset_s` seconds, counted from the Unix \
                 epoch in UTC, in which the trade falls; a trade of another session starts afresh. Trades of size \
                 zero carry no weight; NaN until the session has a trade with one.",
    citation: "Berkowitz, S.A., Logue, D.E. & Noser, E.A. (1988), The total cost of transactions on the NYSE, \
               Journal of Finance 43(1), 97-112",
    oracle: "NumPy weighted mean and variance",
};

outputs! {
    /// The session's mean price and its bands.
    VwapPoint { vwap, upper, lower }
}

#[derive(Debug, Clone)]
pub struct VwapSession {
    k: f64,
    reset_ns: i64,
    /// The session is `session_start_ns..session_end_ns`; empty before the first trade.
    session_start_ns: i64,
    session_end_ns: i64,
    weight: f64,
    mean: f64,
    /// Sum of size times squared distance from the mean.
    squares: f64,
}

impl VwapSession {
    pub fn new(reset_s: f64, k: f64) -> Result<Self, ParamError> {
        Self::from_params(&[reset_s, k])
    }

    #[cold]
    fn start_session(&mut self, t_ns: i64) {
        self.session_start_ns = t_ns.saturating_sub(t_ns.rem_euclid(self.reset_ns));
        self.session_end_ns = self.session_start_ns.saturating_add(self.reset_ns);
        self.clear();
    }

    fn clear(&mut self) {
        self.weight = 0.0;
        self.mean = 0.0;
        self.squares = 0.0;
    }

    #[inline(always)]
    fn add(&mut self, px: f64, size: f64) {
        self.weight += size;
        let distance = px - self.mean;
        let share = size / self.weight;
        // At a share of almost 1 the sum could round past the price; the mean never leaves the prices' range.
        self.mean = if share < 0.5 { self.mean + distance * share } else { px - distance * (1.0 - share) };
        self.squares += size * distance * (px - self.mean);
    }
}

impl Kernel for VwapSession {
    const INFO: &'static FormulaInfo = &VWAP_SESSION;
    type Input<'a> = Trade;
    type Output = VwapPoint;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            k: given.float(1),
            reset_ns: ((given.float(0) * 1e9).round() as i64).max(1),
            session_start_ns: 0,
            session_end_ns: 0,
            weight: 0.0,
            mean: 0.0,
            squares: 0.0,
        })
    }

    #[inline]
    fn update(&mut self, trade: Trade) -> VwapPoint {
        if !trade.is_valid() {
            return VwapPoint::NAN;
        }
        if trade.t_ns < self.session_start_ns || trade.t_ns >= self.session_end_ns {
            self.start_session(trade.t_ns);
        }
        if trade.size > 0.0 {
            self.add(trade.px, trade.size);
        } else if self.weight == 0.0 {
            return VwapPoint::NAN;
        }
        let band = self.k * (self.squares / self.weight).sqrt();
        VwapPoint { vwap: self.mean, upper: self.mean + band, lower: self.mean - band }
    }

    fn reset(&mut self) {
        self.session_start_ns = 0;
        self.session_end_ns = 0;
        self.clear();
    }

    fn warmup(&self) -> usize {
        0
    }
}
