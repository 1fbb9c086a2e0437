//! Levels far from the touch: a fixed hash table from key to size. It never grows and its hash has no seed, so the
//! same updates give the same table. Order is not kept here; whoever needs it scans.

/// One level as the sides keep it: `key` grows towards the touch on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Entry {
    pub key: i64,
    pub qty: i64,
}

/// Open addressing with linear probing. A size of zero marks an empty slot, as no level has it.
#[derive(Clone, Debug)]
pub(super) struct Far {
    slots: Box<[Entry]>,
    mask: usize,
    shift: u32,
    len: usize,
}

impl Far {
    /// Room for `capacity` levels at a load of at most one half.
    pub fn with_capacity(capacity: usize) -> Far {
        let slots = (capacity * 2).next_power_of_two().max(16);
        Far {
            slots: vec![Entry::default(); slots].into_boxed_slice(),
            mask: slots - 1,
            shift: 64 - slots.trailing_zeros(),
            len: 0,
        }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn home(&self, key: i64) -> usize {
        ((key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    pub fn get(&self, key: i64) -> i64 {
        let mut at = self.home(key);
        loop {
            let entry = self.slots[at];
            if entry.qty == 0 {
                return 0;
            }
            if entry.key == key {
                return entry.qty;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Sets a level's size; zero removes it. The caller keeps `len` at or below the capacity.
    #[inline]
    pub fn set(&mut self, key: i64, qty: i64) {
        let mut at = self.home(key);
        loop {
            let entry = &mut self.slots[at & self.mask];
            if entry.qty == 0 {
                if qty != 0 {
                    *entry = Entry { key, qty };
                    self.len += 1;
                }
                return;
            }
            if entry.key == key {
                if qty == 0 {
                    self.remove(at & self.mask);
                } else {
                    entry.qty = qty;
                }
                return;
            }
            at += 1;
        }
    }

    /// Closes the hole so that every entry stays reachable from its home without gaps, and no tombstones pile up.
    fn remove(&mut self, mut hole: usize) {
        let mut at = hole;
        loop {
            at = (at + 1) & self.mask;
            let entry = self.slots[at];
            if entry.qty == 0 {
                break;
            }
            let from_home = at.wrapping_sub(self.home(entry.key)) & self.mask;
            let from_hole = at.wrapping_sub(hole) & self.mask;
            if from_home >= from_hole {
                self.slots[hole] = entry;
                hole = at;
            }
        }
        self.slots[hole] = Entry::default();
        self.len -= 1;
    }

    pub fn clear(&mut self) {
        if self.len > 0 {
            self.slots.fill(Entry::default());
            self.len = 0;
        }
    }

    /// In no useful order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        self.slots.iter().copied().filter(|e| e.qty != 0)
    }

    /// The level nearest to the touch among those with a key below `key`. A scan.
    pub fn next_below(&self, key: i64) -> Option<Entry> {
        self.iter().filter(|e| e.key < key).max_by_key(|e| e.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_map(ops in proptest::collection::vec((-40i64..40, 0i64..3), 0..400)) {
            // 80 keys in 128 slots: long probe runs that wrap around the end.
            let (mut far, mut oracle) = (Far::with_capacity(64), BTreeMap::new());
            for (key, qty) in ops {
                if qty != 0 && oracle.len() == 64 && !oracle.contains_key(&key) {
                    continue;
                }
                far.set(key, qty);
                if qty == 0 { oracle.remove(&key); } else { oracle.insert(key, qty); }
                prop_assert_eq!(far.len(), oracle.len());
            }
            for key in -41..41 {
                prop_assert_eq!(far.get(key), oracle.get(&key).copied().unwrap_or(0));
                let below = oracle.range(..key).next_back().map(|(&key, &qty)| Entry { key, qty });
                prop_assert_eq!(far.next_below(key), below);
            }
        }
    }
}
