//! How fast orders are encoded and signed for Binance's WebSocket API: the least mean time over many batches.
//!
//! `cargo run --release -p nanotick-venues --example binance_encode_speed`

use nanotick_model::{
    Cancel, Cash, ClientId, Command, ContractKind, Event, Grid, Instrument, InstrumentId, OrderType, Place,
    Px, Qty, Rate, Side, Socket, Text, TimeInForce, Venue,
};
use nanotick_venues::binance::{BinanceClient, BinanceConfig};
use nanotick_venues::client::{Io, VenueClient};
use nanotick_venues::sign::Secret;
use std::hint::black_box;
use std::time::Instant;

const COMMANDS: u64 = 1000;
const BATCHES: usize = 200;

fn main() {
    let instrument = Instrument {
        id: InstrumentId(0),
        venue: Venue::Binance,
        kind: ContractKind::Linear,
        symbol: Text::new("BTCUSDT").expect("short"),
        tick: Grid::new("0.10").expect("a grid"),
        lot: Grid::new("0.001").expect("a grid"),
        min_px: Px(1),
        max_px: Px(i64::MAX),
        min_qty: Qty(1),
        max_qty: Qty(i64::MAX),
        min_notional: Cash(0),
        maker_fee: Rate(20_000),
        taker_fee: Rate(50_000),
    };
    // Keys of this venue have 64 characters; the signature covers them.
    let config = BinanceConfig::new("k".repeat(64), Secret::new("s".repeat(64)), vec![instrument]);
    let mut client = BinanceClient::new(config);
    client.on_open(Socket::Trade, 0, &mut Io::default());
    let place = |seq: u64| {
        Command::Place(Place {
            client: ClientId::new(1, 100_000 + seq),
            instrument: InstrumentId(0),
            side: if seq.is_multiple_of(2) { Side::Buy } else { Side::Sell },
            order_type: OrderType::Limit,
            tif: TimeInForce::PostOnly,
            reduce_only: false,
            px: Px(618_000 + seq as i64 % 7),
            qty: Qty(12),
        })
    };
    let cancel = |seq: u64| {
        Command::Cancel(Cancel { client: ClientId::new(1, 100_000 + seq), instrument: InstrumentId(0) })
    };
    measure("place", &mut client, &(0..COMMANDS).map(place).collect::<Vec<_>>());
    measure("cancel", &mut client, &(0..COMMANDS).map(cancel).collect::<Vec<_>>());
}

fn measure(name: &str, client: &mut BinanceClient, commands: &[Command]) {
    let mut out = [0u8; 1024];
    let mut io = Io::default();
    let (mut best_ns, mut now_ns) = (f64::MAX, 1_700_000_000_000_000_000);
    for _ in 0..BATCHES {
        let start = Instant::now();
        for command in commands {
            now_ns += 1_000;
            black_box(client.encode(black_box(command), now_ns, &mut out, &mut io));
            black_box(&out);
        }
        best_ns = best_ns.min(start.elapsed().as_nanos() as f64 / commands.len() as f64);
        // Answers never come here, so the requests are given up before they pile up.
        client.on_tick(now_ns + 10_000_000_000, &mut io, &mut |_: &Event<'_>| {});
    }
    println!("binance order.{name}, signed: {best_ns:.1} ns");
}
