//! A small venue behind a network that loses, repeats and reorders what it carries. Its ledger is the truth.

use nanotick_engine::orders::{Change, Due, Execution, Need, Orders, OrdersConfig, State};
use nanotick_model::{
    ClientId, Fill, InstrumentId, OrderStatus, OrderType, OrderUpdate, Place, Px, Qty, Reject, Side, Text,
    TimeInForce,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const MS: i64 = 1_000_000;
const INSTRUMENT: InstrumentId = InstrumentId(0);
/// Requests older than this are refused by the venue; messages older than `LATEST_NS` do not arrive.
const RECV_WINDOW_NS: i64 = 3000 * MS;
const LATEST_NS: i64 = 2000 * MS;

#[derive(Clone, Copy, Debug)]
enum Request {
    Create(Place),
    Amend(ClientId, Px, Qty),
    Cancel(ClientId),
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Report(OrderUpdate, i64),
    Fill(Fill),
}

#[derive(Clone, Debug)]
struct VenueOrder {
    place: Place,
    px: Px,
    qty: Qty,
    filled: Qty,
    status: OrderStatus,
    venue_ns: i64,
    fills: Vec<Fill>,
}

impl VenueOrder {
    fn is_working(&self) -> bool {
        matches!(self.status, OrderStatus::New | OrderStatus::PartiallyFilled)
    }
    fn leaves(&self) -> i64 {
        if self.is_working() {
            self.qty.0 - self.filled.0
        } else {
            0
        }
    }
}

struct World {
    now_ns: i64,
    ours: Orders,
    /// By client: what our executions add up to, as the portfolio would book them.
    booked: BTreeMap<ClientId, i64>,
    venue: BTreeMap<ClientId, VenueOrder>,
    to_venue: Vec<(i64, Request)>,
    to_us: Vec<(i64, Message)>,
    execs: u64,
    next_seq: u64,
    rng: u64,
    /// Chances of a hundred.
    loses: u64,
    repeats: u64,
    reorders: bool,
}

impl World {
    fn random(&mut self, below: u64) -> u64 {
        self.rng = self.rng.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.rng >> 33) % below
    }
    fn chance(&mut self, of_hundred: u64) -> bool {
        self.random(100) < of_hundred
    }
    fn one_of(&mut self, ids: Vec<ClientId>) -> Option<ClientId> {
        (!ids.is_empty()).then(|| ids[self.random(ids.len() as u64) as usize])
    }

    // Our side: what an engine would do.

    fn create(&mut self) {
        let side = if self.chance(50) { Side::Buy } else { Side::Sell };
        let place = Place {
            client: ClientId::new(1, self.next_seq),
            instrument: INSTRUMENT,
            side,
            order_type: OrderType::Limit,
            tif: TimeInForce::Gtc,
            reduce_only: false,
            px: Px(100 + self.random(10) as i64),
            qty: Qty(1 + self.random(20) as i64),
        };
        if self.ours.create(&place, self.now_ns).is_ok() {
            self.next_seq += 1;
            self.ours.submitted(place.client, self.now_ns).unwrap();
            self.to_venue.push((self.now_ns, Request::Create(place)));
        }
    }
    fn amend(&mut self) {
        let working = self
            .ours
            .live()
            .filter(|o| matches!(o.state, State::Open | State::Partial))
            .map(|o| o.client)
            .collect();
        let Some(client) = self.one_of(working) else { return };
        let (px, qty) = (Px(100 + self.random(10) as i64), Qty(1 + self.random(20) as i64));
        self.ours.amending(client, px, qty, self.now_ns).unwrap();
        self.to_venue.push((self.now_ns, Request::Amend(client, px, qty)));
    }
    fn cancel(&mut self, client: ClientId) {
        if self.ours.cancelling(client, self.now_ns).is_ok() {
            self.to_venue.push((self.now_ns, Request::Cancel(client)));
        }
    }
    fn cancel_one(&mut self) {
        let live = self.ours.live().map(|o| o.client).collect();
        if let Some(client) = self.one_of(live) {
            self.cancel(client);
        }
    }
    fn attend(&mut self, change: Change) {
        match change.need {
            Need::Nothing | Need::AlertLate | Need::AlertLost => {}
            Need::Query => self.query(change.client),
            Need::CancelZombie => self.cancel(change.client),
            Need::HaltOverfill | Need::AlertTwoIds | Need::Breach => {
                panic!("{change:?} from an honest venue")
            }
        }
    }
    fn poll(&mut self) {
        let mut dues = Vec::new();
        self.ours.poll(self.now_ns, |due| dues.push(due));
        for due in dues {
            match due {
                Due::Overdue(change) => self.attend(change),
                Due::Query(client) => self.query(client),
                Due::ResendCancel(client) => self.to_venue.push((self.now_ns, Request::Cancel(client))),
                Due::Alarm(_) => {}
            }
        }
    }
    fn deliver(&mut self) {
        if self.to_us.is_empty() {
            return;
        }
        let at = if self.reorders { self.random(self.to_us.len() as u64) as usize } else { 0 };
        let (sent_ns, message) = self.to_us[at];
        if !self.chance(self.repeats) {
            self.to_us.remove(at);
        }
        if self.now_ns - sent_ns > LATEST_NS || self.chance(self.loses) {
            return;
        }
        match message {
            Message::Report(report, venue_ns) => {
                let change = self.ours.on_update(&report, venue_ns, self.now_ns).unwrap();
                self.attend(change);
            }
            Message::Fill(fill) => match self.ours.on_fill(INSTRUMENT, &fill, self.now_ns) {
                Execution::Duplicate => {}
                Execution::Ours(change) => {
                    *self.booked.entry(fill.client).or_default() += fill.qty.0;
                    self.attend(change);
                }
                other => panic!("{other:?}"),
            },
        }
    }

    // The venue's side.

    fn say(&mut self, client: ClientId, status: OrderStatus, reject: Reject) {
        let order = &self.venue[&client];
        let told =
            !matches!(status, OrderStatus::Acked | OrderStatus::CancelRejected | OrderStatus::AmendRejected);
        let figures = |value: i64| if told { value } else { 0 };
        let report = OrderUpdate {
            client,
            venue_order: Text::EMPTY,
            status,
            reject,
            venue_code: 0,
            side: Some(order.place.side),
            order_type: None,
            tif: None,
            px: Px(figures(order.px.0)),
            qty: Qty(figures(order.qty.0)),
            leaves: Qty(figures(order.leaves())),
            cum: Qty(figures(order.filled.0)),
        };
        let venue_ns = if told { order.venue_ns } else { 0 };
        self.to_us.push((self.now_ns, Message::Report(report, venue_ns)));
    }
    fn refuse_unknown(&mut self, client: ClientId, status: OrderStatus) {
        let report = OrderUpdate {
            client,
            venue_order: Text::EMPTY,
            status,
            reject: Reject::UnknownOrder,
            venue_code: 0,
            side: None,
            order_type: None,
            tif: None,
            px: Px(0),
            qty: Qty(0),
            leaves: Qty(0),
            cum: Qty(0),
        };
        self.to_us.push((self.now_ns, Message::Report(report, 0)));
    }
    fn serve(&mut self) {
        if self.to_venue.is_empty() {
            return;
        }
        let (sent_ns, request) = self.to_venue.remove(0);
        if self.chance(self.loses) {
            return;
        }
        let late = self.now_ns - sent_ns > RECV_WINDOW_NS;
        match request {
            Request::Create(place) => {
                let refused = late || self.chance(10);
                let status = if refused { OrderStatus::Rejected } else { OrderStatus::New };
                let (px, qty, venue_ns) = (place.px, place.qty, self.now_ns);
                let order =
                    VenueOrder { place, px, qty, filled: Qty(0), status, venue_ns, fills: Vec::new() };
                self.venue.insert(place.client, order);
                if !refused {
                    self.say(place.client, OrderStatus::Acked, Reject::None);
                }
                self.say(place.client, status, Reject::None);
            }
            Request::Amend(client, px, qty) => match self.venue.get_mut(&client) {
                Some(order) if !late && order.is_working() && qty > order.filled => {
                    (order.px, order.qty, order.venue_ns) = (px, qty, self.now_ns);
                    let status = order.status;
                    self.say(client, OrderStatus::Acked, Reject::None);
                    self.say(client, status, Reject::None);
                }
                _ => self.refuse_unknown(client, OrderStatus::AmendRejected),
            },
            Request::Cancel(client) => match self.venue.get(&client) {
                Some(order) if order.is_working() => self.end(client, OrderStatus::Cancelled),
                _ => self.refuse_unknown(client, OrderStatus::CancelRejected),
            },
        }
    }
    fn end(&mut self, client: ClientId, status: OrderStatus) {
        let now_ns = self.now_ns;
        if let Some(order) = self.venue.get_mut(&client) {
            (order.status, order.venue_ns) = (status, now_ns);
        }
        self.say(client, status, Reject::None);
    }
    fn trade(&mut self) {
        let working = self.venue.values().filter(|o| o.is_working()).map(|o| o.place.client).collect();
        let Some(client) = self.one_of(working) else { return };
        let part = self.random(20) as i64 + 1;
        self.execs += 1;
        let (exec_id, now_ns) = (Text::new(&format!("e{}", self.execs)).unwrap(), self.now_ns);
        let Some(order) = self.venue.get_mut(&client) else { return };
        let qty = Qty(part.min(order.leaves()));
        order.filled += qty;
        order.status = if order.leaves() == 0 { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        order.venue_ns = now_ns;
        let (side, px, status) = (order.place.side, order.px, order.status);
        let fill = Fill { client, venue_order: Text::EMPTY, exec_id, side, px, qty, fee: 0, is_maker: true };
        order.fills.push(fill);
        self.to_us.push((now_ns, Message::Fill(fill)));
        self.say(client, status, Reject::None);
    }
    /// The answer to a question about one order: its state and its executions, or proof that there is none.
    fn query(&mut self, client: ClientId) {
        match self.venue.get(&client).cloned() {
            Some(order) => {
                self.say(client, order.status, Reject::None);
                self.to_us.extend(order.fills.iter().map(|&fill| (self.now_ns, Message::Fill(fill))));
            }
            None => {
                let under_way = |(_, request): &(i64, Request)| matches!(request, Request::Create(place) if place.client == client);
                if !self.to_venue.iter().any(under_way) && !self.chance(self.loses) {
                    self.ours.proven_absent(client, self.now_ns);
                }
            }
        }
    }

    // The laws.

    /// Whatever the venue may have traded or may yet trade is booked or counted as exposure.
    fn assert_never_short(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.ours.check_invariants(), Ok(()));
        for (client, truth) in &self.venue {
            let known = self.ours.get(*client).unwrap();
            prop_assert_eq!(known.filled.0, self.booked.get(client).copied().unwrap_or(0), "{:?}", known);
            let reached = truth.filled.0 + truth.leaves();
            // An order that ended at the venue with executions under way, of which no report has come, is still live here.
            prop_assert!(known.filled.0 + known.exposure().0 >= reached, "{known:?}\n{truth:?}");
            prop_assert!(known.filled <= truth.filled);
        }
        Ok(())
    }

    fn step(&mut self) {
        self.now_ns += 1 + self.random(40) as i64 * MS;
        match self.random(100) {
            0..=14 => self.create(),
            15..=22 => self.amend(),
            23..=30 => self.cancel_one(),
            31..=42 => self.trade(),
            43..=44 => {
                let working =
                    self.venue.values().filter(|o| o.is_working()).map(|o| o.place.client).collect();
                if let Some(client) = self.one_of(working) {
                    self.end(client, OrderStatus::Expired);
                }
            }
            45..=60 => self.serve(),
            _ => self.deliver(),
        }
        self.poll();
    }

    fn heal(&mut self) {
        (self.loses, self.repeats, self.reorders) = (0, 0, false);
        for round in 0..200 {
            self.now_ns += 100 * MS;
            self.poll();
            if round % 50 == 0 {
                // What an engine does every few seconds: ask for all it holds open.
                let live: Vec<_> = self.ours.live().map(|o| o.client).collect();
                live.into_iter().for_each(|client| self.query(client));
            }
            while !self.to_venue.is_empty() || !self.to_us.is_empty() {
                self.serve();
                self.deliver();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_ledger_is_never_undercounted_and_is_met_in_the_end(
        seed: u64, loses in 0u64..30, repeats in 0u64..40, reorders: bool,
    ) {
        let mut world = World {
            now_ns: 1_000_000_000 * MS,
            ours: Orders::new(OrdersConfig { live: 24, ..OrdersConfig::for_instruments(1) }),
            booked: BTreeMap::new(),
            venue: BTreeMap::new(),
            to_venue: Vec::new(),
            to_us: Vec::new(),
            execs: 0,
            next_seq: 1,
            rng: seed,
            loses,
            repeats,
            reorders,
        };
        for _ in 0..600 {
            world.step();
            world.assert_never_short()?;
        }
        world.heal();
        world.assert_never_short()?;
        for (client, truth) in &world.venue {
            let known = world.ours.get(*client).unwrap();
            prop_assert_eq!(known.filled, truth.filled, "{:?}\n{:?}", known, truth);
            prop_assert_eq!(known.exposure().0, truth.leaves(), "{:?}\n{:?}", known, truth);
            prop_assert_eq!(known.state.is_live(), truth.is_working(), "{:?}\n{:?}", known, truth);
            if truth.is_working() {
                prop_assert!(matches!(known.state, State::Open | State::Partial), "{:?}", known);
                prop_assert_eq!((known.px, known.qty), (truth.px, truth.qty));
            }
        }
        let undecided = world.ours.live().filter(|o| !world.venue.contains_key(&o.client)).count();
        prop_assert_eq!(undecided, 0);
    }
}
