//! Stream names, connections to the stream roots, and the texts of market events.

use crate::server::{decode, parameter, Listing, Now};
use nanotick_model::{InstrumentId, Level, Quote, Side, Trade};
use std::fmt::Write;

/// Which part of the split address space a connection came in by. A stream asked for at the wrong root is accepted
/// and stays silent, as at the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Root {
    Public,
    Market,
    Private,
    /// The addresses from before the split: everything.
    Legacy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Topic {
    Depth,
    /// The top so many levels, whole.
    Top(usize),
    BookTicker,
    Trade,
    AggTrade,
    MarkPrice,
}

#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub name: String,
    /// `None` for a listen key or a name that is not known.
    pub feed: Option<(InstrumentId, Topic)>,
    /// For topics that are published by the clock.
    pub interval_ns: i64,
    pub due_ns: i64,
}

/// One connection to a stream root.
#[derive(Debug)]
pub(super) struct Listener {
    pub root: Root,
    /// Messages come wrapped with their stream's name.
    pub is_combined: bool,
    pub streams: Vec<Stream>,
    /// Requests in the second that began at the first number (ms).
    pub requests: (i64, u32),
}

impl Root {
    fn carries(self, topic: Topic) -> bool {
        match self {
            Root::Legacy => true,
            Root::Public => !matches!(topic, Topic::AggTrade | Topic::MarkPrice),
            Root::Market => matches!(topic, Topic::AggTrade | Topic::MarkPrice),
            Root::Private => false,
        }
    }
}

impl Stream {
    pub fn new(name: &str, root: Root, listings: &[Listing]) -> Stream {
        let feed = parse(name, listings).filter(|(_, topic, _)| root.carries(*topic));
        Stream {
            name: name.to_string(),
            feed: feed.map(|(id, topic, _)| (id, topic)),
            interval_ns: feed.map_or(0, |(_, _, interval_ns)| interval_ns),
            due_ns: 0,
        }
    }
}

impl Listener {
    /// From the path and query of an upgrade; `None` if it is no stream address.
    pub fn open(target: &str, listings: &[Listing]) -> Option<Listener> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        let root = match *parts.peek()? {
            "public" => Root::Public,
            "market" => Root::Market,
            "private" => Root::Private,
            _ => Root::Legacy,
        };
        if root != Root::Legacy {
            parts.next();
        }
        let is_combined = match parts.next()? {
            "ws" => false,
            "stream" => true,
            _ => return None,
        };
        let listed = parameter(query, "streams").unwrap_or_default();
        let key = parameter(query, "listenKey").unwrap_or_default();
        let mut listener = Listener { root, is_combined, streams: Vec::new(), requests: (0, 0) };
        for name in parts.map(decode).chain(listed.split('/').map(str::to_string)).chain([key]) {
            listener.subscribe(&name, listings);
        }
        Some(listener)
    }

    pub fn subscribe(&mut self, name: &str, listings: &[Listing]) {
        if !name.is_empty() && self.streams.iter().all(|stream| stream.name != name) {
            self.streams.push(Stream::new(name, self.root, listings));
        }
    }

    /// A message as this listener gets it.
    pub fn wrap(&self, stream: &str, data: &str) -> String {
        match self.is_combined {
            true => format!(r#"{{"stream":"{stream}","data":{data}}}"#),
            false => data.to_string(),
        }
    }
}

/// `btcusdt@depth@100ms` and its like: instrument, topic, interval.
fn parse(name: &str, listings: &[Listing]) -> Option<(InstrumentId, Topic, i64)> {
    let (symbol, rest) = name.split_once('@')?;
    let is_lower = symbol.bytes().all(|b| !b.is_ascii_uppercase());
    let listing = listings.iter().find(|l| is_lower && l.symbol().eq_ignore_ascii_case(symbol))?;
    let (kind, speed) = rest.split_once('@').unwrap_or((rest, ""));
    let topic = match kind {
        "depth" => Topic::Depth,
        "depth5" => Topic::Top(5),
        "depth10" => Topic::Top(10),
        "depth20" => Topic::Top(20),
        "bookTicker" => Topic::BookTicker,
        "trade" => Topic::Trade,
        "aggTrade" => Topic::AggTrade,
        "markPrice" => Topic::MarkPrice,
        _ => return None,
    };
    let interval_ms = match (topic, speed) {
        (Topic::MarkPrice, "") => 3000,
        (Topic::MarkPrice, "1s") => 1000,
        (Topic::Depth | Topic::Top(_), "" | "250ms") => 250,
        (Topic::Depth | Topic::Top(_), "0ms" | "100ms") => 100,
        (Topic::Depth | Topic::Top(_), "500ms") => 500,
        (_, "") => 0,
        _ => return None,
    };
    Some((listing.instrument.id, topic, interval_ms * 1_000_000))
}

pub(super) fn write_levels(listing: &Listing, levels: impl Iterator<Item = Level>, out: &mut String) {
    out.push('[');
    for (at, level) in levels.enumerate() {
        out.push_str(if at == 0 { "[\"" } else { ",[\"" });
        listing.write_px(level.px, out);
        out.push_str("\",\"");
        listing.write_qty(level.qty, out);
        out.push_str("\"]");
    }
    out.push(']');
}

/// First, last and previous update id of a book message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub first: u64,
    pub last: u64,
    pub previous: u64,
}

pub(super) fn depth(
    listing: &Listing,
    ids: Ids,
    bids: impl Iterator<Item = Level>,
    asks: impl Iterator<Item = Level>,
    now: Now,
) -> String {
    let mut out = String::with_capacity(2048);
    let (ms, symbol) = (now.wall_ms(), listing.symbol());
    let _ = write!(
        out,
        r#"{{"e":"depthUpdate","E":{ms},"T":{ms},"s":"{symbol}","U":{},"u":{},"pu":{},"b":"#,
        ids.first, ids.last, ids.previous
    );
    write_levels(listing, bids, &mut out);
    out.push_str(r#","a":"#);
    write_levels(listing, asks, &mut out);
    out.push('}');
    out
}

pub(super) fn book_ticker(listing: &Listing, quote: &Quote, now: Now) -> String {
    format!(
        r#"{{"e":"bookTicker","u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}","T":{ms},"E":{ms}}}"#,
        quote.update_id,
        listing.symbol(),
        listing.px(quote.bid.px),
        listing.qty(quote.bid.qty),
        listing.px(quote.ask.px),
        listing.qty(quote.ask.qty),
        ms = now.wall_ms(),
    )
}

pub(super) fn trade(listing: &Listing, trade: &Trade, now: Now) -> String {
    format!(
        r#"{{"e":"trade","E":{ms},"T":{ms},"s":"{}","t":{},"p":"{}","q":"{}","X":"MARKET","m":{}}}"#,
        listing.symbol(),
        trade.trade_id,
        listing.px(trade.px),
        listing.qty(trade.qty),
        trade.side == Side::Sell,
        ms = now.wall_ms(),
    )
}

/// Each trade is an aggregate of its own here: the recording has no aggregates.
pub(super) fn agg_trade(listing: &Listing, trade: &Trade, now: Now) -> String {
    format!(
        r#"{{"e":"aggTrade","E":{ms},"a":{id},"s":"{}","p":"{}","q":"{qty}","nq":"{qty}","f":{id},"l":{id},"T":{ms},"m":{}}}"#,
        listing.symbol(),
        listing.px(trade.px),
        trade.side == Side::Sell,
        id = trade.trade_id,
        qty = listing.qty(trade.qty),
        ms = now.wall_ms(),
    )
}

pub(super) fn mark_price(listing: &Listing, mark: &str, now: Now) -> String {
    let (ms, symbol) = (now.wall_ms(), listing.symbol());
    format!(
        r#"{{"e":"markPriceUpdate","E":{ms},"s":"{symbol}","p":"{mark}","ap":"{mark}","P":"{mark}","i":"{mark}","r":"0.00000000","T":0}}"#
    )
}
