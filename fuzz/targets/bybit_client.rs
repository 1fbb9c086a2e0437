#![no_main]
//! The whole Bybit client under a hostile venue: see `support::hostile_venue`.

use libfuzzer_sys::fuzz_target;
use nanotick_model::Venue;
use nanotick_venues::bybit::{BybitClient, Config};
use nanotick_venues::sign::Secret;

fuzz_target!(|data: &[u8]| {
    let client = BybitClient::new(Config {
        key: "key".into(),
        secret: Secret::new("secret".into()),
        instruments: support::instruments(Venue::Bybit),
        depth: 50,
        recv_window_ms: 5_000,
        stale_after_ms: 2_000,
        fills_since_ns: 0,
    });
    support::hostile_venue(client, data);
});
