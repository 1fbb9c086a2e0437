//! The client against a scripted venue: what it asks for, what it sends, and which events come of what it hears.

use super::*;
use crate::padded;
use crate::test_instruments::instrument;
use nanotick_model::{Amend, Cancel, CancelAll, OrderType, Place, Resync, Side, TimeInForce};
use proptest::prelude::*;

const NOW_NS: i64 = 1_723_161_256_000_000_000;
const MS: i64 = 1_000_000;

/// A client with what it has said so far.
struct Desk {
    client: BinanceClient,
    io: Io,
    events: Vec<String>,
    now_ns: i64,
}

fn text(event: &Event<'_>) -> String {
    let n = event.instrument.0;
    match event.body {
        Body::Book(b) => {
            let kind = if b.is_snapshot { "snapshot" } else { "delta" };
            format!("{n} {kind} {} {}+{}", b.update_id, b.bids.len(), b.asks.len())
        }
        Body::Quote(q) => format!("{n} quote {} {} {}", q.update_id, q.bid.px.0, q.ask.px.0),
        Body::Trade(t) => format!("{n} trade {} {:?} {}x{}", t.trade_id, t.side, t.px.0, t.qty.0),
        Body::OrderUpdate(o) => {
            let sizes = format!("{}/{}/{}", o.qty.0, o.cum.0, o.leaves.0);
            let terms = format!("{:?} {:?} {}", o.status, o.reject, o.venue_code);
            format!("{n} order {} #{} {terms} {} {sizes}", o.client, o.venue_order, o.px.0)
        }
        Body::Fill(f) => {
            let maker = if f.is_maker { "maker" } else { "taker" };
            let what = format!("{:?} {}x{} fee {} {maker}", f.side, f.px.0, f.qty.0, f.fee);
            format!("{n} fill {} #{} {} {what}", f.client, f.venue_order, f.exec_id)
        }
        Body::Balance(b) => format!("{n} balance {} {}", b.coin, b.wallet),
        Body::Position(p) => format!("{n} position {}", p.qty.0),
        Body::Connection(c) => format!("{n} {:?} {:?}", c.socket, c.state),
        Body::Timer(_) | Body::Operator(_) => "none of a venue's".into(),
    }
}

impl Desk {
    fn new() -> Desk {
        let instruments =
            vec![instrument(0, "BTCUSDT", "0.10", "0.001"), instrument(1, "ETHUSDT", "0.01", "0.001")];
        let config =
            BinanceConfig::new("testkey".into(), Secret::from("testsecret".to_string()), instruments);
        Desk { client: BinanceClient::new(config), io: Io::default(), events: Vec::new(), now_ns: NOW_NS }
    }

    /// Started, with a listen key and all sockets open, and nothing said so far that is still of interest.
    fn open() -> Desk {
        let mut desk = Desk::new();
        desk.client.on_start(desk.now_ns, &mut desk.io);
        desk.respond(Purpose::ListenKey.tag(0), 200, r#"{"listenKey":"pqia91ma19a5s61"}"#);
        for socket in [Socket::Public, Socket::Private, Socket::Trade] {
            desk.client.on_open(socket, desk.now_ns, &mut desk.io);
        }
        desk.tick(0);
        desk.io = Io::default();
        desk.events.clear();
        desk
    }

    fn hear(&mut self, socket: Socket, message: &str) -> Result<(), BadMessage> {
        let (events, mut buffer) = (&mut self.events, Vec::new());
        let mut sink = |event: &Event<'_>| events.push(text(event));
        let message = padded(message.as_bytes(), &mut buffer);
        self.client.on_message(socket, message, self.now_ns, &mut self.io, &mut sink)
    }

    fn respond(&mut self, tag: u64, status: u16, body: &str) {
        let events = &mut self.events;
        let mut sink = |event: &Event<'_>| events.push(text(event));
        let response = HttpResponse { tag, status, body: body.as_bytes().to_vec() };
        self.client.on_response(&response, self.now_ns, &mut self.io, &mut sink);
    }

    fn tick(&mut self, later_ms: i64) {
        self.now_ns += later_ms * MS;
        let events = &mut self.events;
        let mut sink = |event: &Event<'_>| events.push(text(event));
        self.client.on_tick(self.now_ns, &mut self.io, &mut sink);
    }

    fn close(&mut self, socket: Socket) {
        let events = &mut self.events;
        let mut sink = |event: &Event<'_>| events.push(text(event));
        self.client.on_close(socket, self.now_ns, &mut self.io, &mut sink);
    }

    /// The frame that a command becomes, or "" if it is queued.
    fn send(&mut self, command: Command) -> String {
        let mut out = [0u8; 1024];
        match self.client.encode(&command, self.now_ns, &mut out, &mut self.io) {
            Encoded::Frame(Socket::Trade, n) => String::from_utf8(out[..n].to_vec()).unwrap(),
            Encoded::Frame(socket, _) => panic!("an order for the {socket:?} socket"),
            Encoded::Queued => String::new(),
        }
    }

    fn events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// Requests since the last look: method, path without its signed part, delay in ms.
    fn requests(&mut self) -> Vec<(u64, String, i64)> {
        let requests = std::mem::take(&mut self.io.requests);
        let short = |r: HttpRequest| {
            let path = r.path.split("recvWindow").next().unwrap().trim_end_matches(['?', '&']).to_string();
            let delay_ms = if r.not_before_ns == 0 { 0 } else { (r.not_before_ns - self.now_ns) / MS };
            (r.tag, format!("{} {path}", r.method), delay_ms)
        };
        requests.into_iter().map(short).collect()
    }
}

fn depth(symbol: &str, first: u64, last: u64, prev: u64) -> String {
    let stream = symbol.to_lowercase();
    format!(
        r#"{{"stream":"{stream}@depth@0ms","data":{{"e":"depthUpdate","E":9,"T":8,"s":"{symbol}","U":{first},"u":{last},"pu":{prev},"b":[["100.00","1.000"]],"a":[]}}}}"#
    )
}
fn body(last: u64) -> String {
    format!(
        r#"{{"lastUpdateId":{last},"E":5,"T":4,"bids":[["100.00","2.000"]],"asks":[["101.00","2.000"]]}}"#
    )
}

const BTC: u64 = 0;
const ETH: u64 = 1;
fn book_tag(at: u64) -> u64 {
    Purpose::Snapshot.tag(at)
}

#[test]
fn a_session_opens_in_the_venues_order() {
    let mut desk = Desk::new();
    let paths = |desk: &Desk| desk.client.endpoints().into_iter().map(|e| e.path).collect::<Vec<_>>();
    let public = "/public/stream?streams=btcusdt@depth@0ms/btcusdt@bookTicker/btcusdt@trade\
                  /ethusdt@depth@0ms/ethusdt@bookTicker/ethusdt@trade";
    assert_eq!(paths(&desk), [public, "/ws-fapi/v1"]);
    desk.client.on_start(desk.now_ns, &mut desk.io);
    let key = Purpose::ListenKey.tag(0);
    assert_eq!(desk.io.requests[0].headers, [("X-MBX-APIKEY", "testkey".to_string())]);
    assert_eq!(desk.requests(), [(key, "POST /fapi/v1/listenKey".to_string(), 0)]);
    for (status, body) in [(0, ""), (500, "{}"), (200, "{}"), (200, r#"{"listenKey":"a/../b?c"}"#)] {
        desk.respond(key, status, body);
        assert_eq!(desk.requests(), [(key, "POST /fapi/v1/listenKey".to_string(), 2000)], "{body}");
    }
    desk.respond(key, 200, r#"{"listenKey":"K1"}"#);
    assert_eq!(paths(&desk), [public, "/private/ws?listenKey=K1", "/ws-fapi/v1"]);
    assert_eq!(desk.io.reconnect, []);
    for socket in [Socket::Public, Socket::Private, Socket::Trade] {
        desk.client.on_open(socket, desk.now_ns, &mut desk.io);
    }
    desk.tick(0);
    desk.tick(100);
    assert_eq!(desk.events(), ["0 Public Up", "0 Private Up", "0 Trade Up"]);
    // Renewed in time; lost if the venue says so, and then the socket must be opened anew.
    desk.tick(30 * 60_000);
    let keep = Purpose::KeepAlive.tag(0);
    let renewals = |desk: &mut Desk| {
        desk.requests().into_iter().filter(|r| r.1.contains("listenKey")).collect::<Vec<_>>()
    };
    assert_eq!(renewals(&mut desk), [(keep, "PUT /fapi/v1/listenKey".to_string(), 0)]);
    desk.respond(keep, 400, r#"{"code":-1125,"msg":"This listenKey does not exist."}"#);
    assert_eq!(renewals(&mut desk), [(key, "POST /fapi/v1/listenKey".to_string(), 0)]);
    desk.io.reconnect.clear();
    desk.respond(key, 200, r#"{"listenKey":"K2"}"#);
    assert_eq!(desk.io.reconnect, [Socket::Private]);
    desk.hear(Socket::Private, r#"{"e":"listenKeyExpired","E":"1736996475556","listenKey":"K2"}"#).unwrap();
    assert_eq!(renewals(&mut desk), [(key, "POST /fapi/v1/listenKey".to_string(), 0)]);
    assert_eq!(paths(&desk), [public, "/ws-fapi/v1"]);
}

#[test]
fn without_a_key_there_is_market_data_only() {
    for key in ["", "quote\"d", "with space", &"k".repeat(200)] {
        let config = BinanceConfig::new(
            key.to_string(),
            Secret::from(String::new()),
            vec![instrument(0, "BTCUSDT", "0.10", "0.001")],
        );
        let mut client = BinanceClient::new(config);
        let mut io = Io::default();
        client.on_start(NOW_NS, &mut io);
        assert_eq!((client.endpoints().len(), io.requests.len()), (1, 0));
        assert_eq!(client.bad_messages().1.is_some(), !key.is_empty(), "{key}");
    }
}

#[test]
fn each_book_is_synced_on_its_own() {
    let mut desk = Desk::open();
    let snapshot = |tag: u64, symbol: &str, delay| {
        (tag, format!("GET /fapi/v1/depth?symbol={symbol}&limit=1000"), delay)
    };
    desk.hear(Socket::Public, &depth("BTCUSDT", 10, 15, 9)).unwrap();
    desk.hear(Socket::Public, &depth("BTCUSDT", 16, 20, 15)).unwrap();
    assert_eq!(desk.requests(), [snapshot(book_tag(BTC), "BTCUSDT", 0)]);
    assert_eq!(desk.events(), [""; 0]);
    desk.respond(book_tag(BTC), 200, &body(8));
    assert_eq!(desk.requests(), [snapshot(book_tag(BTC), "BTCUSDT", 250)]);
    desk.respond(book_tag(BTC), 200, &body(17));
    assert_eq!(desk.events(), ["0 snapshot 17 1+1", "0 delta 20 1+0", "0 Public Synced"]);
    // The quiet one is asked for without a diff, after a while.
    desk.tick(1100);
    assert_eq!(desk.requests(), [snapshot(book_tag(ETH), "ETHUSDT", 0)]);
    desk.respond(book_tag(ETH), 200, &body(30));
    assert_eq!(desk.events(), ["1 snapshot 30 1+1", "1 Public Synced"]);
    desk.hear(Socket::Public, &depth("ETHUSDT", 29, 33, 28)).unwrap();
    desk.hear(Socket::Public, &depth("BTCUSDT", 24, 28, 22)).unwrap();
    assert_eq!(desk.events(), ["1 delta 33 1+0", "0 Public Gap"]);
    assert_eq!(desk.requests(), [snapshot(book_tag(BTC), "BTCUSDT", 250)]);
    desk.hear(Socket::Public, &depth("ETHUSDT", 35, 36, 33)).unwrap();
    desk.respond(book_tag(BTC), 503, "busy");
    assert_eq!(desk.requests(), [snapshot(book_tag(BTC), "BTCUSDT", 1000)]);
    desk.respond(book_tag(BTC), 200, &body(26));
    assert_eq!(desk.events(), ["1 delta 36 1+0", "0 snapshot 26 1+1", "0 delta 28 1+0", "0 Public Synced"]);
    // The engine found it crossed.
    assert_eq!(desk.send(Command::Resync(Resync { instrument: InstrumentId(1) })), "");
    assert_eq!(desk.requests(), [snapshot(book_tag(ETH), "ETHUSDT", 0)]);
    desk.hear(Socket::Public, &depth("ETHUSDT", 37, 38, 36)).unwrap();
    assert_eq!(desk.events(), [""; 0]);
    desk.close(Socket::Public);
    assert_eq!(desk.events(), ["0 Public Down", "1 Public Down"]);
    desk.respond(book_tag(ETH), 200, &body(38));
    assert_eq!(
        (desk.events().len(), desk.requests().len()),
        (0, 0),
        "an answer from before the interruption"
    );
}

#[test]
fn a_refused_diff_is_a_gap_and_not_a_wrong_book() {
    let mut desk = Desk::open();
    desk.hear(Socket::Public, &depth("BTCUSDT", 10, 15, 9)).unwrap();
    desk.respond(book_tag(BTC), 200, &body(12));
    desk.events();
    let bad = depth("BTCUSDT", 16, 20, 15).replace("100.00", "100.05");
    assert_eq!(
        desk.hear(Socket::Public, &bad).unwrap_err().why,
        "a level that is not on the instrument's grid"
    );
    assert_eq!(desk.client.bad_messages().0, 1);
    desk.hear(Socket::Public, &depth("BTCUSDT", 21, 22, 20)).unwrap();
    assert_eq!(desk.events(), ["0 Public Gap"]);
}

#[test]
fn too_many_requests_make_all_wait() {
    let mut desk = Desk::open();
    desk.hear(Socket::Public, &depth("BTCUSDT", 10, 15, 9)).unwrap();
    desk.requests();
    desk.respond(book_tag(BTC), 429, r#"{"code":-1003,"msg":"Too many requests"}"#);
    desk.hear(Socket::Public, &depth("ETHUSDT", 10, 15, 9)).unwrap();
    let delays: Vec<_> = desk.requests().into_iter().map(|r| r.2).collect();
    assert_eq!(delays, [60_000, 60_000]);
}

#[test]
fn a_silent_book_is_stale_and_a_silent_socket_is_opened_anew() {
    let mut desk = Desk::open();
    desk.hear(Socket::Public, &depth("BTCUSDT", 10, 15, 9)).unwrap();
    desk.respond(book_tag(BTC), 200, &body(12));
    desk.events();
    desk.tick(4900);
    assert_eq!(desk.events(), [""; 0]);
    desk.tick(200);
    desk.tick(200);
    assert_eq!(desk.events(), ["0 Public Stale"]);
    desk.hear(Socket::Public, &depth("BTCUSDT", 16, 17, 15)).unwrap();
    assert_eq!(desk.events(), ["0 delta 17 1+0", "0 Public Synced"], "nothing was missed");
    desk.tick(31_000);
    assert_eq!(desk.io.reconnect, [Socket::Public]);
    // Quotes that run on while no diff comes: the book's own stream is broken.
    let mut desk = Desk::open();
    desk.hear(Socket::Public, &depth("BTCUSDT", 10, 15, 9)).unwrap();
    desk.respond(book_tag(BTC), 200, &body(12));
    desk.requests();
    desk.now_ns += 5200 * MS;
    desk.hear(Socket::Public, r#"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":44,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}"#).unwrap();
    desk.tick(0);
    assert!(desk.requests().iter().any(|r| r.0 == book_tag(BTC)));
    assert!(desk.events().ends_with(&["0 quote 44 618002 618003".into(), "0 Public Stale".into()]));
}

fn place(desk: &mut Desk, seq: u64) -> String {
    desk.send(Command::Place(Place {
        client: ClientId::new(3, seq),
        instrument: InstrumentId(1),
        side: Side::Buy,
        order_type: OrderType::Limit,
        tif: TimeInForce::PostOnly,
        reduce_only: false,
        px: Px(268_381),
        qty: Qty(20),
    }))
}
fn id_of(frame: &str) -> String {
    let frame: serde_json::Value = serde_json::from_str(frame).unwrap();
    frame["id"].as_str().unwrap().to_string()
}

#[test]
fn answers_find_their_orders() {
    let mut desk = Desk::open();
    let client = ClientId::new(3, 71);
    let instrument = InstrumentId(1);
    let amend = Command::Amend(Amend { client, instrument, side: Side::Buy, px: Px(5), qty: Qty(6) });
    let cancel = Command::Cancel(Cancel { client, instrument });
    let ok = r#""status":200,"result":{"orderId":325078477,"status":"NEW"},"rateLimits":[]"#;
    let error = |status, code| format!(r#""status":{status},"error":{{"code":{code},"msg":"x"}}"#);
    let line = |terms: &str| format!("1 order nt3-1z # {terms} 0 0/0/0");
    #[rustfmt::skip]
    let cases: &[(&Option<Command>, String, &[String])] = &[
        (&None, ok.to_string(), &["1 order nt3-1z #325078477 Acked None 0 0 0/0/0".to_string()]),
        (&None, error(400, -5022), &[line("Rejected PostOnlyWouldTake -5022")]),
        (&None, error(400, -2019), &[line("Rejected InsufficientBalance -2019")]),
        (&None, error(400, -1007), &[line("Unknown None -1007")]),
        (&None, error(503, -1001), &[line("Unknown None -1001")]),
        (&None, error(503, -1008), &[line("Rejected RateLimited -1008")]),
        (&Some(amend), ok.to_string(), &[]),
        (&Some(amend), error(400, -5027), &[line("AmendRejected BadParameter -5027")]),
        (&Some(amend), error(400, -2013), &[line("AmendRejected UnknownOrder -2013")]),
        (&Some(cancel), ok.to_string(), &[]),
        (&Some(cancel), error(400, -2011), &[line("CancelRejected UnknownOrder -2011")]),
        (&Some(cancel), error(408, -1007), &[line("Unknown None -1007")]),
    ];
    for (command, answer, want) in cases {
        let frame = match command {
            Some(command) => desk.send(*command),
            None => place(&mut desk, 71),
        };
        let answer = format!(r#"{{"id":"{}",{answer}}}"#, id_of(&frame));
        desk.hear(Socket::Trade, &answer).unwrap();
        assert_eq!(desk.events(), *want, "{frame} {answer}");
        assert!(desk.hear(Socket::Trade, &answer).is_err(), "answered twice");
    }
    for stray in [
        r#"{"id":null,"status":400,"error":{"code":-1102,"msg":"x"}}"#,
        r#"{"id":7,"status":200}"#,
        "{}",
        "[]",
    ] {
        assert!(desk.hear(Socket::Trade, stray).is_err(), "{stray}");
    }
    assert_eq!(desk.events(), [""; 0]);
}

#[test]
fn an_order_without_an_answer_is_unknown_and_one_that_was_not_sent_is_refused() {
    let mut desk = Desk::open();
    let frame = place(&mut desk, 1);
    desk.tick(900);
    assert_eq!(desk.events(), [""; 0]);
    desk.tick(200);
    assert_eq!(desk.events(), ["1 order nt3-1 # Unknown None 0 0 0/0/0"]);
    let late = format!(r#"{{"id":"{}","status":200,"result":{{"orderId":5}}}}"#, id_of(&frame));
    desk.hear(Socket::Trade, &late).unwrap();
    assert_eq!(desk.events(), ["1 order nt3-1 #5 Acked None 0 0 0/0/0"], "a late answer still counts");
    place(&mut desk, 2);
    desk.close(Socket::Trade);
    assert_eq!(desk.events(), ["0 Trade Down", "1 order nt3-2 # Unknown None 0 0 0/0/0"]);
    assert_eq!(place(&mut desk, 3), "");
    desk.tick(100);
    assert_eq!(desk.events(), ["1 order nt3-3 # Rejected Venue 0 0 0/0/0"]);
}

#[test]
fn the_order_socket_is_pinged_and_given_up() {
    let mut desk = Desk::open();
    desk.client.public.open = false;
    desk.tick(20_000);
    assert_eq!(desk.io.sends, [(Socket::Trade, r#"{"id":"p1","method":"ping"}"#.to_string())]);
    desk.hear(Socket::Trade, r#"{"id":"p1","status":200,"result":{},"rateLimits":[]}"#).unwrap();
    desk.tick(19_900);
    desk.tick(200);
    desk.tick(9_900);
    assert_eq!((desk.io.sends.len(), desk.io.reconnect.len()), (2, 0));
    desk.tick(200);
    assert_eq!(desk.io.reconnect, [Socket::Trade]);
}

#[test]
fn the_account_stream_becomes_events() {
    let order = |terms: &str| {
        format!(
            r#"{{"e":"ORDER_TRADE_UPDATE","E":2,"T":1568879465651,"o":{{"s":"BTCUSDT","c":"nt3-1z","S":"BUY","o":"LIMIT","f":"GTC","q":"0.010","p":"7100.50","ap":"0","sp":"0","i":8886774,"T":1,"b":"0","a":"0","R":false,"ps":"BOTH","rp":"0",{terms}}}}}"#
        )
    };
    let mine = "0 order nt3-1z #8886774";
    #[rustfmt::skip]
    let cases: Vec<(String, Vec<String>)> = vec![
        (order(r#""x":"NEW","X":"NEW","l":"0","z":"0","L":"0","t":0,"m":false"#),
         vec![format!("{mine} New None 0 71005 10/0/10")]),
        (order(r#""x":"TRADE","X":"PARTIALLY_FILLED","l":"0.004","z":"0.004","L":"7100.50","N":"USDT","n":"0.01000000","t":12345678,"m":true"#),
         vec!["0 fill nt3-1z #8886774 12345678 Buy 71005x4 fee 10000000000 maker".into(), format!("{mine} PartiallyFilled None 0 71005 10/4/6")]),
        (order(r#""x":"TRADE","X":"FILLED","l":"0.006","z":"0.010","L":"7100.40","N":"USDT","n":"-0.002","t":12345679,"m":false"#),
         vec!["0 fill nt3-1z #8886774 12345679 Buy 71004x6 fee -2000000000 taker".into(), format!("{mine} Filled None 0 71005 10/10/0")]),
        (order(r#""x":"TRADE","X":"FILLED","l":"0.006","z":"0.010","L":"7100.40","N":"BNB","n":"0.00001","t":12345680,"m":false"#),
         vec!["0 fill nt3-1z #8886774 12345680 Buy 71004x6 fee 0 taker".into(), format!("{mine} Filled None 0 71005 10/10/0")]),
        (order(r#""x":"CANCELED","X":"CANCELED","l":"0","z":"0.004","L":"0","t":0"#),
         vec![format!("{mine} Cancelled None 0 71005 10/4/0")]),
        (order(r#""x":"EXPIRED","X":"EXPIRED","l":"0","z":"0","L":"0","t":0"#).replace("GTC", "GTX"),
         vec![format!("{mine} Expired PostOnlyWouldTake 0 71005 10/0/0")]),
        (order(r#""x":"EXPIRED","X":"EXPIRED","l":"0","z":"0.001","L":"0","t":0"#).replace("GTC", "IOC"),
         vec![format!("{mine} Expired NoImmediateFill 0 71005 10/1/0")]),
        (order(r#""x":"AMENDMENT","X":"NEW","l":"0","z":"0","L":"0","t":0"#),
         vec![format!("{mine} New None 0 71005 10/0/10")]),
        (order(r#""x":"CALCULATED","X":"NEW_ADL","l":"0.010","z":"0.010","L":"7000.00","N":"USDT","n":"0.1","t":5"#).replace("nt3-1z", "adl_autoclose"),
         vec!["0 fill nt0-0 #8886774 5 Buy 70000x10 fee 100000000000 taker".into(), "0 order nt0-0 #8886774 Filled None 0 71005 10/10/0".into()]),
        (r#"{"e":"ACCOUNT_UPDATE","T":1564745798939,"E":1,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"122624.12345678","cw":"1","bc":"0"}],"P":[{"s":"BTCUSDT","pa":"-0.020","ep":"6563.6","ps":"BOTH"},{"s":"XRPUSDT","pa":"7","ps":"BOTH"},{"s":"ETHUSDT","pa":"0","ps":"LONG"}]}}"#.into(),
         vec!["0 balance USDT 122624123456780000".into(), "0 position -20".into()]),
        (r#"{"stream":"K","data":{"e":"ACCOUNT_UPDATE","T":1,"a":{"P":[{"s":"ETHUSDT","pa":"0.5","ps":"BOTH"}]}}}"#.into(), vec!["1 position 500".into()]),
        (r#"{"e":"TRADE_LITE","E":1,"T":1,"s":"BTCUSDT","c":"x","S":"BUY","q":"1","p":"1","i":1,"l":"1","L":"1","t":1,"m":true}"#.into(), vec![]),
        (r#"{"e":"MARGIN_CALL","E":1,"cw":"3","p":[]}"#.into(), vec![]),
    ];
    let mut desk = Desk::open();
    for (message, want) in cases {
        desk.hear(Socket::Private, &message).unwrap();
        assert_eq!(desk.events(), want, "{message}");
    }
    assert_eq!((desk.client.bad_messages().0, desk.client.foreign_fees()), (0, 1));
    for bad in [
        order(r#""x":"NEW","X":"SURPRISE","l":"0","z":"0""#),
        order(r#""x":"NEW","X":"NEW","l":"0","z":"0""#).replace("7100.50", "7100.55"),
        order(r#""x":"TRADE","X":"NEW","l":"0.0001","z":"0","L":"1","t":4"#),
        order(r#""x":"NEW","X":"NEW","l":"0","z":"0""#).replace("BUY", "BOTH"),
        r#"{"e":"ACCOUNT_UPDATE","T":1,"a":{"P":[{"s":"ETHUSDT","pa":"0.5","ps":"LONG"}]}}"#.into(),
        r#"{"e":"ACCOUNT_UPDATE","T":1,"a":{"B":[{"a":"USDT","wb":"NaN"}]}}"#.into(),
        r#"{"e":"ACCOUNT_UPDATE"}"#.into(),
        "{}".into(),
    ] {
        let before = desk.client.bad_messages().0;
        let _ = desk.hear(Socket::Private, &bad);
        assert_eq!(desk.client.bad_messages().0, before + 1, "{bad}");
    }
}

const OPEN_ORDER: &str = r#"[{"orderId":77,"symbol":"BTCUSDT","status":"PARTIALLY_FILLED","clientOrderId":"nt3-1z","price":"7100.50","origQty":"0.010","executedQty":"0.004","timeInForce":"GTX","type":"LIMIT","side":"SELL","updateTime":1}]"#;

/// Answers all queries of one round as they come; `answer` says with what.
fn run_round(desk: &mut Desk, answer: impl Fn(&str) -> (u16, String)) -> Vec<String> {
    let mut asked = Vec::new();
    let (client, io) = (&mut desk.client, &mut desk.io);
    client.reconcile(desk.now_ns, io);
    loop {
        let requests = desk.requests();
        if requests.is_empty() {
            return asked;
        }
        for (tag, line, _) in requests {
            let (status, body) = answer(&line);
            asked.push(line);
            desk.respond(tag, status, &body);
        }
    }
}

#[test]
fn a_round_of_reconciliation_tells_orders_then_trades_then_positions() {
    let mut desk = Desk::open();
    let asked = run_round(&mut desk, |line| {
        let body = match line {
            l if l.contains("openOrders?symbol=BTC") => OPEN_ORDER,
            l if l.contains("allOrders?symbol=ETH") => {
                r#"[{"orderId":78,"symbol":"ETHUSDT","status":"CANCELED","clientOrderId":"nt3-20","price":"2683.81","origQty":"0.010","executedQty":"0","side":"BUY","updateTime":1723161255000},
                {"orderId":79,"symbol":"ETHUSDT","status":"FILLED","clientOrderId":"web_1","price":"1","origQty":"1","executedQty":"1","side":"BUY","updateTime":1723161255000},
                {"orderId":70,"symbol":"ETHUSDT","status":"FILLED","clientOrderId":"nt1-1","price":"1","origQty":"1","executedQty":"1","side":"BUY","updateTime":1723160000000}]"#
            }
            l if l.contains("userTrades?symbol=BTC") => {
                r#"[{"symbol":"BTCUSDT","id":501,"orderId":77,"side":"SELL","price":"7100.50","qty":"0.004","realizedPnl":"0","commission":"0.01","commissionAsset":"USDT","time":1723161255001,"maker":true}]"#
            }
            l if l.contains("positionRisk") => {
                r#"[{"symbol":"BTCUSDT","positionAmt":"-0.004","positionSide":"BOTH","updateTime":3}]"#
            }
            l if l.contains("balance") => r#"[{"asset":"USDT","balance":"122.12345678","updateTime":3}]"#,
            _ => "[]",
        };
        (200, body.to_string())
    });
    let since = "startTime=1723161196000&limit=1000";
    let per_symbol = |path: &str, tail: &str| {
        ["BTCUSDT", "ETHUSDT"].map(|s| format!("GET /fapi/v1/{path}?symbol={s}{tail}"))
    };
    let mut want = per_symbol("openOrders", "").to_vec();
    want.extend(per_symbol("allOrders", &format!("&{since}")));
    want.extend(per_symbol("userTrades", &format!("&{since}")));
    want.extend(["GET /fapi/v3/positionRisk".to_string(), "GET /fapi/v3/balance".to_string()]);
    assert_eq!(asked, want);
    assert_eq!(
        desk.events(),
        [
            "0 order nt3-1z #77 PartiallyFilled None 0 71005 10/4/6",
            "1 order nt3-20 #78 Cancelled None 0 268381 10/0/0",
            "0 fill nt3-1z #77 501 Sell 71005x4 fee 10000000000 maker",
            "1 position 0",
            "0 position -4",
            "0 balance USDT 122123456780000",
            "0 Rest Reconciled",
        ]
    );
}

#[test]
fn a_failed_query_is_no_evidence_and_is_not_repeated_at_once() {
    for (path, status, body) in [
        ("openOrders", 500, ""),
        ("allOrders", 0, ""),
        ("userTrades", 200, "<html>"),
        ("positionRisk", 200, r#"[{"symbol":"BTCUSDT","positionAmt":"x"}]"#),
        ("balance", 403, "{}"),
    ] {
        let mut desk = Desk::open();
        for delay_ms in [0, 500, 1000] {
            desk.client.reconcile(desk.now_ns, &mut desk.io);
            assert!(desk.requests().iter().all(|r| r.2 == delay_ms), "{path}");
            run_round(&mut desk, |line| {
                if line.contains(path) {
                    (status, body.into())
                } else {
                    (200, "[]".into())
                }
            });
            let events = desk.events();
            assert_eq!(
                events.iter().filter(|e| e.contains("Rest")).collect::<Vec<_>>(),
                ["0 Rest Down"],
                "{path}"
            );
        }
    }
}

#[test]
fn long_lists_are_read_to_their_end() {
    let mut desk = Desk::open();
    let trade = |id: u64| {
        format!(
            r#"{{"symbol":"BTCUSDT","id":{id},"orderId":1,"side":"SELL","price":"1.0","qty":"1","time":1}}"#
        )
    };
    let page = |from: u64, n: u64| format!("[{}]", (from..from + n).map(trade).collect::<Vec<_>>().join(","));
    run_round(&mut desk, |line| match line {
        l if l.contains("userTrades?symbol=BTCUSDT&fromId=1001") => (200, page(1001, 3)),
        l if l.contains("userTrades?symbol=BTCUSDT&startTime") => (200, page(1, 1000)),
        _ => (200, "[]".into()),
    });
    let events = desk.events();
    assert_eq!(events.iter().filter(|e| e.contains("fill")).count(), 1003);
    assert_eq!(events.last().unwrap(), "0 Rest Reconciled");
}

#[test]
fn answers_to_an_abandoned_round_are_strays() {
    let mut desk = Desk::open();
    desk.client.reconcile(desk.now_ns, &mut desk.io);
    let old = desk.requests();
    let asked = run_round(&mut desk, |_| (200, "[]".into()));
    assert_eq!(asked.len(), 8);
    assert_eq!(desk.events().last().unwrap(), "0 Rest Reconciled");
    for (tag, _, _) in old {
        desk.respond(tag, 200, OPEN_ORDER);
    }
    assert_eq!((desk.events().len(), desk.requests().len()), (0, 0));
}

#[test]
fn cancel_all_is_repeated_until_it_is_known_to_be_done() {
    let mut desk = Desk::open();
    assert_eq!(desk.send(Command::CancelAll(CancelAll { instrument: InstrumentId(1) })), "");
    for delay_ms in [0, 500, 1000, 2000] {
        let requests = desk.requests();
        assert_eq!(requests.len(), 1);
        let (tag, line, delay) = &requests[0];
        assert_eq!((line.as_str(), *delay), ("DELETE /fapi/v1/allOpenOrders?symbol=ETHUSDT", delay_ms));
        assert_eq!(desk.events(), [""; 0]);
        desk.respond(*tag, 0, "");
    }
    assert_eq!(desk.events(), ["0 Rest Down"]);
    desk.send(Command::CancelAll(CancelAll { instrument: InstrumentId(1) }));
    let (tag, ..) = desk.requests()[0];
    desk.respond(tag, 200, r#"{"code":200,"msg":"The operation of cancel all open order is done."}"#);
    assert_eq!((desk.events().len(), desk.requests().len()), (0, 0));
}

#[test]
fn requests_are_signed_over_the_query_as_sent() {
    let mut desk = Desk::open();
    desk.client.reconcile(desk.now_ns, &mut desk.io);
    for request in &desk.io.requests {
        let (_, query) = request.path.split_once('?').unwrap();
        let (signed, signature) = query.split_once("&signature=").unwrap();
        let signer = crate::sign::Signer::new(&Secret::from("testsecret".to_string()));
        assert!(signer.verify(&[signed.as_bytes()], signature.as_bytes()), "{}", request.path);
        assert!(signed.ends_with("recvWindow=5000&timestamp=1723161256000"), "{signed}");
    }
}

/// Messages of other people's collections: each is understood or refused, none is fatal.
#[test]
fn collected_account_messages_are_answered() {
    let mut seen = 0;
    for folder in ["binance/nautilus/futures/user_data_json", "binance/nautilus_py/ws_messages"] {
        let Some(folder) = crate::shared_data::file(&format!("venues/{folder}")) else { return };
        for entry in std::fs::read_dir(folder).unwrap() {
            let message = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let mut desk = Desk::open();
            let _ = desk.hear(Socket::Private, &message);
            let _ = desk.hear(Socket::Public, &message);
            seen += desk.events().len();
        }
    }
    assert!(seen > 20, "{seen} events");
}

proptest! {
    #[test]
    fn any_bytes_are_answered_on_any_socket(
        which in 0usize..4,
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        tag in any::<u64>(),
        status in prop_oneof![Just(200u16), Just(0), Just(400), any::<u16>()],
    ) {
        let mut desk = Desk::open();
        let socket = [Socket::Public, Socket::Private, Socket::Trade, Socket::Rest][which];
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = desk.hear(socket, &text);
        desk.respond(tag, status, &text);
        desk.respond(Purpose::Snapshot.tag(tag & 0xff), status, &text);
    }
}
