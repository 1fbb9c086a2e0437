//! What the pre-trade check costs for an order that passes, and for one that the last check but one refuses.
//!
//! `cargo run --release -p nanotick-engine --example risk_speed`

use nanotick_engine::orders::Exposure;
use nanotick_engine::risk::{Context, Limits, OrderIntent, Risk, SessionLimits};
use nanotick_model::{
    Cash, ClientId, ContractKind, Grid, Instrument, InstrumentId, Level, Px, Qty, Rate, Side, Text, Venue,
};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let instrument = Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").unwrap(),
        tick: Grid::new("0.10").unwrap(),
        lot: Grid::new("0.001").unwrap(),
        min_px: Px(1),
        max_px: Px(20_000_000),
        min_qty: Qty(1),
        max_qty: Qty(1_190_000),
        min_notional: Cash::parse("5").unwrap(),
        maker_fee: Rate::parse("0.0002").unwrap(),
        taker_fee: Rate::parse("0.00055").unwrap(),
    };
    let session = SessionLimits {
        orders_per_s: 1_000_000,
        burst: 1000,
        cancel_reserve: 100,
        breaker_refusals: 64,
        breaker_window_ns: 1,
    };
    let limits = Limits { duplicate_ns: 1_000_000, ..Limits::demo(&instrument) };
    let mut risk = Risk::new(&[(instrument, limits)], &session).unwrap();
    let level = |px, qty| Level { px: Px(px), qty: Qty(qty) };
    let resting = |px| Exposure { leaves: Qty(30), orders: 3, best_px: Some(Px(px)) };
    let (buys, sells) = (resting(969_990), resting(970_020));
    let (mut now_ns, mut seq) = (1_000_000_000i64, 0u64);
    for (what, position, want) in [("passes", 0, true), ("refused by the position limit", 1000, false)] {
        let mut least = f64::MAX;
        for _ in 0..2000 {
            let start = Instant::now();
            for i in 0..1000 {
                // Two orders within a window for duplicates, as a quoter has them.
                now_ns += 600_000;
                seq += 1;
                let context = Context {
                    now_ns,
                    reconciled: true,
                    book_valid: true,
                    book_ns: now_ns - 1000,
                    bid: level(970_000, 50),
                    ask: level(970_001, 50),
                    position: Qty(position),
                    buys: &buys,
                    sells: &sells,
                };
                let intent = OrderIntent::limit(InstrumentId(0), Side::Buy, Px(969_990 + i % 8), Qty(5));
                let outcome = risk.place(ClientId::new(1, seq), black_box(&intent), black_box(&context));
                assert_eq!(black_box(outcome).is_ok(), want);
                if !want {
                    risk.resume();
                }
            }
            least = least.min(start.elapsed().as_nanos() as f64 / 1000.0);
        }
        println!("an order that {what}: {least:.2} ns");
    }
}
