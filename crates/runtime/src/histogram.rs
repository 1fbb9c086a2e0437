//! A log-linear latency histogram: fixed memory, one increment per sample, percentiles within 0.8 %.
//!
//! Each power of two is cut into 64 equal buckets; below 128 every value has its own.

const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;
const VALUE_BITS: u32 = 42;
const BUCKETS: usize = ((VALUE_BITS - SUB_BITS) as usize + 1) << SUB_BITS;

/// The largest value kept apart, some 73 minutes in ns. Larger samples count as this one; `max` keeps the true one.
pub const MAX_VALUE: u64 = (1 << VALUE_BITS) - 1;

/// Counts of non-negative samples (by convention nanoseconds).
#[derive(Clone)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

#[inline(always)]
fn bucket(value: u64) -> usize {
    let value = value.min(MAX_VALUE);
    let shift = (63 - SUB_BITS) - (value | SUB).leading_zeros();
    ((shift << SUB_BITS) as u64 + (value >> shift)) as usize
}

/// The lowest value of a bucket, and how many values it holds.
fn bucket_range(index: usize) -> (u64, u64) {
    let index = index as u64;
    let shift = (index >> SUB_BITS).saturating_sub(1);
    ((index - (shift << SUB_BITS)) << shift, 1 << shift)
}

impl Histogram {
    pub fn new() -> Histogram {
        Histogram { counts: Box::new([0; BUCKETS]), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }

    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.count += 1;
        self.sum = self.sum.wrapping_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
    pub fn count(&self) -> u64 {
        self.count
    }
    /// 0 if empty.
    pub fn min(&self) -> u64 {
        if self.count == 0 {
            0
        } else {
            self.min
        }
    }
    pub fn max(&self) -> u64 {
        self.max
    }
    /// Of the samples as recorded, not of the buckets. 0 if empty.
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum as f64 / self.count as f64
        }
    }
    /// The value that a share `q` of the samples (0 to 1) does not exceed: the middle of its bucket, within the
    /// smallest and largest sample. 0 if empty.
    pub fn quantile(&self, q: f64) -> u64 {
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (low, width, count) in self.buckets() {
            seen += count;
            if seen >= rank {
                return (low + (width - 1) / 2).clamp(self.min, self.max);
            }
        }
        self.max
    }
    /// The buckets that hold samples: lowest value, how many values wide, samples in it.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, &n)| n > 0).map(|(i, &n)| {
            let (low, width) = bucket_range(i);
            (low, width, n)
        })
    }
    /// Adds another histogram's samples.
    pub fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.count, self.sum, self.min, self.max) = (0, 0, u64::MAX, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_bucket_holds_exactly_its_range() {
        let mut next = 0;
        for i in 0..BUCKETS {
            let (low, width) = bucket_range(i);
            assert_eq!(low, next, "buckets leave no gap");
            assert_eq!((bucket(low), bucket(low + width - 1)), (i, i));
            next = low + width;
        }
        assert_eq!(next, MAX_VALUE + 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn empty_and_saturated() {
        let mut h = Histogram::new();
        assert_eq!((h.min(), h.max(), h.quantile(0.5), h.mean()), (0, 0, 0, 0.0));
        h.record(u64::MAX);
        assert_eq!((h.max(), h.quantile(1.0), h.count()), (u64::MAX, u64::MAX, 1));
    }

    fn samples() -> impl Strategy<Value = Vec<u64>> {
        let sample = prop_oneof![0u64..200, 0u64..100_000, 0u64..MAX_VALUE];
        proptest::collection::vec(sample, 1..400)
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_promised_error(values in samples(), q in 0.0f64..=1.0) {
            let mut h = Histogram::new();
            values.iter().for_each(|&v| h.record(v));
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let rank = ((q * sorted.len() as f64).ceil() as usize).max(1);
            let exact = sorted[rank - 1];
            let ours = h.quantile(q);
            prop_assert!(ours.abs_diff(exact) as f64 <= exact as f64 * 0.008, "{ours} for {exact}");
            prop_assert_eq!((h.min(), h.max()), (sorted[0], sorted[sorted.len() - 1]));
        }

        #[test]
        fn merging_is_recording_both(a in samples(), b in samples()) {
            let (mut left, mut right, mut both) = (Histogram::new(), Histogram::new(), Histogram::new());
            a.iter().for_each(|&v| { left.record(v); both.record(v) });
            b.iter().for_each(|&v| { right.record(v); both.record(v) });
            left.merge(&right);
            prop_assert!(left.buckets().eq(both.buckets()));
            prop_assert_eq!((left.count(), left.min(), left.max()), (both.count(), both.min(), both.max()));
            prop_assert_eq!(left.mean(), both.mean());
        }
    }
}
