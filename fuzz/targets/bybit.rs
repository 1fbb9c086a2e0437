#![no_main]
//! Bybit's public messages: nothing panics, levels are in bounds, and the two decoders agree where both accept.

use libfuzzer_sys::fuzz_target;
use nanotick_model::{Level, Venue};
use nanotick_venues::bybit::decode::{Decoder, Public};
use nanotick_venues::padded;
use std::cell::RefCell;

thread_local! {
    static DECODERS: RefCell<(Decoder, Decoder, Vec<u8>)> = RefCell::new({
        let instruments = support::instruments(Venue::Bybit);
        (Decoder::new(&instruments, 50), Decoder::new(&instruments, 50), Vec::new())
    });
}

type Seen = (Public, Vec<Level>, Vec<Level>);

fn seen(decoder: &Decoder, found: Public) -> Seen {
    match found {
        Public::Book(head) => (found, decoder.bids(&head).to_vec(), decoder.asks(&head).to_vec()),
        _ => (found, Vec::new(), Vec::new()),
    }
}

fuzz_target!(|data: &[u8]| {
    DECODERS.with_borrow_mut(|(fast, general, buffer)| {
        let by_any = fast.decode(padded(data, buffer)).ok().map(|found| seen(fast, found));
        let by_general = general.general(data).ok().map(|found| seen(general, found));
        if let (Some(a), Some(b)) = (&by_any, &by_general) {
            assert_eq!(a, b, "the decoders differ");
        }
        if let Some((_, bids, asks)) = &by_any {
            assert!(bids.iter().chain(asks).all(|level| level.px.0 >= 0 && level.qty.0 >= 0));
        }
    });
});
