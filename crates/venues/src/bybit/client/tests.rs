//! The client against recordings, scripts and damage. What it sends and says is checked, never how it does it.

mod feeds;
mod orders;
mod pair;
mod rounds;

use super::*;
use crate::padded;
use crate::test_instruments::instrument;
use nanotick_model::{Balance, Fill, Level, Position, Trade};
use nanotick_model::{BookUpdate, ClientId, Event, OrderStatus, OrderUpdate, Px, Qty};

pub(super) const SECOND_NS: i64 = 1_000_000_000;
pub(super) const START_NS: i64 = 1_700_000_000 * SECOND_NS;

/// An event that owns its levels.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Happened {
    Book { at: u16, is_snapshot: bool, update_id: u64, bids: Vec<Level>, asks: Vec<Level> },
    Trade(u16, Trade),
    Order(u16, OrderUpdate),
    Fill(u16, Fill),
    Position(u16, Position),
    Balance(Balance),
    Link(u16, Socket, LinkState),
}

fn owned(event: &Event<'_>) -> Happened {
    let at = event.instrument.0;
    match event.body {
        Body::Book(book) => Happened::Book {
            at,
            is_snapshot: book.is_snapshot,
            update_id: book.update_id,
            bids: book.bids.to_vec(),
            asks: book.asks.to_vec(),
        },
        Body::Trade(trade) => Happened::Trade(at, trade),
        Body::OrderUpdate(update) => Happened::Order(at, update),
        Body::Fill(fill) => Happened::Fill(at, fill),
        Body::Position(position) => Happened::Position(at, position),
        Body::Balance(balance) => Happened::Balance(balance),
        Body::Connection(link) => Happened::Link(at, link.socket, link.state),
        ref other => panic!("no client says {other:?}"),
    }
}

/// A client, what it asked for, and what it said.
pub(super) struct Bench {
    pub client: BybitClient,
    pub io: Io,
    pub now_ns: i64,
    said: Vec<Happened>,
}

impl Bench {
    pub fn new(instruments: Vec<Instrument>, depth: u16) -> Bench {
        let config = Config {
            key: "key".into(),
            secret: Secret::new("secret".into()),
            instruments,
            depth,
            recv_window_ms: 5000,
            stale_after_ms: 3000,
            fills_since_ns: 0,
        };
        Bench { client: BybitClient::new(config), io: Io::default(), now_ns: START_NS, said: Vec::new() }
    }

    /// BTCUSDT and ETHUSDT at depth 50, all sockets open, authenticated and subscribed.
    pub fn ready() -> Bench {
        let mut bench = Bench::new(
            vec![instrument(0, "BTCUSDT", "0.10", "0.001"), instrument(1, "ETHUSDT", "0.01", "0.01")],
            50,
        );
        for socket in [Socket::Public, Socket::Private, Socket::Trade] {
            bench.client.on_open(socket, bench.now_ns, &mut bench.io);
        }
        bench
            .hear(Socket::Public, r#"{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}"#)
            .unwrap();
        bench.hear(Socket::Private, r#"{"success":true,"ret_msg":"","op":"auth","conn_id":"1"}"#).unwrap();
        bench
            .hear(Socket::Private, r#"{"success":true,"ret_msg":"","op":"subscribe","conn_id":"1"}"#)
            .unwrap();
        bench.hear(Socket::Trade, r#"{"retCode":0,"retMsg":"OK","op":"auth","connId":"1"}"#).unwrap();
        bench
    }

    pub fn hear(&mut self, socket: Socket, text: &str) -> Result<(), BadMessage> {
        let (mut buffer, said) = (Vec::new(), &mut self.said);
        let mut sink = |event: &Event<'_>| said.push(owned(event));
        self.client.on_message(
            socket,
            padded(text.as_bytes(), &mut buffer),
            self.now_ns,
            &mut self.io,
            &mut sink,
        )
    }

    /// Lets time pass in ticks of a tenth of a second.
    pub fn wait(&mut self, seconds: f64) {
        let end_ns = self.now_ns + (seconds * SECOND_NS as f64) as i64;
        while self.now_ns < end_ns {
            self.now_ns += SECOND_NS / 10;
            let said = &mut self.said;
            self.client.on_tick(self.now_ns, &mut self.io, &mut |event: &Event<'_>| said.push(owned(event)));
        }
    }

    pub fn close(&mut self, socket: Socket) {
        let said = &mut self.said;
        let mut sink = |event: &Event<'_>| said.push(owned(event));
        self.client.on_close(socket, self.now_ns, &mut self.io, &mut sink);
    }

    pub fn answer(&mut self, tag: u64, status: u16, body: &str) {
        let said = &mut self.said;
        let mut sink = |event: &Event<'_>| said.push(owned(event));
        let response = HttpResponse { tag, status, body: body.as_bytes().to_vec() };
        self.client.on_response(&response, self.now_ns, &mut self.io, &mut sink);
    }

    /// What was said since the last call.
    pub fn said(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.said)
    }
    /// What was sent since the last call.
    pub fn sent(&mut self) -> Vec<(Socket, String)> {
        std::mem::take(&mut self.io.sends)
    }

    /// Forgets what was sent and said so far.
    pub fn forget(&mut self) {
        self.said.clear();
        self.io.sends.clear();
    }

    /// Encodes a command; the frame's text, or `None` if it went another way.
    pub fn order(&mut self, command: &Command) -> Option<String> {
        let mut out = [0u8; 1024];
        match self.client.encode(command, self.now_ns, &mut out, &mut self.io) {
            Encoded::Frame(Socket::Trade, n) => Some(String::from_utf8(out[..n].to_vec()).unwrap()),
            Encoded::Frame(socket, _) => panic!("an order for {socket:?}"),
            Encoded::Queued => None,
        }
    }
}

#[test]
fn sockets_are_opened_authenticated_and_subscribed() {
    let mut bench = Bench::ready();
    let paths: Vec<String> = bench.client.endpoints().into_iter().map(|e| e.path).collect();
    assert_eq!(paths, ["/v5/public/linear", "/v5/private", "/v5/trade"]);
    let signature =
        crate::sign::Signer::new(&Secret::new("secret".into())).sign_text(&[b"GET/realtime1700000010000"]);
    let auth = format!(r#"{{"op":"auth","args":["key",1700000010000,"{signature}"]}}"#);
    let books =
        r#""orderbook.50.BTCUSDT","orderbook.50.ETHUSDT","publicTrade.BTCUSDT","publicTrade.ETHUSDT""#;
    assert_eq!(
        bench.sent(),
        [
            (Socket::Public, format!(r#"{{"req_id":"s1","op":"subscribe","args":[{books}]}}"#)),
            (Socket::Private, auth.clone()),
            (Socket::Trade, auth),
            (
                Socket::Private,
                r#"{"req_id":"s2","op":"subscribe","args":["order","execution","position","wallet"]}"#.into()
            ),
        ]
    );
    let up = [Socket::Public, Socket::Private, Socket::Trade]
        .map(|socket| Happened::Link(0, socket, LinkState::Up));
    assert_eq!(bench.said(), up);
    assert!(bench.io.reconnect.is_empty());
}

#[test]
fn without_a_key_there_is_only_market_data() {
    let config = Config { key: String::new(), ..Bench::ready().client.config.clone() };
    assert_eq!(BybitClient::new(config).endpoints().len(), 1);
}

#[test]
fn a_refused_key_is_reported_and_tried_on_a_new_connection() {
    for (socket, text) in [
        (
            Socket::Private,
            r#"{"op":"auth","success":false,"retCode":10003,"retMsg":"Invalid apikey","connId":"1"}"#,
        ),
        (Socket::Trade, r#"{"retCode":10004,"retMsg":"error sign","op":"auth","connId":"1"}"#),
    ] {
        let mut bench = Bench::new(vec![instrument(0, "BTCUSDT", "0.10", "0.001")], 50);
        bench.client.on_open(socket, bench.now_ns, &mut bench.io);
        assert!(bench.hear(socket, text).is_err());
        assert_eq!(bench.io.reconnect, [socket]);
        assert_eq!(bench.client.bad_messages().0, 1);
        assert_eq!(bench.said(), []);
    }
}

#[test]
fn links_are_pinged_and_dead_ones_given_up() {
    let mut bench = Bench::ready();
    bench.forget();
    bench.wait(20.0);
    let pings: Vec<Socket> =
        bench.sent().iter().filter(|(_, text)| text.contains("ping")).map(|(s, _)| *s).collect();
    assert_eq!(pings, [Socket::Public, Socket::Private, Socket::Trade]);
    bench
        .hear(Socket::Public, r#"{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"p1","op":"ping"}"#)
        .unwrap();
    bench
        .hear(Socket::Trade, r#"{"retCode":0,"retMsg":"OK","op":"pong","data":["1"],"connId":"1"}"#)
        .unwrap();
    bench.wait(10.0);
    assert_eq!(bench.io.reconnect, [Socket::Private]);
    bench.close(Socket::Private);
    assert!(bench.said().contains(&Happened::Link(0, Socket::Private, LinkState::Down)));
}
