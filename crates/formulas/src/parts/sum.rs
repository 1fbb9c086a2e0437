//! Compensated sums: a plain one, and one over a sliding window that cannot drift.

use crate::parts::columns::BLOCK;
use crate::persist::state;

state! {
    /// Neumaier's sum. Knuth's branch-free two-sum finds the same rounding error as Neumaier's comparison.
    #[derive(Copy, Default)]
    pub struct Sum {
        total: f64,
        lost: f64,
    }
}

impl Sum {
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        let total = self.total + x;
        self.lost += lost(self.total, x, total);
        self.total = total;
    }

    #[inline(always)]
    pub fn value(&self) -> f64 {
        self.total + self.lost
    }

    /// What the value would be with `x` added.
    #[inline(always)]
    fn with(&self, x: f64) -> f64 {
        self.total + (self.lost + x)
    }
}

/// What rounding took from `total`, the sum of both.
#[inline(always)]
fn lost(a: f64, b: f64, total: f64) -> f64 {
    let added = total - a;
    (a - (total - added)) + (b - added)
}

/// Values that are added up before they come into a compensated sum.
const GROUP: usize = 8;

state! {
    /// The sum of all values so far, for lines that every value moves. Values are added up in groups of eight and the
    /// groups with compensation: the error does not grow with the sum, and no value waits for all before it.
    #[derive(Copy, Default)]
    pub struct RunningSum {
        groups: Sum,
        group: f64,
        count: usize,
    }
}

impl RunningSum {
    /// The sum with `x` in it.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> f64 {
        self.group += x;
        self.count += 1;
        let sum = self.groups.with(self.group);
        if self.count == GROUP {
            self.groups.add(self.group);
            (self.group, self.count) = (0.0, 0);
        }
        sum
    }

    /// Pushes each value and puts the sum with it in its place.
    #[inline(always)]
    pub fn push_in_place(&mut self, xs: &mut [f64]) {
        let open = (GROUP - self.count) % GROUP;
        let (open, rest) = xs.split_at_mut(open.min(xs.len()));
        let (groups, rest) = rest.as_chunks_mut::<GROUP>();
        open.iter_mut().for_each(|x| *x = self.push(*x));
        for group in groups {
            let mut sum = 0.0;
            for x in &mut *group {
                sum += *x;
                *x = sum;
            }
            *group = group.map(|sum| self.groups.with(sum));
            self.groups.add(sum);
        }
        rest.iter_mut().for_each(|x| *x = self.push(*x));
    }
}

state! {
    /// The sum of the last n values: what is left of the last lap through the window, and the lap under way.
    ///
    /// Each lap is summed from zero, so nothing drifts, whatever came before; no update costs more than another. An
    /// update takes one addition that the next one waits for. The error is that of adding up two windows in turn:
    /// sums of values that are not negative are never negative, and a window of zeros sums to zero exactly.
    pub struct WindowSum {
        /// Sums of a lap up to each place: of the lap under way up to `next`, of the last one from there on.
        sums: Box<[f64]>,
        next: usize,
        lap: f64,
        last_lap: f64,
        sum: f64,
        seen: usize,
    }
}

impl WindowSum {
    pub fn new(length: usize) -> Self {
        Self {
            sums: vec![0.0; length].into_boxed_slice(),
            next: 0,
            lap: 0.0,
            last_lap: 0.0,
            sum: 0.0,
            seen: 0,
        }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// How many values the sum is over.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.seen
    }

    /// The sum with `x` in it, once the window is full.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        let sum = self.push_partial(x);
        (self.seen == self.sums.len()).then_some(sum)
    }

    /// The sum with `x` in it, over fewer than n values while there are fewer.
    #[inline(always)]
    pub fn push_partial(&mut self, x: f64) -> f64 {
        let lap = self.lap + x;
        let place = &mut self.sums[self.next];
        let sum = (self.last_lap - *place) + lap;
        *place = lap;
        self.lap = lap;
        self.sum = sum;
        self.next += 1;
        if self.seen < self.sums.len() {
            self.seen += 1;
        }
        if self.next == self.sums.len() {
            self.next = 0;
            self.last_lap = lap;
            self.lap = 0.0;
        }
        sum
    }

    /// [`WindowSum::push_partial`] of each value of a column.
    #[inline(always)]
    pub fn push_all(&mut self, mut xs: &[f64], mut out: &mut [f64]) {
        while !xs.is_empty() {
            let count = xs.len().min(self.sums.len() - self.next);
            let (mut lap, last_lap) = (self.lap, self.last_lap);
            let places = &mut self.sums[self.next..][..count];
            for ((place, x), out) in places.iter_mut().zip(xs).zip(&mut *out) {
                lap += x;
                *out = (last_lap - *place) + lap;
                *place = lap;
            }
            self.end_run(lap, count, out[count - 1]);
            (xs, out) = (&xs[count..], &mut out[count..]);
        }
    }

    /// [`WindowSum::push_all`] of two windows of one length, each in the shadow of the other: an addition of one has
    /// to wait for the one before it, but not for those of the other.
    #[inline(always)]
    pub fn push_both(windows: [&mut Self; 2], mut xs: [&[f64]; 2], mut out: [&mut [f64]; 2]) {
        let [a, b] = windows;
        while !xs[0].is_empty() {
            let count = xs[0].len().min(a.sums.len() - a.next);
            let ((mut lap_a, last_a), (mut lap_b, last_b)) = ((a.lap, a.last_lap), (b.lap, b.last_lap));
            let places = a.sums[a.next..][..count].iter_mut().zip(&mut b.sums[b.next..][..count]);
            let [out_a, out_b] = &mut out;
            let columns = xs[0].iter().zip(xs[1]).zip(out_a.iter_mut().zip(out_b.iter_mut()));
            for ((place_a, place_b), ((x, y), (sum_a, sum_b))) in places.zip(columns) {
                lap_a += x;
                lap_b += y;
                *sum_a = (last_a - *place_a) + lap_a;
                *sum_b = (last_b - *place_b) + lap_b;
                (*place_a, *place_b) = (lap_a, lap_b);
            }
            a.end_run(lap_a, count, out_a[count - 1]);
            b.end_run(lap_b, count, out_b[count - 1]);
            xs = xs.map(|xs| &xs[count..]);
            out = out.map(|out| &mut out[count..]);
        }
    }

    /// After some values of a lap have been added.
    #[inline(always)]
    fn end_run(&mut self, lap: f64, count: usize, sum: f64) {
        self.seen = self.sums.len().min(self.seen + count);
        self.sum = sum;
        self.next += count;
        (self.lap, self.next, self.last_lap) =
            if self.next == self.sums.len() { (0.0, 0, lap) } else { (lap, self.next, self.last_lap) };
    }

    /// Pushes each value and puts the sum with it in its place, over fewer than n values while there are fewer.
    #[inline(always)]
    pub fn push_in_place(&mut self, mut xs: &mut [f64]) {
        while !xs.is_empty() {
            let places = &mut self.sums[self.next..];
            let (run, rest) = xs.split_at_mut(xs.len().min(places.len()));
            let (mut lap, last_lap) = (self.lap, self.last_lap);
            for (x, place) in run.iter_mut().zip(places) {
                lap += *x;
                *x = (last_lap - *place) + lap;
                *place = lap;
            }
            self.end_run(lap, run.len(), run[run.len() - 1]);
            xs = rest;
        }
    }

    /// The sum as it stands.
    #[inline(always)]
    pub fn value(&self) -> f64 {
        self.sum
    }
}

state! {
    /// The sum over the n values before the newest.
    pub struct SumBefore {
        window: WindowSum,
        sum: Option<f64>,
    }
}

impl SumBefore {
    pub fn new(length: usize) -> Self {
        Self { window: WindowSum::new(length), sum: None }
    }

    #[inline(always)]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Takes the newest value; the sum is over those before it.
    #[inline(always)]
    pub fn push(&mut self, x: f64) -> Option<f64> {
        std::mem::replace(&mut self.sum, self.window.push(x))
    }
}

/// The column form of [`SumBefore`], from a fresh start.
pub struct SumsBefore {
    window: WindowSum,
    /// Of the last block: the sum before each row, and the one with its last row.
    sums: [f64; BLOCK + 1],
    rows: usize,
}

impl SumsBefore {
    #[inline(always)]
    pub fn new(length: usize) -> Self {
        Self { window: WindowSum::new(length), sums: [0.0; BLOCK + 1], rows: 0 }
    }

    /// `fill` writes the values of a block of rows, which are replaced by the sums before each of them: over fewer
    /// than n values where there are fewer.
    #[inline(always)]
    pub fn push_all(&mut self, rows: usize, fill: impl FnOnce(&mut [f64])) -> &[f64] {
        self.sums[0] = self.sums[self.rows];
        self.rows = rows;
        fill(&mut self.sums[1..=rows]);
        self.window.push_in_place(&mut self.sums[1..=rows]);
        &self.sums[..rows]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_sum_over_the_window(xs in prop::collection::vec(-99i8..99, 1..200), length in 1usize..30) {
            let mut sum = WindowSum::new(length);
            for end in 1..=xs.len() {
                let got = sum.push(f64::from(xs[end - 1]));
                let wanted = (end >= length).then(|| xs[end - length..end].iter().map(|&x| f64::from(x)).sum());
                prop_assert_eq!(got, wanted);
            }
        }
    }

    #[test]
    fn the_compensation_keeps_what_a_plain_sum_loses() {
        let mut sum = Sum::default();
        for x in [1.0, 1e100, 1.0, -1e100] {
            sum.add(x);
        }
        assert_eq!(sum.value(), 2.0);
    }

    #[test]
    fn running_sums_of_a_column_are_those_of_its_values() {
        let xs: Vec<f64> = (0..997).map(|i| f64::from(i * i % 31 - 15) * 0.1).collect();
        let (mut once, mut each, mut plain) = (RunningSum::default(), RunningSum::default(), Sum::default());
        for xs in xs.chunks(11) {
            let mut sums = xs.to_vec();
            once.push_in_place(&mut sums);
            for (&x, sum) in xs.iter().zip(sums) {
                plain.add(x);
                assert_eq!(each.push(x), sum);
                assert!((sum - plain.value()).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_column_at_once_is_the_same_as_one_by_one() {
        let xs: Vec<f64> = (0..97).map(|i| f64::from(i * i % 31) * 0.1).collect();
        let (mut once, mut each) = (WindowSum::new(7), WindowSum::new(7));
        for xs in xs.chunks(11) {
            let mut sums = vec![0.0; xs.len()];
            once.push_all(xs, &mut sums);
            assert!(xs.iter().zip(&sums).all(|(&x, &sum)| each.push_partial(x) == sum));
            assert_eq!((once.value(), once.count()), (each.value(), each.count()));
        }
    }

    #[test]
    fn what_left_the_window_is_forgotten_with_its_lap() {
        let mut window = WindowSum::new(3);
        for x in [1.0, 1e80, 1e40, 1.0, 1.0, 1.0, 1.0, 1.0] {
            window.push(x);
        }
        assert_eq!(window.push(1.0), Some(3.0));
    }
}
