//! One instrument's market: the recorded book with our resting orders in it. It says which orders match, at what
//! price and by what rule; what a match does to orders and account is the exchange's business.

use crate::ladder::Ladder;
use crate::order::{FillReason, OrderId};
use crate::queue;
use nanotick_model::{BookUpdate, Instrument, Level, Px, Qty, Side, Trade};

/// One of our orders in the book.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resting {
    pub id: OrderId,
    pub px: Px,
    pub leaves: Qty,
    /// Displayed size that is served before it.
    pub ahead: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Match {
    pub id: OrderId,
    pub px: Px,
    pub qty: Qty,
    pub reason: FillReason,
}

#[derive(Clone, Debug)]
pub struct Market {
    pub instrument: Instrument,
    pub bids: Ladder,
    pub asks: Ladder,
    pub last_trade: Option<Trade>,
    /// The recording's id of the book.
    pub update_id: u64,
    /// Ours, by priority: best price first, then first come.
    our_bids: Vec<Resting>,
    our_asks: Vec<Resting>,
}

/// Whether an order of `side` at `px` trades against the other side's `other`.
fn crosses(side: Side, px: Px, other: Px) -> bool {
    match side {
        Side::Buy => px >= other,
        Side::Sell => px <= other,
    }
}

impl Market {
    pub(crate) fn new(instrument: Instrument) -> Market {
        Market {
            instrument,
            bids: Ladder::new(Side::Buy),
            asks: Ladder::new(Side::Sell),
            last_trade: None,
            update_id: 0,
            our_bids: Vec::new(),
            our_asks: Vec::new(),
        }
    }

    pub fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> (&mut Ladder, &mut Vec<Resting>) {
        match side {
            Side::Buy => (&mut self.bids, &mut self.our_bids),
            Side::Sell => (&mut self.asks, &mut self.our_asks),
        }
    }

    pub(crate) fn ours(&self, side: Side) -> &[Resting] {
        match side {
            Side::Buy => &self.our_bids,
            Side::Sell => &self.our_asks,
        }
    }

    /// Middle of the book, rounded down to a tick; else the last trade.
    pub fn mark(&self) -> Option<Px> {
        match (self.bids.best(), self.asks.best()) {
            (Some(bid), Some(ask)) => Some(Px((bid.px.0 + ask.px.0).div_euclid(2))),
            _ => self.last_trade.map(|trade| trade.px),
        }
    }

    /// Takes in a recorded update; then the orders that the book came across are in `matches`.
    pub(crate) fn on_book(&mut self, update: &BookUpdate<'_>, matches: &mut Vec<Match>) {
        self.update_id = update.update_id;
        for (side, levels) in [(Side::Buy, update.bids), (Side::Sell, update.asks)] {
            let (ladder, ours) = self.side_mut(side);
            if update.is_snapshot {
                for (px, before) in ladder.clear() {
                    if !levels.iter().any(|level| level.px == px && level.qty.0 > 0) {
                        move_places(ours, px, before, 0);
                    }
                }
            }
            for level in levels {
                let (before, after) = ladder.set(*level);
                move_places(ours, level.px, before, after);
            }
        }
        self.match_crossed(Side::Buy, matches);
        self.match_crossed(Side::Sell, matches);
    }

    /// Our orders that the other side's displayed size has reached fill at their own price, by priority, from size
    /// that nobody of ours took before.
    fn match_crossed(&mut self, side: Side, matches: &mut Vec<Match>) {
        let (others, ours) = match side {
            Side::Buy => (&mut self.asks, &self.our_bids),
            Side::Sell => (&mut self.bids, &self.our_asks),
        };
        for order in ours {
            if !others.best().is_some_and(|best| crosses(side, order.px, best.px)) {
                break;
            }
            let mut left = order.leaves.0;
            while left > 0 {
                let Some(level) = others.takable(Some(order.px)).next() else { break };
                let qty = Qty(level.qty.0.min(left));
                others.eat(level.px, qty);
                left -= qty.0;
            }
            let qty = order.leaves - Qty(left);
            if qty.0 > 0 {
                matches.push(Match { id: order.id, px: order.px, qty, reason: FillReason::BookCrossed });
            }
        }
    }

    /// A recorded trade: served from the front of the queue at its price, after all of ours at better prices.
    pub(crate) fn on_trade(&mut self, trade: &Trade, matches: &mut Vec<Match>) {
        self.last_trade = Some(*trade);
        let side = trade.side.opposite();
        let (ladder, ours) = self.side_mut(side);
        let mut left = trade.qty.0;
        let mut served_ahead = 0;
        for order in ours.iter_mut() {
            if !crosses(side, order.px, trade.px) {
                break;
            }
            let reason = if order.px == trade.px {
                let gap = (order.ahead - served_ahead).max(0).min(left);
                served_ahead += gap;
                left -= gap;
                order.ahead -= served_ahead.min(order.ahead);
                FillReason::QueueReached
            } else {
                order.ahead = 0;
                FillReason::TradedThrough
            };
            let qty = Qty(order.leaves.0.min(left));
            if qty.0 > 0 {
                left -= qty.0;
                matches.push(Match { id: order.id, px: order.px, qty, reason });
            }
        }
        ladder.note_trade(trade.px, trade.qty);
    }

    /// What a taker would get now, without taking it: levels best first, together at most `qty`.
    pub(crate) fn plan_take(&self, side: Side, limit: Option<Px>, qty: Qty) -> Vec<Level> {
        let mut left = qty.0;
        let mut plan = Vec::new();
        for level in self.side(side.opposite()).takable(limit) {
            if left == 0 {
                break;
            }
            let qty = Qty(level.qty.0.min(left));
            left -= qty.0;
            plan.push(Level { px: level.px, qty });
        }
        plan
    }

    pub(crate) fn take(&mut self, side: Side, level: Level) {
        self.side_mut(side.opposite()).0.eat(level.px, level.qty);
    }

    /// Whether an order at `px` would trade with the displayed book or with one of ours.
    pub(crate) fn would_take(&self, side: Side, px: Px) -> bool {
        self.side(side.opposite()).best().is_some_and(|best| crosses(side, px, best.px))
            || self.ours(side.opposite()).first().is_some_and(|order| crosses(side, px, order.px))
    }

    /// Our resting orders at or before the price that an order of ours reaches: they would trade with it.
    pub(crate) fn self_matches(&self, side: Side, reach: Option<Px>) -> Vec<OrderId> {
        self.ours(side.opposite())
            .iter()
            .take_while(|order| reach.is_none_or(|px| crosses(side, px, order.px)))
            .map(|order| order.id)
            .collect()
    }

    /// Puts an order at the end of the queue at its price.
    pub(crate) fn rest(&mut self, id: OrderId, side: Side, px: Px, leaves: Qty) {
        let (ladder, ours) = self.side_mut(side);
        let ahead = ladder.left_at(px);
        let at = ours.partition_point(|order| crosses(side, order.px, px));
        ours.insert(at, Resting { id, px, leaves, ahead });
    }

    /// Takes an order out of the book; `false` if it was not in it.
    pub(crate) fn remove(&mut self, side: Side, id: OrderId) -> bool {
        let (_, ours) = self.side_mut(side);
        let at = ours.iter().position(|order| order.id == id);
        at.map(|at| ours.remove(at)).is_some()
    }

    /// Sets what is open of a resting order; it leaves the book at zero.
    pub(crate) fn set_leaves(&mut self, side: Side, id: OrderId, leaves: Qty) {
        let (_, ours) = self.side_mut(side);
        if let Some(at) = ours.iter().position(|order| order.id == id) {
            if leaves.0 == 0 {
                ours.remove(at);
            } else {
                ours[at].leaves = leaves;
            }
        }
    }
}

/// The displayed size at a price changed for other reasons than trades: places of our orders there move.
fn move_places(ours: &mut [Resting], px: Px, before: i64, after: i64) {
    for order in ours.iter_mut().filter(|order| order.px == px) {
        order.ahead = queue::after_level_change(order.ahead, before, after);
    }
}
