//! The client side of USD-M: sockets, snapshots, the listen key and order entry around decoder, sync and account.

use super::account::{number_text, Account, Private};
use super::codes::{refusal_of, Refusal};
use super::decode::{Decoder, Feed, Message};
use super::encode::{Encoder, MAX_KEY_LEN};
use super::messages::{ApiError, ApiReply, ListenKey, PlacedOrder};
use super::rest::{body_of, Progress, Purpose, Reconciler, Rest};
use super::sync::{BookSync, Diff, Joined, Rules, Snapshot, Verdict};
use crate::client::{BadMessage, Encoded, Endpoint, HttpRequest, HttpResponse, Io, Sink, VenueClient};
use crate::json::{self, Str};
use crate::requests::{Operation, Request, Requests};
use crate::sign::Secret;
use crate::Padded;
use nanotick_model::record::MAX_LEVELS_PER_SIDE;
use nanotick_model::{
    Body, BookUpdate, ClientId, Command, Connection, Event, Instrument, InstrumentId, LinkState, OrderStatus,
    OrderUpdate, Px, Qty, Reject, Socket, Text,
};

const SECOND_NS: i64 = 1_000_000_000;
/// How long an order request may stay unanswered before its outcome counts as unknown.
const ACK_WAIT_NS: i64 = SECOND_NS;
/// A snapshot is asked for when the first diff is there, or after so long on a quiet market.
const QUIET_NS: i64 = SECOND_NS;
/// No stream says anything for so long: the socket is dead, whatever TCP says.
const SILENT_NS: i64 = 30 * SECOND_NS;
/// The key lives an hour from its last renewal.
const RENEW_KEY_NS: i64 = 30 * 60 * SECOND_NS;
const KEY_RETRY_NS: i64 = 2 * SECOND_NS;
/// The order socket answers pings of its own; without one in time it counts as dead.
const PING_EVERY_NS: i64 = 20 * SECOND_NS;
const PONG_WITHIN_NS: i64 = 10 * SECOND_NS;
/// After 429 the minute's weight must pass, after 418 the shortest ban.
const LIMITED_PAUSE_NS: i64 = 60 * SECOND_NS;
const BANNED_PAUSE_NS: i64 = 120 * SECOND_NS;
/// A cancel-all is safe to repeat: so often, and after so long.
const CANCEL_ALL_RETRIES: u64 = 3;
const CANCEL_ALL_PAUSE_NS: i64 = SECOND_NS / 2;
/// The event that an account-wide message belongs to.
const WHOLE_ACCOUNT: InstrumentId = InstrumentId(0);

/// What a session with the venue needs to know.
#[derive(Clone, Debug)]
pub struct BinanceConfig {
    /// Empty for market data only: then there is neither a private nor an order socket.
    pub key: String,
    pub secret: Secret,
    pub instruments: Vec<Instrument>,
    pub recv_window_ms: u32,
    /// A book without a diff for so long is stale.
    pub stale_after_ms: u32,
    /// Fills and closed orders from here on are asked for in the first reconciliation; 0: from when it starts.
    pub fills_since_ns: i64,
}

impl BinanceConfig {
    pub fn new(key: String, secret: Secret, instruments: Vec<Instrument>) -> BinanceConfig {
        BinanceConfig {
            key,
            secret,
            instruments,
            recv_window_ms: 5_000,
            stale_after_ms: 5_000,
            fills_since_ns: 0,
        }
    }
}

/// One instrument's book.
struct BookFeed {
    id: InstrumentId,
    sync: BookSync,
    last_ns: i64,
    last_quote_id: u64,
    is_stale: bool,
}

#[derive(Clone, Copy, Default)]
struct Link {
    open: bool,
    /// The open socket has been reported as up.
    told: bool,
    opened_ns: i64,
}

pub struct BinanceClient {
    instruments: Box<[Instrument]>,
    has_key: bool,
    stale_after_ns: i64,
    decoder: Decoder,
    encoder: Encoder,
    books: Box<[BookFeed]>,
    account: Account,
    rest: Rest,
    reconciler: Reconciler,
    requests: Requests,
    /// Commands that could not be sent because the order socket was down: refused at the next tick.
    unsent: Vec<Request>,
    listen_key: Option<String>,
    renew_key_at_ns: i64,
    public: Link,
    private: Link,
    trade: Link,
    public_heard_ns: i64,
    ping_at_ns: i64,
    pong_by_ns: i64,
    pings: u64,
    /// No request leaves before this: the venue has said that there were too many.
    pause_until_ns: i64,
    bad: u64,
    last_bad: Option<BadMessage>,
}

impl BinanceClient {
    pub fn new(config: BinanceConfig) -> BinanceClient {
        let BinanceConfig { key, secret, instruments, recv_window_ms, .. } = config;
        // The key goes into frames and headers as it is; what the venue would never give out stays out of them.
        let is_plain = key.len() <= MAX_KEY_LEN
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let sent_key = if is_plain { key.as_str() } else { "" };
        let why = "the API key is not one that the venue gives out: letters and digits, at most 128";
        let book = |instrument: &Instrument| BookFeed {
            id: instrument.id,
            sync: BookSync::new(Rules::Futures),
            last_ns: 0,
            last_quote_id: 0,
            is_stale: false,
        };
        BinanceClient {
            has_key: !sent_key.is_empty(),
            stale_after_ns: config.stale_after_ms as i64 * 1_000_000,
            decoder: Decoder::new(instruments.iter().map(Feed::of).collect()),
            encoder: Encoder::new(&instruments, sent_key, &secret, recv_window_ms),
            books: instruments.iter().map(book).collect(),
            account: Account::new(&instruments),
            rest: Rest::new(sent_key, &secret, recv_window_ms),
            reconciler: Reconciler::new(config.fills_since_ns),
            requests: Requests::new(),
            unsent: Vec::new(),
            listen_key: None,
            renew_key_at_ns: i64::MAX,
            public: Link::default(),
            private: Link::default(),
            trade: Link::default(),
            public_heard_ns: 0,
            ping_at_ns: i64::MAX,
            pong_by_ns: i64::MAX,
            pings: 0,
            pause_until_ns: 0,
            bad: !is_plain as u64,
            last_bad: (!is_plain).then_some(BadMessage { why, at: 0 }),
            instruments: instruments.into(),
        }
    }

    /// Entries of the account's messages that were of no concern to this session.
    pub fn foreign_entries(&self) -> u64 {
        self.account.foreign
    }
    /// Fills whose fee was paid in another coin than the instrument settles in, and so counts as zero.
    pub fn foreign_fees(&self) -> u64 {
        self.account.foreign_fees
    }
    /// Market data messages that had no known fixed shape.
    pub fn general_messages(&self) -> u64 {
        self.decoder.general_messages()
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
        match self.instruments.get(instrument.index()) {
            Some(known) if known.id == instrument => Some(instrument.index()),
            _ => self.instruments.iter().position(|i| i.id == instrument),
        }
    }

    fn refuse(&mut self, bad: BadMessage) -> BadMessage {
        self.bad += 1;
        self.last_bad = Some(bad);
        bad
    }

    fn first_instrument(&self) -> InstrumentId {
        self.instruments.first().map_or(WHOLE_ACCOUNT, |i| i.id)
    }

    #[inline]
    fn on_public<S: Sink>(
        &mut self,
        message: Padded<'_>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        self.public_heard_ns = recv_ns;
        let body = match self.decoder.decode(message)? {
            Message::Depth { feed, diff } => {
                let book = &mut self.books[feed];
                if let Some(delay_ns) = book.on_diff(&diff, recv_ns, sink) {
                    self.ask_for_book(feed, delay_ns, recv_ns, io);
                }
                return Ok(());
            }
            Message::Quote { feed, venue_ns, quote } => {
                self.books[feed].last_quote_id = quote.update_id;
                (feed, venue_ns, Body::Quote(quote))
            }
            Message::Trade { feed, venue_ns, trade } => (feed, venue_ns, Body::Trade(trade)),
            // Not subscribed to, and no concern of ours.
            Message::AggTrade { .. } | Message::Snapshot { .. } | Message::Other => return Ok(()),
        };
        let (feed, venue_ns, body) = body;
        sink.event(&Event { venue_ns, recv_ns, instrument: self.books[feed].id, body });
        Ok(())
    }

    /// Queues the request for a snapshot.
    #[cold]
    fn ask_for_book(&mut self, at: usize, delay_ns: i64, now_ns: i64, io: &mut Io) {
        let path = format!("/fapi/v1/depth?symbol={}&limit=1000", self.instruments[at].symbol);
        let not_before_ns = if delay_ns > 0 { now_ns + delay_ns } else { 0 }.max(self.pause_until_ns);
        io.requests.push(self.rest.plain(Purpose::Snapshot.tag(at as u64), "GET", path, not_before_ns));
    }

    fn on_snapshot<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S) {
        let at = response.tag as u16 as usize;
        let Some(book) = self.books.get_mut(at) else { return };
        let outcome = body_of(response).and_then(|body| self.decoder.snapshot(at, body));
        let refused = match outcome {
            Ok(snapshot) => {
                book.on_snapshot(&snapshot, recv_ns, sink);
                None
            }
            Err(bad) => {
                book.sync.request_failed();
                Some(bad)
            }
        };
        if let Some(bad) = refused {
            self.refuse(bad);
        }
        self.ask_if_wanted(at, recv_ns, io);
    }

    fn ask_if_wanted(&mut self, at: usize, now_ns: i64, io: &mut Io) {
        if !self.public.open {
            return;
        }
        if let Some(delay_ns) = self.books[at].sync.take_request() {
            self.ask_for_book(at, delay_ns, now_ns, io);
        }
    }

    fn tick_books<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        if !self.public.open {
            return;
        }
        let is_quiet = now_ns.saturating_sub(self.public.opened_ns) > QUIET_NS;
        for at in 0..self.books.len() {
            let book = &mut self.books[at];
            let is_late = now_ns.saturating_sub(book.last_ns) > self.stale_after_ns;
            if book.sync.is_live() && is_late && !book.is_stale {
                book.is_stale = true;
                report_book(book.id, LinkState::Stale, now_ns, sink);
                if book.last_quote_id > book.sync.update_id() {
                    // The venue's quotes have moved on without a diff: the book's stream is broken.
                    book.sync.reset();
                }
            }
            if is_quiet {
                self.ask_if_wanted(at, now_ns, io);
            }
        }
        if now_ns.saturating_sub(self.public_heard_ns) > SILENT_NS {
            self.public_heard_ns = now_ns;
            io.reconnect.push(Socket::Public);
        }
    }

    fn ask_for_key(&mut self, not_before_ns: i64, io: &mut Io) {
        self.renew_key_at_ns = i64::MAX;
        let path = "/fapi/v1/listenKey".to_string();
        let tag = Purpose::ListenKey.tag(0);
        io.requests.push(self.rest.plain(tag, "POST", path, not_before_ns.max(self.pause_until_ns)));
    }

    fn on_listen_key(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io) {
        match body_of(response).and_then(json::parse::<ListenKey>) {
            // It becomes part of a path, so it must not be able to change what the path means.
            Ok(ListenKey { listen_key: key }) if is_word(key.as_str()) => {
                self.renew_key_at_ns = recv_ns + RENEW_KEY_NS;
                let is_new = self.listen_key.as_deref() != Some(key.as_str());
                self.listen_key = Some(key.as_str().to_owned());
                // A socket that is not open yet will be, now that its endpoint is known.
                if is_new && self.private.open {
                    io.reconnect.push(Socket::Private);
                }
            }
            outcome => {
                let bad = BadMessage { why: "no listen key in the answer", at: 0 };
                self.refuse(outcome.err().unwrap_or(bad));
                self.ask_for_key(recv_ns + KEY_RETRY_NS, io);
            }
        }
    }

    fn on_kept_alive(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io) {
        match body_of(response) {
            Ok(_) => self.renew_key_at_ns = recv_ns + RENEW_KEY_NS,
            Err(bad) => {
                self.refuse(bad);
                let code = json::parse::<ApiError>(&response.body).map_or(0, |error| error.code);
                if code == -1125 {
                    self.ask_for_key(0, io);
                } else {
                    self.renew_key_at_ns = recv_ns + KEY_RETRY_NS;
                }
            }
        }
    }

    fn on_api<S: Sink>(
        &mut self,
        message: &[u8],
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage> {
        let reply: ApiReply = json::parse(message)?;
        self.pong_by_ns = i64::MAX;
        let id: Str = reply.id.and_then(|id| json::parse_raw(id).ok()).unwrap_or_default();
        if id.as_bytes().first() == Some(&b'p') {
            return Ok(());
        }
        let Some(request) = self.requests.answer(id.as_bytes()) else {
            return Err(BadMessage { why: "an answer to no request of ours", at: 0 });
        };
        let code = reply.error.map_or(0, |error| error.code);
        if reply.status == 200 && reply.error.is_none() {
            // What became of an amend or a cancel, the private stream tells.
            if request.operation == Operation::Create {
                let placed = reply.result.and_then(|result| json::parse_raw::<PlacedOrder>(result).ok());
                let venue_order = placed.map_or(Text::EMPTY, |placed| number_text(placed.order_id));
                report_request(&request, (OrderStatus::Acked, Reject::None), 0, venue_order, recv_ns, sink);
            }
            return Ok(());
        }
        if matches!(reply.status, 418 | 429) {
            self.pause(reply.status, recv_ns);
        }
        if code == -1125 {
            self.ask_for_key(0, io);
        }
        let outcome = match refusal_of(reply.status, code) {
            Refusal::Unknown => (OrderStatus::Unknown, Reject::None),
            Refusal::Refused(reject) => (refused(request.operation), reject),
        };
        let code = code.clamp(i32::MIN as i64, i32::MAX as i64) as i32;
        report_request(&request, outcome, code, Text::EMPTY, recv_ns, sink);
        Ok(())
    }

    fn pause(&mut self, status: u16, now_ns: i64) {
        let pause_ns = if status == 418 { BANNED_PAUSE_NS } else { LIMITED_PAUSE_NS };
        self.pause_until_ns = self.pause_until_ns.max(now_ns.saturating_add(pause_ns));
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
        match self.place_of(instrument) {
            Some(at) if self.trade.open => {
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
        let parameters = format!("symbol={}", self.instruments[at].symbol);
        let tag = Purpose::CancelAll.tag(attempt << 16 | at as u64);
        let path = "/fapi/v1/allOpenOrders";
        io.requests.push(self.rest.signed(tag, "DELETE", path, &parameters, now_ns, not_before_ns));
    }

    fn on_cancel_all<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S) {
        let Err(bad) = body_of(response) else { return };
        self.refuse(bad);
        let (attempt, at) = ((response.tag >> 16) & 0xffff, response.tag as u16 as usize);
        if attempt < CANCEL_ALL_RETRIES && at < self.instruments.len() {
            let not_before_ns = recv_ns + (CANCEL_ALL_PAUSE_NS << attempt);
            self.cancel_all(at, attempt + 1, not_before_ns, recv_ns, io);
        } else {
            report(WHOLE_ACCOUNT, Socket::Rest, LinkState::Down, recv_ns, sink);
        }
    }

    /// Tells once of each socket that has opened; orders need no more than an open socket.
    fn tick_links<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        let first = self.first_instrument();
        for socket in [Socket::Public, Socket::Private, Socket::Trade] {
            let Some(link) = self.link(socket).filter(|link| link.open && !link.told) else { continue };
            link.told = true;
            report(first, socket, LinkState::Up, now_ns, sink);
        }
        if !self.trade.open {
            return;
        }
        if now_ns >= self.pong_by_ns {
            self.pong_by_ns = i64::MAX;
            io.reconnect.push(Socket::Trade);
        } else if now_ns >= self.ping_at_ns {
            self.pings += 1;
            self.ping_at_ns = now_ns + PING_EVERY_NS;
            self.pong_by_ns = self.pong_by_ns.min(now_ns + PONG_WITHIN_NS);
            io.sends.push((Socket::Trade, format!("{{\"id\":\"p{}\",\"method\":\"ping\"}}", self.pings)));
        }
    }

    fn give_up_requests<S: Sink>(&mut self, deadline_ns: i64, now_ns: i64, sink: &mut S) {
        while let Some(request) = self.requests.overdue(deadline_ns) {
            let outcome = (OrderStatus::Unknown, Reject::None);
            report_request(&request, outcome, 0, Text::EMPTY, now_ns, sink);
        }
    }
}

impl BookFeed {
    /// Takes a diff in; the delay of the snapshot request that it calls for, if it does.
    #[inline]
    fn on_diff<S: Sink>(&mut self, diff: &Diff<'_>, recv_ns: i64, sink: &mut S) -> Option<i64> {
        let instrument = self.id;
        let verdict = self.sync.diff(diff, |venue_ns, update| {
            sink.event(&Event { venue_ns, recv_ns, instrument, body: Body::Book(update) });
        });
        self.last_ns = recv_ns;
        match verdict {
            Verdict::Applied if !self.is_stale => None,
            Verdict::Applied => {
                self.is_stale = false;
                report_book(instrument, LinkState::Synced, recv_ns, sink);
                None
            }
            Verdict::Dropped => None,
            Verdict::Held => self.sync.take_request(),
            Verdict::Gap => {
                report_book(instrument, LinkState::Gap, recv_ns, sink);
                self.sync.take_request()
            }
        }
    }

    fn on_snapshot<S: Sink>(&mut self, snapshot: &Snapshot<'_>, recv_ns: i64, sink: &mut S) {
        let instrument = self.id;
        // More is never asked for; what is farther out than this is not worth refusing the book.
        let near = |side: &[nanotick_model::Level]| side.len().min(MAX_LEVELS_PER_SIDE);
        let snapshot = Snapshot {
            bids: &snapshot.bids[..near(snapshot.bids)],
            asks: &snapshot.asks[..near(snapshot.asks)],
            ..*snapshot
        };
        let joined = self.sync.snapshot(&snapshot, |venue_ns, update: BookUpdate<'_>| {
            sink.event(&Event { venue_ns, recv_ns, instrument, body: Body::Book(update) });
        });
        if joined == Joined::Live {
            self.is_stale = false;
            self.last_ns = recv_ns;
            report_book(instrument, LinkState::Synced, recv_ns, sink);
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

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn report<S: Sink>(instrument: InstrumentId, socket: Socket, state: LinkState, now_ns: i64, sink: &mut S) {
    let body = Body::Connection(Connection { socket, state });
    sink.event(&Event { venue_ns: 0, recv_ns: now_ns, instrument, body });
}

fn report_book<S: Sink>(instrument: InstrumentId, state: LinkState, now_ns: i64, sink: &mut S) {
    report(instrument, Socket::Public, state, now_ns, sink);
}

fn report_request<S: Sink>(
    request: &Request,
    (status, reject): (OrderStatus, Reject),
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
    let body = Body::OrderUpdate(update);
    sink.event(&Event { venue_ns: 0, recv_ns: now_ns, instrument: request.instrument, body });
}

impl VenueClient for BinanceClient {
    fn endpoints(&self) -> Vec<Endpoint> {
        let mut streams = Vec::new();
        for instrument in self.instruments.iter() {
            let symbol = instrument.symbol.as_str().to_ascii_lowercase();
            streams.extend(["depth@0ms", "bookTicker", "trade"].map(|stream| format!("{symbol}@{stream}")));
        }
        let endpoint = |socket, path| Endpoint { socket, path };
        let mut endpoints =
            vec![endpoint(Socket::Public, format!("/public/stream?streams={}", streams.join("/")))];
        if self.has_key {
            if let Some(key) = &self.listen_key {
                endpoints.push(endpoint(Socket::Private, format!("/private/ws?listenKey={key}")));
            }
            endpoints.push(endpoint(Socket::Trade, "/ws-fapi/v1".to_owned()));
        }
        endpoints
    }

    fn on_start(&mut self, _now_ns: i64, io: &mut Io) {
        if self.has_key {
            self.ask_for_key(0, io);
        }
    }

    fn on_open(&mut self, socket: Socket, now_ns: i64, _io: &mut Io) {
        let Some(link) = self.link(socket) else { return };
        *link = Link { open: true, told: false, opened_ns: now_ns };
        match socket {
            Socket::Public => self.public_heard_ns = now_ns,
            Socket::Trade => (self.ping_at_ns, self.pong_by_ns) = (now_ns + PING_EVERY_NS, i64::MAX),
            Socket::Private | Socket::Rest => {}
        }
    }

    fn on_close<S: Sink>(&mut self, socket: Socket, now_ns: i64, _io: &mut Io, sink: &mut S) {
        let Some(link) = self.link(socket) else { return };
        *link = Link::default();
        match socket {
            Socket::Public => {
                for book in &mut self.books {
                    book.sync.reset();
                    book.is_stale = false;
                    book.last_quote_id = 0;
                    report_book(book.id, LinkState::Down, now_ns, sink);
                }
            }
            _ => report(self.first_instrument(), socket, LinkState::Down, now_ns, sink),
        }
        match socket {
            Socket::Trade => self.give_up_requests(i64::MAX, now_ns, sink),
            // It may have been closed for its key: have that checked before long.
            Socket::Private if self.listen_key.is_some() => self.renew_key_at_ns = now_ns,
            _ => {}
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
            Socket::Private => match self.account.private(message.bytes(), recv_ns, sink) {
                Ok(Private::Done) => Ok(()),
                Ok(Private::KeyExpired) => {
                    self.listen_key = None;
                    self.ask_for_key(0, io);
                    Ok(())
                }
                Err(bad) => Err(bad),
            },
            Socket::Trade => self.on_api(message.bytes(), recv_ns, io, sink),
            Socket::Rest => Err(BadMessage { why: "a message from a socket that does not exist", at: 0 }),
        };
        outcome.map_err(|bad| self.refuse(bad))
    }

    fn on_response<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S) {
        if matches!(response.status, 418 | 429) {
            self.pause(response.status, recv_ns);
        }
        match Purpose::of(response.tag) {
            Some(Purpose::Snapshot) => self.on_snapshot(response, recv_ns, io, sink),
            Some(Purpose::ListenKey) => self.on_listen_key(response, recv_ns, io),
            Some(Purpose::KeepAlive) => self.on_kept_alive(response, recv_ns, io),
            Some(Purpose::CancelAll) => self.on_cancel_all(response, recv_ns, io, sink),
            Some(Purpose::Reconcile) => {
                let (reconciler, account) = (&mut self.reconciler, &mut self.account);
                let state = match reconciler.on_response(response, &self.rest, account, recv_ns, io, sink) {
                    Progress::Stray | Progress::Running => return,
                    Progress::Done => LinkState::Reconciled,
                    Progress::Failed => LinkState::Down,
                };
                report(WHOLE_ACCOUNT, Socket::Rest, state, recv_ns, sink);
            }
            None => {}
        }
    }

    fn on_tick<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S) {
        self.tick_links(now_ns, io, sink);
        self.tick_books(now_ns, io, sink);
        self.give_up_requests(now_ns.saturating_sub(ACK_WAIT_NS), now_ns, sink);
        for request in std::mem::take(&mut self.unsent) {
            let outcome = (refused(request.operation), Reject::Venue);
            report_request(&request, outcome, 0, Text::EMPTY, now_ns, sink);
        }
        if now_ns >= self.renew_key_at_ns {
            self.renew_key_at_ns = i64::MAX;
            let tag = Purpose::KeepAlive.tag(0);
            let request: HttpRequest =
                self.rest.plain(tag, "PUT", "/fapi/v1/listenKey".to_owned(), self.pause_until_ns);
            io.requests.push(request);
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
                |encoder, at, number| encoder.place(at, place, number, now_ns, out),
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
                    self.books[at].sync.reset();
                    self.ask_if_wanted(at, now_ns, io);
                }
                Encoded::Queued
            }
            Command::SetTimer(_) => Encoded::Queued,
        }
    }

    fn reconcile(&mut self, now_ns: i64, io: &mut Io) {
        self.reconciler.start(&self.rest, &mut self.account, now_ns, self.pause_until_ns, io);
    }

    fn bad_messages(&self) -> (u64, Option<BadMessage>) {
        (self.bad + self.account.bad, self.last_bad.or(self.account.last_bad))
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod against_server;
