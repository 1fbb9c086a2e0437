//! The last n values in order of size: quantiles, ranks and sums of the smallest.
//!
//! The values lie ascending in blocks of bounded size, the blocks in groups. An update moves values within two blocks
//! only; a query walks over groups, then blocks. Of a short window there is one block: a sorted array.

use crate::parts::Ring;
use crate::persist::{Persist, Reader, StateError};

/// Windows up to this length are one block: to move a part of it costs less than to keep several in order.
const ONE_BLOCK: usize = 1024;
const BLOCKS_IN_GROUP: usize = 64;

#[derive(Debug, Clone)]
pub struct OrderStatistics {
    ring: Ring,
    len: usize,
    /// Most values in a block.
    capacity: usize,
    /// Memory for all blocks, `capacity` numbers each, and the places in it that are not in use.
    values: Box<[f64]>,
    free: Vec<u32>,
    /// Of each block, in ascending order: its place in the memory, its first value, how many it has and their sum.
    places: Vec<u32>,
    firsts: Vec<f64>,
    counts: Vec<u32>,
    sums: Vec<f64>,
    /// Of each group but the last. Sums are made anew from their parts at each change, so that nothing can drift;
    /// that of the last block, like those of the last group, is never asked for and not kept.
    group_counts: Vec<u32>,
    group_sums: Vec<f64>,
}

impl OrderStatistics {
    pub fn new(length: usize) -> Self {
        // Moving a block and walking over the blocks then cost about the same.
        let balanced = (2 * (length as f64).sqrt() as usize).clamp(64, 512);
        Self::with_blocks_of(if length <= ONE_BLOCK { length } else { balanced }, length)
    }

    fn with_blocks_of(capacity: usize, length: usize) -> Self {
        // Two neighbours hold more than half a block between them.
        let most = if length <= capacity { 1 } else { 4 * length / capacity + 3 };
        Self {
            ring: Ring::new(length),
            len: 0,
            capacity,
            values: vec![0.0; most * capacity].into_boxed_slice(),
            free: (0..most as u32).rev().collect(),
            places: Vec::with_capacity(most),
            firsts: Vec::with_capacity(most),
            counts: Vec::with_capacity(most),
            sums: Vec::with_capacity(most),
            group_counts: Vec::with_capacity(most / BLOCKS_IN_GROUP + 1),
            group_sums: Vec::with_capacity(most / BLOCKS_IN_GROUP + 1),
        }
    }

    /// How many values there are; at most the window's length.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.len == self.ring.len()
    }

    /// Takes the newest value; the oldest leaves a full window.
    #[inline]
    pub fn push(&mut self, x: f64) {
        // -0 would be ordered apart from 0 by its bits and not by its value.
        let x = x + 0.0;
        let full = self.is_full();
        let old = self.ring.push(x).old;
        if !full {
            return self.insert(x);
        }
        let (from, mut to) = (self.block_of(old), self.block_of(x));
        if from == to {
            return self.replace(from, old, x);
        }
        if self.remove(from, old) {
            to = self.block_of(x);
        }
        self.insert_in(to, x);
    }

    /// The newest value but `age`.
    #[inline(always)]
    pub fn ago(&self, age: usize) -> f64 {
        self.ring.ago(age)
    }

    /// The k-th smallest, from 0.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn kth(&self, k: usize) -> f64 {
        assert!(k < self.len);
        let (block, k) = self.locate(k);
        self.block(block)[k]
    }

    /// How many values are smaller than `x`.
    #[inline]
    pub fn below(&self, x: f64) -> usize {
        let Some(block) = self.firsts.partition_point(|&first| first < x).checked_sub(1) else { return 0 };
        self.before(block) + self.in_block(block, |value| value < x)
    }

    /// How many values are not larger than `x`.
    #[inline]
    pub fn at_most(&self, x: f64) -> usize {
        let Some(block) = self.firsts.partition_point(|&first| first <= x).checked_sub(1) else { return 0 };
        self.before(block) + self.in_block(block, |value| value <= x)
    }

    /// The q-quantile by linear interpolation (type 7 of Hyndman and Fan, NumPy's default).
    ///
    /// # Panics
    /// If there are no values.
    #[inline]
    pub fn quantile(&self, q: f64) -> f64 {
        let place = q * (self.len() - 1) as f64;
        let low = (place as usize).min(self.len() - 1);
        let (a, b) = self.kth_and_next(low);
        let share = place - low as f64;
        // From the nearer end, as NumPy does: the result never leaves [a, b].
        if share < 0.5 {
            a + (b - a) * share
        } else {
            b - (b - a) * (1.0 - share)
        }
    }

    /// The middle value; of an even number, the mean of the two in the middle.
    ///
    /// # Panics
    /// If there are no values.
    #[inline]
    pub fn median(&self) -> f64 {
        let half = self.len() / 2;
        if self.len() % 2 == 1 {
            self.kth(half)
        } else {
            let (a, b) = self.kth_and_next(half - 1);
            0.5 * (a + b)
        }
    }

    /// The median of the distances from the median, found in the sorted values by bisection.
    pub fn median_deviation(&self) -> f64 {
        let (n, median) = (self.len(), self.median());
        let half = n / 2;
        if n % 2 == 1 {
            self.kth_distance(half, median)
        } else {
            0.5 * (self.kth_distance(half - 1, median) + self.kth_distance(half, median))
        }
    }

    /// The k-th smallest distance from a value: the distances below it and those above it are sorted already.
    fn kth_distance(&self, k: usize, from: f64) -> f64 {
        let n = self.len();
        let split = self.below(from);
        let lower = |i: usize| from - self.kth(split - 1 - i);
        let upper = |i: usize| self.kth(split + i) - from;
        // How many of the k smallest lie below.
        let (mut low, mut high) = (k.saturating_sub(n - split), k.min(split));
        while low < high {
            let middle = (low + high) / 2;
            if lower(middle) < upper(k - middle - 1) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let below = if low < split { lower(low) } else { f64::INFINITY };
        let above = if k - low < n - split { upper(k - low) } else { f64::INFINITY };
        below.min(above)
    }

    /// The sum of the k smallest.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub fn sum_smallest(&self, k: usize) -> f64 {
        assert!(k <= self.len);
        if k == 0 {
            return 0.0;
        }
        let (block, last) = self.locate(k - 1);
        let group = block / BLOCKS_IN_GROUP;
        let (groups, blocks) = (&self.group_sums[..group], &self.sums[group * BLOCKS_IN_GROUP..block]);
        sum(groups) + sum(blocks) + sum(&self.block(block)[..=last])
    }

    /// All values, ascending.
    pub fn ascending(&self) -> impl DoubleEndedIterator<Item = f64> + '_ {
        (0..self.places.len()).flat_map(|block| self.block(block)).copied()
    }

    #[inline(always)]
    fn start(&self, block: usize) -> usize {
        self.places[block] as usize * self.capacity
    }

    /// The values of a block, by its place in the order.
    #[inline(always)]
    fn block(&self, block: usize) -> &[f64] {
        let start = self.start(block);
        &self.values[start..start + self.counts[block] as usize]
    }

    /// How many values of a block, from its first, are as wanted. Searched is all its memory, which is infinite where
    /// there is no value: a search of always the same length, whose end the processor foresees.
    #[inline(always)]
    fn in_block(&self, block: usize, wanted: impl Fn(f64) -> bool) -> usize {
        let start = self.start(block);
        self.values[start..start + self.capacity].partition_point(|&value| wanted(value))
    }

    /// The last block that begins with `x` or less: where `x` is, or belongs.
    #[inline(always)]
    fn block_of(&self, x: f64) -> usize {
        self.firsts.partition_point(|&first| first <= x).saturating_sub(1)
    }

    /// The block that has the k-th smallest value, and its place in the block.
    #[inline]
    fn locate(&self, mut k: usize) -> (usize, usize) {
        let mut block = 0;
        for &count in &self.group_counts {
            if k < count as usize {
                break;
            }
            k -= count as usize;
            block += BLOCKS_IN_GROUP;
        }
        for &count in &self.counts[block..] {
            if k < count as usize {
                break;
            }
            k -= count as usize;
            block += 1;
        }
        (block, k)
    }

    /// The k-th smallest and the one after it; the last twice.
    #[inline]
    fn kth_and_next(&self, k: usize) -> (f64, f64) {
        let (block, k) = self.locate(k);
        let values = self.block(block);
        let a = values[k];
        let next = values.get(k + 1).or_else(|| self.firsts.get(block + 1));
        (a, next.copied().unwrap_or(a))
    }

    /// How many values are in the blocks before this one.
    #[inline]
    fn before(&self, block: usize) -> usize {
        let group = block / BLOCKS_IN_GROUP;
        let (groups, blocks) = (&self.group_counts[..group], &self.counts[group * BLOCKS_IN_GROUP..block]);
        (groups.iter().sum::<u32>() + blocks.iter().sum::<u32>()) as usize
    }

    fn insert(&mut self, x: f64) {
        if self.places.is_empty() {
            self.open(0, 0);
        }
        self.insert_in(self.block_of(x), x);
    }

    fn insert_in(&mut self, mut block: usize, x: f64) {
        if self.counts[block] as usize == self.capacity {
            self.split(block);
            block += usize::from(self.firsts[block + 1] <= x);
        }
        let (start, count) = (self.start(block), self.counts[block] as usize);
        let at = self.in_block(block, |value| value <= x);
        self.values.copy_within(start + at..start + count, start + at + 1);
        self.values[start + at] = x;
        self.counts[block] += 1;
        self.len += 1;
        if let Some(count) = self.group_counts.get_mut(block / BLOCKS_IN_GROUP) {
            *count += 1;
        }
        self.changed(block);
    }

    /// Takes away a value of a block. True if blocks have been merged.
    fn remove(&mut self, block: usize, x: f64) -> bool {
        let (start, count) = (self.start(block), self.counts[block] as usize);
        let at = self.in_block(block, |value| value < x);
        self.values.copy_within(start + at + 1..start + count, start + at);
        self.values[start + count - 1] = f64::INFINITY;
        self.counts[block] -= 1;
        self.len -= 1;
        if let Some(count) = self.group_counts.get_mut(block / BLOCKS_IN_GROUP) {
            *count -= 1;
        }
        if count == 1 {
            self.close(block);
        } else if block > 0 && self.is_small(block - 1) {
            self.merge(block - 1);
        } else if block + 1 < self.places.len() && self.is_small(block) {
            self.merge(block);
        } else {
            self.changed(block);
            return false;
        }
        true
    }

    /// A block and the next would fill half a block.
    #[inline(always)]
    fn is_small(&self, block: usize) -> bool {
        2 * (self.counts[block] + self.counts[block + 1]) as usize <= self.capacity
    }

    /// One value of a block for another that belongs there too: those between them move.
    fn replace(&mut self, block: usize, old: f64, new: f64) {
        let start = self.start(block);
        let from = start + self.in_block(block, |value| value < old);
        let to = start + self.in_block(block, |value| value < new);
        if from < to {
            self.values.copy_within(from + 1..to, from);
            self.values[to - 1] = new;
        } else {
            self.values.copy_within(to..from, to + 1);
            self.values[to] = new;
        }
        self.changed(block);
    }

    /// Brings the first value and the sums up to date.
    #[inline]
    fn changed(&mut self, block: usize) {
        self.firsts[block] = self.block(block)[0];
        if block + 1 == self.places.len() {
            return;
        }
        self.sums[block] = sum(self.block(block));
        let group = block / BLOCKS_IN_GROUP;
        if group < self.group_sums.len() {
            self.group_sums[group] = sum(&self.sums[group * BLOCKS_IN_GROUP..][..BLOCKS_IN_GROUP]);
        }
    }

    /// Blocks came or went: all groups from theirs on have others.
    fn regroup_from(&mut self, block: usize) {
        let groups = self.places.len().div_ceil(BLOCKS_IN_GROUP).saturating_sub(1);
        let first = (block / BLOCKS_IN_GROUP).min(self.group_counts.len());
        self.group_counts.truncate(first);
        self.group_sums.truncate(first);
        for group in first..groups {
            let start = group * BLOCKS_IN_GROUP;
            self.group_counts.push(self.counts[start..start + BLOCKS_IN_GROUP].iter().sum());
            self.group_sums.push(sum(&self.sums[start..start + BLOCKS_IN_GROUP]));
        }
    }

    /// A block at a place in the order, whose values are still to come.
    fn open(&mut self, block: usize, count: u32) {
        let place = self.free.pop().expect("neighbours are merged before blocks run out");
        let start = place as usize * self.capacity;
        self.values[start..start + self.capacity].fill(f64::INFINITY);
        self.places.insert(block, place);
        self.firsts.insert(block, 0.0);
        self.counts.insert(block, count);
        self.sums.insert(block, 0.0);
        self.regroup_from(block);
    }

    fn close(&mut self, block: usize) {
        self.free.push(self.places.remove(block));
        self.firsts.remove(block);
        self.counts.remove(block);
        self.sums.remove(block);
        self.regroup_from(block);
    }

    /// The upper half of a full block becomes a block of its own.
    #[cold]
    fn split(&mut self, block: usize) {
        let (kept, moved) = (self.capacity / 2, self.capacity - self.capacity / 2);
        self.counts[block] = kept as u32;
        self.open(block + 1, moved as u32);
        let (from, to) = (self.start(block) + kept, self.start(block + 1));
        self.values.copy_within(from..from + moved, to);
        self.values[from..from + moved].fill(f64::INFINITY);
        self.changed(block);
        self.changed(block + 1);
        self.regroup_from(block);
    }

    /// A block takes the values of the next.
    #[cold]
    fn merge(&mut self, block: usize) {
        let (from, moved) = (self.start(block + 1), self.counts[block + 1]);
        let to = self.start(block) + self.counts[block] as usize;
        self.values.copy_within(from..from + moved as usize, to);
        self.counts[block] += moved;
        self.close(block + 1);
        self.changed(block);
        self.regroup_from(block);
    }
}

/// In eight chains, which the processor adds side by side.
#[inline]
fn sum(values: &[f64]) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut chains = [0.0; 8];
    for eight in eights {
        chains.iter_mut().zip(eight).for_each(|(chain, value)| *chain += value);
    }
    chains.iter_mut().zip(rest).for_each(|(chain, value)| *chain += value);
    let [a, b, c, d, e, f, g, h] = chains;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// The values block by block: how they are divided decides the last digits of the sums.
impl Persist for OrderStatistics {
    fn save(&self, out: &mut Vec<u8>) {
        self.ring.save(out);
        self.counts.save(out);
        self.ascending().for_each(|value| value.save(out));
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        *self = Self::new(self.ring.len());
        self.ring.load(from)?;
        let mut counts: Vec<u32> = Vec::new();
        counts.load(from)?;
        let total: usize = counts.iter().map(|&count| count as usize).sum();
        let fits = |count: &u32| (1..=self.capacity).contains(&(*count as usize));
        if counts.len() > self.free.len() || total > self.ring.len() || !counts.iter().all(fits) {
            return Err(StateError::Damaged);
        }
        for (block, &count) in counts.iter().enumerate() {
            self.open(block, count);
            let start = self.start(block);
            self.values[start..start + count as usize].iter_mut().try_for_each(|value| value.load(from))?;
        }
        (0..counts.len()).for_each(|block| self.changed(block));
        self.regroup_from(0);
        self.len = total;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same questions to a sorted copy of the window.
    fn check(order: &OrderStatistics, window: &[f64]) {
        let mut sorted = window.to_vec();
        sorted.sort_by(f64::total_cmp);
        assert!(order.ascending().eq(sorted.iter().copied()));
        assert!(order.ascending().rev().eq(sorted.iter().rev().copied()));
        assert_eq!(order.len(), sorted.len());
        let n = sorted.len();
        for k in [0, n / 20, n / 3, n / 2, n - 1] {
            assert_eq!(order.kth(k), sorted[k]);
            for x in [sorted[k], sorted[k] - 0.5, sorted[k] + 0.5] {
                assert_eq!(order.below(x), sorted.iter().filter(|&&value| value < x).count());
                assert_eq!(order.at_most(x), sorted.iter().filter(|&&value| value <= x).count());
            }
            let wanted: f64 = sorted[..=k].iter().sum();
            assert!((order.sum_smallest(k + 1) - wanted).abs() <= 1e-9 * (1.0 + wanted.abs()));
        }
        assert_eq!(order.sum_smallest(0), 0.0);
        assert_eq!(order.median(), 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]));
        assert_eq!(order.quantile(0.0), sorted[0]);
        assert_eq!(order.quantile(1.0), sorted[n - 1]);
    }

    /// Neighbours hold more than half a block, so the reserved memory is enough; totals are those of their parts.
    fn check_structure(order: &OrderStatistics) {
        for (block, pair) in order.counts.windows(2).enumerate() {
            let counts = pair[0] + pair[1];
            assert!(2 * counts as usize > order.capacity, "block {block} and the next hold {counts}");
        }
        let groups = order.places.len().div_ceil(BLOCKS_IN_GROUP).saturating_sub(1);
        assert_eq!((order.group_counts.len(), order.group_sums.len()), (groups, groups));
        for group in 0..groups {
            let start = group * BLOCKS_IN_GROUP;
            let counts = &order.counts[start..start + BLOCKS_IN_GROUP];
            assert_eq!(order.group_counts[group], counts.iter().sum::<u32>());
            assert_eq!(order.group_sums[group], sum(&order.sums[start..start + BLOCKS_IN_GROUP]));
        }
        for (block, first) in order.firsts.iter().enumerate() {
            assert_eq!(order.block(block)[0], *first);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_a_sorted_copy_of_the_window(
            noise in prop::collection::vec(-40i16..40, 1..1500),
            trend in -3i16..=3,
            capacity in 8usize..40,
            length in prop_oneof![1usize..60, 300usize..900],
        ) {
            // A trend fills blocks at one end and empties them at the other; small whole numbers come often.
            let xs: Vec<f64> = noise.iter().enumerate().map(|(t, x)| f64::from(*x) + f64::from(trend) * t as f64).collect();
            let mut order = OrderStatistics::with_blocks_of(capacity.min(length), length);
            for end in 1..=xs.len() {
                order.push(xs[end - 1]);
                if end % 37 == 0 || end == xs.len() {
                    check(&order, &xs[end.saturating_sub(length)..end]);
                    check_structure(&order);
                }
            }
        }
    }

    #[test]
    fn patterns_that_split_and_merge_most_stay_in_the_memory_reserved() {
        const LENGTH: usize = 6_000;
        let patterns: [fn(usize) -> f64; 5] = [
            |t| t as f64,
            |t| -(t as f64),
            |t| (t % 2 * 1_000_000 + t) as f64,
            |t| (t * 7_919 % 10_007) as f64,
            // Runs that thin out, each in another place.
            |t| (t / 500 % 7) as f64 * 1e6 + (t * 613 % 500) as f64,
        ];
        for pattern in patterns {
            let mut order = OrderStatistics::new(LENGTH);
            let (capacity, slots) = (order.places.capacity(), order.free.len());
            let xs: Vec<f64> = (0..4 * LENGTH).map(pattern).collect();
            for end in 1..=xs.len() {
                order.push(xs[end - 1]);
                if end % 1_499 == 0 {
                    check(&order, &xs[end.saturating_sub(LENGTH)..end]);
                    check_structure(&order);
                }
            }
            assert_eq!(order.places.capacity(), capacity);
            assert_eq!(order.free.len() + order.places.len(), slots);
        }
    }

    #[test]
    fn a_saved_one_goes_on_bit_for_bit() {
        let value = |t: usize| (t * 7_919 % 10_007) as f64 * 0.1;
        let mut order = OrderStatistics::new(1_300);
        (0..3_500).for_each(|t| order.push(value(t)));
        let mut bytes = Vec::new();
        order.save(&mut bytes);
        let mut restored = OrderStatistics::new(1_300);
        restored.load(&mut Reader::new(&bytes)).expect("a good state");
        for t in 3_500..6_000 {
            order.push(value(t));
            restored.push(value(t));
            assert_eq!(order.sum_smallest(333).to_bits(), restored.sum_smallest(333).to_bits());
        }
    }
}
