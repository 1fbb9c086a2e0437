//! The ranks of the last n values among each other.

use crate::persist::state;

state! {
    /// Ranks are kept doubled, so that those of ties (the mean of the places they take) are whole numbers.
    pub struct RollingRanks {
        values: Box<[f64]>,
        doubled: Box<[f64]>,
        next: usize,
        seen: usize,
    }
}

impl RollingRanks {
    pub fn new(length: usize) -> Self {
        Self {
            values: vec![0.0; length].into_boxed_slice(),
            doubled: vec![0.0; length].into_boxed_slice(),
            next: 0,
            seen: 0,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Twice the rank of each value, from 2 for the smallest, once the window is full. In no particular order, but
    /// two windows that are pushed together have theirs in the same one.
    #[inline]
    pub fn push(&mut self, x: f64) -> Option<&[f64]> {
        let full = self.seen == self.values.len();
        let old = if full { self.values[self.next] } else { f64::INFINITY };
        let mut beaten = 2u64;
        for (&value, doubled) in self.values[..self.seen].iter().zip(&mut self.doubled[..self.seen]) {
            beaten += u64::from(x > value) + u64::from(x >= value);
            *doubled += (share(value > x) + share(value >= x)) - (share(value > old) + share(value >= old));
        }
        if full {
            beaten -= u64::from(x > old) + u64::from(x >= old);
        } else {
            self.seen += 1;
        }
        self.values[self.next] = x;
        self.doubled[self.next] = beaten as f64;
        self.next = if self.next + 1 == self.values.len() { 0 } else { self.next + 1 };
        (self.seen == self.values.len()).then_some(&self.doubled)
    }
}

/// Half a place, doubled. A choice between two numbers and no conversion, so that the loop is one over vectors.
#[inline(always)]
fn share(is_above: bool) -> f64 {
    if is_above {
        1.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_counting(xs in prop::collection::vec(-9i8..9, 1..120), length in 1usize..30) {
            let mut ranks = RollingRanks::new(length);
            for end in 1..=xs.len() {
                let got = ranks.push(f64::from(xs[end - 1])).map(|ranks| ranks.to_vec());
                prop_assert_eq!(got.is_some(), end >= length);
                let Some(mut got) = got else { continue };
                let window = &xs[end - length..end];
                let count = |x: i8| window.iter().map(|&y| u8::from(y < x) + u8::from(y <= x)).sum::<u8>();
                let mut wanted: Vec<f64> = window.iter().map(|&x| f64::from(count(x) + 1)).collect();
                prop_assert_eq!(got[(end - 1) % length], *wanted.last().unwrap());
                got.sort_by(f64::total_cmp);
                wanted.sort_by(f64::total_cmp);
                prop_assert_eq!(got, wanted);
            }
        }
    }
}
