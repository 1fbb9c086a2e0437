//! What a venue's server side is to whoever runs it: a state machine over connections and requests, without any I/O
//! of its own. The runner owns sockets, HTTP, WebSocket framing, clocks and the recording that is played.

use crate::sign::{Secret, Signer};
use nanotick_exchange::SimExchange;
use nanotick_model::{BookUpdate, Instrument, InstrumentId, Px, Qty, Quote, Trade};
use std::rc::Rc;

/// A WebSocket connection, as the runner numbers them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Conn(pub u64);

/// Two clocks: what clients see, and where the recording stands. They run at different speeds in fast playback.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub wall_ns: i64,
    pub market_ns: i64,
}

impl Now {
    pub fn wall_ms(&self) -> i64 {
        self.wall_ns / 1_000_000
    }
}

/// A whole HTTP request. Header names are in lower case.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// As sent, without the question mark: signatures are over these very bytes.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: impl ToString) -> Reply {
        Reply { status, headers: Vec::new(), body: body.to_string() }
    }
}

/// What goes out on WebSockets. One text is shared by all who get it.
#[derive(Clone, Debug)]
pub enum Push {
    Text(Rc<str>),
    Close(u16, &'static str),
}

/// Filled by each call, emptied by the runner.
#[derive(Default, Debug)]
pub struct Outbox(pub Vec<(Conn, Push)>);

impl Outbox {
    pub fn text(&mut self, to: Conn, text: impl Into<Rc<str>>) {
        self.0.push((to, Push::Text(text.into())));
    }
}

/// One message of a recording, decoded.
#[derive(Clone, Copy, Debug)]
pub enum Recorded<'a> {
    Book {
        update: BookUpdate<'a>,
        /// First and previous update ids, as the recorded venue gave them.
        first_id: u64,
        previous_id: u64,
        /// `first_id` of the instrument's next book message: a snapshot served now must lie within that message.
        next_first_id: Option<u64>,
    },
    Quote(Quote),
    Trade(Trade),
}

/// An instrument as a venue lists it, with the decimals that it writes numbers in.
#[derive(Clone, Debug)]
pub struct Listing {
    pub instrument: Instrument,
    pub base: String,
    pub quote: String,
    pub px_decimals: usize,
    pub qty_decimals: usize,
}

impl Listing {
    pub fn symbol(&self) -> &str {
        self.instrument.symbol.as_str()
    }

    pub fn write_px(&self, px: Px, out: &mut String) {
        write_fixed(&self.instrument.tick, px.0, self.px_decimals, out);
    }

    pub fn write_qty(&self, qty: Qty, out: &mut String) {
        write_fixed(&self.instrument.lot, qty.0, self.qty_decimals, out);
    }

    pub fn px(&self, px: Px) -> String {
        let mut out = String::new();
        self.write_px(px, &mut out);
        out
    }

    pub fn qty(&self, qty: Qty) -> String {
        let mut out = String::new();
        self.write_qty(qty, &mut out);
        out
    }
}

/// Decimal text with at least `decimals` digits behind the point, as venues pad their numbers.
fn write_fixed(grid: &nanotick_model::Grid, steps: i64, decimals: usize, out: &mut String) {
    let mut buffer = [0u8; 40];
    let n = grid.write_text(steps, &mut buffer);
    out.push_str(std::str::from_utf8(&buffer[..n]).unwrap_or("0"));
    let have = grid.parts().1 as usize;
    if decimals > have {
        if have == 0 {
            out.push('.');
        }
        out.extend(std::iter::repeat_n('0', decimals - have));
    }
}

/// What the one client of the server signs with.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub key: String,
    pub signer: Signer,
}

impl Credentials {
    pub fn new(key: String, secret: &Secret) -> Credentials {
        Credentials { key, signer: Signer::new(secret) }
    }
}

/// The server side of one venue's protocol over one simulated exchange.
pub trait VenueServer {
    /// A client wants a WebSocket at this path and query; `false` if there is none.
    fn on_open(&mut self, conn: Conn, target: &str, now: Now, out: &mut Outbox) -> bool;
    fn on_text(&mut self, conn: Conn, text: &str, now: Now, out: &mut Outbox);
    fn on_close(&mut self, conn: Conn);
    /// `None` if the path is not this venue's.
    fn on_call(&mut self, call: &Call, now: Now, out: &mut Outbox) -> Option<Reply>;
    /// A message of the recording takes effect. `now.market_ns` never goes back.
    fn on_recorded(&mut self, id: InstrumentId, message: &Recorded<'_>, now: Now, out: &mut Outbox);
    /// Feeds that are due at `now` are published.
    fn on_clock(&mut self, now: Now, out: &mut Outbox);
    /// Whether anyone has asked for a book yet.
    fn is_watched(&self) -> bool;
    fn exchange(&self) -> &SimExchange;
    fn listings(&self) -> &[Listing];
}

/// Value of a query parameter, percent-decoded. The first one wins.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| decode(v))
}

/// Percent- and plus-decoding. What is not valid stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod wire_tests;
