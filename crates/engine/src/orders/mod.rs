//! Every order of the session: live ones in a slab of fixed room, ended ones remembered for a while, and what all of
//! them together may still add to a position.
//!
//! No order is ever assumed dead: it ends by the venue's word or by proof. An execution with a new id always counts.

mod execs;
mod machine;
mod order;
mod report;
mod timer;

use crate::table::Table;
use execs::ExecIds;
pub use machine::{next, Need, Next, State, Step, Trigger};
use nanotick_model::{
    ClientId, Fill, InstrumentId, OrderType, OrderUpdate, Place, Px, Qty, Side, TimeInForce,
};
pub use order::{Order, PendingAmend};
use std::collections::VecDeque;
use timer::Wait;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrdersConfig {
    pub instruments: usize,
    /// Most live orders at a time.
    pub live: usize,
    /// How many ended orders are remembered, so that a late word of the venue finds them.
    pub ended: usize,
    /// How many execution ids are remembered.
    pub exec_ids: usize,
    /// How long the venue may take to answer a create or an amend.
    pub answer_ns: i64,
    /// After this long an amend that was not answered can no longer take effect (the venue's receive window and
    /// a margin): a report of the old price and size then decides.
    pub amend_window_ns: i64,
}

impl OrdersConfig {
    pub fn for_instruments(instruments: usize) -> OrdersConfig {
        OrdersConfig {
            instruments,
            live: 256,
            ended: 1024,
            exec_ids: 16384,
            answer_ns: 1_000_000_000,
            amend_window_ns: 6_000_000_000,
        }
    }
}

/// What the live, pending and undecided orders of one side may still do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    /// Lots that may still be added to the position on this side.
    pub leaves: Qty,
    /// Live orders.
    pub orders: u32,
    /// The live price nearest to trading.
    pub best_px: Option<Px>,
}

/// What an input did to one order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    pub client: ClientId,
    pub instrument: InstrumentId,
    pub from: State,
    pub to: State,
    pub need: Need,
}

/// What became of an execution report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Execution {
    /// Seen before: do not book it.
    Duplicate,
    /// Not above zero in size: not a fill.
    Malformed,
    /// New, of an order that is not in the table: book it.
    Foreign,
    /// New: book it.
    Ours(Change),
}

/// What [`Orders::poll`] found due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// The answer is overdue: the order is now undecided and must be asked for.
    Overdue(Change),
    Query(ClientId),
    ResendCancel(ClientId),
    /// Undecided for too long: tell a person. Comes once an order's state.
    Alarm(ClientId),
}

/// Why a request of ours was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    NotFound,
    /// It cannot be done in this state.
    State(State),
    /// No room for another live order.
    Full,
    DuplicateId,
}

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Orders {
    config: OrdersConfig,
    slots: Vec<Order>,
    free: Vec<u32>,
    /// Client id to slot + 1.
    by_client: Table<ClientId, u32>,
    /// Slots of orders that are live or owe executions, in no useful but in a repeatable order.
    active: Vec<u32>,
    live: usize,
    ended: VecDeque<(u32, ClientId)>,
    exposures: Box<[[Exposure; 2]]>,
    execs: ExecIds,
    next_due_ns: i64,
}

impl Orders {
    pub fn new(config: OrdersConfig) -> Orders {
        let slots = config.live + config.ended + 1;
        Orders {
            config,
            slots: Vec::with_capacity(slots),
            free: Vec::with_capacity(slots),
            by_client: Table::with_capacity(slots),
            active: Vec::with_capacity(slots),
            live: 0,
            ended: VecDeque::with_capacity(config.ended + 1),
            exposures: vec![[Exposure::default(); 2]; config.instruments].into_boxed_slice(),
            execs: ExecIds::with_capacity(config.exec_ids),
            next_due_ns: i64::MAX,
        }
    }

    // Requests of ours.

    /// Takes in an approved order before its intent is journaled. It counts as exposure from now on.
    pub fn create(&mut self, place: &Place, now_ns: i64) -> Result<(), Refused> {
        if self.live >= self.config.live {
            return Err(Refused::Full);
        }
        self.insert(Order::new(place, now_ns))
    }

    /// As [`Orders::create`] and [`Orders::submitted`] in one, for an order that is handed over at once.
    #[inline]
    pub fn submit(&mut self, place: &Place, now_ns: i64) -> Result<(), Refused> {
        if self.live >= self.config.live {
            return Err(Refused::Full);
        }
        let mut order = Order::new(place, now_ns);
        order.state = State::Submitting;
        order.set_timer(State::New, now_ns, self.config.answer_ns);
        self.next_due_ns = self.next_due_ns.min(order.timer.due_ns);
        self.insert(order)
    }

    /// It has been handed to the transport.
    pub fn submitted(&mut self, client: ClientId, now_ns: i64) -> Result<Change, Refused> {
        self.request(client, Trigger::Submit, now_ns, |_| {})
    }
    /// Risk refused it after all.
    pub fn denied(&mut self, client: ClientId, now_ns: i64) -> Result<Change, Refused> {
        self.request(client, Trigger::Deny, now_ns, |_| {})
    }
    /// It is known that not a byte of it left this machine.
    pub fn not_sent(&mut self, client: ClientId, now_ns: i64) -> Result<Change, Refused> {
        self.request(client, Trigger::NotSent, now_ns, |_| {})
    }
    /// An amend is handed to the transport; the larger of both sizes is exposed until the venue answers.
    pub fn amending(&mut self, client: ClientId, px: Px, qty: Qty, now_ns: i64) -> Result<Change, Refused> {
        let amend = PendingAmend { px, qty, sent_ns: now_ns };
        self.request(client, Trigger::RequestAmend, now_ns, |order| order.amend = Some(amend))
    }
    /// A cancel is handed to the transport.
    pub fn cancelling(&mut self, client: ClientId, now_ns: i64) -> Result<Change, Refused> {
        self.request(client, Trigger::RequestCancel, now_ns, |_| {})
    }

    /// All the proof of absence is there. An order that the venue ever spoke of is not absent but lost.
    pub fn proven_absent(&mut self, client: ClientId, now_ns: i64) -> Option<Change> {
        let slot = self.slot(client)?;
        let trigger =
            |order: &mut Order| Some(if order.seen { Trigger::Missing } else { Trigger::ProvenAbsent });
        Some(self.step(slot, now_ns, trigger))
    }

    /// Takes over an order of ours from an earlier run, as the venue reports it. What it filled then is not ours to
    /// book. Refused without a side and a size.
    pub fn adopt(
        &mut self,
        instrument: InstrumentId,
        report: &OrderUpdate,
        venue_ns: i64,
        now_ns: i64,
    ) -> Result<(), Refused> {
        let side = report.side.filter(|_| report.qty.0 > 0).ok_or(Refused::NotFound)?;
        let place = Place {
            client: report.client,
            instrument,
            side,
            order_type: report.order_type.unwrap_or(OrderType::Limit),
            tif: report.tif.unwrap_or(TimeInForce::Gtc),
            reduce_only: false,
            px: report.px,
            qty: report.qty,
        };
        let mut order = Order::new(&place, now_ns);
        order.learn(report, venue_ns);
        (order.seen, order.filled) = (true, report.cum);
        order.state = order.resting();
        self.insert(order)
    }

    // What comes in.

    /// A report of the venue. `None` if the order is not in the table.
    pub fn on_update(&mut self, report: &OrderUpdate, venue_ns: i64, now_ns: i64) -> Option<Change> {
        let slot = self.slot(report.client)?;
        let window_ns = self.config.amend_window_ns;
        let (known, named) = (self.slots[slot].venue_order, report.venue_order);
        let mut change = self.step(slot, now_ns, |order| order.read(report, venue_ns, now_ns, window_ns));
        if !known.is_empty() && !named.is_empty() && known != named && change.need != Need::Breach {
            change.need = Need::AlertTwoIds;
        }
        Some(change)
    }

    /// An execution. The caller books it unless it is a duplicate.
    pub fn on_fill(&mut self, instrument: InstrumentId, fill: &Fill, now_ns: i64) -> Execution {
        if fill.qty.0 <= 0 {
            return Execution::Malformed;
        }
        // Without an id it cannot be told from another, and a fill too many is found by reconciliation.
        if !fill.exec_id.is_empty() && !self.execs.insert(instrument, fill.exec_id) {
            return Execution::Duplicate;
        }
        let Some(slot) = self.slot(fill.client) else {
            return Execution::Foreign;
        };
        let order = &self.slots[slot];
        let other = order.side != fill.side || order.instrument != instrument;
        let mut change = self.step(slot, now_ns, |order| {
            let within =
                if order.state.is_live() { order.largest_qty() - order.filled } else { order.owed() };
            order.filled = Qty(order.filled.0.saturating_add(fill.qty.0));
            order.filled_notional =
                order.filled_notional.saturating_add(fill.px.0 as i128 * fill.qty.0 as i128);
            order.cum = order.cum.max(order.filled);
            order.seen = true;
            Some(match fill.qty.cmp(&within) {
                std::cmp::Ordering::Less => Trigger::FillWithin,
                std::cmp::Ordering::Equal => Trigger::FillLast,
                std::cmp::Ordering::Greater => Trigger::FillBeyond,
            })
        });
        if other {
            change.need = Need::Breach;
        }
        Execution::Ours(change)
    }

    /// What is due at this event's time. Costs a comparison when nothing is.
    #[inline]
    pub fn poll(&mut self, now_ns: i64, due: impl FnMut(Due)) {
        if now_ns >= self.next_due_ns {
            self.poll_active(now_ns, due);
        }
    }

    fn poll_active(&mut self, now_ns: i64, mut due: impl FnMut(Due)) {
        // Nothing below ends an order, so the list stays as it is.
        for i in 0..self.active.len() {
            let slot = self.active[i] as usize;
            let order = &mut self.slots[slot];
            if order.timer.due_ns > now_ns {
                continue;
            }
            let client = order.client;
            match order.timer.wait {
                Wait::Nothing => {}
                Wait::Answer => due(Due::Overdue(self.step(slot, now_ns, |_| Some(Trigger::Ambiguous)))),
                Wait::Evidence | Wait::Cancel => {
                    let is_cancel = order.timer.wait == Wait::Cancel;
                    let alarm = order.timer.again(now_ns);
                    due(if is_cancel { Due::ResendCancel(client) } else { Due::Query(client) });
                    if alarm {
                        due(Due::Alarm(client));
                    }
                }
            }
        }
        let due_ns = |&slot: &u32| self.slots[slot as usize].timer.due_ns;
        self.next_due_ns = self.active.iter().map(due_ns).min().unwrap_or(i64::MAX);
    }

    // What there is.

    #[inline]
    pub fn get(&self, client: ClientId) -> Option<&Order> {
        self.slot(client).map(|slot| &self.slots[slot])
    }
    #[inline(always)]
    pub fn exposure(&self, instrument: InstrumentId, side: Side) -> &Exposure {
        &self.exposures[instrument.index()][side_index(side)]
    }
    /// Live orders, in no useful but in a repeatable order.
    pub fn live(&self) -> impl Iterator<Item = &Order> {
        self.active.iter().map(|&slot| &self.slots[slot as usize]).filter(|order| order.state.is_live())
    }
    pub fn live_count(&self) -> usize {
        self.live
    }

    /// Recomputes what is kept up step by step, and compares.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        let mut fresh = vec![[Exposure::default(); 2]; self.config.instruments];
        for order in self.active.iter().map(|&slot| &self.slots[slot as usize]) {
            let sum = &mut fresh[order.instrument.index()][side_index(order.side)];
            add(sum, order);
        }
        if fresh[..] != self.exposures[..] {
            return Err("exposure is not the sum over live orders");
        }
        if self.live != self.live().count() {
            return Err("the count of live orders is wrong");
        }
        Ok(())
    }

    /// A hash of all orders, live and remembered.
    pub fn state_hash(&self) -> u64 {
        let slots = self.by_client.iter().map(|entry| entry.value as usize - 1);
        slots.fold(self.live as u64, |sum, slot| sum.wrapping_add(self.slots[slot].hash()))
    }

    // Inside.

    #[inline]
    fn slot(&self, client: ClientId) -> Option<usize> {
        (self.by_client.get(client) as usize).checked_sub(1)
    }

    fn insert(&mut self, order: Order) -> Result<(), Refused> {
        if order.instrument.index() >= self.config.instruments {
            return Err(Refused::NotFound);
        }
        if self.slot(order.client).is_some() || order.client == ClientId::NONE {
            return Err(Refused::DuplicateId);
        }
        let slot = self.take_slot().ok_or(Refused::Full)?;
        if slot == self.slots.len() {
            self.slots.push(order);
        } else {
            self.slots[slot] = order;
        }
        self.by_client.set(order.client, slot as u32 + 1);
        self.active.push(slot as u32);
        self.live += 1;
        add(&mut self.exposures[order.instrument.index()][side_index(order.side)], &order);
        Ok(())
    }

    /// A free slot, or that of the order that ended longest ago.
    fn take_slot(&mut self) -> Option<usize> {
        if let Some(slot) = self.free.pop() {
            return Some(slot as usize);
        }
        if self.slots.len() < self.slots.capacity() {
            return Some(self.slots.len());
        }
        while self.free.is_empty() {
            self.forget_oldest()?;
        }
        self.free.pop().map(|slot| slot as usize)
    }

    fn forget_oldest(&mut self) -> Option<()> {
        let (slot, client) = self.ended.pop_front()?;
        let order = &self.slots[slot as usize];
        // It may have been reopened since, or its slot used anew.
        if order.client == client && self.slot(client) == Some(slot as usize) && !is_active(order) {
            self.by_client.set(client, 0);
            self.free.push(slot);
        }
        Some(())
    }

    fn request(
        &mut self,
        client: ClientId,
        trigger: Trigger,
        now_ns: i64,
        change: impl FnOnce(&mut Order),
    ) -> Result<Change, Refused> {
        let slot = self.slot(client).ok_or(Refused::NotFound)?;
        let state = self.slots[slot].state;
        if next(state, trigger).next == Next::Refused {
            return Err(Refused::State(state));
        }
        Ok(self.step(slot, now_ns, |order| {
            change(order);
            Some(trigger)
        }))
    }

    /// The one place where an order changes: the input's effect, the table's step, then everything that is kept
    /// beside it. `effect` says which trigger it is, or `None` if the input is of no consequence.
    #[inline]
    fn step(
        &mut self,
        slot: usize,
        now_ns: i64,
        effect: impl FnOnce(&mut Order) -> Option<Trigger>,
    ) -> Change {
        let before = self.slots[slot];
        let order = &mut self.slots[slot];
        let from = order.state;
        let mut need = Need::Nothing;
        if let Some(trigger) = effect(order) {
            let step = next(from, trigger);
            need = step.need;
            order.state = match step.next {
                Next::Stay | Next::Refused => from,
                Next::Rest => order.resting(),
                Next::To(state) => state,
            };
        }
        if !order.state.is_live() {
            order.drop_amend();
        }
        order.overfilled |= order.filled > order.largest_qty();
        order.set_timer(from, now_ns, self.config.answer_ns);
        self.next_due_ns = self.next_due_ns.min(order.timer.due_ns);
        let after = *order;
        self.keep_lists(slot, &before, &after);
        self.keep_exposure(&before, &after);
        Change { client: after.client, instrument: after.instrument, from, to: after.state, need }
    }

    fn keep_lists(&mut self, slot: usize, before: &Order, after: &Order) {
        self.live = self.live + after.state.is_live() as usize - before.state.is_live() as usize;
        match (is_active(before), is_active(after)) {
            (false, true) => self.active.push(slot as u32),
            (true, false) => {
                if let Some(at) = self.active.iter().position(|&active| active as usize == slot) {
                    self.active.swap_remove(at);
                }
                if self.ended.len() == self.config.ended {
                    self.forget_oldest();
                }
                self.ended.push_back((slot as u32, after.client));
            }
            (false, false) | (true, true) => {}
        }
    }

    fn keep_exposure(&mut self, before: &Order, after: &Order) {
        let (id, side) = (after.instrument, after.side);
        let sum = &mut self.exposures[id.index()][side_index(side)];
        sum.leaves += after.exposure() - before.exposure();
        sum.orders = sum.orders + after.state.is_live() as u32 - before.state.is_live() as u32;
        let px = |order: &Order| order.state.is_live().then(|| order.aggressive_px());
        if px(before) != px(after) {
            // The best may have been this one: look at all of the side.
            let of_side = self.live().filter(|order| order.instrument == id && order.side == side);
            let best = of_side.map(Order::aggressive_px).reduce(|a, b| nearer(side, a, b));
            self.exposures[id.index()][side_index(side)].best_px = best;
        }
    }
}

fn side_index(side: Side) -> usize {
    side as usize - 1
}

/// Live, or ended while executions that were announced are still to come.
fn is_active(order: &Order) -> bool {
    order.state.is_live() || order.exposure().0 > 0
}

fn nearer(side: Side, a: Px, b: Px) -> Px {
    match side {
        Side::Buy => a.max(b),
        Side::Sell => a.min(b),
    }
}

fn add(sum: &mut Exposure, order: &Order) {
    sum.leaves += order.exposure();
    if order.state.is_live() {
        sum.orders += 1;
        let px = order.aggressive_px();
        sum.best_px = Some(sum.best_px.map_or(px, |best| nearer(order.side, best, px)));
    }
}
