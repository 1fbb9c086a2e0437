//! The server side: public topics from the simulated exchange's own book, private topics, order entry and REST.
//!
//! What it says of a book is built from the recording, not relayed: snapshot, then deltas against what was published.

mod book;
mod feeds;
mod orders;
mod rest;
mod text;

use crate::server::{Call, Conn, Credentials, Listing, Now, Outbox, Push, Recorded, Reply, VenueServer};
use book::BookFeed;
use nanotick_exchange::{Output, Rules, SimExchange};
use nanotick_model::{Cash, InstrumentId};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

const MAX_TOPICS: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Public,
    Private,
    Trade,
}

#[derive(Debug)]
struct Client {
    kind: Kind,
    is_authenticated: bool,
    topics: Vec<String>,
}

#[derive(Debug)]
pub struct BybitServer {
    exchange: SimExchange,
    listings: Vec<Listing>,
    credentials: Credentials,
    clients: BTreeMap<Conn, Client>,
    /// By instrument and depth.
    books: BTreeMap<(InstrumentId, usize), BookFeed>,
    /// Ticker fields as last published, by instrument.
    tickers: BTreeMap<InstrumentId, Value>,
    ticker_due_ns: i64,
    /// Cross sequence by instrument: grows with each recorded message.
    seqs: Vec<u64>,
    next_message: u64,
    is_watched: bool,
}

impl BybitServer {
    pub fn new(listings: Vec<Listing>, credentials: Credentials, deposit: Cash) -> BybitServer {
        let instruments = listings.iter().map(|listing| listing.instrument.clone()).collect();
        BybitServer {
            exchange: SimExchange::new(instruments, Rules::bybit(deposit)),
            seqs: vec![1; listings.len()],
            listings,
            credentials,
            clients: BTreeMap::new(),
            books: BTreeMap::new(),
            tickers: BTreeMap::new(),
            ticker_due_ns: 0,
            next_message: 1,
            is_watched: false,
        }
    }

    fn listing_of(&self, id: InstrumentId) -> &Listing {
        &self.listings[id.index()]
    }

    /// The coin that everything settles in.
    fn coin(&self) -> &str {
        self.listings.first().map_or("USDT", |listing| listing.quote.as_str())
    }

    fn subscribers<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = Conn> + 'a {
        let listens = move |client: &Client| client.topics.iter().any(|t| t == topic);
        self.clients.iter().filter(move |(_, client)| listens(client)).map(|(&conn, _)| conn)
    }

    /// Sends to all who listen; the text is made only if someone does.
    fn publish(&self, topic: &str, out: &mut Outbox, text: impl FnOnce() -> String) {
        let mut subscribers = self.subscribers(topic).peekable();
        if subscribers.peek().is_some() {
            let text: Rc<str> = text().into();
            out.0.extend(subscribers.map(|conn| (conn, Push::Text(text.clone()))));
        }
    }

    fn on_request(&mut self, conn: Conn, request: &Value, now: Now, out: &mut Outbox) {
        let Some(kind) = self.clients.get(&conn).map(|client| client.kind) else { return };
        let op = request.get("op").and_then(Value::as_str).unwrap_or("");
        match (kind, op) {
            (_, "ping") => out.text(conn, pong(kind, conn, request, now)),
            (Kind::Private | Kind::Trade, "auth") => self.authenticate(conn, kind, request, now, out),
            (Kind::Public | Kind::Private, "subscribe" | "unsubscribe") => {
                self.subscribe(conn, kind, op == "subscribe", request, now, out)
            }
            (Kind::Trade, op) => self.trade(conn, op, request, now, out),
            _ => out.text(conn, acknowledgement(conn, request, op, Err("unknown op".into()))),
        }
    }

    /// `["key", expires, "signature"]`, the time as a number or a text.
    fn authenticate(&mut self, conn: Conn, kind: Kind, request: &Value, now: Now, out: &mut Outbox) {
        let args = &request["args"];
        let key = args[0].as_str().unwrap_or("");
        let expires = match &args[1] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let sign = args[2].as_str().unwrap_or("");
        let signed = [b"GET/realtime".as_slice(), expires.as_bytes()];
        let Some(client) = self.clients.get_mut(&conn) else { return };
        let (code, words) = if client.is_authenticated && kind == Kind::Trade {
            (20001, "repeat auth")
        } else if key != self.credentials.key {
            (10003, "api key is invalid")
        } else if !self.credentials.signer.verify(&signed, sign.as_bytes()) {
            (10004, "error sign, please check your signature generation algorithm")
        } else if expires.parse::<i64>().map_or(true, |ms| ms <= now.wall_ms()) {
            (10001, "expires is not in the future")
        } else {
            client.is_authenticated = true;
            (0, "")
        };
        let reply = match kind {
            Kind::Trade => json!({
                "retCode": code, "retMsg": if code == 0 { "OK" } else { words }, "op": "auth", "connId": conn_id(conn),
            }),
            _ => {
                let mut reply =
                    json!({ "success": code == 0, "ret_msg": words, "op": "auth", "conn_id": conn_id(conn) });
                if code != 0 {
                    reply["retCode"] = json!(code);
                }
                with_req_id(reply, request)
            }
        };
        out.text(conn, reply.to_string());
    }

    fn subscribe(&mut self, conn: Conn, kind: Kind, on: bool, request: &Value, now: Now, out: &mut Outbox) {
        let op = if on { "subscribe" } else { "unsubscribe" };
        let topics: Vec<String> = match request["args"].as_array() {
            Some(args) => args.iter().filter_map(Value::as_str).map(str::to_string).collect(),
            None => Vec::new(),
        };
        let result = self.check_topics(conn, kind, &topics);
        let is_fine = result.is_ok();
        out.text(conn, acknowledgement(conn, request, op, result));
        if !is_fine {
            return;
        }
        for topic in topics {
            if on {
                // A feed that nobody listened to starts again before its first listener is there.
                self.open_feed(&topic, now);
            }
            let Some(client) = self.clients.get_mut(&conn) else { return };
            client.topics.retain(|t| *t != topic);
            if on {
                client.topics.push(topic.clone());
                self.send_first(conn, &topic, now, out);
            }
        }
    }

    fn check_topics(&self, conn: Conn, kind: Kind, topics: &[String]) -> Result<(), String> {
        let client = &self.clients[&conn];
        if topics.is_empty() || client.topics.len() + topics.len() > MAX_TOPICS {
            return Err(format!("args must name 1 to {MAX_TOPICS} topics"));
        }
        if kind == Kind::Private && !client.is_authenticated {
            return Err("Request not authorized".into());
        }
        match topics.iter().find(|topic| !self.has_topic(kind, topic)) {
            Some(topic) => Err(format!("error:handler not found,topic:{topic}")),
            None => Ok(()),
        }
    }

    fn has_topic(&self, kind: Kind, topic: &str) -> bool {
        if kind == Kind::Private {
            let name = topic.strip_suffix(".linear").unwrap_or(topic);
            return matches!(name, "order" | "execution" | "execution.fast" | "position")
                || topic == "wallet";
        }
        self.book_topic(topic).is_some()
            || ["publicTrade.", "tickers."].iter().any(|root| {
                topic.strip_prefix(root).is_some_and(|s| orders::listing(&self.listings, s).is_some())
            })
    }

    /// `orderbook.{depth}.{symbol}`.
    fn book_topic(&self, topic: &str) -> Option<(InstrumentId, usize)> {
        let (depth, symbol) = topic.strip_prefix("orderbook.")?.split_once('.')?;
        let depth = BookFeed::new(depth.parse().ok()?)?.depth;
        Some((orders::listing(&self.listings, symbol)?.instrument.id, depth))
    }

    fn open_feed(&mut self, topic: &str, now: Now) {
        let Some((id, depth)) = self.book_topic(topic) else { return };
        self.is_watched = true;
        if self.subscribers(topic).next().is_none() {
            let (market, seq) = (self.exchange.market(id), self.seqs[id.index()]);
            let feed = self.books.entry((id, depth));
            if let Some(new) = BookFeed::new(depth) {
                feed.or_insert(new).refresh(market, seq, now.market_ns);
            }
        }
    }

    /// The first message of a topic is always whole.
    fn send_first(&mut self, conn: Conn, topic: &str, now: Now, out: &mut Outbox) {
        if let Some((id, depth)) = self.book_topic(topic) {
            if let Some(feed) = self.books.get(&(id, depth)) {
                out.text(conn, feed.snapshot(self.listing_of(id), now.wall_ms()));
            }
        } else if let Some(listing) =
            topic.strip_prefix("tickers.").and_then(|s| orders::listing(&self.listings, s))
        {
            let id = listing.instrument.id;
            let ticker = self.ticker(listing);
            let seq = self.seqs[id.index()];
            out.text(conn, feeds::ticker_message(topic, "snapshot", &ticker, seq, now));
            self.tickers.entry(id).or_insert(ticker);
        }
    }

    fn trade(&mut self, conn: Conn, op: &str, request: &Value, now: Now, out: &mut Outbox) {
        let mut happened = Vec::new();
        let result = self.trade_result(conn, op, request, now, &mut happened);
        let (code, words, data, ext) = match result {
            Ok((data, ext)) => (0, "OK".to_string(), data, ext),
            Err((code, words)) => (code, words, json!({}), json!({})),
        };
        let mut reply = json!({
            "retCode": code, "retMsg": words, "op": op, "data": data, "retExtInfo": ext, "connId": conn_id(conn),
            "header": {
                "X-Bapi-Limit": "50", "X-Bapi-Limit-Status": "49",
                "X-Bapi-Limit-Reset-Timestamp": now.wall_ms().to_string(),
                "Traceid": format!("{:032x}", self.next_message), "Timenow": now.wall_ms().to_string(),
            },
        });
        if let Some(id) = request.get("reqId") {
            reply["reqId"] = id.clone();
        }
        out.text(conn, reply.to_string());
        self.publish_private(&happened, now, out);
    }

    fn trade_result(
        &mut self,
        conn: Conn,
        op: &str,
        request: &Value,
        now: Now,
        happened: &mut Vec<Output>,
    ) -> Result<(Value, Value), orders::Refused> {
        if !self.clients[&conn].is_authenticated {
            return Err((10005, "connection is not authenticated".into()));
        }
        let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let header = &request["header"];
        rest::check_time(number(&header["X-BAPI-TIMESTAMP"]), number(&header["X-BAPI-RECV-WINDOW"]), now)?;
        let body = match request["args"].as_array().map(Vec::as_slice) {
            Some([body]) => body,
            _ => return Err((10001, "args must hold one request".into())),
        };
        let verb = op.strip_prefix("order.").ok_or((10404, format!("op is not supported: {op}")))?;
        let (exchange, listings, ns) = (&mut self.exchange, &self.listings, now.wall_ns);
        match verb.strip_suffix("-batch") {
            Some(verb) => orders::perform_batch(verb, exchange, listings, body, ns, happened),
            None => {
                orders::perform(verb, exchange, listings, body, ns, happened).map(|data| (data, json!({})))
            }
        }
    }
}

impl VenueServer for BybitServer {
    fn on_open(&mut self, conn: Conn, target: &str, _now: Now, _out: &mut Outbox) -> bool {
        let kind = match target.split('?').next() {
            Some("/v5/public/linear") => Kind::Public,
            Some("/v5/private") => Kind::Private,
            Some("/v5/trade") => Kind::Trade,
            _ => return false,
        };
        self.clients.insert(conn, Client { kind, is_authenticated: false, topics: Vec::new() });
        true
    }

    fn on_text(&mut self, conn: Conn, text: &str, now: Now, out: &mut Outbox) {
        match serde_json::from_str::<Value>(text) {
            Ok(request) if request.is_object() => self.on_request(conn, &request, now, out),
            _ => {
                let reply =
                    acknowledgement(conn, &Value::Null, "", Err("request is not a JSON object".into()));
                out.text(conn, reply);
            }
        }
    }

    fn on_close(&mut self, conn: Conn) {
        self.clients.remove(&conn);
    }

    fn on_call(&mut self, call: &Call, now: Now, out: &mut Outbox) -> Option<Reply> {
        call.path.starts_with("/v5/").then(|| self.rest(call, now, out))
    }

    fn on_recorded(&mut self, id: InstrumentId, message: &Recorded<'_>, now: Now, out: &mut Outbox) {
        self.on_clock(now, out);
        self.seqs[id.index()] += 1;
        let mut happened = Vec::new();
        match message {
            Recorded::Book { update, .. } => self.exchange.on_book(id, update, now.wall_ns, &mut happened),
            Recorded::Trade(trade) => {
                self.exchange.on_trade(id, trade, now.wall_ns, &mut happened);
                let (listing, seq) = (self.listing_of(id), self.seqs[id.index()]);
                let topic = format!("publicTrade.{}", listing.symbol());
                self.publish(&topic, out, || feeds::trade_message(&topic, listing, trade, seq, now));
            }
            Recorded::Quote(_) => {}
        }
        self.publish_private(&happened, now, out);
    }

    fn on_clock(&mut self, now: Now, out: &mut Outbox) {
        self.publish_books(now, out);
        self.publish_tickers(now, out);
    }

    fn is_watched(&self) -> bool {
        self.is_watched
    }

    fn exchange(&self) -> &SimExchange {
        &self.exchange
    }

    fn listings(&self) -> &[Listing] {
        &self.listings
    }
}

fn conn_id(conn: Conn) -> String {
    format!("nt{:016x}", conn.0)
}

fn with_req_id(mut reply: Value, request: &Value) -> Value {
    if let Some(id) = request.get("req_id") {
        reply["req_id"] = id.clone();
    }
    reply
}

fn acknowledgement(conn: Conn, request: &Value, op: &str, result: Result<(), String>) -> String {
    let reply = json!({
        "success": result.is_ok(), "ret_msg": result.err().unwrap_or_default(), "conn_id": conn_id(conn), "op": op,
    });
    with_req_id(reply, request).to_string()
}

fn pong(kind: Kind, conn: Conn, request: &Value, now: Now) -> String {
    let stamp = now.wall_ms().to_string();
    let reply = match kind {
        Kind::Public => json!({ "success": true, "ret_msg": "pong", "conn_id": conn_id(conn), "op": "ping" }),
        Kind::Private => json!({ "op": "pong", "args": [stamp], "conn_id": conn_id(conn) }),
        Kind::Trade => {
            json!({ "retCode": 0, "retMsg": "OK", "op": "pong", "data": [stamp], "connId": conn_id(conn) })
        }
    };
    with_req_id(reply, request).to_string()
}
