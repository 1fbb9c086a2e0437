//! What a venue's client side is to the driver: a state machine over sockets and requests, without any I/O of its own.
//!
//! The driver owns sockets, TLS, clocks and reconnects. It tells the client what opened, closed and arrived; the
//! client answers with bytes to send, requests to make and events for the engine.

use crate::Padded;
use nanotick_model::{Command, Event, Socket};

/// Where events go as they are decoded. Static dispatch: the engine's intake is inlined into the decoder's tail.
pub trait Sink {
    fn event(&mut self, event: &Event<'_>);
}

impl<F: FnMut(&Event<'_>)> Sink for F {
    #[inline(always)]
    fn event(&mut self, event: &Event<'_>) {
        self(event)
    }
}

/// Why a message was not used. It is counted, reported at most once a second, and never changes a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadMessage {
    pub why: &'static str,
    /// Byte offset in the message, as near as the decoder knows.
    pub at: usize,
}

/// A REST request: made by the driver off the hot path, answered through [`VenueClient::on_response`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpRequest {
    /// What the client recognises the answer by.
    pub tag: u64,
    pub method: &'static str,
    /// Path and query, already signed if it must be.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Do not send before this time, ns since the Unix epoch (back-off); 0 = at once.
    pub not_before_ns: i64,
}

/// The answer. `status` 0 means that there was none: the outcome is unknown, and `body` says why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpResponse {
    pub tag: u64,
    pub status: u16,
    pub body: Vec<u8>,
}

/// What a client wants done. The driver empties it after each call. Not used on the hot path.
#[derive(Default, Debug)]
pub struct Io {
    /// Text frames to send, in order.
    pub sends: Vec<(Socket, String)>,
    pub requests: Vec<HttpRequest>,
    /// Sockets to close and open anew (the driver backs off).
    pub reconnect: Vec<Socket>,
}

/// One side of a socket: where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub socket: Socket,
    /// Path and query of the WebSocket upgrade, e.g. `/v5/public/linear`.
    pub path: String,
}

/// What [`VenueClient::encode`] wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoded {
    /// So many payload bytes of a text frame for this socket stand at the front of the buffer.
    Frame(Socket, usize),
    /// It went into `io` (a request, a resubscription), or needs nothing sent.
    Queued,
}

/// The client side of a venue's protocol for the instruments of one session.
pub trait VenueClient {
    /// The sockets to open now. Called at start and before each reconnect; a path may hold a fresh listen key.
    /// A socket whose endpoint is not known yet (a key must be fetched first) is left out.
    fn endpoints(&self) -> Vec<Endpoint>;
    /// The session begins: what must be asked before or beside opening sockets.
    fn on_start(&mut self, now_ns: i64, io: &mut Io);
    fn on_open(&mut self, socket: Socket, now_ns: i64, io: &mut Io);
    fn on_close<S: Sink>(&mut self, socket: Socket, now_ns: i64, io: &mut Io, sink: &mut S);
    /// One whole text message. The hot path: no allocation for market data in sequence.
    fn on_message<S: Sink>(
        &mut self,
        socket: Socket,
        message: Padded<'_>,
        recv_ns: i64,
        io: &mut Io,
        sink: &mut S,
    ) -> Result<(), BadMessage>;
    fn on_response<S: Sink>(&mut self, response: &HttpResponse, recv_ns: i64, io: &mut Io, sink: &mut S);
    /// At least ten times a second: heartbeats, stale feeds, retries.
    fn on_tick<S: Sink>(&mut self, now_ns: i64, io: &mut Io, sink: &mut S);
    /// Turns a command into the payload of a frame (not masked, no header). No allocation for orders.
    /// `out` has at least 1024 bytes.
    fn encode(&mut self, command: &Command, now_ns: i64, out: &mut [u8], io: &mut Io) -> Encoded;
    /// Asks the venue for open orders, positions, balances and recent fills. Answers come as events; the last is
    /// `Connection { socket: Rest, state: Reconciled }` for [`nanotick_model::InstrumentId`] 0, or
    /// `LinkState::Down` if a query failed (which is never evidence of absence).
    fn reconcile(&mut self, now_ns: i64, io: &mut Io);
    /// Messages refused so far, and the last reason.
    fn bad_messages(&self) -> (u64, Option<BadMessage>);
}
