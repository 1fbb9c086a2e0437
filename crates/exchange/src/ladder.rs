//! One side of the recorded book: the displayed sizes, and how much of each our own orders and the trades have used
//! since the venue last spoke of the level. Not the book of a strategy: it is kept for correctness, not speed.

use nanotick_model::{Level, Px, Qty, Side};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    qty: i64,
    /// Taken by our orders. The recording knows nothing of it, so it is remembered here until the level's next
    /// update: the same size is not taken twice.
    eaten: i64,
    /// Traded by others: what a smaller size at the next update is explained by, before cancels are.
    traded: i64,
}

/// Displayed levels of one side, best first.
#[derive(Clone, Debug)]
pub struct Ladder {
    side: Side,
    levels: BTreeMap<i64, Shown>,
}

impl Ladder {
    pub(crate) fn new(side: Side) -> Ladder {
        Ladder { side, levels: BTreeMap::new() }
    }

    /// Ascending keys are descending priority: bids are keyed by the negated price.
    fn key(&self, px: Px) -> i64 {
        match self.side {
            Side::Buy => -px.0,
            Side::Sell => px.0,
        }
    }

    fn px(&self, key: i64) -> Px {
        match self.side {
            Side::Buy => Px(-key),
            Side::Sell => Px(key),
        }
    }

    /// Sets the displayed size of a level. Returns what was left there before (displayed less traded) and what is now.
    pub(crate) fn set(&mut self, level: Level) -> (i64, i64) {
        let key = self.key(level.px);
        let qty = level.qty.0.max(0);
        let old = if qty == 0 {
            self.levels.remove(&key)
        } else {
            self.levels.insert(key, Shown { qty, eaten: 0, traded: 0 })
        };
        (old.map_or(0, |shown| shown.qty - shown.traded), qty)
    }

    /// Removes every level; returns what was left at each price.
    pub(crate) fn clear(&mut self) -> Vec<(Px, i64)> {
        let levels = std::mem::take(&mut self.levels);
        levels.into_iter().map(|(key, shown)| (self.px(key), shown.qty - shown.traded)).collect()
    }

    /// A trade of others at `px`: used up there, and everything at better prices with it.
    pub(crate) fn note_trade(&mut self, px: Px, qty: Qty) {
        let at = self.key(px);
        for (&key, shown) in self.levels.range_mut(..=at) {
            shown.traded = if key < at { shown.qty } else { (shown.traded + qty.0).min(shown.qty) };
        }
    }

    /// What stands at a price ahead of someone who joins now.
    pub(crate) fn left_at(&self, px: Px) -> i64 {
        self.levels.get(&self.key(px)).map_or(0, |shown| shown.qty - shown.traded)
    }

    pub fn best(&self) -> Option<Level> {
        self.iter().next()
    }

    /// Displayed levels, best first.
    pub fn iter(&self) -> impl Iterator<Item = Level> + '_ {
        self.levels.iter().map(|(&key, shown)| Level { px: self.px(key), qty: Qty(shown.qty) })
    }

    pub fn len(&self) -> usize {
        self.levels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// What a taker can have, best first, down to a limit: displayed less what our orders already took.
    pub(crate) fn takable(&self, limit: Option<Px>) -> impl Iterator<Item = Level> + '_ {
        let end = limit.map_or(i64::MAX, |px| self.key(px));
        self.levels
            .range(..=end)
            .map(|(&key, shown)| Level { px: self.px(key), qty: Qty(shown.qty - shown.eaten) })
            .filter(|level| level.qty.0 > 0)
    }

    /// Books what a taker took.
    pub(crate) fn eat(&mut self, px: Px, qty: Qty) {
        let key = self.key(px);
        if let Some(shown) = self.levels.get_mut(&key) {
            shown.eaten += qty.0;
            debug_assert!(shown.eaten <= shown.qty);
        }
    }
}
