//! The venue server over real sockets, with someone else's WebSocket client: feeds stay in sequence, orders fill,
//! and the ledger agrees with what the client was told.

use nanotick_runtime::transport::trust::client_config;
use nanotick_runtime::venue::{serve, VenueConfig};
use nanotick_venues::sign::{Secret, Signer};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tungstenite::{Message, WebSocket};

/// A running server; it is told to stop when the test is over.
struct Venue {
    ready: Value,
    thread: Option<JoinHandle<()>>,
}

fn sample(symbol: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python/nanotick/data/sample");
    format!("{folder}/binance_usdm_{symbol}_20240808_90s.gz")
}

fn start(more: Value) -> Venue {
    let mut config = json!({
        "data": [sample("btcusdt"), sample("ethusdt")], "api_key": "key", "api_secret": "secret", "speed": 20,
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let config = VenueConfig::from_json(config.to_string().as_bytes()).unwrap();
        serve(config, |ready| tell.send(ready.to_string()).unwrap()).unwrap();
    });
    let ready = told.recv_timeout(Duration::from_secs(60)).expect("the server is ready");
    Venue { ready: serde_json::from_str(&ready).unwrap(), thread: Some(thread) }
}

impl Venue {
    fn url(&self, venue: &str, what: &str) -> String {
        self.ready["urls"][venue][what].as_str().unwrap().to_string()
    }

    fn host(&self) -> String {
        let control = self.ready["urls"]["control"].as_str().unwrap();
        control.split('/').nth(2).unwrap().to_string()
    }

    fn socket(&self, url: &str) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        tungstenite::client(url, stream).expect("the upgrade is accepted").0
    }

    fn http(&self, request: &str, headers: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head =
            format!("{request} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let (mut answer, mut chunk) = (Vec::new(), [0u8; 65536]);
        loop {
            let n = stream.read(&mut chunk).unwrap();
            assert!(n > 0, "closed before the answer was whole");
            answer.extend_from_slice(&chunk[..n]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).unwrap();
            if body.len() >= length.parse::<usize>().unwrap() {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return (status, serde_json::from_str(body).unwrap());
            }
        }
    }

    fn control(&self, page: &str) -> Value {
        self.http(&format!("GET /_control/{page}"), "", "").1
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            if self.ready.get("ca_file").is_none() {
                self.control("stop");
            }
            self.thread.take().unwrap().join().unwrap();
        }
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn sign(parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Signer::new(&Secret::new("secret".into())).sign_text(&parts)
}

fn say<S: Read + Write>(socket: &mut WebSocket<S>, message: Value) {
    socket.send(Message::text(message.to_string())).unwrap();
}

fn hear<S: Read + Write>(socket: &mut WebSocket<S>) -> Value {
    loop {
        if let Message::Text(text) = socket.read().expect("a message in time") {
            return serde_json::from_str(text.as_str()).unwrap();
        }
    }
}

/// The next message that fits.
fn await_message<S: Read + Write>(socket: &mut WebSocket<S>, fits: impl Fn(&Value) -> bool) -> Value {
    loop {
        let message = hear(socket);
        if fits(&message) {
            return message;
        }
    }
}

fn authenticated(venue: &Venue, what: &str) -> WebSocket<TcpStream> {
    let mut socket = venue.socket(&venue.url("bybit", what));
    let expires = (now_ms() + 5000).to_string();
    let args = json!(["key", expires, sign(&["GET/realtime", &expires])]);
    say(&mut socket, json!({ "op": "auth", "args": args }));
    let reply = hear(&mut socket);
    assert!(reply["success"] == true || reply["retCode"] == 0, "{reply}");
    socket
}

fn order(id: &str, more: Value) -> Value {
    let mut body = json!({
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010",
        "price": "50000", "orderLinkId": id,
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "reqId": id, "op": "order.create", "args": [body],
        "header": { "X-BAPI-TIMESTAMP": now_ms().to_string(), "X-BAPI-RECV-WINDOW": "5000" },
    })
}

/// A book kept by the rules of the page, from strings.
#[derive(Default)]
struct TextBook([BTreeMap<i64, String>; 2], u64);

impl TextBook {
    fn apply(&mut self, message: &Value) {
        let u = message["data"]["u"].as_u64().unwrap();
        if message["type"] == "snapshot" {
            self.0 = Default::default();
        } else {
            assert_eq!(u, self.1 + 1, "deltas follow each other");
        }
        self.1 = u;
        for (side, key) in ["b", "a"].into_iter().enumerate() {
            for level in message["data"][key].as_array().unwrap() {
                let px: f64 = level[0].as_str().unwrap().parse().unwrap();
                let (px, qty) = ((px * 100.0).round() as i64, level[1].as_str().unwrap());
                match qty {
                    "0" => assert!(self.0[side].remove(&px).is_some(), "what is deleted was there"),
                    qty => drop(self.0[side].insert(px, qty.to_string())),
                }
            }
            assert_eq!(self.0[side].len(), 50, "the depth stays full");
        }
        let best_bid = self.0[0].last_key_value().unwrap().0;
        assert!(best_bid < self.0[1].first_key_value().unwrap().0, "never crossed");
    }
}

#[test]
fn a_bybit_book_stays_in_sequence_to_the_end_of_the_recording() {
    let venue = start(json!({ "protocols": ["bybit"], "speed": "max" }));
    assert_eq!(venue.control("counters")["state"], "waiting");
    let mut socket = venue.socket(&venue.url("bybit", "public"));
    say(
        &mut socket,
        json!({ "op": "subscribe", "req_id": "7", "args": ["orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"] }),
    );
    let acknowledged = hear(&mut socket);
    assert!(acknowledged["success"] == true && acknowledged["req_id"] == "7", "{acknowledged}");
    let (mut book, mut books, mut trades, mut has_ended) = (TextBook::default(), 0, 0, false);
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => {
                let message: Value = serde_json::from_str(text.as_str()).unwrap();
                if message["topic"] == "orderbook.50.BTCUSDT" {
                    assert_eq!(message["type"] == "snapshot", books == 0);
                    book.apply(&message);
                    books += 1;
                } else {
                    trades += 1;
                }
            }
            Ok(_) => {}
            // Silence, and once more silence after the end has been seen.
            Err(_) if has_ended => break,
            Err(_) => has_ended = venue.control("counters")["ended"] == true,
        }
    }
    // A message at most each 20 ms of 90 s; the recording's own trades.
    assert!((1_000..4_500).contains(&books), "{books}");
    assert!(trades > 1_000, "{trades}");
    // The book that deltas built is the book that the venue has.
    let (_, answer) = venue.http("GET /v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50", "", "");
    let best = |key: &str| answer["result"][key][0][0].as_str().unwrap().parse::<f64>().unwrap() * 100.0;
    assert_eq!(*book.0[0].last_key_value().unwrap().0, best("b").round() as i64);
    assert_eq!(*book.0[1].first_key_value().unwrap().0, best("a").round() as i64);
    let counters = venue.control("counters");
    assert_eq!((&counters["recording"]["bad"], &counters["slow_cut_off"]), (&json!(0), &json!(0)));
}

#[test]
fn bybit_orders_live_and_the_ledger_agrees() {
    let venue = start(json!({ "protocols": ["bybit"], "start": "now" }));
    let mut private = authenticated(&venue, "private");
    say(&mut private, json!({ "op": "subscribe", "args": ["order", "execution", "position", "wallet"] }));
    assert_eq!(hear(&mut private)["success"], true);
    let mut trade = authenticated(&venue, "trade");

    say(&mut trade, order("rests", json!({ "timeInForce": "PostOnly" })));
    assert_eq!(hear(&mut trade)["retCode"], 0);
    let new = await_message(&mut private, |m| m["topic"] == "order");
    assert_eq!(
        (&new["data"][0]["orderStatus"], &new["data"][0]["orderLinkId"]),
        (&json!("New"), &json!("rests"))
    );

    say(&mut trade, order("takes", json!({ "orderType": "Market", "qty": "0.100" })));
    assert_eq!(hear(&mut trade)["retCode"], 0);
    let execution = await_message(&mut private, |m| m["topic"] == "execution");
    let filled = await_message(&mut private, |m| m["topic"] == "order");
    assert_eq!(filled["data"][0]["orderStatus"], "Filled");
    let position = await_message(&mut private, |m| m["topic"] == "position");
    assert_eq!(
        (&position["data"][0]["side"], &position["data"][0]["size"]),
        (&json!("Buy"), &json!("0.100"))
    );
    let wallet = await_message(&mut private, |m| m["topic"] == "wallet");

    say(&mut trade, order("crosses", json!({ "timeInForce": "PostOnly", "price": "90000" })));
    assert_eq!(hear(&mut trade)["retCode"], 0, "accepted, then cancelled");
    let cancelled = await_message(&mut private, |m| m["topic"] == "order");
    assert_eq!(cancelled["data"][0]["rejectReason"], "EC_PostOnlyWillTakeLiquidity");

    for (id, more, code) in [
        ("rests", json!({}), 110072),
        ("a", json!({ "price": "50000.05" }), 10001),
        ("b", json!({ "qty": "0.0001" }), 10001),
        ("c", json!({ "qty": 0.01 }), 10001),
        ("d", json!({ "symbol": "DOGEUSDT" }), 10001),
        ("e", json!({ "price": "100" }), 110094),
        ("f", json!({ "qty": "900" }), 110007),
        ("g", json!({ "reduceOnly": true }), 110017),
        ("h", json!({ "takeProfit": "70000" }), 10001),
    ] {
        say(&mut trade, order(id, more));
        let reply = hear(&mut trade);
        assert_eq!((&reply["retCode"], &reply["reqId"]), (&json!(code), &json!(id)), "{reply}");
    }
    let mut late = order("late", json!({}));
    late["header"]["X-BAPI-TIMESTAMP"] = json!((now_ms() - 6000).to_string());
    say(&mut trade, late);
    assert_eq!(hear(&mut trade)["retCode"], 10002);

    let ledger = venue.control("ledger")["venues"]["bybit"].clone();
    let fees: f64 = execution["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["execFee"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!(ledger["positions"]["BTCUSDT"]["qty_lots"], 100);
    assert_eq!(ledger["wallet"], wallet["data"][0]["coin"][0]["walletBalance"]);
    assert!((ledger["fees"].as_str().unwrap().parse::<f64>().unwrap() - fees).abs() < 1e-9);
    let ends: Vec<_> =
        ledger["orders"].as_array().unwrap().iter().map(|o| o["status"].as_str().unwrap()).collect();
    assert_eq!(ends, ["new", "filled", "cancelled"]);
}

#[test]
fn rest_calls_are_checked_for_key_signature_and_time() {
    let venue = start(json!({ "protocols": ["bybit", "binance"] }));
    let query = "category=linear&settleCoin=USDT";
    let call = |key: &str, stamp: i64, sign: &str| {
        let headers = format!(
            "X-BAPI-API-KEY: {key}\r\nX-BAPI-TIMESTAMP: {stamp}\r\nX-BAPI-RECV-WINDOW: 5000\r\nX-BAPI-SIGN: {sign}\r\n"
        );
        venue.http(&format!("GET /v5/position/list?{query}"), &headers, "").1["retCode"].clone()
    };
    let now = now_ms();
    let good = |stamp: i64| sign(&[&stamp.to_string(), "key", "5000", query]);
    assert_eq!(call("key", now, &good(now)), 0);
    assert_eq!(call("kex", now, &good(now)), 10003);
    assert_eq!(call("key", now, &good(now - 1)), 10004);
    assert_eq!(call("key", now - 6000, &good(now - 6000)), 10002);
    assert_eq!(call("key", now + 3000, &good(now + 3000)), 10002);

    let get = |query: String, header: &str| venue.http(&format!("GET /fapi/v3/balance?{query}"), header, "");
    let signed = |stamp: i64| {
        let query = format!("timestamp={stamp}");
        format!("{query}&signature={}", sign(&[&query]))
    };
    let key = "X-MBX-APIKEY: key\r\n";
    assert_eq!(get(signed(now_ms()), key).1[0]["balance"], "100000");
    assert_eq!(get(signed(now_ms()), "").1["code"], -2014);
    assert_eq!(get(signed(now_ms()), "X-MBX-APIKEY: kex\r\n").1["code"], -2015);
    assert_eq!(get(signed(now_ms()).replace("timestamp=", "x=1&timestamp="), key).1["code"], -1022);
    assert_eq!(get(signed(now_ms() - 6000), key).1["code"], -1021);
    assert_eq!(get(signed(now_ms() + 3000), key).1["code"], -1021);
    assert_eq!(venue.http("GET /nothing", "", "").0, 404);
}

#[test]
fn a_binance_book_joins_its_snapshot_and_orders_live() {
    let venue = start(json!({ "protocols": ["binance"], "speed": 5 }));
    let mut public = venue.socket(&format!(
        "{}/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker",
        venue.url("binance", "public")
    ));
    let mut diffs = Vec::new();
    while diffs.len() < 5 {
        let message = hear(&mut public);
        if message["data"]["e"] == "depthUpdate" {
            diffs.push(message["data"].clone());
        }
    }
    let (_, snapshot) = venue.http("GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000", "", "");
    let id = snapshot["lastUpdateId"].as_u64().unwrap();
    while diffs.last().unwrap()["u"].as_u64().unwrap() < id {
        diffs.push(await_message(&mut public, |m| m["data"]["e"] == "depthUpdate")["data"].clone());
    }
    for pair in diffs.windows(2) {
        assert_eq!(pair[1]["pu"], pair[0]["u"]);
    }
    let first = diffs.iter().find(|d| d["u"].as_u64().unwrap() >= id).unwrap();
    assert!(first["U"].as_u64().unwrap() <= id, "the first diff to apply straddles the snapshot");

    let key = "X-MBX-APIKEY: key\r\n";
    let (_, listen) = venue.http("POST /fapi/v1/listenKey", key, "");
    let listen = listen["listenKey"].as_str().unwrap();
    let mut user = venue.socket(&format!("{}/ws?listenKey={listen}", venue.url("binance", "private")));
    let mut api = venue.socket(&venue.url("binance", "ws_api"));
    let mut ask = |method: &str, pairs: &[(&str, &str)]| {
        let stamp = now_ms();
        let mut params: BTreeMap<&str, Value> = pairs.iter().map(|&(k, v)| (k, json!(v))).collect();
        params.insert("apiKey", json!("key"));
        params.insert("timestamp", json!(stamp));
        let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_string);
        let signed: Vec<String> = params.iter().map(|(k, v)| format!("{k}={}", text(v))).collect();
        let signature = sign(&[&signed.join("&")]);
        params.insert("signature", json!(signature));
        say(&mut api, json!({ "id": stamp, "method": method, "params": params }));
        hear(&mut api)
    };
    let limit = [("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("quantity", "0.010")];
    let with = |more: &[(&'static str, &'static str)]| [limit.as_slice(), more].concat();
    let placed = ask(
        "order.place",
        &with(&[("price", "50000.0"), ("timeInForce", "GTX"), ("newClientOrderId", "r-1")]),
    );
    assert_eq!((&placed["status"], &placed["result"]["status"]), (&json!(200), &json!("NEW")), "{placed}");
    let event = hear(&mut user);
    assert_eq!((&event["o"]["x"], &event["o"]["c"]), (&json!("NEW"), &json!("r-1")));
    for (more, code) in [
        ([("price", "90000.0"), ("timeInForce", "GTX"), ("newClientOrderId", "r-2")], -5022),
        ([("price", "50000.0"), ("timeInForce", "GTC"), ("newClientOrderId", "r-1")], -4116),
        ([("price", "50000.05"), ("timeInForce", "GTC"), ("newClientOrderId", "r-3")], -4014),
        ([("price", "50.0"), ("timeInForce", "GTC"), ("newClientOrderId", "r-4")], -4164),
        ([("price", "50000.0"), ("timeInForce", "XYZ"), ("newClientOrderId", "r-5")], -1115),
    ] {
        assert_eq!(ask("order.place", &with(&more))["error"]["code"], code);
    }
    let market = [("symbol", "BTCUSDT"), ("side", "SELL"), ("type", "MARKET"), ("quantity", "0.050")];
    assert_eq!(ask("order.place", &market)["status"], 200);
    let event = await_message(&mut user, |m| m["e"] == "ACCOUNT_UPDATE");
    assert_eq!(event["a"]["P"][0]["pa"], "-0.050");
    let gone = [("symbol", "BTCUSDT"), ("origClientOrderId", "r-1")];
    assert_eq!(ask("order.cancel", &gone)["result"]["status"], "CANCELED");
    assert_eq!(ask("order.cancel", &gone)["error"]["code"], -2011);
    let ledger = venue.control("ledger")["venues"]["binance"].clone();
    assert_eq!(ledger["positions"]["BTCUSDT"]["qty_lots"], -50);
    assert_eq!(ledger["wallet"], event["a"]["B"][0]["wb"]);
}

#[test]
fn nonsense_is_answered_and_harms_nobody() {
    let venue = start(json!({}));
    for path in ["/v5/nowhere", "/fapi", "/public", "/ws-fapi/v2", "/"] {
        let stream = TcpStream::connect(venue.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert!(tungstenite::client(format!("ws://{}{path}", venue.host()), stream).is_err(), "{path}");
    }
    for url in [
        venue.url("bybit", "public"),
        venue.url("bybit", "trade"),
        format!("{}/ws", venue.url("binance", "public")),
        venue.url("binance", "ws_api"),
    ] {
        let mut socket = venue.socket(&url);
        for text in [
            "",
            "{",
            "[]",
            "null",
            "7",
            "{\"op\":7}",
            "{\"op\":\"order.create\"}",
            "{\"method\":\"order.place\",\"params\":7}",
            &"[".repeat(5000),
        ] {
            socket.send(Message::text(text)).unwrap();
            assert!(hear(&mut socket).is_object(), "{url} {text:.20}");
        }
    }
    // Not HTTP at all; and half a request, left hanging.
    let mut stream = TcpStream::connect(venue.host()).unwrap();
    stream.write_all(b"\x00\x01\x02\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let mut hanging = TcpStream::connect(venue.host()).unwrap();
    hanging.write_all(b"GET / HT").unwrap();
    assert_eq!(venue.control("counters")["schema"], 1);
}

#[test]
fn tls_clients_are_served_with_the_authority_that_the_server_names() {
    let venue = start(json!({ "tls": true, "start": "now", "speed": "max", "exit_after_end_s": 1 }));
    let ca_file = venue.ready["ca_file"].as_str().unwrap().to_string();
    let config = client_config(Some(Path::new(&ca_file))).unwrap();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let session = rustls::ClientConnection::new(config, name).unwrap();
    let stream = rustls::StreamOwned::new(session, TcpStream::connect(venue.host()).unwrap());
    let mut socket = tungstenite::client(venue.url("bybit", "public"), stream).unwrap().0;
    say(&mut socket, json!({ "op": "ping", "req_id": "1" }));
    assert_eq!(hear(&mut socket)["ret_msg"], "pong");
    // It ends by itself, says so, and takes its files along.
    while socket.read().is_ok() {}
    drop(venue);
    assert!(!Path::new(&ca_file).exists());
}

#[test]
fn a_port_that_is_taken_is_told_in_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let config = json!({ "data": [sample("btcusdt")], "listen": listen });
    let config = VenueConfig::from_json(config.to_string().as_bytes()).unwrap();
    let error = serve(config, |_| panic!("it is not ready")).unwrap_err();
    assert!(
        error.exit_code == 5 && error.message.contains("is taken") && !error.hint.is_empty(),
        "{error:?}"
    );
}
