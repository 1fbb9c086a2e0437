//! The client side: sockets, subscriptions and heartbeats around the decoder, the books' rule and the account.

use super::account::{emit, Account};
use super::codes::{answer_of, Answer};
use super::decode::{BookHead, Decoder, Public};
use super::encode::Encoder;
use super::link::{Beat, Link};
use super::messages::{
    ExecutionData, OrderData, OrderIds, PositionData, PrivateMessage, TradeReply, WalletData,
};
use super::rest::{result_of, Progress, Reconciler, Rest, WHOLE_ACCOUNT};
use super::sync::{BookSync, Verdict};
use crate::client::{BadMessage, Encoded, Endpoint, HttpResponse, Io, Sink, VenueClient};
use crate::json;
use crate::requests::{Operation, Request, Requests};
use crate::sign::Secret;
use crate::symbols::Symbols;
use crate::Padded;
use nanotick_model::{
    Body, BookUpdate, ClientId, Command, Connection, Event, Instrument, InstrumentId, LinkState, OrderStatus,
    OrderUpdate, Px, Qty, Reject, Socket, Text,
};

const NS_PER_MS: i64 = 1_000_000;
/// How long a request on the trade socket may stay unanswered before its outcome counts as unknown.
const ACK_WAIT_NS: i64 = 1_000_000_000;
/// Topics per subscribe frame: far below the venue's 21,000 bytes.
const TOPICS_PER_FRAME: usize = 100;
/// Tags of cancel-all requests; the reconciler's tags stay below.
const CANCEL_ALL_TAG: u64 = 1 << 63;
/// A cancel-all is safe to repeat: so often, and after so long.
const CANCEL_ALL_RETRIES: u64 = 3;
const CANCEL_ALL_PAUSE_NS: i64 = 500_000_000;

/// What a session with the venue needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Empty for market data only: then there is neither a private nor a trade socket.
    pub key: String,
    pub secret: Secret,
    pub instruments: Vec<Instrument>,
    /// Levels of the order book topic: 1, 50, 200 or 1000.
    pub depth: u16,
    pub recv_window_ms: u32,
    /// A book without a message for so long is stale.
    pub stale_after_ms: u32,
    /// Fills and closed orders from here on are asked for in the first reconciliation; 0: from when it starts.
    pub fills_since_ns: i64,
}

/// One instrument's book feed.
#[derive(Clone, Copy, Default)]
struct Feed {
    sync: BookSync,
    last_ns: i64,
    is_stale: bool,
}

pub struct BybitClient {
    config: Config,
    decoder: Decoder,
    encoder: Encoder,
    account: Account,
    rest: Rest,
    reconciler: Reconciler,
    requests: Requests,
    /// Commands that could not be sent because the trade socket was down: refused at the next tick.
    unsent: Vec<Request>,
    feeds: Box<[Feed]>,
    public: Link,
    private: Link,
    trade: Link,
    bad: u64,
    last_bad: Option<BadMessage>,
    /// Subscribe frames so far; their number is the `req_id`.
    frames: u64,
}

impl BybitClient {
    pub fn new(config: Config) -> BybitClient {
        let instruments = &config.instruments;
        let account = Account {
            instruments: instruments.clone().into(),
            symbols: Symbols::new(instruments),
            foreign: 0,
            bad: 0,
            last_bad: None,
        };
        BybitClient {
            decoder: Decoder::new(instruments, config.depth),
            encoder: Encoder::new(instruments, config.recv_window_ms),
            account,
            rest: Rest::new(&config.key, &config.secret, config.recv_window_ms),
            reconciler: Reconciler::new(config.fills_since_ns),
            requests: Requests::new(),
            unsent: Vec::new(),
            feeds: vec![Feed::default(); instruments.len()].into(),
            public: Link::default(),
            private: Link::default(),
            trade: Link::default(),
            bad: 0,
            last_bad: None,
            frames: 0,
            config,
        }
    }

    /// Entries of the account's messages that were of no concern: other symbols, funding, settlement.
    pub fn foreign_entries(&self) -> u64 {
        self.account.foreign
    }

    fn link(&mut self, socket: Socket) -> Option<&mut Link> {
        match socket {
            Socket::Public => Some(&mut self.public),
            Socket::Private => Some(&mut self.private),
            Socket::Trade => Some(&mut self.trade),
            Socket::Rest => None,
        }
    }

    fn place_of(&self, instrument: InstrumentId) -> Option<usize> {
        self.config.instruments.iter().position(|i| i.id == instrument)
    }

    /// The instrument that socket-wide events are reported under.
    fn first_instrument(&self) -> InstrumentId {
        self.config.instruments.first().map_or(WHOLE_ACCOUNT, |i| i.id)
    }

    fn refuse(&mut self, bad: BadMessage) -> BadMessage {
        self.bad += 1;
        self.last_bad = Some(bad);
        bad
    }

    // --- market data -------------------------------------------------------------------------------------------

    #[inline]
    fn on_public<S: Sink>(
        &mut self,
        message: Padded<'_>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        match self.decoder.decode(message)? {
            Public::Book(head) => self.on_book(&head, recv_ns, io, sink),
            Public::Trades { instrument, .. } => {
                let instrument = self.config.instruments[instrument].id;
                for at in self.decoder.trades() {
                    let body = Body::Trade(at.trade);
                    sink.event(&Event { venue_ns: at.venue_ns, recv_ns, instrument, body });
                }
            }
            Public::Unused => {}
            Public::Pong => self.public.on_pong(),
            Public::Subscribed => {
                if self.public.become_ready() {
                    self.report(Socket::Public, LinkState::Up, recv_ns, sink);
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn on_book<S: Sink>(&mut self, head: &BookHead, recv_ns: i64, io: &mut Io, sink: &mut S) {
        let feed = &mut self.feeds[head.instrument];
        let instrument = self.config.instruments[head.instrument].id;
        feed.last_ns = recv_ns;
        let verdict = feed.sync.on_book(head.is_snapshot, head.update_id, recv_ns);
        let is_snapshot = match verdict {
            Verdict::Delta => false,
            Verdict::Snapshot { .. } => true,
            Verdict::Duplicate | Verdict::Waiting => return,
            Verdict::Gap => {
                report_book(instrument, LinkState::Gap, recv_ns, sink);
                if self.feeds[head.instrument].sync.is_due(recv_ns) {
                    self.resubscribe(head.instrument, recv_ns, io);
                }
                return;
            }
        };
        let was_stale = std::mem::take(&mut feed.is_stale);
        let update = BookUpdate {
            is_snapshot,
            update_id: head.update_id,
            bids: self.decoder.bids(head),
            asks: self.decoder.asks(head),
        };
        sink.event(&Event { venue_ns: head.venue_ns, recv_ns, instrument, body: Body::Book(update) });
        if was_stale || verdict == (Verdict::Snapshot { resumed: true }) {
            report_book(instrument, LinkState::Synced, recv_ns, sink);
        }
    }

    fn topic(&self, at: usize) -> String {
        format!("\"orderbook.{}.{}\"", self.config.depth, self.config.instruments[at].symbol)
    }

    fn send_topics(&mut self, socket: Socket, op: &str, topics: &[String], io: &mut Io) {
        for topics in topics.chunks(TOPICS_PER_FRAME) {
            self.frames += 1;
            let args = topics.join(",");
            io.sends.push((
                socket,
                format!("{{\"req_id\":\"s{}\",\"op\":\"{op}\",\"args\":[{args}]}}", self.frames),
            ));
        }
    }

    /// Leaves and joins a book's topic: the first message after that is a snapshot.
    fn resubscribe(&mut self, at: usize, now_ns: i64, io: &mut Io) {
        let topic = [self.topic(at)];
        self.send_topics(Socket::Public, "unsubscribe", &topic, io);
        self.send_topics(Socket::Public, "subscribe", &topic, io);
        self.feeds[at].sync.on_subscribe(now_ns);
    }

    fn tick_feeds<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        let stale_ns = self.config.stale_after_ms as i64 * NS_PER_MS;
        for at in 0..self.feeds.len() {
            let feed = &mut self.feeds[at];
            if feed.sync.is_live() && !feed.is_stale && now_ns.saturating_sub(feed.last_ns) > stale_ns {
                // A silent feed and a quiet market look the same; a fresh snapshot tells them apart.
                feed.is_stale = true;
                feed.sync.invalidate(now_ns);
                report_book(self.config.instruments[at].id, LinkState::Stale, now_ns, sink);
            }
            if self.public.is_open() && self.feeds[at].sync.is_due(now_ns) {
                self.resubscribe(at, now_ns, io);
            }
        }
    }

    // --- account and orders ------------------------------------------------------------------------------------

    fn on_private<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let message: PrivateMessage = json::parse(message)?;
        if message.topic.is_empty() {
            return self.on_private_reply(message.op.as_str(), message.success, recv_ns, io, sink);
        }
        let data = message.data.ok_or(BadMessage { why: "a topic without data", at: 0 })?;
        let account = &mut self.account;
        match message.topic.as_str().split('.').next().unwrap_or_default() {
            "order" => account.orders(&json::parse_raw::<Vec<OrderData>>(data)?, recv_ns, sink),
            "execution" => account.executions(&json::parse_raw::<Vec<ExecutionData>>(data)?, recv_ns, sink),
            "position" => account.positions(&json::parse_raw::<Vec<PositionData>>(data)?, recv_ns, sink),
            "wallet" => {
                let wallets: Vec<WalletData> = json::parse_raw(data)?;
                account.wallets(&wallets, message.created_ms.0, recv_ns, sink);
            }
            _ => return Err(BadMessage { why: "an unknown topic", at: 0 }),
        }
        Ok(())
    }

    fn on_private_reply<S: Sink>(
        &mut self,
        op: &str,
        success: Option<bool>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        match (op, success) {
            ("ping" | "pong", _) => self.private.on_pong(),
            ("auth", Some(true)) => {
                let topics = ["order", "execution", "position", "wallet"].map(|topic| format!("\"{topic}\""));
                self.send_topics(Socket::Private, "subscribe", &topics, io);
            }
            ("subscribe", Some(true)) => {
                if self.private.become_ready() {
                    self.report(Socket::Private, LinkState::Up, recv_ns, sink);
                }
            }
            ("auth", _) => return Err(self.on_refused_key(Socket::Private, io)),
            ("subscribe", _) => return Err(BadMessage { why: "a subscription was refused", at: 0 }),
            _ => return Err(BadMessage { why: "neither a topic nor a known reply", at: 0 }),
        }
        Ok(())
    }

    fn on_refused_key(&mut self, socket: Socket, io: &mut Io) -> BadMessage {
        io.reconnect.push(socket);
        BadMessage { why: "the venue refused the key, its signature or our clock", at: 0 }
    }

    fn on_trade<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let reply: TradeReply = json::parse(message)?;
        match reply.op.as_str() {
            "ping" | "pong" => {
                self.trade.on_pong();
                return Ok(());
            }
            "auth" if reply.code == Some(0) => {
                if self.trade.become_ready() {
                    self.report(Socket::Trade, LinkState::Up, recv_ns, sink);
                }
                return Ok(());
            }
            "auth" => return Err(self.on_refused_key(Socket::Trade, io)),
            _ => {}
        }
        let Some(request) = self.requests.answer(reply.request_id.as_bytes()) else {
            return Err(BadMessage { why: "an answer to no request of ours", at: 0 });
        };
        if reply.code == Some(10019) {
            // The venue restarts this gateway: a new connection reaches another one.
            io.reconnect.push(Socket::Trade);
        }
        let ids = reply.data.and_then(|data| json::parse_raw::<OrderIds>(data).ok()).unwrap_or_default();
        let venue_order = Text::from_bytes(ids.order_id.as_bytes()).unwrap_or_default();
        let answer = reply.code.map_or(Answer::Unknown, answer_of);
        let (status, reject) = match (answer, request.operation) {
            (Answer::Accepted, Operation::Create) => (OrderStatus::Acked, Reject::None),
            // The order stream tells how it went.
            (Answer::Accepted, _) => return Ok(()),
            (Answer::Refused(reject), operation) => (refused(operation), reject),
            (Answer::Unknown, _) => (OrderStatus::Unknown, Reject::None),
        };
        let code = reply.code.unwrap_or(0).clamp(i32::MIN as i64, i32::MAX as i64) as i32;
        report_request(&request, status, reject, code, venue_order, recv_ns, sink);
        Ok(())
    }

    /// Forms the frame, or notes that it cannot be sent.
    #[inline]
    fn send_order(
        &mut self,
        operation: Operation,
        client: ClientId,
        instrument: InstrumentId,
        now_ns: i64,
        write: impl FnOnce(&mut Encoder, usize, u64) -> usize,
    ) -> Encoded {
        let at = match self.config.instruments.get(instrument.index()) {
            Some(known) if known.id == instrument => Some(instrument.index()),
            _ => self.place_of(instrument),
        };
        match at {
            Some(at) if self.trade.is_ready() => {
                let number = self.requests.begin(client, instrument, operation, now_ns);
                Encoded::Frame(Socket::Trade, write(&mut self.encoder, at, number))
            }
            _ => {
                self.unsent.push(Request { number: 0, client, instrument, operation, sent_ns: now_ns });
                Encoded::Queued
            }
        }
    }

    fn cancel_all(&mut self, at: usize, attempt: u64, not_before_ns: i64, now_ns: i64, io: &mut Io) {
        let symbol = &self.config.instruments[at].symbol;
        let body = format!("{{\"category\":\"linear\",\"symbol\":\"{symbol}\"}}");
        let tag = CANCEL_ALL_TAG | attempt << 16 | at as u64;
        let mut request = self.rest.post(tag, "/v5/order/cancel-all", body, now_ns.max(not_before_ns));
        request.not_before_ns = not_before_ns;
        io.requests.push(request);
    }

    fn on_cancel_all<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S) {
        let Err(bad) = result_of(response) else { return };
        self.refuse(bad);
        let (attempt, at) = ((response.tag & !CANCEL_ALL_TAG) >> 16, response.tag as u16 as usize);
        if attempt < CANCEL_ALL_RETRIES && at < self.config.instruments.len() {
            let pause_ns = CANCEL_ALL_PAUSE_NS << attempt;
            self.cancel_all(at, attempt + 1, recv_ns + pause_ns, recv_ns, io);
        } else {
            self.report(Socket::Rest, LinkState::Down, recv_ns, sink);
        }
    }

    // --- links -------------------------------------------------------------------------------------------------

    fn report<S: Sink>(&self, socket: Socket, state: LinkState, now_ns: i64, sink: &mut S) {
        let instrument = if socket == Socket::Rest { WHOLE_ACCOUNT } else { self.first_instrument() };
        emit(sink, instrument, 0, now_ns, Body::Connection(Connection { socket, state }));
    }

    fn tick_link(&mut self, socket: Socket, now_ns: i64, io: &mut Io) {
        let Some(link) = self.link(socket) else { return };
        match link.beat(now_ns) {
            Beat::None => {}
            Beat::Ping(number) => {
                io.sends.push((socket, format!("{{\"req_id\":\"p{number}\",\"op\":\"ping\"}}")))
            }
            Beat::Dead => io.reconnect.push(socket),
        }
    }

    fn tick_requests<S: Sink>(&mut self, deadline_ns: i64, now_ns: i64, sink: &mut S) {
        while let Some(request) = self.requests.overdue(deadline_ns) {
            report_request(&request, OrderStatus::Unknown, Reject::None, 0, Text::EMPTY, now_ns, sink);
        }
    }
}

/// The status that a refused request leaves: the order is as it was, unless it was never placed.
fn refused(operation: Operation) -> OrderStatus {
    match operation {
        Operation::Create => OrderStatus::Rejected,
        Operation::Amend => OrderStatus::AmendRejected,
        Operation::Cancel => OrderStatus::CancelRejected,
    }
}

fn report_book<S: Sink>(instrument: InstrumentId, state: LinkState, now_ns: i64, sink: &mut S) {
    emit(sink, instrument, 0, now_ns, Body::Connection(Connection { socket: Socket::Public, state }));
}

fn report_request<S: Sink>(
    request: &Request,
    status: OrderStatus,
    reject: Reject,
    venue_code: i32,
    venue_order: Text<40>,
    now_ns: i64,
    sink: &mut S,
) {
    let update = OrderUpdate {
        client: request.client,
        venue_order,
        status,
        reject,
        venue_code,
        side: None,
        order_type: None,
        tif: None,
        px: Px(0),
        qty: Qty(0),
        leaves: Qty(0),
        cum: Qty(0),
    };
    emit(sink, request.instrument, 0, now_ns, Body::OrderUpdate(update));
}

impl VenueClient for BybitClient {
    fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |socket, path: &str| Endpoint { socket, path: path.to_owned() };
        let mut endpoints = vec![endpoint(Socket::Public, "/v5/public/linear")];
        if !self.config.key.is_empty() {
            endpoints.push(endpoint(Socket::Private, "/v5/private"));
            endpoints.push(endpoint(Socket::Trade, "/v5/trade"));
        }
        endpoints
    }

    fn on_start(&mut self, _now_ns: i64, _io: &mut Io) {}

    fn on_open(&mut self, socket: Socket, now_ns: i64, io: &mut Io) {
        let Some(link) = self.link(socket) else { return };
        link.on_open(now_ns);
        match socket {
            Socket::Public => {
                let places = 0..self.feeds.len();
                let mut topics: Vec<String> = places.clone().map(|at| self.topic(at)).collect();
                topics
                    .extend(self.config.instruments.iter().map(|i| format!("\"publicTrade.{}\"", i.symbol)));
                self.send_topics(Socket::Public, "subscribe", &topics, io);
                places.for_each(|at| self.feeds[at].sync.on_subscribe(now_ns));
            }
            Socket::Private | Socket::Trade => {
                let expires_ms = now_ns / NS_PER_MS + 10_000;
                io.sends.push((socket, self.rest.socket_auth(expires_ms)));
            }
            Socket::Rest => {}
        }
    }

    fn on_close<S: Sink>(&mut self, socket: Socket, now_ns: i64, _io: &mut Io, sink: &mut S) {
        let Some(link) = self.link(socket) else { return };
        link.on_close();
        if socket == Socket::Public {
            for (feed, instrument) in self.feeds.iter_mut().zip(&self.config.instruments) {
                feed.sync.on_close();
                feed.is_stale = false;
                report_book(instrument.id, LinkState::Down, now_ns, sink);
            }
            return;
        }
        self.report(socket, LinkState::Down, now_ns, sink);
        if socket == Socket::Trade {
            self.tick_requests(i64::MAX, now_ns, sink);
        }
    }

    #[inline]
    fn on_message<S: Sink>(
        &mut self,
        socket: Socket,
        message: Padded<'_>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let outcome = match socket {
            Socket::Public => self.on_public(message, recv_ns, io, sink),
            Socket::Private => self.on_private(message.bytes(), recv_ns, io, sink),
            Socket::Trade => self.on_trade(message.bytes(), recv_ns, io, sink),
            Socket::Rest => Err(BadMessage { why: "a message from a socket that does not exist", at: 0 }),
        };
        outcome.map_err(|bad| self.refuse(bad))
    }

    fn on_response<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S) {
        if response.tag & CANCEL_ALL_TAG != 0 {
            return self.on_cancel_all(response, recv_ns, io, sink);
        }
        let progress =
            self.reconciler.on_response(response, &self.rest, &mut self.account, recv_ns, io, sink);
        match progress {
            Progress::Stray | Progress::Running => {}
            Progress::Done => self.report(Socket::Rest, LinkState::Reconciled, recv_ns, sink),
            Progress::Failed => self.report(Socket::Rest, LinkState::Down, recv_ns, sink),
        }
    }

    fn on_tick<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        for socket in [Socket::Public, Socket::Private, Socket::Trade] {
            self.tick_link(socket, now_ns, io);
        }
        self.tick_feeds(now_ns, io, sink);
        self.tick_requests(now_ns.saturating_sub(ACK_WAIT_NS), now_ns, sink);
        for request in std::mem::take(&mut self.unsent) {
            report_request(&request, refused(request.operation), Reject::Venue, 0, Text::EMPTY, now_ns, sink);
        }
    }

    #[inline]
    fn encode(&mut self, command: &Command, now_ns: i64, out: &mut [u8], io: &mut Io) -> Encoded {
        match command {
            Command::Place(place) => self.send_order(
                Operation::Create,
                place.client,
                place.instrument,
                now_ns,
                |encoder, at, number| encoder.create(at, place, number, now_ns, out),
            ),
            Command::Amend(amend) => self.send_order(
                Operation::Amend,
                amend.client,
                amend.instrument,
                now_ns,
                |encoder, at, number| encoder.amend(at, amend, number, now_ns, out),
            ),
            Command::Cancel(cancel) => self.send_order(
                Operation::Cancel,
                cancel.client,
                cancel.instrument,
                now_ns,
                |encoder, at, number| encoder.cancel(at, cancel, number, now_ns, out),
            ),
            Command::CancelAll(all) => {
                if let Some(at) = self.place_of(all.instrument) {
                    self.cancel_all(at, 0, 0, now_ns, io);
                }
                Encoded::Queued
            }
            Command::Resync(resync) => {
                if let Some(at) = self.place_of(resync.instrument) {
                    self.feeds[at].sync.invalidate(now_ns);
                    if self.public.is_open() && self.feeds[at].sync.is_due(now_ns) {
                        self.resubscribe(at, now_ns, io);
                    }
                }
                Encoded::Queued
            }
            Command::SetTimer(_) => Encoded::Queued,
        }
    }

    fn reconcile(&mut self, now_ns: i64, io: &mut Io) {
        self.reconciler.start(&self.rest, &self.account, now_ns, io);
    }

    fn bad_messages(&self) -> (u64, Option<BadMessage>) {
        (self.bad + self.account.bad, self.last_bad.or(self.account.last_bad))
    }
}

#[cfg(test)]
mod tests;
