#![no_main]
//! The whole Binance client under a hostile venue: see `support::hostile_venue`.

use libfuzzer_sys::fuzz_target;
use nanotick_model::Venue;
use nanotick_venues::binance::{BinanceClient, BinanceConfig};
use nanotick_venues::sign::Secret;

fuzz_target!(|data: &[u8]| {
    let secret = Secret::new("secret".into());
    let config = BinanceConfig::new("key".into(), secret, support::instruments(Venue::Binance));
    support::hostile_venue(BinanceClient::new(config), data);
});
