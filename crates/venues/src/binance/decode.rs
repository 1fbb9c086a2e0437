//! Market data of Binance USD-M, COIN-M and spot: raw or combined stream messages to levels, quotes and trades.
//!
//! Each known message has a fixed shape that a cursor walks once; whatever differs from it in order, spacing or
//! keys goes to [`super::general`]. Both give the same result. What a diff means for a book is [`super::sync`]'s.

use super::general;
use super::sync::{Diff, Snapshot};
use crate::client::BadMessage;
use crate::cursor::Cursor;
use crate::lane::Lanes;
use crate::Padded;
use nanotick_model::record::MAX_LEVELS_PER_SIDE;
use nanotick_model::{Grid, Instrument, Level, Px, Qty, Quote, Side, Trade};

/// One subscribed symbol: its names on the wire and its grids.
#[derive(Clone, Debug)]
pub struct Feed {
    /// As in `"s"`: `BTCUSDT`.
    pub symbol: String,
    pub tick: Grid,
    pub lot: Grid,
    ticks: Lanes,
    lots: Lanes,
    in_stream: Key,
    in_data: Key,
}

/// A name with the byte that must follow it, to be compared as one integer where it is short enough.
#[derive(Clone, Debug)]
struct Key {
    head: u128,
    mask: u128,
    text: Vec<u8>,
}

impl Key {
    fn new(text: String) -> Key {
        let mut head = [0u8; 16];
        let n = text.len().min(16);
        head[..n].copy_from_slice(&text.as_bytes()[..n]);
        let mask = if n == 16 { u128::MAX } else { (1 << (8 * n)) - 1 };
        Key { head: u128::from_le_bytes(head), mask, text: text.into_bytes() }
    }
    #[inline(always)]
    fn matches(&self, head: u128, rest: &[u8]) -> bool {
        head & self.mask == self.head && (self.text.len() <= 16 || rest.starts_with(&self.text))
    }
}

impl Feed {
    pub fn new(symbol: &str, tick: Grid, lot: Grid) -> Feed {
        Feed {
            symbol: symbol.to_string(),
            ticks: Lanes::new(&tick),
            lots: Lanes::new(&lot),
            tick,
            lot,
            in_stream: Key::new(format!("{}@", symbol.to_ascii_lowercase())),
            in_data: Key::new(format!("{symbol}\"")),
        }
    }
    pub fn of(instrument: &Instrument) -> Feed {
        Feed::new(instrument.symbol.as_str(), instrument.tick.clone(), instrument.lot.clone())
    }
}

/// A decoded message. `feed` is the index of its symbol in [`Decoder::feeds`].
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    Depth {
        feed: usize,
        diff: Diff<'a>,
    },
    Quote {
        feed: usize,
        /// 0 on spot, whose quotes carry no time.
        venue_ns: i64,
        quote: Quote,
    },
    Trade {
        feed: usize,
        venue_ns: i64,
        trade: Trade,
    },
    /// Trades of one taker order at one price, summed; `trade_id` is the aggregate's.
    AggTrade {
        feed: usize,
        venue_ns: i64,
        trade: Trade,
    },
    /// A REST body among stream messages, as recordings have it. Without a `symbol` it is the only feed's, if there
    /// is but one.
    Snapshot {
        feed: usize,
        snapshot: Snapshot<'a>,
    },
    /// Well-formed, and nothing for a book: another symbol or stream, an answer to a request.
    Other,
}

/// What a decoder has found, with its levels still in the scratch memory.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Depth { feed: usize, first: u64, last: u64, prev: u64, venue_ns: i64, bids: usize, asks: usize },
    Quote { feed: usize, venue_ns: i64, quote: Quote },
    Trade { feed: usize, venue_ns: i64, trade: Trade },
    AggTrade { feed: usize, venue_ns: i64, trade: Trade },
    Snapshot { feed: usize, last: u64, venue_ns: i64, bids: usize, asks: usize },
    Other,
}

/// Where levels are decoded into; kept, so that a steady stream allocates nothing.
pub(super) struct Scratch {
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// Decodes the messages of a set of symbols.
pub struct Decoder {
    feeds: Vec<Feed>,
    scratch: Scratch,
    recent: usize,
    general: u64,
}

impl Decoder {
    pub fn new(feeds: Vec<Feed>) -> Decoder {
        let side = || vec![Level::default(); MAX_LEVELS_PER_SIDE];
        Decoder { feeds, scratch: Scratch { bids: side(), asks: side() }, recent: 0, general: 0 }
    }

    pub fn feeds(&self) -> &[Feed] {
        &self.feeds
    }
    pub fn feed_of(&self, symbol: &str) -> Option<usize> {
        self.feeds.iter().position(|f| f.symbol == symbol)
    }
    /// Messages that had no known fixed shape so far. A live stream that raises it has changed its shape.
    pub fn general_messages(&self) -> u64 {
        self.general
    }

    /// Decodes one message, of a combined stream (`{"stream":..,"data":{..}}`) or bare.
    #[inline]
    pub fn decode(&mut self, message: Padded<'_>) -> Result<Message<'_>, BadMessage> {
        let found = match self.fixed(message) {
            Some(found) => found,
            None => {
                self.general += 1;
                general::message(message.bytes(), &self.feeds, &mut self.scratch)?
            }
        };
        Ok(self.message(found))
    }

    /// Decodes the body of a depth request for one of the feeds.
    pub fn snapshot(&mut self, feed: usize, body: &[u8]) -> Result<Snapshot<'_>, BadMessage> {
        match general::snapshot(body, feed, &self.feeds[feed], &mut self.scratch)? {
            Found::Snapshot { last, venue_ns, bids, asks, .. } => Ok(Snapshot {
                last,
                venue_ns,
                bids: &self.scratch.bids[..bids],
                asks: &self.scratch.asks[..asks],
            }),
            _ => Err(BadMessage { why: "not a depth snapshot", at: 0 }),
        }
    }

    #[inline(always)]
    fn message(&self, found: Found) -> Message<'_> {
        match found {
            Found::Depth { feed, first, last, prev, venue_ns, bids, asks } => {
                let (bids, asks) = (&self.scratch.bids[..bids], &self.scratch.asks[..asks]);
                Message::Depth { feed, diff: Diff { first, last, prev, venue_ns, bids, asks } }
            }
            Found::Quote { feed, venue_ns, quote } => Message::Quote { feed, venue_ns, quote },
            Found::Trade { feed, venue_ns, trade } => Message::Trade { feed, venue_ns, trade },
            Found::AggTrade { feed, venue_ns, trade } => Message::AggTrade { feed, venue_ns, trade },
            Found::Snapshot { feed, last, venue_ns, bids, asks } => {
                let (bids, asks) = (&self.scratch.bids[..bids], &self.scratch.asks[..asks]);
                Message::Snapshot { feed, snapshot: Snapshot { last, venue_ns, bids, asks } }
            }
            Found::Other => Message::Other,
        }
    }

    #[inline(always)]
    fn fixed(&mut self, message: Padded<'_>) -> Option<Found> {
        let mut c = Cursor::new(message);
        if c.skip(b"{\"stream\":\"").is_none() {
            c.skip(b"{\"")?;
            return self.event(&mut c, None);
        }
        let feed = self.find(&c, |feed| &feed.in_stream)?;
        c.advance(self.feeds[feed].in_stream.text.len())?;
        self.recent = feed;
        match c.peek() {
            b'd' => {
                c.skip(b"depth")?;
                if c.skip(b"@0ms").is_none() && c.skip(b"@100ms").is_none() {
                    let _ = c.skip(b"@250ms").or_else(|| c.skip(b"@500ms"));
                }
            }
            b'b' => c.skip(b"bookTicker")?,
            b't' => c.skip(b"trade")?,
            b'a' => c.skip(b"aggTrade")?,
            _ => return None,
        }
        c.skip(b"\",\"data\":{\"")?;
        let found = self.event(&mut c, Some(feed))?;
        (c.skip(b"}").is_some() && c.is_end()).then_some(found)
    }

    /// The event object behind its first `{"`. A bare one (`within` is `None`) must end the message.
    #[inline(always)]
    fn event(&mut self, c: &mut Cursor<'_>, within: Option<usize>) -> Option<Found> {
        let found = if c.skip(b"e\":\"depthUpdate\",\"E\":").is_some() {
            self.depth(c)
        } else if c.skip(b"e\":\"trade\",\"E\":").is_some() {
            self.trade(c)
        } else if c.skip(b"e\":\"aggTrade\",\"E\":").is_some() {
            self.agg_trade(c)
        } else if c.skip(b"e\":\"bookTicker\",\"u\":").is_some() {
            self.quote(c, false)
        } else {
            c.skip(b"u\":")?;
            self.quote(c, true)
        }?;
        (within.is_some() || c.is_end()).then_some(found)
    }

    /// The feed whose name stands at the cursor. Most messages are of the same symbol as the one before.
    #[inline(always)]
    fn find(&self, c: &Cursor<'_>, key: impl Fn(&Feed) -> &Key) -> Option<usize> {
        let rest = c.rest();
        let head = u128::from_le_bytes(*rest.first_chunk::<16>()?);
        if self.feeds.get(self.recent).is_some_and(|feed| key(feed).matches(head, rest)) {
            return Some(self.recent);
        }
        self.feeds.iter().position(|feed| key(feed).matches(head, rest))
    }

    /// Behind `"s":"`: the symbol, and on COIN-M its pair.
    #[inline(always)]
    fn symbol(&mut self, c: &mut Cursor<'_>) -> Option<usize> {
        let feed = self.find(c, |feed| &feed.in_data)?;
        c.advance(self.feeds[feed].in_data.text.len())?;
        self.recent = feed;
        if c.skip(b",\"ps\":\"").is_some() {
            c.text().filter(|pair| pair.is_ascii())?;
        }
        Some(feed)
    }

    #[inline(always)]
    fn depth(&mut self, c: &mut Cursor<'_>) -> Option<Found> {
        let mut time_ms = c.read_u64()?;
        if c.skip(b",\"T\":").is_some() {
            time_ms = c.read_u64()?;
        }
        c.skip(b",\"s\":\"")?;
        let feed = self.symbol(c)?;
        c.skip(b",\"U\":")?;
        let first = c.read_u64()?;
        c.skip(b",\"u\":")?;
        let last = c.read_u64()?;
        let mut prev = 0;
        if c.skip(b",\"pu\":").is_some() {
            prev = c.read_u64()?;
        }
        let Feed { ticks, lots, .. } = &self.feeds[feed];
        c.skip(b",\"b\":[")?;
        let bids = c.read_levels(ticks, lots, &mut self.scratch.bids[..MAX_LEVELS_PER_SIDE])?;
        c.skip(b",\"a\":[")?;
        let asks = c.read_levels(ticks, lots, &mut self.scratch.asks[..MAX_LEVELS_PER_SIDE])?;
        c.skip(b"}")?;
        let venue_ns = ms_to_ns(time_ms)?;
        (first <= last).then_some(Found::Depth { feed, first, last, prev, venue_ns, bids, asks })
    }

    /// Behind `"u":`. `by_id` is the shape that begins with the id: COIN-M names the event behind it, spot never.
    #[inline(always)]
    fn quote(&mut self, c: &mut Cursor<'_>, by_id: bool) -> Option<Found> {
        let update_id = c.read_u64()?;
        let timed = !by_id || c.skip(b",\"e\":\"bookTicker\"").is_some();
        c.skip(b",\"s\":\"")?;
        let feed = self.symbol(c)?;
        let Feed { ticks, lots, .. } = &self.feeds[feed];
        c.skip(b",\"b\":\"")?;
        let bid_px = c.read_fixed(ticks)?;
        c.skip(b",\"B\":\"")?;
        let bid_qty = c.read_fixed(lots)?;
        c.skip(b",\"a\":\"")?;
        let ask_px = c.read_fixed(ticks)?;
        c.skip(b",\"A\":\"")?;
        let ask_qty = c.read_fixed(lots)?;
        let mut venue_ns = 0;
        if timed {
            c.skip(b",\"T\":")?;
            venue_ns = ms_to_ns(c.read_u64()?)?;
            c.skip(b",\"E\":")?;
            c.read_u64()?;
        }
        c.skip(b"}")?;
        let bid = Level { px: Px(bid_px), qty: Qty(bid_qty) };
        let ask = Level { px: Px(ask_px), qty: Qty(ask_qty) };
        Some(Found::Quote { feed, venue_ns, quote: Quote { bid, ask, update_id } })
    }

    /// Behind `"E":` of a trade.
    #[inline(always)]
    fn trade(&mut self, c: &mut Cursor<'_>) -> Option<Found> {
        c.read_u64()?;
        let mut time_ms = None;
        if c.skip(b",\"T\":").is_some() {
            time_ms = Some(c.read_u64()?);
        }
        c.skip(b",\"s\":\"")?;
        let feed = self.symbol(c)?;
        let Feed { ticks, lots, .. } = &self.feeds[feed];
        c.skip(b",\"t\":")?;
        let trade_id = c.read_u64()?;
        c.skip(b",\"p\":\"")?;
        let px = Px(c.read_fixed(ticks)?);
        c.skip(b",\"q\":\"")?;
        let qty = Qty(c.read_fixed(lots)?);
        let time_ms = match time_ms {
            // Futures: liquidations that the insurance fund takes are no market trades, and go the general way.
            Some(time_ms) => {
                c.skip(b",\"X\":\"MARKET\"")?;
                time_ms
            }
            None => {
                c.skip(b",\"T\":")?;
                c.read_u64()?
            }
        };
        let side = taker_side(c)?;
        let _ = c.skip(b",\"M\":true").or_else(|| c.skip(b",\"M\":false"));
        c.skip(b"}")?;
        Some(Found::Trade { feed, venue_ns: ms_to_ns(time_ms)?, trade: Trade { px, qty, side, trade_id } })
    }

    /// Behind `"E":` of an aggregate trade. Futures name the aggregate before the symbol, spot behind it.
    #[inline(always)]
    fn agg_trade(&mut self, c: &mut Cursor<'_>) -> Option<Found> {
        c.read_u64()?;
        let mut trade_id = None;
        if c.skip(b",\"a\":").is_some() {
            trade_id = Some(c.read_u64()?);
        }
        c.skip(b",\"s\":\"")?;
        let feed = self.symbol(c)?;
        let trade_id = match trade_id {
            Some(id) => id,
            None => {
                c.skip(b",\"a\":")?;
                c.read_u64()?
            }
        };
        let Feed { ticks, lots, .. } = &self.feeds[feed];
        c.skip(b",\"p\":\"")?;
        let px = Px(c.read_fixed(ticks)?);
        c.skip(b",\"q\":\"")?;
        let qty = Qty(c.read_fixed(lots)?);
        c.skip(b",\"f\":")?;
        c.read_u64()?;
        c.skip(b",\"l\":")?;
        c.read_u64()?;
        c.skip(b",\"T\":")?;
        let venue_ns = ms_to_ns(c.read_u64()?)?;
        let side = taker_side(c)?;
        let _ = c.skip(b",\"M\":true").or_else(|| c.skip(b",\"M\":false"));
        c.skip(b"}")?;
        Some(Found::AggTrade { feed, venue_ns, trade: Trade { px, qty, side, trade_id } })
    }
}

/// `,"m":true`: the buyer was the maker, so the taker sold.
#[inline(always)]
fn taker_side(c: &mut Cursor<'_>) -> Option<Side> {
    if c.skip(b",\"m\":true").is_some() {
        return Some(Side::Sell);
    }
    c.skip(b",\"m\":false")?;
    Some(Side::Buy)
}

#[inline(always)]
pub(super) fn ms_to_ns(ms: u64) -> Option<i64> {
    i64::try_from(ms).ok()?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests;
