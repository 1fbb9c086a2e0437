//! Formulas over the best bid and ask.

use crate::info::{FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::Quote;
use crate::kernel::{outputs, Kernel};
use crate::params::{Given, ParamError};
use crate::sum::WindowSum;

const MICROPRICE_WEIGHTED: FormulaInfo = FormulaInfo {
    id: 189,
    key: "microprice_weighted",
    name: "Size-weighted mid (imbalance microprice)",
    category: "microstructure_liquidity",
    subcategory: "quote",
    tier: 1,
    input: InputKind::Quote,
    params: &[],
    outputs: &[OutputInfo::new("wmid", "price")],
    warmup: "0",
    streaming: "O(1): pointwise",
    definition:
        "A price between bid and ask that leans to the ask by the bid's share of the two best sizes: with \
                 I = bid_size/(bid_size+ask_size), I*ask + (1-I)*bid. The plain mid when both sizes are zero.",
    citation:
        "Gatheral, J. & Oomen, R.C.A. (2010), Zero-intelligence realized variance estimation, Finance and \
               Stochastics 14(2), 249-283",
    oracle: "NumPy closed form",
};

#[derive(Debug, Clone)]
pub struct MicropriceWeighted {}

impl MicropriceWeighted {
    pub fn new() -> Self {
        Self {}
    }
}

impl Default for MicropriceWeighted {
    fn default() -> Self {
        Self::new()
    }
}

impl Kernel for MicropriceWeighted {
    const INFO: &'static FormulaInfo = &MICROPRICE_WEIGHTED;
    type Input<'a> = Quote;
    type Output = f64;

    fn from_given(_given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self::new())
    }

    #[inline]
    fn update(&mut self, quote: Quote) -> f64 {
        if !quote.is_valid() {
            return f64::NAN;
        }
        let sizes = quote.bid_size + quote.ask_size;
        let share = if sizes > 0.0 { quote.bid_size / sizes } else { 0.5 };
        let between = share * quote.ask + (1.0 - share) * quote.bid;
        // Rounding may step over the nearer side by one unit in the last place. A crossed quote swaps the sides.
        between.max(quote.bid.min(quote.ask)).min(quote.bid.max(quote.ask))
    }

    fn reset(&mut self) {}

    fn warmup(&self) -> usize {
        0
    }
}

const OFI: FormulaInfo = FormulaInfo {
    id: 213,
    key: "ofi",
    name: "Order-flow imbalance (best quotes)",
    category: "microstructure_liquidity",
    subcategory: "order flow",
    tier: 1,
    input: InputKind::Quote,
    params: &[ParamInfo::int("window", 100, 1, 10_000_000)],
    outputs: &[OutputInfo::new("e", "size"), OutputInfo::new("ofi", "size")],
    warmup: "1",
    streaming: "O(1): increment plus compensated sum over a ring",
    definition: "e is the size that one quote update adds to the bid less what it adds to the ask. On the bid: the \
                 new size counts if the bid did not fall, and the old size is taken off if the bid did not rise; on \
                 the ask the same with rise and fall swapped. ofi is the sum of e over the last `window` updates, \
                 over those there are while there are fewer.",
    citation: "Cont, R., Kukanov, A. & Stoikov, S. (2014), The price impact of order book events, Journal of \
               Financial Econometrics 12(1), 47-88",
    oracle: "NumPy closed form",
};

outputs! {
    /// The imbalance of one update, and of the window.
    OfiPoint { e, ofi }
}

#[derive(Debug, Clone)]
pub struct Ofi {
    flow: WindowSum,
    last: Option<Quote>,
}

impl Ofi {
    pub fn new(window: usize) -> Result<Self, ParamError> {
        Self::from_params(&[window as f64])
    }
}

#[inline(always)]
fn counts_if(condition: bool, size: f64) -> f64 {
    if condition {
        size
    } else {
        0.0
    }
}

impl Kernel for Ofi {
    const INFO: &'static FormulaInfo = &OFI;
    type Input<'a> = Quote;
    type Output = OfiPoint;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { flow: WindowSum::new(given.int(0)), last: None })
    }

    #[inline]
    fn update(&mut self, new: Quote) -> OfiPoint {
        if !new.is_valid() {
            return OfiPoint::NAN;
        }
        let Some(old) = self.last.replace(new) else { return OfiPoint::NAN };
        let bid = counts_if(new.bid >= old.bid, new.bid_size) - counts_if(new.bid <= old.bid, old.bid_size);
        let ask = counts_if(new.ask <= old.ask, new.ask_size) - counts_if(new.ask >= old.ask, old.ask_size);
        let e = bid - ask;
        OfiPoint { e, ofi: self.flow.push(e) }
    }

    fn reset(&mut self) {
        self.flow.reset();
        self.last = None;
    }

    fn warmup(&self) -> usize {
        1
    }
}
