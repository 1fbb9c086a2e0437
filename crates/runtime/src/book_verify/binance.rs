//! Binance recordings: diffs over REST snapshots, `bookTicker` as the judge.

use super::{Precision, Rebuilt, Report, Survey, Watch};
use crate::recording::{Message as Recorded, Recording, RecordingError};
use nanotick_model::BookUpdate;
use nanotick_venues::binance::decode::{Decoder, Feed, Message};
use nanotick_venues::binance::general;
use nanotick_venues::binance::sync::{BookSync, Rules, Verdict};
use std::path::Path;

const HOW_TO_RECORD: &str = "record GET /depth?limit=1000 once the stream runs";

pub(super) fn verify<P: AsRef<Path>>(
    paths: &[P],
    rules: Rules,
    watch: &mut impl Watch,
) -> Result<Report, RecordingError> {
    let survey = survey(paths)?;
    let mut books: Vec<_> =
        survey.iter().filter_map(|(symbol, precision)| Rebuilt::new(symbol, precision)).collect();
    let mut syncs: Vec<_> = books.iter().map(|_| BookSync::new(rules)).collect();
    let feeds = books.iter().map(|b| Feed::new(&b.symbol, b.tick.clone(), b.lot.clone()));
    let mut decoder = Decoder::new(feeds.collect());
    let mut recording = Recording::open(paths)?;
    let mut report = Report::default();
    while let Some(recorded) = recording.next_message()? {
        report.messages += 1;
        if let Err(why) = take(&recorded, &mut decoder, &mut books, &mut syncs, &mut report, watch) {
            recording.mark_bad(why);
        }
    }
    report.bad_lines = recording.bad_lines();
    report.first_bad = recording.first_bad().map(ToString::to_string);
    report.finish(&books, HOW_TO_RECORD);
    Ok(report)
}

/// The first pass: which symbols there are, and how fine their prices and sizes are.
fn survey<P: AsRef<Path>>(paths: &[P]) -> Result<Survey, RecordingError> {
    let mut survey = Survey::new();
    let mut unnamed = Vec::new();
    let mut recording = Recording::open(paths)?;
    while let Some(recorded) = recording.next_message()? {
        let mut seen = Precision::default();
        // What cannot be read is counted by the second pass.
        let Ok(Some(mut symbol)) = general::survey(recorded.json.bytes(), |n| seen.see(n.is_price, n.text))
        else {
            continue;
        };
        if symbol.is_empty() {
            symbol = recorded.address.and_then(symbol_of).unwrap_or_default().to_string();
        }
        if symbol.is_empty() {
            unnamed.push(seen);
        } else {
            survey.entry(symbol).or_default().merge(seen);
        }
    }
    // A snapshot that names no symbol is the only one's, or nobody's.
    if let (1, Some(only)) = (survey.len(), survey.values_mut().next()) {
        unnamed.into_iter().for_each(|seen| only.merge(seen));
    }
    Ok(survey)
}

impl Precision {
    fn merge(&mut self, other: Precision) {
        self.px_decimals = self.px_decimals.max(other.px_decimals);
        self.qty_decimals = self.qty_decimals.max(other.qty_decimals);
        if self.px.is_empty() {
            self.px = other.px;
        }
    }
}

/// The `symbol` parameter of a recorded request.
fn symbol_of(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("symbol="))
}

fn take(
    recorded: &Recorded<'_>,
    decoder: &mut Decoder,
    books: &mut [Rebuilt],
    syncs: &mut [BookSync],
    report: &mut Report,
    watch: &mut impl Watch,
) -> Result<(), &'static str> {
    let named = recorded.address.and_then(symbol_of).and_then(|symbol| decoder.feed_of(symbol));
    let message = match (named, recorded.address) {
        (Some(feed), Some(address)) if address.contains("/depth?") => {
            let body = recorded.json.bytes();
            decoder.snapshot(feed, body).map(|snapshot| Message::Snapshot { feed, snapshot })
        }
        _ => decoder.decode(recorded.json),
    };
    let mut refused = false;
    match message.map_err(|bad| bad.why)? {
        Message::Depth { feed, diff } => {
            let book = &mut books[feed];
            book.depth_messages += 1;
            let verdict = syncs[feed].diff(&diff, |_, update: BookUpdate<'_>| {
                refused |= !book.apply(&update, report, watch);
            });
            report.gaps += (verdict == Verdict::Gap) as u64;
        }
        Message::Snapshot { feed, snapshot } => {
            let book = &mut books[feed];
            syncs[feed].snapshot(&snapshot, |_, update| refused |= !book.apply(&update, report, watch));
        }
        Message::Quote { feed, quote, .. } => {
            books[feed].oracle.quote(&quote);
            books[feed].settle(report);
        }
        Message::Trade { .. } | Message::AggTrade { .. } | Message::Other => {}
    }
    if refused {
        return Err("a level with a price or size that no book can hold");
    }
    Ok(())
}
