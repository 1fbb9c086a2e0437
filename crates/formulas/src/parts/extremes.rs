//! The largest or smallest of the last n values, in amortised constant time and without a branch that guesses.
//!
//! A window is the rest of the last lap and the lap under way. The extremes of every rest of a lap are found when it
//! ends, in one pass backwards; from then on, an update compares two numbers.

use crate::parts::{larger, smaller};
use crate::persist::state;

state! {
    pub struct WindowExtreme {
        /// Up to `next` the values of the lap under way; from there on, extremes of the last lap from that place to
        /// its end. Those of the smallest are kept negated.
        values: Box<[f64]>,
        next: usize,
        lap: f64,
        full: bool,
        /// 1 for the largest, -1 for the smallest.
        sign: f64,
    }
}

impl WindowExtreme {
    pub fn max(length: usize) -> Self {
        Self::new(length, 1.0)
    }

    pub fn min(length: usize) -> Self {
        Self::new(length, -1.0)
    }

    fn new(length: usize, sign: f64) -> Self {
        let values = vec![f64::NEG_INFINITY; length].into_boxed_slice();
        Self { values, next: 0, lap: f64::NEG_INFINITY, full: false, sign }
    }

    /// The extreme with `x` in it, once the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        let extreme = self.push_partial(x);
        self.full.then_some(extreme)
    }

    /// The same over fewer than n values while there are fewer.
    #[inline(always)]
    pub fn push_partial(&mut self, x: f64) -> f64 {
        let signed = x * self.sign;
        self.values[self.next] = signed;
        self.next += 1;
        let lap = larger(signed, self.lap);
        self.lap = lap;
        if self.next == self.values.len() {
            find_rests(&mut self.values);
            self.next = 0;
            self.lap = f64::NEG_INFINITY;
            self.full = true;
            return lap * self.sign;
        }
        larger(lap, self.values[self.next]) * self.sign
    }

    /// How many values the window holds.
    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The extremes of all full windows over `xs`, which are as many as `out` holds. `scratch` is for as many values as
    /// `xs` each.
    #[inline(always)]
    pub fn over(&self, xs: &[f64], out: &mut [f64], scratch: [&mut [f64]; 2]) {
        if self.sign > 0.0 {
            combine(xs, self.values.len(), out, scratch, larger);
        } else {
            combine(xs, self.values.len(), out, scratch, smaller);
        }
    }
}

/// Four quarters of a window that may overlap make its extreme, and four quarters each of them: a few comparisons of
/// whole columns.
#[inline(always)]
fn combine(
    xs: &[f64],
    length: usize,
    out: &mut [f64],
    [mut next, mut spare]: [&mut [f64]; 2],
    pick: impl Fn(f64, f64) -> f64,
) {
    let four = |from: &[f64], [a, b, c]: [usize; 3], to: &mut [f64]| {
        let pairs = from.iter().zip(&from[a..]).zip(from[b..].iter().zip(&from[c..]));
        for (to, ((&w, &x), (&y, &z))) in to.iter_mut().zip(pairs) {
            *to = pick(pick(w, x), pick(y, z));
        }
    };
    if length < 4 {
        return four(xs, [(length - 1).min(1), length - 1, length - 1], out);
    }
    let (mut width, mut left) = (4, xs.len() - 3);
    four(xs, [1, 2, 3], &mut next[..left]);
    while 4 * width <= length {
        four(&next[..left], [width, 2 * width, 3 * width], spare);
        left -= 3 * width;
        std::mem::swap(&mut next, &mut spare);
        width *= 4;
    }
    let last = length - width;
    four(&next[..left], [width.min(last), (2 * width).min(last), last], out);
}

/// Makes of the values of a lap the largest from each place to its end.
fn find_rests(values: &mut [f64]) {
    let mut largest = f64::NEG_INFINITY;
    for value in values.iter_mut().rev() {
        largest = larger(*value, largest);
        *value = largest;
    }
}

state! {
    /// A [`WindowExtreme`] that also knows when it came.
    pub struct AgedExtreme {
        values: Box<[f64]>,
        /// Where in its lap each extreme of a rest came.
        places: Box<[u32]>,
        next: usize,
        lap: f64,
        lap_place: u32,
        full: bool,
        sign: f64,
    }
}

/// The extreme of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremum {
    pub value: f64,
    /// Updates since it came; of equal ones, since the latest.
    pub age: usize,
}

impl AgedExtreme {
    pub fn max(length: usize) -> Self {
        Self::new(length, 1.0)
    }

    pub fn min(length: usize) -> Self {
        Self::new(length, -1.0)
    }

    fn new(length: usize, sign: f64) -> Self {
        let values = vec![f64::NEG_INFINITY; length].into_boxed_slice();
        let places = vec![0; length].into_boxed_slice();
        Self { values, places, next: 0, lap: f64::NEG_INFINITY, lap_place: 0, full: false, sign }
    }

    /// The extreme with `x` in it, once the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<Extremum> {
        let extremum = self.push_partial(x);
        self.full.then_some(extremum)
    }

    /// The same over fewer than n values while there are fewer.
    #[inline(always)]
    pub fn push_partial(&mut self, x: f64) -> Extremum {
        let (signed, place) = (x * self.sign, self.next);
        self.values[place] = signed;
        self.next += 1;
        let later = signed >= self.lap;
        self.lap_place = if later { place as u32 } else { self.lap_place };
        self.lap = if later { signed } else { self.lap };
        let (lap, lap_place) = (self.lap, self.lap_place as usize);
        if self.next == self.values.len() {
            find_aged_rests(&mut self.values, &mut self.places);
            self.next = 0;
            self.lap = f64::NEG_INFINITY;
            self.full = true;
            return Extremum { value: lap * self.sign, age: place - lap_place };
        }
        let (rest, rest_place) = (self.values[self.next], self.places[self.next] as usize);
        let in_lap = lap >= rest;
        let value = if in_lap { lap } else { rest };
        let age = if in_lap { place - lap_place } else { place + self.values.len() - rest_place };
        Extremum { value: value * self.sign, age }
    }
}

/// Makes of the values of a lap the largest from each place to its end; of equal ones the latest.
fn find_aged_rests(values: &mut [f64], places: &mut [u32]) {
    let (mut largest, mut largest_place) = (f64::NEG_INFINITY, 0);
    for (place, (value, at)) in values.iter_mut().zip(places).enumerate().rev() {
        let earlier = *value > largest;
        largest_place = if earlier { place as u32 } else { largest_place };
        largest = if earlier { *value } else { largest };
        *value = largest;
        *at = largest_place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_pass_over_the_window(xs in prop::collection::vec(-9i8..9, 1..200), length in 1usize..30) {
            let (mut max, mut min) = (AgedExtreme::max(length), AgedExtreme::min(length));
            let (mut plain_max, mut plain_min) = (WindowExtreme::max(length), WindowExtreme::min(length));
            for end in 1..=xs.len() {
                let window = &xs[end.saturating_sub(length)..end];
                let (largest, smallest) = (window.iter().max().unwrap(), window.iter().min().unwrap());
                let age = |x: &i8| window.iter().rev().position(|y| y == x).unwrap();
                let x = f64::from(xs[end - 1]);
                let wanted = |x: &i8| Extremum { value: f64::from(*x), age: age(x) };
                prop_assert_eq!(max.push_partial(x), wanted(largest));
                prop_assert_eq!(min.push_partial(x), wanted(smallest));
                let full = end >= length;
                prop_assert_eq!(plain_max.push(x), full.then_some(wanted(largest).value));
                prop_assert_eq!(plain_min.push(x), full.then_some(wanted(smallest).value));
            }
        }
    }
}
