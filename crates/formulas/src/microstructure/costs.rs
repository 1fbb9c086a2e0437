//! What a trade costs against the mid: at once, and some time later.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::{checked, mid, Clock, Trade};
use crate::parts::{Matured, PendingMarks, Sum};
use crate::persist::state;
use crate::rows;

const BPS: f64 = 1e4;

/// A trade, the best quote, or both; the quote then came first.
type Events = (Option<[f64; 3]>, Option<[f64; 2]>);

state! {
    pub struct EffectiveSpread {
        mid: Option<f64>,
        cost: Sum,
        size: Sum,
    }
}

outputs! {
    /// Of the trade, and of all so far weighted by size.
    EffectiveSpreadPoint { eff_bps, eff_vw_bps }
}

impl Kernel for EffectiveSpread {
    const INFO: &'static FormulaInfo = &rows::EFFECTIVE_SPREAD;
    type Input<'a> = Events;
    type Output<'s> = EffectiveSpreadPoint;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { mid: None, cost: Sum::default(), size: Sum::default() })
    }

    #[inline]
    fn step(&mut self, (trade, quote): Events) -> Option<EffectiveSpreadPoint> {
        let (trade, quote) = (checked(trade, Trade::new)?, checked(quote, mid)?);
        self.mid = quote.or(self.mid);
        let (trade, mid) = (trade?, self.mid?);
        let eff_bps = 2.0 * BPS * trade.side * (trade.price - mid) / mid;
        self.cost.add(trade.size * eff_bps);
        self.size.add(trade.size);
        Some(EffectiveSpreadPoint { eff_bps, eff_vw_bps: self.cost.value() / self.size.value() })
    }
}

state! {
    /// Trades against the mid a horizon later: what realised spread and impact have in common.
    struct LaterMid {
        clock: Clock,
        mid: Option<f64>,
        pending: PendingMarks,
    }
}

impl LaterMid {
    fn new(params: &Params) -> Self {
        Self {
            clock: Clock::default(),
            mid: None,
            pending: PendingMarks::new(params.float("horizon_s"), params.int("max_pending")),
        }
    }

    /// `valued` says by what factor and from which level a trade at a mid is valued. Gives the size-weighted mean of
    /// the trades that came due, if any did.
    #[inline(always)]
    fn step(
        &mut self,
        (trade, quote): Events,
        t_s: f64,
        valued: impl FnOnce(Trade, f64) -> (f64, f64),
    ) -> Option<f64> {
        let (trade, quote) = (checked(trade, Trade::new)?, checked(quote, mid)?);
        if (trade.is_none() && quote.is_none()) || !self.clock.advance(t_s) {
            return None;
        }
        let Matured { weight, value } = self.pending.mature(t_s, self.mid);
        self.mid = quote.or(self.mid);
        if let (Some(trade), Some(mid)) = (trade, self.mid) {
            let (factor, level) = valued(trade, mid);
            self.pending.push(t_s, trade.size, factor, level);
        }
        (weight > 0.0).then(|| BPS * value / weight)
    }
}

state! {
    pub struct RealizedSpread {
        later: LaterMid,
    }
}

impl Kernel for RealizedSpread {
    const INFO: &'static FormulaInfo = &rows::REALIZED_SPREAD;
    type Input<'a> = (Events, f64);
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { later: LaterMid::new(params) })
    }

    #[inline]
    fn step(&mut self, (events, t_s): (Events, f64)) -> Option<f64> {
        self.later.step(events, t_s, |trade, mid| (-2.0 * trade.side / mid, trade.price))
    }
}

state! {
    pub struct PriceImpact {
        later: LaterMid,
    }
}

impl Kernel for PriceImpact {
    const INFO: &'static FormulaInfo = &rows::PRICE_IMPACT;
    type Input<'a> = (Events, f64);
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { later: LaterMid::new(params) })
    }

    #[inline]
    fn step(&mut self, (events, t_s): (Events, f64)) -> Option<f64> {
        self.later.step(events, t_s, |trade, mid| (trade.side / mid, mid))
    }
}

state! {
    /// All fills so far at one horizon.
    struct Horizon {
        pending: PendingMarks,
        value: Sum,
        weight: Sum,
    }
}

state! {
    pub struct Markout {
        clock: Clock,
        mid: Option<f64>,
        horizons: Box<[Horizon]>,
        means: Box<[f64]>,
        any: bool,
    }
}

impl Kernel for Markout {
    const INFO: &'static FormulaInfo = &rows::MARKOUT;
    type Input<'a> = (Events, f64);
    type Output<'s> = &'s [f64];

    fn new(params: &Params) -> Result<Self, ParamError> {
        let limit = params.int("max_pending");
        let horizon = |&horizon_s: &f64| Horizon {
            pending: PendingMarks::new(horizon_s, limit),
            value: Sum::default(),
            weight: Sum::default(),
        };
        let horizons: Box<[Horizon]> = params.list("horizons_s").iter().map(horizon).collect();
        let means = vec![f64::NAN; horizons.len()].into_boxed_slice();
        Ok(Self { clock: Clock::default(), mid: None, horizons, means, any: false })
    }

    fn step(&mut self, ((fill, quote), t_s): (Events, f64)) -> Option<&[f64]> {
        let (fill, quote) = (checked(fill, Trade::new)?, checked(quote, mid)?);
        if (fill.is_none() && quote.is_none()) || !self.clock.advance(t_s) {
            return None;
        }
        for (horizon, mean) in self.horizons.iter_mut().zip(&mut self.means) {
            let Matured { weight, value } = horizon.pending.mature(t_s, self.mid);
            if weight > 0.0 {
                horizon.value.add(value);
                horizon.weight.add(weight);
                *mean = BPS * horizon.value.value() / horizon.weight.value();
                self.any = true;
            }
            if let Some(fill) = fill {
                horizon.pending.push(t_s, fill.size, fill.side / fill.price, fill.price);
            }
        }
        self.mid = quote.or(self.mid);
        self.any.then_some(&self.means)
    }
}
