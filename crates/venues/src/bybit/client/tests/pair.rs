//! The client against the venue's server side, in one thread, over a wire that loses frames, requests and sockets.
//!
//! The server's ledger is the truth. Whatever was lost on the way, one round of reconciliation after the faults have
//! ended leaves the client's listener with every fill once, the position, the wallet and the open orders of the ledger.

use super::*;
use crate::bybit::server::BybitServer;
use crate::server::{Call, Conn, Credentials, Listing, Now, Outbox, Push, Recorded, VenueServer};
use nanotick_model::{Amend, Cancel, Cash, OrderType, Place, Side, TimeInForce};
use std::collections::{BTreeMap, BTreeSet};

const STEP_NS: i64 = 20_000_000;

/// A small generator of its own, so that a seed is a story.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }
}

/// What a listener makes of the client's events, as simply as can be.
#[derive(Default)]
struct Listener {
    fills: BTreeMap<String, Fill>,
    position: i64,
    wallet: i128,
    open: BTreeSet<ClientId>,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    last_update: Option<u64>,
    is_whole: bool,
    reconciled: u32,
    gaps: u32,
    unknown: u32,
    acked: u32,
}

impl Listener {
    fn take(&mut self, event: &Event<'_>) {
        match &event.body {
            Body::Book(book) => self.book(book),
            Body::Fill(fill) => drop(self.fills.insert(fill.exec_id.to_string(), *fill)),
            Body::Position(position) => self.position = position.qty.0,
            Body::Balance(balance) => self.wallet = balance.wallet,
            Body::OrderUpdate(update) => match update.status {
                OrderStatus::New | OrderStatus::PartiallyFilled => drop(self.open.insert(update.client)),
                OrderStatus::Filled
                | OrderStatus::Cancelled
                | OrderStatus::Rejected
                | OrderStatus::Expired => {
                    self.open.remove(&update.client);
                }
                OrderStatus::Unknown => self.unknown += 1,
                OrderStatus::Acked => self.acked += 1,
                _ => {}
            },
            Body::Connection(link) => match (link.socket, link.state) {
                (Socket::Public, LinkState::Gap) => (self.gaps, self.is_whole) = (self.gaps + 1, false),
                (Socket::Public, LinkState::Down) => self.is_whole = false,
                (Socket::Public, LinkState::Synced) => self.is_whole = true,
                (Socket::Rest, LinkState::Reconciled) => self.reconciled += 1,
                _ => {}
            },
            _ => {}
        }
    }

    fn book(&mut self, book: &BookUpdate<'_>) {
        if book.is_snapshot {
            self.bids.clear();
            self.asks.clear();
        } else {
            assert_eq!(self.last_update.map(|id| id + 1), Some(book.update_id), "a delta out of sequence");
            assert!(self.is_whole, "a delta on a book that is not whole");
        }
        self.last_update = Some(book.update_id);
        for (side, levels) in [(&mut self.bids, book.bids), (&mut self.asks, book.asks)] {
            for level in levels {
                match level.qty.0 {
                    0 => side.remove(&level.px.0),
                    qty => side.insert(level.px.0, qty),
                };
            }
        }
    }
}

struct Pair {
    random: Random,
    client: BybitClient,
    io: Io,
    server: BybitServer,
    listener: Listener,
    now_ns: i64,
    /// The server's connection of each socket, while there is one.
    conns: BTreeMap<u64, Socket>,
    next_conn: u64,
    faults: bool,
    orders: u64,
    live: Vec<ClientId>,
}

fn symbol() -> Instrument {
    instrument(0, "BTCUSDT", "0.10", "0.001")
}

impl Pair {
    fn new(seed: u64) -> Pair {
        let secret = Secret::new("secret".into());
        let listing = Listing {
            instrument: symbol(),
            base: "BTC".into(),
            quote: "USDT".into(),
            px_decimals: 2,
            qty_decimals: 3,
        };
        let deposit = Cash::parse("10000000").unwrap();
        let credentials = Credentials::new("key".into(), &secret);
        let config = Config {
            key: "key".into(),
            secret,
            instruments: vec![symbol()],
            depth: 50,
            recv_window_ms: 5000,
            stale_after_ms: 3000,
            fills_since_ns: START_NS,
        };
        Pair {
            random: Random(seed),
            client: BybitClient::new(config),
            io: Io::default(),
            server: BybitServer::new(vec![listing], credentials, deposit),
            listener: Listener::default(),
            now_ns: START_NS,
            conns: BTreeMap::new(),
            next_conn: 1,
            faults: true,
            orders: 0,
            live: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        Now { wall_ns: self.now_ns, market_ns: self.now_ns }
    }

    fn loses(&mut self, percent: u64) -> bool {
        self.faults && self.random.percent(percent)
    }

    fn open_missing(&mut self) {
        for endpoint in self.client.endpoints() {
            if self.conns.values().any(|socket| *socket == endpoint.socket) {
                continue;
            }
            let (conn, mut out) = (Conn(self.next_conn), Outbox::default());
            self.next_conn += 1;
            assert!(self.server.on_open(conn, &endpoint.path, self.now(), &mut out));
            self.conns.insert(conn.0, endpoint.socket);
            self.client.on_open(endpoint.socket, self.now_ns, &mut self.io);
            self.deliver(out);
        }
    }

    fn lose(&mut self, socket: Socket) {
        let Some((&conn, _)) = self.conns.iter().find(|(_, s)| **s == socket) else { return };
        self.conns.remove(&conn);
        self.server.on_close(Conn(conn));
        let listener = &mut self.listener;
        self.client
            .on_close(socket, self.now_ns, &mut self.io, &mut |event: &Event<'_>| listener.take(event));
    }

    fn deliver(&mut self, out: Outbox) {
        for (conn, push) in out.0 {
            let Some(&socket) = self.conns.get(&conn.0) else { continue };
            let Push::Text(text) = push else { continue };
            if self.loses(2) {
                continue;
            }
            let (mut buffer, listener) = (Vec::new(), &mut self.listener);
            let mut sink = |event: &Event<'_>| listener.take(event);
            let message = padded(text.as_bytes(), &mut buffer);
            if let Err(bad) = self.client.on_message(socket, message, self.now_ns, &mut self.io, &mut sink) {
                panic!("{socket:?} {bad:?}: {text}");
            }
        }
    }

    /// Frames to the server, requests to the server, sockets to open anew: until nothing is left to do.
    fn exchange(&mut self) {
        loop {
            for socket in std::mem::take(&mut self.io.reconnect) {
                self.lose(socket);
            }
            self.open_missing();
            let (sends, requests) =
                (std::mem::take(&mut self.io.sends), std::mem::take(&mut self.io.requests));
            if sends.is_empty() && requests.is_empty() && self.io.reconnect.is_empty() {
                return;
            }
            for (socket, text) in sends {
                self.send(socket, &text);
            }
            for request in requests {
                let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
                let call = Call {
                    method: request.method.into(),
                    path: path.into(),
                    query: query.into(),
                    headers: request.headers.iter().map(|(n, v)| (n.to_lowercase(), v.clone())).collect(),
                    body: request.body.clone().into_bytes(),
                };
                let mut out = Outbox::default();
                let reply = self.server.on_call(&call, self.now(), &mut out).expect("a page");
                self.deliver(out);
                let status = if self.loses(5) { 0 } else { reply.status };
                let response = HttpResponse { tag: request.tag, status, body: reply.body.into_bytes() };
                let listener = &mut self.listener;
                let mut sink = |event: &Event<'_>| listener.take(event);
                self.client.on_response(&response, self.now_ns, &mut self.io, &mut sink);
            }
        }
    }

    fn send(&mut self, socket: Socket, text: &str) {
        let conn = self.conns.iter().find(|(_, s)| **s == socket).map(|(conn, _)| Conn(*conn));
        if let Some(conn) = conn.filter(|_| !self.loses(2)) {
            let mut out = Outbox::default();
            self.server.on_text(conn, text, self.now(), &mut out);
            self.deliver(out);
        }
    }

    /// The recorded market goes on: sizes change, sometimes someone trades.
    fn market(&mut self) {
        let level = |px, qty| Level { px: Px(px), qty: Qty(qty) };
        let mut out = Outbox::default();
        let now = self.now();
        if self.now_ns == START_NS {
            let bids: Vec<Level> = (0..60).map(|i| level(970_000 - i, 1000 + i)).collect();
            let asks: Vec<Level> = (0..60).map(|i| level(970_001 + i, 1000 + i)).collect();
            let update = BookUpdate { is_snapshot: true, update_id: 1, bids: &bids, asks: &asks };
            self.record(
                Recorded::Book { update, first_id: 1, previous_id: 0, next_first_id: None },
                now,
                &mut out,
            );
        } else if self.random.percent(70) {
            let (i, qty) = (self.random.below(60) as i64, self.random.below(3000) as i64 + 1);
            let (is_bid, is_gone) = (self.random.percent(50), i > 5 && self.random.percent(20));
            let change =
                [level(if is_bid { 970_000 - i } else { 970_001 + i }, if is_gone { 0 } else { qty })];
            let (bids, asks) = if is_bid { (&change[..], &[][..]) } else { (&[][..], &change[..]) };
            let update = BookUpdate { is_snapshot: false, update_id: 2, bids, asks };
            self.record(
                Recorded::Book { update, first_id: 2, previous_id: 1, next_first_id: None },
                now,
                &mut out,
            );
        } else {
            let is_buy = self.random.percent(50);
            let side = if is_buy { Side::Buy } else { Side::Sell };
            let px = if is_buy { 970_001 } else { 970_000 };
            let trade = Trade { px: Px(px), qty: Qty(self.random.below(4000) as i64 + 1), side, trade_id: 0 };
            self.record(Recorded::Trade(trade), now, &mut out);
        }
        self.server.on_clock(now, &mut out);
        self.deliver(out);
    }

    fn record(&mut self, recorded: Recorded<'_>, now: Now, out: &mut Outbox) {
        self.server.on_recorded(InstrumentId(0), &recorded, now, out);
    }

    fn trade(&mut self) {
        let pick = self.random.below(10);
        let command = if pick < 6 || self.live.is_empty() {
            self.orders += 1;
            let client = ClientId::new(1, self.orders);
            self.live.push(client);
            let side = if self.random.percent(50) { Side::Buy } else { Side::Sell };
            let offset = self.random.below(4) as i64;
            let px = Px(if side == Side::Buy { 969_998 + offset } else { 970_003 - offset });
            let tif =
                [TimeInForce::Gtc, TimeInForce::PostOnly, TimeInForce::Ioc][self.random.below(3) as usize];
            let qty = Qty(self.random.below(50) as i64 + 1);
            let order_type = if self.random.percent(10) { OrderType::Market } else { OrderType::Limit };
            Command::Place(Place {
                client,
                instrument: InstrumentId(0),
                side,
                order_type,
                tif,
                reduce_only: false,
                px,
                qty,
            })
        } else {
            let at = self.random.below(self.live.len() as u64) as usize;
            let client = self.live.swap_remove(at);
            if pick < 8 {
                Command::Cancel(Cancel { client, instrument: InstrumentId(0) })
            } else {
                self.live.push(client);
                let qty = Qty(self.random.below(50) as i64 + 1);
                Command::Amend(Amend {
                    client,
                    instrument: InstrumentId(0),
                    side: Side::Buy,
                    px: Px(969_990),
                    qty,
                })
            }
        };
        let mut out = [0u8; 1024];
        if let Encoded::Frame(socket, n) = self.client.encode(&command, self.now_ns, &mut out, &mut self.io) {
            let text = std::str::from_utf8(&out[..n]).unwrap().to_owned();
            self.send(socket, &text);
        }
    }

    fn step(&mut self) {
        self.market();
        if self.random.percent(30) {
            self.trade();
        }
        if self.loses(1) && self.random.percent(30) {
            let socket = [Socket::Public, Socket::Private, Socket::Trade][self.random.below(3) as usize];
            self.lose(socket);
        }
        if self.random.percent(1) {
            self.client.reconcile(self.now_ns, &mut self.io);
        }
        let listener = &mut self.listener;
        self.client.on_tick(self.now_ns, &mut self.io, &mut |event: &Event<'_>| listener.take(event));
        self.exchange();
        self.now_ns += STEP_NS;
    }

    /// The end: no more faults, no more orders, one round of questions.
    fn settle(&mut self) {
        self.faults = false;
        for _ in 0..500 {
            self.market();
            let listener = &mut self.listener;
            self.client.on_tick(self.now_ns, &mut self.io, &mut |event: &Event<'_>| listener.take(event));
            self.exchange();
            self.now_ns += STEP_NS;
        }
        // The last change is published with the next interval.
        let mut out = Outbox::default();
        self.server.on_clock(self.now(), &mut out);
        self.deliver(out);
        // What is open is what the round says is open: an order that ended unheard of must not stay.
        self.listener.open.clear();
        let before = self.listener.reconciled;
        self.client.reconcile(self.now_ns, &mut self.io);
        self.exchange();
        assert_eq!(self.listener.reconciled, before + 1);
    }

    fn check(&self, seed: u64) {
        let exchange = self.server.exchange();
        let truth: Vec<(i64, i64, i64, i128)> =
            exchange.fills().map(|f| (f.px.0, f.qty.0, f.side.sign(), f.fee.0)).collect();
        let mut heard: Vec<(i64, i64, i64, i128)> =
            self.listener.fills.values().map(|f| (f.px.0, f.qty.0, f.side.sign(), f.fee as i128)).collect();
        let mut sorted = truth.clone();
        heard.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(heard, sorted, "fills, seed {seed}");
        let position: i64 = truth.iter().map(|(_, qty, sign, _)| qty * sign).sum();
        assert_eq!(
            (self.listener.position, position),
            (position, exchange.position(InstrumentId(0)).qty.0),
            "seed {seed}"
        );
        assert_eq!(self.listener.wallet, exchange.account().wallet().0, "wallet, seed {seed}");
        let open: BTreeSet<ClientId> = exchange
            .orders()
            .filter(|o| o.is_open())
            .filter_map(|o| ClientId::parse(o.client.as_bytes()))
            .collect();
        assert_eq!(self.listener.open, open, "open orders, seed {seed}");
        let market = exchange.market(InstrumentId(0));
        let top =
            |side: Side| market.side(side).iter().take(50).map(|l| (l.px.0, l.qty.0)).collect::<Vec<_>>();
        let pairs = |side: &BTreeMap<i64, i64>| side.iter().map(|(px, qty)| (*px, *qty)).collect::<Vec<_>>();
        let mut bids = pairs(&self.listener.bids);
        bids.reverse();
        assert!(self.listener.is_whole);
        assert_eq!(
            (bids, pairs(&self.listener.asks)),
            (top(Side::Buy), top(Side::Sell)),
            "book, seed {seed}"
        );
        assert_eq!(self.client.foreign_entries(), 0);
    }
}

#[test]
fn whatever_is_lost_is_found_again() {
    let (mut fills, mut gaps, mut unknown, mut acked) = (0, 0, 0, 0);
    for seed in 1..=12 {
        let mut pair = Pair::new(seed);
        for _ in 0..1500 {
            pair.step();
        }
        pair.settle();
        pair.check(seed);
        fills += pair.listener.fills.len();
        gaps += pair.listener.gaps;
        unknown += pair.listener.unknown;
        acked += pair.listener.acked;
    }
    // A story in which nothing happened would prove nothing.
    assert!(fills > 500 && gaps > 50 && unknown > 20 && acked > 500, "{fills} {gaps} {unknown} {acked}");
}
