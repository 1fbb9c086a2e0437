//! What execution has cost: shortfall against the decision, slippage against benchmarks, and where the profit of a market
//! maker comes from.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::Sum;
use crate::persist::state;
use crate::rows;

/// Price, size and side of a fill; None if that is no fill.
#[inline]
fn signed_size(price: f64, size: f64, side: f64) -> Option<f64> {
    (price > 0.0 && size >= 0.0 && side.abs() == 1.0).then_some(side * size)
}

outputs! { Shortfall { total_bps, delay, trading, opportunity, fees } }

state! {
    pub struct ImplementationShortfall {
        filled: Sum,
        paid: Sum,
        fees: Sum,
    }
}

impl Kernel for ImplementationShortfall {
    const INFO: &'static FormulaInfo = &rows::IMPLEMENTATION_SHORTFALL;
    type Input<'a> = (Option<[f64; 3]>, [f64; 5]);
    type Output<'s> = Shortfall;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self { filled: Sum::default(), paid: Sum::default(), fees: Sum::default() })
    }

    #[inline]
    fn step(&mut self, (fill, order): Self::Input<'_>) -> Option<Shortfall> {
        let [side, order_size, decision_price, arrival_price, close_price] = order;
        let priced = decision_price > 0.0 && arrival_price > 0.0 && close_price > 0.0;
        if side.abs() != 1.0 || order_size <= 0.0 || !priced {
            return None;
        }
        if let Some([fill_price, fill_size, fill_fee]) = fill {
            signed_size(fill_price, fill_size, side)?;
            self.filled.add(fill_size);
            self.paid.add(fill_price * fill_size);
            self.fees.add(fill_fee);
        }
        let filled = self.filled.value();
        let unit = 1e4 / (order_size * decision_price);
        let signed = side * unit;
        let delay = signed * filled * (arrival_price - decision_price);
        let trading = signed * (self.paid.value() - arrival_price * filled);
        let opportunity = signed * (order_size - filled) * (close_price - decision_price);
        let fees = unit * self.fees.value();
        Some(Shortfall { total_bps: delay + trading + opportunity + fees, delay, trading, opportunity, fees })
    }
}

outputs! { Slippage { vs_arrival, vs_vwap, vs_twap, participation } }

state! {
    pub struct VwapSlippage {
        /// First time and mid, and the newest.
        first: (f64, f64),
        last: Option<(f64, f64)>,
        /// Of the mid less the first one, over time.
        area: Sum,
        market_value: Sum,
        market_size: Sum,
        paid: Sum,
        filled: Sum,
        /// As of the newest fill.
        slippage: Option<[f64; 4]>,
    }
}

impl Kernel for VwapSlippage {
    const INFO: &'static FormulaInfo = &rows::VWAP_SLIPPAGE;
    type Input<'a> = (Option<[f64; 3]>, (Option<[f64; 2]>, [f64; 2]));
    type Output<'s> = Slippage;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            first: (0.0, 0.0),
            last: None,
            area: Sum::default(),
            market_value: Sum::default(),
            market_size: Sum::default(),
            paid: Sum::default(),
            filled: Sum::default(),
            slippage: None,
        })
    }

    #[inline]
    fn step(&mut self, (fill, (trade, [mid, t_s])): Self::Input<'_>) -> Option<Slippage> {
        let is_fill = |[price, size, side]: [f64; 3]| size > 0.0 && signed_size(price, size, side).is_some();
        let is_trade = |[price, size]: [f64; 2]| price > 0.0 && size >= 0.0;
        let sound = fill.is_none_or(is_fill) && trade.is_none_or(is_trade) && mid > 0.0;
        if !sound || self.last.is_some_and(|(last_s, _)| t_s < last_s) {
            return None;
        }
        match self.last.replace((t_s, mid)) {
            Some((last_s, last_mid)) => self.area.add((last_mid - self.first.1) * (t_s - last_s)),
            None => self.first = (t_s, mid),
        }
        if let Some([price, size]) = trade {
            self.market_value.add(price * size);
            self.market_size.add(size);
        }
        if let Some([price, size, side]) = fill {
            self.paid.add(price * size);
            self.filled.add(size);
            self.slippage = Some(self.measure(side, t_s));
        }
        self.slippage.map(|[vs_arrival, vs_vwap, vs_twap, participation]| Slippage {
            vs_arrival,
            vs_vwap,
            vs_twap,
            participation,
        })
    }
}

impl VwapSlippage {
    fn measure(&self, side: f64, t_s: f64) -> [f64; 4] {
        let (filled, market_size) = (self.filled.value(), self.market_size.value());
        let average = self.paid.value() / filled;
        let against = |benchmark: f64| side * (average / benchmark - 1.0) * 1e4;
        let (first_s, arrival) = self.first;
        let elapsed = t_s - first_s;
        let twap = if elapsed > 0.0 { arrival + self.area.value() / elapsed } else { arrival };
        if market_size > 0.0 {
            let vwap = self.market_value.value() / market_size;
            [against(arrival), against(vwap), against(twap), filled / market_size]
        } else {
            [against(arrival), f64::NAN, against(twap), f64::NAN]
        }
    }
}

outputs! { Attribution { spread_capture, inventory, fees, total } }

state! {
    pub struct MmPnlAttribution {
        mid: Option<f64>,
        position: Sum,
        spread_capture: Sum,
        inventory: Sum,
        fees: Sum,
    }
}

impl Kernel for MmPnlAttribution {
    const INFO: &'static FormulaInfo = &rows::MM_PNL_ATTRIBUTION;
    type Input<'a> = (Option<[f64; 4]>, Option<[f64; 2]>);
    type Output<'s> = Attribution;

    fn new(_params: &Params) -> Result<Self, ParamError> {
        let zero = Sum::default();
        Ok(Self { mid: None, position: zero, spread_capture: zero, inventory: zero, fees: zero })
    }

    #[inline]
    fn step(&mut self, (fill, quote): Self::Input<'_>) -> Option<Attribution> {
        if (fill.is_none() && quote.is_none()) || quote.is_some_and(|[bid, ask]| bid <= 0.0 || ask < bid) {
            return None;
        }
        let mid = quote.map(|[bid, ask]| 0.5 * (bid + ask)).or(self.mid)?;
        let signed = match fill {
            Some([price, size, side, _]) => signed_size(price, size, side)?,
            None => 0.0,
        };
        if let Some(last) = self.mid.replace(mid) {
            self.inventory.add(self.position.value() * (mid - last));
        }
        if let Some([price, _, _, fee]) = fill {
            self.position.add(signed);
            self.spread_capture.add(signed * (mid - price));
            self.fees.add(fee);
        }
        let (spread_capture, inventory, fees) =
            (self.spread_capture.value(), self.inventory.value(), self.fees.value());
        Some(Attribution { spread_capture, inventory, fees, total: spread_capture + inventory - fees })
    }
}

outputs! { BreakEven { maker_edge_bps, taker_cost_bps, prefer_maker } }

state! {
    pub struct MakerBreakeven {
        maker_fee_bps: f64,
        taker_fee_bps: f64,
        fill_prob: f64,
        adverse_bps: f64,
    }
}

impl Kernel for MakerBreakeven {
    const INFO: &'static FormulaInfo = &rows::MAKER_BREAKEVEN;
    type Input<'a> = [f64; 2];
    type Output<'s> = BreakEven;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self {
            maker_fee_bps: 1e4 * params.float("maker_fee"),
            taker_fee_bps: 1e4 * params.float("taker_fee"),
            fill_prob: params.float("fill_prob"),
            adverse_bps: params.float("adverse_bps"),
        })
    }

    #[inline]
    fn step(&mut self, [bid, ask]: [f64; 2]) -> Option<BreakEven> {
        if bid <= 0.0 || ask < bid {
            return None;
        }
        let half_spread_bps = 1e4 * (ask - bid) / (ask + bid);
        let taker_cost_bps = half_spread_bps + self.taker_fee_bps;
        let filled = half_spread_bps - self.adverse_bps - self.maker_fee_bps;
        let maker_edge_bps = self.fill_prob * filled - (1.0 - self.fill_prob) * taker_cost_bps;
        let prefer_maker = f64::from(u8::from(maker_edge_bps > -taker_cost_bps));
        Some(BreakEven { maker_edge_bps, taker_cost_bps, prefer_maker })
    }
}

state! {
    pub struct LatencyCost {
        /// Standard deviation of the price over the latency.
        deviation: f64,
    }
}

impl Kernel for LatencyCost {
    const INFO: &'static FormulaInfo = &rows::LATENCY_COST;
    type Input<'a> = [f64; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { deviation: params.float("sigma") * params.float("dt_s").sqrt() })
    }

    #[inline]
    fn step(&mut self, [bid, ask]: [f64; 2]) -> Option<f64> {
        if ask <= bid {
            return None;
        }
        let u = self.deviation / (ask - bid);
        let inverse = 1.0 / (2.0 * std::f64::consts::PI * u * u);
        Some(if inverse > 1.0 { u * inverse.ln().sqrt() } else { f64::NAN })
    }
}
