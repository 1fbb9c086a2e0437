//! The desk: books, account, orders and risk of one session, and the only door through which a strategy acts.
//!
//! A wish becomes an order here and nowhere else: it passes risk, takes an id, is entered among the orders, and
//! stands in the command list, from which the engine journals it before anybody may send it.

use crate::book::{Book, BookConfig};
use crate::hash::StateHash;
use crate::orders::{Change, Due, Execution, Need, Orders, OrdersConfig, State};
use crate::portfolio::{Account, Portfolio};
use crate::risk::{
    lots_from_f64, ticks_from_f64, AmendIntent, Code, Context, Denied, HaltReason, Limits, OrderIntent, Risk,
    SessionLimits, Trading,
};
use crate::signals::SignalSpec;
use crate::view::{Occasion, View, ViewTable, VIEW_ORDERS};
use nanotick_model::record::{DeniedRec, EquityRec};
use nanotick_model::{
    BookUpdate, Cancel, CancelAll, Cash, ClientId, Command, Event, Fill, Instrument, InstrumentId, Level,
    LinkState, OrderStatus, OrderType, OrderUpdate, Place, Px, Qty, Resync, SetTimer, Side, Socket,
    TimeInForce, Trade,
};
use std::sync::Arc;

/// Orders are refused once an event has caused so many commands.
const MAX_COMMANDS: usize = 1024;
/// Room for the rest: cancels and amends of every live order, timers, and a word for each instrument.
const COMMANDS_ROOM: usize = 2 * MAX_COMMANDS;
/// Sets of instruments are kept as the bits of a word.
pub const MAX_INSTRUMENTS: usize = 64;
/// Timers of a session are numbered from 1 to this.
pub const MAX_TIMERS: u32 = 256;
/// At most one request for a new book per instrument in this time.
const RESYNC_PAUSE_NS: i64 = 1_000_000_000;

/// What a session trades, within which limits, and where it starts from.
#[derive(Clone, Debug)]
pub struct DeskConfig {
    pub instruments: Vec<Instrument>,
    /// One per instrument.
    pub limits: Vec<Limits>,
    pub session_limits: SessionLimits,
    pub signals: Vec<SignalSpec>,
    pub epoch: u32,
    pub start_cash: Cash,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub events: u64,
    pub commands: u64,
    pub placed: u64,
    pub fills: u64,
    pub denied: u64,
    /// Executions that came twice.
    pub duplicate_fills: u64,
    /// Book updates that no book can hold.
    pub bad_books: u64,
    /// Orders, fills and reports of orders that are not in our table.
    pub foreign: u64,
}

/// A refusal, as strategies see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    pub code: &'static str,
    pub limit: i64,
    pub value: i64,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Refused {
        Refused { code: denied.code.name(), limit: denied.limit, value: denied.value }
    }
}

/// How far an instrument's book can be trusted.
#[derive(Clone, Copy, Default)]
struct Feed {
    synced: bool,
    stale: bool,
    crossed: bool,
    last_book_ns: i64,
    last_resync_ns: i64,
}

pub struct Desk {
    instruments: Vec<Instrument>,
    books: Vec<Book>,
    feeds: Vec<Feed>,
    views: Arc<ViewTable>,
    orders: Orders,
    portfolio: Portfolio,
    risk: Risk,
    commands: Vec<Command>,
    /// Where those of the event at hand begin.
    event_commands: usize,
    denials: Vec<DeniedRec>,
    /// Time of the event at hand; never goes back.
    now_ns: i64,
    epoch: u32,
    next_order: u64,
    reconciled: bool,
    /// The private and the order entry connection, once they may be used.
    links_up: [bool; 2],
    /// What each instrument's position is at the venue, as last reported.
    venue_positions: Vec<Option<Qty>>,
    /// Something is undecided that only the venue can tell: the driver should reconcile.
    wants_reconcile: bool,
    /// Something that a person must know and that ends trading.
    alarm: Option<String>,
    broken_invariant: Option<&'static str>,
    counters: Counters,
}

impl Desk {
    /// The error is a sentence: a limit that makes no sense, or an instrument that cannot be traded (inverse, or
    /// without a whole value per tick and lot).
    pub fn new(config: DeskConfig) -> Result<Desk, String> {
        let views =
            config.instruments.iter().map(|i| View::new(i.id.0, i.tick.step(), i.lot.step())).collect();
        let count = config.instruments.len();
        if count > MAX_INSTRUMENTS {
            return Err(format!("{count} instruments given; a session has at most {MAX_INSTRUMENTS}"));
        }
        let rules: Vec<_> = config.instruments.iter().cloned().zip(config.limits).collect();
        let portfolio = Portfolio::new(&config.instruments, config.start_cash)
            .ok_or("an instrument cannot be traded: its value per tick and lot is not exact")?;
        Ok(Desk {
            books: vec![Book::new(BookConfig::default()); count],
            feeds: vec![Feed::default(); count],
            views: Arc::new(ViewTable::new(views)),
            orders: Orders::new(OrdersConfig::for_instruments(count)),
            portfolio,
            risk: Risk::new(&rules, &config.session_limits).map_err(|e| e.to_string())?,
            commands: Vec::with_capacity(COMMANDS_ROOM),
            event_commands: 0,
            denials: Vec::with_capacity(MAX_COMMANDS),
            now_ns: 0,
            epoch: config.epoch,
            next_order: 1,
            reconciled: false,
            links_up: [false; 2],
            venue_positions: vec![None; count],
            wants_reconcile: false,
            alarm: None,
            broken_invariant: None,
            counters: Counters::default(),
            instruments: config.instruments,
        })
    }

    // What a strategy may look at.

    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }
    #[inline(always)]
    pub fn view(&self, instrument: usize) -> &View {
        self.views.get(instrument)
    }
    pub fn view_table(&self) -> Arc<ViewTable> {
        self.views.clone()
    }
    pub fn book(&self, instrument: usize) -> &Book {
        &self.books[instrument]
    }
    #[inline(always)]
    pub fn now_ns(&self) -> i64 {
        self.now_ns
    }
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
    pub fn orders(&self) -> &Orders {
        &self.orders
    }
    pub fn portfolio(&self) -> &Portfolio {
        &self.portfolio
    }

    // What a strategy may do.

    /// Wishes an order. `px` in ticks (ignored for a market order), `qty` in lots.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    pub fn place(
        &mut self,
        instrument: usize,
        side: Side,
        order_type: OrderType,
        tif: TimeInForce,
        reduce_only: bool,
        px: i64,
        qty: i64,
    ) -> Result<ClientId, Refused> {
        let client = ClientId::new(self.epoch, self.next_order);
        let id = InstrumentId(instrument as u16);
        let intent =
            OrderIntent { instrument: id, side, order_type, tif, reduce_only, px: Px(px), qty: Qty(qty) };
        let context = context(
            (self.now_ns, self.reconciled),
            &self.feeds[instrument],
            &self.books[instrument],
            self.portfolio.position(id),
            &self.orders,
            id,
        );
        let approved = match self.risk.place(client, &intent, &context) {
            Ok(approved) => approved.into_inner(),
            Err(denied) => return Err(self.deny(client, &intent, denied)),
        };
        // The driver sends what stands in the list before it takes the next event.
        if self.commands.len() >= MAX_COMMANDS || self.orders.submit(&approved, self.now_ns).is_err() {
            let denied = Denied { code: Code::MaxOpenOrders, limit: 0, value: 0 };
            return Err(self.deny(client, &intent, denied));
        }
        self.next_order += 1;
        self.counters.placed += 1;
        self.push(Command::Place(approved));
        self.show_new_order(instrument, &approved);
        Ok(client)
    }

    /// As [`Desk::place`] with a price and a size in the instrument's units, which must lie on its grids.
    #[allow(clippy::too_many_arguments)]
    pub fn place_f64(
        &mut self,
        instrument: usize,
        side: Side,
        order_type: OrderType,
        tif: TimeInForce,
        reduce_only: bool,
        px: Option<f64>,
        qty: f64,
    ) -> Result<ClientId, Refused> {
        let px = match px {
            Some(px) => self.ticks(instrument, px)?,
            None => 0,
        };
        let qty = self.lots(instrument, qty)?;
        self.place(instrument, side, order_type, tif, reduce_only, px, qty)
    }

    /// Wishes a working order's price (ticks) and total size (lots) changed.
    pub fn amend(&mut self, client: ClientId, px: i64, qty: i64) -> Result<(), Refused> {
        let Some(order) = self.orders.get(client).copied() else { return Err(self.unknown_order(client)) };
        let id = order.instrument;
        let intent = AmendIntent { client, px: Px(px), qty: Qty(qty) };
        let context = context(
            (self.now_ns, self.reconciled),
            &self.feeds[id.index()],
            &self.books[id.index()],
            self.portfolio.position(id),
            &self.orders,
            id,
        );
        let amend = match self.risk.amend(&intent, Some(&order), &context) {
            Ok(approved) => approved.into_inner(),
            Err(denied) => {
                let wish = OrderIntent::limit(id, order.side, intent.px, intent.qty);
                return Err(self.deny(client, &wish, denied));
            }
        };
        if self.orders.amending(client, amend.px, amend.qty, self.now_ns).is_err() {
            return Err(self.unknown_order(client));
        }
        self.push(Command::Amend(amend));
        self.show_orders(id.index());
        Ok(())
    }

    /// As [`Desk::amend`] with a price and a total size in the instrument's units.
    pub fn amend_f64(&mut self, client: ClientId, px: f64, qty: f64) -> Result<(), Refused> {
        let Some(order) = self.orders.get(client) else { return Err(self.unknown_order(client)) };
        let instrument = order.instrument.index();
        let (px, qty) = (self.ticks(instrument, px)?, self.lots(instrument, qty)?);
        self.amend(client, px, qty)
    }

    /// Wishes a working order cancelled. Never refused by risk, only if there is no such order.
    #[inline]
    pub fn cancel(&mut self, client: ClientId) -> Result<(), Refused> {
        let Ok(change) = self.orders.cancelling(client, self.now_ns) else {
            return Err(self.unknown_order(client));
        };
        let cancel = Cancel { client, instrument: change.instrument };
        let cancel = self.risk.cancel(cancel, self.now_ns).into_inner();
        self.push(Command::Cancel(cancel));
        self.show_orders(change.instrument.index());
        Ok(())
    }

    /// Wishes every working order of an instrument cancelled.
    pub fn cancel_all(&mut self, instrument: usize) {
        let mut clients = [ClientId::NONE; 256];
        let mut n = 0;
        for order in self.orders.live() {
            let here = order.instrument.index() == instrument && order.state != State::PendingCancel;
            if here && n < clients.len() {
                clients[n] = order.client;
                n += 1;
            }
        }
        for &client in &clients[..n] {
            let _ = self.cancel(client);
        }
    }

    /// Wishes to be called at a time. A timer that is set again is moved. Numbers beyond [`MAX_TIMERS`] do nothing.
    pub fn set_timer(&mut self, timer: u32, at_ns: i64) {
        if !(1..=MAX_TIMERS).contains(&timer) {
            return;
        }
        let set = SetTimer { timer, at_ns };
        let same = |c: &&mut Command| matches!(c, Command::SetTimer(s) if s.timer == timer);
        match self.commands.iter_mut().find(same) {
            Some(earlier) => *earlier = Command::SetTimer(set),
            None => self.push(Command::SetTimer(set)),
        }
    }

    // What the engine does with it.

    #[inline(always)]
    pub(crate) fn begin(&mut self, instrument: usize, event: &Event<'_>, seq: u64) {
        self.counters.events += 1;
        self.event_commands = self.commands.len();
        self.now_ns = self.now_ns.max(event.recv_ns);
        let now_ns = self.now_ns;
        let view = self.view_mut(instrument);
        view.now_ns = now_ns;
        view.venue_ns = event.venue_ns;
        view.seq = seq;
    }

    #[inline(always)]
    pub(crate) fn commands(&self) -> &[Command] {
        &self.commands
    }
    #[inline(always)]
    pub(crate) fn clear_commands(&mut self) {
        self.commands.clear();
    }
    #[inline(always)]
    pub(crate) fn has_denials(&self) -> bool {
        !self.denials.is_empty()
    }
    pub(crate) fn drain_denials(&mut self, visit: impl FnMut(DeniedRec)) {
        self.denials.drain(..).for_each(visit);
    }
    #[inline(always)]
    pub(crate) fn book_and_view(&mut self, instrument: usize) -> (&Book, &mut View) {
        // SAFETY: the engine's thread, between strategy calls: nobody holds a reference from `view`.
        (&self.books[instrument], unsafe { self.views.get_mut(instrument) })
    }
    #[inline(always)]
    fn view_mut(&mut self, instrument: usize) -> &mut View {
        self.book_and_view(instrument).1
    }
    #[inline(always)]
    pub(crate) fn show_occasion(&mut self, instrument: usize, occasion: Occasion) {
        self.view_mut(instrument).occasion = occasion as u64;
    }
    pub(crate) fn show_timer(&mut self, timer: u32) {
        for i in 0..self.instruments.len() {
            self.view_mut(i).timer = timer as u64;
        }
    }

    /// Applies a book update. True if the book can be traded on and both sides are there.
    #[inline]
    pub(crate) fn apply_book(&mut self, i: usize, update: &BookUpdate<'_>) -> bool {
        if update.is_snapshot && self.books[i].levels() == (0, 0) {
            self.fit_book(i, update);
        }
        let now_ns = self.now_ns;
        let feed = &mut self.feeds[i];
        match self.books[i].apply(update) {
            Ok(applied) => {
                feed.synced |= update.is_snapshot;
                feed.stale = false;
                feed.crossed = applied.crossed;
                feed.last_book_ns = now_ns;
            }
            Err(_) => {
                feed.synced = false;
                self.counters.bad_books += 1;
            }
        }
        if !self.feeds[i].synced || self.feeds[i].crossed {
            self.ask_for_book(i);
        }
        self.show_book(i)
    }

    /// The first snapshot tells what prices look like: choose the layout that suits them.
    #[cold]
    fn fit_book(&mut self, i: usize, update: &BookUpdate<'_>) {
        if let Some(level) = update.bids.first().or(update.asks.first()) {
            self.books[i] = Book::new(BookConfig::for_price(level.px));
        }
    }

    #[cold]
    fn ask_for_book(&mut self, i: usize) {
        let feed = &mut self.feeds[i];
        feed.synced = false;
        if self.now_ns - feed.last_resync_ns >= RESYNC_PAUSE_NS {
            feed.last_resync_ns = self.now_ns;
            self.push(Command::Resync(Resync { instrument: InstrumentId(i as u16) }));
        }
    }

    /// Brings the view's touch and levels up to date.
    #[inline]
    fn show_book(&mut self, i: usize) -> bool {
        let feed = self.feeds[i];
        let valid = feed.synced && !feed.stale && !feed.crossed;
        let (book, view) = self.book_and_view(i);
        let n_bids = book.bids(&mut view.bids);
        let n_asks = book.asks(&mut view.asks);
        view.bids[n_bids..].fill(Level::default());
        view.asks[n_asks..].fill(Level::default());
        (view.bid_px, view.bid_qty) = (view.bids[0].px.0, view.bids[0].qty.0);
        (view.ask_px, view.ask_qty) = (view.asks[0].px.0, view.asks[0].qty.0);
        let both = n_bids > 0 && n_asks > 0;
        view.mid = if both { (view.bid_px + view.ask_px) as f64 * 0.5 * view.tick } else { f64::NAN };
        view.book_valid = valid as u64;
        valid && both
    }

    #[inline]
    pub(crate) fn apply_trade(&mut self, i: usize, trade: &Trade) {
        let view = self.view_mut(i);
        view.last_px = trade.px.0;
        view.last_qty = trade.qty.0;
        view.last_side = trade.side.sign();
    }

    /// Applies a report. True if the strategy should hear of it.
    pub(crate) fn apply_order_update(&mut self, i: usize, update: &OrderUpdate) -> bool {
        let venue_ns = 0;
        if update.client == ClientId::NONE {
            self.counters.foreign += 1;
            return false;
        }
        let Some(change) = self.orders.on_update(update, venue_ns, self.now_ns) else {
            self.meet_stranger(i, update);
            return false;
        };
        if matches!(update.status, OrderStatus::Rejected) {
            self.risk.on_venue_reject(update.reject, self.now_ns);
        }
        self.after_change(&change);
        change.from != change.to
    }

    /// An order with our kind of id that is not in the table: left over from an earlier run. It is taken in, so that
    /// it counts as exposure, and cancelled.
    #[cold]
    fn meet_stranger(&mut self, i: usize, update: &OrderUpdate) {
        self.counters.foreign += 1;
        let lives = matches!(update.status, OrderStatus::New | OrderStatus::PartiallyFilled);
        if lives && self.orders.adopt(InstrumentId(i as u16), update, 0, self.now_ns).is_ok() {
            let _ = self.cancel(update.client);
        }
    }

    /// Books an execution. True if it was new.
    pub(crate) fn apply_fill(&mut self, i: usize, fill: &Fill) -> bool {
        let id = InstrumentId(i as u16);
        let change = match self.orders.on_fill(id, fill, self.now_ns) {
            Execution::Duplicate | Execution::Malformed => {
                self.counters.duplicate_fills += 1;
                return false;
            }
            // An execution of an order that is not ours moves the position all the same.
            Execution::Foreign => {
                self.counters.foreign += 1;
                None
            }
            Execution::Ours(change) => Some(change),
        };
        self.counters.fills += 1;
        if self.portfolio.fill(id, fill).is_err() {
            self.break_invariant("a fill could not be booked");
        }
        if let Err(breach) = self.portfolio.check_invariants() {
            self.break_invariant(breach.what);
        }
        let account = self.portfolio.account(id);
        let (position, realised) = (account.position.0, booked_profit(account));
        let view = self.view_mut(i);
        view.position = position;
        view.realised = realised;
        view.order_id = fill.client.0;
        view.fill_px = fill.px.0;
        view.fill_qty = fill.qty.0;
        view.fill_side = fill.side.sign();
        view.fill_is_maker = fill.is_maker as u64;
        if let Some(change) = change {
            self.after_change(&change);
        } else {
            self.show_orders(i);
        }
        true
    }

    /// What a change of an order asks of us.
    fn after_change(&mut self, change: &Change) {
        let i = change.instrument.index();
        match change.need {
            Need::Nothing | Need::AlertLate => {}
            Need::Query | Need::AlertLost | Need::AlertTwoIds => self.wants_reconcile = true,
            Need::CancelZombie => {
                let _ = self.cancel(change.client);
            }
            Need::HaltOverfill => self.raise(format!("order {} was filled beyond its size", change.client)),
            Need::Breach => self.break_invariant("the venue answered an order that was never sent"),
        }
        let view = self.view_mut(i);
        view.order_id = change.client.0;
        view.order_state = change.to as u64;
        self.show_orders(i);
    }

    /// Lists the working orders of an instrument in its view, oldest first.
    fn show_orders(&mut self, i: usize) {
        let id = InstrumentId(i as u16);
        let (buy, sell) =
            (self.orders.exposure(id, Side::Buy).leaves.0, self.orders.exposure(id, Side::Sell).leaves.0);
        // SAFETY: as in `book_and_view`; the orders lie elsewhere.
        let view = unsafe { self.views.get_mut(i) };
        let mut n = 0;
        for order in self.orders.live().filter(|o| o.instrument == id) {
            // Ids grow with time: insertion keeps the list sorted, and it is short.
            let mut at = n.min(VIEW_ORDERS);
            while at > 0 && view.order_ids[at - 1] > order.client.0 {
                at -= 1;
            }
            n += 1;
            if at == VIEW_ORDERS {
                continue;
            }
            let end = n.min(VIEW_ORDERS) - 1;
            view.order_ids.copy_within(at..end, at + 1);
            view.order_pxs.copy_within(at..end, at + 1);
            view.order_leaves.copy_within(at..end, at + 1);
            view.order_sides.copy_within(at..end, at + 1);
            view.order_states.copy_within(at..end, at + 1);
            view.order_ids[at] = order.client.0;
            view.order_pxs[at] = order.px.0;
            view.order_leaves[at] = order.exposure().0;
            view.order_sides[at] = order.side.sign();
            view.order_states[at] = order.state as u64;
        }
        view.n_working = n as u64;
        view.open_buy = buy;
        view.open_sell = sell;
    }

    /// Appends an order that was just placed to its view: ids grow, so it is the last.
    #[inline]
    fn show_new_order(&mut self, i: usize, place: &Place) {
        let view = self.view_mut(i);
        let at = view.n_working as usize;
        if at < VIEW_ORDERS {
            view.order_ids[at] = place.client.0;
            view.order_pxs[at] = place.px.0;
            view.order_leaves[at] = place.qty.0;
            view.order_sides[at] = place.side.sign();
            view.order_states[at] = State::Submitting as u64;
        }
        view.n_working += 1;
        match place.side {
            Side::Buy => view.open_buy += place.qty.0,
            Side::Sell => view.open_sell += place.qty.0,
        }
    }

    /// A connection changed. True if the strategy should hear of it.
    pub(crate) fn apply_connection(&mut self, i: usize, socket: Socket, state: LinkState) -> bool {
        let before = self.view(i).book_valid;
        match (socket, state) {
            (Socket::Public, LinkState::Gap | LinkState::Down) => {
                self.feeds[i].synced = false;
                self.books[i].clear();
            }
            (Socket::Public, LinkState::Stale) => self.feeds[i].stale = true,
            (Socket::Private | Socket::Trade, LinkState::Down) => {
                self.links_up[(socket == Socket::Trade) as usize] = false;
                self.reconciled = false;
            }
            // What happened while a connection was down is known only after asking.
            (Socket::Private | Socket::Trade, LinkState::Up) => {
                self.links_up[(socket == Socket::Trade) as usize] = true;
                self.wants_reconcile = true;
            }
            (Socket::Rest, LinkState::Reconciled) => {
                self.reconciled = true;
                self.compare_positions(i);
            }
            _ => {}
        }
        self.show_book(i);
        before != self.view(i).book_valid
    }

    pub(crate) fn set_venue_position(&mut self, i: usize, qty: Qty) {
        self.venue_positions[i] = Some(qty);
    }

    /// A position that our fills do not explain is never traded away: only orders that reduce it may follow.
    fn compare_positions(&mut self, i: usize) {
        let ours = self.portfolio.position(InstrumentId(i as u16));
        if self.venue_positions[i].is_some_and(|theirs| theirs != ours) {
            self.risk.reduce_only();
        }
    }

    /// Whether every position that the venue reported is ours.
    pub fn agrees_with_venue(&self) -> bool {
        (0..self.instruments.len()).all(|i| {
            let ours = self.portfolio.position(InstrumentId(i as u16));
            self.venue_positions[i].unwrap_or(Qty(0)) == ours
        }) && self.orders.live_count() == 0
    }

    pub(crate) fn on_clock(&mut self) {
        let now_ns = self.now_ns;
        let mut resend = [(ClientId::NONE, InstrumentId(0)); 32];
        let (mut n, mut undecided, mut alarm) = (0, false, None);
        self.orders.poll(now_ns, |due| match due {
            Due::Overdue(_) | Due::Query(_) => undecided = true,
            Due::ResendCancel(client) if n < resend.len() => {
                resend[n].0 = client;
                n += 1;
            }
            Due::ResendCancel(_) => {}
            Due::Alarm(client) => alarm = Some(client),
        });
        self.wants_reconcile |= undecided;
        for (client, _) in &resend[..n] {
            if let Some(instrument) = self.orders.get(*client).map(|o| o.instrument) {
                let cancel = Cancel { client: *client, instrument };
                let cancel = self.risk.cancel(cancel, now_ns).into_inner();
                self.push(Command::Cancel(cancel));
            }
        }
        if let Some(client) = alarm {
            self.raise(format!("the venue has not said for 10 s what became of order {client}"));
        }
        for i in 0..self.instruments.len() {
            self.show_book(i);
            self.show_orders(i);
        }
    }

    // Trading states.

    pub(crate) fn set_reduce_only(&mut self) {
        self.risk.reduce_only();
    }
    pub(crate) fn set_active(&mut self) {
        self.risk.resume();
    }
    /// Nothing but cancels from here on, and those at once: each order, then the whole book of each instrument.
    pub(crate) fn stop_trading(&mut self, reason: HaltReason) {
        self.risk.halt(reason);
        for i in 0..self.instruments.len() {
            let had_orders = self.orders.live().any(|o| o.instrument.index() == i);
            self.cancel_all(i);
            if had_orders {
                let cancel = CancelAll { instrument: InstrumentId(i as u16) };
                let cancel = self.risk.cancel_all(cancel, self.now_ns).into_inner();
                self.push(Command::CancelAll(cancel));
            }
        }
    }
    /// What the event at hand has placed has not left, and never will: a callback that fails orders nothing.
    pub(crate) fn take_back(&mut self) {
        let (orders, now_ns, from) = (&mut self.orders, self.now_ns, self.event_commands);
        let (mut at, mut taken, mut instruments) = (0, 0, 0u64);
        self.commands.retain(|command| {
            at += 1;
            let Command::Place(place) = command else { return true };
            if at <= from || orders.not_sent(place.client, now_ns).is_err() {
                return true;
            }
            (taken, instruments) = (taken + 1, instruments | 1 << place.instrument.0);
            false
        });
        self.counters.placed -= taken;
        self.counters.commands -= taken;
        for i in 0..self.instruments.len() {
            if instruments >> i & 1 == 1 {
                self.show_orders(i);
            }
        }
    }
    #[inline(always)]
    pub(crate) fn breaker_tripped(&self) -> bool {
        self.risk.trading() == Trading::Halted(HaltReason::Breaker)
    }
    pub(crate) fn has_live_orders(&self) -> bool {
        self.orders.live_count() > 0
    }
    /// True once after something came up that only the venue can tell, and it can be asked.
    pub(crate) fn take_reconcile_wish(&mut self) -> bool {
        self.links_up == [true; 2] && std::mem::take(&mut self.wants_reconcile)
    }
    pub(crate) fn take_alarm(&mut self) -> Option<String> {
        self.alarm.take()
    }
    pub fn broken_invariant(&self) -> Option<&'static str> {
        self.broken_invariant
    }

    #[cold]
    fn raise(&mut self, why: String) {
        self.alarm.get_or_insert(why);
    }
    #[cold]
    fn break_invariant(&mut self, why: &'static str) {
        self.broken_invariant.get_or_insert(why);
        self.raise(format!("an invariant broke: {why}"));
    }

    // Inside.

    #[inline(always)]
    fn push(&mut self, command: Command) {
        self.counters.commands += 1;
        self.commands.push(command);
    }

    #[cold]
    fn deny(&mut self, client: ClientId, intent: &OrderIntent, denied: Denied) -> Refused {
        self.counters.denied += 1;
        if self.denials.len() < MAX_COMMANDS {
            self.denials.push(DeniedRec {
                recv_ns: self.now_ns,
                px: intent.px.0,
                qty: intent.qty.0,
                limit: denied.limit,
                value: denied.value,
                client: client.0,
                instrument: intent.instrument.0,
                code: denied.code as u16,
                side: intent.side as u8,
                _pad: [0; 3],
            });
        }
        denied.into()
    }

    #[cold]
    fn unknown_order(&mut self, client: ClientId) -> Refused {
        let nothing = OrderIntent::limit(InstrumentId(0), Side::Buy, Px(0), Qty(0));
        self.deny(client, &nothing, Denied { code: Code::UnknownOrder, limit: 0, value: 0 })
    }

    fn ticks(&mut self, i: usize, px: f64) -> Result<i64, Refused> {
        let ticks = ticks_from_f64(&self.instruments[i], px);
        ticks.map(|px| px.0).map_err(|denied| self.off_grid(i, denied))
    }
    fn lots(&mut self, i: usize, qty: f64) -> Result<i64, Refused> {
        let lots = lots_from_f64(&self.instruments[i], qty);
        lots.map(|qty| qty.0).map_err(|denied| self.off_grid(i, denied))
    }

    #[cold]
    fn off_grid(&mut self, i: usize, denied: Denied) -> Refused {
        let nothing = OrderIntent::limit(InstrumentId(i as u16), Side::Buy, Px(0), Qty(0));
        self.deny(ClientId::NONE, &nothing, denied)
    }

    // What others ask at the end.

    /// Cash that the session began with, coins of the settlement currency.
    pub(crate) fn start_cash(&self) -> f64 {
        self.portfolio.start_cash()
    }

    pub(crate) fn equity_record(&self, i: usize) -> EquityRec {
        let id = InstrumentId(i as u16);
        let (view, account) = (self.view(i), self.portfolio.account(id));
        let mark_ticks = view.mid / view.tick;
        EquityRec {
            recv_ns: self.now_ns,
            cash: booked_profit(account),
            unrealised: if mark_ticks.is_finite() { account.unrealised(mark_ticks) } else { 0.0 },
            fees: account.fees.to_f64(),
            position: account.position.0,
            mid_px: view.mid,
            instrument: i as u16,
            _pad: [0; 6],
        }
    }

    /// A hash of everything that decides what comes next.
    pub fn state_hash(&self) -> u64 {
        let books = self.books.iter().fold(StateHash::new(), |h, book| h.word(book.state_hash()));
        books
            .word(self.orders.state_hash())
            .word(self.portfolio.state_hash())
            .word(self.next_order)
            .word(self.now_ns as u64)
            .finish()
    }
}

/// Realised profit less fees and funding, coins.
fn booked_profit(account: &Account) -> f64 {
    (account.realised - account.fees - account.funding).to_f64()
}

/// How things stand in an instrument, for the risk check.
#[inline(always)]
fn context<'a>(
    (now_ns, reconciled): (i64, bool),
    feed: &Feed,
    book: &Book,
    position: Qty,
    orders: &'a Orders,
    id: InstrumentId,
) -> Context<'a> {
    Context {
        now_ns,
        reconciled,
        book_valid: feed.synced && !feed.stale,
        book_ns: feed.last_book_ns,
        bid: book.best_bid().unwrap_or_default(),
        ask: book.best_ask().unwrap_or_default(),
        position,
        buys: orders.exposure(id, Side::Buy),
        sells: orders.exposure(id, Side::Sell),
    }
}
