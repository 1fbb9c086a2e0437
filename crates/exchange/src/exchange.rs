//! Requests and recorded messages in, what happened out: the life of orders, the account, the ledger.

use crate::account::{Account, Position};
use crate::checks::total;
use crate::market::{Market, Match};
use crate::order::{End, Fill, FillReason, NewOrder, Order, OrderId, Refusal, Status, Which};
use crate::rules::Rules;
use nanotick_model::{
    BookUpdate, Cash, Instrument, InstrumentId, OrderType, Px, Qty, Side, Text, TimeInForce, Trade,
};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// What happened, in order. Orders are as they were right after it.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    Accepted(Order),
    Amended(Order),
    Filled(Order, Fill),
    Cancelled(Order),
    /// After the last fill of a request or message: the instrument's position and the wallet have changed.
    Account(InstrumentId),
}

/// The exchange's books, for reconciliation: everything it says happened.
#[derive(Debug)]
pub struct Ledger<'a> {
    /// By id. Finished orders beyond the history limit are not in it.
    pub orders: Vec<&'a Order>,
    pub fills: Vec<&'a Fill>,
    pub account: &'a Account,
    /// Finished orders and fills that have left the ledger. The account is exact nevertheless.
    pub orders_dropped: u64,
    pub fills_dropped: u64,
}

#[derive(Debug)]
pub struct SimExchange {
    pub(crate) rules: Rules,
    pub(crate) markets: Vec<Market>,
    orders: BTreeMap<OrderId, Order>,
    /// The newest order with a client id: the one a request by that id means.
    by_client: HashMap<Text<40>, OrderId>,
    finished: VecDeque<OrderId>,
    fills: VecDeque<Fill>,
    account: Account,
    next_order: u64,
    next_exec: u64,
    orders_dropped: u64,
    fills_dropped: u64,
    matches: Vec<Match>,
}

impl SimExchange {
    /// Instruments must be given in the order of their ids, counted from zero, and have a whole notional unit.
    pub fn new(instruments: Vec<Instrument>, rules: Rules) -> SimExchange {
        for (at, instrument) in instruments.iter().enumerate() {
            assert_eq!(instrument.id.index(), at, "instruments are numbered from zero");
            assert!(instrument.notional_unit().is_some(), "price × size must be whole units of cash");
        }
        SimExchange {
            account: Account::new(rules.deposit, instruments.len()),
            markets: instruments.into_iter().map(Market::new).collect(),
            rules,
            orders: BTreeMap::new(),
            by_client: HashMap::new(),
            finished: VecDeque::new(),
            fills: VecDeque::new(),
            next_order: 1,
            next_exec: 1,
            orders_dropped: 0,
            fills_dropped: 0,
            matches: Vec::new(),
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    pub fn market(&self, id: InstrumentId) -> &Market {
        &self.markets[id.index()]
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    pub fn position(&self, id: InstrumentId) -> &Position {
        &self.account.positions[id.index()]
    }

    pub fn order(&self, which: Which) -> Option<&Order> {
        let id = match which {
            Which::Id(id) => id,
            Which::Client(client) => *self.by_client.get(&client)?,
        };
        self.orders.get(&id)
    }

    /// Every order still in the ledger, oldest first.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.orders.values()
    }

    /// Every fill still in the ledger, oldest first.
    pub fn fills(&self) -> impl DoubleEndedIterator<Item = &Fill> {
        self.fills.iter()
    }

    pub fn ledger(&self) -> Ledger<'_> {
        Ledger {
            orders: self.orders.values().collect(),
            fills: self.fills.iter().collect(),
            account: &self.account,
            orders_dropped: self.orders_dropped,
            fills_dropped: self.fills_dropped,
        }
    }

    /// A recorded book message.
    pub fn on_book(&mut self, id: InstrumentId, update: &BookUpdate<'_>, now_ns: i64, out: &mut Vec<Output>) {
        let mut matches = std::mem::take(&mut self.matches);
        self.markets[id.index()].on_book(update, &mut matches);
        self.apply_matches(id, matches, now_ns, out);
    }

    /// A recorded trade.
    pub fn on_trade(&mut self, id: InstrumentId, trade: &Trade, now_ns: i64, out: &mut Vec<Output>) {
        let mut matches = std::mem::take(&mut self.matches);
        self.markets[id.index()].on_trade(trade, &mut matches);
        self.apply_matches(id, matches, now_ns, out);
    }

    fn apply_matches(
        &mut self,
        id: InstrumentId,
        mut matches: Vec<Match>,
        now_ns: i64,
        out: &mut Vec<Output>,
    ) {
        let any = !matches.is_empty();
        for m in matches.drain(..) {
            self.fill(m.id, m.px, m.qty, m.reason, now_ns, out);
        }
        self.matches = matches;
        if any {
            self.after_fills(id, now_ns, out);
        }
    }

    /// A new order. Once it is accepted, its further fate is in `out`.
    pub fn place(&mut self, new: &NewOrder, now_ns: i64, out: &mut Vec<Output>) -> Result<OrderId, Refusal> {
        let qty = self.check_new(new)?;
        let id = OrderId(self.next_order);
        self.next_order += 1;
        let order = Order {
            id,
            instrument: new.instrument,
            client: new.client,
            side: new.side,
            order_type: new.order_type,
            tif: new.tif,
            px: if new.order_type == OrderType::Market { Px(0) } else { new.px },
            qty,
            reduce_only: new.reduce_only,
            status: Status::New,
            end: None,
            filled: Qty(0),
            filled_value: Cash::ZERO,
            fees: Cash::ZERO,
            created_ns: now_ns,
            updated_ns: now_ns,
        };
        self.orders.insert(id, order);
        if !new.client.is_empty() {
            self.by_client.insert(new.client, id);
        }
        out.push(Output::Accepted(order));
        self.enter(id, now_ns, out);
        Ok(id)
    }

    /// An accepted (or amended) order meets the market: takes what it may, then rests or ends.
    fn enter(&mut self, id: OrderId, now_ns: i64, out: &mut Vec<Output>) {
        let order = self.orders[&id];
        let (instrument, side) = (order.instrument, order.side);
        let limit = (order.order_type == OrderType::Limit).then_some(order.px);
        let rests = order.order_type == OrderType::Limit
            && matches!(order.tif, TimeInForce::Gtc | TimeInForce::PostOnly);
        let market = &self.markets[instrument.index()];
        if order.tif == TimeInForce::PostOnly {
            if market.would_take(side, order.px) {
                self.end(id, End::PostOnlyWouldTake, now_ns, out);
                return;
            }
        } else {
            let plan = market.plan_take(side, limit, order.leaves());
            if order.tif == TimeInForce::Fok && total(&plan) < order.leaves() {
                self.end(id, End::NoLiquidity, now_ns, out);
                return;
            }
            // How deep it goes: to its limit if the display does not fill it, else to the last level that it needs.
            let reach = if total(&plan) < order.leaves() { limit } else { plan.last().map(|level| level.px) };
            for own in market.self_matches(side, reach) {
                self.end(own, End::SelfMatch, now_ns, out);
            }
            let any = !plan.is_empty();
            for level in plan {
                if !self.orders[&id].is_open() {
                    break;
                }
                self.markets[instrument.index()].take(side, level);
                self.fill(id, level.px, level.qty, FillReason::Taker, now_ns, out);
            }
            if any {
                self.after_fills(instrument, now_ns, out);
            }
        }
        let order = self.orders[&id];
        if order.is_open() {
            if rests {
                self.markets[instrument.index()].rest(id, side, order.px, order.leaves());
            } else {
                self.end(id, End::NoLiquidity, now_ns, out);
            }
        }
    }

    /// Books one fill of an open order. A reduce-only order fills no more than there is to reduce.
    fn fill(
        &mut self,
        id: OrderId,
        px: Px,
        qty: Qty,
        reason: FillReason,
        now_ns: i64,
        out: &mut Vec<Output>,
    ) {
        let Some(&order) = self.orders.get(&id) else { return };
        if !order.is_open() {
            return;
        }
        let position = &mut self.account.positions[order.instrument.index()];
        let qty = if order.reduce_only { qty.min(position.reducible(order.side)) } else { qty };
        if qty.0 == 0 {
            self.end(id, End::NothingToReduce, now_ns, out);
            return;
        }
        assert!(qty <= order.leaves(), "a fill above the open size");
        let market = &mut self.markets[order.instrument.index()];
        let value = market.instrument.notional(px, qty).unwrap_or(Cash::ZERO);
        let rate = match reason {
            FillReason::Taker => market.instrument.taker_fee,
            _ => market.instrument.maker_fee,
        };
        let fee = value.times(rate);
        let (closed, realized) = position.book(order.side, qty, value, fee, now_ns);
        let order = self.orders.get_mut(&id).expect("looked up above");
        order.filled += qty;
        order.filled_value += value;
        order.fees += fee;
        order.updated_ns = now_ns;
        order.status = if order.filled == order.qty { Status::Filled } else { Status::PartiallyFilled };
        let (order, leaves) = (*order, order.leaves());
        market.set_leaves(order.side, id, leaves);
        let fill = Fill {
            exec: self.next_exec,
            order: id,
            instrument: order.instrument,
            client: order.client,
            side: order.side,
            px,
            qty,
            value,
            fee,
            realized,
            closed,
            leaves,
            reason,
            time_ns: now_ns,
        };
        self.next_exec += 1;
        if self.fills.len() >= self.rules.max_history {
            self.fills.pop_front();
            self.fills_dropped += 1;
        }
        self.fills.push_back(fill);
        out.push(Output::Filled(order, fill));
        if order.status == Status::Filled {
            self.finish(id);
        }
    }

    /// After fills: reduce-only orders with nothing left to reduce end.
    fn after_fills(&mut self, id: InstrumentId, now_ns: i64, out: &mut Vec<Output>) {
        for side in [Side::Buy, Side::Sell] {
            if self.position(id).reducible(side).0 > 0 {
                continue;
            }
            let resting = self.market(id).ours(side).iter().map(|order| order.id);
            let idle: Vec<OrderId> = resting.filter(|order| self.orders[order].reduce_only).collect();
            for order in idle {
                self.end(order, End::NothingToReduce, now_ns, out);
            }
        }
        out.push(Output::Account(id));
    }

    fn end(&mut self, id: OrderId, why: End, now_ns: i64, out: &mut Vec<Output>) {
        let Some(order) = self.orders.get_mut(&id).filter(|order| order.is_open()) else { return };
        order.status = Status::Cancelled;
        order.end = Some(why);
        order.updated_ns = now_ns;
        let order = *order;
        self.markets[order.instrument.index()].remove(order.side, id);
        out.push(Output::Cancelled(order));
        self.finish(id);
    }

    /// Keeps the history of finished orders within its limit.
    fn finish(&mut self, id: OrderId) {
        self.finished.push_back(id);
        if self.finished.len() <= self.rules.max_history {
            return;
        }
        if let Some(order) = self.finished.pop_front().and_then(|oldest| self.orders.remove(&oldest)) {
            self.orders_dropped += 1;
            if self.by_client.get(&order.client) == Some(&order.id) {
                self.by_client.remove(&order.client);
            }
        }
    }

    fn open_order(&self, which: Which) -> Result<Order, Refusal> {
        let order = self.order(which).ok_or(Refusal::UnknownOrder)?;
        match order.status {
            Status::New | Status::PartiallyFilled => Ok(*order),
            Status::Filled => Err(Refusal::AlreadyFilled),
            Status::Cancelled => Err(Refusal::AlreadyCancelled),
        }
    }

    /// New price and new total size of a working order; `None` leaves one as it is.
    pub fn amend(
        &mut self,
        which: Which,
        px: Option<Px>,
        qty: Option<Qty>,
        now_ns: i64,
        out: &mut Vec<Output>,
    ) -> Result<OrderId, Refusal> {
        let order = self.open_order(which)?;
        let (px, qty) = (px.unwrap_or(order.px), qty.unwrap_or(order.qty));
        if (px, qty) == (order.px, order.qty) {
            return Err(Refusal::NotModified);
        }
        let market = self.market(order.instrument);
        if qty <= order.filled {
            if !self.rules.amend_below_filled_cancels || order.filled.0 == 0 {
                return Err(if qty.0 <= 0 { Refusal::QtyTooSmall } else { Refusal::BelowFilled });
            }
            self.end(order.id, End::AmendedAway, now_ns, out);
            return Ok(order.id);
        }
        self.check_limits(&market.instrument, px, qty, order.reduce_only)?;
        if order.reduce_only && qty - order.filled > self.position(order.instrument).reducible(order.side) {
            return Err(Refusal::NothingToReduce);
        }
        self.check_margin(order.instrument, order.side, px, qty - order.filled, Some(order.id))?;
        let keeps_place = px == order.px && qty < order.qty && self.rules.smaller_keeps_place;
        let amended = self.orders.get_mut(&order.id).expect("looked up above");
        amended.px = px;
        amended.qty = qty;
        amended.updated_ns = now_ns;
        let amended = *amended;
        out.push(Output::Amended(amended));
        let market = &mut self.markets[order.instrument.index()];
        if keeps_place {
            market.set_leaves(order.side, order.id, amended.leaves());
        } else {
            market.remove(order.side, order.id);
            self.enter(order.id, now_ns, out);
        }
        Ok(order.id)
    }

    pub fn cancel(&mut self, which: Which, now_ns: i64, out: &mut Vec<Output>) -> Result<OrderId, Refusal> {
        let order = self.open_order(which)?;
        self.end(order.id, End::Requested, now_ns, out);
        Ok(order.id)
    }

    /// Cancels every working order, of one instrument or of all; returns which.
    pub fn cancel_all(
        &mut self,
        instrument: Option<InstrumentId>,
        now_ns: i64,
        out: &mut Vec<Output>,
    ) -> Vec<OrderId> {
        let mut ids = Vec::new();
        for market in self.markets.iter().filter(|m| instrument.is_none_or(|id| id == m.instrument.id)) {
            ids.extend(market.ours(Side::Buy).iter().chain(market.ours(Side::Sell)).map(|order| order.id));
        }
        ids.sort();
        for &id in &ids {
            self.end(id, End::Requested, now_ns, out);
        }
        ids
    }
}
