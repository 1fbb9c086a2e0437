//! How fast Binance messages are decoded: min over batches, per kind of message, on a recording.
//!
//! `cargo run --release --example binance_decode_speed -- FILE [TICK LOT]`; by default the bundled sample.

use nanotick_model::Grid;
use nanotick_runtime::recording::Recording;
use nanotick_venues::binance::decode::{Decoder, Feed, Message};
use nanotick_venues::{Padded, PADDING};
use std::hint::black_box;
use std::time::Instant;

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../python/nanotick/data/sample/binance_usdm_btcusdt_20240808_90s.gz"
);
const BATCHES: usize = 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |at: usize, default: &str| args.get(at).cloned().unwrap_or(default.to_string());
    let (file, tick, lot) = (arg(0, SAMPLE), arg(1, "0.1"), arg(2, "0.001"));
    let grid = |text: &str| Grid::new(text).map_err(|e| format!("{text}: {e}"));
    let mut decoder = Decoder::new(vec![Feed::new("BTCUSDT", grid(&tick)?, grid(&lot)?)]);

    let kinds = ["depthUpdate", "bookTicker", "trade"];
    let mut messages: Vec<Vec<Vec<u8>>> = vec![Vec::new(); kinds.len()];
    let (mut levels, mut depths) = (0, 0);
    let mut recording = Recording::open(&[file])?;
    while let Some(message) = recording.next_message()? {
        let kind = match decoder.decode(message.json).map_err(|bad| bad.why)? {
            Message::Depth { diff, .. } => {
                levels += diff.bids.len() + diff.asks.len();
                depths += 1;
                0
            }
            Message::Quote { .. } => 1,
            Message::Trade { .. } => 2,
            _ => continue,
        };
        let mut padded = message.json.bytes().to_vec();
        padded.resize(padded.len() + PADDING, 0);
        messages[kind].push(padded);
    }
    println!(
        "{:.1} levels a depth update, {} by the general decoder",
        levels as f64 / depths as f64,
        decoder.general_messages()
    );
    for (kind, messages) in kinds.iter().zip(&messages) {
        let bytes: usize = messages.iter().map(|m| m.len() - PADDING).sum();
        // A small set stays in the caches, as one live message does; the whole set shows the same from memory.
        for (set, messages) in
            [("64 messages, cached", &messages[..64.min(messages.len())]), ("all", &messages[..])]
        {
            let set_bytes: usize = messages.iter().map(|m| m.len() - PADDING).sum();
            let rounds = (bytes / set_bytes.max(1)).clamp(1, 64);
            let mut best = f64::MAX;
            for _ in 0..BATCHES {
                let start = Instant::now();
                for _ in 0..rounds {
                    for message in messages {
                        let message = Padded::new(message, message.len() - PADDING).ok_or("no padding")?;
                        let _ = black_box(decoder.decode(black_box(message)));
                    }
                }
                best = best.min(start.elapsed().as_nanos() as f64 / rounds as f64);
            }
            println!(
                "{kind:12} {set:20} {:7.0} B/message {:8.1} ns/message {:5.2} GB/s",
                set_bytes as f64 / messages.len() as f64,
                best / messages.len() as f64,
                set_bytes as f64 / best
            );
        }
    }
    Ok(())
}
