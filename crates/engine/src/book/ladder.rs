//! One side of a book as a window of ticks around the touch: a size per tick, three layers of bits that say which
//! ticks are taken, and a table for what lies beyond the window. The window follows the touch by itself.
//!
//! Keys grow towards the touch, so that bids and asks are the same code: a bid's key is its price, an ask's the
//! negated price.

use super::{flipped, Entry};
use crate::table::Table;
use nanotick_model::Level;

const FAN: usize = 64;
/// One group of words is one bit of the summary, which is one `u64`.
const SLOTS_PER_GROUP: usize = FAN * FAN;
pub(super) const MIN_WINDOW: usize = SLOTS_PER_GROUP;
pub(super) const MAX_WINDOW: usize = SLOTS_PER_GROUP * FAN;

#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// Key of slot 0. Everything beyond the window has a smaller key: the touch is always inside.
    base: i64,
    qty: Box<[i64]>,
    /// Bit per slot, bit per word, bit per group.
    words: Box<[u64]>,
    groups: Box<[u64; FAN]>,
    summary: u64,
    near: usize,
    far: Table<i64, i64>,
    max_levels: usize,
    dropped: u64,
    /// Where levels wait while the window moves; its capacity is reserved once.
    scratch: Vec<Entry>,
}

impl Ladder {
    /// `window` is a power of two from [`MIN_WINDOW`] to [`MAX_WINDOW`].
    pub fn new(window: usize, max_levels: usize) -> Ladder {
        assert!(window.is_power_of_two() && (MIN_WINDOW..=MAX_WINDOW).contains(&window));
        Ladder {
            base: 0,
            qty: vec![0; window].into_boxed_slice(),
            words: vec![0; window / FAN].into_boxed_slice(),
            groups: Box::new([0; FAN]),
            summary: 0,
            near: 0,
            far: Table::with_capacity(max_levels),
            max_levels,
            dropped: 0,
            scratch: Vec::with_capacity(window + max_levels),
        }
    }

    pub fn len(&self) -> usize {
        self.near + self.far.len()
    }
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
    /// How many levels lie beyond the window.
    pub fn far_len(&self) -> usize {
        self.far.len()
    }

    #[inline(always)]
    fn slot(&self, key: i64) -> Option<usize> {
        let slot = key.wrapping_sub(self.base) as u64 as usize;
        (slot < self.qty.len()).then_some(slot)
    }

    /// Applies changed levels (a size of zero removes one) and returns the touch. `flip` as in the book's sides.
    #[inline(always)]
    pub fn apply(&mut self, changes: &[Level], flip: i64) -> Option<Entry> {
        for change in changes {
            let (key, qty) = (flipped(change.px.0, flip), change.qty.0);
            match self.slot(key) {
                Some(slot) => self.set_near(slot, qty),
                None => self.set_beyond(key, qty, changes, flip),
            }
        }
        self.settle();
        self.best()
    }

    #[inline(always)]
    fn set_near(&mut self, slot: usize, qty: i64) {
        let taken = (qty != 0) as u64;
        let old = std::mem::replace(&mut self.qty[slot], qty);
        self.near = self.near + taken as usize - (old != 0) as usize;
        let (word_at, group_at) = (slot / FAN, slot / SLOTS_PER_GROUP % FAN);
        let word = with_bit(self.words[word_at], slot, taken);
        self.words[word_at] = word;
        let group = with_bit(self.groups[group_at], word_at, (word != 0) as u64);
        self.groups[group_at] = group;
        self.summary = with_bit(self.summary, group_at, (group != 0) as u64);
    }

    #[inline(never)]
    fn set_beyond(&mut self, key: i64, qty: i64, batch: &[Level], flip: i64) {
        let above = key > self.base;
        // Above the window there is nothing to remove.
        if above && qty == 0 {
            return;
        }
        if above {
            // The window goes to the highest level of the batch, so that a batch moves it forward once.
            let taken = batch.iter().filter(|change| change.qty.0 != 0);
            self.rebuild(taken.map(|change| flipped(change.px.0, flip)).max());
        } else if qty != 0 && self.far.len() == self.max_levels && self.far.get(key) == 0 {
            self.rebuild(None);
        }
        self.put(key, qty);
    }

    fn put(&mut self, key: i64, qty: i64) {
        match self.slot(key) {
            Some(slot) => self.set_near(slot, qty),
            None => self.far.set(key, qty),
        }
    }

    /// Brings the window back to the touch and the number of levels under its bound, if either has been left.
    #[inline(always)]
    fn settle(&mut self) {
        let too_low = self.best_slot().is_none_or(|slot| slot < self.qty.len() / 4);
        if (too_low && !self.far.is_empty()) || self.len() > self.max_levels {
            self.rebuild(None);
        }
    }

    /// Lays the window anew, three quarters of it behind the touch (`touch`, or the best level there is), and drops
    /// the farthest eighth of the levels if there are more than allowed. Costs a walk over all levels; it takes
    /// a move of half a window, or an outlier in front of it, to get here.
    #[cold]
    fn rebuild(&mut self, touch: Option<i64>) {
        let mut levels = std::mem::take(&mut self.scratch);
        levels.clear();
        self.for_each(|entry| levels.push(entry));
        if levels.len() > self.max_levels {
            let keep = self.max_levels - self.max_levels / 8;
            levels.select_nth_unstable_by_key(keep, |entry| std::cmp::Reverse(entry.key));
            self.dropped += (levels.len() - keep) as u64;
            levels.truncate(keep);
        }
        self.clear();
        let best = levels.iter().map(|entry| entry.key).chain(touch).max();
        if let Some(best) = best {
            self.base = best - (self.qty.len() - self.qty.len() / 4) as i64;
        }
        for entry in &levels {
            self.put(entry.key, entry.qty);
        }
        self.scratch = levels;
    }

    pub fn clear(&mut self) {
        for word_at in 0..self.words.len() {
            let mut word = std::mem::take(&mut self.words[word_at]);
            while word != 0 {
                self.qty[word_at * FAN + word.trailing_zeros() as usize] = 0;
                word &= word - 1;
            }
        }
        self.groups.fill(0);
        self.summary = 0;
        self.near = 0;
        self.far.clear();
    }

    #[inline(always)]
    fn best_slot(&self) -> Option<usize> {
        if self.summary == 0 {
            return None;
        }
        let group_at = highest(self.summary);
        let word_at = group_at * FAN + highest(self.groups[group_at]);
        Some(word_at * FAN + highest(self.words[word_at]))
    }

    #[inline(always)]
    fn best(&self) -> Option<Entry> {
        let slot = self.best_slot()?;
        Some(Entry { key: self.base + slot as i64, qty: self.qty[slot] })
    }

    pub fn get(&self, key: i64) -> i64 {
        match self.slot(key) {
            Some(slot) => self.qty[slot],
            None if key > self.base => 0,
            None => self.far.get(key),
        }
    }

    /// Visits levels from the touch outwards until `visit` says `false`. Within the window it costs a few ns
    /// a level; each level beyond it costs a scan of the far table.
    #[inline(always)]
    pub fn walk(&self, mut visit: impl FnMut(Entry) -> bool) {
        let mut summary = self.summary;
        while summary != 0 {
            let group_at = highest(summary);
            summary ^= 1 << group_at;
            let mut group = self.groups[group_at % FAN];
            while group != 0 {
                let word_at = highest(group);
                group ^= 1 << word_at;
                let word_at = group_at * FAN + word_at;
                let mut word = self.words[word_at];
                while word != 0 {
                    let bit = highest(word);
                    word ^= 1 << bit;
                    let slot = word_at * FAN + bit;
                    if !visit(Entry { key: self.base + slot as i64, qty: self.qty[slot] }) {
                        return;
                    }
                }
            }
        }
        if !self.far.is_empty() {
            self.walk_far(visit);
        }
    }

    #[cold]
    fn walk_far(&self, mut visit: impl FnMut(Entry) -> bool) {
        let mut below = self.base;
        while let Some(next) = self.far.iter().filter(|far| far.key < below).max_by_key(|far| far.key) {
            if !visit(Entry { key: next.key, qty: next.value }) {
                return;
            }
            below = next.key;
        }
    }

    /// Visits every level in no useful order.
    pub fn for_each(&self, mut visit: impl FnMut(Entry)) {
        for (word_at, &bits) in self.words.iter().enumerate() {
            let mut word = bits;
            while word != 0 {
                let slot = word_at * FAN + word.trailing_zeros() as usize;
                word &= word - 1;
                visit(Entry { key: self.base + slot as i64, qty: self.qty[slot] });
            }
        }
        self.far.iter().for_each(|far| visit(Entry { key: far.key, qty: far.value }));
    }
}

#[inline(always)]
fn highest(bits: u64) -> usize {
    bits.ilog2() as usize
}

/// `bits` with the bit `at % 64` set to `value`.
#[inline(always)]
fn with_bit(bits: u64, at: usize, value: u64) -> u64 {
    let at = at % FAN;
    (bits & !(1 << at)) | (value << at)
}
