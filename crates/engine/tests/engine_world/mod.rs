//! A random stream of events, a strategy that acts at random, and a plain account of both that the engine is held to.

use nanotick_engine::orders::State;
use nanotick_engine::{
    prepare, Desk, DeskConfig, Engine, Fault, Host, Limits, Observer, Occasion, SessionLimits, WANTS_ALL,
};
use nanotick_model::record::{self, Kind};
use nanotick_model::{
    Body, BookUpdate, Cash, ClientId, Command, Connection, ContractKind, Event, Fill, Grid, Instrument,
    InstrumentId, Level, LinkState, Operator, OrderStatus, OrderType, OrderUpdate, Position, Px, Qty, Rate,
    Reject, Side, Socket, Text, TimeInForce, Timer, Trade, Venue,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const MS: i64 = 1_000_000;
const START_NS: i64 = 1_700_000_000_000 * MS;
/// The touch lies around here, ticks.
const NEAR: i64 = 600_000;
const MAX_COMMANDS: usize = 2048;

pub fn instruments() -> Vec<Instrument> {
    let instrument = |(i, symbol): (usize, &&str)| Instrument {
        id: InstrumentId(i as u16),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new(symbol).unwrap(),
        tick: Grid::new("0.10").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(10),
        max_px: Px(2_000_000),
        min_qty: Qty(1),
        max_qty: Qty(100_000),
        min_notional: Cash::ZERO,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    };
    ["BTCUSDT", "ETHUSDT"].iter().enumerate().map(instrument).collect()
}

pub fn limits() -> Limits {
    Limits {
        max_order_qty: Qty(40),
        max_order_notional: Cash::parse("1000000").unwrap(),
        max_position: Qty(100),
        max_open_orders: 12,
        collar_bps: 100,
        slippage_bps: 10,
        max_book_age_ns: 1_000 * MS,
        duplicate_ns: 0,
    }
}

pub fn session_limits() -> SessionLimits {
    SessionLimits {
        orders_per_s: 1_000,
        burst: 100,
        cancel_reserve: 10,
        breaker_refusals: 64,
        breaker_window_ns: 50 * MS,
    }
}

/// One event, before it knows the time and the orders that exist.
#[derive(Clone, Debug)]
pub enum Step {
    Book { i: u16, snapshot: bool, bids: Vec<(i64, i64)>, asks: Vec<(i64, i64)> },
    Trade { i: u16, px: i64 },
    Report { order: usize, status: OrderStatus, reject: Reject, truthful: bool },
    Fill { order: usize, foreign: bool, qty: i64, exec: u64 },
    Link { i: u16, socket: Socket, state: LinkState },
    VenuePosition { i: u16, qty: i64 },
    Clock,
    Timer(u32),
    Operator(Operator),
    Wait(i64),
    UnknownInstrument,
}

fn side_levels(bids: bool) -> impl Strategy<Value = Vec<(i64, i64)>> {
    let away = if bids { -30..=0i64 } else { 1..=30i64 };
    prop::collection::vec((away, prop_oneof![3 => 1..50i64, 1 => Just(0)]), 0..6)
}

fn book(snapshot: bool) -> impl Strategy<Value = Step> {
    (0..2u16, side_levels(true), side_levels(false)).prop_map(move |(i, bids, asks)| Step::Book {
        i,
        snapshot,
        bids,
        asks,
    })
}

/// A book that is crossed, or holds what no book can.
fn bad_book() -> impl Strategy<Value = Step> {
    let level = (-40..40i64, prop_oneof![Just(5i64), Just(-1), Just(i64::MIN), Just(i64::MAX)]);
    let levels = prop::collection::vec(level, 0..4);
    (0..2u16, any::<bool>(), levels.clone(), levels).prop_map(|(i, snapshot, bids, asks)| Step::Book {
        i,
        snapshot,
        bids,
        asks,
    })
}

fn report(truthful: bool) -> impl Strategy<Value = Step> {
    let any_status = prop::sample::select((1..=10).filter_map(OrderStatus::from_u8).collect::<Vec<_>>());
    let status = prop_oneof![2 => Just(OrderStatus::New), 1 => any_status];
    let reject = prop::sample::select((0..=12).filter_map(Reject::from_u8).collect::<Vec<_>>());
    (0..40usize, status, reject).prop_map(move |(order, status, reject)| Step::Report {
        order,
        status,
        reject,
        truthful,
    })
}

fn fill() -> impl Strategy<Value = Step> {
    (0..40usize, 1..12i64, 0..60u64).prop_map(|(order, qty, exec)| Step::Fill {
        order,
        foreign: false,
        qty,
        exec,
    })
}

pub fn step() -> impl Strategy<Value = Step> {
    let socket = prop::sample::select(vec![Socket::Public, Socket::Private, Socket::Trade, Socket::Rest]);
    let state = prop::sample::select((1..=6).filter_map(LinkState::from_u8).collect::<Vec<_>>());
    prop_oneof![
        20 => book(false),
        8 => book(true),
        2 => bad_book(),
        4 => (0..2u16, -20..20i64).prop_map(|(i, away)| Step::Trade { i, px: NEAR + away }),
        20 => report(true),
        4 => report(false),
        6 => fill(),
        1 => (0..200usize, -3..90i64, 0..60u64, any::<bool>())
            .prop_map(|(order, qty, exec, foreign)| Step::Fill { order, foreign, qty, exec }),
        6 => (0..2u16, socket, state).prop_map(|(i, socket, state)| Step::Link { i, socket, state }),
        4 => (0..2u16).prop_map(|i| Step::Link { i, socket: Socket::Rest, state: LinkState::Reconciled }),
        1 => (0..2u16, -20..20i64).prop_map(|(i, qty)| Step::VenuePosition { i, qty }),
        5 => Just(Step::Clock),
        1 => (1..300u32).prop_map(Step::Timer),
        1 => prop::sample::select(vec![Operator::Kill, Operator::ReduceOnly, Operator::Stop,
            Operator::SetParam { index: 3, value: f64::NAN }]).prop_map(Step::Operator),
        5 => Just(Step::Operator(Operator::Resume)),
        8 => (1..1_500 * MS).prop_map(Step::Wait),
        1 => Just(Step::UnknownInstrument),
    ]
}

pub fn quiet_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => book(true),
        10 => report(true),
        5 => fill(),
        3 => (1..20 * MS).prop_map(Step::Wait),
        2 => Just(Step::Clock),
    ]
}

/// Books in sync, the account reconciled.
pub fn opening() -> Vec<Step> {
    let book = |i| Step::Book { i, snapshot: true, bids: vec![(-1, 5), (-2, 9)], asks: vec![(1, 4), (3, 7)] };
    let up = |socket| Step::Link { i: 0, socket, state: LinkState::Up };
    let reconciled = Step::Link { i: 0, socket: Socket::Rest, state: LinkState::Reconciled };
    vec![up(Socket::Public), up(Socket::Private), up(Socket::Trade), reconciled, book(0), book(1)]
}

impl Step {
    /// The event that this step is at a time, where `orders` have been placed before.
    pub fn with_event(&self, now_ns: i64, orders: &[Known], take: impl FnOnce(&Event<'_>)) {
        let levels = |side: &[(i64, i64)]| -> Vec<Level> {
            side.iter().map(|&(away, qty)| Level { px: Px(NEAR + away), qty: Qty(qty) }).collect()
        };
        let (bids, asks);
        let known = |order: usize| (!orders.is_empty()).then(|| orders[order % orders.len()]);
        let (instrument, body) = match self {
            Step::Book { i, snapshot, bids: b, asks: a } => {
                (bids, asks) = (levels(b), levels(a));
                let update = BookUpdate { is_snapshot: *snapshot, update_id: 1, bids: &bids, asks: &asks };
                (*i, Body::Book(update))
            }
            Step::Trade { i, px } => {
                (*i, Body::Trade(Trade { px: Px(*px), qty: Qty(1), side: Side::Buy, trade_id: 1 }))
            }
            Step::Report { order, status, reject, truthful } => match known(*order) {
                Some(known) => {
                    (known.instrument, Body::OrderUpdate(known.report(*status, *reject, *truthful)))
                }
                None => (0, Body::Timer(Timer { timer: 0 })),
            },
            Step::Fill { order, foreign, qty, exec } => {
                let known = known(*order).filter(|_| !foreign);
                let (i, client, side) = known
                    .map_or((0, ClientId::new(900, 1), Side::Sell), |k| (k.instrument, k.client, k.side));
                let fill = Fill {
                    client,
                    venue_order: Text::EMPTY,
                    exec_id: Text::new(&format!("e{exec}")).unwrap(),
                    side,
                    px: Px(NEAR),
                    qty: Qty(*qty),
                    fee: 7,
                    is_maker: true,
                };
                (i, Body::Fill(fill))
            }
            Step::Link { i, socket, state } => {
                (*i, Body::Connection(Connection { socket: *socket, state: *state }))
            }
            Step::VenuePosition { i, qty } => (*i, Body::Position(Position { qty: Qty(*qty) })),
            Step::Clock | Step::Wait(_) => (0, Body::Timer(Timer { timer: 0 })),
            Step::Timer(timer) => (0, Body::Timer(Timer { timer: *timer })),
            Step::Operator(operator) => (0, Body::Operator(*operator)),
            Step::UnknownInstrument => (77, Body::Timer(Timer { timer: 0 })),
        };
        take(&Event { venue_ns: 0, recv_ns: now_ns, instrument: InstrumentId(instrument), body });
    }
}

/// An order as the plain account knows it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub client: ClientId,
    pub instrument: u16,
    pub side: Side,
    px: Px,
    /// The largest size that it may have.
    qty: i64,
    filled: i64,
    ended: bool,
}

impl Known {
    /// A report of the order; one that is not truthful has figures that fit nothing.
    fn report(&self, status: OrderStatus, reject: Reject, truthful: bool) -> OrderUpdate {
        let (leaves, cum) = if truthful { (self.qty - self.filled, self.filled) } else { (-3, i64::MAX) };
        OrderUpdate {
            client: self.client,
            venue_order: Text::new("v1").unwrap(),
            status,
            reject,
            venue_code: 0,
            side: Some(self.side),
            order_type: Some(OrderType::Limit),
            tif: Some(TimeInForce::Gtc),
            px: self.px,
            qty: Qty(self.qty),
            leaves: Qty(leaves),
            cum: Qty(cum),
        }
    }
}

/// Everything that came out, in order.
#[derive(Default)]
pub struct Seen {
    pub outputs: Vec<(Kind, Vec<u8>)>,
    pub events: u64,
    pub places: usize,
    pub halts: usize,
    pub state_hash: u64,
}

impl Observer for Seen {
    fn event(&mut self, _: &Event<'_>) -> u64 {
        self.events += 1;
        self.events
    }
    fn command(&mut self, _: i64, command: &Command) {
        let mut room = [0u8; 64];
        let (kind, len) = record::encode_command(command, &mut room);
        self.outputs.push((kind, room[..len].to_vec()));
        self.places += matches!(command, Command::Place(_)) as usize;
    }
    fn denied(&mut self, denied: &record::DeniedRec) {
        self.outputs.push((Kind::Denied, denied.px.to_le_bytes().to_vec()));
    }
    fn note(&mut self, kind: Kind, _: i64, json: &str) {
        self.halts += (kind == Kind::Halt) as usize;
        self.outputs.push((kind, json.as_bytes().to_vec()));
    }
}

/// A strategy that does anything at any time, in any instrument, with any figures.
struct Random {
    rng: u64,
}

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.rng = self.rng.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.rng >> 33) % n
    }
    fn figure(&mut self, near: i64, spread: u64) -> i64 {
        match self.below(40) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => 0,
            3 => -near,
            _ => near + self.below(spread) as i64 - spread as i64 / 2,
        }
    }
    fn act(&mut self, desk: &mut Desk) {
        let i = self.below(2) as usize;
        let order = {
            let view = desk.view(i);
            let n = view.n_working.min(16);
            if n > 0 && self.below(10) > 0 {
                view.order_ids[self.below(n) as usize]
            } else {
                12345
            }
        };
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        let px = self.figure(NEAR, 60);
        let qty = self.figure(10, 18);
        match self.below(12) {
            0 if self.below(2) == 0 => drop(desk.cancel(ClientId(order))),
            1 | 6 | 7 => drop(desk.amend(ClientId(order), px, qty)),
            2 if self.below(8) == 0 => desk.cancel_all(i),
            3 => desk.set_timer(self.below(300) as u32, px),
            n => {
                let tif = TimeInForce::from_u8(1 + self.below(4) as u8).unwrap();
                let order_type = if n == 4 { OrderType::Market } else { OrderType::Limit };
                let _ = desk.place(i, side, order_type, tif, n == 5, px, qty);
            }
        }
    }
}

impl Host for Random {
    fn wants(&self) -> u32 {
        WANTS_ALL
    }
    fn call(&mut self, _: Occasion, _: usize, desk: &mut Desk) -> Result<(), Fault> {
        for _ in 0..self.below(4) {
            self.act(desk);
        }
        if self.below(400) == 0 {
            return Err(Fault::new("it felt like it".to_owned()));
        }
        Ok(())
    }
}

/// The book of one instrument by the plainest means, and whether it may be traded on.
#[derive(Clone, Default)]
struct Feed {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    synced: bool,
    stale: bool,
    heard_ns: i64,
}

impl Feed {
    fn take(&mut self, update: &BookUpdate<'_>, now_ns: i64) {
        let sides = [(update.bids, &mut self.bids), (update.asks, &mut self.asks)];
        let possible = |level: &Level| (0..=1i64 << 52).contains(&level.qty.0);
        if !sides.iter().all(|(levels, _)| levels.iter().all(possible)) {
            self.synced = false;
            return;
        }
        for (levels, side) in sides {
            if update.is_snapshot {
                side.clear();
            }
            for level in levels {
                match level.qty.0 {
                    0 => side.remove(&level.px.0),
                    qty => side.insert(level.px.0, qty),
                };
            }
        }
        self.synced |= update.is_snapshot;
        (self.stale, self.heard_ns) = (false, now_ns);
        if let (Some((bid, _)), Some((ask, _))) = (self.bids.last_key_value(), self.asks.first_key_value()) {
            // Only a snapshot mends a crossed book.
            self.synced &= bid < ask;
        }
    }
    fn is_good(&self, now_ns: i64) -> bool {
        let both = !self.bids.is_empty() && !self.asks.is_empty();
        self.synced && !self.stale && both && now_ns - self.heard_ns <= limits().max_book_age_ns
    }
}

/// The plain account.
struct World {
    now_ns: i64,
    feeds: [Feed; 2],
    reconciled: bool,
    /// Nothing but cancels may come.
    halted: bool,
    stopped: bool,
    orders: Vec<Known>,
    fills: BTreeSet<(u16, String)>,
    positions: [i64; 2],
    last_client: ClientId,
}

impl World {
    fn take(&mut self, event: &Event<'_>) {
        let i = event.instrument.0;
        match &event.body {
            _ if i > 1 => {}
            Body::Book(update) => self.feeds[i as usize].take(update, event.recv_ns),
            Body::OrderUpdate(update) => {
                use OrderStatus::{Cancelled, Expired, Filled, Rejected};
                let ended = matches!(update.status, Filled | Cancelled | Rejected | Expired);
                for order in self.orders.iter_mut().filter(|o| ended && o.client == update.client) {
                    order.ended = true;
                }
            }
            Body::Fill(fill)
                if fill.qty.0 > 0 && self.fills.insert((i, fill.exec_id.as_str().to_owned())) =>
            {
                self.positions[i as usize] += fill.side.sign() * fill.qty.0;
                for order in self.orders.iter_mut().filter(|o| o.client == fill.client) {
                    order.filled += fill.qty.0;
                }
            }
            Body::Connection(c) => self.link(i as usize, c.socket, c.state),
            Body::Operator(Operator::Kill) => self.halted = true,
            Body::Operator(Operator::Resume) => self.halted = self.stopped,
            _ => {}
        }
    }

    fn link(&mut self, i: usize, socket: Socket, state: LinkState) {
        match (socket, state) {
            (Socket::Public, LinkState::Gap) => self.feeds[i] = Feed::default(),
            (Socket::Public, LinkState::Down) => self.feeds = Default::default(),
            (Socket::Public, LinkState::Stale) => self.feeds[i].stale = true,
            (Socket::Private | Socket::Trade, LinkState::Down) => self.reconciled = false,
            (Socket::Rest, LinkState::Reconciled) => self.reconciled = true,
            _ => {}
        }
    }

    /// What the order side of an instrument could still do, by what was sent and what came back.
    fn worst(&self, i: u16, side: Side) -> i64 {
        let open = self.orders.iter().filter(|o| o.instrument == i && o.side == side && !o.ended);
        let leaves: i64 = open.map(|o| (o.qty - o.filled).max(0)).sum();
        self.positions[i as usize] * side.sign() + leaves
    }

    fn may_trade(&self, i: u16, command: &Command) {
        assert!(!self.halted, "while halted: {command:?}");
        assert!(self.reconciled, "before reconciliation: {command:?}");
        assert!(self.feeds[i as usize].is_good(self.now_ns), "from a bad book: {command:?}");
    }

    /// The laws of what an event has caused.
    fn check<H: Host>(&mut self, engine: &Engine<H>) {
        assert!(engine.commands().len() <= MAX_COMMANDS);
        for command in engine.commands() {
            match command {
                Command::Place(place) => {
                    self.may_trade(place.instrument.0, command);
                    assert!(place.client > self.last_client, "an id twice: {command:?}");
                    assert!(place.qty.0 >= 1 && place.qty <= limits().max_order_qty, "{command:?}");
                    assert!((10..=2_000_000).contains(&place.px.0), "{command:?}");
                    self.last_client = place.client;
                    self.orders.push(Known {
                        client: place.client,
                        instrument: place.instrument.0,
                        side: place.side,
                        px: place.px,
                        qty: place.qty.0,
                        filled: 0,
                        ended: false,
                    });
                    let worst = self.worst(place.instrument.0, place.side);
                    assert!(worst <= limits().max_position.0, "exposure {worst} after {command:?}");
                }
                Command::Amend(amend) => {
                    self.may_trade(amend.instrument.0, command);
                    let order = self.orders.iter_mut().find(|o| o.client == amend.client).unwrap();
                    order.qty = order.qty.max(amend.qty.0);
                    let (side, i) = (order.side, order.instrument);
                    assert_eq!((side, i), (amend.side, amend.instrument.0));
                    let worst = self.worst(i, side);
                    assert!(worst <= limits().max_position.0, "exposure {worst} after {command:?}");
                }
                Command::Cancel(cancel) => {
                    assert!(self.orders.iter().any(|o| o.client == cancel.client), "{command:?}")
                }
                Command::SetTimer(set) => assert!((1..=256).contains(&set.timer), "{command:?}"),
                Command::CancelAll(_) | Command::Resync(_) => {}
            }
        }
        let desk = engine.desk();
        for (i, &position) in self.positions.iter().enumerate() {
            assert_eq!(desk.portfolio().position(InstrumentId(i as u16)).0, position, "position");
            assert_eq!(desk.view(i).position, position, "position in the view");
        }
        assert_eq!(desk.orders().check_invariants(), Ok(()));
        assert!(desk.portfolio().check_invariants().is_ok());
    }
}

/// Runs a stream through a fresh engine with a strategy of this seed, checking every law after every event.
pub fn run(steps: &[Step], seed: u64) -> Seen {
    let config = DeskConfig {
        instruments: instruments(),
        limits: vec![limits(); 2],
        session_limits: session_limits(),
        signals: vec![],
        epoch: 1,
        start_cash: Cash::parse("1000").unwrap(),
    };
    let (desk, signals) = prepare(config).unwrap();
    let mut engine = Engine::new(desk, signals, Random { rng: seed });
    let mut seen = Seen::default();
    let mut world = World {
        now_ns: START_NS,
        feeds: Default::default(),
        reconciled: false,
        halted: false,
        stopped: false,
        orders: vec![],
        fills: BTreeSet::new(),
        positions: [0; 2],
        last_client: ClientId::NONE,
    };
    for step in steps {
        world.now_ns += if let Step::Wait(ns) = step { *ns } else { MS / 4 };
        let orders = world.orders.clone();
        let halts = seen.halts;
        step.with_event(world.now_ns, &orders, |event| {
            world.take(event);
            engine.process(event, &mut seen);
        });
        world.check(&engine);
        // `on_stop` itself may still order, for example to flatten; what it left is cancelled in the same event.
        if matches!(step, Step::Operator(Operator::Stop)) {
            (world.halted, world.stopped) = (true, true);
        }
        let resumed = matches!(step, Step::Operator(Operator::Resume));
        // The first event calls `on_start`, and may then resume what that halted.
        if seen.halts > halts && !(resumed && engine.halted().is_none()) {
            world.halted = true;
            assert!(engine.halted().is_some());
            let places = engine.commands().iter().filter(|c| matches!(c, Command::Place(_)));
            // Only one that was cancelled by the same callback may stand beside its cancel.
            for place in places {
                let Command::Place(place) = place else { continue };
                let cancel = |c: &Command| matches!(c, Command::Cancel(x) if x.client == place.client);
                assert!(engine.commands().iter().any(cancel), "a failed callback sent {place:?}");
            }
            let idle = engine.desk().orders().live().find(|o| o.state != State::PendingCancel);
            assert!(idle.is_none(), "halted, but {idle:?} is not being cancelled");
        }
        engine.clear_commands();
    }
    seen.state_hash = engine.state_hash();
    seen
}
