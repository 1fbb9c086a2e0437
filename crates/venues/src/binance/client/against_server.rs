//! The client against our own server side of the protocol, both without sockets: what one writes the other reads.

use super::*;
use crate::padded;
use crate::server::{Call, Conn, Credentials, Listing, Now, Outbox, Push, Recorded, VenueServer};
use crate::test_instruments::instrument;
use nanotick_model::{Amend, Cancel, Cash, Level, OrderType, Place, Quote, Side, TimeInForce, Trade};

const START_NS: i64 = 1_723_161_256_000_000_000;

/// Server, client, and the wires between them, which lose nothing.
struct World {
    server: super::super::server::BinanceServer,
    client: BinanceClient,
    io: Io,
    seen: Vec<(InstrumentId, String)>,
    fills: Vec<(i64, i64)>,
    now_ns: i64,
}

fn conn(socket: Socket) -> Conn {
    Conn(socket as u64)
}

fn note(event: &Event<'_>, seen: &mut Vec<(InstrumentId, String)>, fills: &mut Vec<(i64, i64)>) {
    let text = match event.body {
        Body::Book(b) => format!("{} {}", if b.is_snapshot { "snapshot" } else { "delta" }, b.update_id),
        Body::Quote(q) => format!("quote {}", q.update_id),
        Body::Trade(t) => format!("trade {}", t.trade_id),
        Body::OrderUpdate(o) => {
            format!("{} {:?} {:?} {}/{}", o.client, o.status, o.reject, o.cum.0, o.leaves.0)
        }
        Body::Fill(f) => {
            fills.push((f.px.0, f.side.sign() * f.qty.0));
            format!("fill {} {}x{}", f.client, f.px.0, f.qty.0)
        }
        Body::Balance(b) => format!("balance {}", b.coin),
        Body::Position(p) => format!("position {}", p.qty.0),
        Body::Connection(c) => format!("{:?} {:?}", c.socket, c.state),
        Body::Timer(_) | Body::Operator(_) => return,
    };
    seen.push((event.instrument, text));
}

impl World {
    fn new() -> World {
        let instruments = vec![instrument(0, "BTCUSDT", "0.10", "0.001")];
        let secret = Secret::from("testsecret".to_string());
        let listing = |instrument: &Instrument| Listing {
            instrument: instrument.clone(),
            base: "BTC".into(),
            quote: "USDT".into(),
            px_decimals: 2,
            qty_decimals: 3,
        };
        let listings = instruments.iter().map(listing).collect();
        let credentials = Credentials::new("testkey".into(), &secret);
        let deposit = Cash::parse("100000").unwrap();
        World {
            server: super::super::server::BinanceServer::new(listings, credentials, deposit),
            client: BinanceClient::new(BinanceConfig::new("testkey".into(), secret, instruments)),
            io: Io::default(),
            seen: Vec::new(),
            fills: Vec::new(),
            now_ns: START_NS,
        }
    }

    fn now(&self) -> Now {
        Now { wall_ns: self.now_ns, market_ns: self.now_ns }
    }

    /// Opens every socket whose endpoint is known.
    fn open(&mut self) {
        for endpoint in self.client.endpoints() {
            let mut out = Outbox::default();
            let now = self.now();
            assert!(
                self.server.on_open(conn(endpoint.socket), &endpoint.path, now, &mut out),
                "{endpoint:?}"
            );
            self.client.on_open(endpoint.socket, self.now_ns, &mut self.io);
            self.deliver(out);
        }
    }

    /// Hands the server's frames to the client, and carries on until neither has anything to say.
    fn deliver(&mut self, out: Outbox) {
        let World { client, io, seen, fills, now_ns, .. } = self;
        let mut sink = |event: &Event<'_>| note(event, seen, fills);
        for (to, push) in out.0 {
            let Push::Text(text) = push else { panic!("the server closed {to:?}") };
            let socket =
                [Socket::Public, Socket::Private, Socket::Trade].into_iter().find(|&s| conn(s) == to);
            let mut buffer = Vec::new();
            let message = padded(text.as_bytes(), &mut buffer);
            client.on_message(socket.unwrap(), message, *now_ns, io, &mut sink).expect(&text);
        }
        self.pump();
    }

    fn pump(&mut self) {
        let io = std::mem::take(&mut self.io);
        for (socket, text) in io.sends {
            let mut out = Outbox::default();
            self.server.on_text(conn(socket), &text, self.now(), &mut out);
            self.deliver(out);
        }
        for request in io.requests {
            let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
            let header = |(name, value): &(&'static str, String)| (name.to_lowercase(), value.clone());
            let call = Call {
                method: request.method.to_string(),
                path: path.to_string(),
                query: query.to_string(),
                headers: request.headers.iter().map(header).collect(),
                body: request.body.clone().into_bytes(),
            };
            let mut out = Outbox::default();
            let reply = self.server.on_call(&call, self.now(), &mut out).expect(path);
            assert_eq!(reply.status, 200, "{path}?{query}: {}", reply.body);
            self.deliver(out);
            let response =
                HttpResponse { tag: request.tag, status: reply.status, body: reply.body.into_bytes() };
            let World { client, io, seen, fills, now_ns, .. } = self;
            client.on_response(&response, *now_ns, io, &mut |event: &Event<'_>| note(event, seen, fills));
            self.pump();
        }
    }

    fn recorded(&mut self, message: Recorded<'_>) {
        self.now_ns += 1_000_000;
        let mut out = Outbox::default();
        self.server.on_recorded(InstrumentId(0), &message, self.now(), &mut out);
        self.deliver(out);
    }

    fn tick(&mut self) {
        self.now_ns += 100_000_000;
        let World { client, io, seen, fills, now_ns, .. } = self;
        client.on_tick(*now_ns, io, &mut |event: &Event<'_>| note(event, seen, fills));
        self.pump();
    }

    fn send(&mut self, command: Command) {
        let mut frame = [0; 1024];
        let Encoded::Frame(Socket::Trade, n) =
            self.client.encode(&command, self.now_ns, &mut frame, &mut self.io)
        else {
            panic!("{command:?} was not sent")
        };
        let mut out = Outbox::default();
        let text = std::str::from_utf8(&frame[..n]).unwrap();
        self.server.on_text(conn(Socket::Trade), text, self.now(), &mut out);
        self.deliver(out);
    }

    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.seen).into_iter().map(|(_, text)| text).collect()
    }
}

fn level(px: i64, qty: i64) -> Level {
    Level { px: Px(px), qty: Qty(qty) }
}

fn book(update: BookUpdate<'_>, first_id: u64, previous_id: u64) -> Recorded<'_> {
    Recorded::Book { update, first_id, previous_id, next_first_id: None }
}

/// A world with a whole book at 1000.0 / 1000.2, all sockets open and the account reconciled.
fn running() -> World {
    let mut world = World::new();
    world.client.on_start(world.now_ns, &mut world.io);
    world.pump();
    world.open();
    let (bids, asks) = ([level(10_000, 500), level(9_990, 900)], [level(10_002, 400), level(10_010, 900)]);
    let snapshot = BookUpdate { is_snapshot: true, update_id: 50, bids: &bids, asks: &asks };
    world.recorded(book(snapshot, 50, 40));
    for id in 0..3 {
        let update = BookUpdate { is_snapshot: false, update_id: 60 + id * 10, bids: &bids[..1], asks: &[] };
        world.recorded(book(update, 51 + id * 10, 50 + id * 10));
    }
    world.tick();
    world.client.reconcile(world.now_ns, &mut world.io);
    world.pump();
    let seen = world.take();
    for want in [
        "Public Up",
        "Private Up",
        "Trade Up",
        "Public Synced",
        "position 0",
        "balance USDT",
        "Rest Reconciled",
    ] {
        assert!(seen.iter().any(|text| text == want), "{want} in {seen:?}");
    }
    assert!(seen.iter().any(|text| text.starts_with("snapshot")), "{seen:?}");
    world
}

fn place(seq: u64, side: Side, order_type: OrderType, tif: TimeInForce, px: i64, qty: i64) -> Command {
    Command::Place(Place {
        client: ClientId::new(1, seq),
        instrument: InstrumentId(0),
        side,
        order_type,
        tif,
        reduce_only: false,
        px: Px(px),
        qty: Qty(qty),
    })
}

#[test]
fn market_data_comes_in_shapes_that_the_fixed_path_knows() {
    let mut world = running();
    let bids = [level(10_000, 0), level(9_999, 3)];
    let update = BookUpdate { is_snapshot: false, update_id: 99, bids: &bids, asks: &[] };
    world.recorded(book(update, 81, 80));
    let quote = Quote { bid: level(9_999, 3), ask: level(10_002, 400), update_id: 99 };
    world.recorded(Recorded::Quote(quote));
    let trade = Trade { px: Px(9_999), qty: Qty(2), side: Side::Sell, trade_id: 7 };
    world.recorded(Recorded::Trade(trade));
    assert_eq!(world.take(), ["delta 99", "quote 99", "trade 7"]);
    assert_eq!((world.client.general_messages(), world.client.bad_messages().0), (0, 0));
}

#[test]
fn an_order_lives_from_its_frame_to_its_fill() {
    let mut world = running();
    world.send(place(1, Side::Buy, OrderType::Limit, TimeInForce::Gtc, 9_980, 10));
    let seen = world.take();
    assert!(seen.contains(&"nt1-1 New None 0/10".to_string()), "{seen:?}");
    assert!(seen.contains(&"nt1-1 Acked None 0/0".to_string()), "{seen:?}");
    let (client, instrument) = (ClientId::new(1, 1), InstrumentId(0));
    world.send(Command::Amend(Amend { client, instrument, side: Side::Buy, px: Px(9_981), qty: Qty(8) }));
    let seen = world.take();
    assert!(seen.contains(&"nt1-1 New None 0/8".to_string()), "{seen:?}");
    world.send(Command::Cancel(Cancel { client, instrument }));
    let seen = world.take();
    assert!(seen.contains(&"nt1-1 Cancelled None 0/0".to_string()), "{seen:?}");
    world.send(Command::Cancel(Cancel { client, instrument }));
    assert_eq!(world.take(), ["nt1-1 CancelRejected UnknownOrder 0/0"]);
    world.send(place(2, Side::Buy, OrderType::Market, TimeInForce::Ioc, 10_050, 500));
    let seen = world.take();
    assert!(seen.contains(&"nt1-2 Filled None 500/0".to_string()), "{seen:?}");
    assert!(seen.contains(&"position 500".to_string()), "{seen:?}");
    assert_eq!(world.fills, [(10_002, 400), (10_010, 100)]);
    world.send(place(3, Side::Buy, OrderType::Limit, TimeInForce::PostOnly, 10_050, 5));
    let seen = world.take();
    assert!(
        seen.iter().any(|text| text.starts_with("nt1-3") && text.contains("PostOnlyWouldTake")),
        "{seen:?}"
    );
    assert_eq!(world.client.bad_messages(), (0, None));
}

#[test]
fn reconciliation_finds_what_the_stream_did_not_tell() {
    let mut world = running();
    // The private socket is gone: the fill and the resting order are heard of only by asking.
    world.server.on_close(conn(Socket::Private));
    world.send(place(1, Side::Sell, OrderType::Market, TimeInForce::Ioc, 9_900, 30));
    world.send(place(2, Side::Buy, OrderType::Limit, TimeInForce::Gtc, 9_980, 10));
    assert!(world.fills.is_empty());
    world.take();
    world.client.reconcile(world.now_ns, &mut world.io);
    world.pump();
    let seen = world.take();
    for want in ["nt1-1 Filled None 30/0", "nt1-2 New None 0/10", "fill nt1-1 10000x30", "position -30"] {
        assert!(seen.iter().any(|text| text == want), "{want} in {seen:?}");
    }
    assert_eq!(seen.last().map(String::as_str), Some("Rest Reconciled"));
    assert_eq!(world.client.bad_messages(), (0, None));
}
