//! Nanoseconds per update: each kernel alone, and the ten that an engine evaluates on one market event.
//! The minimum over many batches, on synthetic quotes, after warm-up. Run with `--release`.

use std::hint::black_box;
use std::time::Instant;

use nanotick_formulas::{
    build, AnyKernel, Bar, BarKernel, Book, BookKernel, PriceKernel, Quote, QuoteKernel, Trade, TradeKernel,
    MAX_OUTPUTS,
};

const EVENTS: usize = 4096;
const BATCHES: usize = 400;
const LEVELS: usize = 10;
const KEYS: [&str; 10] = [
    "sma",
    "ema",
    "rsi",
    "macd",
    "bollinger",
    "atr",
    "vwap_session",
    "microprice_weighted",
    "depth_imbalance",
    "ofi",
];

/// One market event, as the engine would hand it to every kernel.
struct Event {
    price: f64,
    bar: Bar,
    trade: Trade,
    quote: Quote,
    bid_sizes: [f64; LEVELS],
    ask_sizes: [f64; LEVELS],
}

/// A random walk on a 0.1 grid; the generator is Marsaglia's xorshift.
fn events() -> Vec<Event> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below) as f64
    };
    let mut ticks = 600_000.0;
    (0..EVENTS)
        .map(|index| {
            ticks += draw(5) - 2.0;
            let bid = ticks * 0.1;
            let ask = bid + 0.1;
            let bid_sizes = std::array::from_fn(|_| draw(9000) * 0.001);
            let ask_sizes = std::array::from_fn(|_| draw(9000) * 0.001);
            Event {
                price: bid + 0.05,
                bar: Bar { high: ask + draw(9) * 0.1, low: bid - draw(9) * 0.1, close: bid },
                trade: Trade {
                    px: ask,
                    size: 0.001 + draw(900) * 0.001,
                    side: 1.0,
                    t_ns: index as i64 * 1_000_000,
                },
                quote: Quote { bid, ask, bid_size: bid_sizes[0], ask_size: ask_sizes[0] },
                bid_sizes,
                ask_sizes,
            }
        })
        .collect()
}

/// Kernels apart by kind of input, as an engine keeps them: built once, no choice of kind per event.
#[derive(Default)]
struct Signals {
    price: Vec<PriceKernel>,
    bar: Vec<BarKernel>,
    trade: Vec<TradeKernel>,
    quote: Vec<QuoteKernel>,
    book: Vec<BookKernel>,
}

impl Signals {
    fn new(keys: &[&str]) -> Self {
        let mut signals = Self::default();
        for key in keys {
            match build(key, &[]).expect("defaults are in range") {
                AnyKernel::Price(kernel) => signals.price.push(kernel),
                AnyKernel::Bar(kernel) => signals.bar.push(kernel),
                AnyKernel::Trade(kernel) => signals.trade.push(kernel),
                AnyKernel::Quote(kernel) => signals.quote.push(kernel),
                AnyKernel::Book(kernel) => signals.book.push(kernel),
            }
        }
        signals
    }

    #[inline(always)]
    fn update(&mut self, event: &Event, out: &mut [[f64; MAX_OUTPUTS]; KEYS.len()]) {
        let mut rows = out.iter_mut();
        for (kernel, out) in self.price.iter_mut().zip(&mut rows) {
            kernel.update(event.price, out);
        }
        for (kernel, out) in self.bar.iter_mut().zip(&mut rows) {
            kernel.update(event.bar, out);
        }
        for (kernel, out) in self.trade.iter_mut().zip(&mut rows) {
            kernel.update(event.trade, out);
        }
        for (kernel, out) in self.quote.iter_mut().zip(&mut rows) {
            kernel.update(event.quote, out);
        }
        let book = Book { bid_sizes: &event.bid_sizes, ask_sizes: &event.ask_sizes };
        for (kernel, out) in self.book.iter_mut().zip(&mut rows) {
            kernel.update(book, out);
        }
    }

    fn min_ns_per_event(&mut self, events: &[Event]) -> f64 {
        let mut out = [[0.0; MAX_OUTPUTS]; KEYS.len()];
        let mut best = f64::INFINITY;
        for _ in 0..BATCHES {
            let start = Instant::now();
            for event in events {
                self.update(black_box(event), &mut out);
                black_box(&mut out);
            }
            best = best.min(start.elapsed().as_nanos() as f64 / events.len() as f64);
        }
        best
    }
}

fn main() {
    let events = events();
    let mut sum = 0.0;
    for key in KEYS {
        let ns = Signals::new(&[key]).min_ns_per_event(&events);
        sum += ns;
        println!("{key:<20} {ns:6.2} ns/update");
    }
    println!("{:<20} {sum:6.2} ns", "sum of the ten");
    println!("{:<20} {:6.2} ns/event", "all ten on one event", Signals::new(&KEYS).min_ns_per_event(&events));
}
