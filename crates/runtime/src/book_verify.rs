//! Rebuilds books from a raw recording and holds their top to the venue's own quotes.
//!
//! The recording says nothing of grids, so a first pass finds them; the second runs decoder, sync rules and book as
//! a live session does. The verdict is the report's reader's: nothing here fails because a book was wrong.

mod binance;
mod bybit;
mod oracle;

use crate::recording::RecordingError;
use nanotick_engine::book::{Book, BookConfig};
use nanotick_model::{BookUpdate, Grid, Px};
use nanotick_venues::binance::sync::Rules;
use oracle::Oracle;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// Room for every level a recording may touch: here nothing may be dropped.
const MAX_LEVELS: usize = 1 << 17;

/// What the messages of a recording are, and by which rules they make a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    BinanceUsdm,
    BinanceCoinm,
    BinanceSpot,
    BybitLinear,
}

impl Format {
    pub const NAMES: [(&'static str, Format); 4] = [
        ("binance-usdm", Format::BinanceUsdm),
        ("binance-coinm", Format::BinanceCoinm),
        ("binance-spot", Format::BinanceSpot),
        ("bybit-linear", Format::BybitLinear),
    ];
}

impl FromStr for Format {
    type Err = RecordingError;
    fn from_str(text: &str) -> Result<Format, RecordingError> {
        let known = Format::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, format)| *format).ok_or_else(|| RecordingError {
            message: format!("`{text}` is no recording format"),
            hint: format!("use one of {}", Format::NAMES.map(|(name, _)| name).join(", ")),
        })
    }
}

/// A quote that the rebuilt book contradicts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mismatch {
    pub symbol: String,
    /// Of the depth update behind which the book was compared.
    pub update_id: u64,
    /// `price x size | price x size`, best bid and ask.
    pub book: String,
    pub quote: String,
}

/// What a recording held, and how the books rebuilt from it compare.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    pub messages: u64,
    /// Lines that are no message, and messages that could not be read.
    pub bad_lines: u64,
    /// The first of them: file, line, why.
    pub first_bad: Option<String>,
    /// Depth updates that changed a book, snapshots not counted.
    pub updates: u64,
    /// Updates behind which the venue's own quote is known.
    pub compared: u64,
    pub mismatches: u64,
    pub first_mismatch: Option<Mismatch>,
    /// Times that updates were missing.
    pub gaps: u64,
    /// Updates that left the best bid at or above the best ask.
    pub crossed: u64,
    /// The most levels that a book held, both sides together.
    pub levels_max: usize,
    pub symbols: Vec<String>,
    /// Every symbol with depth updates had a snapshot that they follow.
    pub snapshot_seen: bool,
    /// What a reader of the figures should know.
    pub warnings: Vec<String>,
}

/// A look at each book after each update: symbol, price and size grids, the book. For tests and tools.
pub trait Watch {
    fn updated(&mut self, symbol: &str, grids: (&Grid, &Grid), book: &Book, is_snapshot: bool);
}
impl Watch for () {
    fn updated(&mut self, _: &str, _: (&Grid, &Grid), _: &Book, _: bool) {}
}

/// Verifies one session in one or several files.
pub fn verify<P: AsRef<Path>>(paths: &[P], format: Format) -> Result<Report, RecordingError> {
    verify_watched(paths, format, &mut ())
}

/// As [`verify`], with a watcher.
pub fn verify_watched<P: AsRef<Path>>(
    paths: &[P],
    format: Format,
    watch: &mut impl Watch,
) -> Result<Report, RecordingError> {
    match format {
        Format::BinanceUsdm | Format::BinanceCoinm => binance::verify(paths, Rules::Futures, watch),
        Format::BinanceSpot => binance::verify(paths, Rules::Spot, watch),
        Format::BybitLinear => bybit::verify(paths, watch),
    }
}

/// What the first pass has found out about a symbol.
#[derive(Clone, Default, Debug)]
struct Precision {
    px_decimals: usize,
    qty_decimals: usize,
    /// A price, to lay the book's window by.
    px: String,
}

impl Precision {
    fn see(&mut self, is_price: bool, text: &str) {
        let needed = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
        let decimals = if is_price { &mut self.px_decimals } else { &mut self.qty_decimals };
        *decimals = (*decimals).max(needed);
        if is_price && self.px.is_empty() {
            self.px.push_str(text);
        }
    }

    /// One tick or lot is the last decimal that any price or size needed.
    fn grid(decimals: usize) -> Option<Grid> {
        Grid::from_parts(1, decimals as u32).ok()
    }
}

/// Grids by symbol, from the first pass.
type Survey = BTreeMap<String, Precision>;

/// One symbol's book with its oracle.
struct Rebuilt {
    symbol: String,
    tick: Grid,
    lot: Grid,
    book: Book,
    oracle: Oracle,
    depth_messages: u64,
    joined: bool,
}

impl Rebuilt {
    /// `None` if its numbers fit no grid.
    fn new(symbol: &str, precision: &Precision) -> Option<Rebuilt> {
        let tick = Precision::grid(precision.px_decimals)?;
        let lot = Precision::grid(precision.qty_decimals)?;
        let px = Px(tick.parse(&precision.px).unwrap_or(1));
        let config = BookConfig { max_levels: MAX_LEVELS, ..BookConfig::for_price(px) };
        Some(Rebuilt {
            symbol: symbol.to_string(),
            tick,
            lot,
            book: Book::new(config),
            oracle: Oracle::default(),
            depth_messages: 0,
            joined: false,
        })
    }

    /// Applies an update in sequence and counts what came of it. `false` if the book cannot hold it.
    fn apply(&mut self, update: &BookUpdate<'_>, report: &mut Report, watch: &mut impl Watch) -> bool {
        let Ok(applied) = self.book.apply(update) else { return false };
        self.joined |= update.is_snapshot;
        report.updates += !update.is_snapshot as u64;
        report.crossed += applied.crossed as u64;
        let (bids, asks) = self.book.levels();
        report.levels_max = report.levels_max.max(bids + asks);
        if !update.is_snapshot {
            if let (Some(bid), Some(ask)) = (self.book.best_bid(), self.book.best_ask()) {
                self.oracle.top(update.update_id, (bid, ask));
            }
        }
        self.settle(report);
        watch.updated(&self.symbol, (&self.tick, &self.lot), &self.book, update.is_snapshot);
        true
    }

    /// Counts the comparisons that can be made by now.
    fn settle(&mut self, report: &mut Report) {
        while let Some(verdict) = self.oracle.next_verdict() {
            report.compared += 1;
            if verdict.book == verdict.quote {
                continue;
            }
            report.mismatches += 1;
            let text = |(bid, ask): oracle::Top| {
                let level = |l: nanotick_model::Level| {
                    format!("{} x {}", self.tick.text(l.px.0), self.lot.text(l.qty.0))
                };
                format!("{} | {}", level(bid), level(ask))
            };
            if report.first_mismatch.is_none() {
                report.first_mismatch = Some(Mismatch {
                    symbol: self.symbol.clone(),
                    update_id: verdict.update_id,
                    book: text(verdict.book),
                    quote: text(verdict.quote),
                });
            }
        }
    }
}

impl Report {
    fn finish(&mut self, books: &[Rebuilt], how_to_record: &str) {
        self.symbols = books.iter().map(|b| b.symbol.clone()).collect();
        let with_depth: Vec<_> = books.iter().filter(|b| b.depth_messages > 0).collect();
        self.snapshot_seen = !with_depth.is_empty() && with_depth.iter().all(|b| b.joined);
        if with_depth.is_empty() {
            self.warnings.push("no depth updates in the recording: there is no book to verify".into());
        }
        for book in with_depth.iter().filter(|b| !b.joined) {
            let n = book.depth_messages;
            self.warnings.push(format!(
                "{}: {n} depth updates, but no snapshot that they follow: its book was not built ({how_to_record})",
                book.symbol
            ));
        }
    }
}

#[cfg(test)]
mod tests;
