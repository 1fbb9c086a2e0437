//! Recordings as a stream of decoded messages of several symbols, merged by the time at which they were received.
//!
//! The decoder here is the plain, general one: it shares nothing with the client's, so that the two check each other.

use super::VenueError;
use crate::recording::Recording;
use nanotick_model::{BookUpdate, InstrumentId, Level, Px, Qty, Quote, Side, Trade};
use nanotick_venues::server::{Listing, Recorded};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::path::PathBuf;

/// Messages looked through for an instrument's next book message.
const MAX_LOOK_AHEAD: usize = 20_000;
/// Messages read in search of a recording's snapshot.
const MAX_BEFORE_SNAPSHOT: u64 = 20_000;

/// A decoded message that owns its levels.
#[derive(Debug)]
pub(super) struct Item {
    pub recv_ns: i64,
    pub instrument: InstrumentId,
    pub body: ItemBody,
}

#[derive(Debug)]
pub(super) enum ItemBody {
    Book {
        is_snapshot: bool,
        first_id: u64,
        last_id: u64,
        previous_id: u64,
        bids: Vec<Level>,
        asks: Vec<Level>,
    },
    Quote(Quote),
    Trade(Trade),
}

impl Item {
    pub fn recorded(&self, next_first_id: Option<u64>) -> Recorded<'_> {
        match &self.body {
            ItemBody::Book { is_snapshot, first_id, last_id, previous_id, bids, asks } => Recorded::Book {
                update: BookUpdate { is_snapshot: *is_snapshot, update_id: *last_id, bids, asks },
                first_id: *first_id,
                previous_id: *previous_id,
                next_first_id,
            },
            ItemBody::Quote(quote) => Recorded::Quote(*quote),
            ItemBody::Trade(trade) => Recorded::Trade(*trade),
        }
    }
}

/// What was met while reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub messages: u64,
    pub books: u64,
    pub quotes: u64,
    pub trades: u64,
    /// Lines that are not messages, or hold numbers off the grid.
    pub bad: u64,
    /// Messages of symbols that are not listed, and of kinds that are not played.
    pub skipped: u64,
    /// Book messages that do not follow the one before.
    pub gaps: u64,
}

type Levels<'a> = Vec<[&'a str; 2]>;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(rename = "lastUpdateId")]
    last_update_id: Option<u64>,
    #[serde(borrow, default)]
    bids: Levels<'a>,
    #[serde(borrow, default)]
    asks: Levels<'a>,
}

/// The keys of all kinds together; which must be there depends on the kind.
#[derive(Deserialize)]
struct Data<'a> {
    e: Option<&'a str>,
    s: &'a str,
    #[serde(rename = "U")]
    first: Option<u64>,
    u: Option<u64>,
    pu: Option<u64>,
    t: Option<u64>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    m: Option<bool>,
    #[serde(rename = "X")]
    origin: Option<&'a str>,
    /// Levels in a book message, a price in a quote.
    #[serde(borrow)]
    b: Option<&'a RawValue>,
    #[serde(borrow)]
    a: Option<&'a RawValue>,
    #[serde(rename = "B")]
    bid_qty: Option<&'a str>,
    #[serde(rename = "A")]
    ask_qty: Option<&'a str>,
}

/// Decodes one message; `None` if it is of a kind or symbol that is not played. A snapshot names no symbol: it is
/// taken for `symbol`, that of the recording's other messages.
fn decode(
    json: &[u8],
    listings: &[Listing],
    symbol: Option<InstrumentId>,
) -> Result<Option<(InstrumentId, ItemBody)>, &'static str> {
    let line: Line<'_> = serde_json::from_slice(json).map_err(|_| "not a message of a Binance stream")?;
    if let Some(id) = line.last_update_id {
        let Some(symbol) = symbol else { return Ok(None) };
        let listing = &listings[symbol.index()];
        let body = ItemBody::Book {
            is_snapshot: true,
            first_id: id,
            last_id: id,
            previous_id: 0,
            bids: levels(&line.bids, listing)?,
            asks: levels(&line.asks, listing)?,
        };
        return Ok(Some((symbol, body)));
    }
    let data = line.data.ok_or("neither stream data nor a snapshot")?;
    let Some(listing) = listings.iter().find(|listing| listing.symbol() == data.s) else { return Ok(None) };
    let missing = "a key is missing";
    let body = match data.e {
        Some("depthUpdate") => {
            let side = |raw: Option<&RawValue>| {
                let pairs: Levels<'_> =
                    serde_json::from_str(raw.ok_or(missing)?.get()).map_err(|_| "levels are malformed")?;
                levels(&pairs, listing)
            };
            ItemBody::Book {
                is_snapshot: false,
                first_id: data.first.ok_or(missing)?,
                last_id: data.u.ok_or(missing)?,
                previous_id: data.pu.ok_or("no previous update id: not a recording of USD-M futures")?,
                bids: side(data.b)?,
                asks: side(data.a)?,
            }
        }
        Some("bookTicker") => {
            let px = |raw: Option<&RawValue>| raw.map_or("", RawValue::get).trim_matches('"').to_string();
            ItemBody::Quote(Quote {
                bid: level(&px(data.b), data.bid_qty.ok_or(missing)?, listing)?,
                ask: level(&px(data.a), data.ask_qty.ok_or(missing)?, listing)?,
                update_id: data.u.ok_or(missing)?,
            })
        }
        // Insurance fund and auto-deleveraging trades did not happen in the book.
        Some("trade") if data.origin.is_none_or(|origin| origin == "MARKET") => {
            let level = level(data.p.ok_or(missing)?, data.q.ok_or(missing)?, listing)?;
            ItemBody::Trade(Trade {
                px: level.px,
                qty: level.qty,
                side: if data.m.ok_or(missing)? { Side::Sell } else { Side::Buy },
                trade_id: data.t.ok_or(missing)?,
            })
        }
        _ => return Ok(None),
    };
    Ok(Some((listing.instrument.id, body)))
}

fn level(px: &str, qty: &str, listing: &Listing) -> Result<Level, &'static str> {
    let px = listing.instrument.tick.parse(px).map_err(|_| "a price is not on the grid")?;
    let qty = listing.instrument.lot.parse(qty).map_err(|_| "a size is not on the grid")?;
    Ok(Level { px: Px(px), qty: Qty(qty) })
}

fn levels(pairs: &Levels<'_>, listing: &Listing) -> Result<Vec<Level>, &'static str> {
    pairs.iter().map(|[px, qty]| level(px, qty, listing)).collect()
}

/// One recording, and what has been read of it but not played yet.
struct Source {
    recording: Recording,
    pending: VecDeque<Item>,
    is_at_end: bool,
    /// The symbol of its first listed message: what a snapshot, which names none, belongs to.
    symbol: Option<InstrumentId>,
    before_snapshot: Vec<Item>,
    has_snapshot: bool,
    last_book_id: u64,
    counts: Counts,
}

impl Source {
    /// Opens a recording and reads up to its book snapshot, which is the first thing that it plays. `None` if it holds
    /// no listed symbol.
    fn open(path: &PathBuf, listings: &[Listing]) -> Result<Option<Source>, VenueError> {
        let mut source = Source {
            recording: Recording::open(&[path]).map_err(|e| VenueError::data(e.message, e.hint))?,
            pending: VecDeque::new(),
            is_at_end: false,
            symbol: None,
            before_snapshot: Vec::new(),
            has_snapshot: false,
            last_book_id: 0,
            counts: Counts::default(),
        };
        while !source.has_snapshot {
            if source.counts.messages < MAX_BEFORE_SNAPSHOT && source.read_one(listings)? {
                continue;
            }
            if source.symbol.is_none() && source.counts.skipped > 0 {
                return Ok(None);
            }
            let message = format!("{}: no book snapshot, so the book cannot be known", path.display());
            let hint = "play a recording of Binance USD-M streams that holds the REST depth answer \
                        (a line with `lastUpdateId`) near its start";
            return Err(VenueError::data(message, hint));
        }
        Ok(Some(source))
    }

    /// Reads one message into the queue. `false` at the end.
    fn read_one(&mut self, listings: &[Listing]) -> Result<bool, VenueError> {
        let read = self.recording.next_message().map_err(|e| VenueError::data(e.message, e.hint))?;
        let Some(message) = read else {
            self.is_at_end = true;
            return Ok(false);
        };
        self.counts.messages += 1;
        let recv_ns = message.recv_ns;
        match decode(message.json.bytes(), listings, self.symbol) {
            Ok(Some((instrument, body))) if *self.symbol.get_or_insert(instrument) == instrument => {
                self.queue(Item { recv_ns, instrument, body });
            }
            Ok(_) => self.counts.skipped += 1,
            Err(why) => self.recording.mark_bad(why),
        }
        Ok(true)
    }

    /// Puts book messages in sequence: the snapshot first, then what it does not hold yet.
    fn queue(&mut self, item: Item) {
        match item.body {
            ItemBody::Quote(_) => self.counts.quotes += 1,
            ItemBody::Trade(_) => self.counts.trades += 1,
            ItemBody::Book { is_snapshot: true, .. } if self.has_snapshot => {
                self.counts.skipped += 1;
                return;
            }
            ItemBody::Book { is_snapshot: true, last_id, .. } => {
                self.has_snapshot = true;
                self.last_book_id = last_id;
                let recv_ns = item.recv_ns;
                self.pending.push_back(item);
                // What came before the snapshot is played after it, at its moment: one stream in order.
                for early in std::mem::take(&mut self.before_snapshot) {
                    self.queue(Item { recv_ns, ..early });
                }
                return;
            }
            ItemBody::Book { .. } if !self.has_snapshot => {
                self.before_snapshot.push(item);
                return;
            }
            ItemBody::Book { last_id, previous_id, .. } => {
                self.counts.books += 1;
                if last_id < self.last_book_id {
                    return;
                }
                // The first one straddles the snapshot; from then on each names the one before.
                self.counts.gaps += u64::from(previous_id > self.last_book_id);
                self.last_book_id = last_id;
            }
        }
        // Quotes and trades from before there is a book cannot be matched against it.
        if self.has_snapshot {
            self.pending.push_back(item);
        }
    }

    /// Reads until so many messages wait, or the recording ends.
    fn fill(&mut self, wanted: usize, listings: &[Listing]) -> Result<(), VenueError> {
        while self.pending.len() < wanted && !self.is_at_end {
            self.read_one(listings)?;
        }
        Ok(())
    }

    /// The first id of the next book message that waits.
    fn next_book_id(&mut self, listings: &[Listing]) -> Result<Option<u64>, VenueError> {
        for ahead in 0..MAX_LOOK_AHEAD {
            self.fill(ahead + 1, listings)?;
            match self.pending.get(ahead).map(|item| &item.body) {
                None => return Ok(None),
                Some(ItemBody::Book { first_id, .. }) => return Ok(Some(*first_id)),
                Some(_) => {}
            }
        }
        Ok(None)
    }
}

pub(super) struct Playback {
    sources: Vec<Source>,
    listings: Vec<Listing>,
}

impl Playback {
    pub fn open(paths: &[PathBuf], listings: &[Listing]) -> Result<Playback, VenueError> {
        let mut sources: Vec<Source> = Vec::new();
        for path in paths {
            let Some(source) = Source::open(path, listings)? else { continue };
            if sources.iter().any(|other| other.symbol == source.symbol) {
                return Err(VenueError::data(
                    format!("{}: another recording holds the same symbol", path.display()),
                    "give one recording for each symbol",
                ));
            }
            sources.push(source);
        }
        if sources.is_empty() {
            let symbols: Vec<&str> = listings.iter().map(Listing::symbol).collect();
            return Err(VenueError::data(
                format!("the recordings hold none of {}", symbols.join(", ")),
                "check `data` and `symbols`",
            ));
        }
        Ok(Playback { sources, listings: listings.to_vec() })
    }

    /// When the next message is due by the recording's clock; `None` at the end of all.
    pub fn peek_ns(&mut self) -> Result<Option<i64>, VenueError> {
        Ok(self.earliest()?.map(|at| self.sources[at].pending[0].recv_ns))
    }

    /// The next message, and the first id of the book message that follows in the same recording.
    pub fn next(&mut self) -> Result<Option<(Item, Option<u64>)>, VenueError> {
        let Some(at) = self.earliest()? else { return Ok(None) };
        let source = &mut self.sources[at];
        let Some(item) = source.pending.pop_front() else { return Ok(None) };
        let next_first_id = match item.body {
            ItemBody::Book { .. } => source.next_book_id(&self.listings)?,
            _ => None,
        };
        Ok(Some((item, next_first_id)))
    }

    fn earliest(&mut self) -> Result<Option<usize>, VenueError> {
        for source in &mut self.sources {
            source.fill(1, &self.listings)?;
        }
        let heads = self.sources.iter().enumerate();
        let due = heads.filter_map(|(at, source)| Some((source.pending.front()?.recv_ns, at)));
        Ok(due.min().map(|(_, at)| at))
    }

    /// Whether a snapshot is still to be played. Each symbol has exactly one, at its start.
    pub fn has_snapshot_waiting(&self) -> bool {
        let is_snapshot = |item: &Item| matches!(item.body, ItemBody::Book { is_snapshot: true, .. });
        self.sources.iter().any(|source| source.pending.front().is_some_and(is_snapshot))
    }

    pub fn counts(&self) -> Counts {
        self.sources.iter().fold(Counts::default(), |sum, source| {
            let counts = source.counts;
            Counts {
                messages: sum.messages + counts.messages,
                books: sum.books + counts.books,
                quotes: sum.quotes + counts.quotes,
                trades: sum.trades + counts.trades,
                bad: sum.bad + source.recording.bad_lines(),
                skipped: sum.skipped + counts.skipped,
                gaps: sum.gaps + counts.gaps,
            }
        })
    }
}

#[cfg(test)]
mod tests;
