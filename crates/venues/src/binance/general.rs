//! The general decoder of market data: any order of keys, any spacing, unknown keys, and the venue's new fields.
//!
//! Slower than the fixed shapes of [`super::decode`] and held to the same results. It also surveys messages whose
//! grids are not known yet.

use super::decode::{ms_to_ns, Feed, Found, Scratch};
use crate::client::BadMessage;
use crate::json::{self, Int, RawValue, Str};
use nanotick_model::record::MAX_LEVELS_PER_SIDE;
use nanotick_model::{Grid, Level, Px, Qty, Quote, Side, Trade};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::Deserialize;
use std::fmt;

/// The deepest snapshot that any market gives (spot, `limit=5000`).
const MAX_SNAPSHOT_LEVELS: usize = 5000;

/// Every key that any of the messages uses, left raw: what `a` is depends on the message.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    e: Option<&'a RawValue>,
    #[serde(borrow, default)]
    s: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "E")]
    event_time: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "T")]
    time: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "U")]
    first: Option<&'a RawValue>,
    #[serde(borrow, default)]
    u: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pu: Option<&'a RawValue>,
    #[serde(borrow, default)]
    b: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "B")]
    bid_qty: Option<&'a RawValue>,
    #[serde(borrow, default)]
    a: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "A")]
    ask_qty: Option<&'a RawValue>,
    #[serde(borrow, default)]
    t: Option<&'a RawValue>,
    #[serde(borrow, default)]
    p: Option<&'a RawValue>,
    #[serde(borrow, default)]
    q: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "X")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    m: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "lastUpdateId")]
    last_update_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    symbol: Option<&'a RawValue>,
    #[serde(borrow, default)]
    bids: Option<&'a RawValue>,
    #[serde(borrow, default)]
    asks: Option<&'a RawValue>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Depth,
    Quote,
    Trade,
    AggTrade,
    Snapshot,
    Other,
}

impl<'a> Fields<'a> {
    /// The event's own fields, out of the combined stream's wrapper if it has one.
    fn parse(text: &'a [u8]) -> Result<Fields<'a>, BadMessage> {
        let fields: Fields = json::parse(text)?;
        match fields.data {
            Some(data) if fields.stream.is_some() => {
                let offset = data.get().as_ptr() as usize - text.as_ptr() as usize;
                json::parse_raw(data).map_err(|bad| BadMessage { at: bad.at + offset, ..bad })
            }
            _ => Ok(fields),
        }
    }

    fn kind(&self) -> Result<Kind, BadMessage> {
        if let Some(e) = self.e {
            let name: Str = json::parse_raw(e)?;
            return Ok(match name.as_str() {
                "depthUpdate" => Kind::Depth,
                "bookTicker" => Kind::Quote,
                "trade" => Kind::Trade,
                "aggTrade" => Kind::AggTrade,
                _ => Kind::Other,
            });
        }
        if self.last_update_id.is_some() && self.bids.is_some() {
            return Ok(Kind::Snapshot);
        }
        let spot_quote = [self.u, self.s, self.b, self.bid_qty, self.a, self.ask_qty];
        Ok(if spot_quote.iter().all(Option::is_some) { Kind::Quote } else { Kind::Other })
    }
}

/// Decodes a message of any shape.
#[cold]
pub(super) fn message(text: &[u8], feeds: &[Feed], scratch: &mut Scratch) -> Result<Found, BadMessage> {
    let fields = Fields::parse(text)?;
    let kind = fields.kind()?;
    if kind == Kind::Other {
        return Ok(Found::Other);
    }
    let name = if kind == Kind::Snapshot { fields.symbol } else { Some(need(fields.s)?) };
    let feed = match name {
        Some(name) => {
            let name: Str = json::parse_raw(name)?;
            feeds.iter().position(|feed| feed.symbol == name.as_str())
        }
        None => (feeds.len() == 1).then_some(0),
    };
    let Some(feed) = feed else { return Ok(Found::Other) };
    event(kind, &fields, feed, &feeds[feed], scratch)
}

/// Decodes the body of a depth request for one feed.
pub(super) fn snapshot(
    body: &[u8],
    index: usize,
    feed: &Feed,
    scratch: &mut Scratch,
) -> Result<Found, BadMessage> {
    event(Kind::Snapshot, &Fields::parse(body)?, index, feed, scratch)
}

fn event(
    kind: Kind,
    fields: &Fields<'_>,
    feed: usize,
    Feed { tick, lot, .. }: &Feed,
    scratch: &mut Scratch,
) -> Result<Found, BadMessage> {
    Ok(match kind {
        Kind::Depth => {
            let (first, last) = (int(fields.first)?, int(fields.u)?);
            if first > last {
                return bad("a depth update that ends before it begins");
            }
            let bids = levels(fields.b, MAX_LEVELS_PER_SIDE, tick, lot, &mut scratch.bids)?;
            let asks = levels(fields.a, MAX_LEVELS_PER_SIDE, tick, lot, &mut scratch.asks)?;
            let prev = fields.pu.map_or(Ok(0), |pu| int(Some(pu)))?;
            let venue_ns = time_ns(fields.time.or(fields.event_time))?;
            Found::Depth { feed, first, last, prev, venue_ns, bids, asks }
        }
        Kind::Snapshot => {
            let bids = levels(fields.bids, MAX_SNAPSHOT_LEVELS, tick, lot, &mut scratch.bids)?;
            let asks = levels(fields.asks, MAX_SNAPSHOT_LEVELS, tick, lot, &mut scratch.asks)?;
            let venue_ns = fields.time.map_or(Ok(0), |t| time_ns(Some(t)))?;
            Found::Snapshot { feed, last: int(fields.last_update_id)?, venue_ns, bids, asks }
        }
        Kind::Quote => {
            let bid = Level { px: Px(steps(fields.b, tick)?), qty: Qty(steps(fields.bid_qty, lot)?) };
            let ask = Level { px: Px(steps(fields.a, tick)?), qty: Qty(steps(fields.ask_qty, lot)?) };
            let venue_ns = fields.time.map_or(Ok(0), |t| time_ns(Some(t)))?;
            Found::Quote { feed, venue_ns, quote: Quote { bid, ask, update_id: int(fields.u)? } }
        }
        Kind::Trade => {
            let trade = trade(fields, fields.t, tick, lot)?;
            let kind: Option<Str> = fields.kind.map(json::parse_raw).transpose()?;
            if kind.is_some_and(|kind| kind.as_str() != "MARKET") {
                return Ok(Found::Other);
            }
            Found::Trade { feed, venue_ns: time_ns(fields.time)?, trade }
        }
        Kind::AggTrade => {
            let trade = trade(fields, fields.a, tick, lot)?;
            Found::AggTrade { feed, venue_ns: time_ns(fields.time)?, trade }
        }
        Kind::Other => Found::Other,
    })
}

fn trade(fields: &Fields<'_>, id: Option<&RawValue>, tick: &Grid, lot: &Grid) -> Result<Trade, BadMessage> {
    let buyer_is_maker: bool = json::parse_raw(need(fields.m)?)?;
    Ok(Trade {
        px: Px(steps(fields.p, tick)?),
        qty: Qty(steps(fields.q, lot)?),
        side: if buyer_is_maker { Side::Sell } else { Side::Buy },
        trade_id: int(id)?,
    })
}

fn bad<T>(why: &'static str) -> Result<T, BadMessage> {
    Err(BadMessage { why, at: 0 })
}
fn need(raw: Option<&RawValue>) -> Result<&RawValue, BadMessage> {
    raw.ok_or(BadMessage { why: "a market data message without a field that it must have", at: 0 })
}
fn int(raw: Option<&RawValue>) -> Result<u64, BadMessage> {
    let Int(value) = json::parse_raw(need(raw)?)?;
    Ok(value)
}
fn time_ns(raw: Option<&RawValue>) -> Result<i64, BadMessage> {
    ms_to_ns(int(raw)?).ok_or(BadMessage { why: "a time out of range", at: 0 })
}
fn steps(raw: Option<&RawValue>, grid: &Grid) -> Result<i64, BadMessage> {
    let text: Str = json::parse_raw(need(raw)?)?;
    text.steps(grid).ok_or(BadMessage { why: "a price or size that is not on the instrument's grid", at: 0 })
}
fn levels(
    raw: Option<&RawValue>,
    max: usize,
    tick: &Grid,
    lot: &Grid,
    out: &mut Vec<Level>,
) -> Result<usize, BadMessage> {
    let mut count = 0;
    let each = |px: &str, qty: &str| {
        let (Ok(px), Ok(qty)) = (tick.parse(px), lot.parse(qty)) else {
            return Err("a level that is not on the instrument's grid");
        };
        if count == max {
            return Err("more levels than a message may have");
        }
        let level = Level { px: Px(px), qty: Qty(qty) };
        match out.get_mut(count) {
            Some(slot) => *slot = level,
            None => out.push(level),
        }
        count += 1;
        Ok(())
    };
    each_level(need(raw)?, each)?;
    Ok(count)
}

/// Calls `each` with price and size of every level in `[["1.0","2"],...]`; its refusal is the message's.
fn each_level(
    raw: &RawValue,
    each: impl FnMut(&str, &str) -> Result<(), &'static str>,
) -> Result<(), BadMessage> {
    let mut refusal = None;
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    match (Levels { each, refusal: &mut refusal }).deserialize(&mut deserializer) {
        Ok(()) => Ok(()),
        Err(_) => bad(refusal.unwrap_or("levels that are not pairs of texts")),
    }
}

struct Levels<'r, F> {
    each: F,
    refusal: &'r mut Option<&'static str>,
}

impl<'de, F: FnMut(&str, &str) -> Result<(), &'static str>> DeserializeSeed<'de> for Levels<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str, &str) -> Result<(), &'static str>> Visitor<'de> for Levels<'_, F> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of levels")
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some([px, qty]) = seq.next_element::<[Str<'de>; 2]>()? {
            if let Err(why) = (self.each)(px.as_str(), qty.as_str()) {
                *self.refusal = Some(why);
                return Err(A::Error::custom(why));
            }
        }
        Ok(())
    }
}

/// The prices and sizes of a message whose instrument is not known yet, as the venue wrote them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Number<'a> {
    pub is_price: bool,
    pub text: &'a str,
}

/// Calls `visit` with each price and size of a depth update, quote, trade or snapshot. Returns the message's symbol,
/// empty for a snapshot that does not name it; `None` if it is no such message.
pub fn survey(text: &[u8], mut visit: impl FnMut(Number<'_>)) -> Result<Option<String>, BadMessage> {
    let fields = Fields::parse(text)?;
    let kind = fields.kind()?;
    let (texts, sides) = match kind {
        Kind::Other => return Ok(None),
        Kind::Depth => ([None; 4], [fields.b, fields.a]),
        Kind::Snapshot => ([None; 4], [fields.bids, fields.asks]),
        Kind::Quote => ([fields.b, fields.bid_qty, fields.a, fields.ask_qty], [None; 2]),
        Kind::Trade | Kind::AggTrade => ([fields.p, fields.q, None, None], [None; 2]),
    };
    for (at, raw) in texts.into_iter().enumerate() {
        if let Some(raw) = raw {
            let text: Str = json::parse_raw(raw)?;
            visit(Number { is_price: at % 2 == 0, text: text.as_str() });
        }
    }
    for side in sides.into_iter().flatten() {
        each_level(side, |px, qty| {
            visit(Number { is_price: true, text: px });
            visit(Number { is_price: false, text: qty });
            Ok(())
        })?;
    }
    let name = if kind == Kind::Snapshot { fields.symbol } else { Some(need(fields.s)?) };
    let name: Option<Str> = name.map(json::parse_raw).transpose()?;
    Ok(Some(name.map(|n| n.as_str().to_string()).unwrap_or_default()))
}
