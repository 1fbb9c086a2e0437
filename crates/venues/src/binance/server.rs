//! The server side: market streams relayed from the recording with its own update ids, user data, order entry over
//! REST and the WebSocket API.

mod orders;
mod params;
mod rest;
mod streams;
mod text;

use crate::server::{Call, Conn, Credentials, Listing, Now, Outbox, Push, Recorded, Reply, VenueServer};
use nanotick_exchange::{Output, Rules, SimExchange};
use nanotick_model::{Cash, InstrumentId};
use params::{refuse, Refused};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use streams::{Ids, Listener, Topic};

const LISTEN_KEY_LIFE_NS: i64 = 3_600_000_000_000;
const MAX_STREAMS: usize = 1024;
/// Requests a second on a stream connection; more, and it is closed.
const MAX_REQUESTS: u32 = 10;

#[derive(Debug)]
enum Client {
    Streams(Listener),
    Api,
}

/// What is counted against the published limits.
#[derive(Debug, Default)]
struct Used {
    minute: i64,
    weight: u64,
    orders_minute: u64,
    ten_seconds: i64,
    orders_ten_seconds: u64,
}

impl Used {
    fn count(&mut self, is_order: bool, now: Now) {
        let (minute, ten_seconds) = (now.wall_ms() / 60_000, now.wall_ms() / 10_000);
        if minute != self.minute {
            (self.minute, self.weight, self.orders_minute) = (minute, 0, 0);
        }
        if ten_seconds != self.ten_seconds {
            (self.ten_seconds, self.orders_ten_seconds) = (ten_seconds, 0);
        }
        self.weight += u64::from(!is_order);
        self.orders_minute += u64::from(is_order);
        self.orders_ten_seconds += u64::from(is_order);
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("X-MBX-USED-WEIGHT-1M", self.weight.to_string()),
            ("X-MBX-ORDER-COUNT-10S", self.orders_ten_seconds.to_string()),
            ("X-MBX-ORDER-COUNT-1M", self.orders_minute.to_string()),
        ]
    }

    fn limits(&self) -> Value {
        let mut limits = text::rate_limits();
        for (at, count) in [self.weight, self.orders_minute, self.orders_ten_seconds].into_iter().enumerate()
        {
            limits[at]["count"] = json!(count);
        }
        limits
    }
}

#[derive(Debug)]
pub struct BinanceServer {
    exchange: SimExchange,
    listings: Vec<Listing>,
    credentials: Credentials,
    clients: BTreeMap<Conn, Client>,
    /// The key of the user data stream, and when it ends.
    listen_key: Option<(String, i64)>,
    next_listen_key: u64,
    /// By instrument: ids of the last book message, and the id that a snapshot has now.
    book_ids: Vec<Ids>,
    snapshot_ids: Vec<u64>,
    /// When all orders of an instrument are cancelled unless the client speaks up.
    countdowns: BTreeMap<InstrumentId, i64>,
    used: Used,
    is_watched: bool,
}

impl BinanceServer {
    pub fn new(listings: Vec<Listing>, credentials: Credentials, deposit: Cash) -> BinanceServer {
        let instruments = listings.iter().map(|listing| listing.instrument.clone()).collect();
        BinanceServer {
            exchange: SimExchange::new(instruments, Rules::binance(deposit)),
            book_ids: vec![Ids::default(); listings.len()],
            snapshot_ids: vec![0; listings.len()],
            listings,
            credentials,
            clients: BTreeMap::new(),
            listen_key: None,
            next_listen_key: 1,
            countdowns: BTreeMap::new(),
            used: Used::default(),
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

    fn watch(&mut self, conn: Conn) {
        let is_book = |topic| matches!(topic, Topic::Depth | Topic::Top(_) | Topic::BookTicker);
        if let Some(Client::Streams(listener)) = self.clients.get(&conn) {
            self.is_watched |=
                listener.streams.iter().any(|s| s.feed.is_some_and(|(_, topic)| is_book(topic)));
        }
    }

    /// Sends an event to all who listen; its text is made only if someone does.
    fn relay(&self, id: InstrumentId, topic: Topic, out: &mut Outbox, data: impl FnOnce(&Listing) -> String) {
        let (mut data, mut text) = (Some(data), String::new());
        for (&conn, client) in &self.clients {
            let Client::Streams(listener) = client else { continue };
            for stream in listener.streams.iter().filter(|s| s.feed == Some((id, topic))) {
                if let Some(data) = data.take() {
                    text = data(self.listing_of(id));
                }
                out.text(conn, listener.wrap(&stream.name, &text));
            }
        }
    }

    fn stream_request(&mut self, conn: Conn, request: &Value, now: Now, out: &mut Outbox) {
        let Some(Client::Streams(listener)) = self.clients.get_mut(&conn) else { return };
        let second = now.wall_ms() / 1000;
        if listener.requests.0 != second {
            listener.requests = (second, 0);
        }
        listener.requests.1 += 1;
        if listener.requests.1 > MAX_REQUESTS {
            out.0.push((conn, Push::Close(1008, "too many requests")));
            return;
        }
        let names: Vec<&str> =
            request["params"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let result = match request["method"].as_str() {
            Some("SUBSCRIBE") if listener.streams.len() + names.len() <= MAX_STREAMS => {
                names.iter().for_each(|name| listener.subscribe(name, &self.listings));
                Ok(Value::Null)
            }
            Some("UNSUBSCRIBE") => {
                listener.streams.retain(|stream| !names.contains(&stream.name.as_str()));
                Ok(Value::Null)
            }
            Some("LIST_SUBSCRIPTIONS") => {
                Ok(json!(listener.streams.iter().map(|s| &s.name).collect::<Vec<_>>()))
            }
            _ => Err(json!({ "code": 2, "msg": "Invalid request: unknown method or too many streams" })),
        };
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        let reply = match result {
            Ok(result) => json!({ "result": result, "id": id }),
            Err(error) => json!({ "error": error, "id": id }),
        };
        out.text(conn, reply.to_string());
        self.watch(conn);
    }

    /// The key, valid for an hour from now; a new one if there is none and it may be made.
    fn extend_listen_key(&mut self, now: Now, may_make: bool) -> Result<String, Refused> {
        let until_ns = now.wall_ns + LISTEN_KEY_LIFE_NS;
        match &mut self.listen_key {
            Some((key, end_ns)) => {
                *end_ns = until_ns;
                Ok(key.clone())
            }
            None if may_make => {
                let key = format!("nt{:062x}", self.next_listen_key);
                self.next_listen_key += 1;
                self.listen_key = Some((key.clone(), until_ns));
                Ok(key)
            }
            None => Err(refuse(-1125, "This listenKey does not exist.")),
        }
    }

    /// The key ends: its listeners are told, and hear no more.
    fn expire_listen_key(&mut self, now: Now, out: &mut Outbox) {
        if let Some((key, _)) = &self.listen_key {
            let event = json!({ "e": "listenKeyExpired", "E": now.wall_ms(), "listenKey": key });
            self.push_private(&event, out);
            self.listen_key = None;
        }
    }

    fn push_private(&self, event: &Value, out: &mut Outbox) {
        let Some((key, _)) = &self.listen_key else { return };
        let text = event.to_string();
        for (&conn, client) in &self.clients {
            if let Client::Streams(listener) = client {
                if listener.streams.iter().any(|stream| stream.name == *key) {
                    out.text(conn, listener.wrap(key, &text));
                }
            }
        }
    }

    fn publish_private(&mut self, happened: &[Output], now: Now, out: &mut Outbox) {
        for output in happened {
            let event = match output {
                Output::Accepted(order) => {
                    text::order_event(self.listing_of(order.instrument), order, "NEW", None, now)
                }
                Output::Amended(order) => {
                    text::order_event(self.listing_of(order.instrument), order, "AMENDMENT", None, now)
                }
                Output::Filled(order, fill) => {
                    text::order_event(self.listing_of(order.instrument), order, "TRADE", Some(fill), now)
                }
                Output::Cancelled(order) => text::order_event(
                    self.listing_of(order.instrument),
                    order,
                    text::ending(order),
                    None,
                    now,
                ),
                Output::Account(id) => text::account_event(self.listing_of(*id), &self.exchange, *id, now),
            };
            self.push_private(&event, out);
        }
    }

    fn publish_timed(&mut self, now: Now, out: &mut Outbox) {
        let mut due = Vec::new();
        for (&conn, client) in &mut self.clients {
            let Client::Streams(listener) = client else { continue };
            for stream in &mut listener.streams {
                let Some((id, topic @ (Topic::Top(_) | Topic::MarkPrice))) = stream.feed else { continue };
                if now.market_ns >= stream.due_ns {
                    stream.due_ns = (now.market_ns.div_euclid(stream.interval_ns) + 1) * stream.interval_ns;
                    due.push((conn, id, topic, stream.name.clone()));
                }
            }
        }
        for (conn, id, topic, name) in due {
            let data = self.timed_text(self.listing_of(id), topic, now);
            if let Some(Client::Streams(listener)) = self.clients.get(&conn) {
                out.text(conn, listener.wrap(&name, &data));
            }
        }
    }

    fn run_countdowns(&mut self, now: Now, out: &mut Outbox) {
        let due: Vec<InstrumentId> =
            self.countdowns.iter().filter(|(_, &at_ns)| at_ns <= now.wall_ns).map(|(&id, _)| id).collect();
        for id in due {
            self.countdowns.remove(&id);
            let mut happened = Vec::new();
            self.exchange.cancel_all(Some(id), now.wall_ns, &mut happened);
            self.publish_private(&happened, now, out);
        }
    }
}

impl VenueServer for BinanceServer {
    fn on_open(&mut self, conn: Conn, target: &str, _now: Now, _out: &mut Outbox) -> bool {
        let path = target.split('?').next().unwrap_or("").trim_end_matches('/');
        let client = match path {
            "/ws-fapi/v1" => Client::Api,
            _ => match Listener::open(target, &self.listings) {
                Some(listener) => Client::Streams(listener),
                None => return false,
            },
        };
        self.clients.insert(conn, client);
        self.watch(conn);
        true
    }

    fn on_text(&mut self, conn: Conn, text: &str, now: Now, out: &mut Outbox) {
        let request = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
        match (self.clients.get(&conn), request) {
            (Some(Client::Streams(_)), Some(request)) => self.stream_request(conn, &request, now, out),
            (Some(Client::Api), Some(request)) => self.api_request(conn, &request, now, out),
            _ => {
                let error = json!({ "code": 3, "msg": "Invalid JSON" });
                out.text(conn, json!({ "error": error, "id": null }).to_string());
            }
        }
    }

    fn on_close(&mut self, conn: Conn) {
        self.clients.remove(&conn);
    }

    fn on_call(&mut self, call: &Call, now: Now, out: &mut Outbox) -> Option<Reply> {
        let is_ours = call.path.starts_with("/fapi/") || call.path.starts_with("/api/v3/");
        is_ours.then(|| self.rest(call, now, out))
    }

    fn on_recorded(&mut self, id: InstrumentId, message: &Recorded<'_>, now: Now, out: &mut Outbox) {
        self.on_clock(now, out);
        let mut happened = Vec::new();
        match message {
            Recorded::Book { update, first_id, previous_id, next_first_id } => {
                let ids = Ids { first: *first_id, last: update.update_id, previous: *previous_id };
                self.book_ids[id.index()] = ids;
                self.snapshot_ids[id.index()] = next_first_id.unwrap_or(0).max(update.update_id);
                self.exchange.on_book(id, update, now.wall_ns, &mut happened);
                if !update.is_snapshot {
                    let (bids, asks) = (update.bids.iter().copied(), update.asks.iter().copied());
                    self.relay(id, Topic::Depth, out, |listing| {
                        streams::depth(listing, ids, bids, asks, now)
                    });
                }
            }
            Recorded::Quote(quote) => {
                self.relay(id, Topic::BookTicker, out, |listing| streams::book_ticker(listing, quote, now));
            }
            Recorded::Trade(trade) => {
                self.exchange.on_trade(id, trade, now.wall_ns, &mut happened);
                self.relay(id, Topic::Trade, out, |listing| streams::trade(listing, trade, now));
                self.relay(id, Topic::AggTrade, out, |listing| streams::agg_trade(listing, trade, now));
            }
        }
        self.publish_private(&happened, now, out);
    }

    fn on_clock(&mut self, now: Now, out: &mut Outbox) {
        self.publish_timed(now, out);
        self.run_countdowns(now, out);
        if self.listen_key.as_ref().is_some_and(|(_, end_ns)| *end_ns <= now.wall_ns) {
            self.expire_listen_key(now, out);
        }
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
