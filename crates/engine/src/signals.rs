//! The signals that a strategy declares: formula kernels fed from the engine's events, their values in the view.
//! Each feed has its own list, so that an event touches only the kernels that want it.

use crate::book::Book;
use crate::view::{View, VIEW_LEVELS, VIEW_SIGNALS};
use nanotick_formulas::{build, AnyKernel, BarKernel, BookKernel, PriceKernel, QuoteKernel, TradeKernel};
use nanotick_formulas::{Bar, Book as BookSizes, Quote, Trade as TradeInput};
use nanotick_model::{Level, Side, Trade};
use std::fmt;

/// Where a price formula takes its price from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PriceFeed {
    /// The middle of the touch, at each book update.
    Mid,
    /// The touch weighted by the opposite sizes, at each book update.
    Microprice,
    /// Each trade.
    Trade,
}

/// A signal as declared: a name, a formula, its parameters and its feed.
#[derive(Clone, Debug)]
pub struct SignalSpec {
    pub name: String,
    pub key: String,
    /// In the catalogue's order; missing ones take their defaults.
    pub params: Vec<f64>,
    /// For formulas over prices.
    pub on: PriceFeed,
    /// For formulas over bars: bars of trades so many ns long.
    pub bar_ns: i64,
}

/// Where a signal's values stand in [`View::signals`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalName {
    pub name: String,
    pub outputs: Vec<String>,
    pub slot: usize,
}

/// Why a session cannot be set up: a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kernel and the first slot of its outputs.
struct Placed<K> {
    kernel: K,
    slot: usize,
    outputs: usize,
}

impl<K> Placed<K> {
    #[inline(always)]
    fn out<'v>(&self, view: &'v mut View) -> &'v mut [f64] {
        &mut view.signals[self.slot..self.slot + self.outputs]
    }
}

/// The kernels of one instrument.
#[derive(Default)]
pub struct Signals {
    mid: Vec<Placed<PriceKernel>>,
    microprice: Vec<Placed<PriceKernel>>,
    trade_px: Vec<Placed<PriceKernel>>,
    quotes: Vec<Placed<QuoteKernel>>,
    books: Vec<(Placed<BookKernel>, usize)>,
    trades: Vec<Placed<TradeKernel>>,
    bars: Vec<(Placed<BarKernel>, BarBuilder)>,
    /// Sizes for book formulas: bids, asks.
    sizes: [Vec<f64>; 2],
    names: Vec<SignalName>,
}

impl Signals {
    pub fn new(specs: &[SignalSpec]) -> Result<Signals, SetupError> {
        let mut signals = Signals::default();
        let mut slot = 0;
        for spec in specs {
            let kernel = build(&spec.key, &spec.params)
                .map_err(|e| SetupError(format!("signal {:?}: {e}", spec.name)))?;
            let outputs: Vec<String> = kernel.info().outputs.iter().map(|o| o.name.to_owned()).collect();
            let n = outputs.len();
            if slot + n > VIEW_SIGNALS {
                return Err(SetupError(format!(
                    "signal {:?} does not fit: all signals together may have {VIEW_SIGNALS} values",
                    spec.name
                )));
            }
            signals.place(spec, kernel, slot, n);
            signals.names.push(SignalName { name: spec.name.clone(), outputs, slot });
            slot += n;
        }
        Ok(signals)
    }

    fn place(&mut self, spec: &SignalSpec, kernel: AnyKernel, slot: usize, outputs: usize) {
        match kernel {
            AnyKernel::Price(kernel) => {
                let list = match spec.on {
                    PriceFeed::Mid => &mut self.mid,
                    PriceFeed::Microprice => &mut self.microprice,
                    PriceFeed::Trade => &mut self.trade_px,
                };
                list.push(Placed { kernel, slot, outputs });
            }
            AnyKernel::Quote(kernel) => self.quotes.push(Placed { kernel, slot, outputs }),
            AnyKernel::Trade(kernel) => self.trades.push(Placed { kernel, slot, outputs }),
            AnyKernel::Bar(kernel) => {
                self.bars.push((Placed { kernel, slot, outputs }, BarBuilder::new(spec.bar_ns)))
            }
            AnyKernel::Book(kernel) => {
                let info = kernel.info();
                let levels = info.params.iter().position(|p| p.name == "levels").map_or(VIEW_LEVELS, |i| {
                    spec.params.get(i).copied().unwrap_or(info.params[i].default) as usize
                });
                for sizes in &mut self.sizes {
                    sizes.reserve(levels);
                }
                self.books.push((Placed { kernel, slot, outputs }, levels));
            }
        }
    }

    pub fn names(&self) -> &[SignalName] {
        &self.names
    }
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The book has changed and both sides are there; the view's touch and levels are up to date.
    #[inline]
    pub fn on_book(&mut self, book: &Book, view: &mut View) {
        let mid = view.mid;
        for placed in &mut self.mid {
            placed.kernel.update(mid, &mut view.signals[placed.slot..placed.slot + placed.outputs]);
        }
        if !self.quotes.is_empty() || !self.microprice.is_empty() {
            let quote = Quote {
                bid: view.bid_px as f64 * view.tick,
                ask: view.ask_px as f64 * view.tick,
                bid_size: view.bid_qty as f64 * view.lot,
                ask_size: view.ask_qty as f64 * view.lot,
            };
            for placed in &mut self.quotes {
                placed.kernel.update(quote, &mut view.signals[placed.slot..placed.slot + placed.outputs]);
            }
            let total = quote.bid_size + quote.ask_size;
            let microprice = (quote.bid * quote.ask_size + quote.ask * quote.bid_size) / total;
            for placed in &mut self.microprice {
                let out = &mut view.signals[placed.slot..placed.slot + placed.outputs];
                placed.kernel.update(microprice, out);
            }
        }
        for (placed, levels) in &mut self.books {
            let [bids, asks] = &mut self.sizes;
            fill_sizes(book, view, *levels, bids, asks);
            let sizes = BookSizes { bid_sizes: bids, ask_sizes: asks };
            placed.kernel.update(sizes, &mut view.signals[placed.slot..placed.slot + placed.outputs]);
        }
    }

    /// Somebody traded. `now_ns` is the event's time.
    #[inline]
    pub fn on_trade(&mut self, trade: &Trade, now_ns: i64, view: &mut View) {
        let (px, size) = (trade.px.0 as f64 * view.tick, trade.qty.0 as f64 * view.lot);
        for placed in &mut self.trade_px {
            placed.kernel.update(px, placed_out(placed.slot, placed.outputs, view));
        }
        let input = TradeInput { px, size, side: trade.side.sign() as f64, t_ns: now_ns };
        for placed in &mut self.trades {
            placed.kernel.update(input, placed_out(placed.slot, placed.outputs, view));
        }
        for (placed, builder) in &mut self.bars {
            if let Some(bar) = builder.on_trade(px, now_ns) {
                let out = placed.out(view);
                placed.kernel.update(bar, out);
            }
        }
    }

    /// Time has passed without a trade: bars may have ended.
    pub fn on_clock(&mut self, now_ns: i64, view: &mut View) {
        for (placed, builder) in &mut self.bars {
            if let Some(bar) = builder.on_clock(now_ns) {
                let out = placed.out(view);
                placed.kernel.update(bar, out);
            }
        }
    }
}

#[inline(always)]
fn placed_out(slot: usize, outputs: usize, view: &mut View) -> &mut [f64] {
    &mut view.signals[slot..slot + outputs]
}

/// The best sizes of each side in lots: from the view where it holds enough levels, else from the book.
#[inline]
fn fill_sizes(book: &Book, view: &View, levels: usize, bids: &mut Vec<f64>, asks: &mut Vec<f64>) {
    bids.clear();
    asks.clear();
    if levels <= VIEW_LEVELS {
        bids.extend(view.bids[..levels].iter().map(|level| level.qty.0 as f64));
        asks.extend(view.asks[..levels].iter().map(|level| level.qty.0 as f64));
        return;
    }
    for (side, out) in [(Side::Buy, bids), (Side::Sell, asks)] {
        book.walk(side, |level: Level| {
            out.push(level.qty.0 as f64);
            out.len() < levels
        });
    }
}

/// Builds bars of a fixed length from trades. Lengths without a trade give no bar.
struct BarBuilder {
    length_ns: i64,
    /// Number of the open bar since the epoch; `i64::MIN` before the first trade.
    index: i64,
    bar: Bar,
}

impl BarBuilder {
    fn new(length_ns: i64) -> BarBuilder {
        let empty = Bar { high: f64::MIN, low: f64::MAX, close: f64::NAN };
        BarBuilder { length_ns: length_ns.max(1), index: i64::MIN, bar: empty }
    }

    fn on_clock(&mut self, now_ns: i64) -> Option<Bar> {
        let index = now_ns.div_euclid(self.length_ns);
        if self.index == i64::MIN || index <= self.index {
            return None;
        }
        self.index = i64::MIN;
        Some(self.bar)
    }

    fn on_trade(&mut self, px: f64, now_ns: i64) -> Option<Bar> {
        let done = self.on_clock(now_ns);
        if self.index == i64::MIN {
            self.index = now_ns.div_euclid(self.length_ns);
            self.bar = Bar { high: px, low: px, close: px };
        } else {
            self.bar.high = self.bar.high.max(px);
            self.bar.low = self.bar.low.min(px);
            self.bar.close = px;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_end_at_multiples_of_their_length() {
        let mut builder = BarBuilder::new(1000);
        assert_eq!(builder.on_trade(5.0, 1_100), None);
        assert_eq!(builder.on_trade(7.0, 1_500), None);
        assert_eq!(builder.on_trade(6.0, 1_999), None);
        assert_eq!(builder.on_trade(1.0, 2_000), Some(Bar { high: 7.0, low: 5.0, close: 6.0 }));
        assert_eq!(builder.on_clock(2_999), None);
        assert_eq!(builder.on_clock(9_000), Some(Bar { high: 1.0, low: 1.0, close: 1.0 }));
        assert_eq!(builder.on_clock(10_000), None);
    }

    #[test]
    fn an_impossible_signal_is_a_sentence() {
        let spec = |key: &str, params: &[f64]| SignalSpec {
            name: "x".into(),
            key: key.into(),
            params: params.to_vec(),
            on: PriceFeed::Mid,
            bar_ns: 1,
        };
        assert!(Signals::new(&[spec("no_such", &[])]).is_err());
        assert!(Signals::new(&[spec("rsi", &[-3.0])]).is_err());
        assert!(Signals::new(&vec![spec("bollinger", &[]); 7]).is_err());
    }
}
