//! Order flow: what quotes add and take away, and how one-sided traded volume is.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::market::Trade;
use crate::parts::WindowSum;
use crate::persist::state;
use crate::row::Book;
use crate::rows;

#[inline(always)]
fn counts_if(condition: bool, size: f64) -> f64 {
    if condition {
        size
    } else {
        0.0
    }
}

/// Price and size of a level of each side.
#[derive(Clone, Copy)]
struct Levels {
    bid: f64,
    ask: f64,
    bid_size: f64,
    ask_size: f64,
}

/// Size that a change adds to the bid less what it adds to the ask (Cont, Kukanov and Stoikov 2014).
#[inline(always)]
fn flow(old: Levels, new: Levels) -> f64 {
    let bid = counts_if(new.bid >= old.bid, new.bid_size) - counts_if(new.bid <= old.bid, old.bid_size);
    let ask = counts_if(new.ask <= old.ask, new.ask_size) - counts_if(new.ask >= old.ask, old.ask_size);
    bid - ask
}

state! {
    pub struct Ofi {
        sum: WindowSum,
        last: Option<[f64; 4]>,
    }
}

outputs! {
    /// The imbalance of one update, and of the window.
    OfiPoint { e, ofi }
}

impl Kernel for Ofi {
    const INFO: &'static FormulaInfo = &rows::OFI;
    type Input<'a> = [f64; 4];
    type Output<'s> = OfiPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        Ok(Self { sum: WindowSum::new(params.int("window")), last: None })
    }

    #[inline]
    fn step(&mut self, quote: [f64; 4]) -> Option<OfiPoint> {
        let levels = |[bid, ask, bid_size, ask_size]: [f64; 4]| Levels { bid, ask, bid_size, ask_size };
        if quote[2] < 0.0 || quote[3] < 0.0 {
            return None;
        }
        let old = self.last.replace(quote)?;
        let e = flow(levels(old), levels(quote));
        Some(OfiPoint { e, ofi: self.sum.push_partial(e) })
    }
}

state! {
    pub struct Mlofi {
        sums: Box<[WindowSum]>,
        depth: WindowSum,
        last: Box<[[f64; 4]]>,
        seen: bool,
        values: Box<[f64]>,
    }
}

outputs! {
    /// A sum a level, and their mean in units of the depth.
    MlofiPoint<'a> { mlofi: &'a [f64], integrated: f64 }
}

/// Of a level that is not there the price is worse than any, so that its coming and going counts as such.
#[inline(always)]
fn level_of(book: &Book<'_>, level: usize) -> [f64; 4] {
    let side = |px: &[f64], sizes: &[f64], none: f64| match sizes.get(level) {
        Some(&size) if size != 0.0 => (px[level], size),
        _ => (none, 0.0),
    };
    let (bid, bid_size) = side(book.bid_px, book.bid_sizes, f64::NEG_INFINITY);
    let (ask, ask_size) = side(book.ask_px, book.ask_sizes, f64::INFINITY);
    [bid, ask, bid_size, ask_size]
}

impl Kernel for Mlofi {
    const INFO: &'static FormulaInfo = &rows::MLOFI;
    type Input<'a> = Book<'a>;
    type Output<'s> = MlofiPoint<'s>;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (levels, window) = (params.int("levels"), params.int("window"));
        Ok(Self {
            sums: vec![WindowSum::new(window); levels].into_boxed_slice(),
            depth: WindowSum::new(window),
            last: vec![[0.0; 4]; levels].into_boxed_slice(),
            seen: false,
            values: vec![0.0; levels].into_boxed_slice(),
        })
    }

    fn step(&mut self, book: Book<'_>) -> Option<MlofiPoint<'_>> {
        let levels = self.last.len();
        let negative = |sizes: &[f64]| sizes.iter().take(levels).any(|&size| size < 0.0);
        if negative(book.bid_sizes) || negative(book.ask_sizes) {
            return None;
        }
        let (mut depth, mut total) = (0.0, 0.0);
        let split = |[bid, ask, bid_size, ask_size]: [f64; 4]| Levels { bid, ask, bid_size, ask_size };
        for level in 0..levels {
            let new = level_of(&book, level);
            let old = std::mem::replace(&mut self.last[level], new);
            if self.seen {
                depth += new[2] + new[3];
                self.values[level] = self.sums[level].push_partial(flow(split(old), split(new)));
                total += self.values[level];
            }
        }
        if !std::mem::replace(&mut self.seen, true) {
            return None;
        }
        // Both means are over the levels, so that their number cancels; a level's depth is the mean of its two sides.
        let mean_depth = 0.5 * self.depth.push_partial(depth) / self.depth.count() as f64;
        let integrated = if mean_depth > 0.0 { total / mean_depth } else { f64::NAN };
        Some(MlofiPoint { mlofi: &self.values, integrated })
    }
}

/// A bucket is full when less than this share of it is missing: sums of decimal sizes miss the round number that they
/// stand for by a rounding, and the last trade of a bucket would not close it.
const FULL: f64 = 1e-12;

state! {
    pub struct Vpin {
        bucket: f64,
        inverse: f64,
        buckets: usize,
        /// Volume in the bucket under way.
        bought: f64,
        sold: f64,
        imbalances: WindowSum,
        completed: u64,
    }
}

outputs! {
    /// Over the last buckets, and how many there have been.
    VpinPoint { vpin, buckets }
}

impl Vpin {
    #[inline]
    fn missing(&self) -> f64 {
        self.bucket - (self.bought + self.sold)
    }

    fn fill(&mut self, side: f64, volume: f64) {
        if side > 0.0 {
            self.bought += volume;
        } else {
            self.sold += volume;
        }
    }

    fn complete(&mut self) {
        let imbalance = (self.bought - self.sold).abs().min(self.bucket);
        self.imbalances.push_partial(imbalance);
        self.completed += 1;
        (self.bought, self.sold) = (0.0, 0.0);
    }

    /// Buckets that one trade fills alone. All after the first n of them are alike.
    fn complete_whole(&mut self, side: f64, mut rest: f64) -> f64 {
        let whole = (rest / self.bucket + FULL).floor();
        if whole >= 1.0 {
            for _ in 0..(whole as u64).min(self.buckets as u64) {
                self.fill(side, self.bucket);
                self.complete();
            }
            let others = (whole as u64).saturating_sub(self.buckets as u64);
            self.completed = self.completed.saturating_add(others);
            rest -= whole * self.bucket;
        }
        rest.max(0.0)
    }
}

impl Kernel for Vpin {
    const INFO: &'static FormulaInfo = &rows::VPIN;
    type Input<'a> = [f64; 2];
    type Output<'s> = VpinPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let (bucket, buckets) = (params.float("bucket"), params.int("n"));
        Ok(Self {
            bucket,
            inverse: 1.0 / (bucket * buckets as f64),
            buckets,
            bought: 0.0,
            sold: 0.0,
            imbalances: WindowSum::new(buckets),
            completed: 0,
        })
    }

    #[inline]
    fn step(&mut self, [size, side]: [f64; 2]) -> Option<VpinPoint> {
        // A trade's price plays no part.
        Trade::new([1.0, size, side])?;
        let missing = self.missing();
        if size < missing - FULL * self.bucket {
            self.fill(side, size);
        } else {
            self.fill(side, missing);
            self.complete();
            let rest = self.complete_whole(side, (size - missing).max(0.0));
            self.fill(side, rest);
        }
        if self.completed < self.buckets as u64 {
            return None;
        }
        let vpin = (self.imbalances.value() * self.inverse).clamp(0.0, 1.0);
        Some(VpinPoint { vpin, buckets: self.completed as f64 })
    }
}
