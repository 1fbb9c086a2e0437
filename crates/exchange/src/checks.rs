//! What the account is worth and can carry, and everything that refuses an order. Nothing here changes anything.

use crate::account::Position;
use crate::exchange::SimExchange;
use crate::order::{NewOrder, OrderId, Refusal, Which};
use crate::rules::Impossible;
use nanotick_model::{Cash, Instrument, InstrumentId, Level, OrderType, Px, Qty, Side, TimeInForce};

impl SimExchange {
    /// Value of the open position at the mark less what it cost.
    pub fn unrealized(&self, id: InstrumentId) -> Cash {
        let (market, position) = (self.market(id), self.position(id));
        match market.mark() {
            Some(mark) if position.qty.0 != 0 => {
                let value = self.value(id, mark, Qty(position.qty.0.abs()));
                Cash(value.0 * position.qty.0.signum() as i128 - position.cost.0)
            }
            _ => Cash::ZERO,
        }
    }

    /// Margin that the position (at its cost) holds.
    pub fn position_margin(&self, id: InstrumentId) -> Cash {
        Cash(self.position(id).cost.0.abs() / self.rules.leverage as i128)
    }

    /// Margin of an instrument: the larger of what is at risk if all buys fill and if all sells fill, with leverage.
    /// `with` stands for an order that is not in the book yet, `without` for one that is and does not count.
    fn margin(&self, id: InstrumentId, with: Option<(Side, Cash)>, without: Option<OrderId>) -> Cash {
        let market = self.market(id);
        let side_value = |side: Side| {
            let resting = market.ours(side).iter().filter(|order| Some(order.id) != without);
            let open = resting.fold(0, |sum, order| sum + self.value(id, order.px, order.leaves).0);
            open + with.filter(|(with_side, _)| *with_side == side).map_or(0, |(_, value)| value.0)
        };
        let cost = self.position(id).cost.0;
        let at_risk = (cost + side_value(Side::Buy)).max(side_value(Side::Sell) - cost).max(0);
        Cash(at_risk / self.rules.leverage as i128)
    }

    /// Margin of every position and open order.
    pub fn margin_used(&self) -> Cash {
        self.markets.iter().fold(Cash::ZERO, |sum, m| sum + self.margin(m.instrument.id, None, None))
    }

    /// Wallet with what open positions are worth now.
    pub fn equity(&self) -> Cash {
        self.markets.iter().fold(self.account().wallet(), |sum, m| sum + self.unrealized(m.instrument.id))
    }

    fn value(&self, id: InstrumentId, px: Px, qty: Qty) -> Cash {
        self.market(id).instrument.notional(px, qty).unwrap_or(Cash::ZERO)
    }

    /// Everything that refuses a new order; returns the size that it gets.
    pub(crate) fn check_new(&self, new: &NewOrder) -> Result<Qty, Refusal> {
        let market = self.markets.get(new.instrument.index()).ok_or(Refusal::UnknownInstrument)?;
        if !new.client.is_empty() {
            let known = self.order(Which::Client(new.client));
            if known.is_some_and(|order| order.is_open() || self.rules.client_ids_are_forever) {
                return Err(Refusal::DuplicateClientId);
            }
        }
        let mut qty = new.qty;
        if new.reduce_only {
            let room = market_room(self.position(new.instrument), new.side)?;
            if qty > room && !self.rules.reduce_only_is_cut {
                return Err(Refusal::NothingToReduce);
            }
            qty = qty.min(room);
        }
        let is_market = new.order_type == OrderType::Market;
        let limit = (!is_market).then_some(new.px);
        let plan = market.plan_take(new.side, limit, qty);
        // Worst price of what it takes; a market order with nothing to take has none.
        let px = match (limit, plan.last()) {
            (Some(px), _) => px,
            (None, Some(level)) => level.px,
            (None, None) => return Err(Refusal::NoLiquidity),
        };
        self.check_limits(&market.instrument, px, qty, new.reduce_only)?;
        if market.ours(Side::Buy).len() + market.ours(Side::Sell).len() >= self.rules.max_open_orders {
            return Err(Refusal::TooManyOrders);
        }
        if self.rules.impossible == Impossible::Refuse {
            if new.tif == TimeInForce::PostOnly && market.would_take(new.side, px) {
                return Err(Refusal::PostOnlyWouldTake);
            }
            if new.tif == TimeInForce::Fok && total(&plan) < qty {
                return Err(Refusal::CannotFillWhole);
            }
        }
        self.check_margin(new.instrument, new.side, px, qty, None)?;
        Ok(qty)
    }

    pub(crate) fn check_limits(
        &self,
        instrument: &Instrument,
        px: Px,
        qty: Qty,
        reduce_only: bool,
    ) -> Result<(), Refusal> {
        if qty < instrument.min_qty || qty.0 <= 0 {
            return Err(Refusal::QtyTooSmall);
        }
        if qty > instrument.max_qty {
            return Err(Refusal::QtyTooLarge);
        }
        if px < instrument.min_px || px > instrument.max_px {
            return Err(Refusal::PxOutOfRange);
        }
        match instrument.notional(px, qty) {
            Some(value) if reduce_only || value >= instrument.min_notional => Ok(()),
            _ => Err(Refusal::NotionalTooSmall),
        }
    }

    pub(crate) fn check_margin(
        &self,
        id: InstrumentId,
        side: Side,
        px: Px,
        qty: Qty,
        without: Option<OrderId>,
    ) -> Result<(), Refusal> {
        let value = self.value(id, px, qty);
        let before = self.margin(id, None, without);
        let after = self.margin(id, Some((side, value)), without);
        // What only reduces the risk is always allowed.
        if after <= before {
            return Ok(());
        }
        let fee = value.times(self.market(id).instrument.taker_fee);
        let others = self.margin_used() - self.margin(id, None, None);
        if (others + after + fee).0 > self.equity().0 {
            return Err(Refusal::InsufficientBalance);
        }
        Ok(())
    }
}

pub(crate) fn total(plan: &[Level]) -> Qty {
    plan.iter().fold(Qty(0), |sum, level| sum + level.qty)
}

fn market_room(position: &Position, side: Side) -> Result<Qty, Refusal> {
    let room = position.reducible(side);
    if room.0 == 0 {
        return Err(Refusal::NothingToReduce);
    }
    Ok(room)
}
