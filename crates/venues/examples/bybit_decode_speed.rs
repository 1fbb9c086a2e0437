//! How fast Bybit order book deltas are decoded: the least mean time over many batches, by number of levels.
//!
//! `cargo run --release -p nanotick-venues --example bybit_decode_speed`

use nanotick_model::{Cash, ContractKind, Grid, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue};
use nanotick_venues::bybit::decode::Decoder;
use nanotick_venues::{Padded, PADDING};
use std::hint::black_box;
use std::time::Instant;

const MESSAGES: usize = 1000;
const BATCHES: usize = 200;

fn main() {
    for (step, wanted) in [("0.10", "0.001"), ("0.01", "0.001")] {
        let instrument = instrument(step, wanted);
        for levels in [4, 24, 50] {
            let messages: Vec<Vec<u8>> = (1..=MESSAGES as u64).map(|u| delta(u, levels)).collect();
            let bytes = messages.iter().map(|m| m.len() - PADDING).sum::<usize>() as f64 / MESSAGES as f64;
            let mut decoder = Decoder::new(std::slice::from_ref(&instrument), 50);
            let mut best_ns = f64::MAX;
            for _ in 0..BATCHES {
                let start = Instant::now();
                for message in &messages {
                    let padded = Padded::new(message, message.len() - PADDING).expect("padding");
                    let head = decoder.book(black_box(padded)).expect("the usual shape");
                    black_box((decoder.bids(&head), decoder.asks(&head)));
                }
                best_ns = best_ns.min(start.elapsed().as_nanos() as f64 / MESSAGES as f64);
            }
            println!(
                "tick {step}: {levels:>2} levels, {bytes:6.1} bytes: {best_ns:6.1} ns, {:.2} GB/s",
                bytes / best_ns
            );
        }
    }
}

fn instrument(tick: &str, lot: &str) -> Instrument {
    Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").expect("short"),
        tick: Grid::new(tick).expect("a grid"),
        lot: Grid::new(lot).expect("a grid"),
        min_px: Px(1),
        max_px: Px(i64::MAX),
        min_qty: Qty(1),
        max_qty: Qty(i64::MAX),
        min_notional: Cash(0),
        maker_fee: Rate(20_000),
        taker_fee: Rate(55_000),
    }
}

/// A delta with prices near the touch, sizes of one to five digits, and a quarter of the levels removed.
fn delta(update: u64, levels: usize) -> Vec<u8> {
    let mut state = update.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % below
    };
    let mut side = |from: u64, sign: i64| {
        let level = |i: usize| {
            let px = (from as i64 + sign * (i as i64 * 10 + random(3) as i64 * 10)) as u64;
            let size = match random(4) {
                0 => "0".to_owned(),
                _ => format!("{}.{:03}", random(30), random(1000)),
            };
            format!("[\"{}.{:02}\",\"{size}\"]", px / 100, px % 100)
        };
        (0..levels / 2).map(level).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(9_700_000, -1), side(9_700_010, 1));
    let mut text = format!(
        "{{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":{},\"data\":{{\"s\":\"BTCUSDT\",\"b\":[{bids}],\
         \"a\":[{asks}],\"u\":{update},\"seq\":{}}},\"cts\":{}}}",
        1_687_940_967_466 + update,
        66_544_703_342 + update,
        1_687_940_967_464 + update,
    )
    .into_bytes();
    text.resize(text.len() + PADDING, 0);
    text
}
