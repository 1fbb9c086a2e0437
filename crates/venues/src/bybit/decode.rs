//! Public messages to levels and trades: a cursor for the usual shapes, the general parser for all others.
//!
//! Nothing is handed on before the whole message has been read, so a message that turns out bad changes nothing.
//! Whether a book update is in sequence is not decided here (see [`super::sync`]).

use super::messages::{BookData, PublicMessage, TradeData};
use crate::client::BadMessage;
use crate::cursor::Cursor;
use crate::json::{self, RawValue, Str};
use crate::lane::Lanes;
use crate::symbols::Symbols;
use crate::Padded;
use nanotick_model::record::MAX_LEVELS_PER_SIDE;
use nanotick_model::{Instrument, Level, Px, Qty, Side, Trade};

/// The venue puts at most this many trades in one message.
const MAX_TRADES: usize = 1024;
const NS_PER_MS: i64 = 1_000_000;

/// What a public message was. Levels and trades stay in the decoder until the next message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Public {
    Book(BookHead),
    Trades {
        instrument: usize,
        count: usize,
    },
    /// A topic that we know and do not use.
    Unused,
    Pong,
    Subscribed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookHead {
    pub instrument: usize,
    pub is_snapshot: bool,
    pub venue_ns: i64,
    pub update_id: u64,
    bids: usize,
    asks: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TradeAt {
    pub trade: Trade,
    pub venue_ns: i64,
}

pub struct Decoder {
    instruments: Box<[Instrument]>,
    lanes: Box<[(Lanes, Lanes)]>,
    symbols: Symbols,
    /// `50.`: the depth that was subscribed, as it stands in a topic.
    depth: Box<[u8]>,
    levels: Box<[Level]>,
    trades: Vec<TradeAt>,
}

fn bad(why: &'static str) -> BadMessage {
    BadMessage { why, at: 0 }
}

fn venue_ns(ms: u64) -> Option<i64> {
    i64::try_from(ms).ok()?.checked_mul(NS_PER_MS)
}

impl Decoder {
    pub fn new(instruments: &[Instrument], depth: u16) -> Decoder {
        Decoder {
            instruments: instruments.into(),
            lanes: instruments.iter().map(|i| (Lanes::new(&i.tick), Lanes::new(&i.lot))).collect(),
            symbols: Symbols::new(instruments),
            depth: format!("{depth}.").into_bytes().into(),
            levels: vec![Level::default(); 2 * MAX_LEVELS_PER_SIDE].into(),
            trades: Vec::with_capacity(MAX_TRADES),
        }
    }

    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }
    pub fn bids(&self, head: &BookHead) -> &[Level] {
        &self.levels[..head.bids]
    }
    pub fn asks(&self, head: &BookHead) -> &[Level] {
        &self.levels[head.bids..head.bids + head.asks]
    }
    pub fn trades(&self) -> &[TradeAt] {
        &self.trades
    }

    /// Reads one message, by the shortest way that accepts it.
    #[inline]
    pub fn decode(&mut self, message: Padded<'_>) -> Result<Public, BadMessage> {
        if let Some(head) = self.book(message) {
            return Ok(Public::Book(head));
        }
        if let Some(trades) = self.usual_trades(message) {
            return Ok(trades);
        }
        self.general(message.bytes())
    }

    /// The usual shape of an order book message.
    #[inline]
    pub fn book(&mut self, message: Padded<'_>) -> Option<BookHead> {
        let mut cursor = Cursor::new(message);
        cursor.skip(b"{\"topic\":\"orderbook.")?;
        cursor.skip_bytes(&self.depth)?;
        let key = cursor.read_key()?;
        let instrument = self.symbols.by_key(key)?;
        let (is_snapshot, ts) = kind_and_time(&mut cursor)?;
        cursor.skip(b",\"data\":{\"s\":\"")?;
        if cursor.read_key()? != key {
            return None;
        }
        let (tick, lot) = &self.lanes[instrument];
        cursor.skip(b",\"b\":[")?;
        let bids = cursor.read_levels(tick, lot, &mut self.levels[..MAX_LEVELS_PER_SIDE])?;
        cursor.skip(b",\"a\":[")?;
        let asks = cursor.read_levels(tick, lot, &mut self.levels[bids..bids + MAX_LEVELS_PER_SIDE])?;
        cursor.skip(b",\"u\":")?;
        let update_id = cursor.read_u64()?;
        cursor.skip(b",\"seq\":")?;
        cursor.read_u64()?;
        let time = if cursor.skip(b"},\"cts\":").is_some() {
            let cts = cursor.read_u64()?;
            cursor.skip(b"}")?;
            cts
        } else {
            cursor.skip(b"}}")?;
            ts
        };
        if !cursor.is_end() {
            return None;
        }
        Some(BookHead { instrument, is_snapshot, venue_ns: venue_ns(time)?, update_id, bids, asks })
    }

    /// The usual shape of a trade message.
    fn usual_trades(&mut self, message: Padded<'_>) -> Option<Public> {
        self.trades.clear();
        let mut cursor = Cursor::new(message);
        cursor.skip(b"{\"topic\":\"publicTrade.")?;
        let key = cursor.read_key()?;
        let instrument = self.symbols.by_key(key)?;
        kind_and_time(&mut cursor)?;
        cursor.skip(b",\"data\":[")?;
        loop {
            let trade = read_trade(&mut cursor, key, &self.instruments[instrument])?;
            if self.trades.len() == MAX_TRADES {
                return None;
            }
            self.trades.push(trade);
            if cursor.skip(b",").is_none() {
                break;
            }
        }
        cursor.skip(b"]}")?;
        cursor.is_end().then_some(Public::Trades { instrument, count: self.trades.len() })
    }

    /// Any order of keys, any spacing, any topic, any reply.
    #[cold]
    pub fn general(&mut self, message: &[u8]) -> Result<Public, BadMessage> {
        let message: PublicMessage = json::parse(message)?;
        if message.topic.is_empty() {
            return match (message.op.as_str(), message.success) {
                ("ping" | "pong", _) => Ok(Public::Pong),
                ("subscribe" | "unsubscribe", Some(true)) => Ok(Public::Subscribed),
                ("subscribe" | "unsubscribe", _) => Err(bad("a subscription was refused")),
                _ => Err(bad("neither a topic nor a known reply")),
            };
        }
        let topic = message.topic.as_str();
        let data = message.data.ok_or(bad("a topic without data"))?;
        if let Some(rest) = topic.strip_prefix("orderbook.") {
            let depth = std::str::from_utf8(&self.depth).unwrap_or_default();
            let symbol =
                rest.strip_prefix(depth).ok_or(bad("an order book of a depth that is not subscribed"))?;
            let is_snapshot = match message.kind.as_str() {
                "snapshot" => true,
                "delta" => false,
                _ => return Err(bad("neither a snapshot nor a delta")),
            };
            let time = message.cts.unwrap_or(message.ts).0;
            self.general_book(symbol, is_snapshot, time, data)
        } else if let Some(symbol) = topic.strip_prefix("publicTrade.") {
            self.general_trades(symbol, data)
        } else if ["tickers.", "kline.", "allLiquidation.", "liquidation."]
            .iter()
            .any(|p| topic.starts_with(p))
        {
            Ok(Public::Unused)
        } else {
            Err(bad("an unknown topic"))
        }
    }

    fn instrument_of(&self, symbol: &str) -> Result<usize, BadMessage> {
        self.symbols.by_name(symbol).ok_or(bad("a symbol that is not subscribed"))
    }

    fn general_book(
        &mut self,
        symbol: &str,
        is_snapshot: bool,
        time_ms: u64,
        data: &RawValue,
    ) -> Result<Public, BadMessage> {
        let data: BookData = json::parse_raw(data)?;
        let instrument = self.instrument_of(symbol)?;
        if data.s.as_str() != symbol {
            return Err(bad("the data is of another symbol than the topic"));
        }
        let (bids, asks) = (data.b.len(), data.a.len());
        if bids > MAX_LEVELS_PER_SIDE || asks > MAX_LEVELS_PER_SIDE {
            return Err(bad("more levels than a side may have"));
        }
        let Instrument { tick, lot, .. } = &self.instruments[instrument];
        for (slot, [px, qty]) in self.levels.iter_mut().zip(data.b.iter().chain(&data.a)) {
            let px = px.steps(tick).ok_or(bad("a price that is not a whole number of ticks"))?;
            let qty = qty.steps(lot).ok_or(bad("a size that is not a whole number of lots"))?;
            *slot = Level { px: Px(px), qty: Qty(qty) };
        }
        let venue_ns = venue_ns(time_ms).ok_or(bad("a time out of range"))?;
        Ok(Public::Book(BookHead { instrument, is_snapshot, venue_ns, update_id: data.u, bids, asks }))
    }

    fn general_trades(&mut self, symbol: &str, data: &RawValue) -> Result<Public, BadMessage> {
        let data: Vec<TradeData> = json::parse_raw(data)?;
        let instrument = self.instrument_of(symbol)?;
        if data.len() > MAX_TRADES {
            return Err(bad("more trades than a message may have"));
        }
        self.trades.clear();
        for trade in &data {
            if trade.s.as_str() != symbol {
                return Err(bad("a trade of another symbol than the topic"));
            }
            let read = general_trade(trade, &self.instruments[instrument]);
            self.trades.push(read.ok_or(bad("a trade with a malformed price, size, side or time"))?);
        }
        Ok(Public::Trades { instrument, count: data.len() })
    }
}

/// `"type"` and `"ts"`, in either order: spot and the top level put the time first.
#[inline(always)]
fn kind_and_time(cursor: &mut Cursor) -> Option<(bool, u64)> {
    if cursor.skip(b",\"type\":\"delta\",\"ts\":").is_some() {
        return Some((false, cursor.read_u64()?));
    }
    if cursor.skip(b",\"type\":\"snapshot\",\"ts\":").is_some() {
        return Some((true, cursor.read_u64()?));
    }
    cursor.skip(b",\"ts\":")?;
    let ts = cursor.read_u64()?;
    if cursor.skip(b",\"type\":\"delta\"").is_some() {
        return Some((false, ts));
    }
    cursor.skip(b",\"type\":\"snapshot\"")?;
    Some((true, ts))
}

#[inline(always)]
fn read_trade(cursor: &mut Cursor, key: u128, instrument: &Instrument) -> Option<TradeAt> {
    cursor.skip(b"{\"T\":")?;
    let time = cursor.read_u64()?;
    cursor.skip(b",\"s\":\"")?;
    if cursor.read_key()? != key {
        return None;
    }
    let side = if cursor.skip(b",\"S\":\"Buy\",\"v\":\"").is_some() {
        Side::Buy
    } else {
        cursor.skip(b",\"S\":\"Sell\",\"v\":\"")?;
        Side::Sell
    };
    let qty = Qty(cursor.read_fixed(&instrument.lot)?);
    cursor.skip(b",\"p\":\"")?;
    let px = Px(cursor.read_fixed(&instrument.tick)?);
    cursor.skip(b",\"L\":\"")?;
    cursor.text()?;
    cursor.skip(b",\"i\":\"")?;
    let trade_id = number_of(cursor.text()?);
    cursor.skip(b",\"BT\":")?;
    skip_bool(cursor)?;
    if cursor.skip(b",\"RPI\":").is_some() {
        skip_bool(cursor)?;
    }
    if cursor.skip(b",\"seq\":").is_some() {
        cursor.read_u64()?;
    }
    cursor.skip(b"}")?;
    Some(TradeAt { trade: Trade { px, qty, side, trade_id }, venue_ns: venue_ns(time)? })
}

#[inline(always)]
fn skip_bool(cursor: &mut Cursor) -> Option<()> {
    cursor.skip(b"false").or_else(|| cursor.skip(b"true"))
}

fn general_trade(trade: &TradeData, instrument: &Instrument) -> Option<TradeAt> {
    let side = side_of(&trade.side)?;
    let (px, qty) = (Px(trade.p.steps(&instrument.tick)?), Qty(trade.v.steps(&instrument.lot)?));
    let trade_id = number_of(trade.i.as_bytes());
    Some(TradeAt { trade: Trade { px, qty, side, trade_id }, venue_ns: venue_ns(trade.time_ms.0)? })
}

/// Linear trades have a UUID, spot trades a number.
fn number_of(id: &[u8]) -> u64 {
    if id.len() > 19 || !id.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    id.iter().fold(0, |value, &b| value * 10 + (b - b'0') as u64)
}

pub(super) fn side_of(text: &Str) -> Option<Side> {
    match text.as_str() {
        "Buy" => Some(Side::Buy),
        "Sell" => Some(Side::Sell),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
