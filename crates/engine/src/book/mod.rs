//! The order book of one instrument, both sides, in whole ticks and lots. It takes updates that are already in
//! sequence (the venue codecs see to that) and answers for the touch, the top levels and sums of depth.
//!
//! Nothing here judges a book: a crossed or stale one is reported, and the caller decides.

mod ladder;
mod sorted;

use ladder::Ladder;
use nanotick_model::{BookUpdate, Level, Px, Qty, Side};
use sorted::Sorted;
use std::fmt;

/// Prices and sizes above this are refused: they are not exact as `f64`, and no venue lists them.
const MAX_STEPS: i64 = 1 << 53;

/// How a book keeps its levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A window of so many ticks a side (a power of two from 4096 to 262144), the rest in a table.
    Ladder { window_ticks: usize },
    /// A sorted array, for prices so many ticks high that a window would hardly hold a level.
    Sparse,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookConfig {
    pub layout: Layout,
    /// Bound on the levels of a side. At the bound the farthest eighth is dropped and counted.
    pub max_levels: usize,
}

impl Default for BookConfig {
    fn default() -> Self {
        BookConfig { layout: Layout::Ladder { window_ticks: 16384 }, max_levels: 8192 }
    }
}

impl BookConfig {
    /// The layout that suits a price of so many ticks: the smallest window that reaches 1.5 % behind the touch,
    /// or, where even the largest does not reach 0.1 %, sorted levels.
    pub fn for_price(px: Px) -> BookConfig {
        const LARGEST: i64 = 65536;
        let behind = |window: i64| window * 3 / 4;
        let px = px.0.clamp(0, MAX_STEPS);
        let layout = if behind(LARGEST) < px / 1000 {
            Layout::Sparse
        } else {
            let mut window = 16384;
            while window < LARGEST && behind(window) < px * 3 / 200 {
                window *= 2;
            }
            Layout::Ladder { window_ticks: window as usize }
        };
        BookConfig { layout, ..BookConfig::default() }
    }
}

/// What an update did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The best level of either side has another price or size than before.
    pub top_changed: bool,
    /// Best bid at or above best ask.
    pub crossed: bool,
}

/// A level that no book can hold: a negative size, or a price or size out of range. The book is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadLevel {
    pub side: Side,
    pub level: Level,
}

impl fmt::Display for BadLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Buy => "bid",
            Side::Sell => "ask",
        };
        write!(
            f,
            "{side} level of {} lots at tick {}: sizes go from 0 and prices from 1, both up to 2^53",
            self.level.qty.0, self.level.px.0
        )
    }
}

impl std::error::Error for BadLevel {}

/// One level as the sides keep it: `key` grows towards the touch on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Entry {
    key: i64,
    qty: i64,
}

#[derive(Clone, Debug)]
enum Levels {
    Ladder(Ladder),
    Sorted(Sorted),
}

/// One side. `flip` is 0 for bids and -1 for asks; see [`flipped`].
#[derive(Clone, Debug)]
struct BookSide {
    flip: i64,
    levels: Levels,
    /// The touch, kept beside the levels as everybody asks for it; a size of zero means there is none.
    best: Level,
}

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Book {
    bids: BookSide,
    asks: BookSide,
    update_id: u64,
}

impl Book {
    /// # Panics
    /// If the window is no power of two from 4096 to 262144, or `max_levels` is below 8.
    pub fn new(config: BookConfig) -> Book {
        Book { bids: BookSide::new(config, 0), asks: BookSide::new(config, -1), update_id: 0 }
    }

    /// Applies a snapshot (both sides are cleared first) or a delta. Removing a level that is not there is normal.
    /// All levels are looked at before the first is used: a refused update changes nothing.
    #[inline]
    pub fn apply(&mut self, update: &BookUpdate<'_>) -> Result<Applied, BadLevel> {
        check(Side::Buy, update.bids)?;
        check(Side::Sell, update.asks)?;
        let before = (self.bids.best, self.asks.best);
        if update.is_snapshot {
            self.clear();
        }
        self.bids.apply(update.bids);
        self.asks.apply(update.asks);
        self.update_id = update.update_id;
        Ok(Applied { top_changed: before != (self.bids.best, self.asks.best), crossed: self.is_crossed() })
    }

    /// Empties both sides.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    #[inline(always)]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.best()
    }
    #[inline(always)]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.best()
    }
    /// Twice the mid price, as the mid may lie on half a tick. `None` if a side is empty.
    #[inline(always)]
    pub fn mid_x2(&self) -> Option<i64> {
        Some(self.best_bid()?.px.0 + self.best_ask()?.px.0)
    }
    /// Best bid at or above best ask: the data are wrong, or an update is missing.
    #[inline(always)]
    pub fn is_crossed(&self) -> bool {
        self.bids.best.qty.0 != 0 && self.asks.best.qty.0 != 0 && self.bids.best.px >= self.asks.best.px
    }

    /// Fills `out` with bids, best first; returns how many there were.
    #[inline]
    pub fn bids(&self, out: &mut [Level]) -> usize {
        self.bids.top(out)
    }
    /// Fills `out` with asks, best first; returns how many there were.
    #[inline]
    pub fn asks(&self, out: &mut [Level]) -> usize {
        self.asks.top(out)
    }
    /// The size at a price, zero if there is none.
    pub fn qty_at(&self, side: Side, px: Px) -> Qty {
        let side = self.side(side);
        Qty(match &side.levels {
            Levels::Ladder(l) => l.get(flipped(px.0, side.flip)),
            Levels::Sorted(l) => l.get(flipped(px.0, side.flip)),
        })
    }
    /// The size of the best so many levels together; it stops at the largest `i64`.
    pub fn depth_sum(&self, side: Side, levels: usize) -> Qty {
        let (mut sum, mut left) = (0i64, levels);
        self.side(side).walk(|level| {
            if left > 0 {
                left -= 1;
                sum = sum.saturating_add(level.qty.0);
            }
            left > 0
        });
        Qty(sum)
    }
    /// Visits every level of a side, in no useful order.
    pub fn for_each(&self, side: Side, mut visit: impl FnMut(Level)) {
        let side = self.side(side);
        let visit = |entry| visit(side.level(entry));
        match &side.levels {
            Levels::Ladder(l) => l.for_each(visit),
            Levels::Sorted(l) => l.iter().for_each(visit),
        }
    }
    /// Visits levels from the touch outwards until `visit` says `false`.
    pub fn walk(&self, side: Side, visit: impl FnMut(Level) -> bool) {
        self.side(side).walk(visit)
    }

    /// How many levels there are: bids, asks.
    pub fn levels(&self) -> (usize, usize) {
        (self.bids.len(), self.asks.len())
    }
    /// How many levels lie beyond the window: bids, asks. Zero for a sparse book.
    pub fn far_levels(&self) -> (usize, usize) {
        (self.bids.far_len(), self.asks.far_len())
    }
    /// How many levels were dropped because a side was at its bound, since construction.
    pub fn dropped(&self) -> u64 {
        self.bids.dropped() + self.asks.dropped()
    }
    /// The id of the last update taken.
    pub fn update_id(&self) -> u64 {
        self.update_id
    }
    /// A hash of the content: update id and levels, whatever the layout.
    pub fn state_hash(&self) -> u64 {
        let mut sum = crate::hash::mix(self.update_id);
        for (side, seed) in [(Side::Buy, 1u64), (Side::Sell, 2)] {
            self.for_each(side, |level| {
                let of_px = crate::hash::mix(level.px.0 as u64 ^ seed << 60);
                // A sum, since levels are visited in no order that two layouts share.
                sum = sum.wrapping_add(crate::hash::mix(of_px ^ level.qty.0 as u64));
            });
        }
        sum
    }

    fn side(&self, side: Side) -> &BookSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

impl BookSide {
    fn new(config: BookConfig, flip: i64) -> BookSide {
        assert!(config.max_levels >= 8, "a book needs room for 8 levels a side");
        let levels = match config.layout {
            Layout::Ladder { window_ticks } => Levels::Ladder(Ladder::new(window_ticks, config.max_levels)),
            Layout::Sparse => Levels::Sorted(Sorted::new(config.max_levels)),
        };
        BookSide { flip, levels, best: Level::default() }
    }

    #[inline(always)]
    fn level(&self, entry: Entry) -> Level {
        Level { px: Px(flipped(entry.key, self.flip)), qty: Qty(entry.qty) }
    }

    #[inline(always)]
    fn apply(&mut self, changes: &[Level]) {
        if changes.is_empty() {
            return;
        }
        let best = match &mut self.levels {
            Levels::Ladder(levels) => levels.apply(changes, self.flip),
            Levels::Sorted(levels) => levels.apply(changes, self.flip),
        };
        self.best = best.map_or(Level::default(), |entry| self.level(entry));
    }

    fn clear(&mut self) {
        match &mut self.levels {
            Levels::Ladder(l) => l.clear(),
            Levels::Sorted(l) => l.clear(),
        }
        self.best = Level::default();
    }

    #[inline(always)]
    fn best(&self) -> Option<Level> {
        (self.best.qty.0 != 0).then_some(self.best)
    }

    #[inline(always)]
    fn walk(&self, mut visit: impl FnMut(Level) -> bool) {
        match &self.levels {
            Levels::Ladder(l) => l.walk(|entry| visit(self.level(entry))),
            Levels::Sorted(l) => {
                l.iter().all(|entry| visit(self.level(entry)));
            }
        }
    }

    #[inline]
    fn top(&self, out: &mut [Level]) -> usize {
        let mut n = 0;
        if !out.is_empty() {
            self.walk(|level| {
                out[n] = level;
                n += 1;
                n < out.len()
            });
        }
        n
    }

    fn len(&self) -> usize {
        match &self.levels {
            Levels::Ladder(l) => l.len(),
            Levels::Sorted(l) => l.len(),
        }
    }
    fn far_len(&self) -> usize {
        match &self.levels {
            Levels::Ladder(l) => l.far_len(),
            Levels::Sorted(_) => 0,
        }
    }
    fn dropped(&self) -> u64 {
        match &self.levels {
            Levels::Ladder(l) => l.dropped(),
            Levels::Sorted(l) => l.dropped(),
        }
    }
}

/// A price's key on its side, and back: as it is for a `flip` of 0, negated for -1. Keys grow towards the touch.
#[inline(always)]
fn flipped(px: i64, flip: i64) -> i64 {
    (px ^ flip).wrapping_sub(flip)
}

#[inline(always)]
fn check(side: Side, levels: &[Level]) -> Result<(), BadLevel> {
    let bad = |level: &Level| {
        let (px, qty) = (level.px.0, level.qty.0);
        // The sign bit of any term: qty < 0, qty > max, px < 1, px > max.
        (qty | MAX_STEPS.wrapping_sub(qty) | px | px.wrapping_sub(1) | MAX_STEPS.wrapping_sub(px)) < 0
    };
    let any = levels.iter().fold(false, |any, level| any | bad(level));
    if any {
        if let Some(&level) = levels.iter().find(|level| bad(level)) {
            return Err(BadLevel { side, level });
        }
    }
    Ok(())
}
