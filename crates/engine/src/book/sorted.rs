//! One side of a book as a sorted array, the touch at its end: for instruments whose levels lie so many ticks apart
//! that a window of ticks would be empty.

use super::{flipped, Entry};
use nanotick_model::Level;

#[derive(Clone, Debug)]
pub(super) struct Sorted {
    /// Keys ascending.
    levels: Vec<Entry>,
    max_levels: usize,
    dropped: u64,
}

impl Sorted {
    pub fn new(max_levels: usize) -> Sorted {
        Sorted { levels: Vec::with_capacity(max_levels), max_levels, dropped: 0 }
    }

    pub fn len(&self) -> usize {
        self.levels.len()
    }
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Applies changed levels (a size of zero removes one) and returns the touch. `flip` as in the book's sides.
    pub fn apply(&mut self, changes: &[Level], flip: i64) -> Option<Entry> {
        for change in changes {
            self.set(flipped(change.px.0, flip), change.qty.0);
        }
        self.levels.last().copied()
    }

    /// At the bound the farthest eighth of the levels is dropped first.
    fn set(&mut self, key: i64, qty: i64) {
        match self.levels.binary_search_by_key(&key, |entry| entry.key) {
            Ok(at) if qty == 0 => {
                self.levels.remove(at);
            }
            Ok(at) => self.levels[at].qty = qty,
            Err(_) if qty == 0 => {}
            Err(at) if self.levels.len() < self.max_levels => self.levels.insert(at, Entry { key, qty }),
            Err(at) => {
                let cut = (self.max_levels / 8).max(1);
                self.levels.drain(..cut);
                self.dropped += cut as u64;
                self.levels.insert(at.saturating_sub(cut), Entry { key, qty });
            }
        }
    }

    pub fn clear(&mut self) {
        self.levels.clear();
    }

    pub fn get(&self, key: i64) -> i64 {
        self.levels.binary_search_by_key(&key, |entry| entry.key).map_or(0, |at| self.levels[at].qty)
    }

    /// From the touch outwards.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        self.levels.iter().rev().copied()
    }
}
