//! Bybit recordings: snapshots and deltas of one topic. There is no quote of the same sequence to compare with, so
//! what is verified is that nothing is missing and nothing is crossed.

use super::{Rebuilt, Report, Survey, Watch};
use crate::recording::{Message as Recorded, Recording, RecordingError};
use nanotick_model::{BookUpdate, Cash, ContractKind, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue};
use nanotick_venues::bybit::decode::{Decoder, Public};
use nanotick_venues::bybit::sync::{BookSync, Verdict};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

const HOW_TO_RECORD: &str = "record from the subscription on: its first message is the snapshot";

pub(super) fn verify<P: AsRef<Path>>(paths: &[P], watch: &mut impl Watch) -> Result<Report, RecordingError> {
    let (survey, depth) = survey(paths)?;
    let mut books: Vec<_> =
        survey.iter().filter_map(|(symbol, precision)| Rebuilt::new(symbol, precision)).collect();
    let mut syncs: Vec<_> = books.iter().map(|_| BookSync::default()).collect();
    let instruments: Vec<_> = books.iter().enumerate().map(|(at, book)| instrument(at, book)).collect();
    let mut decoder = Decoder::new(&instruments, depth);
    let mut recording = Recording::open(paths)?;
    let mut report = Report::default();
    let mut other_depths = 0u64;
    while let Some(recorded) = recording.next_message()? {
        report.messages += 1;
        if !is_linear(&recorded) {
            continue;
        }
        if depth_of(recorded.json.bytes()).is_some_and(|found| found != depth) {
            other_depths += 1;
            continue;
        }
        if let Err(why) = take(&recorded, &mut decoder, &mut books, &mut syncs, &mut report, watch) {
            recording.mark_bad(why);
        }
    }
    report.bad_lines = recording.bad_lines();
    report.first_bad = recording.first_bad().map(ToString::to_string);
    report.finish(&books, HOW_TO_RECORD);
    if other_depths > 0 {
        let text = format!("{other_depths} book messages of other depths than {depth} were passed over");
        report.warnings.push(text);
    }
    Ok(report)
}

/// Answers to requests, and other categories' sockets, are not part of a linear session.
fn is_linear(recorded: &Recorded<'_>) -> bool {
    recorded.address.is_none_or(|address| address.starts_with("ws") && address.contains("/linear"))
}

/// The depth in a topic `orderbook.<depth>.<symbol>`.
fn depth_of(json: &[u8]) -> Option<u16> {
    const TOPIC: &[u8] = b"\"orderbook.";
    let at = json.windows(TOPIC.len()).position(|w| w == TOPIC)? + TOPIC.len();
    let digits = json[at..].split(|&b| b == b'.').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[derive(Deserialize)]
struct BookMessage<'a> {
    #[serde(borrow)]
    data: BookData<'a>,
}
#[derive(Deserialize)]
struct BookData<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    #[serde(borrow)]
    b: Vec<[Cow<'a, str>; 2]>,
    #[serde(borrow)]
    a: Vec<[Cow<'a, str>; 2]>,
}

/// The first pass: which symbols there are, how fine their numbers are, and which depth most messages have.
fn survey<P: AsRef<Path>>(paths: &[P]) -> Result<(Survey, u16), RecordingError> {
    let mut survey = Survey::new();
    let mut depths = BTreeMap::<u16, u64>::new();
    let mut recording = Recording::open(paths)?;
    while let Some(recorded) = recording.next_message()? {
        let json = recorded.json.bytes();
        let Some(depth) = depth_of(json).filter(|_| is_linear(&recorded)) else { continue };
        // What cannot be read is counted by the second pass.
        let Ok(BookMessage { data }) = serde_json::from_slice(json) else { continue };
        *depths.entry(depth).or_default() += 1;
        let seen = survey.entry(data.s.into_owned()).or_default();
        for [px, qty] in data.b.iter().chain(&data.a) {
            seen.see(true, px);
            seen.see(false, qty);
        }
    }
    let most = depths.into_iter().max_by_key(|&(_, n)| n).map_or(50, |(depth, _)| depth);
    Ok((survey, most))
}

/// As much of an instrument as the decoder needs.
fn instrument(at: usize, book: &Rebuilt) -> Instrument {
    Instrument {
        id: InstrumentId(at as u16),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new(&book.symbol).unwrap_or_default(),
        tick: book.tick.clone(),
        lot: book.lot.clone(),
        min_px: Px(1),
        max_px: Px(i64::MAX),
        min_qty: Qty(1),
        max_qty: Qty(i64::MAX),
        min_notional: Cash::ZERO,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    }
}

fn take(
    recorded: &Recorded<'_>,
    decoder: &mut Decoder,
    books: &mut [Rebuilt],
    syncs: &mut [BookSync],
    report: &mut Report,
    watch: &mut impl Watch,
) -> Result<(), &'static str> {
    let Public::Book(head) = decoder.decode(recorded.json).map_err(|bad| bad.why)? else { return Ok(()) };
    let book = &mut books[head.instrument];
    book.depth_messages += 1;
    let is_snapshot = match syncs[head.instrument].on_book(head.is_snapshot, head.update_id, recorded.recv_ns)
    {
        Verdict::Snapshot { .. } => true,
        Verdict::Delta => false,
        Verdict::Gap => {
            report.gaps += 1;
            return Ok(());
        }
        Verdict::Duplicate | Verdict::Waiting => return Ok(()),
    };
    let (bids, asks) = (decoder.bids(&head), decoder.asks(&head));
    let update = BookUpdate { is_snapshot, update_id: head.update_id, bids, asks };
    if !book.apply(&update, report, watch) {
        return Err("a level with a price or size that no book can hold");
    }
    Ok(())
}
