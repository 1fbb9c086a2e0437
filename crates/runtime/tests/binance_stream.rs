//! The Binance client on the bundled recording: nothing is allocated once it runs, and whatever a network does to the
//! stream, a book that counts as whole is the venue's.

use nanotick_engine::book::{Book, BookConfig};
use nanotick_model::{
    Body, Cash, ContractKind, Event, Grid, Instrument, InstrumentId, LinkState, Px, Qty, Rate, Side, Socket,
    Text, Venue,
};
use nanotick_runtime::alloc_guard::{allocations_during, CountingAlloc};
use nanotick_runtime::recording::Recording;
use nanotick_venues::binance::{BinanceClient, BinanceConfig};
use nanotick_venues::client::{HttpResponse, Io, VenueClient};
use nanotick_venues::sign::Secret;
use nanotick_venues::{Padded, PADDING};
use std::collections::HashMap;
use std::path::Path;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        venue: Venue::Binance,
        kind: ContractKind::Linear,
        symbol: Text::new("ETHUSDT").unwrap(),
        tick: Grid::new("0.01").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(1),
        max_px: Px(1 << 40),
        min_qty: Qty(1),
        max_qty: Qty(1 << 40),
        min_notional: Cash::ZERO,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
    }
}

/// The recording's stream messages, each with its padding, and its snapshot with its place among them.
fn session() -> (Vec<Vec<u8>>, usize, Vec<u8>) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../python/nanotick/data/sample/binance_usdm_ethusdt_20240808_90s.gz");
    let mut recording = Recording::open(&[sample]).unwrap();
    let (mut messages, mut at, mut snapshot) = (Vec::new(), 0, Vec::new());
    while let Some(message) = recording.next_message().unwrap() {
        let mut bytes = message.json.bytes().to_vec();
        if bytes.starts_with(b"{\"lastUpdateId\"") {
            (at, snapshot) = (messages.len(), bytes);
            continue;
        }
        bytes.resize(bytes.len() + PADDING, 0);
        messages.push(bytes);
    }
    (messages, at, snapshot)
}

/// The client with a book behind it.
struct Desk {
    client: BinanceClient,
    io: Io,
    book: Book,
    /// As the client says.
    is_whole: bool,
    updates: u64,
}

impl Desk {
    fn new() -> Desk {
        let config = BinanceConfig::new(String::new(), Secret::from(String::new()), vec![instrument()]);
        let mut client = BinanceClient::new(config);
        let mut io = Io::default();
        client.on_open(Socket::Public, 0, &mut io);
        let config = BookConfig { max_levels: 1 << 15, ..BookConfig::for_price(Px(268_000)) };
        Desk { client, io, book: Book::new(config), is_whole: false, updates: 0 }
    }

    fn hear(&mut self, message: &[u8], recv_ns: i64) {
        let Desk { client, io, book, is_whole, updates } = self;
        let mut sink = |event: &Event<'_>| take(event, book, is_whole, updates);
        let message = Padded::new(message, message.len() - PADDING).unwrap();
        let _ = client.on_message(Socket::Public, message, recv_ns, io, &mut sink);
    }

    /// Answers a request for a snapshot that has been made, if one has.
    fn answer(&mut self, body: &[u8], recv_ns: i64) {
        let Some(request) = self.io.requests.pop() else { return };
        let Desk { client, io, book, is_whole, updates } = self;
        let mut sink = |event: &Event<'_>| take(event, book, is_whole, updates);
        let response = HttpResponse { tag: request.tag, status: 200, body: body.to_vec() };
        client.on_response(&response, recv_ns, io, &mut sink);
    }
}

fn take(event: &Event<'_>, book: &mut Book, is_whole: &mut bool, updates: &mut u64) {
    match event.body {
        Body::Book(update) => {
            book.apply(&update).unwrap();
            *is_whole = true;
            *updates += 1;
        }
        Body::Connection(c) if matches!(c.state, LinkState::Gap | LinkState::Down) => {
            book.clear();
            *is_whole = false;
        }
        _ => {}
    }
}

#[test]
fn a_steady_stream_allocates_nothing() {
    let (messages, at, snapshot) = session();
    let mut desk = Desk::new();
    let warm = at + 2000;
    for (i, message) in messages[..warm].iter().enumerate() {
        if i == at {
            desk.answer(&snapshot, i as i64);
        }
        desk.hear(message, i as i64);
    }
    assert!(desk.is_whole);
    let before = desk.updates;
    let ((), seen) = allocations_during(|| {
        for (i, message) in messages[warm..].iter().enumerate() {
            desk.hear(message, i as i64);
        }
    });
    assert!(desk.updates - before > 1000 && desk.is_whole);
    assert_eq!((seen.count, desk.client.bad_messages().0, desk.client.general_messages()), (0, 0, 0));
}

/// xorshift: the faults are the same in every run.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A REST body of a book, as the venue would give it.
fn body_of(book: &Book) -> Vec<u8> {
    let Instrument { tick, lot, .. } = instrument();
    // In no order: the order of a snapshot's levels means nothing to a book.
    let levels = |side| {
        let mut texts = Vec::new();
        book.for_each(side, |l| texts.push(format!("[\"{}\",\"{}\"]", tick.text(l.px.0), lot.text(l.qty.0))));
        texts.join(",")
    };
    let (bids, asks) = (levels(Side::Buy), levels(Side::Sell));
    format!("{{\"lastUpdateId\":{},\"bids\":[{bids}],\"asks\":[{asks}]}}", book.update_id()).into_bytes()
}

#[test]
fn a_disturbed_stream_ends_in_the_same_book_or_in_none() {
    let (messages, at, snapshot) = session();
    let depths: Vec<_> =
        messages.iter().filter(|m| m.windows(13).any(|w| w == b"\"depthUpdate\"")).cloned().collect();
    let at = messages[..at].iter().filter(|m| m.windows(13).any(|w| w == b"\"depthUpdate\"")).count();
    // The truth: the book after each diff, and now and then a body of it, while that still fits into an answer.
    let mut truth = HashMap::new();
    let mut loaded = Desk::new();
    loaded.hear(&depths[0], 0);
    loaded.answer(&snapshot, 0);
    assert_eq!(loaded.updates, 1, "the snapshot is newer than the first diff");
    truth.insert(loaded.book.update_id(), loaded.book.state_hash());
    let mut whole = Desk::new();
    let mut bodies = HashMap::new();
    let mut last = 0;
    for (i, message) in depths.iter().enumerate() {
        if i == at {
            whole.answer(&snapshot, 0);
            truth.insert(whole.book.update_id(), whole.book.state_hash());
        }
        whole.hear(message, 0);
        truth.insert(whole.book.update_id(), whole.book.state_hash());
        let (bids, asks) = whole.book.levels();
        if i % 8 == 0 && bids.max(asks) <= 2000 {
            bodies.insert(i + 1, body_of(&whole.book));
            last = i + 1;
        }
    }
    assert!(whole.is_whole && last > at + 300, "{last}");
    let (mut gaps, mut compared) = (0, 0);
    for seed in 1..=12 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed));
        let mut desk = Desk::new();
        let mut late: Option<&Vec<u8>> = None;
        for (i, message) in depths[..=last].iter().enumerate() {
            if i == at {
                desk.answer(&snapshot, 0);
            } else if let Some(body) = bodies.get(&i).filter(|_| i > at) {
                desk.answer(body, 0);
            }
            let was_whole = desk.is_whole;
            match dice.roll(60) {
                0 => {}
                1 => (0..2).for_each(|_| desk.hear(message, 0)),
                2 => late = Some(message),
                3 => desk.hear(&[&message[..message.len() / 2], &[0u8; PADDING]].concat(), 0),
                _ => desk.hear(message, 0),
            }
            if let Some(message) = late.take_if(|_| dice.roll(3) == 0) {
                desk.hear(message, 0);
            }
            gaps += (was_whole && !desk.is_whole) as u32;
            if desk.is_whole && i > at {
                compared += 1;
                assert_eq!(
                    truth.get(&desk.book.update_id()),
                    Some(&desk.book.state_hash()),
                    "seed {seed}, diff {i}, id {}",
                    desk.book.update_id()
                );
            }
        }
    }
    assert!(gaps > 50 && compared > 1000, "{gaps} gaps, {compared} comparisons");
}
