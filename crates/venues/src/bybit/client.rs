//! The client side: sockets and heartbeats around the decoder, the books' rule and the account.

mod market;
mod trading;

use self::market::report_book;
use self::trading::{refused, report_request, CANCEL_ALL_TAG};
use super::account::{emit, Account};
use super::decode::Decoder;
use super::encode::Encoder;
use super::link::{Beat, Link};
use super::rest::{Progress, Reconciler, Rest, WHOLE_ACCOUNT};
use super::sync::BookSync;
use crate::client::{BadMessage, Encoded, Endpoint, HttpResponse, Io, Sink, VenueClient};
use crate::requests::{Operation, Request, Requests};
use crate::sign::Secret;
use crate::symbols::Symbols;
use crate::Padded;
use nanotick_model::{Body, Command, Connection, Instrument, InstrumentId, LinkState, Reject, Socket, Text};

const NS_PER_MS: i64 = 1_000_000;
/// How long a request on the trade socket may stay unanswered before its outcome counts as unknown.
const ACK_WAIT_NS: i64 = 1_000_000_000;

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
