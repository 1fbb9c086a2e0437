//! Formulas over the sizes of several book levels.

use crate::info::{FormulaInfo, InputKind, OutputInfo, ParamInfo};
use crate::input::{Book, MAX_INPUT};
use crate::kernel::Kernel;
use crate::params::{Given, ParamError};

const DEPTH_IMBALANCE: FormulaInfo = FormulaInfo {
    id: 226,
    key: "depth_imbalance",
    name: "L-level depth imbalance",
    category: "order_book_manipulation",
    subcategory: "shape",
    tier: 1,
    input: InputKind::Book,
    params: &[ParamInfo::int("levels", 10, 1, 5_000)],
    outputs: &[OutputInfo::new("imbalance", "ratio [-1,1]")],
    warmup: "0",
    streaming: "O(w): one pass over the levels",
    definition:
        "Size of the best `levels` bids less that of the best `levels` asks, divided by the two together; 0 \
                 when both are empty. A level that is not there counts as size 0.",
    citation:
        "Cao, C., Hansch, O. & Wang, X. (2009), The information content of an open limit-order book, Journal \
               of Futures Markets 29(1), 16-41",
    oracle: "NumPy closed form",
};

#[derive(Debug, Clone)]
pub struct DepthImbalance {
    levels: usize,
}

impl DepthImbalance {
    pub fn new(levels: usize) -> Result<Self, ParamError> {
        Self::from_params(&[levels as f64])
    }
}

/// Four sums side by side: one after the other, ten additions would wait for each other.
const LANES: usize = 4;

/// None if a size is negative or no number: NaN and infinity reach the sum, a negative size the minimum.
#[inline(always)]
fn total(sizes: &[f64], levels: usize) -> Option<f64> {
    let (rows, rest) = sizes[..levels.min(sizes.len())].as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    let mut least = [0.0; LANES];
    for row in rows {
        for lane in 0..LANES {
            sums[lane] += row[lane];
            least[lane] = lesser(row[lane], least[lane]);
        }
    }
    for &size in rest {
        sums[0] += size;
        least[0] = lesser(size, least[0]);
    }
    let total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    let least = lesser(lesser(least[0], least[1]), lesser(least[2], least[3]));
    (total <= MAX_INPUT && least >= 0.0).then_some(total)
}

/// One instruction, which `f64::min` with its rule for NaN is not.
#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b {
        a
    } else {
        b
    }
}

impl Kernel for DepthImbalance {
    const INFO: &'static FormulaInfo = &DEPTH_IMBALANCE;
    type Input<'a> = Book<'a>;
    type Output = f64;

    fn from_given(given: &Given<'_>) -> Result<Self, ParamError> {
        Ok(Self { levels: given.int(0) })
    }

    #[inline]
    fn update(&mut self, book: Book<'_>) -> f64 {
        let (Some(bids), Some(asks)) =
            (total(book.bid_sizes, self.levels), total(book.ask_sizes, self.levels))
        else {
            return f64::NAN;
        };
        let both = bids + asks;
        if both > 0.0 {
            (bids - asks) / both
        } else {
            0.0
        }
    }

    fn reset(&mut self) {}

    fn warmup(&self) -> usize {
        0
    }
}
