//! The one gate before every create and amend: a fixed order of checks in integers, the first that fails decides.
//!
//! A strategy's wish goes in as an intent; only this module can turn it into an [`Approved`] command, and only
//! approved commands may leave the engine. Cancels always pass.

mod code;
mod intent;
mod limits;
mod throttle;

use crate::hash::StateHash;
use crate::orders::{Exposure, Order, State};
pub use code::{Code, Denied, Unit};
pub use intent::{lots_from_f64, ticks_from_f64, AmendIntent, OrderIntent};
use limits::Rules;
pub use limits::{BadLimit, Limits, SessionLimits};
use nanotick_model::{
    Amend, Cancel, CancelAll, ClientId, Instrument, InstrumentId, Level, OrderType, Place, Px, Qty, Reject,
    Side, TimeInForce,
};
use throttle::{Breaker, Bucket, Print, Prints};

/// A command that risk let through. It cannot be made anywhere else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "an approved command has taken its share of the limits"]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    #[inline(always)]
    pub fn get(&self) -> &T {
        &self.0
    }
    #[inline(always)]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why nothing but cancels is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum HaltReason {
    Operator = 1,
    /// Too many refusals in a short time.
    Breaker = 2,
    /// The strategy raised, looped or answered nonsense.
    Strategy = 3,
    /// Sums that must agree do not, or something impossible happened.
    Invariant = 4,
    /// The journal cannot be written.
    Journal = 5,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Trading {
    Active,
    /// Nothing that adds to a position.
    ReduceOnly,
    /// Nothing but cancels, until a person resumes.
    Halted(HaltReason),
}

/// How things stand in the intent's instrument. The engine has all of it at hand.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Time of the event that is being handled.
    pub now_ns: i64,
    /// Start-up or reconnect reconciliation is done.
    pub reconciled: bool,
    /// In sequence: no gap, not reset.
    pub book_valid: bool,
    /// When the book was last heard of.
    pub book_ns: i64,
    /// The touch; a size of zero where a side is empty.
    pub bid: Level,
    pub ask: Level,
    pub position: Qty,
    pub buys: &'a Exposure,
    pub sells: &'a Exposure,
}

/// An intent as the check sees it: a new order, or an order with new figures.
#[derive(Clone, Copy)]
struct Proposal {
    instrument: InstrumentId,
    side: Side,
    order_type: OrderType,
    tif: TimeInForce,
    reduce_only: bool,
    px: Px,
    qty: Qty,
    /// Lots that it adds to what its side may trade.
    adds: i64,
    /// Orders that it adds.
    orders: u32,
}

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Risk {
    rules: Box<[Rules]>,
    trading: Trading,
    last_client: ClientId,
    bucket: Bucket,
    prints: Prints,
    breaker: Breaker,
}

impl Risk {
    /// One set of limits per instrument, in the order of their ids.
    pub fn new(instruments: &[(Instrument, Limits)], session: &SessionLimits) -> Result<Risk, BadLimit> {
        session.validate()?;
        Ok(Risk {
            rules: instruments.iter().map(|(i, limits)| Rules::new(i, limits)).collect::<Result<_, _>>()?,
            trading: Trading::Active,
            last_client: ClientId::NONE,
            bucket: Bucket::new(session),
            prints: Prints::new(),
            breaker: Breaker::new(session),
        })
    }

    /// Checks a new order under a client id that was never used.
    #[inline]
    pub fn place(
        &mut self,
        client: ClientId,
        intent: &OrderIntent,
        context: &Context<'_>,
    ) -> Result<Approved<Place>, Denied> {
        let OrderIntent { instrument, side, order_type, tif, reduce_only, px, qty } = *intent;
        let adds = qty.0;
        let proposal = Proposal { instrument, side, order_type, tif, reduce_only, px, qty, adds, orders: 1 };
        let checked = if client <= self.last_client {
            Err(Denied::new(Code::ReusedId, 0, 0))
        } else {
            self.check(&proposal, context)
        };
        match checked {
            Ok(px) => {
                self.last_client = client;
                Ok(Approved(Place { client, instrument, side, order_type, tif, reduce_only, px, qty }))
            }
            Err(denied) => Err(self.refuse(denied, context.now_ns)),
        }
    }

    /// Checks new figures for an order, which is `None` if the table does not have it.
    pub fn amend(
        &mut self,
        intent: &AmendIntent,
        order: Option<&Order>,
        context: &Context<'_>,
    ) -> Result<Approved<Amend>, Denied> {
        let checked = amendable(order).and_then(|order| {
            let AmendIntent { px, qty, .. } = *intent;
            if qty <= order.filled {
                return Err(Denied::new(Code::MinQty, order.filled.0.saturating_add(1), qty.0));
            }
            if (px, qty) == (order.px, order.qty) {
                return Err(Denied::new(Code::Duplicate, 0, 0));
            }
            let proposal = Proposal {
                instrument: order.instrument,
                side: order.side,
                order_type: order.order_type,
                tif: order.tif,
                reduce_only: order.reduce_only,
                px,
                qty,
                adds: (qty.0.saturating_sub(order.filled.0) - order.exposure().0).max(0),
                orders: 0,
            };
            self.check(&proposal, context)?;
            Ok(Amend { client: intent.client, instrument: order.instrument, side: order.side, px, qty })
        });
        checked.map(Approved).map_err(|denied| self.refuse(denied, context.now_ns))
    }

    /// A cancel passes whatever the state is; it is only counted.
    pub fn cancel(&mut self, cancel: Cancel, now_ns: i64) -> Approved<Cancel> {
        self.bucket.take_for_cancel(now_ns);
        Approved(cancel)
    }
    /// As [`Risk::cancel`].
    pub fn cancel_all(&mut self, cancel: CancelAll, now_ns: i64) -> Approved<CancelAll> {
        self.bucket.take_for_cancel(now_ns);
        Approved(cancel)
    }

    pub fn trading(&self) -> Trading {
        self.trading
    }
    /// Nothing but cancels from now on. The first reason stays.
    pub fn halt(&mut self, reason: HaltReason) {
        if !matches!(self.trading, Trading::Halted(_)) {
            self.trading = Trading::Halted(reason);
        }
    }
    /// Nothing that adds to a position from now on. A halt stays a halt.
    pub fn reduce_only(&mut self) {
        if self.trading == Trading::Active {
            self.trading = Trading::ReduceOnly;
        }
    }
    /// A person says that trading may go on.
    pub fn resume(&mut self) {
        self.trading = Trading::Active;
        self.breaker.reset();
    }
    /// The venue refused an order. Refusals that are part of quoting (a post-only that would take, an immediate
    /// order that finds nothing) do not count.
    pub fn on_venue_reject(&mut self, reason: Reject, now_ns: i64) {
        if !matches!(reason, Reject::PostOnlyWouldTake | Reject::NoImmediateFill) {
            self.strike(now_ns);
        }
    }

    pub fn state_hash(&self) -> u64 {
        let trading = match self.trading {
            Trading::Active => 0,
            Trading::ReduceOnly => 1,
            Trading::Halted(reason) => 2 + reason as u64,
        };
        let hash = StateHash::new().word(trading).word(self.last_client.0);
        hash.word(self.bucket.full_at_ns() as u64).finish()
    }

    #[cold]
    fn refuse(&mut self, denied: Denied, now_ns: i64) -> Denied {
        if !denied.code.is_circumstance() {
            self.strike(now_ns);
        }
        denied
    }

    fn strike(&mut self, now_ns: i64) {
        if self.breaker.strike(now_ns) {
            self.halt(HaltReason::Breaker);
        }
    }

    /// The checks, in order. Takes a token and remembers the order only when all others have passed. Returns the
    /// price, which for a market order is the worst that it is reckoned to trade at.
    #[inline(always)]
    fn check(&mut self, proposal: &Proposal, context: &Context<'_>) -> Result<Px, Denied> {
        if let Trading::Halted(_) = self.trading {
            return Err(Denied::new(Code::Halted, 0, 0));
        }
        if !context.reconciled {
            return Err(Denied::new(Code::NotReconciled, 0, 0));
        }
        let Some(rules) = self.rules.get(proposal.instrument.index()) else {
            return Err(Denied::new(Code::UnknownInstrument, 0, 0));
        };
        check_book(rules, context)?;
        let px = check_order(rules, proposal, context)?;
        let print = Print { instrument: proposal.instrument, side: proposal.side, px, qty: proposal.qty };
        if proposal.orders > 0 {
            self.prints.check(&print, context.now_ns, rules.limits.duplicate_ns)?;
        }
        check_own_orders(proposal, px, context)?;
        check_position(rules, proposal, context, self.trading == Trading::ReduceOnly)?;
        self.bucket.take(context.now_ns)?;
        if proposal.orders > 0 {
            self.prints.add(print, context.now_ns);
        }
        Ok(px)
    }
}

fn amendable(order: Option<&Order>) -> Result<&Order, Denied> {
    let order = order.ok_or(Denied::new(Code::UnknownOrder, 0, 0))?;
    match order.state {
        State::Open | State::Partial => Ok(order),
        _ => Err(Denied::new(Code::OrderBusy, 0, order.state as i64)),
    }
}

#[inline(always)]
fn check_book(rules: &Rules, context: &Context<'_>) -> Result<(), Denied> {
    let (bid, ask) = (context.bid, context.ask);
    if !context.book_valid || bid.qty.0 <= 0 || ask.qty.0 <= 0 || bid.px.0 <= 0 {
        return Err(Denied::new(Code::BookInvalid, 0, 0));
    }
    if bid.px >= ask.px {
        return Err(Denied::new(Code::BookCrossed, ask.px.0, bid.px.0));
    }
    let age_ns = context.now_ns.saturating_sub(context.book_ns);
    if age_ns > rules.limits.max_book_age_ns {
        return Err(Denied::new(Code::BookStale, rules.limits.max_book_age_ns, age_ns));
    }
    Ok(())
}

/// The order by itself: the venue's filters, its size and value, its price against the book.
#[inline(always)]
fn check_order(rules: &Rules, order: &Proposal, context: &Context<'_>) -> Result<Px, Denied> {
    let px = match order.order_type {
        OrderType::Limit => order.px,
        OrderType::Market => worst_px(rules, order, context)?,
    };
    if px.0 < rules.min_px {
        return Err(Denied::new(Code::OutOfRange, rules.min_px, px.0));
    }
    if px.0 > rules.max_px {
        return Err(Denied::new(Code::OutOfRange, rules.max_px, px.0));
    }
    if order.qty.0 < rules.min_qty {
        return Err(Denied::new(Code::MinQty, rules.min_qty, order.qty.0));
    }
    if order.qty.0 > rules.max_qty {
        return Err(Denied::new(Code::MaxQty, rules.max_qty, order.qty.0));
    }
    let value = px.0.saturating_mul(order.qty.0);
    // Venues let an order that only reduces be as small as it likes.
    if value < rules.min_value && !order.reduce_only {
        let (limit, value) = (rules.micro_coins(rules.min_value), rules.micro_coins(value));
        return Err(Denied::new(Code::MinNotional, limit, value));
    }
    if value > rules.max_value {
        let (limit, value) = (rules.micro_coins(rules.max_value), rules.micro_coins(value));
        return Err(Denied::new(Code::MaxNotional, limit, value));
    }
    if order.order_type == OrderType::Limit {
        check_collar(rules, px, context)?;
    }
    Ok(px)
}

/// Where a market order may end: the far touch and the allowance for slippage, within the venue's range.
#[cold]
fn worst_px(rules: &Rules, order: &Proposal, context: &Context<'_>) -> Result<Px, Denied> {
    if matches!(order.tif, TimeInForce::PostOnly) {
        return Err(Denied::new(Code::BadOrder, 0, 0));
    }
    let slippage = |px: i64| {
        let ticks = (px as u128 * rules.limits.slippage_bps as u128).div_ceil(10_000);
        i64::try_from(ticks).unwrap_or(i64::MAX)
    };
    let worst = match order.side {
        Side::Buy => context.ask.px.0.saturating_add(slippage(context.ask.px.0)),
        Side::Sell => context.bid.px.0.saturating_sub(slippage(context.bid.px.0)),
    };
    Ok(Px(worst.max(rules.min_px).min(rules.max_px)))
}

#[inline(always)]
fn check_collar(rules: &Rules, px: Px, context: &Context<'_>) -> Result<(), Denied> {
    // Doubled, as the middle may be half a tick: |2 px - (bid + ask)| × 10^4 > bps × (bid + ask).
    // Prices are below 2^54, so only the products need the wide type.
    let mid_x2 = context.bid.px.0.saturating_add(context.ask.px.0);
    let distance_x2 = (px.0 * 2).abs_diff(mid_x2);
    let allowed = rules.limits.collar_bps as u128 * mid_x2 as u64 as u128;
    if distance_x2 as u128 * 10_000 > allowed {
        let ticks = (allowed / 20_000) as i64;
        return Err(Denied::new(Code::PriceCollar, ticks, (distance_x2 / 2) as i64));
    }
    Ok(())
}

#[inline(always)]
fn check_own_orders(order: &Proposal, px: Px, context: &Context<'_>) -> Result<(), Denied> {
    let (own, crosses) = match order.side {
        Side::Buy => (context.sells.best_px, context.sells.best_px.is_some_and(|own| px >= own)),
        Side::Sell => (context.buys.best_px, context.buys.best_px.is_some_and(|own| px <= own)),
    };
    if crosses {
        return Err(Denied::new(Code::SelfCross, own.unwrap_or_default().0, px.0));
    }
    Ok(())
}

/// The position that would come about if everything that may trade on this side did.
#[inline(always)]
fn check_position(
    rules: &Rules,
    order: &Proposal,
    context: &Context<'_>,
    only_reducing: bool,
) -> Result<(), Denied> {
    // What is held on the order's side: negative if the order reduces.
    let (own, held) = match order.side {
        Side::Buy => (context.buys, context.position.0),
        Side::Sell => (context.sells, context.position.0.saturating_neg()),
    };
    let limits = &rules.limits;
    let worst = held.saturating_add(own.leaves.0.saturating_add(order.adds));
    if only_reducing && worst > 0 {
        return Err(Denied::new(Code::ReduceOnly, 0, worst));
    }
    if order.reduce_only && held >= 0 {
        return Err(Denied::new(Code::ReduceOnly, 0, context.position.0));
    }
    if order.adds > 0 && worst > limits.max_position.0 {
        return Err(Denied::new(Code::MaxPosition, limits.max_position.0, worst));
    }
    let open = context.buys.orders.saturating_add(context.sells.orders).saturating_add(order.orders);
    if order.orders > 0 && open > limits.max_open_orders {
        return Err(Denied::new(Code::MaxOpenOrders, limits.max_open_orders as i64, open as i64));
    }
    Ok(())
}
