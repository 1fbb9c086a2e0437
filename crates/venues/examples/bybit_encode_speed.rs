//! How fast orders are encoded for Bybit's trade socket: the least mean time over many batches.
//!
//! `cargo run --release -p nanotick-venues --example bybit_encode_speed`

use nanotick_model::{
    Cancel, Cash, ClientId, Command, ContractKind, Grid, Instrument, InstrumentId, OrderType, Place, Px, Qty,
    Rate, Side, Text, TimeInForce, Venue,
};
use nanotick_model::{Event, Socket};
use nanotick_venues::bybit::{BybitClient, Config};
use nanotick_venues::client::{Io, VenueClient};
use nanotick_venues::padded;
use nanotick_venues::sign::Secret;
use std::hint::black_box;
use std::time::Instant;

const COMMANDS: u64 = 1000;
const BATCHES: usize = 500;

fn main() {
    let mut client = ready_client();
    let place = |seq: u64| {
        Command::Place(Place {
            client: ClientId::new(1, 100_000 + seq),
            instrument: InstrumentId(0),
            side: if seq.is_multiple_of(2) { Side::Buy } else { Side::Sell },
            order_type: OrderType::Limit,
            tif: TimeInForce::PostOnly,
            reduce_only: false,
            px: Px(970_000 + seq as i64 % 7),
            qty: Qty(12),
        })
    };
    let cancel = |seq: u64| {
        Command::Cancel(Cancel { client: ClientId::new(1, 100_000 + seq), instrument: InstrumentId(0) })
    };
    measure("create", &mut client, &(0..COMMANDS).map(place).collect::<Vec<_>>());
    measure("cancel", &mut client, &(0..COMMANDS).map(cancel).collect::<Vec<_>>());
}

fn measure(name: &str, client: &mut BybitClient, commands: &[Command]) {
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
        client.on_open(Socket::Trade, now_ns, &mut io);
        answer_auth(client, now_ns);
    }
    println!("bybit order.{name}: {best_ns:.1} ns");
}

fn answer_auth(client: &mut BybitClient, now_ns: i64) {
    let mut buffer = Vec::new();
    let message = padded(br#"{"retCode":0,"retMsg":"OK","op":"auth","connId":"1"}"#, &mut buffer);
    let (mut io, mut sink) = (Io::default(), |_: &Event<'_>| {});
    client.on_message(Socket::Trade, message, now_ns, &mut io, &mut sink).expect("an answer to auth");
}

fn ready_client() -> BybitClient {
    let instrument = Instrument {
        id: InstrumentId(0),
        venue: Venue::Bybit,
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
        taker_fee: Rate(55_000),
    };
    let mut client = BybitClient::new(Config {
        key: "key".into(),
        secret: Secret::new("secret".into()),
        instruments: vec![instrument],
        depth: 50,
        recv_window_ms: 5000,
        stale_after_ms: 3000,
        fills_since_ns: 0,
    });
    client.on_open(Socket::Trade, 0, &mut Io::default());
    answer_auth(&mut client, 0);
    client
}
