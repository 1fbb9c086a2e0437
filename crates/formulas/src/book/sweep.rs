//! What it costs to take a given notional from the book at once.

use crate::book::levels::{is_sound, present, touch};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::row::Book;
use crate::rows;

/// The notional is reached when less than this share of it is missing: a book that holds it exactly misses it by a
/// rounding.
const REACHED: f64 = 1e-12;

/// A walk along one side.
struct Walk {
    /// Mean price beyond the best one; zero or more, exactly.
    slippage: f64,
    filled: bool,
}

fn walk(px: &[f64], sizes: &[f64], best: f64, notional: f64) -> Walk {
    let (mut rest, mut taken, mut excess) = (notional, 0.0, 0.0);
    for (px, size) in present(px, sizes) {
        let size = size.min(rest / px);
        taken += size;
        excess += size * (px - best).abs();
        rest -= size * px;
        if rest <= REACHED * notional {
            break;
        }
    }
    Walk { slippage: excess / taken, filled: rest <= REACHED * notional }
}

/// Best bid and ask, the mid, and the walks along bids and asks. None if a side is empty.
fn walks(book: &Book<'_>, notional: f64) -> Option<([f64; 3], Walk, Walk)> {
    if !is_sound(book) {
        return None;
    }
    let touch = touch(book)?;
    let bids = walk(book.bid_px, book.bid_sizes, touch[0], notional);
    let asks = walk(book.ask_px, book.ask_sizes, touch[1], notional);
    Some((touch, bids, asks))
}

state! {
    pub struct SweepCost {
        notional: f64,
    }
}

outputs! {
    SweepPoint { buy_vwap, sell_vwap, buy_bps, sell_bps, filled }
}

impl Kernel for SweepCost {
    const INFO: &'static FormulaInfo = &rows::SWEEP_COST;
    type Input<'a> = Book<'a>;
    type Output<'s> = SweepPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { notional: params.float("notional") })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<SweepPoint> {
        let ([bid, ask, mid], bids, asks) = walks(&book, self.notional)?;
        Some(SweepPoint {
            buy_vwap: ask + asks.slippage,
            sell_vwap: bid - bids.slippage,
            buy_bps: 1e4 * ((ask - mid) + asks.slippage) / mid,
            sell_bps: 1e4 * ((mid - bid) + bids.slippage) / mid,
            filled: f64::from(u8::from(bids.filled && asks.filled)),
        })
    }
}

state! {
    pub struct Xlm {
        notional: f64,
    }
}

outputs! {
    /// The round trip, and its two parts: the spread, and what the depth beyond the touch costs.
    XlmPoint { xlm_bps, liquidity_premium, adverse }
}

impl Kernel for Xlm {
    const INFO: &'static FormulaInfo = &rows::XLM;
    type Input<'a> = Book<'a>;
    type Output<'s> = XlmPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { notional: params.float("notional") })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<XlmPoint> {
        let ([bid, ask, mid], bids, asks) = walks(&book, self.notional)?;
        let liquidity_premium = 1e4 * (ask - bid) / mid;
        // A book that cannot be walked so far has no price for it: the part that it has would make it look cheap.
        let adverse =
            if bids.filled && asks.filled { 1e4 * (bids.slippage + asks.slippage) / mid } else { f64::NAN };
        Some(XlmPoint { xlm_bps: liquidity_premium + adverse, liquidity_premium, adverse })
    }
}
