//! Wire to wire: a venue process sends a 647-byte book delta, this process answers with a 300-byte order, beside the
//! bare ping-pong of the same minute. `cargo run --release --example wire`

use nanotick_runtime::bench::{floor_tcp, run_peer, stages, wire, Mode, Peer, Setup};
use nanotick_runtime::ws::Opcode;
use std::process::Command;

const DELTA_BYTES: usize = 647;
const ORDER_BYTES: usize = 300;

/// A Bybit book delta, filled up with levels and a pad to the average size of 24 levels.
fn delta(update: usize) -> Vec<u8> {
    let levels: Vec<String> = (0..12).map(|i| format!("[\"{}.10\",\"0.{:03}\"]", 97000 + i, i + 1)).collect();
    let side = levels.join(",");
    let mut text = format!(
        "{{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1687940967466,\"data\":{{\"s\":\"BTCUSDT\",\
         \"b\":[{side}],\"a\":[{side}],\"u\":{update},\"seq\":66544703342}},\"cts\":1687940967464}}"
    );
    while text.len() < DELTA_BYTES {
        text.push(' ');
    }
    text.truncate(DELTA_BYTES);
    text.into_bytes()
}

fn peer() -> std::io::Result<Peer> {
    Ok(Peer::Process(Command::new(std::env::current_exe()?)))
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.is_empty() {
        return run_peer(&args);
    }
    for (name, ns) in stages() {
        println!("{name:20} {ns:8.1} ns");
    }
    let messages: Vec<Vec<u8>> = (0..100).map(delta).collect();
    for mode in [Mode::Spin, Mode::Block] {
        let setup = Setup::new(mode);
        println!("{mode:?} floor      {:?}", floor_tcp(setup, ORDER_BYTES, peer()?)?);
        for tls in [false, true] {
            let result = wire(setup, tls, &messages, peer()?, |message, orders| {
                orders.begin()[..ORDER_BYTES].copy_from_slice(&message.bytes()[..ORDER_BYTES]);
                orders.finish(Opcode::Text, ORDER_BYTES);
            })?;
            println!("{mode:?} wire tls={tls} {:?}", result.round_trip);
            println!("{mode:?}      inside  {:?}", result.inside);
        }
    }
    Ok(())
}
