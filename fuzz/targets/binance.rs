#![no_main]
//! Binance's market messages and depth snapshots: nothing panics, neither prices nor sizes are negative.

use libfuzzer_sys::fuzz_target;
use nanotick_model::{Level, Venue};
use nanotick_venues::binance::decode::{Decoder, Feed, Message};
use nanotick_venues::padded;
use std::cell::RefCell;

thread_local! {
    static DECODER: RefCell<(Decoder, Vec<u8>)> = RefCell::new({
        let feeds = support::instruments(Venue::Binance).iter().map(Feed::of).collect();
        (Decoder::new(feeds), Vec::new())
    });
}

fn check(levels: &[Level]) {
    assert!(levels.iter().all(|level| level.px.0 >= 0 && level.qty.0 >= 0));
}

fuzz_target!(|data: &[u8]| {
    DECODER.with_borrow_mut(|(decoder, buffer)| {
        match decoder.decode(padded(data, buffer)) {
            Ok(Message::Depth { diff, .. }) => {
                check(diff.bids);
                check(diff.asks);
            }
            Ok(Message::Quote { quote, .. }) => check(&[quote.bid, quote.ask]),
            Ok(Message::Trade { trade, .. } | Message::AggTrade { trade, .. }) => {
                assert!(trade.px.0 >= 0 && trade.qty.0 >= 0);
            }
            _ => {}
        }
        if let Ok(snapshot) = decoder.snapshot(1, data) {
            check(snapshot.bids);
            check(snapshot.asks);
        }
    });
});
