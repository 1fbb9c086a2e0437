#![no_main]
//! Bybit's public messages: nothing panics, levels are in bounds, and both ways of reading tell the same.

use libfuzzer_sys::fuzz_target;
use nanotick_model::{Level, Venue};
use nanotick_venues::bybit::decode::{Decoder, Public, TradeAt};
use nanotick_venues::padded;
use std::cell::RefCell;

thread_local! {
    static DECODERS: RefCell<(Decoder, Decoder, Vec<u8>)> = RefCell::new({
        let instruments = support::instruments(Venue::Bybit);
        (Decoder::new(&instruments, 50), Decoder::new(&instruments, 50), Vec::new())
    });
}

type Seen = (Public, Vec<Level>, Vec<Level>, Vec<TradeAt>);

fn seen(decoder: &Decoder, found: Public) -> Seen {
    match found {
        Public::Book(head) => (found, decoder.bids(&head).to_vec(), decoder.asks(&head).to_vec(), Vec::new()),
        Public::Trades { .. } => (found, Vec::new(), Vec::new(), decoder.trades().to_vec()),
        _ => (found, Vec::new(), Vec::new(), Vec::new()),
    }
}

fuzz_target!(|data: &[u8]| {
    DECODERS.with_borrow_mut(|(fast, general, buffer)| {
        let by_any = fast.decode(padded(data, buffer)).ok().map(|found| seen(fast, found));
        let by_general = general.general(data).ok().map(|found| seen(general, found));
        // What the short way does not take goes the general way, so the two accept the same messages.
        assert_eq!(by_any, by_general, "the decoders differ");
        if let Some((_, bids, asks, _)) = &by_any {
            assert!(bids.iter().chain(asks).all(|level| level.px.0 >= 0 && level.qty.0 >= 0));
        }
    });
});
