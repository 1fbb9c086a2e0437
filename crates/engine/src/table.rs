//! A hash table of fixed room: it never grows or allocates once made, and its hash has no seed, so that the same
//! operations give the same table on every run. Order is not kept; whoever needs it scans.

use crate::hash::StateHash;
use nanotick_model::{ClientId, Text};

/// What can be looked up. The hash's high bits choose the slot.
pub trait Key: Copy + Default + PartialEq {
    fn hash(&self) -> u64;
}

const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Key for i64 {
    #[inline(always)]
    fn hash(&self) -> u64 {
        (*self as u64).wrapping_mul(SPREAD)
    }
}
impl Key for ClientId {
    #[inline(always)]
    fn hash(&self) -> u64 {
        self.0.wrapping_mul(SPREAD)
    }
}
/// A venue's text id within an instrument.
impl Key for (u16, Text<40>) {
    fn hash(&self) -> u64 {
        StateHash::new().word(self.0 as u64).bytes(self.1.as_bytes()).finish()
    }
}

/// One entry. The default value marks an empty slot, so no entry may have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry<K, V> {
    pub key: K,
    pub value: V,
}

/// Open addressing with linear probing.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    slots: Box<[Entry<K, V>]>,
    mask: usize,
    shift: u32,
    len: usize,
}

impl<K: Key, V: Copy + Default + PartialEq> Table<K, V> {
    /// Room for `capacity` entries at a load of at most one half.
    pub fn with_capacity(capacity: usize) -> Self {
        let slots = (capacity * 2).next_power_of_two().max(16);
        Table {
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
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    fn home(&self, key: &K) -> usize {
        (key.hash() >> self.shift) as usize
    }
    #[inline(always)]
    fn is_free(&self, at: usize) -> bool {
        self.slots[at].value == V::default()
    }

    /// The value of a key; the default if there is none.
    #[inline]
    pub fn get(&self, key: K) -> V {
        let mut at = self.home(&key);
        loop {
            let entry = self.slots[at];
            if self.is_free(at) || entry.key == key {
                return entry.value;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Sets a key's value; the default value removes it. The caller keeps `len` at or below the capacity.
    #[inline]
    pub fn set(&mut self, key: K, value: V) {
        let mut at = self.home(&key);
        loop {
            if self.is_free(at) {
                if value != V::default() {
                    self.slots[at] = Entry { key, value };
                    self.len += 1;
                }
                return;
            }
            if self.slots[at].key == key {
                if value == V::default() {
                    self.remove(at);
                } else {
                    self.slots[at].value = value;
                }
                return;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Closes the hole so that every entry stays reachable from its home without gaps, and no tombstones pile up.
    fn remove(&mut self, mut hole: usize) {
        let mut at = hole;
        loop {
            at = (at + 1) & self.mask;
            if self.is_free(at) {
                break;
            }
            let from_home = at.wrapping_sub(self.home(&self.slots[at].key)) & self.mask;
            let from_hole = at.wrapping_sub(hole) & self.mask;
            if from_home >= from_hole {
                self.slots[hole] = self.slots[at];
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
    pub fn iter(&self) -> impl Iterator<Item = Entry<K, V>> + '_ {
        self.slots.iter().copied().filter(|entry| entry.value != V::default())
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
            let (mut table, mut oracle) = (Table::with_capacity(64), BTreeMap::new());
            for (key, value) in ops {
                if value != 0 && oracle.len() == 64 && !oracle.contains_key(&key) {
                    continue;
                }
                table.set(key, value);
                if value == 0 { oracle.remove(&key); } else { oracle.insert(key, value); }
                prop_assert_eq!(table.len(), oracle.len());
            }
            for key in -41..41 {
                prop_assert_eq!(table.get(key), oracle.get(&key).copied().unwrap_or(0));
            }
            let mut entries: Vec<_> = table.iter().map(|e| (e.key, e.value)).collect();
            entries.sort_unstable();
            prop_assert_eq!(entries, oracle.into_iter().collect::<Vec<_>>());
        }
    }
}
