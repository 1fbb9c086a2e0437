//! The last n values folded with an operation that cannot be undone (deepest fall, matrix product): a queue of two
//! stacks, amortised three operations an update.

use crate::persist::{Persist, Reader, StateError};

/// An associative operation. The neutral element is never needed.
pub trait Monoid: Copy + Default + Persist {
    /// The two stretches one after the other, as one.
    fn then(&self, later: &Self) -> Self;
}

/// The items in a ring: those of the front stack have been replaced by the fold from there to the front's end, those
/// of the back stack are as they came, with their fold beside.
#[derive(Debug, Clone)]
pub struct WindowFold<M> {
    items: Box<[M]>,
    oldest: usize,
    front: usize,
    back: usize,
    back_fold: M,
}

impl<M: Monoid> WindowFold<M> {
    /// `length` is at least 1.
    pub fn new(length: usize) -> Self {
        let items = vec![M::default(); length].into_boxed_slice();
        Self { items, oldest: 0, front: 0, back: 0, back_fold: M::default() }
    }

    #[inline(always)]
    fn place(&self, age_from_oldest: usize) -> usize {
        let place = self.oldest + age_from_oldest;
        if place >= self.items.len() {
            place - self.items.len()
        } else {
            place
        }
    }

    /// The fold of the last n items with this one, once there are n.
    #[inline]
    pub fn push(&mut self, item: M) -> Option<M> {
        let fold = self.push_partial(item);
        (self.front + self.back == self.items.len()).then_some(fold)
    }

    /// The same over fewer than n items while there are fewer.
    #[inline]
    pub fn push_partial(&mut self, item: M) -> M {
        if self.front + self.back == self.items.len() {
            if self.front == 0 {
                self.turn();
            }
            self.oldest = self.place(1);
            self.front -= 1;
        }
        let end = self.place(self.front + self.back);
        self.items[end] = item;
        self.back_fold = if self.back == 0 { item } else { self.back_fold.then(&item) };
        self.back += 1;
        if self.front == 0 {
            self.back_fold
        } else {
            self.items[self.oldest].then(&self.back_fold)
        }
    }

    /// The back becomes the front: one pass over the window, once a window.
    #[cold]
    fn turn(&mut self) {
        for age in (0..self.back - 1).rev() {
            let (here, after) = (self.place(age), self.place(age + 1));
            self.items[here] = self.items[here].then(&self.items[after]);
        }
        (self.front, self.back) = (self.back, 0);
    }
}

impl<M: Monoid> Persist for WindowFold<M> {
    fn save(&self, out: &mut Vec<u8>) {
        self.items.save(out);
        [self.oldest, self.front, self.back].save(out);
        self.back_fold.save(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.items.load(from)?;
        let mut places = [0; 3];
        places.load(from)?;
        [self.oldest, self.front, self.back] = places;
        self.back_fold.load(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::{Fall, Growth};
    use proptest::prelude::*;

    fn deepest(equity: &[f64]) -> f64 {
        let pairs = (0..equity.len()).flat_map(|i| (i..equity.len()).map(move |j| (i, j)));
        pairs.map(|(i, j)| 1.0 - equity[j] / equity[i]).fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn the_deepest_fall_is_that_of_all_pairs(
            returns in prop::collection::vec(-0.9..2.0f64, 1..80),
            length in 1..20usize,
        ) {
            let mut equity = vec![1.0];
            returns.iter().for_each(|r| equity.push(equity[equity.len() - 1] * (1.0 + r)));
            let (mut values, mut compounded) = (WindowFold::new(length), WindowFold::new(length));
            for end in 1..equity.len() {
                let start = (end + 1).saturating_sub(length);
                let fall = values.push_partial(Fall::at(equity[end]));
                prop_assert!((fall.drawdown() - deepest(&equity[start.max(1)..=end])).abs() < 1e-12);
                let growth = compounded.push_partial(Growth::of(returns[end - 1]));
                // One value more: the equity before the first return.
                prop_assert!((growth.drawdown() - deepest(&equity[start.max(1) - 1..=end])).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn what_was_lost_entirely_is_forgotten_with_its_window() {
        let mut fold = WindowFold::new(2);
        let falls: Vec<f64> =
            [0.1, -1.0, 0.5, 0.5].iter().map(|&r| fold.push_partial(Growth::of(r)).drawdown()).collect();
        assert_eq!(falls, [0.0, 1.0, 1.0, 0.0]);
    }
}
