//! Where the size of a book lies: which side, how near, how steep.

use crate::book::levels::{is_sound, touch};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::row::Book;
use crate::rows;

/// In [-1, 1]; 0 if both are empty.
#[inline(always)]
fn imbalance(bids: f64, asks: f64) -> f64 {
    let both = bids + asks;
    if both > 0.0 {
        (bids - asks) / both
    } else {
        0.0
    }
}

state! {
    pub struct DepthImbalance {
        levels: usize,
    }
}

/// Four sums side by side: one after the other, ten additions would wait for each other.
const LANES: usize = 4;

/// None if a size is negative.
#[inline(always)]
fn total(sizes: &[f64], levels: usize) -> Option<f64> {
    let (rows, rest) = sizes[..levels.min(sizes.len())].as_chunks::<LANES>();
    let (mut sums, mut least) = ([0.0; LANES], [0.0; LANES]);
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
    let least = lesser(lesser(least[0], least[1]), lesser(least[2], least[3]));
    (least >= 0.0).then_some((sums[0] + sums[1]) + (sums[2] + sums[3]))
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
    const INFO: &'static FormulaInfo = &rows::DEPTH_IMBALANCE;
    type Input<'a> = [&'a [f64]; 2];
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { levels: params.int("levels") })
    }

    #[inline]
    fn step(&mut self, [bid_sizes, ask_sizes]: [&[f64]; 2]) -> Option<f64> {
        Some(imbalance(total(bid_sizes, self.levels)?, total(ask_sizes, self.levels)?))
    }
}

state! {
    pub struct DepthImbalanceWeighted {
        levels: usize,
        /// Decay per distance from the mid as a share of it.
        rate: f64,
    }
}

impl Kernel for DepthImbalanceWeighted {
    const INFO: &'static FormulaInfo = &rows::DEPTH_IMBALANCE_WEIGHTED;
    type Input<'a> = Book<'a>;
    type Output<'s> = f64;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { levels: params.int("levels"), rate: 1e4 / params.float("decay_bps") })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<f64> {
        if !is_sound(&book) {
            return None;
        }
        let [_, _, mid] = touch(&book)?;
        let rate = self.rate / mid;
        let weighted = |px: &[f64], sizes: &[f64]| {
            let levels = px.iter().zip(sizes).take(self.levels).filter(|(_, &size)| size > 0.0);
            levels.map(|(px, size)| size * (-(px - mid).abs() * rate).exp()).sum::<f64>()
        };
        Some(imbalance(weighted(book.bid_px, book.bid_sizes), weighted(book.ask_px, book.ask_sizes)))
    }
}

/// A level this near the limit, as a share of the mid, is at it: the limit is a product of decimals and the price one.
const AT_THE_LIMIT: f64 = 1e-12;

state! {
    pub struct DepthWithinBps {
        share: f64,
    }
}

outputs! {
    DepthPoint { bid_depth, ask_depth, bid_notional, ask_notional }
}

impl Kernel for DepthWithinBps {
    const INFO: &'static FormulaInfo = &rows::DEPTH_WITHIN_BPS;
    type Input<'a> = Book<'a>;
    type Output<'s> = DepthPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { share: params.float("bps") / 1e4 + AT_THE_LIMIT })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<DepthPoint> {
        if !is_sound(&book) {
            return None;
        }
        let [_, _, mid] = touch(&book)?;
        let reach = mid * self.share;
        // `side` is 1 for bids. Of a crossed book the far side is near enough too.
        let depth = |px: &[f64], sizes: &[f64], side: f64| {
            let (mut depth, mut notional) = (0.0, 0.0);
            for (&px, &size) in px.iter().zip(sizes) {
                let size = if side * (mid - px) <= reach { size } else { 0.0 };
                depth += size;
                notional += px * size;
            }
            (depth, notional)
        };
        let (bid_depth, bid_notional) = depth(book.bid_px, book.bid_sizes, 1.0);
        let (ask_depth, ask_notional) = depth(book.ask_px, book.ask_sizes, -1.0);
        Some(DepthPoint { bid_depth, ask_depth, bid_notional, ask_notional })
    }
}

state! {
    pub struct BookPressure {
        /// Places of the levels taken, from 0.
        from: usize,
        to: usize,
    }
}

outputs! {
    /// Mean price of the levels, weighted by size, and how far it is from the mid.
    BookPressurePoint { wp, deviation_bps }
}

impl Kernel for BookPressure {
    const INFO: &'static FormulaInfo = &rows::BOOK_PRESSURE;
    type Input<'a> = Book<'a>;
    type Output<'s> = BookPressurePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (from, to) = (params.int("n1") - 1, params.int("n2"));
        if from >= to {
            return Err(params.refuse("n2", "at least n1"));
        }
        Ok(Self { from, to })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<BookPressurePoint> {
        if !is_sound(&book) {
            return None;
        }
        let [_, _, mid] = touch(&book)?;
        let (mut size, mut moment) = (0.0, 0.0);
        for (px, sizes) in [(book.bid_px, book.bid_sizes), (book.ask_px, book.ask_sizes)] {
            for (&px, &level) in px.iter().zip(sizes).take(self.to).skip(self.from) {
                size += level;
                moment += level * (px - mid);
            }
        }
        // About the mid, from which the deviation would else be the difference of two large numbers.
        let deviation = if size > 0.0 { moment / size } else { 0.0 };
        Some(BookPressurePoint { wp: mid + deviation, deviation_bps: 1e4 * deviation / mid })
    }
}

state! {
    pub struct BookSlope {
        levels: usize,
    }
}

outputs! {
    BookSlopePoint { slope_bid, slope_ask, slope }
}

/// NaN for a side of fewer levels, for a first level of size 1 or less, and where two prices are the same.
fn side_slope(px: &[f64], sizes: &[f64], levels: usize, mid: f64) -> f64 {
    if px.len() < levels || sizes[0] <= 1.0 || sizes[..levels].contains(&0.0) {
        return f64::NAN;
    }
    let (mut cumulative, mut last_log, mut last_px) = (sizes[0], sizes[0].ln(), px[0]);
    let mut sum = last_log / ((px[0] - mid) / mid).abs();
    for (&px, &size) in px[1..levels].iter().zip(&sizes[1..levels]) {
        // ln(a + b) / ln(a) - 1 without the difference of two numbers near 1.
        let growth = (size / cumulative).ln_1p();
        cumulative += size;
        sum += growth / last_log / ((px - last_px) / last_px).abs();
        (last_log, last_px) = (last_log + growth, px);
    }
    let slope = sum / levels as f64;
    if slope.is_finite() {
        slope
    } else {
        f64::NAN
    }
}

impl Kernel for BookSlope {
    const INFO: &'static FormulaInfo = &rows::BOOK_SLOPE;
    type Input<'a> = Book<'a>;
    type Output<'s> = BookSlopePoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { levels: params.int("levels") })
    }

    #[inline]
    fn step(&mut self, book: Book<'_>) -> Option<BookSlopePoint> {
        if !is_sound(&book) {
            return None;
        }
        let [_, _, mid] = touch(&book)?;
        let slope_bid = side_slope(book.bid_px, book.bid_sizes, self.levels, mid);
        let slope_ask = side_slope(book.ask_px, book.ask_sizes, self.levels, mid);
        Some(BookSlopePoint { slope_bid, slope_ask, slope: 0.5 * (slope_bid + slope_ask) })
    }
}
